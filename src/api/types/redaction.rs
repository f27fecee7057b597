//! What rules of redaction would change.

use serde::Serialize;
use utoipa::ToSchema;

/// What rules make of a text or a request; nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RedactionTest {
    /// The text as it would be kept; null when a request was given.
    pub text: Option<String>,
    /// Every change, at most 1000.
    pub findings: Vec<RedactionFinding>,
    /// How many there are.
    pub changes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RedactionFinding {
    /// Empty outside of spans and of log records of a trace.
    pub trace_id: String,
    pub span_id: String,
    /// `span.attribute`, `span.name`, `log.body`, `resource.attribute`, ...; empty in a lone text.
    pub part: String,
    /// The attribute's key.
    pub key: String,
    /// `rule`, `capture`, `detector` or `pattern`.
    pub by: String,
    /// The rule's key, the capture mode, or what was found.
    pub name: String,
    /// `drop`, `mask`, `hash` or `truncate`.
    pub action: String,
    /// What stood there, shortened.
    pub before: String,
    /// What would stand there, shortened; null when it would be gone.
    pub after: Option<String>,
}

/// How the last dry run since the start of the server goes or went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RedactionDryRun {
    /// `none`, `running`, `done`, `cancelled` or `failed`.
    pub state: String,
    pub error: Option<String>,
    /// Spans, log records and metrics that were read.
    pub records: u64,
    pub changes: u64,
    /// Whether it ended because `limit` records were read.
    pub limited: bool,
    /// By what it was found, most changes first.
    pub found: Vec<RedactionCount>,
    /// Where it was found, most changes first, at most 200.
    pub keys: Vec<RedactionPlaceCount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RedactionCount {
    pub by: String,
    pub name: String,
    pub action: String,
    pub changes: u64,
    /// The first few.
    pub samples: Vec<RedactionFinding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RedactionPlaceCount {
    pub part: String,
    pub key: String,
    pub changes: u64,
}
