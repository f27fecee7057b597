//! The spans that Anthropic's own SDK writes (scope `com.anthropic.sdk.*`), beside those of any instrumentation.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output, cache | as in the conventions | input includes cache reads and writes |
//! | cache write of an hour | `anthropic.usage.cache_creation.ephemeral_1h_input_tokens` | part of the cache write |
//!
//! Source: capture of the Python SDK 2.11.0. It carries no content; of two tellers of one response it counts right.

use super::otel_genai;
use crate::interpret::normalise::tokens::{Names, Share};
use crate::interpret::normalise::{Dialect, RawSpan};

const NAMES: Names =
    Names { cache_write_1h: &["anthropic.usage.cache_creation.ephemeral_1h_input_tokens"], ..otel_genai::NAMES };

pub const DIALECT: Dialect = Dialect {
    name: "anthropic_sdk",
    spoken: |raw: &RawSpan<'_>| raw.scope.starts_with("com.anthropic.sdk"),
    usage: |raw| NAMES.read(&raw.attributes, Share::Inside, Share::Inside),
    rank: 3,
    content_switch: "Anthropic's SDK sends no prompts and answers: add an instrumentation, the call still counts once",
    ..Dialect::DEFAULT
};
