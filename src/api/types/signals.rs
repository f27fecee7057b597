//! Log records and metric points.

use serde::Serialize;
use utoipa::ToSchema;

use super::content::JsonMap;

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

/// One data point.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricItem {
    pub time: String,
    pub name: String,
    /// `gauge`, `sum`, `histogram`, `exponential_histogram` or `summary`.
    pub kind: String,
    pub unit: String,
    pub service: String,
    pub scope: String,
    /// Of a gauge or sum.
    pub value: Option<f64>,
    /// Number of measurements, of the other kinds.
    pub count: Option<u64>,
    pub sum: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    #[schema(value_type = Object)]
    pub attributes: JsonMap,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricList {
    pub items: Vec<MetricItem>,
    pub next_cursor: Option<String>,
}
