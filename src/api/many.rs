//! What is done with many traces at once. One that cannot be used does not keep the others from it.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::error::ApiError;
use super::query::Query;
use super::types::{BulkItem, BulkResult};
use super::{ApiState, changes, endpoints};
use crate::model::TraceId;
use crate::retain::Target;

/// Traces of one request.
const MOST: usize = 1_000;

const EXAMPLE: &str = "send JSON such as {\"action\": \"pin\", \"trace_ids\": [\"4bf92f3577b34da6a3ce929d0e0e4736\"]}";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Pin,
    Unpin,
    Delete,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bulk {
    action: Action,
    trace_ids: Vec<String>,
}

/// 200 when it is done, 202 when a deletion goes on.
pub(super) async fn bulk(State(state): State<ApiState>, uri: Uri, body: Bytes) -> Result<Response, ApiError> {
    Query::read(&uri, &endpoints::TRACE, state.clock.now())?;
    let bulk: Bulk = serde_json::from_slice(&body)
        .map_err(|error| ApiError::bad_body(format!("the body cannot be used: {error}"), EXAMPLE))?;
    let count = bulk.trace_ids.len();
    if !(1..=MOST).contains(&count) {
        return Err(ApiError::bad_body(format!("{count} traces: there must be 1 to {MOST}"), EXAMPLE));
    }
    let read = |text: String| {
        let id = text.parse::<TraceId>().map_err(|error| error.to_string());
        (text, id)
    };
    let traces: Vec<_> = bulk.trace_ids.into_iter().map(read).collect();
    let (action, items, deletion) = match bulk.action {
        Action::Pin => ("pin", each(&state, traces, true).await?, None),
        Action::Unpin => ("unpin", each(&state, traces, false).await?, None),
        Action::Delete => {
            let ids: BTreeSet<TraceId> = traces.iter().filter_map(|(_, id)| id.clone().ok()).collect();
            let items = traces.into_iter().map(|(trace_id, id)| BulkItem { trace_id, error: id.err() }).collect();
            (
                "delete",
                items,
                if ids.is_empty() {
                    None
                } else {
                    Some(state.eraser.delete(&Target::Traces(ids), changes::PATIENCE).await?)
                },
            )
        }
    };
    let failed = items.iter().filter(|item: &&BulkItem| item.error.is_some()).count();
    let status = match &deletion {
        Some(deletion) if deletion.finished.is_none() => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    let result = BulkResult {
        action: action.to_owned(),
        done: (count - failed) as u64,
        failed: failed as u64,
        items,
        receipt: deletion.as_ref().map(changes::receipt).transpose()?,
    };
    Ok((status, Json(result)).into_response())
}

/// Pins or lets go what is there.
async fn each(
    state: &ApiState,
    traces: Vec<(String, Result<TraceId, String>)>,
    pin: bool,
) -> Result<Vec<BulkItem>, ApiError> {
    let (journal, registry, now) = (state.journal.clone(), state.registry.clone(), state.clock.now());
    let work = move || {
        let mut items = Vec::with_capacity(traces.len());
        for (trace_id, id) in traces {
            let outcome = id.and_then(|id| {
                // As for one: pins would be kept of what never was.
                if pin && journal.trace(id).map_err(|error| error.to_string())?.is_empty() {
                    return Err("there is no such trace".to_owned());
                }
                let changed = if pin { registry.pin(id, now) } else { registry.unpin(id) };
                changed.map(drop).map_err(|error| error.to_string())
            });
            items.push(BulkItem { trace_id, error: outcome.err() });
        }
        Ok(items)
    };
    changes::blocking(work).await
}
