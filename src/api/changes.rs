//! What changes something: pinning a trace, deleting on request, and the receipts of that.
//!
//! A page of another site must not be able to do it in the name of who looks at it: a header of ours is asked for,
//! which a foreign page may not send without being allowed to, and what the browser says of the origin must fit.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use super::query::{self, Query};
use super::types::{Pinned, Receipt, ReceiptDay, ReceiptJournal, ReceiptList, ReceiptRows, ReceiptSearch};
use super::{ApiState, convert, endpoints, trace_page};
use crate::interpret::Subject;
use crate::registry::Deletion;
use crate::retain::{EraseError, Target, report_of};

/// The header that a request must have that changes something; its value does not matter.
pub(super) const HEADER: &str = "x-tracemeter";

/// How long a deletion is waited for before the receipt is given as it then is.
pub(super) const PATIENCE: Duration = Duration::from_secs(25);

/// Lets a request pass that comes from a page of ours or from a script.
pub(super) async fn guarded(request: Request, next: Next) -> Response {
    match check(request.method().is_safe(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check(reads: bool, headers: &HeaderMap) -> Result<(), ApiError> {
    if reads {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    // No page of another site may send either without being allowed to.
    if text(HEADER).is_none() && text(header::AUTHORIZATION.as_str()).is_none() {
        return Err(ApiError::forbidden(
            format!("a request that changes something must have the header {HEADER}, or a token in authorization"),
            format!("add it, with any value: curl -X DELETE -H '{HEADER}: 1' ..."),
        ));
    }
    let host = text(header::HOST.as_str());
    let origin = text(header::ORIGIN.as_str());
    let foreign = origin.is_some_and(|origin| origin.split_once("://").map(|(_, own)| own) != host)
        || text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    if foreign {
        return Err(ApiError::forbidden(
            "the request comes from a page of another site",
            "open Tracemeter itself, or use a script; behind a proxy, let it pass on the Host header",
        ));
    }
    Ok(())
}

pub(super) async fn pin(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Json<Pinned>, ApiError> {
    Query::read(&uri, &endpoints::TRACE, state.clock.now())?;
    // Of a trace that is part of another, that one.
    let id = trace_page::whole(&state, query::named_trace(&name)?).await[0];
    let (journal, registry, now) = (state.journal, state.registry, state.clock.now());
    let pin = move || {
        // Else pins would be kept of what never was.
        if journal.trace(id)?.is_empty() {
            return Err(ApiError::not_found(format!("there is no trace {id}"), "only what is there can be pinned"));
        }
        registry.pin(id, now).map_err(|error| ApiError::internal(&error))
    };
    blocking(pin).await.map_err(|error| error.of_trace(&name))?;
    Ok(Json(Pinned { trace_id: id.to_string(), pinned: true }))
}

pub(super) async fn unpin(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Json<Pinned>, ApiError> {
    Query::read(&uri, &endpoints::TRACE, state.clock.now())?;
    // Of a trace that is part of another, that one.
    let id = trace_page::whole(&state, query::named_trace(&name)?).await[0];
    let registry = state.registry;
    blocking(move || registry.unpin(id).map_err(|error| ApiError::internal(&error))).await?;
    Ok(Json(Pinned { trace_id: id.to_string(), pinned: false }))
}

pub(super) async fn delete_trace(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    // Digits alone are an id that was copied in part: nobody is to believe that it is deleted.
    let is_cut = id.bytes().all(|letter| letter.is_ascii_hexdigit());
    let id = if is_cut { query::trace_id("trace_id", &id)? } else { query::named_trace(&id)? };
    delete(state, &uri, Target::Trace(id)).await
}

pub(super) async fn delete_session(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    delete(state, &uri, Target::Of(Subject::Session(name))).await
}

pub(super) async fn delete_user(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    delete(state, &uri, Target::Of(Subject::User(name))).await
}

/// 200 with the receipt when it is done, 202 when it goes on.
async fn delete(state: ApiState, uri: &Uri, target: Target) -> Result<Response, ApiError> {
    Query::read(uri, &endpoints::TRACE, state.clock.now())?;
    let deletion = state.eraser.delete(&target, PATIENCE).await?;
    let status = if deletion.finished.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(receipt(&deletion)?)).into_response())
}

pub(super) async fn receipts(State(state): State<ApiState>, uri: Uri) -> Result<Json<ReceiptList>, ApiError> {
    let query = Query::read(&uri, &endpoints::RECEIPTS, state.clock.now())?;
    let (registry, limit) = (state.registry, query.limit()?);
    let found = blocking(move || registry.deletions(limit).map_err(|error| ApiError::internal(&error))).await?;
    let items = found.iter().map(receipt).collect::<Result<_, _>>()?;
    Ok(Json(ReceiptList { items, next_cursor: None }))
}

pub(super) async fn one_receipt(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Receipt>, ApiError> {
    Query::read(&uri, &endpoints::RECEIPT, state.clock.now())?;
    let missing = || ApiError::not_found(format!("there is no receipt {id}"), "/api/v1/receipts lists those there are");
    let number: i64 = id.parse().map_err(|_| missing())?;
    let registry = state.registry;
    let found = blocking(move || registry.deletion(number).map_err(|error| ApiError::internal(&error))).await?;
    Ok(Json(receipt(&found.ok_or_else(missing)?)?))
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ApiError::internal(&error))?
}

pub(super) fn receipt(deletion: &Deletion) -> Result<Receipt, ApiError> {
    let report = report_of(deletion)?;
    let days = report.journal.into_iter().map(|(day, gone)| ReceiptDay {
        day,
        chunks: gone.chunks,
        items: gone.items,
        bytes: gone.bytes,
    });
    let state = match (&deletion.finished, &deletion.error) {
        (Some(_), _) => "done",
        (None, Some(_)) => "failed",
        (None, None) => "working",
    };
    Ok(Receipt {
        id: deletion.id,
        kind: deletion.kind.clone(),
        subject: deletion.subject.clone(),
        subject_hash: deletion.subject_hash.clone(),
        state: state.into(),
        error: deletion.error.clone(),
        requested_at: convert::time(deletion.requested),
        finished_at: deletion.finished.map(convert::time),
        traces: report.traces,
        journal: ReceiptJournal { days: days.collect(), damaged_files: report.damaged_files },
        analytics: ReceiptRows {
            traces: report.analytics.traces,
            spans: report.analytics.spans,
            logs: report.analytics.logs,
            metric_points: report.analytics.metric_points,
            bytes_before: report.analytics_bytes.map(|(before, _)| before),
            bytes_after: report.analytics_bytes.map(|(_, after)| after),
        },
        search: ReceiptSearch { entries: report.search_entries, days: report.search_days },
        media_files: report.media_files,
        pins: report.pins,
        sent_to: report.sent_to.into_iter().collect(),
        note: "Backups made before this still hold what was deleted, and so does the snapshot of an upgrade until it goes after a week.".into(),
    })
}

impl From<EraseError> for ApiError {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Closed => {
                Self::unavailable("tracemeter is shutting down: the deletion goes on at the next start")
            }
            other => Self::internal(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn passes(reads: bool, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
        check(reads, &headers.collect()).is_ok()
    }

    #[test]
    fn only_our_own_pages_and_scripts_may_change_something() {
        assert!(passes(true, &[]));
        assert!(!passes(false, &[("host", "trace.lan:4319")]), "a form of another site has no header of ours");
        assert!(passes(false, &[("host", "trace.lan:4319"), (HEADER, "1")]));
        assert!(passes(false, &[("host", "trace.lan:4319"), ("authorization", "Bearer tm_api_0")]));
        let own = [("host", "trace.lan:4319"), (HEADER, "1"), ("origin", "http://trace.lan:4319")];
        assert!(passes(false, &own));
        assert!(passes(false, &[("sec-fetch-site", "same-origin"), own[0], own[1], own[2]]));
        assert!(!passes(false, &[("host", "trace.lan:4319"), (HEADER, "1"), ("origin", "http://evil.example")]));
        assert!(!passes(false, &[("host", "trace.lan:4319"), (HEADER, "1"), ("origin", "null")]));
        assert!(!passes(false, &[("host", "trace.lan:4319"), (HEADER, "1"), ("sec-fetch-site", "cross-site")]));
    }
}
