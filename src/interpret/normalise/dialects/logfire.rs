//! Logfire's own instrumentations (scopes `logfire...`) of the SDKs of OpenAI, Anthropic and others.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | all | as in the conventions | input includes cache, output includes reasoning |
//! | pending spans | - | never counted: announce a span that follows |
//!
//! Source: documentation of logfire; Pydantic AI's spans under it are those of `pydantic_ai`.

use super::{otel_genai, pydantic_ai};
use crate::interpret::normalise::messages::Place;
use crate::interpret::normalise::{Dialect, RawSpan};

pub const DIALECT: Dialect = Dialect {
    name: "logfire",
    spoken: |raw: &RawSpan<'_>| raw.attributes.has_prefix("logfire."),
    never_counts: pydantic_ai::DIALECT.never_counts,
    input: &[Place::Json("gen_ai.input.messages"), Place::Json("request_data")],
    output: &[Place::Json("gen_ai.output.messages"), Place::Json("response_data")],
    content_switch: "the client sends no prompts and answers: logfire hides them by its scrubbing settings",
    ..otel_genai::DIALECT
};
