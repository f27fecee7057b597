//! OpenInference (Arize Phoenix and others).
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input | `llm.token_count.prompt` | includes cache reads and writes, audio |
//! | output | `llm.token_count.completion` | includes reasoning, audio |
//! | cache read | `llm.token_count.prompt_details.cache_read`, `.cache_input` | part of input |
//! | cache write | `llm.token_count.prompt_details.cache_write` | part of input |
//! | reasoning | `llm.token_count.completion_details.reasoning` | part of output |
//! | audio | `llm.token_count.{prompt,completion}_details.audio` | part of input, output |
//!
//! Source: openinference-semantic-conventions 0.1.42 and captures of openinference-instrumentation-openai 0.1.66.
//! There is no name for tokens of images, and no attribute with the response id; it stands in the response kept as
//! `output.value`.

use serde::Deserialize;

use crate::interpret::attributes::Attributes;
use crate::interpret::attributes::parsed;
use crate::interpret::normalise::messages::{self, Group, Place, groups, plain, tool_arguments};
use crate::interpret::normalise::tokens::{Names, Share};
use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::{Message, Part, Role};

const NAMES: Names = Names {
    input: &["llm.token_count.prompt"],
    output: &["llm.token_count.completion"],
    cache_read: &["llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input"],
    cache_write: &["llm.token_count.prompt_details.cache_write"],
    reasoning: &["llm.token_count.completion_details.reasoning"],
    audio_input: &["llm.token_count.prompt_details.audio"],
    audio_output: &["llm.token_count.completion_details.audio"],
    ..Names::NONE
};

pub const DIALECT: Dialect = Dialect {
    name: "openinference",
    spoken: |raw: &RawSpan<'_>| {
        raw.attributes.has("openinference.span.kind")
            || raw.scope.starts_with("openinference.")
            || raw.attributes.has_prefix("llm.token_count.")
    },
    usage: |raw| NAMES.read(&raw.attributes, Share::Inside, Share::Inside),
    // LlamaIndex marks the preparation of a call as a call of its own.
    never_counts: |raw| raw.span.name.ends_with("_prepare_chat_with_tools").then_some("prepares a call and makes none"),
    response_id,
    input: &[
        Place::Read(|raw| indexed(&raw.attributes, "llm.input_messages.", Role::User)),
        Place::Read(|raw| texts(&raw.attributes, "llm.prompts.", "prompt.text", Role::User)),
        Place::Read(|raw| texts(&raw.attributes, "embedding.embeddings.", "embedding.text", Role::User)),
        Place::Json("input.value"),
    ],
    output: &[
        Place::Read(|raw| indexed(&raw.attributes, "llm.output_messages.", Role::Assistant)),
        Place::Read(|raw| texts(&raw.attributes, "llm.choices.", "completion.text", Role::Assistant)),
        Place::Json("output.value"),
    ],
    content_switch: "the client hides prompts and answers: remove its OPENINFERENCE_HIDE_* settings",
    ..Dialect::DEFAULT
};

fn response_id(raw: &RawSpan<'_>) -> Option<String> {
    #[derive(Deserialize)]
    struct Response {
        id: String,
    }
    let text = raw.attributes.string("output.value").filter(|text| text.starts_with('{'))?;
    serde_json::from_str(text).ok().map(|response: Response| response.id)
}

fn indexed(attributes: &Attributes<'_>, prefix: &str, default: Role) -> Vec<Message> {
    groups(attributes, prefix).iter().map(|group| one(group, default)).collect()
}

fn one(group: &Group<'_>, default: Role) -> Message {
    let text = |key: &str| group.text(&format!("message.{key}"));
    let role = text("role").and_then(|word| messages::role(&word)).unwrap_or(default);
    let mut parts = Vec::new();
    match text("content") {
        Some(content) if role == Role::Tool => {
            parts.push(Part::ToolResult { id: text("tool_call_id"), result: parsed(&content) });
        }
        content => parts.extend(content.map(Part::Text)),
    }
    parts.extend(group.groups("message.contents.").iter().filter_map(content_part));
    parts.extend(group.groups("message.tool_calls.").iter().filter_map(|call| {
        Some(Part::ToolCall {
            id: call.text("tool_call.id"),
            name: call.text("tool_call.function.name")?,
            arguments: arguments(call.text("tool_call.function.arguments")),
        })
    }));
    if let Some(name) = text("function_call_name") {
        parts.push(Part::ToolCall { id: None, name, arguments: arguments(text("function_call_arguments_json")) });
    }
    Message { role, name: text("name"), parts, finish_reason: None }
}

fn arguments(text: Option<String>) -> serde_json::Value {
    text.map_or(serde_json::Value::Null, |text| tool_arguments(&text))
}

fn content_part(group: &Group<'_>) -> Option<Part> {
    let text = |key: &str| group.text(&format!("message_content.{key}"));
    let kind = text("type").unwrap_or_else(|| "text".into());
    if kind == "reasoning" {
        return Some(Part::Reasoning(text("text").unwrap_or_default()));
    }
    if let Some(words) = text("text") {
        return Some(Part::Text(words));
    }
    let url = text("image.image.url").or_else(|| text("audio.url")).or_else(|| text("video"))?;
    // As an OpenAI part: the reader of those knows references from inline data.
    let part = serde_json::json!({"type": if kind == "text" { "image" } else { kind.as_str() }, "url": url});
    messages::part(&part)
}

fn texts(attributes: &Attributes<'_>, prefix: &str, key: &str, role: Role) -> Vec<Message> {
    groups(attributes, prefix).iter().filter_map(|group| Some(plain(role, &group.text(key)?))).collect()
}
