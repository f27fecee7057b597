//! One transaction: rows of some chunks, what they change in rows stored before, and the cursor.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use duckdb::{Connection, Transaction, params};

use super::adopt::adopt;
use super::columns::{append_spans, append_traces};
use super::incoming::Incoming;
use super::local::{Bills, Touched};
use super::points::append_metric;
use super::rollup::Stale;
use super::row::{SpanRow, read_span, span_number, trace_number};
use super::save::Memory;
use super::seen::Seen;
use super::signals::append_log;
use super::sql;
use super::summary::{TraceSummary, summarise};
use super::twins::{self, Hand, State, Tellers};
use super::unite::unite;
use super::{Error, Loaded, database, homes, retries};
use crate::interpret::executions::{moves, nodes_above};
use crate::interpret::inherit::{Mask, Relative, inherited, overlay, strip};
use crate::interpret::local::Rules;
use crate::interpret::settle::settle;
use crate::journal::Cursor;
use crate::model::{Attribution, Day, Span, SpanId, TraceId, UnixNanos};

/// How many ids of touched traces an announcement carries.
const ANNOUNCED_TRACES: usize = 100;

/// The loader's side of the database.
pub(super) struct Store {
    pub(super) connection: Connection,
    seen: Seen,
    stale: Stale,
    tellers: Tellers,
    bills: Bills,
    /// Last number given to a log event and to a metric point.
    log_seq: i64,
    metric_seq: i64,
    /// Threads that DuckDB may use when we are not in a hurry, and whether we are.
    pub(super) threads: u32,
    pub(super) hurried: bool,
    pub(super) memory: Option<Memory>,
    /// Rows appended since row groups were merged.
    pub(super) loose_rows: u64,
    /// Rows that a crash would have us load again, and since when at most.
    pub(super) unsaved_rows: u64,
    pub(super) saved_at: Instant,
}

/// What a batch does to the tables.
#[derive(Default)]
pub(super) struct Changes {
    spans: Vec<SpanRow>,
    traces: Vec<TraceSummary>,
    /// Stored versions that a new one replaces.
    replaced: Vec<(TraceId, SpanId)>,
    /// Stored spans that are judged differently now.
    verdicts: Vec<(TraceId, SpanId, State, bool)>,
    /// Starts of stored calls that were replaced or are judged differently now, and of stored traces that grow.
    changed_starts: Vec<UnixNanos>,
    /// When machines at home were busy with calls that came, went or are judged differently.
    touched: Vec<Touched>,
    /// Where the rows to change lie in time: of `span`, and so of `trace`.
    range: Option<(i64, i64)>,
}

impl Changes {
    /// Starts of all calls that are new, gone or judged differently, and of all traces before and after.
    pub(super) fn starts(&self) -> impl Iterator<Item = i64> {
        let arrived = self.spans.iter().filter(|row| row.span.call.is_some()).map(|row| row.span.start);
        let traces = self.traces.iter().map(|trace| trace.start);
        arrived.chain(traces).chain(self.changed_starts.iter().copied()).map(|start| start.0)
    }
}

impl Store {
    /// `threads` and `memory` are what DuckDB is set to; without the latter no memory is given back after checkpoints.
    pub(super) fn open(connection: Connection, threads: u32, memory: Option<Memory>) -> duckdb::Result<Self> {
        connection.execute_batch(sql::LOADER_TABLES)?;
        let (seen, stale) = (Seen::for_traces(0), Stale::default());
        let mut store = Self {
            connection,
            seen,
            stale,
            tellers: Tellers::default(),
            bills: Bills::default(),
            log_seq: 0,
            metric_seq: 0,
            threads,
            memory,
            hurried: false,
            loose_rows: 0,
            unsaved_rows: 0,
            saved_at: Instant::now(),
        };
        store.recall()?;
        Ok(store)
    }

    /// Learns again what is stored.
    pub(super) fn recall(&mut self) -> duckdb::Result<()> {
        let last = |table: &str| {
            let statement = format!("SELECT coalesce(max(seq), 0) FROM {table}");
            self.connection.query_row(&statement, [], |row| row.get::<_, i64>(0))
        };
        (self.log_seq, self.metric_seq) = (last("log_event")?, last("metric_point")?);
        self.seen = Seen::read(&self.connection)?;
        self.stale = Stale::read(&self.connection)?;
        self.tellers = Tellers::read(&self.connection)?;
        self.bills = Bills::read(&self.connection)?;
        // What an earlier run left is merged at the first opportunity.
        (self.loose_rows, self.unsaved_rows) = (database::ROW_GROUP, 0);
        Ok(())
    }

    /// A transaction, the hours and minutes that it may mark, and who tells of calls.
    pub(super) fn transaction(&mut self) -> duckdb::Result<(Transaction<'_>, &mut Stale, &mut Bills, &mut Tellers)> {
        Ok((self.connection.transaction()?, &mut self.stale, &mut self.bills, &mut self.tellers))
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Lets go of the file, has `between` done, and takes up the file that is there then. No question may be in work.
    pub(super) fn reopen(&mut self, dir: &Path, between: impl FnOnce() -> Result<(), Error>) -> Result<Cursor, Error> {
        database::leave(&self.connection)?;
        let changed = between();
        let cursor = database::enter(&self.connection, dir)?;
        self.recall()?;
        changed.map(|()| cursor)
    }

    /// How far it has come.
    pub(super) fn cursor(&self) -> duckdb::Result<Cursor> {
        self.connection.query_row("SELECT day, chunk FROM loaded", [], |row| {
            Ok(Cursor { day: Day(row.get(0)?), chunk: row.get(1)? })
        })
    }

    /// Whether something of `trace` may be stored.
    pub(super) fn may_have(&self, trace: TraceId) -> bool {
        self.seen.may_contain(trace_number(trace))
    }

    /// Whether the database still takes a write: tells a chunk that cannot be loaded from a database that cannot.
    pub(super) fn is_sound(&self) -> bool {
        self.connection.execute("UPDATE loaded SET chunk = chunk", []).is_ok()
    }

    /// Stores `incoming` and moves the cursor, all or nothing.
    pub(super) fn load(&mut self, mut incoming: Incoming) -> duckdb::Result<Loaded> {
        let (log_seq, metric_seq) = (self.log_seq, self.metric_seq);
        let cursor = incoming.cursor;
        let transaction = self.connection.transaction()?;
        let mut loaded = Loaded { cursor, ..Loaded::default() };
        let united = unite(&transaction, &mut incoming, &self.seen)?;
        let moved = adopt(&transaction, &mut incoming, &self.seen)?;
        let known: Vec<TraceId> =
            incoming.traces.keys().copied().filter(|id| self.seen.may_contain(trace_number(*id))).collect();
        let changes = change(&transaction, &mut self.tellers, incoming.traces, &known)?;
        write(&transaction, &changes)?;
        let moved = moved.iter().chain(&united.starts).map(|start| start.0);
        let marked = self.stale.mark(&transaction, changes.starts().chain(moved))?;
        let touched = changes.touched.iter().cloned().chain(Touched::by_readings(&incoming.metrics));
        let due = self.bills.mark(&transaction, touched)?;
        homes::append(&transaction, &incoming.homes)?;
        let mut logs = transaction.appender("log_event")?;
        for (row, seq) in incoming.logs.iter().zip(log_seq + 1..) {
            append_log(&mut logs, seq, row)?;
        }
        logs.flush()?;
        drop(logs);
        let mut metrics = transaction.appender("metric_point")?;
        for (row, seq) in incoming.metrics.iter().zip(metric_seq + 1..) {
            append_metric(&mut metrics, seq, row)?;
        }
        metrics.flush()?;
        drop(metrics);
        transaction.execute("UPDATE loaded SET day = ?, chunk = ?", params![cursor.day.0, cursor.chunk])?;
        transaction.commit()?;
        self.stale.add(marked);
        united.gone.iter().for_each(|trace| self.seen.add(trace_number(*trace)));
        self.tellers.keep();
        self.bills.add(due);
        self.log_seq += incoming.logs.len() as i64;
        self.metric_seq += incoming.metrics.len() as i64;
        loaded.logs = incoming.logs.len() as u64;
        loaded.metric_points = incoming.metrics.len() as u64;
        self.after_commit(&changes, &mut loaded)?;
        Ok(loaded)
    }

    /// Sums up hours that are over at `now` and have changed. Returns how many were; there may be more.
    pub(super) fn settle(&mut self, now: UnixNanos) -> duckdb::Result<usize> {
        self.stale.settle(&mut self.connection, now)
    }

    /// Charges calls on machines at home whose time was touched since. Whether there may be more.
    pub(super) fn charge(&mut self, rules: &Rules) -> duckdb::Result<bool> {
        self.bills.settle(&mut self.connection, rules, &mut self.stale)
    }

    fn after_commit(&mut self, changes: &Changes, loaded: &mut Loaded) -> duckdb::Result<()> {
        for trace in &changes.traces {
            self.seen.add(trace_number(trace.trace_id));
        }
        if self.seen.is_full() {
            self.seen = Seen::read(&self.connection)?;
        }
        let arrived = || changes.spans.iter().filter(|row| !row.stale);
        loaded.spans = arrived().count() as u64;
        let rows = changes.spans.len() as u64 + loaded.logs + loaded.metric_points;
        if self.unsaved_rows == 0 {
            self.saved_at = Instant::now();
        }
        // A change without a new row counts as well.
        self.unsaved_rows += rows.max(1);
        self.loose_rows += rows;
        loaded.calls = arrived().filter(|row| row.span.call.is_some()).count() as u64;
        loaded.earliest = changes.spans.iter().map(|row| row.span.start).min();
        let newest = changes.traces.iter().rev().take(ANNOUNCED_TRACES);
        loaded.traces = newest.map(|trace| trace.trace_id).collect();
        Ok(())
    }
}

type Stored = HashMap<TraceId, Vec<SpanRow>>;

/// The stored spans of the traces in `known`, and the range of time in which they start.
fn read_known(transaction: &Transaction<'_>, known: &[TraceId]) -> duckdb::Result<(Stored, Option<(i64, i64)>)> {
    let mut stored = Stored::new();
    if known.is_empty() {
        return Ok((stored, None));
    }
    transaction.execute_batch(sql::CLEAR_LOADER_TABLES)?;
    let mut touched = transaction.appender_to_catalog_and_db("touched", "temp", "main")?;
    for id in known {
        touched.append_row([trace_number(*id)])?;
    }
    touched.flush()?;
    drop(touched);
    let Some((first, last)) = known_range(transaction)? else {
        return Ok((stored, None));
    };
    let mut statement = transaction.prepare(&sql::with_span_columns(sql::KNOWN_SPANS, &[]))?;
    let mut rows = statement.query(params![first, last])?;
    while let Some(row) = rows.next()? {
        let span = read_span(row)?;
        stored.entry(span.span.trace_id).or_default().push(span);
    }
    Ok((stored, Some((first, last))))
}

/// The range of time in which the spans of the touched traces start.
fn known_range(transaction: &Transaction<'_>) -> duckdb::Result<Option<(i64, i64)>> {
    let range: (Option<i64>, Option<i64>) =
        transaction.query_row(sql::KNOWN_RANGE, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(range.0.zip(range.1))
}

/// What arriving spans change, and what is decided anew by it. `known` may be stored; without arriving spans such a trace
/// is judged again.
pub(super) fn change(
    transaction: &Transaction<'_>,
    tellers: &mut Tellers,
    arrived: HashMap<TraceId, Vec<SpanRow>>,
    known: &[TraceId],
) -> duckdb::Result<Changes> {
    let (mut stored, range) = read_known(transaction, known)?;
    let mut changes = Changes { range, ..Changes::default() };
    let mut hands: Vec<Hand> = Vec::with_capacity(arrived.len());
    for (id, new) in arrived {
        let old = stored.remove(&id).unwrap_or_default();
        hands.push(gather(id, old, new, &mut changes));
    }
    let here = hands.len();
    twins::decide(transaction, tellers, &mut hands)?;
    if hands.len() > here {
        touch(transaction, known, &hands[here..])?;
        changes.range = known_range(transaction)?;
        changes.changed_starts.extend(hands[here..].iter().flat_map(|hand| &hand.old).map(|row| row.span.start).min());
    }
    conclude(hands, &mut changes);
    Ok(changes)
}

/// One trace: stored versions that are replaced go, and every call is judged by the whole of it.
fn gather(id: TraceId, mut old: Vec<SpanRow>, mut new: Vec<SpanRow>, changes: &mut Changes) -> Hand {
    // Nothing arrives: whatever its calls stood behind may be gone.
    let mut gone: Vec<_> =
        if new.is_empty() { old.iter().filter_map(|row| row.told.clone()).collect() } else { vec![] };
    if !old.is_empty() {
        changes.changed_starts.extend(old.iter().map(|row| row.span.start).min());
        let ids: HashSet<SpanId> = new.iter().map(|row| row.span.span_id).collect();
        old.retain(|row| {
            let replaced = ids.contains(&row.span.span_id);
            if replaced {
                changes.changed_starts.extend(row.span.call.as_ref().map(|_| row.span.start));
                changes.touched.extend(Touched::by_call(row));
                changes.replaced.push((id, row.span.span_id));
                gone.extend(row.told.clone());
            }
            !replaced
        });
    }
    let states = old.iter().map(Hand::state).collect();
    place_runs(&mut old, &mut new);
    if old.iter().chain(&new).any(|row| row.span.call.is_some()) {
        let members: Vec<_> = old.iter().chain(&new).map(|row| row.member.clone()).collect();
        let retries = retries::of(&old.iter().chain(&new).map(|row| &row.span).collect::<Vec<_>>());
        for ((row, verdict), retry) in old.iter_mut().chain(&mut new).zip(settle(&members)).zip(retries) {
            row.retry = retry;
            let Some(call) = &mut row.span.call else { continue };
            State { counted: verdict.counted, reason: verdict.reason, twin: None }.write(call);
        }
        bequeath(&mut old, &mut new);
    }
    Hand { id, old, new, states, gone }
}

/// Hangs what n8n's nodes and LangFlow's components ran below these, and marks those that hung elsewhere.
fn place_runs(old: &mut [SpanRow], new: &mut [SpanRow]) {
    if !old.iter().chain(&*new).any(|row| moves(row.span.dialect)) {
        return;
    }
    let above = nodes_above(&old.iter().chain(&*new).map(|row| &row.span).collect::<Vec<_>>());
    let stored = old.len();
    for (at, (row, node)) in old.iter_mut().chain(new).zip(above).enumerate() {
        if node.is_some() && row.span.parent_span_id != node {
            (row.span.parent_span_id, row.member.parent) = (node, node);
            row.stale = at < stored;
        }
    }
}

/// Gives calls what the rest of their trace tells of whose they are, and marks those stored otherwise.
fn bequeath(old: &mut [SpanRow], new: &mut [SpanRow]) {
    let stored = old.len();
    let mut before: Vec<Option<(Attribution, Mask)>> = old
        .iter_mut()
        .map(|row| row.inherited.take().map(|mask| (strip(&mut row.span.attribution, mask), mask)))
        .collect();
    let relatives: Vec<Relative<'_>> = old.iter().chain(&*new).map(|row| Relative::of(&row.span)).collect();
    let now = inherited(&relatives);
    for (at, (row, now)) in old.iter_mut().chain(new).zip(now).enumerate() {
        row.stale |= at < stored && before[at].take() != now;
        row.inherited = now.map(|(values, mask)| {
            overlay(&mut row.span.attribution, values, mask);
            mask
        });
    }
}

/// Notes stored calls that are judged differently now, and sums up every trace.
fn conclude(hands: Vec<Hand>, changes: &mut Changes) {
    let mut traces = Vec::with_capacity(hands.len());
    let mut count = 0;
    for Hand { id, old, mut new, states, .. } in hands {
        for (row, before) in old.iter().zip(states) {
            let now = Hand::state(row);
            let judged = now != before;
            if row.stale {
                changes.replaced.push((id, row.span.span_id));
            } else if let Some((state, retry)) = now.filter(|_| judged) {
                changes.verdicts.push((id, row.span.span_id, state, retry));
            }
            if row.stale || judged {
                changes.changed_starts.push(row.span.start);
                changes.touched.extend(Touched::by_call(row));
            }
        }
        let spans: Vec<&Span> = old.iter().chain(&new).map(|row| &row.span).collect();
        // The project of the first row that came: a trace belongs to one.
        let project = old.first().or(new.first()).map_or_else(|| Arc::from("default"), |row| Arc::clone(&row.project));
        let Some(summary) = summarise(&project, &spans) else { continue };
        new.extend(old.into_iter().filter(|row| row.stale));
        new.sort_unstable_by_key(|row| (row.span.start, row.span.span_id));
        count += new.len();
        traces.push((summary, new));
    }
    // Rows in the order of time, those of one trace together: zone maps prune, and ids compress to runs.
    traces.sort_unstable_by_key(|(trace, _)| (trace.start, trace.trace_id));
    changes.spans.reserve_exact(count);
    for (trace, mut spans) in traces {
        changes.traces.push(trace);
        changes.touched.extend(spans.iter().filter_map(Touched::by_call));
        changes.spans.append(&mut spans);
    }
}

/// Notes traces that nothing arrives for, and that change all the same.
fn touch(transaction: &Transaction<'_>, known: &[TraceId], hands: &[Hand]) -> duckdb::Result<()> {
    if known.is_empty() {
        transaction.execute_batch(sql::CLEAR_LOADER_TABLES)?;
    }
    let mut touched = transaction.appender_to_catalog_and_db("touched", "temp", "main")?;
    for hand in hands {
        touched.append_row([trace_number(hand.id)])?;
    }
    touched.flush()
}

pub(super) fn write(transaction: &Transaction<'_>, changes: &Changes) -> duckdb::Result<()> {
    if let Some((first, last)) = changes.range {
        if !changes.replaced.is_empty() {
            let mut replaced = transaction.appender_to_catalog_and_db("replaced", "temp", "main")?;
            for (trace, span) in &changes.replaced {
                replaced.append_row(params![trace_number(*trace), span_number(*span)])?;
            }
            replaced.flush()?;
            drop(replaced);
            transaction.execute(sql::DELETE_REPLACED, params![first, last])?;
        }
        if !changes.verdicts.is_empty() {
            let mut verdicts = transaction.appender_to_catalog_and_db("verdict", "temp", "main")?;
            for (trace, span, state, retry) in &changes.verdicts {
                verdicts.append_row(params![
                    trace_number(*trace),
                    span_number(*span),
                    state.counted,
                    state.reason,
                    state.twin.map(|twin| trace_number(twin.trace_id)),
                    state.twin.map(|twin| span_number(twin.span_id)),
                    retry.then_some(true),
                ])?;
            }
            verdicts.flush()?;
            drop(verdicts);
            transaction.execute(sql::UPDATE_VERDICTS, params![first, last])?;
        }
        transaction.execute(sql::DELETE_TOUCHED, params![first, last])?;
    }
    append_spans(transaction, &changes.spans)?;
    append_traces(transaction, &changes.traces)
}
