//! Codex: its log records, and the spans of its traces (scope `codex...`, one of thousands carries tokens).
//!
//! | figure | names of records; of spans | meaning |
//! |---|---|---|
//! | input | `input_token_count`; `gen_ai.usage.input_tokens` | includes the cache |
//! | output | `output_token_count`; `gen_ai.usage.output_tokens` | includes reasoning |
//! | cache | `cached_token_count`, `cache_write_token_count`; `gen_ai.usage.cache_{read,write}.input_tokens` | part of input |
//! | reasoning | `reasoning_token_count`; `codex.usage.reasoning_output_tokens` | part of output |
//!
//! Figures come as numbers or as text. Source: codex-rs/otel and captures of Codex 0.169.0. The spans name no model, and the
//! record of a stream's end is in no trace, so nothing ties the two: the records count, the spans never.

use super::otel_genai;
use crate::interpret::normalise::tokens::{Names, Share};
use crate::interpret::normalise::{Dialect, RawSpan, Teller};
use crate::interpret::settle::TOLD_BY_LOG;
use crate::model::SpanKind;

const SPAN: Names = Names { reasoning: &["codex.usage.reasoning_output_tokens"], ..otel_genai::NAMES };

const RECORD: Names = Names {
    input: &["input_token_count"],
    output: &["output_token_count"],
    cache_read: &["cached_token_count"],
    cache_write: &["cache_write_token_count"],
    reasoning: &["reasoning_token_count"],
    ..Names::NONE
};

pub const DIALECT: Dialect = Dialect {
    name: "codex",
    client: "codex",
    spoken: |raw: &RawSpan<'_>| raw.scope.starts_with("codex") && raw.attributes.has_prefix("gen_ai.usage."),
    kind: |_| Some(SpanKind::Llm),
    usage: |raw| SPAN.read(&raw.attributes, Share::Inside, Share::Inside),
    never_counts: |_| Some(TOLD_BY_LOG),
    content_switch: SWITCH,
    ..Dialect::DEFAULT
};

pub const LOG: Dialect = Dialect {
    name: "codex_log",
    teller: Teller::Log,
    spoken: |raw| raw.span.name.starts_with("codex."),
    kind: |raw| {
        Some(match raw.span.name.as_str() {
            "codex.conversation_starts" => SpanKind::Agent,
            "codex.user_prompt" => SpanKind::Task,
            "codex.tool_result" => SpanKind::Tool,
            _ => SpanKind::Llm,
        })
    },
    usage: |raw| RECORD.read(&raw.attributes, Share::Inside, Share::Inside),
    never_counts: |_| None,
    rank: 4,
    ..DIALECT
};

const SWITCH: &str = "the client sends no answers; prompts are in codex.user_prompt with log_user_prompt = true";
