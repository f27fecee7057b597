//! A port that passes model calls on to their provider and records them, for programs that can only change a base URL.
//!
//! Promises: request and answer are passed on piece by piece and unchanged, but for headers that hold for one connection,
//! those that are for the relay, and `traceparent`; nothing is sent twice; keys go to the provider and nowhere else. What
//! was said is recorded after the answer, by the way of all that is received, as a span of the GenAI conventions; when that
//! fails, the call itself has long succeeded.

mod answered;
mod asked;
mod attributes;
mod body;
mod call;
mod capture;
mod counters;
mod headers;
mod messages;
mod outline;
mod pass;
mod read;
mod record;
mod refusal;
mod route;
mod span;
mod speech;
mod usage;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;

use crate::access::{Access, Asks};
use crate::arrivals::Arrivals;
use crate::clock::Clock;
use crate::config::{RelayConfig, UpstreamConfig};
use crate::meter::Meter;
use crate::model::UnixNanos;
use crate::receive::Receiver;
use crate::registry;

use call::{Ids, lock};
use capture::Budget;
use counters::Counters;
use record::Recorder;
use route::{Routes, Upstream};

/// Idle connections are closed after so long; many servers do it after a minute.
const IDLE: Duration = Duration::from_secs(50);

/// How often a silent HTTP/2 connection is asked whether it still lives.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("relay.upstream {name:?}: {url:?} is no address ({reason}): write it as https://host/path")]
    Address { name: String, url: String, reason: String },
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    #[error("cannot draw random bytes from /dev/urandom: {0}")]
    Random(std::io::Error),
    #[error("cannot start the thread that records calls: {0}")]
    Thread(std::io::Error),
}

/// The relay while it is on. Clones share it.
#[derive(Clone)]
pub struct Relay {
    shared: Arc<Shared>,
}

struct Shared {
    address: SocketAddr,
    routes: Arc<Routes>,
    client: reqwest::Client,
    ids: Ids,
    clock: Clock,
    arrivals: Arrivals,
    access: Access,
    /// On loopback the keys of the providers are enough: programs there would otherwise have to be changed twice.
    asks: Asks,
    budget: Budget,
    /// Bytes kept of a request or an answer.
    most: usize,
    recorder: Recorder,
    counters: Counters,
    states: Mutex<Vec<State>>,
}

/// How it goes with an upstream.
#[derive(Debug, Clone, Default)]
struct State {
    requests: u64,
    unanswered: u64,
    last_error: Option<(UnixNanos, String)>,
    failing: bool,
}

/// How the relay is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub address: SocketAddr,
    /// Calls under way, recorded, and lost to the record.
    pub open: i64,
    pub recorded: u64,
    pub dropped: u64,
    pub upstreams: Vec<UpstreamReport>,
}

/// How it goes with an upstream since the start.
#[derive(Debug, Clone, PartialEq)]
pub struct UpstreamReport {
    pub name: String,
    /// `openai`, `anthropic` or `ollama`.
    pub kind: &'static str,
    pub host: String,
    pub requests: u64,
    /// Requests that it did not answer at all.
    pub unanswered: u64,
    /// The last reason for that, and when it was.
    pub last_error: Option<(UnixNanos, String)>,
    /// Its last request was not answered.
    pub failing: bool,
}

/// Finds what would keep upstreams from being asked.
///
/// # Errors
/// When an address is none.
pub fn check(upstreams: &[UpstreamConfig]) -> Result<(), Error> {
    Routes::new(upstreams).map(drop)
}

impl Relay {
    /// The relay that listens on `address`; what it sees is recorded by `receiver`.
    ///
    /// # Errors
    /// When an address is none, or the system gives no randomness.
    pub fn start(
        config: &RelayConfig,
        address: SocketAddr,
        receiver: Receiver,
        (arrivals, access): (Arrivals, Access),
        clock: Clock,
        meter: &Meter,
    ) -> Result<Self, Error> {
        let routes = Arc::new(Routes::new(&config.upstream)?);
        let key = registry::random().map_err(Error::Random)?;
        let counters = Counters::register(meter);
        let most = config.max_captured_bytes;
        let recorder = Recorder::start(Arc::clone(&routes), receiver, counters.clone(), most).map_err(Error::Thread)?;
        let states = Mutex::new(vec![State::default(); routes.all().len()]);
        let shared = Shared {
            address,
            routes,
            client: client(Duration::from_millis(config.connect_timeout_ms))?,
            ids: Ids::new(key),
            clock,
            arrivals,
            access,
            asks: if config.allow_without_key || address.ip().is_loopback() { Asks::Never } else { Asks::Always },
            budget: Budget::new(config.max_inflight_bytes),
            most,
            recorder,
            counters,
            states,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Every path there is.
    pub fn router(&self) -> Router {
        Router::new().fallback(pass::answer).with_state(Arc::clone(&self.shared))
    }

    pub fn report(&self) -> Report {
        let states = lock(&self.shared.states).clone();
        let upstreams = self.shared.routes.all().iter().zip(states).map(|(upstream, state)| UpstreamReport {
            name: upstream.name.clone(),
            kind: upstream.kind.as_str(),
            host: upstream.host().to_owned(),
            requests: state.requests,
            unanswered: state.unanswered,
            last_error: state.last_error,
            failing: state.failing,
        });
        let counters = &self.shared.counters;
        Report {
            address: self.shared.address,
            open: counters.open.get(),
            recorded: counters.recorded.get(),
            dropped: counters.dropped.get(),
            upstreams: upstreams.collect(),
        }
    }

    /// Waits until what has been passed on is recorded; nothing may be passed on any more.
    pub async fn close(&self) {
        self.shared.recorder.close().await;
    }
}

/// Connections are shared and kept; only making one has a limit in time.
fn client(connect_timeout: Duration) -> Result<reqwest::Client, Error> {
    // Fails when one is there already, which serves as well.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_adaptive_window(true)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .build()?)
}

impl Shared {
    fn answered(&self, upstream: &Upstream, at: usize, status: u16) {
        self.counters.request(&upstream.name, Some(status));
        let mut states = lock(&self.states);
        let state = &mut states[at];
        state.requests += 1;
        if std::mem::take(&mut state.failing) {
            tracing::info!(upstream = upstream.name, "{} answers the relay again", upstream.name);
        }
    }

    fn unanswered(&self, upstream: &Upstream, at: usize, why: &str) {
        self.counters.request(&upstream.name, None);
        let mut states = lock(&self.states);
        let state = &mut states[at];
        state.requests += 1;
        state.unanswered += 1;
        state.last_error = Some((self.clock.now(), why.to_owned()));
        if !std::mem::replace(&mut state.failing, true) {
            tracing::warn!(upstream = upstream.name, why, "{} does not answer the relay: {why}", upstream.name);
        }
    }
}

/// What is at the bottom of an error, which names no address.
fn root(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
