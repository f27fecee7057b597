//! Streaming, time to first token, and the end of a span.

use super::RawSpan;
use crate::model::UnixNanos;

pub fn streaming(raw: &RawSpan<'_>) -> Option<bool> {
    const KEYS: &[&str] =
        &["gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming", "litellm.request.streaming"];
    KEYS.iter()
        .find_map(|key| raw.attributes.flag(key))
        .or_else(|| Some(raw.attributes.string("ai.operationId")?.starts_with("ai.stream")))
        // OpenInference and Langfuse for JavaScript repeat the request's own `stream`.
        .or_else(|| raw.attributes.json("llm.invocation_parameters")?.get("stream")?.as_bool())
        .or_else(|| raw.attributes.json("langfuse.observation.model.parameters")?.get("stream")?.as_bool())
        // Its other SDKs tell the beginning of an answer only where it came in pieces.
        .or_else(|| from_instant(raw).filter(|nanos| *nanos >= 0).map(|_| true))
}

/// Nanoseconds from the start of the span to the first token. Told in seconds, milliseconds or nanoseconds
/// depending on the name, else read off the first chunk's event. Only a stream has one.
pub fn time_to_first_token(raw: &RawSpan<'_>, streaming: Option<bool>) -> Option<i64> {
    if streaming == Some(false) {
        return None;
    }
    const IN_NANOS: &[(&str, f64)] = &[
        ("gen_ai.response.time_to_first_chunk", 1e9),
        ("gen_ai.client.operation.time_to_first_chunk", 1e9),
        ("ai.response.msToFirstChunk", 1e6),
        ("ai.stream.msToFirstChunk", 1e6),
        ("gen_ai.latency.time_to_first_token", 1e9),
        ("gen_ai.server.time_to_first_token", 1e9),
        ("ttft_ms", 1e6),
        ("gen_ai.user.time_to_first_token", 1.0),
    ];
    let told = IN_NANOS.iter().find_map(|(key, unit)| Some((raw.attributes.float(key)? * unit).round() as i64));
    told.or_else(|| from_instant(raw)).or_else(|| from_event(raw)).filter(|nanos| *nanos >= 0)
}

/// Langfuse: an ISO time, quoted as JSON by newer SDKs.
fn from_instant(raw: &RawSpan<'_>) -> Option<i64> {
    let text = raw.attributes.string("langfuse.observation.completion_start_time")?;
    let time: UnixNanos = text.trim_matches('"').parse().ok()?;
    // LiteLLM writes the end there when nothing was streamed.
    if time >= UnixNanos::from_otlp(raw.span.end_time_unix_nano) {
        return None;
    }
    Some(time.0.saturating_sub(UnixNanos::from_otlp(raw.span.start_time_unix_nano).0))
}

fn from_event(raw: &RawSpan<'_>) -> Option<i64> {
    const NAMES: &[&str] = &[
        "gen_ai.content.completion.chunk",
        "llm.content.completion.chunk",
        "ai.stream.firstChunk",
        "First Token Stream Event",
        "new_token",
    ];
    let events = raw.span.events.iter().filter(|event| NAMES.contains(&event.name.as_str()));
    let first = events.map(|event| event.time_unix_nano).filter(|time| *time > 0).min()?;
    Some(UnixNanos::from_otlp(first).0.saturating_sub(UnixNanos::from_otlp(raw.span.start_time_unix_nano).0))
}

/// The end of the span; `ai.latency_ms` overrides the measured duration.
pub fn end(raw: &RawSpan<'_>) -> UnixNanos {
    let start = UnixNanos::from_otlp(raw.span.start_time_unix_nano);
    match raw.attributes.float("ai.latency_ms").filter(|latency| *latency >= 0.0) {
        Some(latency) => start.saturating_add((latency * 1e6).round() as i64),
        None => UnixNanos::from_otlp(raw.span.end_time_unix_nano),
    }
}
