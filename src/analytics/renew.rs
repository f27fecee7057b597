//! The switch of a reindex: rows of some traces are replaced by those of a second database, in one transaction.

use std::collections::BTreeMap;

use duckdb::{Connection, Transaction};
use tokio::sync::watch;

use super::load::Store;
use super::local::{self, Touched};
use super::{Error, rollup, sql};
use crate::interpret::local::Rules;
use crate::model::{NanoUsd, UnixNanos};

/// What is read anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renew {
    /// Everything.
    Everything,
    /// Costs only: tokens, names and what counts stay as they were read first.
    Prices,
    /// Everything, but a call whose model, provider and tokens come out as before keeps its cost.
    Dialects,
}

/// Sums over counted calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RenewalSums {
    pub calls: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Of the calls that have an amount.
    pub cost: NanoUsd,
    pub unpriced_calls: u64,
}

/// What a reindex came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Renewal {
    pub traces: u64,
    /// Traces left as they were, because the journal no longer has all of their spans.
    pub kept_traces: u64,
    pub before: RenewalSums,
    pub after: RenewalSums,
    /// Models whose sums are others now: before and after. An empty name stands for calls without one.
    pub models: Vec<(String, RenewalSums, RenewalSums)>,
}

/// Columns that say what a call cost and why.
const COST: &[&str] = &[
    "cost_nano",
    "cost_basis",
    "cost_reason",
    "reported_nano",
    "computed_nano",
    "saved_nano",
    "price",
    "cost_buckets",
];

/// Columns by which a call has the same price as before.
const PRICED_BY: &[&str] = &[
    "provider",
    "model",
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "output",
    "reasoning",
    "audio_input",
    "audio_output",
    "image_input",
    "image_output",
];

impl Renew {
    /// Old rows that the second database lacks are of no use, except where only their cost is asked for.
    fn join(self) -> &'static str {
        if self == Self::Prices { "RIGHT JOIN" } else { "LEFT JOIN" }
    }

    /// Of which row, old or new, a trace takes what is not renewed.
    fn whose(self) -> &'static str {
        if self == Self::Prices { "o" } else { "n" }
    }

    /// The columns of a renewed span.
    fn columns(self) -> String {
        let same = PRICED_BY.iter().map(|column| format!("o.{column} IS NOT DISTINCT FROM n.{column}"));
        let (row, keeps) = match self {
            Self::Everything => ("n", "false".to_owned()),
            Self::Prices => ("o", "n.trace_id IS NULL".to_owned()),
            Self::Dialects => ("n", format!("o.operation IS NOT NULL AND {}", same.collect::<Vec<_>>().join(" AND "))),
        };
        let mut replaced: Vec<String> = COST
            .iter()
            .map(|column| format!("CASE WHEN {keeps} THEN o.{column} ELSE n.{column} END AS {column}"))
            .collect();
        for preview in ["input_preview", "output_preview"] {
            let first = if self == Self::Prices { "o" } else { "n" };
            let second = if self == Self::Prices { "n" } else { "o" };
            replaced.push(format!("coalesce({first}.{preview}, {second}.{preview}) AS {preview}"));
        }
        format!("{row}.* REPLACE ({})", replaced.join(", "))
    }
}

impl Store {
    /// Takes the rows of traces that start from `since` until before `until` from the database attached as `next`, all
    /// or nothing. Gives up when `stop` says so.
    pub(super) fn renew(
        &mut self,
        next: &str,
        (since, until): (i64, i64),
        renew: Renew,
        rules: &Rules,
        stop: &watch::Receiver<bool>,
    ) -> Result<Renewal, Error> {
        let before = sums(self.connection(), (since, until))?;
        let mut renewal = Renewal::default();
        let (transaction, stale, ..) = self.transaction()?;
        let (mut hours, mut touched) = (Vec::new(), Vec::new());
        for hour in hours_of(&transaction, next, (since, until))? {
            if *stop.borrow() {
                return Err(Error::Closed);
            }
            let window =
                (since.max(hour.saturating_mul(rollup::HOUR)), until.min((hour + 1).saturating_mul(rollup::HOUR)));
            renewal.traces += renew_window(&transaction, next, window, renew, (&mut hours, &mut touched))?;
        }
        // Calls that are renewed may be told by others than before.
        for table in ["teller", "execution", "joined"] {
            let take = format!("INSERT INTO main.{table} SELECT * FROM {next}.{table} EXCEPT FROM main.{table}");
            transaction.execute_batch(&take)?;
        }
        let charged = local::charge_now(&transaction, rules, touched)?;
        hours.extend(charged.into_iter().map(|start| start.div_euclid(rollup::HOUR)));
        let marked = stale.mark(&transaction, hours.into_iter().map(|hour| hour * rollup::HOUR))?;
        transaction.commit()?;
        stale.add(marked);
        self.save_now()?;
        self.recall()?;
        let stored: u64 = self.connection().query_row(
            "SELECT count(*) FROM trace WHERE start_ns >= ? AND start_ns < ?",
            [since, until],
            |row| row.get(0),
        )?;
        renewal.kept_traces = stored.saturating_sub(renewal.traces);
        compare(&mut renewal, before, sums(self.connection(), (since, until))?);
        Ok(renewal)
    }
}

/// Hours in which traces start that may be renewed.
fn hours_of(transaction: &Transaction<'_>, next: &str, range: (i64, i64)) -> duckdb::Result<Vec<i64>> {
    let statement = format!(
        "SELECT DISTINCT start_ns // {} FROM {next}.trace WHERE start_ns >= ? AND start_ns < ? ORDER BY 1",
        rollup::HOUR
    );
    let mut statement = transaction.prepare(&statement)?;
    statement.query_map([range.0, range.1], |row| row.get(0))?.collect()
}

/// Renews the traces of an hour: more at once would not fit into the memory that DuckDB has. Says how many there were.
fn renew_window(
    transaction: &Transaction<'_>,
    next: &str,
    (from, to): (i64, i64),
    renew: Renew,
    (hours, touched): (&mut Vec<i64>, &mut Vec<Touched>),
) -> duckdb::Result<u64> {
    let (from, to) = (from.to_string(), to.to_string());
    // Where only costs are renewed, a trace that was never stored has none to renew.
    let traces = if renew == Renew::Prices { "JOIN" } else { "LEFT JOIN" };
    let fragments = [("next", next), ("from", &from), ("to", &to), ("join", traces)];
    transaction.execute_batch(&sql::fill(sql::RENEW_TRACES, &fragments))?;
    let found: (u64, Option<i64>, Option<i64>) =
        transaction.query_row("SELECT count(*), min(first_ns), max(last_ns) FROM renewed", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let (count, Some(first), Some(last)) = found else { return Ok(0) };
    let (first, last, unit, list) = (first.to_string(), last.to_string(), rollup::HOUR.to_string(), renew.columns());
    let fragments = [
        ("next", next),
        ("from", &from),
        ("to", &to),
        ("first", &first),
        ("last", &last),
        ("unit", &unit),
        ("list", &list),
        ("join", renew.join()),
        ("whose", renew.whose()),
    ];
    transaction.execute_batch(&sql::fill(sql::RENEW_SPANS, &fragments))?;
    transaction.execute_batch(&sql::fill(sql::RENEW_TRACE_ROWS, &fragments))?;
    touched.extend(local::touched(transaction, &sql::fill(sql::RENEWED_LOCAL, &fragments))?);
    transaction.execute_batch(&sql::fill(sql::RENEW, &fragments))?;
    let mut statement = transaction.prepare("SELECT hour FROM changed_hour")?;
    for hour in statement.query_map([], |row| row.get(0))? {
        hours.push(hour?);
    }
    Ok(count)
}

type ByModel = BTreeMap<String, RenewalSums>;

fn sums(connection: &Connection, (from, to): (i64, i64)) -> duckdb::Result<ByModel> {
    let (from, to) = (from.to_string(), to.to_string());
    let mut statement = connection.prepare(&sql::fill(sql::RENEWAL_SUMS, &[("from", &from), ("to", &to)]))?;
    let rows = statement.query_map([], |row| {
        let tokens = |number: Option<i64>| u64::try_from(number.unwrap_or_default()).unwrap_or_default();
        let sums = RenewalSums {
            calls: row.get(1)?,
            input_tokens: tokens(row.get(2)?),
            output_tokens: tokens(row.get(3)?),
            cost: NanoUsd(row.get::<_, Option<i64>>(4)?.unwrap_or_default()),
            unpriced_calls: row.get(5)?,
        };
        Ok((row.get(0)?, sums))
    })?;
    rows.collect()
}

fn compare(renewal: &mut Renewal, before: ByModel, after: ByModel) {
    renewal.before = total(&before);
    renewal.after = total(&after);
    let mut both: BTreeMap<String, (RenewalSums, RenewalSums)> = BTreeMap::new();
    for (model, sums) in before {
        both.entry(model).or_default().0 = sums;
    }
    for (model, sums) in after {
        both.entry(model).or_default().1 = sums;
    }
    let changed = both.into_iter().filter(|(_, (before, after))| before != after);
    renewal.models = changed.map(|(model, (before, after))| (model, before, after)).collect();
}

fn total(models: &ByModel) -> RenewalSums {
    models.values().fold(RenewalSums::default(), |sum, one| RenewalSums {
        calls: sum.calls + one.calls,
        input_tokens: sum.input_tokens + one.input_tokens,
        output_tokens: sum.output_tokens + one.output_tokens,
        cost: NanoUsd(sum.cost.0.saturating_add(one.cost.0)),
        unpriced_calls: sum.unpriced_calls + one.unpriced_calls,
    })
}

/// The range of time as numbers; without an end everything that came until now, and what is said to come later.
pub(super) fn bounds(since: Option<UnixNanos>, until: Option<UnixNanos>) -> (i64, i64) {
    (since.map_or(i64::MIN, |time| time.0), until.map_or(i64::MAX, |time| time.0))
}
