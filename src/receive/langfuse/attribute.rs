//! The attributes that events of all kinds become, named as Langfuse's OpenTelemetry SDKs name them; and those of ours:
//!
//! | attribute | what |
//! |---|---|
//! | `langfuse.trace.id`, `langfuse.observation.id`, `langfuse.score.id` | what the client calls them |
//! | `langfuse.observation.type = "trace"` | the span that stands for the whole trace |
//! | `langfuse.observation.usage` | usage of the old form, `{input, output, total, unit, ...}` |
//! | `langfuse.score.*` | what of a score the conventions have no name for |
//! | `langfuse.body.*` | members of a body that no version of the API documents |

use crate::receive::fields::Fields;
use crate::receive::piece::Told;

/// The type of the span that stands for a trace.
pub(super) const TRACE: &str = "trace";

/// What traces, observations and scores have in common.
pub(super) fn of_both(fields: &mut Fields<'_>, told: &mut Told) {
    for (name, key) in
        [("version", "langfuse.version"), ("release", "langfuse.release"), ("environment", "langfuse.environment")]
    {
        if let Some(value) = fields.raw(name).filter(|value| value.get() != "\"\"") {
            told.set_raw(key, value);
        }
    }
}

/// What is left, so that nothing is lost.
pub(super) fn unknown(fields: Fields<'_>, told: &mut Told) {
    for (name, value) in fields.rest() {
        told.set_raw(format!("langfuse.body.{name}"), value);
    }
}
