//! What is known of given calls.

use super::*;

#[tokio::test]
async fn calls_are_known_as_the_whole_trace_judges_them() {
    let mut bench = Bench::new();
    let mut root = span(1, 1);
    root.attribution.session = Some("s".into());
    let outer = Span { parent_span_id: Some(root.span_id), ..call(1, 2, "gpt-4o", 10) };
    let inner = Span { parent_span_id: Some(outer.span_id), ..call(1, 3, "gpt-4o", 10) };
    // The same start and another call, and one that is not asked for.
    let twin = Span { start: inner.start, ..call(2, 4, "gpt-4o", 7) };
    bench.load(&[root, outer.clone(), inner.clone(), twin.clone(), call(3, 5, "gpt-4o", 1)]);
    let asked = [(outer.span_id, outer.start), (inner.span_id, inner.start), (SpanId([9; 8]), inner.start)];
    let mut known = bench.analytics.known_calls(&asked).await.expect("answers");
    known.sort_by_key(|call| call.place);
    let shown: Vec<_> = known.iter().map(|call| (call.place.span_id, call.counted, call.moved, call.amount)).collect();
    let amount = Some(NanoUsd(10));
    assert_eq!(shown, [(outer.span_id, false, false, amount), (inner.span_id, true, false, amount)]);
    assert_eq!(known[0].not_counted_because.as_deref(), Some("repeats the usage of a nested call"));
    assert!(known.iter().all(|call| call.attribution.session.as_deref() == Some("s")));
    // A clock that is wrong by years.
    let far = (SpanId([8; 8]), UnixNanos(0));
    let again = bench.analytics.known_calls(&[asked[0], far]).await.expect("answers");
    assert_eq!(again, known[..1]);
    assert_eq!(bench.analytics.known_calls(&[]).await.expect("answers"), Vec::new());
}
