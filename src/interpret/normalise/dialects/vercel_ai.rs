//! Vercel's AI SDK up to version 6 (scope `ai`). Version 7 writes the conventions under the scope `gen_ai`.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input | `ai.usage.inputTokens`, older `.promptTokens`, `.tokens` (embeddings), `gen_ai.usage.input_tokens` | includes cache |
//! | output | `ai.usage.outputTokens`, older `.completionTokens`, `gen_ai.usage.output_tokens` | includes reasoning |
//! | cache read | `ai.usage.inputTokenDetails.cacheReadTokens`, `ai.usage.cachedInputTokens` | part of input |
//! | cache write | `ai.usage.inputTokenDetails.cacheWriteTokens` | part of input |
//! | reasoning | `ai.usage.outputTokenDetails.reasoningTokens`, `ai.usage.reasoningTokens` | part of output |
//! | audio, images of Gemini | `ai.response.providerMetadata`, JSON: `google.usageMetadata.{prompt,candidates}TokensDetails` | part of input, output |
//! | cache of versions 4 and 5 | `ai.response.providerMetadata`, JSON: `anthropic.cacheCreationInputTokens`, ... | as below |
//! | input of Anthropic, versions 4 and 5 | the same | WITHOUT the cache |
//!
//! Source: capture of ai 6.0.326, the providers of version 5, and `@ai-sdk/google` (under the names `google`, `vertex`,
//! `googleVertex`). `generateObject` still writes the old names without cache. The outer spans (`ai.generateText`) repeat the
//! usage of the inner ones (`.doGenerate`), which counting settles by nesting.

use serde_json::{Value, json};

use crate::interpret::attributes::json_uint;
use crate::interpret::normalise::messages::{Place, message};
use crate::interpret::normalise::tokens::{Names, Reported, Share};
use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::{Message, Part, Role};

const NAMES: Names = Names {
    input: &["ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens", "gen_ai.usage.input_tokens"],
    output: &["ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.usage.output_tokens"],
    cache_read: &["ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens"],
    cache_write: &["ai.usage.inputTokenDetails.cacheWriteTokens"],
    reasoning: &["ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"],
    ..Names::NONE
};

pub const DIALECT: Dialect = Dialect {
    name: "vercel_ai",
    spoken: |raw: &RawSpan<'_>| raw.attributes.has("ai.operationId"),
    usage,
    response_id: |raw| raw.attributes.text("ai.response.id").map(Into::into),
    input: &[Place::Json("ai.prompt.messages"), Place::Json("ai.prompt"), Place::Read(embedded)],
    output: &[Place::Read(answer)],
    content_switch: "the client sends no prompts and answers: set recordInputs and recordOutputs in experimental_telemetry",
    ..Dialect::DEFAULT
};

fn usage(raw: &RawSpan<'_>) -> Option<Reported> {
    let told = NAMES.read(&raw.attributes, Share::Inside, Share::Inside)?;
    let metadata = raw.attributes.json("ai.response.providerMetadata");
    let told = with_modalities(told, metadata.as_ref());
    if raw.attributes.has_prefix("ai.usage.inputTokenDetails.") {
        return Some(told);
    }
    let of = |provider: &str, key: &str| json_uint(metadata.as_ref()?.get(provider)?.get(key)?);
    let provider = raw.attributes.string("ai.model.provider").unwrap_or_default();
    let apart = provider.starts_with("anthropic") || provider.starts_with("amazon-bedrock");
    Some(Reported {
        cache_read: told
            .cache_read
            .max(of("anthropic", "cacheReadInputTokens"))
            .max(of("openai", "cachedPromptTokens"))
            .max(of("bedrock", "cacheReadInputTokens")),
        cache_write: told
            .cache_write
            .max(of("anthropic", "cacheCreationInputTokens"))
            .max(of("bedrock", "cacheWriteInputTokens")),
        reasoning: told.reasoning.max(of("openai", "reasoningTokens")),
        cache: if apart { Share::Beside } else { Share::Inside },
        ..told
    })
}

/// What Gemini tells of sound and images; nothing, of any other provider.
fn with_modalities(told: Reported, metadata: Option<&Value>) -> Reported {
    let names = ["google", "vertex", "googleVertex"];
    let usage = names.iter().find_map(|name| metadata?.get(name)?.get("usageMetadata")?.as_object());
    let tokens = |list: &str, modality: &str| {
        let mut details = usage?.get(list)?.as_array()?.iter();
        json_uint(details.find(|one| one.get("modality").and_then(Value::as_str) == Some(modality))?.get("tokenCount")?)
    };
    Reported {
        audio_input: tokens("promptTokensDetails", "AUDIO"),
        audio_output: tokens("candidatesTokensDetails", "AUDIO"),
        image_input: tokens("promptTokensDetails", "IMAGE"),
        image_output: tokens("candidatesTokensDetails", "IMAGE"),
        ..told
    }
}

/// Text of an embedding: `ai.value` is JSON text, `ai.values` a list of it.
fn embedded(raw: &RawSpan<'_>) -> Vec<Message> {
    let values = raw.attributes.json("ai.value").into_iter().chain(
        raw.attributes
            .texts("ai.values")
            .into_iter()
            .map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))),
    );
    let text = |value: Value| if let Value::String(text) = value { text } else { value.to_string() };
    values.map(|value| crate::interpret::normalise::messages::plain(Role::User, &text(value))).collect()
}

/// `ai.response.reasoning`, `.text` or `.object`, `.toolCalls`.
fn answer(raw: &RawSpan<'_>) -> Vec<Message> {
    let mut parts: Vec<Part> = Vec::new();
    parts.extend(raw.attributes.text("ai.response.reasoning").map(|text| Part::Reasoning(text.into_owned())));
    let text = raw.attributes.text("ai.response.text").or_else(|| raw.attributes.text("ai.response.object"));
    parts.extend(text.map(|text| Part::Text(text.into_owned())));
    if let Some(Value::Array(calls)) = raw.attributes.json("ai.response.toolCalls") {
        let calls: Vec<Value> = calls.into_iter().map(typed).collect();
        parts
            .extend(message(&json!({"content": calls}), Role::Assistant).into_iter().flat_map(|message| message.parts));
    }
    if parts.is_empty() {
        return Vec::new();
    }
    vec![Message { role: Role::Assistant, name: None, parts, finish_reason: None }]
}

/// A tool call of the list, marked as what it is: older versions leave the type out.
fn typed(mut call: Value) -> Value {
    if let Some(object) = call.as_object_mut() {
        object.insert("type".into(), "tool-call".into());
    }
    call
}
