//! How we open SQLite files: durable by default.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

/// Opens `path` for writing, creating it: WAL, and `synchronous=FULL`, so that a commit is on the disk when it returns.
///
/// # Errors
/// What SQLite says, e.g. that the file is no database.
pub fn open_durable(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Zeros where cells have moved away from, in pages that are written anyway: else copies of a row would stay in the
    // free space of pages that once held it, out of reach of a later deletion.
    connection.query_row("PRAGMA secure_delete = FAST", [], |_| Ok(()))?;
    Ok(connection)
}

/// What the files `<name>.sqlite` in `dir` are named after, in order; other files are passed over.
///
/// # Errors
/// When the folder cannot be listed.
pub fn names_in<T: FromStr + Ord>(dir: &Path) -> std::io::Result<Vec<T>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let file = entry?.file_name();
        let stem = file.to_str().and_then(|file| file.strip_suffix(".sqlite"));
        names.extend(stem.and_then(|stem| stem.parse::<T>().ok()));
    }
    names.sort();
    Ok(names)
}

/// Opens `path` for reading only.
///
/// # Errors
/// What SQLite says, e.g. that the file is missing.
pub fn open_read_only(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Whether `error` says that what is stored is damaged, as opposed to a disk that is full, busy or out of reach:
/// only damage may be passed over, anything else may be well a moment later.
pub fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi;
    let Some(error) = error.sqlite_error() else { return false };
    matches!(error.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        || matches!(
            error.extended_code,
            ffi::SQLITE_IOERR_READ
                | ffi::SQLITE_IOERR_SHORT_READ
                | ffi::SQLITE_IOERR_DATA
                | ffi::SQLITE_IOERR_CORRUPTFS
        )
}

/// Copies the database `from` to the new file `to` while others write to it: `to` is `from` at one moment, without a
/// log beside it.
///
/// # Errors
/// What SQLite says, e.g. that the disk is full or `to` exists.
pub fn copy(from: &Path, to: &Path) -> rusqlite::Result<()> {
    // For writing, though nothing is written: after a crash the log has to be read in first.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(from, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.execute("VACUUM INTO ?", [to.to_string_lossy()])?;
    Ok(())
}

/// Whether the file is in order by `PRAGMA integrity_check`; else what is not.
///
/// # Errors
/// What SQLite says when the file cannot be read at all.
pub fn check(path: &Path) -> rusqlite::Result<Result<(), String>> {
    let verdict: String = open_read_only(path)?.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok(if verdict == "ok" { Ok(()) } else { Err(verdict) })
}
