//! Gemini CLI: every request is told by an event of its own and by one of the conventions, twice.
//!
//! | event | becomes |
//! |---|---|
//! | `api_response`, `api_error` | a call |
//! | `gen_ai.client.inference.operation.details` of the same moment | content of that call, never a call |
//! | `user_prompt` | the root of the prompt's trace |
//! | `tool_call` | a tool that was run |
//!
//! Without traces one prompt is one trace: `session.id` and `prompt_id`. Source: the client's own event definitions,
//! packages/core/src/telemetry.

use super::{Draft, Record, text};

/// Whether a record of the conventions is Gemini CLI's.
pub(super) fn wrote(record: &Record<'_>) -> bool {
    record.scope == "gemini-cli" || record.resource.string("service.name") == Some("gemini-cli")
}

pub(super) fn draft(record: &Record<'_>) -> Option<Draft> {
    let group = group(record)?;
    match record.event() {
        "api_response" => {
            let mut draft = call(record, Draft::of(group, call_key(record)));
            draft.extra.extend(record.raw.attributes.iter().find(|pair| pair.key == "finish_reasons").map(|pair| {
                crate::model::otlp::KeyValue { key: "gen_ai.response.finish_reasons".into(), value: pair.value.clone() }
            }));
            Some(draft)
        }
        "api_error" => {
            let why = record.text("error").or_else(|| record.text("error.message"));
            let mut draft = call(record, Draft::of(group, call_key(record)));
            draft.error = Some(why.unwrap_or_else(|| "the request failed".into()));
            if !record.attributes.has("error.type") {
                draft.extra.extend(record.text("status_code").map(|code| text("error.type", &code)));
            }
            Some(draft)
        }
        "tool_call" => {
            let key = [record.text("call_id"), record.text("function_name")].into_iter().flatten();
            let mut draft = Draft::of(group, ["tool".into()].into_iter().chain(key).chain([moment(record)]).collect());
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

pub(super) fn group(record: &Record<'_>) -> Option<Vec<String>> {
    Some(vec!["gemini_cli".into(), record.text("session.id")?, record.text("prompt_id")?])
}

fn call_key(record: &Record<'_>) -> Vec<String> {
    vec!["call".into(), moment(record)]
}

/// Both tellings of a call carry the time at which the client made the event.
fn moment(record: &Record<'_>) -> String {
    record.text("event.timestamp").unwrap_or_else(|| record.time.to_string())
}

fn call(record: &Record<'_>, mut draft: Draft) -> Draft {
    draft.beside_spans = true;
    draft.duration = record.milliseconds("duration_ms");
    let vertex = record.attributes.string("auth_type").is_some_and(|auth| auth.contains("vertex"));
    draft.extra.push(text("gen_ai.provider.name", if vertex { "gcp.vertex_ai" } else { "gcp.gemini" }));
    draft.extra.extend(record.text("model").map(|model| text("gen_ai.request.model", &model)));
    draft
}
