//! A few connections that answer questions: each on a blocking thread, with a deadline, and interrupted when
//! nobody waits for the answer any more.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use duckdb::{Connection, InterruptHandle};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Error, database};

/// Questions answered at once; further ones wait their turn within their deadline.
const CONNECTIONS: usize = 4;

/// An interrupt that comes before the query has begun is lost, so it is repeated at this interval.
const INTERRUPT_EVERY: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    /// Replaces a connection that was lost to a panic.
    spare: Mutex<Connection>,
    turns: Arc<Semaphore>,
    /// The turn of what has no deadline.
    long: Semaphore,
    /// The turn of what has a connection of its own.
    apart: Semaphore,
    deadline: Duration,
}

/// What becomes of a connection afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Again,
    Once,
}

impl Readers {
    pub(super) fn open(connection: &Connection, deadline: Duration) -> duckdb::Result<Self> {
        let idle = (0..CONNECTIONS).map(|_| database::another(connection)).collect::<duckdb::Result<Vec<_>>>()?;
        let spare = Mutex::new(database::another(connection)?);
        Ok(Self {
            idle: Arc::new(Mutex::new(idle)),
            spare,
            turns: Arc::new(Semaphore::new(CONNECTIONS)),
            long: Semaphore::new(1),
            apart: Semaphore::new(1),
            deadline,
        })
    }

    /// A connection apart from those that answer questions, for work without a deadline.
    pub(super) fn another(&self) -> duckdb::Result<Connection> {
        database::another(&lock(&self.spare))
    }

    /// Waits until no question is in work, and keeps new ones waiting for as long as the answer is held.
    pub(super) async fn pause(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).acquire_many_owned(CONNECTIONS as u32).await.ok()
    }

    /// Keeps new questions waiting for as long as the answer is held; `None` when one is in work.
    pub(super) fn try_pause(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).try_acquire_many_owned(CONNECTIONS as u32).ok()
    }

    /// Answers `question`. Dropping the future interrupts it.
    pub(super) async fn ask<T, F>(&self, question: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> duckdb::Result<T> + Send + 'static,
    {
        let answer = tokio::time::timeout(self.deadline, self.answer(question)).await;
        answer.unwrap_or(Err(Error::Timeout { after: self.deadline }))
    }

    /// The same without a deadline, for what takes as long as it takes. Nor may it keep others waiting: one at a time.
    pub(super) async fn at_length<T, F>(&self, question: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> duckdb::Result<T> + Send + 'static,
    {
        let _turn = self.long.acquire().await.map_err(|_| Error::Closed)?;
        self.answer(question).await
    }

    /// The same on a connection of its own that nobody has after it, one at a time: for what must not leave traces on a
    /// connection, and may keep the machine busy.
    pub(super) async fn ask_apart<T, F>(&self, question: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> duckdb::Result<T> + Send + 'static,
    {
        let answer = async {
            let _turn = self.apart.acquire().await.map_err(|_| Error::Closed)?;
            self.answer_on(Use::Once, question).await
        };
        let answer = tokio::time::timeout(self.deadline, answer).await;
        answer.unwrap_or(Err(Error::Timeout { after: self.deadline }))
    }

    /// Returns when no question is in work any more: those that nobody waits for have been interrupted.
    pub(super) async fn idle(&self) {
        // Fails only when closed, and then none is in work either.
        let _all = self.turns.acquire_many(CONNECTIONS as u32).await;
    }

    async fn answer<T, F>(&self, question: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> duckdb::Result<T> + Send + 'static,
    {
        self.answer_on(Use::Again, question).await
    }

    async fn answer_on<T, F>(&self, kept: Use, question: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> duckdb::Result<T> + Send + 'static,
    {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Error::Closed)?;
        let idle = if kept == Use::Again { lock(&self.idle).pop() } else { None };
        let connection = idle.map_or_else(|| database::another(&lock(&self.spare)), Ok)?;
        let guard = Guard { handle: connection.interrupt_handle(), done: Arc::new(Mutex::new(false)) };
        let idle = Arc::clone(&self.idle);
        let done = Arc::clone(&guard.done);
        let task = tokio::task::spawn_blocking(move || {
            let answer = question(&connection);
            // From here on an interrupt would hit somebody else's question.
            *lock(&done) = true;
            // One that came while a question ended its transaction leaves it open, and the next question would fail.
            // Mostly there is none, which is said as an error.
            drop(connection.execute_batch("ROLLBACK"));
            match kept {
                Use::Again => lock(&idle).push(connection),
                // Before the turn is: who waits for all turns finds no connection in use.
                Use::Once => drop(connection),
            }
            drop(turn);
            answer
        });
        let answer = task.await.map_err(|error| Error::Question(error.to_string()))?;
        answer.map_err(Error::from)
    }
}

/// Interrupts the question when it is dropped before the answer.
struct Guard {
    handle: Arc<InterruptHandle>,
    done: Arc<Mutex<bool>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if *lock(&self.done) {
            return;
        }
        let (handle, done) = (Arc::clone(&self.handle), Arc::clone(&self.done));
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            loop {
                {
                    let done = lock(&done);
                    if *done {
                        return;
                    }
                    // Under the lock: the connection cannot go to another question meanwhile.
                    handle.interrupt();
                }
                tokio::time::sleep(INTERRUPT_EVERY).await;
            }
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
