//! A bill beside our own sums, by day and model.

use std::collections::BTreeMap;

use super::names::key;
use super::{Invoice, Tokens};
use crate::model::{Day, NanoUsd};

/// What we know of the calls of one model on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Ours {
    pub day: Day,
    pub model: Option<String>,
    pub calls: u64,
    pub tokens: Tokens,
    /// `None` when no call has a price.
    pub cost: Option<NanoUsd>,
}

/// How the bill and we stand on one day's use of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Matched,
    Different,
    /// On the bill but not with us: calls that went past Tracemeter.
    Missing,
    /// With us but not on the bill.
    NotBilled,
}

/// Sums of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Requests that the bill tells, calls that we know.
    pub calls: Option<u64>,
    pub tokens: Option<Tokens>,
    pub cost: Option<NanoUsd>,
}

impl Totals {
    fn add(&mut self, more: &Self) {
        if let Some(calls) = more.calls {
            self.calls = Some(self.calls.unwrap_or_default().saturating_add(calls));
        }
        if let Some(tokens) = &more.tokens {
            self.tokens.get_or_insert_default().add(tokens);
        }
        if let Some(cost) = more.cost {
            self.cost = Some(NanoUsd(self.cost.unwrap_or_default().0.saturating_add(cost.0)));
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    pub day: Day,
    /// As the bill writes it, else as we do; `None` for charges that are for no model.
    pub model: Option<String>,
    pub standing: Standing,
    pub invoice: Totals,
    pub ours: Totals,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// By day, then by model.
    pub rows: Vec<Compared>,
    pub invoice: Totals,
    pub ours: Totals,
    /// Of what is on the bill but not with us.
    pub missing: Totals,
    /// Of what is with us but not on the bill.
    pub not_billed: Totals,
}

#[derive(Default)]
struct Pair {
    model: Option<String>,
    invoice: Option<Totals>,
    ours: Option<Totals>,
    rounding: i64,
}

/// Compares `invoice` with what we know of its days. Sides that differ by no more than `threshold` of the larger one (and
/// by what the bill has rounded) match: in money where the bill tells money, else in tokens.
pub fn compare(invoice: &Invoice, ours: &[Ours], threshold: f64) -> Report {
    let mut pairs: BTreeMap<(Day, String), Pair> = BTreeMap::new();
    for line in &invoice.lines {
        let pair = pairs.entry((line.day, line.model.as_deref().map(key).unwrap_or_default())).or_default();
        pair.model.get_or_insert_with(|| line.model.clone().unwrap_or_default());
        let told = Totals { calls: line.requests, tokens: line.tokens, cost: line.cost };
        pair.invoice.get_or_insert_default().add(&told);
        pair.rounding = pair.rounding.saturating_add(line.rounding.0);
    }
    for known in ours {
        let pair = pairs.entry((known.day, known.model.as_deref().map(key).unwrap_or_default())).or_default();
        pair.model.get_or_insert_with(|| known.model.clone().unwrap_or_default());
        let told = Totals { calls: Some(known.calls), tokens: Some(known.tokens), cost: known.cost };
        pair.ours.get_or_insert_default().add(&told);
    }
    let mut report = Report {
        rows: Vec::with_capacity(pairs.len()),
        invoice: Totals::default(),
        ours: Totals::default(),
        missing: Totals::default(),
        not_billed: Totals::default(),
    };
    for ((day, _), pair) in pairs {
        let standing = pair.standing(threshold);
        let (billed, known) = (pair.invoice.unwrap_or_default(), pair.ours.unwrap_or_default());
        report.invoice.add(&billed);
        report.ours.add(&known);
        match standing {
            Standing::Missing => report.missing.add(&billed),
            Standing::NotBilled => report.not_billed.add(&known),
            Standing::Matched | Standing::Different => {}
        }
        let model = pair.model.filter(|model| !model.is_empty());
        report.rows.push(Compared { day, model, standing, invoice: billed, ours: known });
    }
    report
}

impl Pair {
    fn standing(&self, threshold: f64) -> Standing {
        let (billed, known) = match (&self.invoice, &self.ours) {
            (Some(billed), Some(known)) => (billed, known),
            (None, _) => return Standing::NotBilled,
            (_, None) => return Standing::Missing,
        };
        let near =
            |one: f64, other: f64, slack: f64| (one - other).abs() <= threshold * one.abs().max(other.abs()) + slack;
        let matched = match (billed.cost, known.cost) {
            (Some(billed), Some(known)) => near(billed.0 as f64, known.0 as f64, self.rounding as f64),
            // What is free on the bill need not have a price with us.
            (Some(billed), None) => billed.0.unsigned_abs() <= self.rounding.unsigned_abs(),
            (None, _) => {
                let total = |side: &Totals| side.tokens.map_or(0, |tokens| tokens.total()) as f64;
                near(total(billed), total(known), 0.0)
            }
        };
        if matched { Standing::Matched } else { Standing::Different }
    }
}
