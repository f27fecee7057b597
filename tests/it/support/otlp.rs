//! Makes OTLP messages.

use tracemeter::model::otlp::{
    AnyValue, InstrumentationScope, KeyValue, LogRecord, LogsData, Resource, ResourceLogs, ResourceSpans, ScopeLogs,
    ScopeSpans, Span, SpanStatus, StatusCode, TracesData, any_value,
};

use super::{NOON, at};

/// A span of trace `trace` with span id `id`, one second long, starting `second` seconds before noon.
pub fn span(trace: u8, id: u8, name: &str, second: i64) -> Span {
    let start = at(NOON).0 - second * 1_000_000_000;
    Span {
        trace_id: vec![trace; 16].into(),
        span_id: vec![id; 8].into(),
        name: name.into(),
        kind: 1,
        start_time_unix_nano: start as u64,
        end_time_unix_nano: start as u64 + 1_000_000_000,
        ..Span::default()
    }
}

/// The same span below another.
pub fn child(parent: u8, mut span: Span) -> Span {
    span.parent_span_id = vec![parent; 8].into();
    span
}

pub fn failed(mut span: Span, message: &str) -> Span {
    span.status = Some(SpanStatus { message: message.into(), code: StatusCode::Error as i32 });
    span
}

pub fn with(mut span: Span, key: &str, value: impl IntoValue) -> Span {
    span.attributes.push(KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value.into_value()) }) });
    span
}

/// A chat call in the current GenAI conventions.
pub fn chat(span: Span, model: &str, input: i64, output: i64) -> Span {
    let span = with(span, "gen_ai.operation.name", "chat");
    let span = with(span, "gen_ai.provider.name", "openai");
    let span = with(span, "gen_ai.request.model", model);
    let span = with(span, "gen_ai.usage.input_tokens", input);
    with(span, "gen_ai.usage.output_tokens", output)
}

pub fn traces(service: &str, spans: Vec<Span>) -> TracesData {
    let name = AnyValue { value: Some(any_value::Value::StringValue(service.into())) };
    let resource = Resource {
        attributes: vec![KeyValue { key: "service.name".into(), value: Some(name) }],
        ..Resource::default()
    };
    let scope = InstrumentationScope { name: "tests".into(), ..InstrumentationScope::default() };
    TracesData {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    }
}

pub fn logs(service: &str, log_records: Vec<LogRecord>) -> LogsData {
    let name = AnyValue { value: Some(any_value::Value::StringValue(service.into())) };
    let resource = Resource {
        attributes: vec![KeyValue { key: "service.name".into(), value: Some(name) }],
        ..Resource::default()
    };
    LogsData {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource),
            scope_logs: vec![ScopeLogs { log_records, ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    }
}

pub trait IntoValue {
    fn into_value(self) -> any_value::Value;
}

impl IntoValue for &str {
    fn into_value(self) -> any_value::Value {
        any_value::Value::StringValue(self.into())
    }
}

impl IntoValue for String {
    fn into_value(self) -> any_value::Value {
        any_value::Value::StringValue(self)
    }
}

impl IntoValue for i64 {
    fn into_value(self) -> any_value::Value {
        any_value::Value::IntValue(self)
    }
}

impl IntoValue for f64 {
    fn into_value(self) -> any_value::Value {
        any_value::Value::DoubleValue(self)
    }
}
