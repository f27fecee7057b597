//! The Model Context Protocol, as the conventions (`mcp.method.name`) and OpenLLMetry tell it, at the client and the server.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | tokens | - | none: it calls tools, no models |
//!
//! Source: semantic-conventions-genai, model/mcp; opentelemetry-instrumentation-mcp 0.62.4.

use std::borrow::Cow;

use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::SpanKind;

pub const DIALECT: Dialect = Dialect {
    name: "mcp",
    spoken: |raw: &RawSpan<'_>| raw.attributes.has("mcp.method.name"),
    kind: |raw| {
        Some(match raw.attributes.string("mcp.method.name")? {
            "tools/call" => SpanKind::Tool,
            "resources/read" => SpanKind::Retrieval,
            _ => SpanKind::Other,
        })
    },
    tool_name: |raw| raw.span.name.strip_prefix("tools/call ").map(Cow::Borrowed),
    ..Dialect::DEFAULT
};
