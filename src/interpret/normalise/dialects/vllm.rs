//! vLLM's server (span `llm_request`): what a request took, without any text.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input | `gen_ai.usage.prompt_tokens` | includes the cache |
//! | output | `gen_ai.usage.completion_tokens` | includes reasoning |
//! | cache read | `gen_ai.usage.cached_tokens` | part of input |
//!
//! Source: vllm/tracing. It goes on with the trace of its caller, so the same call stands there twice; what the caller tells
//! counts, which knows the application, and so the server's counts only where nobody calls with a span.

use super::otel_genai;
use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::SpanKind;

pub const DIALECT: Dialect = Dialect {
    name: "vllm",
    spoken: |raw: &RawSpan<'_>| raw.scope.starts_with("vllm") || raw.attributes.has_prefix("gen_ai.latency."),
    kind: |raw| (raw.span.name == "llm_request").then_some(SpanKind::Llm),
    provider: |_| Some("vllm".into()),
    serves: true,
    content_switch: "vLLM's server tells no text: instrument the application that calls it, the call still counts once",
    ..otel_genai::DIALECT
};
