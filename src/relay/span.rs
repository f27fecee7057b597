//! A call as an OTLP span in the words of the GenAI conventions.

use bytes::Bytes;

use super::answered::{Answered, Fault};
use super::asked::Asked;
use super::attributes::List;
use super::call::{Call, End, lock};
use super::capture::Loss;
use super::headers::SERVICE;
use super::outline::Outline;
use super::read::{Heard, decompress};
use super::route::Upstream;
use super::usage::Usage;
use crate::model::UnixNanos;
use crate::model::otlp::{
    InstrumentationScope, Resource, ResourceSpans, ScopeSpans, Span, SpanKind, SpanStatus, StatusCode,
};
use crate::model::relay::{CONTENT, SCOPE, UPSTREAM};

/// W3C: the parent's trace flags are known to come from elsewhere.
const REMOTE: u32 = 0x300;

/// A call with what was said in it; takes as long as parsing that does.
pub(super) fn of(mut call: Call, upstream: &Upstream, most: usize) -> ResourceSpans {
    let (asked, request_loss) = asked(&call, most);
    let is_stream = call.answer.as_ref().is_some_and(super::read::Reader::is_stream);
    let heard = call.answer.take().map(super::read::Reader::finish).unwrap_or_default();
    let answered = Answered::of(call.speech, &heard.document);
    if heard.complete && call.end == End::ClientLeft {
        // Clients hang up when the provider has said that it has finished.
        call.end = End::Whole;
    }
    let outcome = Outcome::of(&call, answered.fault.as_ref());

    let mut list = List::default();
    list.text("gen_ai.operation.name", call.speech.operation());
    list.text("gen_ai.provider.name", upstream.provider.as_str());
    named(&mut list, &[("gen_ai.request.model", &asked.model), ("gen_ai.response.model", &answered.model)]);
    list.flag("gen_ai.request.stream", asked.stream.unwrap_or(is_stream));
    list.append(asked.parameters);
    of_answer(&mut list, &call, &answered, &heard);
    usage(&mut list, &answered.usage);
    whose(&mut list, &call, asked.user, asked.session, &answered);
    list.text("server.address", upstream.host());
    list.int("server.port", u64::from(upstream.port()));
    list.text(UPSTREAM, upstream.name.as_str());
    if let Some(kind) = &outcome.kind {
        list.text("error.type", kind.as_str());
    }
    let lost = [("the request", request_loss), ("the answer", heard.loss)];
    let lost: Vec<String> =
        lost.into_iter().filter_map(|(what, loss)| Some(format!("{what} is not kept: {}", loss?))).collect();
    if !lost.is_empty() {
        list.text(CONTENT, lost.join("; "));
    }
    list.json("gen_ai.system_instructions", &asked.system);
    list.json("gen_ai.input.messages", &asked.messages);
    list.json("gen_ai.output.messages", &answered.messages);
    list.json("gen_ai.tool.definitions", &asked.tools);

    let model = asked.model.or(answered.model).unwrap_or_default();
    let name = format!("{} {model}", call.speech.operation());
    grouped(&call, span(&call, name.trim_end().to_owned(), list, outcome))
}

/// What the request says, and why that is not all of it.
fn asked(call: &Call, most: usize) -> (Asked, Option<Loss>) {
    let kept = lock(&call.request);
    let of_outline = |outline: &Outline| Asked {
        model: outline.model().map(str::to_owned),
        stream: outline.stream().or_else(|| call.speech.streams_by_default().then_some(true)),
        ..Asked::default()
    };
    if let Some(outline) = kept.outline() {
        // Of compressed bytes it has seen nothing.
        return (of_outline(outline), kept.loss.clone());
    }
    let text: Bytes = match decompress(&call.encoding, kept.whole(), most.saturating_mul(4)) {
        Ok(text) => text,
        Err(loss) => return (Asked::default(), Some(loss)),
    };
    match Asked::parse(call.speech, &text) {
        Some(asked) => (asked, None),
        None => {
            let mut outline = Outline::default();
            outline.feed(&text);
            (of_outline(&outline), Some(Loss::Unreadable))
        }
    }
}

fn named(list: &mut List, pairs: &[(&str, &Option<String>)]) {
    for (key, value) in pairs {
        if let Some(value) = value {
            list.text(key, value.as_str());
        }
    }
}

fn of_answer(list: &mut List, call: &Call, answered: &Answered, heard: &Heard) {
    named(
        list,
        &[
            ("gen_ai.response.id", &answered.id),
            ("openai.response.service_tier", &answered.tier),
            ("openai.response.system_fingerprint", &answered.fingerprint),
        ],
    );
    list.texts("gen_ai.response.finish_reasons", answered.finish.iter().map(String::as_str));
    if let Some(first) = heard.first_token {
        list.float("gen_ai.response.time_to_first_chunk", first.as_secs_f64());
    }
    if let Some(status) = call.status {
        list.int("http.response.status_code", u64::from(status));
    }
    if let Some(id) = &call.request_id {
        list.texts("http.response.header.request-id", [id.as_str()]);
    }
    if let Some(count) = call.told.resend_count {
        list.int("http.request.resend_count", u64::from(count));
    }
}

fn usage(list: &mut List, usage: &Usage) {
    let figures = [
        ("gen_ai.usage.input_tokens", usage.input),
        ("gen_ai.usage.output_tokens", usage.output),
        ("gen_ai.usage.cache_read.input_tokens", usage.cache_read),
        ("gen_ai.usage.cache_creation.input_tokens", usage.cache_write),
        ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens", usage.cache_write_1h),
        ("gen_ai.usage.reasoning.output_tokens", usage.reasoning),
        ("gen_ai.usage.audio.input_tokens", usage.audio_input),
        ("gen_ai.usage.audio.output_tokens", usage.audio_output),
        ("gen_ai.usage.image.input_tokens", usage.image_input),
        ("gen_ai.usage.web_search_requests", usage.web_searches),
    ];
    for (key, figure) in figures {
        if let Some(figure) = figure {
            list.int(key, figure);
        }
    }
    if let Some(cost) = usage.cost {
        list.float("gen_ai.usage.cost", cost);
    }
}

/// What the headers say goes before what the body says.
fn whose(list: &mut List, call: &Call, user: Option<String>, session: Option<String>, answered: &Answered) {
    let told = &call.told;
    for (key, value) in told.attributes.iter().filter(|(key, _)| *key != SERVICE) {
        list.text(key, value.as_str());
    }
    if told.get("user.id").is_none() {
        named(list, &[("user.id", &user)]);
    }
    if told.get("session.id").is_none() {
        let conversation = session.or_else(|| answered.conversation.clone());
        named(list, &[("gen_ai.conversation.id", &conversation)]);
    }
    named(list, &[("user_agent.original", &told.user_agent)]);
}

/// How the span ends.
struct Outcome {
    failed: bool,
    kind: Option<String>,
    message: String,
}

impl Outcome {
    fn of(call: &Call, fault: Option<&Fault>) -> Self {
        let failed = |kind: &str, message: String| Self { failed: true, kind: Some(kind.to_owned()), message };
        let told = |fallback: String| {
            let message = fault.and_then(|fault| fault.message.clone()).unwrap_or_default();
            let kind = fault.and_then(|fault| fault.kind.clone()).unwrap_or(fallback);
            Self { failed: true, kind: Some(kind), message }
        };
        match (&call.end, call.status) {
            (End::NoAnswer(why), _) => failed("upstream_unreachable", format!("the provider gave no answer: {why}")),
            (End::Broke(why), _) => failed("upstream_broke_off", format!("the answer broke off: {why}")),
            (_, Some(status)) if status >= 400 => told(status.to_string()),
            (End::ClientLeft, None) => failed("client_left", "the client left before there was an answer".into()),
            (End::ClientLeft, Some(_)) => failed("client_left", "the client left before the end of the answer".into()),
            // An answer with status 200 may say in the middle that it failed.
            (End::Whole, _) if fault.is_some() => told("error".into()),
            (End::Whole, _) => Self { failed: false, kind: None, message: String::new() },
        }
    }
}

fn span(call: &Call, name: String, list: List, outcome: Outcome) -> Span {
    let place = &call.place;
    let end = call.began.after(call.took);
    let nanos = |time: UnixNanos| u64::try_from(time.0).unwrap_or_default();
    let code = if outcome.failed { StatusCode::Error } else { StatusCode::Unset };
    Span {
        trace_id: Bytes::copy_from_slice(place.here.trace_id.as_bytes()),
        span_id: Bytes::copy_from_slice(place.here.span_id.as_bytes()),
        trace_state: place.state.clone(),
        parent_span_id: place.parent.map(|id| Bytes::copy_from_slice(id.as_bytes())).unwrap_or_default(),
        name,
        kind: SpanKind::Client.into(),
        start_time_unix_nano: nanos(call.began),
        end_time_unix_nano: nanos(end),
        attributes: list.into_inner(),
        status: Some(SpanStatus { code: code.into(), message: outcome.message }),
        flags: u32::from(place.here.flags) | if place.parent.is_some() { REMOTE } else { 0 },
        ..Span::default()
    }
}

/// With the program that called as its service.
fn grouped(call: &Call, span: Span) -> ResourceSpans {
    let told = &call.told;
    let service = told.get(SERVICE).or(told.program.as_deref()).unwrap_or("relay");
    let mut resource = List::default();
    resource.text(SERVICE, service);
    let scope = InstrumentationScope {
        name: SCOPE.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..InstrumentationScope::default()
    };
    ResourceSpans {
        resource: Some(Resource { attributes: resource.into_inner(), ..Resource::default() }),
        scope_spans: vec![ScopeSpans { scope: Some(scope), spans: vec![span], ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    }
}
