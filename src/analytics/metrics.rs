//! The list of metric points.

use duckdb::params_from_iter;
use duckdb::types::Value;

use super::filter::Conditions;
use super::logs::seq_id;
use super::row::Cells;
use super::{Analytics, Error, Page, PageKey, sql};
use crate::model::UnixNanos;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricQuestion {
    pub since: Option<UnixNanos>,
    /// Exclusive.
    pub until: Option<UnixNanos>,
    pub name: Vec<String>,
    pub service: Vec<String>,
    /// Part of the name, in any case.
    pub text: Option<String>,
    pub limit: usize,
    pub after: Option<PageKey>,
}

/// One data point; which figures are set depends on the kind.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricPoint {
    pub seq: i64,
    pub time: UnixNanos,
    pub name: String,
    /// `gauge`, `sum`, `histogram`, `exponential_histogram` or `summary`.
    pub kind: String,
    pub unit: String,
    pub service: String,
    pub scope: String,
    pub value: Option<f64>,
    pub count: Option<u64>,
    pub sum: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// A JSON object.
    pub attributes: String,
}

impl Analytics {
    /// Data points, newest first.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn metrics(&self, question: &MetricQuestion) -> Result<Page<MetricPoint>, Error> {
        let mut conditions = Conditions::default();
        conditions.at(question.since, question.until, &question.service);
        conditions.one_of("name", &question.name);
        if let Some(text) = &question.text {
            conditions.add("contains(lower(name), lower(?))", [Value::Text(text.clone())]);
        }
        conditions.behind(question.after, "time_ns", "seq", None);
        let sql = sql::fill(sql::LIST_METRICS, &[("filter", conditions.sql())]);
        let mut values = conditions.values;
        values.push(Value::BigInt(question.limit as i64 + 1));
        let rows = self
            .readers
            .ask(move |connection| {
                let mut statement = connection.prepare(&sql)?;
                let rows = statement.query_map(params_from_iter(values), |row| {
                    let mut cells = Cells::of(row);
                    Ok(MetricPoint {
                        seq: cells.take()?,
                        time: UnixNanos(cells.take()?),
                        name: cells.take()?,
                        kind: cells.take()?,
                        unit: cells.take()?,
                        service: cells.take()?,
                        scope: cells.take()?,
                        value: cells.take()?,
                        count: cells.take()?,
                        sum: cells.take()?,
                        min: cells.take()?,
                        max: cells.take()?,
                        attributes: cells.take()?,
                    })
                })?;
                rows.collect::<duckdb::Result<Vec<_>>>()
            })
            .await?;
        Ok(Page::of(rows, question.limit, |row| PageKey { key: row.time.0, id: seq_id(row.seq), sub: 0 }))
    }
}
