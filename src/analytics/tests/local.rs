//! What calls on machines at home cost does not depend on what came first, and everything that shows it agrees.

use proptest::prelude::*;

use super::*;
use crate::analytics::points::metric_rows;
use crate::config::{EnergyRule, LocalRule, Tariff};
use crate::interpret::local::{Reading, Rules, Work};
use crate::model::local::{MACHINE, POWER, POWER_SERVICE};
use crate::model::otlp::{
    AnyValue, Gauge, KeyValue, Metric, MetricsData, NumberDataPoint, Resource, ResourceMetrics, ScopeMetrics,
    any_value, metric, number_data_point,
};
use crate::model::{LocalCost, LocalState};

fn rules() -> Rules {
    let energy = EnergyRule {
        watts: Some(300.0),
        prometheus: None,
        home_assistant: None,
        shelly: None,
        tasmota: None,
        idle_watts: 0.0,
        idle_share: 1.0,
        tariff: Tariff::Flat(0.36),
        zone: "UTC".into(),
    };
    let measured = EnergyRule { watts: None, ..energy.clone() };
    let rule = |name: &str, energy| LocalRule { name: name.into(), energy: Some(energy), ..LocalRule::default() };
    Rules::new(&[rule("box", energy), rule("metered", measured)])
}

/// A call on `machine` from `from` to `until`, in milliseconds after noon; the machine is the rule.
fn at_home(trace: u8, id: u8, machine: &str, from: i64, until: i64) -> Span {
    let mut span = call(trace, id, "llama3", 100);
    span.start = UnixNanos(NOON + from * 1_000_000);
    span.end = UnixNanos(NOON + until * 1_000_000);
    let made = span.call.as_mut().expect("a call");
    let local = LocalCost { rule: machine.into(), machine: machine.into(), state: LocalState::Pending };
    made.cost = Cost { amount: None, basis: CostBasis::Local(Box::new(local)), reported: None, buckets: Vec::new() };
    span
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.into())) };
    KeyValue { key: key.into(), value: Some(value) }
}

/// Watts of "metered" at `second` after noon, as they stand in the journal.
fn readings(watts: &[(i64, f64)]) -> MetricsData {
    let point = |(second, watts): &(i64, f64)| NumberDataPoint {
        attributes: vec![text(MACHINE, "metered")],
        time_unix_nano: (NOON + second * NANOS_PER_SECOND) as u64,
        value: Some(number_data_point::Value::AsDouble(*watts)),
        ..NumberDataPoint::default()
    };
    let gauge = Gauge { data_points: watts.iter().map(point).collect() };
    let metric = Metric { name: POWER.into(), data: Some(metric::Data::Gauge(gauge)), ..Metric::default() };
    let resource = Resource { attributes: vec![text("service.name", POWER_SERVICE)], ..Resource::default() };
    MetricsData {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource),
            scope_metrics: vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }],
            ..ResourceMetrics::default()
        }],
    }
}

impl Bench {
    fn load_readings(&mut self, watts: &[(i64, f64)]) {
        self.chunk += 1;
        let metrics = metric_rows(&"default".into(), &readings(watts), UnixNanos(NOON));
        let cursor = Cursor { day: Day(20_777), chunk: self.chunk };
        self.store.load(Incoming { cursor, metrics, ..Incoming::default() }).expect("loads");
    }

    fn charge(&mut self) {
        while self.store.charge(&rules()).expect("charges") {}
    }

    /// Amount, or why there is none, of every call by its ids.
    async fn amounts(&self) -> BTreeMap<(u8, u8), Result<i64, String>> {
        let page = self.analytics.calls(&Filter::default(), Order::Newest, 500, None).await.expect("answers");
        let amount = |span: &Span| {
            let cost = &span.call.as_ref().expect("a call").cost;
            let CostBasis::Local(local) = &cost.basis else { panic!("{:?}", cost.basis) };
            cost.amount.map(|amount| amount.0).ok_or_else(|| local.state.reason().expect("a reason").to_owned())
        };
        page.items.iter().map(|span| ((span.trace_id.0[0], span.span_id.0[0]), amount(span))).collect()
    }

    async fn total(&self) -> (Option<i64>, u64) {
        let question = CostQuestion { filter: Filter::default(), group_by: Vec::new(), buckets: None, sessions: false };
        let sums = self.analytics.cost(&question).await.expect("answers").rows.first().expect("a row").sums;
        (sums.cost.map(|cost| cost.0), sums.unpriced_calls)
    }
}

#[tokio::test]
async fn neighbours_that_come_later_take_their_share() {
    let mut bench = Bench::new();
    bench.load(&[at_home(1, 1, "box", 0, 10_000)]);
    let pending = &bench.amounts().await[&(1, 1)];
    assert!(pending.as_ref().is_err_and(|reason| reason.contains("not worked out yet")), "{pending:?}");
    assert_eq!(bench.total().await, (None, 1));
    bench.charge();
    // 300 W for ten seconds at 0.36 dollars per kWh.
    assert_eq!(bench.amounts().await[&(1, 1)], Ok(300_000));
    assert_eq!(bench.total().await, (Some(300_000), 0));
    // Summed up by the hour, and changed after that.
    bench.store.settle(UnixNanos(NOON + 7200 * NANOS_PER_SECOND)).expect("settles");
    bench.load(&[at_home(2, 1, "box", 5_000, 15_000), at_home(3, 1, "other", 0, 10_000)]);
    bench.charge();
    let amounts = bench.amounts().await;
    assert_eq!(amounts[&(1, 1)], Ok(225_000));
    assert_eq!(amounts[&(2, 1)], Ok(225_000));
    assert!(amounts[&(3, 1)].as_ref().is_err_and(|reason| reason.contains("no longer in the configuration")));
    assert_eq!(bench.total().await, (Some(450_000), 1));
    let traces = bench.traces(&Filter::default()).await;
    let costs: Vec<_> =
        traces.iter().map(|trace| (trace.trace_id.0[0], trace.cost.map(|cost| cost.0), trace.unpriced_calls)).collect();
    assert_eq!(costs, [(2, Some(225_000), 0), (3, None, 1), (1, Some(225_000), 0)]);
    // Sent again with another end.
    bench.load(&[at_home(2, 1, "box", 9_000, 15_000)]);
    bench.charge();
    assert_eq!(bench.amounts().await[&(1, 1)], Ok(285_000));
    let stored = bench.analytics.local_costs(TraceId([2; 16])).await.expect("answers");
    assert_eq!(stored[&SpanId([1; 8])].amount, Some(NanoUsd(165_000)));
}

#[tokio::test]
async fn what_repeats_a_call_has_no_share() {
    let mut bench = Bench::new();
    let outer = at_home(1, 1, "box", 0, 10_000);
    bench.load(&[outer.clone(), at_home(2, 1, "box", 0, 10_000)]);
    bench.charge();
    assert_eq!(bench.amounts().await[&(1, 1)], Ok(150_000));
    let inner = Span { parent_span_id: Some(outer.span_id), ..at_home(1, 2, "box", 0, 10_000) };
    bench.load(&[inner]);
    bench.charge();
    let amounts = bench.amounts().await;
    assert!(amounts[&(1, 1)].as_ref().is_err_and(|reason| reason.contains("is not counted")), "{amounts:?}");
    assert_eq!((&amounts[&(1, 2)], &amounts[&(2, 1)]), (&Ok(150_000), &Ok(150_000)));
    assert_eq!(bench.total().await, (Some(300_000), 0));
}

#[tokio::test]
async fn what_is_erased_leaves_its_share_to_the_others() {
    let mut bench = Bench::new();
    bench.load(&[at_home(1, 1, "box", 0, 10_000), at_home(2, 1, "box", 0, 10_000)]);
    bench.charge();
    bench.store.erase_traces(&[TraceId([2; 16])]);
    bench.charge();
    assert_eq!(bench.amounts().await, BTreeMap::from([((1, 1), Ok(300_000))]));
}

#[tokio::test]
async fn readings_may_come_after_the_call_and_marks_outlive_a_crash() {
    let mut bench = Bench::new();
    bench.load(&[at_home(1, 1, "metered", 0, 10_000)]);
    bench.charge();
    let why = &bench.amounts().await[&(1, 1)];
    assert!(why.as_ref().is_err_and(|reason| reason.contains("no reading of the watts")), "{why:?}");
    bench.load_readings(&[(0, 100.0), (10, 200.0)]);
    let mut bench = bench.restart();
    bench.charge();
    // Five seconds at 100 W and five at 200 W.
    assert_eq!(bench.amounts().await[&(1, 1)], Ok(150_000));
}

/// A thing to load.
#[derive(Debug, Clone)]
enum Piece {
    Call(u8, i64, i64),
    Watts(i64, f64),
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let calls = prop::collection::vec((0..300_000_i64, 1..200_000_i64), 1..12);
    let watts = prop::collection::vec((-100..600_i64, 0.0..500.0_f64), 0..12);
    (calls, watts).prop_map(|(calls, watts)| {
        let calls = calls.into_iter().enumerate();
        let calls = calls.map(|(at, (from, lasts))| Piece::Call(at as u8 + 1, from, from + lasts));
        calls.chain(watts.into_iter().map(|(second, watts)| Piece::Watts(second, watts))).collect()
    })
}

fn load(bench: &mut Bench, pieces: &[Piece]) {
    let span = |piece: &Piece| match piece {
        Piece::Call(trace, from, until) => Some(at_home(*trace, 1, "metered", *from, *until)),
        Piece::Watts(..) => None,
    };
    let watts = |piece: &Piece| if let Piece::Watts(second, watts) = piece { Some((*second, *watts)) } else { None };
    bench.load(&pieces.iter().filter_map(span).collect::<Vec<_>>());
    bench.load_readings(&pieces.iter().filter_map(watts).collect::<Vec<_>>());
}

/// What the pure arithmetic says.
fn expected(pieces: &[Piece]) -> BTreeMap<(u8, u8), Result<i64, String>> {
    let work = |piece: &Piece| match piece {
        Piece::Call(trace, from, until) => {
            let span = at_home(*trace, 1, "metered", *from, *until);
            let Span { trace_id, span_id, start, end, .. } = span;
            Some(Work { trace_id, span_id, start, end, rule: "metered".into(), counted: true })
        }
        Piece::Watts(..) => None,
    };
    let reading = |piece: &Piece| match piece {
        Piece::Watts(second, watts) => Some(Reading {
            time: UnixNanos(NOON + second * NANOS_PER_SECOND),
            milliwatts: (watts * 1000.0).round() as u64,
        }),
        Piece::Call(..) => None,
    };
    let works: Vec<Work> = pieces.iter().filter_map(work).collect();
    let readings: Vec<Reading> = pieces.iter().filter_map(reading).collect();
    let states = rules().bill(&works, &readings);
    let amount = |state: LocalState| match state {
        LocalState::Billed(bill) => Ok(bill.amount.0),
        other => Err(other.reason().expect("a reason").to_owned()),
    };
    works.iter().zip(states).map(|(work, state)| ((work.trace_id.0[0], 1), amount(state))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// All at once, or one after the other in any order with charging in between.
    #[test]
    fn arrival_does_not_matter(pieces in pieces(), seed in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut shuffled = pieces.clone();
            shuffled.sort_by_cached_key(|piece| {
                use std::hash::{DefaultHasher, Hash as _, Hasher as _};
                let mut hasher = DefaultHasher::new();
                (seed, format!("{piece:?}")).hash(&mut hasher);
                hasher.finish()
            });
            let mut one_by_one = Bench::new();
            for (at, piece) in shuffled.iter().enumerate() {
                load(&mut one_by_one, std::slice::from_ref(piece));
                if at % 2 == 0 {
                    one_by_one.charge();
                }
            }
            one_by_one.charge();
            assert_eq!(one_by_one.amounts().await, expected(&pieces));
            let mut at_once = Bench::new();
            load(&mut at_once, &pieces);
            at_once.charge();
            assert_eq!(at_once.amounts().await, expected(&pieces));
            assert_eq!(at_once.total().await, one_by_one.total().await);
        });
    }
}
