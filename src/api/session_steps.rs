//! What happened in a turn of a session, step by step: prompts, model calls, tools with the decision to run them.

use std::collections::HashMap;

use serde_json::Value;

use super::types::{JsonMap, LogItem, Span, TraceDetail, TurnStep};

/// Steps of a turn that are told; an agent may take hundreds.
const MOST_STEPS: usize = 200;

/// Characters of what went into a tool and came out of it.
const MOST_TEXT: usize = 400;

/// What clients write in place of a prompt that they leave out, and how each is told to send it.
const HIDDEN: &[&str] = &["<REDACTED>", "[REDACTED]"];
const SWITCHES: &[(&str, &str)] = &[
    ("claude_code", "set OTEL_LOG_USER_PROMPTS=1 for Claude Code"),
    ("codex", "set log_user_prompt = true in the [otel] part of Codex' configuration"),
    ("gemini_cli", "set GEMINI_TELEMETRY_LOG_PROMPTS=true for Gemini CLI"),
];

/// Events of coding assistants that are worth a line of their own, and what it says.
const NOTES: &[(&str, &str)] = &[
    ("claude_code.api_refusal", "the model refused"),
    ("claude_code.api_retries_exhausted", "no more retries"),
    ("claude_code.compaction", "the conversation was made shorter"),
    ("gemini_cli.chat_compression", "the conversation was made shorter"),
    ("gemini_cli.flash_fallback", "went on with a smaller model"),
];

/// How the client can be made to send a prompt that it left out; `None` when it did not leave it out.
pub(super) fn hidden(text: &str, page: &TraceDetail) -> Option<String> {
    let is_left_out = HIDDEN.contains(&text.trim());
    let told = || {
        let of = |client: &str| {
            let begins = |name: &str| name.starts_with(client) && name[client.len()..].starts_with('.');
            page.spans.iter().any(|span| begins(&span.name))
                || page.logs.iter().any(|log| log.event_name.as_deref().is_some_and(begins))
        };
        let switch = SWITCHES.iter().find(|(client, _)| of(client));
        switch.map_or_else(|| "see how the client is told to send prompts".to_owned(), |(_, how)| (*how).to_owned())
    };
    is_left_out.then(told)
}

/// The steps of a trace in the order of their start. Prompts are among them only when there are several: one is what
/// the turn begins with.
pub(super) fn of(page: &TraceDetail) -> Vec<TurnStep> {
    let decisions = decisions(&page.logs);
    let mut steps: Vec<TurnStep> = page.spans.iter().filter_map(|span| step(span, &decisions)).collect();
    let ran: Vec<&str> =
        page.spans.iter().filter_map(|span| span.tool.as_ref().and_then(|tool| tool.call_id.as_deref())).collect();
    for (id, decision) in &decisions {
        if !ran.contains(&id.as_str()) && !decision.accepted {
            let name = decision.tool.clone().unwrap_or_else(|| "tool".into());
            let input = decision.input.clone();
            steps.push(TurnStep { name, input, decision: Some(decision.text.clone()), ..at(&decision.time, "tool") });
        }
    }
    for log in &page.logs {
        let name = log.event_name.as_deref().unwrap_or_default();
        if let Some((_, said)) = NOTES.iter().find(|(event, _)| *event == name) {
            steps.push(TurnStep { name: (*said).to_owned(), ..at(&log.time, "note") });
        }
    }
    if steps.iter().filter(|step| step.kind == "prompt").count() < 2 {
        steps.retain(|step| step.kind != "prompt");
    }
    // Without the Z a time sorts before the same with a fraction.
    steps.sort_by(|left, right| left.start_time.trim_end_matches('Z').cmp(right.start_time.trim_end_matches('Z')));
    steps.truncate(MOST_STEPS);
    steps
}

fn at(time: &str, kind: &str) -> TurnStep {
    TurnStep {
        kind: kind.to_owned(),
        name: String::new(),
        span_id: None,
        start_time: time.to_owned(),
        duration_ms: None,
        input: None,
        output: None,
        decision: None,
        error: None,
        cost_usd: None,
        cost_nano: None,
    }
}

fn step(span: &Span, decisions: &HashMap<String, Decision>) -> Option<TurnStep> {
    let failed = span.status == "error";
    let why = || span.status_message.as_deref().or(span.error_type.as_deref()).unwrap_or("failed");
    let base = |kind: &str| TurnStep {
        span_id: Some(span.span_id.clone()),
        duration_ms: Some(span.duration_ms),
        error: failed.then(|| cut(why())),
        ..at(&span.start_time, kind)
    };
    if let Some(tool) = &span.tool {
        let name = tool.name.as_deref().unwrap_or(&span.name);
        let own = || text(&span.attributes, "decision").map(|told| sentence(&told, None));
        let decided = tool.call_id.as_ref().and_then(|id| decisions.get(id)).map(|decision| decision.text.clone());
        return Some(TurnStep {
            name: name.to_owned(),
            input: tool.arguments.as_ref().map(shown),
            output: tool.result.as_ref().map(shown),
            decision: decided.or_else(own),
            ..base("tool")
        });
    }
    if let Some(call) = &span.call {
        // Of a call that is told twice the one that counts is told, and one that failed counts nowhere.
        let model = call.call.response_model.as_deref().or(call.call.request_model.as_deref());
        return (call.call.counted || failed).then(|| TurnStep {
            name: model.unwrap_or(&span.name).to_owned(),
            cost_usd: call.call.cost.usd,
            cost_nano: call.call.cost.nano,
            ..base("call")
        });
    }
    let is_prompt = span.name.ends_with(".user_prompt");
    is_prompt.then(|| TurnStep {
        input: span.input.as_ref().map(shown).filter(|text| !HIDDEN.contains(&text.as_str())),
        duration_ms: None,
        ..base("prompt")
    })
}

/// What somebody, or a rule, said to the use of a tool.
struct Decision {
    time: String,
    tool: Option<String>,
    input: Option<String>,
    accepted: bool,
    text: String,
}

/// By the id of the use, which its run has as well.
fn decisions(logs: &[LogItem]) -> HashMap<String, Decision> {
    let decided = logs.iter().filter_map(|log| {
        let name = log.event_name.as_deref()?;
        let id = match name {
            "claude_code.tool_decision" => text(&log.attributes, "tool_use_id")?,
            "codex.tool_decision" => text(&log.attributes, "call_id")?,
            _ => return None,
        };
        let told = text(&log.attributes, "decision")?;
        let tool = text(&log.attributes, "tool_name");
        let input = text(&log.attributes, "tool_parameters").map(|input| cut(&input));
        let source = text(&log.attributes, "source");
        let text = sentence(&told, source.as_deref());
        Some((id, Decision { time: log.time.clone(), tool, input, accepted: is_accepted(&told), text }))
    });
    decided.collect()
}

fn is_accepted(told: &str) -> bool {
    let told = told.to_ascii_lowercase();
    ["accept", "auto_accept", "modify", "approve", "approved", "approved_for_session"].contains(&told.as_str())
        || told.starts_with("approved")
}

/// `accepted by config`, `rejected by user`.
fn sentence(told: &str, source: Option<&str>) -> String {
    let word = if is_accepted(told) { "accepted" } else { "rejected" };
    match source.map(|source| source.replace('_', " ")) {
        Some(source) if !source.is_empty() => format!("{word} by {source}"),
        _ => word.to_owned(),
    }
}

fn text(attributes: &JsonMap, key: &str) -> Option<String> {
    match attributes.0.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// A value as somebody reads it: of an object with one member its value, else JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text),
        Value::Object(members) => match members.get("command").or_else(|| members.get("file_path")) {
            Some(Value::String(text)) => cut(text),
            _ => cut(&value.to_string()),
        },
        other => cut(&other.to_string()),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_told_in_words() {
        assert_eq!(sentence("accept", Some("config")), "accepted by config");
        assert_eq!(sentence("reject", Some("user_reject")), "rejected by user reject");
        assert_eq!(sentence("auto_accept", None), "accepted");
        assert_eq!(sentence("denied", Some("User")), "rejected by User");
        assert_eq!(sentence("approved_for_session", None), "accepted");
    }

    #[test]
    fn what_went_in_is_told_by_its_point() {
        assert_eq!(shown(&serde_json::json!({"command": "ls", "description": "look"})), "ls");
        assert_eq!(shown(&serde_json::json!({"a": 1})), r#"{"a":1}"#);
        assert_eq!(shown(&serde_json::json!("x".repeat(1000))).chars().count(), MOST_TEXT + 1);
    }
}
