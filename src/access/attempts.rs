//! How often somebody may try to sign in: five times in ten minutes fail, then the oldest of them must be over.
//!
//! An attempt counts before it is looked at, so that many at once are no way around. In memory, bounded.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::model::UnixNanos;
use crate::model::time::NANOS_PER_SECOND;

const MOST: usize = 5;
const WINDOW: i64 = 10 * 60 * NANOS_PER_SECOND;

/// Addresses remembered; of more, those that failed longest ago are forgotten.
const REMEMBERED: usize = 2000;

#[derive(Debug, Default)]
pub(super) struct Attempts {
    failed: HashMap<IpAddr, Vec<UnixNanos>>,
}

impl Attempts {
    /// Counts an attempt.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    pub fn begin(&mut self, client: IpAddr, now: UnixNanos) -> Result<(), Duration> {
        let whose = whose(client);
        if self.failed.len() >= REMEMBERED && !self.failed.contains_key(&whose) {
            self.forget(now);
        }
        let times = self.failed.entry(whose).or_default();
        times.retain(|time| time.0 + WINDOW > now.0);
        if times.len() >= MOST {
            let wait = times[times.len() - MOST].0 + WINDOW - now.0;
            return Err(Duration::from_nanos(u64::try_from(wait).unwrap_or_default()));
        }
        times.push(now);
        Ok(())
    }

    /// It was the right one.
    pub fn forgive(&mut self, client: IpAddr) {
        self.failed.remove(&whose(client));
    }

    fn forget(&mut self, now: UnixNanos) {
        self.failed.retain(|_, times| times.last().is_some_and(|time| time.0 + WINDOW > now.0));
        if self.failed.len() >= REMEMBERED {
            let oldest = self.failed.iter().min_by_key(|(_, times)| times.last().copied()).map(|(whose, _)| *whose);
            oldest.map(|whose| self.failed.remove(&whose));
        }
    }
}

/// One household has a whole /64 of IPv6 addresses.
fn whose(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_sixth_waits_until_the_first_is_over() {
        let mut attempts = Attempts::default();
        let at = |seconds: i64| UnixNanos(seconds * NANOS_PER_SECOND);
        for second in 0..5 {
            attempts.begin(ip("10.0.0.7"), at(second)).expect("few");
        }
        assert_eq!(attempts.begin(ip("10.0.0.7"), at(100)), Err(Duration::from_secs(500)));
        assert_eq!(attempts.begin(ip("::ffff:10.0.0.7"), at(100)), Err(Duration::from_secs(500)), "the same machine");
        attempts.begin(ip("10.0.0.8"), at(100)).expect("somebody else");
        attempts.begin(ip("10.0.0.7"), at(600)).expect("the first is over");
        attempts.begin(ip("10.0.0.7"), at(600)).expect_err("the second is not");
        attempts.forgive(ip("10.0.0.7"));
        attempts.begin(ip("10.0.0.7"), at(600)).expect("forgiven");
    }

    #[test]
    fn a_household_is_one_and_memory_is_bounded() {
        let mut attempts = Attempts::default();
        for n in 0..5 {
            attempts.begin(ip(&format!("fd00::{n}")), UnixNanos(1)).expect("few");
        }
        attempts.begin(ip("fd00::99"), UnixNanos(1)).expect_err("the same household");
        for n in 0..5000_u32 {
            let client = IpAddr::V4((0x0a00_0000 + n).into());
            attempts.begin(client, UnixNanos(i64::from(n) + 2)).expect("new");
        }
        assert!(attempts.failed.len() <= REMEMBERED, "{}", attempts.failed.len());
    }
}
