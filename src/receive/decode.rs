//! From the bytes of a body to OTLP messages, or to a refusal that says what is wrong with them.

use bytes::Bytes;
use prost::Message as _;

use super::{Protocol, Refusal};
use crate::journal::Payload;
use crate::model::Signal;
use crate::model::otlp::{LogsData, MetricsData, TracesData, json};

/// Decodes a body of the signal it was sent as.
///
/// # Errors
/// [`Refusal::WrongSignal`] when it is another signal's, [`Refusal::Malformed`] when it is nobody's.
pub(super) fn payload(signal: Signal, protocol: Protocol, body: Bytes) -> Result<Payload, Refusal> {
    if protocol == Protocol::HttpJson { from_json(signal, &body) } else { from_protobuf(signal, body) }
}

/// # Errors
/// [`Refusal::WrongSignal`] when `body` makes sense as another signal; called when it made none as `signal`.
pub(super) fn refuse_other_signal(signal: Signal, protocol: Protocol, body: &Bytes) -> Result<(), Refusal> {
    let found = if protocol == Protocol::HttpJson { json_signal(body) } else { protobuf_signal(signal, body) };
    match found {
        Some(found) if found != signal => Err(Refusal::WrongSignal { expected: signal, found }),
        _ => Ok(()),
    }
}

fn from_protobuf(signal: Signal, body: Bytes) -> Result<Payload, Refusal> {
    Payload::decode(signal, body.clone()).map_err(|error| {
        if let Err(other) = refuse_other_signal(signal, Protocol::HttpProtobuf, &body) {
            return other;
        }
        Refusal::Malformed { field: None, message: format!("the body is not a protobuf message of {signal}: {error}") }
    })
}

fn from_json(signal: Signal, body: &[u8]) -> Result<Payload, Refusal> {
    let payload = match signal {
        Signal::Traces => json::from_slice(body).map(Payload::Traces),
        Signal::Logs => json::from_slice(body).map(Payload::Logs),
        Signal::Metrics => json::from_slice(body).map(Payload::Metrics),
    };
    let payload = payload.map_err(|error| Refusal::Malformed {
        message: format!("the body is not OTLP/JSON of {signal}: at {}: {}", error.path, error.message),
        field: Some(error.path),
    })?;
    let empty = match &payload {
        Payload::Traces(data) => data.resource_spans.is_empty(),
        Payload::Logs(data) => data.resource_logs.is_empty(),
        Payload::Metrics(data) => data.resource_metrics.is_empty(),
    };
    // Unknown keys are ignored, so another signal's body looks like an empty one.
    match if empty { json_signal(body) } else { None } {
        Some(found) if found != signal => Err(Refusal::WrongSignal { expected: signal, found }),
        _ => Ok(payload),
    }
}

/// The signal a JSON body names by its first-level key.
fn json_signal(body: &[u8]) -> Option<Signal> {
    json::top_level_keys(body).iter().find_map(|key| match key.as_str() {
        "resourceSpans" | "resource_spans" => Some(Signal::Traces),
        "resourceLogs" | "resource_logs" => Some(Signal::Logs),
        "resourceMetrics" | "resource_metrics" => Some(Signal::Metrics),
        _ => None,
    })
}

/// The signal other than `refused` as which a body makes sense.
///
/// The three messages have the same shape down to their items, and differ there: field 1 is the trace id in a span
/// (bytes), the time in a log record (fixed64), the name in a metric (text).
fn protobuf_signal(refused: Signal, body: &Bytes) -> Option<Signal> {
    Signal::ALL.into_iter().filter(|signal| *signal != refused).find(|signal| match signal {
        Signal::Traces => TracesData::decode(body.clone()).is_ok_and(|data| {
            let mut spans =
                data.resource_spans.iter().flat_map(|group| &group.scope_spans).flat_map(|scope| &scope.spans);
            spans.any(|span| span.trace_id.len() == 16 && span.span_id.len() == 8)
        }),
        Signal::Logs => LogsData::decode(body.clone()).is_ok_and(|data| {
            let mut groups = data.resource_logs.iter().flat_map(|group| &group.scope_logs);
            groups.any(|scope| !scope.log_records.is_empty())
        }),
        Signal::Metrics => MetricsData::decode(body.clone()).is_ok_and(|data| {
            let groups = data.resource_metrics.iter().flat_map(|group| &group.scope_metrics);
            groups.flat_map(|scope| &scope.metrics).any(|metric| !metric.name.is_empty())
        }),
    })
}
