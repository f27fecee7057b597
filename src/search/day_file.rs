//! The index of one journal day: an SQLite file with an FTS5 table without content, the addresses of what is in
//! it, and how far the journal was read; all of a batch in one transaction.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::text::Document;
use super::{Error, Field};
use crate::model::{Day, SpanId, TraceId, UnixNanos};
use crate::sqlite;

/// Stored in `user_version`. An index of another format is made again.
const FORMAT: i64 = 1;

/// The rowid of both tables is the start in microseconds, so that FTS5 itself walks from new to old.
/// `page_size` 8 KiB: a posting list of a common word is long.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS entry (
        id INTEGER PRIMARY KEY,
        trace_id BLOB,
        span_id BLOB,
        chunk INTEGER NOT NULL,
        record INTEGER
    );
    CREATE TABLE IF NOT EXISTS state (
        only INTEGER PRIMARY KEY CHECK (only = 0),
        chunk INTEGER NOT NULL,
        complete INTEGER NOT NULL
    );
    INSERT OR IGNORE INTO state VALUES (0, 0, 0);
";
const WORDS: &str = "
    CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
        name, prompt, completion, tool, error, log,
        content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
    );
";

/// Pages written per step of tidying up, so that a stop is not kept waiting.
const MERGE_PAGES: i64 = 2000;

/// The index of a day, open for writing.
#[derive(Debug)]
pub(super) struct DayFile {
    pub day: Day,
    /// Every chunk of the journal day up to this one is in the index.
    pub chunk: i64,
    /// Tidying up has begun.
    tidying: bool,
    path: PathBuf,
    connection: Connection,
}

impl DayFile {
    /// Opens or creates the index of `day`. One that is damaged or of another format is set aside and made anew.
    pub fn open(dir: &Path, day: Day) -> Result<Self, Error> {
        let path = path_of(dir, day);
        match Self::try_open(&path, day) {
            Ok(file) => Ok(file),
            Err(error) if error.is_corrupt() => {
                set_aside(dir, day, &error.to_string())?;
                Self::try_open(&path, day)
            }
            Err(error) => Err(error),
        }
    }

    fn try_open(path: &Path, day: Day) -> Result<Self, Error> {
        let failed = |doing| move |source| Error::File { doing, path: path.to_owned(), source };
        let mut connection = sqlite::open_durable(path).map_err(failed("open"))?;
        // Derived data: what a power cut takes is indexed again, since the cursor goes with it.
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed("prepare"))?;
        // KiB. Segments are written and merged from front to back, for which twice as much is no help.
        connection.pragma_update(None, "cache_size", -4096).map_err(failed("prepare"))?;
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed("read"))?;
        if found != FORMAT && found != 0 {
            return Err(Error::Format { path: path.to_owned(), found });
        }
        let prepare = |transaction: Transaction<'_>| {
            transaction.execute_batch(SCHEMA)?;
            transaction.execute_batch(WORDS)?;
            transaction.pragma_update(None, "user_version", FORMAT)?;
            let chunk: i64 = transaction.query_row("SELECT chunk FROM state", [], |row| row.get(0))?;
            // Touches the index as well, so that a damaged one is found now.
            transaction.query_row("SELECT count(*) FROM words WHERE words MATCH 'tracemeter'", [], |_| Ok(()))?;
            transaction.commit()?;
            Ok(chunk)
        };
        let chunk = connection.transaction().and_then(prepare).map_err(failed("prepare"))?;
        Ok(Self { day, chunk, tidying: false, path: path.to_owned(), connection })
    }

    /// Adds `documents`, each with the chunk it stands in, and moves the cursor to `chunk`, all or nothing.
    pub fn add(&mut self, documents: &[(i64, Document)], chunk: i64) -> Result<(), Error> {
        let add = |transaction: Transaction<'_>| {
            insert(&transaction, documents)?;
            transaction.execute("UPDATE state SET chunk = ?", params![chunk])?;
            transaction.commit()
        };
        let path = &self.path;
        self.connection.transaction().and_then(add).map_err(|source| Error::File {
            doing: "write",
            path: path.clone(),
            source,
        })?;
        self.chunk = chunk;
        Ok(())
    }

    /// Merges some of the index into larger pieces; false when nothing is left to do.
    pub fn tidy(&mut self) -> Result<bool, Error> {
        let before = self.connection.total_changes();
        // The first number is negative: pieces of unlike size are merged too, down to one, as `optimize` would.
        let pages = if self.tidying { MERGE_PAGES } else { -MERGE_PAGES };
        self.tidying = true;
        let merged = self.connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", params![pages]);
        merged.map_err(|source| Error::File { doing: "tidy", path: self.path.clone(), source })?;
        // FTS5 counts one change for the statement itself.
        Ok(self.connection.total_changes().saturating_sub(before) > 1)
    }

    /// Notes that the day is whole and leaves one plain file (with a log beside it while a search holds it).
    pub fn seal(self) -> Result<(), Error> {
        let path = self.path.clone();
        let failed = |source| Error::File { doing: "seal", path, source };
        self.connection.execute("UPDATE state SET complete = 1", []).map_err(failed)?;
        let checkpointed = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        let plain = self.connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0));
        if checkpointed == Ok(0) && plain.as_deref() == Ok("delete") {
            tracing::info!(search.day = %self.day, "sealed the search index of {}", self.day);
        }
        Ok(())
    }
}

/// Adds documents in the order of time: FTS5 collects ascending rowids in memory before it writes.
fn insert(transaction: &Transaction<'_>, documents: &[(i64, Document)]) -> rusqlite::Result<()> {
    let mut order: Vec<&(i64, Document)> = documents.iter().collect();
    order.sort_by_key(|(_, document)| document.start);
    let mut rows: HashMap<i64, &(i64, Document)> = HashMap::with_capacity(order.len());
    let mut replaced = Vec::new();
    for one in order {
        if let Some(former) = one.1.former.filter(|former| *former != one.1.start) {
            let (id, known) = place(transaction, &HashMap::new(), &one.1, former)?;
            replaced.extend(known.then_some(id));
        }
        let (id, known) = place(transaction, &rows, &one.1, one.1.start)?;
        if known {
            replaced.push(id);
        }
        rows.insert(id, one);
    }
    let mut delete_words = transaction.prepare_cached("DELETE FROM words WHERE rowid = ?")?;
    let mut delete_entry = transaction.prepare_cached("DELETE FROM entry WHERE id = ?")?;
    for id in replaced {
        // Of a span that came twice in this batch nothing is stored yet.
        if delete_entry.execute(params![id])? > 0 {
            delete_words.execute(params![id])?;
        }
    }
    let mut entry = transaction
        .prepare_cached("INSERT INTO entry (id, trace_id, span_id, chunk, record) VALUES (?, ?, ?, ?, ?)")?;
    let mut words = transaction.prepare_cached(
        "INSERT INTO words (rowid, name, prompt, completion, tool, error, log) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut ids: Vec<i64> = rows.keys().copied().collect();
    ids.sort_unstable();
    for id in ids {
        let (chunk, document) = rows[&id];
        let trace = document.trace_id.as_ref().map(TraceId::as_bytes);
        let span = document.span_id.as_ref().map(SpanId::as_bytes);
        entry.execute(params![id, trace, span, chunk, document.record])?;
        let [name, prompt, completion, tool, error, log] = Field::ALL.map(|field| document.field(field));
        words.execute(params![id, name, prompt, completion, tool, error, log])?;
    }
    Ok(())
}

/// The rowid of a document that starts at `start`, and whether the same span has it already. Where another has it, one nearby is taken:
/// of ever wider ranges, 16 us to 16 s, so that a million records of one microsecond find their places quickly.
fn place(
    transaction: &Transaction<'_>,
    batch: &HashMap<i64, &(i64, Document)>,
    document: &Document,
    start: UnixNanos,
) -> rusqlite::Result<(i64, bool)> {
    let base = micros(start);
    let mut stored = transaction.prepare_cached("SELECT trace_id, span_id, record, chunk FROM entry WHERE id = ?")?;
    let hash = blake3::hash(&address(document));
    let mut words =
        hash.as_bytes().chunks_exact(4).map(|four| four.iter().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte)));
    let mut id = base;
    for attempt in 1_u32.. {
        if let Some((_, other)) = batch.get(&id) {
            if same_span(other, document) {
                return Ok((id, true));
            }
        } else {
            let row = stored.query_row(params![id], |row| {
                Ok((
                    row.get::<_, Option<Vec<u8>>>(0)?,
                    row.get::<_, Option<Vec<u8>>>(1)?,
                    row.get::<_, Option<u32>>(2)?,
                ))
            });
            match row.optional()? {
                None => return Ok((id, false)),
                Some((trace, span, None)) if document.record.is_none() => {
                    let ids = (document.trace_id.map(|id| id.0.to_vec()), document.span_id.map(|id| id.0.to_vec()));
                    if ids == (trace, span) {
                        return Ok((id, true));
                    }
                }
                Some(_) => {}
            }
        }
        let width = 1_i64 << (4 * attempt.min(6));
        id = match words.next() {
            Some(random) => base.saturating_add(random % width),
            // Practically never: from here on one by one.
            None => id.saturating_add(1),
        };
    }
    Ok((id, false))
}

fn same_span(one: &Document, other: &Document) -> bool {
    one.record.is_none() && other.record.is_none() && (one.trace_id, one.span_id) == (other.trace_id, other.span_id)
}

/// What tells documents of one microsecond apart.
fn address(document: &Document) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(28);
    bytes.extend(document.trace_id.unwrap_or_default().0);
    bytes.extend(document.span_id.unwrap_or_default().0);
    bytes.extend(document.record.unwrap_or(u32::MAX).to_be_bytes());
    bytes
}

/// The rowid that belongs to a time.
pub(super) fn micros(time: UnixNanos) -> i64 {
    time.0.div_euclid(1000)
}

pub(super) fn path_of(dir: &Path, day: Day) -> PathBuf {
    dir.join(format!("{day}.sqlite"))
}

/// Whether the index of `day` was finished, without opening it for writing; `None` when there is none to read.
pub(super) fn is_complete(dir: &Path, day: Day) -> Option<bool> {
    let path = path_of(dir, day);
    if !path.exists() {
        return None;
    }
    let connection = sqlite::open_read_only(&path).ok()?;
    let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).ok()?;
    let complete = connection.query_row("SELECT complete FROM state", [], |row| row.get::<_, bool>(0)).ok()?;
    (format == FORMAT).then_some(complete)
}

/// The days there are index files for, oldest first.
pub(super) fn days(dir: &Path) -> Result<Vec<Day>, Error> {
    sqlite::names_in(dir).map_err(|source| Error::Folder { path: dir.to_owned(), source })
}

/// Deletes the index of `day`.
pub(super) fn remove(dir: &Path, day: Day) -> Result<(), Error> {
    for ending in ["sqlite", "sqlite-wal", "sqlite-shm"] {
        gone(&dir.join(format!("{day}.{ending}")))?;
    }
    Ok(())
}

/// Moves a file that cannot be used out of the way; only the last one is kept for whoever wants to look at it.
pub(super) fn set_aside(dir: &Path, day: Day, why: &str) -> Result<(), Error> {
    let aside = dir.join(format!("{day}.broken"));
    tracing::warn!(
        search.day = %day,
        "the search index of {day} cannot be used and is made again; it was set aside as {}: {why}", aside.display()
    );
    remove_set_aside(dir)?;
    match std::fs::rename(path_of(dir, day), &aside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::Folder { path: dir.to_owned(), source: error });
        }
        _ => {}
    }
    remove(dir, day)
}

/// Deletes what was set aside.
pub(super) fn remove_set_aside(dir: &Path) -> Result<(), Error> {
    for other in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if other.path().extension().is_some_and(|ending| ending == "broken") {
            gone(&other.path())?;
        }
    }
    Ok(())
}

/// How many entries the index of `day` has of `traces`; 0 when there is no index.
pub(super) fn count(dir: &Path, day: Day, traces: &HashSet<TraceId>) -> Result<u64, Error> {
    let path = path_of(dir, day);
    if !path.exists() {
        return Ok(0);
    }
    let count = || -> rusqlite::Result<u64> {
        let connection = sqlite::open_read_only(&path)?;
        let mut statement = connection.prepare("SELECT trace_id FROM entry WHERE trace_id IS NOT NULL")?;
        let mut rows = statement.query([])?;
        let mut found = 0;
        while let Some(row) = rows.next()? {
            let id = TraceId::from_slice(row.get_ref(0)?.as_blob()?);
            found += u64::from(id.is_some_and(|id| traces.contains(&id)));
        }
        Ok(found)
    };
    count().map_err(|source| Error::File { doing: "read", path: path.clone(), source })
}

fn gone(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::Folder { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// Size of everything in the folder.
pub(super) fn bytes_on_disk(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

#[cfg(test)]
mod tests;
