//! Counts the bytes of requests in work, and says no before they are too many.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;

use super::Refusal;

/// Requests are in work for milliseconds, so a second is enough for the crowd to pass.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The bytes in work and how many may be. Clones share the count.
#[derive(Debug, Clone)]
pub(super) struct Inflight {
    used: Arc<AtomicUsize>,
    limit: usize,
    shown: Gauge,
}

/// What one request occupies; given back when dropped.
#[derive(Debug)]
pub(super) struct Room {
    inflight: Inflight,
    held: usize,
}

impl Inflight {
    pub(super) fn new(limit: usize, shown: Gauge) -> Self {
        Self { used: Arc::default(), limit, shown }
    }

    pub(super) fn room(&self) -> Room {
        Room { inflight: self.clone(), held: 0 }
    }
}

impl Room {
    /// Takes `bytes` more.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when they do not fit. Nobody waits: a queue of waiters would be memory again.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let limit = self.inflight.limit;
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= limit);
        self.inflight
            .used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, fits)
            .map_err(|_| Refusal::Busy { retry_after: RETRY_AFTER })?;
        self.held += bytes;
        self.inflight.shown.inc_by(signed(bytes));
        Ok(())
    }

    /// Gives `bytes` back before the end.
    pub(super) fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.held);
        self.held -= bytes;
        self.inflight.used.fetch_sub(bytes, Ordering::AcqRel);
        self.inflight.shown.dec_by(signed(bytes));
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.shrink(self.held);
    }
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_given_back_and_never_exceeded() {
        let inflight = Inflight::new(100, Gauge::default());
        let mut first = inflight.room();
        first.grow(60).expect("fits");
        let mut second = inflight.room();
        assert!(matches!(second.grow(41), Err(Refusal::Busy { .. })));
        second.grow(40).expect("fits exactly");
        first.shrink(10);
        second.grow(10).expect("fits again");
        drop(first);
        drop(second);
        assert_eq!(inflight.shown.get(), 0);
        inflight.room().grow(100).expect("all of it");
    }

    #[test]
    fn a_size_beyond_all_numbers_is_refused() {
        let mut room = Inflight::new(usize::MAX, Gauge::default()).room();
        room.grow(1).expect("fits");
        assert!(matches!(room.grow(usize::MAX), Err(Refusal::Busy { .. })));
    }
}
