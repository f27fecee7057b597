//! Follows the journal and loads what is committed there: at once when idle, in larger batches under load.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::erase::Job;
use super::incoming::{Before, Incoming};
use super::load::Store;
use super::readers::Readers;
use super::{Progress, Shared};
use crate::interpret::Interpreter;
use crate::journal::{Chunk, Cursor, Earlier, Follower, Journal, Reader};
use crate::model::UnixNanos;

/// Records read for one transaction, with 1 KiB for each beside its body: some 3,000 model calls or 10,000 plain spans.
/// Every transaction costs the same few milliseconds, so fewer and larger ones are faster, until memory counts.
const BATCH_BYTES: usize = 12 << 20;

/// Least time between two loads: every commit costs a sync, and a span must be visible within a second.
const PACE: Duration = Duration::from_millis(150);

/// Waits after a failed load; the last one is repeated.
const BACK_OFF: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

/// A batch of this size means that much is coming, one of a tenth that it is over.
const HURRY_BYTES: usize = 4 << 20;

/// How often hours that are over are looked for while nothing arrives.
const SETTLE_EVERY: Duration = Duration::from_secs(60);

/// Hours of machines at home that are charged after a load, before it is announced: what just came, as a rule.
const CHARGES: usize = 8;

/// A chunk alone that failed this often is skipped: better one hole, counted and named, than nothing new.
const TRIES: usize = 4;

pub(super) struct Loader {
    pub(super) store: Store,
    pub(super) dir: Arc<Path>,
    /// Who must not ask while the file is opened anew.
    pub(super) readers: Arc<Readers>,
    pub(super) reader: Reader,
    /// Finds the pieces of spans that came before.
    pub(super) earlier: Earlier,
    /// By which the journal knows how far we are.
    pub(super) follower: Follower,
    pub(super) journal: Journal,
    pub(super) interpreter: Arc<Interpreter>,
    pub(super) shared: Arc<Shared>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) cursor: Cursor,
}

/// Why a load failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Journal(#[from] crate::journal::Error),
    #[error(transparent)]
    Database(#[from] duckdb::Error),
    #[error("a panic while loading")]
    Panic,
}

impl Loader {
    /// Runs until told to stop.
    pub(super) fn run(mut self) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                self.shared.report(Progress::Failing(format!("the loader cannot start: {error}")));
                tracing::error!(%error, "the analytics loader cannot start: {error}");
                return;
            }
        };
        runtime.block_on(self.follow());
    }

    async fn follow(&mut self) {
        let mut committed = self.journal.committed();
        let mut failures = 0;
        while !*self.stop.borrow() {
            while let Some(job) = self.shared.next_job() {
                // It may take seconds, in which nobody is to be turned away for our sake.
                self.follower.stumbled();
                job(&mut self.store);
            }
            let head = *committed.borrow_and_update();
            if head <= self.cursor {
                self.follower.reached(self.cursor);
                self.shared.report(Progress::UpToDate(self.cursor));
                if self.charge() || self.settle() {
                    continue;
                }
                tokio::select! {
                    () = tokio::time::sleep(SETTLE_EVERY) => self.tidy(),
                    changed = committed.changed() => if changed.is_err() { self.stopped().await },
                    () = self.stopped() => {}
                    () = self.shared.job_came.notified() => {}
                }
                continue;
            }
            let pause = match self.step(head, failures) {
                Ok(()) => {
                    failures = 0;
                    PACE
                }
                Err(failure) => {
                    tracing::warn!(error = %failure, "loading into the analytics failed and is tried again: {failure}");
                    self.shared.failures.inc();
                    self.follower.stumbled();
                    self.shared.report(Progress::Failing(failure.to_string()));
                    failures += 1;
                    if !self.store.is_sound() {
                        self.reopen().await;
                    }
                    BACK_OFF[(failures - 1).min(BACK_OFF.len() - 1)]
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.stopped() => {}
            }
        }
    }

    /// After a failed checkpoint DuckDB takes nothing more until the file is opened anew.
    async fn reopen(&mut self) {
        let Some(_all) = self.readers.pause().await else { return };
        match self.store.reopen(&self.dir, || Ok(())) {
            Ok(cursor) => {
                tracing::warn!("the analytics file was opened anew and goes on from its last checkpoint");
                self.cursor = cursor.min(self.cursor);
                self.shared.cursor.send_replace(self.cursor);
            }
            Err(error) => tracing::warn!(%error, "the analytics file cannot be opened anew yet: {error}"),
        }
    }

    /// Sums up some hours that are over. Whether there was something to do.
    fn settle(&mut self) -> bool {
        match self.store.settle(self.shared.clock.now()) {
            Ok(hours) => hours > 0,
            Err(error) => {
                // Boards read the calls themselves meanwhile.
                tracing::debug!(%error, "hours could not be summed up and are tried again: {error}");
                false
            }
        }
    }

    /// Charges calls on machines at home whose time was touched. Whether there may be more to do.
    fn charge(&mut self) -> bool {
        let charged = self.store.charge(self.interpreter.local());
        charged.unwrap_or_else(|error| {
            // Until then such a call has no amount, and says so.
            tracing::warn!(%error, "what calls on machines at home cost could not be stored and is tried again: {error}");
            false
        })
    }

    fn tidy(&mut self) {
        // Calm for so long: whatever hurry there was is over.
        if let Err(error) = self.store.hurry(false).and_then(|()| self.store.tidy()) {
            // Nothing is lost: questions read a few more row groups.
            tracing::debug!(%error, "the analytics file could not be tidied up: {error}");
        }
    }

    /// Completes when the loader shall end.
    async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // An error means that the handle is gone, which is the same.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// Loads until `head` is reached or the loader is stopped.
    fn step(&mut self, head: Cursor, failures: usize) -> Result<(), Failure> {
        // After a failure in small pieces: it may have been the memory.
        let mut bytes = if failures == 0 { BATCH_BYTES } else { 1 };
        while self.cursor < head && !*self.stop.borrow() && !self.shared.has_job() {
            let began = Instant::now();
            let mut chunks = self.reader.next(self.cursor, bytes)?;
            if failures > 0 {
                chunks.truncate(1);
            }
            if let Some(oldest) = chunks.first() {
                self.shared.waiting_since.store(oldest.received.0, Ordering::Relaxed);
            }
            if chunks.is_empty() {
                // What remains up to the head cannot be read; the journal has counted it.
                self.cursor = head;
                break;
            }
            let size = chunks.iter().map(|chunk| chunk.body.len()).sum::<usize>();
            if size >= HURRY_BYTES {
                self.store.hurry(true)?;
            } else if size <= HURRY_BYTES / 10 {
                self.store.hurry(false)?;
            }
            self.load(&chunks, failures)?;
            self.save()?;
            self.follower.took(size as u64, began.elapsed());
            if failures > 0 {
                bytes = 1;
            }
        }
        if self.cursor >= head {
            self.shared.report(Progress::UpToDate(self.cursor));
        }
        Ok(())
    }

    fn save(&mut self) -> Result<(), Failure> {
        match self.store.save_at_pace() {
            Err(error) if self.store.is_sound() => {
                // Rows are being deleted in another transaction: after the next batch, then.
                tracing::debug!(%error, "the analytics file was not written yet: {error}");
                Ok(())
            }
            outcome => Ok(outcome?),
        }
    }

    fn load(&mut self, chunks: &[Chunk], failures: usize) -> Result<(), Failure> {
        let (store, interpreter, earlier) = (&mut self.store, &self.interpreter, &mut self.earlier);
        let attempt = std::panic::catch_unwind(AssertUnwindSafe(|| -> Result<_, Failure> {
            let mut before = Before { earlier, may_have: &|trace| store.may_have(trace) };
            let incoming = Incoming::read(chunks, interpreter, &mut before)?;
            let undecodable = incoming.undecodable;
            Ok((store.load(incoming)?, undecodable))
        }));
        match attempt.unwrap_or(Err(Failure::Panic)) {
            Ok((loaded, undecodable)) => {
                self.cursor = loaded.cursor;
                self.shared.skipped.inc_by(undecodable);
                for _ in 0..CHARGES {
                    if !self.charge() {
                        break;
                    }
                }
                self.shared.announce(loaded);
                Ok(())
            }
            Err(failure) if failures >= TRIES && self.store.is_sound() => {
                tracing::error!(error = %failure, "giving up on a chunk: {failure}");
                self.skip(chunks);
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Gives a chunk up; its records stay in the journal and on the page of their trace.
    fn skip(&mut self, chunks: &[Chunk]) {
        let Some(chunk) = chunks.first() else { return };
        self.cursor = chunk.cursor;
        self.shared.skipped.inc();
        tracing::error!(
            journal.day = %chunk.cursor.day, journal.chunk = chunk.cursor.chunk,
            "chunk {} of journal day {} could not be loaded and is skipped", chunk.cursor.chunk, chunk.cursor.day
        );
    }
}

impl Shared {
    /// Has `job` done between two loads.
    pub(super) fn give(&self, job: Job) {
        super::lock(&self.jobs).push_back(job);
        self.job_came.notify_one();
    }

    fn next_job(&self) -> Option<Job> {
        super::lock(&self.jobs).pop_front()
    }

    fn has_job(&self) -> bool {
        !super::lock(&self.jobs).is_empty()
    }

    fn report(&self, progress: Progress) {
        match &progress {
            Progress::UpToDate(cursor) => {
                // What comes from now on is younger than now.
                self.waiting_since.store(self.clock.now().0, Ordering::Relaxed);
                self.cursor.send_if_modified(|known| std::mem::replace(known, *cursor) != *cursor);
            }
            Progress::Failing(_) => {}
        }
        *super::lock(&self.progress) = progress;
    }

    fn announce(&self, loaded: super::Loaded) {
        self.spans.inc_by(loaded.spans);
        self.cursor.send_replace(loaded.cursor);
        if let Some(events) = &*super::lock(&self.events) {
            // Nobody listens: that is fine.
            let _ = events.send(Arc::new(loaded));
        }
    }

    /// Age of the oldest chunk behind `loaded`, in nanoseconds; 0 exactly when there is none.
    pub(super) fn lag_ns(&self, loaded: Cursor) -> i64 {
        if loaded >= *self.head.borrow() {
            return 0;
        }
        let since = UnixNanos(self.waiting_since.load(Ordering::Relaxed));
        // A chunk may wait for less than the clock can tell.
        self.clock.now().since(since).max(1)
    }
}
