//! Sums, series and totals.

use jiff::tz::TimeZone;

use super::*;

/// Three days of calls: 10 tokens on the first, 20 on the second, one of them by another model.
fn three_days() -> Vec<Span> {
    let day = 86_400 * NANOS_PER_SECOND;
    let at = |mut span: Span, days: i64| {
        span.start = UnixNanos(span.start.0 + days * day);
        span.end = UnixNanos(span.end.0 + days * day);
        span
    };
    let failed = Span { status: Status::Error, ..call(4, 1, "gpt-4o", 1) };
    vec![call(1, 1, "gpt-4o", 10), at(call(2, 1, "gpt-4o", 15), 1), at(call(3, 1, "mini", 5), 1), at(failed, 2)]
}

#[tokio::test]
async fn cost_is_summed_by_day_and_model() {
    let mut bench = Bench::new();
    bench.load(&three_days());
    let (since, until) = (UnixNanos(NOON), UnixNanos(NOON + 3 * 86_400 * NANOS_PER_SECOND));
    let buckets = Buckets::between(since, until, BucketSize::Day, &TimeZone::UTC).expect("few");
    let question = CostQuestion {
        filter: Filter::between(since, until),
        group_by: vec![Dimension::Model, Dimension::Team],
        buckets: Some(buckets),
        sessions: false,
    };
    let answer = bench.analytics.cost(&question).await.expect("answers");
    assert!(!answer.truncated);
    let rows = answer.rows;
    let told: Vec<(String, String, i64, u64)> = rows
        .iter()
        .map(|row| {
            let day = row.bucket_start.expect("asked for").day().to_string();
            (day, row.group[0].clone().expect("has a model"), row.sums.cost.expect("priced").0, row.sums.errors)
        })
        .collect();
    let expected = [
        ("2026-11-20", "gpt-4o", 10, 0),
        ("2026-11-21", "gpt-4o", 15, 0),
        ("2026-11-21", "mini", 5, 0),
        ("2026-11-22", "gpt-4o", 1, 1),
    ];
    assert_eq!(told, expected.map(|(day, model, cost, errors)| (day.to_owned(), model.to_owned(), cost, errors)));
    assert!(rows.iter().all(|row| row.group[1].is_none()));
    let question = CostQuestion { buckets: None, group_by: vec![], ..question };
    let rows = bench.analytics.cost(&question).await.expect("answers").rows;
    assert_eq!((rows[0].sums.calls, rows[0].sums.usage.input, rows[0].bucket_start), (4, 31, None));
}

#[tokio::test]
async fn series_have_a_line_per_leader_and_one_for_the_rest() {
    let mut bench = Bench::new();
    let many: Vec<Span> = (1..=9).map(|trace| call(trace, 1, &format!("m{trace}"), u64::from(trace))).collect();
    bench.load(&many);
    let range = Filter::between(UnixNanos(NOON), UnixNanos(NOON + 3600 * NANOS_PER_SECOND));
    let buckets =
        Buckets::between(UnixNanos(NOON), UnixNanos(NOON + 7200 * NANOS_PER_SECOND), BucketSize::Hour, &TimeZone::UTC);
    let question = |metric, by| SeriesQuestion {
        metric,
        filter: range.clone(),
        by,
        buckets: buckets.as_ref().expect("few").clone(),
    };
    let lines = bench.analytics.series(question(Metric::Tokens, Some(Dimension::Model))).await.expect("answers");
    assert_eq!(lines.len(), 8);
    assert_eq!((lines[0].name.as_deref(), lines[0].total), (Some("m9"), Some(9.0)));
    assert_eq!(lines[0].values, [Some(9.0), Some(0.0)]);
    assert!(lines[7].other && lines[7].name.is_none());
    assert_eq!(lines[7].total, Some(3.0));
    let lines = bench.analytics.series(question(Metric::LatencyP95, None)).await.expect("answers");
    assert_eq!((lines.len(), lines[0].values.clone()), (1, vec![Some(500.0), None]));
    let lines = bench.analytics.series(question(Metric::Traces, Some(Dimension::Service))).await.expect("answers");
    assert_eq!((lines[0].name.as_deref(), lines[0].total), (Some("agent"), Some(9.0)));
    assert!(!Metric::Traces.splits_by(Dimension::Model));
}

#[tokio::test]
async fn totals_name_why_calls_have_no_price() {
    let mut bench = Bench::new();
    let mut unknown = call(3, 1, "secret", 7);
    if let Some(call) = &mut unknown.call {
        call.cost = Cost {
            amount: None,
            basis: CostBasis::Unknown("unknown model \"secret\"".into()),
            reported: None,
            buckets: vec![],
        };
    }
    bench.load(&[call(1, 1, "gpt-4o", 10), span(2, 1), unknown]);
    let day = UnixNanos(NOON).day();
    let totals = bench
        .analytics
        .totals(&Filter::default(), vec![(day.start(), day.end()), (UnixNanos(0), UnixNanos(1))])
        .await
        .expect("answers");
    let today = &totals[0];
    assert_eq!((today.traces, today.sums.calls, today.sums.cost), (3, 2, Some(NanoUsd(10))));
    assert_eq!(today.unpriced, [("unknown model \"secret\"".to_owned(), 1)]);
    assert_eq!((today.latency_p50_ns, today.ttft_p95_ns), (Some(500_000_000), Some(120_000_000)));
    assert_eq!((totals[1].sums.cost, totals[1].latency_p50_ns), (None, None));
    let top = bench.analytics.top(&Filter::default(), &[Dimension::Model]).await.expect("answers");
    assert_eq!(top[0].iter().map(|one| one.name.as_deref()).collect::<Vec<_>>(), [Some("gpt-4o"), Some("secret")]);
}

#[tokio::test]
async fn a_failed_call_without_usage_is_an_error_but_not_unpriced() {
    let mut bench = Bench::new();
    let mut failed = Span { status: Status::Error, ..call(2, 1, "gpt-4o", 1) };
    if let Some(call) = &mut failed.call {
        call.usage = None;
        call.cost =
            Cost { amount: None, basis: CostBasis::Unknown("the call failed".into()), reported: None, buckets: vec![] };
    }
    bench.load(&[call(1, 1, "gpt-4o", 10), failed]);
    let day = UnixNanos(NOON).day();
    let filter = Filter::between(day.start(), day.end());
    let totals = bench.analytics.totals(&Filter::default(), vec![(day.start(), day.end())]).await.expect("answers");
    let sums = &totals[0].sums;
    assert_eq!((sums.calls, sums.errors, sums.unpriced_calls, sums.cost), (2, 1, 0, Some(NanoUsd(10))));
    assert_eq!(totals[0].unpriced, []);
    let question =
        CostQuestion { filter: filter.clone(), group_by: vec![Dimension::Model], buckets: None, sessions: false };
    let rows = bench.analytics.cost(&question).await.expect("answers").rows;
    assert_eq!((rows[0].sums.errors, rows[0].sums.unpriced_calls), (1, 0));
    let top = bench.analytics.top(&filter, &[Dimension::Model]).await.expect("answers");
    assert_eq!((top[0][0].errors, top[0][0].unpriced_calls), (1, 0));
    assert_eq!(bench.traces(&filter).await.iter().map(|trace| trace.unpriced_calls).sum::<u64>(), 0);
}

#[tokio::test]
async fn totals_are_of_what_the_filter_lets_through() {
    let mut bench = Bench::new();
    bench.load(&[call(1, 1, "gpt-4o", 10), call(2, 1, "mini", 5), span(3, 1)]);
    let day = UnixNanos(NOON).day();
    let totals = bench
        .analytics
        .totals(&any_of(Dimension::Model, &["mini"]), vec![(day.start(), day.end())])
        .await
        .expect("answers");
    assert_eq!((totals[0].sums.calls, totals[0].sums.cost, totals[0].traces), (1, Some(NanoUsd(5)), 1));
}
