//! The words of spans and log records, by field. Pure: the index and the snippets are both made from this.
//!
//! Left out: inline media, base64 and the like (unbroken runs of [`BLOB_CHARS`] characters), tool definitions,
//! stack traces, attributes that are no content, and of a field all beyond [`MOST_BYTES`].

use serde_json::Value;

use super::Field;
use crate::interpret::{Interpreter, logs};
use crate::model::otlp::{self, InstrumentationScope, LogsData, Resource, TracesData};
use crate::model::{Content, Message, Part, Role, Span, SpanId, TraceId, UnixNanos, value};

/// An unbroken run of letters, digits and `+/=_-` this long is data, not language.
pub(super) const BLOB_CHARS: usize = 200;
/// Of one field of one span.
pub(super) const MOST_BYTES: usize = 256 << 10;
/// Values within values beyond this depth are not words of a person.
const MOST_DEPTH: usize = 32;

/// What can be found of one span or log record: pieces of text in the order in which they stand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Document {
    pub trace_id: Option<TraceId>,
    pub span_id: Option<SpanId>,
    pub start: UnixNanos,
    /// Of a log record its number within the chunk.
    pub record: Option<u32>,
    /// When it started as far as was known when it was indexed before: a span in pieces may turn out to be older.
    pub former: Option<UnixNanos>,
    /// Whose conversation it is part of.
    pub session: Option<String>,
    pub pieces: Vec<(Field, String)>,
}

impl Document {
    /// The text of `field`, one piece per line.
    pub fn field(&self, field: Field) -> String {
        let mut text = String::new();
        for (_, piece) in self.pieces.iter().filter(|(of, _)| *of == field) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(piece);
        }
        if text.len() > MOST_BYTES {
            text.truncate(text.floor_char_boundary(MOST_BYTES));
        }
        text
    }

    /// `keep` decides piece by piece; names always stay.
    pub fn retain(&mut self, mut keep: impl FnMut(Field, &str) -> bool) {
        self.pieces.retain(|(field, piece)| *field == Field::Name || keep(*field, piece));
    }

    fn push(&mut self, field: Field, text: &str) {
        if let Some(words) = without_blobs(text) {
            self.pieces.push((field, words));
        }
    }

    /// Texts and figures of a structure with their keys.
    fn push_value(&mut self, field: Field, value: &Value) {
        match value {
            Value::String(text) => self.push(field, text),
            _ => {
                let mut line = String::new();
                self.leaves(field, value, &mut line, 0);
                self.push(field, line.trim());
            }
        }
    }

    /// Long texts become pieces of their own, short ones a line: so a repeated document is recognised.
    fn leaves(&mut self, field: Field, value: &Value, line: &mut String, depth: usize) {
        const LONG: usize = 80;
        match value {
            Value::Null => {}
            Value::String(text) if text.len() > LONG => self.push(field, text),
            Value::String(text) => append(line, text),
            Value::Bool(_) | Value::Number(_) => append(line, &value.to_string()),
            _ if depth >= MOST_DEPTH => {}
            Value::Array(items) => items.iter().for_each(|item| self.leaves(field, item, line, depth + 1)),
            Value::Object(map) => {
                for (key, item) in map {
                    append(line, key);
                    line.push(':');
                    self.leaves(field, item, line, depth + 1);
                }
            }
        }
    }
}

fn append(line: &mut String, text: &str) {
    if !line.is_empty() {
        line.push(' ');
    }
    line.push_str(text);
}

/// The spans of `data` with what is said in them.
pub(super) fn spans(data: &TracesData, interpreter: &Interpreter) -> Vec<Document> {
    let mut documents = Vec::new();
    each_span(data, |resource, scope, raw| {
        if let Some(span) = interpreter.span(resource, scope, raw) {
            documents.push(span_document(interpreter, resource, scope, raw, &span));
        }
    });
    documents
}

/// Calls `take` with every span of `data` and what it belongs to.
pub(super) fn each_span<'d>(
    data: &'d TracesData,
    mut take: impl FnMut(&'d Resource, &'d InstrumentationScope, &'d otlp::Span),
) {
    static NO_RESOURCE: std::sync::LazyLock<Resource> = std::sync::LazyLock::new(Resource::default);
    static NO_SCOPE: std::sync::LazyLock<InstrumentationScope> =
        std::sync::LazyLock::new(InstrumentationScope::default);
    for group in &data.resource_spans {
        let resource = group.resource.as_ref().unwrap_or(&NO_RESOURCE);
        for part in &group.scope_spans {
            let scope = part.scope.as_ref().unwrap_or(&NO_SCOPE);
            part.spans.iter().for_each(|span| take(resource, scope, span));
        }
    }
}

/// One span; `span` is `raw` as the interpreter reads it.
pub(super) fn span_document(
    interpreter: &Interpreter,
    resource: &Resource,
    scope: &InstrumentationScope,
    raw: &otlp::Span,
    span: &Span,
) -> Document {
    let mut document = Document {
        trace_id: Some(span.trace_id),
        span_id: Some(span.span_id),
        start: span.start,
        record: None,
        former: None,
        session: span.attribution.session.clone(),
        pieces: Vec::new(),
    };
    document.push(Field::Name, &span.name);
    if let Some(tool) = span.tool_name.as_ref().filter(|tool| **tool != span.name) {
        document.push(Field::Name, tool);
    }
    for text in [&span.status_message, &span.error_type].into_iter().flatten() {
        document.push(Field::Error, text);
    }
    for event in raw.events.iter().filter(|event| event.name == "exception") {
        for pair in &event.attributes {
            if matches!(pair.key.as_str(), "exception.type" | "exception.message")
                && let Some(told) = &pair.value
            {
                document.push_value(Field::Error, &value::to_json(told));
            }
        }
    }
    content(&interpreter.content(resource, scope, raw, span), &mut document);
    document
}

fn content(content: &Content, document: &mut Document) {
    content.input_messages.iter().for_each(|message| said(message, document));
    content.output_messages.iter().for_each(|message| said(message, document));
    if let Some(tool) = &content.tool {
        for value in [&tool.arguments, &tool.result].into_iter().flatten() {
            document.push_value(Field::Tool, value);
        }
    }
    if let Some(retrieval) = &content.retrieval {
        retrieval.query.iter().for_each(|query| document.push(Field::Prompt, query));
        retrieval.documents.iter().for_each(|found| document.push_value(Field::Tool, found));
    }
    if let Some(input) = &content.input {
        document.push_value(Field::Prompt, input);
    }
    if let Some(output) = &content.output {
        document.push_value(Field::Completion, output);
    }
}

/// An answer stays an answer when a later call repeats it in its history.
fn said(message: &Message, document: &mut Document) {
    let field = if message.role == Role::Assistant { Field::Completion } else { Field::Prompt };
    for part in &message.parts {
        match part {
            Part::Text(text) | Part::Reasoning(text) if message.role == Role::Tool => document.push(Field::Tool, text),
            Part::Text(text) | Part::Reasoning(text) => document.push(field, text),
            Part::ToolCall { name, arguments, .. } => {
                document.push(Field::Tool, name);
                document.push_value(Field::Tool, arguments);
            }
            Part::ToolResult { result, .. } => document.push_value(Field::Tool, result),
            Part::Media { .. } => {}
            Part::Other(value) => document.push_value(field, value),
        }
    }
}

/// The log records of `data`, numbered as they stand. `received` stands in for records without any time.
pub(super) fn logs(data: &LogsData, received: UnixNanos) -> Vec<Document> {
    let records = data.resource_logs.iter().flat_map(|group| {
        let parts = group.scope_logs.iter();
        parts.flat_map(move |part| part.log_records.iter().map(move |record| (group, part, record)))
    });
    let numbered = records.zip(0..);
    let documents = numbered.map(|((group, part, record), number)| {
        let time = [record.time_unix_nano, record.observed_time_unix_nano].into_iter().find(|time| *time != 0);
        let mut document = Document {
            trace_id: logs::trace_of(
                record,
                group.resource.as_ref(),
                part.scope.as_ref().map_or("", |scope| &scope.name),
                received,
            ),
            span_id: SpanId::from_slice(&record.span_id),
            start: time.map_or(received, UnixNanos::from_otlp),
            record: Some(number),
            former: None,
            session: None,
            pieces: Vec::new(),
        };
        document.push(Field::Name, &log_name(record));
        if let Some(body) = &record.body {
            document.push_value(Field::Log, &value::to_json(body));
        }
        for pair in &record.attributes {
            if let Some(field) = content_field(&pair.key)
                && let Some(told) = &pair.value
            {
                document.push_value(field, &value::to_json(told));
            }
        }
        document
    });
    documents.collect()
}

/// Attributes of a log record that hold what was said or done; the words are those of coding agents and of the GenAI
/// conventions.
fn content_field(key: &str) -> Option<Field> {
    Some(match key {
        "gen_ai.input.messages" | "gen_ai.system_instructions" | "prompt" => Field::Prompt,
        "gen_ai.output.messages" | "response" | "response_text" => Field::Completion,
        "tool_name" | "tool_input" | "tool_parameters" | "function_name" | "function_args" | "arguments" | "output" => {
            Field::Tool
        }
        "error" | "error.message" | "exception.message" | "exception.type" => Field::Error,
        _ => return None,
    })
}

/// Name of the event; before OTLP 1.5 it was an attribute, and many clients still send it there.
pub(super) fn log_name(record: &otlp::LogRecord) -> String {
    if !record.event_name.is_empty() {
        return record.event_name.clone();
    }
    let pair = record.attributes.iter().find(|pair| pair.key == "event.name");
    match pair.and_then(|pair| pair.value.as_ref()).map(value::to_json) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}

/// The name that the semantic conventions give to a service that has none is the last resort.
pub(super) fn service_of(resource: Option<&Resource>) -> String {
    let attributes = resource.map(|resource| resource.attributes.as_slice()).unwrap_or_default();
    let pair = attributes.iter().find(|pair| pair.key == "service.name");
    match pair.and_then(|pair| pair.value.as_ref()).map(value::to_json) {
        Some(Value::String(name)) if !name.is_empty() => name,
        _ => "unknown_service".into(),
    }
}

/// `text` without data in it; `None` when nothing of it can be searched for.
fn without_blobs(text: &str) -> Option<String> {
    let is_data = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-');
    let mut kept = String::new();
    // Most text has no run so long: found without looking at every word.
    let mut run = 0;
    let has_blob = text.len() >= BLOB_CHARS
        && text.bytes().any(|byte| {
            run = if is_data(char::from(byte)) { run + 1 } else { 0 };
            run >= BLOB_CHARS
        });
    if has_blob {
        for piece in text.split_inclusive(|c: char| !is_data(c)) {
            let run = piece.trim_end_matches(|c: char| !is_data(c));
            kept.push_str(if run.len() >= BLOB_CHARS { " " } else { piece });
        }
    } else {
        kept.push_str(text);
    }
    if kept.len() > MOST_BYTES {
        kept.truncate(kept.floor_char_boundary(MOST_BYTES));
    }
    kept.contains(char::is_alphanumeric).then_some(kept)
}

#[cfg(test)]
mod tests;
