//! `[search]`: the full-text index over prompts, answers, tools, errors and logs.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchConfig {
    /// Whether content can be searched. Default true. When false there is no index on the disk; one that was
    /// made before is removed, and made again from the journal when this is true again.
    pub enabled: bool,
    /// Searches running longer than this many milliseconds are interrupted. Default 5000.
    pub query_timeout_ms: u64,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self { enabled: true, query_timeout_ms: 5_000 }
    }
}

impl SearchConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        if self.query_timeout_ms == 0 {
            faults.push(("search.query_timeout_ms", "0 would interrupt every search: use at least 1".into()));
        }
        faults
    }
}
