//! `[retention]`: how long what is kept is kept, and how much of the disk it may take.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// Full days before today for which prompts, completions and everything else that was sent is kept. Default 30.
    pub content_days: u32,
    /// Full days before today for which rows for lists, boards and series are kept. Default 400: a year to compare with.
    pub analytics_days: u32,
    /// MiB that the data directory may take; near it the oldest days go. Default 0: as much as the disk has.
    pub max_disk_mib: u64,
    /// MiB of the disk that stay free whoever fills it: at twice as much the oldest days go, below it clients are
    /// told to come back later, and everything stays readable. Default 256.
    pub min_free_mib: u64,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { content_days: 30, analytics_days: 400, max_disk_mib: 0, min_free_mib: 256 }
    }
}

impl RetentionConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        for (key, days) in
            [("retention.content_days", self.content_days), ("retention.analytics_days", self.analytics_days)]
        {
            if !(1..=36_500).contains(&days) {
                faults.push((key, format!("{days} must be between 1 and 36500")));
            }
        }
        if self.max_disk_mib != 0 && self.max_disk_mib < 64 {
            faults
                .push(("retention.max_disk_mib", format!("{} must be 0 (no limit) or at least 64", self.max_disk_mib)));
        }
        if self.min_free_mib > 1 << 30 {
            faults.push(("retention.min_free_mib", format!("{} is more than any disk has", self.min_free_mib)));
        }
        faults
    }
}
