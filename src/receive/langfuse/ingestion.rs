//! `POST /api/public/ingestion`: a batch of events, each with an answer of its own.

use bytes::Bytes;
use serde_json::{Value, json};

use super::event::{self, Record, Refused};
use super::origin::Origin;
use crate::journal::Payload;
use crate::model::UnixNanos;
use crate::receive::Refusal;
use crate::receive::fields::{Fault, Fields, items};
use crate::receive::foreign::Converted;

/// Events of one request; Langfuse itself takes no more than 3.5 MB.
const MOST_EVENTS: usize = 20_000;

/// The records of a batch, and what Langfuse's clients are told with status 207: which events were taken and which were
/// not, each by its id.
///
/// # Errors
/// When the body is no batch at all.
pub(super) fn read(origin: &Origin, body: &Bytes, now: UnixNanos) -> Result<Converted<Value>, Refusal> {
    let events = std::str::from_utf8(body).map_err(|error| Fault::new(error.to_string())).and_then(|text| {
        let batch = Fields::parse(text)?.raw("batch").ok_or_else(|| Fault::new("batch is missing"))?;
        items(batch.get(), MOST_EVENTS)
    });
    let events = events.map_err(|fault| Refusal::Malformed {
        message: format!("the body is no batch of events, {{\"batch\": [...]}}: {fault}"),
        field: Some("batch".into()),
    })?;
    let (mut spans, mut logs) = (Vec::new(), Vec::new());
    let (mut successes, mut errors) = (Vec::new(), Vec::new());
    for event in events {
        match event::read(event, now) {
            Ok((id, record)) => {
                successes.push(json!({"id": id, "status": 201}));
                match record {
                    Record::Span(span) => spans.push(span),
                    Record::Log(log) => logs.push(log),
                }
            }
            Err(Refused { id, fault }) => errors.push(error(&id, &fault)),
        }
    }
    let rejected = errors.len() as u64;
    let mut payloads = Vec::new();
    if !spans.is_empty() {
        payloads.push(Payload::Traces(origin.traces(spans)));
    }
    if !logs.is_empty() {
        payloads.push(Payload::Logs(origin.logs(logs)));
    }
    let answer = json!({"successes": successes, "errors": errors});
    Ok(Converted { rejected, ..Converted::new(payloads, answer) })
}

/// How the answer tells of one that was refused.
pub(super) fn error(id: &str, fault: &Fault) -> Value {
    json!({"id": id, "status": 400, "message": "Invalid request data", "error": fault.message})
}
