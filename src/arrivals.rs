//! Who has sent something of late, and what was refused: what a page needs that waits for a client's first data.
//!
//! Since the start, in memory, bounded. Nothing here is needed to keep or find data.

mod sampling;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Clock;
use crate::model::{TraceId, UnixNanos};

use sampling::Ids;

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
    /// `grpc`, `http_protobuf`, `http_json`, `langfuse`, `langsmith`, `relay`, or `http` where nothing more is known.
    pub protocol: &'static str,
    /// `traces`, `logs`, `metrics` or `unknown`.
    pub signal: &'static str,
}

/// What one request tells of a sender.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    pub sender: Sender,
    /// Some of its traces, not necessarily all.
    pub traces: Vec<TraceId>,
}

/// What a sender has sent in one way.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    pub sender: Sender,
    pub way: Way,
    pub heard: Heard,
    /// How the last request carried its key, `None` when it had none.
    pub key: Option<&'static str>,
    /// The share of its traces that arrives, between 0 and 1, where their ids show that it samples.
    pub sampled: Option<f64>,
    /// Enough of its traces were seen to tell a sampler of a tenth.
    pub sampling_told: bool,
}

/// Somebody who looked whether we are there, and sent nothing with that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub way: Way,
    pub heard: Heard,
}

/// What was heard since some time, the newest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lately {
    pub arrivals: Vec<Arrival>,
    pub refusals: Vec<Refused>,
    pub probes: Vec<Probe>,
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
    arrivals: HashMap<(Sender, Way), Known>,
    refusals: HashMap<(Way, &'static str), (Heard, String)>,
    probes: HashMap<Way, Heard>,
}

#[derive(Debug)]
struct Known {
    heard: Heard,
    key: Option<&'static str>,
    ids: Ids,
}

impl Arrivals {
    pub fn new(clock: Clock) -> Self {
        Self { clock, state: Arc::default() }
    }

    /// A request of these senders is durable; `key` is how it carried a key, if it did.
    pub fn arrived(&self, way: Way, key: Option<&'static str>, told: Vec<Told>) {
        let now = self.clock.now();
        let mut state = self.lock();
        for Told { sender, traces } in told {
            let known = state.arrivals.entry((sender, way)).or_insert_with(|| Known {
                heard: Heard::at(now),
                key,
                ids: Ids::default(),
            });
            known.heard.again(now);
            known.key = key;
            traces.iter().for_each(|id| known.ids.add(id));
        }
        forget(&mut state.arrivals, |known| known.heard.last);
    }

    /// A request asked whether we are there: its method says so, or it held no record.
    pub fn probed(&self, way: Way) {
        let now = self.clock.now();
        let mut state = self.lock();
        state.probes.entry(way).or_insert_with(|| Heard::at(now)).again(now);
        forget(&mut state.probes, |heard| heard.last);
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

    /// Who was heard of since then.
    pub fn since(&self, since: UnixNanos) -> Lately {
        let state = self.lock();
        let arrivals = state.arrivals.iter().filter(|(_, known)| known.heard.last >= since);
        let arrivals = arrivals.map(|((sender, way), known)| Arrival {
            sender: sender.clone(),
            way: *way,
            heard: known.heard,
            key: known.key,
            sampled: known.ids.share(),
            sampling_told: known.ids.are_enough(),
        });
        let refusals = state.refusals.iter().filter(|(_, (heard, _))| heard.last >= since);
        let refusals = refusals.map(|((way, reason), (heard, message))| Refused {
            way: *way,
            reason,
            message: message.clone(),
            heard: *heard,
        });
        let probes = state.probes.iter().filter(|(_, heard)| heard.last >= since);
        let probes = probes.map(|(way, heard)| Probe { way: *way, heard: *heard });
        let mut lately =
            Lately { arrivals: arrivals.collect(), refusals: refusals.collect(), probes: probes.collect() };
        drop(state);
        lately.arrivals.sort_by(|left, right| {
            (right.heard.last, &left.sender.service).cmp(&(left.heard.last, &right.sender.service))
        });
        lately.refusals.sort_by_key(|refused| std::cmp::Reverse((refused.heard.last, refused.reason)));
        lately.probes.sort_by_key(|probe| std::cmp::Reverse((probe.heard.last, probe.way.client)));
        lately
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

    fn told(service: &str) -> Told {
        Told { sender: Sender { service: service.into(), ..Sender::default() }, traces: Vec::new() }
    }

    #[test]
    fn the_newest_come_first_and_what_is_older_is_left_out() {
        let clock = Clock::fixed(UnixNanos(1));
        let arrivals = Arrivals::new(clock.clone());
        arrivals.arrived(WAY, None, vec![told("a")]);
        clock.set(UnixNanos(5));
        arrivals.arrived(WAY, Some("bearer"), vec![told("b"), told("a")]);
        arrivals.refused(WAY, "content_type", "no".into());
        arrivals.refused(WAY, "content_type", "still no".into());
        arrivals.probed(WAY);
        let Lately { arrivals: seen, refusals: refused, probes } = arrivals.since(UnixNanos(5));
        let names: Vec<_> = seen.iter().map(|arrival| arrival.sender.service.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(seen[0].heard, Heard { first: UnixNanos(1), last: UnixNanos(5), requests: 2 });
        assert_eq!((seen[0].key, seen[0].sampled), (Some("bearer"), None), "the last request counts");
        assert_eq!((refused.len(), refused[0].message.as_str(), refused[0].heard.requests), (1, "still no", 2));
        assert_eq!((probes.len(), probes[0].way, probes[0].heard.requests), (1, WAY, 1));
        clock.set(UnixNanos(6));
        assert_eq!(arrivals.since(UnixNanos(6)), Lately::default());
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stay() {
        let clock = Clock::fixed(UnixNanos(1));
        let arrivals = Arrivals::new(clock.clone());
        for n in 0..1000 {
            clock.set(UnixNanos(n));
            arrivals.arrived(WAY, None, vec![told(&n.to_string())]);
        }
        let seen = arrivals.since(UnixNanos(0)).arrivals;
        assert!(seen.len() <= REMEMBERED, "{}", seen.len());
        assert_eq!(seen[0].sender.service, "999");
        for n in 0..1000 {
            arrivals.arrived(WAY, None, vec![told(&format!("at once {n}"))]);
        }
        assert!(arrivals.since(UnixNanos(0)).arrivals.len() <= REMEMBERED);
    }
}
