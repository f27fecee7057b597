//! Messages as JSON: the GenAI conventions' parts, and the shapes of OpenAI, Anthropic, Gemini and the AI SDK,
//! which clients put into the same attributes.

use serde_json::Value;
use serde_json::value::RawValue;

use super::{plain, role as role_of};
use crate::interpret::attributes::parsed;
use crate::interpret::normalise::outcome::fold_finish;
use crate::model::media::Reference;
use crate::model::{Message, Part, Role};

/// Messages in a list, a request (`messages`, `input`, `contents`), a response (`choices`, `output`, `content`),
/// one message, or text. `role` is meant where none is told.
pub fn document(value: &Value, role: Role) -> Vec<Message> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => list(items, role),
        Value::Object(object) => {
            // LangSmith's wrapper for JavaScript, when a call has options besides its request.
            if let Some(Value::Array(arguments)) = object.get("args").filter(|_| object.len() == 1) {
                return arguments.first().map(|request| document(request, role)).unwrap_or_default();
            }
            let inner = ["messages", "contents", "input", "prompt", "choices", "output", "generations"];
            let is_message = object.contains_key("role") || object.contains_key("parts");
            let found = if is_message { None } else { inner.iter().find_map(|key| Some((*key, object.get(*key)?))) };
            match found {
                Some((_, inner)) if !inner.is_null() => {
                    let system = object.get("system").or_else(|| object.get("instructions"));
                    let mut messages: Vec<_> =
                        system.map(|system| document(system, Role::System)).into_iter().flatten().collect();
                    messages.extend(document(inner, role));
                    messages
                }
                _ => message(value, role).into_iter().collect(),
            }
        }
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![plain(role, text)],
        other => vec![plain(role, &other.to_string())],
    }
}

/// A list of messages; a list of bare parts is one message.
fn list(items: &[Value], role: Role) -> Vec<Message> {
    let is_part = |item: &Value| {
        let is_message = ["role", "parts", "message"].iter().any(|key| item.get(*key).is_some());
        item.get("type").is_some() && !is_message && of_langchain(item).is_none()
    };
    if !items.is_empty() && items.iter().all(is_part) {
        let parts: Vec<Part> = items.iter().filter_map(part).collect();
        return if parts.is_empty() {
            Vec::new()
        } else {
            vec![Message { role, name: None, parts, finish_reason: None }]
        };
    }
    items
        .iter()
        .filter_map(|item| match item {
            Value::String(text) => Some(plain(role, text)),
            // LangChain sends one list of messages per prompt.
            Value::Array(_) => None,
            other => message(other, role),
        })
        .chain(items.iter().filter_map(Value::as_array).flat_map(|nested| list(nested, role)))
        .collect()
}

/// One message, or one choice of a response.
pub fn message(value: &Value, role: Role) -> Option<Message> {
    let object = value.as_object()?;
    let finish = ["finish_reason", "stop_reason", "finishReason"].iter().find_map(|key| object.get(*key)?.as_str());
    if let Some((inner, told)) = of_langchain(value) {
        return message(inner, told.unwrap_or(role));
    }
    // A choice has a message, a candidate of Gemini a content.
    let inner = object.get("message").or_else(|| object.get("content").filter(|inner| inner.get("parts").is_some()));
    if let Some(inner) = inner.filter(|inner| inner.is_object()) {
        let message = message(inner, role)?;
        return Some(Message { finish_reason: finish.map(fold_finish).or(message.finish_reason), ..message });
    }
    let told = ["role", "type"].iter().find_map(|key| role_of(object.get(*key)?.as_str()?));
    let is_typed_part = told.is_none() && object.contains_key("type");
    let role = told.unwrap_or(role);
    let mut parts = if is_typed_part { part(value).into_iter().collect() } else { message_parts(value, role) };
    if role == Role::Tool {
        parts = as_tool_results(parts, object.get("tool_call_id").and_then(Value::as_str));
    }
    let name = object.get("name").and_then(Value::as_str).filter(|_| !is_typed_part);
    Some(Message { role, name: name.map(str::to_owned), parts, finish_reason: finish.map(fold_finish) })
}

/// What LangChain wraps into `{"lc": 1, "type": "constructor", "id": [..., "HumanMessage"], "kwargs": {...}}` or into
/// `{"type": "human", "data": {...}}`, and who says it.
fn of_langchain(value: &Value) -> Option<(&Value, Option<Role>)> {
    let kind = value.get("type")?.as_str()?;
    if kind == "constructor" {
        let class = value.get("id").and_then(Value::as_array).and_then(|id| id.last()?.as_str()).unwrap_or_default();
        let word = class.split("Message").next().unwrap_or_default().to_ascii_lowercase();
        return Some((value.get("kwargs")?, role_of(&word)));
    }
    let told = role_of(kind)?;
    value.get("data").filter(|data| data.is_object()).map(|data| (data, Some(told)))
}

/// Content of a message in whatever key it stands, then the tool calls beside it.
fn message_parts(value: &Value, role: Role) -> Vec<Part> {
    let mut parts = Vec::new();
    let text_at = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    for key in ["reasoning_content", "reasoning"] {
        parts.extend(text_at(key).map(|text| Part::Reasoning(text.to_owned())));
    }
    match value.get("parts").or_else(|| value.get("content")) {
        Some(Value::Array(items)) => parts.extend(items.iter().filter_map(part)),
        Some(Value::String(text)) if !text.is_empty() => parts.push(Part::Text(text.clone())),
        Some(object @ Value::Object(_)) => parts.extend(part(object)),
        None => parts.extend(text_at("text").map(|text| Part::Text(text.to_owned()))),
        _ => {}
    }
    if role != Role::Tool {
        parts.extend(text_at("refusal").map(|text| Part::Text(text.to_owned())));
    }
    parts.extend(value.get("tool_calls").and_then(Value::as_array).into_iter().flatten().filter_map(tool_call));
    parts.extend(value.get("function_call").filter(|call| call.is_object()).and_then(tool_call));
    parts
}

/// What a tool answered is its result, whether it came as text or as a part.
fn as_tool_results(parts: Vec<Part>, id: Option<&str>) -> Vec<Part> {
    let result = |result: Value| Part::ToolResult { id: id.map(str::to_owned), result };
    parts
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => result(parsed(&text)),
            other => other,
        })
        .collect()
}

/// One part of a message, by its `type`; of an unknown type as it stands.
pub fn part(value: &Value) -> Option<Part> {
    if let Value::String(text) = value {
        return (!text.is_empty()).then(|| Part::Text(text.clone()));
    }
    let text = |keys: &[&str]| keys.iter().find_map(|key| value.get(*key)?.as_str()).map(str::to_owned);
    let any = |keys: &[&str]| keys.iter().find_map(|key| value.get(*key)).cloned();
    let kind = value.get("type").and_then(Value::as_str);
    Some(match kind {
        Some("text" | "input_text" | "output_text" | "refusal") => {
            Part::Text(text(&["content", "text", "refusal"]).filter(|text| !text.is_empty())?)
        }
        Some("reasoning" | "thinking") => Part::Reasoning(text(&["content", "text", "thinking"]).unwrap_or_default()),
        Some("tool_call" | "tool_use" | "tool-call" | "function" | "function_call" | "server_tool_call") => {
            tool_call(value)?
        }
        Some(
            "tool_call_response" | "tool_result" | "tool-result" | "function_call_output" | "server_tool_call_response",
        ) => Part::ToolResult {
            id: text(&["id", "tool_use_id", "tool_call_id", "toolCallId", "call_id"]),
            result: any(&["response", "result", "output", "content", "server_tool_call_response"])
                .map_or(Value::Null, readable),
        },
        Some("message") => Part::Text(text(&["content", "text"])?),
        Some(
            "blob" | "uri" | "file" | "image" | "image_url" | "input_image" | "input_audio" | "audio" | "video"
            | "document",
        ) => media(value, kind.unwrap_or_default()),
        // Gemini has no type: the key tells it.
        None if value.get("text").is_some() => Part::Text(text(&["text"])?),
        None if value.get("functionCall").is_some() => tool_call(value.get("functionCall")?)?,
        None if value.get("inlineData").or_else(|| value.get("inline_data")).is_some() => {
            media(value.get("inlineData").or_else(|| value.get("inline_data"))?, "inline_data")
        }
        _ => Part::Other(value.clone()),
    })
}

/// A call of a tool as the conventions, OpenAI (`function`), Anthropic (`input`) and the AI SDK write it.
fn tool_call(value: &Value) -> Option<Part> {
    let inner = value.get("function").filter(|inner| inner.is_object()).unwrap_or(value);
    let name = ["name", "toolName"].iter().find_map(|key| inner.get(*key)?.as_str())?;
    let id = ["id", "call_id", "toolCallId"].iter().find_map(|key| value.get(*key)?.as_str());
    let arguments = ["arguments", "args", "input", "server_tool_call"].iter().find_map(|key| inner.get(*key));
    Some(Part::ToolCall {
        id: id.map(str::to_owned),
        name: name.to_owned(),
        arguments: arguments.map_or(Value::Null, |arguments| readable(arguments.clone())),
    })
}

/// Arguments as text: parsed when they are JSON.
pub fn tool_arguments(text: &str) -> Value {
    parsed(text)
}

/// JSON in a string is parsed; the AI SDK's `{"type": "json", "value": ...}` is unwrapped.
fn readable(value: Value) -> Value {
    match value {
        Value::String(text) => parsed(&text),
        Value::Object(object) if object.len() == 2 && object.contains_key("type") && object.contains_key("value") => {
            object.get("value").cloned().unwrap_or_default()
        }
        other => other,
    }
}

/// A reference to an image, sound or file; inline bytes are counted, not kept.
fn media(value: &Value, kind: &str) -> Part {
    let text = |keys: &[&str]| keys.iter().find_map(|key| value.get(*key)?.as_str());
    let nested = ["image_url", "source", "input_audio", "file", "image"].iter().find_map(|key| value.get(*key));
    let nested_text = |keys: &[&str]| nested.and_then(|inner| keys.iter().find_map(|key| inner.get(*key)?.as_str()));
    let place = text(&["uri", "url", "file_id", "image_url", "image"])
        .or_else(|| nested_text(&["url", "uri", "file_id", "file_data"]))
        .or_else(|| nested.and_then(Value::as_str));
    let mime =
        text(&["mime_type", "mediaType", "mimeType"]).or_else(|| nested_text(&["media_type", "mime_type", "format"]));
    let inline = match place.and_then(|place| place.strip_prefix("data:")) {
        Some(data) => data.split_once("base64,").map(|(_, bytes)| bytes),
        None if kind == "blob" => text(&["content", "data"]),
        None => text(&["data"]).or_else(|| nested_text(&["data"])),
    };
    // What was taken out of the message stands as a reference where it stood: in a data URL, or alone.
    let taken = inline.or(place).and_then(Reference::parse);
    let mime_type = mime.filter(|mime| mime.contains('/')).map(str::to_owned).or_else(|| {
        let (mime, _) = place?.strip_prefix("data:")?.split_once(';')?;
        Some(mime.to_owned())
    });
    let mime_type = taken.as_ref().map(|taken| taken.media_type.clone()).or(mime_type).or(mime.map(str::to_owned));
    let of_type = mime_type
        .as_deref()
        .and_then(|mime| ["image", "audio", "video"].into_iter().find(|kind| mime.starts_with(kind)));
    let modality = text(&["modality"]).unwrap_or(match kind {
        "image" | "image_url" | "input_image" => "image",
        "audio" | "input_audio" => "audio",
        "video" => "video",
        _ => of_type.unwrap_or("file"),
    });
    Part::Media {
        modality: modality.to_owned(),
        mime_type,
        uri: place.filter(|place| taken.is_none() && !place.starts_with("data:")).map(str::to_owned),
        // Base64 carries three bytes in four characters.
        inline_bytes: taken
            .as_ref()
            .map(|taken| taken.bytes)
            .or(inline.map(|text| text.trim_end_matches('=').len() as u64 * 3 / 4)),
        hash: taken.map(|taken| taken.hash),
    }
}

/// The items of a JSON array of messages as text, without parsing them; `None` when it is something else.
pub fn raw_items(text: &str) -> Option<Vec<&str>> {
    if !text.trim_start().starts_with('[') {
        return None;
    }
    let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let items: Vec<&str> = items.into_iter().map(RawValue::get).collect();
    items.iter().all(|item| item.starts_with('{') && item.contains("\"role\"")).then_some(items)
}
