//! Dify: its own export (`ENABLE_OTEL`), and its Phoenix and Arize providers, which write OpenInference.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output of `ENABLE_OTEL` | `gen_ai.usage.input_tokens`, `.output_tokens` | as the provider's plugin says; no cache, no reasoning |
//! | input, output of Phoenix | `llm.token_count.prompt`, `.completion` | the same |
//! | the message's call | the same | sums up the nodes' calls: does not count beside them |
//!
//! Source: the client's extensions/otel and providers/trace, not captured. It samples 10 % of its traces by default
//! (`OTEL_SAMPLING_RATE`). Providers are paths of plugins: `langgenius/openai/openai`.

use super::{openinference, otel_genai};
use crate::interpret::normalise::messages::Place;
use crate::interpret::normalise::{Dialect, RawSpan, kind};
use crate::model::SpanKind;

pub const DIALECT: Dialect = Dialect {
    name: "dify",
    spoken: is_spoken,
    kind: |raw| {
        let told = raw.attributes.string("gen_ai.span.kind").or_else(|| raw.attributes.string("openinference.span.kind"));
        told.and_then(|told| kind::from_openinference(&told.to_ascii_lowercase(), raw))
    },
    usage: |raw| (otel_genai::DIALECT.usage)(raw).or_else(|| (openinference::DIALECT.usage)(raw)),
    input: &[Place::Json("gen_ai.input.messages"), Place::Json("gen_ai.prompt")],
    output: &[Place::Json("gen_ai.output.messages"), Place::Json("gen_ai.completion")],
    content_switch: "Dify sends no prompts and answers with this span",
    ..Dialect::DEFAULT
};

/// The model call of a whole message, beside those of the workflow's nodes.
pub const MESSAGE: Dialect = Dialect {
    name: "dify_message",
    spoken: |raw| is_spoken(raw) && raw.span.name == "llm" && !raw.attributes.has("dify.node.execution_id"),
    kind: |_| Some(SpanKind::Llm),
    sums_up: "dify",
    ..DIALECT
};

fn is_spoken(raw: &RawSpan<'_>) -> bool {
    raw.attributes.has_prefix("dify.")
        || raw.scope.starts_with("arize_phoenix_tracer")
        || raw.attributes.string("gen_ai.framework") == Some("dify")
}
