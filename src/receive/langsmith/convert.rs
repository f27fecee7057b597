//! A telling of a run as a piece of an OTLP span.
//!
//! | of the run | becomes |
//! |---|---|
//! | `trace_id`, else the first id of `dotted_order`, else what is known of the run | trace id |
//! | `id`, `parent_run_id` or the last but one id of `dotted_order` | span id, parent |
//! | `start_time`, `end_time`, `name` | the same |
//! | `error` | status, `error.type`, event `exception` |
//! | `inputs`, `outputs` | `gen_ai.prompt`, `gen_ai.completion`, as they were written |
//! | `run_type`, `tags`, `session_name` | `langsmith.span.kind`, `langsmith.span.tags`, `langsmith.trace.session_name` |
//! | `extra.metadata.x`, `extra.x`, `serialized` | `langsmith.metadata.x`, `langsmith.extra.x`, `langsmith.serialized` |
//! | `events` | span events; of `new_token` the first and the last |
//! | attachment `x` | `langsmith.attachment.x`, a data URL, which becomes a file beside the journal |
//! | anything else `x` | `langsmith.run.x`; `.id`, `.trace_id`, `.parent_run_id`, `.dotted_order` are the client's own ids |
//!
//! The names are those of LangSmith's own OpenTelemetry mode where it has one. n8n puts execution, workflow and node into
//! the metadata of every run: `langsmith.metadata.execution_id`, `.workflow` (its name), `.workflow.id`, `.node`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::answer::{Answer, within};
use super::call::Asked;
use super::failure::Failure;
use super::kin::Known;
use super::runs::{Action, Fault, Run};
use super::when::{Order, time};
use crate::model::otlp::{Span, SpanEvent, SpanKind, SpanStatus, StatusCode};
use crate::model::{SpanId, TraceId, UnixNanos};
use crate::receive::piece::{Parent, Piece, Told};

/// A telling of a run, and what its neighbours may need of it.
#[derive(Debug)]
pub(super) struct Made {
    pub trace: TraceId,
    pub id: SpanId,
    pub parent: Option<SpanId>,
    /// LangSmith's project; `None` when this telling does not say.
    pub project: Option<String>,
    /// What the client says of itself: `sdk`, `sdk_version`, `runtime`, ...
    pub runtime: Map<String, Value>,
    pub at: UnixNanos,
    /// What is known of the answer, when it is a model call's.
    pub answer: Option<Answer>,
    /// Answers of models among what any other run was given or gave back.
    pub within: Vec<Answer>,
    pub span: Span,
}

/// `now` is when it came: it counts for a telling that has no time.
///
/// # Errors
/// When the run has no id that can be one.
pub(super) fn convert(run: &Run<'_>, known: Known<'_>, now: UnixNanos) -> Result<Made, Fault> {
    let dotted = run.text("dotted_order").unwrap_or_default();
    let order = Order::read(&dotted);
    let who = Identity::of(run, order.as_ref(), known)?;
    let start = run.value("start_time").and_then(|value| time(&value)).or(order.as_ref().and_then(|order| order.start));
    let end = run.value("end_time").and_then(|value| time(&value));
    let failure = run.value("error").and_then(|error| Failure::read(&error));
    let extra = run.value("extra").unwrap_or_default();
    let events = Events::of(run);
    let last = [start, end, events.last].into_iter().flatten().max();
    // A change without a time of its own was made just now; of two tellings of one moment the change is the later.
    let told_at = match (run.action, end.or(events.last)) {
        (Action::Post, _) => last.unwrap_or(now),
        (Action::Patch, None) => now,
        (Action::Patch, Some(_)) => last.unwrap_or(now).saturating_add(1),
    };
    let run_type = run.text("run_type").map(|kind| kind.to_ascii_lowercase());
    let mut told = Told::default();
    tell_run(run, &mut told);
    tell_extra(&extra, &mut told);
    let is_call = matches!(run_type.as_deref(), Some("llm" | "embedding"));
    let answer = tell_call(run, run_type.as_deref(), &extra, &mut told);
    if is_call && events.streamed {
        told.set("gen_ai.request.stream", &json!(true));
    }
    let mut span_events = events.list;
    if let Some(failure) = &failure {
        failure.tell(&mut told);
        span_events.push(failure.event(end.unwrap_or(told_at)));
    }
    let piece = Piece {
        trace_id: who.trace,
        span_id: who.id,
        at: told_at,
        parent: who.knows_parent.then(|| who.parent.map_or(Parent::None, Parent::Span)),
        name: run.text("name"),
        start,
        end,
        status: failure.as_ref().map(Failure::status).or_else(|| end.map(|_| ok())),
        attributes: told,
    };
    let kind = if is_call { SpanKind::Client } else { SpanKind::Internal };
    Ok(Made {
        trace: who.trace,
        id: who.id,
        parent: who.parent,
        project: run.text("session_name"),
        runtime: extra.get("runtime").and_then(Value::as_object).cloned().unwrap_or_default(),
        at: told_at,
        answer,
        within: if is_call { Vec::new() } else { answers_within(run, run_type.as_deref()) },
        span: Span { kind: kind as i32, events: span_events, ..piece.into_span() },
    })
}

/// How LangSmith's OpenTelemetry mode ends a run without an error.
fn ok() -> SpanStatus {
    SpanStatus { code: StatusCode::Ok as i32, message: String::new() }
}

/// Which span of which trace a run is.
struct Identity {
    trace: TraceId,
    id: SpanId,
    parent: Option<SpanId>,
    knows_parent: bool,
}

impl Identity {
    fn of(run: &Run<'_>, order: Option<&Order<'_>>, known: Known<'_>) -> Result<Self, Fault> {
        let fault = || Fault { of: run.id.clone(), why: "its id is empty: send a UUID".into() };
        let id = SpanId::from_foreign(&run.id).ok_or_else(fault)?;
        let parent_run = run.text("parent_run_id").or_else(|| order?.parent.map(str::to_owned));
        let parent = parent_run.as_deref().and_then(SpanId::from_foreign).filter(|parent| *parent != id);
        let named = run.text("trace_id").or_else(|| order?.root.map(str::to_owned));
        let trace = named
            .as_deref()
            .and_then(TraceId::from_foreign)
            .or_else(|| known(id).or_else(|| known(parent?)))
            // Of a parent that nobody knows it is likelier that it is the root than that it is not.
            .or_else(|| TraceId::from_foreign(parent_run.as_deref().unwrap_or(&run.id)))
            .ok_or_else(fault)?;
        // Whoever creates a run names its parent, or there is none.
        let knows_parent = parent.is_some() || order.is_some() || run.action == Action::Post;
        Ok(Self { trace, id, parent, knows_parent })
    }
}

/// Fields that have a place of their own.
const PLACED: &[&str] = &[
    "name",
    "start_time",
    "end_time",
    "error",
    "inputs",
    "outputs",
    "extra",
    "events",
    "run_type",
    "tags",
    "session_name",
    "serialized",
];

fn tell_run(run: &Run<'_>, told: &mut Told) {
    told.set_text("langsmith.run.id", run.id.as_str());
    for (name, key) in [("run_type", "langsmith.span.kind"), ("session_name", "langsmith.trace.session_name")] {
        if let Some(text) = run.text(name) {
            told.set_text(key, text);
        }
    }
    let fields =
        [("inputs", "gen_ai.prompt"), ("outputs", "gen_ai.completion"), ("serialized", "langsmith.serialized")];
    for (name, key) in fields {
        if let Some(field) = run.field(name).filter(|field| !is_nothing(field.as_text())) {
            told.set_text(key, field.as_text());
        }
    }
    if let Some(tags) = run.field("tags").filter(|tags| !is_nothing(tags.as_text())) {
        told.set_list("langsmith.span.tags", &tags.value());
    }
    for (name, field) in run.fields() {
        let is_placed = PLACED.contains(&name) || name == "id";
        if !is_placed && !is_nothing(field.as_text()) {
            told.set(format!("langsmith.run.{name}"), &field.value());
        }
    }
    for file in &run.files {
        let media_type = if file.media_type.is_empty() { "application/octet-stream" } else { file.media_type.as_str() };
        let url = format!("data:{media_type};base64,{}", STANDARD.encode(file.bytes));
        told.set_text(format!("langsmith.attachment.{}", file.name), url);
    }
}

/// JSON that says nothing.
fn is_nothing(json: &str) -> bool {
    matches!(json.trim(), "" | "null" | "{}" | "[]" | "\"\"")
}

fn tell_extra(extra: &Value, told: &mut Told) {
    let Some(extra) = extra.as_object() else { return told.set("langsmith.extra", extra) };
    for (key, value) in extra {
        match (key.as_str(), value.as_object()) {
            ("metadata", Some(metadata)) => tell_metadata(metadata, told),
            _ => told.set(format!("langsmith.extra.{key}"), value),
        }
    }
}

fn tell_metadata(metadata: &Map<String, Value>, told: &mut Told) {
    for (key, value) in metadata {
        match (key.as_str(), value.as_object()) {
            // n8n: `{"id": ..., "name": ..., "active": ...}`.
            ("workflow", Some(workflow)) => {
                for (field, value) in workflow {
                    let under = if field == "name" { String::new() } else { format!(".{field}") };
                    told.set(format!("langsmith.metadata.workflow{under}"), value);
                }
            }
            _ => told.set(format!("langsmith.metadata.{key}"), value),
        }
    }
}

/// Question and answer of a model, in the names of the conventions. Of a run whose type is not told only what no other
/// run has.
fn tell_call(run: &Run<'_>, run_type: Option<&str>, extra: &Value, told: &mut Told) -> Option<Answer> {
    if run_type == Some("tool") {
        tell_tool(run, extra, told);
    }
    if !matches!(run_type, Some("llm" | "embedding") | None) {
        return None;
    }
    let inputs = run.value("inputs");
    let serialized = run.value("serialized");
    let metadata = extra.get("metadata").and_then(Value::as_object);
    let invocation = extra.get("invocation_params").or_else(|| metadata?.get("invocation_params"));
    if run_type.is_some() {
        let asked = Asked {
            run_type,
            metadata,
            invocation: invocation.and_then(Value::as_object),
            inputs: inputs.as_ref(),
            serialized: serialized.as_ref(),
        };
        asked.tell(told);
    }
    let mut answer = run.value("outputs").map(|outputs| Answer::of_outputs(&outputs)).unwrap_or_default();
    let own: Map<String, Value> = run
        .fields()
        .filter(|(name, _)| name.ends_with("_tokens") || name.ends_with("_cost"))
        .map(|(name, field)| (name.to_owned(), field.value()))
        .collect();
    answer.hear(metadata.and_then(|metadata| metadata.get("usage_metadata")));
    answer.hear(Some(&Value::Object(own)));
    answer.tell(told);
    Some(answer).filter(|_| run_type.is_some())
}

fn tell_tool(run: &Run<'_>, extra: &Value, told: &mut Told) {
    if let Some(name) = run.text("name") {
        told.set_text("gen_ai.tool.name", name);
    }
    let id = extra.get("tool_call_id").or_else(|| extra.pointer("/metadata/tool_call_id"));
    if let Some(Value::String(id)) = id {
        told.set_text("gen_ai.tool.call.id", id);
    }
}

/// Outputs are searched for answers, and the inputs of a parser, which follows a model; other inputs repeat what was said
/// long ago.
fn answers_within(run: &Run<'_>, run_type: Option<&str>) -> Vec<Answer> {
    let places: &[&str] = if run_type == Some("parser") { &["inputs", "outputs"] } else { &["outputs"] };
    let fields = places.iter().filter_map(|name| run.field(name));
    fields
        .filter(|field| field.as_text().contains("\"usage_metadata\""))
        .flat_map(|field| within(&field.value()))
        .collect()
}

/// What happened during a run.
#[derive(Debug, Default)]
struct Events {
    list: Vec<SpanEvent>,
    last: Option<UnixNanos>,
    streamed: bool,
}

impl Events {
    fn of(run: &Run<'_>) -> Self {
        let mut events = Self::default();
        let Some(Value::Array(told)) = run.value("events") else { return events };
        let mut tokens: Vec<SpanEvent> = Vec::new();
        for event in &told {
            let at = event.get("time").and_then(time);
            events.last = events.last.max(at);
            let name = event.get("name").and_then(Value::as_str).unwrap_or_default();
            let mut about = Told::default();
            for (key, value) in event.as_object().into_iter().flatten() {
                match (key.as_str(), value.as_object()) {
                    ("name" | "time", _) => {}
                    // One for every token: the text is in the outputs.
                    ("kwargs", _) if name == "new_token" => {}
                    ("kwargs", Some(fields)) => {
                        fields.iter().for_each(|(key, value)| about.set(format!("langsmith.event.{key}"), value));
                    }
                    _ => about.set(format!("langsmith.event.{key}"), value),
                }
            }
            // The times of the run say so already.
            if about.0.is_empty() && matches!(name, "start" | "end" | "error") {
                continue;
            }
            let time_unix_nano = at.and_then(|at| u64::try_from(at.0).ok()).unwrap_or_default();
            let event = SpanEvent { name: name.into(), time_unix_nano, attributes: about.0, ..SpanEvent::default() };
            if name == "new_token" {
                tokens.push(event);
            } else {
                events.list.push(event);
            }
        }
        events.streamed = !tokens.is_empty();
        let last = tokens.pop();
        events.list.extend(tokens.into_iter().next());
        events.list.extend(last);
        events
    }
}

#[cfg(test)]
mod tests;
