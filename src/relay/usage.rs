//! Token figures of an answer, as the conventions count them: input includes what caches gave and took, output includes
//! reasoning.
//!
//! | API | input | output | parts |
//! |---|---|---|---|
//! | OpenAI chat, completions, embeddings | `prompt_tokens`, with the cached | `completion_tokens`, with reasoning | `prompt_tokens_details`, `completion_tokens_details` |
//! | OpenAI responses, images | `input_tokens`, with the cached | `output_tokens`, with reasoning | `input_tokens_details`, `output_tokens_details` |
//! | Anthropic | `input_tokens`, without the cached: they are added here | `output_tokens` | `cache_read_input_tokens`, `cache_creation_input_tokens` |
//! | Ollama | `prompt_eval_count` | `eval_count` | none |
//!
//! Others with OpenAI's API have figures of their own: DeepSeek's `prompt_cache_hit_tokens`, Moonshot's `cached_tokens`,
//! OpenRouter's `cost` and `cache_write_tokens`. x.ai counts reasoning beside `completion_tokens`, which its `total_tokens`
//! shows: it is then added. Output of the images API without details is of images alone. Sources: the API references of the providers.

use serde_json::Value;

use super::read::Document;
use super::speech::Speech;

/// `None` is what was not told.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Usage {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub cache_read: Option<u64>,
    pub cache_write: Option<u64>,
    /// The part of the cache write that lives an hour.
    pub cache_write_1h: Option<u64>,
    pub reasoning: Option<u64>,
    pub audio_input: Option<u64>,
    pub audio_output: Option<u64>,
    pub image_input: Option<u64>,
    pub image_output: Option<u64>,
    pub web_searches: Option<u64>,
    /// US dollars, where the provider says what it charges.
    pub cost: Option<f64>,
}

impl Usage {
    pub fn of(speech: Speech, document: &Document) -> Self {
        let usage = &document.usage;
        if !usage.is_object() {
            let (input, output) = (document.prompt_eval_count.as_u64(), document.eval_count.as_u64());
            return Self { input, output, ..Self::default() };
        }
        let first = |paths: &[&str]| paths.iter().find_map(|path| usage.pointer(path)?.as_u64());
        let read = Self {
            input: first(&["/input_tokens", "/prompt_tokens"]),
            output: first(&["/output_tokens", "/completion_tokens"]),
            cache_read: first(&[
                "/cache_read_input_tokens",
                "/prompt_tokens_details/cached_tokens",
                "/input_tokens_details/cached_tokens",
                "/prompt_cache_hit_tokens",
                "/cached_tokens",
            ]),
            cache_write: first(&[
                "/cache_creation_input_tokens",
                "/prompt_tokens_details/cache_write_tokens",
                "/prompt_tokens_details/cache_creation_tokens",
                "/input_tokens_details/cache_write_tokens",
            ]),
            cache_write_1h: first(&["/cache_creation/ephemeral_1h_input_tokens"]),
            reasoning: first(&[
                "/completion_tokens_details/reasoning_tokens",
                "/output_tokens_details/reasoning_tokens",
                "/output_tokens_details/thinking_tokens",
                "/reasoning_tokens",
            ]),
            audio_input: first(&["/prompt_tokens_details/audio_tokens", "/input_tokens_details/audio_tokens"]),
            audio_output: first(&["/completion_tokens_details/audio_tokens", "/output_tokens_details/audio_tokens"]),
            image_input: first(&["/prompt_tokens_details/image_tokens", "/input_tokens_details/image_tokens"]),
            image_output: first(&["/completion_tokens_details/image_tokens", "/output_tokens_details/image_tokens"]),
            web_searches: first(&["/server_tool_use/web_search_requests", "/num_search_queries"]),
            cost: usage.pointer("/cost").and_then(Value::as_f64),
        };
        read.with_all_input(speech).with_all_output(first(&["/total_tokens"])).with_images(speech, usage)
    }

    fn with_all_input(self, speech: Speech) -> Self {
        if speech != Speech::Messages {
            return self;
        }
        let cached = self.cache_read.unwrap_or(0).saturating_add(self.cache_write.unwrap_or(0));
        Self { input: self.input.map(|input| input.saturating_add(cached)), ..self }
    }

    fn with_all_output(self, total: Option<u64>) -> Self {
        let parts = self.input.zip(self.output).zip(self.reasoning.filter(|reasoning| *reasoning > 0));
        let beside = parts.zip(total).and_then(|(((input, output), reasoning), total)| {
            let all = output.checked_add(reasoning)?;
            (input.checked_add(all)? == total).then_some(all)
        });
        Self { output: beside.or(self.output), ..self }
    }

    /// What is asked for an image answers with nothing else, unless it says how much of its output is text.
    fn with_images(self, speech: Speech, usage: &Value) -> Self {
        let all = speech == Speech::Images && usage.get("output_tokens_details").is_none_or(Value::is_null);
        Self { image_output: self.image_output.or(self.output.filter(|_| all)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(speech: Speech, usage: Value) -> Usage {
        Usage::of(speech, &Document { usage, ..Document::default() })
    }

    #[test]
    fn openai_and_who_speaks_like_it() {
        let chat = of(
            Speech::Chat,
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 5},
                "completion_tokens_details": {"reasoning_tokens": 20, "audio_tokens": 3}, "cost": 0.25}),
        );
        let expected = Usage {
            input: Some(100),
            output: Some(50),
            cache_read: Some(60),
            reasoning: Some(20),
            audio_input: Some(5),
            audio_output: Some(3),
            cost: Some(0.25),
            ..Usage::default()
        };
        assert_eq!(chat, expected);
        let responses = of(
            Speech::Responses,
            json!({"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 2},
                "output_tokens_details": {"reasoning_tokens": 1}, "total_tokens": 13}),
        );
        assert_eq!((responses.input, responses.cache_read, responses.output), (Some(9), Some(2), Some(4)));
        let deepseek =
            of(Speech::Chat, json!({"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 7}));
        assert_eq!(deepseek.cache_read, Some(7));
    }

    #[test]
    fn reasoning_that_stands_beside_the_output_is_added() {
        let usage = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115,
            "completion_tokens_details": {"reasoning_tokens": 100}});
        assert_eq!(of(Speech::Chat, usage).output, Some(105));
    }

    #[test]
    fn anthropic_counts_cached_tokens_beside_the_input() {
        let usage = of(
            Speech::Messages,
            json!({"input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 30,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
                "output_tokens": 7, "server_tool_use": {"web_search_requests": 2}}),
        );
        assert_eq!((usage.input, usage.cache_read, usage.cache_write), (Some(240), Some(200), Some(30)));
        assert_eq!((usage.cache_write_1h, usage.output, usage.web_searches), (Some(20), Some(7), Some(2)));
    }

    #[test]
    fn images_that_were_made() {
        let plain = json!({"input_tokens": 50, "output_tokens": 1056, "total_tokens": 1106,
            "input_tokens_details": {"text_tokens": 10, "image_tokens": 40}});
        let made = of(Speech::Images, plain.clone());
        assert_eq!((made.output, made.image_input, made.image_output), (Some(1056), Some(40), Some(1056)));
        let mut split = plain;
        split["output_tokens_details"] = json!({"text_tokens": 6, "image_tokens": 1050});
        assert_eq!(of(Speech::Images, split.clone()).image_output, Some(1050));
        split["output_tokens_details"] = Value::Null;
        assert_eq!(of(Speech::Images, split).image_output, Some(1056));
        let chat = json!({"prompt_tokens": 8, "completion_tokens": 1300, "total_tokens": 1308,
            "completion_tokens_details": {"image_tokens": 1290}});
        assert_eq!(of(Speech::Chat, chat).image_output, Some(1290));
        assert_eq!(of(Speech::Chat, json!({"prompt_tokens": 8, "completion_tokens": 13})).image_output, None);
    }

    #[test]
    fn what_is_not_told_is_not_zero() {
        assert_eq!(of(Speech::Chat, Value::Null), Usage::default());
        let ollama = Document { prompt_eval_count: 26.into(), eval_count: 298.into(), ..Document::default() };
        let usage = Usage::of(Speech::OllamaChat, &ollama);
        assert_eq!((usage.input, usage.output, usage.reasoning), (Some(26), Some(298), None));
    }
}
