//! What log records add to the content of a span: messages that were sent as events instead of attributes.
//!
//! - `gen_ai.{system,user,assistant,tool}.message`, `gen_ai.choice` (conventions before 1.37) of the span they name;
//! - `gen_ai.client.inference.operation.details` of the span, the response, or for Gemini CLI the moment it names;
//! - Claude Code's `user_prompt` of the same prompt, `assistant_response` of the same request, `tool_result` of the same
//!   use of a tool.

use std::collections::HashMap;

use super::{DETAILS, FROM_LOG, event_name};
use crate::interpret::attributes::Attributes;
use crate::model::otlp::{
    AnyValue, ArrayValue, KeyValue, KeyValueList, LogRecord, LogsData, Span, SpanEvent, any_value,
};
use crate::model::{SpanId, TraceId};

/// Attributes that a details event may tell in place of its span.
const CONTENT: &[&str] =
    &["gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.tool.definitions"];

/// Log records by what ties them to spans.
#[derive(Debug, Default)]
pub struct Told {
    records: Vec<LogRecord>,
    places: HashMap<String, Vec<usize>>,
}

impl Told {
    /// Keeps the records of `data` that may tell content.
    pub fn take(&mut self, data: &LogsData) {
        let records = data.resource_logs.iter().flat_map(|group| &group.scope_logs).flat_map(|part| &part.log_records);
        for record in records {
            let keys = keys_of_record(record);
            if !keys.is_empty() {
                keys.into_iter().for_each(|key| self.places.entry(key).or_default().push(self.records.len()));
                self.records.push(record.clone());
            }
        }
    }

    /// `span` with what the records tell of it and it does not; `None` when they tell nothing.
    pub fn complete(&self, span: &Span) -> Option<Span> {
        if self.records.is_empty() {
            return None;
        }
        let mut places: Vec<usize> =
            keys_of_span(span).iter().filter_map(|key| self.places.get(key)).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        let mut completed = None;
        for record in places.into_iter().map(|at| &self.records[at]) {
            add(completed.get_or_insert_with(|| span.clone()), record);
        }
        completed
    }
}

fn is_message(name: &str) -> bool {
    name == "gen_ai.choice" || name.starts_with("gen_ai.") && name.ends_with(".message")
}

fn keys_of_record(record: &LogRecord) -> Vec<String> {
    let name = event_name(record);
    let attributes = Attributes::new(&record.attributes);
    let key = |what: &str, attribute: &str| Some(format!("{what} {}", attributes.text(attribute)?));
    let keys: Vec<Option<String>> = match &*name {
        DETAILS => vec![
            span_key(&record.trace_id, &record.span_id),
            key("response", "gen_ai.response.id"),
            moment_key(&attributes),
        ],
        "claude_code.assistant_response" => vec![key("request", "request_id")],
        "claude_code.user_prompt" => vec![key("prompt", "prompt.id")],
        "claude_code.tool_result" => vec![key("tool", "tool_use_id")],
        name if is_message(name) => vec![span_key(&record.trace_id, &record.span_id)],
        _ => Vec::new(),
    };
    keys.into_iter().flatten().collect()
}

fn keys_of_span(span: &Span) -> Vec<String> {
    let attributes = Attributes::new(&span.attributes);
    let key = |what: &str, attribute: &str| Some(format!("{what} {}", attributes.text(attribute)?));
    let mut keys = vec![span_key(&span.trace_id, &span.span_id), key("response", "gen_ai.response.id")];
    if span.name.starts_with("claude_code.") && !span.name.ends_with("_prompt") {
        keys.extend([key("request", "request_id"), key("prompt", "claude_code.prompt.id"), key("tool", "tool_use_id")]);
    }
    if span.flags & FROM_LOG != 0 && span.name.starts_with("gemini_cli.api_") {
        keys.push(moment_key(&attributes));
    }
    keys.into_iter().flatten().collect()
}

fn span_key(trace: &[u8], span: &[u8]) -> Option<String> {
    Some(format!("span {} {}", TraceId::from_slice(trace)?, SpanId::from_slice(span)?))
}

/// Both tellings of a call of Gemini CLI carry the time at which the client made the event.
fn moment_key(attributes: &Attributes<'_>) -> Option<String> {
    Some(format!("moment {} {}", attributes.text("session.id")?, attributes.text("event.timestamp")?))
}

fn add(span: &mut Span, record: &LogRecord) {
    let name = event_name(record);
    let attributes = Attributes::new(&record.attributes);
    match &*name {
        "claude_code.assistant_response" => {
            let said = attributes.text("response").filter(|text| text != "<REDACTED>");
            missing(span, "gen_ai.output.messages", said.map(|text| message("assistant", &text)));
        }
        "claude_code.user_prompt" => {
            let asked = attributes.text("prompt").filter(|text| text != "<REDACTED>");
            missing(span, "gen_ai.input.messages", asked.map(|text| message("user", &text)));
        }
        "claude_code.tool_result" => {
            let input = record.attributes.iter().find(|pair| pair.key == "tool_input");
            missing(span, "gen_ai.tool.call.arguments", input.and_then(|pair| pair.value.clone()));
        }
        DETAILS => {
            for pair in &record.attributes {
                if CONTENT.contains(&pair.key.as_str()) || pair.key.starts_with("gen_ai.request.") {
                    missing(span, &pair.key, pair.value.clone());
                }
            }
        }
        _ => {
            let body = match record.body.as_ref().and_then(|body| body.value.clone()) {
                Some(any_value::Value::KvlistValue(list)) => list.values,
                Some(other) => vec![KeyValue { key: "content".into(), value: Some(AnyValue { value: Some(other) }) }],
                None => Vec::new(),
            };
            let event = SpanEvent {
                time_unix_nano: record.time_unix_nano.max(record.observed_time_unix_nano),
                name: name.clone().into_owned(),
                attributes: if body.is_empty() { record.attributes.clone() } else { body },
                ..SpanEvent::default()
            };
            // The same record may have come twice.
            if !span.events.contains(&event) {
                span.events.push(event);
            }
        }
    }
}

fn missing(span: &mut Span, key: &str, value: Option<AnyValue>) {
    let told = span.attributes.iter().any(|pair| pair.key == key && pair.value.is_some());
    if value.is_some() && !told {
        span.attributes.push(KeyValue { key: key.to_owned(), value });
    }
}

/// A list of one message of one text, in the form of the conventions.
fn message(role: &str, content: &str) -> AnyValue {
    let string = |text: &str| AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) };
    let map = |pairs: Vec<(&str, AnyValue)>| {
        let values = pairs.into_iter().map(|(key, value)| KeyValue { key: key.into(), value: Some(value) }).collect();
        AnyValue { value: Some(any_value::Value::KvlistValue(KeyValueList { values })) }
    };
    let list = |values| AnyValue { value: Some(any_value::Value::ArrayValue(ArrayValue { values })) };
    let part = map(vec![("type", string("text")), ("content", string(content))]);
    list(vec![map(vec![("role", string(role)), ("parts", list(vec![part]))])])
}
