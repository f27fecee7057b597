//! LiteLLM's `langfuse_otel` callback: OpenInference's figures between Langfuse's texts.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output | `llm.token_count.prompt`, `.completion` | include cache and reasoning |
//! | cache, reasoning | `llm.token_count.prompt_details.*`, `.completion_details.*` | parts of the above |
//! | cost | `llm.cost.total` | never `langfuse.observation.cost_details` |
//!
//! Source: capture of LiteLLM 1.109.1. There is no `usage_details`. The raw child span is the one that `litellm` describes.

use super::{langfuse, litellm, openinference};
use crate::interpret::normalise::{Dialect, RawSpan};

pub const DIALECT: Dialect = Dialect {
    name: "litellm_langfuse",
    spoken: |raw: &RawSpan<'_>| raw.scope == "litellm" && raw.attributes.has_prefix("langfuse."),
    usage: openinference::DIALECT.usage,
    never_counts: litellm::DIALECT.never_counts,
    response_id: litellm::DIALECT.response_id,
    input: langfuse::DIALECT.input,
    output: langfuse::DIALECT.output,
    rank: litellm::DIALECT.rank,
    gateway: true,
    content_switch: litellm::DIALECT.content_switch,
    ..Dialect::DEFAULT
};
