//! DuckDB: narrow rows for lists, boards and series, loaded from the journal exactly once.
//!
//! Promises: rows and the loader's cursor are committed together, so a crash neither loses nor repeats a row;
//! a span that arrives again replaces its row; what counts does not depend on the order of arrival; questions
//! have a deadline and stop when nobody waits for them. Everything here is derived: a file that cannot be used
//! is removed and rebuilt. Callers see plain Rust types, never DuckDB's.

mod adopt;
mod answers;
mod buckets;
mod calls;
mod columns;
mod compare;
mod console;
mod cost;
mod database;
mod erase;
mod export;
mod facts;
mod failures;
mod filter;
mod forget;
mod healthy;
mod histogram;
mod homes;
mod incoming;
mod increase;
mod known_calls;
mod load;
mod loader;
mod local;
mod logs;
mod metric_series;
mod metrics;
mod models;
mod movers;
mod overview;
mod page;
mod parts;
mod points;
mod quantile;
mod query;
mod readers;
mod reconcile;
mod reindex;
mod renew;
mod retries;
mod rollup;
mod row;
mod save;
mod seen;
mod series;
mod sessions;
mod signals;
mod sql;
mod structure;
mod summary;
mod traces;
mod twins;
mod unite;
mod users;
mod values;
mod whole;
mod workflows;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::{Notify, broadcast, watch};

use crate::background;
use crate::clock::Clock;
use crate::config::AnalyticsConfig;
use crate::interpret::Interpreter;
use crate::journal::{Cursor, Journal};
use crate::meter::Meter;
use crate::model::{TraceId, UnixNanos};

pub use buckets::{BucketSize, Buckets};
pub use compare::{CompareQuestion, Compared, Comparison, Quote};
pub use console::{Fault, Kind as SqlKind, SqlAnswer, SqlQuestion, SqlTable, cell_text};
pub use cost::{CostAnswer, CostQuestion, CostRow, SessionSums, Sums};
pub use export::{Cell, Kind, MOST_CALLS, Sheet};
pub use facts::{Novelty, TraceFacts, TracePart};
pub use failures::Failure;
pub use filter::{Dimension, Filter};
pub use forget::Forgotten;
pub use healthy::Worth;
pub use histogram::Bin;
pub use homes::Home;
pub use known_calls::KnownCall;
pub use logs::{LogCount, LogEvent, LogQuestion, LogSummary, read_logs};
pub use metric_series::{Aggregate, MetricSeriesQuestion, SeriesAnswer, SeriesLine, SeriesPoint};
pub use metrics::{MetricName, MetricQuestion};
pub use models::{ModelFigures, Spread};
pub use movers::{Mover, MoversQuestion, Side};
pub use overview::{Top, Totals};
pub use page::{Order, Page, PageKey};
pub use parts::{Part, PartKind};
pub use points::{Exemplar, Exponential, MetricPoint, Number, Shape, Temporality};
pub use reconcile::{Disagreement, ReconcileQuestion, ReconcileSums, Reconciled};
pub use reindex::{ReindexReport, ReindexState, ReindexTask};
pub use renew::{Renew, Renewal, RenewalSums};
pub use series::{Line, Metric, SeriesQuestion};
pub use sessions::Session;
pub use structure::{Node, Nodes, Used, Uses};
pub use summary::{TraceSummary, summarise};
pub use twins::Twin;
pub use users::{User, UserOrder};
pub use values::ValueQuestion;
pub use workflows::Workflow;

/// Announcements a slow listener may fall behind before it misses some.
const ANNOUNCEMENTS: usize = 64;

/// How long to wait at the end for questions in work.
const LINGER: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use the analytics folder {path}: {source}")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("cannot open the analytics file {path}: {source}")]
    Open { path: PathBuf, source: duckdb::Error },
    #[error("the analytics file {0} was just made and is not as it should be: report this")]
    Format(PathBuf),
    #[error("cannot start the analytics loader: {0}")]
    Thread(std::io::Error),
    #[error("the question took longer than {} ms and was stopped: ask for less time or fewer groups, or raise analytics.query_timeout_ms", after.as_millis())]
    Timeout { after: Duration },
    #[error("the question asks for {asked} buckets of time, at most {} are answered: take larger ones", buckets::MOST)]
    TooManyBuckets { asked: usize },
    #[error(
        "the question asks for {asked} steps of time, at most {} are answered: take larger ones",
        metric_series::MOST_STEPS
    )]
    TooManySteps { asked: i64 },
    #[error(
        "the metric has more than {} points in this time: ask for less time, one service or one attribute",
        metric_series::MOST_POINTS
    )]
    TooManyPoints,
    #[error("the journal is being read anew already: wait until that is done")]
    Reindexing,
    #[error("reading the journal anew needs {} MiB of free space, and there are {}: make room first", needed >> 20, free >> 20)]
    NoRoom { needed: u64, free: u64 },
    #[error("the export would have {asked} calls, at most {MOST_CALLS} go into one file: ask for less time")]
    TooManyCalls { asked: u64 },
    #[error("{}", .0.message)]
    Statement(Fault),
    #[error("the analytics are closed")]
    Closed,
    #[error("the question could not be answered: {0}")]
    Question(String),
}

impl From<duckdb::Error> for Error {
    fn from(error: duckdb::Error) -> Self {
        Self::Question(error.to_string())
    }
}

/// What one commit of the loader brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loaded {
    pub cursor: Cursor,
    pub spans: u64,
    pub calls: u64,
    pub logs: u64,
    pub metric_points: u64,
    /// Traces touched, newest first, the newest hundred at most.
    pub traces: Vec<TraceId>,
    /// Earliest start among the spans.
    pub earliest: Option<UnixNanos>,
}

/// What the Health page says about the analytics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnalyticsStats {
    pub bytes: u64,
    pub loaded: Cursor,
    /// Age of the oldest chunk that is not loaded, in nanoseconds: at least 1 while there is one, else 0.
    pub lag_ns: i64,
    pub spans: u64,
    pub traces: u64,
    pub logs: u64,
    pub metric_points: u64,
    /// Hours whose sums are to be made anew, and days whose sums are there.
    pub stale_hours: u64,
    pub summed_days: u64,
    /// Chunks that could not be loaded since the start.
    pub skipped_chunks: u64,
    /// Why loading fails, when it does.
    pub error: Option<String>,
}

/// Handle to the analytics. Clones share it.
#[derive(Clone)]
pub struct Analytics {
    shared: Arc<Shared>,
    readers: Arc<readers::Readers>,
    loader: Arc<Mutex<Option<JoinHandle<()>>>>,
    stop: Arc<watch::Sender<bool>>,
    dir: Arc<Path>,
    interpreter: Arc<Interpreter>,
    last_reindex: reindex::Last,
    reindexing: reindex::Thread,
    /// Held by who deletes rows or exchanges the file beside the loader.
    changing: Arc<tokio::sync::Mutex<()>>,
}

/// How the loader is doing.
#[derive(Debug)]
enum Progress {
    UpToDate(Cursor),
    Failing(String),
}

/// What the loader tells everybody else.
struct Shared {
    /// Work for the loader's thread beside loading.
    jobs: Mutex<VecDeque<erase::Job>>,
    job_came: Notify,
    cursor: watch::Sender<Cursor>,
    /// `None` once announcements have ended.
    events: Mutex<Option<broadcast::Sender<Arc<Loaded>>>>,
    progress: Mutex<Progress>,
    /// The newest chunk of the journal.
    head: watch::Receiver<Cursor>,
    /// What is not loaded was received at this time or later.
    waiting_since: AtomicI64,
    clock: Clock,
    spans: Counter,
    failures: Counter,
    skipped: Counter,
}

impl Shared {
    fn new(cursor: Cursor, head: watch::Receiver<Cursor>, clock: Clock, meter: &Meter) -> Self {
        Self {
            jobs: Mutex::default(),
            job_came: Notify::new(),
            cursor: watch::Sender::new(cursor),
            events: Mutex::new(Some(broadcast::Sender::new(ANNOUNCEMENTS))),
            progress: Mutex::new(Progress::UpToDate(cursor)),
            head,
            waiting_since: AtomicI64::new(clock.now().0),
            clock,
            spans: meter.register("analytics_loaded_spans", "Spans loaded", Counter::default()),
            failures: meter.register(
                "analytics_load_failures",
                "Loads that failed and were repeated",
                Counter::default(),
            ),
            skipped: meter.register("analytics_skipped_chunks", "Chunks that could not be loaded", Counter::default()),
        }
    }
}

impl Analytics {
    /// Opens the database in `dir`, creating or rebuilding it, and starts to follow the journal.
    ///
    /// # Errors
    /// When the folder cannot be used or a fresh file cannot be made in it.
    pub fn open(
        dir: &Path,
        config: &AnalyticsConfig,
        journal: Journal,
        interpreter: Arc<Interpreter>,
        clock: Clock,
        meter: &Meter,
    ) -> Result<Self, Error> {
        let failed = |source| Error::Open { path: database::file(dir), source };
        let (connection, cursor) = database::open(dir, config)?;
        export::tidy(dir);
        let head = *journal.committed().borrow();
        let cursor = database::not_past(&connection, cursor, head).map_err(failed)?;
        let deadline = Duration::from_millis(config.query_timeout_ms);
        let readers = Arc::new(readers::Readers::open(&connection, deadline).map_err(failed)?);
        let shared = Arc::new(Shared::new(cursor, journal.committed(), clock, meter));
        let (stop, stopped) = watch::channel(false);
        let following = Arc::clone(&shared);
        let loading = Arc::clone(&interpreter);
        let threads = config.threads;
        let memory = save::Memory { mib: config.memory_mib, readers: Arc::clone(&readers) };
        let dir: Arc<Path> = dir.into();
        let (pausing, folder) = (Arc::clone(&readers), Arc::clone(&dir));
        let follow = move || match load::Store::open(connection, threads, Some(memory)) {
            Ok(store) => {
                let (reader, follower, earlier) = (journal.reader(), journal.follow(), journal.earlier());
                let shared = following;
                loader::Loader {
                    store,
                    dir: folder,
                    readers: pausing,
                    reader,
                    earlier,
                    follower,
                    journal,
                    interpreter: loading,
                    shared,
                    stop: stopped,
                    cursor,
                }
                .run();
            }
            Err(error) => {
                tracing::error!(%error, "the analytics loader cannot start: {error}");
                *lock(&following.progress) = Progress::Failing(error.to_string());
            }
        };
        let thread = background::spawn("analytics", follow).map_err(Error::Thread)?;
        Ok(Self {
            shared,
            readers,
            loader: Arc::new(Mutex::new(Some(thread))),
            stop: Arc::new(stop),
            dir,
            interpreter,
            last_reindex: Arc::default(),
            reindexing: Arc::default(),
            changing: Arc::default(),
        })
    }

    /// Announcements of commits from now on.
    pub fn loaded(&self) -> broadcast::Receiver<Arc<Loaded>> {
        let ended = || broadcast::channel(1).1;
        lock(&self.shared.events).as_ref().map_or_else(ended, broadcast::Sender::subscribe)
    }

    /// Ends all announcements, present and future ones, so that nobody waits for the next while we shut down.
    pub fn end_announcements(&self) {
        drop(lock(&self.shared.events).take());
    }

    /// How far the journal is loaded; changes after every commit.
    pub fn cursor(&self) -> watch::Receiver<Cursor> {
        self.shared.cursor.subscribe()
    }

    /// Whether the loader is at work.
    pub fn is_running(&self) -> bool {
        lock(&self.loader).as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Sizes, counts and lag.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn stats(&self) -> Result<AnalyticsStats, Error> {
        let [spans, traces, logs, metric_points, stale_hours, summed_days] = self
            .readers
            .ask(|connection| {
                connection.query_row(sql::COUNTS, [], |row| {
                    Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?])
                })
            })
            .await?;
        let error = match &*lock(&self.shared.progress) {
            Progress::UpToDate(_) => None,
            Progress::Failing(why) => Some(why.clone()),
        };
        let loaded = *self.shared.cursor.borrow();
        Ok(AnalyticsStats {
            bytes: database::bytes_on_disk(&self.dir),
            loaded,
            lag_ns: self.shared.lag_ns(loaded),
            spans,
            traces,
            logs,
            metric_points,
            stale_hours,
            summed_days,
            skipped_chunks: self.shared.skipped.get(),
            error,
        })
    }

    /// Stops loading after the batch at hand, and waits a little for questions that are being interrupted.
    pub async fn close(&self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(LINGER, self.readers.idle()).await.is_err() {
            tracing::warn!("a question was still in work when the analytics closed");
        }
        let (loader, reindex) = (lock(&self.loader).take(), lock(&self.reindexing).take());
        for thread in [loader, reindex].into_iter().flatten() {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("a thread of the analytics had panicked");
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
