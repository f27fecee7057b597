//! `/api/v1/destinations`: how forwarding goes, and what can be done about it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;

use super::changes::blocking;
use super::error::ApiError;
use super::query::Query;
use super::types::{DeadLetter, DeadLetterList, DeadLettersChanged, Destination, DestinationList, Sampling};
use super::{ApiState, convert, endpoints};
use crate::config::Behind;
use crate::forward::{self, Answer, Forward, Report, SamplingReport};
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Day, UnixNanos};

const ACTIONS: &str = "pause, resume, rewind and test are known";

pub(super) async fn list(State(state): State<ApiState>, uri: Uri) -> Result<Json<DestinationList>, ApiError> {
    Query::read(&uri, &endpoints::DESTINATIONS, state.clock.now())?;
    let now = state.clock.now();
    let items = state.forward.reports().into_iter().map(|report| shown(report, now)).collect();
    Ok(Json(DestinationList { items, next_cursor: None }))
}

pub(super) async fn one(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Json<Destination>, ApiError> {
    Query::read(&uri, &endpoints::DESTINATION, state.clock.now())?;
    Ok(Json(shown(state.forward.report(&name)?, state.clock.now())))
}

pub(super) async fn steer(
    State(state): State<ApiState>,
    Path((name, action)): Path<(String, String)>,
    uri: Uri,
) -> Result<Json<Destination>, ApiError> {
    let query = Query::read(&uri, &endpoints::STEER_WITH, state.clock.now())?;
    match action.as_str() {
        "pause" => state.forward.pause(&name, true).await?,
        "resume" => state.forward.pause(&name, false).await?,
        "rewind" => state.forward.rewind(&name, day(query.one("to"))?).await?,
        "test" => tested(state.forward.test(&name).await?)?,
        other => return Err(ApiError::not_found(format!("{other:?} cannot be done with a destination"), ACTIONS)),
    }
    Ok(Json(shown(state.forward.report(&name)?, state.clock.now())))
}

pub(super) async fn dead_letters(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Json<DeadLetterList>, ApiError> {
    let query = Query::read(&uri, &endpoints::DEAD_LETTERS, state.clock.now())?;
    let limit = query.limit()?;
    let after = query.number::<i64>("cursor", "the next_cursor of a page")?.unwrap_or(0);
    let forward = state.forward;
    let found = blocking(move || Ok(forward.dead_letters(&name, after, limit + 1)?)).await?;
    let more = found.len() > limit;
    let items: Vec<DeadLetter> = found.into_iter().take(limit).map(letter).collect();
    let next_cursor = items.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Json(DeadLetterList { items, next_cursor }))
}

pub(super) async fn replay(state: State<ApiState>, name: Path<String>, uri: Uri) -> Changed {
    with_letters(state, name, uri, Forward::replay).await
}

pub(super) async fn discard(state: State<ApiState>, name: Path<String>, uri: Uri) -> Changed {
    with_letters(state, name, uri, Forward::discard).await
}

type Changed = Result<Json<DeadLettersChanged>, ApiError>;

/// Does it with one of its dead letters, or all.
async fn with_letters(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    uri: Uri,
    act: fn(&Forward, &str, Option<i64>) -> Result<usize, forward::Error>,
) -> Changed {
    let id = letter_id(&state, &uri)?;
    let changed = blocking(move || Ok(act(&state.forward, &name, id)?)).await?;
    Ok(Json(DeadLettersChanged { changed: changed as u64 }))
}

fn letter_id(state: &ApiState, uri: &Uri) -> Result<Option<i64>, ApiError> {
    Query::read(uri, &endpoints::DO_WITH_LETTERS, state.clock.now())?.number("id", "the id of a dead letter")
}

fn day(to: Option<&str>) -> Result<Day, ApiError> {
    let hint = "to=2026-11-20 sends again what arrived from that (UTC) day on; to=1970-01-01 everything there is";
    let to = to.ok_or_else(|| ApiError::bad_parameter("rewind needs a day to rewind to", hint))?;
    to.parse().map_err(|_| ApiError::bad_parameter(format!("to={to:?} is no date"), hint))
}

/// A test that was not taken is an error of the destination, told with its answer.
fn tested(answer: Answer) -> Result<(), ApiError> {
    let why = match answer {
        Answer::Delivered | Answer::DeliveredSlowDown(_) => return Ok(()),
        Answer::Later { why, .. } => why,
        Answer::DeliveredWithout { why, .. }
        | Answer::Bad { why, .. }
        | Answer::BadWithin(why)
        | Answer::TooLarge(why)
        | Answer::Hold(why) => why.told(),
    };
    Err(ApiError::refused_there(format!("the destination did not take the test: {why}")))
}

fn shown(report: Report, now: UnixNanos) -> Destination {
    let lag = report.waiting_since.map_or(0, |since| now.since(since));
    let (last_error_at, last_error) = report.last_error.map(|(at, why)| (convert::time(at), why)).unzip();
    Destination {
        name: report.name,
        kind: report.kind.as_str().into(),
        url: report.url,
        state: report.state.as_str().into(),
        waiting_since: report.waiting_since.map(convert::time),
        lag_seconds: lag as f64 / NANOS_PER_SECOND as f64,
        lag_bytes: report.lag_bytes,
        sent_records: report.sent_records,
        sent_bytes: report.sent_bytes,
        retries: report.retries,
        dead_letters: report.dead_letters,
        refused_records: report.refused_records,
        lost_records: report.lost_records,
        last_sent_at: report.last_sent.map(convert::time),
        last_error,
        last_error_at,
        note: report.note,
        behind: if report.behind == Behind::Hold { "hold" } else { "let_go" }.into(),
        sampling: report.sampling.map(sampled),
    }
}

fn sampled(report: SamplingReport) -> Sampling {
    let SamplingReport { kept, dropped, ratio_in_force } = report;
    let kept = kept.into_iter().map(|(reason, traces)| (reason.to_owned(), traces)).collect();
    Sampling { kept, dropped, ratio_in_force }
}

fn letter(letter: forward::DeadLetter) -> DeadLetter {
    let (trace, span) = letter.span.unzip();
    DeadLetter {
        id: letter.id,
        at: convert::time(letter.at),
        signal: letter.signal.as_str().into(),
        day: letter.cursor.day.to_string(),
        chunk: letter.cursor.chunk,
        record: letter.ordinal,
        records: letter.records,
        trace_id: trace.map(|id| id.to_string()),
        span_id: span.map(|id| id.to_string()),
        reason: letter.reason,
        response: letter.response,
        replay: letter.replay,
    }
}

impl From<forward::Error> for ApiError {
    fn from(error: forward::Error) -> Self {
        match error {
            forward::Error::Unknown(_) => {
                Self::not_found(error.to_string(), "/api/v1/destinations lists those of the configuration")
            }
            forward::Error::Closed => Self::unavailable("tracemeter is shutting down"),
            other => Self::internal(&other),
        }
    }
}
