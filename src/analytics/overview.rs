//! Totals of several ranges of time in one pass, and who causes most of them.

use std::collections::HashMap;

use duckdb::types::Value;
use duckdb::{Connection, Row};
use jiff::tz::TimeZone;

use super::filter::Conditions;
use super::histogram::{Speed, read_steps};
use super::query::Query;
use super::rollup::Measure;
use super::rollup::source::Known;
use super::row::Cells;
use super::summary::add;
use super::{Analytics, BucketSize, Dimension, Error, Filter, Sums, buckets, sql};
use crate::model::{NanoUsd, UnixNanos};

/// Reasons named for calls without an amount.
const REASONS: usize = 10;

/// Sums and quantiles over counted calls. Quantiles are exact for few calls, off by 2 % at most for many.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Totals {
    pub sums: Sums,
    pub traces: u64,
    /// Why calls have no amount, most frequent first.
    pub unpriced: Vec<(String, u64)>,
    pub latency_p50_ns: Option<i64>,
    pub latency_p95_ns: Option<i64>,
    pub ttft_p50_ns: Option<i64>,
    pub ttft_p95_ns: Option<i64>,
}

/// One of the largest groups of a dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Top {
    /// `None` for calls that carry no value.
    pub name: Option<String>,
    pub calls: u64,
    pub errors: u64,
    pub tokens: u64,
    pub cost: Option<NanoUsd>,
    pub unpriced_calls: u64,
    /// In the time of the same length before; `None` when no call then has an amount, or the question has no both ends.
    pub previous_cost: Option<NanoUsd>,
    /// Of models only.
    pub latency_p95_ns: Option<i64>,
    pub ttft_p95_ns: Option<i64>,
}

impl Analytics {
    /// Totals of each range of time, in order, over what matches `filter`, whose own times do not matter.
    /// Ranges exclude their end and may overlap.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn totals(&self, filter: &Filter, ranges: Vec<(UnixNanos, UnixNanos)>) -> Result<Vec<Totals>, Error> {
        let filter = filter.clone();
        self.readers.ask(move |connection| totals(&*connection.unchecked_transaction()?, &filter, &ranges)).await
    }

    /// For each dimension the ten largest groups by cost, then by calls. Tags and sessions are no dimensions of it.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn top(&self, filter: &Filter, dimensions: &[Dimension]) -> Result<Vec<Vec<Top>>, Error> {
        let (filter, dimensions) = (filter.clone(), dimensions.to_vec());
        self.readers.ask(move |connection| top(&*connection.unchecked_transaction()?, &filter, &dimensions)).await
    }

    /// Start of the first call in a range of time that matches `filter`.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn first_call(&self, filter: &Filter) -> Result<Option<UnixNanos>, Error> {
        let filter = filter.clone();
        self.readers
            .ask(move |connection| {
                let snapshot = connection.unchecked_transaction()?;
                let conditions = filter.on_spans();
                let source = Known::read(&snapshot)?.times(&filter);
                let fragments = [("filter", conditions.sql()), ("source", source.as_str())];
                let sql = sql::fill(sql::FIRST_CALL, &fragments);
                Query::new(&snapshot, &sql, &conditions.values)?.one(|row| row.get(0))
            })
            .await
            .map(|start: Option<i64>| start.map(UnixNanos))
    }

    /// Start of the period before the one of `size` that `time` falls into, start of that one, and its end.
    ///
    /// # Errors
    /// When the calendar ends there.
    pub fn period(time: UnixNanos, size: BucketSize, zone: &TimeZone) -> Result<[UnixNanos; 3], Error> {
        buckets::period(time, size, zone)
    }
}

/// The pieces into which the edges of all ranges cut time; every range is some of them in a row.
struct Segments {
    edges: Vec<UnixNanos>,
}

/// What one segment adds to the totals of a range.
#[derive(Debug, Clone, Default)]
struct Part {
    sums: Sums,
    traces: u64,
    unpriced: HashMap<String, u64>,
    speed: Speed,
}

impl Segments {
    fn of(ranges: &[(UnixNanos, UnixNanos)]) -> Self {
        let mut edges: Vec<UnixNanos> = ranges.iter().flat_map(|(since, until)| [*since, *until]).collect();
        edges.sort_unstable();
        edges.dedup();
        Self { edges }
    }

    /// The number of the segment in which `start_ns` lies, and the values to bind.
    fn sql(&self) -> (String, Vec<Value>) {
        let inner = self.edges.get(1..self.edges.len().saturating_sub(1)).unwrap_or_default();
        if inner.is_empty() {
            return ("0".into(), Vec::new());
        }
        let cases: String = (0..inner.len()).map(|at| format!(" WHEN start_ns < ? THEN {at}")).collect();
        let values = inner.iter().map(|edge| Value::BigInt(edge.0)).collect();
        (format!("CASE{cases} ELSE {} END", inner.len()), values)
    }

    fn within(&self, since: UnixNanos, until: UnixNanos) -> impl Iterator<Item = usize> {
        let pieces = self.edges.windows(2).enumerate();
        pieces.filter(move |(_, piece)| since <= piece[0] && piece[1] <= until).map(|(at, _)| at)
    }
}

fn totals(connection: &Connection, filter: &Filter, ranges: &[(UnixNanos, UnixNanos)]) -> duckdb::Result<Vec<Totals>> {
    let segments = Segments::of(ranges);
    let parts = parts(connection, filter, &segments)?;
    Ok(ranges
        .iter()
        .map(|(since, until)| {
            let mut sum = Part::default();
            segments.within(*since, *until).filter_map(|at| parts.get(&at)).for_each(|part| sum.merge(part));
            sum.totals()
        })
        .collect())
}

fn parts(connection: &Connection, filter: &Filter, segments: &Segments) -> duckdb::Result<HashMap<usize, Part>> {
    let (Some(first), Some(last)) = (segments.edges.first(), segments.edges.last()) else {
        return Ok(HashMap::new());
    };
    let filter = Filter { since: Some(*first), until: Some(*last), ..filter.clone() };
    let (segment, edges) = segments.sql();
    let cuts: Vec<i64> = segments.edges.iter().map(|edge| edge.0).collect();
    let (spans, traces) = (filter.on_spans(), filter.on_traces());
    type Parts = HashMap<usize, Part>;
    let mut parts = Parts::new();
    type Take<'t> = &'t dyn Fn(&mut Part, &Row<'_>) -> duckdb::Result<()>;
    let ask =
        |parts: &mut Parts, template: &str, filter: &Conditions, source: &str, take: Take<'_>| -> duckdb::Result<()> {
            let fragments = [("segment", segment.as_str()), ("filter", filter.sql()), ("source", source)];
            let mut query =
                Query::new(connection, &sql::fill(template, &fragments), edges.iter().chain(&filter.values))?;
            let mut rows = query.rows()?;
            while let Some(row) = rows.next()? {
                take(parts.entry(part_of(row)?).or_default(), row)?;
            }
            Ok(())
        };
    let known = Known::read(connection)?;
    ask(&mut parts, sql::TOTALS, &spans, &known.sums(&filter, &[], &cuts), &|part, row| {
        let mut cells = Cells::of(row);
        cells.take::<i32>()?;
        part.sums = Sums::read(&mut cells)?;
        Ok(())
    })?;
    if parts.values().any(|part| part.sums.unpriced_calls > 0) {
        ask(&mut parts, sql::UNPRICED, &spans, &known.reasons(&filter, &cuts), &|part, row| {
            part.unpriced.insert(row.get(1)?, row.get(2)?);
            Ok(())
        })?;
    }
    ask(&mut parts, sql::COUNT_TRACES, &traces, "", &|part, row| {
        part.traces = row.get(1)?;
        Ok(())
    })?;
    let values: Vec<Value> = edges.iter().chain(&spans.values).cloned().collect();
    let source = known.steps(&filter, &[], &cuts, &Measure::BOTH);
    let fragments = [("group", segment.as_str()), ("filter", spans.sql()), ("source", source.as_str())];
    for (at, speed) in read_steps(connection, &fragments, &values, 1, part_of)? {
        parts.entry(at).or_default().speed = speed;
    }
    Ok(parts)
}

/// The number of the segment, which is the first column.
fn part_of(row: &Row<'_>) -> duckdb::Result<usize> {
    Ok(usize::try_from(row.get::<_, i32>(0)?).unwrap_or_default())
}

impl Part {
    fn merge(&mut self, other: &Self) {
        self.sums.merge(&other.sums);
        self.traces += other.traces;
        for (reason, calls) in &other.unpriced {
            *self.unpriced.entry(reason.clone()).or_default() += calls;
        }
        self.speed.merge(&other.speed);
    }

    fn totals(self) -> Totals {
        let mut unpriced: Vec<(String, u64)> = self.unpriced.into_iter().collect();
        unpriced.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        unpriced.truncate(REASONS);
        Totals {
            sums: self.sums,
            traces: self.traces,
            unpriced,
            latency_p50_ns: self.speed.latency.quantile(0.5),
            latency_p95_ns: self.speed.latency.quantile(0.95),
            ttft_p50_ns: self.speed.ttft.quantile(0.5),
            ttft_p95_ns: self.speed.ttft.quantile(0.95),
        }
    }
}

impl Sums {
    fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.unpriced_calls += other.unpriced_calls;
        add(&mut self.usage, &other.usage);
        self.priced_output = self.priced_output.saturating_add(other.priced_output);
        self.retries += other.retries;
        let amounts = [
            (&mut self.cost, other.cost),
            (&mut self.saved, other.saved),
            (&mut self.failed_cost, other.failed_cost),
            (&mut self.retry_cost, other.retry_cost),
        ];
        for (sum, more) in amounts {
            *sum = match (*sum, more) {
                (Some(a), Some(b)) => Some(NanoUsd(a.0.saturating_add(b.0))),
                (a, b) => a.or(b),
            };
        }
    }
}

fn top(connection: &Connection, filter: &Filter, dimensions: &[Dimension]) -> duckdb::Result<Vec<Vec<Top>>> {
    let known = Known::read(connection)?;
    let both = filter.with_time_before();
    let turn = filter.since.filter(|_| filter.until.is_some()).map(|since| since.0);
    let source = known.sums_by_each(&both, dimensions, turn.as_slice());
    // Times begin in 1970.
    let (conditions, turn) = (both.on_spans(), turn.unwrap_or_default().to_string());
    let fragments = [("turn", turn.as_str()), ("filter", conditions.sql()), ("source", source.as_str())];
    let mut query = Query::new(connection, &sql::fill(sql::TOP, &fragments), conditions.values)?;
    let mut rows = query.rows()?;
    let mut top = vec![Vec::new(); dimensions.len()];
    while let Some(row) = rows.next()? {
        let mut cells = Cells::of(row);
        let dimension: String = cells.take()?;
        let one = Top {
            name: cells.take()?,
            calls: cells.sum()?,
            errors: cells.sum()?,
            tokens: cells.sum()?,
            cost: cells.sum_nano()?,
            unpriced_calls: cells.sum()?,
            previous_cost: cells.sum_nano()?,
            latency_p95_ns: None,
            ttft_p95_ns: None,
        };
        if let Some(at) = dimensions.iter().position(|asked| asked.as_str() == dimension) {
            top[at].push(one);
        }
    }
    if let Some(at) = dimensions.iter().position(|dimension| *dimension == Dimension::Model) {
        add_speed(connection, &known, filter, &mut top[at])?;
    }
    Ok(top)
}

/// How long calls of these models and their first tokens took.
fn add_speed(connection: &Connection, known: &Known, filter: &Filter, top: &mut [Top]) -> duckdb::Result<()> {
    let conditions = filter.on_spans();
    let source = known.steps(filter, &[Dimension::Model], &[], &Measure::BOTH);
    let column = Dimension::Model.column();
    let fragments = [("group", column), ("filter", conditions.sql()), ("source", source.as_str())];
    let speeds = read_steps(connection, &fragments, &conditions.values, 1, |row| row.get::<_, Option<String>>(0))?;
    for one in top {
        let Some(speed) = speeds.get(&one.name) else { continue };
        one.latency_p95_ns = speed.latency.quantile(0.95);
        one.ttft_p95_ns = speed.ttft.quantile(0.95);
    }
    Ok(())
}
