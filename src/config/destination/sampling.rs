//! `[destination.sampling]`: which traces go to a destination, decided when they have settled.

use serde::{Deserialize, Serialize};

/// Whatever is noteworthy goes whole, and a part of the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SamplingConfig {
    /// Seconds after the arrival of a record at which its trace is judged. Default 30.
    pub settle_s: u64,
    /// Part of the healthy traces that go there, 0 to 1. The same traces at all destinations with the same part.
    /// Default 1.
    pub ratio: f64,
    /// Spans and log records of traces in an hour of arrival beyond which fewer healthy ones go. Default 0: no limit.
    pub items_per_hour: u64,
    /// Keep traces with a failed span or a log record of severity error. Default on.
    pub errors: bool,
    /// Keep traces with a failed tool. Default on.
    pub tool_errors: bool,
    /// Milliseconds from which a trace is slow. Default 0: none is by that.
    pub slow_ms: u64,
    /// Keep traces with a model call slower than 95 % of the calls of its model in the 7 days before. Default on.
    pub slow_for_model: bool,
    /// US dollars from which a trace is expensive. Default 0: none is.
    pub expensive_usd: f64,
    /// Keep traces that a user or an evaluation judged bad. Default on.
    pub disliked: bool,
    /// Keep traces with a model or a version of a prompt that no call had in so many days before. Default 30; 0: off.
    pub new_days: u32,
    /// Sessions whose traces are kept; `*` stands for any run of characters.
    pub sessions: Vec<String>,
    /// Users, likewise.
    pub users: Vec<String>,
    /// `service.name`, likewise.
    pub services: Vec<String>,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self {
            settle_s: 30,
            ratio: 1.0,
            items_per_hour: 0,
            errors: true,
            tool_errors: true,
            slow_ms: 0,
            slow_for_model: true,
            expensive_usd: 0.0,
            disliked: true,
            new_days: 30,
            sessions: Vec::new(),
            users: Vec::new(),
            services: Vec::new(),
        }
    }
}

impl SamplingConfig {
    /// What is wrong with it, for the faults of its destination.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !(0.0..=1.0).contains(&self.ratio) {
            faults.push(format!("sampling.ratio = {} must be between 0 and 1: 0.1 for a tenth", self.ratio));
        }
        if self.settle_s > 86_400 {
            faults.push(format!("sampling.settle_s = {} is more than a day: write seconds, such as 30", self.settle_s));
        }
        if !(0.0..=1e9).contains(&self.expensive_usd) {
            faults.push(format!("sampling.expensive_usd = {} is no amount of US dollars", self.expensive_usd));
        }
        if self.new_days > 366 {
            faults.push(format!("sampling.new_days = {} must be at most 366, or 0 for off", self.new_days));
        }
        for (key, names) in [("sessions", &self.sessions), ("users", &self.users), ("services", &self.services)] {
            if names.iter().any(|name| name.trim().is_empty()) {
                faults.push(format!("sampling.{key} has an empty name: remove it, or write * for all"));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_named() {
        assert!(SamplingConfig::default().faults().is_empty());
        let bad = SamplingConfig {
            ratio: 10.0,
            settle_s: 100_000,
            expensive_usd: f64::NAN,
            new_days: 400,
            users: vec![" ".into()],
            ..SamplingConfig::default()
        };
        let faults = bad.faults();
        let named = |key: &str| faults.iter().filter(|fault| fault.starts_with(&format!("sampling.{key}"))).count();
        assert_eq!(["ratio", "settle_s", "expensive_usd", "new_days", "users"].map(named), [1; 5]);
    }
}
