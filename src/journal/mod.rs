//! The durable log of everything received: one SQLite file per UTC day of arrival.
//!
//! Promises: what [`Journal::append`] acknowledged is on the disk (`synchronous=FULL`, commit before answer);
//! a request that is sent again byte for byte within 24 hours is not stored twice; memory is bounded, and who
//! comes while the writer is behind is told to come back. Readers follow by [`Cursor`] and never block the writer.

mod block;
mod compressor;
mod day_file;
mod earlier;
mod erase;
mod hold;
mod media;
mod offline;
mod pack;
mod payload;
mod pressure;
mod reader;
mod repair;
mod rewrite;
mod space;
mod split;
mod unknown;
mod writer;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::config::JournalConfig;
use crate::meter::Meter;
use crate::model::{Day, Signal, TraceId, UnixNanos};

pub use day_file::{FORMAT, PACKED_FORMAT};
pub use earlier::Earlier;
pub use erase::{Erased, Erasure, Goes};
pub use hold::Hold;
pub use offline::{Contents, days_in, is_sealed, newest_format, read_all};
pub use payload::{One, Payload, Where};
pub use pressure::Follower;
pub use reader::Reader;
pub use rewrite::{DayState, Edit, Outcome, Rewrite, Rewritten};
pub use space::DaySize;
pub use split::{LogPlace, Record};

/// A request re-sent byte for byte within this time is acknowledged and not stored again.
pub const RESEND_WINDOW: Duration = Duration::from_secs(24 * 3600);

/// How long a refused client should wait: a few group commits on a slow disk.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Above this many bytes the cutting and encoding of a request leaves the async threads.
const INLINE_BYTES: usize = 256 << 10;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use the journal folder {path}: {source}")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("cannot {doing} journal file {path}: {source}")]
    File { doing: &'static str, path: PathBuf, source: rusqlite::Error },
    #[error(
        "journal file {path} has format {found}, this version knows formats up to {}: use the version that wrote it, or newer",
        day_file::PACKED_FORMAT
    )]
    Format { path: PathBuf, found: i64 },
    #[error("cannot start the journal's {thread} thread: {source}")]
    Thread { thread: &'static str, source: std::io::Error },
}

impl Error {
    /// The file is damaged; it is no matter of a disk that is full or busy.
    fn is_damage(&self) -> bool {
        matches!(self, Self::File { source, .. } if crate::sqlite::is_damage(source))
    }
}

/// Why a request was not stored. All of these may be sent again.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    #[error("the disk is behind: send again later")]
    Busy { retry_after: Duration },
    #[error("shutting down: send again later")]
    Closed,
    #[error("there is no space left: {reason}")]
    Full { reason: String },
    #[error("the journal could not be written: {0}")]
    Store(String),
}

/// What happened to a request that is now safe on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    Stored,
    /// The same bytes came before and are kept already.
    Duplicate,
}

/// One redacted request.
#[derive(Debug)]
pub struct Batch {
    pub project: Arc<str>,
    /// First 16 bytes of the BLAKE3 hash over the signal number and the request body as it came, decompressed.
    pub digest: [u8; 16],
    pub payload: Payload,
    /// Media were taken out of the payload, so that it may refer to files.
    pub media: bool,
}

/// A place in the journal: everything up to and including this chunk. The default is before everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cursor {
    pub day: Day,
    pub chunk: i64,
}

/// Some records of one signal and one project, received at about the same time.
#[derive(Debug, Clone)]
pub struct Chunk {
    pub cursor: Cursor,
    pub received: UnixNanos,
    pub project: String,
    pub signal: Signal,
    /// How many spans, log records or metrics.
    pub items: u32,
    /// A protobuf `TracesData`, `LogsData` or `MetricsData`; records of one trace lie together.
    pub body: Bytes,
}

impl Chunk {
    /// The records of the chunk.
    ///
    /// # Errors
    /// When the body is no OTLP message, which only a damaged file can bring about.
    pub fn payload(&self) -> Result<Payload, prost::DecodeError> {
        Payload::decode(self.signal, self.body.clone())
    }
}

/// What the Health page says about the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalStats {
    /// Bytes of all day files, write-ahead logs included.
    pub bytes: u64,
    pub days: Vec<Day>,
    pub head: Cursor,
    /// Chunks that could not be read since the start.
    pub unreadable_chunks: u64,
    /// Bytes of requests that wait for the writer now.
    pub waiting_bytes: u64,
}

/// Handle to the journal. Clones share it.
#[derive(Debug, Clone)]
pub struct Journal {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    dir: PathBuf,
    config: JournalConfig,
    /// `None` once closed.
    requests: Mutex<Option<mpsc::UnboundedSender<Request>>>,
    /// Permits are KiB that may wait; the queue itself needs no bound of its own.
    room: Arc<Semaphore>,
    in_flight: Arc<Mutex<HashSet<[u8; 16]>>>,
    committed: watch::Receiver<Cursor>,
    floor: space::Floor,
    holds: hold::Holds,
    forgotten: watch::Sender<Day>,
    /// Held while a finished day is replaced or deleted.
    replacing: Mutex<()>,
    unreadable: Counter,
    refused: Counter,
    pressure: pressure::Pressure,
    refused_behind: Counter,
    refused_full: Counter,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A request on its way to the writer; dropping it gives its room back.
#[derive(Debug)]
struct Request {
    project: Arc<str>,
    digest: [u8; 16],
    signal: Signal,
    fragments: Vec<pack::Fragment>,
    media: bool,
    answer: oneshot::Sender<Result<Appended, AppendError>>,
    _room: tokio::sync::OwnedSemaphorePermit,
}

impl Journal {
    /// Opens the journal in `dir`, creating it, and starts its threads.
    ///
    /// # Errors
    /// When the folder or the newest day file cannot be used; the message names it.
    pub fn open(dir: &Path, config: &JournalConfig, clock: Clock, meter: &Meter) -> Result<Self, Error> {
        std::fs::create_dir_all(dir).map_err(|source| Error::Folder { path: dir.to_owned(), source })?;
        rewrite::remove_drafts(dir)?;
        let in_flight = Arc::new(Mutex::new(HashSet::new()));
        let writer = writer::Writer::open(dir, Arc::clone(&in_flight), meter)?;
        let (commits, committed) = watch::channel(writer.head());
        let (requests, incoming) = mpsc::unbounded_channel();
        let packer = writer::Packer::new(dir, config, clock, Arc::clone(&in_flight));
        let pressure = pressure::Pressure::new(writer.head());
        let threads = writer::start(packer, writer, incoming, commits, pressure.clone())?;
        let unreadable =
            meter.register("journal_unreadable_chunks", "Chunks that could not be read", Counter::default());
        let refused =
            meter.register("journal_refused", "Requests refused because the writer was behind", Counter::default());
        let refused_full =
            meter.register("journal_refused_full", "Requests refused because space ran out", Counter::default());
        let shared = Shared {
            dir: dir.to_owned(),
            config: config.clone(),
            requests: Mutex::new(Some(requests)),
            room: Arc::new(Semaphore::new(kib(config.max_waiting_bytes) as usize)),
            in_flight,
            committed,
            floor: space::Floor::default(),
            holds: hold::Holds::default(),
            forgotten: watch::Sender::new(Day::default()),
            replacing: Mutex::default(),
            unreadable,
            refused,
            pressure,
            refused_behind: meter.register(
                "journal_refused_loader_behind",
                "Requests refused because a follower was behind",
                Counter::default(),
            ),
            refused_full,
            threads: Mutex::new(threads),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Stores `batch`; returns after it is committed and synced to the disk.
    ///
    /// # Errors
    /// All retryable: the writer or a follower is behind, the journal is closing, or the disk is full or failed.
    pub async fn append(&self, batch: Batch) -> Result<Appended, AppendError> {
        if let Some(reason) = self.refusing() {
            self.shared.refused_full.inc();
            return Err(AppendError::Full { reason });
        }
        if let Some(retry_after) = self.shared.pressure.wait() {
            self.shared.refused_behind.inc();
            return Err(AppendError::Busy { retry_after });
        }
        let signal = batch.payload.signal();
        let bytes = batch.payload.encoded_len();
        let need = kib(bytes).min(kib(self.shared.config.max_waiting_bytes));
        let Ok(room) = Arc::clone(&self.shared.room).try_acquire_many_owned(need) else {
            self.shared.refused.inc();
            return Err(AppendError::Busy { retry_after: RETRY_AFTER });
        };
        let chunk_bytes = self.shared.config.chunk_bytes;
        let payload = batch.payload;
        let fragments = if bytes > INLINE_BYTES {
            tokio::task::spawn_blocking(move || pack::cut(payload, chunk_bytes))
                .await
                .map_err(|error| AppendError::Store(error.to_string()))?
        } else {
            pack::cut(payload, chunk_bytes)
        };
        if fragments.is_empty() {
            return Ok(Appended::Stored);
        }
        let (answer, answered) = oneshot::channel();
        let (project, digest, media) = (batch.project, batch.digest, batch.media);
        let request = Request { project, digest, signal, fragments, media, answer, _room: room };
        self.send(request)?;
        answered.await.unwrap_or(Err(AppendError::Closed))
    }

    fn send(&self, request: Request) -> Result<(), AppendError> {
        let requests = self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = requests.as_ref().ok_or(AppendError::Closed)?;
        sender.send(request).map_err(|_| AppendError::Closed)
    }

    /// A reader with connections of its own.
    pub fn reader(&self) -> Reader {
        Reader::new(self.shared.dir.clone(), self.shared.unreadable.clone())
    }

    /// Registers a reader that must keep up: while it is too far behind, [`Self::append`] answers
    /// [`AppendError::Busy`].
    pub fn follow(&self) -> Follower {
        self.shared.pressure.follow()
    }

    /// Whether such a reader has a lot before it.
    pub fn is_followed_behind(&self) -> bool {
        self.shared.pressure.is_felt()
    }

    /// The newest committed place; changes after every commit.
    pub fn committed(&self) -> watch::Receiver<Cursor> {
        self.shared.committed.clone()
    }

    /// Every chunk that holds something of the trace, oldest first. Blocks on the disk.
    ///
    /// # Errors
    /// When the folder cannot be listed or a file not opened; damaged chunks are skipped and counted.
    pub fn trace(&self, id: TraceId) -> Result<Vec<Chunk>, Error> {
        self.reader().trace(id)
    }

    /// Bytes of requests that wait for the writer now.
    pub fn waiting_bytes(&self) -> u64 {
        let total = kib(self.shared.config.max_waiting_bytes) as usize;
        (total.saturating_sub(self.shared.room.available_permits()) as u64) << 10
    }

    /// The chunks of log records that arrived on `day` and have times between `first` and `last`, oldest first.
    /// Blocks on the disk.
    ///
    /// # Errors
    /// When the day file cannot be opened; damaged chunks are skipped.
    pub fn logs(&self, day: Day, first: UnixNanos, last: UnixNanos) -> Result<Vec<Chunk>, Error> {
        self.reader().logs(day, first, last)
    }

    pub fn stats(&self) -> JournalStats {
        let shared = &self.shared;
        JournalStats {
            bytes: day_file::bytes_on_disk(&shared.dir),
            days: day_file::days(&shared.dir).unwrap_or_default(),
            head: *shared.committed.borrow(),
            unreadable_chunks: shared.unreadable.get(),
            waiting_bytes: self.waiting_bytes(),
        }
    }

    /// Whether both threads are at work.
    pub fn is_running(&self) -> bool {
        let threads = self.shared.threads.lock().unwrap_or_else(PoisonError::into_inner);
        !threads.is_empty() && threads.iter().all(|thread| !thread.is_finished())
    }

    /// Stops taking requests, commits those that wait, and ends the threads.
    pub async fn close(&self) {
        drop(self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.shared.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = tokio::task::spawn_blocking(move || {
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!("a journal thread had panicked");
                }
            }
        });
        if joined.await.is_err() {
            tracing::error!("could not wait for the journal's threads");
        }
        let left = self.shared.in_flight.lock().unwrap_or_else(PoisonError::into_inner).len();
        if left > 0 {
            tracing::error!(
                requests = left,
                "requests were unanswered when the journal closed; their clients will send again"
            );
        }
    }
}

/// Semaphore permits for `bytes`: KiB, rounded up, because a permit count is 32 bits wide.
fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
