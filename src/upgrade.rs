//! A data directory of an older format: what it held is put aside before anything is changed, and can be had again.
//!
//! A snapshot is `<data_dir>/snapshots/<from>-<to>-<time>`: finished days are hard links, which cost nothing until
//! the days themselves are deleted; the day being written and the small files are copies. It is written as
//! `<name>.part` and named last, and goes after [`KEPT`]. Only what cannot be made again is in it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::journal;
use crate::lock::Lock;
use crate::model::UnixNanos;
use crate::sqlite;

const SNAPSHOTS: &str = "snapshots";
const JOURNAL: &str = "journal";
const MANIFEST: &str = "snapshot.json";

/// How long a snapshot is kept, in nanoseconds: a week in which a fault of the new version should have shown.
const KEPT: i64 = 7 * 86_400 * crate::model::time::NANOS_PER_SECOND;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {doing} {path}: {source}")]
    File { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot copy the database {path}: {source}")]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error(
        "{path} was written by a newer tracemeter (journal format {found}, this version knows {known}): install that \
         version again{}", if *.undo { ", or go back to before its upgrade with `tracemeter restore --undo-upgrade`" } else { "" }
    )]
    Newer { path: PathBuf, found: i64, known: i64, undo: bool },
    #[error("{0} has no snapshot of an upgrade: they are kept for a week; restore a backup instead")]
    NoSnapshot(PathBuf),
    #[error("{0} is in use: stop the server first")]
    InUse(PathBuf),
    #[error(transparent)]
    Journal(#[from] journal::Error),
}

/// What a snapshot says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Journal formats.
    pub from: i64,
    pub to: i64,
    pub taken_at: String,
    /// Of the program that made it.
    pub version: String,
}

/// What undoing an upgrade did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    pub snapshot: Manifest,
    /// Where everything is that was there until now.
    pub put_aside: PathBuf,
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { doing, path, source }
}

/// Makes a snapshot if opening the stores would change the format of what is in `data_dir`; gives its folder. Must
/// come before they are opened.
///
/// # Errors
/// When the data are of a newer format, or the snapshot cannot be written: nothing is changed then.
pub fn prepare(data_dir: &Path, now: UnixNanos) -> Result<Option<PathBuf>, Error> {
    let to = journal::FORMAT;
    let Some((path, from)) = journal::newest_format(&data_dir.join(JOURNAL))? else { return Ok(None) };
    forget_snapshots(data_dir, UnixNanos(now.0.saturating_sub(KEPT)))?;
    let known = journal::PACKED_FORMAT;
    if from > known {
        return Err(Error::Newer { path, found: from, known, undo: newest_snapshot(data_dir)?.is_some() });
    }
    if from >= to {
        return Ok(None);
    }
    let taken_at = now.to_string();
    let name = format!("{from}-{to}-{}", taken_at.replace([':', '-'], ""));
    let folder = data_dir.join(SNAPSHOTS).join(&name);
    tracing::info!("journal format {from} becomes {to}; what was there is kept for a week in {}", folder.display());
    let manifest = Manifest { from, to, taken_at, version: env!("CARGO_PKG_VERSION").into() };
    snapshot(data_dir, &folder, &manifest)?;
    Ok(Some(folder))
}

fn snapshot(data_dir: &Path, folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    let draft = folder.with_added_extension("part");
    remove_all(&draft)?;
    let journal_copy = draft.join(JOURNAL);
    fs::create_dir_all(&journal_copy).map_err(failed("create", &journal_copy))?;
    let journal_dir = data_dir.join(JOURNAL);
    let days = journal::days_in(&journal_dir)?;
    for day in &days {
        let name = format!("{day}.sqlite");
        let (from, to) = (journal_dir.join(&name), journal_copy.join(&name));
        // The newest is opened for writing even when it is finished.
        if journal::is_sealed(&from) && Some(day) != days.last() {
            fs::hard_link(&from, &to).map_err(failed("link", &from))?;
        } else {
            copy_database(&from, &to)?;
        }
    }
    for name in small_files(data_dir)? {
        let (from, to) = (data_dir.join(&name), draft.join(&name));
        if name.ends_with(".sqlite") {
            copy_database(&from, &to)?;
        } else {
            fs::copy(&from, &to).and_then(|_| File::open(&to)?.sync_all()).map_err(failed("copy", &from))?;
        }
    }
    let text = serde_json::to_string_pretty(manifest).unwrap_or_default();
    let path = draft.join(MANIFEST);
    fs::write(&path, text).and_then(|()| File::open(&path)?.sync_all()).map_err(failed("write", &path))?;
    let folders = [journal_copy.as_path(), &draft];
    folders.iter().try_for_each(|folder| sync(folder))?;
    fs::rename(&draft, folder).map_err(failed("name", folder))?;
    sync(&data_dir.join(SNAPSHOTS))?;
    sync(data_dir)
}

/// Puts `data_dir` back to before its last upgrade. What is there now is put aside, not deleted.
///
/// # Errors
/// When there is no snapshot, the server is running, or a file cannot be moved. What was begun is finished by doing it
/// again.
pub fn undo(data_dir: &Path, now: UnixNanos) -> Result<Undone, Error> {
    let Some((folder, manifest)) = newest_snapshot(data_dir)? else {
        return Err(Error::NoSnapshot(data_dir.to_owned()));
    };
    let lock = data_dir.join("run/lock");
    let run = data_dir.join("run");
    fs::create_dir_all(&run).map_err(failed("create", &run))?;
    let _lock = Lock::take(&lock).map_err(failed("lock", &lock))?.ok_or_else(|| Error::InUse(data_dir.to_owned()))?;
    let aside = data_dir.join("undone").join(now.to_string().replace([':', '-'], ""));
    fs::create_dir_all(&aside).map_err(failed("create", &aside))?;
    let mut names = vec![JOURNAL.to_owned()];
    names.extend(small_files(&folder)?.into_iter().filter(|name| name != MANIFEST));
    for name in names {
        let (ours, kept, old) = (data_dir.join(&name), aside.join(&name), folder.join(&name));
        // Moved already when an earlier try broke off.
        if !old.exists() {
            continue;
        }
        if ours.exists() {
            fs::rename(&ours, &kept).map_err(failed("put aside", &ours))?;
        }
        fs::rename(&old, &ours).map_err(failed("put back", &old))?;
    }
    // Of chunks that are no longer there: it would pass over new ones with their numbers.
    remove_all(&data_dir.join("search"))?;
    remove_all(&folder)?;
    sync(data_dir)?;
    Ok(Undone { snapshot: manifest, put_aside: aside })
}

/// Deletes snapshots that were taken before `before`, and what a crash has left of others.
///
/// # Errors
/// When one cannot be deleted.
pub fn forget_snapshots(data_dir: &Path, before: UnixNanos) -> Result<(), Error> {
    for (folder, manifest) in snapshots(data_dir)? {
        let taken = manifest.as_ref().and_then(|manifest| manifest.taken_at.parse::<UnixNanos>().ok());
        if taken.is_none_or(|taken| taken < before) {
            remove_all(&folder)?;
            tracing::info!("removed the snapshot {}", folder.display());
        }
    }
    Ok(())
}

fn newest_snapshot(data_dir: &Path) -> Result<Option<(PathBuf, Manifest)>, Error> {
    let whole = snapshots(data_dir)?.into_iter().filter_map(|(folder, manifest)| Some((folder, manifest?)));
    Ok(whole.max_by(|one, other| one.1.taken_at.cmp(&other.1.taken_at)))
}

/// Folders of snapshots; without a manifest those that are not whole.
fn snapshots(data_dir: &Path) -> Result<Vec<(PathBuf, Option<Manifest>)>, Error> {
    let dir = data_dir.join(SNAPSHOTS);
    let entries = match fs::read_dir(&dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed("list", &dir))?,
    };
    let folders = entries.flatten().map(|entry| entry.path());
    Ok(folders
        .map(|folder| {
            let whole = folder.extension().is_none_or(|extension| extension != "part");
            let text = fs::read_to_string(folder.join(MANIFEST)).ok().filter(|_| whole);
            (folder, text.and_then(|text| serde_json::from_str(&text).ok()))
        })
        .collect())
}

/// Names of the files in `dir` itself, without logs of databases and drafts.
fn small_files(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(dir).map_err(failed("list", dir))?.flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let names = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter(|name| ![".new", "-wal", "-shm", "-journal"].iter().any(|end| name.ends_with(end))).collect())
}

fn copy_database(from: &Path, to: &Path) -> Result<(), Error> {
    sqlite::copy(from, to).map_err(|source| Error::Database { path: from.to_owned(), source })?;
    sync(to)
}

fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(failed("sync", path))
}

fn remove_all(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}
