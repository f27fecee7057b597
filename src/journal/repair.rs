//! Makes a damaged day file usable again: what can be read moves to a new file, the damaged one is kept beside it.
//!
//! Only the newest day needs this, because it must take writes; readers pass over damage in older ones.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use prometheus_client::metrics::counter::Counter;
use rusqlite::{Connection, Transaction, params};

use super::day_file::{self, DayFile, SCHEMA};
use super::reader::{Found, Reader};
use super::{Chunk, Error, Payload};
use crate::model::{Day, TraceId};
use crate::sqlite;

/// New chunks of a repaired day are numbered from this far behind the last one that could be read: followers may have
/// read chunks that are lost now, and would pass over new ones with the same numbers.
const GAP: i64 = 1_000_000_000;

/// Bytes of bodies that are copied at a time.
const STEP_BYTES: usize = 8 << 20;

/// Opens the file of `day` for writing, and repairs it when it is damaged.
pub(super) fn open_or_repair(dir: &Path, day: Day) -> Result<DayFile, Error> {
    let opened = DayFile::open(dir, day).and_then(|file| file.head().map(|_| file));
    match opened {
        Err(error) if error.is_damage() => repair(dir, day, &error),
        opened => opened,
    }
}

/// Replaces the file of `day` by one with everything that can be read of it. The damaged file stays beside it as
/// `<day>.damaged`, in case that somebody can get more out of it.
///
/// # Errors
/// When the new file cannot be written; the damaged one is as it was then.
pub(super) fn repair(dir: &Path, day: Day, why: &Error) -> Result<DayFile, Error> {
    tracing::error!(journal.day = %day, error = %why, "journal day {day} is damaged and is repaired: {why}");
    let path = day_file::path_of(dir, day);
    let draft = dir.join(format!("{day}.repair"));
    remove(&draft)?;
    let failed = |doing| {
        let path = draft.clone();
        move |source| Error::File { doing, path, source }
    };
    let mut target = sqlite::open_durable(&draft).map_err(failed("create"))?;
    target.execute_batch(SCHEMA).map_err(failed("prepare"))?;
    target.pragma_update(None, "user_version", day_file::FORMAT).map_err(failed("prepare"))?;
    let mut reader = Reader::new(dir.to_owned(), Counter::default());
    let (mut last, mut kept) = (0, 0);
    loop {
        let found = reader.rows(day, last, STEP_BYTES)?;
        let Some(end) = found.last().map(Found::id) else { break };
        let transaction = target.transaction().map_err(failed("write"))?;
        for row in &found {
            if let Found::Chunk(chunk) = row {
                insert(&transaction, chunk).map_err(failed("write"))?;
                kept += 1;
            }
        }
        transaction.commit().map_err(failed("write"))?;
        last = end;
    }
    drop(reader);
    let digests = copy_digests(&path, &target).map_err(failed("write"))?;
    leave_gap(&target, day, last).map_err(failed("write"))?;
    let plain: String =
        target.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0)).map_err(failed("seal"))?;
    drop(target);
    if plain != "delete" {
        return Err(Error::Folder { path: draft, source: std::io::Error::other("it could not be sealed") });
    }
    replace(dir, day, &draft)?;
    tracing::warn!(journal.day = %day, "journal day {day} is repaired: {kept} chunks and {digests} digests were kept");
    DayFile::open(dir, day)
}

/// Compressed anew: what was read is sound, and the frame it came from need not be.
fn insert(transaction: &Transaction<'_>, chunk: &Chunk) -> rusqlite::Result<()> {
    let other = |error: Box<dyn std::error::Error + Send + Sync>| rusqlite::Error::ToSqlConversionFailure(error);
    let mut body = Vec::new();
    zstd::stream::Encoder::new(&mut body, 1)
        .and_then(|mut encoder| {
            encoder.include_checksum(true)?;
            std::io::Write::write_all(&mut encoder, &chunk.body)?;
            encoder.finish().map(drop)
        })
        .map_err(|error| other(error.into()))?;
    let (traces, min_ns, max_ns) = contents(chunk);
    transaction
        .prepare_cached(
            "INSERT INTO chunk (id, received_ns, signal, project, items, min_ns, max_ns, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            chunk.cursor.chunk,
            chunk.received.0,
            chunk.signal as i64,
            chunk.project,
            chunk.items,
            min_ns,
            max_ns,
            body
        ])?;
    let mut row = transaction.prepare_cached("INSERT OR IGNORE INTO trace_chunk (trace_id, chunk_id) VALUES (?, ?)")?;
    for trace in traces {
        row.execute(params![trace.as_bytes(), chunk.cursor.chunk])?;
    }
    Ok(())
}

/// The traces of a chunk and the time it spans. A body that is no OTLP has none; readers say so when they come to it.
fn contents(chunk: &Chunk) -> (BTreeSet<TraceId>, i64, i64) {
    let mut traces = BTreeSet::new();
    let mut times = Vec::new();
    match chunk.payload() {
        Ok(Payload::Traces(data)) => {
            let scopes = data.resource_spans.iter().flat_map(|group| &group.scope_spans);
            for span in scopes.flat_map(|scope| &scope.spans) {
                traces.extend(TraceId::from_slice(&span.trace_id));
                times.extend([span.start_time_unix_nano, span.end_time_unix_nano]);
            }
        }
        Ok(Payload::Logs(data)) => {
            let scopes = data.resource_logs.iter().flat_map(|group| &group.scope_logs);
            for record in scopes.flat_map(|scope| &scope.log_records) {
                traces.extend(TraceId::from_slice(&record.trace_id));
                times.push(record.time_unix_nano.max(record.observed_time_unix_nano));
            }
        }
        Ok(Payload::Metrics(_)) | Err(_) => times.push(u64::try_from(chunk.received.0).unwrap_or_default()),
    }
    let bound = |time: Option<&u64>| time.map_or(0, |time| i64::try_from(*time).unwrap_or(i64::MAX));
    (traces, bound(times.iter().min()), bound(times.iter().max()))
}

/// As many digests of requests as can be read: without them a request that is sent again is stored again.
fn copy_digests(damaged: &Path, target: &Connection) -> rusqlite::Result<u64> {
    let Ok(source) = sqlite::open_read_only(damaged) else { return Ok(0) };
    let Ok(mut statement) = source.prepare("SELECT digest, received_ns FROM request") else { return Ok(0) };
    let Ok(mut rows) = statement.query([]) else { return Ok(0) };
    target.execute_batch("BEGIN")?;
    let mut copied = 0;
    while let Ok(Some(row)) = rows.next() {
        let (Ok(digest), Ok(received)) = (row.get::<_, Vec<u8>>(0), row.get::<_, i64>(1)) else { continue };
        target
            .prepare_cached("INSERT OR REPLACE INTO request (digest, received_ns) VALUES (?, ?)")?
            .execute(params![digest, received])?;
        copied += 1;
    }
    target.execute_batch("COMMIT")?;
    Ok(copied)
}

/// An empty chunk far behind the last one: the next is numbered from there.
fn leave_gap(target: &Connection, day: Day, last: i64) -> rusqlite::Result<()> {
    let body =
        zstd::stream::encode_all(&[][..], 1).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    target.execute(
        "INSERT INTO chunk (id, received_ns, signal, project, items, min_ns, max_ns, body) VALUES (?, ?, ?, 'default', 0, 0, 0, ?)",
        params![last.saturating_add(GAP), day.start().0, crate::model::Signal::Traces as i64, body],
    )?;
    Ok(())
}

/// Puts `draft` in the place of the day file. The log beside it goes before: SQLite would apply it to the new file.
fn replace(dir: &Path, day: Day, draft: &Path) -> Result<(), Error> {
    let path = day_file::path_of(dir, day);
    let damaged = dir.join(format!("{day}.damaged"));
    for suffix in ["", "-wal"] {
        let (from, to) = (with_suffix(&path, suffix), with_suffix(&damaged, suffix));
        remove(&to)?;
        if from.exists() {
            std::fs::hard_link(&from, &to).map_err(|source| Error::Folder { path: to, source })?;
        }
    }
    remove(&with_suffix(&path, "-wal"))?;
    remove(&with_suffix(&path, "-shm"))?;
    let renamed = std::fs::rename(draft, &path).and_then(|()| File::open(dir)?.sync_all());
    renamed.map_err(|source| Error::Folder { path, source })
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Removes a file of the journal that may not be there.
pub(super) fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::Folder { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}
