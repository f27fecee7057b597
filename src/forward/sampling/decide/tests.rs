use super::*;
use crate::analytics::TracePart;
use crate::model::otlp::{
    AnyValue, KeyValue, LogsData, ResourceLogs, ResourceSpans, ScopeLogs, ScopeSpans, TracesData, any_value,
};

const SECOND: i64 = 1_000_000_000;

fn head() -> Head {
    let at = UnixNanos(SECOND);
    Head { trace: TraceId([1; 16]), records: 1, first: at, last: at, disliked: false, failed: false }
}

/// A chat of a second with a model of which 95 % take a second.
fn healthy() -> TraceFacts {
    let part = TracePart {
        service: "agent".into(),
        session: Some("s-1".into()),
        user: Some("ann".into()),
        provider: Some("openai".into()),
        model: Some("gpt-4o".into()),
        longest_call_ns: Some(SECOND),
        ..TracePart::default()
    };
    TraceFacts { duration_ns: SECOND, cost: Some(NanoUsd(500)), spans: 1, parts: vec![part], ..TraceFacts::default() }
}

fn judged(config: &SamplingConfig, change: impl FnOnce(&mut Head, &mut TraceFacts)) -> Option<Reason> {
    let (mut head, mut facts) = (head(), healthy());
    change(&mut head, &mut facts);
    let usual = |provider: &Option<String>, model: &str| {
        (provider.as_deref() == Some("openai") && model == "gpt-4o").then_some(SECOND)
    };
    let is_new = |what: &Novelty| match what {
        Novelty::Model { model, .. } => model == "gpt-9",
        Novelty::Prompt { version, .. } => version.as_deref() == Some("4"),
    };
    let known = Known { head: &head, facts: Some(&facts), pinned: false, usual: &usual, is_new: &is_new };
    Rules::new(config).decide(&known)
}

#[test]
fn every_reason_keeps_a_trace_and_a_healthy_one_has_none() {
    let config = SamplingConfig {
        slow_ms: 5_000,
        expensive_usd: 0.001,
        sessions: vec!["s-9".into()],
        users: vec!["bo*".into()],
        services: vec!["*-prod".into()],
        ..SamplingConfig::default()
    };
    let ask = |change: fn(&mut Head, &mut TraceFacts)| judged(&config, change);
    assert_eq!(ask(|_, _| {}), None);
    assert_eq!(ask(|_, facts| facts.failed = true), Some(Reason::Error));
    assert_eq!(ask(|head, _| head.failed = true), Some(Reason::Error));
    assert_eq!(
        ask(|_, facts| (facts.failed, facts.tool_failed) = (true, true)),
        Some(Reason::ToolError),
        "the narrower reason is told"
    );
    assert_eq!(ask(|_, facts| facts.duration_ns = 5 * SECOND), Some(Reason::Slow));
    assert_eq!(ask(|_, facts| facts.parts[0].longest_call_ns = Some(SECOND * 101 / 100)), None);
    assert_eq!(ask(|_, facts| facts.parts[0].longest_call_ns = Some(SECOND * 105 / 100)), Some(Reason::Slow));
    let other_model = |_: &mut Head, facts: &mut TraceFacts| {
        facts.parts[0].provider = Some("azure".into());
        facts.parts[0].longest_call_ns = Some(4 * SECOND);
    };
    assert_eq!(ask(other_model), None, "nothing is known of how fast that model is");
    assert_eq!(ask(|_, facts| facts.cost = Some(NanoUsd(1_000_000))), Some(Reason::Expensive));
    assert_eq!(ask(|head, _| head.disliked = true), Some(Reason::Disliked));
    assert_eq!(ask(|_, facts| facts.parts[0].model = Some("gpt-9".into())), Some(Reason::NewModel));
    assert_eq!(ask(|_, facts| facts.parts[0].prompt_version = Some("4".into())), Some(Reason::NewPrompt));
    assert_eq!(ask(|_, facts| facts.parts[0].prompt_version = Some("3".into())), None);
    assert_eq!(ask(|_, facts| facts.parts[0].session = Some("s-9".into())), Some(Reason::Listed));
    assert_eq!(ask(|_, facts| facts.parts[0].user = Some("bob".into())), Some(Reason::Listed));
    assert_eq!(ask(|_, facts| facts.parts[0].service = "agent-prod".into()), Some(Reason::Listed));
}

#[test]
fn what_is_switched_off_keeps_nothing() {
    let off = SamplingConfig {
        errors: false,
        tool_errors: false,
        slow_for_model: false,
        disliked: false,
        ..SamplingConfig::default()
    };
    let bad = |head: &mut Head, facts: &mut TraceFacts| {
        (head.failed, head.disliked) = (true, true);
        (facts.failed, facts.tool_failed) = (true, true);
        (facts.duration_ns, facts.cost) = (i64::MAX, Some(NanoUsd(i64::MAX)));
        facts.parts[0].longest_call_ns = Some(i64::MAX);
    };
    assert_eq!(judged(&off, bad), None);
    let tools = SamplingConfig { tool_errors: true, ..off };
    assert_eq!(judged(&tools, bad), Some(Reason::ToolError));
}

#[test]
fn a_pin_keeps_a_trace_of_which_nothing_else_is_known() {
    let (head, usual, is_new) = (head(), |_: &Option<String>, _: &str| None, |_: &Novelty| true);
    let rules = Rules::new(&SamplingConfig::default());
    let known = |pinned| Known { head: &head, facts: None, pinned, usual: &usual, is_new: &is_new };
    assert_eq!(rules.decide(&known(true)), Some(Reason::Pinned));
    assert_eq!(rules.decide(&known(false)), None);
}

fn said(key: &str, text: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(text.into())) });
    KeyValue { key: key.into(), value }
}

#[test]
fn a_chunk_tells_its_traces_their_times_and_what_was_said_of_them() {
    let span = |trace: u8, start: u64, attributes| Span {
        trace_id: vec![trace; 16].into(),
        start_time_unix_nano: start,
        attributes,
        ..Span::default()
    };
    let spans = vec![
        span(2, 50, vec![]),
        span(1, 70, vec![said("user_feedback", "thumbs_down")]),
        span(2, 30, vec![]),
        span(0, 10, vec![]),
    ];
    let scope = ScopeSpans { spans, ..ScopeSpans::default() };
    let group = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
    let found = heads(&Payload::Traces(TracesData { resource_spans: vec![group] }), UnixNanos(99));
    let told: Vec<_> =
        found.iter().map(|head| (head.trace.0[0], head.records, head.first.0, head.last.0, head.disliked)).collect();
    assert_eq!(told, [(1, 1, 70, 70, true), (2, 2, 30, 50, false)], "an id of zeros is none");

    let record = |trace: u8, severity_number, attributes| LogRecord {
        trace_id: vec![trace; 16].into(),
        severity_number,
        attributes,
        ..LogRecord::default()
    };
    let verdict = |event: &str| LogRecord {
        event_name: event.into(),
        ..record(2, 9, vec![said("gen_ai.evaluation.score.label", "fail")])
    };
    let log_records = vec![
        record(1, 17, vec![]),
        verdict("gen_ai.evaluation.result"),
        record(3, 9, vec![said("rating", "no")]),
        LogRecord::default(),
    ];
    let scope = ScopeLogs { log_records, ..ScopeLogs::default() };
    let group = ResourceLogs { scope_logs: vec![scope], ..ResourceLogs::default() };
    let found = heads(&Payload::Logs(LogsData { resource_logs: vec![group] }), UnixNanos(99));
    let told: Vec<_> = found.iter().map(|head| (head.trace.0[0], head.first.0, head.failed, head.disliked)).collect();
    assert_eq!(told, [(1, 99, true, false), (2, 99, false, true), (3, 99, false, false)]);
}
