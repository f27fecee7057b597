//! Full-text search: one SQLite FTS5 index per journal day over names, prompts, completions, tools, errors, logs.
//!
//! Promises: rows and cursor are committed together, so everything is indexed exactly once; texts stay in the
//! journal alone, and snippets are read from there; the indexer rests while requests arrive and delays nobody.
//! All of it is derived: a file that is missing, damaged or of another format is made again from the journal.

mod ask;
mod day_file;
mod error;
mod indexer;
mod query;
mod seen;
mod snippet;
mod text;

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::{Notify, Semaphore, watch};

use crate::background;
use crate::clock::Clock;
use crate::config::SearchConfig;
use crate::interpret::Interpreter;
use crate::journal::{Cursor, Journal};
use crate::meter::Meter;
use crate::model::{Day, SpanId, TraceId, UnixNanos};

pub use error::Error;
pub use query::{BadQuery, Query};
pub use snippet::Snippet;

/// Searches answered at once; further ones wait their turn within their deadline.
const AT_ONCE: usize = 2;
/// How often it is looked whether an index is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Matches looked through for the traces they belong to.
const MOST_MATCHES: usize = 20_000;

/// Where a text belongs; a column of the index, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Name of a span, tool or event.
    Name,
    /// What a model or step was given: system and user messages, queries, inputs.
    Prompt,
    /// What came out: answers, reasoning, outputs.
    Completion,
    /// Arguments and results of tools, documents found.
    Tool,
    /// Status messages, error types, exceptions.
    Error,
    /// Bodies of log records.
    Log,
}

impl Field {
    pub const ALL: [Self; 6] = [Self::Name, Self::Prompt, Self::Completion, Self::Tool, Self::Error, Self::Log];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Prompt => "prompt",
            Self::Completion => "completion",
            Self::Tool => "tool",
            Self::Error => "error",
            Self::Log => "log",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }

    /// The column of the index has the field's name.
    fn column(self) -> &'static str {
        self.as_str()
    }
}

/// The place of a match in the list, newest first: larger is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Start in microseconds, a little off where several started in the same one.
    pub key: i64,
    /// Tell equals apart: the trace id, the span id or number of a log record.
    pub id: u128,
    pub sub: u64,
}

impl Place {
    fn new(key: i64, trace: Option<TraceId>, span: Option<SpanId>, record: Option<u32>) -> Self {
        let span = span.map_or(0, |id| u64::from_be_bytes(id.0));
        let sub = record.map_or(span, |record| span ^ u64::from(record).rotate_left(40));
        Self { key, id: trace.map_or(0, |id| u128::from_be_bytes(id.0)), sub }
    }
}

/// A match as the index has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub place: Place,
    pub trace_id: Option<TraceId>,
    pub span_id: Option<SpanId>,
    /// The chunk it stood in when it was indexed.
    at: Cursor,
    record: Option<u32>,
}

/// A match with what is shown of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub place: Place,
    /// `None` for a log record without a trace.
    pub trace_id: Option<TraceId>,
    pub span_id: Option<SpanId>,
    pub start: UnixNanos,
    pub name: String,
    pub service: String,
    /// A span kind, or `log`.
    pub kind: &'static str,
    pub model: Option<String>,
    pub snippet: Option<Snippet>,
}

/// What is searched for, and where to go on.
#[derive(Debug, Clone)]
pub struct Question {
    pub query: Query,
    pub since: Option<UnixNanos>,
    /// Exclusive.
    pub until: Option<UnixNanos>,
    pub after: Option<Place>,
    pub limit: usize,
}

/// The traces that matches belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    pub ids: Vec<TraceId>,
    /// There are more than were looked for: these are the newest.
    pub truncated: bool,
    /// When truncated, every trace left out started before this.
    pub reaches: UnixNanos,
}

/// What the Health page says about search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchStats {
    /// On disk.
    pub bytes: u64,
    /// Days with an index.
    pub days: u64,
    /// The newest chunk indexed since the start.
    pub indexed: Cursor,
    /// Age of the newest chunk indexed, in nanoseconds; 0 when up to date.
    pub lag_ns: i64,
    /// Earlier days that are still to be indexed.
    pub pending_days: u64,
    /// Chunks left out because they could not be read, since the start.
    pub skipped_chunks: u64,
    /// Why indexing fails, when it does.
    pub error: Option<String>,
}

/// Handle to the search. Clones share it.
#[derive(Clone)]
pub struct Search {
    /// `None` when switched off.
    on: Option<Arc<On>>,
}

struct On {
    dir: PathBuf,
    shared: Arc<Shared>,
    journal: Journal,
    interpreter: Arc<Interpreter>,
    deadline: Duration,
    turns: Arc<Semaphore>,
    stop: watch::Sender<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the indexer tells everybody else, and is told.
#[derive(Debug)]
struct Shared {
    clock: Clock,
    cursor: watch::Sender<Cursor>,
    /// When the newest chunk indexed arrived; 0 when nothing waits.
    behind_since: AtomicI64,
    pending: AtomicUsize,
    error: Mutex<Option<String>>,
    /// Earlier days whose index is whole.
    finished: Mutex<HashSet<Day>>,
    /// Days whose index a search could not read.
    suspects: Mutex<BTreeSet<Day>>,
    /// Days whose index shall be made again.
    outdated: Mutex<BTreeSet<Day>>,
    wake: Notify,
    indexed: Counter,
    failures: Counter,
    skipped: Counter,
}

impl Search {
    /// Opens the indexes in `dir`, creating it, and starts to follow the journal. Switched off there are no files.
    ///
    /// # Errors
    /// When the folder cannot be used or the thread not started.
    pub fn open(
        dir: &Path,
        config: &SearchConfig,
        journal: Journal,
        interpreter: Arc<Interpreter>,
        clock: Clock,
        meter: &Meter,
    ) -> Result<Self, Error> {
        let failed = |source| Error::Folder { path: dir.to_owned(), source };
        if !config.enabled {
            if dir.exists() {
                std::fs::remove_dir_all(dir).map_err(failed)?;
                tracing::info!("removed the search index: search.enabled is false");
            }
            return Ok(Self { on: None });
        }
        std::fs::create_dir_all(dir).map_err(failed)?;
        let shared = Arc::new(Shared {
            clock,
            cursor: watch::Sender::new(Cursor::default()),
            behind_since: AtomicI64::new(0),
            pending: AtomicUsize::new(0),
            error: Mutex::default(),
            finished: Mutex::default(),
            suspects: Mutex::default(),
            outdated: Mutex::default(),
            wake: Notify::new(),
            indexed: meter.register("search_indexed", "Spans and log records indexed", Counter::default()),
            failures: meter.register(
                "search_failures",
                "Batches that could not be indexed at once",
                Counter::default(),
            ),
            skipped: meter.register("search_skipped_chunks", "Chunks that could not be indexed", Counter::default()),
        });
        let (stop, stopped) = watch::channel(false);
        let indexer = indexer::Indexer {
            dir: dir.to_owned(),
            reader: journal.reader(),
            earlier: journal.earlier(),
            journal: journal.clone(),
            interpreter: Arc::clone(&interpreter),
            shared: Arc::clone(&shared),
            stop: stopped,
            file: None,
            seen: seen::Seen::default(),
        };
        let thread = background::spawn("search", move || indexer.run()).map_err(Error::Thread)?;
        let on = On {
            dir: dir.to_owned(),
            shared,
            journal,
            interpreter,
            deadline: Duration::from_millis(config.query_timeout_ms),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            stop,
            thread: Mutex::new(Some(thread)),
        };
        Ok(Self { on: Some(Arc::new(on)) })
    }

    pub fn is_on(&self) -> bool {
        self.on.is_some()
    }

    /// Matches newest first, `question.limit` at most.
    ///
    /// # Errors
    /// When search is off, takes too long, or an index cannot be read.
    pub async fn find(&self, question: Question) -> Result<Vec<Found>, Error> {
        self.ask(move |on, stopper| {
            let window = ask::Window { since: question.since, until: question.until, after: question.after };
            on.newest(&question.query, &window, question.limit, stopper)
        })
        .await
    }

    /// What `found` shows, from the journal, in the same order; what is no longer there is left out.
    ///
    /// # Errors
    /// As [`Self::find`], and when the journal cannot be read.
    pub async fn show(&self, found: Vec<Found>, query: Query) -> Result<Vec<Hit>, Error> {
        self.ask(move |on, stopper| ask::hits(&found, &query, &on.journal, &on.interpreter, stopper)).await
    }

    /// The traces of the newest matches, newest first, `most` at most.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub async fn traces(
        &self,
        query: Query,
        since: Option<UnixNanos>,
        until: Option<UnixNanos>,
        most: usize,
    ) -> Result<Traces, Error> {
        self.ask(move |on, stopper| {
            let window = ask::Window { since, until, after: None };
            // A trace has a few matches.
            let matches = MOST_MATCHES.min(most.saturating_mul(4));
            let found = on.newest(&query, &window, matches, stopper)?;
            let mut truncated = found.len() == matches;
            let mut known = HashSet::new();
            let mut traces = Traces { ids: Vec::new(), truncated: false, reaches: UnixNanos::default() };
            for found in found {
                let Some(id) = found.trace_id.filter(|id| known.insert(*id)) else { continue };
                if traces.ids.len() == most {
                    truncated = true;
                    break;
                }
                traces.ids.push(id);
                // A trace starts no later than its match; the key is rounded down, so one is added.
                traces.reaches = UnixNanos((found.place.key + 1).saturating_mul(1000));
            }
            Ok(Traces { truncated, ..traces })
        })
        .await
    }

    /// Runs `question` off the async threads, with a deadline; dropping the future interrupts it.
    async fn ask<T, F>(&self, question: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&On, &ask::Stopper) -> Result<T, Error> + Send + 'static,
    {
        let on = self.on.clone().ok_or(Error::Off)?;
        let after = on.deadline;
        let answer = async move {
            let turn = Arc::clone(&on.turns).acquire_owned().await.map_err(|_| Error::Stopped)?;
            let stopper = ask::Stopper::default();
            let guard = StopOnDrop(stopper.clone());
            let task = tokio::task::spawn_blocking(move || {
                let answer = question(&on, &stopper);
                drop(turn);
                answer
            });
            let answer = task.await.unwrap_or(Err(Error::Stopped));
            drop(guard);
            answer
        };
        tokio::time::timeout(after, answer).await.unwrap_or(Err(Error::Timeout { after }))
    }

    /// Sizes and lag; `None` when switched off. Looks at the disk.
    pub fn stats(&self) -> Option<SearchStats> {
        let on = self.on.as_ref()?;
        let shared = &on.shared;
        let lag_ns = match shared.behind_since.load(Ordering::Relaxed) {
            0 => 0,
            since => shared.clock.now().since(UnixNanos(since)),
        };
        Some(SearchStats {
            bytes: day_file::bytes_on_disk(&on.dir),
            days: day_file::days(&on.dir).map_or(0, |days| days.len() as u64),
            indexed: *shared.cursor.borrow(),
            lag_ns,
            pending_days: shared.pending.load(Ordering::Relaxed) as u64,
            skipped_chunks: shared.skipped.get(),
            error: lock(&shared.error).clone(),
        })
    }

    /// How far the newest journal day is indexed; `None` when switched off.
    pub fn cursor(&self) -> Option<watch::Receiver<Cursor>> {
        self.on.as_ref().map(|on| on.shared.cursor.subscribe())
    }

    /// Whether the indexer is at work, as it should be; true when switched off.
    pub fn is_running(&self) -> bool {
        self.on.as_ref().is_none_or(|on| lock(&on.thread).as_ref().is_some_and(|thread| !thread.is_finished()))
    }

    /// Deletes the indexes of `days` and makes them again from the journal: after something was deleted there, or
    /// packed anew. Until then nothing of these days is found.
    pub fn remake(&self, days: &[Day]) {
        if let Some(on) = &self.on {
            lock(&on.shared.outdated).extend(days);
            on.shared.wake.notify_one();
        }
    }

    /// As [`Self::remake`], and waits until nothing of what was in these indexes is on the disk any more.
    ///
    /// # Errors
    /// When search is being closed, or an index cannot be counted. Deleting goes on by itself.
    pub async fn forget(&self, days: &[Day]) -> Result<(), Error> {
        let Some(on) = &self.on else { return Ok(()) };
        self.remake(days);
        while lock(&on.shared.outdated).iter().any(|day| days.contains(day)) {
            if *on.stop.borrow() || !self.is_running() {
                return Err(Error::Stopped);
            }
            on.shared.wake.notify_one();
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// How many entries of `traces` the indexes of `days` have. Looks at every entry.
    ///
    /// # Errors
    /// When an index cannot be read.
    pub async fn count(&self, traces: HashSet<TraceId>, days: Vec<Day>) -> Result<u64, Error> {
        let Some(on) = self.on.clone() else { return Ok(0) };
        let count = move || days.iter().try_fold(0, |sum, day| Ok(sum + day_file::count(&on.dir, *day, &traces)?));
        tokio::task::spawn_blocking(count).await.unwrap_or(Err(Error::Stopped))
    }

    /// Lets the indexer look now for days that the journal no longer has, instead of within half a minute.
    pub fn look_round(&self) {
        if let Some(on) = &self.on {
            on.shared.wake.notify_one();
        }
    }

    /// Stops indexing after the batch at hand.
    pub async fn close(&self) {
        let Some(on) = &self.on else { return };
        on.stop.send_replace(true);
        let Some(thread) = lock(&on.thread).take() else { return };
        let joined = tokio::task::spawn_blocking(move || thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the search indexer had panicked");
        }
    }
}

impl On {
    fn newest(
        &self,
        query: &Query,
        window: &ask::Window,
        most: usize,
        stopper: &ask::Stopper,
    ) -> Result<Vec<Found>, Error> {
        ask::newest(&self.dir, query, window, most, stopper, |day| {
            tracing::warn!(search.day = %day, "the search index of {day} is damaged and will be made again");
            lock(&self.shared.suspects).insert(day);
            self.shared.wake.notify_one();
        })
    }
}

impl Shared {
    /// The newest day is indexed up to `cursor`, whose chunk arrived at `received`; there may be more.
    fn came_to(&self, cursor: Cursor, received: UnixNanos) {
        self.behind_since.store(received.0, Ordering::Relaxed);
        self.cursor.send_if_modified(|known| std::mem::replace(known, cursor) != cursor);
    }

    /// The newest day is indexed up to `cursor`, which is its end.
    fn reached(&self, cursor: Cursor) {
        self.behind_since.store(0, Ordering::Relaxed);
        self.cursor.send_if_modified(|known| std::mem::replace(known, cursor) != cursor);
    }

    fn set_pending(&self, days: usize) {
        self.pending.store(days, Ordering::Relaxed);
    }

    fn up_to_date(&self) {
        self.behind_since.store(0, Ordering::Relaxed);
    }
}

/// Interrupts a search that nobody waits for any more.
struct StopOnDrop(ask::Stopper);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
