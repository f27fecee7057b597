//! A span as we understand it, whatever dialect its client speaks.

use serde_json::{Map, Value};

use super::{Attribution, Call, SpanId, TraceId, UnixNanos};

/// What a span is about. The numbers are not stored, the names are: never rename.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpanKind {
    Llm,
    Embedding,
    Tool,
    Agent,
    Workflow,
    Task,
    Retrieval,
    Rerank,
    Guardrail,
    Evaluation,
    Http,
    Db,
    Other,
}

impl SpanKind {
    pub const ALL: [Self; 13] = [
        Self::Llm,
        Self::Embedding,
        Self::Tool,
        Self::Agent,
        Self::Workflow,
        Self::Task,
        Self::Retrieval,
        Self::Rerank,
        Self::Guardrail,
        Self::Evaluation,
        Self::Http,
        Self::Db,
        Self::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::Embedding => "embedding",
            Self::Tool => "tool",
            Self::Agent => "agent",
            Self::Workflow => "workflow",
            Self::Task => "task",
            Self::Retrieval => "retrieval",
            Self::Rerank => "rerank",
            Self::Guardrail => "guardrail",
            Self::Evaluation => "evaluation",
            Self::Http => "http",
            Self::Db => "db",
            Self::Other => "other",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Only these can own usage and cost.
    pub fn is_model_call(self) -> bool {
        matches!(self, Self::Llm | Self::Embedding | Self::Rerank)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Status {
    #[default]
    Unset,
    Ok,
    Error,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

/// One execution of a workflow engine, of which several tellers tell in traces of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Unique in one installation of the engine.
    pub id: String,
    /// The engine's id of the workflow.
    pub workflow: Option<String>,
    /// Told by the engine; else by what runs in one of its nodes.
    pub by_engine: bool,
}

/// One span, normalised and priced. Long content is not here: see [`super::Content`].
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub parent_span_id: Option<SpanId>,
    pub name: String,
    pub kind: SpanKind,
    /// `service.name`, or the best substitute where the client left it at `unknown_service`.
    pub service: String,
    /// Name of the instrumentation scope, empty when not told.
    pub scope: String,
    /// The dialect that was recognised, e.g. `openllmetry`, `openinference`, `otel_genai`; empty for plain spans.
    pub dialect: &'static str,
    pub start: UnixNanos,
    pub end: UnixNanos,
    pub status: Status,
    pub status_message: Option<String>,
    pub error_type: Option<String>,
    pub attribution: Attribution,
    /// Whose part it says it is. Not kept in rows.
    pub execution: Option<Box<Execution>>,
    pub call: Option<Call>,
    /// Name of the tool when the kind is [`SpanKind::Tool`].
    pub tool_name: Option<String>,
    /// At most [`Span::PREVIEW_CHARS`] characters of the last input message, for lists.
    pub input_preview: Option<String>,
    pub output_preview: Option<String>,
}

impl Span {
    /// What a line of a list shows. They are a good part of a row in the analytics: with 96 its file is a sixth larger.
    pub const PREVIEW_CHARS: usize = 64;

    pub fn duration_ns(&self) -> i64 {
        self.end.since(self.start)
    }
}

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanEvent {
    pub time: UnixNanos,
    pub name: String,
    pub attributes: Map<String, Value>,
}

/// A reference from one span to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub attributes: Map<String, Value>,
}
