//! Messages and tools of the providers' APIs as those of the GenAI conventions: a role and parts.
//!
//! The forms of OpenAI (chat, responses), Anthropic and Ollama do not contradict each other, so that one reader serves all.
//! A part that is not known stays as it is, under its own type. Sources: the API references of the three, and the JSON
//! schemas of the OpenTelemetry GenAI conventions for input and output messages.

use serde_json::{Map, Value, json};

/// The messages of a request: a list, one text, or a list of texts.
pub(super) fn messages(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => vec![json!({"role": "user", "parts": [text_part(text)]})],
        Value::Array(items) if items.iter().all(Value::is_string) => items
            .iter()
            .filter_map(Value::as_str)
            .map(|text| json!({"role": "user", "parts": [text_part(text)]}))
            .collect(),
        Value::Array(items) => items.iter().filter_map(message).collect(),
        _ => Vec::new(),
    }
}

/// Parts of a system prompt: a text, or a list of blocks.
pub(super) fn instructions(value: &Value) -> Vec<Value> {
    content(value)
}

/// One message, or one item of OpenAI's responses. Numbers (tokens in place of text) say nothing to a reader.
fn message(value: &Value) -> Option<Value> {
    let object = value.as_object()?;
    if object.contains_key("role") {
        let role = object.get("role").and_then(Value::as_str).unwrap_or("user");
        let mut found = json!({"role": role_of(role), "parts": parts(value, role)});
        if let Some(name) = object.get("name").filter(|name| name.is_string()) {
            found["name"] = name.clone();
        }
        return Some(found);
    }
    let role = match object.get("type").and_then(Value::as_str).unwrap_or_default() {
        kind if kind.ends_with("_output") => "tool",
        "item_reference" => "user",
        _ => "assistant",
    };
    Some(json!({"role": role, "parts": [part(value)]}))
}

fn role_of(role: &str) -> &str {
    match role {
        "developer" => "system",
        "function" => "tool",
        other => other,
    }
}

/// What a message says, in the order: reasoning, content, calls.
pub(super) fn parts(message: &Value, role: &str) -> Vec<Value> {
    let at = |key: &str| message.get(key).unwrap_or(&Value::Null);
    if matches!(role, "tool" | "function") {
        let id = [at("tool_call_id"), at("tool_name"), at("name")].into_iter().find(|id| id.is_string());
        return vec![tool_result(id.unwrap_or(&Value::Null), at("content"))];
    }
    let mut found = Vec::new();
    for key in ["reasoning_content", "reasoning", "thinking"] {
        found.extend(filled(at(key)).map(|text| json!({"type": "reasoning", "content": text})));
    }
    found.extend(content(at("content")));
    found.extend(filled(at("refusal")).map(text_part));
    let transcript = [at("transcript"), at("audio").get("transcript").unwrap_or(&Value::Null)];
    found.extend(transcript.into_iter().find_map(filled).map(text_part));
    // Ollama: base64 without a type.
    for image in at("images").as_array().into_iter().flatten().filter_map(Value::as_str) {
        found.push(blob("image", "image/*", image));
    }
    found.extend(at("tool_calls").as_array().into_iter().flatten().map(tool_call));
    found.extend(Some(at("function_call")).filter(|call| call.is_object()).map(tool_call));
    found
}

/// A text, or a list of parts.
pub(super) fn content(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) if !text.is_empty() => vec![text_part(text)],
        Value::Array(items) => items.iter().map(part).collect(),
        object @ Value::Object(_) => vec![part(object)],
        _ => Vec::new(),
    }
}

fn filled(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

fn text_part(text: &str) -> Value {
    json!({"type": "text", "content": text})
}

/// One part of a message, by its type.
pub(super) fn part(value: &Value) -> Value {
    if let Value::String(text) = value {
        return text_part(text);
    }
    let at = |key: &str| value.get(key).unwrap_or(&Value::Null);
    let kind = at("type").as_str().unwrap_or_default();
    match kind {
        "text" | "input_text" | "output_text" | "summary_text" | "reasoning_text" => {
            text_part(at("text").as_str().unwrap_or_default())
        }
        "refusal" => text_part(at("refusal").as_str().unwrap_or_default()),
        "thinking" => json!({"type": "reasoning", "content": joined(at("thinking"))}),
        "reasoning" => {
            let told = [at("summary"), at("content")].into_iter().map(joined).find(|text| !text.is_empty());
            json!({"type": "reasoning", "content": told.unwrap_or_default()})
        }
        "tool_use" | "server_tool_use" | "mcp_tool_use" | "function_call" | "custom_tool_call" | "function" => {
            tool_call(value)
        }
        "function_call_output" | "custom_tool_call_output" => tool_result(at("call_id"), at("output")),
        "tool_result" | "mcp_tool_result" => tool_result(at("tool_use_id"), at("content")),
        kind if kind.ends_with("_tool_result") => tool_result(at("tool_use_id"), at("content")),
        "image_url" | "input_image" => image(value),
        "input_audio" => {
            let inner = at("input_audio");
            let format = inner.get("format").and_then(Value::as_str).unwrap_or("wav");
            let data = inner.get("data").and_then(Value::as_str).unwrap_or_default();
            blob("audio", &format!("audio/{format}"), data)
        }
        "image" | "document" if at("source").is_object() => source(kind, at("source")),
        "file" => file(at("file")),
        "input_file" => file(value),
        // An item of a conversation inside a list of parts.
        "message" if !at("content").is_null() => {
            let inner = content(at("content"));
            if inner.len() == 1 { inner.into_iter().next().unwrap_or_default() } else { value.clone() }
        }
        _ => value.clone(),
    }
}

/// A text, or texts in a list of objects.
fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(|item| item.get("text")?.as_str()).collect();
            texts.join("\n\n")
        }
        _ => String::new(),
    }
}

/// A call as OpenAI (`function`), its responses (`call_id`), Anthropic (`input`) and Ollama write it.
fn tool_call(value: &Value) -> Value {
    let inner = value.get("function").filter(|inner| inner.is_object()).unwrap_or(value);
    let first = |of: &Value, keys: &[&str]| keys.iter().find_map(|key| of.get(*key)).cloned().unwrap_or_default();
    let mut call = Map::from_iter([("type".to_owned(), "tool_call".into())]);
    let id = first(value, &["call_id", "id"]);
    if id.is_string() {
        call.insert("id".into(), id);
    }
    call.insert("name".into(), first(inner, &["name"]));
    let arguments = match first(inner, &["arguments", "input"]) {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        other => other,
    };
    call.insert("arguments".into(), arguments);
    Value::Object(call)
}

fn tool_result(id: &Value, result: &Value) -> Value {
    let response = match result {
        Value::Array(_) => Value::Array(content(result)),
        other => other.clone(),
    };
    json!({"type": "tool_call_response", "id": id, "response": response})
}

fn image(value: &Value) -> Value {
    let inner = value.get("image_url").unwrap_or(&Value::Null);
    let url = inner.get("url").unwrap_or(inner).as_str();
    match (url, value.get("file_id").and_then(Value::as_str)) {
        (Some(url), _) => place("image", url),
        (None, Some(id)) => json!({"type": "file", "modality": "image", "file_id": id}),
        _ => value.clone(),
    }
}

/// Anthropic: `base64`, `url`, `text`, `file`, `content`.
fn source(kind: &str, source: &Value) -> Value {
    let text = |key: &str| source.get(key).and_then(Value::as_str);
    match source.get("type").and_then(Value::as_str) {
        Some("base64") => {
            blob(kind, text("media_type").unwrap_or("application/octet-stream"), text("data").unwrap_or_default())
        }
        Some("url") => json!({"type": "uri", "modality": kind, "uri": text("url")}),
        Some("file") => json!({"type": "file", "modality": kind, "file_id": text("file_id")}),
        Some("text") => text_part(text("data").unwrap_or_default()),
        _ => json!({"type": kind, "source": source}),
    }
}

/// OpenAI: data in the message, or the id of what was uploaded.
fn file(value: &Value) -> Value {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let mut found = match (text("file_data"), text("file_url"), text("file_id")) {
        (Some(data), _, _) if data.starts_with("data:") => place("document", data),
        (Some(data), _, _) => blob("document", "application/octet-stream", data),
        (_, Some(url), _) => json!({"type": "uri", "modality": "document", "uri": url}),
        (_, _, Some(id)) => json!({"type": "file", "modality": "document", "file_id": id}),
        _ => return value.clone(),
    };
    if let Some(name) = text("filename") {
        found["filename"] = name.into();
    }
    found
}

/// Where something is, which may be in the address itself (`data:`).
fn place(modality: &str, url: &str) -> Value {
    let inline = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match inline {
        Some((mime, data)) => blob(modality, mime, data),
        None => json!({"type": "uri", "modality": modality, "uri": url}),
    }
}

fn blob(modality: &str, mime: &str, data: &str) -> Value {
    json!({"type": "blob", "modality": modality, "mime_type": mime, "content": data})
}

/// Tools offered: OpenAI's nested and flat form, Anthropic's `input_schema`, Ollama's, as the conventions' flat one.
pub(super) fn tools(value: &Value) -> Vec<Value> {
    value.as_array().into_iter().flatten().map(tool).collect()
}

fn tool(value: &Value) -> Value {
    let inner = value.get("function").filter(|inner| inner.is_object()).unwrap_or(value);
    let parameters = inner.get("parameters").or_else(|| inner.get("input_schema"));
    // The provider's own tools (searching the web) have settings of their own and no schema.
    let (Some(name), Some(parameters)) = (inner.get("name"), parameters) else { return value.clone() };
    let mut found = Map::from_iter([("type".to_owned(), "function".into()), ("name".to_owned(), name.clone())]);
    if let Some(description) = inner.get("description") {
        found.insert("description".into(), description.clone());
    }
    found.insert("parameters".into(), parameters.clone());
    Value::Object(found)
}

#[cfg(test)]
mod tests;
