//! `forward.sqlite`: how far each destination has come, what it refused, and what was let go.
//!
//! Not synced at every step (`synchronous=NORMAL`): a killed process loses nothing of it, and after a power cut a
//! destination gets the last moments twice rather than never.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::Error;
use super::window::Partial;
use crate::journal::Cursor;
use crate::model::{Day, Signal, SpanId, TraceId, UnixNanos};

pub const FILE: &str = "forward.sqlite";

/// Stored in `user_version`.
const FORMAT: i64 = 1;

const SCHEMA: &str = "
    CREATE TABLE destination (
        name TEXT PRIMARY KEY,
        day INTEGER NOT NULL,
        chunk INTEGER NOT NULL,
        paused INTEGER NOT NULL DEFAULT 0,
        -- Of chunks after the cursor of which a part is there: see Partial.
        partial BLOB NOT NULL DEFAULT x'',
        sent_records INTEGER NOT NULL DEFAULT 0,
        sent_bytes INTEGER NOT NULL DEFAULT 0,
        -- Deleted by retention before they were sent.
        lost_records INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE dead_letter (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        destination TEXT NOT NULL,
        at_ns INTEGER NOT NULL,
        day INTEGER NOT NULL,
        chunk INTEGER NOT NULL,
        -- The first record of the chunk, and how many.
        ordinal INTEGER NOT NULL,
        records INTEGER NOT NULL,
        signal INTEGER NOT NULL,
        trace_id BLOB,
        span_id BLOB,
        reason TEXT NOT NULL,
        response TEXT NOT NULL,
        replay INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX dead_letter_of ON dead_letter (destination, id);
    CREATE INDEX dead_letter_about ON dead_letter (trace_id);
";

const COLUMNS: &str =
    "id, destination, at_ns, day, chunk, ordinal, records, signal, trace_id, span_id, reason, response, replay";

/// Handle to the file. Clones share it.
#[derive(Debug, Clone)]
pub struct Ledger {
    connection: Arc<Mutex<Connection>>,
}

/// What is remembered of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Everything up to here is there, dead, or not for it.
    pub cursor: Cursor,
    pub paused: bool,
    pub partial: Vec<Partial>,
    pub sent_records: u64,
    /// Before compression.
    pub sent_bytes: u64,
    pub lost_records: u64,
}

/// Something that a destination will not take. The record itself stays in the journal only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub id: i64,
    pub destination: String,
    pub at: UnixNanos,
    /// Where the record stands in the journal.
    pub cursor: Cursor,
    /// The first record of the chunk that is meant, and how many.
    pub ordinal: u32,
    pub records: u32,
    pub signal: Signal,
    /// Zeros where the record has none.
    pub span: Option<(TraceId, SpanId)>,
    pub reason: String,
    pub response: String,
    /// It waits to be sent again.
    pub replay: bool,
}

impl Ledger {
    /// Opens `<data_dir>/forward.sqlite`, creating it.
    ///
    /// # Errors
    /// When the file cannot be used, or a newer version wrote it.
    pub fn open(data_dir: &Path) -> Result<Self, Error> {
        let path = data_dir.join(FILE);
        let failed = |source| Error::Ledger { source };
        let connection = Connection::open(&path).map_err(failed)?;
        let found = prepare(&connection).map_err(failed)?;
        if found > FORMAT {
            return Err(Error::Format { path, found });
        }
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    /// What is known of `name`; one that was never seen begins at `start`.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn account(&self, name: &str, start: Cursor) -> Result<Account, Error> {
        self.ask(|file| {
            let known = "SELECT day, chunk, paused, partial, sent_records, sent_bytes, lost_records
                         FROM destination WHERE name = ?";
            if let Some(account) = file.query_row(known, params![name], account).optional()? {
                return Ok(account);
            }
            let insert = "INSERT INTO destination (name, day, chunk) VALUES (?, ?, ?)";
            file.execute(insert, params![name, start.day.0, start.chunk])?;
            Ok(Account { cursor: start, ..Account::default() })
        })
    }

    /// Notes how far `name` has come.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, name: &str, account: &Account) -> Result<(), Error> {
        self.ask(|file| {
            let mut statement = file.prepare_cached(
                "UPDATE destination SET day = ?, chunk = ?, paused = ?, partial = ?, sent_records = ?, sent_bytes = ?,
                 lost_records = ? WHERE name = ?",
            )?;
            let Account { cursor, paused, partial, sent_records, sent_bytes, lost_records } = account;
            let [sent, bytes, lost] =
                [sent_records, sent_bytes, lost_records].map(|n| i64::try_from(*n).unwrap_or(i64::MAX));
            let partial = Partial::encode(partial);
            statement.execute(params![cursor.day.0, cursor.chunk, paused, partial, sent, bytes, lost, name]).map(drop)
        })
    }

    /// Puts a record aside.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn bury(&self, letter: &DeadLetter) -> Result<(), Error> {
        self.ask(|file| {
            let (trace, span) = letter.span.unzip();
            file.execute(
                "INSERT INTO dead_letter
                 (destination, at_ns, day, chunk, ordinal, records, signal, trace_id, span_id, reason, response)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    letter.destination,
                    letter.at.0,
                    letter.cursor.day.0,
                    letter.cursor.chunk,
                    letter.ordinal,
                    letter.records,
                    letter.signal as i64,
                    trace.map(|id| id.as_bytes().to_vec()),
                    span.map(|id| id.as_bytes().to_vec()),
                    letter.reason,
                    letter.response,
                ],
            )
            .map(drop)
        })
    }

    /// Dead letters of `name` with ids above `after`, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn dead_letters(&self, name: &str, after: i64, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        self.letters(&format!("destination = ? AND id > {after} ORDER BY id LIMIT {limit}"), name)
    }

    /// Those of `name` that wait to be sent again, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn to_replay(&self, name: &str, after: i64, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        self.letters(&format!("destination = ? AND replay AND id > {after} ORDER BY id LIMIT {limit}"), name)
    }

    /// How many dead letters `name` has.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn dead(&self, name: &str) -> Result<u64, Error> {
        let statement = "SELECT count(*) FROM dead_letter WHERE destination = ?";
        self.ask(|file| file.query_row(statement, params![name], |row| row.get::<_, i64>(0)))
            .map(|count| count.unsigned_abs())
    }

    /// Marks dead letters of `name` to be sent again: `id`, or all. Gives how many.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn ask_replay(&self, name: &str, id: Option<i64>) -> Result<usize, Error> {
        let statement = "UPDATE dead_letter SET replay = 1 WHERE destination = ?1 AND (?2 IS NULL OR id = ?2)";
        self.ask(|file| file.execute(statement, params![name, id]))
    }

    /// Forgets dead letters of `name`: `id`, or all. Gives how many.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn discard(&self, name: &str, id: Option<i64>) -> Result<usize, Error> {
        let statement = "DELETE FROM dead_letter WHERE destination = ?1 AND (?2 IS NULL OR id = ?2)";
        self.ask(|file| file.execute(statement, params![name, id]))
    }

    /// Forgets dead letters about these traces, whosever they are.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget(&self, traces: &HashSet<TraceId>) -> Result<(), Error> {
        self.ask(|file| {
            let mut statement = file.prepare("DELETE FROM dead_letter WHERE trace_id = ?")?;
            traces.iter().try_for_each(|trace| statement.execute(params![trace.as_bytes()]).map(drop))
        })
    }

    /// It was sent again and refused again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn refused_again(&self, id: i64, reason: &str, response: &str, now: UnixNanos) -> Result<(), Error> {
        let statement = "UPDATE dead_letter SET replay = 0, reason = ?, response = ?, at_ns = ? WHERE id = ?";
        self.ask(|file| file.execute(statement, params![reason, response, now.0, id]).map(drop))
    }

    fn letters(&self, condition: &str, name: &str) -> Result<Vec<DeadLetter>, Error> {
        self.ask(|file| {
            let mut statement = file.prepare(&format!("SELECT {COLUMNS} FROM dead_letter WHERE {condition}"))?;
            statement.query_map(params![name], letter)?.collect()
        })
    }

    /// Asks or changes the file.
    ///
    /// # Errors
    /// What SQLite says.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        question(&self.lock()).map_err(|source| Error::Ledger { source })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the format found.
fn prepare(connection: &Connection) -> rusqlite::Result<i64> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // Answers of destinations may quote what was sent.
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found < FORMAT {
        connection.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;"))?;
    }
    Ok(found)
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
    Ok(Account {
        cursor: Cursor { day: Day(row.get(0)?), chunk: row.get(1)? },
        paused: row.get(2)?,
        partial: Partial::decode(row.get_ref(3)?.as_blob()?),
        sent_records: count(4)?,
        sent_bytes: count(5)?,
        lost_records: count(6)?,
    })
}

fn letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let trace = row.get_ref(8)?.as_blob_or_null()?.and_then(TraceId::from_slice);
    let span = row.get_ref(9)?.as_blob_or_null()?.and_then(SpanId::from_slice);
    Ok(DeadLetter {
        id: row.get(0)?,
        destination: row.get(1)?,
        at: UnixNanos(row.get(2)?),
        cursor: Cursor { day: Day(row.get(3)?), chunk: row.get(4)? },
        ordinal: row.get(5)?,
        records: row.get(6)?,
        signal: Signal::from_number(row.get(7)?).unwrap_or(Signal::Traces),
        span: trace.map(|trace| (trace, span.unwrap_or(SpanId([0; 8])))),
        reason: row.get(10)?,
        response: row.get(11)?,
        replay: row.get(12)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_dead_letters_outlive_the_process() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let start = Cursor { day: Day(7), chunk: 3 };
        let ledger = Ledger::open(dir.path()).expect("opens");
        let mut account = ledger.account("splunk", start).expect("made");
        assert_eq!(account, Account { cursor: start, ..Account::default() });
        account.cursor.chunk = 9;
        account.paused = true;
        account.sent_records = 5;
        account.partial = vec![Partial { cursor: Cursor { day: Day(7), chunk: 10 }, items: 4, done: vec![0, 2] }];
        ledger.save("splunk", &account).expect("written");
        let letter = DeadLetter {
            id: 1,
            destination: "splunk".into(),
            at: UnixNanos(5),
            cursor: start,
            ordinal: 2,
            records: 1,
            signal: Signal::Logs,
            span: Some((TraceId([1; 16]), SpanId([2; 8]))),
            reason: "incorrect index".into(),
            response: "{}".into(),
            replay: false,
        };
        ledger.bury(&letter).expect("written");
        drop(ledger);

        let ledger = Ledger::open(dir.path()).expect("opens again");
        assert_eq!(ledger.account("splunk", Cursor::default()).expect("read"), account);
        assert_eq!(ledger.dead_letters("splunk", 0, 10).expect("read"), [letter]);
        assert_eq!(ledger.dead_letters("other", 0, 10).expect("read"), []);
        assert_eq!(ledger.ask_replay("splunk", Some(1)).expect("written"), 1);
        assert_eq!(ledger.to_replay("splunk", 0, 10).expect("read").len(), 1);
        ledger.refused_again(1, "still", "no", UnixNanos(6)).expect("written");
        assert_eq!(ledger.to_replay("splunk", 0, 10).expect("read"), []);
        ledger.forget(&HashSet::from([TraceId([3; 16])])).expect("written");
        assert_eq!(ledger.dead("splunk").expect("read"), 1);
        ledger.forget(&HashSet::from([TraceId([1; 16])])).expect("written");
        assert_eq!(ledger.discard("splunk", None).expect("written"), 0);
        assert_eq!(ledger.dead("splunk").expect("read"), 0);
    }
}
