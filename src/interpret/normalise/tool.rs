//! A tool that was run: its name, the id of the call that asked for it, arguments and result.

use serde_json::Value;

use super::{Dialect, RawSpan};
use crate::interpret::attributes::parsed;
use crate::interpret::python;
use crate::model::{SpanKind, Tool};

pub fn name(raw: &RawSpan<'_>, dialect: Option<&Dialect>, kind: SpanKind) -> Option<String> {
    if kind != SpanKind::Tool {
        return None;
    }
    const KEYS: &[&str] = &[
        "gen_ai.tool.name",
        "ai.toolCall.name",
        "tool.name",
        "tool_name",
        "function_name",
        "traceloop.entity.name",
        "crewai.mcp.tool_name",
        "n8n.node.name",
    ];
    // Langfuse and others name the span after the tool and say it nowhere else.
    let told = raw.attributes.first_text(KEYS).or_else(|| (dialect?.tool_name)(raw));
    Some(told.map_or_else(|| raw.span.name.clone(), Into::into))
}

pub const INPUT: &[&str] = &[
    "gen_ai.tool.call.arguments",
    "ai.toolCall.args",
    "tool_arguments",
    "gen_ai.tool.args",
    "gen_ai.tool.input",
    "input.value",
    "langfuse.observation.input",
    "traceloop.entity.input",
    "arguments",
    "tool_input",
    "tool_parameters",
    "function_args",
    "crewai.mcp.tool_args",
    "gcp.vertex.agent.tool_call_args",
    "langwatch.input",
    "inputs",
    "gen_ai.prompt",
];

pub const OUTPUT: &[&str] = &[
    "gen_ai.tool.call.result",
    "ai.toolCall.result",
    "tool_response",
    "gen_ai.tool.output",
    "output.value",
    "langfuse.observation.output",
    "traceloop.entity.output",
    "mcp.response.value",
    "gcp.vertex.agent.tool_response",
    "langwatch.output",
    "outputs",
    "output",
    "gen_ai.completion",
];

pub fn read(raw: &RawSpan<'_>, dialect: Option<&Dialect>, kind: SpanKind) -> Option<Tool> {
    if kind != SpanKind::Tool {
        return None;
    }
    let call_id = raw.attributes.first_text(&[
        "gen_ai.tool.call.id",
        "gen_ai.tool.call_id",
        "ai.toolCall.id",
        "tool.id",
        "call_id",
        "tool_use_id",
    ]);
    let first = |keys: &[&str]| keys.iter().find_map(|key| raw.attributes.json(key));
    // OpenLLMetry writes what a tool returned as JSON, also when that is JSON already.
    let told = first(OUTPUT).or_else(|| inside(raw, "gen_ai.output.messages", GEMINI_RESULT));
    let result = told.map(unwrapped).map(output_only);
    let message = result.as_ref().and_then(tool_message);
    Some(Tool {
        name: name(raw, dialect, kind),
        call_id: call_id.map(Into::into).or_else(|| Some(message?.get("tool_call_id")?.as_str()?.to_owned())),
        arguments: first(INPUT)
            .or_else(|| parameters(raw))
            .or_else(|| inside(raw, "gen_ai.input.messages", "/args"))
            .map(keywords_only),
        result: match message.and_then(|message| message.get("content")) {
            Some(Value::String(text)) => Some(parsed(text)),
            Some(content) => Some(content.clone()),
            None => result,
        },
    })
}

/// Where the answer of a tool is in what Gemini CLI writes into the place of messages: its own request and response.
const GEMINI_RESULT: &str = "/response/responseParts/0/functionResponse/response";

fn inside(raw: &RawSpan<'_>, key: &str, place: &str) -> Option<Value> {
    raw.attributes.json(key)?.pointer(place).cloned()
}

/// What is in the message into which LangChain wraps the result of a tool.
fn tool_message(result: &Value) -> Option<&Value> {
    let inner = match result.get("type")?.as_str()? {
        "tool" => result.get("data").unwrap_or(result),
        "constructor" => result.get("kwargs")?,
        _ => return None,
    };
    inner.get("tool_call_id").map(|_| inner)
}

/// `tool.parameters` holds arguments at some OpenInference instrumentations and the tool's JSON schema at others.
fn parameters(raw: &RawSpan<'_>) -> Option<Value> {
    let value = raw.attributes.json("tool.parameters")?;
    let is_schema = value.get("properties").is_some_and(Value::is_object) && value.get("type").is_some();
    (!is_schema).then_some(value)
}

/// Python decorators record `{"args": [], "kwargs": {...}}`; without positional arguments the keywords are all. And
/// OpenLLMetry for LangChain `{"input_str": "{'city': 'Vienna'}", "inputs": {...}, "tags": ...}`, LangSmith `{"input": "..."}`
/// with JSON or Python's way of writing a value.
fn keywords_only(value: Value) -> Value {
    let Some(object) = value.as_object() else { return value };
    if let Some(Value::String(text)) = object.get("input_str") {
        let inputs = object.get("inputs").filter(|inputs| inputs.is_object()).cloned();
        return inputs.or_else(|| python::literal(text)).unwrap_or_else(|| parsed(text));
    }
    if let Some(Value::String(text)) = object.get("input").filter(|_| object.len() == 1) {
        let inner = Some(parsed(text)).filter(|inner| !inner.is_string()).or_else(|| python::literal(text));
        return inner.unwrap_or(value);
    }
    let is_call = object.len() == 2 && object.get("args").and_then(Value::as_array).is_some_and(Vec::is_empty);
    match object.get("kwargs") {
        Some(keywords) if is_call => keywords.clone(),
        _ => value,
    }
}

/// A text that is JSON as what it says.
fn unwrapped(value: Value) -> Value {
    if let Value::String(text) = value { parsed(&text) } else { value }
}

/// OpenLLMetry for LangChain: `{"output": ..., "kwargs": {...}}`; LangSmith: `{"output": ...}`, with JSON as a text.
fn output_only(value: Value) -> Value {
    match value {
        Value::Object(mut object) if object.keys().all(|key| key == "output" || key == "kwargs") => {
            object.remove("output").map_or(Value::Object(object), unwrapped)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_around_a_result_is_taken_off() {
        let message = json!({"type": "tool", "data": {"content": "{}", "tool_call_id": "c1"}});
        assert_eq!(tool_message(&message).and_then(|inner| inner["tool_call_id"].as_str()), Some("c1"));
        let flat = json!({"type": "tool", "content": "{}", "tool_call_id": "c1", "status": "success"});
        assert_eq!(tool_message(&flat), Some(&flat));
        assert_eq!(tool_message(&json!({"type": "tool", "data": {"city": "Vienna"}})), None);
        assert_eq!(tool_message(&json!("sunny")), None);
    }

    #[test]
    fn a_python_call_without_positional_arguments_is_its_keywords() {
        assert_eq!(keywords_only(json!({"args": [], "kwargs": {"city": "Vienna"}})), json!({"city": "Vienna"}));
        let positional = json!({"args": [1], "kwargs": {}});
        assert_eq!(keywords_only(positional.clone()), positional);
        assert_eq!(keywords_only(json!({"city": "Vienna"})), json!({"city": "Vienna"}));
        let of_langchain = json!({"input_str": "{'city': 'Vienna'}", "tags": [], "inputs": null, "kwargs": {}});
        assert_eq!(keywords_only(of_langchain), json!({"city": "Vienna"}));
        assert_eq!(keywords_only(json!({"input": "{\"city\":\"Vienna\"}"})), json!({"city": "Vienna"}));
        assert_eq!(keywords_only(json!({"input": "{'city': 'Vienna'}"})), json!({"city": "Vienna"}));
        assert_eq!(keywords_only(json!({"input": "Vienna"})), json!({"input": "Vienna"}));
        let result = json!({"output": {"city": "Vienna"}, "kwargs": {}});
        assert_eq!(output_only(result), json!({"city": "Vienna"}));
        assert_eq!(output_only(json!({"output": "{\"city\":\"Vienna\"}"})), json!({"city": "Vienna"}));
        assert_eq!(output_only(json!({"output": "sunny"})), json!("sunny"));
    }
}
