//! Claude Code: its log records, and the spans of its traces beta (scope `com.anthropic.claude_code.tracing`).
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output | `input_tokens`, `output_tokens` | input without any cache, output with reasoning |
//! | cache read | `cache_read_tokens` | on top of input |
//! | cache write | `cache_creation_tokens` | on top of input |
//! | of it for an hour | `cache_creation_1h_tokens` | part of the cache write, in log records only |
//!
//! Source: capture of 2.1.329. A call is told by a span and by a log record with the same `request_id`; the record
//! has the cost and the lifetimes of the cache, so it is the one that counts.

use crate::interpret::normalise::messages::Place;
use crate::interpret::normalise::tokens::{Names, Share};
use crate::interpret::normalise::{Dialect, RawSpan, Teller};
use crate::model::SpanKind;

const NAMES: Names = Names {
    input: &["input_tokens"],
    output: &["output_tokens"],
    cache_read: &["cache_read_tokens"],
    cache_write: &["cache_creation_tokens"],
    cache_write_1h: &["cache_creation_1h_tokens"],
    ..Names::NONE
};

pub const DIALECT: Dialect = Dialect {
    name: "claude_code",
    client: "claude_code",
    tied: true,
    spoken: |raw: &RawSpan<'_>| raw.scope.starts_with("com.anthropic.claude_code"),
    kind: |raw| match raw.span.name.as_str() {
        "claude_code.llm_request" => Some(SpanKind::Llm),
        "claude_code.tool" => Some(SpanKind::Tool),
        "claude_code.interaction" => Some(SpanKind::Agent),
        _ => Some(SpanKind::Other),
    },
    usage: |raw| NAMES.read(&raw.attributes, Share::Beside, Share::Inside),
    input: &[Place::Json("gen_ai.input.messages")],
    output: &[Place::Json("gen_ai.output.messages")],
    content_switch: SWITCH,
    ..Dialect::DEFAULT
};

pub const LOG: Dialect = Dialect {
    name: "claude_code_log",
    teller: Teller::Log,
    spoken: |raw| raw.span.name.starts_with("claude_code."),
    kind: |raw| {
        Some(match raw.span.name.as_str() {
            "claude_code.user_prompt" => SpanKind::Agent,
            "claude_code.tool_result" => SpanKind::Tool,
            _ => SpanKind::Llm,
        })
    },
    response_id: |raw| raw.attributes.text("request_id").map(Into::into),
    rank: 4,
    ..DIALECT
};

const SWITCH: &str =
    "the client sends no prompts and answers: set OTEL_LOG_USER_PROMPTS=1 and OTEL_LOG_ASSISTANT_RESPONSES=1 there";
