//! Builds the spans of one demo trace: ids, times and attributes, without any randomness from outside.

use std::collections::BTreeMap;

use crate::model::UnixNanos;
use crate::model::otlp::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, Resource, ResourceSpans, ScopeSpans, Span, SpanEvent,
    SpanStatus, StatusCode, TracesData, any_value,
};

/// Figures that look random and follow from a seed.
pub(super) struct Dice {
    seed: blake3::Hash,
    throws: u64,
}

impl Dice {
    pub fn new(seed: &[&[u8]]) -> Self {
        Self { seed: blake3::hash(&seed.concat()), throws: 0 }
    }

    fn throw(&mut self) -> [u8; 32] {
        self.throws += 1;
        *blake3::keyed_hash(self.seed.as_bytes(), &self.throws.to_be_bytes()).as_bytes()
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        let bytes = self.throw();
        let number =
            u64::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]]);
        low + number % (high - low + 1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.between(1, n) == 1
    }

    pub fn pick<'a>(&mut self, options: &[&'a str]) -> &'a str {
        options[self.between(0, options.len() as u64 - 1) as usize]
    }

    fn id<const N: usize>(&mut self) -> bytes::Bytes {
        bytes::Bytes::copy_from_slice(&self.throw()[..N])
    }
}

/// A trace in the making. Time runs forward with [`TraceBuilder::wait_ms`]; spans nest by [`TraceBuilder::within`].
pub(super) struct TraceBuilder {
    pub dice: Dice,
    now: i64,
    trace_id: bytes::Bytes,
    open: Vec<Span>,
    /// Finished spans by service.
    done: BTreeMap<&'static str, Vec<Span>>,
    service: &'static str,
}

impl TraceBuilder {
    pub fn new(start: UnixNanos, mut dice: Dice) -> Self {
        let trace_id = dice.id::<16>();
        Self { dice, now: start.0, trace_id, open: Vec::new(), done: BTreeMap::new(), service: "demo" }
    }

    pub fn service(&mut self, service: &'static str) {
        self.service = service;
    }

    pub fn wait_ms(&mut self, low: u64, high: u64) {
        self.now += self.dice.between(low * 1_000, high * 1_000) as i64 * 1_000;
    }

    /// A span around whatever `body` does.
    pub fn within(&mut self, name: &str, kind: i32, body: impl FnOnce(&mut Self)) {
        let parent_span_id = self.open.last().map(|parent| parent.span_id.clone()).unwrap_or_default();
        let span = Span {
            trace_id: self.trace_id.clone(),
            span_id: self.dice.id::<8>(),
            parent_span_id,
            name: name.to_owned(),
            kind,
            start_time_unix_nano: self.now as u64,
            ..Span::default()
        };
        self.open.push(span);
        body(self);
        if let Some(mut span) = self.open.pop() {
            span.end_time_unix_nano = self.now as u64;
            self.done.entry(self.service).or_default().push(span);
        }
    }

    pub fn set(&mut self, key: &str, value: impl Into<AnyValue>) {
        if let Some(span) = self.open.last_mut() {
            span.attributes.push(KeyValue { key: key.to_owned(), value: Some(value.into()) });
        }
    }

    pub fn fail(&mut self, error_type: &str, message: &str) {
        self.set("error.type", error_type);
        let (time, attributes) = (
            self.now as u64,
            vec![
                KeyValue { key: "exception.type".into(), value: Some(error_type.into()) },
                KeyValue { key: "exception.message".into(), value: Some(message.into()) },
            ],
        );
        if let Some(span) = self.open.last_mut() {
            span.status = Some(SpanStatus { message: message.to_owned(), code: StatusCode::Error as i32 });
            let event =
                SpanEvent { time_unix_nano: time, name: "exception".into(), attributes, ..SpanEvent::default() };
            span.events.push(event);
        }
    }

    pub fn response_id(&mut self) -> String {
        format!("demo-{}", hex::encode(self.dice.id::<8>()))
    }

    /// The finished trace, moved back if it would end after `latest`.
    pub fn finish(self, latest: UnixNanos) -> TracesData {
        let beyond = (self.now - latest.0).max(0) as u64;
        let mut resource_spans = Vec::new();
        for (service, mut spans) in self.done {
            for span in &mut spans {
                span.start_time_unix_nano -= beyond;
                span.end_time_unix_nano -= beyond;
                for event in &mut span.events {
                    event.time_unix_nano -= beyond;
                }
            }
            let attributes =
                [("service.name", service), ("service.version", "1.4.0"), ("deployment.environment.name", "demo")]
                    .map(|(key, value)| KeyValue { key: key.into(), value: Some(value.into()) });
            let scope = InstrumentationScope {
                name: "tracemeter.demo".into(),
                version: env!("CARGO_PKG_VERSION").into(),
                ..InstrumentationScope::default()
            };
            resource_spans.push(ResourceSpans {
                resource: Some(Resource { attributes: attributes.into(), ..Resource::default() }),
                scope_spans: vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }],
                ..ResourceSpans::default()
            });
        }
        TracesData { resource_spans }
    }
}

impl From<any_value::Value> for AnyValue {
    fn from(value: any_value::Value) -> Self {
        Self { value: Some(value) }
    }
}

impl From<&str> for AnyValue {
    fn from(text: &str) -> Self {
        any_value::Value::StringValue(text.to_owned()).into()
    }
}

impl From<String> for AnyValue {
    fn from(text: String) -> Self {
        any_value::Value::StringValue(text).into()
    }
}

impl From<u64> for AnyValue {
    fn from(number: u64) -> Self {
        any_value::Value::IntValue(number as i64).into()
    }
}

impl From<f64> for AnyValue {
    fn from(number: f64) -> Self {
        any_value::Value::DoubleValue(number).into()
    }
}

impl From<bool> for AnyValue {
    fn from(flag: bool) -> Self {
        any_value::Value::BoolValue(flag).into()
    }
}

impl From<[&str; 1]> for AnyValue {
    fn from(list: [&str; 1]) -> Self {
        any_value::Value::ArrayValue(ArrayValue { values: list.iter().map(|text| AnyValue::from(*text)).collect() })
            .into()
    }
}
