//! Log records as events: the body is the event, attributes are fields. Scores become events of their own shape; records
//! that tell a model call carry what a span of it would.

use super::envelope::{About, Frames, first_time, time};
use super::fields::{Field, Fields};
use super::json;
use super::known;
use super::pack::Packed;
use crate::forward::{Known, Selected};
use crate::interpret::{Interpreter, logs};
use crate::model::otlp::{AnyValue, InstrumentationScope, LogRecord, LogsData, Resource, any_value};
use crate::model::{Span, SpanId, TraceId};

/// The event of the GenAI conventions that is a score or feedback.
const SCORE: &str = "gen_ai.evaluation.result";

/// Attributes of a score, and what stands for them in its event.
pub const SCORE_NAMES: &[(&str, &str)] = &[
    ("gen_ai.evaluation.name", "score_name"),
    ("gen_ai.evaluation.score.value", "score_value"),
    ("gen_ai.evaluation.score.label", "score_label"),
    ("gen_ai.evaluation.explanation", "explanation"),
    ("gen_ai.response.id", "response_id"),
];

struct Context<'a> {
    resource: Option<&'a Resource>,
    scope: Option<&'a InstrumentationScope>,
    service: &'a str,
    project: &'a str,
    frames: &'a Frames,
}

pub fn write(frames: &Frames, selected: &Selected, data: &LogsData, known: &Known, packed: &mut Packed) {
    let mut at = 0;
    for group in &data.resource_logs {
        let resource = group.resource.as_ref();
        for part in &group.scope_logs {
            let scope = part.scope.as_ref();
            let service = Interpreter::service(resource, scope);
            let about = About { resource, service: &service, project: &selected.project };
            let (log, score) = (frames.logs.head(about), frames.scores.head(about));
            let context = Context { resource, scope, service: &service, project: &selected.project, frames };
            for raw in &part.log_records {
                let is_score = logs::event_name(raw) == SCORE;
                let head = if is_score { &score } else { &log };
                let out = packed.begin(head);
                let when = first_time([raw.time_unix_nano, raw.observed_time_unix_nano], selected.received);
                time(out, when);
                let written = if is_score {
                    score_event(out, raw, &context);
                    true
                } else {
                    log_event(out, raw, &context, known.get(at).and_then(Option::as_ref))
                };
                out.push(b'}');
                let place = TraceId::from_slice(&raw.trace_id).zip(SpanId::from_slice(&raw.span_id));
                if written {
                    packed.end(head, at, 1, place)
                } else {
                    packed.drop_begun()
                }
                at += 1;
            }
        }
    }
}

/// `"event":body,"fields":{...}`; false when the record says nothing at all.
fn log_event(out: &mut Vec<u8>, raw: &LogRecord, context: &Context<'_>, call: Option<&Span>) -> bool {
    json::key(out, "event");
    let name = logs::event_name(raw);
    match raw.body.as_ref().and_then(|body| body.value.as_ref()).filter(|body| !is_blank(body)) {
        Some(body) => event_of(out, body),
        // An event must not be empty: what is named and has attributes has no body by the conventions.
        None if !name.trim().is_empty() => json::string(out, &name),
        None if !raw.attributes.is_empty() => json::attributes(out, &raw.attributes),
        None => return false,
    }
    let mut fields = Fields::default();
    fields.attributes(context.resource.map(|resource| resource.attributes.as_slice()).unwrap_or_default());
    fields.attributes(&raw.attributes);
    // A call without a trace has that which is made of its client's records.
    let trace = call.map_or(raw.trace_id.as_ref(), |span| &span.trace_id.0);
    fields.text("trace_id", hex::encode(trace));
    fields.text("span_id", hex::encode(&raw.span_id));
    fields.text("trace_url", context.frames.trace_url(trace, &raw.span_id).unwrap_or_default());
    fields.text("otel.log.severity.text", raw.severity_text.as_str());
    if raw.severity_number != 0 {
        fields.set("otel.log.severity.number", Field::Json(raw.severity_number.to_string().into_bytes()));
    }
    fields.text("otel.log.name", name);
    fields.text("otel.scope.name", context.scope.map_or("", |scope| &scope.name));
    fields.text("project", context.project);
    match call {
        Some(span) => known::each(span, &mut |name, value| {
            let mut bytes = Vec::new();
            value.write(&mut bytes);
            fields.set(name, Field::Json(bytes));
        }),
        None => fields.text("service", context.service),
    }
    out.extend_from_slice(b",\"fields\":{");
    fields.write(out);
    out.push(b'}');
    true
}

fn is_blank(body: &any_value::Value) -> bool {
    match body {
        any_value::Value::StringValue(text) => text.trim().is_empty(),
        any_value::Value::ArrayValue(list) => list.values.is_empty(),
        any_value::Value::KvlistValue(list) => list.values.is_empty(),
        any_value::Value::BytesValue(bytes) => bytes.is_empty(),
        _ => false,
    }
}

/// Texts, objects and lists as they are, anything else as text.
fn event_of(out: &mut Vec<u8>, body: &any_value::Value) {
    match body {
        any_value::Value::IntValue(_) | any_value::Value::BoolValue(_) => {
            out.push(b'"');
            json::value(out, body);
            out.push(b'"');
        }
        any_value::Value::DoubleValue(number) => json::string(out, &number.to_string()),
        _ => json::value(out, body),
    }
}

fn score_event(out: &mut Vec<u8>, raw: &LogRecord, context: &Context<'_>) {
    json::key(out, "event");
    out.push(b'{');
    for (attribute, name) in SCORE_NAMES {
        let found = raw.attributes.iter().rev().find(|pair| pair.key == *attribute);
        if let Some(value) = found.and_then(|pair| pair.value.as_ref()?.value.as_ref()) {
            json::key(out, name);
            json::value(out, value);
        }
    }
    if !raw.trace_id.is_empty() {
        json::key(out, "trace_id");
        json::hex(out, &raw.trace_id);
    }
    if !raw.span_id.is_empty() {
        json::key(out, "span_id");
        json::hex(out, &raw.span_id);
    }
    for (name, text) in [("service", context.service), ("project", context.project)] {
        json::key(out, name);
        json::string(out, text);
    }
    let told: Vec<_> =
        raw.attributes.iter().filter(|pair| !SCORE_NAMES.iter().any(|(name, _)| pair.key == *name)).cloned().collect();
    if !told.is_empty() {
        json::key(out, "attributes");
        json::attributes(out, &told);
    }
    if let Some(body) = raw.body.as_ref().filter(|body| !matches!(body, AnyValue { value: None })) {
        json::key(out, "body");
        json::any(out, body);
    }
    out.push(b'}');
    let mut fields = Fields::default();
    fields.attributes(context.resource.map(|resource| resource.attributes.as_slice()).unwrap_or_default());
    let before = out.len();
    out.extend_from_slice(b",\"fields\":{");
    let empty = out.len();
    fields.write_texts(out);
    if out.len() == empty { out.truncate(before) } else { out.push(b'}') }
}
