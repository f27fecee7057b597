use super::super::tests::{call, child_of, span};
use super::*;

fn summary(spans: &[Span]) -> TraceSummary {
    let all: Vec<&Span> = spans.iter().collect();
    summarise(&"default".into(), &all).expect("there are spans")
}

#[test]
fn the_root_names_the_trace_and_the_last_end_ends_it() {
    let root = Span { name: "plan".into(), start: UnixNanos(100), end: UnixNanos(200), ..span(1, 1) };
    let late = Span { start: UnixNanos(150), end: UnixNanos(900), ..child_of(&root, 2) };
    let skewed = Span { start: UnixNanos(50), end: UnixNanos(60), ..child_of(&root, 3) };
    let seen = summary(&[late, skewed, root]);
    assert_eq!((seen.name.as_str(), seen.start, seen.duration_ns), ("plan", UnixNanos(50), 850));
    assert_eq!((seen.last_start, seen.span_count), (UnixNanos(150), 3));
}

#[test]
fn without_its_root_a_trace_is_named_by_the_span_whose_parent_is_missing() {
    let root = span(1, 1);
    let top = Span { name: "top".into(), start: UnixNanos(20), ..child_of(&root, 2) };
    let inner = Span { name: "inner".into(), start: UnixNanos(10), ..child_of(&top, 3) };
    assert_eq!(summary(&[inner, top]).name, "top");
}

#[test]
fn what_is_not_counted_adds_nothing() {
    let mut wrapper = call(1, 1, "gpt-4o", 1000);
    if let Some(call) = &mut wrapper.call {
        call.counted = false;
    }
    let inner = Span { parent_span_id: Some(wrapper.span_id), ..call(1, 2, "gpt-4o", 1000) };
    let seen = summary(&[wrapper, inner]);
    assert_eq!((seen.call_count, seen.usage.input, seen.cost), (1, 1000, Some(NanoUsd(1000))));
}

#[test]
fn no_price_is_no_cost_and_is_told() {
    let mut unpriced = call(1, 1, "secret", 7);
    if let Some(call) = &mut unpriced.call {
        call.cost.amount = None;
    }
    let seen = summary(&[unpriced]);
    assert_eq!((seen.cost, seen.unpriced_calls), (None, 1));
}

#[test]
fn a_call_that_failed_without_usage_was_not_billed() {
    let mut failed = Span { status: Status::Error, ..call(1, 1, "gpt-4o", 7) };
    if let Some(call) = &mut failed.call {
        call.cost.amount = None;
    }
    assert_eq!(summary(&[failed.clone()]).unpriced_calls, 1, "it used tokens before it failed");
    if let Some(call) = &mut failed.call {
        call.usage = None;
    }
    let seen = summary(&[failed, call(1, 2, "gpt-4o", 10)]);
    assert_eq!((seen.call_count, seen.unpriced_calls, seen.cost), (2, 0, Some(NanoUsd(10))));
}

#[test]
fn absurd_counts_stay_at_the_largest_value() {
    let seen = summary(&[call(1, 1, "m", u64::MAX), call(1, 2, "m", u64::MAX)]);
    assert_eq!(seen.usage.input, u64::MAX);
}

#[test]
fn further_values_are_kept_for_filters() {
    let mut root = span(1, 1);
    root.attribution.user = Some("ann".into());
    let mut child = child_of(&root, 2);
    child.attribution.user = Some("bob".into());
    child.attribution.node = Some("LLM".into());
    let seen = summary(&[child, root]);
    assert_eq!(seen.attribution.user.as_deref(), Some("ann"));
    assert_eq!(seen.more, ["user=bob", "node=LLM"]);
}
