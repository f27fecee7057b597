//! `[analytics]`: how much of the machine questions may use.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnalyticsConfig {
    /// Memory for DuckDB in MiB. Default 96: with it the process stays below 256 MiB at 5,000 spans/s.
    pub memory_mib: u32,
    /// Threads for DuckDB. Default: as many as there are processors, at most 2. More than there are would make them
    /// wait for each other in busy loops.
    pub threads: u32,
    /// Questions running longer than this many milliseconds are interrupted. Default 10000.
    pub query_timeout_ms: u64,
}

impl Default for AnalyticsConfig {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, |processors| processors.get().min(2) as u32);
        Self { memory_mib: 96, threads, query_timeout_ms: 10_000 }
    }
}

impl AnalyticsConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        if self.memory_mib < 64 {
            faults.push(("analytics.memory_mib", format!("{} must be at least 64", self.memory_mib)));
        }
        if !(1..=256).contains(&self.threads) {
            faults.push(("analytics.threads", format!("{} must be between 1 and 256", self.threads)));
        }
        if self.query_timeout_ms == 0 {
            faults.push(("analytics.query_timeout_ms", "0 would interrupt every question: use at least 1".into()));
        }
        faults
    }
}
