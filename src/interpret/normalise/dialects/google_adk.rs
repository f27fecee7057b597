//! Google's Agent Development Kit (scope `gcp.vertex.agent`).
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input | `gen_ai.usage.input_tokens` | includes the cache |
//! | output | `gen_ai.usage.output_tokens` | candidates, without thoughts |
//! | cache, reasoning | as in the conventions where told | cache is part of input, thoughts come on top of output |
//!
//! Source: attribute names of google-adk as they stand in traces of its users; Gemini's own counting of thoughts.

use super::otel_genai;
use crate::interpret::normalise::messages::Place;
use crate::interpret::normalise::tokens::Share;
use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::SpanKind;

pub const DIALECT: Dialect = Dialect {
    name: "google_adk",
    spoken: |raw: &RawSpan<'_>| raw.scope == "gcp.vertex.agent" || raw.attributes.has_prefix("gcp.vertex.agent."),
    kind: |raw| match raw.span.name.as_str() {
        "call_llm" => Some(SpanKind::Llm),
        name if name.starts_with("execute_tool") => Some(SpanKind::Tool),
        name if name.starts_with("agent_run") || name.starts_with("invoke_agent") => Some(SpanKind::Agent),
        "invocation" => Some(SpanKind::Workflow),
        _ => None,
    },
    provider: |_| Some("gcp.gemini".into()),
    usage: |raw| otel_genai::NAMES.read(&raw.attributes, Share::Inside, Share::Beside),
    input: &[Place::Json("gen_ai.input.messages"), Place::Json("gcp.vertex.agent.llm_request")],
    output: &[Place::Json("gen_ai.output.messages"), Place::Json("gcp.vertex.agent.llm_response")],
    ..Dialect::DEFAULT
};
