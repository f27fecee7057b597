//! What the journal takes of the disk: deleting whole days, and the floor of free space below which nothing is taken.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::{Error, Journal, day_file};
use crate::model::Day;

/// Why nothing can be taken at present.
#[derive(Debug, Default)]
pub(super) struct Floor {
    /// Bytes of the filesystem that must stay free.
    min_free: AtomicU64,
    /// Set while the byte budget is used up.
    spent: Mutex<Option<String>>,
}

impl Floor {
    /// Asked for every request: one system call that reads no disk.
    pub fn reached(&self, dir: &Path) -> Option<String> {
        if let Some(reason) = &*self.spent.lock().unwrap_or_else(PoisonError::into_inner) {
            return Some(reason.clone());
        }
        let least = self.min_free.load(Ordering::Relaxed);
        // A filesystem that does not tell is not held to be full.
        let free = free_bytes(dir).unwrap_or(u64::MAX);
        (free < least).then(|| {
            format!("{} MiB of the disk are free, {} must stay so (retention.min_free_mib)", free >> 20, least >> 20)
        })
    }
}

/// Bytes that an ordinary user may still write to the filesystem of `dir`.
fn free_bytes(dir: &Path) -> std::io::Result<u64> {
    let statistics = rustix::fs::statvfs(dir)?;
    Ok(statistics.f_bavail.saturating_mul(statistics.f_frsize))
}

/// A day and the bytes of its file, its log included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySize {
    pub day: Day,
    pub bytes: u64,
}

impl Journal {
    /// From now on requests are refused, to be sent again, while less than `bytes` of the filesystem are free.
    pub fn keep_free(&self, bytes: u64) {
        self.shared.floor.min_free.store(bytes, Ordering::Relaxed);
    }

    /// Refuses requests for `reason`, to be sent again, until called with `None`. Everything stays readable.
    pub fn refuse(&self, reason: Option<String>) {
        *self.shared.floor.spent.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }

    /// Why requests are refused for want of space, if they are.
    pub fn refusing(&self) -> Option<String> {
        self.shared.floor.reached(&self.shared.dir)
    }

    /// Bytes that may still be written to the filesystem of the journal.
    ///
    /// # Errors
    /// What the system says.
    pub fn free_bytes(&self) -> std::io::Result<u64> {
        free_bytes(&self.shared.dir)
    }

    /// The days there are files for, oldest first, with their sizes.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn days(&self) -> Result<Vec<DaySize>, Error> {
        let days = day_file::days(&self.shared.dir)?;
        Ok(days.into_iter().map(|day| DaySize { day, bytes: day_file::size(&self.shared.dir, day) }).collect())
    }

    /// Deletes the files of all days before `day`, except the newest there is, which is being written, and those that
    /// somebody holds.
    /// Who keeps something derived from them hears of it by [`Journal::forgotten`].
    ///
    /// # Errors
    /// When the folder cannot be listed or a file not be deleted.
    pub fn forget_before(&self, day: Day) -> Result<Vec<DaySize>, Error> {
        let head = self.shared.committed.borrow().day;
        let mut gone = Vec::new();
        let _only_us = self.replacing();
        let listed = self.days()?;
        let newest = listed.last().map_or(head, |newest| newest.day.max(head));
        let mut listed = listed;
        listed.retain(|file| file.day < newest);
        let held = self.held_from(&listed).unwrap_or(newest);
        for file in listed.into_iter().filter(|file| file.day < day.min(held)) {
            self.count_loss(file.day);
            day_file::delete(&self.shared.dir, file.day)?;
            gone.push(file);
        }
        if let Some(last) = gone.last() {
            let before = Day(last.day.0 + 1);
            self.shared.forgotten.send_if_modified(|known| {
                let later = before > *known;
                *known = before.max(*known);
                later
            });
        }
        Ok(gone)
    }

    /// The day before which everything was deleted since the start; changes with every deletion.
    pub fn forgotten(&self) -> watch::Receiver<Day> {
        self.shared.forgotten.subscribe()
    }
}
