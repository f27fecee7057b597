//! Sums of counted calls by hour and one dimension, so that a month's board reads thousands of rows, not millions.
//!
//! Exact at every moment: the transaction that stores a span also marks the hour of its start in `stale_hour`;
//! questions take stale hours from the calls themselves and all others from `hourly`. The loader recomputes
//! stale hours that are over, from the calls, when it has nothing else to do.

use std::collections::BTreeSet;

use duckdb::{Connection, Transaction, params};

use super::{Dimension, Filter, sql};
use crate::model::UnixNanos;
use crate::model::time::NANOS_PER_SECOND;

pub(super) const HOUR: i64 = 3600 * NANOS_PER_SECOND;

/// An hour is recomputed this long after its end: most of what belongs to it has then arrived.
const GRACE: i64 = 300 * NANOS_PER_SECOND;

/// Hours recomputed in one transaction: a day, some hundred thousand calls on a busy appliance.
const AT_ONCE: usize = 24;

/// More separate ranges of raw hours than this make one scan of all calls the better plan.
const MOST_RANGES: usize = 12;

/// What has rows in `hourly`; a session has about as many hours as calls, and is not worth it.
fn is_kept(dimension: Dimension) -> bool {
    dimension != Dimension::Session
}

/// The name of the rows that sum up everything.
const ALL: &str = "all";

/// Which hours cannot be taken from `hourly`, as the loader knows it.
#[derive(Debug, Default)]
pub(super) struct Stale {
    hours: BTreeSet<i64>,
}

impl Stale {
    pub(super) fn read(connection: &Connection) -> duckdb::Result<Self> {
        Ok(Self { hours: read_stale(connection)? })
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

    /// Recomputes the oldest stale hours that are over at `now`, a day's worth at most. Returns how many.
    pub(super) fn settle(&mut self, connection: &mut Connection, now: UnixNanos) -> duckdb::Result<usize> {
        // Somebody who deleted old rows may have marked hours, too.
        self.hours = read_stale(connection)?;
        let over = self.hours.iter().copied().take_while(|hour| (hour + 1).saturating_mul(HOUR) + GRACE <= now.0);
        let settled: Vec<i64> = over.take(AT_ONCE).collect();
        if settled.is_empty() {
            return Ok(0);
        }
        let transaction = connection.transaction()?;
        for (first, last) in ranges(&settled) {
            transaction.execute("DELETE FROM hourly WHERE hour BETWEEN ? AND ?", params![first, last])?;
            transaction.execute("DELETE FROM stale_hour WHERE hour BETWEEN ? AND ?", params![first, last])?;
            let (start, end) = (first.saturating_mul(HOUR), (last + 1).saturating_mul(HOUR));
            let kept = Dimension::ALL.iter().copied().filter(|dimension| is_kept(*dimension));
            let columns = kept.map(|dimension| (dimension.as_str(), dimension.column())).chain([(ALL, "NULL")]);
            for (name, column) in columns {
                let statement = sql::fill(sql::SETTLE_HOURS, &[("column", column)]);
                transaction.execute(&statement, params![name, start, end])?;
            }
        }
        transaction.commit()?;
        for hour in &settled {
            self.hours.remove(hour);
        }
        Ok(settled.len())
    }
}

/// Marks every hour with sums until `last`, after rows from that time were deleted.
pub(super) fn mark_until(transaction: &Transaction<'_>, last: i64) -> duckdb::Result<()> {
    let statement = "INSERT INTO stale_hour SELECT DISTINCT hour FROM hourly WHERE hour <= ?";
    transaction.execute(statement, params![last.div_euclid(HOUR)]).map(drop)
}

fn read_stale(connection: &Connection) -> duckdb::Result<BTreeSet<i64>> {
    let mut statement = connection.prepare("SELECT DISTINCT hour FROM stale_hour")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// The runs of consecutive hours in `hours`, which are sorted: first and last of each.
fn ranges(hours: &[i64]) -> Vec<(i64, i64)> {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for hour in hours {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *hour => *last = *hour,
            _ => ranges.push((*hour, *hour)),
        }
    }
    ranges
}

/// The relation that stands for `counted_call` when sums of calls that match `filter` are asked for, by the dimensions
/// `by`: the calls themselves, or hourly sums where these give the same. `cuts` are times at which the answer is
/// split. Read it in one transaction with the question.
pub(super) fn source(
    connection: &Connection,
    filter: &Filter,
    by: &[Dimension],
    cuts: &[i64],
) -> duckdb::Result<String> {
    let raw = || Ok("counted_call".to_owned());
    let asked: BTreeSet<&str> = by
        .iter()
        .chain(filter.any_of.iter().map(|(dimension, _)| dimension))
        .map(|dimension| dimension.as_str())
        .collect();
    let plain = Filter { since: filter.since, until: filter.until, any_of: filter.any_of.clone(), ..Filter::default() };
    let kept = by.iter().chain(filter.any_of.iter().map(|(dimension, _)| dimension)).all(|one| is_kept(*one));
    if asked.len() > 1 || !kept || plain != *filter {
        return raw();
    }
    let dimension = asked.first().and_then(|name| Dimension::from_name(name));
    let first = filter.since.map_or(i64::MIN / HOUR, |since| since.0.div_euclid(HOUR));
    let last = filter.until.map_or(i64::MAX / HOUR, |until| until.0.saturating_sub(1).div_euclid(HOUR));
    let bounds = [filter.since, filter.until].into_iter().flatten().map(|time| time.0);
    let split = bounds.chain(cuts.iter().copied()).filter(|cut| cut.rem_euclid(HOUR) != 0);
    let mut single = read_stale(connection)?;
    single.extend(split.map(|cut| cut.div_euclid(HOUR)));
    let single: Vec<i64> = single.into_iter().filter(|hour| (first..=last).contains(hour)).collect();
    let single = ranges(&single);
    if single.len() > MOST_RANGES {
        return raw();
    }
    Ok(union(dimension, (first, last), &single))
}

/// `hourly` between two hours but for `single`, which are taken from the calls. Only numbers and names of ours are
/// written into the text.
fn union(dimension: Option<Dimension>, (first, last): (i64, i64), single: &[(i64, i64)]) -> String {
    const SUMS: &str = "calls, errors, unpriced_calls, input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, \
                        audio_input, audio_output, image_input, tokens, cost_nano";
    let name = dimension.map_or(ALL, Dimension::as_str);
    let (value, column) = dimension.map_or((String::new(), String::new()), |dimension| {
        (format!("value AS {}, ", dimension.column()), format!("{}, ", dimension.column()))
    });
    let mut sql = format!(
        "(SELECT hour * {HOUR} AS start_ns, {value}{SUMS} FROM hourly WHERE dimension = '{name}' AND hour BETWEEN {first} AND {last}"
    );
    for (from, to) in single {
        sql.push_str(&format!(" AND NOT (hour BETWEEN {from} AND {to})"));
    }
    for (from, to) in single {
        let (start, end) = (from.saturating_mul(HOUR), (to + 1).saturating_mul(HOUR));
        sql.push_str(&format!(
            " UNION ALL SELECT start_ns, {column}{SUMS} FROM counted_call WHERE start_ns >= {start} AND start_ns < {end}"
        ));
    }
    sql.push(')');
    sql
}
