//! Where the client's amount and ours differ.

use super::*;

/// A call that costs 100 by our prices; the client says `reported`, which counts if `preferred`.
fn told(trace: u8, reported: i64, preferred: bool) -> Span {
    let mut one = call(trace, 1, "gpt-4o", 100);
    let Some(figures) = &mut one.call else { return one };
    figures.cost.reported = Some(NanoUsd(reported));
    if preferred {
        figures.cost.amount = Some(NanoUsd(reported));
        figures.cost.basis = CostBasis::Reported;
    }
    one
}

#[tokio::test]
async fn both_amounts_are_compared_whichever_counts() {
    let mut bench = Bench::new();
    let uncounted = Span { parent_span_id: None, ..told(7, 900, false) };
    let inner = Span { parent_span_id: Some(uncounted.span_id), ..call(7, 2, "gpt-4o", 1) };
    let mut unknown = told(8, 40, true);
    if let Some(call) = &mut unknown.call {
        call.cost.buckets.clear();
    }
    let quiet = {
        let mut one = call(9, 1, "gpt-4o", 5);
        if let Some(call) = &mut one.call {
            call.cost.reported = None;
        }
        one
    };
    bench.load(&[told(1, 100, false), told(2, 105, true), told(3, 110, true), told(4, 80, false), told(5, 0, false)]);
    bench.load(&[uncounted, inner, unknown, quiet]);
    let question = ReconcileQuestion { filter: Filter::default(), threshold: 0.05, limit: 10 };
    let found = bench.analytics.reconcile(question.clone()).await.expect("answers");
    let [group] = found.groups.as_slice() else { panic!("one group, not {found:?}") };
    // The inner call reports 5 nano-dollars of its own, see `call`.
    let expected = ReconcileSums {
        compared: 6,
        only_reported: 1,
        differing: 4,
        reported_zero: 1,
        computed: NanoUsd(301),
        reported: NanoUsd(195),
    };
    assert_eq!(group.sums, expected);
    let shown: Vec<u8> = group.examples.iter().map(|span| span.trace_id.0[0]).collect();
    assert_eq!(shown, [5, 4, 3], "furthest apart first");
    let loose = bench.analytics.reconcile(ReconcileQuestion { threshold: 1.0, ..question }).await.expect("answers");
    assert_eq!((loose.groups.len(), loose.total.compared), (0, 6));
}
