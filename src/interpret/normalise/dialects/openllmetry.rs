//! OpenLLMetry (Traceloop): the flattened style (`gen_ai.prompt.N.*`, `llm.*`) and the newer JSON messages.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input | `gen_ai.usage.input_tokens`, older `.prompt_tokens`, `llm.usage.prompt_tokens` | includes cache reads and writes |
//! | output | `gen_ai.usage.output_tokens`, older `.completion_tokens`, `llm.usage.completion_tokens` | includes reasoning |
//! | cache | dotted names new, underscores old | part of input, for Anthropic too: it adds the three |
//! | reasoning | `gen_ai.usage.reasoning_tokens`, older `llm.usage.reasoning_tokens` | part of output |
//!
//! Source: captures of traceloop-sdk 0.62.4 and 0.40.14. A streamed call of the old version tells no tokens: unknown, not 0.
//! A streamed Anthropic call is one output token too high (112 for 111).

use super::otel_genai;
use crate::interpret::attributes::{Attributes, parsed};
use crate::interpret::normalise::messages::{self, Group, Place, groups, tool_arguments};
use crate::interpret::normalise::outcome::fold_finish;
use crate::interpret::normalise::tokens::{Names, Share};
use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::{Message, Part, Role};

const NAMES: Names = Names {
    input: &["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens"],
    output: &["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens"],
    reasoning: &["gen_ai.usage.reasoning_tokens", "gen_ai.usage.reasoning.output_tokens", "llm.usage.reasoning_tokens"],
    ..otel_genai::NAMES
};

pub const DIALECT: Dialect = Dialect {
    name: "openllmetry",
    spoken: is_spoken,
    usage: |raw| NAMES.read(&raw.attributes, Share::Inside, Share::Inside),
    input: &[
        Place::Json("gen_ai.input.messages"),
        Place::Read(|raw| flattened(&raw.attributes, "gen_ai.prompt.", Role::User)),
        Place::Json("traceloop.entity.input"),
    ],
    output: &[
        Place::Json("gen_ai.output.messages"),
        Place::Read(|raw| flattened(&raw.attributes, "gen_ai.completion.", Role::Assistant)),
        Place::Json("traceloop.entity.output"),
    ],
    content_switch: "the client sends no prompts and answers: set TRACELOOP_TRACE_CONTENT=true there",
    ..Dialect::DEFAULT
};

fn is_spoken(raw: &RawSpan<'_>) -> bool {
    let has = |keys: &[&str]| keys.iter().any(|key| raw.attributes.has(key));
    raw.scope == "traceloop.tracer"
        || has(&["traceloop.span.kind", "llm.request.type", "gen_ai.is_streaming", "gen_ai.prompt.0.role"])
        || raw.attributes.has_prefix("traceloop.")
}

/// `gen_ai.prompt.N.role`, `.content`, `.tool_calls.M.*`, `.tool_call_id`, `.finish_reason`, `.reasoning`, `.refusal`.
fn flattened(attributes: &Attributes<'_>, prefix: &str, default: Role) -> Vec<Message> {
    groups(attributes, prefix).iter().map(|group| one(group, default)).collect()
}

fn one(group: &Group<'_>, default: Role) -> Message {
    let role = group.text("role").and_then(|word| messages::role(&word)).unwrap_or(default);
    let mut parts: Vec<Part> = group.text("reasoning").map(Part::Reasoning).into_iter().collect();
    match group.text("content") {
        Some(text) if role == Role::Tool => {
            parts.push(Part::ToolResult { id: group.text("tool_call_id"), result: parsed(&text) });
        }
        Some(text) => parts.extend(content(text)),
        None => parts.extend(group.text("refusal").map(Part::Text)),
    }
    parts.extend(group.groups("tool_calls.").iter().filter_map(|call| tool_call(call, "")));
    parts.extend(tool_call(group, "function_call."));
    Message { role, name: None, parts, finish_reason: group.text("finish_reason").map(|reason| fold_finish(&reason)) }
}

/// The content of a multimodal message is a JSON list of parts.
fn content(text: String) -> Vec<Part> {
    if text.starts_with('[')
        && let Ok(serde_json::Value::Array(items)) = serde_json::from_str(&text)
        && !items.is_empty()
        && items.iter().all(|item| item.get("type").is_some())
    {
        return items.iter().filter_map(messages::part).collect();
    }
    vec![Part::Text(text)]
}

fn tool_call(group: &Group<'_>, prefix: &str) -> Option<Part> {
    let text = |key: &str| group.text(&format!("{prefix}{key}"));
    Some(Part::ToolCall {
        id: text("id"),
        name: text("name")?,
        arguments: text("arguments").map_or(serde_json::Value::Null, |arguments| tool_arguments(&arguments)),
    })
}
