//! LangWatch's SDKs (`langwatch.span.type`).
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output | `langwatch.metrics`, JSON: `promptTokens`, `completionTokens`, `reasoningTokens` | include cache and reasoning |
//! | the same beside it | the conventions' names | the same figures |
//!
//! Source: langwatch 1.4.0. Texts are `{"type": ..., "value": ...}` as JSON.

use serde_json::Value;

use super::otel_genai;
use crate::interpret::attributes::json_uint;
use crate::interpret::normalise::messages::{self, Place};
use crate::interpret::normalise::tokens::Reported;
use crate::interpret::normalise::{Dialect, RawSpan, kind};
use crate::model::{Message, Role};

pub const DIALECT: Dialect = Dialect {
    name: "langwatch",
    spoken: |raw: &RawSpan<'_>| raw.attributes.has_prefix("langwatch."),
    kind: |raw| kind::from_langsmith(&raw.attributes.string("langwatch.span.type")?.to_ascii_lowercase()),
    usage,
    input: &[Place::Read(|raw| typed(raw, "langwatch.input", Role::User))],
    output: &[Place::Read(|raw| typed(raw, "langwatch.output", Role::Assistant))],
    ..Dialect::DEFAULT
};

fn usage(raw: &RawSpan<'_>) -> Option<Reported> {
    let metrics = raw.attributes.json("langwatch.metrics");
    // Sometimes wrapped like the texts.
    let metrics = metrics.as_ref().map(|metrics| metrics.get("value").unwrap_or(metrics));
    let figure = |name: &str| metrics.and_then(|metrics| json_uint(metrics.get(name)?));
    let (input, output) = (figure("promptTokens"), figure("completionTokens"));
    if input.is_none() && output.is_none() {
        return (otel_genai::DIALECT.usage)(raw);
    }
    Some(Reported { input, output, reasoning: figure("reasoningTokens"), ..Reported::default() })
}

fn typed(raw: &RawSpan<'_>, key: &str, role: Role) -> Vec<Message> {
    match raw.attributes.json(key) {
        Some(Value::Object(mut told)) if told.contains_key("value") => {
            messages::document(&told.remove("value").unwrap_or_default(), role)
        }
        Some(other) => messages::document(&other, role),
        None => Vec::new(),
    }
}
