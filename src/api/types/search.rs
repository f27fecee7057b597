//! What full-text search finds.

use serde::Serialize;
use utoipa::ToSchema;

/// A span or log record in which the words stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SearchItem {
    /// Null for a log record without a trace.
    pub trace_id: Option<String>,
    pub span_id: Option<String>,
    pub start_time: String,
    pub name: String,
    pub service: String,
    /// A span kind, or `log`.
    pub kind: String,
    pub model: Option<String>,
    /// Where the snippet stands: `name`, `prompt`, `completion`, `tool`, `error` or `log`.
    pub field: Option<String>,
    pub snippet: Option<Snippet>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Snippet {
    pub text: String,
    /// The words found, ascending.
    pub hits: Vec<SnippetHit>,
}

/// Counted in Unicode code points of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SnippetHit {
    pub start: u32,
    /// Behind the last character.
    pub end: u32,
}

/// A page may hold fewer items than its limit although there are more: the end is where `next_cursor` is null.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SearchList {
    pub items: Vec<SearchItem>,
    pub next_cursor: Option<String>,
    /// Not everything is indexed yet, so something may be missing.
    pub indexing: bool,
}
