//! Log records: the list, and how they are spread over time.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;

use super::error::ApiError;
use super::metrics::default_step;
use super::query::{self, Query};
use super::{ApiState, convert, endpoints, types};
use crate::analytics::LogQuestion;
use crate::model::time::NANOS_PER_SECOND;

type Answer<T> = Result<Json<T>, ApiError>;

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// Steps of a summary at most.
const MOST_STEPS: i64 = 1000;

/// The lowest OTLP severity number of each name.
const LEAST: [(&str, i32); 6] = [("trace", 1), ("debug", 5), ("info", 9), ("warn", 13), ("error", 17), ("fatal", 21)];

fn question(query: &Query) -> Result<LogQuestion, ApiError> {
    let severity = |text: &str| LEAST.iter().find(|(name, _)| *name == text).map(|(_, number)| *number);
    Ok(LogQuestion {
        since: query.time("since")?,
        until: query.time("until")?,
        trace: query.trace_id()?,
        service: query.many("service"),
        event_name: query.many("event_name"),
        min_severity: query.choice("min_severity", severity, &LEAST.map(|(name, _)| name))?,
        text: query.one("q").map(str::to_owned),
        attributes: query.pairs("attribute")?,
        limit: query.limit()?,
        after: None,
    })
}

pub(super) async fn list(State(state): State<ApiState>, uri: Uri) -> Answer<types::LogList> {
    const LIST: &str = "logs";
    let query = Query::read(&uri, &endpoints::LOGS, state.clock.now())?;
    let page = state.analytics.logs(&LogQuestion { after: query.after(LIST)?, ..question(&query)? }).await?;
    Ok(Json(types::LogList {
        items: page.items.into_iter().map(convert::log).collect(),
        next_cursor: page.next.map(|key| query::cursor(LIST, key)),
    }))
}

pub(super) async fn summary(State(state): State<ApiState>, uri: Uri) -> Answer<types::LogSummary> {
    let query = Query::read(&uri, &endpoints::LOG_SUMMARY, state.clock.now())?;
    let (since, until) = query.range(DAY)?;
    let span = until.since(since);
    let step = query.duration("step")?.unwrap_or_else(|| default_step(span));
    if span / step > MOST_STEPS {
        let message =
            format!("step is too short: the range has {} steps, at most {MOST_STEPS} are answered", span / step);
        return Err(ApiError::bad_parameter(message, "set step to a longer time, or since and until closer together"));
    }
    let found = state
        .analytics
        .log_summary(&LogQuestion { since: Some(since), until: Some(until), ..question(&query)? }, step)
        .await?;
    let mut steps: BTreeMap<i64, types::LogStep> = BTreeMap::new();
    for count in &found.counts {
        let at = steps
            .entry(count.time.0)
            .or_insert_with(|| types::LogStep { time: convert::time(count.time), ..types::LogStep::default() });
        let column = match LEAST.iter().rev().find(|(_, least)| count.severity_number >= *least).map(|(name, _)| *name)
        {
            Some("fatal") => &mut at.fatal,
            Some("error") => &mut at.error,
            Some("warn") => &mut at.warn,
            Some("info") => &mut at.info,
            Some("debug") => &mut at.debug,
            Some(_) => &mut at.trace,
            None => &mut at.unset,
        };
        *column += count.count;
    }
    let values = |found: Vec<(String, u64)>| {
        found.into_iter().map(|(value, count)| types::ValueCount { value, count }).collect()
    };
    Ok(Json(types::LogSummary {
        since: convert::time(since),
        until: convert::time(until),
        step_ms: convert::ms(step),
        count: found.counts.iter().map(|count| count.count).sum(),
        steps: steps.into_values().collect(),
        services: values(found.services),
        scopes: values(found.scopes),
        event_names: values(found.event_names),
    }))
}
