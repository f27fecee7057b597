//! Images and sounds inside messages: taken out of a request before the journal, kept as files named by their content.
//!
//! Promises: only what is base64 of an image, sound or document, or says so, is taken, and what was taken can be put
//! back character for character; a file is synced before the request that brought it is acknowledged; the same content
//! is kept once; a file goes when the last journal day that refers to it has gone, or the oldest first when space is
//! short. It works on what the redactor has left, so rules decide before anything becomes a file.

mod extract;
mod files;
mod find;
mod kind;
mod restore;
mod sweep;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::MediaConfig;
use crate::journal::{Journal, Payload};
use crate::meter::Meter;
use crate::model::MediaHash;
use crate::model::media::Reference;

pub use files::Totals;
pub use kind::Kind;
pub use restore::{into_payload, into_text};
pub use sweep::Error as SweepError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {doing} {path}: {source}")]
    File { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{path} is damaged: it has other content than its name says")]
    Damaged { path: PathBuf },
    #[error("the media of a request could not be written: {0}")]
    Stopped(String),
}

/// Handle to the files. Clones share them.
#[derive(Debug, Clone)]
pub struct Media {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: MediaConfig,
    files: files::Files,
    clock: Clock,
    journal: Journal,
    wake: Notify,
    sweeping: Mutex<Option<JoinHandle<()>>>,
    counters: Counters,
}

#[derive(Debug)]
struct Counters {
    taken: Counter,
    stored: Counter,
    stored_bytes: Counter,
    deleted: Counter,
    deleted_bytes: Counter,
}

/// What was taken out of a request, still to be kept.
#[derive(Debug, Default)]
pub struct Taken {
    found: Vec<extract::Found>,
}

impl Taken {
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Forgets what is none of `hashes`.
    pub fn keep_only(&mut self, hashes: &[MediaHash]) {
        self.found.retain(|found| hashes.contains(&found.hash));
    }

    pub fn extend(&mut self, other: Self) {
        self.found.extend(other.found);
    }
}

impl Media {
    /// Opens the files in `dir`, creating it. Files that nothing refers to any more are deleted in idle time until
    /// `stop` turns true.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open(
        dir: &Path,
        config: &MediaConfig,
        journal: Journal,
        clock: Clock,
        meter: &Meter,
        stop: watch::Receiver<bool>,
    ) -> Result<Self, Error> {
        let counter = |name, help| meter.register(name, help, Counter::default());
        let media = Self {
            shared: Arc::new(Shared {
                config: config.clone(),
                files: files::Files::open(dir)?,
                clock,
                journal,
                wake: Notify::new(),
                sweeping: Mutex::default(),
                counters: Counters {
                    taken: counter("media_taken", "Images, sounds and documents found in requests"),
                    stored: counter("media_stored", "Media files written"),
                    stored_bytes: counter("media_stored_bytes", "Bytes of media files written"),
                    deleted: counter("media_deleted", "Media files deleted"),
                    deleted_bytes: counter("media_deleted_bytes", "Bytes of media files deleted"),
                },
            }),
        };
        let sweeping = tokio::spawn(sweep::run(media.clone(), stop));
        *lock(&media.shared.sweeping) = Some(sweeping);
        Ok(media)
    }

    /// Takes images and sounds out of a redacted payload and leaves references. Strings shorter than the least size are
    /// not looked at, longer ones at a place per some KiB.
    pub fn take_out(&self, payload: &mut Payload) -> Taken {
        if !self.shared.config.extract {
            return Taken::default();
        }
        let found = extract::from_payload(payload, self.shared.config.min_bytes);
        self.shared.counters.taken.inc_by(found.len() as u64);
        Taken { found }
    }

    /// A file that came by itself, to be kept as what was taken out, and what refers to it. `said` is the media type its
    /// client names. `None` where media are left in place.
    pub fn file(&self, bytes: Bytes, said: &str) -> Option<(Taken, Reference)> {
        if !self.shared.config.extract {
            return None;
        }
        let found = extract::whole(bytes, said);
        self.shared.counters.taken.inc();
        Some((Taken { found: vec![found.0] }, found.1))
    }

    /// Puts what was taken on the disk; returns after it is synced. Must come before the payload goes to the journal.
    ///
    /// # Errors
    /// When a file cannot be written; the request may be sent again then.
    pub async fn keep(&self, taken: Taken) -> Result<(), Error> {
        if taken.is_empty() {
            return Ok(());
        }
        let media = self.clone();
        let kept = tokio::task::spawn_blocking(move || {
            let (shared, now) = (&media.shared, media.shared.clock.now());
            taken.found.iter().try_for_each(|found| {
                let written = shared.files.keep(found, now)?;
                shared.counters.stored.inc_by(u64::from(written > 0));
                shared.counters.stored_bytes.inc_by(written);
                Ok(())
            })
        });
        kept.await.map_err(|error| Error::Stopped(error.to_string()))?
    }

    /// The bytes of `hash` and what they are; `None` when there is no such file, or no more. Blocks on the disk.
    ///
    /// # Errors
    /// When the file cannot be read, or is not what its name says.
    pub fn read(&self, hash: MediaHash) -> Result<Option<(Bytes, Kind)>, Error> {
        Ok(self.shared.files.read(hash)?.map(|bytes| {
            let kind = kind::of(&bytes);
            (bytes, kind)
        }))
    }

    /// Whether the file of `hash` is there. Blocks on the disk.
    pub fn has(&self, hash: MediaHash) -> bool {
        self.shared.files.find(hash).is_some()
    }

    /// Files and bytes. The first time it blocks on the disk.
    pub fn totals(&self) -> Totals {
        self.shared.files.totals()
    }

    /// Deletes the files that were not referred to for longest until `bytes` are free, though traces refer to them:
    /// their pages then say that the file was dropped. Gives what went. Blocks on the disk.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn drop_oldest(&self, bytes: u64) -> Result<Totals, Error> {
        let mut files = self.shared.files.list();
        files.sort_by_key(|file| file.changed);
        let mut gone = Totals::default();
        for file in files {
            if gone.bytes >= bytes {
                break;
            }
            self.delete(&file, sweep::moment_ago(), &mut gone)?;
        }
        Ok(gone)
    }

    /// Deletes the files that no day of the journal refers to any more, and gives what went. Blocks on the disk.
    ///
    /// # Errors
    /// When the journal cannot be asked or a file not be deleted.
    pub fn sweep(&self) -> Result<Totals, SweepError> {
        sweep::sweep(self)
    }

    /// Lets [`Media::sweep`] run soon, as after something was deleted from the journal.
    pub fn look_round(&self) {
        self.shared.wake.notify_one();
    }

    fn delete(&self, file: &files::Stored, since: Option<Instant>, gone: &mut Totals) -> Result<(), Error> {
        if self.shared.files.delete(file, since)? {
            gone.files += 1;
            gone.bytes += file.bytes;
            self.shared.counters.deleted.inc();
            self.shared.counters.deleted_bytes.inc_by(file.bytes);
        }
        Ok(())
    }

    /// Waits until the sweeper has ended, as `stop` told it to.
    pub async fn close(&self) {
        let sweeping = lock(&self.shared.sweeping).take();
        if let Some(sweeping) = sweeping
            && sweeping.await.is_err()
        {
            tracing::error!("the sweeper of media had panicked");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
