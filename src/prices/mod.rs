//! The prices of this house: the user's own (`prices.toml`) and a refreshed table (`price-table.json`), both in the
//! data directory, both read again when they change. A file with a fault changes nothing: the last good one holds.

mod edit;
mod store;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use crate::config::{PriceEntry, PricesError, PricesFile};
use crate::interpret::Interpreter;
use crate::interpret::price::{Book, Table};

/// How long a change of the files may go unseen; two calls of `stat` each time.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The user's own prices.
pub const OWN: &str = "prices.toml";

/// A table that takes the place of the first embedded one.
pub const REFRESHED: &str = "price-table.json";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {fault}", path.display())]
    Own { path: PathBuf, fault: PricesError },
    #[error("{}: {fault}", path.display())]
    Table { path: PathBuf, fault: String },
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("{} is written in a way that cannot be edited from here: change it with an editor", path.display())]
    Form { path: PathBuf },
    #[error("there is no such price in {}", path.display())]
    Missing { path: PathBuf },
}

/// The prices of one data directory. Cheap to clone.
#[derive(Clone)]
pub struct Prices {
    inner: Arc<Inner>,
}

struct Inner {
    data_dir: PathBuf,
    /// Told when the book changes.
    interpreter: Option<Arc<Interpreter>>,
    state: Mutex<State>,
}

struct State {
    own: Source<(PricesFile, String)>,
    table: Source<Arc<Table>>,
    book: Arc<Book>,
}

/// One of the two files.
struct Source<T> {
    /// As it was when it was last looked at; `None`: not there.
    stamp: Option<Stamp>,
    /// The last good content.
    good: Option<T>,
    fault: Option<String>,
}

impl<T> Default for Source<T> {
    fn default() -> Self {
        Self { stamp: None, good: None, fault: None }
    }
}

/// Tells one version of a file from another; an editor or a rename changes at least one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
    inode: u64,
}

impl Prices {
    /// Reads what is in `data_dir` and hands the book to `interpreter`. Never fails: what has a fault is left out and
    /// told by [`Self::faults`].
    pub fn open(data_dir: &Path, interpreter: Option<Arc<Interpreter>>) -> Self {
        let state = State { own: Source::default(), table: Source::default(), book: Arc::new(Book::embedded()) };
        let inner = Inner { data_dir: data_dir.to_owned(), interpreter, state: Mutex::new(state) };
        let prices = Self { inner: Arc::new(inner) };
        prices.check();
        prices
    }

    /// Reads again what has changed since it was last looked at. Two calls of `stat` when nothing has.
    /// Answers whether prices changed.
    pub fn check(&self) -> bool {
        let mut state = self.state();
        let own = state.own.look(&self.path(OWN), |text| {
            PricesFile::parse(text).map(|file| (file, digest(text))).map_err(|fault| fault.to_string())
        });
        let table = state
            .table
            .look(&self.path(REFRESHED), |text| Table::parse(text).map(Arc::new).map_err(|fault| fault.to_string()));
        if !own && !table {
            return false;
        }
        let nothing = (PricesFile::default(), String::new());
        let (file, digest) = state.own.good.as_ref().unwrap_or(&nothing);
        let book = Arc::new(Book::new(state.table.good.clone(), file, digest));
        let changed = book.version() != state.book.version();
        state.book = Arc::clone(&book);
        if let Some(interpreter) = &self.inner.interpreter {
            interpreter.set_book(Arc::clone(&book));
        }
        for fault in [&state.own.fault, &state.table.fault].into_iter().flatten() {
            tracing::warn!(fault, "prices are not taken over, the last good ones hold: {fault}");
        }
        if changed {
            tracing::info!(version = &*book.version(), "prices: {}", book.version());
        }
        changed
    }

    /// Looks at the files every few seconds until told to stop: an editor or `tracemeter prices` changes them.
    pub async fn follow(self, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let prices = self.clone();
            // A look blocks on the disk, if shortly; one that panicked has said so.
            let _looked = tokio::task::spawn_blocking(move || prices.check()).await;
        }
    }

    pub fn book(&self) -> Arc<Book> {
        Arc::clone(&self.state().book)
    }

    /// The user's own prices that hold now.
    pub fn own(&self) -> Vec<PriceEntry> {
        self.state().own.good.as_ref().map(|(file, _)| file.entries.clone()).unwrap_or_default()
    }

    /// What is wrong with the files: path, place and remedy, one text each.
    pub fn faults(&self) -> Vec<String> {
        let state = self.state();
        [&state.own.fault, &state.table.fault].into_iter().flatten().cloned().collect()
    }

    /// Where the user's own prices stand.
    pub fn path(&self, name: &str) -> PathBuf {
        self.inner.data_dir.join(name)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What is behind it is replaced as a whole, so a poisoned lock holds good data too.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Source<T> {
    /// Whether the file is another one than before; then it is read, and replaces the last good one if it is good.
    fn look(&mut self, path: &Path, read: impl FnOnce(&str) -> Result<T, String>) -> bool {
        let stamp = Stamp::of(path);
        if stamp == self.stamp {
            return false;
        }
        self.stamp = stamp;
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                *self = Self::default();
                return true;
            }
            Err(error) => Err(error.to_string()),
            Ok(text) => read(&text),
        };
        match text {
            Ok(good) => (self.good, self.fault) = (Some(good), None),
            Err(fault) => self.fault = Some(format!("{}: {fault}", path.display())),
        }
        true
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let about = std::fs::metadata(path).ok()?;
        Some(Self { modified: about.modified().ok(), len: about.len(), inode: about.ino() })
    }
}

/// Tells versions of a text apart.
pub fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..8].to_owned()
}

#[cfg(test)]
mod tests;
