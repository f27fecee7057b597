//! The OpenTelemetry GenAI conventions, current and deprecated names, as official instrumentations write them.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input | `gen_ai.usage.input_tokens`, `.prompt_tokens` | includes cache reads and writes |
//! | output | `gen_ai.usage.output_tokens`, `.completion_tokens` | includes reasoning |
//! | cache read | `.cache_read.input_tokens`, `.cache_read_input_tokens`, `.cached_tokens` (vLLM) | part of input |
//! | cache write | `.cache_write.input_tokens`, `.cache_creation.input_tokens`, `.cache_creation_input_tokens` | part of input |
//! | reasoning | `.reasoning.output_tokens`, `.reasoning_tokens` | part of output |
//! | audio, image | `.audio.input_tokens`, `.audio.output_tokens`, `.image.input_tokens`, `.image.output_tokens` | part of input, output |
//!
//! Source: semantic-conventions-genai, and captures of opentelemetry-instrumentation-openai-v2 2.4b0, which tells no cache
//! and no reasoning tokens.

use crate::interpret::normalise::messages::{self, Place};
use crate::interpret::normalise::tokens::{Names, Share};
use crate::interpret::normalise::{Dialect, RawSpan};

pub const NAMES: Names = Names {
    input: &["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"],
    output: &["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"],
    cache_read: &[
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cached_tokens",
    ],
    cache_write: &[
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
    ],
    cache_write_1h: &[],
    reasoning: &["gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"],
    audio_input: &["gen_ai.usage.audio.input_tokens"],
    audio_output: &["gen_ai.usage.audio.output_tokens"],
    image_input: &["gen_ai.usage.image.input_tokens"],
    image_output: &["gen_ai.usage.image.output_tokens"],
};

pub const DIALECT: Dialect = Dialect {
    name: "otel_genai",
    spoken: |raw: &RawSpan<'_>| raw.attributes.has_prefix("gen_ai.") || raw.attributes.has("mcp.method.name"),
    usage: |raw| NAMES.read(&raw.attributes, Share::Inside, Share::Inside),
    input: &[
        Place::Json("gen_ai.input.messages"),
        Place::Read(|raw| messages::from_events(raw, false)),
        Place::Json("gen_ai.prompt"),
        Place::Json("gen_ai.content.prompt"),
    ],
    output: &[
        Place::Json("gen_ai.output.messages"),
        Place::Read(|raw| messages::from_events(raw, true)),
        Place::Json("gen_ai.completion"),
        Place::Json("gen_ai.content.completion"),
    ],
    content_switch: "the client sends no prompts and answers: set OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY \
                     (older instrumentations: true) and OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental there",
    ..Dialect::DEFAULT
};
