//! One event of an ingestion request: what it says of itself, and the record it becomes.

use serde_json::value::RawValue;

use super::observation::{self, Deed};
use super::{other, score};
use crate::model::UnixNanos;
use crate::model::otlp::{LogRecord, Span};
use crate::receive::fields::{Fault, Fields};

/// What an event says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Of the event, not of what it is about.
    pub id: String,
    /// When the client made it; the time of arrival where it does not say.
    pub at: UnixNanos,
}

/// What an event becomes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Record {
    Span(Span),
    Log(LogRecord),
}

/// An event that became nothing, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// Empty where the event has none.
    pub id: String,
    pub fault: Fault,
}

/// The id of an event and its record.
///
/// # Errors
/// Says what is wrong with it; its neighbours are none the worse.
pub(super) fn read(event: &RawValue, now: UnixNanos) -> Result<(String, Record), Refused> {
    let refused = |id: &str, fault| Refused { id: id.to_owned(), fault };
    let mut fields = Fields::parse(event.get()).map_err(|fault| refused("", fault))?;
    let id = fields.text("id").map_err(|fault| refused("", fault))?.unwrap_or_default();
    record(&id, &mut fields, now).map(|record| (id.clone(), record)).map_err(|fault| refused(&id, fault))
}

fn record(id: &str, fields: &mut Fields<'_>, now: UnixNanos) -> Result<Record, Fault> {
    let kind = fields.text("type")?.ok_or_else(|| Fault::new("type is missing"))?;
    let at = fields.time("timestamp")?.unwrap_or(now);
    let header = Header { id: id.to_owned(), at };
    let body = fields.raw("body").ok_or_else(|| Fault::new("body is missing"))?;
    let span =
        |piece: Result<_, Fault>| piece.map(|piece: crate::receive::piece::Piece| Record::Span(piece.into_span()));
    match kind.as_str() {
        "trace-create" => span(observation::trace(&header, body)),
        "score-create" => score::created(&header.id, body, Some(at), now).map(|score| Record::Log(score.record)),
        "sdk-log" => Ok(Record::Log(other::sdk_log(&header, body, now))),
        "dataset-run-item-create" => other::dataset_run_item(&header, body, now).map(Record::Log),
        _ => {
            let (kind, deed) = observed(&kind).ok_or_else(|| {
                Fault::new(format!(
                    "type {kind:?} is not known: traces, observations, scores, dataset run items and sdk logs are taken"
                ))
            })?;
            span(observation::piece(deed, kind, &header, body))
        }
    }
}

/// `generation-update` and the like; `observation-*` names the kind in its body.
fn observed(kind: &str) -> Option<(Option<&str>, Deed)> {
    const KINDS: &[&str] = &[
        "span",
        "generation",
        "event",
        "agent",
        "tool",
        "chain",
        "retriever",
        "evaluator",
        "embedding",
        "guardrail",
        "observation",
    ];
    let (name, deed) = kind.rsplit_once('-')?;
    let deed = match deed {
        "create" => Deed::Create,
        "update" => Deed::Update,
        _ => return None,
    };
    KINDS.contains(&name).then(|| (Some(name).filter(|name| *name != "observation"), deed))
}
