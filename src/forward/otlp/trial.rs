//! The one record that is sent to see whether a destination takes anything.

use bytes::Bytes;
use prost::Message as _;

use crate::model::otlp::{
    AnyValue, Gauge, InstrumentationScope, KeyValue, LogRecord, LogsData, Metric, MetricsData, NumberDataPoint,
    Resource, ResourceLogs, ResourceMetrics, ResourceSpans, ScopeLogs, ScopeMetrics, ScopeSpans, Span, TracesData,
    any_value, metric, number_data_point,
};
use crate::model::{Signal, UnixNanos};

const NAME: &str = "tracemeter.test";
const TEXT: &str = "Tracemeter was asked to send a test";

/// A request with one record of `signal` that says it is a test. Its ids come from the time, which is random enough for
/// something that is asked for by hand.
pub(in crate::forward) fn body(signal: Signal, now: UnixNanos) -> Bytes {
    let time = u64::try_from(now.0).unwrap_or_default();
    let resource = Some(Resource { attributes: vec![text("service.name", "tracemeter")], ..Resource::default() });
    let scope = Some(InstrumentationScope { name: NAME.into(), ..InstrumentationScope::default() });
    match signal {
        Signal::Traces => {
            let spans = vec![span(time)];
            let scope_spans = vec![ScopeSpans { scope, spans, ..ScopeSpans::default() }];
            let group = ResourceSpans { resource, scope_spans, ..ResourceSpans::default() };
            TracesData { resource_spans: vec![group] }.encode_to_vec().into()
        }
        Signal::Logs => {
            let log_records = vec![log_record(time)];
            let scope_logs = vec![ScopeLogs { scope, log_records, ..ScopeLogs::default() }];
            let group = ResourceLogs { resource, scope_logs, ..ResourceLogs::default() };
            LogsData { resource_logs: vec![group] }.encode_to_vec().into()
        }
        Signal::Metrics => {
            let metrics = vec![gauge(time)];
            let scope_metrics = vec![ScopeMetrics { scope, metrics, ..ScopeMetrics::default() }];
            let group = ResourceMetrics { resource, scope_metrics, ..ResourceMetrics::default() };
            MetricsData { resource_metrics: vec![group] }.encode_to_vec().into()
        }
    }
}

fn span(time: u64) -> Span {
    let hash = blake3::hash(&time.to_be_bytes());
    Span {
        trace_id: Bytes::copy_from_slice(&hash.as_bytes()[..16]),
        span_id: Bytes::copy_from_slice(&hash.as_bytes()[16..24]),
        name: NAME.into(),
        kind: 1,
        start_time_unix_nano: time,
        end_time_unix_nano: time,
        attributes: vec![text("message", TEXT)],
        ..Span::default()
    }
}

fn log_record(time: u64) -> LogRecord {
    LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        severity_number: 9,
        severity_text: "INFO".into(),
        body: text("", TEXT).value,
        event_name: NAME.into(),
        ..LogRecord::default()
    }
}

fn gauge(time: u64) -> Metric {
    let point = NumberDataPoint {
        time_unix_nano: time,
        value: Some(number_data_point::Value::AsInt(1)),
        ..NumberDataPoint::default()
    };
    Metric {
        name: NAME.into(),
        description: TEXT.into(),
        data: Some(metric::Data::Gauge(Gauge { data_points: vec![point] })),
        ..Metric::default()
    }
}

fn text(key: &str, text: &str) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(any_value::Value::StringValue(text.into())) }) }
}
