//! Deleting single records on request, so that their bytes are in no file of the journal any more.
//!
//! A finished day is written anew without them. In the day that is being written their chunks are replaced in small
//! transactions, with freed pages overwritten by zeros, and its log is then moved into the file and cut to nothing.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use rusqlite::{Connection, TransactionBehavior, params};

use super::compressor::compress_one;
use super::reader::{Found, Reader};
use super::rewrite::{Edit, Outcome, Rewrite};
use super::{Chunk, Cursor, Error, Journal, Payload, Record, day_file, media};
use crate::model::{Day, TraceId, UnixNanos};

/// Chunks that are read at a time.
const STEP_BYTES: usize = 4 << 20;

/// Times that a day is begun again when something else changed its file meanwhile.
const TRIES: usize = 5;

/// How often, and how many times, the log is tried to be cut while others read or write: half a minute.
const CUT_EVERY: Duration = Duration::from_millis(50);
const CUT_TRIES: usize = 600;

/// Tells by a record, and by when it was received, whether it goes.
pub type Goes<'a> = dyn Fn(Record<'_>, UnixNanos) -> bool + 'a;

/// What is to be deleted.
pub struct Erasure<'a> {
    /// Everything of these traces.
    pub traces: &'a HashSet<TraceId>,
    /// And every record of which this is true; every chunk is looked at then.
    pub also: Option<&'a Goes<'a>>,
    /// Whether a chunk with this body may hold such a record: spares decoding it.
    pub may: &'a dyn Fn(&[u8]) -> bool,
    pub now: UnixNanos,
}

/// What was deleted of a day.
#[derive(Debug, Clone, Default)]
pub struct Erased {
    pub chunks: u64,
    /// Spans, log records and metrics.
    pub items: u64,
    /// Of the records, uncompressed.
    pub bytes: u64,
    /// Chunks that could not be read and went with the old file.
    pub unreadable: u64,
    /// The records, in chunks with the address of those they stood in.
    pub removed: Vec<Chunk>,
}

impl Journal {
    /// The days in which something of `erasure` may be.
    ///
    /// # Errors
    /// When the folder or a day file cannot be read.
    pub fn days_with(&self, erasure: &Erasure<'_>) -> Result<Vec<Day>, Error> {
        let days = day_file::days(&self.shared.dir)?;
        if erasure.also.is_some() {
            return Ok(days);
        }
        let mut found = Vec::new();
        for day in days {
            if !self.chunks_of(day, erasure.traces)?.is_empty() {
                found.push(day);
            }
        }
        Ok(found)
    }

    /// Deletes what `erasure` says from `day`. Blocks on the disk.
    ///
    /// # Errors
    /// When a file cannot be read or written. What is done already stays done; call it again.
    pub fn erase(&self, day: Day, erasure: &Erasure<'_>) -> Result<Erased, Error> {
        for _ in 0..TRIES {
            if !self.state_of(day).sealed {
                return self.erase_in_place(day, erasure);
            }
            let mut erased = Erased::default();
            let mut edit = |chunk: &Chunk| erased.take(chunk, erasure).map_or(Edit::Keep, Edit::Replace);
            let mut how = Rewrite {
                level: None,
                now: erasure.now,
                gone: erasure.traces,
                thinned: None,
                despite_damage: true,
                edit: &mut edit,
                rest: &mut |_| true,
            };
            if let Outcome::Done(done) = self.rewrite(day, &mut how)? {
                erased.unreadable = done.unreadable;
                return Ok(erased);
            }
            if !day_file::path_of(&self.shared.dir, day).exists() {
                return Ok(Erased::default());
            }
        }
        Err(Error::Folder {
            path: day_file::path_of(&self.shared.dir, day),
            source: std::io::Error::other("it is being changed by something else all the time"),
        })
    }

    /// Deletes the copies of damaged files that repairs have left: nobody can say what is in them.
    ///
    /// # Errors
    /// When one cannot be deleted.
    pub fn erase_damaged(&self) -> Result<u64, Error> {
        let dir = &self.shared.dir;
        let failed = |source| Error::Folder { path: dir.clone(), source };
        let mut gone = 0;
        for entry in std::fs::read_dir(dir).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".damaged") || name.ends_with(".damaged-wal") {
                std::fs::remove_file(&path).map_err(failed)?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    fn chunks_of(&self, day: Day, traces: &HashSet<TraceId>) -> Result<BTreeSet<i64>, Error> {
        let path = day_file::path_of(&self.shared.dir, day);
        let failed = |source| Error::File { doing: "read", path: path.clone(), source };
        let mut reader = Reader::new(self.shared.dir.clone(), Counter::default());
        let Some((_, connection)) = reader.opened(day)? else { return Ok(BTreeSet::new()) };
        let mut statement =
            connection.prepare("SELECT chunk_id FROM trace_chunk WHERE trace_id = ?").map_err(failed)?;
        let mut found = BTreeSet::new();
        for trace in traces {
            let ids = statement.query_map(params![trace.as_bytes()], |row| row.get(0));
            found.extend(ids.and_then(Iterator::collect::<rusqlite::Result<Vec<i64>>>).map_err(failed)?);
        }
        Ok(found)
    }

    fn erase_in_place(&self, day: Day, erasure: &Erasure<'_>) -> Result<Erased, Error> {
        let path = day_file::path_of(&self.shared.dir, day);
        let failed = |source| Error::File { doing: "delete from", path: path.clone(), source };
        let mut erased = Erased::default();
        let mut reader = Reader::new(self.shared.dir.clone(), Counter::default());
        let mut connection = open(&path).map_err(failed)?;
        if erasure.also.is_some() {
            let mut last = 0;
            loop {
                let found = reader.rows(day, last, STEP_BYTES)?;
                let Some(end) = found.last().map(Found::id) else { break };
                last = end;
                for row in found {
                    if let Found::Chunk(chunk) = row {
                        replace(&mut connection, &chunk, erasure, &mut erased).map_err(failed)?;
                    }
                }
            }
        } else {
            for id in self.chunks_of(day, erasure.traces)? {
                if let Some(chunk) = reader.chunk(Cursor { day, chunk: id })? {
                    replace(&mut connection, &chunk, erasure, &mut erased).map_err(failed)?;
                }
            }
        }
        drop(reader);
        cut_log(&connection).map_err(failed)?;
        Ok(erased)
    }
}

impl Erased {
    /// What stays of `chunk`, when something goes.
    fn take(&mut self, chunk: &Chunk, erasure: &Erasure<'_>) -> Option<Payload> {
        if !(erasure.may)(&chunk.body) {
            return None;
        }
        let payload = chunk.payload().ok()?;
        let goes = |record: Record<'_>| {
            record.trace.is_some_and(|id| erasure.traces.contains(&id))
                || erasure.also.is_some_and(|also| also(record, chunk.received))
        };
        let (stays, gone) = payload.split(&goes)?;
        let items = gone.items();
        self.chunks += 1;
        self.items += u64::from(items);
        self.bytes += gone.encoded_len() as u64;
        self.removed.push(Chunk { items, body: gone.encode().into(), ..chunk.clone() });
        Some(stays)
    }
}

/// A connection beside the writer's that leaves nothing of what it replaces.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    Ok(connection)
}

/// One chunk is one transaction: the writer waits for no more than that.
fn replace(
    connection: &mut Connection,
    chunk: &Chunk,
    erasure: &Erasure<'_>,
    erased: &mut Erased,
) -> rusqlite::Result<()> {
    let Some(stays) = erased.take(chunk, erasure) else { return Ok(()) };
    let plain = stays.encode();
    let body = compress_one(&plain).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // The row stays, empty if need be: followers and new chunks count on the ids.
    let id = chunk.cursor.chunk;
    transaction.execute("UPDATE chunk SET items = ?, body = ? WHERE id = ?", params![stays.items(), body, id])?;
    let media = params![id, media::noted(&plain)];
    transaction.execute("INSERT OR REPLACE INTO chunk_media (chunk_id, hashes) VALUES (?, ?)", media)?;
    let mut forget = transaction.prepare_cached("DELETE FROM trace_chunk WHERE trace_id = ? AND chunk_id = ?")?;
    for trace in erasure.traces {
        forget.execute(params![trace.as_bytes(), id])?;
    }
    drop(forget);
    transaction.commit()
}

/// Moves the write-ahead log into the file and cuts it to nothing: it holds pages as they were before.
fn cut_log(connection: &Connection) -> rusqlite::Result<()> {
    for _ in 0..CUT_TRIES {
        let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 {
            return Ok(());
        }
        std::thread::sleep(CUT_EVERY);
    }
    Err(rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
        Some("its log could not be emptied, because it is read all the time".into()),
    ))
}

#[cfg(test)]
mod tests;
