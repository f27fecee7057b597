//! What a model answered, as far as it stands beside the text: its name, id, tokens, why it stopped, tools it asked for.

use serde_json::{Map, Value, json};

use super::usage::Usage;
use crate::receive::piece::Told;

/// Nobody nests messages deeper, and a run may claim to.
const DEEPEST: usize = 12;

/// An answer, wherever it was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Answer {
    /// The provider's, not one that LangChain made of the run's.
    pub id: Option<String>,
    pub model: Option<String>,
    pub finish_reasons: Vec<String>,
    pub tier: Option<String>,
    pub usage: Option<Usage>,
    pub text: String,
    /// As the client writes them; empty when none.
    pub tool_calls: Vec<Value>,
}

impl Answer {
    /// From the outputs of a run of type `llm` or `embedding`.
    pub(super) fn of_outputs(outputs: &Value) -> Self {
        let mut answer = Self::default();
        for generation in generations(outputs) {
            let info = generation.get("generationInfo").or_else(|| generation.get("generation_info"));
            answer.finish_reasons.extend(info.and_then(finish_reason));
            if answer.text.is_empty() {
                answer.text = generation.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
            }
            if let Some(message) = generation.get("message").and_then(body) {
                answer.complete(Self::of_message(message));
            }
        }
        if let Some(object) = outputs.as_object() {
            answer.complete(Self::of_response(object));
            // The message itself, or one level down: `{"output": AIMessage}`.
            let direct = std::iter::once(outputs).chain(object.values());
            for message in direct.filter_map(body).filter(|message| message.contains_key("usage_metadata")) {
                answer.complete(Self::of_message(message));
            }
        }
        answer
    }

    /// What outputs tell themselves: a provider's response, or LangChain's sums.
    fn of_response(outputs: &Map<String, Value>) -> Self {
        let sums = ["llm_output", "llmOutput"].iter().find_map(|key| outputs.get(*key)?.as_object());
        let in_sums = |keys: &[&str]| keys.iter().find_map(|key| sums?.get(*key));
        let usage = outputs
            .get("usage_metadata")
            .and_then(Usage::read)
            .or_else(|| Usage::read(in_sums(&["token_usage", "tokenUsage", "usage", "estimatedTokenUsage"])?))
            .or_else(|| Usage::read(outputs.get("usage")?));
        let choices = outputs.get("choices").and_then(Value::as_array).into_iter().flatten();
        let mut finish_reasons: Vec<String> = choices.filter_map(finish_reason).collect();
        if finish_reasons.is_empty() {
            finish_reasons.extend(["stop_reason", "finish_reason"].iter().find_map(|key| text(outputs, key)));
        }
        Self {
            id: text(outputs, "id").filter(|id| is_of_provider(id)),
            model: text(outputs, "model").or_else(|| in_sums(&["model_name", "model"])?.as_str().map(str::to_owned)),
            finish_reasons,
            tier: text(outputs, "service_tier"),
            usage,
            ..Self::default()
        }
    }

    /// From the fields of an `AIMessage` of LangChain.
    fn of_message(message: &Map<String, Value>) -> Self {
        let about = message.get("response_metadata").and_then(Value::as_object);
        let said = |keys: &[&str]| keys.iter().find_map(|key| text(about?, key));
        let usage = message
            .get("usage_metadata")
            .and_then(Usage::read)
            .or_else(|| ["token_usage", "tokenUsage", "usage"].iter().find_map(|key| Usage::read(about?.get(*key)?)));
        let id = text(message, "id").filter(|id| is_of_provider(id));
        Self {
            id: id.or_else(|| said(&["id"])),
            model: said(&["model_name", "model", "model_id"]),
            finish_reasons: said(&["finish_reason", "stop_reason", "finishReason", "done_reason"])
                .into_iter()
                .collect(),
            tier: said(&["service_tier"]),
            usage,
            text: content(message.get("content")),
            tool_calls: message.get("tool_calls").and_then(Value::as_array).cloned().unwrap_or_default(),
        }
    }

    fn complete(&mut self, other: Self) {
        self.id = self.id.take().or(other.id);
        self.model = self.model.take().or(other.model);
        self.tier = self.tier.take().or(other.tier);
        if self.finish_reasons.is_empty() {
            self.finish_reasons = other.finish_reasons;
        }
        match (&mut self.usage, other.usage) {
            (Some(usage), Some(more)) => usage.complete(&more),
            (usage @ None, more) => *usage = more,
            _ => {}
        }
        if self.text.is_empty() {
            self.text = other.text;
        }
        if self.tool_calls.is_empty() {
            self.tool_calls = other.tool_calls;
        }
    }

    /// Takes figures that stand beside the outputs.
    pub(super) fn hear(&mut self, usage: Option<&Value>) {
        if let Some(more) = usage.and_then(Usage::read) {
            self.complete(Self { usage: Some(more), ..Self::default() });
        }
    }

    /// Whether a message that other runs were given may say more of it: LangChain for JavaScript tells a run the text and
    /// the sums of tokens alone.
    pub(super) fn is_bare(&self) -> bool {
        self.id.is_none() && self.usage.is_some()
    }

    /// Input and output tokens.
    pub(super) fn figures(&self) -> Option<(Option<u64>, Option<u64>)> {
        self.usage.as_ref().map(|usage| (usage.input, usage.output))
    }

    /// Whether it tells something that `other` does not.
    pub(super) fn adds_to(&self, other: &Self) -> bool {
        let has_parts = |answer: &Self| answer.usage.as_ref().is_some_and(Usage::has_parts);
        self.id.is_some() && other.id.is_none()
            || self.model.is_some() && other.model.is_none()
            || !self.tool_calls.is_empty() && other.tool_calls.is_empty()
            || has_parts(self) && !has_parts(other)
    }

    pub(super) fn tell(&self, told: &mut Told) {
        if let Some(usage) = &self.usage {
            usage.tell(told);
        }
        self.tell_beside(told);
    }

    /// All but the sums of tokens.
    fn tell_beside(&self, told: &mut Told) {
        for (key, value) in [("id", &self.id), ("model", &self.model), ("service_tier", &self.tier)] {
            if let Some(value) = value {
                told.set_text(format!("gen_ai.response.{key}"), value);
            }
        }
        if !self.finish_reasons.is_empty() {
            told.set_list("gen_ai.response.finish_reasons", &json!(self.finish_reasons));
        }
    }

    /// What a bare answer leaves out.
    pub(super) fn tell_rest(&self, told: &mut Told) {
        if let Some(usage) = &self.usage {
            usage.tell_parts(told);
        }
        self.tell_beside(told);
        if !self.tool_calls.is_empty() {
            let message = json!([{"role": "assistant", "content": self.text, "tool_calls": self.tool_calls}]);
            told.set_text("gen_ai.output.messages", message.to_string());
        }
    }
}

/// Answers inside of what a run that is no model call was given or returned. Only those that tell parts of their tokens.
pub(super) fn within(value: &Value) -> Vec<Answer> {
    let mut found = Vec::new();
    search(value, 0, &mut found);
    found
}

fn search(value: &Value, depth: usize, found: &mut Vec<Answer>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| search(item, depth + 1, found)),
        Value::Object(object) => match body(value).filter(|message| message.contains_key("usage_metadata")) {
            Some(message) => {
                let answer = Answer::of_message(message);
                let says_more = answer.usage.as_ref().is_some_and(Usage::has_parts);
                if says_more && !found.contains(&answer) {
                    found.push(answer);
                }
            }
            None => object.values().for_each(|inner| search(inner, depth + 1, found)),
        },
        _ => {}
    }
}

/// The generations of LangChain, which come as one list for each prompt.
fn generations(outputs: &Value) -> impl Iterator<Item = &Value> {
    let lists = outputs.get("generations").and_then(Value::as_array).into_iter().flatten();
    lists.flat_map(|item| match item {
        Value::Array(inner) => inner.as_slice(),
        other => std::slice::from_ref(other),
    })
}

/// The fields of a message in any of the three forms in which LangChain writes one.
fn body(value: &Value) -> Option<&Map<String, Value>> {
    let object = value.as_object()?;
    match object.get("type").and_then(Value::as_str) {
        Some("constructor") => object.get("kwargs")?.as_object(),
        Some("ai" | "AIMessageChunk") => object.get("data").unwrap_or(value).as_object(),
        _ => None,
    }
}

fn finish_reason(value: &Value) -> Option<String> {
    ["finish_reason", "stop_reason", "finishReason"].iter().find_map(|key| text(value.as_object()?, key))
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Text, or the texts of parts.
fn content(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => String::new(),
    }
}

/// LangChain names a message after its run where the provider gave it no id.
fn is_of_provider(id: &str) -> bool {
    !["run-", "lc_run-", "run--", "lc_"].iter().any(|prefix| id.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Value {
        json!({"lc": 1, "type": "constructor", "id": ["langchain_core", "messages", "AIMessage"], "kwargs": {
            "id": "chatcmpl-7777", "content": "", "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "c1"}],
            "response_metadata": {"model_name": "gpt-4o-2024-08-06", "finish_reason": "tool_calls"},
            "usage_metadata": {"input_tokens": 410, "output_tokens": 29, "input_token_details": {"cache_read": 256}}}})
    }

    #[test]
    fn python_tells_all_in_the_message() {
        let outputs = json!({"generations": [[{"text": "", "generation_info": {"finish_reason": "tool_calls"}, "message": message()}]],
            "llm_output": {"token_usage": {"prompt_tokens": 410, "completion_tokens": 29}, "model_name": "x"}});
        let answer = Answer::of_outputs(&outputs);
        assert_eq!((answer.id.as_deref(), answer.model.as_deref()), (Some("chatcmpl-7777"), Some("gpt-4o-2024-08-06")));
        assert_eq!(answer.finish_reasons, ["tool_calls"]);
        assert!(answer.usage.as_ref().is_some_and(Usage::has_parts) && !answer.is_bare());
    }

    #[test]
    fn javascript_tells_sums_and_others_the_rest() {
        let outputs = json!({"generations": [[{"text": "", "generationInfo": {"finish_reason": "tool_calls"}}]],
            "llmOutput": {"tokenUsage": {"promptTokens": 410, "completionTokens": 29, "totalTokens": 439}}});
        let answer = Answer::of_outputs(&outputs);
        assert!(answer.is_bare());
        let found = within(&json!({"steps": [{"messages": [message(), message()]}]}));
        assert_eq!(found.len(), 1, "the same twice is one");
        assert_eq!(answer.figures(), found[0].figures());
        assert!(found[0].adds_to(&answer) && !answer.adds_to(&found[0]));
    }

    #[test]
    fn responses_of_wrapped_sdks() {
        let openai = json!({"id": "chatcmpl-1234", "model": "gpt-4o", "service_tier": "flex", "choices": [{"finish_reason": "stop"}],
            "usage_metadata": {"input_tokens": 5, "output_tokens": 2}});
        let answer = Answer::of_outputs(&openai);
        assert_eq!((answer.tier.as_deref(), answer.finish_reasons.len()), (Some("flex"), 1));
        let anthropic = json!({"id": "msg_1", "model": "claude", "stop_reason": "end_turn",
            "usage": {"input_tokens": 3, "output_tokens": 2, "cache_read_input_tokens": 7}});
        assert_eq!(Answer::of_outputs(&anthropic).usage.and_then(|usage| usage.input), Some(10));
        let made_up = json!({"output": {"type": "ai", "id": "run-0", "content": "x", "usage_metadata": {"input_tokens": 1, "output_tokens": 1}}});
        assert_eq!(Answer::of_outputs(&made_up).id, None);
    }
}
