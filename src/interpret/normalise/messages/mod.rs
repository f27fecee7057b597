//! Messages of a call: where a dialect puts them, and the readers for the forms they come in.
//!
//! A dialect lists places; the first that holds anything is read, so that content which is sent twice
//! (OpenInference) shows once. Previews take the short way: of a history of a hundred messages only the
//! last user message is parsed.

mod events;
mod indexed;
mod json;

use serde_json::Value;

use super::RawSpan;
use crate::interpret::attributes::parsed;
use crate::model::{Message, Part, Role};

pub use events::messages as from_events;
pub use indexed::{Group, groups};
pub use json::{definition, document, message, part, tool_arguments};

/// Where messages stand.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// An attribute with JSON: a list of messages, a whole request or response, or mere text.
    Json(&'static str),
    /// What only the dialect can put together.
    Read(fn(&RawSpan<'_>) -> Vec<Message>),
}

/// The messages of the first place that has any part to show; `role` is meant where none is told.
pub fn read(raw: &RawSpan<'_>, places: impl Iterator<Item = Place>, role: Role) -> Vec<Message> {
    let mut bare = Vec::new();
    for place in places {
        let messages = read_place(raw, place, role);
        if messages.iter().any(|message| !message.parts.is_empty()) {
            return messages;
        }
        if bare.is_empty() {
            bare = messages;
        }
    }
    bare
}

fn read_place(raw: &RawSpan<'_>, place: Place, role: Role) -> Vec<Message> {
    match place {
        Place::Json(key) => raw.attributes.json(key).map(|value| document(&value, role)).unwrap_or_default(),
        Place::Read(reader) => reader(raw),
    }
}

/// A message of one text.
pub fn plain(role: Role, text: &str) -> Message {
    Message { role, name: None, parts: vec![Part::Text(text.to_owned())], finish_reason: None }
}

/// Text of the last message of `wanted`, for lists; of the last message at all when there is none.
pub fn preview(raw: &RawSpan<'_>, places: impl Iterator<Item = Place>, wanted: Role) -> Option<String> {
    places.into_iter().find_map(|place| {
        if let Place::Json(key) = place
            && let Some(text) = raw.attributes.string(key)
            && let Some(items) = json::raw_items(text)
        {
            return last_text(items.into_iter().rev().flat_map(|item| document(&parsed(item), wanted)), wanted);
        }
        last_text(read_place(raw, place, wanted).into_iter().rev(), wanted)
    })
}

/// `newest_first` is consumed only as far as needed.
fn last_text(newest_first: impl Iterator<Item = Message>, wanted: Role) -> Option<String> {
    let mut other = None;
    for message in newest_first {
        let text = first_text(&message);
        if message.role == wanted && text.is_some() {
            return text;
        }
        other = other.or(text);
    }
    other
}

fn first_text(message: &Message) -> Option<String> {
    message.parts.iter().find_map(|part| match part {
        Part::Text(text) if !text.is_empty() => Some(text.clone()),
        Part::ToolCall { name, arguments, .. } => Some(format!("{name}({})", compact(arguments))),
        _ => None,
    })
}

fn compact(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `text` as one line of at most `limit` characters, the last of which says that there is more.
pub fn shorten(text: &str, limit: usize) -> String {
    let text = text.trim();
    let mut line: String = text.chars().take(limit).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(limit).is_some() {
        line.pop();
        line.push('…');
    }
    line
}

/// A role by any name in use; `None` for a word that is none.
pub fn role(word: &str) -> Option<Role> {
    let word = word.to_ascii_lowercase();
    // LangChain's streamed messages: `AIMessageChunk`.
    Some(match word.strip_suffix("messagechunk").unwrap_or(&word) {
        "system" | "developer" => Role::System,
        "user" | "human" => Role::User,
        "assistant" | "ai" | "model" | "bot" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
