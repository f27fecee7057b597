//! What a sample is decided by.

use super::*;

#[tokio::test]
async fn facts_are_of_the_whole_trace_whichever_span_is_asked_by() {
    let mut bench = Bench::new();
    let mut first = call(1, 1, "gpt-4o", 10);
    first.attribution.session = Some("s".into());
    first.attribution.prompt_name = Some("greet".into());
    first.attribution.prompt_version = Some("3".into());
    let tool = Span { kind: SpanKind::Tool, status: Status::Error, ..child_of(&first, 2) };
    // An hour after the others.
    let mut late = Span { service: "worker".into(), ..call(1, 3, "mini", 5) };
    late.start = first.start.saturating_add(3_600 * NANOS_PER_SECOND);
    late.end = late.start.saturating_add(9_000_000_000);
    bench.load(&[first.clone(), call(2, 1, "gpt-4o", 7)]);
    bench.load(&[tool, late.clone()]);
    let [one, two, none] = [1, 2, 3].map(|trace| TraceId([trace; 16]));
    let facts = bench.analytics.facts(vec![one, two, none], late.start, late.start).await.expect("answers");
    let trace = &facts[&one];
    assert_eq!((trace.start, trace.duration_ns), (first.start, late.end.since(first.start)));
    assert_eq!((trace.cost, trace.spans), (Some(NanoUsd(15)), 3));
    assert!(trace.failed && trace.tool_failed);
    let mut parts = trace.parts.clone();
    parts.sort_by(|a, b| (&a.model, &a.session).cmp(&(&b.model, &b.session)));
    assert_eq!(parts.len(), 3, "{parts:?}");
    assert_eq!((parts[1].session.as_deref(), parts[1].prompt_version.as_deref()), (Some("s"), Some("3")));
    assert_eq!(parts[1].longest_call_ns, Some(500_000_000));
    assert_eq!((parts[2].service.as_str(), parts[2].longest_call_ns), ("worker", Some(9_000_000_000)));
    assert!(!facts.contains_key(&none));
    // The other one has a span within an hour of the time that was asked for.
    let healthy = &facts[&two];
    assert!(!healthy.failed && !healthy.tool_failed && healthy.spans == 1);
}

#[tokio::test]
async fn a_sighting_is_within_its_times_and_of_both_names() {
    let mut bench = Bench::new();
    let seen = call(1, 1, "gpt-4o", 10);
    let mut prompted = span(2, 1);
    prompted.attribution.prompt_version = Some("3".into());
    bench.load(&[seen.clone(), prompted.clone()]);
    let model = |provider: &str| Novelty::Model { provider: Some(provider.into()), model: "gpt-4o".into() };
    let ask = async |what, since: i64, until: i64| {
        bench.analytics.last_sighting(what, UnixNanos(since), UnixNanos(until)).await.expect("answers")
    };
    let at = seen.start.0;
    assert_eq!(ask(model("openai"), at, at + 1).await, Some(seen.start));
    assert_eq!(ask(model("openai"), at + 1, at + 2).await, None);
    assert_eq!(ask(model("openai"), at - 1, at).await, None);
    assert_eq!(ask(model("azure"), at, at + 1).await, None);
    let prompt = |name: Option<&str>| Novelty::Prompt { name: name.map(Into::into), version: Some("3".into()) };
    let at = prompted.start.0;
    assert_eq!(ask(prompt(None), at, at + 1).await, Some(prompted.start));
    assert_eq!(ask(prompt(Some("greet")), at, at + 1).await, None);
}
