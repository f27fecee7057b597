//! Sums and histograms of counted calls, and counts of traces, by hour and by day, so that a month's board reads thousands of rows, not
//! millions.
//!
//! Exact at every moment: the transaction that stores a span also marks the hours of its and its trace's start in `stale_hour`;
//! questions take stale hours, and days that have one, from the calls themselves; see `source`. The loader sums up
//! stale hours that are over, and days that are, when it has nothing else to do.

pub(super) mod calls;
pub(super) mod source;

use std::collections::BTreeSet;

use duckdb::{Connection, Transaction, params};

use super::filter::{Held, tag};
use super::{Dimension, sql};
use crate::model::UnixNanos;
use crate::model::time::NANOS_PER_SECOND;

pub(super) const HOUR: i64 = 3600 * NANOS_PER_SECOND;
pub(super) const DAY: i64 = HOURS_A_DAY * HOUR;
const HOURS_A_DAY: i64 = 24;

/// An hour is recomputed this long after its end: most of what belongs to it has then arrived.
const GRACE: i64 = 300 * NANOS_PER_SECOND;

/// Hours recomputed in one transaction: a quarter of a day, some ten thousand calls on a busy appliance. Meanwhile
/// nothing is loaded.
const AT_ONCE: usize = 6;

/// How calls are summed up besides by the dimensions: all of them, and those without an amount by the reason why.
const ALL: &str = "all";
const REASON: &str = "reason";

/// What is counted in steps of 2 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Latency,
    Ttft,
}

impl Measure {
    pub(super) const BOTH: [Self; 2] = [Self::Latency, Self::Ttft];

    fn as_str(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Ttft => "ttft",
        }
    }

    fn column(self) -> &'static str {
        match self {
            Self::Latency => "duration_ns",
            Self::Ttft => "ttft_ns",
        }
    }
}

/// Which hours cannot be taken from `hourly`, as the loader knows it.
#[derive(Debug, Default)]
pub(super) struct Stale {
    hours: BTreeSet<i64>,
    /// The day until which days were looked at that may be summed up; nothing to do there since.
    days_until: Option<i64>,
}

impl Stale {
    pub(super) fn read(connection: &Connection) -> duckdb::Result<Self> {
        Ok(Self { hours: read_stale(connection)?, days_until: None })
    }

    /// Marks the hours of `starts` as part of `transaction`; returns those that are new.
    pub(super) fn mark(
        &self,
        transaction: &Transaction<'_>,
        starts: impl Iterator<Item = i64>,
    ) -> duckdb::Result<BTreeSet<i64>> {
        let new: BTreeSet<i64> =
            starts.map(|start| start.div_euclid(HOUR)).filter(|hour| !self.hours.contains(hour)).collect();
        if !new.is_empty() {
            let mut rows = transaction.appender("stale_hour")?;
            for hour in &new {
                rows.append_row([hour])?;
            }
            rows.flush()?;
        }
        Ok(new)
    }

    /// After the commit of the transaction that marked them.
    pub(super) fn add(&mut self, mut marked: BTreeSet<i64>) {
        self.hours.append(&mut marked);
    }

    /// Recomputes the oldest stale hours that are over at `now`, a few at most; when there are none, a day. Returns
    /// how many hours and days were; 0 when nothing is left to do.
    pub(super) fn settle(&mut self, connection: &mut Connection, now: UnixNanos) -> duckdb::Result<usize> {
        // Somebody who deleted old rows may have marked hours, too.
        self.hours = read_stale(connection)?;
        let over = self.hours.iter().copied().take_while(|hour| (hour + 1).saturating_mul(HOUR) + GRACE <= now.0);
        let hours: Vec<i64> = over.take(AT_ONCE).collect();
        if hours.is_empty() {
            return self.settle_day(connection, now);
        }
        let transaction = connection.transaction()?;
        for (first, last) in ranges(hours.iter().copied()) {
            settle_hours(&transaction, first, last)?;
        }
        transaction.commit()?;
        self.days_until = None;
        for hour in &hours {
            self.hours.remove(hour);
        }
        Ok(hours.len())
    }

    /// Sums up the oldest day that is over, has no stale hour, and is not summed up yet.
    fn settle_day(&mut self, connection: &mut Connection, now: UnixNanos) -> duckdb::Result<usize> {
        let today = (now.0 - GRACE).div_euclid(DAY);
        if self.days_until == Some(today) {
            return Ok(0);
        }
        let transaction = connection.transaction()?;
        let stale: BTreeSet<i64> =
            read_stale(&transaction)?.into_iter().map(|hour| hour.div_euclid(HOURS_A_DAY)).collect();
        let waiting = read_numbers(&transaction, sql::UNSETTLED_DAYS)?;
        let Some(day) = waiting.into_iter().find(|day| *day < today && !stale.contains(day)) else {
            self.days_until = Some(today);
            return Ok(0);
        };
        let (first, last) = (day * HOURS_A_DAY, day * HOURS_A_DAY + HOURS_A_DAY - 1);
        transaction.execute(&sql::fill(sql::SETTLE_DAY, &[]), params![first, last])?;
        transaction.execute(sql::SETTLE_DAY_STEPS, params![first, last])?;
        let by_session = Summed { value: Dimension::Session.column(), ..Summed::plain("daily", DAY) };
        by_session.execute(&transaction, Dimension::Session.as_str(), day * DAY, (day + 1) * DAY)?;
        transaction.execute("INSERT INTO whole_day VALUES (?)", params![day])?;
        transaction.commit()?;
        Ok(1)
    }
}

/// The name of the rows that count traces by a dimension.
fn traces_by(dimension: Dimension) -> String {
    format!("traces by {}", dimension.as_str())
}

/// Every value of a dimension at each trace, as a column `value` beside the trace's; `None` where that is a column, which
/// is counted as fast. But for sessions, where it is the largest of all.
fn values_at_traces(dimension: Dimension) -> Option<String> {
    let list = match dimension.in_trace() {
        Held::Column(column) if dimension == Dimension::Session => {
            return Some(format!("(SELECT {column} AS value, * FROM trace WHERE {column} IS NOT NULL)"));
        }
        Held::Column(_) => return None,
        Held::List(column) => column.to_owned(),
        Held::More => {
            let tag = tag(dimension, "");
            let behind = tag.len() + 1;
            format!("[substr(one, {behind}) FOR one IN more IF starts_with(one, '{tag}')]")
        }
    };
    Some(format!("(SELECT unnest({list}) AS value, * FROM trace)"))
}

/// Sums up the hours `first` to `last` anew. Their days are to be summed up again after that.
fn settle_hours(transaction: &Transaction<'_>, first: i64, last: i64) -> duckdb::Result<()> {
    for table in ["hourly", "hourly_steps", "stale_hour"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE hour BETWEEN ? AND ?"), params![first, last])?;
    }
    let (first_day, last_day) = (first.div_euclid(HOURS_A_DAY), last.div_euclid(HOURS_A_DAY));
    for table in ["daily", "daily_steps", "whole_day"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE day BETWEEN ? AND ?"), params![first_day, last_day])?;
    }
    let (start, end) = (first.saturating_mul(HOUR), (last + 1).saturating_mul(HOUR));
    let plain = Summed::plain("hourly", HOUR);
    plain.execute(transaction, ALL, start, end)?;
    let by_reason = Summed { value: "cost_reason", condition: "unpriced", ..plain };
    by_reason.execute(transaction, REASON, start, end)?;
    for dimension in Dimension::ALL {
        let by = Summed { value: dimension.column(), ..plain };
        let by = match dimension {
            // Only by day.
            Dimension::Session => continue,
            // Among the rows by model.
            Dimension::Provider => continue,
            Dimension::Tag => Summed { calls: calls::calls_by(&[Dimension::Tag]), ..by },
            Dimension::Model => Summed { provider: "provider", first: "min(first_ns)", last: "max(last_ns)", ..by },
            _ => by,
        };
        by.execute(transaction, dimension.as_str(), start, end)?;
    }
    for dimension in Dimension::ALL {
        let Some(values) = values_at_traces(*dimension) else { continue };
        let statement = sql::fill(sql::SETTLE_TRACES, &[("source", values.as_str())]);
        transaction.execute(&statement, params![traces_by(*dimension), start, end])?;
    }
    for measure in Measure::BOTH {
        let statement = sql::fill(sql::SETTLE_STEPS, &[("value", measure.column())]);
        transaction.execute(&statement, params![measure.as_str(), start, end])?;
    }
    Ok(())
}

/// Fragments of the statement that sums up calls by one dimension.
#[derive(Debug, Clone, Copy)]
struct Summed {
    table: &'static str,
    unit: i64,
    value: &'static str,
    provider: &'static str,
    first: &'static str,
    last: &'static str,
    condition: &'static str,
    calls: &'static str,
}

impl Summed {
    fn plain(table: &'static str, unit: i64) -> Self {
        let nothing = "NULL";
        Self {
            table,
            unit,
            value: nothing,
            provider: nothing,
            first: nothing,
            last: nothing,
            condition: "true",
            calls: "counted_call",
        }
    }

    fn execute(&self, transaction: &Transaction<'_>, name: &str, start: i64, end: i64) -> duckdb::Result<()> {
        let unit = self.unit.to_string();
        let fragments = [
            ("table", self.table),
            ("unit", &unit),
            ("value", self.value),
            ("provider", self.provider),
            ("first", self.first),
            ("last", self.last),
            ("condition", self.condition),
            ("calls", self.calls),
        ];
        transaction.execute(&sql::fill(sql::SETTLE_SUMS, &fragments), params![name, start, end]).map(drop)
    }
}

/// Marks every hour with sums until `last`, after rows from that time were deleted.
pub(super) fn mark_until(transaction: &Transaction<'_>, last: i64) -> duckdb::Result<()> {
    let statement = "INSERT INTO stale_hour SELECT DISTINCT hour FROM hourly WHERE hour <= ?";
    transaction.execute(statement, params![last.div_euclid(HOUR)]).map(drop)
}

fn read_stale(connection: &Connection) -> duckdb::Result<BTreeSet<i64>> {
    read_numbers(connection, "SELECT DISTINCT hour FROM stale_hour")
}

fn read_numbers(connection: &Connection, sql: &str) -> duckdb::Result<BTreeSet<i64>> {
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// The runs of consecutive numbers among `sorted`: first and last of each.
fn ranges(sorted: impl Iterator<Item = i64>) -> Vec<(i64, i64)> {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for number in sorted {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    ranges
}
