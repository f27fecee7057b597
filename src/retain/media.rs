//! The first step when space runs short: snapshots of upgrades, then the oldest images and sounds.

use super::{Keeper, Report, Stores};
use crate::model::UnixNanos;
use crate::upgrade;

impl Stores {
    /// Deletes the files that nothing refers to after a deletion, and gives how many. Those whose requests came in the
    /// last minutes go a little later.
    pub(super) async fn sweep_media(&self) -> u64 {
        let media = self.media.clone();
        let swept = tokio::task::spawn_blocking(move || media.sweep()).await;
        self.media.look_round();
        match swept {
            Ok(Ok(gone)) => gone.files,
            Ok(Err(error)) => {
                tracing::warn!(%error, "media of what was deleted are deleted later: {error}");
                0
            }
            Err(error) => {
                tracing::error!(%error, "clearing up media had panicked");
                0
            }
        }
    }
}

impl Keeper {
    /// Drops as many of the oldest as are too much; says whether any went.
    pub(super) async fn drop_media(&mut self, space: &Report, why: &str) -> bool {
        let (media, data_dir) = (self.media.clone(), self.data_dir.clone());
        let excess = excess(space);
        let work = move || {
            if let Err(error) = upgrade::forget_snapshots(&data_dir, UnixNanos(i64::MAX)) {
                tracing::warn!(%error, "snapshots could not be removed to make room: {error}");
            }
            media.drop_oldest(excess)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(gone)) if gone.files > 0 => {
                self.deleted_bytes.inc_by(gone.bytes);
                self.step(gone.bytes, format!("dropped the {} oldest images and sounds: {why}", gone.files));
                true
            }
            Ok(Ok(_)) => false,
            Ok(Err(error)) => self.failed(&error.to_string()),
            Err(error) => self.failed(&error.to_string()),
        }
    }
}

/// Bytes that have to go, and a hundredth of the limit more so that not every look finds some.
fn excess(space: &Report) -> u64 {
    let budget = space.max_bytes.map(|most| (space.used_bytes + most / 100).saturating_sub(most / 20 * 19));
    let floor = space.free_bytes.map(|free| (space.min_free_bytes * 2).saturating_sub(free));
    budget.unwrap_or(0).max(floor.unwrap_or(0)).max(1)
}
