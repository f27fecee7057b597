//! The three OTLP signals.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of telemetry a request or a chunk holds. The numbers are stored in journal files: never renumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    Traces = 1,
    Logs = 2,
    Metrics = 3,
}

impl Signal {
    pub const ALL: [Self; 3] = [Self::Traces, Self::Logs, Self::Metrics];

    /// The signal stored under `number`, if this version knows it.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| *signal as i64 == number)
    }

    /// The last part of the OTLP/HTTP path: `traces`, `logs`, `metrics`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
