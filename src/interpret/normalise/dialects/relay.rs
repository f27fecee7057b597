//! Calls that passed through our own relay (scope `tracemeter.relay`).
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output, cache, reasoning, audio, image | as in the conventions | input includes cache reads and writes, output includes reasoning |
//! | cache write of an hour | `anthropic.usage.cache_creation.ephemeral_1h_input_tokens` | part of the cache write |
//!
//! Source: `relay/usage.rs`, which makes them of what the provider answered. Nobody stands nearer to the provider, so of
//! several tellers of one response it counts.

use super::otel_genai;
use crate::interpret::normalise::tokens::{Names, Share};
use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::relay::SCOPE;

const NAMES: Names =
    Names { cache_write_1h: &["anthropic.usage.cache_creation.ephemeral_1h_input_tokens"], ..otel_genai::NAMES };

pub const DIALECT: Dialect = Dialect {
    name: "relay",
    spoken: |raw: &RawSpan<'_>| raw.scope == SCOPE,
    usage: |raw| NAMES.read(&raw.attributes, Share::Inside, Share::Inside),
    rank: 4,
    gateway: true,
    content_switch: "nothing was kept of what was said: the attribute tracemeter.relay.content says why",
    ..otel_genai::DIALECT
};
