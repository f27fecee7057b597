//! `gen_ai.client.inference.operation.details`: a call repeated as a log record, in the words of its span.
//!
//! Figures mean what they mean on the spans of the same instrumentation: see `openlit` and `otel_genai`. Source: captures
//! of opentelemetry-instrumentation-openai-v2 2.4b0 and OpenLIT 1.45.0. It counts only where no span tells of the call.

use super::{openlit, otel_genai};
use crate::interpret::normalise::{Dialect, Teller};

pub const LOG: Dialect = Dialect {
    name: "genai_event",
    teller: Teller::Echo,
    spoken: |raw| raw.span.name == crate::interpret::logs::DETAILS,
    usage: |raw| {
        let dialect = if (openlit::DIALECT.spoken)(raw) { &openlit::DIALECT } else { &otel_genai::DIALECT };
        (dialect.usage)(raw)
    },
    rank: 0,
    ..otel_genai::DIALECT
};
