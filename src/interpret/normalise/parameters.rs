//! What a model was asked for besides messages: sampling parameters and the tools it was offered.

use serde_json::{Map, Value};

use super::RawSpan;
use super::messages::{definition, groups};
use crate::interpret::attributes::as_json;

/// Settings of Vercel's AI SDK and what the conventions call them.
const AI_SDK: &[(&str, &str)] = &[
    ("maxOutputTokens", "max_tokens"),
    ("maxTokens", "max_tokens"),
    ("temperature", "temperature"),
    ("topP", "top_p"),
    ("topK", "top_k"),
    ("frequencyPenalty", "frequency_penalty"),
    ("presencePenalty", "presence_penalty"),
    ("stopSequences", "stop_sequences"),
    ("seed", "seed"),
];

/// Names as in the GenAI conventions, without `gen_ai.request.`; `model` stands in the call itself.
pub fn read(raw: &RawSpan<'_>) -> Map<String, Value> {
    let mut found = Map::new();
    for (key, value) in raw.attributes.under("gen_ai.request.") {
        if !matches!(key, "model" | "user" | "tools") && !key.starts_with("tools.") {
            found.insert(key.to_owned(), as_json(value));
        }
    }
    for key in ["llm.invocation_parameters", "embedding.invocation_parameters", "langfuse.observation.model.parameters"]
    {
        if let Some(Value::Object(told)) = raw.attributes.json(key) {
            for (name, value) in told {
                if !matches!(name.as_str(), "model" | "messages" | "input" | "tools") {
                    found.entry(name).or_insert(value);
                }
            }
        }
    }
    for (theirs, name) in AI_SDK {
        if let Some(value) = raw.attributes.get(&format!("ai.settings.{theirs}")) {
            found.entry((*name).to_owned()).or_insert_with(|| as_json(value));
        }
    }
    for name in ["frequency_penalty", "presence_penalty", "top_k"] {
        if let Some(value) = raw.attributes.get(&format!("llm.{name}")) {
            found.entry(name.to_owned()).or_insert_with(|| as_json(value));
        }
    }
    found
}

/// The JSON schemas of the tools offered, as sent.
pub fn tool_definitions(raw: &RawSpan<'_>) -> Vec<Value> {
    for key in ["gen_ai.tool.definitions", "gen_ai.request.tools", "ai.prompt.tools"] {
        if let Some(Value::Array(tools)) = raw.attributes.json(key) {
            let tools: Vec<Value> = tools.into_iter().map(parsed_text).collect();
            if !tools.is_empty() {
                return tools;
            }
        }
    }
    if let Some(Value::Array(said)) = raw.attributes.json("langfuse.observation.input") {
        let tools: Vec<Value> = said.iter().filter_map(definition).cloned().collect();
        if !tools.is_empty() {
            return tools;
        }
    }
    let indexed: Vec<Value> = groups(&raw.attributes, "llm.tools.")
        .iter()
        .filter_map(|group| group.get("tool.json_schema").map(as_json))
        .collect();
    if !indexed.is_empty() {
        return indexed;
    }
    let functions: Vec<Value> = groups(&raw.attributes, "llm.request.functions.")
        .iter()
        .map(|group| {
            let field = |name: &'static str| Some((name.to_owned(), as_json(group.get(name)?)));
            Value::Object(["name", "description", "parameters"].into_iter().filter_map(field).collect())
        })
        .collect();
    if !functions.is_empty() {
        return functions;
    }
    // Langfuse's OpenAI wrapper keeps the request whole.
    let request = raw.attributes.json("langfuse.observation.input");
    match request.as_ref().and_then(|request| request.get("tools")) {
        Some(Value::Array(tools)) => tools.clone(),
        _ => Vec::new(),
    }
}

fn parsed_text(value: Value) -> Value {
    match value {
        Value::String(text) => crate::interpret::attributes::parsed(&text),
        other => other,
    }
}
