//! What a destination has not got yet: how much, since when, and what retention took away.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::journal::{Cursor, Journal};
use crate::model::{Day, UnixNanos};

/// How long a measurement holds.
const FOR: Duration = Duration::from_secs(5);

/// Measured now and then, not for every request.
#[derive(Debug, Default)]
pub(super) struct Unsent {
    measured: Option<Instant>,
    bytes: u64,
    /// Arrival of the chunk after a place that is not read on from.
    oldest: Option<(Cursor, UnixNanos)>,
    /// Records of finished days that are not read yet.
    records: BTreeMap<Day, u64>,
}

impl Unsent {
    /// About how many bytes of the journal lie behind `cursor`. What lies behind `read_to` is counted by days, so that it
    /// is known how much a day held that retention takes away.
    pub(super) fn bytes(&mut self, journal: &Journal, cursor: Cursor, read_to: Cursor, head: Cursor) -> u64 {
        if cursor >= head {
            (self.measured, self.bytes) = (None, 0);
            self.records.clear();
        } else if self.measured.is_none_or(|measured| measured.elapsed() >= FOR) {
            self.measured = Some(Instant::now());
            match self.measure(journal, cursor, read_to, head) {
                Ok(bytes) => self.bytes = bytes,
                Err(error) => tracing::debug!(%error, "the lag of a destination cannot be measured: {error}"),
            }
        }
        self.bytes
    }

    fn measure(
        &mut self,
        journal: &Journal,
        cursor: Cursor,
        read_to: Cursor,
        head: Cursor,
    ) -> Result<u64, crate::journal::Error> {
        let mut reader = journal.reader();
        let mut bytes = 0;
        for file in journal.days()?.into_iter().filter(|file| file.day >= cursor.day) {
            let of_day =
                |place: Cursor| Cursor { day: file.day, chunk: if place.day == file.day { place.chunk } else { 0 } };
            let whole = cursor.day < file.day;
            bytes += if whole { file.bytes } else { (file.bytes as f64 * reader.after(of_day(cursor))?.1) as u64 };
            if (read_to.day..head.day).contains(&file.day) && !self.records.contains_key(&file.day) {
                let (records, _) = reader.after(of_day(read_to))?;
                self.records.insert(file.day, records);
            }
        }
        Ok(bytes)
    }

    /// `records` of `day` were read.
    pub(super) fn read(&mut self, day: Day, records: u32) {
        if let Some(left) = self.records.get_mut(&day) {
            *left = left.saturating_sub(u64::from(records));
        }
    }

    /// Records of days before `day` that are gone: retention came first.
    pub(super) fn lost(&mut self, journal: &Journal, day: Day) -> u64 {
        let kept = journal.days().unwrap_or_default();
        let gone = |day: &Day| !kept.iter().any(|file| file.day == *day);
        let later = self.records.split_off(&day);
        let passed = std::mem::replace(&mut self.records, later);
        passed.into_iter().filter(|(day, _)| gone(day)).map(|(_, records)| records).sum()
    }

    /// When the first chunk after `place` arrived; `None` when that is the head.
    pub(super) fn oldest(&mut self, journal: &Journal, place: Cursor, head: Cursor) -> Option<UnixNanos> {
        if place >= head {
            return None;
        }
        if self.oldest.is_none_or(|(known, _)| known != place) {
            let next = journal.reader().next(place, 1).ok()?;
            self.oldest = next.first().map(|chunk| (place, chunk.received));
        }
        self.oldest.map(|(_, arrived)| arrived)
    }
}
