//! What a machine drew when, from readings of its power.

use crate::model::UnixNanos;
use crate::model::time::NANOS_PER_SECOND;

/// A reading says something about the time until half-way to its neighbours, but no further than this.
pub const REACH_NS: i64 = 60 * NANOS_PER_SECOND;

/// Watts of a machine at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reading {
    pub time: UnixNanos,
    pub milliwatts: u64,
}

/// Power over time: every moment has that of the reading nearest to it.
#[derive(Debug, Default)]
pub(super) struct Power {
    /// From, until, milliwatts; in order of time, without overlap.
    pieces: Vec<(i64, i64, u64)>,
}

impl Power {
    pub(super) fn of(readings: &[Reading]) -> Self {
        let mut sorted = readings.to_vec();
        sorted.sort_unstable();
        // Of several at one moment the largest.
        let mut kept: Vec<Reading> = Vec::with_capacity(sorted.len());
        for reading in sorted {
            match kept.last_mut() {
                Some(last) if last.time == reading.time => *last = reading,
                _ => kept.push(reading),
            }
        }
        let halfway = |one: i64, other: i64| one + (other - one) / 2;
        let piece = |at: usize, reading: &Reading| {
            let time = reading.time.0;
            let before =
                at.checked_sub(1).and_then(|at| kept.get(at)).map_or(i64::MIN, |one| halfway(one.time.0, time));
            let after = kept.get(at + 1).map_or(i64::MAX, |one| halfway(time, one.time.0));
            (before.max(time.saturating_sub(REACH_NS)), after.min(time.saturating_add(REACH_NS)), reading.milliwatts)
        };
        Self { pieces: kept.iter().enumerate().map(|(at, reading)| piece(at, reading)).collect() }
    }

    /// Milliwatts at `time`; `None` where no reading is near.
    pub(super) fn at(&self, time: i64) -> Option<u64> {
        let next = self.pieces.partition_point(|(from, ..)| *from <= time);
        let (_, until, milliwatts) = self.pieces.get(next.checked_sub(1)?)?;
        (time < *until).then_some(*milliwatts)
    }

    /// Every moment after `start` and before `end` at which [`Self::at`] may change.
    pub(super) fn changes(&self, start: i64, end: i64) -> impl Iterator<Item = i64> {
        self.pieces
            .iter()
            .flat_map(|(from, until, _)| [*from, *until])
            .filter(move |moment| start < *moment && *moment < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(second: i64, watts: u64) -> Reading {
        Reading { time: UnixNanos(second * NANOS_PER_SECOND), milliwatts: watts * 1000 }
    }

    #[test]
    fn every_moment_has_the_reading_nearest_to_it() {
        let power = Power::of(&[reading(1000, 50), reading(1010, 250), reading(1010, 240), reading(1300, 60)]);
        let watts = |second: i64| power.at(second * NANOS_PER_SECOND).map(|milliwatts| milliwatts / 1000);
        assert_eq!(
            [939, 940, 1004, 1005, 1069, 1070, 1239, 1240, 1359, 1360].map(watts),
            [None, Some(50), Some(50), Some(250), Some(250), None, None, Some(60), Some(60), None]
        );
        let changes: Vec<i64> = power.changes(941 * NANOS_PER_SECOND, 1239 * NANOS_PER_SECOND).collect();
        assert!(changes.contains(&(1005 * NANOS_PER_SECOND)) && changes.contains(&(1070 * NANOS_PER_SECOND)));
        assert_eq!(Power::of(&[]).at(0), None);
    }
}
