//! Lists page by page: nothing twice, nothing left out, whatever is equal.

use super::*;
use crate::analytics::{PageKey, TraceSummary};

/// What `ask` gives from the first page to the last.
async fn every_page<T>(ask: impl AsyncFn(Option<PageKey>) -> Page<T>) -> Vec<T> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = ask(after).await;
        seen.extend(page.items);
        after = page.next;
        if after.is_none() {
            return seen;
        }
    }
}

#[tokio::test]
async fn pages_neither_repeat_nor_leave_out_while_rows_arrive() {
    for order in Order::ALL {
        let mut bench = Bench::new();
        // Ten traces with equal cost and duration: only the id tells them apart.
        bench.load(&(1..=10).map(|trace| call(trace, 1, "gpt-4o", 5)).collect::<Vec<_>>());
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = bench.analytics.traces(&Filter::default(), order, 3, after).await.expect("answers");
            seen.extend(page.items.iter().map(|trace| trace.trace_id.0[0]));
            after = page.next;
            if after.is_none() {
                break;
            }
            // Newer, dearer and longer than all: before the first page in every order.
            let number = 100 + u8::try_from(seen.len()).expect("few");
            let mut newer = call(number, 1, "gpt-4o", 999);
            newer.end = newer.start.saturating_add(3_000_000_000);
            bench.load(&[newer]);
        }
        seen.sort_unstable();
        assert_eq!(seen, (1..=10).collect::<Vec<u8>>(), "{order:?}");
    }
}

#[tokio::test]
async fn calls_of_one_moment_are_paged_by_their_ids() {
    let mut bench = Bench::new();
    let same: Vec<Span> =
        (1..=5).map(|id| Span { start: UnixNanos(NOON), end: UnixNanos(NOON + 1), ..call(1, id, "m", 1) }).collect();
    bench.load(&same);
    let ask = async |after| bench.analytics.calls(&Filter::default(), Order::Newest, 2, after).await.expect("answers");
    let seen: Vec<u8> = every_page(ask).await.iter().map(|span| span.span_id.0[0]).collect();
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

/// Calls of few prices and durations in few traces, some without a price; one in five is of another model.
fn with_many_equals() -> Vec<Span> {
    let mut calls = Vec::new();
    for number in 1..=48_u8 {
        let model = if number % 5 == 0 { "mini" } else { "gpt-4o" };
        let mut call = call(1 + number % 9, number, model, [3, 3, 3, 8, 1][usize::from(number) * 7 % 5]);
        call.end = call.start.saturating_add(i64::from(number % 2) * 1_000);
        if number % 6 == 0 {
            call.call.as_mut().expect("a call").cost.amount = None;
        }
        calls.push(call);
    }
    calls
}

fn only_gpt() -> Filter {
    any_of(Dimension::Model, &["gpt-4o"])
}

#[tokio::test]
async fn calls_of_the_same_price_are_paged_by_their_ids() {
    let mut bench = Bench::new();
    let calls = with_many_equals();
    bench.load(&calls);
    let key = |span: &Span, order| match order {
        Order::Newest => Some(span.start.0),
        Order::Cost => span.call.as_ref().and_then(|call| call.cost.amount).map(|cost| cost.0),
        Order::Duration => Some(span.duration_ns()),
    };
    for (order, filter) in Order::ALL.into_iter().flat_map(|order| [(order, Filter::default()), (order, only_gpt())]) {
        let wanted = |span: &&Span| {
            filter == Filter::default() || span.call.as_ref().is_some_and(|call| call.model() == Some("gpt-4o"))
        };
        let mut sorted: Vec<&Span> = calls.iter().filter(wanted).collect();
        sorted.sort_by_key(|span| std::cmp::Reverse((key(span, order), span.trace_id, span.span_id)));
        let expected: Vec<_> = sorted.iter().map(|span| (span.trace_id, span.span_id)).collect();
        for limit in [1, 2, 3, 7, 20, 47, 48, 100] {
            let seen = every_page(async |after| {
                let page = bench.analytics.calls(&filter, order, limit, after).await.expect("answers");
                assert!(page.items.len() <= limit);
                page
            });
            let seen: Vec<_> = seen.await.iter().map(|span| (span.trace_id, span.span_id)).collect();
            assert_eq!(seen, expected, "{order:?} by {limit}");
        }
    }
}

#[tokio::test]
async fn traces_of_the_same_price_are_paged_by_their_ids() {
    let mut bench = Bench::new();
    bench
        .load(&(1..=40).map(|trace| call(trace, 1, "gpt-4o", [3, 3, 3, 8, 1][trace as usize % 5])).collect::<Vec<_>>());
    let all = bench.analytics.traces(&Filter::default(), Order::Cost, 100, None).await.expect("answers").items;
    let key = |trace: &TraceSummary| (trace.cost, trace.trace_id);
    assert!(all.len() == 40 && all.is_sorted_by(|one, next| key(one) > key(next)));
    for limit in [1, 2, 3, 7, 30] {
        let ask =
            async |after| bench.analytics.traces(&Filter::default(), Order::Cost, limit, after).await.expect("answers");
        assert_eq!(every_page(ask).await, all, "by {limit}");
    }
}
