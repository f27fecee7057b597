//! CrewAI's own tracing (scope `crewai`). Under OpenLLMetry or OpenInference its spans are those of these dialects.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output | `gen_ai.usage.input_tokens`, `.output_tokens` | include cache and reasoning |
//! | cache, reasoning | `.cache_read.input_tokens`, `.cache_creation.input_tokens`, `.reasoning_tokens` | parts of the above |
//! | crew | `crewai.crew.usage_metrics` | never read: sums up the calls |
//!
//! Source: crewai 1.15.30. Attributes that are too long are cut off and say so in `<name>.truncated`.

use super::otel_genai;
use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::SpanKind;

pub const DIALECT: Dialect = Dialect {
    name: "crewai",
    spoken: |raw: &RawSpan<'_>| raw.scope == "crewai" || raw.scope.starts_with("crewai."),
    kind: |raw| {
        let name = raw.span.name.as_str();
        const BEGINNINGS: &[(&str, SpanKind)] = &[
            ("call llm", SpanKind::Llm),
            ("call tool", SpanKind::Tool),
            ("execute mcp tool", SpanKind::Tool),
            ("execute agent", SpanKind::Agent),
            ("execute crew", SpanKind::Workflow),
            ("execute flow", SpanKind::Workflow),
            ("query", SpanKind::Retrieval),
            ("retrieve", SpanKind::Retrieval),
        ];
        BEGINNINGS.iter().find(|(beginning, _)| name.starts_with(beginning)).map(|(_, kind)| *kind)
    },
    content_switch: "the client sends no prompts and answers: switch share_crew on, or instrument it with OpenLLMetry",
    ..otel_genai::DIALECT
};
