//! Sums by hour and by day give what the calls themselves give, at every moment.

use jiff::tz::TimeZone;
use proptest::prelude::*;

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
            one.attribution.session = (number % 5 != 0).then(|| format!("session {}", number / 9));
            let tags = [&[][..], &["a"], &["a", "b"], &["b", "b"]][usize::from(number % 4)];
            one.attribution.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            one.attribution.prompt_version = (number % 6 != 0).then(|| format!("v{}", number % 6));
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

/// A range whose ends lie within hours, in nanoseconds after noon, and one on the edges of hours.
const RANGES: [(i64, i64); 2] = [(HOUR / 3, 50 * HOUR + 11), (0, 96 * HOUR)];

/// Everything that may be answered from kept sums, over all calls that match `filter` and over some of them.
async fn answers(bench: &Bench, filter: &Filter, thorough: bool) -> Vec<String> {
    let mut answers = boards(
        bench,
        filter,
        &[&[], &[Dimension::Model], &[Dimension::User], &[Dimension::Session], &[Dimension::Tag]],
    )
    .await;
    answers.extend(figures(bench, filter).await);
    for dimension in [Dimension::Model, Dimension::PromptVersion, Dimension::User] {
        let question = ValueQuestion { dimension, filter: filter.clone(), contains: String::new(), limit: 50 };
        answers.push(format!("{:?}", bench.analytics.values(&question).await.expect("answers")));
    }
    if thorough {
        let one_user = Filter { any_of: any_of(Dimension::User, &["user 1", ""]).any_of, ..filter.clone() };
        answers.extend(boards(bench, &one_user, &[&[], &[Dimension::User]]).await);
        let one_model = Filter { any_of: any_of(Dimension::Model, &["gpt-4o"]).any_of, ..filter.clone() };
        answers.extend(figures(bench, &one_model).await);
    }
    answers
}

/// Costs by each of `groups`, in one sum, by UTC days and by days that begin elsewhere.
async fn boards(bench: &Bench, filter: &Filter, groups: &[&[Dimension]]) -> Vec<String> {
    let mut answers = Vec::new();
    for (group_by, zone) in
        groups.iter().flat_map(|group| ["", "UTC", "Europe/Vienna", "Asia/Kolkata"].map(|zone| (group, zone)))
    {
        let buckets = (!zone.is_empty()).then(|| days(filter, zone));
        let question = CostQuestion { filter: filter.clone(), group_by: group_by.to_vec(), buckets, sessions: true };
        let mut answer = bench.analytics.cost(&question).await.expect("answers");
        answer.rows.sort_by_key(|row| (row.bucket_start, row.group.clone()));
        answers.push(format!("{answer:?}"));
    }
    answers
}

/// Series, models, totals, and who causes most of them.
async fn figures(bench: &Bench, filter: &Filter) -> Vec<String> {
    let mut answers = Vec::new();
    for (metric, zone) in [
        (Metric::Cost, "UTC"),
        (Metric::LatencyP95, "UTC"),
        (Metric::LatencyP50, "Asia/Kathmandu"),
        (Metric::TtftP95, "Europe/Vienna"),
    ] {
        let by = Some(Dimension::Model);
        let question = SeriesQuestion { metric, filter: filter.clone(), by, buckets: days(filter, zone) };
        answers.push(format!("{:?}", bench.analytics.series(question).await.expect("answers")));
    }
    answers.push(format!("{:?}", bench.analytics.models(filter, UnixNanos(NOON + 100 * HOUR)).await.expect("answers")));
    let (since, until) = times(filter);
    let ranges = vec![(since, until), (UnixNanos(since.0 - HOUR - 5), since), (since, UnixNanos(until.0 - 77))];
    answers.push(format!("{:?}", bench.analytics.totals(filter, ranges).await.expect("answers")));
    let by = [Dimension::Model, Dimension::User];
    answers.push(format!("{:?}", bench.analytics.top(filter, &by).await.expect("answers")));
    answers
}

fn times(filter: &Filter) -> (UnixNanos, UnixNanos) {
    (filter.since.expect("a range"), filter.until.expect("a range"))
}

fn days(filter: &Filter, zone: &str) -> Buckets {
    let (since, until) = times(filter);
    Buckets::between(since, until, BucketSize::Day, &TimeZone::get(zone).expect("known")).expect("few")
}

/// Asks for kept sums, and in a way that only the calls themselves can answer: all calls have that kind.
async fn compare(bench: &Bench, ranges: &[(i64, i64)], when: &str) {
    for (from, to) in ranges {
        let range = Filter::between(UnixNanos(NOON + from), UnixNanos(NOON + to));
        let of_calls = Filter { kind: vec![SpanKind::Llm], ..range.clone() };
        let from_calls = answers(bench, &of_calls, ranges.len() > 1).await;
        let from_sums = answers(bench, &range, ranges.len() > 1).await;
        for (number, (sums, calls)) in from_sums.iter().zip(&from_calls).enumerate() {
            assert_eq!(sums, calls, "{when}, {range:?}, answer {number}");
        }
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
    compare(&bench, &RANGES[..1], "all stale").await;

    // Half of the time is over: from here on both are read.
    settle_all(&mut bench, NOON + 60 * HOUR);
    let (kept, stale) = hours_kept(&bench).await;
    assert!(kept >= 58 && stale >= 39, "{kept} kept, {stale} stale");
    compare(&bench, &RANGES[..1], "half settled").await;

    // A late span, one that replaces another, and one that changes which of two counts.
    let late = Span { start: UnixNanos(NOON + 5), ..call(201, 1, "late", 1000) };
    let replaced = Span { status: Status::Error, ..calls[9].clone() };
    let mut inner = call(12, 2, "gpt-4o", 13);
    inner.parent_span_id = Some(calls[12].span_id);
    inner.start = UnixNanos(calls[12].start.0 + 1);
    bench.load(&[late, replaced, inner]);
    compare(&bench, &RANGES, "late spans").await;
    let mut bench = bench.restart();
    compare(&bench, &RANGES[..1], "after a restart").await;

    settle_all(&mut bench, NOON + 1000 * HOUR);
    assert_eq!(hours_kept(&bench).await.1, 0);
    compare(&bench, &RANGES, "all settled").await;

    let forgotten = bench.analytics.forget_before(Day(UnixNanos(NOON).day().0 + 2)).await.expect("deletes");
    assert!(forgotten.spans > 50, "{forgotten:?}");
    compare(&bench, &RANGES, "old days deleted").await;
    settle_all(&mut bench, NOON + 1000 * HOUR);
    assert_eq!(hours_kept(&bench).await.1, 0);
    compare(&bench, &RANGES[..1], "settled after deletion").await;
}

/// What may happen to a store, in any order.
#[derive(Debug, Clone)]
enum Step {
    /// Spans of few traces, so that many arrive late or again: the trace, the span, half hours after noon, and whether
    /// it is a child of the first, which makes that one not count.
    Load(Vec<(u8, u8, u8, bool)>),
    /// The clock shows so many hours after noon, and the loader has nothing else to do.
    Settle(u8),
    Restart,
    /// Days after the first are kept from here on.
    Forget(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    let span = (0..8_u8, 1..4_u8, 0..190_u8, any::<bool>());
    prop_oneof![
        4 => prop::collection::vec(span, 1..12).prop_map(Step::Load),
        4 => (0..130_u8).prop_map(Step::Settle),
        1 => Just(Step::Restart),
        1 => (0..4_u8).prop_map(Step::Forget),
    ]
}

fn late_span((trace, id, half_hours, is_child): (u8, u8, u8, bool)) -> Span {
    let mut span = call(trace, id, if half_hours % 3 == 0 { "gpt-4o" } else { "mini" }, u64::from(half_hours) + 1);
    span.start = UnixNanos(NOON + i64::from(half_hours) * (HOUR / 2) + i64::from(id));
    span.end = span.start.saturating_add(1_000_000 * (i64::from(half_hours) + 1));
    span.attribution.user = Some(format!("user {}", half_hours % 4));
    span.attribution.session = Some(format!("session {trace}"));
    span.attribution.prompt_version = (id > 1).then(|| format!("v{half_hours}"));
    if is_child && id > 1 {
        span.parent_span_id = Some(SpanId([1; 8]));
    }
    if half_hours % 5 == 0 {
        span.call = None;
    }
    span
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// Late spans, spans that come again, hours and days summed up at any time, restarts and deletions: an answer
    /// from sums is the answer from the calls after each of them.
    #[test]
    fn whatever_happened_sums_give_what_the_calls_give(steps in prop::collection::vec(any_step(), 3..7)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let mut bench = Bench::new();
            for (number, step) in steps.iter().enumerate() {
                match step {
                    Step::Load(spans) => drop(bench.load(&last_of_each(spans))),
                    Step::Settle(hours) => settle_all(&mut bench, NOON + i64::from(*hours) * HOUR),
                    Step::Restart => bench = bench.restart(),
                    Step::Forget(days) => {
                        let day = Day(UnixNanos(NOON).day().0 + i32::from(*days));
                        bench.analytics.forget_before(day).await.expect("deletes");
                    }
                }
                compare(&bench, &RANGES[..1], &format!("step {number}")).await;
            }
        });
    }
}

/// One batch of the loader has a span once.
fn last_of_each(spans: &[(u8, u8, u8, bool)]) -> Vec<Span> {
    let last: BTreeMap<(u8, u8), Span> = spans.iter().map(|span| ((span.0, span.1), late_span(*span))).collect();
    last.into_values().collect()
}

#[tokio::test]
async fn a_question_reads_hourly_sums_only_where_they_give_the_same() {
    let mut bench = Bench::new();
    bench.load(&calls());
    settle_all(&mut bench, NOON + 1000 * HOUR);
    let month = Filter::between(UnixNanos(NOON), UnixNanos(NOON + 24 * HOUR));
    let source = async |filter: Filter, by: &'static [Dimension], cuts: &'static [i64]| {
        let ask =
            move |connection: &duckdb::Connection| Ok(rollup::source::Known::read(connection)?.sums(&filter, by, cuts));
        bench.analytics.readers.ask(ask).await.expect("answers")
    };
    let plain = source(month.clone(), &[Dimension::Model], &[]).await;
    assert!(plain.contains("FROM hourly") && !plain.contains("FROM span"), "{plain}");
    let cut = source(month.clone(), &[], &[NOON + 5]).await;
    assert!(cut.contains("FROM hourly") && cut.contains("FROM span"), "{cut}");
    let failed = Filter { status: vec![Status::Error], ..month.clone() };
    assert_eq!(source(failed, &[], &[]).await, "counted_call");
    assert_eq!(source(month.clone(), &[Dimension::Model, Dimension::User], &[]).await, "counted_call");
    assert!(source(month.clone(), &[Dimension::Provider, Dimension::Model], &[]).await.contains("FROM hourly"));
    // Sessions are kept by the day, and none is whole within this range.
    let sessions = source(month, &[Dimension::Session], &[]).await;
    assert!(sessions.contains("FROM span") && !sessions.contains("FROM daily"), "{sessions}");
    let days = Filter::between(UnixNanos(NOON), UnixNanos(NOON + 72 * HOUR));
    let sessions = source(days.clone(), &[Dimension::Session], &[]).await;
    assert!(sessions.contains("FROM span") && sessions.contains("FROM daily"), "{sessions}");
    assert!(source(days.clone(), &[Dimension::User], &[]).await.contains("FROM daily"));
    const MIDNIGHT: i64 = NOON - NOON % rollup::DAY + rollup::DAY;
    let by_day = source(days, &[Dimension::User], &[MIDNIGHT]).await;
    assert!(by_day.contains("FROM daily"), "{by_day}");
}

#[tokio::test]
async fn few_calls_are_read_as_they_are() {
    let mut bench = Bench::new();
    bench.load(&calls());
    settle_all(&mut bench, NOON + 1000 * HOUR);
    let range = Filter::between(UnixNanos(NOON + HOUR / 3), UnixNanos(NOON + 50 * HOUR));
    let one_model = Filter { any_of: any_of(Dimension::Model, &["gpt-4o"]).any_of, ..range.clone() };
    let ask = move |connection: &duckdb::Connection| {
        let known = rollup::source::Known::read(connection)?;
        assert!(!known.few, "unit tests are about the sums");
        let mut few = rollup::source::Known::default();
        few.few = true;
        let mut answers = Vec::new();
        for filter in [range, one_model] {
            for (what, relation) in relations(&filter) {
                let [kept, raw] = [&known, &few].map(&relation);
                assert!(kept.contains("FROM hourly") && !raw.contains("FROM hourly"), "{what}: {kept} {raw}");
                let answer = |source: &str| told_by(connection, what, source, &filter);
                answers.push((answer(&kept)?, answer(&raw)?));
            }
        }
        Ok(answers)
    };
    for (kept, raw) in bench.analytics.readers.ask(ask).await.expect("answers") {
        assert!(!kept.is_empty() && kept == raw, "{kept:?} {raw:?}");
    }
}

type Relation = Box<dyn Fn(&rollup::source::Known) -> String>;

/// What to add up of each relation that sums may stand for, and how to get it.
fn relations(filter: &Filter) -> Vec<(&'static str, Relation)> {
    const LATENCY: &[rollup::Measure] = &[rollup::Measure::Latency];
    const BOTH: &[rollup::Measure] = &rollup::Measure::BOTH;
    let mut relations: Vec<(&str, Relation)> = Vec::new();
    let mut add = |what, relation: fn(&rollup::source::Known, &Filter) -> String| {
        let filter = filter.clone();
        relations.push((what, Box::new(move |known| relation(known, &filter))));
    };
    add("model, sum(calls), sum(tokens), sum(cost_nano)", |known, filter| known.sums(filter, &[Dimension::Model], &[]));
    add("min(first_ns), max(last_ns)", |known, filter| known.times(filter));
    add("step, sum(calls), sum(total)", |known, filter| known.steps(filter, &[], &[], LATENCY));
    add("measure, model, step, sum(calls)", |known, filter| known.steps(filter, &[Dimension::Model], &[], BOTH));
    if filter.is_only_times() {
        add("sum(errors), sum(unpriced_calls)", |known, filter| known.sums(filter, &[], &[]));
        add("user_id, sum(calls)", |known, filter| known.sums(filter, &[Dimension::User], &[]));
        add("tag, sum(calls)", |known, filter| known.sums(filter, &[Dimension::Tag], &[]));
        add("dimension, value, sum(retries)", |known, filter| {
            known.sums_by_each(filter, &[Dimension::Model, Dimension::Feature], &[])
        });
        add("cost_reason, sum(calls)", |known, filter| known.reasons(filter, &[]));
    }
    relations
}

/// The rows that `what` of a relation is within `filter`, in order.
fn told_by(connection: &duckdb::Connection, what: &str, source: &str, filter: &Filter) -> duckdb::Result<Vec<String>> {
    let conditions = filter.on_spans();
    let sql = format!(
        "SELECT rows::VARCHAR FROM (SELECT {what} FROM {source} WHERE {} GROUP BY ALL) AS rows ORDER BY 1",
        conditions.sql()
    );
    let mut query = crate::analytics::query::Query::new(connection, &sql, &conditions.values)?;
    query.map(|row| row.get(0))?.collect()
}
