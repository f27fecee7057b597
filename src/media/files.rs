//! The files: `<dir>/<first two digits>/<hash>.<ending>`, written once, never changed.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use super::extract::Found;
use super::{Error, kind};
use crate::model::{MediaHash, UnixNanos};

/// What is remembered of requests longer than any of them takes to be committed.
pub(super) const FRESH: Duration = Duration::from_secs(600);

/// Remembered files above which old memories are cleared away.
const REMEMBERED: usize = 10_000;

/// A file that is referred to again becomes young again, but is not touched more often than this.
const TOUCH_AFTER: Duration = Duration::from_secs(24 * 3600);

/// How many files and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    pub files: u64,
    pub bytes: u64,
}

#[derive(Debug)]
pub(super) struct Files {
    dir: PathBuf,
    /// When a file was last referred to by a request. Held while a file is deleted.
    recent: Mutex<HashMap<MediaHash, Instant>>,
    /// `None` until somebody asks.
    totals: Mutex<Option<Totals>>,
    drafts: AtomicU64,
}

/// A file that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub hash: MediaHash,
    pub path: PathBuf,
    pub bytes: u64,
    pub changed: SystemTime,
}

impl Files {
    /// Drafts of an earlier run are nothing and go.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let drafts = dir.join("drafts");
        match fs::remove_dir_all(&drafts) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(Error::File { doing: "clear", path: drafts, source });
            }
            _ => {}
        }
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&drafts);
        made.map_err(|source| Error::File { doing: "create", path: drafts, source })?;
        Ok(Self { dir: dir.to_owned(), recent: Mutex::default(), totals: Mutex::default(), drafts: AtomicU64::new(0) })
    }

    /// Writes what is not there yet; on the disk when it returns. Gives the bytes written.
    pub fn keep(&self, found: &Found, now: UnixNanos) -> Result<u64, Error> {
        self.remember(found.hash);
        let path = self.path(found.hash, kind::of(&found.bytes).ending);
        let folder = path.parent().unwrap_or(&self.dir);
        let failed = |doing, path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { doing, path, source }
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(now.0).unwrap_or(0));
        if let Ok(metadata) = fs::metadata(&path)
            && metadata.len() == found.bytes.len() as u64
        {
            if metadata.modified().is_ok_and(|changed| changed + TOUCH_AFTER < now) {
                // A matter of order only: the oldest go first.
                let _touched = File::options().write(true).open(&path).and_then(|file| file.set_modified(now));
            }
            // Who wrote it may not have come so far yet.
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync", folder))?;
            return Ok(0);
        }
        if !folder.exists() {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.and_then(|()| File::open(&self.dir)?.sync_all()).map_err(failed("create", folder))?;
        }
        let draft = self.dir.join("drafts").join(self.drafts.fetch_add(1, Ordering::Relaxed).to_string());
        let written = write(&draft, &found.bytes, now)
            .and_then(|()| self.put(&draft, &path, found.bytes.len() as u64))
            .and_then(|()| File::open(folder)?.sync_all());
        if let Err(source) = written {
            // Room for the next try; when it cannot be removed either, the next start does.
            let _removed = fs::remove_file(&draft);
            return Err(Error::File { doing: "write", path, source });
        }
        Ok(found.bytes.len() as u64)
    }

    /// Puts a finished file in its place, and counts it unless another request was faster. Who lists all files to count
    /// them does so before or after both.
    fn put(&self, draft: &Path, path: &Path, bytes: u64) -> io::Result<()> {
        let mut totals = lock(&self.totals);
        let is_new = !path.exists();
        fs::rename(draft, path)?;
        if let Some(totals) = totals.as_mut().filter(|_| is_new) {
            totals.files += 1;
            totals.bytes += bytes;
        }
        Ok(())
    }

    fn remember(&self, hash: MediaHash) {
        let mut recent = lock(&self.recent);
        if recent.len() >= REMEMBERED {
            recent.retain(|_, at| at.elapsed() < FRESH);
        }
        recent.insert(hash, Instant::now());
    }

    fn path(&self, hash: MediaHash, ending: &str) -> PathBuf {
        let name = hash.to_string();
        self.dir.join(&name[..2]).join(format!("{name}.{ending}"))
    }

    /// The file of `hash`, if it is there.
    pub fn find(&self, hash: MediaHash) -> Option<PathBuf> {
        let name = hash.to_string();
        let entries = fs::read_dir(self.dir.join(&name[..2])).ok()?;
        let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        paths.find(|path| path.file_stem().is_some_and(|stem| stem.to_str() == Some(&name)))
    }

    /// The bytes of `hash`; `None` when there is no such file.
    pub fn read(&self, hash: MediaHash) -> Result<Option<Bytes>, Error> {
        let Some(path) = self.find(hash) else { return Ok(None) };
        match fs::read(&path) {
            Ok(bytes) if blake3::hash(&bytes).as_bytes() == &hash.0 => Ok(Some(bytes.into())),
            Ok(_) => Err(Error::Damaged { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::File { doing: "read", path, source }),
        }
    }

    /// Every file, in no order. What somebody else has put there is passed over.
    pub fn list(&self) -> Vec<Stored> {
        let folders = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
        files
            .filter_map(|entry| {
                let path = entry.path();
                let hash = path.file_stem()?.to_str()?.parse().ok()?;
                let metadata = entry.metadata().ok()?;
                Some(Stored { hash, path, bytes: metadata.len(), changed: metadata.modified().ok()? })
            })
            .collect()
    }

    pub fn totals(&self) -> Totals {
        *lock(&self.totals).get_or_insert_with(|| {
            let files = self.list();
            Totals { files: files.len() as u64, bytes: files.iter().map(|file| file.bytes).sum() }
        })
    }

    /// Deletes `file` unless a request has referred to it after `since`. Says whether it did.
    pub fn delete(&self, file: &Stored, since: Option<Instant>) -> Result<bool, Error> {
        // Held to the end: who refers to it from now on finds it gone and writes it again.
        let mut recent = lock(&self.recent);
        if recent.get(&file.hash).is_some_and(|at| since.is_none_or(|since| *at >= since)) {
            return Ok(false);
        }
        match fs::remove_file(&file.path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(Error::File { doing: "delete", path: file.path.clone(), source }),
        }
        recent.remove(&file.hash);
        drop(recent);
        if let Some(totals) = &mut *lock(&self.totals) {
            totals.files = totals.files.saturating_sub(1);
            totals.bytes = totals.bytes.saturating_sub(file.bytes);
        }
        Ok(true)
    }
}

fn write(path: &Path, bytes: &[u8], changed: SystemTime) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.set_modified(changed)?;
    file.sync_all()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
