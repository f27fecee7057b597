//! What is content, for the capture mode `metadata`: prompts, answers, arguments and results of tools, documents.
//!
//! The keys are those that the dialects of `interpret` read content from, and those that the conventions name for it
//! (OpenTelemetry GenAI, OpenInference, OpenLLMetry; Apache-2.0). Names, models, counts, ids, times and reasons stay.
//! What is not listed goes when it is long: nobody writes 256 characters to name something.

use std::sync::LazyLock;

use regex::RegexSet;
use serde_json::Value as Json;

use super::detect::PROVIDER_IDS;
use super::keys::globs;
use crate::model::otlp::{AnyValue, any_value::Value};

/// In place of a key for the body of a log record.
pub(super) const BODY: &str = "log.body";

/// Longest text of an attribute that is not listed.
const MOST_CHARS: usize = 256;

/// Metadata among what would else be content.
const STAYS: &[&str] = &[
    "*.finish_reason",
    "*.finish_reasons",
    // Tells a chat from a completion.
    "gen_ai.prompt.0.role",
    "gen_ai.prompt.name",
    "gen_ai.prompt.version",
    "gen_ai.prompt.id",
    "gen_ai.input.messages.truncated",
    // What went wrong, and where in the code.
    "exception.*",
    "error.*",
    "code.*",
    // Figures that come as JSON.
    "*usage*",
    "*token*",
    "*cost*",
    "*invocation_parameters",
    "*model.parameters",
    "langwatch.metrics",
];

const CONTENT: &[&str] = &[
    BODY,
    // OpenTelemetry GenAI, the current and older conventions, and what builds upon them.
    "gen_ai.prompt",
    "gen_ai.prompt.*",
    "gen_ai.completion",
    "gen_ai.completion.*",
    "gen_ai.content.*",
    "gen_ai.input.*",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.tool.message",
    "gen_ai.tool.input",
    "gen_ai.tool.output",
    "gen_ai.tool.args",
    "gen_ai.request.tools",
    "gen_ai.task.input",
    "gen_ai.task.output",
    "gen_ai.workflow.input",
    "gen_ai.workflow.output",
    "gen_ai.retrieval.query*",
    "gen_ai.retrieval.documents",
    "gen_ai.evaluation.explanation",
    "gen_ai.*.message",
    // OpenInference.
    "input.value",
    "output.value",
    "llm.input_messages*",
    "llm.output_messages*",
    "llm.prompts*",
    "llm.completions*",
    "llm.choices*",
    "llm.prompt_template.template",
    "llm.prompt_template.variables",
    "llm.tools*",
    "llm.function_call",
    "message.content*",
    "message_content.*",
    "embedding.embeddings*",
    "embedding.text",
    "embedding.vector",
    "retrieval.documents*",
    "retrieval.document",
    "retrieval.query",
    "reranker.query",
    "reranker.input_documents*",
    "reranker.output_documents*",
    "document.content",
    "document.metadata",
    "tool.parameters",
    "tool.json_schema",
    "tool_call.function.arguments",
    "*image.url",
    "*audio.url",
    "*audio.transcript",
    "prompt.text",
    "completion.text",
    // OpenLLMetry, OpenLIT.
    "traceloop.entity.input",
    "traceloop.entity.output",
    "traceloop.prompt.template*",
    "llm.openai.messages",
    "llm.request.functions*",
    "llm.content.*",
    "db.search.*",
    "db.query.text",
    "db.query.parameter*",
    "db.query.result*",
    "db.query.embeddings*",
    "db.statement",
    // Vercel's AI SDK.
    "ai.prompt",
    "ai.prompt.*",
    "ai.response.text",
    "ai.response.object",
    "ai.response.toolCalls",
    "ai.response.reasoning",
    "ai.response.files",
    "ai.toolCall.args",
    "ai.toolCall.result",
    "ai.value",
    "ai.values",
    "ai.embedding",
    "ai.embeddings",
    "ai.schema*",
    // Langfuse, LangSmith, LangWatch, MLflow, Genkit, Logfire, LangFlow, Dify.
    "langfuse.body.*",
    "langfuse.media.reference",
    "langfuse.observation.input",
    "langfuse.observation.output",
    "langfuse.trace.input",
    "langfuse.trace.output",
    "langsmith.attachment.*",
    "langsmith.event.*",
    "langsmith.extra.*",
    "langsmith.feedback.*",
    "langsmith.serialized",
    "langwatch.input",
    "langwatch.output",
    "langwatch.rag_contexts",
    "mlflow.spaninputs",
    "mlflow.spanoutputs",
    "genkit:input",
    "genkit:output",
    "pydantic_ai.all_messages",
    "all_messages_events",
    "final_result",
    "request_data",
    "response_data",
    "inputs",
    "outputs",
    "input",
    "output",
    // Google's ADK, CrewAI, MCP.
    "gcp.vertex.agent.llm_request",
    "gcp.vertex.agent.llm_response",
    "gcp.vertex.agent.tool_call_args",
    "gcp.vertex.agent.tool_response",
    "gcp.vertex.agent.data",
    "crewai.mcp.tool_args",
    "crewai.knowledge.query",
    "crew_inputs",
    "crew_tasks",
    "crew_agents",
    "crew_result",
    "formatted_description",
    "formatted_expected_output",
    "mcp.request.argument*",
    "mcp.response.value",
    // Coding agents, and attributes of events and log records.
    "user_prompt",
    "prompt",
    "response",
    "response_text",
    "request_text",
    "arguments",
    "function_args",
    "tool_input",
    "tool_output",
    "tool_result",
    "tool_arguments",
    "tool_args",
    "tool_parameters",
    "tool_response",
    "content",
    "document",
    "message",
    "messages",
    "choices",
    "system_prompt",
    "anthropic.messages",
    // Requests and answers over HTTP.
    "http.request.body*",
    "http.response.body*",
];

struct Keys {
    stays: RegexSet,
    content: RegexSet,
}

/// `None` only if the patterns above did not compile, which a test would show; then nothing at all would stay.
static KEYS: LazyLock<Option<Keys>> = LazyLock::new(|| {
    let set = |patterns: &[&str]| globs(patterns.iter().copied()).ok();
    Some(Keys { stays: set(STAYS)?, content: set(CONTENT)? })
});

/// What is left of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    All,
    Some,
    Nothing,
}

/// Takes what is content out of the value that stands under `key`.
pub(super) fn strip(key: &str, value: &mut AnyValue) -> Left {
    let Some(keys) = KEYS.as_ref() else { return Left::Nothing };
    if keys.stays.is_match(key) {
        return Left::All;
    }
    if key == BODY && is_name(value) {
        return Left::All;
    }
    if !keys.content.is_match(key) && !is_long(value) {
        return Left::All;
    }
    match &mut value.value {
        Some(Value::StringValue(text)) if key == "output.value" => id_alone(text),
        Some(Value::StringValue(text)) if key == "ai.response.providerMetadata" => figures_alone(text),
        // That there were messages tells LiteLLM's chats from completions.
        Some(Value::StringValue(text)) if key == "gen_ai.input.messages" => {
            let was = std::mem::replace(text, "[]".into());
            if was == "[]" { Left::All } else { Left::Some }
        }
        _ => Left::Nothing,
    }
}

/// OpenInference has a call's id within the raw answer only.
fn id_alone(text: &mut String) -> Left {
    let json: Option<Json> = if text.starts_with('{') { serde_json::from_str(text).ok() } else { None };
    let id = json.as_ref().and_then(|json| json["id"].as_str()).filter(|id| is_provider_id(id));
    let Some(id) = id else { return Left::Nothing };
    let alone = serde_json::json!({"id": id}).to_string();
    if alone == *text {
        return Left::All;
    }
    *text = alone;
    Left::Some
}

/// The AI SDK passes on what a provider adds: token figures, and beside them what it found on the web.
fn figures_alone(text: &mut String) -> Left {
    let Ok(Json::Object(mut providers)) = serde_json::from_str(text) else { return Left::Nothing };
    for added in providers.values_mut() {
        match added {
            Json::Object(fields) => fields.retain(|name, value| value.is_number() || name == "usageMetadata"),
            other => *other = Json::Null,
        }
    }
    let alone = Json::Object(providers).to_string();
    if alone == *text {
        return Left::All;
    }
    *text = alone;
    Left::Some
}

/// `chatcmpl-...`, `call_...`: nobody writes so.
fn is_provider_id(text: &str) -> bool {
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    text.len() <= 100 && text.bytes().all(alphabet) && PROVIDER_IDS.iter().any(|id| text.starts_with(id))
}

/// Older SDKs have the name of an event in the body.
fn is_name(value: &AnyValue) -> bool {
    match &value.value {
        Some(Value::StringValue(text)) => {
            text.len() <= 100
                && text.contains(['.', '_'])
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte))
        }
        _ => false,
    }
}

fn is_long(value: &AnyValue) -> bool {
    match &value.value {
        Some(Value::StringValue(text)) => text.len() > MOST_CHARS && text.chars().count() > MOST_CHARS,
        Some(Value::BytesValue(bytes)) => bytes.len() > MOST_CHARS,
        Some(Value::ArrayValue(list)) => list.values.iter().any(is_long),
        Some(Value::KvlistValue(list)) => list.values.iter().filter_map(|pair| pair.value.as_ref()).any(is_long),
        Some(Value::BoolValue(_) | Value::IntValue(_) | Value::DoubleValue(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_provider_adds_the_figures_stay() {
        let found = "x".repeat(300);
        let mut text = serde_json::json!({"google": {"usageMetadata": {"candidatesTokensDetails": [{"modality": "IMAGE",
            "tokenCount": 1290}]}, "groundingMetadata": {"text": found}}, "openai": {"cachedPromptTokens": 64, "id": "x"}})
        .to_string();
        assert_eq!(figures_alone(&mut text), Left::Some);
        let told: Json = serde_json::from_str(&text).expect("JSON");
        let usage = serde_json::json!({"candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}]});
        assert_eq!(told, serde_json::json!({"google": {"usageMetadata": usage}, "openai": {"cachedPromptTokens": 64}}));
        assert_eq!(figures_alone(&mut text), Left::All);
        assert_eq!(figures_alone(&mut found.clone()), Left::Nothing);
    }
}
