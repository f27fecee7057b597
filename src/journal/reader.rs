//! Reading the journal: following it by cursor, and collecting one trace.

use std::collections::HashSet;
use std::path::PathBuf;

use prometheus_client::metrics::counter::Counter;
use rusqlite::{Connection, Row, params};

use super::{Chunk, Cursor, Error, day_file};
use crate::model::{Day, Signal, TraceId, UnixNanos};
use crate::sqlite;

const COLUMNS: &str = "id, received_ns, project, signal, items, body";

/// What a decoded record takes beside the bytes of its body: structures, and rows made of it.
const RECORD_BYTES: usize = 1 << 10;

/// Rows fetched per query; their bodies are what bounds memory, see [`Reader::next`].
const ROWS: i64 = 64;

/// Reads with connections of its own. Blocks on the disk, so keep it off the async threads.
#[derive(Debug)]
pub struct Reader {
    dir: PathBuf,
    open: Option<(Day, Connection)>,
    /// Files that are no database at all: named once, then passed over.
    hopeless: HashSet<Day>,
    unreadable: Counter,
}

/// A row: the chunk, or the id of one that is damaged.
enum Found {
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
                let found = self.rows(day, last)?;
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

    /// Every chunk with something of the trace, oldest first.
    pub(super) fn trace(&mut self, id: TraceId) -> Result<Vec<Chunk>, Error> {
        let mut chunks = Vec::new();
        let unreadable = self.unreadable.clone();
        for day in day_file::days(&self.dir)? {
            let connection = self.connection(day)?;
            let ids = match chunk_ids(connection, id) {
                Ok(ids) => ids,
                Err(error) => {
                    tracing::warn!(journal.day = %day, %error, "the trace index of journal day {day} cannot be read: {error}");
                    continue;
                }
            };
            for chunk_id in ids {
                match one(connection, day, chunk_id) {
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

    /// The next rows of `day` after chunk `last`; falls back to row by row when SQLite meets a damaged page.
    fn rows(&mut self, day: Day, last: i64) -> Result<Vec<Found>, Error> {
        if self.hopeless.contains(&day) {
            return Ok(Vec::new());
        }
        let path = day_file::path_of(&self.dir, day);
        let connection = self.connection(day)?;
        match scan(connection, day, last) {
            Ok(rows) => Ok(rows),
            Err(error) if is_corrupt(&error) => {
                tracing::warn!(journal.day = %day, %error, "journal day {day} has a damaged page: {error}");
                if let Some(newest) = newest(connection) {
                    return Ok(one_by_one(connection, day, last, newest));
                }
                self.hopeless.insert(day);
                count_unreadable(&self.unreadable, day, last + 1, &error.to_string());
                Ok(Vec::new())
            }
            Err(source) => Err(Error::File { doing: "read", path, source }),
        }
    }

    fn connection(&mut self, day: Day) -> Result<&mut Connection, Error> {
        let path = day_file::path_of(&self.dir, day);
        let kept = self.open.take().filter(|(open, _)| *open == day);
        let opened = match kept {
            Some(open) => open,
            None => {
                let connection =
                    sqlite::open_read_only(&path).map_err(|source| Error::File { doing: "open", path, source })?;
                (day, connection)
            }
        };
        Ok(&mut self.open.insert(opened).1)
    }
}

fn count_unreadable(counter: &Counter, day: Day, id: i64, why: &str) {
    counter.inc();
    tracing::warn!(journal.day = %day, journal.chunk = id, "chunk {id} of journal day {day} cannot be read and is skipped: {why}");
}

fn scan(connection: &Connection, day: Day, last: i64) -> rusqlite::Result<Vec<Found>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM chunk WHERE id > ? ORDER BY id LIMIT {ROWS}"))?;
    let rows = statement.query_map(params![last], |row| read(row, day))?;
    rows.collect()
}

fn newest(connection: &Connection) -> Option<i64> {
    connection.query_row("SELECT coalesce(max(id), 0) FROM chunk", [], |row| row.get(0)).ok()
}

/// Walks past damaged pages: every id up to the largest is tried alone.
fn one_by_one(connection: &Connection, day: Day, last: i64, newest: i64) -> Vec<Found> {
    let mut found = Vec::new();
    for id in last + 1..=newest.min(last + ROWS) {
        match one(connection, day, id) {
            Ok(row) => found.extend(row),
            Err(error) => found.push(Found::Unreadable(id, error.to_string())),
        }
    }
    found
}

fn one(connection: &Connection, day: Day, id: i64) -> rusqlite::Result<Option<Found>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM chunk WHERE id = ?"))?;
    let mut rows = statement.query_map(params![id], |row| read(row, day))?;
    rows.next().transpose()
}

fn chunk_ids(connection: &Connection, trace: TraceId) -> rusqlite::Result<Vec<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT chunk_id FROM trace_chunk WHERE trace_id = ? ORDER BY chunk_id")?;
    let ids = statement.query_map(params![trace.as_bytes()], |row| row.get(0))?;
    ids.collect()
}

fn read(row: &Row<'_>, day: Day) -> rusqlite::Result<Found> {
    let id: i64 = row.get(0)?;
    let number: i64 = row.get(3)?;
    let Some(signal) = Signal::from_number(number) else {
        return Ok(Found::Unreadable(id, format!("signal {number} is unknown to this version")));
    };
    let compressed = row.get_ref(5)?.as_blob()?;
    match zstd::stream::decode_all(compressed) {
        Ok(body) => Ok(Found::Chunk(Chunk {
            cursor: Cursor { day, chunk: id },
            received: UnixNanos(row.get(1)?),
            project: row.get(2)?,
            signal,
            items: row.get(4)?,
            body: body.into(),
        })),
        Err(error) => Ok(Found::Unreadable(id, error.to_string())),
    }
}

fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            rusqlite::ErrorCode::DatabaseCorrupt
                | rusqlite::ErrorCode::NotADatabase
                | rusqlite::ErrorCode::SystemIoFailure
        )
    )
}
