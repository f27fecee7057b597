//! Traces as OTLP/JSON: what [`super::json`] reads is given back as it was, but for fields that OTLP does not have.
//!
//! Written as exporters write it: camelCase keys, hex ids, enums as numbers, 64-bit integers in quotes, bytes as base64;
//! fields with their default value are left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};

use super::{
    AnyValue, EntityRef, InstrumentationScope, KeyValue, Resource, ResourceSpans, ScopeSpans, Span, SpanEvent,
    SpanLink, SpanStatus, TracesData, any_value,
};

/// The document that `POST /v1/traces` takes.
pub fn traces_to_json(data: &TracesData) -> Value {
    let mut json = Object::default();
    // Also when there are none: it tells what the document is.
    json.0.insert("resourceSpans".into(), list(&data.resource_spans, group));
    json.done()
}

#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.0.insert(key.into(), text.into());
        }
    }

    fn id(&mut self, key: &str, bytes: &[u8]) {
        self.text(key, &hex::encode(bytes));
    }

    fn number(&mut self, key: &str, number: i64) {
        if number != 0 {
            self.0.insert(key.into(), number.into());
        }
    }

    fn time(&mut self, key: &str, nanos: u64) {
        if nanos != 0 {
            self.0.insert(key.into(), nanos.to_string().into());
        }
    }

    fn list<T>(&mut self, key: &str, items: &[T], one: fn(&T) -> Value) {
        if !items.is_empty() {
            self.0.insert(key.into(), list(items, one));
        }
    }

    fn some<T>(&mut self, key: &str, value: Option<&T>, one: fn(&T) -> Value) {
        if let Some(value) = value {
            self.0.insert(key.into(), one(value));
        }
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

fn list<T>(items: &[T], one: fn(&T) -> Value) -> Value {
    Value::Array(items.iter().map(one).collect())
}

fn group(group: &ResourceSpans) -> Value {
    let mut json = Object::default();
    json.some("resource", group.resource.as_ref(), resource);
    json.list("scopeSpans", &group.scope_spans, part);
    json.text("schemaUrl", &group.schema_url);
    json.done()
}

fn resource(resource: &Resource) -> Value {
    let mut json = Object::default();
    json.list("attributes", &resource.attributes, pair);
    json.number("droppedAttributesCount", resource.dropped_attributes_count.into());
    json.list("entityRefs", &resource.entity_refs, entity);
    json.done()
}

fn entity(entity: &EntityRef) -> Value {
    let mut json = Object::default();
    json.text("schemaUrl", &entity.schema_url);
    json.text("type", &entity.r#type);
    json.list("idKeys", &entity.id_keys, |key| key.as_str().into());
    json.list("descriptionKeys", &entity.description_keys, |key| key.as_str().into());
    json.done()
}

fn part(part: &ScopeSpans) -> Value {
    let mut json = Object::default();
    json.some("scope", part.scope.as_ref(), scope);
    json.list("spans", &part.spans, span);
    json.text("schemaUrl", &part.schema_url);
    json.done()
}

fn scope(scope: &InstrumentationScope) -> Value {
    let mut json = Object::default();
    json.text("name", &scope.name);
    json.text("version", &scope.version);
    json.list("attributes", &scope.attributes, pair);
    json.number("droppedAttributesCount", scope.dropped_attributes_count.into());
    json.done()
}

fn span(span: &Span) -> Value {
    let mut json = Object::default();
    json.id("traceId", &span.trace_id);
    json.id("spanId", &span.span_id);
    json.text("traceState", &span.trace_state);
    json.id("parentSpanId", &span.parent_span_id);
    json.text("name", &span.name);
    json.number("kind", span.kind.into());
    json.time("startTimeUnixNano", span.start_time_unix_nano);
    json.time("endTimeUnixNano", span.end_time_unix_nano);
    json.list("attributes", &span.attributes, pair);
    json.number("droppedAttributesCount", span.dropped_attributes_count.into());
    json.list("events", &span.events, event);
    json.number("droppedEventsCount", span.dropped_events_count.into());
    json.list("links", &span.links, link);
    json.number("droppedLinksCount", span.dropped_links_count.into());
    json.some("status", span.status.as_ref(), status);
    json.number("flags", span.flags.into());
    json.done()
}

fn event(event: &SpanEvent) -> Value {
    let mut json = Object::default();
    json.time("timeUnixNano", event.time_unix_nano);
    json.text("name", &event.name);
    json.list("attributes", &event.attributes, pair);
    json.number("droppedAttributesCount", event.dropped_attributes_count.into());
    json.done()
}

fn link(link: &SpanLink) -> Value {
    let mut json = Object::default();
    json.id("traceId", &link.trace_id);
    json.id("spanId", &link.span_id);
    json.text("traceState", &link.trace_state);
    json.list("attributes", &link.attributes, pair);
    json.number("droppedAttributesCount", link.dropped_attributes_count.into());
    json.number("flags", link.flags.into());
    json.done()
}

fn status(status: &SpanStatus) -> Value {
    let mut json = Object::default();
    json.text("message", &status.message);
    json.number("code", status.code.into());
    json.done()
}

fn pair(pair: &KeyValue) -> Value {
    let mut json = Object::default();
    json.text("key", &pair.key);
    json.some("value", pair.value.as_ref(), any);
    json.done()
}

fn any(value: &AnyValue) -> Value {
    let mut json = Map::new();
    let (key, value) = match &value.value {
        None => return Value::Object(json),
        Some(any_value::Value::StringValue(text)) => ("stringValue", text.as_str().into()),
        Some(any_value::Value::BoolValue(truth)) => ("boolValue", (*truth).into()),
        Some(any_value::Value::IntValue(number)) => ("intValue", number.to_string().into()),
        Some(any_value::Value::DoubleValue(number)) => ("doubleValue", double(*number)),
        Some(any_value::Value::BytesValue(bytes)) => ("bytesValue", STANDARD.encode(bytes).into()),
        Some(any_value::Value::ArrayValue(items)) => {
            let mut nested = Object::default();
            nested.list("values", &items.values, any);
            ("arrayValue", nested.done())
        }
        Some(any_value::Value::KvlistValue(items)) => {
            let mut nested = Object::default();
            nested.list("values", &items.values, pair);
            ("kvlistValue", nested.done())
        }
    };
    json.insert(key.into(), value);
    Value::Object(json)
}

/// JSON has no number for the three that protobuf's mapping writes as text.
fn double(number: f64) -> Value {
    match Number::from_f64(number) {
        Some(number) => Value::Number(number),
        None if number.is_nan() => "NaN".into(),
        None if number > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

#[cfg(test)]
mod tests;
