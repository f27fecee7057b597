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

/// The signal of a body that came to a bare address. Nothing at all, and what holds no item, counts as traces.
///
/// # Errors
/// [`Refusal::Malformed`] for what is no JSON, [`Refusal::NoSignal`] for what makes sense as none.
pub(super) fn sniff(protocol: Protocol, body: &Bytes) -> Result<Signal, Refusal> {
    if protocol == Protocol::HttpJson {
        if let Some(signal) = json_signal(body) {
            return Ok(signal);
        }
        let keys = json::top_level_keys(body);
        // Finds what is wrong where there is no object to look into.
        from_json(Signal::Traces, body)?;
        return if keys.is_empty() { Ok(Signal::Traces) } else { Err(Refusal::NoSignal) };
    }
    let is_empty = |data: &TracesData| data.resource_spans.iter().all(|group| group.scope_spans.is_empty());
    // Metrics first: a gauge with a short name and description can look like a span, never the other way round.
    let order = [Signal::Metrics, Signal::Logs, Signal::Traces];
    order
        .into_iter()
        .find(|signal| makes_sense(*signal, body))
        .or_else(|| TracesData::decode(body.clone()).is_ok_and(|data| is_empty(&data)).then_some(Signal::Traces))
        .ok_or(Refusal::NoSignal)
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
fn protobuf_signal(refused: Signal, body: &Bytes) -> Option<Signal> {
    Signal::ALL.into_iter().find(|signal| *signal != refused && makes_sense(*signal, body))
}

/// The three messages have the same shape down to their items, and differ there: field 1 is the trace id in a span
/// (bytes), the time in a log record (fixed64), the name in a metric (text).
fn makes_sense(signal: Signal, body: &Bytes) -> bool {
    match signal {
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
            // An id of a span that is too short is text, too, but hardly one that can be read.
            let is_name = |name: &str| !name.is_empty() && !name.chars().any(char::is_control);
            groups.flat_map(|scope| &scope.metrics).any(|metric| is_name(&metric.name))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::otlp::{
        Gauge, LogRecord, Metric, NumberDataPoint, ResourceLogs, ResourceMetrics, ResourceSpans, ScopeLogs,
        ScopeMetrics, ScopeSpans, Span, metric,
    };

    fn traces(span: Span) -> Bytes {
        let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
        let group = ResourceSpans { scope_spans, ..ResourceSpans::default() };
        TracesData { resource_spans: vec![group] }.encode_to_vec().into()
    }

    fn logs(record: LogRecord) -> Bytes {
        let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
        let group = ResourceLogs { scope_logs, ..ResourceLogs::default() };
        LogsData { resource_logs: vec![group] }.encode_to_vec().into()
    }

    fn metrics(metric: Metric) -> Bytes {
        let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
        let group = ResourceMetrics { scope_metrics, ..ResourceMetrics::default() };
        MetricsData { resource_metrics: vec![group] }.encode_to_vec().into()
    }

    fn sniffed(body: &Bytes) -> Option<Signal> {
        sniff(Protocol::HttpProtobuf, body).ok()
    }

    #[test]
    fn a_body_is_known_by_its_items() {
        let (trace_id, span_id) = (vec![b'a'; 16], vec![b'b'; 8]);
        let span = Span {
            trace_id: trace_id.clone().into(),
            span_id: span_id.clone().into(),
            name: "text".into(),
            start_time_unix_nano: 1,
            ..Span::default()
        };
        assert_eq!(sniffed(&traces(span)), Some(Signal::Traces), "although its ids are letters");
        // Python's events: no time but the one of observation.
        let record = LogRecord {
            observed_time_unix_nano: 5,
            trace_id: trace_id.into(),
            span_id: span_id.into(),
            ..LogRecord::default()
        };
        assert_eq!(sniffed(&logs(record)), Some(Signal::Logs));
        let points = vec![NumberDataPoint { time_unix_nano: 0x4141_4141_4141_4141, ..NumberDataPoint::default() }];
        let disguised = Metric {
            name: "sixteen.letters.".into(),
            description: "eight...".into(),
            data: Some(metric::Data::Gauge(Gauge { data_points: points })),
            ..Metric::default()
        };
        assert_eq!(sniffed(&metrics(disguised)), Some(Signal::Metrics));
    }

    #[test]
    fn nothing_is_taken_and_nonsense_is_not() {
        assert_eq!(sniffed(&Bytes::new()), Some(Signal::Traces));
        let group =
            ResourceSpans { resource: Some(crate::model::otlp::Resource::default()), ..ResourceSpans::default() };
        let without_items = TracesData { resource_spans: vec![group] }.encode_to_vec().into();
        assert_eq!(sniffed(&without_items), Some(Signal::Traces));
        assert_eq!(sniffed(&traces(Span { trace_id: vec![1; 3].into(), ..Span::default() })), None);
        assert_eq!(sniffed(&Bytes::from_static(b"\xff\xff\xff")), None);
    }

    #[test]
    fn json_is_known_by_its_first_key() {
        let sniffed = |text: &'static str| sniff(Protocol::HttpJson, &Bytes::from_static(text.as_bytes()));
        for (text, signal) in [
            (r#"{"resourceSpans":[]}"#, Signal::Traces),
            (r#"{"resource_logs":[]}"#, Signal::Logs),
            (r#"{"resourceMetrics":[{}]}"#, Signal::Metrics),
            ("{}", Signal::Traces),
        ] {
            assert_eq!(sniffed(text).ok(), Some(signal), "{text}");
        }
        assert!(matches!(sniffed(r#"{"batch":[]}"#), Err(Refusal::NoSignal)));
        assert!(matches!(sniffed("{"), Err(Refusal::Malformed { .. })));
        assert!(matches!(sniffed("[1]"), Err(Refusal::Malformed { .. })));
    }
}
