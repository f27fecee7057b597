//! Reading the journal: following it by cursor, and collecting one trace.

use std::cell::RefCell;
use std::collections::HashSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use bytes::Bytes;
use prometheus_client::metrics::counter::Counter;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

use super::block::{Last, Place};
use super::{Chunk, Cursor, Error, day_file};
use crate::model::{Day, Signal, TraceId, UnixNanos};
use crate::sqlite::{self, is_damage};

const COLUMNS: &str = "id, received_ns, project, signal, items, body";

/// What a decoded record takes beside the bytes of its body: structures, and rows made of it.
const RECORD_BYTES: usize = 1 << 10;

/// Rows fetched per query at most; the bytes that are asked for end it earlier.
const ROWS: usize = 64;

/// Damaged ids in a row after which a file whose largest id cannot be read is held to be at its end.
/// A lost interior page of 4 KiB hides some hundred leaves of few chunks each.
const DAMAGED_RUN: usize = 4096;

/// Reads with connections of its own. Blocks on the disk, so keep it off the async threads.
#[derive(Debug)]
pub struct Reader {
    dir: PathBuf,
    open: Option<Open>,
    /// Files (by inode, because one may be repaired) with nothing readable left: named once, then passed over.
    hopeless: HashSet<(Day, u64)>,
    unreadable: Counter,
}

/// A day file that is being read.
#[derive(Debug)]
struct Open {
    day: Day,
    /// A day that was repaired or packed is another file under the same name.
    inode: u64,
    connection: Connection,
    last: Last,
}

/// A row: the chunk, or the id of one that is damaged.
pub(super) enum Found {
    Chunk(Chunk),
    Unreadable(i64, String),
}

impl Reader {
    pub(super) fn new(dir: PathBuf, unreadable: Counter) -> Self {
        Self { dir, open: None, hopeless: HashSet::new(), unreadable }
    }

    /// The chunks after `after`, in order, until their bodies, with 1 KiB for each record, reach `max_bytes` (at least
    /// one if there is any).
    /// Empty when `after` is the end. Damaged chunks are skipped, counted and named in the log.
    ///
    /// # Errors
    /// When the folder or a day file cannot be opened.
    pub fn next(&mut self, after: Cursor, max_bytes: usize) -> Result<Vec<Chunk>, Error> {
        // Listed before reading: a later file then proves that the earlier ones are complete.
        let days = day_file::days(&self.dir)?;
        let mut chunks = Vec::new();
        let mut bytes = 0;
        for day in days.into_iter().filter(|day| *day >= after.day) {
            let mut last = if day == after.day { after.chunk } else { 0 };
            loop {
                let found = self.rows(day, last, max_bytes.saturating_sub(bytes))?;
                if found.is_empty() {
                    break;
                }
                for row in found {
                    match row {
                        Found::Chunk(chunk) => {
                            last = chunk.cursor.chunk;
                            bytes += chunk.body.len() + chunk.items as usize * RECORD_BYTES;
                            chunks.push(chunk);
                        }
                        Found::Unreadable(id, why) => {
                            last = id;
                            count_unreadable(&self.unreadable, day, id, &why);
                        }
                    }
                    if bytes >= max_bytes {
                        return Ok(chunks);
                    }
                }
            }
        }
        // At the end of the newest day nothing is held, so that a finished day can be sealed.
        self.open = None;
        Ok(chunks)
    }

    /// The chunk at `at`; `None` when it is not there or cannot be read.
    ///
    /// # Errors
    /// When the day file cannot be opened or asked.
    pub fn chunk(&mut self, at: Cursor) -> Result<Option<Chunk>, Error> {
        let path = day_file::path_of(&self.dir, at.day);
        // `None` when its day was deleted.
        let Some(open) = self.open_day(at.day)? else { return Ok(None) };
        match one(open, at.chunk) {
            Ok(Some(Found::Chunk(chunk))) => Ok(Some(chunk)),
            Ok(_) => Ok(None),
            Err(error) if is_damage(&error) => Ok(None),
            Err(source) => Err(Error::File { doing: "read", path, source }),
        }
    }

    /// How many records of the day of `at` lie behind it, and which part of its chunks that is, 0 to 1.
    ///
    /// # Errors
    /// When the day file cannot be opened or asked.
    pub fn after(&mut self, at: Cursor) -> Result<(u64, f64), Error> {
        let path = day_file::path_of(&self.dir, at.day);
        let Some(open) = self.open_day(at.day)? else { return Ok((0, 0.0)) };
        let counted = open.connection.query_row(
            "SELECT coalesce(sum(items) FILTER (WHERE id > ?1), 0),
                    count(*) FILTER (WHERE id > ?1) * 1.0 / max(1, count(*)) FROM chunk",
            params![at.chunk],
            |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)),
        );
        self.open = None;
        counted.map_err(|source| Error::File { doing: "read", path, source })
    }

    /// Chunks of log records of `day` with times between `first` and `last`.
    pub(super) fn logs(&mut self, day: Day, first: UnixNanos, last: UnixNanos) -> Result<Vec<Chunk>, Error> {
        let path = day_file::path_of(&self.dir, day);
        let Some(open) = self.open_day(day)? else { return Ok(Vec::new()) };
        let mut read = || {
            let ids = {
                let mut statement = open.connection.prepare_cached(
                    "SELECT id FROM chunk WHERE signal = ? AND max_ns >= ? AND min_ns <= ? ORDER BY id",
                )?;
                let ids = statement.query_map(params![Signal::Logs as i64, first.0, last.0], |row| row.get(0))?;
                ids.collect::<rusqlite::Result<Vec<i64>>>()?
            };
            let found = ids.into_iter().filter_map(|id| match one(open, id) {
                Ok(Some(Found::Chunk(chunk))) => Some(chunk),
                _ => None,
            });
            Ok(found.collect())
        };
        let chunks = read().map_err(|source| Error::File { doing: "read", path, source });
        self.open = None;
        chunks
    }

    /// Where chunks with something of `traces` stand, after `after` and before `before`, in the order of the journal. Days
    /// whose index cannot be read are left out. Afterwards a day file may stay open for as long as the reader lives.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn places(
        &mut self,
        traces: &[TraceId],
        after: Cursor,
        before: Cursor,
    ) -> Result<Vec<(Cursor, TraceId)>, Error> {
        let mut places = Vec::new();
        let days = day_file::days(&self.dir)?;
        for day in days.into_iter().filter(|day| (after.day..=before.day).contains(day)) {
            let open = match self.open_day(day) {
                Ok(Some(open)) => open,
                // Deleted since the folder was listed.
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!(journal.day = %day, %error, "traces are not looked for in journal day {day}: {error}");
                    continue;
                }
            };
            for trace in traces {
                match chunk_ids(&open.connection, *trace) {
                    Ok(ids) => places.extend(ids.into_iter().map(|chunk| (Cursor { day, chunk }, *trace))),
                    Err(error) => {
                        tracing::warn!(journal.day = %day, %error, "the trace index of journal day {day} cannot be read: {error}");
                        break;
                    }
                }
            }
        }
        places.retain(|(place, _)| after < *place && *place < before);
        places.sort_unstable();
        Ok(places)
    }

    /// Every chunk with something of the trace, oldest first.
    pub(super) fn trace(&mut self, id: TraceId) -> Result<Vec<Chunk>, Error> {
        let mut chunks = Vec::new();
        let unreadable = self.unreadable.clone();
        for day in day_file::days(&self.dir)? {
            let open = match self.open_day(day) {
                Ok(Some(open)) => open,
                // Deleted since the folder was listed.
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!(journal.day = %day, %error, "journal day {day} is left out of a trace: {error}");
                    continue;
                }
            };
            let mut ids = chunk_ids(&open.connection, id);
            if ids.as_ref().is_err_and(is_damage) {
                be_lenient(&open.connection);
                ids = chunk_ids(&open.connection, id);
            }
            let ids = match ids {
                Ok(ids) => ids,
                Err(error) => {
                    tracing::warn!(journal.day = %day, %error, "the trace index of journal day {day} cannot be read: {error}");
                    continue;
                }
            };
            for chunk_id in ids {
                match one(open, chunk_id) {
                    Ok(Some(Found::Chunk(chunk))) => chunks.push(chunk),
                    Ok(Some(Found::Unreadable(_, why))) => count_unreadable(&unreadable, day, chunk_id, &why),
                    Ok(None) => {}
                    Err(error) => count_unreadable(&unreadable, day, chunk_id, &error.to_string()),
                }
            }
        }
        self.open = None;
        Ok(chunks)
    }

    /// The next rows of `day` after chunk `last`, with about `room` bytes; row by row where a page is damaged.
    pub(super) fn rows(&mut self, day: Day, last: i64, room: usize) -> Result<Vec<Found>, Error> {
        let path = day_file::path_of(&self.dir, day);
        let inode = std::fs::metadata(&path).map_or(0, |metadata| metadata.ino());
        if self.hopeless.contains(&(day, inode)) {
            return Ok(Vec::new());
        }
        let Some(open) = self.open_day(day)? else { return Ok(Vec::new()) };
        let failed = |source| Error::File { doing: "read", path, source };
        match scan(open, last, room) {
            Ok(rows) => Ok(rows),
            Err(error) if is_damage(&error) => {
                tracing::warn!(journal.day = %day, %error, "journal day {day} has a damaged page: {error}");
                be_lenient(&open.connection);
                let found = one_by_one(open, last, room).map_err(failed)?;
                if found.is_empty() {
                    self.hopeless.insert((day, inode));
                    count_unreadable(
                        &self.unreadable,
                        day,
                        last + 1,
                        &format!("{error}, here and to the end of the day"),
                    );
                }
                Ok(found)
            }
            // Just being made: the writer has created the file and not yet its tables.
            Err(_) if has_no_tables(&open.connection) => Ok(Vec::new()),
            Err(source) => Err(failed(source)),
        }
    }

    /// `None` when there is no such file any more.
    fn open_day(&mut self, day: Day) -> Result<Option<&mut Open>, Error> {
        let path = day_file::path_of(&self.dir, day);
        let Ok(metadata) = std::fs::metadata(&path) else {
            self.open = None;
            return if path.exists() { Err(cannot_look(path)) } else { Ok(None) };
        };
        let inode = metadata.ino();
        let kept = self.open.take().filter(|open| open.day == day && open.inode == inode);
        let opened = match kept {
            Some(open) => open,
            None => match sqlite::open_read_only(&path) {
                Ok(connection) => Open { day, inode, connection, last: Last::default() },
                Err(_) if !path.exists() => return Ok(None),
                Err(source) => return Err(Error::File { doing: "open", path, source }),
            },
        };
        Ok(Some(self.open.insert(opened)))
    }

    /// The inode of the file that is open for `day`, and what was noted in it.
    pub(super) fn opened(&mut self, day: Day) -> Result<Option<(u64, &Connection)>, Error> {
        Ok(self.open_day(day)?.map(|open| (open.inode, &open.connection)))
    }
}

fn cannot_look(path: PathBuf) -> Error {
    Error::Folder { path, source: std::io::Error::other("its size and kind cannot be read") }
}

fn count_unreadable(counter: &Counter, day: Day, id: i64, why: &str) {
    counter.inc();
    tracing::warn!(journal.day = %day, journal.chunk = id, "chunk {id} of journal day {day} cannot be read and is skipped: {why}");
}

fn scan(open: &mut Open, last: i64, room: usize) -> rusqlite::Result<Vec<Found>> {
    let Open { day, connection, last: block, .. } = open;
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM chunk WHERE id > ? ORDER BY id LIMIT {ROWS}"))?;
    let mut rows = statement.query(params![last])?;
    let mut found = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let row = read(row, *day, connection, block)?;
        bytes += row.bytes();
        found.push(row);
        if bytes >= room {
            break;
        }
    }
    Ok(found)
}

/// Walks past damaged pages: every id is tried alone. Empty when nothing readable follows.
fn one_by_one(open: &mut Open, last: i64, room: usize) -> rusqlite::Result<Vec<Found>> {
    let newest: Option<i64> =
        open.connection.query_row("SELECT coalesce(max(id), 0) FROM chunk", [], |row| row.get(0)).ok();
    let mut found = Vec::new();
    // Damaged ids that count once something readable is found behind them.
    let mut damaged = Vec::new();
    let (mut id, mut bytes) = (last + 1, 0);
    while newest.is_none_or(|newest| id <= newest) && found.len() < ROWS && bytes < room {
        match one(open, id) {
            Ok(Some(row)) => {
                bytes += row.bytes();
                found.append(&mut damaged);
                found.push(row);
            }
            // Never there, or removed: on to the next that is.
            Ok(None) => match following(&open.connection, id) {
                Ok(Some(next)) => id = next - 1,
                Ok(None) => break,
                Err(error) => damaged.push(Found::Unreadable(id, error.to_string())),
            },
            Err(error) if is_damage(&error) => damaged.push(Found::Unreadable(id, error.to_string())),
            Err(error) => return Err(error),
        }
        if damaged.len() >= if newest.is_some() { ROWS } else { DAMAGED_RUN } {
            break;
        }
        id += 1;
    }
    if newest.is_some() {
        found.append(&mut damaged);
    }
    Ok(found)
}

/// SQLite refuses a file that is shorter than its header says as a whole, unless told that the schema may be odd;
/// then only the pages that are missing are damaged. The connection reads only, so nothing can be made worse.
fn be_lenient(connection: &Connection) {
    if let Err(error) = connection.pragma_update(None, "writable_schema", true) {
        tracing::warn!(%error, "damage cannot be read around: {error}");
    }
}

fn following(connection: &Connection, id: i64) -> rusqlite::Result<Option<i64>> {
    connection.query_row("SELECT min(id) FROM chunk WHERE id > ?", params![id], |row| row.get(0))
}

fn has_no_tables(connection: &Connection) -> bool {
    let found = connection.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'chunk'", [], |row| row.get(0));
    found == Ok(0_i64)
}

fn one(open: &mut Open, id: i64) -> rusqlite::Result<Option<Found>> {
    let Open { day, connection, last, .. } = open;
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM chunk WHERE id = ?"))?;
    let mut rows = statement.query(params![id])?;
    rows.next()?.map(|row| read(row, *day, connection, last)).transpose()
}

fn chunk_ids(connection: &Connection, trace: TraceId) -> rusqlite::Result<Vec<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT chunk_id FROM trace_chunk WHERE trace_id = ? ORDER BY chunk_id")?;
    let ids = statement.query_map(params![trace.as_bytes()], |row| row.get(0))?;
    ids.collect()
}

fn read(row: &Row<'_>, day: Day, connection: &Connection, last: &mut Last) -> rusqlite::Result<Found> {
    let id: i64 = row.get(0)?;
    let number: i64 = row.get(3)?;
    let Some(signal) = Signal::from_number(number) else {
        return Ok(Found::Unreadable(id, format!("signal {number} is unknown to this version")));
    };
    let body = match row.get_ref(5)? {
        ValueRef::Integer(place) => last.body(connection, id, Place::from_number(place))?,
        compressed => decompress(compressed.as_blob()?).map(Bytes::from).map_err(|error| error.to_string()),
    };
    match body {
        Ok(body) => Ok(Found::Chunk(Chunk {
            cursor: Cursor { day, chunk: id },
            received: UnixNanos(row.get(1)?),
            project: row.get(2)?,
            signal,
            items: row.get(4)?,
            body,
        })),
        Err(why) => Ok(Found::Unreadable(id, why)),
    }
}

thread_local! {
    /// Making a context costs more than what it does for a small chunk.
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

pub(super) fn decompress(frame: &[u8]) -> std::io::Result<Vec<u8>> {
    let told = zstd::zstd_safe::get_frame_content_size(frame).ok().flatten();
    // A damaged size must not take all memory at once, and repaired days tell none: these are read piece by piece.
    let likely = told.and_then(|size| usize::try_from(size).ok()).filter(|size| size / 1024 <= frame.len());
    let Some(size) = likely else { return zstd::stream::decode_all(frame) };
    DECOMPRESSOR.with_borrow_mut(|kept| {
        let decompressor = match kept {
            Some(decompressor) => decompressor,
            None => kept.insert(zstd::bulk::Decompressor::new()?),
        };
        decompressor.decompress(frame, size)
    })
}

impl Found {
    pub(super) fn id(&self) -> i64 {
        match self {
            Self::Chunk(chunk) => chunk.cursor.chunk,
            Self::Unreadable(id, _) => *id,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Chunk(chunk) => chunk.body.len() + chunk.items as usize * RECORD_BYTES,
            Self::Unreadable(..) => 0,
        }
    }
}
