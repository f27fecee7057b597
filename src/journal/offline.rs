//! Journal folders that are looked at from outside: by a backup beside a running server, or in a backup.

use std::io::Read as _;
use std::path::Path;

use prometheus_client::metrics::counter::Counter;

use super::{Cursor, Error, Reader, day_file};
use crate::model::Day;

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
