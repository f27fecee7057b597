//! `registry.sqlite`: traces that are pinned, what was deleted on request, saved views, keys, and the login.
//!
//! Few rows, so no write-ahead log: what is replaced is overwritten with zeros and in no other file.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Error, keys, logins, views};
use crate::model::{TraceId, UnixNanos};

pub(super) const FILE: &str = "registry.sqlite";

/// Stored in `user_version`. 2: saved views. 3: keys and the login.
const FORMAT: i64 = 3;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS pin (
        trace_id BLOB PRIMARY KEY,
        at_ns INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS deletion (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        -- In words until it is done.
        subject TEXT,
        subject_hash TEXT NOT NULL,
        requested_ns INTEGER NOT NULL,
        finished_ns INTEGER,
        error TEXT,
        report TEXT NOT NULL
    );
";

const COLUMNS: &str = "id, kind, subject, subject_hash, requested_ns, finished_ns, error, report";

/// Handle to the small mutable state. Clones share it.
#[derive(Debug, Clone)]
pub struct Registry {
    connection: Arc<Mutex<Connection>>,
    /// Of this installation.
    key: [u8; 32],
}

/// A deletion that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    pub id: i64,
    /// `trace`, `traces`, `session` or `user`.
    pub kind: String,
    /// Whose data it is; `None` once it is deleted.
    pub subject: Option<String>,
    /// BLAKE3 of kind and subject with the key of this installation, in hex: says whether a name was meant to who
    /// knows the name, and tells it to nobody.
    pub subject_hash: String,
    pub requested: UnixNanos,
    pub finished: Option<UnixNanos>,
    /// Why it did not succeed so far; it is tried again.
    pub error: Option<String>,
    /// JSON: what went from where.
    pub report: String,
}

impl Registry {
    /// Opens `<data_dir>/registry.sqlite`, creating it. `key` is that of the redaction rule `hash`.
    ///
    /// # Errors
    /// When the file cannot be used, or a newer version wrote it.
    pub fn open(data_dir: &Path, key: [u8; 32]) -> Result<Self, Error> {
        let path = data_dir.join(FILE);
        let failed = |source| Error::Database { path: path.clone(), source };
        let connection = Connection::open(&path).map_err(failed)?;
        let found = prepare(&connection).map_err(failed)?;
        if found > FORMAT {
            return Err(Error::Format { path, found });
        }
        // Another key, so that a hash here and a hash in a trace cannot be compared.
        let key = blake3::derive_key("tracemeter 2026 subjects of deletions", &key);
        Ok(Self { connection: Arc::new(Mutex::new(connection)), key })
    }

    /// Keeps the trace whole, whatever happens to others of its age; false when it was pinned already.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn pin(&self, trace: TraceId, now: UnixNanos) -> Result<bool, Error> {
        let statement = "INSERT OR IGNORE INTO pin (trace_id, at_ns) VALUES (?, ?)";
        self.ask(|file| file.execute(statement, params![trace.as_bytes(), now.0]).map(|rows| rows > 0))
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn unpin(&self, trace: TraceId) -> Result<bool, Error> {
        let statement = "DELETE FROM pin WHERE trace_id = ?";
        self.ask(|file| file.execute(statement, params![trace.as_bytes()]).map(|rows| rows > 0))
    }

    /// # Errors
    /// When the file cannot be read.
    pub fn is_pinned(&self, trace: TraceId) -> Result<bool, Error> {
        let statement = "SELECT 1 FROM pin WHERE trace_id = ?";
        self.ask(|file| file.query_row(statement, params![trace.as_bytes()], |_| Ok(())).optional())
            .map(|found| found.is_some())
    }

    /// All pinned traces.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn pins(&self) -> Result<HashSet<TraceId>, Error> {
        self.ask(|file| {
            let mut statement = file.prepare("SELECT trace_id FROM pin")?;
            let mut rows = statement.query([])?;
            let mut pins = HashSet::new();
            while let Some(row) = rows.next()? {
                pins.extend(TraceId::from_slice(row.get_ref(0)?.as_blob()?));
            }
            Ok(pins)
        })
    }

    /// Notes that something is to be deleted, before anything is; gives the number of its receipt. Asked twice for the
    /// same, the one that is not done yet is given.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin_deletion(&self, kind: &str, subject: &str, now: UnixNanos) -> Result<i64, Error> {
        let hash = blake3::keyed_hash(&self.key, format!("{kind}:{subject}").as_bytes()).to_hex().to_string();
        self.ask(|file| {
            let known = "SELECT id FROM deletion WHERE subject_hash = ? AND finished_ns IS NULL";
            let known: Option<i64> = file.query_row(known, params![hash], |row| row.get(0)).optional()?;
            if let Some(id) = known {
                file.execute("UPDATE deletion SET error = NULL WHERE id = ?", params![id])?;
                return Ok(id);
            }
            file.execute(
                "INSERT INTO deletion (kind, subject, subject_hash, requested_ns, report) VALUES (?, ?, ?, ?, '{}')",
                params![kind, subject, hash, now.0],
            )?;
            Ok(file.last_insert_rowid())
        })
    }

    /// Notes what is done so far, and why it does not go on, if so.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_deletion(&self, id: i64, report: &str, error: Option<&str>) -> Result<(), Error> {
        let statement = "UPDATE deletion SET report = ?, error = ? WHERE id = ?";
        self.ask(|file| file.execute(statement, params![report, error, id]).map(drop))
    }

    /// Everything is deleted: from now on the receipt knows the subject by its hash alone.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish_deletion(&self, id: i64, report: &str, now: UnixNanos) -> Result<(), Error> {
        let statement = "UPDATE deletion SET subject = NULL, finished_ns = ?, report = ?, error = NULL WHERE id = ?";
        self.ask(|file| file.execute(statement, params![now.0, report, id]).map(drop))
    }

    /// Deletions that are not done, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn unfinished_deletions(&self) -> Result<Vec<Deletion>, Error> {
        self.deletions_where("finished_ns IS NULL ORDER BY id")
    }

    /// The newest deletions, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn deletions(&self, limit: usize) -> Result<Vec<Deletion>, Error> {
        self.deletions_where(&format!("true ORDER BY id DESC LIMIT {limit}"))
    }

    /// # Errors
    /// When the file cannot be read.
    pub fn deletion(&self, id: i64) -> Result<Option<Deletion>, Error> {
        Ok(self.deletions_where(&format!("id = {id}"))?.pop())
    }

    fn deletions_where(&self, condition: &str) -> Result<Vec<Deletion>, Error> {
        self.ask(|file| {
            let mut statement = file.prepare(&format!("SELECT {COLUMNS} FROM deletion WHERE {condition}"))?;
            statement.query_map([], deletion)?.collect()
        })
    }

    /// A number that changes when another process has changed the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn version(&self) -> Result<i64, Error> {
        self.ask(|file| file.query_row("PRAGMA data_version", [], |row| row.get(0)))
    }

    pub(super) fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        question(&self.lock()).map_err(|source| Error::Database { path: FILE.into(), source })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the format found.
fn prepare(connection: &Connection) -> rusqlite::Result<i64> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "EXTRA")?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found < FORMAT {
        let all = [SCHEMA, views::SCHEMA, keys::SCHEMA, logins::SCHEMA].concat();
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {all} PRAGMA user_version = {FORMAT}; COMMIT;"))?;
    }
    Ok(found)
}

fn deletion(row: &Row<'_>) -> rusqlite::Result<Deletion> {
    Ok(Deletion {
        id: row.get(0)?,
        kind: row.get(1)?,
        subject: row.get(2)?,
        subject_hash: row.get(3)?,
        requested: UnixNanos(row.get(4)?),
        finished: row.get::<_, Option<i64>>(5)?.map(UnixNanos),
        error: row.get(6)?,
        report: row.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_and_receipts_outlive_the_process_and_a_name_does_not_outlive_its_deletion() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens");
        let (one, other) = (TraceId([1; 16]), TraceId([2; 16]));
        assert!(registry.pin(one, UnixNanos(5)).expect("written"));
        assert!(!registry.pin(one, UnixNanos(6)).expect("known"));
        assert!(registry.pin(other, UnixNanos(6)).expect("written"));
        assert!(registry.unpin(other).expect("written"));
        let id = registry.begin_deletion("user", "alice@example.org", UnixNanos(7)).expect("written");
        assert_eq!(registry.begin_deletion("user", "alice@example.org", UnixNanos(8)).expect("known"), id);
        drop(registry);

        let registry = Registry::open(dir.path(), [7; 32]).expect("opens again");
        assert!(registry.is_pinned(one).expect("read") && !registry.is_pinned(other).expect("read"));
        assert_eq!(registry.pins().expect("read"), HashSet::from([one]));
        let waiting = registry.unfinished_deletions().expect("read");
        assert_eq!(waiting[0].subject.as_deref(), Some("alice@example.org"));
        registry.finish_deletion(id, r#"{"journal":[]}"#, UnixNanos(9)).expect("written");
        assert!(registry.unfinished_deletions().expect("read").is_empty());
        let receipt = registry.deletion(id).expect("read").expect("there");
        assert_eq!((receipt.subject, receipt.finished), (None, Some(UnixNanos(9))));
        assert_eq!(receipt.subject_hash.len(), 64);
        let again = registry.begin_deletion("user", "alice@example.org", UnixNanos(10)).expect("written");
        assert_ne!(again, id, "a new request is a new receipt");
        assert_eq!(registry.deletion(again).expect("read").expect("there").subject_hash, receipt.subject_hash);
        registry.finish_deletion(again, "{}", UnixNanos(11)).expect("written");
        for entry in std::fs::read_dir(dir.path()).expect("lists").flatten() {
            let bytes = std::fs::read(entry.path()).expect("reads");
            assert!(!bytes.windows(5).any(|window| window == b"alice"), "{:?}", entry.file_name());
        }
    }
}
