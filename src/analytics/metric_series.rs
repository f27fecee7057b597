//! A metric over time: rates and increases of counters, levels of gauges, quantiles of histograms.

use std::collections::BTreeMap;

use duckdb::types::Value;

use super::increase::{Step, distinct, steps};
use super::metrics::MetricQuestion;
use super::points::{MetricPoint, Number, Temporality, read_point};
use super::quantile::Distribution;
use super::query::Query;
use super::{Analytics, Error, sql};
use crate::model::UnixNanos;
use crate::model::time::NANOS_PER_SECOND;

/// Points read for one question.
pub(super) const MOST_POINTS: usize = 200_000;

/// Steps of time answered per line.
pub(super) const MOST_STEPS: i64 = 2000;

/// How far back the point before the first one is looked for: clients send at least every few minutes.
const LOOK_BACK: i64 = 3600 * NANOS_PER_SECOND;

/// What to make of the points of one step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// How much a counter grew; of a histogram, how many measurements there were.
    Increase,
    /// The same per second.
    Rate,
    /// Sum of the measurements of a histogram.
    Sum,
    /// Mean measurement of a histogram; mean level of a gauge.
    Avg,
    Min,
    Max,
    /// The last level of a gauge.
    Last,
    /// Of a histogram, in hundredths.
    Quantile(u8),
}

impl Aggregate {
    pub const ALL: [Self; 11] = [
        Self::Increase,
        Self::Rate,
        Self::Sum,
        Self::Avg,
        Self::Min,
        Self::Max,
        Self::Last,
        Self::Quantile(50),
        Self::Quantile(90),
        Self::Quantile(95),
        Self::Quantile(99),
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Increase => "increase",
            Self::Rate => "rate",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Last => "last",
            Self::Quantile(50) => "p50",
            Self::Quantile(90) => "p90",
            Self::Quantile(95) => "p95",
            Self::Quantile(_) => "p99",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aggregate| aggregate.as_str() == name)
    }

    /// What a metric of this kind is asked for when nothing is said.
    fn of(point: &MetricPoint) -> Self {
        match point.kind.as_str() {
            "histogram" | "exponential_histogram" => Self::Quantile(95),
            "summary" => Self::Increase,
            _ if is_level(point) => Self::Avg,
            _ => Self::Increase,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct MetricSeriesQuestion {
    /// One name, and whose points; `since` and `until` of it are not used.
    pub points: MetricQuestion,
    pub since: UnixNanos,
    pub until: UnixNanos,
    /// Nanoseconds.
    pub step: i64,
    pub aggregate: Option<Aggregate>,
    /// Keys of attributes, or `service`.
    pub group_by: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SeriesPoint {
    /// Start of the step.
    pub time: UnixNanos,
    pub value: f64,
    /// Bounds of a quantile: the true one lies between them.
    pub between: Option<(f64, f64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SeriesLine {
    /// The values of what was grouped by; empty text where there is none.
    pub group: Vec<String>,
    pub points: Vec<SeriesPoint>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SeriesAnswer {
    pub kind: String,
    pub unit: String,
    pub aggregate: Aggregate,
    pub lines: Vec<SeriesLine>,
    pub series: u64,
    /// How often a counter began anew.
    pub resets: u64,
}

impl Analytics {
    /// A metric in steps of time; `None` when it has no points there.
    ///
    /// # Errors
    /// When there are too many points or steps, the question takes too long or the database fails.
    pub async fn metric_series(&self, question: &MetricSeriesQuestion) -> Result<Option<SeriesAnswer>, Error> {
        let span = question.until.0.saturating_sub(question.since.0);
        let asked = span / question.step.max(1);
        if asked > MOST_STEPS {
            return Err(Error::TooManySteps { asked });
        }
        let mut points = question.points.clone();
        points.since = Some(UnixNanos(question.since.0.saturating_sub(LOOK_BACK.max(question.step))));
        points.until = Some(question.until);
        let conditions = points.conditions();
        let sql = sql::fill(sql::METRIC_SERIES, &[("filter", conditions.sql())]);
        let mut values = conditions.values;
        values.push(Value::BigInt(MOST_POINTS as i64 + 1));
        let rows = self
            .readers
            .ask(move |connection| {
                let mut query = Query::new(connection, &sql, values)?;
                let rows = query.map(read_point)?;
                rows.collect::<duckdb::Result<Vec<_>>>()
            })
            .await?;
        if rows.len() > MOST_POINTS {
            return Err(Error::TooManyPoints);
        }
        Ok(answer(question, &rows))
    }
}

/// Whether the figure is a level, not something that adds up.
fn is_level(point: &MetricPoint) -> bool {
    match point.kind.as_str() {
        "gauge" => true,
        "sum" => match point.temporality {
            Some(Temporality::Delta) => false,
            Some(Temporality::Cumulative) => point.monotonic == Some(false),
            None => true,
        },
        _ => false,
    }
}

/// Pure; `rows` in order of series and time.
pub(super) fn answer(question: &MetricSeriesQuestion, rows: &[MetricPoint]) -> Option<SeriesAnswer> {
    let first = rows.first()?;
    let aggregate = question.aggregate.unwrap_or_else(|| Aggregate::of(first));
    let mut lines: BTreeMap<Vec<String>, BTreeMap<i64, Cell>> = BTreeMap::new();
    let (mut series, mut resets) = (0, 0);
    for points in rows.chunk_by(|left, right| left.series == right.series) {
        let points = distinct(points);
        let Some(head) = points.first() else { continue };
        series += 1;
        let line = lines.entry(group_of(head, &question.group_by)).or_default();
        let cell = |time: UnixNanos, behind: i64| {
            // What a step tells happened before its time: a point at a boundary belongs to what lies before it.
            let at = time.0.saturating_sub(behind);
            let inside = at >= question.since.0 && at < question.until.0;
            inside.then(|| at.div_euclid(question.step) * question.step)
        };
        if is_level(head) {
            for point in &points {
                if let (Some(at), Some(value)) = (cell(point.time, 0), point.value) {
                    line.entry(at).or_default().level(head.series, value);
                }
            }
            continue;
        }
        let (steps, again) = steps(&points, question.since);
        resets += again;
        for step in &steps {
            if let Some(at) = cell(step.time, 1) {
                line.entry(at).or_default().step(step);
            }
        }
    }
    let lines = lines.into_iter().map(|(group, cells)| SeriesLine {
        group,
        points: cells.into_iter().filter_map(|(at, cell)| cell.point(at, aggregate, question.step)).collect(),
    });
    Some(SeriesAnswer {
        kind: first.kind.clone(),
        unit: first.unit.clone(),
        aggregate,
        lines: lines.filter(|line| !line.points.is_empty()).collect(),
        series,
        resets,
    })
}

fn group_of(point: &MetricPoint, keys: &[String]) -> Vec<String> {
    if keys.is_empty() {
        return Vec::new();
    }
    let attributes: serde_json::Value = serde_json::from_str(&point.attributes).unwrap_or_default();
    let value = |key: &String| match attributes.get(key) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None if key == "service" => point.service.clone(),
        None => String::new(),
    };
    keys.iter().map(value).collect()
}

/// Everything that fell into one step of one line.
#[derive(Debug, Default)]
struct Cell {
    /// Sum of the steps of sums, or number of measurements.
    grown: f64,
    sum: Option<f64>,
    count: u64,
    min: Option<f64>,
    max: Option<f64>,
    distribution: Distribution,
    /// Levels: how many, their sum, and the last of each series.
    levels: u64,
    level_sum: f64,
    last: BTreeMap<u64, f64>,
}

impl Cell {
    fn level(&mut self, series: u64, value: Number) {
        let value = value.as_f64();
        self.levels += 1;
        self.level_sum += value;
        self.extremes(Some(value), Some(value));
        self.last.insert(series, value);
    }

    fn step(&mut self, step: &Step) {
        self.grown += step.value.unwrap_or_else(|| step.count.unwrap_or(0) as f64);
        self.count = self.count.saturating_add(step.count.unwrap_or(0));
        if let Some(sum) = step.sum.or(step.value) {
            self.sum = Some(self.sum.unwrap_or(0.0) + sum);
        }
        if step.count != Some(0) {
            self.extremes(step.min, step.max);
            self.distribution.add(&step.shape, step.min, step.max);
        }
    }

    fn extremes(&mut self, min: Option<f64>, max: Option<f64>) {
        self.min = [self.min, min].into_iter().flatten().reduce(f64::min);
        self.max = [self.max, max].into_iter().flatten().reduce(f64::max);
    }

    fn point(&self, at: i64, aggregate: Aggregate, step: i64) -> Option<SeriesPoint> {
        let mut between = None;
        let is_level = self.levels > 0;
        let value = match aggregate {
            Aggregate::Increase if !is_level => Some(self.grown),
            Aggregate::Rate if !is_level => Some(self.grown / (step as f64 / NANOS_PER_SECOND as f64)),
            Aggregate::Avg if is_level => Some(self.level_sum / self.levels as f64),
            Aggregate::Avg if self.count > 0 => self.sum.map(|sum| sum / self.count as f64),
            Aggregate::Sum if is_level => Some(self.last.values().sum()),
            Aggregate::Sum => self.sum,
            Aggregate::Min => self.min,
            Aggregate::Max => self.max,
            Aggregate::Last if is_level => Some(self.last.values().sum()),
            Aggregate::Quantile(hundredths) => self.distribution.quantile(f64::from(hundredths) / 100.0).map(|found| {
                between = Some((found.low, found.high));
                found.value
            }),
            _ => None,
        };
        value.map(|value| SeriesPoint { time: UnixNanos(at), value, between })
    }
}

#[cfg(test)]
mod tests;
