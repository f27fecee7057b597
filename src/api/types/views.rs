//! Saved views, and what is done with many traces at once.

use serde::Serialize;
use utoipa::ToSchema;

use super::receipts::Receipt;

/// What a page shows, under a name.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct View {
    /// `traces`, `sessions`, ...
    pub page: String,
    /// Unique on its page.
    pub name: String,
    /// The query of the page's address.
    pub query: String,
    pub saved_at: String,
}

/// By page and name.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ViewList {
    pub items: Vec<View>,
    pub next_cursor: Option<String>,
}

/// What became of each of many traces.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BulkResult {
    /// `pin`, `unpin` or `delete`.
    pub action: String,
    pub done: u64,
    pub failed: u64,
    /// One per id, in the order they were sent.
    pub items: Vec<BulkItem>,
    /// Of the deletion, which is one for all; it may still be at work.
    pub receipt: Option<Receipt>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BulkItem {
    pub trace_id: String,
    /// Why nothing was done with this one.
    pub error: Option<String>,
}
