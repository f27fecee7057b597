//! Reading the journal anew.

use serde::Serialize;
use utoipa::ToSchema;

/// How the last reindex since the start of the server goes or went.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Reindex {
    /// `none` (nothing was read anew since the start), `reading`, `switching`, `done` or `failed`.
    pub state: String,
    /// Why it failed; nothing has changed then.
    pub error: Option<String>,
    /// What is read anew: `everything`, `prices` or `dialects`.
    pub what: Option<String>,
    /// Of traces that start from here on; null: from the first.
    pub since: Option<String>,
    /// Of traces that start before; null: to the last.
    pub until: Option<String>,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    /// Days of the journal that are read, and how many there are to read.
    pub days_done: u64,
    pub days: u64,
    pub spans: u64,
    /// Once it is done.
    pub outcome: Option<ReindexOutcome>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReindexOutcome {
    /// Traces read anew.
    pub traces: u64,
    /// Traces left as they were, because the journal no longer has all of their spans.
    pub kept_traces: u64,
    pub before: ReindexSums,
    pub after: ReindexSums,
    /// Models whose sums are others now.
    pub models: Vec<ReindexModel>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReindexModel {
    /// Empty for calls without one.
    pub model: String,
    pub before: ReindexSums,
    pub after: ReindexSums,
}

/// Over counted calls.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReindexSums {
    pub calls: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cost_usd: f64,
    pub cost_nano: i64,
    pub unpriced_calls: u64,
}
