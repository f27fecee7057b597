//! What an answer says: which model, why it stopped, its messages, and what went wrong.

use serde_json::{Value, json};

use super::messages;
use super::read::Document;
use super::speech::Speech;
use super::usage::Usage;

/// Longest text of an error.
const MOST_CHARS: usize = 2000;

#[derive(Debug, Default)]
pub(super) struct Answered {
    pub id: Option<String>,
    pub model: Option<String>,
    /// In the provider's words, one per choice.
    pub finish: Vec<String>,
    pub messages: Vec<Value>,
    pub usage: Usage,
    pub tier: Option<String>,
    pub fingerprint: Option<String>,
    pub conversation: Option<String>,
    pub fault: Option<Fault>,
}

/// An error as the provider tells it, in the status of an answer or in the middle of a stream.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// A word for programs.
    pub kind: Option<String>,
    pub message: Option<String>,
}

impl Answered {
    pub fn of(speech: Speech, document: &Document) -> Self {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let tier = match document.usage.get("speed").and_then(Value::as_str) {
            Some("fast") => Some("fast".to_owned()),
            _ => text(&document.service_tier).or_else(|| document.usage.get("service_tier").and_then(&text)),
        };
        let (messages, finish) = output(speech, document);
        Self {
            id: text(&document.id),
            model: text(&document.model),
            finish,
            messages,
            usage: Usage::of(speech, document),
            tier,
            fingerprint: text(&document.system_fingerprint),
            conversation: text(&document.conversation).or_else(|| document.conversation.get("id").and_then(text)),
            fault: fault(document),
        }
    }
}

/// Messages, and why each ended.
fn output(speech: Speech, document: &Document) -> (Vec<Value>, Vec<String>) {
    let said = |parts: Vec<Value>, finish: Option<&str>| {
        let mut message = json!({"role": "assistant", "parts": parts});
        if let Some(finish) = finish {
            message["finish_reason"] = finish.into();
        }
        let empty = message["parts"].as_array().is_none_or(Vec::is_empty);
        (if empty { Vec::new() } else { vec![message] }, finish.map(str::to_owned).into_iter().collect::<Vec<_>>())
    };
    match speech {
        Speech::Embeddings | Speech::Images => (Vec::new(), Vec::new()),
        Speech::Messages => said(messages::content(&document.content), document.stop_reason.as_str()),
        Speech::Responses => said(items(&document.output), finish_of_response(document)),
        Speech::OllamaChat | Speech::OllamaGenerate if document.choices.is_null() => {
            let mut parts = messages::parts(&document.message, "assistant");
            let text = json!({"thinking": document.thinking, "content": document.response});
            parts.extend(messages::parts(&text, "assistant"));
            said(parts, document.done_reason.as_str())
        }
        _ => {
            let mut found = (Vec::new(), Vec::new());
            for choice in document.choices.as_array().into_iter().flatten() {
                let finish = choice.get("finish_reason").and_then(Value::as_str).or(document.done_reason.as_str());
                let text = json!({"content": choice.get("text")});
                let (mut messages, mut reasons) =
                    said(messages::parts(choice.get("message").unwrap_or(&text), "assistant"), finish);
                found.0.append(&mut messages);
                found.1.append(&mut reasons);
            }
            found
        }
    }
}

/// All items of a response are one message of its model.
fn items(output: &Value) -> Vec<Value> {
    let of_item = |item: &Value| match item.get("type").and_then(Value::as_str) {
        Some("message") => messages::content(item.get("content").unwrap_or(&Value::Null)),
        _ => vec![messages::part(item)],
    };
    output.as_array().into_iter().flatten().flat_map(of_item).collect()
}

/// Responses have a status and no reason for having ended well.
fn finish_of_response(document: &Document) -> Option<&str> {
    match document.status.as_str()? {
        "incomplete" => document.incomplete_details.get("reason").and_then(Value::as_str),
        "completed" => {
            let calls = |item: &Value| {
                item.get("type")
                    .and_then(Value::as_str)
                    .is_some_and(|kind| kind == "function_call" || kind == "custom_tool_call")
            };
            let called = document.output.as_array().is_some_and(|items| items.iter().any(calls));
            Some(if called { "tool_calls" } else { "stop" })
        }
        _ => None,
    }
}

/// `error` as an object or a text, or the text alone that some servers answer.
fn fault(document: &Document) -> Option<Fault> {
    let cut = |text: &str| text.chars().take(MOST_CHARS).collect::<String>();
    let error = &document.error;
    let found = match error {
        Value::Object(fields) => {
            let text = |key: &str| fields.get(key)?.as_str().filter(|text| !text.is_empty()).map(cut);
            Fault { kind: text("code").or_else(|| text("type")), message: text("message") }
        }
        Value::String(text) if !text.is_empty() => Fault { kind: None, message: Some(cut(text)) },
        _ => {
            let told = document.detail.as_str().or_else(|| {
                // Mistral: `{"object": "error", "message": ...}`, which is no message of a chat.
                document.message.as_str()
            });
            Fault { kind: None, message: Some(cut(told?)) }
        }
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(speech: Speech, text: Value) -> Answered {
        Answered::of(speech, &Document::parse(text.to_string().as_bytes()).expect("a document"))
    }

    #[test]
    fn a_response_is_one_message_of_all_its_items() {
        let answered = of(
            Speech::Responses,
            json!({"id": "resp_1", "object": "response", "status": "completed", "model": "gpt-5-2025-08-07", "output": [
                {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Hm."}]},
                {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{\"a\":1}"},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}]}),
        );
        assert_eq!(answered.finish, ["tool_calls"]);
        let expected = json!([{"role": "assistant", "finish_reason": "tool_calls", "parts": [
            {"type": "reasoning", "content": "Hm."},
            {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}},
            {"type": "text", "content": "Hi"}]}]);
        assert_eq!(Value::Array(answered.messages), expected);
        let cut = json!({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []});
        assert_eq!(of(Speech::Responses, cut).finish, ["max_output_tokens"]);
    }

    #[test]
    fn errors_of_every_form() {
        let of = |text| of(Speech::Chat, text).fault.expect("an error");
        let openai =
            of(json!({"error": {"message": "no", "type": "invalid_request_error", "code": "invalid_api_key"}}));
        assert_eq!(openai, Fault { kind: Some("invalid_api_key".into()), message: Some("no".into()) });
        let anthropic = of(json!({"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}));
        assert_eq!(anthropic.kind.as_deref(), Some("rate_limit_error"));
        assert_eq!(of(json!({"error": "model not found"})).message.as_deref(), Some("model not found"));
        assert_eq!(of(json!({"detail": "Not Found"})).message.as_deref(), Some("Not Found"));
        assert_eq!(of(json!({"object": "error", "message": "bad"})).message.as_deref(), Some("bad"));
    }

    #[test]
    fn a_good_answer_has_no_error() {
        let answered = of(
            Speech::OllamaChat,
            json!({"model": "llama3", "message": {"role": "assistant", "content": "Hi"},
            "done": true, "done_reason": "stop", "error": null}),
        );
        assert_eq!((answered.fault, answered.finish), (None, vec!["stop".to_owned()]));
        assert_eq!(answered.messages[0]["parts"][0]["content"], "Hi");
    }
}
