//! Costs of models at home, as JSON.

use super::convert::{ms, nano, usd};
use super::types;
use crate::model::{EnergyBill, LocalBill, LocalCost, LocalState};

/// Milliwatt-nanoseconds in a watt-hour.
const PER_WATT_HOUR: f64 = 3.6e15;

pub(super) fn cost(local: LocalCost) -> types::LocalCost {
    let bill = match local.state {
        LocalState::Billed(bill) => Some(self::bill(bill)),
        LocalState::Pending | LocalState::Without(_) => None,
    };
    types::LocalCost { rule: local.rule, machine: local.machine, bill }
}

fn bill(bill: LocalBill) -> types::LocalBill {
    types::LocalBill {
        lasted_ms: ms(bill.lasted_ns),
        share_ms: ms(bill.share_ns),
        most_at_once: bill.most_at_once,
        energy: bill.energy.map(energy),
        amortisation_usd: usd(bill.amortisation),
        amortisation_nano: nano(bill.amortisation),
    }
}

fn energy(energy: EnergyBill) -> types::LocalEnergy {
    let watts = |milliwatts: u64| milliwatts as f64 / 1000.0;
    let watt_hours = |milliwatt_ns: i128| milliwatt_ns as f64 / PER_WATT_HOUR;
    let lines = energy.tariff.iter().map(|line| types::LocalTariff {
        per_kwh_usd: line.per_kwh.as_usd(),
        watt_hours: watt_hours(line.milliwatt_ns),
        amount_usd: line.amount.as_usd(),
        amount_nano: line.amount.0,
    });
    types::LocalEnergy {
        watts: watts(energy.milliwatts),
        idle_watts: watts(energy.idle_milliwatts),
        source: energy.source.as_str().into(),
        watt_hours: watt_hours(energy.milliwatt_ns),
        tariff: lines.collect(),
    }
}
