//! Sessions and models.

use super::*;
use crate::analytics::UserOrder;

fn in_session(session: &str, mut span: Span) -> Span {
    span.attribution.session = Some(session.into());
    span
}

#[tokio::test]
async fn sessions_sum_up_their_traces() {
    let mut bench = Bench::new();
    let mut first = in_session("a", call(1, 1, "gpt-4o", 10));
    first.attribution.user = Some("ann".into());
    first.input_preview = Some("hello".into());
    let mut last = in_session("a", Span { status: Status::Error, ..call(4, 1, "mini", 20) });
    last.output_preview = Some("bye".into());
    bench.load(&[first.clone(), in_session("b", call(2, 1, "gpt-4o", 100)), call(3, 1, "gpt-4o", 7), last.clone()]);
    let ask =
        async |filter: Filter, order, after| bench.analytics.sessions(&filter, order, 1, after).await.expect("answers");
    let page = ask(Filter::default(), Order::Newest, None).await;
    let session = &page.items[0];
    assert_eq!((session.name.as_str(), session.user.as_deref()), ("a", Some("ann")));
    assert_eq!((session.trace_count, session.call_count, session.error_count), (2, 2, 1));
    assert_eq!((session.start, session.last_start, session.end), (first.start, last.start, last.end));
    assert_eq!(session.models, ["gpt-4o", "mini"]);
    assert_eq!((session.usage.input, session.cost), (30, Some(NanoUsd(30))));
    assert_eq!((session.input_preview.as_deref(), session.output_preview.as_deref()), (Some("hello"), Some("bye")));
    let next = ask(Filter::default(), Order::Newest, page.next).await;
    assert_eq!((next.items[0].name.as_str(), next.next), ("b", None));
    assert_eq!(ask(Filter::default(), Order::Cost, None).await.items[0].name, "b");
    assert_eq!(ask(Filter::default(), Order::Duration, None).await.items[0].name, "a");
    // Figures are over the traces that match.
    let only = ask(any_of(Dimension::Model, &["gpt-4o"]), Order::Cost, None).await;
    let rest = ask(any_of(Dimension::Model, &["gpt-4o"]), Order::Cost, only.next).await;
    assert_eq!((rest.items[0].name.as_str(), rest.items[0].trace_count), ("a", 1));
}

#[tokio::test]
async fn a_text_finds_sessions_by_name_user_or_input_and_users_by_name() {
    let mut bench = Bench::new();
    let mut asked = in_session("Chat?-42", call(1, 1, "gpt-4o", 10));
    asked.input_preview = Some("Which Tea is best?".into());
    let mut by_ann = in_session("b", call(2, 1, "mini", 5));
    by_ann.attribution.user = Some("Ann@home".into());
    bench.load(&[asked, in_session("Chat?-42", call(3, 1, "mini", 7)), by_ann, in_session("c", call(4, 1, "mini", 1))]);
    let text = |text: &str| Filter { text: Some(text.into()), ..any_of(Dimension::Service, &["agent"]) };
    for (words, found) in
        [("chat?-4", vec!["Chat?-42"]), ("TEA is", vec!["Chat?-42"]), ("ann@", vec!["b"]), ("%", vec![])]
    {
        for order in [Order::Newest, Order::Cost] {
            let page = bench.analytics.sessions(&text(words), order, 5, None).await.expect("answers");
            let names: Vec<&str> = page.items.iter().map(|session| session.name.as_str()).collect();
            assert_eq!(names, found, "{words} by {order:?}");
        }
    }
    // The turn in which the words do not stand counts as well.
    let page = bench.analytics.sessions(&text("tea"), Order::Newest, 5, None).await.expect("answers");
    assert_eq!((page.items[0].trace_count, page.items[0].usage.input), (2, 17));
    let users = async |words: &str| bench.analytics.users(&text(words), UserOrder::Newest, 5, None).await;
    assert_eq!(users("ANN").await.expect("answers").items[0].name, "Ann@home");
    assert_eq!(users("bob").await.expect("answers").items, []);
}

#[tokio::test]
async fn sessions_of_one_moment_are_paged_by_their_names() {
    let mut bench = Bench::new();
    let spans: Vec<Span> = (1..=7)
        .map(|trace| in_session(&format!("s{trace}"), Span { start: UnixNanos(NOON), ..call(trace, 1, "m", 5) }))
        .collect();
    bench.load(&spans);
    for order in [Order::Newest, Order::Cost] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = bench.analytics.sessions(&Filter::default(), order, 2, after).await.expect("answers");
            seen.extend(page.items.into_iter().map(|session| session.name));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, ["s1", "s2", "s3", "s4", "s5", "s6", "s7"], "{order:?}");
    }
}

#[tokio::test]
async fn models_have_their_cost_and_their_speed() {
    let mut bench = Bench::new();
    let slow = call(2, 1, "gpt-4o", 10);
    let slow = Span { end: slow.start.saturating_add(900_000_000), ..slow };
    bench.load(&[call(1, 1, "gpt-4o", 10), slow.clone(), call(3, 1, "mini", 5), span(4, 1)]);
    let models = bench.analytics.models(&Filter::default(), UnixNanos(NOON)).await.expect("answers");
    assert_eq!(models.len(), 2);
    let first = &models[0];
    assert_eq!((first.provider.as_deref(), first.model.as_deref()), (Some("openai"), Some("gpt-4o")));
    assert_eq!((first.sums.calls, first.sums.cost, first.last_used), (2, Some(NanoUsd(20)), slow.start));
    assert_eq!((first.latency.p50_ns, first.latency.p95_ns), (Some(500_000_000), Some(900_000_000)));
    assert_eq!(first.latency.bins.iter().map(|bin| bin.count).sum::<u64>(), 2);
    assert_eq!(models[1].ttft.p95_ns, Some(120_000_000));
}
