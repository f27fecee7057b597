//! Gemini CLI: its log records, and the spans of its traces (scope `gemini-cli`).
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input | `input_token_count` | includes the cache, not the results of built-in tools |
//! | tools | `tool_token_count` | on top of input |
//! | cache | `cached_content_token_count` | part of input |
//! | output | `output_token_count` | without reasoning |
//! | reasoning | `thoughts_token_count` | on top of output |
//!
//! Source: packages/core/src/telemetry of the client and captures of version 0.61.0. Spans carry input and output only, and
//! the record of a streamed answer is in no trace: the records, which are always sent, count, and the spans never.

use super::otel_genai;
use crate::interpret::normalise::messages::Place;
use crate::interpret::normalise::tokens::{Names, Share};
use crate::interpret::normalise::{Dialect, RawSpan, Teller};
use crate::interpret::settle::TOLD_BY_LOG;
use crate::model::SpanKind;

const RECORD: Names = Names {
    input: &["input_token_count"],
    output: &["output_token_count"],
    cache_read: &["cached_content_token_count"],
    reasoning: &["thoughts_token_count"],
    ..Names::NONE
};

pub const DIALECT: Dialect = Dialect {
    name: "gemini_cli",
    client: "gemini_cli",
    spoken: |raw: &RawSpan<'_>| raw.scope == "gemini-cli",
    usage: |raw| otel_genai::NAMES.read(&raw.attributes, Share::Inside, Share::Inside),
    input: otel_genai::DIALECT.input,
    output: otel_genai::DIALECT.output,
    never_counts: |_| Some(TOLD_BY_LOG),
    content_switch: SWITCH,
    ..Dialect::DEFAULT
};

pub const LOG: Dialect = Dialect {
    name: "gemini_cli_log",
    teller: Teller::Log,
    spoken: |raw| raw.span.name.starts_with("gemini_cli."),
    kind: |raw| {
        Some(match raw.span.name.as_str() {
            "gemini_cli.user_prompt" => SpanKind::Agent,
            "gemini_cli.tool_call" => SpanKind::Tool,
            _ => SpanKind::Llm,
        })
    },
    usage: |raw| {
        let mut reported = RECORD.read(&raw.attributes, Share::Inside, Share::Beside)?;
        let tools = raw.attributes.uint("tool_token_count").unwrap_or(0);
        reported.input = reported.input.map(|input| input.saturating_add(tools));
        Some(reported)
    },
    input: &[Place::Json("gen_ai.input.messages")],
    output: &[Place::Json("gen_ai.output.messages"), Place::Json("response_text")],
    never_counts: |_| None,
    rank: 4,
    ..DIALECT
};

const SWITCH: &str = "the client sends no prompts and answers: set GEMINI_TELEMETRY_LOG_PROMPTS=true there";
