//! Pydantic AI and logfire (scope `pydantic-ai`): the conventions with details of its own.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output | as in the conventions | include cache and reasoning |
//! | cache | the conventions' names and `gen_ai.usage.details.cache_{read,write}_tokens`, both at once | part of input |
//! | reasoning | `gen_ai.usage.details.reasoning_tokens` only | part of output |
//! | audio | `gen_ai.usage.details.input_audio_tokens`, `.output_audio_tokens` | part of input, output |
//! | images of OpenAI | `gen_ai.usage.details.input_image_tokens`, `.output_image_tokens` | part of input, output |
//! | images of Gemini | `gen_ai.usage.details.image_prompt_tokens`, `.image_candidates_tokens` | part of input, output |
//! | session | `gen_ai.conversation.id` | a UUID of every run is no session |
//! | agents | `gen_ai.aggregated_usage.*` | never read: repeats the calls |
//!
//! Source: capture of pydantic-ai-slim 2.68.0; names of images by its code (`images/openai.py`, `models/google.py`).

use super::otel_genai;
use crate::interpret::normalise::messages::Place;
use crate::interpret::normalise::tokens::{Names, Share};
use crate::interpret::normalise::{Dialect, RawSpan};

const NAMES: Names = Names {
    cache_read: &[
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.details.cache_read_input_tokens",
    ],
    cache_write: &[
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.details.cache_write_tokens",
    ],
    reasoning: &["gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.details.reasoning_tokens"],
    audio_input: &["gen_ai.usage.audio.input_tokens", "gen_ai.usage.details.input_audio_tokens"],
    audio_output: &["gen_ai.usage.audio.output_tokens", "gen_ai.usage.details.output_audio_tokens"],
    image_input: &[
        "gen_ai.usage.image.input_tokens",
        "gen_ai.usage.details.input_image_tokens",
        "gen_ai.usage.details.image_prompt_tokens",
    ],
    image_output: &[
        "gen_ai.usage.image.output_tokens",
        "gen_ai.usage.details.output_image_tokens",
        "gen_ai.usage.details.image_candidates_tokens",
    ],
    ..otel_genai::NAMES
};

pub const DIALECT: Dialect = Dialect {
    name: "pydantic_ai",
    spoken: |raw: &RawSpan<'_>| raw.scope == "pydantic-ai" || raw.attributes.has_prefix("pydantic_ai."),
    usage: |raw| NAMES.read(&raw.attributes, Share::Inside, Share::Inside),
    // logfire announces a span before it ends, as a second span of zero length.
    never_counts: |raw| {
        (raw.attributes.string("logfire.span_type") == Some("pending_span")).then_some("announces a span that follows")
    },
    runs_are_conversations: true,
    input: &[
        Place::Json("gen_ai.input.messages"),
        Place::Json("pydantic_ai.all_messages"),
        Place::Json("all_messages_events"),
    ],
    output: &[Place::Json("gen_ai.output.messages"), Place::Json("final_result")],
    content_switch: "the client sends no prompts and answers: use InstrumentationSettings(include_content=True) there",
    ..Dialect::DEFAULT
};
