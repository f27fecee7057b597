//! Keeps the log readable when a client repeats its mistake with every batch.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::clock::Clock;
use crate::model::UnixNanos;
use crate::model::time::NANOS_PER_SECOND;

/// One line per client and fault in this time.
const INTERVAL_NS: i64 = 60 * NANOS_PER_SECOND;

/// Clients and faults remembered at once; a scan of the whole network does not cost more.
const REMEMBERED: usize = 512;

#[derive(Debug)]
pub(super) struct Notices {
    clock: Clock,
    said: Mutex<HashMap<(IpAddr, &'static str), Said>>,
}

#[derive(Debug)]
struct Said {
    at: UnixNanos,
    since_then: u64,
}

impl Notices {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, said: Mutex::default() }
    }

    /// Whether to log `fault` of `client` now; if so, how often it was passed over since the last line.
    pub(super) fn may_say(&self, client: IpAddr, fault: &'static str) -> Option<u64> {
        let now = self.clock.now();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = said.get_mut(&(client, fault)) {
            if now.since(last.at) < INTERVAL_NS {
                last.since_then += 1;
                return None;
            }
            let unsaid = last.since_then;
            *last = Said { at: now, since_then: 0 };
            return Some(unsaid);
        }
        if said.len() >= REMEMBERED {
            said.retain(|_, last| now.since(last.at) < INTERVAL_NS);
        }
        if said.len() >= REMEMBERED {
            return None;
        }
        said.insert((client, fault), Said { at: now, since_then: 0 });
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn one_line_a_minute_per_client_and_fault() {
        let clock = Clock::fixed(UnixNanos(1));
        let notices = Notices::new(clock.clone());
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(notices.may_say(client, "malformed"), Some(0));
        assert_eq!(notices.may_say(client, "malformed"), None);
        assert_eq!(notices.may_say(client, "malformed"), None);
        assert_eq!(notices.may_say(client, "too_large"), Some(0));
        clock.set(UnixNanos(1 + INTERVAL_NS));
        assert_eq!(notices.may_say(client, "malformed"), Some(2));
    }

    #[test]
    fn memory_is_bounded() {
        let clock = Clock::fixed(UnixNanos(1));
        let notices = Notices::new(clock.clone());
        let said = (0..10_000_u32).filter(|n| notices.may_say(IpAddr::V4((*n).into()), "malformed").is_some());
        assert_eq!(said.count(), REMEMBERED);
        clock.set(UnixNanos(1 + INTERVAL_NS));
        assert_eq!(notices.may_say(IpAddr::V4(Ipv4Addr::BROADCAST), "malformed"), Some(0));
    }
}
