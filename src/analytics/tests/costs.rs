//! The cost board beside a plain computation over all calls: groups, time zones, unit costs, movers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use proptest::prelude::*;

use super::*;
use crate::analytics::rollup::HOUR;

/// 2026-10-23T00:00:00Z: two days before the clocks of Europe go back, nine before those of America do.
const BEGIN: i64 = 1_792_713_600 * NANOS_PER_SECOND;
const QUARTER: i64 = HOUR / 4;
/// Full, half and quarter hours off UTC, and clocks that are changed by an hour and by half of one.
const ZONES: [&str; 7] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];
const GROUPS: [&[Dimension]; 8] = [
    &[],
    &[Dimension::Model],
    &[Dimension::Model, Dimension::User],
    &[Dimension::Session],
    &[Dimension::Node, Dimension::Workflow],
    &[Dimension::Tag],
    &[Dimension::Tag, Dimension::Model],
    &[Dimension::PromptName, Dimension::PromptVersion],
];

/// What a call is made of: quarters of an hour after the beginning, and a number for everything else.
type Drawn = (u16, u16);

fn drawn_call(number: u8, (quarters, kind): Drawn) -> Span {
    let model = ["gpt-4o", "mini", "large"][usize::from(kind % 3)];
    let mut one = call(number, 1, model, u64::from(kind) + 1);
    one.start = UnixNanos(BEGIN + i64::from(quarters) * QUARTER + i64::from(number % 2) * (QUARTER - 1));
    one.end = one.start.saturating_add(1_000_000);
    let name = |text: &str, of: u16| (kind % of != 0).then(|| format!("{text} {}", kind % of));
    one.attribution.user = name("user", 4);
    one.attribution.session = name("session", 7);
    one.attribution.node = name("node", 5);
    one.attribution.workflow = name("flow", 2);
    one.attribution.prompt_name = name("prompt", 3);
    one.attribution.prompt_version = name("v", 6);
    one.attribution.tags = ["a", "b", "c"].iter().take(usize::from(kind % 4)).map(|tag| (*tag).to_owned()).collect();
    if kind % 5 == 0 {
        one.status = Status::Error;
    }
    let Some(figures) = &mut one.call else { return one };
    if kind % 9 == 0 {
        figures.cost.amount = None;
        figures.cost.basis = CostBasis::Unknown("unknown model".into());
        figures.cost.buckets.clear();
    } else if kind % 2 == 0 {
        let usage = figures.usage.get_or_insert_default();
        usage.cache_read = u64::from(kind) * 1_000;
        usage.output = 7;
        let price = NanoUsd(100_000);
        let amount = price.of_million(usage.cache_read);
        figures.cost.buckets.push(BucketCost { bucket: Bucket::CacheRead, units: usage.cache_read, price, amount });
        figures.cost.amount = figures.cost.amount.map(|sum| NanoUsd(sum.0 + amount.0));
    }
    one
}

/// What the board says of one group, computed here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Plain {
    calls: u64,
    errors: u64,
    tokens: [u64; 3],
    cost: Option<i64>,
    unpriced: u64,
    priced_output: u64,
    saved: Option<i64>,
    failed: Option<i64>,
    sessions: BTreeSet<String>,
    session_cost: Option<i64>,
}

fn plus(sum: &mut Option<i64>, more: Option<i64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or_default() + more);
    }
}

impl Plain {
    fn add(&mut self, span: &Span) {
        let Some(call) = &span.call else { return };
        let failed = span.status == Status::Error;
        let usage = call.usage.unwrap_or_default();
        let cost = call.cost.amount.map(|amount| amount.0);
        self.calls += 1;
        self.errors += u64::from(failed);
        let tokens = [usage.input, usage.cache_read, usage.output];
        self.tokens.iter_mut().zip(tokens).for_each(|(sum, more)| *sum += more);
        self.unpriced += u64::from(cost.is_none());
        self.priced_output += cost.map_or(0, |_| usage.output);
        plus(&mut self.cost, cost);
        plus(&mut self.failed, cost.filter(|_| failed));
        // Plain input costs ten times what is read from the cache.
        plus(&mut self.saved, cost.filter(|_| usage.cache_read > 0).map(|_| usage.cache_read as i64 * 9 / 10));
        if let Some(session) = &span.attribution.session {
            self.sessions.insert(session.clone());
            plus(&mut self.session_cost, cost);
        }
    }

    fn agrees(&self, row: &CostRow) -> bool {
        let nano = |amount: Option<NanoUsd>| amount.map(|amount| amount.0);
        let (sums, sessions) = (&row.sums, row.sessions.unwrap_or_default());
        let usage = sums.usage;
        (sums.calls, sums.errors, sums.unpriced_calls) == (self.calls, self.errors, self.unpriced)
            && [usage.input, usage.cache_read, usage.output] == self.tokens
            && sums.priced_output == self.priced_output
            && [sums.cost, sums.saved, sums.failed_cost].map(nano) == [self.cost, self.saved, self.failed]
            && (sessions.sessions, nano(sessions.cost)) == (self.sessions.len() as u64, self.session_cost)
    }
}

/// The groups that a call is in.
fn groups_of(span: &Span, by: &[Dimension]) -> Vec<Vec<Option<String>>> {
    let attribution = &span.attribution;
    let tags = || attribution.tags.iter().cloned().map(Some).collect::<Vec<_>>();
    let mut groups = vec![Vec::new()];
    for dimension in by {
        let values = match dimension {
            Dimension::Tag if attribution.tags.is_empty() => vec![None],
            Dimension::Tag => tags(),
            Dimension::Model => vec![span.call.as_ref().and_then(|call| call.model()).map(str::to_owned)],
            Dimension::User => vec![attribution.user.clone()],
            Dimension::Session => vec![attribution.session.clone()],
            Dimension::Node => vec![attribution.node.clone()],
            Dimension::Workflow => vec![attribution.workflow.clone()],
            Dimension::PromptName => vec![attribution.prompt_name.clone()],
            Dimension::PromptVersion => vec![attribution.prompt_version.clone()],
            other => panic!("{other:?} is not computed here"),
        };
        groups = groups
            .iter()
            .flat_map(|group| values.iter().map(|value| [&group[..], std::slice::from_ref(value)].concat()))
            .collect();
    }
    groups
}

fn local(time: UnixNanos, zone: &TimeZone) -> Zoned {
    Timestamp::from_nanosecond(i128::from(time.0)).expect("in the calendar").to_zoned(zone.clone())
}

/// The first day of the bucket that `time` falls into, by the calendar alone.
fn first_day(time: UnixNanos, size: BucketSize, zone: &TimeZone) -> Date {
    let date = local(time, zone).date();
    match size {
        BucketSize::Month => Date::new(date.year(), date.month(), 1).expect("a date"),
        BucketSize::Week => {
            (0..7).map(|back| date - jiff::Span::new().days(back)).find(is_monday).expect("one of seven days")
        }
        _ => date,
    }
}

fn is_monday(date: &Date) -> bool {
    date.weekday() == jiff::civil::Weekday::Monday
}

/// The start of the bucket that `time` falls into.
fn bucket_of(time: UnixNanos, buckets: &Buckets, size: BucketSize, zone: &TimeZone) -> UnixNanos {
    let starts = buckets.starts();
    if size == BucketSize::Hour {
        return *starts.iter().rfind(|start| **start <= time).expect("the first is early enough");
    }
    let day = first_day(time, size, zone);
    *starts.iter().find(|start| local(**start, zone).date() == day).expect("every day has a bucket")
}

/// The board by `question` is what the calls give.
async fn check(
    bench: &Bench,
    calls: &[Span],
    question: &CostQuestion,
    size: Option<(BucketSize, TimeZone)>,
    when: &str,
) {
    let filter = &question.filter;
    let within = |span: &&Span| {
        filter.since.is_none_or(|since| since <= span.start) && filter.until.is_none_or(|until| span.start < until)
    };
    let (mut expected, mut total) = (BTreeMap::<_, Plain>::new(), Plain::default());
    for span in calls.iter().filter(within) {
        total.add(span);
        let bucket = question.buckets.as_ref().zip(size.as_ref());
        let bucket = bucket.map(|(buckets, (size, zone))| bucket_of(span.start, buckets, *size, zone));
        for group in groups_of(span, &question.group_by) {
            expected.entry((bucket, group)).or_default().add(span);
        }
    }
    let mut answer = bench.analytics.cost(question).await.expect("answers");
    // All calls in one sum are a row also when there are none.
    answer.rows.retain(|row| row.sums.calls > 0);
    assert!(total.agrees(&answer.total), "{when}: {total:?} is not {:?}", answer.total);
    assert_eq!(answer.rows.len(), expected.len(), "{when}: {:?}\n{expected:?}", answer.rows);
    for row in &answer.rows {
        let plain = expected.get(&(row.bucket_start, row.group.clone())).expect("such a group");
        assert!(plain.agrees(row), "{when}: {plain:?} is not {row:?}");
    }
    if !question.group_by.contains(&Dimension::Tag) {
        let sum: i64 = answer.rows.iter().filter_map(|row| row.sums.cost).map(|cost| cost.0).sum();
        assert_eq!(sum, answer.total.sums.cost.unwrap_or_default().0, "{when}");
    }
}

/// They follow each other without a gap from before the range to its end.
fn covers(buckets: &Buckets, since: UnixNanos, until: UnixNanos) -> bool {
    let cuts = buckets.cuts();
    cuts.windows(2).all(|pair| pair[0] < pair[1]) && cuts[0] <= since.0 && cuts[cuts.len() - 1] >= until.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    /// Whatever the calls, the range, the groups and the zone, and however much of it is summed up already.
    #[test]
    fn the_board_is_what_the_calls_give(
        drawn in prop::collection::vec((0..1200_u16, 0..300_u16), 1..60),
        (since, length) in (0..600_i64, 1..900_i64),
        (zone, size, first, second) in (0..ZONES.len(), 0..4_usize, 0..GROUPS.len(), 0..GROUPS.len()),
        settled in 0..300_i64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let calls: Vec<Span> = (0_u8..).zip(&drawn).map(|(number, drawn)| drawn_call(number, *drawn)).collect();
        let (since, until) = (UnixNanos(BEGIN + since * QUARTER), UnixNanos(BEGIN + (since + length) * QUARTER + 3));
        let zone = TimeZone::get(ZONES[zone]).expect("known");
        let size = [BucketSize::Hour, BucketSize::Day, BucketSize::Week, BucketSize::Month][size];
        let buckets = Buckets::between(since, until, size, &zone).expect("few");
        prop_assert!(covers(&buckets, since, until), "{buckets:?}");
        let by_time = Some((size, zone));
        runtime.block_on(async {
            let mut bench = Bench::new();
            let (early, late) = calls.split_at(calls.len() / 2);
            bench.load(early);
            for (step, until_hour) in [None, Some(settled), Some(100_000)].into_iter().enumerate() {
                if let Some(hour) = until_hour {
                    while bench.store.settle(UnixNanos(BEGIN + hour * HOUR)).expect("settles") > 0 {}
                }
                if step == 1 {
                    bench.load(late);
                }
                let there = if step == 0 { early } else { &calls[..] };
                for group in [first, second] {
                    let filter = Filter::between(since, until);
                    let question =
                        CostQuestion { filter, group_by: GROUPS[group].to_vec(), buckets: Some(buckets.clone()), sessions: true };
                    check(&bench, there, &question, by_time.clone(), &format!("step {step}")).await;
                    let plain = CostQuestion { buckets: None, ..question };
                    check(&bench, there, &plain, None, &format!("step {step}, no buckets")).await;
                }
            }
        });
    }
}

#[tokio::test]
async fn a_filter_by_tag_passes_a_call_once_and_grouping_by_it_as_often_as_it_has_tags() {
    let mut bench = Bench::new();
    let tagged = |trace: u8, tags: &[&str]| {
        let mut one = call(trace, 1, "gpt-4o", 10);
        one.attribution.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        one
    };
    bench.load(&[tagged(1, &["a", "b"]), tagged(2, &["a"]), tagged(3, &[])]);
    for settled in [false, true] {
        if settled {
            while bench.store.settle(UnixNanos(NOON + 1000 * HOUR)).expect("settles") > 0 {}
        }
        let question = |filter: Filter, group_by: &[Dimension]| CostQuestion {
            filter,
            group_by: group_by.to_vec(),
            buckets: None,
            sessions: false,
        };
        let rows = bench.analytics.cost(&question(Filter::default(), &[Dimension::Tag])).await.expect("answers");
        let told: BTreeMap<_, _> = rows.rows.iter().map(|row| (row.group[0].clone(), row.sums.calls)).collect();
        assert_eq!(told, BTreeMap::from([(None, 1), (Some("a".into()), 2), (Some("b".into()), 1)]));
        assert_eq!(rows.total.sums.calls, 3);
        for (tag, calls) in [("a", 2), ("b", 1), ("", 1), ("c", 0)] {
            let filter = any_of(Dimension::Tag, &[tag]);
            let answer = bench.analytics.cost(&question(filter.clone(), &[])).await.expect("answers");
            assert_eq!(answer.total.sums.calls, calls, "{tag:?}");
            let listed = bench.analytics.calls(&filter, Order::Newest, 10, None).await.expect("answers").items;
            assert_eq!(listed.len() as u64, calls, "{tag:?}");
            assert_eq!(bench.traces(&filter).await.len() as u64, calls, "{tag:?}");
        }
        let both = any_of(Dimension::Tag, &["a", "b"]);
        assert_eq!(bench.analytics.cost(&question(both, &[])).await.expect("answers").total.sums.calls, 2);
        let values =
            ValueQuestion { dimension: Dimension::Tag, filter: Filter::default(), contains: String::new(), limit: 9 };
        let values = bench.analytics.values(&values).await.expect("answers");
        assert_eq!(values, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
    }
}

#[tokio::test]
async fn a_retry_is_told_however_its_trace_arrives() {
    let parent = span(1, 9);
    let second = |seconds: i64| UnixNanos(NOON + seconds * NANOS_PER_SECOND);
    let step = |id: u8, from: i64, failed: bool| Span {
        parent_span_id: Some(parent.span_id),
        start: second(from),
        end: second(from + 1),
        status: if failed { Status::Error } else { Status::Unset },
        ..call(1, id, "gpt-4o", 10 * u64::from(id))
    };
    let spans = [step(1, 10, true), step(2, 20, false), step(3, 30, false), parent.clone()];
    for order in permutations(4) {
        let mut bench = Bench::new();
        for at in &order {
            bench.load(std::slice::from_ref(&spans[*at]));
            while bench.store.settle(UnixNanos(NOON + 10 * HOUR)).expect("settles") > 0 {}
        }
        let question = CostQuestion { filter: Filter::default(), group_by: vec![], buckets: None, sessions: false };
        let sums = bench.analytics.cost(&question).await.expect("answers").total.sums;
        assert_eq!((sums.retries, sums.retry_cost), (1, Some(NanoUsd(20))), "{order:?}");
        assert_eq!((sums.errors, sums.failed_cost), (1, Some(NanoUsd(10))), "{order:?}");
    }
}

#[tokio::test]
async fn movers_and_top_groups_compare_with_the_time_before() {
    let mut bench = Bench::new();
    let at = |trace: u8, hours: i64, model: &str, cost: u64| {
        let mut one = call(trace, 1, model, cost);
        one.start = UnixNanos(NOON + hours * HOUR + 1);
        one
    };
    bench.load(&[
        at(1, -30, "gone", 50),
        at(2, -2, "more", 100),
        at(3, -47, "more", 20),
        at(4, 2, "more", 300),
        at(5, 3, "new", 90),
        at(6, -3, "same", 7),
        at(7, 3, "same", 7),
        at(8, -49, "too old", 1_000_000),
        at(9, 48, "too young", 1_000_000),
    ]);
    for settled in [false, true] {
        if settled {
            while bench.store.settle(UnixNanos(NOON + 1000 * HOUR)).expect("settles") > 0 {}
        }
        let question = MoversQuestion {
            filter: Filter::default(),
            group_by: vec![Dimension::Model],
            since: UnixNanos(NOON),
            until: UnixNanos(NOON + 48 * HOUR),
            limit: 10,
        };
        let movers = bench.analytics.movers(question.clone()).await.expect("answers");
        let told: Vec<_> = movers
            .iter()
            .map(|one| {
                (one.group[0].as_deref().expect("a model"), one.change().0, one.previous.calls, one.current.calls)
            })
            .collect();
        assert_eq!(told, [("more", 180, 2, 1), ("new", 90, 0, 1), ("gone", -50, 1, 0), ("same", 0, 1, 1)]);
        let two = MoversQuestion { limit: 2, group_by: vec![Dimension::Model, Dimension::User], ..question };
        assert_eq!(bench.analytics.movers(two).await.expect("answers").len(), 2);
        let top_of = async |filter: Filter| {
            let top = bench.analytics.top(&filter, &[Dimension::Model]).await.expect("answers");
            let told = top[0].iter().map(|one| {
                let paid = |cost: Option<NanoUsd>| cost.map(|cost| cost.0);
                (one.name.clone().expect("a model"), paid(one.cost), paid(one.previous_cost))
            });
            told.collect::<Vec<_>>()
        };
        let same = |name: &str, now, before| (name.to_owned(), now, before);
        let asked = Filter::between(UnixNanos(NOON), UnixNanos(NOON + 48 * HOUR));
        let expected =
            [same("more", Some(300), Some(120)), same("new", Some(90), None), same("same", Some(7), Some(7))];
        assert_eq!(top_of(asked).await, expected);
        // Without an end there is nothing before.
        let open = Filter { since: Some(UnixNanos(NOON + HOUR)), ..Filter::default() };
        let expected = [
            same("too young", Some(1_000_000), None),
            same("more", Some(300), None),
            same("new", Some(90), None),
            same("same", Some(7), None),
        ];
        assert_eq!(top_of(open).await, expected);
    }
}
