//! Log records and metric points.

use serde::Serialize;
use utoipa::ToSchema;

use super::content::JsonMap;
use super::cost::ValueCount;

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LogItem {
    pub time: String,
    /// `trace`, `debug`, `info`, `warn`, `error`, `fatal`, or `unset`.
    pub severity: String,
    /// As OTLP numbers it, 0 when not told.
    pub severity_number: i32,
    pub service: String,
    pub scope: String,
    pub event_name: Option<String>,
    /// The first 2000 characters.
    pub body: String,
    pub trace_id: Option<String>,
    pub span_id: Option<String>,
    #[schema(value_type = Object)]
    pub attributes: JsonMap,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LogList {
    pub items: Vec<LogItem>,
    pub next_cursor: Option<String>,
}

/// How the log records that match are spread.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LogSummary {
    pub since: String,
    pub until: String,
    pub step_ms: f64,
    pub count: u64,
    /// Steps without records are left out.
    pub steps: Vec<LogStep>,
    pub services: Vec<ValueCount>,
    pub scopes: Vec<ValueCount>,
    pub event_names: Vec<ValueCount>,
}

/// Records by severity.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LogStep {
    /// Start of the step.
    pub time: String,
    pub unset: u64,
    pub trace: u64,
    pub debug: u64,
    pub info: u64,
    pub warn: u64,
    pub error: u64,
    pub fatal: u64,
}

/// One data point.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricItem {
    pub time: String,
    /// Since when a cumulative point counts, or a delta one.
    pub start_time: Option<String>,
    /// Points of one series have the same: same resource, scope, metric and attributes.
    pub series: String,
    pub name: String,
    /// `gauge`, `sum`, `histogram`, `exponential_histogram` or `summary`.
    pub kind: String,
    /// `delta` or `cumulative`.
    pub temporality: Option<String>,
    /// Of a sum: it never falls.
    pub monotonic: Option<bool>,
    pub unit: String,
    pub service: String,
    pub scope: String,
    /// As OTLP has them; bit 0 says that no value was recorded.
    pub flags: u32,
    /// Of a gauge or sum.
    pub value: Option<f64>,
    /// The same in digits that give back exactly the number that was sent: 64-bit integers, `NaN`, `inf`, `-inf`.
    pub exact: Option<String>,
    /// Number of measurements, of the other kinds.
    pub count: Option<u64>,
    pub sum: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Of a histogram: upper bounds of the buckets but the last.
    pub bounds: Vec<f64>,
    /// Of a histogram: one count more than bounds.
    pub bucket_counts: Vec<u64>,
    /// Of an exponential histogram.
    pub exponential: Option<ExponentialBuckets>,
    /// Of a summary.
    pub quantiles: Vec<QuantileValue>,
    /// Measurements that stand for the point, with the trace they were made in.
    pub exemplars: Vec<MetricExemplar>,
    #[schema(value_type = Object)]
    pub attributes: JsonMap,
}

/// Bucket i reaches from base^i to base^(i+1), with base = 2^(2^-scale).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExponentialBuckets {
    pub scale: i32,
    pub zero_count: u64,
    pub zero_threshold: f64,
    /// Index of the first count.
    pub positive_offset: i32,
    pub positive_counts: Vec<u64>,
    pub negative_offset: i32,
    pub negative_counts: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QuantileValue {
    /// 0 to 1.
    pub quantile: f64,
    pub value: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricExemplar {
    pub time: String,
    /// Digits, as `exact` of the point.
    pub exact: Option<String>,
    pub trace_id: Option<String>,
    pub span_id: Option<String>,
    #[schema(value_type = Object)]
    pub attributes: JsonMap,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricList {
    pub items: Vec<MetricItem>,
    pub next_cursor: Option<String>,
}

/// A metric that has data points.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricName {
    pub name: String,
    pub kind: String,
    pub unit: String,
    pub temporality: Option<String>,
    pub monotonic: Option<bool>,
    pub services: Vec<String>,
    pub series: u64,
    pub points: u64,
    pub last_time: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricNameList {
    pub items: Vec<MetricName>,
    pub next_cursor: Option<String>,
}

/// An attribute that series of a metric have.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricAttribute {
    pub name: String,
    /// Its values with the number of series that have them, the most frequent first.
    pub values: Vec<ValueCount>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricAttributeList {
    pub items: Vec<MetricAttribute>,
    pub next_cursor: Option<String>,
}

/// A metric over time.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricSeries {
    pub name: String,
    /// Null when the metric has no points in this time.
    pub kind: Option<String>,
    pub unit: Option<String>,
    /// `increase`, `rate`, `sum`, `avg`, `min`, `max`, `last`, `p50`, `p90`, `p95` or `p99`.
    pub aggregate: Option<String>,
    pub step_ms: f64,
    pub since: String,
    pub until: String,
    pub lines: Vec<MetricLine>,
    /// How many series were put together.
    pub series: u64,
    /// How often a counter began anew.
    pub resets: u64,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricLine {
    /// Values of what was grouped by, in that order; empty where there is none.
    pub group: Vec<String>,
    /// Steps without points are left out.
    pub points: Vec<MetricSeriesPoint>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricSeriesPoint {
    /// Start of the step.
    pub time: String,
    pub value: f64,
    /// Of a quantile: the true one is not below; null where the bucket has no end.
    pub low: Option<f64>,
    /// Of a quantile: the true one is not above; null where the bucket has no end.
    pub high: Option<f64>,
}
