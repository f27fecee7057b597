//! Scores, as log records of the conventions' event for evaluations.
//!
//! A score has an id: what comes again with the same one replaces what was there, and a deletion names nothing else. So a
//! deletion is a record of a trace that only that id leads to, see [`crate::model::score`].

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use super::attribute;
use crate::model::otlp::LogRecord;
use crate::model::score::{DELETED, EVENT, ID, deletions_of};
use crate::model::{SpanId, TraceId, UnixNanos};
use crate::receive::fields::{Fault, Fields};
use crate::receive::piece::Told;

/// A score as it will be stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Score {
    pub id: String,
    pub record: LogRecord,
}

/// The score in `body`; `at` is when the event that brings it was made, `id` what it is called if the body does not say.
///
/// # Errors
/// Names the field that is missing or cannot be read.
pub(super) fn created(id: &str, body: &RawValue, at: Option<UnixNanos>, now: UnixNanos) -> Result<Score, Fault> {
    let mut fields = Fields::parse(body.get())?;
    let id = fields.text("id")?.filter(|id| !id.is_empty()).unwrap_or_else(|| id.to_owned());
    let name = fields.text("name")?.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Fault::new("name is missing: a score must say what it measures"))?;
    let mut told = Told::default();
    told.set_text(ID, &id);
    told.set_text("gen_ai.evaluation.name", name);
    value(&mut fields, &mut told)?;
    if let Some(comment) = fields.text("comment")?.filter(|comment| !comment.is_empty()) {
        told.set_text("gen_ai.evaluation.explanation", comment);
    }
    let (trace, observation) = (fields.text("traceId")?, fields.text("observationId")?);
    let (session, run) = (fields.text("sessionId")?, fields.text("datasetRunId")?);
    let ids = [
        ("langfuse.trace.id", &trace),
        ("langfuse.observation.id", &observation),
        ("session.id", &session),
        ("langfuse.score.dataset_run.id", &run),
    ];
    if [&trace, &session, &run].iter().all(|id| id.as_ref().is_none_or(String::is_empty)) {
        return Err(Fault::new("traceId is missing: a score must be of a trace, a session or a dataset run"));
    }
    for (key, id) in ids {
        if let Some(id) = id.as_ref().filter(|id| !id.is_empty()) {
            told.set_text(key, id);
        }
    }
    for (name, key) in [
        ("source", "langfuse.score.source"),
        ("configId", "langfuse.score.config.id"),
        ("queueId", "langfuse.score.queue.id"),
    ] {
        if let Some(value) = fields.raw(name) {
            told.set_raw(key, value);
        }
    }
    if let Some(metadata) = fields.raw("metadata") {
        told.set_members("langfuse.score.metadata", metadata);
    }
    let time = fields.time("timestamp")?.or(at).unwrap_or(now);
    attribute::of_both(&mut fields, &mut told);
    attribute::unknown(fields, &mut told);
    let trace_id = trace.as_deref().and_then(TraceId::from_foreign);
    let span_id = observation.as_deref().and_then(SpanId::from_foreign);
    Ok(Score { id, record: record(EVENT, trace_id, span_id, time, now, told) })
}

/// The record that says that the score of this id is gone; `None` of an empty one.
pub(super) fn deleted(id: &str, now: UnixNanos) -> Option<LogRecord> {
    let mut told = Told::default();
    told.set_text(ID, id);
    Some(record(DELETED, Some(deletions_of(id)?), None, now, now, told))
}

/// Numbers are values, words are labels. Of a BOOLEAN both are told: 1 is `true`.
fn value(fields: &mut Fields<'_>, told: &mut Told) -> Result<(), Fault> {
    let wrong = || Fault::new("value must be a number, or text for CATEGORICAL and TEXT scores");
    let kind = fields.text("dataType")?.map(|kind| kind.to_ascii_uppercase());
    let raw = fields.raw("value").ok_or_else(|| Fault::new("value is missing"))?;
    let value: Value = serde_json::from_str(raw.get()).map_err(|_| wrong())?;
    let number = match &value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::String(text) if matches!(kind.as_deref(), Some("NUMERIC" | "BOOLEAN")) => {
            Some(text.trim().parse().map_err(|_| wrong())?)
        }
        Value::String(_) => None,
        _ => return Err(wrong()),
    };
    let label = match &value {
        Value::String(text) if number.is_none() => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ if kind.as_deref() == Some("BOOLEAN") => number.map(|number| (number != 0.0).to_string()),
        _ => None,
    };
    if let Some(number) = number.filter(|number| number.is_finite()) {
        told.set("gen_ai.evaluation.score.value", &Value::from(number));
    }
    if let Some(label) = label {
        told.set_text("gen_ai.evaluation.score.label", label);
    }
    if let Some(kind) = kind {
        told.set_text("langfuse.score.data_type", kind);
    }
    Ok(())
}

/// A log record of an event.
pub(in crate::receive) fn record(
    event: &str,
    trace_id: Option<TraceId>,
    span_id: Option<SpanId>,
    time: UnixNanos,
    now: UnixNanos,
    told: Told,
) -> LogRecord {
    let bytes = |id: Option<&[u8]>| id.map(Bytes::copy_from_slice).unwrap_or_default();
    let nanos = |time: UnixNanos| u64::try_from(time.0).unwrap_or_default();
    LogRecord {
        time_unix_nano: nanos(time),
        observed_time_unix_nano: nanos(now),
        event_name: event.to_owned(),
        trace_id: bytes(trace_id.as_ref().map(|id| &id.as_bytes()[..])),
        span_id: bytes(trace_id.and(span_id.as_ref()).map(|id| &id.as_bytes()[..])),
        attributes: told.0,
        ..LogRecord::default()
    }
}
