//! Pins, and receipts of deletions.

use serde::Serialize;
use utoipa::ToSchema;

/// Whether a trace is kept whole.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Pinned {
    pub trace_id: String,
    pub pinned: bool,
}

/// Deletions on request, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReceiptList {
    pub items: Vec<Receipt>,
    pub next_cursor: Option<String>,
}

/// What was deleted on request, and from where.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Receipt {
    pub id: i64,
    /// `trace`, `traces`, `session` or `user`.
    pub kind: String,
    /// Id, ids separated by commas, or name, until it is done; null from then on.
    pub subject: Option<String>,
    /// Of kind and subject, with a key of this installation: equal for equal subjects.
    pub subject_hash: String,
    /// `working`, `failed` (it is tried again) or `done`.
    pub state: String,
    pub error: Option<String>,
    pub requested_at: String,
    pub finished_at: Option<String>,
    /// Traces that were looked for.
    pub traces: u64,
    pub journal: ReceiptJournal,
    pub analytics: ReceiptRows,
    pub search: ReceiptSearch,
    pub media_files: u64,
    pub pins: u64,
    /// Destinations that may have been sent some of it before, by name: it must be deleted there as well.
    pub sent_to: Vec<String>,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReceiptJournal {
    pub days: Vec<ReceiptDay>,
    /// Copies of damaged day files, which may have held it.
    pub damaged_files: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReceiptDay {
    pub day: String,
    /// Chunks that were written anew without it.
    pub chunks: u64,
    /// Spans, log records and metrics.
    pub items: u64,
    /// Uncompressed.
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReceiptRows {
    pub traces: u64,
    pub spans: u64,
    pub logs: u64,
    pub metric_points: u64,
    /// Of the file, which was written anew without the rows.
    pub bytes_before: Option<u64>,
    pub bytes_after: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReceiptSearch {
    pub entries: u64,
    /// Whose index was deleted and is made anew.
    pub days: Vec<String>,
}
