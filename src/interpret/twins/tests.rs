use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::config::{AttributionConfig, CostConfig};
use crate::interpret::Interpreter;
use crate::model::otlp::{self, AnyValue, InstrumentationScope, KeyValue, Resource, any_value};

const SECOND: u64 = 1_000_000_000;
const NOW: u64 = 1_795_190_000 * SECOND;

/// Making one parses the price table.
static INTERPRETER: LazyLock<Interpreter> =
    LazyLock::new(|| Interpreter::new(&AttributionConfig::default(), &CostConfig::default()));

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
}

fn text(key: &str, value: &str) -> KeyValue {
    pair(key, any_value::Value::StringValue(value.into()))
}

fn int(key: &str, value: i64) -> KeyValue {
    pair(key, any_value::Value::IntValue(value))
}

/// A call as one scope tells it in a trace of its own. Times in milliseconds.
struct Teller<'a> {
    id: u8,
    scope: &'a str,
    start: u64,
    end: u64,
    model: &'a str,
    answer: Option<&'a str>,
    output: i64,
}

const OUTER: Teller<'_> = Teller {
    id: 1,
    scope: "openinference.instrumentation.langchain",
    start: 0,
    end: 1000,
    model: "gpt-4o",
    answer: Some("Vienna."),
    output: 345,
};
const INNER: Teller<'_> = Teller {
    id: 2,
    scope: "openinference.instrumentation.openai",
    start: 4,
    end: 998,
    model: "gpt-4o-2024-08-06",
    ..OUTER
};

fn told(teller: &Teller<'_>) -> Told {
    let mut attributes = vec![
        text("openinference.span.kind", "LLM"),
        text("llm.model_name", teller.model),
        text("llm.provider", "openai"),
        int("llm.token_count.prompt", 1200),
        int("llm.token_count.completion", teller.output),
    ];
    attributes.extend(teller.answer.map(|answer| text("llm.output_messages.0.message.content", answer)));
    let span = otlp::Span {
        trace_id: vec![teller.id; 16].into(),
        span_id: vec![teller.id; 8].into(),
        start_time_unix_nano: NOW + teller.start * SECOND / 1000,
        end_time_unix_nano: NOW + teller.end * SECOND / 1000,
        attributes,
        ..otlp::Span::default()
    };
    let scope = InstrumentationScope { name: teller.scope.into(), ..InstrumentationScope::default() };
    let resource = Resource { attributes: vec![text("service.name", "shop")], ..Resource::default() };
    let span = INTERPRETER.span(&resource, &scope, &span).expect("valid ids");
    Told::of("default", &span, span.dialect).expect("a call with tokens")
}

fn counting(tellers: &[&Teller<'_>]) -> Vec<bool> {
    let calls: Vec<Told> = tellers.iter().map(|teller| told(teller)).collect();
    stand(&calls).into_iter().map(|standing| standing.is_none_or(|standing| standing.counts)).collect()
}

#[test]
fn of_two_tellings_one_counts_and_both_know_the_other() {
    let calls = [told(&OUTER), told(&INNER)];
    let standings = stand(&calls);
    assert_eq!(standings[0], Some(Standing { twin: calls[1].place, counts: true }));
    assert_eq!(standings[1], Some(Standing { twin: calls[0].place, counts: false }));
}

#[test]
fn what_differs_is_another_call() {
    let twice = [true, true];
    assert_eq!(counting(&[&OUTER, &Teller { output: 346, ..INNER }]), twice);
    assert_eq!(counting(&[&OUTER, &Teller { model: "gpt-4o-mini", ..INNER }]), twice);
    assert_eq!(counting(&[&OUTER, &Teller { answer: Some("Linz."), ..INNER }]), twice);
    assert_eq!(counting(&[&OUTER, &Teller { start: 1001, end: 1900, ..INNER }]), twice);
    assert_eq!(counting(&[&Teller { end: 90_000, ..OUTER }, &Teller { start: 11_000, end: 80_000, ..INNER }]), twice);
    assert_eq!(counting(&[&OUTER, &Teller { scope: OUTER.scope, ..INNER }]), twice, "one teller tells a call once");
}

#[test]
fn without_text_one_must_enclose_the_other() {
    let mute = Teller { answer: None, ..INNER };
    assert_eq!(counting(&[&OUTER, &mute]), [true, false]);
    assert_eq!(counting(&[&OUTER, &Teller { end: 1001, ..mute }]), [true, true]);
}

/// As an application and the gateway it calls tell one response, on machines whose clocks differ by some seconds.
#[test]
fn a_gateway_is_another_service_and_names_the_response() {
    let of = |service: &str, scope: &str, id: u8, response: &str| {
        let attributes = vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.request.model", "openai/gpt-4o"),
            text("gen_ai.response.id", response),
            int("gen_ai.usage.input_tokens", 1200),
            int("gen_ai.usage.output_tokens", 345),
        ];
        let start = NOW + u64::from(id) * SECOND;
        let span = otlp::Span {
            trace_id: vec![id; 16].into(),
            span_id: vec![id; 8].into(),
            start_time_unix_nano: start,
            end_time_unix_nano: start + SECOND / 2,
            attributes,
            ..otlp::Span::default()
        };
        let scope = InstrumentationScope { name: scope.into(), ..InstrumentationScope::default() };
        let resource = Resource { attributes: vec![text("service.name", service)], ..Resource::default() };
        let span = INTERPRETER.span(&resource, &scope, &span).expect("valid ids");
        Told::of("default", &span, span.dialect).expect("a call with tokens")
    };
    let counts = |calls: &[Told]| stand(calls).into_iter().flatten().filter(|standing| standing.counts).count();
    let (app, gateway) = (of("shop", "otel", 1, "chatcmpl-abcd1"), of("gateway", "litellm", 4, "chatcmpl-abcd1"));
    assert!(gateway.gateway && !app.gateway);
    assert_eq!(counts(&[app.clone(), gateway.clone()]), 1);
    assert_eq!(stand(&[app.clone(), of("gateway", "litellm", 4, "chatcmpl-other")]), [None, None]);
    assert_eq!(
        stand(&[app.clone(), of("kitchen", "otel", 2, "chatcmpl-abcd1")]),
        [None, None],
        "two services, no gateway"
    );
    // Ollama's ids are numbers below 1000.
    assert_eq!(
        stand(&[of("shop", "otel", 1, "chatcmpl-417"), of("gateway", "litellm", 2, "chatcmpl-417")]),
        [None, None]
    );
}

#[test]
fn as_many_count_as_were_made() {
    let outer: Vec<Teller<'_>> = (0..5).map(|n| Teller { id: 10 + n, start: u64::from(n), ..OUTER }).collect();
    let inner: Vec<Teller<'_>> = (0..5).map(|n| Teller { id: 20 + n, start: u64::from(n) + 9, ..INNER }).collect();
    let all: Vec<&Teller<'_>> = outer.iter().chain(&inner).collect();
    assert_eq!(counting(&all).into_iter().filter(|counts| *counts).count(), 5);
}

#[test]
fn models_have_one_name_with_and_without_maker_and_date() {
    for (told, expected) in [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("openai/gpt-4o", "gpt-4o"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku"),
        ("gemini-2.5-flash", "gemini-2.5-flash"),
        ("gpt-4-0613", "gpt-4-0613"),
    ] {
        assert_eq!(family(told), expected);
    }
}

proptest! {
    /// Whoever stands back does so behind somebody, and of every chain the end counts.
    #[test]
    fn somebody_always_counts(
        calls in prop::collection::vec((0..3_usize, 0..20_000_u64, 1..20_000_u64, 0..3_usize, 0..2_i64), 1..24),
        seed in any::<u64>(),
    ) {
        let scopes = ["a", "b", "c"];
        let answers = [None, Some("Vienna."), Some("Linz.")];
        let mut told: Vec<Told> = calls.iter().enumerate().map(|(at, (scope, start, long, answer, output))| told(&Teller {
            id: 1 + at as u8, scope: scopes[*scope], start: *start, end: start + long, answer: answers[*answer],
            output: 300 + output, ..OUTER
        })).collect();
        let standings = stand(&told);
        let known: HashMap<SpanRef, Option<Standing>> = told.iter().map(|call| call.place).zip(standings).collect();
        for standing in known.values().flatten().filter(|standing| !standing.counts) {
            let mut at = *standing;
            for _ in 0..=told.len() {
                match known[&at.twin] {
                    Some(next) if !next.counts => at = next,
                    _ => break,
                }
            }
            prop_assert!(known[&at.twin].is_none_or(|last| last.counts));
        }
        // In whatever order they are known.
        told.rotate_left(seed as usize % calls.len());
        let turned: HashMap<SpanRef, Option<Standing>> = told.iter().map(|call| call.place).zip(stand(&told)).collect();
        prop_assert_eq!(known, turned);
    }
}
