//! Dify by its Langfuse provider: one event per request, a trace for every message and workflow run.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output | `langfuse.observation.usage`: `input`, `output`, unit TOKENS | as the provider's plugin says; no cache, no reasoning |
//! | of `suggested_question` | the same, unit CHARACTERS | no tokens: unknown, and nothing to count |
//! | the message's call `llm` | the same | sums up the nodes' calls: does not count beside them |
//!
//! Source: a capture that emulates the client (`tests/data/langfuse/dify-langfuse`) and its
//! providers/trace/trace-langfuse. Providers are paths of plugins: `langgenius/openai/openai`.

use serde_json::Value;

use super::langfuse;
use crate::interpret::normalise::{Dialect, RawSpan, model_name};
use crate::model::SpanKind;

pub const DIALECT: Dialect = Dialect {
    name: "dify_langfuse",
    spoken: is_spoken,
    kind,
    provider: |raw| {
        let told = ["model_provider", "ls_provider"];
        told.iter().find_map(|name| metadata(raw, name)).map(model_name::canonical)
    },
    usage: langfuse::usage,
    never_counts: |raw| {
        let unit = raw.attributes.json("langfuse.observation.usage")?;
        let unit = unit.get("unit").and_then(Value::as_str)?;
        unit.eq_ignore_ascii_case("characters").then_some("Dify counts its characters, not its tokens")
    },
    content_switch: "Dify sends no prompts and answers with this step",
    ..langfuse::DIALECT
};

/// The model call of a whole message, beside those of the workflow's nodes.
pub const MESSAGE: Dialect = Dialect {
    name: "dify_langfuse_message",
    spoken: |raw| raw.span.name == "llm" && metadata(raw, "node_type").is_none() && is_spoken(raw),
    sums_up: "dify_langfuse",
    ..DIALECT
};

/// Steps of a message that are no nodes.
const STEPS: &[&str] = &["llm", "moderation", "suggested_question", "dataset_retrieval", "generate_conversation_name"];

fn metadata<'a>(raw: &RawSpan<'a>, name: &str) -> Option<&'a str> {
    raw.attributes.string(&format!("langfuse.observation.metadata.{name}"))
}

/// By what only Dify puts into its metadata.
fn is_spoken(raw: &RawSpan<'_>) -> bool {
    let has = |key| raw.attributes.has(key);
    if !has("langfuse.observation.type") {
        return false;
    }
    let is_trace = || has("langfuse.trace.metadata.app_id") && has("langfuse.trace.metadata.tenant_id");
    let is_node = || {
        has("langfuse.observation.metadata.workflow_run_id") && has("langfuse.observation.metadata.node_type")
            || has("langfuse.observation.metadata.workflow_app_log_id")
    };
    let is_step = || {
        has("langfuse.observation.metadata.message_id")
            && (STEPS.contains(&raw.span.name.as_str())
                || has("langfuse.observation.metadata.tool_name")
                || has("langfuse.observation.metadata.tool_config"))
    };
    // A node of a failed run may tell nothing but its type.
    is_trace() || is_node() || is_step() || has("langfuse.observation.metadata.node_type")
}

/// Nodes by their type, steps by their name. A generation is a model call whatever its node is called.
fn kind(raw: &RawSpan<'_>) -> Option<SpanKind> {
    match raw.attributes.string("langfuse.observation.type") {
        // A message without a workflow is no workflow.
        Some("trace") if !raw.attributes.has("langfuse.trace.metadata.workflow_run_id") => return Some(SpanKind::Task),
        Some("trace") => return Some(SpanKind::Workflow),
        Some("span") => {}
        _ => return None,
    }
    if let Some(node) = metadata(raw, "node_type") {
        return Some(match node {
            "tool" => SpanKind::Tool,
            "knowledge-retrieval" => SpanKind::Retrieval,
            "agent" => SpanKind::Agent,
            _ => SpanKind::Task,
        });
    }
    Some(match raw.span.name.as_str() {
        "workflow" => SpanKind::Workflow,
        "moderation" => SpanKind::Guardrail,
        "dataset_retrieval" => SpanKind::Retrieval,
        _ if metadata(raw, "tool_name").is_some() || raw.attributes.has("langfuse.observation.metadata.tool_config") => {
            SpanKind::Tool
        }
        _ => SpanKind::Task,
    })
}
