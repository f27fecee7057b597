//! `[journal]`: how the durable log of everything received is cut.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalConfig {
    /// Size of a chunk before compression. Default 512 KiB: larger compresses little better and costs more per trace read.
    pub chunk_bytes: usize,
    /// Bytes that may wait for the writer; beyond it clients are told to come back. Default 64 MiB.
    pub max_waiting_bytes: usize,
    /// zstd level 1 to 19 under load. Default 3: on agent traces a twentieth smaller than level 1 for a microsecond more per
    /// model call.
    pub compression_level: i32,
    /// zstd level 1 to 19 while the packing thread rests for most of the time. Default 6: again a sixteenth smaller, for
    /// three times the processor time.
    pub calm_compression_level: i32,
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self { chunk_bytes: 512 << 10, max_waiting_bytes: 64 << 20, compression_level: 3, calm_compression_level: 6 }
    }
}

impl JournalConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        if !(4 << 10..=8 << 20).contains(&self.chunk_bytes) {
            faults.push((
                "journal.chunk_bytes",
                format!("{} must be between 4096 (4 KiB) and 8388608 (8 MiB)", self.chunk_bytes),
            ));
        }
        if self.max_waiting_bytes < 1 << 20 {
            faults.push((
                "journal.max_waiting_bytes",
                format!("{} must be at least 1048576 (1 MiB)", self.max_waiting_bytes),
            ));
        }
        let levels = [
            ("journal.compression_level", self.compression_level),
            ("journal.calm_compression_level", self.calm_compression_level),
        ];
        for (name, level) in levels {
            if !(1..=19).contains(&level) {
                faults.push((name, format!("{level} must be between 1 and 19")));
            }
        }
        faults
    }
}
