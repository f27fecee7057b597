//! The list of log records.

use duckdb::types::Value;

use super::filter::{Conditions, marks};
use super::query::Query;
use super::row::{Cells, trace_number};
use super::signals::{LogRow, log_rows, severity};
use super::{Analytics, Error, Page, PageKey, sql};
use crate::model::otlp::LogsData;
use crate::model::{SpanId, TraceId, UnixNanos};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogQuestion {
    pub since: Option<UnixNanos>,
    /// Exclusive.
    pub until: Option<UnixNanos>,
    pub trace: Option<TraceId>,
    pub service: Vec<String>,
    pub event_name: Vec<String>,
    /// OTLP severity number: 9 info, 13 warn, 17 error.
    pub min_severity: Option<i32>,
    /// Part of the body, in any case.
    pub text: Option<String>,
    /// Attributes that must all have this value.
    pub attributes: Vec<(String, String)>,
    pub limit: usize,
    pub after: Option<PageKey>,
}

/// A log record as lists show it: long texts are cut.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEvent {
    pub seq: i64,
    pub time: UnixNanos,
    pub trace_id: Option<TraceId>,
    pub span_id: Option<SpanId>,
    pub severity_number: i32,
    /// `trace` to `fatal`, or `unset`.
    pub severity: String,
    pub service: String,
    pub scope: String,
    pub event_name: Option<String>,
    pub body: String,
    /// A JSON object.
    pub attributes: String,
}

/// Records in a step of time, by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogCount {
    pub time: UnixNanos,
    /// As OTLP numbers it, 0 when not told.
    pub severity_number: i32,
    pub count: u64,
}

/// What the records that match look like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogSummary {
    pub counts: Vec<LogCount>,
    /// The most frequent values, with how many records have them.
    pub services: Vec<(String, u64)>,
    pub scopes: Vec<(String, u64)>,
    pub event_names: Vec<(String, u64)>,
}

/// Values of a column that a summary tells.
const VALUES: &str = "50";

impl LogQuestion {
    fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.at(self.since, self.until, &self.service);
        conditions.one_of("event_name", &self.event_name);
        if let Some(trace) = self.trace {
            conditions.add("trace_id = ?", [Value::UHugeInt(trace_number(trace))]);
        }
        if let Some(least) = self.min_severity {
            conditions.add("severity_number >= ?", [Value::Int(least)]);
        }
        if let Some(text) = &self.text {
            conditions.add("contains(lower(body), lower(?))", [Value::Text(text.clone())]);
        }
        conditions.attributes(&self.attributes);
        conditions
    }
}

impl Conditions {
    /// Attributes, which are stored as JSON, that must all have this value.
    pub(super) fn attributes(&mut self, wanted: &[(String, String)]) {
        for (key, value) in wanted {
            let path = Value::Text(format!("$.\"{key}\""));
            self.add("json_extract_string(attributes, ?) = ?", [path, Value::Text(value.clone())]);
        }
    }

    /// `since`, `until` and `service` of tables whose rows have one time.
    pub(super) fn at(&mut self, since: Option<UnixNanos>, until: Option<UnixNanos>, service: &[String]) {
        if let Some(since) = since {
            self.add("time_ns >= ?", [Value::BigInt(since.0)]);
        }
        if let Some(until) = until {
            self.add("time_ns < ?", [Value::BigInt(until.0)]);
        }
        self.one_of("service", service);
    }

    pub(super) fn one_of(&mut self, column: &str, values: &[String]) {
        if !values.is_empty() {
            self.add(&format!("{column} IN ({})", marks(values.len())), values.iter().cloned().map(Value::Text));
        }
    }
}

impl Analytics {
    /// Log records, newest first.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn logs(&self, question: &LogQuestion) -> Result<Page<LogEvent>, Error> {
        let mut conditions = question.conditions();
        conditions.behind(question.after, "time_ns", "seq", None);
        let sql = sql::fill(sql::LIST_LOGS, &[("filter", conditions.sql())]);
        let mut values = conditions.values;
        values.push(Value::BigInt(question.limit as i64 + 1));
        let rows = self
            .readers
            .ask(move |connection| {
                let mut query = Query::new(connection, &sql, values)?;
                let rows = query.map(|row| {
                    let mut cells = Cells::of(row);
                    Ok(LogEvent {
                        seq: cells.take()?,
                        time: UnixNanos(cells.take()?),
                        trace_id: cells.take::<Option<u128>>()?.map(|id| TraceId(id.to_be_bytes())),
                        span_id: cells.take::<Option<u64>>()?.map(|id| SpanId(id.to_be_bytes())),
                        severity_number: cells.take()?,
                        severity: cells.take()?,
                        service: cells.take()?,
                        scope: cells.take()?,
                        event_name: cells.take()?,
                        body: cells.take()?,
                        attributes: cells.take()?,
                    })
                })?;
                rows.collect::<duckdb::Result<Vec<_>>>()
            })
            .await?;
        Ok(Page::of(rows, question.limit, |row| PageKey { key: row.time.0, id: seq_id(row.seq), sub: 0 }))
    }
}

impl Analytics {
    /// How many records match in each step of `step` nanoseconds, and which services, scopes and events they have.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn log_summary(&self, question: &LogQuestion, step: i64) -> Result<LogSummary, Error> {
        let conditions = question.conditions();
        self.readers
            .ask(move |connection| {
                let filter = ("filter", conditions.sql());
                let histogram = sql::fill(sql::LOG_HISTOGRAM, &[filter, ("unit", &step.max(1).to_string())]);
                let mut query = Query::new(connection, &histogram, &conditions.values)?;
                let counts = query.map(|row| {
                    let at: i64 = row.get(0)?;
                    let time = UnixNanos(at.saturating_mul(step));
                    Ok(LogCount { time, severity_number: row.get(1)?, count: row.get(2)? })
                })?;
                let counts = counts.collect::<duckdb::Result<Vec<_>>>()?;
                let values = |column: &str| {
                    let fragments = [filter, ("column", column), ("limit", VALUES)];
                    let mut query =
                        Query::new(connection, &sql::fill(sql::LOG_VALUES, &fragments), &conditions.values)?;
                    let rows = query.map(|row| Ok((row.get(0)?, row.get(1)?)))?;
                    rows.collect::<duckdb::Result<Vec<(String, u64)>>>()
                };
                Ok(LogSummary {
                    counts,
                    services: values("service")?,
                    scopes: values("scope")?,
                    event_names: values("event_name")?,
                })
            })
            .await
    }
}

/// The records of `data` as lists show them; `received` stands in for records without any time.
pub fn read_logs(data: &LogsData, received: UnixNanos) -> Vec<LogEvent> {
    let rows = log_rows(&"default".into(), data, received);
    let event = |row: LogRow| LogEvent {
        seq: 0,
        time: row.time,
        trace_id: row.trace_id,
        span_id: row.span_id,
        severity_number: row.severity_number,
        severity: severity(row.severity_number).to_owned(),
        service: row.service,
        scope: row.scope,
        event_name: row.event_name,
        body: row.body,
        attributes: row.attributes,
    };
    rows.into_iter().map(event).collect()
}

/// A sequence number, which is never negative, as a paging id.
pub(super) fn seq_id(seq: i64) -> u128 {
    u128::from(seq.unsigned_abs())
}
