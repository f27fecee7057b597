//! The shares of calls in the time of a machine, in integers.
//!
//! Time is cut wherever a call begins or ends, the power or the tariff changes. In a slice from `a` to `b` the machine
//! costs `floor(rate * b) - floor(rate * a)` nano-dollars, with times counted since the epoch: sums over neighbouring
//! slices telescope, so however time is cut the total stays the same to the nano-dollar. These nano-dollars are dealt
//! out to the calls at work in the slice, the n-th since the epoch to call number `n` modulo their number: nothing is
//! lost or made, nobody is favoured, and what a call gets depends on the calls that overlap it and on nothing else.

use std::collections::BTreeSet;

use super::power::{Power, Reading};
use super::rule::{Amortisation, Energy, Rule, Rules};
use crate::model::{EnergyBill, LocalBill, LocalState, NanoUsd, PowerSource, SpanId, TariffLine, TraceId, UnixNanos};

/// A call that claims to have lasted longer has no amount: looking for its neighbours would have no end.
pub const LONGEST_NS: i64 = 6 * 3600 * 1_000_000_000;

/// No machine at home draws 100 kW; with it no product below leaves 128 bits.
const MOST_MILLIWATTS: u64 = 100_000_000;

/// Milliwatt-nanoseconds in a kilowatt-hour.
const PER_KWH: i128 = 3_600_000_000_000_000_000;

/// A call that kept a machine busy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub start: UnixNanos,
    pub end: UnixNanos,
    /// Name of the rule that is for it.
    pub rule: String,
    /// Whether it enters totals: a span that repeats another has no share.
    pub counted: bool,
}

impl Work {
    fn refusal(&self) -> Option<String> {
        let lasted = self.end.since(self.start);
        if !self.counted {
            return Some("is not counted, so it has no share of the machine's time".into());
        }
        match lasted {
            0 => Some("its client tells no duration, and the rule goes by time".into()),
            LONGEST_NS.. => Some("lasted six hours or more: no time that a machine worked on one call".into()),
            _ => None,
        }
    }
}

/// A call while its shares are added up.
struct Taker<'r> {
    work: &'r Work,
    rule: &'r Rule,
    share_ns: i128,
    most: usize,
    milliwatt_ns: i128,
    tariff: Vec<TariffLine>,
    amortisation: i128,
    measured: bool,
    constant: bool,
    /// Where nobody knows the watts.
    gap: Option<i64>,
}

impl Rules {
    /// What each of `works` costs, in their order; all must be of one machine. The readings are that machine's.
    pub fn bill(&self, works: &[Work], readings: &[Reading]) -> Vec<LocalState> {
        let mut order: Vec<(usize, Taker<'_>)> = Vec::new();
        let mut states = vec![LocalState::Pending; works.len()];
        for (at, work) in works.iter().enumerate() {
            let rule = self.named(&work.rule).filter(|rule| rule.goes_by_time());
            match (work.refusal(), rule) {
                (None, Some(rule)) => order.push((at, Taker::new(work, rule))),
                (Some(refusal), _) => states[at] = LocalState::Without(refusal),
                (None, None) => {
                    let gone = format!("the rule {:?} is no longer in the configuration", work.rule);
                    states[at] = LocalState::Without(gone);
                }
            }
        }
        order.sort_by_key(|(_, taker)| (taker.work.start, taker.work.trace_id, taker.work.span_id));
        let (places, mut takers): (Vec<usize>, Vec<Taker<'_>>) = order.into_iter().unzip();
        share_out(&mut takers, &Power::of(readings));
        for (place, taker) in places.into_iter().zip(takers) {
            states[place] = taker.state();
        }
        states
    }
}

/// Walks through time from cut to cut.
fn share_out(takers: &mut [Taker<'_>], power: &Power) {
    let (Some(first), Some(last)) =
        (takers.iter().map(|taker| taker.work.start.0).min(), takers.iter().map(|taker| taker.work.end.0).max())
    else {
        return;
    };
    let mut cuts: BTreeSet<i64> = takers
        .iter()
        .flat_map(|taker| [taker.work.start.0, taker.work.end.0])
        .chain(power.changes(first, last))
        .collect();
    for rule in rules_of(takers) {
        cuts.extend(rule.energy.iter().flat_map(|energy| energy.tariff.changes(first, last)));
    }
    let cuts: Vec<i64> = cuts.into_iter().collect();
    let mut next = 0;
    let mut at_work: Vec<usize> = Vec::new();
    for slice in cuts.windows(2) {
        let [from, until] = [slice[0], slice[1]];
        at_work.retain(|at| takers[*at].work.end.0 > from);
        while takers.get(next).is_some_and(|taker| taker.work.start.0 <= from) {
            at_work.push(next);
            next += 1;
        }
        let reading = power.at(from);
        let of = at_work.len();
        for (number, at) in at_work.iter().enumerate() {
            takers[*at].take(Slice { from, until, number, of, reading });
        }
    }
}

fn rules_of<'r>(takers: &[Taker<'r>]) -> Vec<&'r Rule> {
    let mut rules: Vec<&Rule> = Vec::new();
    for taker in takers {
        if !rules.iter().any(|rule| std::ptr::eq(*rule, taker.rule)) {
            rules.push(taker.rule);
        }
    }
    rules
}

/// A stretch of time in which nothing changes, as one of the calls at work sees it.
#[derive(Clone, Copy)]
struct Slice {
    from: i64,
    until: i64,
    /// Which of the calls at work, and how many these are.
    number: usize,
    of: usize,
    reading: Option<u64>,
}

impl Slice {
    /// This call's part of what runs up at `rate / per` a nanosecond.
    fn part(&self, rate: i128, per: i128) -> i128 {
        let until_now = |time: i64| (rate * i128::from(time)).div_euclid(per);
        // How many of the units before `unit` are dealt to this call.
        let dealt = |unit: i128| (unit + self.of as i128 - 1 - self.number as i128).div_euclid(self.of as i128);
        dealt(until_now(self.until)) - dealt(until_now(self.from))
    }
}

impl<'r> Taker<'r> {
    fn new(work: &'r Work, rule: &'r Rule) -> Self {
        Self {
            work,
            rule,
            share_ns: 0,
            most: 0,
            milliwatt_ns: 0,
            tariff: Vec::new(),
            amortisation: 0,
            measured: false,
            constant: false,
            gap: None,
        }
    }

    fn take(&mut self, slice: Slice) {
        let share_ns = slice.part(1, 1);
        self.share_ns += share_ns;
        self.most = self.most.max(slice.of);
        if let Some(Amortisation::Time { price, life_ns }) = self.rule.amortisation {
            self.amortisation += slice.part(price, life_ns);
        }
        if let Some(energy) = &self.rule.energy {
            self.take_energy(energy, slice, share_ns);
        }
    }

    fn take_energy(&mut self, energy: &Energy, slice: Slice, share_ns: i128) {
        let reading = slice.reading;
        let Some(drawn) = reading.or(energy.milliwatts) else {
            self.gap = self.gap.or(Some(slice.from));
            return;
        };
        self.measured |= reading.is_some();
        self.constant |= reading.is_none();
        let charged = i128::from(drawn.min(MOST_MILLIWATTS).saturating_sub(energy.idle_milliwatts));
        let per_kwh = energy.tariff.at(slice.from);
        let milliwatt_ns = charged * share_ns;
        let amount = NanoUsd(clamp(slice.part(charged * i128::from(per_kwh.0), PER_KWH)));
        self.milliwatt_ns += milliwatt_ns;
        match self.tariff.last_mut().filter(|line| line.per_kwh == per_kwh) {
            Some(line) => {
                line.milliwatt_ns += milliwatt_ns;
                line.amount.0 = line.amount.0.saturating_add(amount.0);
            }
            None => self.tariff.push(TariffLine { per_kwh, milliwatt_ns, amount }),
        }
    }

    fn state(self) -> LocalState {
        if let Some(gap) = self.gap {
            let (machine, time) = (&self.rule.machine, UnixNanos(gap));
            return LocalState::Without(format!(
                "no reading of the watts of machine {machine:?} near {time}, and its rule has no constant `watts` for that"
            ));
        }
        let energy = self.rule.energy.as_ref().map(|energy| EnergyBill {
            milliwatts: u64::try_from(self.milliwatt_ns / self.share_ns.max(1)).unwrap_or(u64::MAX),
            idle_milliwatts: energy.idle_milliwatts,
            source: match (self.measured, self.constant) {
                (true, true) => PowerSource::Mixed,
                (true, false) => PowerSource::Measured,
                (false, _) => PowerSource::Constant,
            },
            milliwatt_ns: self.milliwatt_ns,
            tariff: self.tariff,
        });
        let amortisation = self.rule.amortisation.and_then(|amortisation| match amortisation {
            Amortisation::Time { .. } => Some(NanoUsd(clamp(self.amortisation))),
            Amortisation::Tokens { .. } => None,
        });
        if let Some(energy) = energy.as_ref().filter(|energy| energy.milliwatt_ns == 0 && amortisation.is_none()) {
            let idle = energy.idle_milliwatts as f64 / 1000.0;
            return LocalState::Without(format!(
                "machine {:?} drew no more than the {idle} W that its rule leaves out as idle: lower idle_watts or raise idle_share",
                self.rule.machine
            ));
        }
        let energies = energy.iter().flat_map(|energy| &energy.tariff).map(|line| line.amount.0);
        let amount = energies.chain(amortisation.map(|amount| amount.0)).fold(0, i64::saturating_add);
        LocalState::Billed(LocalBill {
            lasted_ns: self.work.end.since(self.work.start),
            share_ns: clamp(self.share_ns),
            most_at_once: u32::try_from(self.most).unwrap_or(u32::MAX),
            energy,
            amortisation,
            amount: NanoUsd(amount),
        })
    }
}

fn clamp(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}
