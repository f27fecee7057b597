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
    /// What a coding assistant changed in it, by its metrics; null where none were counted, and on later pages.
    pub work: Option<CodeWork>,
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
    /// The client left out what was asked: how it is told to send it.
    pub asked_hidden: Option<String>,
    /// The last words of a model.
    pub answered: Option<Message>,
    /// The call that said them.
    pub answer_span_id: Option<String>,
    /// Tools that were run, each name once, in the order of their first use.
    pub tools: Vec<TurnTool>,
    /// What happened in the order of its start: the first 200 of prompts where there are several, counted and failed
    /// calls, tools.
    pub steps: Vec<TurnStep>,
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

/// A step of a turn.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TurnStep {
    /// `prompt`, `call`, `tool`, or `note` for what the client says of itself.
    pub kind: String,
    /// The model, the tool, or what is noted.
    pub name: String,
    /// Null for what has no span: a tool that was not allowed to run, a note.
    pub span_id: Option<String>,
    pub start_time: String,
    pub duration_ms: Option<f64>,
    /// The prompt, or what went into a tool: its first 400 characters.
    pub input: Option<String>,
    /// What came out of a tool.
    pub output: Option<String>,
    /// Who let the tool run or not: `accepted by config`, `rejected by user`.
    pub decision: Option<String>,
    pub error: Option<String>,
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
}

/// What a coding session changed; null where its client does not count that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CodeWork {
    pub lines_added: Option<u64>,
    pub lines_removed: Option<u64>,
    pub commits: Option<u64>,
    pub pull_requests: Option<u64>,
    /// Time in which somebody typed or the program worked.
    pub active_ms: Option<f64>,
    /// Changes of files that were accepted, by somebody or by a rule.
    pub edits_accepted: Option<u64>,
    pub edits_rejected: Option<u64>,
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
