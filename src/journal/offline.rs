//! Journal folders that are looked at from outside: by a backup beside a running server, or in a backup.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use prometheus_client::metrics::counter::Counter;

use super::{Cursor, Error, Reader, day_file};
use crate::model::Day;
use crate::sqlite;

/// Bodies read at a time.
const STEP_BYTES: usize = 8 << 20;

/// What a look at every chunk of a folder found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    pub days: usize,
    pub chunks: u64,
    /// Spans, log records and metrics.
    pub items: u64,
    /// Chunks that could not be read or are no OTLP.
    pub unreadable: u64,
}

/// The days of the journal in `dir`.
///
/// # Errors
/// When the folder cannot be listed.
pub fn days_in(dir: &Path) -> Result<Vec<Day>, Error> {
    day_file::days(dir)
}

/// The newest day file in `dir`, which is the one that is opened for writing, and its format. `None` when there is none,
/// or it is so damaged that it does not tell and will be repaired.
///
/// # Errors
/// When the folder cannot be listed.
pub fn newest_format(dir: &Path) -> Result<Option<(PathBuf, i64)>, Error> {
    if !dir.is_dir() {
        return Ok(None);
    }
    let Some(path) = day_file::days(dir)?.last().map(|day| day_file::path_of(dir, *day)) else { return Ok(None) };
    let format = sqlite::open_read_only(&path).and_then(|file| {
        let tables: i64 = file.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let format: i64 = file.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        // A file that was only just made has nothing to lose.
        Ok((tables > 0 || format > 0).then_some(format))
    });
    Ok(format.ok().flatten().map(|format| (path, format)))
}

/// Whether the file is finished: in plain mode, which only sealing brings about. Byte 18 of an SQLite file is 1 then,
/// and 2 while it has a write-ahead log (<https://www.sqlite.org/fileformat2.html>).
pub fn is_sealed(path: &Path) -> bool {
    let mut header = [0; 20];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok() && header[18] == 1
}

/// Reads every chunk of the journal in `dir`, which no server may be writing.
///
/// # Errors
/// When the folder or a file cannot be opened.
pub fn read_all(dir: &Path) -> Result<Contents, Error> {
    let unreadable = Counter::default();
    let mut reader = Reader::new(dir.to_owned(), unreadable.clone());
    let mut contents = Contents { days: day_file::days(dir)?.len(), ..Contents::default() };
    let mut cursor = Cursor::default();
    loop {
        let chunks = reader.next(cursor, STEP_BYTES)?;
        let Some(last) = chunks.last() else { break };
        cursor = last.cursor;
        for chunk in &chunks {
            contents.chunks += 1;
            contents.items += u64::from(chunk.items);
            contents.unreadable += u64::from(chunk.payload().is_err());
        }
    }
    contents.unreadable += unreadable.get();
    Ok(contents)
}
