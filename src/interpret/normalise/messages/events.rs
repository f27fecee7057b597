//! Messages as span events: `gen_ai.user.message`, `gen_ai.choice` (conventions before 1.37, OpenLIT, logfire, Azure SDKs)
//! and `gen_ai.content.prompt` / `.completion`.

use serde_json::Value;

use super::{document, message};
use crate::interpret::attributes::{Attributes, parsed};
use crate::interpret::normalise::RawSpan;
use crate::model::value::attributes_to_json;
use crate::model::{Message, Role};

/// The messages in the span's events: what was answered when `outputs`, else what was asked.
pub fn messages(raw: &RawSpan<'_>, outputs: bool) -> Vec<Message> {
    let mut found = Vec::new();
    for event in &raw.span.events {
        let default = match (event.name.as_str(), outputs) {
            ("gen_ai.system.message", false) => Role::System,
            ("gen_ai.user.message", false) => Role::User,
            ("gen_ai.assistant.message", false) => Role::Assistant,
            ("gen_ai.tool.message", false) => Role::Tool,
            ("gen_ai.choice", true) => Role::Assistant,
            ("gen_ai.content.prompt", false) => {
                found.extend(content(&Attributes::new(&event.attributes), "gen_ai.prompt", Role::User));
                continue;
            }
            ("gen_ai.content.completion", true) => {
                found.extend(content(&Attributes::new(&event.attributes), "gen_ai.completion", Role::Assistant));
                continue;
            }
            _ => continue,
        };
        let mut body = attributes_to_json(&event.attributes);
        for value in body.values_mut() {
            if let Value::String(text) = value {
                *value = parsed(text);
            }
        }
        found.extend(message(&Value::Object(body), default));
    }
    found
}

fn content(attributes: &Attributes<'_>, key: &str, role: Role) -> Vec<Message> {
    attributes.json(key).map(|value| document(&value, role)).unwrap_or_default()
}
