//! Log records as rows. Lists need the gist of them; the whole is in the journal.

use duckdb::{Appender, params};
use serde_json::Value as Json;

use super::row::{span_number, trace_number};
use crate::interpret::logs;
use crate::model::otlp;
use crate::model::{SpanId, TraceId, UnixNanos, value};

/// Characters of a log body that are kept for lists.
const BODY_CHARS: usize = 2000;
/// Characters of an attribute's text that are kept for lists.
const VALUE_CHARS: usize = 1000;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct LogRow {
    pub(super) project: std::sync::Arc<str>,
    pub(super) time: UnixNanos,
    pub(super) trace_id: Option<TraceId>,
    pub(super) span_id: Option<SpanId>,
    pub(super) severity_number: i32,
    pub(super) service: String,
    pub(super) scope: String,
    pub(super) event_name: Option<String>,
    pub(super) body: String,
    pub(super) attributes: String,
}

/// Names of the OTLP severity ranges: 1-4 trace, 5-8 debug, 9-12 info, 13-16 warn, 17-20 error, 21-24 fatal.
pub(super) fn severity(number: i32) -> &'static str {
    match number {
        1..=4 => "trace",
        5..=8 => "debug",
        9..=12 => "info",
        13..=16 => "warn",
        17..=20 => "error",
        21..=24 => "fatal",
        _ => "unset",
    }
}

pub(super) fn append_log(appender: &mut Appender<'_>, seq: i64, row: &LogRow) -> duckdb::Result<()> {
    appender.append_row(params![
        &*row.project,
        seq,
        row.time.0,
        row.trace_id.map(trace_number),
        row.span_id.map(span_number),
        row.severity_number,
        severity(row.severity_number),
        row.service,
        row.scope,
        row.event_name,
        row.body,
        row.attributes,
    ])
}

/// The rows of `data`. `received` stands in for records without any time.
pub(super) fn log_rows(project: &std::sync::Arc<str>, data: &otlp::LogsData, received: UnixNanos) -> Vec<LogRow> {
    let mut rows = Vec::new();
    for group in &data.resource_logs {
        let service = service_of(group.resource.as_ref());
        for part in &group.scope_logs {
            let scope = part.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
            rows.extend(part.log_records.iter().map(|record| LogRow {
                project: project.clone(),
                time: first_known([record.time_unix_nano, record.observed_time_unix_nano], received),
                trace_id: logs::trace_of(record, group.resource.as_ref(), &scope, received),
                span_id: SpanId::from_slice(&record.span_id),
                severity_number: record.severity_number,
                service: service.clone(),
                scope: scope.clone(),
                event_name: event_name(record),
                body: body_of(record),
                attributes: attributes_of(&record.attributes),
            }));
        }
    }
    rows
}

/// Before OTLP 1.5 the event's name was an attribute, and many clients still send it there; with a blank in it, the field
/// holds the place of a Rust program's source.
fn event_name(record: &otlp::LogRecord) -> Option<String> {
    let field = Some(record.event_name.clone()).filter(|name| !name.is_empty());
    match field {
        Some(name) if !name.contains(' ') => Some(name),
        field => text_of(&record.attributes, "event.name").or(field),
    }
}

fn body_of(record: &otlp::LogRecord) -> String {
    let text = match record.body.as_ref().map(value::to_json) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text,
        Some(other) => other.to_string(),
    };
    clipped(&text, BODY_CHARS).unwrap_or(text)
}

/// The first time that is told.
pub(super) fn first_known<const N: usize>(times: [u64; N], received: UnixNanos) -> UnixNanos {
    times.into_iter().find(|time| *time != 0).map_or(received, UnixNanos::from_otlp)
}

pub(super) fn service_of(resource: Option<&otlp::Resource>) -> String {
    let attributes = resource.map(|resource| resource.attributes.as_slice()).unwrap_or_default();
    // The name that the semantic conventions give to a service that has none.
    text_of(attributes, "service.name").unwrap_or_else(|| "unknown_service".into())
}

fn text_of(attributes: &[otlp::KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|pair| pair.key == key)?.value.as_ref()?;
    match value::to_json(found) {
        Json::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Attributes as JSON text with long texts cut.
pub(super) fn attributes_of(attributes: &[otlp::KeyValue]) -> String {
    let mut map = value::attributes_to_json(attributes);
    for text in map.values_mut() {
        if let Json::String(long) = text
            && let Some(short) = clipped(long, VALUE_CHARS)
        {
            *long = short;
        }
    }
    Json::Object(map).to_string()
}

/// The first `chars` characters and an ellipsis, or `None` when `text` is no longer than that.
fn clipped(text: &str, chars: usize) -> Option<String> {
    let (cut, _) = text.char_indices().nth(chars)?;
    Some(format!("{}…", &text[..cut]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(clipped("äöü", 3), None);
        assert_eq!(clipped("äöü", 2).as_deref(), Some("äö…"));
    }

    #[test]
    fn a_log_without_times_has_the_time_it_came() {
        let record = otlp::LogRecord { severity_number: 17, event_name: "boom".into(), ..Default::default() };
        let data = otlp::LogsData {
            resource_logs: vec![otlp::ResourceLogs {
                scope_logs: vec![otlp::ScopeLogs { log_records: vec![record], ..Default::default() }],
                ..Default::default()
            }],
        };
        let rows = log_rows(&"default".into(), &data, UnixNanos(7));
        assert_eq!((rows[0].time, rows[0].service.as_str()), (UnixNanos(7), "unknown_service"));
        assert_eq!((rows[0].event_name.as_deref(), severity(rows[0].severity_number)), (Some("boom"), "error"));
    }
}
