//! LangSmith: runs of LangChain and LangGraph as spans (`langsmith.span.kind`), by its OTel mode or by its run protocol,
//! whose runs `receive::langsmith` turns into spans of the same names.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output | `gen_ai.usage.input_tokens`, `.output_tokens` | include cache and reasoning |
//! | parts | `gen_ai.usage.{input,output}_token_details`, JSON, of the OTel mode Python's way of writing it | of the above |
//! | parts of some versions | `langsmith.metadata.usage_metadata`, JSON with `*_token_details` | of the above |
//! | chains | the same | never counted: repeat the calls below |
//!
//! Parts are `cache_read`, `cache_creation`, `reasoning`, `audio` and `image`.
//!
//! Source: langsmith 0.14.17 and its capture. What kind a run is stands in `langsmith.span.kind`; `gen_ai.operation.name` says
//! `chat` of a prompt template too. `service.name` is `langsmith`. A "session" of LangSmith is a project.

use serde_json::Value;

use super::otel_genai;
use crate::interpret::attributes::json_uint;
use crate::interpret::python;
use crate::interpret::normalise::messages::Place;
use crate::interpret::normalise::tokens::{Reported, Share};
use crate::interpret::normalise::{Dialect, RawSpan, kind, model_name};

pub const DIALECT: Dialect = Dialect {
    name: "langsmith",
    spoken: |raw: &RawSpan<'_>| raw.attributes.has_prefix("langsmith."),
    kind: |raw| kind::from_langsmith(&raw.attributes.string("langsmith.span.kind")?.to_ascii_lowercase()),
    // `gen_ai.system` is guessed by the model's name in the OTel mode, and "langchain" where that says nothing.
    provider: |raw| Some(model_name::canonical(&raw.attributes.first_text(&["langsmith.metadata.ls_provider"])?)),
    usage,
    input: &[Place::Json("gen_ai.prompt"), Place::Json("gen_ai.input.messages")],
    // Stands there when it tells more than the run did: the tools that the model asked for.
    output: &[Place::Json("gen_ai.output.messages"), Place::Json("gen_ai.completion")],
    content_switch: "the client sends no prompts and answers: unset LANGSMITH_HIDE_INPUTS and LANGSMITH_HIDE_OUTPUTS there",
    ..Dialect::DEFAULT
};

fn usage(raw: &RawSpan<'_>) -> Option<Reported> {
    let metadata = raw.attributes.json("langsmith.metadata.usage_metadata");
    let whole = |key: &str| metadata.as_ref().and_then(|all| json_uint(all.get(key)?));
    let told = otel_genai::NAMES.read(&raw.attributes, Share::Inside, Share::Inside).or_else(|| {
        let (input, output) = (whole("input_tokens"), whole("output_tokens"));
        (input.is_some() || output.is_some()).then(|| Reported { input, output, ..Reported::default() })
    })?;
    let details = |attribute: &str, key: &str| {
        let own = raw.attributes.json(attribute).map(|value| match &value {
            Value::String(text) => python::literal(text).unwrap_or(value),
            _ => value,
        });
        own.or_else(|| metadata.as_ref()?.get(key).cloned()).unwrap_or(Value::Null)
    };
    let input = details("gen_ai.usage.input_token_details", "input_token_details");
    let output = details("gen_ai.usage.output_token_details", "output_token_details");
    let part = |details: &Value, key: &str| details.get(key).and_then(json_uint);
    Some(Reported {
        cache_read: told.cache_read.max(part(&input, "cache_read")),
        cache_write: told.cache_write.max(part(&input, "cache_creation")),
        cache_write_1h: told.cache_write_1h.max(part(&input, "ephemeral_1h_input_tokens")),
        audio_input: told.audio_input.max(part(&input, "audio")),
        reasoning: told.reasoning.max(part(&output, "reasoning")),
        audio_output: told.audio_output.max(part(&output, "audio")),
        image_input: told.image_input.max(part(&input, "image")),
        image_output: told.image_output.max(part(&output, "image")),
        ..told
    })
}
