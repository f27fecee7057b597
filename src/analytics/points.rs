//! Data points of metrics as rows: every figure as it was sent, 64-bit integers and bucket counts included.

mod from_otlp;

use duckdb::types::Value;
use duckdb::{Appender, params};

use super::row::Cells;
use crate::model::otlp::AggregationTemporality;
use crate::model::{SpanId, TraceId, UnixNanos};

pub(super) use from_otlp::metric_rows;

/// The bit of the flags that says that no value was recorded.
pub(super) const NO_VALUE: u32 = 1;

/// A number as it was sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Int(i64),
    Double(f64),
}

impl Number {
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Double(double) => double,
        }
    }

    /// Digits that give back exactly this number: `9007199254740993`, `0.1`, `NaN`, `inf`.
    pub fn exact(self) -> String {
        match self {
            Self::Int(int) => int.to_string(),
            Self::Double(double) => format!("{double:?}"),
        }
    }

    fn from_exact(text: &str) -> Option<Self> {
        text.parse().map(Self::Int).or_else(|_| text.parse().map(Self::Double)).ok()
    }
}

/// How a point relates to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temporality {
    /// It tells what happened since then.
    Delta,
    /// It tells everything since its start.
    Cumulative,
}

impl Temporality {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delta => "delta",
            Self::Cumulative => "cumulative",
        }
    }

    fn of(number: i32) -> Option<Self> {
        match AggregationTemporality::try_from(number) {
            Ok(AggregationTemporality::Delta) => Some(Self::Delta),
            Ok(AggregationTemporality::Cumulative) => Some(Self::Cumulative),
            _ => None,
        }
    }
}

/// Counts of an exponential histogram from bucket `offset` on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exponential {
    pub offset: i32,
    pub counts: Vec<u64>,
}

/// The buckets of a point.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Shape {
    #[default]
    None,
    /// Upper bounds, and one count more than bounds.
    Explicit { bounds: Vec<f64>, counts: Vec<u64> },
    /// Bucket i reaches from base^i to base^(i+1), with base = 2^(2^-scale).
    Exponential { scale: i32, zero_count: u64, zero_threshold: f64, positive: Exponential, negative: Exponential },
    /// Quantiles that the client computed, with their values.
    Quantiles(Vec<(f64, f64)>),
}

/// A measurement that stands for its point.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    pub time: UnixNanos,
    pub value: Option<Number>,
    pub trace_id: Option<TraceId>,
    pub span_id: Option<SpanId>,
    /// A JSON object.
    pub attributes: String,
}

/// One data point; which figures are set depends on the kind.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricPoint {
    pub seq: i64,
    pub time: UnixNanos,
    /// `None` when the client did not tell it.
    pub start: Option<UnixNanos>,
    /// Points of one series have the same number: same resource, scope, metric and attributes.
    pub series: u64,
    pub name: String,
    /// `gauge`, `sum`, `histogram`, `exponential_histogram` or `summary`.
    pub kind: String,
    pub temporality: Option<Temporality>,
    /// Of a sum: it never falls.
    pub monotonic: Option<bool>,
    pub unit: String,
    pub service: String,
    pub scope: String,
    pub flags: u32,
    pub value: Option<Number>,
    pub count: Option<u64>,
    pub sum: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub shape: Shape,
    pub exemplars: Vec<Exemplar>,
    /// A JSON object.
    pub attributes: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct MetricRow {
    pub(super) project: std::sync::Arc<str>,
    pub(super) point: MetricPoint,
}

pub(super) fn append_metric(appender: &mut Appender<'_>, seq: i64, row: &MetricRow) -> duckdb::Result<()> {
    let point = &row.point;
    let buckets = Buckets::of(&point.shape);
    let (double, int) = match point.value {
        Some(Number::Int(int)) => (None, Some(int)),
        Some(Number::Double(double)) => (Some(double), None),
        None => (None, None),
    };
    appender.append_row(params![
        &*row.project,
        seq,
        point.time.0,
        point.start.map(|start| start.0),
        point.series,
        point.name,
        point.kind,
        point.temporality.map(Temporality::as_str),
        point.monotonic,
        point.unit,
        point.service,
        point.scope,
        point.flags,
        double,
        int,
        point.count,
        point.sum,
        point.min,
        point.max,
        doubles(&buckets.bounds),
        counts(&buckets.counts),
        buckets.scale,
        buckets.zero_count,
        buckets.zero_threshold,
        buckets.negative_offset,
        counts(&buckets.negative),
        exemplars_text(&point.exemplars),
        point.attributes,
    ])
}

/// Reads the columns of `point_columns.sql`.
pub(super) fn read_point(row: &duckdb::Row<'_>) -> duckdb::Result<MetricPoint> {
    let mut cells = Cells::of(row);
    let seq = cells.take()?;
    let time = UnixNanos(cells.take()?);
    let start = cells.take::<Option<i64>>()?.map(UnixNanos);
    let series = cells.take()?;
    let name = cells.take()?;
    let kind: String = cells.take()?;
    let temporality = match cells.take::<Option<String>>()?.as_deref() {
        Some("delta") => Some(Temporality::Delta),
        Some("cumulative") => Some(Temporality::Cumulative),
        _ => None,
    };
    let (monotonic, unit, service, scope) = (cells.take()?, cells.take()?, cells.take()?, cells.take()?);
    let flags = cells.take()?;
    let double = cells.take::<Option<f64>>()?.map(Number::Double);
    let value = cells.take::<Option<i64>>()?.map(Number::Int).or(double);
    let (count, sum, min, max) = (cells.take()?, cells.take()?, cells.take()?, cells.take()?);
    let buckets = Buckets {
        bounds: read_doubles(cells.take()?),
        counts: read_counts(cells.take()?),
        scale: cells.take()?,
        zero_count: cells.take()?,
        zero_threshold: cells.take()?,
        negative_offset: cells.take()?,
        negative: read_counts(cells.take()?),
    };
    let exemplars = cells.take::<Option<String>>()?.map(|text| read_exemplars(&text)).unwrap_or_default();
    Ok(MetricPoint {
        shape: buckets.shape(&kind),
        seq,
        time,
        start,
        series,
        name,
        kind,
        temporality,
        monotonic,
        unit,
        service,
        scope,
        flags,
        value,
        count,
        sum,
        min,
        max,
        exemplars,
        attributes: cells.take()?,
    })
}

/// A shape as columns. Of an exponential histogram `bounds` holds the offset, of a summary pairs of quantile and value.
#[derive(Default)]
struct Buckets {
    bounds: Vec<f64>,
    counts: Vec<u64>,
    scale: Option<i32>,
    zero_count: Option<u64>,
    zero_threshold: Option<f64>,
    negative_offset: Option<i32>,
    negative: Vec<u64>,
}

impl Buckets {
    fn of(shape: &Shape) -> Self {
        match shape {
            Shape::None => Self::default(),
            Shape::Explicit { bounds, counts } => {
                Self { bounds: bounds.clone(), counts: counts.clone(), ..Self::default() }
            }
            Shape::Exponential { scale, zero_count, zero_threshold, positive, negative } => Self {
                bounds: vec![f64::from(positive.offset)],
                counts: positive.counts.clone(),
                scale: Some(*scale),
                zero_count: Some(*zero_count),
                zero_threshold: Some(*zero_threshold),
                negative_offset: Some(negative.offset),
                negative: negative.counts.clone(),
            },
            Shape::Quantiles(pairs) => Self {
                bounds: pairs.iter().flat_map(|(quantile, value)| [*quantile, *value]).collect(),
                ..Self::default()
            },
        }
    }

    fn shape(self, kind: &str) -> Shape {
        match kind {
            "histogram" => Shape::Explicit { bounds: self.bounds, counts: self.counts },
            "exponential_histogram" => Shape::Exponential {
                scale: self.scale.unwrap_or(0),
                zero_count: self.zero_count.unwrap_or(0),
                zero_threshold: self.zero_threshold.unwrap_or(0.0),
                // An offset has 32 bits, which a double holds exactly.
                positive: Exponential {
                    offset: self.bounds.first().map_or(0, |offset| *offset as i32),
                    counts: self.counts,
                },
                negative: Exponential { offset: self.negative_offset.unwrap_or(0), counts: self.negative },
            },
            "summary" => Shape::Quantiles(self.bounds.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()),
            _ => Shape::None,
        }
    }
}

/// A list column; the empty list is NULL, which costs nothing.
fn doubles(list: &[f64]) -> Value {
    if list.is_empty() { Value::Null } else { Value::List(list.iter().copied().map(Value::Double).collect()) }
}

fn counts(list: &[u64]) -> Value {
    if list.is_empty() { Value::Null } else { Value::List(list.iter().copied().map(Value::UBigInt).collect()) }
}

fn read_doubles(value: Value) -> Vec<f64> {
    let Value::List(items) = value else { return Vec::new() };
    items.into_iter().filter_map(|item| if let Value::Double(double) = item { Some(double) } else { None }).collect()
}

fn read_counts(value: Value) -> Vec<u64> {
    let Value::List(items) = value else { return Vec::new() };
    items.into_iter().filter_map(|item| if let Value::UBigInt(count) = item { Some(count) } else { None }).collect()
}

type ExemplarText = (i64, Option<String>, Option<String>, Option<String>, String);

/// JSON: [time, value, trace, span, attributes] each.
fn exemplars_text(exemplars: &[Exemplar]) -> Option<String> {
    let text = |exemplar: &Exemplar| -> ExemplarText {
        (
            exemplar.time.0,
            exemplar.value.map(Number::exact),
            exemplar.trace_id.map(|id| id.to_string()),
            exemplar.span_id.map(|id| id.to_string()),
            exemplar.attributes.clone(),
        )
    };
    let all: Vec<ExemplarText> = exemplars.iter().map(text).collect();
    if all.is_empty() { None } else { serde_json::to_string(&all).ok() }
}

fn read_exemplars(text: &str) -> Vec<Exemplar> {
    let all: Vec<ExemplarText> = serde_json::from_str(text).unwrap_or_default();
    let read = |(time, value, trace, span, attributes): ExemplarText| Exemplar {
        time: UnixNanos(time),
        value: value.and_then(|value| Number::from_exact(&value)),
        trace_id: trace.and_then(|id| id.parse().ok()),
        span_id: span.and_then(|id| id.parse().ok()),
        attributes,
    };
    all.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests;
