//! A Splunk HTTP Event Collector as its documentation and measurements describe it, with faults on demand.
//!
//! Facts: Splunk's REST reference and its HEC troubleshooting page for codes 0 to 22, github.com/fear-ai/hecpoc and
//! github.com/ross/logit for what was measured of 24 to 28, of `invalid-event-number` and of limits. It is a thread of its
//! own with real sockets, and watches its client: what a Splunk would lose in silence, or be sent twice without need, is
//! noted as a violation.

mod answers;
mod envelope;
mod http;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

use super::PATIENCE;

pub const TOKEN: &str = "9b1f2c3d-0000-4000-8000-000000000001";

/// What happens to one request with events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// All is well.
    None,
    /// 503 code 9; so many events are indexed before, and it says so.
    Busy { indexed: Option<usize> },
    /// This status and code, and nothing is indexed; seconds for `Retry-After`.
    Refuse { status: u16, code: i64, after: Option<u64> },
    /// Accepted with this code: 24 or 25.
    Approaching(i64),
    /// Accepted; indexed when it has been asked for so often.
    AckLate(u32),
    /// Accepted and indexed, or not; the acknowledgement never comes.
    AckLost { indexed: bool },
    /// The connection is reset while the body is read.
    ResetBefore,
    /// Indexed, and the connection is reset before the answer.
    ResetAfter,
    /// Indexed, and half of the answer comes.
    CutAnswer,
    /// Read, indexed or not, and never answered.
    Hang { indexed: bool },
    /// 413 with a page, where there are several events.
    TooLarge,
    /// 415 with a page, whatever was sent.
    Unsupported,
    /// A page of a gateway with this status.
    Gateway(u16),
    /// Well, after so many milliseconds.
    Slow(u64),
}

/// What lasts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether the token has acknowledgement switched on.
    pub acks: bool,
    /// Answers carry ids, but the question for them is refused with code 14.
    pub acks_disabled: bool,
    pub gzip: bool,
    /// Bytes before compression that are taken.
    pub max_body: usize,
    /// How a larger one is refused.
    pub oversize: Oversize,
    /// Allowed indexes besides the default one.
    pub indexes: HashSet<String>,
    /// A cookie that a load balancer sets, and without which the acknowledgement is asked of the wrong indexer.
    pub cookie: Option<String>,
    /// What the health endpoint says.
    pub health: (u16, i64),
    /// Requests that take this long may have been given up by their client.
    pub client_timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oversize {
    /// 413 with a page, as Splunk Enterprise.
    Page,
    /// The connection breaks, as at proxies.
    Reset,
    /// 400 code 6 for event 0, as Splunk Cloud.
    Code6,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            acks: false,
            acks_disabled: false,
            gzip: true,
            max_body: 5_242_881,
            oversize: Oversize::Code6,
            indexes: HashSet::new(),
            cookie: None,
            health: (200, 17),
            client_timeout: Duration::from_secs(4),
        }
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub headers: HashMap<String, String>,
    /// Bytes of the body before compression.
    pub bytes: usize,
    pub events: usize,
}

#[derive(Debug, Default)]
pub struct State {
    settings: Settings,
    schedule: VecDeque<Fault>,
    indexed: Vec<Value>,
    /// Events by what they say, and whether sending them again is nobody's fault.
    known: HashMap<String, Known>,
    violations: Vec<String>,
    channels: HashMap<String, Channel>,
    /// Channel and id under which the events at hand will be acknowledged.
    awaited: Option<(String, u64)>,
    seen: Vec<Seen>,
}

/// An event that is indexed.
#[derive(Debug)]
struct Known {
    /// The answer did not arrive, or may have come too late.
    excused: bool,
    /// It was accepted but not yet acknowledged, under this channel and id.
    waits: Option<(String, u64)>,
}

/// Acknowledgements of one data channel.
#[derive(Debug, Default)]
struct Channel {
    next: u64,
    /// How often each must still be asked for; `None`: for ever.
    open: HashMap<u64, Option<u32>>,
}

/// A running collector.
pub struct Hec {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Hec {
    pub fn start() -> Self {
        Self::start_with(Settings::default())
    }

    pub fn start_with(settings: Settings) -> Self {
        Self::start_at("127.0.0.1:0".parse().expect("an address"), settings)
    }

    /// On this address, e.g. one on which another was stopped.
    pub fn start_at(address: SocketAddr, settings: Settings) -> Self {
        let state = Arc::new(Mutex::new(State { settings, ..State::default() }));
        let listener = std::net::TcpListener::bind(address).expect("the address is free");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&state);
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(http::serve(listener, shared, stopped));
        };
        let thread = std::thread::Builder::new().name("hec".into()).spawn(serve).expect("a thread");
        Self { address, state, stop: Some(stop), thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next requests with events go so; all is well afterwards.
    pub fn schedule(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().schedule.extend(faults);
    }

    /// How many faults are still to come.
    pub fn pending_faults(&self) -> usize {
        self.state().schedule.len()
    }

    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.state().settings);
    }

    /// Every envelope in the index, in order of arrival.
    pub fn indexed(&self) -> Vec<Value> {
        self.state().indexed.clone()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// What a client must not do and this one did.
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Waits until `done` holds for what is indexed.
    pub async fn until(&self, done: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let started = tokio::time::Instant::now();
        loop {
            let indexed = self.indexed();
            if done(&indexed) {
                return indexed;
            }
            let (count, left) = (indexed.len(), self.pending_faults());
            assert!(started.elapsed() < PATIENCE, "not so after a minute: {count} events, {left} faults to come");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Goes away; whoever connects is refused.
    pub fn stop(mut self) -> SocketAddr {
        self.end();
        self.address
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _gone = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the collector did not panic");
        }
    }
}

impl Drop for Hec {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _gone = stop.send(());
        }
    }
}
