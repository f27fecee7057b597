use serde_json::Value;

use super::*;
use crate::config::{AttributionConfig, CostConfig};
use crate::journal::{Cursor, Payload};
use crate::model::UnixNanos;
use crate::model::otlp::{
    AnyValue, Gauge, Histogram, HistogramDataPoint, InstrumentationScope, KeyValue, LogRecord, LogsData, Metric,
    MetricsData, NumberDataPoint, Resource, ResourceLogs, ResourceMetrics, ResourceSpans, ScopeLogs, ScopeMetrics,
    ScopeSpans, Span, SpanEvent, TracesData, any_value, metric, number_data_point,
};

/// 2026-11-20T12:00:00Z
const NOON: u64 = 1_795_176_000_000_000_000;

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
}

fn text(key: &str, text: &str) -> KeyValue {
    pair(key, any_value::Value::StringValue(text.into()))
}

fn resource() -> Option<Resource> {
    Some(Resource { attributes: vec![text("service.name", "bot"), text("host.name", "lab")], ..Resource::default() })
}

fn objects(payload: Payload) -> Vec<Value> {
    let interpreter = Interpreter::new(&AttributionConfig::default(), &CostConfig::default());
    let ordinals = (0..payload.items()).collect();
    let received = UnixNanos(1_795_176_001_000_000_000);
    let selected =
        Selected { cursor: Cursor::default(), received, project: "default".into(), payload, ordinals, known: None };
    record::objects(&facts::read(&interpreter, &selected), &selected).into_iter().map(|(object, _)| object).collect()
}

#[test]
fn a_model_call_has_its_figures() {
    let span = Span {
        trace_id: vec![1; 16].into(),
        span_id: vec![2; 8].into(),
        trace_state: "a=1".into(),
        name: "chat gpt-4o".into(),
        start_time_unix_nano: NOON,
        end_time_unix_nano: NOON + 1_500_000_000,
        attributes: vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-4o"),
            text("ai.feature", "search"),
            pair("gen_ai.usage.input_tokens", any_value::Value::IntValue(1000)),
            pair("gen_ai.usage.output_tokens", any_value::Value::IntValue(100)),
        ],
        events: vec![SpanEvent { time_unix_nano: NOON + 1, name: "e".into(), ..SpanEvent::default() }],
        ..Span::default()
    };
    let scope = Some(InstrumentationScope { name: "lib".into(), ..InstrumentationScope::default() });
    let scope_spans = vec![ScopeSpans { scope, spans: vec![span], ..ScopeSpans::default() }];
    let group = ResourceSpans { resource: resource(), scope_spans, ..ResourceSpans::default() };
    let objects = objects(Payload::Traces(TracesData { resource_spans: vec![group] }));
    let object = &objects[0];
    for (pointer, expected) in [
        ("/signal", json!("traces")),
        ("/project", json!("default")),
        ("/received_time", json!("2026-11-20T12:00:01Z")),
        ("/trace_id", json!("01".repeat(16))),
        ("/span_id", json!("02".repeat(8))),
        ("/parent_span_id", Value::Null),
        ("/trace_state", json!("a=1")),
        ("/name", json!("chat gpt-4o")),
        ("/kind", json!("llm")),
        ("/service", json!("bot")),
        ("/scope", json!("lib")),
        ("/start_time", json!("2026-11-20T12:00:00Z")),
        ("/end_time", json!("2026-11-20T12:00:01.5Z")),
        ("/duration_ms", json!(1500.0)),
        ("/feature", json!("search")),
        ("/call/provider", json!("openai")),
        ("/call/model", json!("gpt-4o")),
        ("/call/usage/input", json!(1000)),
        ("/call/usage/output", json!(100)),
        ("/call/counted", json!(true)),
        // 1000 x 2.50 and 100 x 10 USD per million.
        ("/call/cost/nano", json!(3_500_000)),
        ("/call/cost/basis", json!("computed")),
        ("/events/0/name", json!("e")),
        ("/events/0/time", json!("2026-11-20T12:00:00.000000001Z")),
        ("/attributes/gen_ai.usage.input_tokens", json!(1000)),
        ("/resource/host.name", json!("lab")),
    ] {
        assert_eq!(object.pointer(pointer), Some(&expected), "{pointer} of {object:#}");
    }
}

#[test]
fn a_log_record_of_an_agent_tells_its_call() {
    let record = LogRecord {
        time_unix_nano: NOON,
        severity_text: "INFO".into(),
        severity_number: 9,
        body: text("", "claude_code.api_request").value,
        attributes: vec![
            text("event.name", "api_request"),
            text("session.id", "s-1"),
            text("prompt.id", "p-1"),
            text("model", "claude-sonnet-4-5"),
            text("input_tokens", "12"),
            text("output_tokens", "34"),
            text("cost_usd", "0.01"),
        ],
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    let group = ResourceLogs { resource: resource(), scope_logs, ..ResourceLogs::default() };
    let objects = objects(Payload::Logs(LogsData { resource_logs: vec![group] }));
    let object = &objects[0];
    assert_eq!(object["signal"], "logs");
    assert_eq!(object["time"], "2026-11-20T12:00:00Z");
    assert_eq!(object["service"], "bot");
    assert_eq!(object["body"], "claude_code.api_request");
    assert_eq!(object["attributes"]["session.id"], "s-1");
    assert_eq!(object["call"]["usage"]["output"], 34, "{object:#}");
    assert_eq!(object["call"]["model"], "claude-sonnet-4-5");
}

#[test]
fn metrics_have_their_points() {
    let point = NumberDataPoint {
        time_unix_nano: NOON,
        value: Some(number_data_point::Value::AsDouble(f64::NAN)),
        attributes: vec![text("k", "v")],
        ..NumberDataPoint::default()
    };
    let gauge = Metric {
        name: "watts".into(),
        unit: "W".into(),
        data: Some(metric::Data::Gauge(Gauge { data_points: vec![point] })),
        ..Metric::default()
    };
    let point = HistogramDataPoint {
        time_unix_nano: NOON,
        count: 3,
        sum: Some(4.5),
        bucket_counts: vec![1, 2],
        explicit_bounds: vec![1.0],
        ..HistogramDataPoint::default()
    };
    let histogram = Metric {
        name: "latency".into(),
        data: Some(metric::Data::Histogram(Histogram { data_points: vec![point], aggregation_temporality: 1 })),
        ..Metric::default()
    };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![gauge, histogram], ..ScopeMetrics::default() }];
    let group = ResourceMetrics { resource: resource(), scope_metrics, ..ResourceMetrics::default() };
    let objects = objects(Payload::Metrics(MetricsData { resource_metrics: vec![group] }));
    assert_eq!(objects.len(), 2);
    assert_eq!(objects[0]["points"][0]["value"], "NaN");
    assert_eq!(objects[0]["points"][0]["attributes"]["k"], "v");
    assert_eq!((&objects[1]["kind"], &objects[1]["temporality"]), (&"histogram".into(), &"delta".into()));
    assert_eq!(objects[1]["points"][0]["bucket_counts"], json!([1, 2]));
}

#[test]
fn a_batch_is_one_json_text() {
    let read = |bodies: &[Bytes]| serde_json::from_slice::<Value>(&batch(bodies.iter())).expect("JSON");
    assert_eq!(read(&[]), json!({"items": []}));
    assert_eq!(read(&["{\"a\":1}".into(), "{}".into()]), json!({"items": [{"a": 1}, {}]}));
}
