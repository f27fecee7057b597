//! Sessions and users.

use serde::Serialize;
use utoipa::ToSchema;

use super::content::Message;
use super::traces::{TraceItem, Usage};

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

/// A session with its turns, each of them a trace, oldest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SessionDetail {
    #[serde(flatten)]
    pub summary: SessionItem,
    pub turns: Vec<SessionTurn>,
    /// Hand it back as `cursor` for the turns after these; `null` at the end.
    pub next_cursor: Option<String>,
}

/// One trace of a session: what was asked, what was answered, and what that took.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SessionTurn {
    #[serde(flatten)]
    pub trace: TraceItem,
    /// The last message that a user had said when the first model was called.
    pub asked: Option<Message>,
    /// The last words of a model.
    pub answered: Option<Message>,
    /// The call that said them.
    pub answer_span_id: Option<String>,
    /// Tools that were run, each name once, in the order of their first use.
    pub tools: Vec<TurnTool>,
    /// Why the first failed span failed.
    pub error: Option<String>,
    /// Why there is no text: `not sent`, `too large` to be read for a list, `dropped` by retention or `gone`.
    pub without: Option<String>,
    /// A text is longer than what is shown of it here.
    pub shortened: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TurnTool {
    pub name: String,
    pub runs: u64,
    pub failed: u64,
}

/// One user, over the traces in the range asked for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UserItem {
    pub user: String,
    /// Starts of the first and of the newest trace in the range.
    pub first_seen: String,
    pub last_seen: String,
    pub trace_count: u64,
    pub session_count: u64,
    /// Counted model calls.
    pub call_count: u64,
    /// Spans with status `error`.
    pub error_count: u64,
    /// Traces with such a span.
    pub failed_traces: u64,
    pub usage: Usage,
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    pub unpriced_calls: u64,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UserList {
    pub items: Vec<UserItem>,
    pub next_cursor: Option<String>,
}
