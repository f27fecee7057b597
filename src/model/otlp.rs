//! The OTLP messages as generated from `proto/` by `build.rs`, and their JSON form.

#![expect(clippy::doc_markdown, reason = "the words are those of the .proto file, where backticks are not used")]

pub mod json;
pub mod to_json;
pub mod wire;

include!(concat!(env!("OUT_DIR"), "/tracemeter.otlp.rs"));
