//! LangFlow's own spans of flows and components, by its Traceloop, Phoenix, Langfuse and native tracers. The calls of models
//! in them are told by OpenLLMetry's or OpenInference's instrumentation of LangChain, or by Langfuse's.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | tokens | - | none: a component of the type `llm` encloses the call and is none |
//!
//! Source: langflow/services/tracing of langflow-base 1.13.0 and its requests. Flows have the name of the flow among their
//! attributes, components the id of their vertex. Its first model call can be the root of a trace of its own.

use std::borrow::Cow;

use crate::interpret::components;
use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::SpanKind;

const TYPE: &[&str] =
    &["trace_type", "langflow.trace_type", "langfuse.observation.metadata.trace_type", "openinference.span.kind"];
const FLOW: &[&str] = &["flow_name", "langflow.flow_name", "langfuse.observation.metadata.flow_name"];

pub const DIALECT: Dialect = Dialect {
    name: components::DIALECT,
    spoken: |raw: &RawSpan<'_>| {
        let has = |key| raw.attributes.has(key);
        raw.scope == "langflow"
            || raw.scope.starts_with("langflow.")
            // Phoenix' tracer marks what the instrumentation of LangChain tells, too.
            || raw.attributes.has_prefix("langflow.") && !raw.scope.contains("instrumentation")
            || has("trace_type") && has("trace_name")
            || has("langfuse.observation.metadata.from_langflow_component")
            || has("langfuse.observation.metadata.flow_name") && has("langfuse.observation.metadata.flow_id")
    },
    kind: |raw| {
        let told = raw.attributes.first_text(TYPE).map(Cow::into_owned);
        let is_flow = || raw.attributes.first_text(FLOW).is_some() || raw.attributes.has("workflow_id");
        Some(match told.unwrap_or_default().to_ascii_lowercase().as_str() {
            "tool" => SpanKind::Tool,
            "agent" => SpanKind::Agent,
            "retriever" => SpanKind::Retrieval,
            _ if raw.span.parent_span_id.is_empty() || raw.span.name == "flow.execute" || is_flow() => SpanKind::Workflow,
            _ => SpanKind::Task,
        })
    },
    // The name with the flow's id behind it, or the project's.
    title: |raw| raw.attributes.first_text(FLOW),
    session: |raw| {
        let inputs = ["inputs", "input.value", "langfuse.observation.input"].iter().find_map(|key| raw.attributes.json(key));
        inputs?.get("session_id")?.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
    },
    // Phoenix' tracer takes the flow where no session reached it.
    is_no_session: |raw, session| {
        raw.attributes.string("langflow.session_id") == Some("None")
            && raw.attributes.string("langflow.flow_id") == Some(session)
    },
    ..Dialect::DEFAULT
};
