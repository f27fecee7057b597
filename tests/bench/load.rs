//! The load generator: several connections, at full speed or at a rate, for a bounded time.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use tracemeter::clock::Clock;

use crate::send::{Answer, Connection, Protocol};
use crate::text::Dice;
use crate::traffic::{Profile, requests};

/// How to send.
#[derive(Debug, Clone, Copy)]
pub struct Load<'k> {
    pub protocol: Protocol,
    pub profile: Profile,
    pub address: SocketAddr,
    pub connections: usize,
    pub duration: Duration,
    /// Spans per second over all connections; `None` = as fast as answers come.
    pub rate: Option<f64>,
    /// Another seed, other ids.
    pub seed: u64,
    /// An ingest key, where the server wants one.
    pub key: Option<&'k str>,
}

/// What came of it. Only what was acknowledged counts.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    pub seconds: f64,
    pub requests: u64,
    pub spans: u64,
    pub bytes: u64,
    /// Retryable refusals; each was waited for and sent again.
    pub refused: u64,
    /// Seconds from when a request was due to its acknowledgement, sorted.
    pub waits: Vec<f64>,
    /// Trace ids that are surely stored, a few.
    pub traces: Vec<String>,
}

impl Sent {
    pub fn spans_per_s(&self) -> f64 {
        self.spans as f64 / self.seconds
    }

    pub fn mb_per_s(&self) -> f64 {
        self.bytes as f64 / 1e6 / self.seconds
    }

    /// Milliseconds within which the given share of the requests was acknowledged.
    pub fn ack_ms(&self, share: f64) -> f64 {
        percentile(&self.waits, share) * 1e3
    }

    /// What another run brought.
    pub fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.spans += other.spans;
        self.bytes += other.bytes;
        self.refused += other.refused;
        self.waits.extend(other.waits);
        self.traces.extend(other.traces);
    }
}

/// The value below which `share` of the sorted values lie; 0 when there are none.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

impl Load<'_> {
    /// Sends until the time is over; every connection has a thread.
    ///
    /// # Errors
    /// When a connection breaks or a request is refused for good.
    pub fn run(&self) -> anyhow::Result<Sent> {
        let mut prepared = Vec::new();
        for index in 0..self.connections {
            let seed = self.seed * 1_000 + index as u64;
            prepared.push((requests(self.profile, seed)?, Dice::new(!seed)));
        }
        let began = Instant::now();
        let mut total = thread::scope(|scope| {
            let senders: Vec<_> = prepared
                .into_iter()
                .enumerate()
                .map(|(index, (requests, dice))| scope.spawn(move || self.one(index, requests, dice, began)))
                .collect();
            let mut total = Sent::default();
            for sender in senders {
                total.add(sender.join().map_err(|_| anyhow!("a sender panicked"))??);
            }
            anyhow::Ok(total)
        })?;
        total.seconds = began.elapsed().as_secs_f64();
        total.waits.sort_by(f64::total_cmp);
        Ok(total)
    }

    fn one(
        &self,
        index: usize,
        mut requests: Vec<crate::traffic::Request>,
        mut dice: Dice,
        began: Instant,
    ) -> anyhow::Result<Sent> {
        let clock = Clock::system();
        let mut connection = Connection::open(self.protocol, self.address, self.key)?;
        let mut sent = Sent::default();
        let pause = self.rate.map(|rate| requests[0].spans as f64 * self.connections as f64 / rate);
        // Connections take turns.
        let mut due = pause.map(|pause| pause * index as f64 / self.connections as f64);
        let count = requests.len();
        for number in 0.. {
            let request = &mut requests[number % count];
            request.stamp(&mut dice, &clock);
            if let Some(due) = due {
                thread::sleep((began + Duration::from_secs_f64(due)).saturating_duration_since(Instant::now()));
            }
            if began.elapsed() >= self.duration {
                break;
            }
            // From when it was due: a server that stalls must not hide the requests that were not sent meanwhile.
            let from = due.map_or_else(Instant::now, |due| began + Duration::from_secs_f64(due));
            while let Answer::Later(wait) = connection.send(&request.body)? {
                sent.refused += 1;
                thread::sleep(wait);
            }
            sent.waits.push(from.elapsed().as_secs_f64());
            sent.requests += 1;
            sent.spans += request.spans;
            sent.bytes += request.body.len() as u64;
            if sent.traces.len() < 8 {
                sent.traces.push(request.trace_id());
            }
            due = due.zip(pause).map(|(due, pause)| due + pause);
        }
        Ok(sent)
    }
}
