//! Who has sent something of late, and what was refused: what a page needs that waits for a client's first data.
//!
//! Since the start, in memory, bounded. Nothing here is needed to keep or find data.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Clock;
use crate::model::UnixNanos;

/// Senders and refusals remembered; of more, those heard of longest ago are forgotten.
const REMEMBERED: usize = 200;

/// Who sent, as it says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Sender {
    pub service: String,
    /// The instrumentation.
    pub scope: String,
    /// Language, name and version of the SDK, as far as told.
    pub sdk: String,
}

/// How it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Way {
    pub client: IpAddr,
    /// `grpc`, `http_protobuf`, `http_json`, `langfuse`, `langsmith`, or `http` where nothing more is known.
    pub protocol: &'static str,
    /// `traces`, `logs`, `metrics` or `unknown`.
    pub signal: &'static str,
}

/// What a sender has sent in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    pub sender: Sender,
    pub way: Way,
    pub heard: Heard,
}

/// What was refused in one way for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub way: Way,
    /// A word for programs.
    pub reason: &'static str,
    /// What the client was told the last time.
    pub message: String,
    pub heard: Heard,
}

/// When, and how many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    pub first: UnixNanos,
    pub last: UnixNanos,
    pub requests: u64,
}

/// Handle to what was heard. Clones share it.
#[derive(Debug, Clone)]
pub struct Arrivals {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    arrivals: HashMap<(Sender, Way), Heard>,
    refusals: HashMap<(Way, &'static str), (Heard, String)>,
}

impl Arrivals {
    pub fn new(clock: Clock) -> Self {
        Self { clock, state: Arc::default() }
    }

    /// A request of these senders is durable.
    pub fn arrived(&self, way: Way, senders: Vec<Sender>) {
        let now = self.clock.now();
        let mut state = self.lock();
        for sender in senders {
            let heard = state.arrivals.entry((sender, way)).or_insert_with(|| Heard::at(now));
            heard.again(now);
        }
        forget(&mut state.arrivals, |heard| heard.last);
    }

    /// A request was refused.
    pub fn refused(&self, way: Way, reason: &'static str, message: String) {
        let now = self.clock.now();
        let mut state = self.lock();
        let (heard, told) = state.refusals.entry((way, reason)).or_insert_with(|| (Heard::at(now), String::new()));
        heard.again(now);
        *told = message;
        forget(&mut state.refusals, |(heard, _)| heard.last);
    }

    /// Who was heard of since then, the newest first.
    pub fn since(&self, since: UnixNanos) -> (Vec<Arrival>, Vec<Refused>) {
        let state = self.lock();
        let mut arrivals: Vec<Arrival> = state
            .arrivals
            .iter()
            .filter(|(_, heard)| heard.last >= since)
            .map(|((sender, way), heard)| Arrival { sender: sender.clone(), way: *way, heard: *heard })
            .collect();
        let mut refusals: Vec<Refused> = state
            .refusals
            .iter()
            .filter(|(_, (heard, _))| heard.last >= since)
            .map(|((way, reason), (heard, message))| Refused {
                way: *way,
                reason,
                message: message.clone(),
                heard: *heard,
            })
            .collect();
        drop(state);
        arrivals.sort_by(|left, right| {
            (right.heard.last, &left.sender.service).cmp(&(left.heard.last, &right.sender.service))
        });
        refusals.sort_by_key(|refused| std::cmp::Reverse((refused.heard.last, refused.reason)));
        (arrivals, refusals)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn at(now: UnixNanos) -> Self {
        Self { first: now, last: now, requests: 0 }
    }

    fn again(&mut self, now: UnixNanos) {
        self.last = now;
        self.requests += 1;
    }
}

/// Makes room in one go, so that a flood of names does not sort with every request.
fn forget<K: Clone + Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>, last: impl Fn(&V) -> UnixNanos) {
    if map.len() <= REMEMBERED {
        return;
    }
    let mut times: Vec<UnixNanos> = map.values().map(&last).collect();
    times.sort_unstable();
    let from = times[times.len() / 2];
    let mut spare = REMEMBERED / 2;
    map.retain(|_, value| {
        let stays = last(value) >= from && spare > 0;
        spare -= usize::from(stays);
        stays
    });
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const WAY: Way = Way { client: IpAddr::V4(Ipv4Addr::LOCALHOST), protocol: "http_json", signal: "traces" };

    fn sender(service: &str) -> Sender {
        Sender { service: service.into(), ..Sender::default() }
    }

    #[test]
    fn the_newest_come_first_and_what_is_older_is_left_out() {
        let clock = Clock::fixed(UnixNanos(1));
        let arrivals = Arrivals::new(clock.clone());
        arrivals.arrived(WAY, vec![sender("a")]);
        clock.set(UnixNanos(5));
        arrivals.arrived(WAY, vec![sender("b"), sender("a")]);
        arrivals.refused(WAY, "content_type", "no".into());
        arrivals.refused(WAY, "content_type", "still no".into());
        let (seen, refused) = arrivals.since(UnixNanos(5));
        let names: Vec<_> = seen.iter().map(|arrival| arrival.sender.service.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(seen[0].heard, Heard { first: UnixNanos(1), last: UnixNanos(5), requests: 2 });
        assert_eq!((refused.len(), refused[0].message.as_str(), refused[0].heard.requests), (1, "still no", 2));
        clock.set(UnixNanos(6));
        assert_eq!(arrivals.since(UnixNanos(6)), (vec![], vec![]));
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stay() {
        let clock = Clock::fixed(UnixNanos(1));
        let arrivals = Arrivals::new(clock.clone());
        for n in 0..1000 {
            clock.set(UnixNanos(n));
            arrivals.arrived(WAY, vec![sender(&n.to_string())]);
        }
        let (seen, _) = arrivals.since(UnixNanos(0));
        assert!(seen.len() <= REMEMBERED, "{}", seen.len());
        assert_eq!(seen[0].sender.service, "999");
        for n in 0..1000 {
            arrivals.arrived(WAY, vec![sender(&format!("at once {n}"))]);
        }
        assert!(arrivals.since(UnixNanos(0)).0.len() <= REMEMBERED);
    }
}
