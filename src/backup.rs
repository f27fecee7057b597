//! Backup into a folder while the server runs, and restore. The folder is plain files and a list of them.
//!
//! Copied are the journal, media, the key of the redactor and what else lies in the data directory itself; what is
//! derived (analytics) is built again from the journal. Finished days and media are copied once; every other file is
//! copied anew under a name of its own, and the list is replaced last, so that a backup that breaks off leaves the one
//! before it whole.

pub mod stream;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::journal::{self, Contents};
use crate::lock::Lock;
use crate::model::UnixNanos;
use crate::retain::LAST_BACKUP;
use crate::sqlite;

const LIST: &str = "backup.json";
const FORMAT: u32 = 1;
const JOURNAL: &str = "journal";
const MEDIA: &str = "media";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {doing} {path}: {source}")]
    File { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot copy the database {path}: {source}")]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error("there is no data to back up in {0}: give the data_dir of a server")]
    NoData(PathBuf),
    #[error("{path} is no list of a backup that this version knows: {reason}")]
    List { path: PathBuf, reason: String },
    #[error("the backup in {0} is being written by another tracemeter: wait until it is done")]
    InUse(PathBuf),
    #[error("{0} has data already: restore into a data_dir that does not exist yet, or move this one away")]
    NotEmpty(PathBuf),
    #[error("the stream is no whole backup: {0}")]
    Stream(String),
    #[error("the backup is damaged:\n  {}", .0.join("\n  "))]
    Damaged(Vec<String>),
    #[error(transparent)]
    Journal(#[from] journal::Error),
}

/// A file of the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Where in the backup.
    stored: String,
    bytes: u64,
    /// Hexadecimal, of the file in the backup.
    blake3: String,
    /// A finished day, or media: it is not copied again while `source` stays the same.
    sealed: bool,
    /// Size and time of change (ns since 1970) of the file that was copied.
    source: (u64, u64),
}

/// The list: by path in the data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct List {
    format: u32,
    version: String,
    taken_at: String,
    files: BTreeMap<String, Entry>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    pub copied: usize,
    pub copied_bytes: u64,
    /// Finished days and media that were there from an earlier run.
    pub kept: usize,
    /// Days and media of an earlier run that the server has no more.
    pub only_here: usize,
    pub pruned: usize,
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { doing, path, source }
}

/// Brings the backup in `into` up to `data_dir` as it is now. With `prune`, days and media that the server has deleted go.
///
/// # Errors
/// Names the file that cannot be read or written; the backup is then as it was before.
pub fn backup(data_dir: &Path, into: &Path, now: UnixNanos, prune: bool) -> Result<Summary, Error> {
    let first = sources(data_dir)?;
    fs::create_dir_all(into.join(JOURNAL)).map_err(failed("create", into))?;
    let path = into.join("lock");
    let lock = Lock::take(&path).map_err(failed("lock", &path))?;
    let _lock = lock.ok_or_else(|| Error::InUse(into.to_owned()))?;
    let before = if into.join(LIST).exists() { read_list(into)?.files } else { BTreeMap::new() };
    let mut files = BTreeMap::new();
    let mut summary = Summary::default();
    for path in first {
        take(data_dir, into, path, now, &before, &mut files, &mut summary)?;
    }
    // Listed after the journal was copied: whatever that refers to was there before it.
    for path in media(data_dir) {
        take(data_dir, into, path, now, &before, &mut files, &mut summary)?;
    }
    for (path, entry) in before {
        if !files.contains_key(&path) && (path.starts_with(JOURNAL) || path.starts_with(MEDIA)) {
            if prune {
                summary.pruned += 1;
            } else {
                summary.only_here += 1;
                files.insert(path, entry);
            }
        }
    }
    let list = List { format: FORMAT, version: env!("CARGO_PKG_VERSION").into(), taken_at: now.to_string(), files };
    write_list(into, &list)?;
    remove_unlisted(into, &list)?;
    let said = data_dir.join(LAST_BACKUP);
    fs::write(&said, &list.taken_at).map_err(failed("write", &said))?;
    Ok(summary)
}

/// Copies the file at `path` unless the backup has it.
fn take(
    data_dir: &Path,
    into: &Path,
    path: String,
    now: UnixNanos,
    before: &BTreeMap<String, Entry>,
    files: &mut BTreeMap<String, Entry>,
    summary: &mut Summary,
) -> Result<(), Error> {
    let from = data_dir.join(&path);
    // Deleted by retention since it was listed.
    let Ok(metadata) = fs::metadata(&from) else { return Ok(()) };
    let is_media = path.starts_with(MEDIA);
    let sealed = is_media || path.starts_with(JOURNAL) && journal::is_sealed(&from);
    // Media are touched when they are referred to again, and never changed.
    let changed = metadata.modified().ok().filter(|_| !is_media);
    let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let source = (metadata.len(), changed.map_or(0, |since| since.as_nanos() as u64));
    let known = before.get(&path).filter(|entry| sealed && entry.sealed && entry.source == source);
    if let Some(entry) = known.filter(|entry| is_as_long(&into.join(&entry.stored), entry.bytes)) {
        files.insert(path, entry.clone());
        summary.kept += 1;
        return Ok(());
    }
    let stored = if sealed { path.clone() } else { format!("{path}.{}", now.0) };
    let (bytes, blake3) = match copy(&from, &into.join(&stored), sealed) {
        Err(_) if !from.exists() => return Ok(()),
        copied => copied?,
    };
    files.insert(path, Entry { stored, bytes, blake3, sealed, source });
    summary.copied += 1;
    summary.copied_bytes += bytes;
    Ok(())
}

/// Checks every file of the backup: its hash, SQLite's own check, and that every chunk of the journal can be read.
/// Gives what is in it and when it was taken.
///
/// # Errors
/// Names every file that is not as it should be.
pub fn verify(dir: &Path) -> Result<(Contents, String), Error> {
    let list = read_list(dir)?;
    let mut faults = Vec::new();
    // The journal under the names of a journal, so that its reader finds its way; links, because the backup may be
    // large and need not be writable.
    let scratch = std::env::temp_dir().join(format!("tracemeter-verify-{}-{}", std::process::id(), list.taken_at));
    fs::create_dir_all(&scratch).map_err(failed("create", &scratch))?;
    for (path, entry) in &list.files {
        let stored = dir.join(&entry.stored);
        if let Err(fault) = examine(&stored, entry, path) {
            faults.push(format!("{}: {fault}", stored.display()));
        } else if let Some(name) = path.strip_prefix("journal/") {
            let link = scratch.join(name);
            std::os::unix::fs::symlink(fs::canonicalize(&stored).map_err(failed("find", &stored))?, &link)
                .map_err(failed("link", &link))?;
        }
    }
    let contents = journal::read_all(&scratch);
    fs::remove_dir_all(&scratch).map_err(failed("remove", &scratch))?;
    let contents = contents?;
    if contents.unreadable > 0 {
        faults.push(format!("{} chunks of the journal cannot be read; the log names them", contents.unreadable));
    }
    if faults.is_empty() { Ok((contents, list.taken_at)) } else { Err(Error::Damaged(faults)) }
}

/// Makes `data_dir` from the backup in `dir`, after verifying it.
///
/// # Errors
/// When the backup is damaged, `data_dir` has data already, or a file cannot be written.
pub fn restore(dir: &Path, data_dir: &Path) -> Result<(Contents, String), Error> {
    let journal_dir = data_dir.join(JOURNAL);
    if fs::read_dir(&journal_dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::NotEmpty(data_dir.to_owned()));
    }
    let verified = verify(dir)?;
    fs::create_dir_all(&journal_dir).map_err(failed("create", &journal_dir))?;
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(data_dir, private).map_err(failed("protect", data_dir))?;
    for (path, entry) in read_list(dir)?.files {
        let (bytes, blake3) = copy(&dir.join(&entry.stored), &data_dir.join(&path), true)?;
        if (bytes, &blake3) != (entry.bytes, &entry.blake3) {
            return Err(Error::Damaged(vec![format!("{path}: the copy differs from what was verified; try again")]));
        }
    }
    Ok(verified)
}

/// Paths below the data directory that are worth keeping.
fn sources(data_dir: &Path) -> Result<Vec<String>, Error> {
    let journal_dir = data_dir.join(JOURNAL);
    if !journal_dir.is_dir() {
        return Err(Error::NoData(data_dir.to_owned()));
    }
    let mut paths: Vec<_> =
        journal::days_in(&journal_dir)?.into_iter().map(|day| format!("{JOURNAL}/{day}.sqlite")).collect();
    for entry in fs::read_dir(data_dir).map_err(failed("list", data_dir))? {
        let entry = entry.map_err(failed("list", data_dir))?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let name = entry.file_name().to_string_lossy().into_owned();
        // Logs of databases are part of their copies; drafts are nothing yet.
        let passing = [".new", "-wal", "-shm", "-journal"].iter().any(|ending| name.ends_with(ending));
        if is_file && !passing {
            paths.push(name);
        }
    }
    Ok(paths)
}

/// Paths of media files below the data directory.
fn media(data_dir: &Path) -> Vec<String> {
    let folders = fs::read_dir(data_dir.join(MEDIA)).into_iter().flatten().flatten();
    let folders = folders.filter(|folder| folder.file_name().len() == 2);
    let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
    let mut paths: Vec<_> =
        files.filter_map(|file| Some(file.path().strip_prefix(data_dir).ok()?.to_str()?.to_owned())).collect();
    paths.sort();
    paths
}

/// Copies to a draft that is synced and then named; gives size and hash. A database in use is copied by SQLite.
fn copy(from: &Path, to: &Path, plain: bool) -> Result<(u64, String), Error> {
    let draft = to.with_added_extension("part");
    if let Some(folder) = to.parent().filter(|folder| !folder.exists()) {
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
    }
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed("remove", &draft)(error)),
        _ => {}
    }
    let is_database = from.extension().is_some_and(|extension| extension == "sqlite");
    if plain || !is_database {
        fs::copy(from, &draft).map_err(failed("copy", from))?;
    } else {
        sqlite::copy(from, &draft).map_err(|source| Error::Database { path: from.to_owned(), source })?;
    }
    let (bytes, hash) = hash(&draft).map_err(failed("read", &draft))?;
    File::open(&draft).and_then(|file| file.sync_all()).map_err(failed("sync", &draft))?;
    fs::rename(&draft, to).map_err(failed("name", to))?;
    Ok((bytes, hash))
}

fn hash(path: &Path) -> io::Result<(u64, String)> {
    let mut hasher = blake3::Hasher::new();
    let bytes = io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok((bytes, hasher.finalize().to_hex().to_string()))
}

fn examine(stored: &Path, entry: &Entry, path: &str) -> Result<(), String> {
    let (bytes, blake3) = hash(stored).map_err(|error| error.to_string())?;
    if bytes != entry.bytes {
        return Err(format!("has {bytes} bytes, {} were written", entry.bytes));
    }
    if blake3 != entry.blake3 {
        return Err("has other content than was written".into());
    }
    if path.ends_with(".sqlite") {
        sqlite::check(stored).map_err(|error| error.to_string())??;
    }
    Ok(())
}

fn is_as_long(path: &Path, bytes: u64) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.len() == bytes)
}

fn read_list(dir: &Path) -> Result<List, Error> {
    let path = dir.join(LIST);
    let text = fs::read_to_string(&path).map_err(failed("read", &path))?;
    let list: List =
        serde_json::from_str(&text).map_err(|error| Error::List { path: path.clone(), reason: error.to_string() })?;
    if list.format != FORMAT {
        return Err(Error::List {
            path,
            reason: format!("format {} was written by version {}", list.format, list.version),
        });
    }
    let outside = |name: &str| name.starts_with('/') || name.split('/').any(|part| part == "..");
    match list.files.iter().find(|(path, entry)| outside(path) || outside(&entry.stored)) {
        Some((name, _)) => Err(Error::List { path, reason: format!("{name} lies outside the folder") }),
        None => Ok(list),
    }
}

fn write_list(dir: &Path, list: &List) -> Result<(), Error> {
    let (path, draft) = (dir.join(LIST), dir.join("backup.json.new"));
    let text = serde_json::to_string_pretty(list)
        .map_err(|error| Error::List { path: path.clone(), reason: error.to_string() })?;
    // The folders before the list, so that it never names what a power cut takes back.
    let folders: BTreeSet<_> = list.files.values().filter_map(|entry| Path::new(&entry.stored).parent()).collect();
    fs::write(&draft, text)
        .and_then(|()| File::open(&draft)?.sync_all())
        .and_then(|()| folders.iter().try_for_each(|folder| File::open(dir.join(folder))?.sync_all()))
        .and_then(|()| {
            if folders.iter().any(|folder| folder.starts_with(MEDIA)) {
                File::open(dir.join(MEDIA))?.sync_all()
            } else {
                Ok(())
            }
        })
        .and_then(|()| File::open(dir)?.sync_all())
        .and_then(|()| fs::rename(&draft, &path))
        .and_then(|()| File::open(dir)?.sync_all())
        .map_err(failed("write", &path))
}

/// Earlier copies of unfinished files, and what a run that broke off has left.
fn remove_unlisted(dir: &Path, list: &List) -> Result<(), Error> {
    let listed: BTreeSet<&str> = list.files.values().map(|entry| entry.stored.as_str()).collect();
    for path in media(dir).into_iter().filter(|path| !listed.contains(path.as_str())) {
        fs::remove_file(dir.join(&path)).map_err(failed("remove", &dir.join(&path)))?;
    }
    for (folder, prefix) in [(dir.join(JOURNAL), "journal/"), (dir.to_owned(), "")] {
        for entry in fs::read_dir(&folder).map_err(failed("list", &folder))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            // Ours end in the time of a run or are drafts; anything else in the folder is none of our business.
            let is_ours = name.ends_with(".part")
                || name.ends_with(".sqlite") && !prefix.is_empty()
                || name
                    .rsplit_once('.')
                    .is_some_and(|(_, end)| end.len() >= 18 && end.bytes().all(|b| b.is_ascii_digit()));
            if is_ours && !listed.contains(format!("{prefix}{name}").as_str()) {
                fs::remove_file(entry.path()).map_err(failed("remove", &entry.path()))?;
            }
        }
    }
    Ok(())
}
