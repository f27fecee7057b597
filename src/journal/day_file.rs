//! One day of the journal: the SQLite file, its schema and its names on the disk.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{Error, RESEND_WINDOW};
use crate::model::{Day, Signal, TraceId, UnixNanos};
use crate::sqlite;

/// Stored in `user_version`. A change of the schema that old code cannot read raises it.
/// 2: `chunk_media`, without which files that chunks refer to would be deleted as if nobody did.
pub const FORMAT: i64 = 2;

/// Of a finished day that was packed, see [`super::block`]; it is read only.
pub const PACKED_FORMAT: i64 = 3;

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS chunk (
        id INTEGER PRIMARY KEY,
        received_ns INTEGER NOT NULL,
        signal INTEGER NOT NULL,
        project TEXT NOT NULL,
        items INTEGER NOT NULL,
        min_ns INTEGER NOT NULL,
        max_ns INTEGER NOT NULL,
        body BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS trace_chunk (
        trace_id BLOB NOT NULL,
        chunk_id INTEGER NOT NULL,
        PRIMARY KEY (trace_id, chunk_id)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS request (
        digest BLOB PRIMARY KEY,
        received_ns INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS chunk_media (
        chunk_id INTEGER PRIMARY KEY,
        hashes BLOB NOT NULL
    );
";

/// A compressed chunk, ready to be stored.
#[derive(Debug)]
pub(super) struct PackedChunk {
    pub project: String,
    pub signal: Signal,
    pub traces: Vec<TraceId>,
    pub items: u32,
    pub min_ns: u64,
    pub max_ns: u64,
    /// Hashes of the media files that the body refers to, one after the other.
    pub media: Vec<u8>,
    /// Size of the body before compression.
    pub bytes: usize,
    pub body: Vec<u8>,
}

/// A day file open for writing.
#[derive(Debug)]
pub(super) struct DayFile {
    pub day: Day,
    path: PathBuf,
    connection: Connection,
}

impl DayFile {
    /// Opens or creates the file of `day`.
    pub fn open(dir: &Path, day: Day) -> Result<Self, Error> {
        let path = path_of(dir, day);
        let failed = |doing| {
            let path = path.clone();
            move |source| Error::File { doing, path, source }
        };
        let connection = sqlite::open_durable(&path).map_err(failed("open"))?;
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed("read"))?;
        if found > PACKED_FORMAT {
            return Err(Error::Format { path, found });
        }
        connection.execute_batch(SCHEMA).map_err(failed("prepare"))?;
        // Not written again: a start on a full disk must not need a page.
        if found < FORMAT {
            connection.pragma_update(None, "user_version", FORMAT).map_err(failed("prepare"))?;
        }
        Ok(Self { day, path, connection })
    }

    /// Id of the newest chunk, 0 when there is none.
    pub fn head(&self) -> Result<i64, Error> {
        self.connection
            .query_row("SELECT coalesce(max(id), 0) FROM chunk", [], |row| row.get(0))
            .map_err(|source| Error::File { doing: "read", path: self.path.clone(), source })
    }

    /// Stores everything in one transaction; on the disk when it returns. Gives the id of the last chunk.
    pub fn commit(&mut self, received: UnixNanos, chunks: &[PackedChunk], digests: &[[u8; 16]]) -> Result<i64, Error> {
        let store = |transaction: Transaction<'_>| -> rusqlite::Result<i64> {
            let last = insert(&transaction, received, chunks, digests)?;
            transaction.commit()?;
            Ok(last)
        };
        self.connection.transaction().and_then(store).map_err(|source| Error::File {
            doing: "write",
            path: self.path.clone(),
            source,
        })
    }

    /// Ends writing: moves the write-ahead log into the file and leaves WAL mode, so that one plain file remains.
    /// Gives the file back when a reader holds it open; try again later.
    #[must_use]
    pub fn seal(self) -> Option<Self> {
        let checkpointed = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        let plain = self.connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0));
        if checkpointed == Ok(0) && plain.as_deref() == Ok("delete") {
            tracing::info!(journal.day = %self.day, "sealed journal day {}", self.day);
            return None;
        }
        Some(self)
    }
}

fn insert(
    transaction: &Transaction<'_>,
    received: UnixNanos,
    chunks: &[PackedChunk],
    digests: &[[u8; 16]],
) -> rusqlite::Result<i64> {
    let mut last = 0;
    let mut chunk_row = transaction.prepare_cached(
        "INSERT INTO chunk (received_ns, signal, project, items, min_ns, max_ns, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut trace_row =
        transaction.prepare_cached("INSERT OR IGNORE INTO trace_chunk (trace_id, chunk_id) VALUES (?, ?)")?;
    let mut media_row = transaction.prepare_cached("INSERT INTO chunk_media (chunk_id, hashes) VALUES (?, ?)")?;
    for chunk in chunks {
        last = chunk_row.insert(params![
            received.0,
            chunk.signal as i64,
            chunk.project,
            chunk.items,
            UnixNanos::from_otlp(chunk.min_ns).0,
            UnixNanos::from_otlp(chunk.max_ns).0,
            chunk.body
        ])?;
        media_row.execute(params![last, chunk.media])?;
        for trace in &chunk.traces {
            trace_row.execute(params![trace.as_bytes(), last])?;
        }
    }
    let mut request_row =
        transaction.prepare_cached("INSERT OR REPLACE INTO request (digest, received_ns) VALUES (?, ?)")?;
    for digest in digests {
        request_row.execute(params![digest, received.0])?;
    }
    Ok(last)
}

/// Answers whether a request was stored within [`RESEND_WINDOW`], from the files of today and yesterday.
#[derive(Debug)]
pub(super) struct Seen {
    dir: PathBuf,
    files: Vec<SeenFile>,
}

#[derive(Debug)]
struct SeenFile {
    day: Day,
    /// A repaired file is another file under the same name.
    inode: u64,
    connection: Connection,
}

impl Seen {
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), files: Vec::new() }
    }

    /// `now` is the time that is written beside the digest: of the file's day even while the clock is behind it.
    pub fn contains(&mut self, digest: &[u8; 16], now: UnixNanos) -> rusqlite::Result<bool> {
        let oldest = now.saturating_add(-(RESEND_WINDOW.as_nanos() as i64));
        self.files.retain(|file| (oldest.day()..=now.day()).contains(&file.day));
        for day in oldest.day().0..=now.day().0 {
            if self.day_contains(Day(day), digest, oldest, now.day())? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn day_contains(&mut self, day: Day, digest: &[u8; 16], oldest: UnixNanos, today: Day) -> rusqlite::Result<bool> {
        let path = path_of(&self.dir, day);
        let Ok(metadata) = std::fs::metadata(&path) else { return Ok(false) };
        let inode = metadata.ino();
        self.files.retain(|file| file.day != day || file.inode == inode);
        if let Some(file) = self.files.iter().find(|file| file.day == day) {
            return lookup(&file.connection, digest, oldest);
        }
        let connection = sqlite::open_read_only(&path)?;
        let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if format == 0 {
            // The writer is only just making it.
            return Ok(false);
        }
        let found = lookup(&connection, digest, oldest);
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        // A day that still waits to be sealed must not be held open: sealing needs the file alone.
        if day == today || mode == "delete" {
            self.files.push(SeenFile { day, inode, connection });
        }
        found
    }

    /// Lets go of files before `day`, so that they can be sealed.
    pub fn release_before(&mut self, day: Day) {
        self.files.retain(|file| file.day >= day);
    }
}

fn lookup(connection: &Connection, digest: &[u8; 16], oldest: UnixNanos) -> rusqlite::Result<bool> {
    let mut lookup = connection.prepare_cached("SELECT received_ns FROM request WHERE digest = ?")?;
    let received: Option<i64> = lookup.query_row(params![digest], |row| row.get(0)).optional()?;
    Ok(received.is_some_and(|received| received >= oldest.0))
}

pub(super) fn path_of(dir: &Path, day: Day) -> PathBuf {
    dir.join(format!("{day}.sqlite"))
}

/// The days there are files for, oldest first.
pub(super) fn days(dir: &Path) -> Result<Vec<Day>, Error> {
    sqlite::names_in(dir).map_err(|source| Error::Folder { path: dir.to_owned(), source })
}

/// Size of the file of `day` and of what SQLite keeps beside it.
pub(super) fn size(dir: &Path, day: Day) -> u64 {
    names_of(dir, day).filter_map(|path| std::fs::metadata(path).ok()).map(|metadata| metadata.len()).sum()
}

/// Deletes the file of `day`. Who has it open reads on to its end.
pub(super) fn delete(dir: &Path, day: Day) -> Result<(), Error> {
    for path in names_of(dir, day) {
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(Error::Folder { path, source }),
            _ => {}
        }
    }
    Ok(())
}

/// The file itself first: a log without its file is nothing.
fn names_of(dir: &Path, day: Day) -> impl Iterator<Item = PathBuf> {
    ["sqlite", "sqlite-wal", "sqlite-shm", "damaged", "damaged-wal"]
        .map(|ending| dir.join(format!("{day}.{ending}")))
        .into_iter()
}

/// Size of everything in the journal folder.
pub(super) fn bytes_on_disk(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}
