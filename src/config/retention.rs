//! `[retention]`: how long what is kept is kept, and how much of the disk it may take.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// Full days before today for which prompts, completions and everything else that was sent is kept. Default 30.
    pub content_days: u32,
    /// Full days before today for which what was said in healthy traces is kept: without an error, not slow, not
    /// expensive, not judged bad, not pinned. Structure, tokens and costs stay. Default 0: as long as `content_days`.
    pub healthy_content_days: u32,
    /// Milliseconds from which a trace is slow and so kept whole; beside it, the slowest 5 % of each name and day are.
    /// Default 0: only those.
    pub slow_ms: u64,
    /// US dollars from which a trace is expensive and so kept whole; beside it, the most expensive 5 % of a day are.
    /// Default 0: only those.
    pub expensive_usd: f64,
    /// Level of zstd at which finished days are packed in idle time, 1 to 19. Default 19; 0: they stay as they are.
    pub pack_level: i32,
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
        Self {
            content_days: 30,
            healthy_content_days: 0,
            slow_ms: 0,
            expensive_usd: 0.0,
            pack_level: 19,
            analytics_days: 400,
            max_disk_mib: 0,
            min_free_mib: 256,
        }
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
        if self.healthy_content_days > self.content_days {
            let (healthy, all) = (self.healthy_content_days, self.content_days);
            let fault = format!("{healthy} must not be more than retention.content_days = {all}; 0 for as long");
            faults.push(("retention.healthy_content_days", fault));
        }
        if !(0.0..=1e9).contains(&self.expensive_usd) {
            faults.push(("retention.expensive_usd", format!("{} is no amount of US dollars", self.expensive_usd)));
        }
        if !(0..=19).contains(&self.pack_level) {
            faults.push(("retention.pack_level", format!("{} must be between 1 and 19, or 0", self.pack_level)));
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
