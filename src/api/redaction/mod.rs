//! `/api/v1/redaction/...`: what rules would change, in a text, in a request, or in what is stored. Nothing is changed.

mod dry_run;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use super::error::ApiError;
use super::query::Query;
use super::types::{RedactionDryRun, RedactionFinding, RedactionTest};
use super::{ApiState, changes, changing, endpoints};
use crate::config::RedactConfig;
use crate::model::otlp::{LogsData, MetricsData, TracesData, json};
use crate::redact::{Found, Redactor};

pub use dry_run::DryRuns;

/// Findings that are listed; the others are counted.
const MOST_FINDINGS: usize = 1000;

/// Characters of what stood there and of what would.
const SHOWN: usize = 60;

/// What to try, and with which rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trial {
    text: Option<String>,
    /// A request in OTLP/JSON.
    otlp: Option<Value>,
    /// As `[redact]` in the configuration; that of the server when absent.
    redact: Option<RedactConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    redact: RedactConfig,
}

pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route(endpoints::REDACTION_TEST.path, changing(post(test)))
        .route(endpoints::REDACTION_DRY_RUN.path, get(report).merge(changing(post(start).delete(cancel))))
}

async fn test(State(state): State<ApiState>, uri: Uri, body: Bytes) -> Result<Json<RedactionTest>, ApiError> {
    Query::read(&uri, &endpoints::REDACTION_TEST, state.clock.now())?;
    let trial: Trial = parse(&body)?;
    let redactor = rules(&state.redactor, trial.redact.as_ref())?;
    changes::blocking(move || tried(&redactor, trial.text, trial.otlp)).await.map(Json)
}

async fn start(State(state): State<ApiState>, uri: Uri, body: Bytes) -> Result<Response, ApiError> {
    let query = Query::read(&uri, &endpoints::REDACTION_TASK, state.clock.now())?;
    let history: History = parse(&body)?;
    let redactor = rules(&state.redactor, Some(&history.redact))?;
    let what = "give how many records to read at most";
    let task = dry_run::Task {
        since: query.time("since")?,
        until: query.time("until")?,
        limit: query.number::<u64>("limit", what)?.unwrap_or(dry_run::RECORDS),
    };
    let report = state.dry_runs.start(&state.journal, redactor, task)?;
    Ok((StatusCode::ACCEPTED, Json(report)).into_response())
}

async fn report(State(state): State<ApiState>, uri: Uri) -> Result<Json<RedactionDryRun>, ApiError> {
    Query::read(&uri, &endpoints::REDACTION_DRY_RUN, state.clock.now())?;
    Ok(Json(state.dry_runs.report()))
}

async fn cancel(State(state): State<ApiState>, uri: Uri) -> Result<Json<RedactionDryRun>, ApiError> {
    Query::read(&uri, &endpoints::REDACTION_DRY_RUN, state.clock.now())?;
    Ok(Json(state.dry_runs.cancel()))
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        ApiError::bad_body(
            format!("the body cannot be used: {error}"),
            "send JSON such as {\"text\": \"...\", \"redact\": {\"capture\": \"redacted\"}}",
        )
    })
}

fn rules(own: &Arc<Redactor>, config: Option<&RedactConfig>) -> Result<Arc<Redactor>, ApiError> {
    let Some(config) = config else { return Ok(Arc::clone(own)) };
    let bad = |message: String| ApiError::bad_body(message, "docs/redaction.md says what [redact] may hold");
    if let Some((key, fault)) = config.faults().into_iter().next() {
        return Err(bad(format!("{key}: {fault}")));
    }
    own.with(config).map(Arc::new).map_err(|error| bad(error.to_string()))
}

fn tried(redactor: &Redactor, text: Option<String>, otlp: Option<Value>) -> Result<RedactionTest, ApiError> {
    let mut findings = Vec::new();
    let mut count = 0;
    let mut tell = |found: &Found<'_>| {
        count += 1;
        if findings.len() < MOST_FINDINGS {
            findings.push(finding(found));
        }
    };
    let text = match (text, otlp) {
        (Some(text), None) => Some(redactor.explain_text(&text, &mut tell)),
        (None, Some(request)) => {
            explain_request(redactor, &request, &mut tell)?;
            None
        }
        _ => return Err(ApiError::bad_body("there must be either text or otlp", "send one of them")),
    };
    Ok(RedactionTest { text, findings, changes: count })
}

fn explain_request(redactor: &Redactor, request: &Value, tell: &mut dyn FnMut(&Found<'_>)) -> Result<(), ApiError> {
    let text = request.to_string();
    let bad = |error: json::Error| {
        ApiError::bad_body(
            format!("otlp is no OTLP/JSON: at {}: {}", error.path, error.message),
            "see the OTLP specification",
        )
    };
    let has = |camel: &str, snake: &str| request.get(camel).is_some() || request.get(snake).is_some();
    if has("resourceSpans", "resource_spans") {
        redactor.explain(&mut json::from_slice::<TracesData>(text.as_bytes()).map_err(bad)?, tell);
    } else if has("resourceLogs", "resource_logs") {
        redactor.explain(&mut json::from_slice::<LogsData>(text.as_bytes()).map_err(bad)?, tell);
    } else if has("resourceMetrics", "resource_metrics") {
        redactor.explain(&mut json::from_slice::<MetricsData>(text.as_bytes()).map_err(bad)?, tell);
    } else {
        return Err(ApiError::bad_body(
            "otlp has neither resourceSpans nor resourceLogs nor resourceMetrics",
            "send a request as OTLP/JSON has it",
        ));
    }
    Ok(())
}

fn finding(found: &Found<'_>) -> RedactionFinding {
    let short = |text: &str| match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    RedactionFinding {
        trace_id: hex::encode(&found.place.trace_id),
        span_id: hex::encode(&found.place.span_id),
        part: found.place.part.to_owned(),
        key: found.place.key.clone(),
        by: found.by.as_str().to_owned(),
        name: found.name.to_owned(),
        action: found.action.as_str().to_owned(),
        before: short(found.before),
        after: found.after.map(short),
    }
}
