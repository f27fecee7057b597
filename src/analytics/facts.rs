//! What a sample is decided by: facts about some traces, and whether a model or a prompt was there before.

use std::collections::HashMap;

use duckdb::types::Value;
use duckdb::{Connection, params};

use super::row::{Cells, trace_number};
use super::unite::joined;
use super::{Analytics, Error, sql};
use crate::model::{NanoUsd, TraceId, UnixNanos};

/// Traces looked up in one statement at most.
const AT_ONCE: usize = 2_000;

/// A span that repeats another is not part of its trace's times, and may begin a little beside them.
const SLACK_NS: i64 = 3_600_000_000_000;

/// What is known of a trace now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TraceFacts {
    pub start: UnixNanos,
    pub duration_ns: i64,
    pub cost: Option<NanoUsd>,
    pub spans: u64,
    /// A span failed.
    pub failed: bool,
    /// A tool failed.
    pub tool_failed: bool,
    /// Each combination that its spans have.
    pub parts: Vec<TracePart>,
}

/// What some spans of a trace have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TracePart {
    pub service: String,
    pub session: Option<String>,
    pub user: Option<String>,
    pub prompt_name: Option<String>,
    pub prompt_version: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    /// Nanoseconds of the longest counted call.
    pub longest_call_ns: Option<i64>,
}

/// What may be new.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Novelty {
    Model {
        provider: Option<String>,
        model: String,
    },
    /// One of the two is there.
    Prompt {
        name: Option<String>,
        version: Option<String>,
    },
}

impl Analytics {
    /// What is known of those of `traces` that are stored and have a span that starts between `first` and `last`.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn facts(
        &self,
        traces: Vec<TraceId>,
        first: UnixNanos,
        last: UnixNanos,
    ) -> Result<HashMap<TraceId, TraceFacts>, Error> {
        let (first, last) = (first.saturating_add(-SLACK_NS), last.saturating_add(SLACK_NS));
        if traces.is_empty() {
            return Ok(HashMap::new());
        }
        self.readers
            .ask(move |connection| {
                let snapshot = connection.unchecked_transaction()?;
                let mut facts = HashMap::new();
                let moved = joined(&snapshot, &traces)?;
                let mut asked = traces.clone();
                asked.extend(traces.iter().filter_map(|trace| moved.get(trace)));
                for some in asked.chunks(AT_ONCE) {
                    read(&snapshot, some, (first.0, last.0), &mut facts)?;
                }
                // What has moved is judged by where it is now.
                for (trace, home) in moved.iter().filter(|(trace, _)| traces.contains(trace)) {
                    let told = facts.get(home).cloned();
                    facts.extend(told.map(|told| (*trace, told)));
                }
                Ok(facts)
            })
            .await
    }

    /// Start of the newest span with `what` from `since` until before `until`.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn last_sighting(
        &self,
        what: Novelty,
        since: UnixNanos,
        until: UnixNanos,
    ) -> Result<Option<UnixNanos>, Error> {
        let (columns, values) = match what {
            Novelty::Model { provider, model } => (["provider", "model"], [provider, Some(model)]),
            Novelty::Prompt { name, version } => (["prompt_name", "prompt_version"], [name, version]),
        };
        let (first, last) = (since.0.to_string(), until.0.to_string());
        let fragments = [("first", first.as_str()), ("last", &last), ("column", columns[0]), ("value", columns[1])];
        let sql = sql::fill(sql::LAST_SIGHTING, &fragments);
        self.readers
            .ask(move |connection| connection.query_row(&sql, params![values[0], values[1]], |row| row.get(0)))
            .await
            .map(|time: Option<i64>| time.map(UnixNanos))
    }
}

fn read(
    connection: &Connection,
    traces: &[TraceId],
    range: (i64, i64),
    facts: &mut HashMap<TraceId, TraceFacts>,
) -> duckdb::Result<()> {
    let ids = Value::List(traces.iter().map(|id| Value::UHugeInt(trace_number(*id))).collect());
    let mut spans: Option<(i64, i64)> = None;
    let mut statement = connection.prepare_cached(sql::FACTS_OF_TRACES)?;
    let mut rows = statement.query(params![range.0, range.1, ids])?;
    while let Some(row) = rows.next()? {
        let mut cells = Cells::of(row);
        let id = TraceId(cells.take::<u128>()?.to_be_bytes());
        let (start, last): (i64, i64) = (cells.take()?, cells.take()?);
        spans = Some(spans.map_or((start, last), |(low, high)| (low.min(start), high.max(last))));
        let trace = TraceFacts {
            start: UnixNanos(start),
            duration_ns: cells.take()?,
            cost: cells.take::<Option<i64>>()?.map(NanoUsd),
            spans: cells.take()?,
            failed: cells.take()?,
            ..TraceFacts::default()
        };
        facts.insert(id, trace);
    }
    let Some((first, last)) = spans else { return Ok(()) };
    let mut statement = connection.prepare_cached(sql::FACTS_OF_SPANS)?;
    let mut rows = statement.query(params![first, last, ids])?;
    while let Some(row) = rows.next()? {
        let mut cells = Cells::of(row);
        let id = TraceId(cells.take::<u128>()?.to_be_bytes());
        let mut part = TracePart {
            service: cells.take()?,
            session: cells.take()?,
            user: cells.take()?,
            prompt_name: cells.take()?,
            prompt_version: cells.take()?,
            provider: cells.take()?,
            model: cells.take()?,
            longest_call_ns: None,
        };
        let tool_failed: bool = cells.take()?;
        part.longest_call_ns = cells.take()?;
        if let Some(trace) = facts.get_mut(&id) {
            trace.tool_failed |= tool_failed;
            trace.parts.push(part);
        }
    }
    Ok(())
}
