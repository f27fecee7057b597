//! Calls that two instrumentations tell in two traces, found while loading: see [`crate::interpret::twins`].
//!
//! Verdicts are a function of what is stored, so a batch asks anew for every call that may be concerned: those that tell
//! the same as a call that arrives, goes or counts no longer. A service with one teller, and that is nearly every one,
//! costs a look into a map per call.

use std::collections::{HashMap, HashSet};

use duckdb::{Connection, Transaction, params};

use super::row::{SpanRow, read_span, trace_number};
use super::{sql, whole};
use crate::interpret::twins::{APART, Standing, Told, stand};
use crate::model::{Call, SpanId, SpanRef, TraceId};

/// Stands for any gateway, beside the project.
const GATEWAY: u64 = 0;

/// Who tells of model calls, by service, and which projects have a gateway. As many as an installation has services times
/// instrumentations.
#[derive(Debug, Default)]
pub(super) struct Tellers {
    known: HashMap<u64, HashSet<u64>>,
    /// Noted in a transaction that is not committed yet: service and teller.
    fresh: Vec<(u64, u64)>,
}

impl Tellers {
    pub(super) fn read(connection: &Connection) -> duckdb::Result<Self> {
        let mut tellers = Self::default();
        let mut statement = connection.prepare("SELECT service, teller FROM teller")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            tellers.known.entry(row.get(0)?).or_default().insert(row.get(1)?);
        }
        Ok(tellers)
    }

    /// Notes who tells `calls`, in the tables too.
    fn note<'a>(&mut self, transaction: &Transaction<'_>, calls: impl Iterator<Item = &'a Told>) -> duckdb::Result<()> {
        // Of a transaction that failed.
        self.fresh.clear();
        for call in calls {
            let gateway = call.gateway.then_some((call.project, GATEWAY));
            for pair in [(call.service, call.teller)].into_iter().chain(gateway) {
                if !self.knows(pair) {
                    transaction.execute(
                        "INSERT INTO teller SELECT ?1, ?2 WHERE NOT EXISTS (FROM teller WHERE service = ?1 AND teller = ?2)",
                        params![pair.0, pair.1],
                    )?;
                    self.fresh.push(pair);
                }
            }
        }
        Ok(())
    }

    /// The transaction is committed.
    pub(super) fn keep(&mut self) {
        for (service, teller) in self.fresh.drain(..) {
            self.known.entry(service).or_default().insert(teller);
        }
    }

    fn knows(&self, pair: (u64, u64)) -> bool {
        self.fresh.contains(&pair) || self.known.get(&pair.0).is_some_and(|tellers| tellers.contains(&pair.1))
    }

    /// Whether somebody else may tell `call`.
    fn are_several(&self, call: &Told) -> bool {
        let fresh = self.fresh.iter().filter(|(service, _)| *service == call.service).count();
        self.known.get(&call.service).map_or(0, HashSet::len) + fresh > 1
            || call.names_response() && self.knows((call.project, GATEWAY))
    }
}

/// What is stored of a key: 24 bits of 64, which take five bytes less per call. They only narrow what is read, within less
/// than a minute; of what was read the whole key is known again.
pub(super) fn stored_key(key: u64) -> u64 {
    key & 0xFF_FFFF
}

/// Whether a call enters totals, why not, and its twin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) counted: bool,
    pub(super) reason: Option<String>,
    pub(super) twin: Option<SpanRef>,
}

impl State {
    pub(super) fn of(call: &Call) -> Self {
        Self { counted: call.counted, reason: call.not_counted_because.clone(), twin: call.twin }
    }

    fn after(standing: Option<Standing>) -> Self {
        let reason = standing.filter(|standing| !standing.counts).map(|standing| {
            let SpanRef { trace_id, span_id } = standing.twin;
            format!("the same call is told by span {span_id} of trace {trace_id}")
        });
        Self { counted: reason.is_none(), reason, twin: standing.map(|standing| standing.twin) }
    }

    pub(super) fn write(self, call: &mut Call) {
        (call.counted, call.not_counted_because, call.twin) = (self.counted, self.reason, self.twin);
    }

    /// Whether it counts as far as its own trace is concerned.
    fn counts_alone(&self) -> bool {
        self.counted || self.twin.is_some()
    }
}

/// A trace of the batch, its calls judged by their own trace.
#[derive(Debug, Default)]
pub(super) struct Hand {
    pub(super) id: TraceId,
    pub(super) old: Vec<SpanRow>,
    pub(super) new: Vec<SpanRow>,
    /// What is stored of the calls in `old`: whether they count, and whether they are retries.
    pub(super) states: Vec<Option<(State, bool)>>,
    /// Calls in their former versions, and those that are gone.
    pub(super) gone: Vec<Told>,
}

impl Hand {
    /// How a row is judged; `None` when it is no call.
    pub(super) fn state(row: &SpanRow) -> Option<(State, bool)> {
        Some((State::of(row.span.call.as_ref()?), row.retry))
    }

    fn rows(&self) -> impl Iterator<Item = &SpanRow> {
        self.old.iter().chain(&self.new)
    }

    /// Old calls that counted by their trace and still do are as they were until somebody says otherwise. Returns the
    /// calls that others may have to look at again.
    fn restore(&mut self) -> Vec<Told> {
        let mut changed = std::mem::take(&mut self.gone);
        changed.extend(self.new.iter().filter_map(|row| row.told.clone()));
        for (row, state) in self.old.iter_mut().zip(&self.states) {
            let (Some(call), Some((state, _))) = (&mut row.span.call, state) else { continue };
            match (call.counted, state.counts_alone()) {
                (true, true) => state.clone().write(call),
                (false, false) => {}
                _ => changed.extend(row.told.clone()),
            }
        }
        changed
    }
}

/// Decides between tellings of the same call in `hands` and in the tables. Adds the other traces that change by it, with
/// all their stored spans.
pub(super) fn decide(
    transaction: &Transaction<'_>,
    tellers: &mut Tellers,
    hands: &mut Vec<Hand>,
) -> duckdb::Result<()> {
    tellers.note(transaction, hands.iter().flat_map(|hand| &hand.new).filter_map(|row| row.told.as_ref()))?;
    let mut concerned: HashMap<u64, Vec<i64>> = HashMap::new();
    for told in hands.iter_mut().flat_map(Hand::restore) {
        if tellers.are_several(&told) {
            concerned.entry(told.key).or_default().push(told.start.0);
        }
    }
    if concerned.is_empty() {
        return Ok(());
    }
    let here: HashSet<TraceId> = hands.iter().map(|hand| hand.id).collect();
    let mut others = stored_calls(transaction, &concerned)?;
    others.retain(|row| !here.contains(&row.span.trace_id));
    let counts = |row: &&SpanRow| row.span.call.as_ref().is_some_and(|call| State::of(call).counts_alone());
    let tells = hands.iter().flat_map(Hand::rows).chain(&others).filter(counts).filter_map(|row| row.told.clone());
    let tells: Vec<Told> = tells.filter(|told| concerned.contains_key(&told.key)).collect();
    let near =
        |told: &Told| concerned[&told.key].iter().any(|start| start.abs_diff(told.start.0) <= APART.unsigned_abs());
    let standings = tells.iter().zip(stand(&tells)).filter(|(told, _)| near(told));
    let states: HashMap<SpanRef, State> =
        standings.map(|(told, standing)| (told.place, State::after(standing))).collect();
    let changes = |row: &&SpanRow| {
        let now = states.get(&place(row));
        now.is_some() && now != row.span.call.as_ref().map(State::of).as_ref()
    };
    let far: HashSet<TraceId> = others.iter().filter(changes).map(|row| row.span.trace_id).collect();
    hands.extend(whole_traces(transaction, far)?);
    for row in hands.iter_mut().flat_map(|hand| hand.old.iter_mut().chain(&mut hand.new)) {
        let Some(state) = states.get(&place(row)) else { continue };
        if let Some(call) = &mut row.span.call {
            state.clone().write(call);
        }
    }
    Ok(())
}

fn place(row: &SpanRow) -> SpanRef {
    SpanRef { trace_id: row.span.trace_id, span_id: row.span.span_id }
}

/// Stored calls that may be told twice, as far around those that are `concerned` that all neighbours of their neighbours
/// are among them.
fn stored_calls(transaction: &Transaction<'_>, concerned: &HashMap<u64, Vec<i64>>) -> duckdb::Result<Vec<SpanRow>> {
    transaction.execute_batch("DELETE FROM temp.twin_key")?;
    let mut keys = transaction.appender_to_catalog_and_db("twin_key", "temp", "main")?;
    for key in concerned.keys() {
        keys.append_row([stored_key(*key)])?;
    }
    keys.flush()?;
    drop(keys);
    let starts = || concerned.values().flatten().copied();
    let first = starts().min().unwrap_or_default().saturating_sub(2 * APART);
    let last = starts().max().unwrap_or_default().saturating_add(2 * APART);
    let mut statement = transaction.prepare(&sql::with_span_columns(sql::TWIN_SPANS, &[]))?;
    statement.query_map(params![first, last], read_span)?.collect()
}

fn whole_traces(transaction: &Transaction<'_>, ids: HashSet<TraceId>) -> duckdb::Result<Vec<Hand>> {
    let mut found: HashMap<TraceId, Hand> = HashMap::new();
    for row in whole::read(transaction, &ids.into_iter().collect::<Vec<_>>())? {
        let hand = found.entry(row.span.trace_id).or_default();
        hand.id = row.span.trace_id;
        hand.states.push(Hand::state(&row));
        hand.old.push(row);
    }
    Ok(found.into_values().collect())
}

impl super::Analytics {
    /// The calls of `trace` that have a twin: how they are counted, and where it is.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn twins(&self, trace: TraceId) -> Result<Vec<Twin>, super::Error> {
        let number = trace_number(trace);
        let ask = move |connection: &Connection| {
            let mut statement = connection.prepare(sql::TWINS_OF_TRACE)?;
            let rows = statement.query_map(params![number], |row| {
                let id = |number: u64| SpanId(number.to_be_bytes());
                Ok(Twin {
                    span_id: id(row.get(0)?),
                    counted: row.get(1)?,
                    reason: row.get(2)?,
                    twin: SpanRef { trace_id: TraceId(row.get::<_, u128>(3)?.to_be_bytes()), span_id: id(row.get(4)?) },
                })
            })?;
            rows.collect::<duckdb::Result<Vec<_>>>()
        };
        self.readers.ask(ask).await
    }
}

/// A call that another instrumentation tells, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    pub span_id: SpanId,
    pub counted: bool,
    /// Why it is not counted.
    pub reason: Option<String>,
    pub twin: SpanRef,
}
