//! Executions of workflow engines that a trace tells of, and their pages there.

use super::types;
use crate::config::LinksConfig;
use crate::model::{Span, otlp, value};

/// What the span of a whole execution says of it.
pub(super) fn of(raw: &otlp::Span, span: &Span, links: &LinksConfig) -> Option<types::Execution> {
    let execution = span.execution.as_ref().filter(|execution| execution.by_engine)?;
    let attributes = value::attributes_to_json(&raw.attributes);
    let text = |key: &str| match attributes.get(key)? {
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    // LangFlow's have no page of their own.
    text("n8n.execution.id")?;
    Some(types::Execution {
        engine: "n8n".into(),
        id: execution.id.clone(),
        workflow_id: execution.workflow.clone(),
        workflow: text("n8n.workflow.name"),
        mode: text("n8n.execution.mode"),
        status: text("n8n.execution.status"),
        is_retry: text("n8n.execution.is_retry").is_some_and(|text| text == "true"),
        retry_of: text("n8n.execution.retry_of"),
        continues: text("n8n.continuation.reason"),
        span_id: span.span_id.to_string(),
        url: links.n8n_execution(execution.workflow.as_deref().unwrap_or_default(), &execution.id),
    })
}
