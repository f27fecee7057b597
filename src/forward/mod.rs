//! Sends what the journal has to other places: Splunk, OTLP backends, webhooks.
//!
//! Every destination has a thread, a cursor and a pace of its own, so that one that is slow or away costs nothing but
//! its own lag. There is no queue: the journal is the queue, and the cursor moves when the destination has confirmed.
//! What it will not take becomes a dead letter, which refers to the journal.

mod backoff;
mod courier;
mod facts;
mod http;
mod inline;
mod item;
mod kinds;
mod ledger;
mod otlp;
mod pieces;
mod post;
mod report;
mod sampling;
mod select;
mod shorten;
pub mod splunk_hec;
mod unsent;
mod webhook;
mod window;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};

use crate::analytics::Analytics;
use crate::background;
use crate::clock::Clock;
use crate::config::DestinationConfig;
use crate::interpret::Interpreter;
use crate::journal::{Cursor, Journal};
use crate::media::Media;
use crate::meter::Meter;
use crate::model::{Day, TraceId};
use crate::redact::Redactor;
use crate::registry::Registry;

use courier::{Courier, Order};
use ledger::{Account, Ledger};
use sampling::Sampler;

pub use facts::Known;
pub use http::{Error as HttpError, Headers};
pub use item::{Answer, Fault, Item, Kind, Refused, Selected};
pub use ledger::{DeadLetter, FILE};
pub use report::{Report, State};
pub use sampling::SamplingReport;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use forward.sqlite (how far destinations have come, dead letters): {source}")]
    Ledger { source: rusqlite::Error },
    #[error("{path} has format {found}, which is newer than this version: use the version that wrote it, or newer")]
    Format { path: PathBuf, found: i64 },
    #[error("destination {name:?}: {source}")]
    Http { name: String, source: HttpError },
    #[error("destination {name:?}: {source}")]
    Redact { name: String, source: crate::redact::Error },
    #[error("cannot start the thread of destination {name:?}: {source}")]
    Thread { name: String, source: std::io::Error },
    #[error("the journal cannot be read: {0}")]
    Journal(#[from] crate::journal::Error),
    #[error("a record of the journal cannot be decoded: {0}")]
    Decode(#[from] prost::DecodeError),
    #[error("there is no destination {0:?}")]
    Unknown(String),
    #[error("shutting down")]
    Closed,
}

/// What destinations are made of besides their configuration.
#[derive(Clone)]
pub struct Surroundings {
    pub journal: Journal,
    /// What whole traces tell, and by which samples are decided.
    pub analytics: Analytics,
    pub registry: Registry,
    /// Images and sounds that were taken out of messages.
    pub media: Media,
    pub interpreter: Arc<Interpreter>,
    pub clock: Clock,
    /// What is kept here went through it; destinations get no more.
    pub redactor: Arc<Redactor>,
}

/// Handle to all destinations. Clones share it.
#[derive(Clone)]
pub struct Forward {
    destinations: Arc<BTreeMap<String, Destination>>,
    ledger: Option<Ledger>,
}

/// Handle to one.
struct Destination {
    report: Arc<Mutex<Report>>,
    orders: mpsc::UnboundedSender<Order>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Forward {
    /// Starts a thread for each destination, until `stop` turns true. Without destinations nothing is opened.
    ///
    /// # Errors
    /// When a certificate, a rule or `forward.sqlite` cannot be used; the message names the destination.
    pub fn start(
        configs: &[DestinationConfig],
        data_dir: &Path,
        around: &Surroundings,
        meter: &Meter,
        stop: &watch::Receiver<bool>,
    ) -> Result<Self, Error> {
        let mut destinations = BTreeMap::new();
        if configs.is_empty() {
            return Ok(Self { destinations: Arc::new(destinations), ledger: None });
        }
        let ledger = Ledger::open(data_dir)?;
        let counters = report::Counters::register(meter);
        let samples = sampling::SamplingCounters::register(meter);
        for config in configs {
            let named = |source| Error::Http { name: config.name.clone(), source };
            let account = account(config, &ledger, &around.journal)?;
            // Before anybody deletes.
            around.journal.hold(&config.name, courier::hold(config, account.cursor, account.cursor));
            let redactor = redactor(&around.redactor, config)?;
            let kind = kinds::Kinds::new(config, around).map_err(named)?;
            let report = Arc::new(Mutex::new(Report::new(config, &account)));
            let (orders, taken) = mpsc::unbounded_channel();
            let courier = Courier::new(
                config,
                kind,
                select::Selector::new(config, redactor, Arc::clone(&around.interpreter)),
                (account, ledger.clone()),
                around.journal.clone(),
                around.clock.clone(),
                (Arc::clone(&report), counters.of(&config.name)),
            );
            let courier = match &config.sampling {
                Some(sampling) => {
                    courier.sampled(Sampler::open(sampling, &config.name, around, ledger.clone(), samples.clone())?)
                }
                None => courier,
            };
            let stop = stop.clone();
            let thread = background::spawn(&format!("to-{}", config.name), move || courier.run(taken, stop))
                .map_err(|source| Error::Thread { name: config.name.clone(), source })?;
            let destination = Destination { report, orders, thread: Mutex::new(Some(thread)) };
            destinations.insert(config.name.clone(), destination);
        }
        Ok(Self { destinations: Arc::new(destinations), ledger: Some(ledger) })
    }

    /// How each destination is doing, by name.
    pub fn reports(&self) -> Vec<Report> {
        self.destinations.values().map(|destination| lock(&destination.report).clone()).collect()
    }

    /// # Errors
    /// When there is no such destination.
    pub fn report(&self, name: &str) -> Result<Report, Error> {
        Ok(lock(&self.find(name)?.report).clone())
    }

    /// Sends nothing any more, until it is resumed; a restart does not change that.
    ///
    /// # Errors
    /// When there is no such destination, or the server is stopping.
    pub async fn pause(&self, name: &str, paused: bool) -> Result<(), Error> {
        self.order(name, |done| Order::Pause(paused, done)).await?
    }

    /// Sends again what arrived since the beginning of `day`; what is on the way is finished first.
    ///
    /// # Errors
    /// When there is no such destination, or the server is stopping.
    pub async fn rewind(&self, name: &str, day: Day) -> Result<(), Error> {
        self.order(name, |done| Order::Rewind(Cursor { day, chunk: 0 }, done)).await?
    }

    /// Sends a record that says it is a test, and gives the answer.
    ///
    /// # Errors
    /// When there is no such destination, or the server is stopping.
    pub async fn test(&self, name: &str) -> Result<Answer, Error> {
        self.order(name, Order::Test).await
    }

    /// Dead letters with ids above `after`, oldest first.
    ///
    /// # Errors
    /// When there is no such destination, or the file cannot be read.
    pub fn dead_letters(&self, name: &str, after: i64, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        self.find(name)?;
        self.ledger()?.dead_letters(name, after, limit)
    }

    /// Sends dead letters again: `id`, or all. Gives how many.
    ///
    /// # Errors
    /// When there is no such destination, or the file cannot be written.
    pub fn replay(&self, name: &str, id: Option<i64>) -> Result<usize, Error> {
        let destination = self.find(name)?;
        let asked = self.ledger()?.ask_replay(name, id)?;
        let _its_end_is_told_by_others = destination.orders.send(Order::Replay);
        Ok(asked)
    }

    /// Forgets dead letters: `id`, or all. Gives how many.
    ///
    /// # Errors
    /// When there is no such destination, or the file cannot be written.
    pub fn discard(&self, name: &str, id: Option<i64>) -> Result<usize, Error> {
        let destination = self.find(name)?;
        let gone = self.ledger()?.discard(name, id)?;
        let _its_end_is_told_by_others = destination.orders.send(Order::Replay);
        Ok(gone)
    }

    /// Traces are deleted of which something stood at `place` or after: names the destinations that may have been sent
    /// some of it, and forgets dead letters about them, whose answers may quote them.
    pub fn erased(&self, traces: &HashSet<TraceId>, place: Cursor) -> Vec<String> {
        if let Some(ledger) = &self.ledger
            && let Err(error) = ledger.forget(traces)
        {
            tracing::error!(%error, "dead letters about a deleted trace could not be forgotten: {error}");
        }
        let sent = self.destinations.iter().filter(|(_, destination)| lock(&destination.report).reached >= place);
        sent.map(|(name, _)| name.clone()).collect()
    }

    /// Waits until all threads have ended, as `stop` told them to.
    pub async fn close(&self) {
        for (name, destination) in self.destinations.iter() {
            let Some(thread) = lock(&destination.thread).take() else { continue };
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!(destination = %name, "the thread of destination {name} had panicked");
            }
        }
    }

    async fn order<T>(&self, name: &str, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, Error> {
        let (done, told) = oneshot::channel();
        self.find(name)?.orders.send(order(done)).map_err(|_| Error::Closed)?;
        told.await.map_err(|_| Error::Closed)
    }

    fn find(&self, name: &str) -> Result<&Destination, Error> {
        self.destinations.get(name).ok_or_else(|| Error::Unknown(name.to_owned()))
    }

    fn ledger(&self) -> Result<&Ledger, Error> {
        self.ledger.as_ref().ok_or(Error::Closed)
    }
}

/// Looks whether certificates and secrets of a destination are where they should be, without a connection.
///
/// # Errors
/// Names the file, the variable or the header.
pub fn check(config: &DestinationConfig) -> Result<(), Error> {
    let looked = http::client(config, false).and_then(|_| Headers::new(config, "Bearer")?.current());
    looked.map(drop).map_err(|source| Error::Http { name: config.name.clone(), source })
}

/// What is known of a destination; one that was never seen before begins where the configuration says.
fn account(config: &DestinationConfig, ledger: &Ledger, journal: &Journal) -> Result<Account, Error> {
    let head = *journal.committed().borrow();
    // The configuration was checked: anything but a day means now.
    let start = match config.from.day() {
        Ok(Some(day)) => Cursor { day, chunk: 0 },
        _ => head,
    };
    let mut account = ledger.account(&config.name, start)?;
    if account.cursor > head {
        // The journal of a backup, and a cursor from after it: what comes next has places that were passed before.
        account.cursor = head;
        account.partial.clear();
        ledger.save(&config.name, &account)?;
    }
    Ok(account)
}

/// What a destination must not get of what is kept here.
fn redactor(local: &Redactor, config: &DestinationConfig) -> Result<Option<Redactor>, Error> {
    let policy = local.stricter(config.content, &config.redact);
    let policy = policy.map_err(|source| Error::Redact { name: config.name.clone(), source })?;
    Ok(Some(policy).filter(|policy| !policy.is_idle()))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Reports stay readable after a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DestinationKind, JournalConfig};
    use crate::model::UnixNanos;

    #[tokio::test]
    async fn a_cursor_from_after_the_backup_is_taken_back_to_its_end() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let clock = Clock::fixed(UnixNanos(1_790_000_000_000_000_000));
        let journal = Journal::open(&dir.path().join("journal"), &JournalConfig::default(), clock, &Meter::default());
        let journal = journal.expect("opens");
        let head = *journal.committed().borrow();
        let ledger = Ledger::open(dir.path()).expect("opens");
        let config = DestinationConfig::new("there", DestinationKind::Webhook, "http://127.0.0.1:1");
        let begun = account(&config, &ledger, &journal).expect("made");
        assert_eq!(begun.cursor, head, "from now on");
        let ahead = Cursor { day: Day(head.day.0 + 1), chunk: 7 };
        ledger.save("there", &Account { cursor: ahead, sent_records: 3, ..begun }).expect("written");
        let restored = account(&config, &ledger, &journal).expect("read");
        assert_eq!((restored.cursor, restored.sent_records), (head, 3));
        assert_eq!(account(&config, &ledger, &journal).expect("read"), restored);
    }
}
