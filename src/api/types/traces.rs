//! Traces, spans and model calls.

use serde::Serialize;
use utoipa::ToSchema;

use super::content::{JsonMap, Message, Retrieval, Tool};
use super::search::SearchItem;
use super::signals::LogItem;

/// Token counts; no token is in two fields, except `cache_write_1h` (part of `cache_write`) and `total`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Usage {
    /// Prompt tokens that were neither read from nor written to a cache.
    pub input: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    /// The part of `cache_write` that is kept for an hour.
    pub cache_write_1h: u64,
    /// Completion tokens without reasoning, audio and images.
    pub output: u64,
    pub reasoning: u64,
    pub audio_input: u64,
    pub audio_output: u64,
    pub image_input: u64,
    pub image_output: u64,
    /// The sum of all.
    pub total: u64,
}

/// By what a list of traces is sorted, largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TraceOrder {
    Newest,
    Cost,
    Duration,
}

/// One trace in a list. Sums are over counted calls: a wrapper that repeats its children's usage is left out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TraceItem {
    pub trace_id: String,
    /// Name of the root span, or of the earliest while the root has not arrived.
    pub name: String,
    /// Kind of that span: `llm`, `agent`, `workflow`, ...
    pub kind: String,
    /// Service of that span.
    pub service: String,
    /// All services that took part.
    pub services: Vec<String>,
    pub start_time: String,
    /// From the first start to the last end, in milliseconds.
    pub duration_ms: f64,
    pub span_count: u64,
    /// Counted model calls.
    pub call_count: u64,
    /// Spans with status `error`.
    pub error_count: u64,
    /// `error` when any span failed, else what the root span says: `ok` or `unset`.
    pub status: String,
    /// Models that answered, counted calls only.
    pub models: Vec<String>,
    pub providers: Vec<String>,
    pub usage: Usage,
    /// `null` when no call has a price.
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    /// Counted calls without an amount: the true cost is higher. A call that failed without using a token is none of
    /// them.
    pub unpriced_calls: u64,
    pub session: Option<String>,
    pub user: Option<String>,
    pub feature: Option<String>,
    pub team: Option<String>,
    pub environment: Option<String>,
    pub workflow: Option<String>,
    pub agent: Option<String>,
    pub tags: Vec<String>,
    /// The first 200 characters that went in and came out, of the root span or else of the first call.
    pub input_preview: Option<String>,
    pub output_preview: Option<String>,
    /// What `search` has found in it, where `snippets` asks for it: the newest match.
    pub found: Option<SearchItem>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TraceList {
    pub items: Vec<TraceItem>,
    /// Hand it back as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<String>,
    /// `search` matches in more traces than are looked at: these are among the newest 5000.
    pub truncated: bool,
}

/// One trace with all that is known of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TraceDetail {
    #[serde(flatten)]
    pub summary: TraceItem,
    /// In order of their start.
    pub spans: Vec<Span>,
    /// What produced the spans; a span names its own by index.
    pub resources: Vec<Resource>,
    /// Executions of workflow engines (n8n) that the trace tells of, in order of their start.
    pub executions: Vec<Execution>,
    /// Kept whole, also when content of healthy traces of its age is left out.
    pub pinned: bool,
    /// When and why what was said was left out, if it was: `2026-11-28: healthy, older than 7 days`.
    pub content_dropped: Option<String>,
    /// The first 1000 log records of the trace in order of their time; each names its span if it has one.
    pub logs: Vec<LogItem>,
    /// How many log records the trace has.
    pub log_count: u64,
    /// What users, programs and models think of it, in order of their time; 200 at most.
    pub scores: Vec<Score>,
}

/// A score or a user's feedback: OpenTelemetry's evaluation events, and Langfuse's scores.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Score {
    /// What its client calls it, where it has a name for it.
    pub id: Option<String>,
    pub name: String,
    pub value: Option<f64>,
    /// In words; of a truth value `true` or `false`.
    pub label: Option<String>,
    pub comment: Option<String>,
    /// `NUMERIC`, `BOOLEAN`, `CATEGORICAL` and so on, where its client says so.
    pub data_type: Option<String>,
    pub time: String,
    /// Of which span, where it is not of the whole trace.
    pub span_id: Option<String>,
}

/// One execution of a workflow, as its engine tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Execution {
    /// `n8n`.
    pub engine: String,
    pub id: String,
    pub workflow_id: Option<String>,
    pub workflow: Option<String>,
    /// What started it: `webhook`, `trigger`, `manual`, ...
    pub mode: Option<String>,
    /// In the engine's words: `success`, `error`, `canceled`, ...
    pub status: Option<String>,
    pub is_retry: bool,
    /// The execution that it repeats.
    pub retry_of: Option<String>,
    /// Why it goes on after it had waited, in a trace of its own.
    pub continues: Option<String>,
    /// Its span.
    pub span_id: String,
    /// Its page in the engine, where `[links]` says where that is.
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Resource {
    #[schema(value_type = Object)]
    pub attributes: JsonMap,
}

/// Whose work something is; `null` where nothing tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Attribution {
    pub environment: Option<String>,
    pub feature: Option<String>,
    pub team: Option<String>,
    pub prompt_name: Option<String>,
    pub prompt_version: Option<String>,
    pub session: Option<String>,
    pub user: Option<String>,
    pub workflow: Option<String>,
    pub node: Option<String>,
    pub agent: Option<String>,
    pub tags: Vec<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Span {
    pub span_id: String,
    pub parent_span_id: Option<String>,
    pub name: String,
    /// `llm`, `embedding`, `tool`, `agent`, `workflow`, `task`, `retrieval`, `rerank`, `guardrail`, `evaluation`,
    /// `http`, `db` or `other`.
    pub kind: String,
    pub service: String,
    /// Name of the instrumentation library, empty when not told.
    pub scope: String,
    pub scope_version: String,
    /// The dialect that was recognised, e.g. `openllmetry`; empty for plain spans.
    pub dialect: String,
    pub start_time: String,
    pub duration_ms: f64,
    /// `unset`, `ok` or `error`.
    pub status: String,
    pub status_message: Option<String>,
    pub error_type: Option<String>,
    #[serde(flatten)]
    pub attribution: Attribution,
    /// As sent, after redaction.
    #[schema(value_type = Object)]
    pub attributes: JsonMap,
    /// Index into `resources` of the trace.
    pub resource: u32,
    pub events: Vec<SpanEvent>,
    pub links: Vec<SpanLink>,
    /// Set on model calls.
    pub call: Option<CallDetail>,
    /// Set on tool runs.
    pub tool: Option<Tool>,
    /// Set on searches in a knowledge base.
    pub retrieval: Option<Retrieval>,
    /// What went into a span that is no model call.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub input: Option<serde_json::Value>,
    #[cfg_attr(test, ts(type = "unknown"))]
    pub output: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SpanEvent {
    pub time: String,
    pub name: String,
    #[schema(value_type = Object)]
    pub attributes: JsonMap,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SpanLink {
    pub trace_id: String,
    pub span_id: String,
    #[schema(value_type = Object)]
    pub attributes: JsonMap,
}

/// Where a span is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SpanRef {
    pub trace_id: String,
    pub span_id: String,
}

/// The figures of one model call.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Call {
    /// `chat`, `text_completion`, `embeddings`, `rerank` or `other`.
    pub operation: String,
    pub provider: Option<String>,
    pub request_model: Option<String>,
    pub response_model: Option<String>,
    pub response_id: Option<String>,
    pub streaming: Option<bool>,
    pub time_to_first_token_ms: Option<f64>,
    pub finish_reasons: Vec<String>,
    /// `null` when the client sent no token counts: unknown, not zero.
    pub usage: Option<Usage>,
    /// Whether usage and cost enter totals.
    pub counted: bool,
    /// Why not, where not.
    pub counted_reason: Option<String>,
    /// The same call as another instrumentation tells it, mostly in another trace; one of the two counts.
    pub twin: Option<SpanRef>,
    pub cost: Cost,
}

/// A model call with what was said in it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CallDetail {
    #[serde(flatten)]
    pub call: Call,
    #[serde(flatten)]
    pub content: CallContent,
}

/// What was said in a model call.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CallContent {
    pub input_messages: Vec<Message>,
    pub output_messages: Vec<Message>,
    /// As sent, one JSON schema per tool.
    #[cfg_attr(test, ts(type = "unknown[]"))]
    pub tool_definitions: Vec<serde_json::Value>,
    /// `temperature`, `max_tokens`, ... as in the GenAI conventions.
    #[schema(value_type = Object)]
    pub parameters: JsonMap,
    /// Set when the client sends no content: why, and how to switch it on.
    pub content_off: Option<String>,
}

/// What a call cost and why.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Cost {
    /// The amount that counts; `null` when unknown.
    pub usd: Option<f64>,
    pub nano: Option<i64>,
    /// `computed` from tokens and prices, `local` from the time on a machine at home, `reported` by the client, or
    /// `unknown`.
    pub basis: String,
    /// Why there is no amount, when the basis is `unknown`.
    pub reason: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// What the client itself said, whether it counts or not.
    pub reported_usd: Option<f64>,
    pub reported_nano: Option<i64>,
    /// The client's figure differs from ours by more than 5 %.
    pub mismatch: bool,
    /// The price row used, when the basis is `computed`.
    pub price: Option<Price>,
    /// The rule for models at home that is for it, when that goes by time.
    pub local: Option<super::local::LocalCost>,
    pub buckets: Vec<BucketCost>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Price {
    /// Provider and model as the price table names them.
    pub provider: String,
    pub model: String,
    /// How the call's names led to the row: `exact`, `pattern`, ...
    pub how: String,
    /// Price table and its version.
    pub source: String,
    /// First day (`2025-08-01`) on which the row holds, if told.
    pub effective_from: Option<String>,
    /// Service tier that the call told, such as `batch`, unless it is the standard one.
    pub tier: Option<String>,
    /// Whether the row has prices of that tier; else the standard ones were taken.
    pub tier_priced: bool,
    /// The prices hold above so many input tokens, and the prompt was that long.
    pub above_input_tokens: Option<u64>,
}

/// One line of a cost: `units` x `price` = `amount`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BucketCost {
    /// `input`, `cache_read`, `cache_write_5m`, `cache_write_1h`, `output`, `reasoning`, `audio_input`,
    /// `audio_output`, `image_input`, `image_output`, `request` or `web_search`.
    pub bucket: String,
    /// Tokens or searches; 1 for `request`.
    pub units: u64,
    /// Price of a million tokens; of one for `request` and `web_search`.
    pub price_usd: f64,
    pub price_nano: i64,
    pub amount_usd: f64,
    pub amount_nano: i64,
}

/// One model call in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CallItem {
    pub trace_id: String,
    pub span_id: String,
    pub name: String,
    pub start_time: String,
    pub duration_ms: f64,
    pub status: String,
    pub error_type: Option<String>,
    pub status_message: Option<String>,
    pub service: String,
    #[serde(flatten)]
    pub call: Call,
    #[serde(flatten)]
    pub attribution: Attribution,
    pub input_preview: Option<String>,
    pub output_preview: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CallList {
    pub items: Vec<CallItem>,
    pub next_cursor: Option<String>,
}
