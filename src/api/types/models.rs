//! Models: how much they are used, how fast they are, how they fail, what they cost.

use serde::Serialize;
use utoipa::ToSchema;

use super::prices::PriceAmount;
use super::traces::{Price, Usage};

/// One model of one provider, over counted calls; `null` where calls do not name them. Quantiles are exact for few
/// calls, and off by 2 % at most for many.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModelItem {
    pub provider: Option<String>,
    pub model: Option<String>,
    /// Start of the newest call.
    pub last_used: String,
    /// Start of the first call that is stored, whatever the range and the filters.
    pub first_used: String,
    /// It was called on at least 4 of the 7 days (UTC) up to its last call, and that was 2 to 30 days ago.
    pub silent: bool,
    /// The day on which the provider ends it, as the price data tells; it may be past.
    pub retires: Option<String>,
    pub calls: u64,
    pub errors: u64,
    /// Most frequent first.
    pub errors_by_kind: Vec<ErrorKind>,
    pub usage: Usage,
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    pub unpriced_calls: u64,
    /// What the amount of the newest call rests on: `computed`, `reported`, `local` or `unknown`.
    pub basis: Option<String>,
    /// The price row that holds now for a call with these names.
    pub price: Option<Price>,
    /// What it says.
    pub prices: Vec<PriceAmount>,
    /// Why there is none; `null` also where a rule for models at home gives the amount.
    pub no_price: Option<String>,
    pub latency_p50_ms: Option<f64>,
    pub latency_p90_ms: Option<f64>,
    pub latency_p95_ms: Option<f64>,
    pub latency_p99_ms: Option<f64>,
    /// From the shortest to the longest, without gaps.
    pub latency_bins: Vec<DurationBin>,
    pub ttft_p50_ms: Option<f64>,
    pub ttft_p90_ms: Option<f64>,
    pub ttft_p95_ms: Option<f64>,
    pub ttft_p99_ms: Option<f64>,
    pub ttft_bins: Vec<DurationBin>,
    /// Tokens that the model wrote, reasoning included, for each second that its calls took; `null` when it wrote none.
    pub output_tokens_per_second: Option<f64>,
}

/// How many durations lie between two; each bin ends at 1.4 times where it begins.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DurationBin {
    pub from_ms: f64,
    /// Exclusive.
    pub to_ms: f64,
    pub count: u64,
}

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ErrorKind {
    /// Such as `RateLimitError` or `429`, as the client tells it; `null` where it tells none.
    pub kind: Option<String>,
    pub count: u64,
}

/// Most expensive first, then by calls.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModelList {
    pub items: Vec<ModelItem>,
    pub next_cursor: Option<String>,
}
