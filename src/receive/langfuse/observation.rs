//! An observation event (span, generation, event, tool, ...) as a piece of a span.

use serde_json::Value;
use serde_json::value::RawValue;

use super::event::Header;
use super::{attribute, root_of};
use crate::model::otlp::{SpanStatus, StatusCode};
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{SpanId, TraceId, UnixNanos};
use crate::receive::fields::{Fault, Fields};
use crate::receive::piece::{Parent, Piece, Told};

/// The JavaScript SDK sends an update before the creation it belongs to, within moments; what is told on creation must
/// not win over it.
const CREATED_FIRST_NS: i64 = NANOS_PER_SECOND;

/// What an event does to its observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Create,
    Update,
}

/// The span piece of an event about an observation of `kind`, such as `generation`; `None` where the body tells it.
///
/// # Errors
/// Names the field that cannot be read.
pub(super) fn piece(deed: Deed, kind: Option<&str>, header: &Header, body: &RawValue) -> Result<Piece, Fault> {
    let mut fields = Fields::parse(body.get())?;
    // A creation without an id cannot be updated, but it is one.
    let id = fields.text("id")?.filter(|id| !id.is_empty());
    let id = match deed {
        Deed::Create => id.unwrap_or_else(|| header.id.clone()),
        Deed::Update => id.ok_or_else(|| Fault::new("id is missing: an update must name what it updates"))?,
    };
    // Langfuse gives an observation without a trace one of its own.
    let trace = fields.text("traceId")?.filter(|id| !id.is_empty()).unwrap_or_else(|| id.clone());
    let missing = || Fault::new("id must not be empty");
    let (trace_id, span_id) =
        (TraceId::from_foreign(&trace).ok_or_else(missing)?, SpanId::from_foreign(&id).ok_or_else(missing)?);
    let parent = fields.text("parentObservationId")?.and_then(|id| SpanId::from_foreign(&id));
    let parent = match (parent.filter(|parent| *parent != span_id), deed) {
        (Some(parent), _) => Some(Parent::Span(parent)),
        (None, Deed::Create) => Some(Parent::Span(root_of(trace_id))),
        // Updates do not repeat it.
        (None, Deed::Update) => None,
    };
    let at = match deed {
        Deed::Create => header.at.saturating_add(-CREATED_FIRST_NS),
        Deed::Update => header.at,
    };
    let mut piece = Piece {
        trace_id,
        span_id,
        at,
        parent,
        name: fields.text("name")?,
        start: fields.time("startTime")?,
        end: fields.time("endTime")?,
        ..Piece::default()
    };
    let told = fields.text("type")?.map(|kind| kind.to_ascii_lowercase());
    let kind = kind.or(told.as_deref()).unwrap_or("span");
    if kind == "event" {
        // It happens at one moment.
        piece.end = piece.end.or(piece.start);
    }
    piece.attributes.set_text("langfuse.observation.id", id);
    piece.attributes.set_text("langfuse.trace.id", trace);
    piece.attributes.set_text("langfuse.observation.type", kind);
    piece.status = outcome(&mut fields, &mut piece.attributes)?;
    model(deed, &mut fields, &mut piece.attributes)?;
    contents("langfuse.observation", &mut fields, &mut piece.attributes);
    attribute::of_both(&mut fields, &mut piece.attributes);
    attribute::unknown(fields, &mut piece.attributes);
    Ok(piece)
}

/// Level and message, and the status they mean; `None` where no level is told.
fn outcome(fields: &mut Fields<'_>, told: &mut Told) -> Result<Option<SpanStatus>, Fault> {
    let message = fields.text("statusMessage")?.unwrap_or_default();
    if !message.is_empty() {
        told.set_text("langfuse.observation.status_message", &message);
    }
    let Some(level) = fields.text("level")? else { return Ok(None) };
    let level = level.to_ascii_uppercase();
    let failed = level == "ERROR";
    told.set_text("langfuse.observation.level", level);
    let code = if failed { StatusCode::Error } else { StatusCode::Unset };
    Ok(Some(SpanStatus { message: if failed { message } else { String::new() }, code: code.into() }))
}

fn model(deed: Deed, fields: &mut Fields<'_>, told: &mut Told) -> Result<(), Fault> {
    if let Some(model) = fields.text("model")?.filter(|model| !model.is_empty()) {
        if deed == Deed::Create {
            // An update names the model that answered.
            told.set_text("gen_ai.request.model", &model);
        }
        told.set_text("langfuse.observation.model.name", model);
    }
    let structures = [
        ("modelParameters", "langfuse.observation.model.parameters"),
        ("usage", "langfuse.observation.usage"),
        ("usageDetails", "langfuse.observation.usage_details"),
        ("costDetails", "langfuse.observation.cost_details"),
        ("promptName", "langfuse.observation.prompt.name"),
        ("promptVersion", "langfuse.observation.prompt.version"),
    ];
    for (name, key) in structures {
        if let Some(value) = fields.raw(name).filter(|value| value.get() != "{}") {
            told.set_raw(key, value);
        }
    }
    if let Some(time) = fields.time("completionStartTime")? {
        told.set_text("langfuse.observation.completion_start_time", time.to_string());
    }
    Ok(())
}

/// Input, output and metadata below `prefix`.
pub(super) fn contents(prefix: &str, fields: &mut Fields<'_>, told: &mut Told) {
    for name in ["input", "output"] {
        if let Some(value) = fields.raw(name) {
            told.set_raw(format!("{prefix}.{name}"), value);
        }
    }
    if let Some(value) = fields.raw("metadata") {
        told.set_members(&format!("{prefix}.metadata"), value);
    }
}

/// The tags of a trace.
pub(super) fn tags(raw: &RawValue, told: &mut Told) {
    match serde_json::from_str::<Value>(raw.get()) {
        Ok(Value::Array(list)) if list.is_empty() => {}
        Ok(value) => told.set_list("langfuse.trace.tags", &value),
        Err(_) => told.set_raw("langfuse.trace.tags", raw),
    }
}

/// A trace event as a piece of the span that stands for the whole.
///
/// # Errors
/// Names the field that cannot be read.
pub(super) fn trace(header: &Header, body: &RawValue) -> Result<Piece, Fault> {
    let mut fields = Fields::parse(body.get())?;
    let id = fields.text("id")?.filter(|id| !id.is_empty()).unwrap_or_else(|| header.id.clone());
    let trace_id = TraceId::from_foreign(&id).ok_or_else(|| Fault::new("id must not be empty"))?;
    let start = earlier(fields.time("timestamp")?, fields.time("start_time")?);
    let mut piece = Piece {
        trace_id,
        span_id: root_of(trace_id),
        at: header.at,
        parent: Some(Parent::None),
        name: fields.text("name")?.filter(|name| !name.is_empty()),
        start,
        // Events of a trace tell a moment; how long it lasts is seen by what is in it.
        end: fields.time("end_time")?.or(start),
        ..Piece::default()
    };
    let told = &mut piece.attributes;
    told.set_text("langfuse.trace.id", id);
    told.set_text("langfuse.observation.type", attribute::TRACE);
    if let Some(name) = &piece.name {
        told.set_text("langfuse.trace.name", name);
    }
    for (name, key) in [("userId", "user.id"), ("sessionId", "session.id"), ("public", "langfuse.trace.public")] {
        if let Some(value) = fields.raw(name) {
            told.set_raw(key, value);
        }
    }
    if let Some(list) = fields.raw("tags") {
        tags(list, told);
    }
    if let Some(metadata) = fields.raw("metadata") {
        told.set_members("langfuse.trace.metadata", metadata);
    }
    // The whole is an observation like the others.
    contents("langfuse.observation", &mut fields, told);
    attribute::of_both(&mut fields, told);
    attribute::unknown(fields, told);
    Ok(piece)
}

fn earlier(one: Option<UnixNanos>, other: Option<UnixNanos>) -> Option<UnixNanos> {
    one.into_iter().chain(other).min()
}
