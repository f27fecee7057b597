//! Finished days made anew: packed into large blocks, with content left out, or without what was to be deleted.
//!
//! The new file is written beside the old one, synced, and put in its place by one rename, so a crash at any point
//! leaves one whole file. Chunks keep their ids. Who holds the old file reads on in it.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use zstd::zstd_safe::CParameter;

use super::block::{self, BLOCK_BYTES, Place};
use super::reader::{Found, Reader};
use super::repair::remove;
use super::{Chunk, Error, Journal, Payload, RESEND_WINDOW, day_file, media};
use crate::model::{Day, TraceId, UnixNanos};
use crate::sqlite;

/// Fed to the compressor at a time: at level 19 a tenth of a second, after which there may be a rest.
const PIECE: usize = 256 << 10;

/// From this level on zstd's own tables for a block would take 81 MiB; with a quarter of the hashes and half of the chain
/// they take 37, and the block is a sixth of a percent larger.
const LARGE_TABLES: i32 = 17;

/// Of zstd, when it has to be quick: 330 MB/s.
const QUICK: i32 = 3;

/// What becomes of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    Keep,
    Replace(Payload),
}

/// What a finished day went through, as noted in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayState {
    /// Nothing more is written to it.
    pub sealed: bool,
    /// Its chunks are compressed together.
    pub packed: bool,
    /// The content of its healthy traces is left out.
    pub thinned: bool,
}

/// How a day shall be made anew.
pub struct Rewrite<'a> {
    /// Level of zstd; `None` packs in a hurry, so that it is to be packed again.
    pub level: Option<i32>,
    pub now: UnixNanos,
    /// Traces of which nothing is left after `edit`.
    pub gone: &'a HashSet<TraceId>,
    /// Why content of healthy traces is left out, if it is.
    pub thinned: Option<&'a str>,
    /// Chunks that cannot be read are left out, instead of leaving the day as it is.
    pub despite_damage: bool,
    /// Asked for every chunk, in order.
    pub edit: &'a mut dyn FnMut(&Chunk) -> Edit,
    /// Called with the time that a small step took; may rest. `false` ends it, and the day stays as it was.
    pub rest: &'a mut dyn FnMut(Duration) -> bool,
}

/// What became of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rewritten {
    pub bytes_before: u64,
    pub bytes_after: u64,
    /// Chunks that were replaced.
    pub changed: u64,
    /// Spans, log records and metrics that are gone.
    pub items_gone: u64,
    /// Chunks that could not be read and are left out.
    pub unreadable: u64,
}

/// Why a day was left as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done(Rewritten),
    /// It is not finished, it was deleted meanwhile, or the work was to end.
    NotNow,
    /// So many chunks cannot be read that would be lost.
    Damaged(u64),
}

impl Journal {
    /// What was done to the file of `day`.
    pub fn state_of(&self, day: Day) -> DayState {
        let path = day_file::path_of(&self.shared.dir, day);
        let sealed = day < self.shared.committed.borrow().day && super::is_sealed(&path);
        if !sealed {
            return DayState::default();
        }
        let noted = |what: &str| {
            sqlite::open_read_only(&path).is_ok_and(|file| {
                let found = file.query_row("SELECT 1 FROM note WHERE what = ?", params![what], |_| Ok(()));
                found.optional().is_ok_and(|found| found.is_some())
            })
        };
        DayState { sealed, packed: noted("packed"), thinned: noted("thinned") }
    }

    /// Makes the file of a finished `day` anew. Takes as long as it takes; blocks on the disk.
    ///
    /// # Errors
    /// When the new file cannot be written; the day is as it was then.
    pub fn rewrite(&self, day: Day, how: &mut Rewrite<'_>) -> Result<Outcome, Error> {
        let dir = &self.shared.dir;
        let before = self.state_of(day);
        if !before.sealed {
            return Ok(Outcome::NotNow);
        }
        let draft = draft_of(dir, day);
        let mut reader = Reader::new(dir.clone(), Counter::default());
        let Some((inode, _)) = reader.opened(day)? else { return Ok(Outcome::NotNow) };
        let mut copy = Copy::begin(&draft, day, how.level.unwrap_or(QUICK))?;
        let written = copy.chunks(&mut reader, day, inode, how);
        let outcome = written.and_then(|outcome| match (outcome, reader.opened(day)?) {
            (None, Some((same, source))) if same == inode => {
                copy.index(source, how, before)?;
                copy.finish(day, inode, self)
            }
            (None, _) => Ok(Outcome::NotNow),
            (Some(outcome), _) => Ok(outcome),
        });
        if !matches!(outcome, Ok(Outcome::Done(_))) {
            remove(&draft)?;
        }
        outcome
    }

    /// Held while a day file is put in its place or deleted, so that a deleted day does not come back.
    pub(super) fn replacing(&self) -> std::sync::MutexGuard<'_, ()> {
        self.shared.replacing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes what a crash has left of a rewriting.
pub(super) fn remove_drafts(dir: &Path) -> Result<(), Error> {
    let failed = |source| Error::Folder { path: dir.to_owned(), source };
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == "rewrite") {
            remove(&path)?;
        }
    }
    Ok(())
}

/// A name of its own for each, because a day may be packed and deleted from at the same time: who is done later finds
/// another file in the day's place and begins again.
fn draft_of(dir: &Path, day: Day) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    dir.join(format!("{day}.{}.rewrite", NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// The new file while it is made.
struct Copy {
    path: PathBuf,
    target: Connection,
    level: i32,
    done: Rewritten,
    /// The block at hand: its chunks with their places, and the bodies.
    rows: Vec<(Chunk, u32, Place)>,
    /// Of each of them the media it refers to.
    media: Vec<Vec<u8>>,
    bodies: Vec<u8>,
}

impl Copy {
    fn begin(draft: &Path, day: Day, level: i32) -> Result<Self, Error> {
        let open = || -> rusqlite::Result<Connection> {
            let target = Connection::open(draft)?;
            // Nothing to be taken back: the file counts only once it is whole, synced and renamed.
            target.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(()))?;
            target.pragma_update(None, "synchronous", "OFF")?;
            target.execute_batch(day_file::SCHEMA)?;
            target.execute_batch(block::SCHEMA)?;
            target.pragma_update(None, "user_version", day_file::PACKED_FORMAT)?;
            Ok(target)
        };
        let path = draft.to_owned();
        let target = open().map_err(|source| Error::File { doing: "create", path: path.clone(), source })?;
        tracing::debug!(journal.day = %day, "journal day {day} is made anew");
        Ok(Self {
            path,
            target,
            level,
            done: Rewritten::default(),
            rows: Vec::new(),
            media: Vec::new(),
            bodies: Vec::new(),
        })
    }

    fn failed(&self, doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Error + use<> {
        let path = self.path.clone();
        move |source| Error::File { doing, path, source }
    }

    /// Copies every chunk; gives why not when it ended early.
    fn chunks(
        &mut self,
        reader: &mut Reader,
        day: Day,
        inode: u64,
        how: &mut Rewrite<'_>,
    ) -> Result<Option<Outcome>, Error> {
        let mut last = 0;
        loop {
            let room = BLOCK_BYTES.saturating_sub(self.bodies.len()).max(1);
            let found = reader.rows(day, last, room)?;
            let Some(end) = found.last().map(Found::id) else { break };
            last = end;
            for row in found {
                match row {
                    Found::Chunk(chunk) => self.take(chunk, how),
                    Found::Unreadable(..) => self.done.unreadable += 1,
                }
                if self.bodies.len() >= BLOCK_BYTES && !self.write(how.rest)? {
                    return Ok(Some(Outcome::NotNow));
                }
            }
        }
        if !self.rows.is_empty() && !self.write(how.rest)? {
            return Ok(Some(Outcome::NotNow));
        }
        match reader.opened(day)? {
            Some((same, _)) if same == inode => {}
            _ => return Ok(Some(Outcome::NotNow)),
        }
        let lost = self.done.unreadable;
        Ok((lost > 0 && !how.despite_damage).then_some(Outcome::Damaged(lost)))
    }

    fn take(&mut self, mut chunk: Chunk, how: &mut Rewrite<'_>) {
        let mut items = chunk.items;
        if let Edit::Replace(payload) = (how.edit)(&chunk) {
            items = payload.items();
            self.done.changed += 1;
            self.done.items_gone += u64::from(chunk.items.saturating_sub(items));
            chunk.body = payload.encode().into();
        }
        let place = Place { offset: self.bodies.len() as u32, length: chunk.body.len() as u32 };
        self.bodies.extend_from_slice(&chunk.body);
        self.media.push(media::noted(&chunk.body));
        // Only the row is needed from here on.
        chunk.body = bytes::Bytes::new();
        self.rows.push((chunk, items, place));
    }

    /// Writes the block at hand; `false` when the work was to end.
    fn write(&mut self, rest: &mut dyn FnMut(Duration) -> bool) -> Result<bool, Error> {
        let compressed = compress(&self.bodies, self.level, rest).and_then(|compressed| {
            // What cannot be read back must not take the place of what can.
            match &compressed {
                Some(bytes) if !reads_back(bytes, &self.bodies)? => {
                    Err(std::io::Error::other("a block did not read back as it was written"))
                }
                _ => Ok(compressed),
            }
        });
        let compressed = compressed.map_err(|source| Error::Folder { path: self.path.clone(), source })?;
        let Some(compressed) = compressed else { return Ok(false) };
        let (rows, media) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.media));
        let length = self.bodies.len();
        let store = |transaction: Transaction<'_>| {
            if let Some((first, ..)) = rows.first() {
                let block = params![first.cursor.chunk, length as i64, compressed];
                transaction.execute("INSERT INTO block (first, bytes, body) VALUES (?, ?, ?)", block)?;
            }
            let mut insert = transaction.prepare_cached(
                "INSERT INTO chunk (id, received_ns, signal, project, items, min_ns, max_ns, body) VALUES (?, ?, ?, ?, ?, 0, 0, ?)",
            )?;
            for (chunk, items, place) in &rows {
                let (id, received, signal) = (chunk.cursor.chunk, chunk.received.0, chunk.signal as i64);
                insert.execute(params![id, received, signal, chunk.project, items, place.to_number()])?;
            }
            drop(insert);
            let mut insert = transaction.prepare_cached("INSERT INTO chunk_media (chunk_id, hashes) VALUES (?, ?)")?;
            for ((chunk, ..), hashes) in rows.iter().zip(&media) {
                insert.execute(params![chunk.cursor.chunk, hashes])?;
            }
            drop(insert);
            transaction.commit()
        };
        let stored = self.target.transaction().and_then(store);
        stored.map_err(self.failed("write"))?;
        self.bodies.clear();
        Ok(true)
    }

    /// Everything else of the day: times of chunks, where traces are, digests that are still asked for, notes.
    fn index(&mut self, source: &Connection, how: &Rewrite<'_>, before: DayState) -> Result<(), Error> {
        let failed = self.failed("write");
        let store = |transaction: Transaction<'_>| {
            let mut times = source.prepare("SELECT min_ns, max_ns, id FROM chunk")?;
            let mut rows = times.query([])?;
            let mut update = transaction.prepare("UPDATE chunk SET min_ns = ?, max_ns = ? WHERE id = ?")?;
            while let Some(row) = rows.next()? {
                update.execute(params![row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?])?;
            }
            drop(update);
            let mut traces =
                source.prepare("SELECT trace_id, chunk_id FROM trace_chunk ORDER BY trace_id, chunk_id")?;
            let mut rows = traces.query([])?;
            let mut insert = transaction.prepare("INSERT INTO trace_chunk (trace_id, chunk_id) VALUES (?, ?)")?;
            while let Some(row) = rows.next()? {
                let id = row.get_ref(0)?.as_blob()?;
                if !TraceId::from_slice(id).is_some_and(|id| how.gone.contains(&id)) {
                    insert.execute(params![id, row.get::<_, i64>(1)?])?;
                }
            }
            drop(insert);
            let asked_for = how.now.saturating_add(-(RESEND_WINDOW.as_nanos() as i64)).0;
            let mut digests = source.prepare("SELECT digest, received_ns FROM request WHERE received_ns >= ?")?;
            let mut rows = digests.query(params![asked_for])?;
            let mut insert = transaction.prepare("INSERT INTO request (digest, received_ns) VALUES (?, ?)")?;
            while let Some(row) = rows.next()? {
                insert.execute(params![row.get_ref(0)?.as_blob()?, row.get::<_, i64>(1)?])?;
            }
            drop(insert);
            if let Some(level) = how.level {
                note(&transaction, "packed", how.now, &format!("zstd level {level}"))?;
            }
            if before.thinned || how.thinned.is_some() {
                note(&transaction, "thinned", how.now, how.thinned.unwrap_or("earlier"))?;
            }
            transaction.commit()
        };
        self.target.transaction().and_then(store).map_err(failed)
    }

    /// Puts the new file in the place of the old one, unless that is gone.
    fn finish(self, day: Day, inode: u64, journal: &Journal) -> Result<Outcome, Error> {
        let Self { path: draft, target, mut done, .. } = self;
        target.close().map_err(|(_, source)| Error::File { doing: "close", path: draft.clone(), source })?;
        let synced = File::open(&draft).and_then(|file| file.sync_all());
        synced.map_err(|source| Error::Folder { path: draft.clone(), source })?;
        let dir = &journal.shared.dir;
        let path = day_file::path_of(dir, day);
        let _only_us = journal.replacing();
        let Ok(old) = std::fs::metadata(&path) else { return Ok(Outcome::NotNow) };
        if old.ino() != inode || !super::is_sealed(&path) {
            return Ok(Outcome::NotNow);
        }
        done.bytes_before = old.len();
        done.bytes_after = std::fs::metadata(&draft).map_or(0, |new| new.len());
        let renamed = std::fs::rename(&draft, &path).and_then(|()| File::open(dir)?.sync_all());
        renamed.map_err(|source| Error::Folder { path, source })?;
        Ok(Outcome::Done(done))
    }
}

fn note(transaction: &Transaction<'_>, what: &str, now: UnixNanos, why: &str) -> rusqlite::Result<()> {
    transaction.execute("INSERT INTO note (what, at_ns, why) VALUES (?, ?, ?)", params![what, now.0, why]).map(drop)
}

/// A zstd frame with size and checksum; `None` when the work was to end.
fn compress(bytes: &[u8], level: i32, rest: &mut dyn FnMut(Duration) -> bool) -> std::io::Result<Option<Vec<u8>>> {
    let mut encoder = zstd::stream::Encoder::new(Vec::with_capacity(bytes.len() / 8), level)?;
    encoder.include_checksum(true)?;
    if level >= LARGE_TABLES {
        encoder.set_parameter(CParameter::ChainLog(23))?;
        encoder.set_parameter(CParameter::HashLog(20))?;
    }
    encoder.set_pledged_src_size(Some(bytes.len() as u64))?;
    for piece in bytes.chunks(PIECE) {
        let began = Instant::now();
        encoder.write_all(piece)?;
        if !rest(began.elapsed()) {
            return Ok(None);
        }
    }
    encoder.finish().map(Some)
}

/// Whether `compressed` decompresses to `bytes`, without room for all of it a second time.
fn reads_back(compressed: &[u8], bytes: &[u8]) -> std::io::Result<bool> {
    let mut decoder = zstd::stream::Decoder::with_buffer(compressed)?;
    let (mut piece, mut rest) = (vec![0; 64 << 10], bytes);
    loop {
        let count = decoder.read(&mut piece)?;
        if count == 0 {
            return Ok(rest.is_empty());
        }
        match rest.strip_prefix(&piece[..count]) {
            Some(after) => rest = after,
            None => return Ok(false),
        }
    }
}

#[cfg(test)]
mod tests;
