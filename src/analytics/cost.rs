//! Counted calls summed up by dimensions and buckets of time.

use std::collections::HashMap;

use duckdb::types::Value;
use duckdb::{Connection, Row};

use super::query::Query;
use super::rollup::source::Known;
use super::row::Cells;
use super::{Analytics, Buckets, Dimension, Error, Filter, sql};
use crate::model::{NanoUsd, TokenUsage, UnixNanos};

/// Most rows of an answer.
pub(super) const MOST_ROWS: usize = 10_000;

#[derive(Debug, Clone, PartialEq)]
pub struct CostQuestion {
    pub filter: Filter,
    pub group_by: Vec<Dimension>,
    pub buckets: Option<Buckets>,
    /// Whether sessions are counted, which is done from the calls themselves.
    pub sessions: bool,
}

/// Sums over counted calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    pub calls: u64,
    pub errors: u64,
    pub usage: TokenUsage,
    /// `None` when no call has an amount.
    pub cost: Option<NanoUsd>,
    pub unpriced_calls: u64,
    /// Output tokens, reasoning included, of the calls that have an amount.
    pub priced_output: u64,
    /// What caching saved; negative when writing to the cache cost more. `None` where nothing was cached.
    pub saved: Option<NanoUsd>,
    /// Amount of calls that failed and were billed all the same.
    pub failed_cost: Option<NanoUsd>,
    /// Calls that repeat one that failed, and their amount.
    pub retries: u64,
    pub retry_cost: Option<NanoUsd>,
}

/// Sessions of a group, and what the calls that name one cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionSums {
    pub sessions: u64,
    pub cost: Option<NanoUsd>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostRow {
    pub bucket_start: Option<UnixNanos>,
    /// One per dimension asked for, in that order; `None` for calls that carry none.
    pub group: Vec<Option<String>>,
    pub sums: Sums,
    /// `None` unless asked for.
    pub sessions: Option<SessionSums>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostAnswer {
    /// In order of time, then most expensive first.
    pub rows: Vec<CostRow>,
    /// Over all calls, each once, also those of groups that are not among `rows`.
    pub total: CostRow,
    /// There are more than ten thousand groups.
    pub truncated: bool,
}

impl Sums {
    pub(super) fn read(cells: &mut Cells<'_, '_>) -> duckdb::Result<Self> {
        Ok(Self {
            calls: cells.sum()?,
            errors: cells.sum()?,
            usage: cells.usage_sums()?,
            cost: cells.sum_nano()?,
            unpriced_calls: cells.sum()?,
            priced_output: cells.sum()?,
            saved: cells.sum_nano()?,
            failed_cost: cells.sum_nano()?,
            retries: cells.sum()?,
            retry_cost: cells.sum_nano()?,
        })
    }
}

impl Analytics {
    /// Sums of each group in each bucket of time that has calls.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn cost(&self, question: &CostQuestion) -> Result<CostAnswer, Error> {
        let question = question.clone();
        self.readers.ask(move |connection| answer(&*connection.unchecked_transaction()?, &question)).await
    }
}

fn answer(connection: &Connection, question: &CostQuestion) -> duckdb::Result<CostAnswer> {
    let mut rows = rows(connection, question)?;
    let truncated = rows.len() > MOST_ROWS;
    rows.truncate(MOST_ROWS);
    let whole = CostQuestion { group_by: Vec::new(), buckets: None, ..question.clone() };
    let none = CostRow { bucket_start: None, group: Vec::new(), sums: Sums::default(), sessions: None };
    let mut total = self::rows(connection, &whole)?.pop().unwrap_or(none);
    if question.sessions {
        add_sessions(connection, question, &mut rows)?;
        add_sessions(connection, &whole, std::slice::from_mut(&mut total))?;
    }
    Ok(CostAnswer { rows, total, truncated })
}

fn rows(connection: &Connection, question: &CostQuestion) -> duckdb::Result<Vec<CostRow>> {
    let mut asked = Asked::of(connection, question, &question.group_by, [sql::COST, sql::COST_OVER_TIME])?;
    asked.values.push(Value::BigInt(MOST_ROWS as i64 + 1));
    let starts = question.buckets.as_ref().map(Buckets::starts);
    let mut query = Query::new(connection, &asked.sql, asked.values)?;
    let rows = query.map(|row| {
        let (bucket_start, group, mut cells) = read_group(row, question.group_by.len(), starts)?;
        Ok(CostRow { bucket_start, group, sums: Sums::read(&mut cells)?, sessions: None })
    })?;
    rows.collect()
}

type Key = (Option<UnixNanos>, Vec<Option<String>>);

fn add_sessions(connection: &Connection, question: &CostQuestion, rows: &mut [CostRow]) -> duckdb::Result<()> {
    let by: Vec<Dimension> = question.group_by.iter().copied().chain([Dimension::Session]).collect();
    let asked = Asked::of(connection, question, &by, [sql::COST_SESSIONS, sql::COST_SESSIONS_OVER_TIME])?;
    let starts = question.buckets.as_ref().map(Buckets::starts);
    let mut query = Query::new(connection, &asked.sql, asked.values)?;
    let counted = query.map(|row| {
        let (bucket_start, group, mut cells) = read_group(row, question.group_by.len(), starts)?;
        Ok(((bucket_start, group), SessionSums { sessions: cells.sum()?, cost: cells.sum_nano()? }))
    })?;
    let counted: HashMap<Key, SessionSums> = counted.collect::<duckdb::Result<_>>()?;
    for row in rows {
        row.sessions = Some(counted.get(&(row.bucket_start, row.group.clone())).copied().unwrap_or_default());
    }
    Ok(())
}

/// A statement that groups by bucket and dimensions, with its values.
struct Asked {
    sql: String,
    values: Vec<Value>,
}

impl Asked {
    /// `templates` are the one without and the one with buckets; `by` is what the relation must tell.
    fn of(
        connection: &Connection,
        question: &CostQuestion,
        by: &[Dimension],
        [plain, over_time]: [&str; 2],
    ) -> duckdb::Result<Self> {
        let conditions = question.filter.on_spans();
        let names = question.group_by.iter().map(|dimension| format!("{}, ", dimension.column()));
        let dimensions: String = names.collect();
        let cuts = question.buckets.as_ref().map(Buckets::cuts).unwrap_or_default();
        let (template, starts, unit) = match &question.buckets {
            None => (plain, String::new(), String::new()),
            Some(buckets) => (over_time, buckets.starts_sql(), buckets.unit().to_string()),
        };
        let source = Known::read(connection)?.sums(&question.filter, by, &cuts);
        let fragments = [
            ("starts", &*starts),
            ("unit", &unit),
            ("dimensions", &dimensions),
            ("filter", conditions.sql()),
            ("source", &source),
        ];
        let sql = sql::fill(template, &fragments);
        Ok(Self { sql, values: conditions.values })
    }
}

fn read_group<'r, 'stmt>(
    row: &'r Row<'stmt>,
    width: usize,
    starts: Option<&[UnixNanos]>,
) -> duckdb::Result<(Option<UnixNanos>, Vec<Option<String>>, Cells<'r, 'stmt>)> {
    let mut cells = Cells::of(row);
    let bucket: i64 = cells.take()?;
    let bucket_start = starts.and_then(|starts| starts.get(usize::try_from(bucket).ok()?).copied());
    let group = (0..width).map(|_| cells.take()).collect::<duckdb::Result<_>>()?;
    Ok((bucket_start, group, cells))
}
