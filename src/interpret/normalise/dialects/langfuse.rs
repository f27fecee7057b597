//! Langfuse's SDKs from version 3 on (scope `langfuse-sdk`), and whoever writes `langfuse.*` attributes.
//!
//! `langfuse.observation.usage_details` is one JSON object with two meanings, told apart by its keys:
//!
//! | keys | meaning |
//! |---|---|
//! | `prompt_tokens`, `completion_tokens`, `*_tokens_details` (raw OpenAI, by the OpenAI wrapper) | include cache and reasoning |
//! | `input_tokens` with `input_tokens_details` (raw OpenAI Responses) | include cache and reasoning |
//! | `input`, `output`, `cache_read_input_tokens`, `cache_creation_input_tokens`, ... | disjoint |
//! | the same with a `total` that is `input` and `output` alone (JavaScript before 4, by its OpenAI wrapper) | include both |
//! | `{input,output}_{audio,image}[_tokens]`, `{input,output}_modality_{TEXT,AUDIO,IMAGE}` (LangChain with Gemini, whose tokens are split so whole) | disjoint, or included with the same `total` |
//!
//! Events of its API (`/api/public/ingestion`) may say it in an older form, `langfuse.observation.usage`: `{input, output,
//! total, unit, inputCost, outputCost, totalCost}` or `{promptTokens, completionTokens, totalTokens}`. It holds where there
//! are no details, and is tokens only where its unit says so (Dify counts some calls in CHARACTERS).
//!
//! Source: captures of the Python SDKs 5.0.4, where both stand in one trace, and 2.60.10, which tells one call in both;
//! requests of the JavaScript SDKs 5.11.1 (disjoint) and 3.39.2; modalities by `langchain/CallbackHandler.py` of 5.0.4.

use serde_json::{Map, Value};

use crate::interpret::attributes::json_uint;
use crate::interpret::normalise::messages::Place;
use crate::interpret::normalise::tokens::{Reported, Share};
use crate::interpret::normalise::{Dialect, RawSpan};

pub const DIALECT: Dialect = Dialect {
    name: "langfuse",
    spoken: |raw: &RawSpan<'_>| raw.scope == "langfuse-sdk" || raw.attributes.has_prefix("langfuse.observation."),
    usage,
    input: &[Place::Json("langfuse.observation.input")],
    output: &[Place::Json("langfuse.observation.output")],
    content_switch: "the client sends no prompts and answers: remove capture_input=False and masks from its observations",
    ..Dialect::DEFAULT
};

pub fn usage(raw: &RawSpan<'_>) -> Option<Reported> {
    let told = |key| match raw.attributes.json(key) {
        Some(Value::Object(told)) => Some(told),
        _ => None,
    };
    let details = told("langfuse.observation.usage_details").and_then(|details| reported(&details));
    details.or_else(|| told("langfuse.observation.usage").and_then(|usage| of_old(&usage)))
}

/// Usage of the old form; `None` when it is of something else than tokens.
fn of_old(usage: &Map<String, Value>) -> Option<Reported> {
    let unit = usage.get("unit").and_then(Value::as_str).unwrap_or("TOKENS");
    if !unit.eq_ignore_ascii_case("tokens") {
        return None;
    }
    let figure = |key: &str| json_uint(usage.get(key)?);
    let (input, output) = (figure("promptTokens"), figure("completionTokens"));
    if input.is_some() || output.is_some() {
        return Some(Reported { input, output, ..Reported::default() });
    }
    reported(usage)
}

fn reported(details: &Map<String, Value>) -> Option<Reported> {
    let largest = |keys: &[&str]| keys.iter().filter_map(|key| json_uint(details.get(*key)?)).max();
    let inside = |outer: &[&str], key: &str| outer.iter().find_map(|outer| json_uint(details.get(*outer)?.get(key)?));
    let raw_openai = details.contains_key("prompt_tokens") || details.contains_key("input_tokens_details");
    let reported = if raw_openai {
        let input = &["prompt_tokens_details", "input_tokens_details"];
        let output = &["completion_tokens_details", "output_tokens_details"];
        Reported {
            input: largest(&["prompt_tokens", "input_tokens"]),
            output: largest(&["completion_tokens", "output_tokens"]),
            cache_read: inside(input, "cached_tokens").or_else(|| largest(&["cache_read_input_tokens"])),
            cache_write: largest(&["cache_creation_input_tokens"]),
            reasoning: inside(output, "reasoning_tokens"),
            audio_input: inside(input, "audio_tokens"),
            audio_output: inside(output, "audio_tokens"),
            image_input: inside(input, "image_tokens"),
            image_output: inside(output, "image_tokens"),
            ..Reported::default()
        }
    } else {
        let of_an_hour = largest(&["input_cache_creation_1h"]);
        let short = largest(&["input_cache_creation_5m"]);
        let written = largest(&["cache_creation_input_tokens", "input_cache_creation", "input_cache_write"]);
        let (input, output) = (largest(&["input", "input_tokens"]), largest(&["output", "output_tokens"]));
        let both = input.unwrap_or(0).saturating_add(output.unwrap_or(0));
        let share = if largest(&["total"]) == Some(both) { Share::Inside } else { Share::Beside };
        let audio_input = largest(&["input_audio_tokens", "input_audio", "input_modality_AUDIO"]);
        let audio_output = largest(&["output_audio_tokens", "output_audio", "output_modality_AUDIO"]);
        let image_input = largest(&["input_image_tokens", "input_image", "input_modality_IMAGE"]);
        let image_output = largest(&["output_image_tokens", "output_image", "output_modality_IMAGE"]);
        // Sound and images are always taken off the whole: where they stand beside it, they are added first.
        let whole = |told: Option<u64>, parts: [Option<u64>; 3]| match share {
            Share::Inside => told,
            Share::Beside => Some(parts.into_iter().flatten().fold(told?, u64::saturating_add)),
        };
        Reported {
            input: whole(input, [largest(&["input_modality_TEXT"]), audio_input, image_input]),
            output: whole(output, [largest(&["output_modality_TEXT"]), audio_output, image_output]),
            cache_read: largest(&[
                "cache_read_input_tokens",
                "input_cached_tokens",
                "input_cache_read",
                "input_cached",
            ]),
            cache_write: written.max(Some(short.unwrap_or(0) + of_an_hour.unwrap_or(0))),
            cache_write_1h: of_an_hour,
            reasoning: largest(&["output_reasoning_tokens", "output_reasoning"]),
            audio_input,
            audio_output,
            image_input,
            image_output,
            cache: share,
            reasons: share,
        }
    };
    (reported.input.is_some() || reported.output.is_some()).then_some(reported)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(json: &str) -> crate::model::TokenUsage {
        let details: Map<String, Value> = serde_json::from_str(json).expect("valid");
        reported(&details).and_then(|reported| reported.buckets()).expect("told")
    }

    #[test]
    fn keys_tell_the_meaning() {
        let wrapper = buckets(
            r#"{"prompt_tokens": 1200, "completion_tokens": 345, "prompt_tokens_details": {"cached_tokens": 800},
                "completion_tokens_details": {"reasoning_tokens": 128}}"#,
        );
        assert_eq!((wrapper.input, wrapper.cache_read, wrapper.output, wrapper.reasoning), (400, 800, 217, 128));
        let manual = buckets(
            r#"{"input": 300, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 210, "output": 222}"#,
        );
        assert_eq!((manual.input, manual.cache_read, manual.cache_write_5m, manual.output), (300, 900, 210, 222));
        let texts = buckets(r#"{"input": "7", "output": "5", "total": "12"}"#);
        assert_eq!((texts.input, texts.output), (7, 5));
        let split = buckets(r#"{"input": 1, "input_cache_creation_5m": 100, "input_cache_creation_1h": 28}"#);
        assert_eq!((split.cache_write_5m, split.cache_write_1h), (100, 28));
    }

    #[test]
    fn the_total_tells_whether_parts_stand_beside() {
        let figures = |json| {
            let told = buckets(json);
            (told.input, told.cache_read, told.output, told.reasoning)
        };
        let beside = figures(
            r#"{"input": 413, "output": 119, "total": 1748, "input_cached_tokens": 1024, "output_reasoning_tokens": 192}"#,
        );
        let inside = figures(
            r#"{"input": 1437, "output": 311, "total": 1748, "input_cached_tokens": 1024, "output_reasoning_tokens": 192}"#,
        );
        assert_eq!(beside, (413, 1024, 119, 192));
        assert_eq!(inside, beside);
    }

    #[test]
    fn sound_and_images_stand_where_the_cache_does() {
        let figures = |json| {
            let told = buckets(json);
            [told.input, told.audio_input, told.image_input, told.output, told.audio_output, told.image_output]
        };
        let beside = r#"{"input": 5, "output": 7, "input_audio": 30, "output_audio": 40, "output_image": 1290}"#;
        assert_eq!(figures(beside), [5, 30, 0, 7, 40, 1290]);
        let inside = r#"{"input": 35, "output": 1297, "total": 1332, "input_audio": 30, "output_image_tokens": 1290}"#;
        assert_eq!(figures(inside), [5, 30, 0, 7, 0, 1290]);
        let gemini = r#"{"input": 0, "output": 0, "total": 1573, "input_modality_TEXT": 20, "input_modality_IMAGE": 258,
            "output_modality_TEXT": 5, "output_modality_IMAGE": 1290}"#;
        assert_eq!(figures(gemini), [20, 0, 258, 5, 0, 1290]);
        let openai = r#"{"input_tokens": 50, "output_tokens": 1056, "input_tokens_details": {"text_tokens": 10, "image_tokens": 40},
            "output_tokens_details": {"image_tokens": 1050, "text_tokens": 6}}"#;
        assert_eq!(figures(openai), [10, 0, 40, 6, 0, 1050]);
    }

    #[test]
    fn usage_of_the_old_form_is_tokens_or_nothing() {
        let old = |json: &str| {
            let usage: Map<String, Value> = serde_json::from_str(json).expect("valid");
            of_old(&usage).map(|reported| (reported.input, reported.output))
        };
        assert_eq!(old(r#"{"input": 10, "output": 5, "total": 15, "unit": "TOKENS"}"#), Some((Some(10), Some(5))));
        assert_eq!(old(r#"{"promptTokens": 10, "completionTokens": 5, "totalTokens": 15}"#), Some((Some(10), Some(5))));
        assert_eq!(old(r#"{"prompt_tokens": 10, "completion_tokens": 5}"#), Some((Some(10), Some(5))));
        for unit in ["CHARACTERS", "MILLISECONDS", "SECONDS", "IMAGES", "REQUESTS"] {
            assert_eq!(old(&format!(r#"{{"input": 10, "output": 5, "unit": "{unit}"}}"#)), None, "{unit}");
        }
        assert_eq!(old(r#"{"unit": "TOKENS", "totalCost": 0.1}"#), None);
    }
}
