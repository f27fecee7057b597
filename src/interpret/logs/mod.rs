//! Log records that tell of a model call, as spans: the same readers then make calls of them.
//!
//! Coding agents (Claude Code, Codex, Gemini CLI) tell tokens and cost in log records, and the GenAI conventions let an
//! instrumentation repeat a call as an event. What counts of a call that is told twice is settled in
//! [`super::settle`]. A record with a trace id becomes a call of that trace, below the span it names; one without gets
//! a trace of its own, made from what its client groups by (session and prompt, conversation, response).
//! Ids are hashes of what the record says, so a record that comes twice makes the same span twice.

mod claude_code;
mod codex;
mod events;
mod gemini_cli;
mod told;

use std::borrow::Cow;

use super::attributes::Attributes;
use crate::model::otlp::{
    AnyValue, InstrumentationScope, KeyValue, LogRecord, LogsData, Resource, ResourceSpans, ScopeSpans, Span,
    SpanStatus, StatusCode, TracesData, any_value,
};
use crate::model::{SpanId, TraceId, UnixNanos};

pub use told::Told;

/// In the flags of a span: it was made of a log record. A bit that OTLP keeps free.
pub const FROM_LOG: u32 = 1 << 31;

/// The attribute that names the event a span was made of, for whoever looks at the span.
pub const EVENT: &str = "tracemeter.log_event";

/// The conventions' event that repeats a call.
pub const DETAILS: &str = "gen_ai.client.inference.operation.details";

/// A log record with what belongs to it.
struct Record<'a> {
    raw: &'a LogRecord,
    name: Cow<'a, str>,
    attributes: Attributes<'a>,
    resource: &'a Attributes<'a>,
    scope: &'a str,
    /// Nanoseconds since the epoch.
    time: u64,
}

/// What of a record becomes a span.
struct Draft {
    /// What identifies it among the records of its group.
    key: Vec<String>,
    /// What its trace is made of when it has none.
    group: Vec<String>,
    parent: Parent,
    /// Nanoseconds; the record is written at the end.
    duration: u64,
    /// Why it failed.
    error: Option<String>,
    /// Added to the attributes of the record, in the words of the conventions.
    extra: Vec<KeyValue>,
    /// Whether it is also made in a trace that its client tells by spans.
    beside_spans: bool,
}

enum Parent {
    None,
    /// The span with this key in the same group, unless the record names one.
    Key(Vec<String>),
}

/// The name of a record as its client documents it: `claude_code.api_request`, `codex.sse_event`, `gen_ai.choice`.
/// It stands in the record's own field, in an attribute (before OTLP 1.5), or in the body.
pub fn event_name(record: &LogRecord) -> Cow<'_, str> {
    let body = match record.body.as_ref().and_then(|body| body.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) if text.len() <= 100 && !text.contains(' ') => text.as_str(),
        _ => "",
    };
    let attribute = || {
        let pair = record.attributes.iter().find(|pair| pair.key == "event.name")?;
        match pair.value.as_ref()?.value.as_ref()? {
            any_value::Value::StringValue(text) => Some(text.as_str()),
            _ => None,
        }
    };
    // Codex puts the place in its source into the field, `event otel/src/events.rs:1153`, and the name into the attribute.
    let place = record.event_name.contains(' ');
    let told = match record.event_name.as_str() {
        "" => attribute().unwrap_or(body),
        field if place => attribute().unwrap_or(field),
        field => field,
    };
    // Claude Code says `api_request` in the attribute and `claude_code.api_request` in the body.
    if body.len() > told.len() && body.ends_with(told) { body.into() } else { told.into() }
}

/// Spans of the records in `data` that tell of a call, a prompt or a tool of a known client, under the same resources
/// and scopes. `received` stands in for records without any time.
pub fn spans(data: &LogsData, received: UnixNanos) -> TracesData {
    let mut found = TracesData::default();
    for group in &data.resource_logs {
        let mut scope_spans = Vec::new();
        let no_resource = Resource::default();
        let resource = group.resource.as_ref().unwrap_or(&no_resource);
        let about = std::cell::OnceCell::new();
        for part in &group.scope_logs {
            let no_scope = InstrumentationScope::default();
            let scope = part.scope.as_ref().unwrap_or(&no_scope);
            let spans: Vec<Span> = part
                .log_records
                .iter()
                .filter_map(|raw| {
                    let name = event_name(raw);
                    is_known(&name).then(|| {
                        let resource = about.get_or_init(|| Attributes::new(&resource.attributes));
                        span(&Record::new(raw, name, resource, &scope.name, received))
                    })?
                })
                .collect();
            if !spans.is_empty() {
                let (scope, schema_url) = (part.scope.clone(), part.schema_url.clone());
                scope_spans.push(ScopeSpans { scope, spans, schema_url, unknown: None });
            }
        }
        if !scope_spans.is_empty() {
            found.resource_spans.push(ResourceSpans {
                resource: group.resource.clone(),
                scope_spans,
                schema_url: group.schema_url.clone(),
                unknown: None,
            });
        }
    }
    found
}

/// The span of one record, as [`spans`] makes it.
pub fn span_of(
    raw: &LogRecord,
    resource: Option<&Resource>,
    scope: Option<&InstrumentationScope>,
    received: UnixNanos,
) -> Option<Span> {
    let name = event_name(raw);
    if !is_known(&name) {
        return None;
    }
    let resource = resource.map(|resource| Attributes::new(&resource.attributes)).unwrap_or_default();
    span(&Record::new(raw, name, &resource, scope.map_or("", |scope| &scope.name), received))
}

/// The trace a record belongs to: its own, or the one its client's records of the same session and prompt make.
pub fn trace_of(raw: &LogRecord, resource: Option<&Resource>, scope: &str, received: UnixNanos) -> Option<TraceId> {
    if let Some(own) = TraceId::from_slice(&raw.trace_id) {
        return Some(own);
    }
    let name = event_name(raw);
    if !is_known(&name) {
        return None;
    }
    let resource = resource.map(|resource| Attributes::new(&resource.attributes)).unwrap_or_default();
    let record = Record::new(raw, name, &resource, scope, received);
    let group = match record.name.split_once('.')?.0 {
        "claude_code" => claude_code::group(&record),
        "codex" => codex::group(&record),
        "gemini_cli" => gemini_cli::group(&record),
        _ if gemini_cli::wrote(&record) => None,
        _ => Some(events::group(&record)),
    };
    group.map(|parts| trace_id(&parts))
}

/// Asked for every log record there is.
fn is_known(name: &str) -> bool {
    ["claude_code.", "codex.", "gemini_cli."].iter().any(|client| name.starts_with(client)) || name == DETAILS
}

fn span(record: &Record<'_>) -> Option<Span> {
    let draft = match record.name.split_once('.')?.0 {
        "claude_code" => claude_code::draft(record),
        "codex" => codex::draft(record),
        "gemini_cli" => gemini_cli::draft(record),
        // Gemini CLI tells every call twice, and this is the poorer telling.
        _ if gemini_cli::wrote(record) => None,
        _ => events::draft(record),
    }?;
    draft.finish(record)
}

impl<'a> Record<'a> {
    fn new(
        raw: &'a LogRecord,
        name: Cow<'a, str>,
        resource: &'a Attributes<'a>,
        scope: &'a str,
        received: UnixNanos,
    ) -> Self {
        let time = [raw.time_unix_nano, raw.observed_time_unix_nano].into_iter().find(|time| *time != 0);
        Self {
            raw,
            name,
            attributes: Attributes::new(&raw.attributes),
            resource,
            scope,
            time: time.unwrap_or(received.0.unsigned_abs()),
        }
    }

    /// The part of the name behind the client.
    fn event(&self) -> &str {
        self.name.split_once('.').map_or("", |(_, event)| event)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.attributes.text(key).map(Cow::into_owned)
    }

    fn milliseconds(&self, key: &str) -> u64 {
        // A day: longer is a mistake, and a start before the epoch would follow.
        let told = self.attributes.float(key).filter(|ms| (0.0..86_400_000.0).contains(ms)).unwrap_or(0.0);
        (told * 1e6) as u64
    }
}

impl Draft {
    /// A step of a group.
    fn of(group: Vec<String>, key: Vec<String>) -> Self {
        let parent = Parent::Key(vec![ROOT.to_owned()]);
        Self { key, group, parent, duration: 0, error: None, extra: Vec::new(), beside_spans: false }
    }

    /// What a group begins with.
    fn root(group: Vec<String>) -> Self {
        Self { parent: Parent::None, ..Self::of(group, vec![ROOT.to_owned()]) }
    }

    /// A tool that was run; `why` it failed, if it did and the client tells.
    fn ran(&mut self, record: &Record<'_>, why: Option<String>) {
        self.duration = record.milliseconds("duration_ms");
        if record.attributes.flag("success") == Some(false) {
            self.error = Some(why.unwrap_or_else(|| "the tool failed".into()));
        }
    }

    /// `None` in a trace whose spans tell of the same.
    fn finish(self, record: &Record<'_>) -> Option<Span> {
        let own = TraceId::from_slice(&record.raw.trace_id);
        if own.is_some() && !self.beside_spans {
            return None;
        }
        let trace = own.unwrap_or_else(|| trace_id(&self.group));
        let below = SpanId::from_slice(&record.raw.span_id).filter(|_| own.is_some());
        let parent = below.or_else(|| match &self.parent {
            Parent::Key(key) => Some(span_id(trace, key)),
            Parent::None => None,
        });
        let mut attributes: Vec<KeyValue> = record.raw.attributes.clone();
        for pair in &mut attributes {
            // The id of one prompt, where elsewhere the name of a kept prompt stands.
            if pair.key == "prompt.id" {
                pair.key = "claude_code.prompt.id".to_owned();
            }
        }
        attributes.push(text(EVENT, &record.name));
        attributes.extend(self.extra);
        let status = self.error.map(|message| SpanStatus { message, code: StatusCode::Error.into() });
        Some(Span {
            trace_id: trace.0.to_vec().into(),
            span_id: span_id(trace, &self.key).0.to_vec().into(),
            parent_span_id: parent.map(|id| id.0.to_vec().into()).unwrap_or_default(),
            name: record.name.clone().into_owned(),
            start_time_unix_nano: record.time.saturating_sub(self.duration),
            end_time_unix_nano: record.time,
            attributes,
            status,
            flags: FROM_LOG,
            ..Span::default()
        })
    }
}

const ROOT: &str = "root";

/// The trace of a call whose event names its response but no trace: whoever finds the call's span finds this too.
pub fn trace_of_response(response_id: &str) -> TraceId {
    trace_id(&["response".to_owned(), response_id.to_owned()])
}

fn trace_id(parts: &[String]) -> TraceId {
    let hash = hash(b"log trace", parts);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.as_bytes()[..16]);
    TraceId(id)
}

fn span_id(trace: TraceId, parts: &[String]) -> SpanId {
    let hash = hash(&trace.0, parts);
    let mut id = [0; 8];
    id.copy_from_slice(&hash.as_bytes()[..8]);
    SpanId(id)
}

fn hash(about: &[u8], parts: &[String]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(about);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize()
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value) }
}

#[cfg(test)]
mod tests;
