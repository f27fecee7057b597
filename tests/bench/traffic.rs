//! Requests made beforehand, so that sending costs little: ids and times are stamped into the finished bytes.

use anyhow::Context as _;
use clap::ValueEnum;
use prost::Message as _;
use serde_json::json;
use tracemeter::clock::Clock;
use tracemeter::model::otlp::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, Resource, ResourceSpans, ScopeSpans, Span, TracesData,
    any_value,
};

use crate::text::{Dice, Language};

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Agent runs: every model call repeats the conversation so far; about 2.9 KB a span.
    Llm,
    /// Spans of web services, eight to a trace; about 193 B a span.
    Plain,
}

impl Profile {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::Plain => "plain",
        }
    }
}

/// Different requests made for each connection: neighbours in a chunk must not be copies of each other.
const VARIANTS: usize = 24;

/// Agents that run at once, each with so many calls in one request: what a few seconds of a batching exporter hold.
const RUNS: usize = 18;
const CALLS_TOGETHER: usize = 2;

/// Model calls in one run from its beginning to its end.
const CALLS: usize = 8;

/// Traces of services in one request, and spans in one trace: together the 512 that SDKs export at once.
const TRACES: usize = 64;
const SPANS: usize = 8;

/// Bytes of system prompt, of a message of the user or a tool, and of an answer of the model.
const SYSTEM: usize = 1_100;
const MESSAGE: usize = 185;
const ANSWER: usize = 125;

/// One OTLP request and where in it things change from one sending to the next.
#[derive(Debug, Clone)]
pub struct Request {
    pub body: Vec<u8>,
    pub spans: u64,
    /// Of eight bytes each, in trace and span ids.
    ids: Vec<usize>,
    /// Of a time, and how many nanoseconds before the sending it lies.
    times: Vec<(usize, i64)>,
    /// Of the first trace id.
    first_trace: usize,
}

impl Request {
    /// Makes it a request that was never sent: all ids are changed alike, and it happened just now.
    pub fn stamp(&mut self, dice: &mut Dice, clock: &Clock) {
        let change = dice.next().to_le_bytes();
        for at in &self.ids {
            for (byte, change) in self.body[*at..].iter_mut().zip(change) {
                *byte ^= change;
            }
        }
        let now = clock.now().0;
        for (at, ago) in &self.times {
            self.body[*at..at + 8].copy_from_slice(&(now - ago).to_le_bytes());
        }
    }

    /// The first trace id, in hex.
    pub fn trace_id(&self) -> String {
        self.body[self.first_trace..self.first_trace + 16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The requests of one connection.
///
/// # Errors
/// When a request cannot be stamped, which is a fault of this program.
pub fn requests(profile: Profile, seed: u64) -> anyhow::Result<Vec<Request>> {
    let language = Language::new();
    let mut dice = Dice::new(seed);
    (0..VARIANTS).map(|_| request(profile, &language, &mut dice)).collect()
}

fn request(profile: Profile, language: &Language, dice: &mut Dice) -> anyhow::Result<Request> {
    let spans: Vec<Span> = match profile {
        Profile::Llm => (0..RUNS).flat_map(|_| agent_run(language, dice)).collect(),
        Profile::Plain => (0..TRACES).flat_map(|_| web_request(dice)).collect(),
    };
    let service = match profile {
        Profile::Llm => "research-agent",
        Profile::Plain => "shop",
    };
    let resource = Resource {
        attributes: vec![text("service.name", service), text("deployment.environment.name", "home")],
        ..Resource::default()
    };
    let scope = InstrumentationScope { name: "bench".into(), version: "1.0".into(), ..InstrumentationScope::default() };
    let count = spans.len() as u64;
    let message = TracesData {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans { scope: Some(scope), spans: spans.clone(), ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    };
    let mut request =
        Request { body: message.encode_to_vec(), spans: count, ids: Vec::new(), times: Vec::new(), first_trace: 0 };
    let mut from = 0;
    for span in &spans {
        from = request.find_places(span, from)?;
    }
    request.first_trace = request.ids[0];
    Ok(request)
}

impl Request {
    /// Finds ids and times of `span`, searching after `from`; spans are encoded in order, fields by number.
    fn find_places(&mut self, span: &Span, from: usize) -> anyhow::Result<usize> {
        let trace = self.find(&[&[0x0a, 16][..], &span.trace_id[..], &[0x12, 8], &span.span_id].concat(), from)? + 2;
        let own = trace + 16 + 2;
        self.ids.extend([trace, own]);
        if !span.parent_span_id.is_empty() {
            // Field 4 follows at once: there is no trace state.
            self.ids.push(own + 8 + 2);
        }
        let mut at = own + 8;
        for (tag, time) in [(0x39, span.start_time_unix_nano), (0x41, span.end_time_unix_nano)] {
            at = self.find(&[&[tag][..], &time.to_le_bytes()].concat(), at)? + 1;
            self.times.push((at, LATER - i64::try_from(time)?));
        }
        Ok(at)
    }

    fn find(&self, bytes: &[u8], from: usize) -> anyhow::Result<usize> {
        let found = self.body[from..].windows(bytes.len()).position(|window| window == bytes);
        found.map(|at| from + at).context("a span is not where it was encoded")
    }
}

/// Times are made relative to this one, in nanoseconds; any value does that leaves room before it.
const LATER: i64 = 1 << 60;

/// Some consecutive calls of one run, the first of which comes anywhere in it.
fn agent_run(language: &Language, dice: &mut Dice) -> Vec<Span> {
    let trace = id(dice, 16);
    let root = Span { name: "invoke_agent researcher".into(), ..span(dice, &trace, &[], 30_000, 29_900) };
    let mut spans = Vec::new();
    let mut conversation = vec![message("system", &language.prose(dice, SYSTEM))];
    let first = dice.below(CALLS - CALLS_TOGETHER + 1);
    for turn in 0..first + CALLS_TOGETHER {
        conversation.push(message("user", &language.prose(dice, MESSAGE)));
        let answer = message("assistant", &language.prose(dice, ANSWER));
        if turn >= first {
            let ago = 29_000 - 3_500 * turn as i64;
            spans.push(chat(dice, &trace, &root.span_id, ago, &conversation, &answer));
            if turn % 4 == 3 {
                spans.push(tool(language, dice, &trace, &root.span_id, ago - 3_000));
            }
        }
        conversation.push(answer);
    }
    if first + CALLS_TOGETHER == CALLS {
        // The span of a run is exported when it ends.
        spans.push(Span {
            attributes: vec![
                text("gen_ai.operation.name", "invoke_agent"),
                text("gen_ai.agent.name", "researcher"),
                text("gen_ai.conversation.id", &format!("session-{}", dice.below(10_000))),
            ],
            ..root
        });
    }
    spans
}

fn chat(
    dice: &mut Dice,
    trace: &[u8],
    parent: &[u8],
    ago_ms: i64,
    input: &[serde_json::Value],
    output: &serde_json::Value,
) -> Span {
    let sent = json!(input).to_string();
    let received = json!([output]).to_string();
    let model = ["gpt-4o-mini", "gpt-4o", "claude-sonnet-4-5"][dice.below(3)];
    let provider = if model.starts_with("gpt") { "openai" } else { "anthropic" };
    let lasts_ms = 1_500 + dice.below(1_000) as i64;
    let mut span = span(dice, trace, parent, ago_ms, lasts_ms);
    span.name = format!("chat {model}");
    span.kind = 3;
    span.attributes = vec![
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.provider.name", provider),
        text("gen_ai.request.model", model),
        text("gen_ai.response.model", model),
        text("gen_ai.response.id", &format!("chatcmpl-{:016x}", dice.next())),
        number("gen_ai.request.max_tokens", 1_024),
        number("gen_ai.usage.input_tokens", sent.len() as i64 / 4),
        number("gen_ai.usage.output_tokens", received.len() as i64 / 4),
        list("gen_ai.response.finish_reasons", "stop"),
        text("gen_ai.input.messages", &sent),
        text("gen_ai.output.messages", &received),
        text("ai.feature", ["search", "summary", "triage"][dice.below(3)]),
    ];
    span
}

fn tool(language: &Language, dice: &mut Dice, trace: &[u8], parent: &[u8], ago_ms: i64) -> Span {
    let mut span = span(dice, trace, parent, ago_ms, 200);
    span.name = "execute_tool web_search".into();
    span.attributes = vec![
        text("gen_ai.operation.name", "execute_tool"),
        text("gen_ai.tool.name", "web_search"),
        text("gen_ai.tool.call.arguments", &json!({"query": language.prose(dice, 40)}).to_string()),
        text("gen_ai.tool.call.result", &language.prose(dice, 600)),
    ];
    span
}

fn web_request(dice: &mut Dice) -> Vec<Span> {
    const NAMES: [&str; 6] =
        ["GET /items/{id}", "POST /cart", "SELECT items", "GET stock", "HGET price", "publish order"];
    let trace = id(dice, 16);
    let mut spans: Vec<Span> = Vec::with_capacity(SPANS);
    for index in 0..SPANS {
        let parent = if index == 0 { Vec::new() } else { spans[dice.below(index)].span_id.to_vec() };
        let lasts_ms = 10 + dice.below(80) as i64;
        let mut span = span(dice, &trace, &parent, 900 - 100 * index as i64, lasts_ms);
        span.name = NAMES[dice.below(NAMES.len())].into();
        span.kind = 1 + dice.below(5) as i32;
        span.attributes = vec![
            text("http.request.method", "GET"),
            number("http.response.status_code", 200),
            text("server.address", ["stock", "cart", "web"][dice.below(3)]),
            text("url.path", &format!("/items/{}", dice.below(100_000))),
        ];
        spans.push(span);
    }
    spans
}

fn span(dice: &mut Dice, trace: &[u8], parent: &[u8], ago_ms: i64, lasts_ms: i64) -> Span {
    // Microseconds make every time in a request another one.
    let start = LATER - ago_ms * 1_000_000 - 1_000 * dice.below(900) as i64;
    Span {
        trace_id: trace.to_vec().into(),
        span_id: id(dice, 8).into(),
        parent_span_id: parent.to_vec().into(),
        kind: 1,
        start_time_unix_nano: start as u64,
        end_time_unix_nano: (start + lasts_ms * 1_000_000) as u64,
        ..Span::default()
    }
}

fn id(dice: &mut Dice, bytes: usize) -> Vec<u8> {
    (0..bytes.div_ceil(8)).flat_map(|_| dice.next().to_be_bytes()).take(bytes).collect()
}

fn message(role: &str, content: &str) -> serde_json::Value {
    json!({"role": role, "parts": [{"type": "text", "content": content}]})
}

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, any_value::Value::StringValue(value.into()))
}

fn number(key: &str, value: i64) -> KeyValue {
    attribute(key, any_value::Value::IntValue(value))
}

fn list(key: &str, value: &str) -> KeyValue {
    let values = vec![AnyValue { value: Some(any_value::Value::StringValue(value.into())) }];
    attribute(key, any_value::Value::ArrayValue(ArrayValue { values }))
}
