//! How far followers are behind, and when that is too far: back-pressure in time, not in memory.
//!
//! What a follower has not taken yet is compared with how fast it took things lately. Only a follower that was at
//! the head since the start, and whose work succeeds, holds anybody back: rebuilding from an old journal, or a store
//! that is broken, is no reason to turn away data that is safe in the journal.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Cursor;

/// Work in hand, in seconds of the follower's own speed, beyond which new requests are told to come back.
const MOST_BEHIND: f64 = 10.0;

/// Fewer uncompressed bytes than this behind never turn anybody away: one slow step, a checkpoint say, must not
/// make a lightly loaded server refuse. The slowest loader measured takes them in a few seconds.
const LEAST_BEHIND: u64 = 32 << 20;

/// Uncompressed bytes behind from which a follower is busy: a good half second of the loader's work.
const FELT_BYTES: u64 = LEAST_BEHIND / 2;

/// Longest wait that is asked for; the exporter's own patience is a few minutes.
const LONGEST_WAIT: f64 = 5.0;

/// Smaller steps say more about the cost of a commit than about speed.
const TELLING_BYTES: u64 = 1 << 20;

/// Weight of the newest step in the average speed.
const NEWEST: f64 = 0.2;

/// Shared by the writer, who adds, the followers, who take, and `append`, who asks.
#[derive(Debug, Clone, Default)]
pub(super) struct Pressure {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Uncompressed bytes committed since the start, and the place that is.
    committed: u64,
    head: Cursor,
    followers: Vec<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    /// On the scale of `committed`; `None` until it was at the head once.
    taken: Option<u64>,
    bytes_per_s: Option<f64>,
}

/// Tells the journal how far a reader that must keep up has come. Dropped when the reader ends.
#[derive(Debug)]
pub struct Follower {
    pressure: Pressure,
    index: usize,
}

impl Pressure {
    /// For a journal that ends at `head`.
    pub fn new(head: Cursor) -> Self {
        let pressure = Self::default();
        pressure.lock().head = head;
        pressure
    }

    pub fn follow(&self) -> Follower {
        let mut state = self.lock();
        state.followers.push(Progress::default());
        Follower { pressure: self.clone(), index: state.followers.len() - 1 }
    }

    /// Called by the writer after a commit, before anybody hears of it.
    pub fn committed(&self, head: Cursor, bytes: u64) {
        let mut state = self.lock();
        state.head = head;
        state.committed += bytes;
    }

    /// How long a new request should wait, if it should.
    pub fn wait(&self) -> Option<Duration> {
        let state = self.lock();
        let behind = state.followers.iter().filter_map(|follower| follower.behind(state.committed));
        let excess = behind.fold(0.0, f64::max) - MOST_BEHIND;
        (excess > 0.0).then(|| Duration::from_secs_f64(excess.clamp(1.0, LONGEST_WAIT)))
    }

    /// Whether a follower has more before it than it takes in a breath: who can wait leaves it the processor then.
    pub fn is_felt(&self) -> bool {
        let state = self.lock();
        let waits = |progress: &Progress| {
            // A follower may have read a commit of which the writer has not told yet.
            progress.taken.is_some_and(|taken| state.committed.saturating_sub(taken) >= FELT_BYTES)
        };
        state.followers.iter().any(waits)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Numbers stay numbers after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    /// Seconds of work in hand.
    fn behind(&self, committed: u64) -> Option<f64> {
        let (taken, speed) = self.taken.zip(self.bytes_per_s)?;
        let bytes = committed.saturating_sub(taken);
        (bytes >= LEAST_BEHIND).then(|| bytes as f64 / speed)
    }
}

impl Follower {
    /// It is done with `bytes` more of chunk bodies, for which it worked `time`.
    pub fn took(&self, bytes: u64, time: Duration) {
        let mut state = self.pressure.lock();
        let progress = &mut state.followers[self.index];
        progress.taken = progress.taken.map(|taken| taken + bytes);
        if bytes >= TELLING_BYTES {
            let speed = bytes as f64 / time.as_secs_f64().max(1e-6);
            let average = progress.bytes_per_s.map_or(speed, |average| average + NEWEST * (speed - average));
            progress.bytes_per_s = Some(average);
        }
    }

    /// It has read everything up to `cursor`.
    pub fn reached(&self, cursor: Cursor) {
        let mut state = self.pressure.lock();
        if cursor >= state.head {
            let committed = state.committed;
            state.followers[self.index].taken = Some(committed);
        }
    }

    /// Its work fails: nobody is to wait for it until it has reached the head again.
    pub fn stumbled(&self) {
        self.pressure.lock().followers[self.index].taken = None;
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stumbled();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Day;

    const SECOND: Duration = Duration::from_secs(1);
    const STEP: u64 = LEAST_BEHIND;

    fn at(chunk: i64) -> Cursor {
        Cursor { day: Day(1), chunk }
    }

    #[test]
    fn more_than_ten_seconds_of_work_make_newcomers_wait() {
        let pressure = Pressure::new(at(1));
        let follower = pressure.follow();
        follower.reached(at(1));
        pressure.committed(at(2), STEP);
        follower.took(STEP, SECOND);
        assert!(!pressure.is_felt());
        pressure.committed(at(3), 10 * STEP);
        assert!(pressure.is_felt());
        assert_eq!(pressure.wait(), None, "ten seconds are allowed");
        pressure.committed(at(4), 2 * STEP);
        assert_eq!(pressure.wait(), Some(2 * SECOND));
        follower.took(4 * STEP, 4 * SECOND);
        assert_eq!(pressure.wait(), None);
        pressure.committed(at(5), 100 * STEP);
        assert_eq!(pressure.wait(), Some(5 * SECOND), "nobody is sent away for minutes");
    }

    #[test]
    fn who_rebuilds_or_fails_or_is_gone_holds_nobody_back() {
        let pressure = Pressure::new(at(9));
        let follower = pressure.follow();
        follower.took(1 << 20, SECOND);
        pressure.committed(at(10), 1 << 30);
        follower.reached(at(9));
        assert_eq!(pressure.wait(), None, "it was never at the head");
        follower.reached(at(10));
        pressure.committed(at(11), 1 << 30);
        assert!(pressure.wait().is_some());
        follower.stumbled();
        assert_eq!(pressure.wait(), None);
        follower.reached(at(11));
        pressure.committed(at(12), 1 << 30);
        assert!(pressure.wait().is_some());
        drop(follower);
        assert_eq!(pressure.wait(), None);
    }

    #[test]
    fn a_slow_step_turns_nobody_away_while_little_waits() {
        let pressure = Pressure::new(at(1));
        let follower = pressure.follow();
        follower.reached(at(1));
        pressure.committed(at(2), 2 << 20);
        follower.took(1 << 20, 60 * SECOND);
        assert_eq!(pressure.wait(), None);
        pressure.committed(at(3), STEP);
        assert!(pressure.wait().is_some());
    }

    #[test]
    fn who_has_read_a_commit_before_the_writer_told_of_it_is_not_behind() {
        let pressure = Pressure::new(at(1));
        let follower = pressure.follow();
        follower.reached(at(1));
        follower.took(2 << 20, SECOND);
        assert!(!pressure.is_felt());
        assert_eq!(pressure.wait(), None);
    }

    #[test]
    fn small_steps_do_not_make_a_follower_look_slow() {
        let pressure = Pressure::new(at(1));
        let follower = pressure.follow();
        follower.reached(at(1));
        pressure.committed(at(2), 1_000);
        follower.took(1_000, SECOND);
        pressure.committed(at(3), 1 << 20);
        assert_eq!(pressure.wait(), None);
    }
}
