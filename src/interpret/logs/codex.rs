//! Codex: the tokens of a request stand in the event at the end of its stream; it tells no cost and no duration.
//!
//! | event | becomes |
//! |---|---|
//! | `sse_event` of the kind `response.completed` with token counts | a call |
//! | `sse_event` or `websocket_event` of a response that failed, `api_request` that failed | a call that failed |
//! | `conversation_starts` | the root of the conversation's trace |
//! | `user_prompt` | a step with the prompt |
//! | `tool_result` | a tool that was run |
//!
//! The same kind stands a second time in a record without counts, which is about the stream and no call.
//! Without traces one conversation is one trace: `conversation.id`. Source: the client's own event definitions,
//! codex-rs/otel.

use super::{Draft, Record, text};

pub(super) fn draft(record: &Record<'_>) -> Option<Draft> {
    let group = group(record)?;
    let once = record.text("event.timestamp").unwrap_or_default() + "/" + &record.time.to_string();
    let kind = record.attributes.string("event.kind").unwrap_or_default();
    let error = record.text("error.message");
    match record.event() {
        "sse_event" if record.attributes.has("input_token_count") => {
            let counts = ["input_token_count", "cached_token_count", "output_token_count"];
            let told: Vec<String> = counts.iter().map(|key| record.text(key).unwrap_or_default()).collect();
            Some(call(record, Draft::of(group, [vec!["call".into(), once], told].concat())))
        }
        "sse_event" | "websocket_event"
            if error.is_some() && matches!(kind, "response.completed" | "response.failed") =>
        {
            Some(failed(record, Draft::of(group, vec!["failed".into(), once]), error?))
        }
        "api_request" => {
            let status = record.attributes.uint("http.response.status_code");
            let why = error.or_else(|| status.filter(|code| *code >= 400).map(|code| format!("HTTP status {code}")))?;
            let mut draft = failed(record, Draft::of(group, vec!["request".into(), once]), why);
            draft.duration = record.milliseconds("duration_ms");
            draft.extra.extend(status.map(|code| text("error.type", &code.to_string())));
            Some(draft)
        }
        "tool_result" => {
            let key = record.text("call_id").unwrap_or(once);
            let mut draft = Draft::of(group, vec!["tool".into(), key]);
            draft.ran(record, None);
            // Its spans know that a tool ran, not with what and what came out.
            draft.beside_spans = true;
            Some(draft)
        }
        "user_prompt" => {
            let mut draft = Draft::of(group, vec!["prompt".into(), once]);
            draft.extra.extend(record.text("prompt").map(|prompt| text("input.value", &prompt)));
            draft.beside_spans = true;
            Some(draft)
        }
        "conversation_starts" => Some(Draft::root(group)),
        _ => None,
    }
}

pub(super) fn group(record: &Record<'_>) -> Option<Vec<String>> {
    Some(vec!["codex".into(), record.text("conversation.id")?])
}

fn failed(record: &Record<'_>, draft: Draft, why: String) -> Draft {
    let mut draft = call(record, draft);
    draft.error = Some(why);
    draft
}

fn call(record: &Record<'_>, mut draft: Draft) -> Draft {
    draft.beside_spans = true;
    if let Some(model) = record.text("model").or_else(|| record.text("slug")) {
        // The provider is told only when a conversation starts; a model of another maker may come from anywhere.
        if ["gpt-", "codex-", "o1", "o3", "o4"].iter().any(|prefix| model.starts_with(prefix)) {
            draft.extra.push(text("gen_ai.provider.name", "openai"));
        }
        draft.extra.push(text("gen_ai.request.model", &model));
    }
    draft
}
