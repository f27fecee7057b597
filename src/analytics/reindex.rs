//! Reading the journal again while the server runs, after prices or the reading of a dialect have changed.
//!
//! The journal is loaded into a second file, by the same steps as into the first. Once both have come to the same
//! place the loader takes the rows over in one transaction: whoever asks sees all of the old or all of the new.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use duckdb::Connection;
use tokio::sync::watch;

use super::incoming::{Before, Incoming};
use super::load::Store;
use super::renew::{Renew, Renewal, bounds};
use super::{Analytics, Error, Shared, database, lock};
use crate::background;
use crate::interpret::Interpreter;
use crate::journal::{self, Cursor, Earlier, Journal, Reader};
use crate::model::{Day, UnixNanos};

/// What the second database is called inside of DuckDB.
const NEXT: &str = "next";

/// Bodies loaded in one transaction: half of what the loader takes, because both share the memory.
const BATCH_BYTES: usize = 6 << 20;

/// How often is looked whether the loader has caught up, or the server stops.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What to read anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReindexTask {
    pub renew: Renew,
    /// Of traces that start from here on.
    pub since: Option<UnixNanos>,
    /// Of traces that start before.
    pub until: Option<UnixNanos>,
}

/// How a reindex goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReindexReport {
    pub task: ReindexTask,
    pub started: UnixNanos,
    /// Days of the journal that are read, and how many there are to read.
    pub days_done: u64,
    pub days: u64,
    /// Spans read so far.
    pub spans: u64,
    pub state: ReindexState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReindexState {
    Reading,
    /// Everything is read, and the rows are being exchanged.
    Switching,
    Done {
        at: UnixNanos,
        renewal: Renewal,
    },
    /// Nothing has changed.
    Failed {
        at: UnixNanos,
        why: String,
    },
}

impl ReindexReport {
    pub fn is_working(&self) -> bool {
        matches!(self.state, ReindexState::Reading | ReindexState::Switching)
    }
}

/// The last reindex since the start.
pub(super) type Last = Arc<Mutex<Option<ReindexReport>>>;

/// The thread of the last reindex.
pub(super) type Thread = Arc<Mutex<Option<std::thread::JoinHandle<()>>>>;

impl Analytics {
    /// Begins to read the journal anew; [`Self::reindexed`] says how it goes.
    ///
    /// # Errors
    /// When one is at work already, or the loader is not.
    pub fn reindex(&self, journal: &Journal, task: ReindexTask) -> Result<ReindexReport, Error> {
        if !self.is_running() {
            return Err(Error::Closed);
        }
        let mut last = lock(&self.last_reindex);
        if last.as_ref().is_some_and(ReindexReport::is_working) {
            return Err(Error::Reindexing);
        }
        let started = self.shared.clock.now();
        let report = ReindexReport { task, started, days_done: 0, days: 0, spans: 0, state: ReindexState::Reading };
        let work = Work {
            dir: Arc::clone(&self.dir),
            connection: self.readers.another()?,
            interpreter: Arc::clone(&self.interpreter),
            shared: Arc::clone(&self.shared),
            stop: self.stop.subscribe(),
            journal: journal.clone(),
            last: Arc::clone(&self.last_reindex),
            task,
        };
        work.check_room()?;
        let thread = background::spawn("reindex", move || work.run());
        *lock(&self.reindexing) = Some(thread.map_err(Error::Thread)?);
        *last = Some(report.clone());
        Ok(report)
    }

    /// The last reindex since the start, at work or done.
    pub fn reindexed(&self) -> Option<ReindexReport> {
        lock(&self.last_reindex).clone()
    }
}

struct Work {
    dir: Arc<Path>,
    connection: Connection,
    interpreter: Arc<Interpreter>,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
    journal: Journal,
    last: Last,
    task: ReindexTask,
}

impl Work {
    /// The second file may become as large as the first, and the first larger by as much until it is tidied up.
    fn check_room(&self) -> Result<(), Error> {
        let needed = 2 * database::bytes_on_disk(&self.dir);
        let free = self.journal.free_bytes().unwrap_or(u64::MAX);
        if free < needed { Err(Error::NoRoom { needed, free }) } else { Ok(()) }
    }

    fn run(self) {
        let (last, shared) = (Arc::clone(&self.last), Arc::clone(&self.shared));
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.reindex()));
        let at = shared.clock.now();
        let state = match outcome {
            Ok(Ok(renewal)) => {
                tracing::info!(
                    traces = renewal.traces,
                    kept_traces = renewal.kept_traces,
                    "reindex: {} traces were read anew, cost {} before and {} after",
                    renewal.traces,
                    renewal.before.cost,
                    renewal.after.cost
                );
                ReindexState::Done { at, renewal }
            }
            Ok(Err(error)) => ReindexState::Failed { at, why: error.to_string() },
            Err(_) => ReindexState::Failed { at, why: "a panic: the log says where".into() },
        };
        if let ReindexState::Failed { why, .. } = &state {
            tracing::error!(error = %why, "reindex failed and has changed nothing: {why}");
        }
        if let Some(report) = &mut *lock(&last) {
            report.state = state;
        }
    }

    fn reindex(self) -> Result<Renewal, Error> {
        let first = self.task.since.map_or(Day(i32::MIN), |since| Day(since.day().0.saturating_sub(1)));
        let (dir, interpreter) = (Arc::clone(&self.dir), Arc::clone(&self.interpreter));
        let days: Vec<Day> = self.journal.stats().days.into_iter().filter(|day| *day >= first).collect();
        let start = Cursor { day: days.first().copied().unwrap_or_default(), chunk: 0 };
        self.tell(|report| report.days = days.len() as u64);
        let mut next = Next::open(&self, dir, interpreter, start)?;
        while let Some(day) = next.step(Cursor { day: Day(i32::MAX), chunk: 0 }, &self.stop)? {
            let spans = next.spans;
            self.tell(|report| {
                report.days_done = days.iter().filter(|one| **one < day).count() as u64;
                report.spans = spans;
            });
            self.rest(next.took);
        }
        self.tell(|report| {
            (report.days_done, report.spans, report.state) = (report.days, next.spans, ReindexState::Switching);
        });
        self.switch(next)
    }

    fn tell(&self, change: impl FnOnce(&mut ReindexReport)) {
        if let Some(report) = &mut *lock(&self.last) {
            change(report);
        }
    }

    /// Leaves the machine to others: for half as long as the work took, and as long as the loader is behind.
    fn rest(&self, took: Duration) {
        std::thread::sleep(took / 2);
        while self.journal.is_followed_behind() && !*self.stop.borrow() {
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// On the loader's thread, so that nothing is loaded meanwhile.
    fn switch(self, mut next: Next) -> Result<Renewal, Error> {
        let range = bounds(self.task.since, self.task.until);
        let (renew, stop) = (self.task.renew, self.stop.clone());
        let interpreter = Arc::clone(&self.interpreter);
        let (answer, answered) = mpsc::channel();
        self.shared.give(Box::new(move |store: &mut Store| {
            let renewed =
                next.catch_up(store, &stop).and_then(|()| store.renew(NEXT, range, renew, interpreter.local(), &stop));
            // Let go of before it is told: the next reindex may begin at once.
            drop(next);
            // Nobody waits: it is done all the same.
            let _gone = answer.send(renewed);
        }));
        loop {
            match answered.recv_timeout(LOOK_EVERY) {
                Ok(renewed) => return renewed,
                Err(mpsc::RecvTimeoutError::Timeout) if *self.stop.borrow() => return Err(Error::Closed),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(Error::Closed),
            }
        }
    }
}

/// The second database, which goes with this.
struct Next {
    /// `None` only while it goes.
    store: Option<Store>,
    path: PathBuf,
    reader: Reader,
    earlier: Earlier,
    /// The journal has days before those that are read: what it has of a trace may have begun there.
    has_earlier: bool,
    interpreter: Arc<Interpreter>,
    cursor: Cursor,
    spans: u64,
    /// Time of the last step.
    took: Duration,
}

impl Next {
    fn open(work: &Work, dir: Arc<Path>, interpreter: Arc<Interpreter>, start: Cursor) -> Result<Self, Error> {
        let path = database::remove_next(&dir)?;
        let connection = work.connection.try_clone()?;
        database::enter_next(&connection, &path, NEXT, start)?;
        // Which trace a log record belongs to may follow from records before.
        connection.execute("INSERT INTO log_trace SELECT * FROM analytics.log_trace WHERE day < ?", [start.day.0])?;
        // And where runs belong whose execution began before.
        for table in ["execution", "joined"] {
            let copy = format!("INSERT INTO {table} SELECT * FROM analytics.{table} WHERE last_ns < ?");
            connection.execute(&copy, [start.day.start().0])?;
        }
        let store = Store::open(connection, 1, None)?;
        let has_earlier = work.journal.stats().days.first().is_some_and(|first| *first < start.day);
        let (reader, earlier) = (work.journal.reader(), work.journal.earlier());
        let (store, cursor, took) = (Some(store), start, Duration::ZERO);
        Ok(Self { store, path, reader, earlier, has_earlier, interpreter, cursor, spans: 0, took })
    }

    /// Loads what comes next in the journal, up to `end`; `None` when there is no more, else the day it has come to.
    fn step(&mut self, end: Cursor, stop: &watch::Receiver<bool>) -> Result<Option<Day>, Error> {
        let began = Instant::now();
        if *stop.borrow() {
            return Err(Error::Closed);
        }
        let read = self.reader.next(self.cursor, BATCH_BYTES);
        let mut chunks = read.map_err(unreadable)?;
        chunks.retain(|chunk| chunk.cursor <= end);
        let (Some(last), Some(store)) = (chunks.last(), &mut self.store) else { return Ok(None) };
        let last = last.cursor;
        let has_earlier = self.has_earlier;
        let may_have = |trace| has_earlier || store.may_have(trace);
        let mut before = Before { earlier: &mut self.earlier, may_have: &may_have };
        let read = Incoming::read(&chunks, &self.interpreter, &mut before);
        let mut incoming = read.map_err(unreadable)?;
        drop(chunks);
        // Points are kept as they came: there is nothing to interpret.
        incoming.metrics.clear();
        self.spans += store.load(incoming)?.spans;
        store.save_if_due(database::ROW_GROUP)?;
        self.cursor = last;
        self.took = began.elapsed();
        Ok(Some(last.day))
    }

    /// Loads what `store` has loaded meanwhile.
    fn catch_up(&mut self, store: &Store, stop: &watch::Receiver<bool>) -> Result<(), Error> {
        let end = store.cursor()?;
        while self.step(end, stop)?.is_some() {}
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err gives it")]
fn unreadable(error: journal::Error) -> Error {
    Error::Question(format!("the journal cannot be read: {error}"))
}

impl Drop for Next {
    fn drop(&mut self) {
        if let Some(store) = self.store.take()
            && let Err(error) = database::detach(store.connection(), NEXT)
        {
            tracing::debug!(%error, "the database of a reindex could not be let go of: {error}");
        }
        // It is removed at the next start as well.
        let _kept = std::fs::remove_file(&self.path);
    }
}
