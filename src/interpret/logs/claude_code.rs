//! Claude Code: every request to the model is one record with tokens, cost and duration.
//!
//! | event | becomes |
//! |---|---|
//! | `api_request`, `api_error` | a call; with the traces beta beside its span, by `request_id` |
//! | `user_prompt` | the root of the prompt's trace |
//! | `tool_result` | a tool that was run |
//!
//! Without the traces beta one prompt is one trace: `session.id` and `prompt.id`. Source: capture of 2.1.329.

use super::{Draft, Record, text};

pub(super) fn draft(record: &Record<'_>) -> Option<Draft> {
    let group = group(record)?;
    let once = record.text("event.sequence").unwrap_or_else(|| record.time.to_string());
    match record.event() {
        "api_request" => {
            let key = record.text("request_id").or_else(|| record.text("client_request_id")).unwrap_or(once);
            Some(call(record, Draft::of(group, vec!["call".into(), key])))
        }
        "api_error" => {
            let failed = record.text("error").unwrap_or_else(|| "the request failed".into());
            let mut draft = call(record, Draft::of(group, vec!["error".into(), once]));
            draft.error = Some(failed);
            let kind = record.text("error_class").or_else(|| record.text("status_code"));
            draft.extra.extend(kind.map(|kind| text("error.type", &kind)));
            Some(draft)
        }
        "tool_result" => {
            let key = record.text("tool_use_id").unwrap_or(once);
            let mut draft = Draft::of(group, vec!["tool".into(), key]);
            draft.ran(record, record.text("error"));
            Some(draft)
        }
        "user_prompt" => {
            let mut draft = Draft::root(group);
            draft.extra.extend(record.text("prompt").map(|prompt| text("input.value", &prompt)));
            Some(draft)
        }
        _ => None,
    }
}

/// Records from before the first prompt are about the start of the program: no trace.
pub(super) fn group(record: &Record<'_>) -> Option<Vec<String>> {
    Some(vec!["claude_code".into(), record.text("session.id")?, record.text("prompt.id")?])
}

fn call(record: &Record<'_>, mut draft: Draft) -> Draft {
    draft.beside_spans = true;
    draft.duration = record.milliseconds("duration_ms");
    let provider = match record.attributes.string("anthropic.provider") {
        Some("bedrock") => "aws.bedrock",
        Some("vertex") => "gcp.vertex_ai",
        Some("foundry") => "azure.ai.inference",
        _ => "anthropic",
    };
    draft.extra.push(text("gen_ai.provider.name", provider));
    draft.extra.extend(record.text("model").map(|model| text("gen_ai.request.model", &model)));
    draft
}
