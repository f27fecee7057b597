//! How long the space lasts if data keeps coming as it did in the last days.

use super::Report;
use crate::model::Day;

/// Finished days that say how much comes per day.
const DAYS: usize = 7;

/// Share of a day that must have passed before it says something, when there is no finished day yet.
const LEAST_PART: f64 = 1.0 / 24.0;

pub(super) struct Forecast {
    /// Bytes per day that the journal grows by, and the rest of the data directory.
    journal_rate: f64,
    other_rate: f64,
    /// Bytes that may be used before the oldest day has to go.
    limit: f64,
    used: f64,
    content_days: f64,
    analytics_days: f64,
}

impl Forecast {
    /// `part_of_today` is what has passed of today, 0 to 1.
    pub fn new(space: &Report, today: Day, part_of_today: f64) -> Self {
        let bytes = |day: &crate::journal::DaySize| day.bytes as f64;
        let journal: f64 = space.days.iter().map(bytes).sum();
        let finished: Vec<f64> =
            space.days.iter().rev().filter(|file| file.day < today).take(DAYS).map(bytes).collect();
        let journal_rate = if finished.is_empty() {
            journal / part_of_today.max(LEAST_PART)
        } else {
            finished.iter().sum::<f64>() / finished.len() as f64
        };
        let used = space.used_bytes as f64;
        let other = (used - journal).max(0.0);
        let on_disk = space.free_bytes.map(|free| used + free as f64 - 2.0 * space.min_free_bytes as f64);
        let limit = match (space.max_bytes, on_disk) {
            (Some(most), Some(disk)) => (most as f64 * 0.95).min(disk),
            (Some(most), None) => most as f64 * 0.95,
            (None, Some(disk)) => disk,
            (None, None) => f64::INFINITY,
        };
        Self {
            journal_rate,
            other_rate: if journal > 0.0 { journal_rate * other / journal } else { 0.0 },
            limit,
            used,
            content_days: f64::from(space.content_days) + 1.0,
            analytics_days: f64::from(space.analytics_days) + 1.0,
        }
    }

    /// `None` when age deletes enough to stay below the limit, or nothing comes.
    pub fn days_left(&self) -> Option<f64> {
        let rate = self.journal_rate + self.other_rate;
        let settles_at = self.journal_rate * self.content_days + self.other_rate * self.analytics_days;
        (rate > 0.0 && settles_at > self.limit).then(|| ((self.limit - self.used) / rate).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::DaySize;

    fn space(content_days: u32) -> Report {
        let days = (0..4).map(|day| DaySize { day: Day(day), bytes: 100 << 20 }).collect();
        Report {
            used_bytes: 600 << 20,
            max_bytes: Some(2000 << 20),
            free_bytes: Some(1 << 40),
            content_days,
            analytics_days: content_days,
            days,
            ..Report::default()
        }
    }

    #[test]
    fn what_is_left_lasts_as_long_as_the_last_days_say() {
        // 100 MiB a day in the journal and half as much beside it; 1900 MiB may be used, 600 are.
        let left = Forecast::new(&space(30), Day(4), 0.5).days_left().expect("it will not last");
        assert!((left - 1300.0 / 150.0).abs() < 1e-9, "{left}");
    }

    #[test]
    fn it_lasts_for_ever_when_age_deletes_enough() {
        assert_eq!(Forecast::new(&space(5), Day(4), 0.5).days_left(), None);
    }

    #[test]
    fn the_first_day_counts_by_the_part_that_has_passed() {
        let mut first = space(30);
        first.days.truncate(1);
        first.used_bytes = 100 << 20;
        let left = Forecast::new(&first, Day(0), 0.25).days_left().expect("it will not last");
        assert!((left - 1800.0 / 400.0).abs() < 1e-9, "{left}");
    }
}
