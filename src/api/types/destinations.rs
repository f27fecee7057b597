//! Where data is forwarded to.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DestinationList {
    pub items: Vec<Destination>,
    pub next_cursor: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Destination {
    pub name: String,
    /// `splunk_hec`, `otlp_http`, `otlp_grpc` or `webhook`.
    pub kind: String,
    pub url: String,
    /// `sending`, `retrying` (by itself), `held` (until a setting is changed here or there; tried once a minute) or
    /// `paused`.
    pub state: String,
    /// When the oldest record arrived that is not there yet; null when it has everything.
    pub waiting_since: Option<String>,
    pub lag_seconds: f64,
    /// Bytes of the journal that wait, about.
    pub lag_bytes: u64,
    /// Since it is known here.
    pub sent_records: u64,
    /// Before compression.
    pub sent_bytes: u64,
    /// Requests made again since the start.
    pub retries: u64,
    pub dead_letters: u64,
    /// Left out by the destination of what it took, since the start; it does not say which they are.
    pub refused_records: u64,
    /// Deleted by retention before they were sent.
    pub lost_records: u64,
    pub last_sent_at: Option<String>,
    pub last_error: Option<String>,
    pub last_error_at: Option<String>,
    /// What somebody should know about how it is sent: that Splunk does not confirm what it indexes, for example.
    pub note: Option<String>,
    /// Retention waits for it: `hold`, or does not: `let_go`.
    pub behind: String,
    /// Of one that gets a sample.
    pub sampling: Option<Sampling>,
}

/// What sampling did since the start.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Sampling {
    /// Traces by the reason for which they were kept: `tool_error`, `error`, `slow`, `expensive`, `disliked`, `new_model`,
    /// `new_prompt`, `listed`, `pinned`, `undecided` or `ratio`.
    pub kept: BTreeMap<String, u64>,
    /// Traces left out when they were judged; one that was completed later is among the kept as well.
    pub dropped: u64,
    /// Part of the healthy traces that goes now.
    pub ratio_in_force: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeadLetterList {
    pub items: Vec<DeadLetter>,
    pub next_cursor: Option<String>,
}

/// A record that a destination will not take.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeadLetter {
    pub id: i64,
    pub at: String,
    /// `traces`, `logs` or `metrics`.
    pub signal: String,
    /// Where the journal has it: day, chunk, and the first record of the chunk that is meant.
    pub day: String,
    pub chunk: i64,
    pub record: u32,
    pub records: u32,
    pub trace_id: Option<String>,
    pub span_id: Option<String>,
    pub reason: String,
    /// What the destination answered, shortened.
    pub response: String,
    /// It waits to be sent again.
    pub replay: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeadLettersChanged {
    pub changed: u64,
}
