//! What models at home cost.

use serde::Serialize;
use utoipa::ToSchema;

/// The time a call took on a machine at home, and what that cost by a rule of `[[local]]`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LocalCost {
    /// Name of the rule.
    pub rule: String,
    /// Calls on the same machine that overlap share its time.
    pub machine: String,
    /// `null` while it is not worked out, or when it cannot be: the cost's `reason` says why.
    pub bill: Option<LocalBill>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LocalBill {
    /// Duration of the call.
    pub lasted_ms: f64,
    /// Its part of the machine's time: every moment divided by the number of calls at work in it.
    pub share_ms: f64,
    /// Most calls at work at once, this one among them.
    pub most_at_once: u32,
    pub energy: Option<LocalEnergy>,
    /// Its part of what the machine cost to buy.
    pub amortisation_usd: Option<f64>,
    pub amortisation_nano: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LocalEnergy {
    /// Power that is charged, on average over the call's share of the time.
    pub watts: f64,
    /// Power that the machine draws anyway and that is not charged.
    pub idle_watts: f64,
    /// `constant` of the rule, `measured`, or `mixed`: measured, and the constant where no reading is.
    pub source: String,
    pub watt_hours: f64,
    /// One line for each price of energy during the call, in order of time.
    pub tariff: Vec<LocalTariff>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LocalTariff {
    /// Price of a kilowatt-hour.
    pub per_kwh_usd: f64,
    pub watt_hours: f64,
    pub amount_usd: f64,
    pub amount_nano: i64,
}
