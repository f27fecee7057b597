//! What a destination has not got yet: how much, and since when.

use std::time::Duration;

use tokio::time::Instant;

use crate::journal::{Cursor, Journal};
use crate::model::UnixNanos;

/// How long a measurement holds.
const FOR: Duration = Duration::from_secs(5);

/// Measured now and then, not for every request.
#[derive(Debug, Default)]
pub(super) struct Unsent {
    measured: Option<Instant>,
    bytes: u64,
    /// Arrival of the chunk after a place that is not read on from.
    oldest: Option<(Cursor, UnixNanos)>,
}

impl Unsent {
    /// About how many bytes of the journal lie behind `cursor`.
    pub(super) fn bytes(&mut self, journal: &Journal, cursor: Cursor, head: Cursor) -> u64 {
        if cursor >= head {
            (self.measured, self.bytes) = (None, 0);
        } else if self.measured.is_none_or(|measured| measured.elapsed() >= FOR) {
            self.measured = Some(Instant::now());
            match measure(journal, cursor) {
                Ok(bytes) => self.bytes = bytes,
                Err(error) => tracing::debug!(%error, "the lag of a destination cannot be measured: {error}"),
            }
        }
        self.bytes
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

fn measure(journal: &Journal, cursor: Cursor) -> Result<u64, crate::journal::Error> {
    let mut bytes = 0;
    for file in journal.days()?.into_iter().filter(|file| file.day >= cursor.day) {
        bytes += match file.day == cursor.day {
            true => (file.bytes as f64 * journal.reader().after(cursor)?.1) as u64,
            false => file.bytes,
        };
    }
    Ok(bytes)
}
