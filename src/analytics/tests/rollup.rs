//! Hourly sums give what the calls themselves give, at every moment.

use jiff::tz::TimeZone;

use super::*;
use crate::analytics::rollup;

const HOUR: i64 = rollup::HOUR;

/// Calls of four days, several an hour, of two models, three users and some that failed.
fn calls() -> Vec<Span> {
    (0..200_u8)
        .map(|number| {
            let model = if number % 3 == 0 { "gpt-4o" } else { "mini" };
            let mut one = call(number, 1, model, u64::from(number) + 1);
            one.start = UnixNanos(NOON + i64::from(number) * (HOUR / 2 - 7));
            one.end = one.start.saturating_add(1_000_000 * (i64::from(number) + 1));
            one.attribution.user = (number % 4 != 0).then(|| format!("user {}", number % 4));
            if number % 10 == 0 {
                one.status = Status::Error;
            }
            if let Some(call) = one.call.as_mut().filter(|_| number % 7 == 0) {
                call.cost.amount = None;
                call.usage = call.usage.filter(|_| number % 14 == 0);
            }
            one
        })
        .collect()
}

/// Everything that may be answered from hourly sums, over ranges whose ends lie within hours and on their edges.
async fn answers(bench: &Bench, base: &Filter) -> Vec<String> {
    let mut answers = Vec::new();
    for (from, to) in [(0, 96 * HOUR), (HOUR / 3, 50 * HOUR + 11), (7 * HOUR, 7 * HOUR + 5)] {
        let (since, until) = (UnixNanos(NOON + from), UnixNanos(NOON + to));
        let filter = Filter { since: Some(since), until: Some(until), ..base.clone() };
        let one_user = Filter { any_of: any_of(Dimension::User, &["user 1", ""]).any_of, ..filter.clone() };
        for filter in [&filter, &one_user] {
            for group_by in [vec![], vec![Dimension::Model], vec![Dimension::User], vec![Dimension::Team]] {
                for size in [None, Some(BucketSize::Day)] {
                    let zone = TimeZone::get("Europe/Vienna").expect("known");
                    let buckets = size.map(|size| Buckets::between(since, until, size, &zone).expect("few"));
                    let question = CostQuestion { filter: filter.clone(), group_by: group_by.clone(), buckets };
                    let (mut rows, _) = bench.analytics.cost(&question).await.expect("answers");
                    rows.sort_by_key(|row| (row.bucket_start, row.group.clone()));
                    answers.push(format!("{rows:?}"));
                }
            }
            for metric in [Metric::Cost, Metric::Errors, Metric::LatencyP95] {
                let buckets = Buckets::between(since, until, BucketSize::Day, &TimeZone::UTC).expect("few");
                let question = SeriesQuestion { metric, filter: filter.clone(), by: Some(Dimension::Model), buckets };
                answers.push(format!("{:?}", bench.analytics.series(question).await.expect("answers")));
            }
            let ranges = vec![(since, until), (UnixNanos(since.0 - HOUR - 5), since), (since, UnixNanos(until.0 - 77))];
            let totals = bench.analytics.totals(filter, ranges).await.expect("answers");
            answers.push(format!("{totals:?}"));
            let top = bench.analytics.top(filter, &[Dimension::Model, Dimension::User]).await.expect("answers");
            answers.push(format!("{top:?}"));
        }
    }
    answers
}

/// Asks for hourly sums, and in a way that only the calls themselves can answer: all calls have that kind.
async fn compare(bench: &Bench, when: &str) {
    let from_calls = answers(bench, &Filter { kind: vec![SpanKind::Llm], ..Filter::default() }).await;
    let from_hours = answers(bench, &Filter::default()).await;
    for (number, (hours, calls)) in from_hours.iter().zip(&from_calls).enumerate() {
        assert_eq!(hours, calls, "{when}, answer {number}");
    }
}

async fn hours_kept(bench: &Bench) -> (i64, i64) {
    let count = |table: &'static str| {
        bench.analytics.readers.ask(move |connection| {
            connection.query_row(&format!("SELECT count(DISTINCT hour) FROM {table}"), [], |row| row.get(0))
        })
    };
    (count("hourly").await.expect("answers"), count("stale_hour").await.expect("answers"))
}

fn settle_all(bench: &mut Bench, now: i64) {
    while bench.store.settle(UnixNanos(now)).expect("settles") > 0 {}
}

#[tokio::test]
async fn hourly_sums_give_what_the_calls_give() {
    let mut bench = Bench::new();
    let calls = calls();
    bench.load(&calls);
    let (kept, stale) = hours_kept(&bench).await;
    assert_eq!(kept, 0);
    assert!(stale >= 99, "{stale} hours were marked");
    compare(&bench, "all stale").await;

    // Half of the time is over: from here on both are read.
    settle_all(&mut bench, NOON + 60 * HOUR);
    let (kept, stale) = hours_kept(&bench).await;
    assert!(kept >= 58 && stale >= 39, "{kept} kept, {stale} stale");
    compare(&bench, "half settled").await;

    // A late span, one that replaces another, and one that changes which of two counts.
    let late = Span { start: UnixNanos(NOON + 5), ..call(201, 1, "late", 1000) };
    let replaced = Span { status: Status::Error, ..calls[9].clone() };
    let mut inner = call(12, 2, "gpt-4o", 13);
    inner.parent_span_id = Some(calls[12].span_id);
    inner.start = UnixNanos(calls[12].start.0 + 1);
    bench.load(&[late, replaced, inner]);
    compare(&bench, "late spans").await;
    let mut bench = bench.restart();
    compare(&bench, "after a restart").await;

    settle_all(&mut bench, NOON + 1000 * HOUR);
    assert_eq!(hours_kept(&bench).await.1, 0);
    compare(&bench, "all settled").await;

    let forgotten = bench.analytics.forget_before(Day(UnixNanos(NOON).day().0 + 2)).await.expect("deletes");
    assert!(forgotten.spans > 50, "{forgotten:?}");
    compare(&bench, "old days deleted").await;
    settle_all(&mut bench, NOON + 1000 * HOUR);
    assert_eq!(hours_kept(&bench).await.1, 0);
    compare(&bench, "settled after deletion").await;
}

#[tokio::test]
async fn a_question_reads_hourly_sums_only_where_they_give_the_same() {
    let mut bench = Bench::new();
    bench.load(&calls());
    settle_all(&mut bench, NOON + 1000 * HOUR);
    let month = Filter::between(UnixNanos(NOON), UnixNanos(NOON + 24 * HOUR));
    let source = async |filter: Filter, by: &'static [Dimension], cuts: &'static [i64]| {
        let ask = move |connection: &duckdb::Connection| rollup::source(connection, &filter, by, cuts);
        bench.analytics.readers.ask(ask).await.expect("answers")
    };
    let plain = source(month.clone(), &[Dimension::Model], &[]).await;
    assert!(plain.contains("FROM hourly") && !plain.contains("counted_call"), "{plain}");
    let cut = source(month.clone(), &[], &[NOON + 5]).await;
    assert!(cut.contains("FROM hourly") && cut.contains("counted_call"), "{cut}");
    let failed = Filter { status: vec![Status::Error], ..month.clone() };
    assert_eq!(source(failed, &[], &[]).await, "counted_call");
    assert_eq!(source(month.clone(), &[Dimension::Model, Dimension::User], &[]).await, "counted_call");
    assert_eq!(source(month, &[Dimension::Session], &[]).await, "counted_call");
}
