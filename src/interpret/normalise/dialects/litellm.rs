//! LiteLLM's `otel` callback (scope `litellm`), as SDK and as proxy.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output | `gen_ai.usage.input_tokens`, `.output_tokens` | include cache and reasoning |
//! | cache, reasoning | only in `metadata.usage_object`, a Python dictionary as text | parts of the above |
//! | audio, images | there in `prompt_tokens_details` and `completion_tokens_details`, under the same names | parts of input, output |
//!
//! Source: captures of LiteLLM 1.109.1, and its `types/utils.py`. The child span with the provider's raw payload
//! (`llm.<provider>.*`) repeats the call; it is known by what it lacks, not by its name, which users can change.
//! `litellm.cache_hit` still carries the usage of the call that was saved.

use super::otel_genai;
use crate::interpret::normalise::dialects::openllmetry;
use crate::interpret::normalise::messages::Place;
use crate::interpret::normalise::tokens::{Reported, Share};
use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::SpanKind;

pub const DIALECT: Dialect = Dialect {
    name: "litellm",
    spoken: |raw: &RawSpan<'_>| raw.scope == "litellm" || raw.attributes.has_prefix("litellm."),
    kind: |raw| is_payload(raw).then_some(SpanKind::Other),
    // An embedding's `gen_ai.system` is empty.
    provider: |raw| {
        let (provider, _model) = raw.attributes.string("litellm.provider.model")?.split_once('/')?;
        Some(provider.to_owned())
    },
    usage,
    never_counts: |raw| {
        (raw.attributes.flag("litellm.cache_hit") == Some(true)).then_some("answered from LiteLLM's cache")
    },
    input: &[Place::Json("gen_ai.input.messages")],
    // A tool call of a response leaves the JSON empty and stands in `gen_ai.completion.N.function_call.*`.
    output: openllmetry::DIALECT.output,
    rank: 1,
    gateway: true,
    content_switch: "the gateway sends no prompts and answers: remove turn_off_message_logging from litellm_settings",
    ..Dialect::DEFAULT
};

/// The raw request and response under the call; empty for a stream.
fn is_payload(raw: &RawSpan<'_>) -> bool {
    raw.scope == "litellm" && !raw.attributes.has_prefix("gen_ai.") && !raw.attributes.has_prefix("mcp.")
        && !raw.attributes.has_prefix("http.")
}

fn usage(raw: &RawSpan<'_>) -> Option<Reported> {
    let reported = otel_genai::NAMES.read(&raw.attributes, Share::Inside, Share::Inside)?;
    let details = raw.attributes.string("metadata.usage_object").unwrap_or_default();
    let larger =
        |told: Option<u64>, keys: &[&str]| keys.iter().filter_map(|key| number_after(details, key)).chain(told).max();
    let part = |outer: &str, key: &str| number_after(inside(details, outer)?, key);
    Some(Reported {
        cache_read: larger(reported.cache_read, &["cached_tokens", "cache_read_input_tokens"]),
        cache_write: larger(reported.cache_write, &["cache_creation_input_tokens", "cache_creation_tokens"]),
        cache_write_1h: larger(None, &["ephemeral_1h_input_tokens"]),
        reasoning: larger(reported.reasoning, &["reasoning_tokens"]),
        audio_input: reported.audio_input.max(part("prompt_tokens_details", "audio_tokens")),
        audio_output: reported.audio_output.max(part("completion_tokens_details", "audio_tokens")),
        image_input: reported.image_input.max(part("prompt_tokens_details", "image_tokens")),
        image_output: reported.image_output.max(part("completion_tokens_details", "image_tokens")),
        ..reported
    })
}

/// What stands between the braces after `'key':` in the text of a Python dictionary.
fn inside<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("'{key}':"))?;
    let rest = rest.trim_start().strip_prefix('{')?;
    let mut depth = 1;
    let end = rest.find(|c| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        depth == 0
    });
    Some(&rest[..end.unwrap_or(rest.len())])
}

/// The largest number that follows `'key':` in the text of a Python dictionary.
fn number_after(text: &str, key: &str) -> Option<u64> {
    let quoted = format!("'{key}':");
    text.match_indices(&quoted)
        .filter_map(|(at, _)| {
            let rest = text[at + quoted.len()..].trim_start();
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse().ok()
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_python_dictionary() {
        let text =
            "{'prompt_tokens': 1200, 'details': {'cached_tokens': 800, 'audio_tokens': None}, 'cached_tokens': 7}";
        assert_eq!(number_after(text, "cached_tokens"), Some(800));
        assert_eq!(number_after(text, "audio_tokens"), None);
        assert_eq!(number_after(text, "tokens"), None);
    }

    #[test]
    fn parts_of_input_and_output_have_the_same_names() {
        let text = "{'completion_tokens_details': {'image_tokens': 1290, 'more': {'x': 1}, 'audio_tokens': 3}, \
                    'prompt_tokens_details': {'image_tokens': 258}, 'cost': None}";
        let part = |outer, key| number_after(inside(text, outer)?, key);
        assert_eq!(part("completion_tokens_details", "image_tokens"), Some(1290));
        assert_eq!(part("completion_tokens_details", "audio_tokens"), Some(3));
        assert_eq!(part("prompt_tokens_details", "image_tokens"), Some(258));
        assert_eq!(part("prompt_tokens_details", "audio_tokens"), None);
        assert_eq!(inside("{'prompt_tokens_details': None}", "prompt_tokens_details"), None);
    }
}
