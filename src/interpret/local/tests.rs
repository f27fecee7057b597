//! The laws of sharing, and the worked example of `docs/local-models.md`.

use proptest::prelude::*;

use super::*;
use crate::config::{Amortisation, EnergyRule, LocalRule, Tariff, TariffRow, TokenPrice};
use crate::model::{LocalBill, LocalState, NanoUsd, PowerSource, SpanId, TokenUsage, TraceId, UnixNanos};

const SECOND: i64 = 1_000_000_000;

fn energy(watts: Option<f64>) -> EnergyRule {
    EnergyRule {
        watts,
        prometheus: None,
        home_assistant: None,
        shelly: None,
        tasmota: None,
        idle_watts: 0.0,
        idle_share: 1.0,
        tariff: Tariff::Flat(0.30),
        zone: "UTC".into(),
    }
}

fn by_energy(energy: EnergyRule) -> LocalRule {
    LocalRule { name: "box".into(), energy: Some(energy), ..LocalRule::default() }
}

fn rules(rule: LocalRule) -> Rules {
    Rules::new(&[rule])
}

fn at(text: &str) -> i64 {
    text.parse::<UnixNanos>().expect("a time").0
}

fn work(id: u8, start: i64, end: i64) -> Work {
    Work {
        trace_id: TraceId([1; 16]),
        span_id: SpanId([id; 8]),
        start: UnixNanos(start),
        end: UnixNanos(end),
        rule: "box".into(),
        counted: true,
    }
}

fn bill(state: &LocalState) -> &LocalBill {
    let LocalState::Billed(bill) = state else { panic!("{state:?}") };
    bill
}

fn total(states: &[LocalState]) -> i64 {
    states.iter().map(|state| bill(state).amount.0).sum()
}

/// `docs/local-models.md` computes these figures by hand.
#[test]
fn the_worked_example() {
    let tariff = vec![
        TariffRow { price: 0.36, hours: None, from: None },
        TariffRow { price: 0.24, hours: Some("22:00-06:00".into()), from: None },
    ];
    let energy = EnergyRule {
        idle_watts: 60.0,
        idle_share: 0.0,
        tariff: Tariff::Rows(tariff),
        zone: "Europe/Berlin".into(),
        ..energy(Some(360.0))
    };
    let amortisation = Amortisation { price: 1577.88, years: Some(4.0), hours_per_day: Some(3.0), tokens: None };
    let rules = rules(LocalRule { amortisation: Some(amortisation), ..by_energy(energy) });
    // 21:59:40 to 22:00:20, and 22:00:00 to 22:00:40 in Berlin.
    let ten = at("2026-11-20T21:00:00Z");
    let works = [work(1, ten - 20 * SECOND, ten + 20 * SECOND), work(2, ten, ten + 40 * SECOND)];
    let states = rules.bill(&works, &[]);
    let [first, second] = [bill(&states[0]), bill(&states[1])];
    assert_eq!((first.lasted_ns, first.share_ns, first.most_at_once), (40 * SECOND, 30 * SECOND, 2));
    assert_eq!((second.lasted_ns, second.share_ns, second.most_at_once), (40 * SECOND, 30 * SECOND, 2));
    let energy = first.energy.as_ref().expect("energy");
    assert_eq!((energy.milliwatts, energy.idle_milliwatts), (300_000, 60_000));
    assert_eq!(energy.source, PowerSource::Constant);
    let lines: Vec<(i64, i64)> = energy.tariff.iter().map(|line| (line.per_kwh.0, line.amount.0)).collect();
    assert_eq!(lines, [(360_000_000, 600_000), (240_000_000, 200_000)]);
    assert_eq!(first.amortisation, Some(NanoUsd(3_000_000)));
    assert_eq!(first.amount, NanoUsd(3_800_000));
    let lines: Vec<i64> = second.energy.iter().flat_map(|energy| &energy.tariff).map(|line| line.amount.0).collect();
    assert_eq!(lines, [600_000]);
    assert_eq!(second.amount, NanoUsd(3_600_000));
}

#[test]
fn a_call_without_an_amount_says_why() {
    let rules = rules(by_energy(EnergyRule { watts: None, ..energy(None) }));
    let noon = at("2026-11-20T12:00:00Z");
    let why =
        |work: Work, readings: &[Reading]| rules.bill(&[work], readings)[0].reason().expect("no amount").to_owned();
    let second = work(1, noon, noon + SECOND);
    assert_eq!(
        why(second.clone(), &[]),
        "no reading of the watts of machine \"box\" near 2026-11-20T12:00:00Z, and its rule has no constant `watts` for that"
    );
    let reading = Reading { time: UnixNanos(noon), milliwatts: 0 };
    assert!(why(second.clone(), &[reading]).contains("drew no more than the 0 W"));
    assert!(why(work(1, noon, noon), &[]).contains("tells no duration"));
    assert!(why(work(1, noon, noon + LONGEST_NS), &[]).contains("six hours or more"));
    assert!(why(Work { counted: false, ..second.clone() }, &[]).contains("is not counted"));
    assert!(why(Work { rule: "gone".into(), ..second }, &[]).contains("\"gone\" is no longer in the configuration"));
}

#[test]
fn readings_go_before_the_constant() {
    let rules = rules(by_energy(energy(Some(100.0))));
    let noon = at("2026-11-20T12:00:00Z");
    let readings = [(0, 300_000), (10, 200_000)]
        .map(|(second, milliwatts)| Reading { time: UnixNanos(noon + second * SECOND), milliwatts });
    // Five seconds at 300 W, 65 s at 200 W, 30 s without a reading.
    let state = &rules.bill(&[work(1, noon, noon + 100 * SECOND)], &readings)[0];
    let energy = bill(state).energy.as_ref().expect("energy");
    assert_eq!(energy.milliwatt_ns, i128::from(SECOND) * (5 * 300_000 + 65 * 200_000 + 30 * 100_000));
    assert_eq!(energy.source, PowerSource::Mixed);
}

fn asked<'a>(provider: Option<&'a str>, model: &'a str, server: Option<&'a str>) -> Asked<'a> {
    Asked { provider, model: Some(model), server, service: "agent" }
}

#[test]
fn the_first_rule_that_fits_decides() {
    let price = Some(TokenPrice { input: 1.0, output: 2.0, cache_read: None });
    let rule = |name: &str| LocalRule { name: name.into(), price, ..LocalRule::default() };
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let rules = Rules::new(&[
        LocalRule { host: texts(&["localhost:11434", "10.0.0.*"]), ..rule("by host") },
        LocalRule { provider: texts(&["vllm"]), model: texts(&["qwen*"]), ..rule("by provider and model") },
        LocalRule { service: texts(&["indexer"]), ..rule("by service") },
        LocalRule { model: texts(&["gemma*", "gpt-*"]), ..rule("by model") },
    ]);
    let usage = TokenUsage { input: 1_000_000, output: 500_000, ..TokenUsage::default() };
    let decided = |asked: &Asked<'_>| match rules.decide(asked, Some(&usage)) {
        Decision::Tokens(row, lines) => format!("{} {}", row.how, lines.iter().map(|line| line.amount.0).sum::<i64>()),
        Decision::NoRule(reason) => reason,
        other => format!("{other:?}"),
    };
    for (provider, model, server, expected) in [
        (Some("openai"), "gpt-4o", Some("http://localhost:11434/v1"), "rule \"by host\" 2000000000"),
        (None, "anything", Some("10.0.0.7:8000"), "rule \"by host\" 2000000000"),
        (Some("vllm"), "Qwen3-8B", Some("gpu.example.com"), "rule \"by provider and model\" 2000000000"),
        // A rule that says only which model never takes a call from who sells it.
        (Some("google"), "gemma-3", Some("generativelanguage.googleapis.com"), "Elsewhere"),
        (None, "gemma-3", Some("192.168.1.2"), "rule \"by model\" 2000000000"),
        (Some("openai"), "gpt-4o", Some("192.168.1.2"), "Elsewhere"),
        (
            Some("ollama"),
            "llama3",
            Some("192.168.1.2:11434"),
            "runs locally at 192.168.1.2:11434; no [[local]] rule for model \"llama3\"",
        ),
        (Some("ollama"), "llama3", None, "runs locally at ollama; no [[local]] rule for model \"llama3\""),
    ] {
        assert_eq!(decided(&asked(provider, model, server)), expected, "{provider:?} {model} {server:?}");
    }
    assert_eq!(
        decided(&Asked { service: "Indexer", ..asked(Some("groq"), "x", None) }),
        "rule \"by service\" 2000000000"
    );
    assert_eq!(rules.decide(&asked(None, "x", Some("10.0.0.1")), None), Decision::NoCounts);
    let unsold = |server| rules.decide_unsold(&asked(Some("openai"), "gpt-home", Some(server)), Some(&usage));
    assert!(matches!(unsold("192.168.1.2"), Decision::Tokens(..)), "nobody sells it, so it runs there");
    assert_eq!(unsold("api.openai.com"), Decision::Elsewhere);
}

#[test]
fn a_machine_may_be_paid_back_by_token() {
    let amortisation =
        Some(Amortisation { price: 2000.0, years: None, hours_per_day: None, tokens: Some(1_000_000_000) });
    let rule = LocalRule { name: "box".into(), provider: vec!["ollama".into()], amortisation, ..LocalRule::default() };
    let usage = TokenUsage { input: 900, output: 100, ..TokenUsage::default() };
    let Decision::Tokens(_, lines) = rules(rule).decide(&asked(Some("ollama"), "m", None), Some(&usage)) else {
        panic!("by token");
    };
    // 2 dollars for a million tokens.
    assert_eq!(lines.iter().map(|line| line.amount.0).sum::<i64>(), 2_000_000);
}

/// Calls within a day in which Berlin's clock goes back, at a tariff of three prices.
fn works() -> impl Strategy<Value = Vec<Work>> {
    let start = at("2026-10-24T21:00:00Z");
    prop::collection::vec((0..8 * 3600 * SECOND, 1..LONGEST_NS / 3), 1..24).prop_map(move |times| {
        let one = |(id, (from, lasts)): (usize, (i64, i64))| work(id as u8 + 1, start + from, start + from + lasts);
        times.into_iter().enumerate().map(one).collect()
    })
}

fn readings() -> impl Strategy<Value = Vec<Reading>> {
    let start = at("2026-10-24T21:00:00Z");
    let one = move |(time, milliwatts)| Reading { time: UnixNanos(start + time), milliwatts };
    prop::collection::vec((0..9 * 3600 * SECOND, 0..600_000_u64).prop_map(one), 0..200)
}

fn costly() -> impl Strategy<Value = Rules> {
    (1.0..900.0_f64, 0.0..200.0_f64, 0.0..=1.0_f64, prop::bool::ANY).prop_map(|(watts, idle, share, paid_back)| {
        let row = |price, hours: Option<&str>| TariffRow { price, hours: hours.map(str::to_owned), from: None };
        let tariff = vec![row(0.31, None), row(0.2117, Some("22:00-02:30")), row(0.4, Some("04:15-05:00"))];
        let energy = EnergyRule {
            idle_watts: idle,
            idle_share: share,
            tariff: Tariff::Rows(tariff),
            zone: "Europe/Berlin".into(),
            ..energy(Some(watts + idle))
        };
        let amortisation = paid_back.then_some(Amortisation {
            price: 1999.99,
            years: Some(3.5),
            hours_per_day: Some(5.0),
            tokens: None,
        });
        rules(LocalRule { amortisation, ..by_energy(energy) })
    })
}

/// Amounts, 0 where there is none.
fn amounts(states: &[LocalState]) -> Vec<i64> {
    let amount = |state: &LocalState| if let LocalState::Billed(bill) = state { bill.amount.0 } else { 0 };
    states.iter().map(amount).collect()
}

/// The times in which at least one call is at work.
fn union(works: &[Work]) -> Vec<(i64, i64)> {
    let mut times: Vec<(i64, i64)> = works.iter().map(|work| (work.start.0, work.end.0)).collect();
    times.sort_unstable();
    let mut union: Vec<(i64, i64)> = Vec::new();
    for (from, until) in times {
        match union.last_mut() {
            Some((_, last)) if *last >= from => *last = (*last).max(until),
            _ => union.push((from, until)),
        }
    }
    union
}

/// What a machine costs from `from` to `until` when one call has it alone, cut where no single call may be as long.
fn alone(rules: &Rules, readings: &[Reading], (from, until): (i64, i64)) -> i64 {
    let mut sum = 0;
    let mut at = from;
    while at < until {
        let next = until.min(at + LONGEST_NS / 2);
        sum += amounts(&rules.bill(&[work(1, at, next)], readings))[0];
        at = next;
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever overlaps whatever: all shares together are what the machine cost while anybody was at work, and
    /// their times are that time.
    #[test]
    fn nothing_is_lost_and_nothing_made(works in works(), readings in readings(), rules in costly()) {
        let states = rules.bill(&works, &readings);
        let union = union(&works);
        let whole: i64 = union.iter().map(|time| alone(&rules, &readings, *time)).sum();
        prop_assert_eq!(amounts(&states).iter().sum::<i64>(), whole);
        if states.iter().all(|state| matches!(state, LocalState::Billed(_))) {
            let shares: i64 = states.iter().map(|state| bill(state).share_ns).sum();
            prop_assert_eq!(shares, union.iter().map(|(from, until)| until - from).sum::<i64>());
        }
    }

    #[test]
    fn the_order_does_not_matter(works in works(), readings in readings(), rules in costly(), seed in any::<u64>()) {
        let mut shuffled: Vec<(usize, Work)> = works.iter().cloned().enumerate().collect();
        shuffled.sort_by_key(|(at, _)| (*at as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
        let mut reversed = readings.clone();
        reversed.reverse();
        let straight = rules.bill(&works, &readings);
        let turned = rules.bill(&shuffled.iter().map(|(_, work)| work.clone()).collect::<Vec<_>>(), &reversed);
        for ((at, _), state) in shuffled.iter().zip(turned) {
            prop_assert_eq!(&straight[*at], &state);
        }
    }

    /// A call is billed among those that overlap it as it is among all: looking only at these is enough.
    #[test]
    fn only_those_that_overlap_matter(works in works(), readings in readings(), rules in costly()) {
        let all = rules.bill(&works, &readings);
        for (at, one) in works.iter().enumerate() {
            let near: Vec<Work> =
                works.iter().filter(|other| other.start < one.end && one.start < other.end).cloned().collect();
            let place = near.iter().position(|other| other == one).expect("overlaps itself");
            prop_assert_eq!(&rules.bill(&near, &readings)[place], &all[at]);
        }
    }

    /// A call that is cut in two costs the same to the nano-dollar.
    #[test]
    fn cutting_costs_nothing(works in works(), readings in readings(), rules in costly(), share in 1..99_i64) {
        let one = &works[0];
        let cut = one.start.0 + (one.end.0 - one.start.0) / 100 * share;
        prop_assume!(one.start.0 < cut && cut < one.end.0);
        let halves = [work(1, one.start.0, cut), work(2, cut, one.end.0)];
        let whole = amounts(&rules.bill(std::slice::from_ref(one), &readings))[0];
        prop_assert_eq!(amounts(&rules.bill(&halves, &readings)).iter().sum::<i64>(), whole);
    }

    /// With an idle share of 0 only what is drawn on top counts: as if the machine drew so much less.
    #[test]
    fn without_idle_only_the_difference_counts(works in works(), watts in 1..500_u32, idle in 0..200_u32) {
        let watts = f64::from(watts);
        let net = rules(by_energy(energy(Some(watts))));
        let idle = f64::from(idle);
        let gross = EnergyRule { idle_watts: idle, idle_share: 0.0, ..energy(Some(watts + idle)) };
        let gross = rules(by_energy(gross));
        prop_assert_eq!(amounts(&net.bill(&works, &[])), amounts(&gross.bill(&works, &[])));
        let all = EnergyRule { idle_watts: idle, idle_share: 1.0, ..energy(Some(watts)) };
        prop_assert_eq!(total(&rules(by_energy(all)).bill(&works, &[])), total(&net.bill(&works, &[])));
    }
}

/// 25 hours at one kilowatt, of which the two hours from 02:00 to 03:00 are cheap.
#[test]
fn a_day_on_which_the_clock_goes_back_has_25_hours() {
    let row = |price, hours: Option<&str>| TariffRow { price, hours: hours.map(str::to_owned), from: None };
    let tariff = Tariff::Rows(vec![row(0.30, None), row(0.10, Some("02:00-03:00"))]);
    let energy = EnergyRule { tariff, zone: "Europe/Berlin".into(), ..energy(Some(1000.0)) };
    let rules = rules(by_energy(energy));
    let start = at("2026-10-24T22:00:00Z");
    let works: Vec<Work> = (0..25)
        .map(|hour| work(hour as u8 + 1, start + hour * 3600 * SECOND, start + (hour + 1) * 3600 * SECOND))
        .collect();
    assert_eq!(total(&rules.bill(&works, &[])), 23 * 300_000_000 + 2 * 100_000_000);
    // In spring the cheap hour does not come.
    let start = at("2026-03-28T23:00:00Z");
    let works: Vec<Work> = (0..23)
        .map(|hour| work(hour as u8 + 1, start + hour * 3600 * SECOND, start + (hour + 1) * 3600 * SECOND))
        .collect();
    assert_eq!(total(&rules.bill(&works, &[])), 23 * 300_000_000);
}
