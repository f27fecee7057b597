//! `[destination.sampling]`: which traces go to a destination, decided when they have settled.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SamplingConfig {
    /// Seconds after the arrival of a record at which its trace is judged. Default 30.
    pub settle_s: u64,
    /// Part of the healthy traces that go there, 0 to 1. Default 1.
    pub ratio: f64,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self { settle_s: 30, ratio: 1.0 }
    }
}
