//! Token figures of a run, in whichever of the spellings they come.
//!
//! | where | spelling |
//! |---|---|
//! | `usage_metadata` of outputs, of a message in them, of `extra.metadata` | `input_tokens`, `output_tokens`, `*_token_details` |
//! | `outputs.llm_output.token_usage` (Python), `outputs.llmOutput.tokenUsage` (JavaScript) | `prompt_tokens`, `promptTokens` |
//! | `outputs.usage` | as the provider wrote it: OpenAI's `*_tokens_details`, Anthropic's `cache_*_input_tokens` |
//! | the run itself (Dify) | `prompt_tokens` or `input_tokens` |
//!
//! All include cached and reasoning tokens, but Anthropic's own, which are summed here. Source: langsmith 0.14.17
//! (`_internal/_usage.py`), langsmith-js 0.6.0, and the capture of n8n 2.41.1.

use serde_json::{Map, Value, json};

use crate::receive::piece::Told;

/// Figures of one call, input and output with all their parts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Usage {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub total: Option<u64>,
    /// `cache_read`, `cache_creation`, `audio`, ...
    pub input_parts: Map<String, Value>,
    /// `reasoning`, `audio`, ...
    pub output_parts: Map<String, Value>,
    /// Prefix of parts that a service tier has: `priority`, `flex`.
    pub tier: Option<&'static str>,
    /// USD.
    pub cost: Option<f64>,
}

const TIERS: [(&str, &str); 2] = [("priority_", "priority"), ("flex_", "flex")];

impl Usage {
    /// From an object in any spelling; `None` when it has neither input nor output.
    pub(super) fn read(object: &Value) -> Option<Self> {
        let count = |names: &[&str]| names.iter().find_map(|name| uint(object.get(*name)?));
        let mut usage = Self {
            input: count(&["input_tokens", "prompt_tokens", "promptTokens", "inputTokens"]),
            output: count(&["output_tokens", "completion_tokens", "completionTokens", "outputTokens"]),
            total: count(&["total_tokens", "totalTokens"]),
            cost: object.get("total_cost").and_then(Value::as_f64).filter(|cost| *cost > 0.0),
            ..Self::default()
        };
        if usage.input.is_none() && usage.output.is_none() {
            return None;
        }
        usage.take_parts(object);
        usage.add_anthropic(object);
        Some(usage)
    }

    fn take_parts(&mut self, object: &Value) {
        const SPELLINGS: [(&str, &str); 6] = [
            ("cached_tokens", "cache_read"),
            ("cache_write_tokens", "cache_creation"),
            ("cache_creation_tokens", "cache_creation"),
            ("reasoning_tokens", "reasoning"),
            ("audio_tokens", "audio"),
            ("image_tokens", "image"),
        ];
        for (names, is_input) in [
            (["input_token_details", "input_tokens_details", "prompt_tokens_details", "inputTokenDetails"], true),
            (
                ["output_token_details", "output_tokens_details", "completion_tokens_details", "outputTokenDetails"],
                false,
            ),
        ] {
            let told = names.iter().find_map(|name| object.get(*name)?.as_object());
            for (name, value) in told.into_iter().flatten() {
                let tier = TIERS.iter().find_map(|(prefix, tier)| Some((name.strip_prefix(prefix)?, *tier)));
                let (name, tier) = tier.map_or((name.as_str(), None), |(name, tier)| (name, Some(tier)));
                self.tier = self.tier.or(tier);
                let name = SPELLINGS.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, ours)| ours);
                let parts = if is_input { &mut self.input_parts } else { &mut self.output_parts };
                if !value.is_null() {
                    parts.insert(name.to_owned(), value.clone());
                }
            }
        }
    }

    /// Anthropic counts what was read from and written to a cache beside the input.
    fn add_anthropic(&mut self, object: &Value) {
        let mut beside = 0;
        for (theirs, ours) in
            [("cache_read_input_tokens", "cache_read"), ("cache_creation_input_tokens", "cache_creation")]
        {
            if let Some(tokens) = object.get(theirs).and_then(uint)
                && !self.input_parts.contains_key(ours)
            {
                self.input_parts.insert(ours.to_owned(), json!(tokens));
                beside += tokens;
            }
        }
        if let Some(tokens) = object.pointer("/cache_creation/ephemeral_1h_input_tokens").and_then(uint) {
            self.input_parts.entry("ephemeral_1h_input_tokens").or_insert(json!(tokens));
        }
        self.input = self.input.map(|input| input.saturating_add(beside));
    }

    /// Whether parts are told, be they 0.
    pub(super) fn has_parts(&self) -> bool {
        !self.input_parts.is_empty() || !self.output_parts.is_empty()
    }

    /// Parts and cost that another telling of the same figures has.
    pub(super) fn complete(&mut self, other: &Self) {
        if (self.input, self.output) != (other.input, other.output) {
            return;
        }
        if !self.has_parts() {
            self.input_parts.clone_from(&other.input_parts);
            self.output_parts.clone_from(&other.output_parts);
        }
        self.tier = self.tier.or(other.tier);
        self.cost = self.cost.or(other.cost);
    }

    pub(super) fn tell(&self, told: &mut Told) {
        for (key, count) in [("input", self.input), ("output", self.output), ("total", self.total)] {
            if let Some(count) = count {
                told.set(format!("gen_ai.usage.{key}_tokens"), &json!(count));
            }
        }
        self.tell_parts(told);
        if let Some(cost) = self.cost {
            told.set("gen_ai.usage.cost", &json!(cost));
        }
    }

    pub(super) fn tell_parts(&self, told: &mut Told) {
        for (key, parts) in [("input", &self.input_parts), ("output", &self.output_parts)] {
            if !parts.is_empty() {
                told.set_text(format!("gen_ai.usage.{key}_token_details"), json!(parts).to_string());
            }
        }
        if let Some(tier) = self.tier {
            told.set_text("gen_ai.response.service_tier", tier);
        }
    }
}

fn uint(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_f64().filter(|count| *count >= 0.0 && count.fract() == 0.0).map(|count| count as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(object: Value) -> Usage {
        Usage::read(&object).expect("figures")
    }

    #[test]
    fn every_spelling_means_the_same() {
        let expected = read(json!({"input_tokens": 410, "output_tokens": 29, "total_tokens": 439,
            "input_token_details": {"cache_read": 256}, "output_token_details": {"reasoning": 16}}));
        assert_eq!(expected.input_parts["cache_read"], 256);
        let openai = json!({"prompt_tokens": 410, "completion_tokens": 29, "total_tokens": 439,
            "prompt_tokens_details": {"cached_tokens": 256}, "completion_tokens_details": {"reasoning_tokens": 16}});
        assert_eq!(read(openai), expected);
        let mut bare = read(json!({"promptTokens": 410, "completionTokens": 29, "totalTokens": 439}));
        assert!(!bare.has_parts());
        bare.complete(&expected);
        assert_eq!(bare, expected);
        assert_eq!(Usage::read(&json!({"total_tokens": 5})), None);
    }

    #[test]
    fn anthropic_is_summed_and_a_tier_is_taken_off() {
        let usage = read(json!({"input_tokens": 300, "output_tokens": 222, "cache_read_input_tokens": 900,
            "cache_creation_input_tokens": 210}));
        assert_eq!((usage.input, &usage.input_parts["cache_creation"]), (Some(1410), &json!(210)));
        let usage = read(
            json!({"input_tokens": 10, "output_tokens": 2, "input_token_details": {"flex_cache_read": 4, "flex": 6}}),
        );
        assert_eq!((usage.tier, &usage.input_parts["cache_read"]), (Some("flex"), &json!(4)));
    }

    #[test]
    fn parts_of_other_figures_are_not_taken() {
        let mut usage = read(json!({"input_tokens": 1, "output_tokens": 1}));
        usage.complete(&read(json!({"input_tokens": 2, "output_tokens": 1, "input_token_details": {"cache_read": 1}})));
        assert!(!usage.has_parts());
    }
}
