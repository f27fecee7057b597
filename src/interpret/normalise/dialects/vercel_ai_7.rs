//! Vercel's AI SDK 7 (scope `gen_ai`, package `@ai-sdk/otel`), and n8n's Agents module, which writes the same.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | all | as in the conventions | input includes cache, output includes reasoning |
//! | `invoke_agent`, `step N` | the same | never counted: they repeat the calls below |
//!
//! Source: captures of ai 7.0.173 (100 = 36 + 64 cached, 20 = 12 + 8 reasoning). An embedding is two nested spans of the same
//! name, which counting settles. `functionId` arrives as the agent's name; user and session do not arrive.

use super::otel_genai;
use crate::interpret::normalise::{Dialect, RawSpan};

pub const DIALECT: Dialect = Dialect {
    name: "vercel_ai_7",
    spoken: |raw: &RawSpan<'_>| raw.scope == "gen_ai" && raw.attributes.has_prefix("gen_ai."),
    content_switch: "the client sends no prompts and answers: set recordInputs and recordOutputs where telemetry is registered",
    ..otel_genai::DIALECT
};
