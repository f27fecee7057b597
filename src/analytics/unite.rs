//! Traces of LangChain's runs in n8n's nodes move to the trace that n8n itself tells of the same execution, once both are
//! here: see [`crate::interpret::executions`]. What a gateway tells moves to the run that it answered: see [`answers`].
//!
//! Until then the runs have a trace of their own. Which trace has moved where is kept, so that the old id leads to the new
//! trace, whichever of the two came first, and what still comes for the old one finds its way.

use std::collections::{BTreeMap, HashMap, HashSet};

use duckdb::types::Value;
use duckdb::{Connection, Transaction, params, params_from_iter};

use super::answers::{Answers, is_of_gateway};
use super::filter::marks;
use super::incoming::Incoming;
use super::row::{SpanRow, trace_number};
use super::seen::Seen;
use super::{Analytics, Error, sql, whole};
use crate::interpret::executions::{APART, RUNS, gap, is_same};
use crate::interpret::inherit::strip;
use crate::interpret::twins::Told;
use crate::model::{Execution, TraceId, UnixNanos};

/// Executions and traces bound in one statement.
const AT_ONCE: usize = 500;

/// Traces looked up at once.
const LOOKED_UP: usize = 5_000;

/// What a trace tells of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) trace: TraceId,
    pub(super) project: String,
    pub(super) execution: Execution,
    /// From the first start to the last end.
    pub(super) period: (UnixNanos, UnixNanos),
}

impl Part {
    /// What one span tells.
    pub(super) fn of(row: &SpanRow, execution: Execution) -> Self {
        Self { trace: row.span.trace_id, project: row.project.to_string(), execution, period: period(row) }
    }

    /// How far apart they lie, if the other is told by n8n and may be the home of this.
    fn distance(&self, home: &Self) -> Option<i64> {
        let fits = home.execution.by_engine
            && self.project == home.project
            && self.trace != home.trace
            && is_same(&self.execution, &home.execution);
        Some(gap(self.period, home.period)).filter(|apart| fits && *apart <= APART)
    }
}

/// What a batch moved.
#[derive(Debug, Default)]
pub(super) struct United {
    /// Starts of stored spans that were taken out of their trace.
    pub(super) starts: Vec<UnixNanos>,
    /// Traces that are part of others now.
    pub(super) gone: Vec<TraceId>,
}

/// Moves what can be moved, in `incoming` and in the tables.
pub(super) fn unite(transaction: &Transaction<'_>, incoming: &mut Incoming, seen: &Seen) -> duckdb::Result<United> {
    let is_concerned = |row: &SpanRow| row.span.execution.is_some() || row.span.dialect == RUNS || is_of_gateway(row);
    let concerned: HashSet<TraceId> =
        incoming.traces.values().flatten().filter(|row| is_concerned(row)).map(|row| row.span.trace_id).collect();
    if concerned.is_empty() {
        return Ok(United::default());
    }
    let mut told = parts(incoming);
    let answers = Answers::read(transaction, incoming, seen)?;
    if answers.is_none() && told.is_empty() {
        // Nothing but gateways, and no run that they could have answered.
        return Ok(United::default());
    }
    let Answers { mut runs, gateways } = answers.unwrap_or_default();
    told.append(&mut runs);
    note(transaction, &told)?;
    told.extend(gateways.iter().cloned());
    let mut known = stored(transaction, &told)?;
    known.extend(gateways);
    let all: HashSet<TraceId> = concerned.into_iter().chain(known.iter().map(|part| part.trace)).collect();
    let mut homes = joined(transaction, &all.into_iter().collect::<Vec<_>>())?;
    let new = new_homes(&known, &mut homes);
    let mut united = United::default();
    if !new.is_empty() {
        let mut rows = transaction.appender("joined")?;
        for (trace, (home, last)) in &new {
            rows.append_row(params![trace_number(*trace), trace_number(*home), last.0])?;
            united.gone.push(*trace);
        }
        rows.flush()?;
        drop(rows);
        for (trace, (home, _)) in &new {
            // What had moved to one that moves goes with it.
            let ids = params![trace_number(*home), trace_number(*trace)];
            transaction.execute("UPDATE joined SET home = ? WHERE home = ?", ids)?;
        }
    }
    for (trace, home) in &homes {
        for row in incoming.traces.remove(trace).unwrap_or_default() {
            take(incoming, row, *home);
        }
    }
    let here: Vec<TraceId> = new.into_keys().filter(|trace| seen.may_contain(trace_number(*trace))).collect();
    for row in take_stored(transaction, &here)? {
        united.starts.push(row.span.start);
        if let Some(home) = homes.get(&row.span.trace_id) {
            take(incoming, row, *home);
        }
    }
    Ok(united)
}

/// Which of the `known` traces move now, where to, and when what they tell has ended. `homes`, where traces have moved
/// before, becomes what holds from now on.
fn new_homes(known: &[Part], homes: &mut HashMap<TraceId, TraceId>) -> BTreeMap<TraceId, (TraceId, UnixNanos)> {
    let mut new: BTreeMap<TraceId, (TraceId, UnixNanos)> = BTreeMap::new();
    for part in known.iter().filter(|part| !part.execution.by_engine && !homes.contains_key(&part.trace)) {
        let near = known.iter().filter_map(|home| Some((part.distance(home)?, home.period.0, home.trace)));
        if let Some((_, _, home)) = near.min() {
            new.insert(part.trace, (home, part.period.1));
        }
    }
    homes.extend(new.iter().map(|(trace, (home, _))| (*trace, *home)));
    // A gateway's trace moves to that of a run, and that to the workflow's: two steps.
    let last = |from: TraceId| std::iter::successors(Some(from), |at| homes.get(at).copied()).take(4).last();
    let ends: HashMap<TraceId, TraceId> = homes.keys().filter_map(|trace| Some((*trace, last(*trace)?))).collect();
    *homes = ends;
    for (trace, (home, _)) in &mut new {
        *home = homes[trace];
    }
    // Who tells of a response in the trace of the execution itself is at home.
    new.retain(|trace, (home, _)| trace != home);
    homes.retain(|trace, home| trace != home);
    new
}

fn period(row: &SpanRow) -> (UnixNanos, UnixNanos) {
    (row.span.start, row.span.end.max(row.span.start))
}

/// What the spans of a batch tell, once per trace and execution.
fn parts(incoming: &Incoming) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for row in incoming.traces.values().flatten() {
        let Some(execution) = &row.span.execution else { continue };
        let trace = row.span.trace_id;
        let known = parts.iter_mut().find(|part| part.trace == trace && part.execution == **execution);
        match known {
            Some(part) => {
                let (first, last) = period(row);
                part.period = (part.period.0.min(first), part.period.1.max(last));
            }
            None => parts.push(Part::of(row, (**execution).clone())),
        }
    }
    parts
}

fn note(transaction: &Transaction<'_>, parts: &[Part]) -> duckdb::Result<()> {
    let mut rows = transaction.appender("execution")?;
    for part in parts {
        let Execution { id, workflow, by_engine } = &part.execution;
        let (trace, (first, last)) = (trace_number(part.trace), part.period);
        rows.append_row(params![part.project, id, workflow, by_engine, trace, first.0, last.0])?;
    }
    rows.flush()
}

/// Everything that is known of the executions of `told`.
fn stored(transaction: &Transaction<'_>, told: &[Part]) -> duckdb::Result<Vec<Part>> {
    let ids: HashSet<&str> = told.iter().map(|part| part.execution.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut parts = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let mut statement = transaction.prepare(&sql::fill(sql::EXECUTIONS, &[("ids", &marks(some.len()))]))?;
        let mut rows = statement.query(params_from_iter(some))?;
        while let Some(row) = rows.next()? {
            let execution = Execution { id: row.get(1)?, workflow: row.get(2)?, by_engine: row.get(3)? };
            parts.push(Part {
                project: row.get(0)?,
                execution,
                trace: TraceId(row.get::<_, u128>(4)?.to_be_bytes()),
                period: (UnixNanos(row.get(5)?), UnixNanos(row.get(6)?)),
            });
        }
    }
    Ok(parts)
}

/// Where those of `traces` are that have moved, and what has moved to them.
pub(super) fn joined(connection: &Connection, traces: &[TraceId]) -> duckdb::Result<HashMap<TraceId, TraceId>> {
    let id = |number: u128| TraceId(number.to_be_bytes());
    let mut joined = HashMap::new();
    let mut statement = connection.prepare_cached(sql::JOINED)?;
    for some in traces.chunks(LOOKED_UP) {
        let ids = Value::List(some.iter().map(|trace| Value::UHugeInt(trace_number(*trace))).collect());
        let mut rows = statement.query(params![ids, ids])?;
        while let Some(row) = rows.next()? {
            joined.insert(id(row.get(0)?), id(row.get(1)?));
        }
    }
    Ok(joined)
}

/// Takes the rows of stored traces out of the tables, as they were before the rest of their trace was known.
fn take_stored(transaction: &Transaction<'_>, traces: &[TraceId]) -> duckdb::Result<Vec<SpanRow>> {
    let mut taken = whole::take(transaction, traces)?;
    for row in &mut taken {
        if let Some(mask) = row.inherited.take() {
            strip(&mut row.span.attribution, mask);
        }
    }
    Ok(taken)
}

/// `row` as part of the trace `home`, unless a newer version of it is there.
fn take(incoming: &mut Incoming, mut row: SpanRow, home: TraceId) {
    row.span.trace_id = home;
    row.told = Told::of(&row.project, &row.span, row.span.dialect);
    let rows = incoming.traces.entry(home).or_default();
    if rows.iter().all(|known| known.span.span_id != row.span.span_id) {
        rows.push(row);
    }
}

impl Analytics {
    /// Traces that are one with some of `traces`: where each has moved.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn united(&self, traces: Vec<TraceId>) -> Result<HashMap<TraceId, TraceId>, Error> {
        if traces.is_empty() {
            return Ok(HashMap::new());
        }
        self.readers.ask(move |connection| joined(connection, &traces)).await
    }

    /// The trace that shows what is known of `trace`, first, and those that have moved there.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn whole(&self, trace: TraceId) -> Result<Vec<TraceId>, Error> {
        let home = self.united(vec![trace]).await?.get(&trace).copied().unwrap_or(trace);
        let mut moved: Vec<TraceId> = self.united(vec![home]).await?.into_keys().collect();
        moved.sort_unstable();
        Ok(std::iter::once(home).chain(moved).collect())
    }
}
