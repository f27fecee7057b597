//! Sessions and models.

use serde::Serialize;
use utoipa::ToSchema;

use super::traces::Usage;

/// One session or conversation, over its traces in the range asked for. A trace belongs to the session of its root
/// span, or else to the first that one of its spans names.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SessionItem {
    pub session: String,
    pub user: Option<String>,
    pub start_time: String,
    /// Start of the newest trace.
    pub last_trace_time: String,
    /// From the first start to the last end.
    pub duration_ms: f64,
    pub trace_count: u64,
    /// Counted model calls.
    pub call_count: u64,
    /// Spans with status `error`.
    pub error_count: u64,
    pub models: Vec<String>,
    pub services: Vec<String>,
    pub usage: Usage,
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    pub unpriced_calls: u64,
    /// What went into the first trace.
    pub input_preview: Option<String>,
    /// What came out of the last trace.
    pub output_preview: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SessionList {
    pub items: Vec<SessionItem>,
    pub next_cursor: Option<String>,
}

/// One model of one provider, over counted calls; `null` where calls do not name them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModelItem {
    pub provider: Option<String>,
    pub model: Option<String>,
    /// Start of the newest call.
    pub last_used: String,
    pub calls: u64,
    pub errors: u64,
    pub usage: Usage,
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    pub unpriced_calls: u64,
    /// Quantiles are exact for few calls, and off by 2 % at most for many.
    pub latency_p50_ms: Option<f64>,
    pub latency_p95_ms: Option<f64>,
    pub ttft_p50_ms: Option<f64>,
    pub ttft_p95_ms: Option<f64>,
}

/// Most expensive first, then by calls.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModelList {
    pub items: Vec<ModelItem>,
    pub next_cursor: Option<String>,
}
