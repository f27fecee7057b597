//! Spans as events, in the words of the OpenTelemetry collector's Splunk exporter, with what we know added.

use super::envelope::{About, Frames, first_time, time};
use super::fields::Fields;
use super::json;
use super::known;
use super::pack::Packed;
use crate::forward::{Known, Selected};
use crate::interpret::Interpreter;
use crate::model::otlp::{self, InstrumentationScope, StatusCode, TracesData};
use crate::model::{Span, SpanId, TraceId};

/// Names that stand beside those of [`known::NAMES`] in the event of a span.
pub const NAMES: &[&str] = &[
    "trace_id",
    "span_id",
    "parent_span_id",
    "name",
    "kind",
    "start_time",
    "end_time",
    "status",
    "attributes",
    "events",
    "links",
    "trace_state",
    "trace_url",
    "scope",
    "project",
];

pub fn write(frames: &Frames, selected: &Selected, data: &TracesData, known: &Known, packed: &mut Packed) {
    let mut at = 0;
    for group in &data.resource_spans {
        let resource = group.resource.as_ref();
        let fields = fields_of(resource);
        for part in &group.scope_spans {
            let scope = part.scope.as_ref();
            let service = Interpreter::service(resource, scope);
            let head = frames.spans.head(About { resource, service: &service, project: &selected.project });
            for raw in &part.spans {
                let place = TraceId::from_slice(&raw.trace_id).zip(SpanId::from_slice(&raw.span_id));
                let out = packed.begin(&head);
                let when = first_time([raw.start_time_unix_nano, raw.end_time_unix_nano], selected.received);
                time(out, when);
                json::key(out, "event");
                let page = frames.trace_url(&raw.trace_id, &raw.span_id);
                event(out, raw, scope, known.get(at).and_then(Option::as_ref), &selected.project, page);
                out.extend_from_slice(&fields);
                out.push(b'}');
                packed.end(&head, at, 1, place);
                at += 1;
            }
        }
    }
}

/// `,"fields":{...}` with the attributes of a resource as texts, or nothing.
fn fields_of(resource: Option<&otlp::Resource>) -> Vec<u8> {
    let mut fields = Fields::default();
    fields.attributes(resource.map(|resource| resource.attributes.as_slice()).unwrap_or_default());
    let mut out = b",\"fields\":{".to_vec();
    let empty = out.len();
    fields.write_texts(&mut out);
    if out.len() == empty {
        return Vec::new();
    }
    out.push(b'}');
    out
}

fn event(
    out: &mut Vec<u8>,
    raw: &otlp::Span,
    scope: Option<&InstrumentationScope>,
    span: Option<&Span>,
    project: &str,
    page: Option<String>,
) {
    out.push(b'{');
    json::key(out, "trace_id");
    json::hex(out, &raw.trace_id);
    json::key(out, "span_id");
    json::hex(out, &raw.span_id);
    json::key(out, "parent_span_id");
    json::hex(out, &raw.parent_span_id);
    json::key(out, "name");
    json::string(out, &raw.name);
    json::key(out, "kind");
    json::string(out, kind(raw.kind));
    json::key(out, "start_time");
    json::uint(out, raw.start_time_unix_nano);
    json::key(out, "end_time");
    json::uint(out, raw.end_time_unix_nano);
    json::key(out, "status");
    status(out, raw.status.as_ref());
    if let Some(span) = span {
        known::each(span, &mut |name, value| {
            json::key(out, name);
            value.write(out);
        });
    }
    json::key(out, "project");
    json::string(out, project);
    if let Some(page) = page {
        json::key(out, "trace_url");
        json::string(out, &page);
    }
    if let Some(scope) = scope.filter(|scope| !scope.name.is_empty()) {
        json::key(out, "scope");
        json::string(out, &scope.name);
    }
    if !raw.trace_state.is_empty() {
        json::key(out, "trace_state");
        json::string(out, &raw.trace_state);
    }
    if !raw.attributes.is_empty() {
        json::key(out, "attributes");
        json::attributes(out, &raw.attributes);
    }
    events(out, raw);
    links(out, raw);
    out.push(b'}');
}

fn kind(kind: i32) -> &'static str {
    otlp::SpanKind::try_from(kind).unwrap_or_default().as_str_name()
}

fn status(out: &mut Vec<u8>, status: Option<&otlp::SpanStatus>) {
    let code = status.and_then(|status| StatusCode::try_from(status.code).ok()).unwrap_or_default();
    out.push(b'{');
    json::key(out, "code");
    json::string(out, code.as_str_name());
    json::key(out, "message");
    json::string(out, status.map_or("", |status| &status.message));
    out.push(b'}');
}

fn events(out: &mut Vec<u8>, raw: &otlp::Span) {
    if raw.events.is_empty() {
        return;
    }
    json::key(out, "events");
    out.push(b'[');
    for event in &raw.events {
        json::comma(out);
        out.push(b'{');
        json::key(out, "name");
        json::string(out, &event.name);
        json::key(out, "timestamp");
        json::uint(out, event.time_unix_nano);
        if !event.attributes.is_empty() {
            json::key(out, "attributes");
            json::attributes(out, &event.attributes);
        }
        out.push(b'}');
    }
    out.push(b']');
}

fn links(out: &mut Vec<u8>, raw: &otlp::Span) {
    if raw.links.is_empty() {
        return;
    }
    json::key(out, "links");
    out.push(b'[');
    for link in &raw.links {
        json::comma(out);
        out.push(b'{');
        json::key(out, "trace_id");
        json::hex(out, &link.trace_id);
        json::key(out, "span_id");
        json::hex(out, &link.span_id);
        json::key(out, "trace_state");
        json::string(out, &link.trace_state);
        if !link.attributes.is_empty() {
            json::key(out, "attributes");
            json::attributes(out, &link.attributes);
        }
        out.push(b'}');
    }
    out.push(b']');
}
