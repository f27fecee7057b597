//! Counted calls summed up by dimensions and buckets of time.

use duckdb::types::Value;
use duckdb::{Row, params_from_iter};

use super::rollup::{HOUR, source};
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
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostRow {
    pub bucket_start: Option<UnixNanos>,
    /// One per dimension asked for, in that order; `None` for calls that carry none.
    pub group: Vec<Option<String>>,
    pub sums: Sums,
}

impl Sums {
    pub(super) fn read(cells: &mut Cells<'_, '_>) -> duckdb::Result<Self> {
        Ok(Self {
            calls: cells.sum()?,
            errors: cells.sum()?,
            usage: cells.usage_sums()?,
            cost: cells.sum_nano()?,
            unpriced_calls: cells.sum()?,
        })
    }
}

impl Analytics {
    /// Rows in order of time, then most expensive first; and whether there were more than ten thousand.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn cost(&self, question: &CostQuestion) -> Result<(Vec<CostRow>, bool), Error> {
        let conditions = question.filter.on_spans();
        let dimensions: String =
            question.group_by.iter().map(|dimension| format!("{}, ", dimension.column())).collect();
        let filter = question.filter.clone();
        let group_by = question.group_by.clone();
        let fine = question.buckets.as_ref().is_some_and(|buckets| buckets.unit() % HOUR != 0);
        let cuts = question.buckets.as_ref().map(Buckets::cuts).unwrap_or_default();
        let (template, edges, mut values) = match &question.buckets {
            None => (sql::COST, String::new(), Vec::new()),
            Some(buckets) => {
                let (edges, mut values) = buckets.bind();
                values.push(Value::BigInt(buckets.unit()));
                (sql::COST_OVER_TIME, edges, values)
            }
        };
        let where_ = conditions.sql().to_owned();
        values.extend(conditions.values);
        values.push(Value::BigInt(MOST_ROWS as i64 + 1));
        let width = question.group_by.len();
        let starts = question.buckets.as_ref().map(|buckets| buckets.starts().to_vec());
        let mut rows = self
            .readers
            .ask(move |connection| {
                let snapshot = connection.unchecked_transaction()?;
                let source =
                    if fine { "counted_call".to_owned() } else { source::sums(&snapshot, &filter, &group_by, &cuts)? };
                let fragments =
                    [("edges", edges.as_str()), ("dimensions", &dimensions), ("filter", &where_), ("source", &source)];
                let sql = sql::fill(template, &fragments);
                let mut statement = connection.prepare(&sql)?;
                let rows = statement.query_map(params_from_iter(values), |row| read(row, width, starts.as_deref()))?;
                rows.collect::<duckdb::Result<Vec<_>>>()
            })
            .await?;
        let truncated = rows.len() > MOST_ROWS;
        rows.truncate(MOST_ROWS);
        Ok((rows, truncated))
    }
}

fn read(row: &Row<'_>, width: usize, starts: Option<&[UnixNanos]>) -> duckdb::Result<CostRow> {
    let mut cells = Cells::of(row);
    let bucket: i64 = cells.take()?;
    let bucket_start = starts.and_then(|starts| starts.get(usize::try_from(bucket).ok()?).copied());
    let group = (0..width).map(|_| cells.take()).collect::<duckdb::Result<_>>()?;
    Ok(CostRow { bucket_start, group, sums: Sums::read(&mut cells)? })
}
