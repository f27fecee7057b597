//! `[media]`: images and sounds inside messages.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MediaConfig {
    /// Whether images, sounds and documents inside messages are kept as files of their own, each once. Default true.
    /// When false they stay in the journal where they stood.
    pub extract: bool,
    /// Smaller ones stay where they are, in bytes after decoding. Default 4096: a file takes a block of the disk.
    pub min_bytes: usize,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self { extract: true, min_bytes: 4096 }
    }
}

impl MediaConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        if !(512..=64 << 20).contains(&self.min_bytes) {
            faults.push(("media.min_bytes", format!("{} must be between 512 and 67108864 (64 MiB)", self.min_bytes)));
        }
        faults
    }
}
