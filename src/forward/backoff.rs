//! How long to wait after a failure: exponential with full jitter, and never less than the destination asked for.
//!
//! Full jitter (a uniform draw between nothing and the bound) spreads clients best: Marc Brooker, "Exponential Backoff
//! And Jitter", AWS Architecture Blog, 2015.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);
/// Between two attempts while somebody has to change a setting first.
const HOLD: Duration = Duration::from_secs(60);
/// What a destination may ask for at most: a day is a mistake, or one of its own.
const MOST_ASKED: Duration = Duration::from_secs(3600);

/// Failures in a row.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Whether the last attempt failed.
    pub fn is_on(&self) -> bool {
        self.failures > 0
    }

    /// How long to wait now; `asked` is what the destination said.
    pub fn failed(&mut self, asked: Option<Duration>) -> Duration {
        let bound = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures += 1;
        // Those who were told the same moment come back spread over the second after it.
        asked.map_or(Duration::ZERO, |asked| asked.min(MOST_ASKED)) + bound.mul_f64(draw())
    }

    /// How long to wait until a setting is tried again.
    pub fn held(&mut self) -> Duration {
        self.failures += 1;
        HOLD.mul_f64(0.75 + draw() / 4.0)
    }
}

/// Between 0 and 1. The standard library seeds its hash maps at random, which is all the chance that is needed here.
fn draw() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_begin_again_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..40).map(|_| backoff.failed(None)).collect();
        assert!(waits[0] <= FIRST && waits[1] <= 2 * FIRST);
        assert!(waits.iter().all(|wait| *wait <= LONGEST));
        let late: Duration = waits[20..].iter().sum();
        assert!(late > LONGEST, "twenty draws of up to a minute: {late:?}");
        assert!(backoff.is_on());
        backoff.succeeded();
        assert!(!backoff.is_on());
        assert!(backoff.failed(None) <= FIRST);
    }

    #[test]
    fn what_the_destination_asks_for_is_the_least() {
        let mut backoff = Backoff::default();
        let asked = Duration::from_secs(7);
        for _ in 0..10 {
            assert!(backoff.failed(Some(asked)) >= asked);
        }
        assert!(backoff.failed(Some(Duration::MAX)) <= MOST_ASKED + LONGEST);
        assert!(backoff.held() >= HOLD / 2);
    }
}
