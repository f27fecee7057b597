//! Follows the journal on a thread of its own: today first, then days that were never indexed, newest first.
//! It rests between batches, longer while requests arrive and longest while the loader is behind, so that ingest and
//! loading have the machine.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::day_file::{self, DayFile};
use super::seen::Seen;
use super::text::{self, Document};
use super::{Error, Shared, lock};
use crate::interpret::Interpreter;
use crate::interpret::pieces::Pieces;
use crate::journal::{Chunk, Cursor, Earlier, Journal, Payload, Reader};
use crate::model::{Day, UnixNanos};

/// Bodies read for one transaction.
const BATCH_BYTES: usize = 4 << 20;
/// Least rest after a batch; waiting a little also makes batches larger, and so the index better merged.
const REST: Duration = Duration::from_millis(200);
/// Rest as a multiple of the time the batch took, while the journal grows and while it does not.
const BUSY_FACTOR: u32 = 3;
const IDLE_FACTOR: u32 = 1;
const LONGEST_REST: Duration = Duration::from_secs(5);
/// How often deleted days are looked for when nothing arrives.
const LOOK_ROUND: Duration = Duration::from_secs(20);
/// Waits after a failure; the last one is repeated.
const BACK_OFF: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

pub(super) struct Indexer {
    pub(super) dir: PathBuf,
    pub(super) reader: Reader,
    /// Finds the pieces of spans that came before.
    pub(super) earlier: Earlier,
    pub(super) journal: Journal,
    pub(super) interpreter: Arc<Interpreter>,
    pub(super) shared: Arc<Shared>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) file: Option<DayFile>,
    pub(super) seen: Seen,
}

/// What to do next.
enum Next {
    /// There may be more at once.
    GoOn,
    /// Everything is indexed.
    Wait,
}

impl Indexer {
    /// Runs until told to stop.
    pub(super) fn run(mut self) {
        match tokio::runtime::Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime.block_on(self.follow()),
            Err(error) => {
                tracing::error!(%error, "the search indexer cannot start: {error}");
                *lock(&self.shared.error) = Some(format!("the indexer cannot start: {error}"));
            }
        }
    }

    async fn follow(&mut self) {
        let mut committed = self.journal.committed();
        let mut failures = 0;
        while !*self.stop.borrow() {
            let head = *committed.borrow_and_update();
            let began = self.shared.clock.now();
            let next = self.step(head);
            let took = Duration::from_nanos(self.shared.clock.now().since(began).unsigned_abs());
            let pause = match next {
                Ok(Next::Wait) => {
                    failures = 0;
                    self.settled();
                    tokio::select! {
                        changed = committed.changed() => if changed.is_err() { self.stopped().await },
                        () = self.stopped() => {}
                        () = self.shared.wake.notified() => {}
                        () = tokio::time::sleep(LOOK_ROUND) => {}
                    }
                    continue;
                }
                Ok(Next::GoOn) => {
                    failures = 0;
                    *lock(&self.shared.error) = None;
                    let busy = committed.has_changed().unwrap_or(false);
                    let factor = if busy { BUSY_FACTOR } else { IDLE_FACTOR };
                    let least = if self.journal.is_followed_behind() { LONGEST_REST } else { REST };
                    (took * factor).clamp(least, LONGEST_REST)
                }
                Err(error) => {
                    self.failed(&error);
                    failures += 1;
                    BACK_OFF[(failures - 1).min(BACK_OFF.len() - 1)]
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.stopped() => {}
            }
        }
    }

    /// Completes when the indexer shall end.
    async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // An error means that the handle is gone, which is the same.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    fn settled(&self) {
        *lock(&self.shared.error) = None;
        self.shared.up_to_date();
    }

    fn failed(&mut self, error: &Error) {
        tracing::warn!(%error, "the search index could not be written and is tried again: {error}");
        self.shared.failures.inc();
        *lock(&self.shared.error) = Some(error.to_string());
        if error.is_corrupt()
            && let Some(file) = self.file.take()
        {
            lock(&self.shared.suspects).insert(file.day);
        }
    }

    /// One batch of the day that needs it most.
    fn step(&mut self, head: Cursor) -> Result<Next, Error> {
        let days = self.journal.stats().days;
        self.make_room(&days)?;
        let unfinished = self.unfinished(&days, head.day);
        self.shared.set_pending(unfinished.len());
        if days.contains(&head.day) {
            self.open(head.day)?;
            if self.file.as_ref().is_some_and(|file| file.chunk < head.chunk) {
                self.batch(head)?;
                return Ok(Next::GoOn);
            }
        }
        self.shared.reached(head);
        let Some(day) = unfinished.last() else { return Ok(Next::Wait) };
        self.open(*day)?;
        if !self.batch(head)? {
            self.finish()?;
        }
        Ok(Next::GoOn)
    }

    /// Deletes indexes of days the journal no longer has or that are outdated, and sets those aside that cannot be read.
    fn make_room(&mut self, days: &[Day]) -> Result<(), Error> {
        let suspects = std::mem::take(&mut *lock(&self.shared.suspects));
        for day in suspects {
            self.close_day(day);
            day_file::set_aside(&self.dir, day, "it is damaged")?;
        }
        let outdated = lock(&self.shared.outdated).clone();
        for day in outdated {
            self.close_day(day);
            day_file::remove(&self.dir, day)?;
            day_file::remove_set_aside(&self.dir)?;
            // Now, because somebody may wait for it.
            lock(&self.shared.outdated).remove(&day);
            tracing::info!(search.day = %day, "the search index of {day} is made again");
        }
        for day in day_file::days(&self.dir)? {
            if !days.contains(&day) {
                self.close_day(day);
                day_file::remove(&self.dir, day)?;
                tracing::info!(search.day = %day, "removed the search index of {day}: the journal no longer has that day");
            }
        }
        Ok(())
    }

    fn close_day(&mut self, day: Day) {
        if self.file.as_ref().is_some_and(|file| file.day == day) {
            self.file = None;
            self.seen.clear();
        }
        lock(&self.shared.finished).remove(&day);
    }

    /// Days before `newest` whose index is not whole, oldest first.
    fn unfinished(&mut self, days: &[Day], newest: Day) -> Vec<Day> {
        let finished = &mut *lock(&self.shared.finished);
        finished.retain(|day| day_file::path_of(&self.dir, *day).exists());
        for day in days {
            if *day < newest && !finished.contains(day) && day_file::is_complete(&self.dir, *day) == Some(true) {
                finished.insert(*day);
            }
        }
        days.iter().copied().filter(|day| *day < newest && !finished.contains(day)).collect()
    }

    fn open(&mut self, day: Day) -> Result<(), Error> {
        if self.file.as_ref().is_none_or(|file| file.day != day) {
            self.seen.clear();
            self.file = None;
            self.file = Some(DayFile::open(&self.dir, day)?);
        }
        Ok(())
    }

    /// Indexes the next chunks of the open day; false when there are none.
    fn batch(&mut self, head: Cursor) -> Result<bool, Error> {
        let Some(file) = &mut self.file else { return Ok(false) };
        let mut chunks = self.reader.next(Cursor { day: file.day, chunk: file.chunk }, BATCH_BYTES)?;
        chunks.retain(|chunk| chunk.cursor.day == file.day);
        let Some((last, received)) = chunks.last().map(|chunk| (chunk.cursor, chunk.received)) else {
            if file.day == head.day {
                // What remains up to the head cannot be read; the journal has counted it.
                file.add(&[], head.chunk)?;
            }
            return Ok(false);
        };
        let (mut documents, mut pieces) = (Vec::new(), Pieces::default());
        for (at, chunk) in chunks.iter().enumerate() {
            documents.extend(self.shared.read((at, chunk), &self.interpreter, &mut pieces));
        }
        if !pieces.is_empty() {
            documents.extend(whole(pieces, &chunks, &mut self.earlier, &self.interpreter)?);
        }
        documents.sort_by_key(|(_, document)| document.start);
        documents.iter_mut().for_each(|(_, document)| self.seen.keep_new(document));
        file.add(&documents, last.chunk)?;
        if file.day == head.day {
            self.shared.came_to(last, received);
        }
        self.shared.indexed.inc_by(documents.len() as u64);
        Ok(true)
    }

    /// Ends an index whose day is whole.
    fn finish(&mut self) -> Result<(), Error> {
        if let Some(file) = &mut self.file {
            while !*self.stop.borrow() && file.tidy()? {}
        }
        if *self.stop.borrow() {
            return Ok(());
        }
        if let Some(file) = self.file.take() {
            let day = file.day;
            file.seal()?;
            lock(&self.shared.finished).insert(day);
        }
        Ok(())
    }
}

/// Spans in pieces, with those before `chunks`, which held some.
fn whole(
    mut pieces: Pieces,
    chunks: &[Chunk],
    earlier: &mut Earlier,
    interpreter: &Interpreter,
) -> Result<Vec<(i64, Document)>, Error> {
    earlier.each(&pieces.traces(), chunks[0].cursor, |chunk| {
        if let Ok(Payload::Traces(data)) = chunk.payload() {
            pieces.add_earlier(data);
        }
    })?;
    let before = pieces.before();
    let mut documents = Vec::new();
    for one in pieces.into_whole() {
        let former = before.get(&one.place).map(|span| UnixNanos::from_otlp(span.start_time_unix_nano));
        let said = text::spans(&one.data, interpreter).into_iter();
        documents.extend(said.map(|said| (chunks[one.from].cursor.chunk, Document { former, ..said })));
    }
    Ok(documents)
}

impl Shared {
    /// What a chunk says, but for spans in pieces, which are put aside with the chunk's number in the batch. One that cannot be read must not keep all others out of the index: it is skipped,
    /// counted and named.
    fn read(
        &self,
        (at, chunk): (usize, &Chunk),
        interpreter: &Interpreter,
        pieces: &mut Pieces,
    ) -> Vec<(i64, Document)> {
        let number = chunk.cursor.chunk;
        let read = std::panic::catch_unwind(AssertUnwindSafe(|| match chunk.payload() {
            Ok(Payload::Traces(mut data)) => {
                pieces.take(&mut data, at);
                Ok(text::spans(&data, interpreter))
            }
            Ok(Payload::Logs(data)) => Ok(text::logs(&data, chunk.received)),
            Ok(Payload::Metrics(_)) => Ok(Vec::new()),
            Err(error) => Err(error.to_string()),
        }));
        match read.unwrap_or_else(|_| Err("a panic while reading it".into())) {
            Ok(documents) => documents.into_iter().map(|document| (number, document)).collect(),
            Err(why) => {
                self.skipped.inc();
                tracing::error!(
                    journal.day = %chunk.cursor.day, journal.chunk = number,
                    "chunk {number} of journal day {} is not searchable: {why}", chunk.cursor.day
                );
                Vec::new()
            }
        }
    }
}
