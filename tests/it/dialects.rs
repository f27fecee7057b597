//! Real requests of real clients, interpreted, against what the provider really answered.
//!
//! `tests/data/otlp/<client>/` holds the requests as they were sent and `expected.json`, whose numbers come from the
//! provider's side. Every client must come to the same tokens; what a client does not send is listed here, with the
//! consequence. The snapshots show what is made of everything else.

pub mod capture;
mod show;

use std::collections::BTreeMap;

use tracemeter::config::{AttributionConfig, CostConfig};
use tracemeter::interpret::Interpreter;
use tracemeter::interpret::settle::{Member, settle};
use tracemeter::interpret::twins::{Told, stand};
use tracemeter::model::{CostBasis, NanoUsd, Span, Status, TokenUsage, TraceId};

use self::capture::{Capture, Truth};

pub struct Client {
    pub name: &'static str,
    /// `kind: figure` of calls whose figure the client never sends; must be what `expected.json` says.
    not_sent: &'static [&'static str],
    /// Cost of the plain gpt-4o-mini call by hand, in nano-dollars; 0 where there is none.
    plain_call: i64,
}

/// 400 input at $0.15, 800 cached at $0.075 and 345 output at $0.60 per million: 60 + 60 + 207 micro-dollars.
const WITH_CACHE: i64 = 327_000;
/// The same call when the client hides which tokens were cached: 1200 x 0.15 + 345 x 0.60 = 180 + 207.
const CACHE_HIDDEN: i64 = 387_000;

pub const CLIENTS: &[Client] = &[
    Client { name: "traceloop-openai", not_sent: &[], plain_call: WITH_CACHE },
    Client {
        name: "traceloop-legacy",
        // Version 0.40 knows no reasoning tokens, and a streamed call has no tokens at all: unknown, not 0.
        not_sent: &[
            "plain: reasoning",
            "stream: cache_read",
            "stream: input_uncached",
            "stream: output_total",
            "stream: reasoning",
            "tool1: reasoning",
            "tool2: reasoning",
        ],
        plain_call: WITH_CACHE,
    },
    Client { name: "openinference-http", not_sent: &[], plain_call: WITH_CACHE },
    Client { name: "openinference-grpc", not_sent: &[], plain_call: WITH_CACHE },
    Client {
        name: "otel-contrib-openai-grpc",
        // Neither cached nor reasoning tokens, so its costs are an upper bound; calls of /v1/responses make no span.
        not_sent: &[
            "plain: cache_read",
            "plain: call",
            "plain: reasoning",
            "stream: cache_read",
            "stream: reasoning",
            "tool1: cache_read",
            "tool1: reasoning",
            "tool2: cache_read",
            "tool2: reasoning",
        ],
        plain_call: CACHE_HIDDEN,
    },
    Client { name: "pydantic-ai", not_sent: &[], plain_call: WITH_CACHE },
    Client { name: "litellm-otel", not_sent: &[], plain_call: WITH_CACHE },
    Client { name: "langfuse-python-5", not_sent: &[], plain_call: WITH_CACHE },
    Client { name: "traceloop-anthropic", not_sent: &[], plain_call: 0 },
    Client {
        name: "openlit",
        // No reasoning tokens; the cost stays right, reasoning is priced as output.
        not_sent: &["plain: reasoning", "stream: reasoning", "tool1: reasoning", "tool2: reasoning"],
        plain_call: WITH_CACHE,
    },
    // Every call is told by a span, a log record and metrics; the record counts.
    Client { name: "claude-code", not_sent: &[], plain_call: 0 },
    // Every call is told in two traces that nothing links.
    Client { name: "langchain-openinference-double", not_sent: &[], plain_call: WITH_CACHE },
    Client {
        name: "n8n",
        // Its own tracing tells which nodes asked a model, and nothing of what was said or used.
        not_sent: &["plain: call", "tool1: call", "tool2: call"],
        plain_call: 0,
    },
    Client {
        name: "vercel-ai-6",
        // `generateObject` (the second plain call) still writes the old names, which have no parts.
        not_sent: &["plain: cache_read", "plain: reasoning"],
        plain_call: WITH_CACHE,
    },
];

/// Coding programs whose records of streams are in no trace, while spans that repeat their tokens are: the records count.
const CODING: &[Client] = &[
    Client { name: "codex", not_sent: &[], plain_call: 0 },
    Client { name: "gemini-cli", not_sent: &[], plain_call: 0 },
];

fn interpreter() -> Interpreter {
    Interpreter::new(&AttributionConfig::default(), &CostConfig::default())
}

/// All spans of a client with the verdicts of their traces written in.
fn settled(capture: &Capture) -> Vec<Span> {
    let interpreter = interpreter();
    let mut spans: Vec<Span> = capture.traces.iter().flat_map(|data| interpreter.spans(data)).collect();
    // An event without a trace id whose span is known moves to its trace, where it repeats it: see tests/it/told.rs.
    let response = |span: &Span| span.call.as_ref().and_then(|call| call.response_id.clone());
    let told: Vec<String> = spans.iter().filter(|span| span.dialect != "genai_event").filter_map(response).collect();
    spans.retain(|span| {
        span.dialect != "genai_event"
            || span.parent_span_id.is_some()
            || response(span).is_none_or(|response| !told.contains(&response))
    });
    let mut traces: BTreeMap<TraceId, Vec<usize>> = BTreeMap::new();
    for (at, span) in spans.iter().enumerate() {
        traces.entry(span.trace_id).or_default().push(at);
    }
    for members in traces.values() {
        let verdicts = settle(&members.iter().map(|at| Member::of(&spans[*at])).collect::<Vec<_>>());
        for (at, verdict) in members.iter().zip(verdicts) {
            if let Some(call) = &mut spans[*at].call {
                (call.counted, call.not_counted_because) = (verdict.counted, verdict.reason);
            }
        }
    }
    let tells = |span: &Span| {
        let counts = span.call.as_ref().is_some_and(|call| call.counted);
        Told::of("default", span, span.dialect).filter(|_| counts)
    };
    let told: Vec<Told> = spans.iter().filter_map(tells).collect();
    for (told, standing) in told.iter().zip(stand(&told)) {
        let twin = |span: &&mut Span| (span.trace_id, span.span_id) == (told.place.trace_id, told.place.span_id);
        let call = spans.iter_mut().find(twin).and_then(|span| span.call.as_mut()).expect("a call");
        if let Some(standing) = standing {
            call.twin = Some(standing.twin);
            call.counted = standing.counts;
        }
    }
    spans
}

fn counted(spans: &[Span]) -> impl Iterator<Item = (&Span, &tracemeter::model::Call)> {
    spans.iter().filter_map(|span| Some((span, span.call.as_ref()?))).filter(|(_, call)| call.counted)
}

#[test]
fn every_token_is_counted_once() {
    for client in CLIENTS.iter().chain(CODING) {
        let capture = Capture::load(client.name);
        let truth = Truth::load(client.name);
        assert_eq!(truth.not_sent(), client.not_sent, "{}: what the client does not send", client.name);
        let spans = settled(&capture);
        let mut total = TokenUsage::default();
        counted(&spans).filter_map(|(_, call)| call.usage).for_each(|usage| total += usage);
        let expected = truth.visible_totals();
        let found = capture::Totals {
            input_uncached: total.input,
            cache_read: total.cache_read,
            cache_write: total.cache_write(),
            output_total: total.output_total(),
            reasoning: total.reasoning,
        };
        assert_eq!(found, expected, "{}", client.name);
        let billable = counted(&spans).filter(|(span, call)| call.usage.is_some() || span.status != Status::Error);
        // n8n shows three nodes that called a model, and nothing of the calls.
        let shown = if client.name == "n8n" { 3 } else { truth.visible_calls() };
        assert_eq!(billable.count(), shown, "{}: calls", client.name);
    }
}

#[test]
fn a_known_call_costs_what_it_costs() {
    for client in CLIENTS.iter().filter(|client| client.plain_call != 0) {
        let spans = settled(&Capture::load(client.name));
        let (_, plain) = counted(&spans)
            .find(|(_, call)| {
                call.model().is_some_and(|model| model.starts_with("gpt-4o-mini"))
                    && call.usage.is_some_and(|usage| usage.input_total() == 1200)
            })
            .expect("the plain call is there");
        assert_eq!(plain.cost.amount, Some(NanoUsd(client.plain_call)), "{}: {:?}", client.name, plain.cost);
        assert!(
            matches!(&plain.cost.basis, CostBasis::Computed(row) if &*row.model == "gpt-4o-mini"),
            "{}",
            client.name
        );
    }
}

/// 300 x 3 + 900 x 0.30 + 210 x 3.75 + 222 x 15 = 5287.5 micro-dollars; and of 128 written tokens 28 live an hour:
/// 60 x 3 + 512 x 0.30 + 100 x 3.75 + 28 x 6 + 77 x 15 = 2031.6.
#[test]
fn anthropic_caches_are_priced_by_lifetime() {
    let spans = settled(&Capture::load("traceloop-anthropic"));
    let costs: Vec<_> = counted(&spans).filter_map(|(_, call)| call.cost.amount).collect();
    assert!(costs.contains(&NanoUsd(5_287_500)), "{costs:?}");
    assert!(costs.contains(&NanoUsd(2_031_600)), "{costs:?}");
    assert!(counted(&spans).all(|(span, call)| span.dialect == "anthropic_sdk" || call.response_id.is_none()));
}

#[test]
fn failed_calls_have_no_cost_but_a_reason() {
    for client in CLIENTS {
        let spans = settled(&Capture::load(client.name));
        let mut failed = counted(&spans).filter(|(span, _)| span.status == Status::Error).peekable();
        assert!(failed.peek().is_some(), "{}: one call failed", client.name);
        for (span, call) in failed {
            assert_eq!(call.cost.amount, None, "{}: {}", client.name, span.name);
            assert_eq!(call.cost.basis, CostBasis::Unknown("the call failed".into()), "{}: {}", client.name, span.name);
        }
    }
}

#[test]
fn what_is_made_of_each_client() {
    for client in CLIENTS {
        let capture = Capture::load(client.name);
        let spans = settled(&capture);
        insta::assert_snapshot!(client.name, show::everything(&interpreter(), &capture, &spans));
    }
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    for client in CLIENTS.iter().chain(CODING) {
        let mut capture = Capture::load(client.name);
        let ids = |spans: &[Span]| {
            let mut ids: Vec<_> = counted(spans).map(|(span, _)| span.span_id).collect();
            ids.sort();
            ids
        };
        let forwards = ids(&settled(&capture));
        capture.reverse();
        assert_eq!(ids(&settled(&capture)), forwards, "{}", client.name);
    }
}
