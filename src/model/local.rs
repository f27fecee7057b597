//! What a call cost that kept a machine at home busy, by the rule for that machine.

use serde::{Deserialize, Serialize};

use super::NanoUsd;

/// The gauge under which the watts of a machine go through the journal, in W; as OTLP metrics from [`POWER_SERVICE`].
pub const POWER: &str = "tracemeter.machine.power";

/// `service.name` of our own readings.
pub const POWER_SERVICE: &str = "tracemeter";

/// The attribute of a reading that names the machine.
pub const MACHINE: &str = "tracemeter.machine.name";

/// The cost of a call by a rule of `[[local]]` that goes by time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalCost {
    /// Name of the rule.
    pub rule: String,
    /// Calls on the same machine that overlap in time share its power.
    pub machine: String,
    pub state: LocalState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalState {
    /// Not worked out yet: the share of a call follows from the others of its time.
    Pending,
    Billed(LocalBill),
    /// There is no amount, and this is why.
    Without(String),
}

impl LocalState {
    /// Why there is no amount, if there is none.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Pending => Some("its share of the machine's time is not worked out yet"),
            Self::Billed(_) => None,
            Self::Without(reason) => Some(reason),
        }
    }
}

/// How an amount came about: time, share of it, power, tariff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalBill {
    /// From start to end of the call, in nanoseconds.
    pub lasted_ns: i64,
    /// Its part of the machine's time: every moment divided by the number of calls at work in it, in nanoseconds.
    pub share_ns: i64,
    /// Most calls at work at once during the call, this one among them.
    pub most_at_once: u32,
    pub energy: Option<EnergyBill>,
    /// Its part of what the machine cost to buy.
    pub amortisation: Option<NanoUsd>,
    /// All of it together, without what is charged by token.
    pub amount: NanoUsd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnergyBill {
    /// Power that is charged, on average over the call's share of the time, in milliwatts.
    pub milliwatts: u64,
    /// Power that the machine draws anyway and that is not charged, in milliwatts.
    pub idle_milliwatts: u64,
    pub source: PowerSource,
    /// Energy in milliwatt-nanoseconds; 3.6e18 of them are a kilowatt-hour.
    pub milliwatt_ns: i128,
    /// One line for each price of energy that held during the call, in order of time.
    pub tariff: Vec<TariffLine>,
}

/// Where the watts are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PowerSource {
    /// The constant of the rule.
    Constant,
    /// Readings.
    Measured,
    /// Readings, and the constant where there was none.
    Mixed,
}

impl PowerSource {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Measured => "measured",
            Self::Mixed => "mixed",
        }
    }
}

/// Energy of a call at one price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TariffLine {
    /// Price of a kilowatt-hour.
    pub per_kwh: NanoUsd,
    pub milliwatt_ns: i128,
    pub amount: NanoUsd,
}
