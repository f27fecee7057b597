//! `/api/v1/reindex`: has the journal read anew, and says how that goes.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use super::query::Query;
use super::types::{Reindex, ReindexModel, ReindexOutcome, ReindexSums};
use super::{ApiState, convert, endpoints};
use crate::analytics::{ReindexReport, ReindexState, ReindexTask, Renew, Renewal, RenewalSums};

const WHATS: [(&str, Renew); 3] =
    [("everything", Renew::Everything), ("prices", Renew::Prices), ("dialects", Renew::Dialects)];

pub(super) async fn start(State(state): State<ApiState>, uri: Uri) -> Result<Response, ApiError> {
    let query = Query::read(&uri, &endpoints::REINDEX_TASK, state.clock.now())?;
    let parse = |text: &str| WHATS.iter().find(|(name, _)| *name == text).map(|(_, renew)| *renew);
    let renew = query.choice("what", parse, &WHATS.map(|(name, _)| name))?.unwrap_or(Renew::Everything);
    let (since, until) = (query.time("since")?, query.time("until")?);
    if since.zip(until).is_some_and(|(since, until)| since >= until) {
        return Err(ApiError::bad_parameter(
            "since does not lie before until",
            "give a range of time, or leave one out",
        ));
    }
    let report = state.analytics.reindex(&state.journal, ReindexTask { renew, since, until })?;
    Ok((StatusCode::ACCEPTED, Json(shown(Some(report)))).into_response())
}

pub(super) async fn report(State(state): State<ApiState>, uri: Uri) -> Result<Json<Reindex>, ApiError> {
    Query::read(&uri, &endpoints::REINDEX, state.clock.now())?;
    Ok(Json(shown(state.analytics.reindexed())))
}

fn shown(report: Option<ReindexReport>) -> Reindex {
    let nothing = Reindex {
        state: "none".into(),
        error: None,
        what: None,
        since: None,
        until: None,
        started_at: None,
        finished_at: None,
        days_done: 0,
        days: 0,
        spans: 0,
        outcome: None,
    };
    let Some(report) = report else { return nothing };
    let what = WHATS.iter().find(|(_, renew)| *renew == report.task.renew).map(|(name, _)| (*name).into());
    let (state, error, finished, outcome) = match report.state {
        ReindexState::Reading => ("reading", None, None, None),
        ReindexState::Switching => ("switching", None, None, None),
        ReindexState::Done { at, renewal } => ("done", None, Some(at), Some(outcome(renewal))),
        ReindexState::Failed { at, why } => ("failed", Some(why), Some(at), None),
    };
    Reindex {
        state: state.into(),
        error,
        what,
        since: report.task.since.map(convert::time),
        until: report.task.until.map(convert::time),
        started_at: Some(convert::time(report.started)),
        finished_at: finished.map(convert::time),
        days_done: report.days_done,
        days: report.days,
        spans: report.spans,
        outcome,
    }
}

fn outcome(renewal: Renewal) -> ReindexOutcome {
    let model = |(model, before, after)| ReindexModel { model, before: sums(before), after: sums(after) };
    ReindexOutcome {
        traces: renewal.traces,
        kept_traces: renewal.kept_traces,
        before: sums(renewal.before),
        after: sums(renewal.after),
        models: renewal.models.into_iter().map(model).collect(),
    }
}

fn sums(sums: RenewalSums) -> ReindexSums {
    ReindexSums {
        calls: sums.calls,
        input_tokens: sums.input_tokens,
        output_tokens: sums.output_tokens,
        cost_usd: sums.cost.as_usd(),
        cost_nano: sums.cost.0,
        unpriced_calls: sums.unpriced_calls,
    }
}
