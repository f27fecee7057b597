//! What a span is about. The lists are the same for every dialect: a value means the same whoever writes it.

use super::RawSpan;
use crate::model::SpanKind;

/// From what the client says, in this order; `None` when it says nothing of the sort.
///
/// `traceloop.span.kind` stands before `gen_ai.operation.name` because CrewAI under Traceloop calls its task,
/// agent and workflow spans all `invoke_agent`.
pub fn told(raw: &RawSpan<'_>) -> Option<SpanKind> {
    let value = |key: &str| raw.attributes.string(key).map(str::to_ascii_lowercase);
    value("langfuse.observation.type")
        .and_then(|kind| from_langfuse(&kind).map(|found| or_embedding(found, raw)))
        .or_else(|| value("openinference.span.kind").and_then(|kind| from_openinference(&kind, raw)))
        .or_else(|| value("traceloop.span.kind").and_then(|kind| from_traceloop(&kind)))
        .or_else(|| value("gen_ai.operation.name").and_then(|name| from_operation(&name)))
        .or_else(|| value("gen_ai.span.kind").and_then(|kind| from_openinference(&kind, raw)))
        .or_else(|| value("langsmith.span.kind").and_then(|kind| from_langsmith(&kind)))
        .or_else(|| value("llm.request.type").and_then(|kind| from_operation(&kind)))
        .or_else(|| value("ai.operationId").and_then(|id| from_vercel(&id)))
        .or_else(|| value("langwatch.span.type").and_then(|kind| from_langsmith(&kind)))
        .or_else(|| value("mcp.method.name").and_then(|method| (method == "tools/call").then_some(SpanKind::Tool)))
        .or_else(|| named(raw))
        .or_else(|| raw.attributes.has_prefix("gen_ai.usage.").then_some(SpanKind::Llm))
}

/// From names that only one client gives.
pub fn named(raw: &RawSpan<'_>) -> Option<SpanKind> {
    from_name(&raw.span.name)
}

/// HTTP and database spans by the conventions' attributes, current and deprecated.
pub fn plain(raw: &RawSpan<'_>) -> SpanKind {
    let has = |keys: &[&str]| keys.iter().any(|key| raw.attributes.has(key));
    if has(&["db.system.name", "db.system", "db.query.text", "db.statement", "db.operation.name", "db.operation"]) {
        SpanKind::Db
    } else if has(&["http.request.method", "http.method", "http.route", "url.full", "http.url"]) {
        SpanKind::Http
    } else {
        SpanKind::Other
    }
}

/// `span` and `event` say nothing: the next source may.
fn from_langfuse(kind: &str) -> Option<SpanKind> {
    Some(match kind {
        "generation" => SpanKind::Llm,
        "embedding" => SpanKind::Embedding,
        "agent" => SpanKind::Agent,
        "tool" => SpanKind::Tool,
        "chain" => SpanKind::Task,
        "retriever" => SpanKind::Retrieval,
        "evaluator" => SpanKind::Evaluation,
        "guardrail" => SpanKind::Guardrail,
        // The whole, as events of its API tell of it.
        "trace" => SpanKind::Workflow,
        _ => return None,
    })
}

/// Langfuse knew embeddings late, and its wrapper for JavaScript still calls them generations.
fn or_embedding(kind: SpanKind, raw: &RawSpan<'_>) -> SpanKind {
    let model = raw.attributes.string("langfuse.observation.model.name").unwrap_or_default();
    let embeds = kind == SpanKind::Llm && model.to_ascii_lowercase().contains("embed");
    if embeds { SpanKind::Embedding } else { kind }
}

pub fn from_openinference(kind: &str, raw: &RawSpan<'_>) -> Option<SpanKind> {
    Some(match kind {
        "llm" => SpanKind::Llm,
        "embedding" => SpanKind::Embedding,
        // A chain is the whole when nothing encloses it, else a step.
        "chain" if raw.span.parent_span_id.is_empty() => SpanKind::Workflow,
        "chain" | "prompt" | "decision" => SpanKind::Task,
        "agent" => SpanKind::Agent,
        "tool" => SpanKind::Tool,
        "retriever" => SpanKind::Retrieval,
        "reranker" => SpanKind::Rerank,
        "guardrail" => SpanKind::Guardrail,
        "evaluator" => SpanKind::Evaluation,
        "workflow" => SpanKind::Workflow,
        "task" => SpanKind::Task,
        _ => return None,
    })
}

fn from_traceloop(kind: &str) -> Option<SpanKind> {
    Some(match kind {
        "workflow" => SpanKind::Workflow,
        "task" => SpanKind::Task,
        "agent" => SpanKind::Agent,
        "tool" => SpanKind::Tool,
        _ => return None,
    })
}

/// Values of the conventions and others seen in the wild.
fn from_operation(name: &str) -> Option<SpanKind> {
    Some(match name {
        "chat" | "generate_content" | "text_completion" | "completion" | "llm_request" | "llm_call" | "response"
        | "responses" => SpanKind::Llm,
        "embeddings" | "embedding" => SpanKind::Embedding,
        "rerank" => SpanKind::Rerank,
        "execute_tool" | "tool_call" => SpanKind::Tool,
        "invoke_agent" | "create_agent" | "agent_call" => SpanKind::Agent,
        "invoke_workflow" => SpanKind::Workflow,
        "agent_step"
        | "execute_task"
        | "execute_method"
        | "plan"
        | "handle_conversation_turn"
        | "schedule_tool_calls" => SpanKind::Task,
        "retrieval" | "vector_db_retrieve" | "search_memory" => SpanKind::Retrieval,
        // Asks again for an answer that was already paid.
        "fetch_response" => SpanKind::Other,
        _ => return None,
    })
}

pub fn from_langsmith(kind: &str) -> Option<SpanKind> {
    Some(match kind {
        "llm" => SpanKind::Llm,
        "chain" | "prompt" | "parser" | "task" | "component" => SpanKind::Task,
        "workflow" => SpanKind::Workflow,
        "agent" => SpanKind::Agent,
        "tool" => SpanKind::Tool,
        "retriever" | "rag" => SpanKind::Retrieval,
        "embedding" => SpanKind::Embedding,
        "guardrail" => SpanKind::Guardrail,
        "evaluation" => SpanKind::Evaluation,
        _ => return None,
    })
}

/// `ai.generateText` and its inner `ai.generateText.doGenerate` are both calls; counting tells them apart.
fn from_vercel(id: &str) -> Option<SpanKind> {
    let rest = id.strip_prefix("ai.")?;
    Some(match rest.split('.').next().unwrap_or(rest) {
        "generatetext" | "streamtext" | "generateobject" | "streamobject" => SpanKind::Llm,
        "embed" | "embedmany" => SpanKind::Embedding,
        "rerank" => SpanKind::Rerank,
        "toolcall" => SpanKind::Tool,
        _ => return None,
    })
}

fn from_name(name: &str) -> Option<SpanKind> {
    Some(match name {
        "workflow.execute" => SpanKind::Workflow,
        "node.execute" => SpanKind::Task,
        "llm_call" | "llm_request" | "claude_code.llm_request" => SpanKind::Llm,
        "tool_call" | "claude_code.tool" => SpanKind::Tool,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_every_dialect() {
        assert_eq!(from_langfuse("generation"), Some(SpanKind::Llm));
        assert_eq!(from_langfuse("span"), None);
        assert_eq!(from_operation("execute_tool"), Some(SpanKind::Tool));
        assert_eq!(from_operation("fetch_response"), Some(SpanKind::Other));
        assert_eq!(from_traceloop("unknown"), None);
        assert_eq!(from_vercel("ai.streamtext.dostream"), Some(SpanKind::Llm));
        assert_eq!(from_vercel("ai.embedmany"), Some(SpanKind::Embedding));
        assert_eq!(from_name("GET /"), None);
    }
}
