//! One metric over time, as a line per value of a dimension: the seven largest, and the rest in one.

use duckdb::types::Value;
use duckdb::{Connection, Rows};

use super::filter::{Conditions, Held};
use super::query::Query;
use super::rollup::Measure;
use super::rollup::source::Known;
use super::{Analytics, Buckets, Dimension, Error, Filter, sql};
use crate::model::NanoUsd;

/// Lines of their own; eight colours can be told apart, and one is for the rest.
const LEADERS: usize = 7;

macro_rules! metrics {
    ($($variant:ident, $name:literal, $table:ident, $sql:literal;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Metric { $($variant),* }

        impl Metric {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The aggregate, which adds up over buckets, or of quantiles the calls behind them; by it a group is one of
            /// the largest.
            fn sql(self) -> &'static str {
                match self { $(Self::$variant => $sql),* }
            }

            fn table(self) -> &'static str {
                match self { $(Self::$variant => $table),* }
            }
        }
    };
}

const CALLS: &str = "counted_call";
const TRACES: &str = "trace";

metrics! {
    Cost, "cost", CALLS, "sum(cost_nano)";
    Calls, "calls", CALLS, "sum(calls)";
    Tokens, "tokens", CALLS, "sum(tokens)";
    Errors, "errors", CALLS, "sum(errors)";
    LatencyP50, "latency_p50", CALLS, "sum(calls)";
    LatencyP95, "latency_p95", CALLS, "sum(calls)";
    TtftP50, "ttft_p50", CALLS, "sum(calls)";
    TtftP95, "ttft_p95", CALLS, "sum(calls)";
    Traces, "traces", TRACES, "count(*)";
    TraceErrors, "trace_errors", TRACES, "count(*) FILTER (error_count > 0)";
}

impl Metric {
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.as_str() == name)
    }

    /// What it is a quantile of, and which one.
    fn quantile(self) -> Option<(Measure, &'static str)> {
        match self {
            Self::LatencyP50 => Some((Measure::Latency, "0.5")),
            Self::LatencyP95 => Some((Measure::Latency, "0.95")),
            Self::TtftP50 => Some((Measure::Ttft, "0.5")),
            Self::TtftP95 => Some((Measure::Ttft, "0.95")),
            _ => None,
        }
    }

    /// Whether it is a count of something, so that an empty bucket is 0 and not unknown.
    fn is_count(self) -> bool {
        matches!(self, Self::Calls | Self::Tokens | Self::Errors | Self::Traces | Self::TraceErrors)
    }

    /// Whether the metric can be split by `dimension`; traces have one value of only some of them.
    pub fn splits_by(self, dimension: Dimension) -> bool {
        self.table() == CALLS
            || matches!(dimension, Dimension::Service)
            || matches!(dimension.in_trace(), Held::Column(_))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct SeriesQuestion {
    pub metric: Metric,
    pub filter: Filter,
    pub by: Option<Dimension>,
    pub buckets: Buckets,
}

/// One line: US dollars, milliseconds or a number per bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// `None` for what carries no value, for the rest, and without a dimension.
    pub name: Option<String>,
    pub other: bool,
    /// One per bucket; `None` where nothing was measured.
    pub values: Vec<Option<f64>>,
    pub total: Option<f64>,
}

impl Analytics {
    /// The lines, largest first and the rest last.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn series(&self, question: SeriesQuestion) -> Result<Vec<Line>, Error> {
        self.readers.ask(move |connection| answer(&*connection.unchecked_transaction()?, &question)).await
    }
}

/// The relations that are read: kept sums where they give the same.
struct Sources {
    /// For the largest groups over the whole range.
    leaders: String,
    /// For the values per bucket.
    lines: String,
}

impl Sources {
    fn of(connection: &Connection, question: &SeriesQuestion) -> duckdb::Result<Self> {
        let metric = question.metric;
        if metric.table() != CALLS {
            let raw = metric.table().to_owned();
            return Ok(Self { leaders: raw.clone(), lines: raw });
        }
        let by: Vec<Dimension> = question.by.into_iter().collect();
        let known = Known::read(connection)?;
        let of = |cuts: &[i64]| match metric.quantile() {
            None => known.sums(&question.filter, &by, cuts),
            Some((measure, _)) => known.steps(&question.filter, &by, cuts, &[measure]),
        };
        Ok(Self { leaders: of(&[]), lines: of(&question.buckets.cuts()) })
    }
}

fn answer(connection: &Connection, question: &SeriesQuestion) -> duckdb::Result<Vec<Line>> {
    let metric = question.metric;
    let conditions = if metric.table() == TRACES { question.filter.on_traces() } else { question.filter.on_spans() };
    let sources = Sources::of(connection, question)?;
    let leaders = match question.by {
        None => vec![None],
        Some(by) => leaders(connection, question, by, &conditions, &sources.leaders)?,
    };
    let (line, line_values) = match question.by {
        None => ("0".to_owned(), Vec::new()),
        Some(by) => line_of(by, &leaders),
    };
    let (template, quantile) =
        metric.quantile().map_or((sql::SERIES, ""), |(_, quantile)| (sql::QUANTILE_SERIES, quantile));
    let (starts, unit) = (question.buckets.starts_sql(), question.buckets.unit().to_string());
    let fragments = [
        ("starts", starts.as_str()),
        ("unit", unit.as_str()),
        ("line", line.as_str()),
        ("metric", metric.sql()),
        ("quantile", quantile),
        ("table", sources.lines.as_str()),
        ("filter", conditions.sql()),
    ];
    let values = line_values.iter().chain(&conditions.values);
    let mut query = Query::new(connection, &sql::fill(template, &fragments), values)?;
    let mut rows = query.rows()?;
    read_lines(&mut rows, metric, &leaders, question.buckets.starts().len())
}

/// Rows of bucket, line and value as lines of `buckets` values; those of quantiles bring their total with them, whose bucket
/// is NULL.
fn read_lines(
    rows: &mut Rows<'_>,
    metric: Metric,
    leaders: &[Option<String>],
    buckets: usize,
) -> duckdb::Result<Vec<Line>> {
    let mut lines: Vec<Option<Line>> = vec![None; leaders.len() + 1];
    let empty = metric.is_count().then_some(0.0);
    while let Some(row) = rows.next()? {
        let at: usize = usize::try_from(row.get::<_, i32>(1)?).unwrap_or(leaders.len()).min(leaders.len());
        let line = lines[at].get_or_insert_with(|| Line {
            name: leaders.get(at).cloned().flatten(),
            other: at == leaders.len(),
            values: vec![empty; buckets],
            total: None,
        });
        let value: Option<f64> = row.get(2)?;
        let Some(bucket) = row.get::<_, Option<i64>>(0)? else {
            line.total = value;
            continue;
        };
        if let Some(slot) = line.values.get_mut(usize::try_from(bucket).unwrap_or(usize::MAX)) {
            *slot = value.or(empty);
        }
        // What adds up needs no row of its own, for which everything would be grouped once more.
        if let (None, Some(value)) = (metric.quantile(), value) {
            *line.total.get_or_insert_default() += value;
        }
    }
    let mut lines: Vec<Line> = lines.into_iter().flatten().collect();
    if metric == Metric::Cost {
        // Sums of nano-USD are whole numbers, which add up exactly; only now they become USD.
        let values = lines.iter_mut().flat_map(|line| line.values.iter_mut().chain([&mut line.total]));
        values.flatten().for_each(|value| *value /= NanoUsd::PER_USD as f64);
    }
    Ok(lines)
}

/// The values of the largest groups, largest first.
fn leaders(
    connection: &Connection,
    question: &SeriesQuestion,
    by: Dimension,
    conditions: &Conditions,
    source: &str,
) -> duckdb::Result<Vec<Option<String>>> {
    let metric = question.metric;
    let fragments = [
        ("dimension", by.column()),
        ("table", source),
        ("filter", conditions.sql()),
        ("rank", metric.sql()),
        ("count", if metric.table() == CALLS { "sum(calls)" } else { "count(*)" }),
    ];
    let bound = conditions.values.iter().cloned().chain([Value::BigInt(LEADERS as i64)]);
    let mut query = Query::new(connection, &sql::fill(sql::SERIES_LEADERS, &fragments), bound)?;
    let rows = query.map(|row| row.get(0))?;
    rows.collect()
}

/// The number of a row's line: its place among the leaders, or the one behind them.
fn line_of(by: Dimension, leaders: &[Option<String>]) -> (String, Vec<Value>) {
    let column = by.column();
    let mut sql = "CASE".to_owned();
    let mut values = Vec::new();
    for (at, leader) in leaders.iter().enumerate() {
        match leader {
            None => sql.push_str(&format!(" WHEN {column} IS NULL THEN {at}")),
            Some(value) => {
                sql.push_str(&format!(" WHEN {column} = ? THEN {at}"));
                values.push(Value::Text(value.clone()));
            }
        }
    }
    if leaders.is_empty() {
        return ("0".into(), values);
    }
    sql.push_str(&format!(" ELSE {} END", leaders.len()));
    (sql, values)
}
