//! A JSON object for each span, log record and metric.

use serde_json::{Map, Value, json};

use super::{figures, metric};
use crate::forward::Selected;
use crate::forward::facts::Known;
use crate::journal::Payload;
use crate::model::otlp::{InstrumentationScope, LogRecord, Resource, Span, any_value};
use crate::model::value::{attributes_to_json, to_json};
use crate::model::{self, SpanId, TraceId, UnixNanos};

/// The object of each record in order, and the span it is or belongs to. `known`: what each of them tells.
pub(super) fn objects(known: &Known, selected: &Selected) -> Vec<(Value, Option<(TraceId, SpanId)>)> {
    let mut objects = Vec::new();
    let mut known = known.iter().map(Option::as_ref);
    let mut known = || known.next().flatten();
    let (no_resource, no_scope) = (Resource::default(), InstrumentationScope::default());
    match &selected.payload {
        Payload::Traces(data) => {
            for group in &data.resource_spans {
                let resource = group.resource.as_ref().unwrap_or(&no_resource);
                for part in &group.scope_spans {
                    let about = About { selected, resource, scope: part.scope.as_ref().unwrap_or(&no_scope) };
                    objects.extend(part.spans.iter().map(|one| {
                        let id = TraceId::from_slice(&one.trace_id).zip(SpanId::from_slice(&one.span_id));
                        (span(known(), &about, one), id)
                    }));
                }
            }
        }
        Payload::Logs(data) => {
            for group in &data.resource_logs {
                let resource = group.resource.as_ref().unwrap_or(&no_resource);
                for part in &group.scope_logs {
                    let about = About { selected, resource, scope: part.scope.as_ref().unwrap_or(&no_scope) };
                    objects.extend(part.log_records.iter().map(|one| {
                        let id = TraceId::from_slice(&one.trace_id).zip(SpanId::from_slice(&one.span_id));
                        (log_record(known(), &about, one), id)
                    }));
                }
            }
        }
        Payload::Metrics(data) => {
            for group in &data.resource_metrics {
                let resource = group.resource.as_ref().unwrap_or(&no_resource);
                for part in &group.scope_metrics {
                    let about = About { selected, resource, scope: part.scope.as_ref().unwrap_or(&no_scope) };
                    objects.extend(part.metrics.iter().map(|one| {
                        let mut object = about.object("metrics");
                        metric::fill(one, &mut object);
                        (about.finish(object, "metadata", &one.metadata), None)
                    }));
                }
            }
        }
    }
    objects
}

/// What a record has in common with its neighbours.
struct About<'a> {
    selected: &'a Selected,
    resource: &'a Resource,
    scope: &'a InstrumentationScope,
}

impl About<'_> {
    fn object(&self, signal: &str) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("signal".into(), signal.into());
        object.insert("project".into(), self.selected.project.as_str().into());
        object.insert("received_time".into(), self.selected.received.to_string().into());
        object
    }

    /// The long parts last.
    fn finish(&self, mut object: Map<String, Value>, name: &str, attributes: &[model::otlp::KeyValue]) -> Value {
        object.entry("service").or_insert_with(|| self.service().into());
        object.insert("scope".into(), self.scope.name.as_str().into());
        object.insert(name.into(), attributes_to_json(attributes).into());
        object.insert("resource".into(), attributes_to_json(&self.resource.attributes).into());
        Value::Object(object)
    }

    fn service(&self) -> String {
        let pair = self.resource.attributes.iter().find(|pair| pair.key == "service.name");
        match pair.and_then(|pair| pair.value.as_ref()).and_then(|value| value.value.as_ref()) {
            Some(any_value::Value::StringValue(text)) => text.clone(),
            _ => String::new(),
        }
    }
}

fn span(known: Option<&model::Span>, about: &About<'_>, raw: &Span) -> Value {
    let mut object = about.object("traces");
    object.insert("trace_id".into(), hex::encode(&raw.trace_id).into());
    object.insert("span_id".into(), hex::encode(&raw.span_id).into());
    let parent = (!raw.parent_span_id.is_empty()).then(|| hex::encode(&raw.parent_span_id));
    object.insert("parent_span_id".into(), parent.into());
    object.insert("trace_state".into(), raw.trace_state.as_str().into());
    object.insert("name".into(), raw.name.as_str().into());
    if let Some(known) = known {
        understood(known, &mut object);
    }
    object.insert("events".into(), raw.events.iter().map(event).collect::<Vec<_>>().into());
    object.insert("links".into(), raw.links.iter().map(link).collect::<Vec<_>>().into());
    about.finish(object, "attributes", &raw.attributes)
}

/// What we make of a span, whatever dialect it speaks.
fn understood(known: &model::Span, object: &mut Map<String, Value>) {
    object.insert("kind".into(), known.kind.as_str().into());
    object.insert("service".into(), known.service.as_str().into());
    object.insert("start_time".into(), known.start.to_string().into());
    object.insert("end_time".into(), known.end.to_string().into());
    object.insert("duration_ms".into(), (known.duration_ns() as f64 / 1e6).into());
    object.insert("status".into(), known.status.as_str().into());
    object.insert("status_message".into(), known.status_message.as_deref().into());
    object.insert("error_type".into(), known.error_type.as_deref().into());
    figures::attribution(&known.attribution, object);
    if let Some(name) = &known.tool_name {
        object.insert("tool".into(), name.as_str().into());
    }
    if let Some(call) = &known.call {
        object.insert("call".into(), figures::call(call));
    }
}

fn event(event: &model::otlp::SpanEvent) -> Value {
    json!({
        "time": time(event.time_unix_nano),
        "name": event.name,
        "attributes": attributes_to_json(&event.attributes),
    })
}

fn link(link: &model::otlp::SpanLink) -> Value {
    json!({
        "trace_id": hex::encode(&link.trace_id),
        "span_id": hex::encode(&link.span_id),
        "trace_state": link.trace_state,
        "attributes": attributes_to_json(&link.attributes),
    })
}

/// `known`: the model call that a record of a coding agent tells of.
fn log_record(known: Option<&model::Span>, about: &About<'_>, raw: &LogRecord) -> Value {
    let mut object = about.object("logs");
    let nanos = if raw.time_unix_nano == 0 { raw.observed_time_unix_nano } else { raw.time_unix_nano };
    object.insert("time".into(), time(nanos));
    object.insert("observed_time".into(), time(raw.observed_time_unix_nano));
    object.insert("severity".into(), raw.severity_text.as_str().into());
    object.insert("severity_number".into(), raw.severity_number.into());
    object.insert("event_name".into(), raw.event_name.as_str().into());
    let id = |bytes: &[u8]| Value::from((!bytes.is_empty()).then(|| hex::encode(bytes)));
    object.insert("trace_id".into(), id(&raw.trace_id));
    object.insert("span_id".into(), id(&raw.span_id));
    object.insert("body".into(), raw.body.as_ref().map_or(Value::Null, to_json));
    if let Some(known) = known {
        figures::attribution(&known.attribution, &mut object);
        object.extend(known.call.as_ref().map(|call| ("call".to_owned(), figures::call(call))));
    }
    about.finish(object, "attributes", &raw.attributes)
}

/// RFC 3339; `null` when not told.
pub(super) fn time(nanos: u64) -> Value {
    if nanos == 0 { Value::Null } else { UnixNanos::from_otlp(nanos).to_string().into() }
}
