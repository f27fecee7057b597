//! OpenLIT: the conventions' names, with two meanings.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input of Anthropic calls | `gen_ai.usage.input_tokens` | WITHOUT cache reads and writes |
//! | input of all others | `gen_ai.usage.input_tokens` | includes them |
//! | reasoning | `gen_ai.usage.reasoning_tokens` | part of output |
//!
//! Source: capture of OpenLIT 1.45.0. Its `gen_ai.usage.cost` ignores cache prices and is 0 on every span when its price
//! list could not be loaded.

use super::otel_genai;
use crate::interpret::normalise::tokens::Share;
use crate::interpret::normalise::{Dialect, RawSpan};

pub const DIALECT: Dialect = Dialect {
    name: "openlit",
    spoken: |raw: &RawSpan<'_>| {
        raw.scope.starts_with("openlit") || raw.attributes.string("telemetry.sdk.name") == Some("openlit")
    },
    usage: |raw| {
        let anthropic =
            raw.attributes.first_text(&["gen_ai.provider.name", "gen_ai.system"]).as_deref() == Some("anthropic");
        let cache = if anthropic { Share::Beside } else { Share::Inside };
        otel_genai::NAMES.read(&raw.attributes, cache, Share::Inside)
    },
    input: otel_genai::DIALECT.input,
    output: otel_genai::DIALECT.output,
    content_switch: "the client sends no prompts and answers: call openlit.init(capture_message_content=True) there",
    ..Dialect::DEFAULT
};
