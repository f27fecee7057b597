//! Opening the DuckDB file, with the settings that fit a small machine.
//!
//! The file has no log of its own: the journal is its log. It changes from one checkpoint to the next, and the cursor
//! with it, so that after a crash the loader goes on from the last checkpoint. That saves writing every row twice and a
//! sync for every batch.

use std::path::{Path, PathBuf};

use duckdb::{Config, Connection, params};

use super::{Error, sql};
use crate::background;
use crate::config::AnalyticsConfig;
use crate::journal::Cursor;
use crate::model::Day;

/// Rises whenever tables or what is stored in them change: an older file is then rebuilt from the journal.
pub(super) const FORMAT: i32 = 11;

/// Of new files. A page of a list touches a few blocks of each column; DuckDB's own 256 KiB made that three times as
/// slow. Smaller ones still make the file larger again.
const BLOCK_BYTES: &str = "65536";

/// Rows of a row group, and so of a checkpoint: one writes whole row groups then, and compresses few rows twice.
pub(super) const ROW_GROUP: u64 = 61_440;

const FILE: &str = "analytics.duckdb";

/// What the file is called inside of DuckDB.
pub(super) const NAME: &str = "analytics";

pub(super) fn file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// The file while it is written anew.
pub(super) fn draft(dir: &Path) -> PathBuf {
    dir.join("analytics.draft")
}

pub(super) fn remove_draft(dir: &Path) -> Result<(), Error> {
    remove_file(draft(dir))?;
    remove_file(dir.join("analytics.draft.wal"))
}

/// Puts the draft, which nobody has open, in the place of the file, which nobody has open.
pub(super) fn adopt_draft(dir: &Path) -> Result<(), Error> {
    let failed = |source| Error::Folder { path: dir.to_owned(), source };
    let draft = draft(dir);
    std::fs::File::open(&draft).and_then(|file| file.sync_all()).map_err(failed)?;
    // The log goes first: it would be applied to the new file. Until the rename the old file is a little behind, and
    // what it lacks is loaded again.
    remove_file(dir.join(format!("{FILE}.wal")))?;
    std::fs::rename(&draft, file(dir)).map_err(failed)?;
    std::fs::File::open(dir).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// Opens the database in `dir`. One that cannot be used is replaced by an empty one,
/// because everything in it can be rebuilt.
pub(super) fn open(dir: &Path, config: &AnalyticsConfig) -> Result<(Connection, Cursor), Error> {
    std::fs::create_dir_all(dir).map_err(|source| Error::Folder { path: dir.to_owned(), source })?;
    remove_draft(dir)?;
    remove_next(dir)?;
    let failed = |source| Error::Open { path: file(dir), source };
    // DuckDB's own threads: they load and answer boards, which may not be in the way of who sends.
    let opened = background::through(|| settings(dir, config).and_then(Connection::open_in_memory_with_flags));
    let connection = opened.map_err(Error::Thread)?.map_err(failed)?;
    confine(&connection, dir).map_err(failed)?;
    let cursor = enter(&connection, dir)?;
    Ok((connection, cursor))
}

/// Attaches the file in `dir`, or an empty one in its place when it cannot be used.
pub(super) fn enter(connection: &Connection, dir: &Path) -> Result<Cursor, Error> {
    match try_enter(connection, dir) {
        Ok(Found::Sound(cursor)) => return Ok(cursor),
        Ok(Found::OfOtherFormat) => {
            tracing::info!("the analytics file has the format of another version and is rebuilt from the journal")
        }
        Ok(Found::CutOff) => {
            tracing::warn!("the analytics file is shorter than it says and is rebuilt from the journal");
        }
        Err(error) => {
            tracing::warn!(%error, "the analytics file cannot be used and is rebuilt from the journal: {error}");
        }
    }
    let failed = |source| Error::Open { path: file(dir), source };
    leave(connection).map_err(failed)?;
    remove(dir)?;
    match try_enter(connection, dir).map_err(failed)? {
        Found::Sound(cursor) => Ok(cursor),
        Found::CutOff | Found::OfOtherFormat => Err(Error::Format(file(dir))),
    }
}

/// Writes what is not in the file yet, unless it cannot be used any more, and lets go of it. No question may be in work.
pub(super) fn leave(connection: &Connection) -> duckdb::Result<()> {
    detach(connection, NAME)
}

/// What a file turned out to be.
enum Found {
    Sound(Cursor),
    OfOtherFormat,
    CutOff,
}

fn try_enter(connection: &Connection, dir: &Path) -> duckdb::Result<Found> {
    attach(connection, &file(dir), NAME)?;
    switch_to(connection, NAME)?;
    if is_cut_off(connection, dir)? {
        return Ok(Found::CutOff);
    }
    let tables: i64 = connection.query_row(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND NOT internal",
        [NAME],
        |row| row.get(0),
    )?;
    if tables == 0 {
        let start = Cursor::default();
        make_tables(connection, start)?;
        return Ok(Found::Sound(start));
    }
    let found = connection.query_row("SELECT format, day, chunk FROM loaded", [], |row| {
        Ok((row.get::<_, i32>(0)?, Cursor { day: Day(row.get(1)?), chunk: row.get(2)? }))
    });
    match found {
        Ok((FORMAT, cursor)) => Ok(Found::Sound(cursor)),
        // No such table or column: an even older format.
        Ok(_) | Err(_) => Ok(Found::OfOtherFormat),
    }
}

fn attach(connection: &Connection, path: &Path, name: &str) -> duckdb::Result<()> {
    let path = path.to_string_lossy().replace('\'', "''");
    connection.execute_batch(&format!(
        "ATTACH '{path}' AS {name} (RECOVERY_MODE no_wal_writes, BLOCK_SIZE {BLOCK_BYTES}, \
         ROW_GROUP_SIZE {ROW_GROUP}, STORAGE_VERSION 'latest')"
    ))
}

/// One more connection to the database of `connection`.
pub(super) fn another(connection: &Connection) -> duckdb::Result<Connection> {
    let another = connection.try_clone()?;
    switch_to(&another, NAME)?;
    Ok(another)
}

/// Brings what was loaded since the last time into the file.
pub(super) fn save(connection: &Connection) -> duckdb::Result<()> {
    connection.execute_batch("CHECKPOINT")
}

/// Gives memory that DuckDB and everybody else in the process has freed back to the system: DuckDB does that (`malloc_trim`
/// where it knows the C library) when its limit is set, be it to what it was. `all`: also what it keeps of the file; what a
/// checkpoint writes stays in memory until the limit is reached. Read again it comes from the system's cache. For when no
/// question is in work: one may need more than is left meanwhile.
pub(super) fn give_back(connection: &Connection, memory_mib: u32, all: bool) -> duckdb::Result<()> {
    if all {
        // As much as can be dropped is, also when that is not enough, which is said as an error.
        drop(connection.execute_batch(&format!("SET memory_limit = '{}MiB'", memory_mib / 8)));
    }
    connection.execute_batch(&format!("SET memory_limit = '{memory_mib}MiB'"))
}

/// Writes all that is stored into the draft.
pub(super) fn copy_to_draft(connection: &Connection, dir: &Path) -> Result<(), Error> {
    remove_draft(dir)?;
    let copy = || {
        save(connection)?;
        attach(connection, &draft(dir), "draft")?;
        let copied = connection.execute_batch(&format!("COPY FROM DATABASE {NAME} TO draft"));
        connection.execute_batch("DETACH draft")?;
        copied
    };
    copy().inspect_err(|_: &duckdb::Error| {
        // It is removed at the next start as well.
        let _kept = remove_draft(dir);
    })?;
    Ok(())
}

/// Removes what an earlier reindex left; where the file of the next one is to be.
pub(super) fn remove_next(dir: &Path) -> Result<PathBuf, Error> {
    let path = dir.join("analytics.next");
    remove_file(dir.join("analytics.next.wal"))?;
    remove_file(path.clone())?;
    Ok(path)
}

/// Attaches an empty database as `name` beside the one in use, and has `connection` use it, from `start` on.
pub(super) fn enter_next(connection: &Connection, path: &Path, name: &str, start: Cursor) -> duckdb::Result<()> {
    attach(connection, path, name)?;
    switch_to(connection, name)?;
    make_tables(connection, start)
}

/// Has names in statements of `connection` mean tables of the database attached as `name`.
fn switch_to(connection: &Connection, name: &str) -> duckdb::Result<()> {
    connection.execute_batch(&format!("USE {name}"))
}

/// Makes the tables of an empty database, all or none, as loaded up to `start`.
fn make_tables(connection: &Connection, start: Cursor) -> duckdb::Result<()> {
    connection.execute_batch("BEGIN")?;
    connection.execute_batch(&sql::schema())?;
    connection.execute("INSERT INTO loaded VALUES (?, ?, ?)", params![FORMAT, start.day.0, start.chunk])?;
    connection.execute_batch("COMMIT")
}

/// Lets go of the database attached as `name`.
pub(super) fn detach(connection: &Connection, name: &str) -> duckdb::Result<()> {
    connection.execute_batch(&format!("USE memory; DETACH DATABASE IF EXISTS {name}"))
}

/// `cursor`, or the journal's `head` when the journal no longer reaches as far: its newest file was removed, or an older
/// copy of it was put in place. Chunks that come now take numbers that were loaded already and would be passed over.
pub(super) fn not_past(connection: &Connection, cursor: Cursor, head: Cursor) -> duckdb::Result<Cursor> {
    if cursor <= head {
        return Ok(cursor);
    }
    tracing::warn!("the analytics know more than the journal holds: they go on from the journal's end");
    connection.execute("UPDATE loaded SET day = ?, chunk = ?", params![head.day.0, head.chunk])?;
    Ok(head)
}

/// DuckDB opens a file whose end is missing, and fails at the first row it does not find. That it says to have more
/// blocks than there are is no proof of it: one that was taken at the end and given back is never written.
fn is_cut_off(connection: &Connection, dir: &Path) -> duckdb::Result<bool> {
    let (size, blocks): (u64, u64) = connection.query_row(
        "SELECT block_size, total_blocks FROM pragma_database_size() WHERE database_name = ?",
        [NAME],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let length = std::fs::metadata(file(dir)).map_or(0, |metadata| metadata.len());
    // Three header pages stand before the blocks.
    let there = length.saturating_sub(3 * 4096).checked_div(size).unwrap_or(0);
    Ok(blocks > there && lacks(there, last_block(connection)?))
}

/// Whether a file of `there` blocks lacks one that holds something; `last` is the last of those, counted from 0.
pub(super) fn lacks(there: u64, last: Option<u64>) -> bool {
    last.is_some_and(|last| last >= there)
}

/// The last block that holds something. Reads what stands where, of all tables.
pub(super) fn last_block(connection: &Connection) -> duckdb::Result<Option<u64>> {
    let mut tables = connection
        .prepare("SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND NOT internal AND NOT temporary")?;
    let tables = tables.query_map([NAME], |row| row.get(0))?.collect::<duckdb::Result<Vec<String>>>()?;
    let ask = |what: &str| connection.query_row(what, [], |row| row.get::<_, Option<i64>>(0));
    let mut last = ask(&format!("SELECT max(block_id) FROM pragma_metadata_info('{NAME}')"))?;
    for table in tables {
        let held = format!(
            "SELECT max(greatest(block_id, coalesce(list_max(additional_block_ids), -1)))
             FROM pragma_storage_info('{NAME}.main.{table}')"
        );
        last = last.max(ask(&held)?);
    }
    Ok(last.and_then(|last| u64::try_from(last).ok()))
}

fn settings(dir: &Path, config: &AnalyticsConfig) -> duckdb::Result<Config> {
    Config::default()
        .max_memory(&format!("{}MiB", config.memory_mib))?
        .threads(i64::from(config.threads))?
        // Offline by design: nothing is fetched, nothing outside the data directory is read.
        .enable_autoload_extension(false)?
        .with("temp_directory", dir.join("spill").to_string_lossy())?
        // Order is asked for where it matters; not keeping it elsewhere saves memory in large scans.
        .with("preserve_insertion_order", "false")?
        // The loader says when to write a checkpoint, see `save`.
        .with("wal_autocheckpoint", "1GiB")?
        // Nor does a checkpoint merge row groups while clients wait: that would compress most rows twice or three
        // times. The loader asks for it when it has nothing else to do, see `compact`.
        .with("max_vacuum_tasks", "0")?
        // Memory freed by a query goes back to the system instead of staying with the allocator.
        .with("allocator_background_threads", "false")?
        // Lists of up to 501 rows find the rows by the sort key alone and then read these rows whole.
        .with("late_materialization_max_rows", "1000")?
        .with("dynamic_or_filter_threshold", "1000")?
        // For the draft of a rewritten file.
        .with("default_block_size", BLOCK_BYTES)
}

/// From here on no statement of this process reaches a file outside `dir`, a network or an extension. That cannot be
/// taken back.
fn confine(connection: &Connection, dir: &Path) -> duckdb::Result<()> {
    let dir = dir.to_string_lossy().replace('\'', "''");
    connection.execute_batch(&format!(
        "SET allowed_directories = ['{dir}']; SET enable_external_access = false; SET allow_community_extensions = false"
    ))
}

/// Merges small row groups, and drops rows that were deleted.
pub(super) fn compact(connection: &Connection) -> duckdb::Result<()> {
    connection.execute_batch("SET max_vacuum_tasks = 100")?;
    let compacted = connection.execute_batch("CHECKPOINT");
    connection.execute_batch("SET max_vacuum_tasks = 0")?;
    compacted
}

/// Removes the file and its log: everything in them can be rebuilt, and a copy would only fill the disk.
fn remove(dir: &Path) -> Result<(), Error> {
    remove_file(file(dir))?;
    remove_file(dir.join(format!("{FILE}.wal")))
}

fn remove_file(path: PathBuf) -> Result<(), Error> {
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::Folder { path, source }),
        _ => Ok(()),
    }
}

/// Bytes of the file and its write-ahead log.
pub(super) fn bytes_on_disk(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).filter(std::fs::Metadata::is_file).map(|data| data.len()).sum()
}
