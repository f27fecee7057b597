//! The two threads behind [`super::Journal::append`]: one packs what waits, one commits it.
//!
//! While a commit waits for the disk, the next group is packed and the requests after it queue up: groups grow with
//! the load by themselves and a lone request waits for nobody.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use tokio::sync::{mpsc, watch};

use super::compressor::Compressor;
use super::day_file::{self, DayFile, PackedChunk, Seen};
use super::pressure::Pressure;
use super::{AppendError, Appended, Cursor, Error, RETRY_AFTER, Request, media, pack, repair};
use crate::clock::Clock;
use crate::config::JournalConfig;
use crate::meter::Meter;
use crate::model::{Day, Signal, UnixNanos};

/// Uncompressed bytes after which a group is closed: bounds the memory of a group and the length of a transaction.
const GROUP_BYTES: usize = 8 << 20;

/// How often sealing is tried again when a reader held yesterday's file open.
const SEAL_AGAIN: Duration = Duration::from_secs(10);

type InFlight = Arc<Mutex<HashSet<[u8; 16]>>>;

/// Requests that are committed together.
#[derive(Debug)]
struct Group {
    received: UnixNanos,
    chunks: Vec<PackedChunk>,
    requests: Vec<Request>,
}

/// Turns waiting requests into compressed chunks.
pub(super) struct Packer {
    config: JournalConfig,
    clock: Clock,
    in_flight: InFlight,
    seen: Seen,
    day: Day,
    compressor: Compressor,
}

/// Commits groups to the file of their day.
#[derive(Debug)]
pub(super) struct Writer {
    dir: PathBuf,
    in_flight: InFlight,
    current: Option<DayFile>,
    unsealed: Vec<DayFile>,
    sealed_at: Instant,
    head: Cursor,
    commits: Counter,
    requests: Counter,
}

/// Starts both threads; they end when `incoming` is closed and everything in it is committed.
pub(super) fn start(
    mut packer: Packer,
    mut writer: Writer,
    mut incoming: mpsc::UnboundedReceiver<Request>,
    commits: watch::Sender<Cursor>,
    pressure: Pressure,
) -> Result<Vec<JoinHandle<()>>, Error> {
    // A rendezvous: at most one group is packed ahead of the one being committed.
    let (groups, packed): (SyncSender<Group>, Receiver<Group>) = sync_channel(0);
    packer.day = writer.head.day;
    let packing = spawn("journal-pack", move || {
        while let Some(group) = packer.next_group(&mut incoming) {
            if groups.send(group).is_err() {
                break;
            }
        }
    })?;
    let writing = spawn("journal-write", move || {
        loop {
            match packed.recv_timeout(SEAL_AGAIN) {
                Ok(group) => writer.commit(group, &commits, &pressure),
                Err(RecvTimeoutError::Timeout) => writer.seal_again(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        writer.finish();
    })?;
    Ok(vec![packing, writing])
}

fn spawn(thread: &'static str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new().name(thread.into()).spawn(work).map_err(|source| Error::Thread { thread, source })
}

impl Packer {
    pub fn new(dir: &Path, config: &JournalConfig, clock: Clock, in_flight: InFlight) -> Self {
        let compressor = Compressor::new(config);
        Self { config: config.clone(), clock, in_flight, seen: Seen::new(dir), day: Day::default(), compressor }
    }

    /// Waits for a request, takes what else is there, and packs it. `None` when no more can come.
    fn next_group(&mut self, incoming: &mut mpsc::UnboundedReceiver<Request>) -> Option<Group> {
        loop {
            let waiting = Instant::now();
            let first = incoming.blocking_recv()?;
            self.compressor.begin(waiting.elapsed());
            let now = self.clock.now();
            // A clock that was set back must not reopen a sealed day: cursors only move forward.
            let received = if now.day() < self.day { self.day.start() } else { now };
            if received.day() > self.day {
                self.day = received.day();
                self.seen.release_before(self.day);
            }
            let mut taken = Vec::new();
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(request) = next {
                bytes += self.take(request, received, &mut taken);
                next = if bytes < GROUP_BYTES { incoming.try_recv().ok() } else { None };
            }
            if !taken.is_empty()
                && let Some(group) = self.pack(received, taken)
            {
                return Some(group);
            }
        }
    }

    /// Adds `request` to the group unless it is known; gives its size.
    fn take(&mut self, request: Request, received: UnixNanos, taken: &mut Vec<Request>) -> usize {
        if self.lock_in_flight().contains(&request.digest) {
            // Its twin is not on the disk yet, so neither answer would be true: the next try will know.
            answer(request, Err(AppendError::Busy { retry_after: RETRY_AFTER }));
            return 0;
        }
        match self.seen.contains(&request.digest, received.max(self.clock.now())) {
            Ok(true) => {
                answer(request, Ok(Appended::Duplicate));
                return 0;
            }
            Ok(false) => {}
            // Storing twice is better than refusing: later stages recognise spans by their ids.
            Err(error) => tracing::warn!(%error, "cannot look up whether a request was re-sent: {error}"),
        }
        self.lock_in_flight().insert(request.digest);
        let bytes = request.fragments.iter().map(|fragment| fragment.bytes.len()).sum();
        taken.push(request);
        bytes
    }

    /// `None` when compression failed: the requests are refused then, to be sent again.
    fn pack(&mut self, received: UnixNanos, mut requests: Vec<Request>) -> Option<Group> {
        let mut fragments: BTreeMap<(Signal, Arc<str>), Vec<pack::Fragment>> = BTreeMap::new();
        for request in &mut requests {
            let key = (request.signal, Arc::clone(&request.project));
            fragments.entry(key).or_default().append(&mut request.fragments);
        }
        let refers_to_media = requests.iter().any(|request| request.media);
        let mut chunks = Vec::new();
        for ((signal, project), fragments) in fragments {
            for chunk in pack::join(fragments, self.config.chunk_bytes) {
                let body = match self.compressor.compress(&chunk.body) {
                    Ok(body) => body,
                    Err(error) => {
                        self.refuse(requests, &error);
                        return None;
                    }
                };
                chunks.push(PackedChunk {
                    project: project.to_string(),
                    signal,
                    traces: chunk.traces.into_iter().collect(),
                    items: chunk.items,
                    min_ns: chunk.min_ns,
                    max_ns: chunk.max_ns,
                    media: if refers_to_media { media::noted(&chunk.body) } else { Vec::new() },
                    bytes: chunk.body.len(),
                    body,
                });
            }
        }
        Some(Group { received, chunks, requests })
    }

    fn refuse(&self, requests: Vec<Request>, error: &std::io::Error) {
        tracing::error!(%error, requests = requests.len(), "requests were refused, zstd failed: {error}");
        for request in requests {
            self.lock_in_flight().remove(&request.digest);
            answer(request, Err(AppendError::Store(format!("zstd failed: {error}"))));
        }
    }

    fn lock_in_flight(&self) -> std::sync::MutexGuard<'_, HashSet<[u8; 16]>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Finds the head, and seals days that an earlier run left open.
    pub fn open(dir: &Path, in_flight: InFlight, meter: &Meter) -> Result<Self, Error> {
        let days = day_file::days(dir)?;
        let mut current = None;
        let mut unsealed = Vec::new();
        for (index, day) in days.iter().enumerate() {
            let newest = index + 1 == days.len();
            if newest {
                current = Some(repair::open_or_repair(dir, *day)?);
            } else if has_log_beside(dir, *day) {
                match DayFile::open(dir, *day) {
                    Ok(file) => unsealed.extend(file.seal()),
                    // Still read as far as it can be; only the newest day must take writes.
                    Err(error) => tracing::warn!(%error, "journal day {day} cannot be sealed: {error}"),
                }
            }
        }
        let head = match &current {
            Some(file) => Cursor { day: file.day, chunk: file.head()? },
            None => Cursor::default(),
        };
        Ok(Self {
            dir: dir.to_owned(),
            in_flight,
            current,
            unsealed,
            sealed_at: Instant::now(),
            head,
            commits: meter.register("journal_commits", "Group commits", Counter::default()),
            requests: meter.register("journal_requests", "Requests committed", Counter::default()),
        })
    }

    pub fn head(&self) -> Cursor {
        self.head
    }

    /// Commits `group`, tells readers, and answers its requests.
    fn commit(&mut self, group: Group, commits: &watch::Sender<Cursor>, pressure: &Pressure) {
        let stored = self.store(&group);
        {
            let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
            for request in &group.requests {
                in_flight.remove(&request.digest);
            }
        }
        match stored {
            Ok(head) => {
                self.head = head;
                pressure.committed(head, group.chunks.iter().map(|chunk| chunk.bytes as u64).sum());
                // Before the answers: who was acknowledged finds the head moved.
                commits.send_replace(head);
                self.commits.inc();
                self.requests.inc_by(group.requests.len() as u64);
                for request in group.requests {
                    answer(request, Ok(Appended::Stored));
                }
                self.seal_again();
            }
            Err(error) => {
                tracing::error!(%error, requests = group.requests.len(), "requests were refused: {error}");
                for request in group.requests {
                    answer(request, Err(AppendError::Store(error.to_string())));
                }
            }
        }
    }

    fn store(&mut self, group: &Group) -> Result<Cursor, Error> {
        let day = group.received.day();
        if self.current.as_ref().is_none_or(|file| file.day != day) {
            let opened = repair::open_or_repair(&self.dir, day)?;
            if let Some(finished) = self.current.replace(opened) {
                self.unsealed.extend(finished.seal());
            }
        }
        let digests: Vec<_> = group.requests.iter().map(|request| request.digest).collect();
        let file = match &mut self.current {
            Some(file) => file,
            None => self.current.insert(repair::open_or_repair(&self.dir, day)?),
        };
        match file.commit(group.received, &group.chunks, &digests) {
            Err(error) if error.is_damage() => {
                // Closed first: the file is about to be replaced.
                self.current = None;
                let repaired = self.current.insert(repair::repair(&self.dir, day, &error)?);
                let chunk = repaired.commit(group.received, &group.chunks, &digests)?;
                Ok(Cursor { day, chunk })
            }
            committed => Ok(Cursor { day, chunk: committed? }),
        }
    }

    fn seal_again(&mut self) {
        if !self.unsealed.is_empty() && self.sealed_at.elapsed() >= SEAL_AGAIN {
            self.sealed_at = Instant::now();
            self.unsealed = std::mem::take(&mut self.unsealed).into_iter().filter_map(DayFile::seal).collect();
        }
    }

    /// The last open file is checkpointed when its connection closes; nothing more is to be done for today.
    fn finish(self) {
        for file in self.unsealed {
            if let Some(file) = file.seal() {
                tracing::info!(journal.day = %file.day, "journal day {} is sealed at the next start", file.day);
            }
        }
    }
}

fn has_log_beside(dir: &Path, day: Day) -> bool {
    let mut log = day_file::path_of(dir, day).into_os_string();
    log.push("-wal");
    Path::new(&log).exists()
}

/// The client may have gone; its data is safe all the same.
fn answer(request: Request, outcome: Result<Appended, AppendError>) {
    let _gone = request.answer.send(outcome);
}
