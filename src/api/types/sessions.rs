//! Sessions.

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
