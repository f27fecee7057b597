//! Workflows, agents and tools, and what failed last.

use serde::Serialize;
use utoipa::ToSchema;

use super::models::{DurationBin, ErrorKind};

/// A workflow, over its runs. A run is a trace that says of which workflow it is, or whose root span is one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WorkflowItem {
    pub workflow: String,
    /// Whether its spans say so: then lists and costs can be filtered by `workflow`. Else it is the name of the root span.
    pub told: bool,
    /// Of the newest run.
    pub service: String,
    pub runs: u64,
    /// Runs in which any span failed.
    pub failures: u64,
    pub duration_p50_ms: Option<f64>,
    pub duration_p95_ms: Option<f64>,
    pub duration_bins: Vec<DurationBin>,
    pub last_run: String,
    /// Counted model calls.
    pub calls: u64,
    pub unpriced_calls: u64,
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    /// Over the runs that have an amount.
    pub cost_per_run_usd: Option<f64>,
}

/// Most expensive first, then by runs.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WorkflowList {
    pub items: Vec<WorkflowItem>,
    pub next_cursor: Option<String>,
}

/// A step of a workflow: the spans of one name and kind below its root.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WorkflowNode {
    pub name: String,
    pub kind: String,
    pub calls: u64,
    pub failures: u64,
    pub duration_p50_ms: f64,
    pub duration_p95_ms: f64,
    /// Time that it takes without the steps below it, as a part of the time of all runs. Steps side by side add up to
    /// more than 1.
    pub share: f64,
    /// Of the calls at and below it.
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
}

/// Largest share of time first, a hundred at most.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WorkflowNodeList {
    pub items: Vec<WorkflowNode>,
    pub next_cursor: Option<String>,
    /// Runs that were looked into: the newest thousand, fewer when they have very many spans.
    pub runs: u64,
    /// These are all runs of the range.
    pub all: bool,
}

/// Agents and the tools in their hands, looked up in the newest traces alone.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UsedBy {
    /// The tool that an agent uses, or the agent that uses a tool; `null` for a tool that no agent is above.
    pub name: Option<String>,
    pub uses: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AgentItem {
    pub agent: String,
    pub runs: u64,
    pub failures: u64,
    pub errors_by_kind: Vec<ErrorKind>,
    pub duration_p50_ms: Option<f64>,
    pub duration_p95_ms: Option<f64>,
    pub duration_bins: Vec<DurationBin>,
    pub last_used: String,
    /// Counted model calls to which it is the nearest agent above.
    pub calls: u64,
    pub tokens: u64,
    pub unpriced_calls: u64,
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    pub cost_per_run_usd: Option<f64>,
    /// In the traces that were looked into.
    pub tools: Vec<UsedBy>,
}

/// Most used first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AgentList {
    pub items: Vec<AgentItem>,
    pub next_cursor: Option<String>,
    /// Traces in which tools were looked for: those of the newest two thousand uses.
    pub traces: u64,
    /// These are all.
    pub all: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ToolItem {
    pub tool: String,
    pub uses: u64,
    pub failures: u64,
    pub errors_by_kind: Vec<ErrorKind>,
    pub duration_p50_ms: Option<f64>,
    pub duration_p95_ms: Option<f64>,
    pub duration_bins: Vec<DurationBin>,
    pub last_used: String,
    /// In the traces that were looked into, most frequent first.
    pub agents: Vec<UsedBy>,
    /// Of the model calls below it, for one use in the traces that were looked into; `null` when none has an amount.
    pub cost_per_use_usd: Option<f64>,
}

/// Most used first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ToolList {
    pub items: Vec<ToolItem>,
    pub next_cursor: Option<String>,
    /// Traces in which agents and costs were looked for: those of the newest two thousand uses.
    pub traces: u64,
    /// These are all.
    pub all: bool,
}

/// Where a trace began to fail: a failed span below which none failed, of several the earliest.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FailureItem {
    pub trace_id: String,
    pub trace_name: String,
    pub span_id: String,
    pub start_time: String,
    pub name: String,
    pub kind: String,
    pub service: String,
    /// Of a model call.
    pub model: Option<String>,
    /// Of a tool.
    pub tool: Option<String>,
    pub workflow: Option<String>,
    pub node: Option<String>,
    pub error_type: Option<String>,
    pub message: Option<String>,
    /// Failed spans of the trace.
    pub failed_spans: u64,
}

/// Newest trace first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FailureList {
    pub items: Vec<FailureItem>,
    pub next_cursor: Option<String>,
}
