//! LangFlow's own spans of flows and components, by its Traceloop, Phoenix and native tracers. The calls of models below
//! them are told by OpenLLMetry's or OpenInference's instrumentation of LangChain.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | tokens | - | none: a component of the type `llm` encloses the call and is none |
//!
//! Source: langflow/services/tracing of langflow-base 1.13.0. The root of its Traceloop tracer has no type, only its scope.
//! Its first model call can be the root of a trace of its own.

use std::borrow::Cow;

use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::SpanKind;

pub const DIALECT: Dialect = Dialect {
    name: "langflow",
    spoken: |raw: &RawSpan<'_>| {
        raw.attributes.has_prefix("langflow.")
            || matches!(raw.scope, "langflow" | "langflow.observability")
            || raw.attributes.has("trace_type") && raw.attributes.has("trace_name")
    },
    kind: |raw| {
        let told = raw.attributes.first_text(&["trace_type", "langflow.trace_type"]).map(Cow::into_owned);
        Some(match told.unwrap_or_default().to_ascii_lowercase().as_str() {
            "tool" => SpanKind::Tool,
            "agent" => SpanKind::Agent,
            "retriever" => SpanKind::Retrieval,
            _ if raw.span.parent_span_id.is_empty() || raw.span.name == "flow.execute" => SpanKind::Workflow,
            _ => SpanKind::Task,
        })
    },
    ..Dialect::DEFAULT
};
