//! What calls on machines at home cost, among all calls of their time.
//!
//! A call that is charged by time shares its machine with those that overlap it, and these, like the readings of the
//! machine's watts, may come later and in any order. The transaction that stores, replaces or deletes one of them also
//! marks the minutes it reaches into as due. The loader then charges the calls of due minutes anew, each among all that
//! overlap it: the outcome is a function of what is stored, whatever came first.

use std::collections::{BTreeSet, HashMap};

use duckdb::{Connection, Transaction, params};

use super::points::MetricRow;
use super::rollup::Stale;
use super::row::{CostColumns, SpanRow, lines_from, read_local_cost, span_number, trace_number};
use super::{Analytics, Error, sql};
use crate::interpret::local::{LONGEST_NS, REACH_NS, Reading, Rules, Work};
use crate::model::local::{MACHINE, POWER, POWER_SERVICE};
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Cost, CostBasis, LocalCost, LocalState, SpanId, TraceId, UnixNanos};

const MINUTE: i64 = 60 * NANOS_PER_SECOND;

/// Minutes charged in one transaction: a busy hour is a few thousand calls.
const AT_ONCE: i64 = 60;

/// A machine, and a minute since the epoch.
type Due = (String, i64);

/// When a machine was busy, or a reading of its watts holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Touched {
    machine: String,
    from: i64,
    until: i64,
}

impl Touched {
    /// By a call, if it is charged by time.
    pub(super) fn by_call(row: &SpanRow) -> Option<Self> {
        let CostBasis::Local(local) = &row.span.call.as_ref()?.cost.basis else { return None };
        Some(Self::by(local, row.span.start.0, row.span.duration_ns()))
    }

    fn by(local: &LocalCost, from: i64, lasted: i64) -> Self {
        // One that lasted too long has no share: only its own row is due.
        let lasted = if lasted >= LONGEST_NS { 0 } else { lasted };
        Self { machine: local.machine.clone(), from, until: from.saturating_add(lasted) }
    }

    /// By the readings among `rows`.
    pub(super) fn by_readings(rows: &[MetricRow]) -> impl Iterator<Item = Self> {
        let readings = rows.iter().filter(|row| row.point.name == POWER && row.point.service == POWER_SERVICE);
        readings.filter_map(|row| {
            let (machine, time) = (machine_in(&row.point.attributes)?, row.point.time.0);
            Some(Self { machine, from: time.saturating_sub(REACH_NS), until: time.saturating_add(REACH_NS) })
        })
    }

    fn minutes(&self) -> impl Iterator<Item = Due> {
        let last = self.until.saturating_sub(1).max(self.from);
        (self.from.div_euclid(MINUTE)..=last.div_euclid(MINUTE)).map(|minute| (self.machine.clone(), minute))
    }
}

/// The minutes that are due, as the loader knows them.
#[derive(Debug, Default)]
pub(super) struct Bills(BTreeSet<Due>);

impl Bills {
    pub(super) fn read(connection: &Connection) -> duckdb::Result<Self> {
        let mut statement = connection.prepare("SELECT DISTINCT machine, minute FROM due_bill")?;
        let due = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self(due.collect::<duckdb::Result<_>>()?))
    }

    /// Marks what was touched as part of `transaction`; returns what is new.
    pub(super) fn mark(
        &self,
        transaction: &Transaction<'_>,
        touched: impl Iterator<Item = Touched>,
    ) -> duckdb::Result<BTreeSet<Due>> {
        let due: BTreeSet<Due> = touched
            .flat_map(|touched| touched.minutes().collect::<Vec<_>>())
            .filter(|due| !self.0.contains(due))
            .collect();
        if !due.is_empty() {
            let mut rows = transaction.appender("due_bill")?;
            for (machine, minute) in &due {
                rows.append_row(params![machine, minute])?;
            }
            rows.flush()?;
        }
        Ok(due)
    }

    /// After the commit of the transaction that marked them.
    pub(super) fn add(&mut self, mut marked: BTreeSet<Due>) {
        self.0.append(&mut marked);
    }

    /// Charges the first due minutes of a machine, an hour at most. Whether there was something to do.
    pub(super) fn settle(
        &mut self,
        connection: &mut Connection,
        rules: &Rules,
        stale: &mut Stale,
    ) -> duckdb::Result<bool> {
        let Some((machine, first, end)) = self.first_stretch() else { return Ok(false) };
        let transaction = connection.transaction()?;
        let starts = charge_stretch(&transaction, rules, &machine, (first, end))?;
        let marked = stale.mark(&transaction, starts.into_iter())?;
        transaction.execute(
            "DELETE FROM due_bill WHERE machine = ? AND minute >= ? AND minute < ?",
            params![machine, first, end],
        )?;
        transaction.commit()?;
        stale.add(marked);
        self.remove(&machine, (first, end));
        Ok(true)
    }

    /// The first machine, and its first due minutes that follow each other, an hour at most: until before the second.
    fn first_stretch(&self) -> Option<(String, i64, i64)> {
        let (machine, first) = self.0.first().cloned()?;
        let most = first.saturating_add(AT_ONCE);
        let end = (first..most).find(|minute| !self.0.contains(&(machine.clone(), *minute)));
        Some((machine, first, end.unwrap_or(most)))
    }

    fn remove(&mut self, machine: &str, (first, end): (i64, i64)) {
        for minute in first..end {
            self.0.remove(&(machine.to_owned(), minute));
        }
    }
}

/// Charges everything that was touched as part of `transaction`. Returns when calls start whose cost is another now.
pub(super) fn charge_now(
    transaction: &Transaction<'_>,
    rules: &Rules,
    touched: Vec<Touched>,
) -> duckdb::Result<Vec<i64>> {
    let mut due = Bills(touched.iter().flat_map(Touched::minutes).collect());
    let mut starts = Vec::new();
    while let Some((machine, first, end)) = due.first_stretch() {
        starts.extend(charge_stretch(transaction, rules, &machine, (first, end))?);
        due.remove(&machine, (first, end));
    }
    Ok(starts)
}

fn charge_stretch(
    transaction: &Transaction<'_>,
    rules: &Rules,
    machine: &str,
    (first, end): (i64, i64),
) -> duckdb::Result<Vec<i64>> {
    transaction.execute_batch("DELETE FROM temp.bill")?;
    let changed = charge(transaction, rules, machine, (first.saturating_mul(MINUTE), end.saturating_mul(MINUTE)))?;
    write(transaction, &changed)?;
    Ok(changed.iter().map(|call| call.work.start.0).collect())
}

/// What the calls touch that `statement` finds: their start, duration and price.
pub(super) fn touched(transaction: &Transaction<'_>, statement: &str) -> duckdb::Result<Vec<Touched>> {
    let mut statement = transaction.prepare(statement)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?)))?;
    let mut touched = Vec::new();
    for row in rows {
        let (start, lasted, price) = row?;
        touched.extend(price.as_deref().and_then(read_local_cost).map(|local| Touched::by(&local, start, lasted)));
    }
    Ok(touched)
}

/// A stored call that is charged by time.
struct Charged {
    work: Work,
    local: LocalCost,
    /// What it costs by token besides.
    by_token: i64,
    amount: Option<i64>,
    /// As it is stored.
    price: String,
}

/// Calls that overlap `range` and whose cost is another now, with that.
fn charge(
    transaction: &Transaction<'_>,
    rules: &Rules,
    machine: &str,
    range: (i64, i64),
) -> duckdb::Result<Vec<Charged>> {
    let due = overlapping(transaction, machine, range)?;
    let Some(hull) = hull(&due) else { return changed(due.into_iter(), rules, &[], &[]) };
    let all = overlapping(transaction, machine, hull)?;
    let readings = readings(transaction, machine, hull)?;
    let near: Vec<Work> = all.into_iter().map(|call| call.work).collect();
    changed(due.into_iter(), rules, &near, &readings)
}

/// From the first start to the last end of those that may share.
fn hull(calls: &[Charged]) -> Option<(i64, i64)> {
    let sharing = || calls.iter().map(|call| &call.work).filter(|work| work.end.since(work.start) < LONGEST_NS);
    Some((sharing().map(|work| work.start.0).min()?, sharing().map(|work| work.end.0).max()?))
}

fn changed(
    due: impl Iterator<Item = Charged>,
    rules: &Rules,
    near: &[Work],
    readings: &[Reading],
) -> duckdb::Result<Vec<Charged>> {
    let mut works: Vec<Work> = near.to_vec();
    let mut places: HashMap<(TraceId, SpanId), usize> =
        near.iter().enumerate().map(|(at, work)| ((work.trace_id, work.span_id), at)).collect();
    let due: Vec<Charged> = due.collect();
    for call in &due {
        places.entry((call.work.trace_id, call.work.span_id)).or_insert_with(|| {
            works.push(call.work.clone());
            works.len() - 1
        });
    }
    let states = rules.bill(&works, readings);
    let mut changed = Vec::new();
    for mut call in due {
        let Some(state) = places.get(&(call.work.trace_id, call.work.span_id)).map(|at| states[*at].clone()) else {
            continue;
        };
        let amount = match &state {
            LocalState::Billed(bill) => Some(bill.amount.0.saturating_add(call.by_token)),
            LocalState::Pending | LocalState::Without(_) => None,
        };
        call.local.state = state;
        let price = serde_json::to_string(&call.local).unwrap_or_default();
        if amount != call.amount || price != call.price {
            changed.push(Charged { amount, price, ..call });
        }
    }
    Ok(changed)
}

fn overlapping(
    transaction: &Transaction<'_>,
    machine: &str,
    (from, until): (i64, i64),
) -> duckdb::Result<Vec<Charged>> {
    let mut statement = transaction.prepare(sql::LOCAL_CALLS)?;
    let mut rows = statement.query(params![from.saturating_sub(LONGEST_NS), until.saturating_sub(1), from])?;
    let mut calls = Vec::new();
    while let Some(row) = rows.next()? {
        let price: String = row.get::<_, Option<String>>(6)?.unwrap_or_default();
        let Some(local) = read_local_cost(&price).filter(|local| local.machine == machine) else { continue };
        let start = UnixNanos(row.get(2)?);
        let lines = lines_from(row.get::<_, Option<String>>(7)?.as_deref().unwrap_or("[]"));
        calls.push(Charged {
            work: Work {
                trace_id: TraceId(row.get::<_, u128>(0)?.to_be_bytes()),
                span_id: SpanId(row.get::<_, u64>(1)?.to_be_bytes()),
                start,
                end: start.saturating_add(row.get(3)?),
                rule: local.rule.clone(),
                counted: row.get::<_, Option<bool>>(4)?.unwrap_or(false),
            },
            by_token: lines.iter().fold(0, |sum: i64, line| sum.saturating_add(line.amount.0)),
            amount: row.get(5)?,
            local,
            price,
        });
    }
    Ok(calls)
}

fn readings(transaction: &Transaction<'_>, machine: &str, (from, until): (i64, i64)) -> duckdb::Result<Vec<Reading>> {
    let mut statement = transaction.prepare(sql::LOCAL_READINGS)?;
    // The reading next to the last that reaches here says where that ends.
    let (from, until) = (from.saturating_sub(2 * REACH_NS), until.saturating_add(2 * REACH_NS));
    let mut rows = statement.query(params![POWER, POWER_SERVICE, from, until])?;
    let mut readings = Vec::new();
    while let Some(row) = rows.next()? {
        let attributes: Option<String> = row.get(2)?;
        let watts: Option<f64> = row.get(1)?;
        if let Some(watts) = watts.filter(|watts| *watts >= 0.0)
            && attributes.as_deref().and_then(machine_in).is_some_and(|of| of == machine)
        {
            readings.push(Reading { time: UnixNanos(row.get(0)?), milliwatts: (watts * 1000.0).round() as u64 });
        }
    }
    Ok(readings)
}

/// The machine that the attributes of a reading name.
fn machine_in(attributes: &str) -> Option<String> {
    let attributes: serde_json::Map<String, serde_json::Value> = serde_json::from_str(attributes).ok()?;
    Some(attributes.get(MACHINE)?.as_str()?.to_owned())
}

/// Stores new costs, and the sums of the traces they are in.
fn write(transaction: &Transaction<'_>, changed: &[Charged]) -> duckdb::Result<()> {
    let starts = || changed.iter().map(|call| call.work.start.0);
    let (Some(first), Some(last)) = (starts().min(), starts().max()) else { return Ok(()) };
    let mut bills = transaction.appender_to_catalog_and_db("bill", "temp", "main")?;
    for call in changed {
        let (trace, span) = (trace_number(call.work.trace_id), span_number(call.work.span_id));
        bills.append_row(params![trace, span, call.amount, call.local.state.reason(), call.price])?;
    }
    bills.flush()?;
    drop(bills);
    transaction.execute(sql::UPDATE_BILLS, params![first, last])?;
    let range: (Option<i64>, Option<i64>) =
        transaction.query_row(sql::BILLED_RANGE, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if let (Some(first), Some(last)) = range {
        transaction.execute(sql::UPDATE_BILLED_TRACES, params![first, last, first, last])?;
    }
    Ok(())
}

impl Analytics {
    /// The costs of the calls of `trace` that are charged by the time they took on a machine at home.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn local_costs(&self, trace: TraceId) -> Result<HashMap<SpanId, Cost>, Error> {
        let number = trace_number(trace);
        let ask = move |connection: &Connection| {
            let mut statement = connection.prepare(
                "SELECT span_id, cost_nano, cost_reason, reported_nano, price, cost_buckets FROM span \
                 WHERE cost_basis = 'local' AND trace_id = ?",
            )?;
            let rows = statement.query_map(params![number], |row| {
                let columns = CostColumns::local(row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?);
                Ok((SpanId(row.get::<_, u64>(0)?.to_be_bytes()), columns.into_cost()))
            })?;
            rows.collect::<duckdb::Result<HashMap<_, _>>>()
        };
        self.readers.ask(ask).await
    }
}
