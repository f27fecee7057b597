//! Lists of data points and of the metrics there are.

use duckdb::types::Value;

use super::filter::Conditions;
use super::logs::seq_id;
use super::points::{MetricPoint, read_point};
use super::query::Query;
use super::row::Cells;
use super::{Analytics, Error, Page, PageKey, sql};
use crate::model::{TraceId, UnixNanos};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricQuestion {
    pub since: Option<UnixNanos>,
    /// Exclusive.
    pub until: Option<UnixNanos>,
    pub name: Vec<String>,
    pub service: Vec<String>,
    /// Attributes that must all have this value.
    pub attributes: Vec<(String, String)>,
    /// Points with an exemplar of this trace.
    pub trace: Option<TraceId>,
    /// Part of the name, in any case.
    pub text: Option<String>,
    pub limit: usize,
    pub after: Option<PageKey>,
}

/// A metric that has data points.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricName {
    pub name: String,
    pub kind: String,
    pub unit: String,
    /// `delta` or `cumulative`.
    pub temporality: Option<String>,
    pub monotonic: Option<bool>,
    pub services: Vec<String>,
    pub series: u64,
    pub points: u64,
    pub last: UnixNanos,
}

impl MetricQuestion {
    pub(super) fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.at(self.since, self.until, &self.service);
        conditions.one_of("name", &self.name);
        if let Some(text) = &self.text {
            conditions.add("contains(lower(name), lower(?))", [Value::Text(text.clone())]);
        }
        conditions.attributes(&self.attributes);
        if let Some(trace) = self.trace {
            conditions.add("contains(exemplars, ?)", [Value::Text(trace.to_string())]);
        }
        conditions
    }
}

impl Analytics {
    /// Data points, newest first.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn metrics(&self, question: &MetricQuestion) -> Result<Page<MetricPoint>, Error> {
        let mut conditions = question.conditions();
        conditions.behind(question.after, "time_ns", "seq", None);
        let sql = sql::fill(sql::LIST_METRICS, &[("filter", conditions.sql())]);
        let mut values = conditions.values;
        values.push(Value::BigInt(question.limit as i64 + 1));
        let rows = self
            .readers
            .ask(move |connection| {
                let mut query = Query::new(connection, &sql, values)?;
                let rows = query.map(read_point)?;
                rows.collect::<duckdb::Result<Vec<_>>>()
            })
            .await?;
        Ok(Page::of(rows, question.limit, |row| PageKey { key: row.time.0, id: seq_id(row.seq), sub: 0 }))
    }

    /// The attributes that the series which match have: name, value, and in how many series, by name, the most frequent
    /// values first.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn metric_attributes(&self, question: &MetricQuestion) -> Result<Vec<(String, String, u64)>, Error> {
        let conditions = question.conditions();
        let limit = question.limit.to_string();
        let sql = sql::fill(sql::METRIC_ATTRIBUTES, &[("filter", conditions.sql()), ("limit", &limit)]);
        self.readers
            .ask(move |connection| {
                let mut query = Query::new(connection, &sql, &conditions.values)?;
                let rows = query
                    .map(|row| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?.unwrap_or_default(), row.get(2)?)))?;
                rows.collect::<duckdb::Result<Vec<_>>>()
            })
            .await
    }

    /// The metrics that have points, by name; `after` of the question is not used.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn metric_names(&self, question: &MetricQuestion) -> Result<Vec<MetricName>, Error> {
        let conditions = question.conditions();
        let sql = sql::fill(sql::METRIC_NAMES, &[("filter", conditions.sql())]);
        let mut values = conditions.values;
        values.push(Value::BigInt(question.limit as i64));
        self.readers
            .ask(move |connection| {
                let mut query = Query::new(connection, &sql, values)?;
                let rows = query.map(|row| {
                    let mut cells = Cells::of(row);
                    Ok(MetricName {
                        name: cells.take()?,
                        kind: cells.take()?,
                        unit: cells.take()?,
                        temporality: cells.take()?,
                        monotonic: cells.take()?,
                        services: cells.texts()?,
                        series: cells.take()?,
                        points: cells.take()?,
                        last: UnixNanos(cells.take()?),
                    })
                })?;
                rows.collect::<duckdb::Result<Vec<_>>>()
            })
            .await
    }
}
