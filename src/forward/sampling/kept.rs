//! What the sampler remembers, in `forward.sqlite`: verdicts on chunks that are not confirmed yet, traces that are kept,
//! and how much of the hour's budget is used. One transaction per chunk.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::budget::Spending;
use super::decide::Reason;
use super::keep::Share;
use crate::forward::Error;
use crate::forward::ledger::Ledger;
use crate::journal::Cursor;
use crate::model::{Day, TraceId, UnixNanos};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS sampler (
        destination TEXT PRIMARY KEY,
        -- The earliest chunk that was ever judged.
        day INTEGER NOT NULL,
        chunk INTEGER NOT NULL,
        hour INTEGER NOT NULL,
        items INTEGER NOT NULL,
        wanted INTEGER NOT NULL,
        start INTEGER NOT NULL
    ) WITHOUT ROWID;
    -- Of chunks behind the destination's cursor: see Share::encode. Whoever begins again there decides the same.
    CREATE TABLE IF NOT EXISTS sampler_verdict (
        destination TEXT NOT NULL,
        day INTEGER NOT NULL,
        chunk INTEGER NOT NULL,
        shares BLOB NOT NULL,
        PRIMARY KEY (destination, day, chunk)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sampler_trace (
        destination TEXT NOT NULL,
        trace_id BLOB NOT NULL,
        reason TEXT NOT NULL,
        ratio REAL NOT NULL,
        -- From this chunk on all of it went.
        day INTEGER NOT NULL,
        chunk INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        PRIMARY KEY (destination, trace_id)
    ) WITHOUT ROWID;
";

/// A trace that grows after so long is judged as if it were new; what was sent of it is sent again.
const REMEMBERED_NS: i64 = 7 * 24 * 3_600_000_000_000;

/// Verdicts after which old traces are forgotten.
const CLEAN_EVERY: u32 = 1_000;

/// A destination's memory.
#[derive(Debug)]
pub struct Memory {
    ledger: Ledger,
    destination: String,
    pub state: State,
    verdicts: u32,
}

/// What is one of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State {
    /// The earliest chunk that was ever judged: what is before it was never meant to go.
    pub first: Option<Cursor>,
    pub spending: Spending,
}

/// A trace that is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    pub reason: Reason,
    /// Of a healthy one; else 1.
    pub ratio: f64,
    /// From this chunk on all of it went, or from the beginning when it is kept for another reason than the ratio.
    pub since: Cursor,
}

/// What is decided about a chunk.
#[derive(Debug)]
pub struct Decision {
    pub cursor: Cursor,
    pub received: UnixNanos,
    pub shares: Vec<Share>,
    pub kept: Vec<(TraceId, Kept)>,
    pub state: State,
}

impl Memory {
    /// What is remembered of `destination`.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn open(ledger: Ledger, destination: &str) -> Result<Self, Error> {
        let state = ledger.ask(|file| {
            file.execute_batch(SCHEMA)?;
            let known = "SELECT day, chunk, hour, items, wanted, start FROM sampler WHERE destination = ?";
            let state = file.query_row(known, params![destination], |row| {
                let first = Cursor { day: Day(row.get(0)?), chunk: row.get(1)? };
                let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
                let (items, wanted) = (count(3)?, count(4)?);
                let spending = Spending { hour: row.get(2)?, items, wanted, start: row.get(5)? };
                Ok(State { first: Some(first), spending })
            });
            Ok(state.optional()?.unwrap_or_default())
        })?;
        Ok(Self { ledger, destination: destination.to_owned(), state, verdicts: 0 })
    }

    /// What was decided about the chunk at `cursor`, if it was and is not confirmed.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn verdict(&self, cursor: Cursor) -> Result<Option<Vec<Share>>, Error> {
        let found: Option<Vec<u8>> = self.ledger.ask(|file| {
            let statement = "SELECT shares FROM sampler_verdict WHERE destination = ? AND day = ? AND chunk = ?";
            let mut statement = file.prepare_cached(statement)?;
            statement.query_row(params![self.destination, cursor.day.0, cursor.chunk], |row| row.get(0)).optional()
        })?;
        Ok(found.and_then(|bytes| Share::decode(&bytes)))
    }

    /// Those of `traces` that are kept.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn kept(&self, traces: impl Iterator<Item = TraceId>) -> Result<HashMap<TraceId, Kept>, Error> {
        self.ledger.ask(|file| {
            let mut statement = file.prepare_cached(
                "SELECT reason, ratio, day, chunk FROM sampler_trace WHERE destination = ? AND trace_id = ?",
            )?;
            let mut found = HashMap::new();
            for trace in traces {
                let row = statement.query_row(params![self.destination, trace.as_bytes()], |row| {
                    let reason = Reason::from_name(row.get_ref(0)?.as_str()?).unwrap_or(Reason::Undecided);
                    let since = Cursor { day: Day(row.get(2)?), chunk: row.get(3)? };
                    Ok(Kept { reason, ratio: row.get(1)?, since })
                });
                found.extend(row.optional()?.map(|kept| (trace, kept)));
            }
            Ok(found)
        })
    }

    /// Stores `decision`, all or nothing, and forgets what is not needed any more.
    ///
    /// # Errors
    /// When the file cannot be written; then nothing is decided.
    pub fn note(&mut self, decision: &Decision) -> Result<(), Error> {
        let clean = self.verdicts == 0;
        self.ledger.ask(|file| {
            let transaction = file.unchecked_transaction()?;
            write(&transaction, &self.destination, decision)?;
            forget_confirmed(&transaction, &self.destination)?;
            if clean {
                forget_old(&transaction, &self.destination, decision.received)?;
            }
            transaction.commit()
        })?;
        self.state = decision.state;
        self.verdicts = (self.verdicts + 1) % CLEAN_EVERY;
        Ok(())
    }
}

fn write(file: &Connection, destination: &str, decision: &Decision) -> rusqlite::Result<()> {
    let Decision { cursor, received, shares, kept, state } = decision;
    let mut verdict = file.prepare_cached("INSERT OR REPLACE INTO sampler_verdict VALUES (?, ?, ?, ?)")?;
    verdict.execute(params![destination, cursor.day.0, cursor.chunk, Share::encode(shares)])?;
    let mut trace = file.prepare_cached("INSERT OR REPLACE INTO sampler_trace VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    for (id, Kept { reason, ratio, since }) in kept {
        trace.execute(params![
            destination,
            id.as_bytes(),
            reason.as_str(),
            ratio,
            since.day.0,
            since.chunk,
            received.0
        ])?;
    }
    let mut sampler = file.prepare_cached("INSERT OR REPLACE INTO sampler VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    let (first, Spending { hour, items, wanted, start }) = (state.first.unwrap_or(*cursor), state.spending);
    let [items, wanted] = [items, wanted].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    sampler.execute(params![destination, first.day.0, first.chunk, hour, items, wanted, start]).map(drop)
}

/// What the destination has confirmed is not judged again.
fn forget_confirmed(file: &Connection, destination: &str) -> rusqlite::Result<()> {
    let mut statement = file.prepare_cached(
        "DELETE FROM sampler_verdict WHERE destination = ?1
         AND (day, chunk) <= (SELECT day, chunk FROM destination WHERE name = ?1)",
    )?;
    statement.execute(params![destination]).map(drop)
}

fn forget_old(file: &Connection, destination: &str, now: UnixNanos) -> rusqlite::Result<()> {
    let statement = "DELETE FROM sampler_trace WHERE destination = ? AND at_ns < ? AND reason <> ?";
    let before = now.0.saturating_sub(REMEMBERED_NS);
    // One that is pinned would be found to be pinned, and be sent, again and again.
    file.execute(statement, params![destination, before, Reason::Pinned.as_str()]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forward::ledger::Account;
    use crate::forward::sampling::keep::{Keep, Weight};

    fn at(chunk: i64) -> Cursor {
        Cursor { day: Day(20_000), chunk }
    }

    fn decision(chunk: i64, received: i64, reason: Reason) -> Decision {
        let trace = TraceId([u8::try_from(chunk).expect("small"); 16]);
        let mut keep = Keep::others();
        keep.add(trace, Weight::Ratio(0.5));
        Decision {
            cursor: at(chunk),
            received: UnixNanos(received),
            shares: vec![Share { cursor: at(chunk), keep }],
            kept: vec![(trace, Kept { reason, ratio: 0.5, since: at(chunk) })],
            state: State { first: Some(at(1)), spending: Spending { hour: 4, items: 9, wanted: 18, start: 1 } },
        }
    }

    #[test]
    fn verdicts_stay_until_they_are_confirmed_and_traces_for_a_week() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let ledger = Ledger::open(dir.path()).expect("opens");
        let mut account = ledger.account("splunk", at(0)).expect("made");
        let mut memory = Memory::open(ledger.clone(), "splunk").expect("opens");
        assert_eq!(memory.state, State::default());
        memory.note(&decision(1, 5, Reason::Error)).expect("written");
        memory.note(&decision(2, 5, Reason::Pinned)).expect("written");
        let all = [1, 2, 3].map(|trace| TraceId([trace; 16]));

        let memory = Memory::open(ledger.clone(), "splunk").expect("opens again");
        assert_eq!(memory.state, decision(2, 5, Reason::Error).state);
        assert_eq!(memory.verdict(at(1)).expect("read"), Some(decision(1, 5, Reason::Error).shares));
        assert_eq!(memory.verdict(at(3)).expect("read"), None);
        let kept = memory.kept(all.into_iter()).expect("read");
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[&all[0]], Kept { reason: Reason::Error, ratio: 0.5, since: at(1) });
        let other = Memory::open(ledger.clone(), "tempo").expect("opens");
        assert_eq!(other.verdict(at(1)).expect("read"), None);
        assert!(other.kept(all.into_iter()).expect("read").is_empty());

        account.cursor = at(1);
        ledger.save("splunk", &account).expect("written");
        assert_eq!(account, Account { cursor: at(1), ..Account::default() });
        // As after a start: old traces are forgotten.
        let mut memory = Memory::open(ledger, "splunk").expect("opens");
        memory.note(&decision(3, REMEMBERED_NS + 6, Reason::Ratio)).expect("written");
        assert_eq!(memory.verdict(at(1)).expect("read"), None);
        assert!(memory.verdict(at(2)).expect("read").is_some());
        let kept = memory.kept(all.into_iter()).expect("read");
        assert!(!kept.contains_key(&all[0]) && kept.contains_key(&all[1]) && kept.contains_key(&all[2]));
    }
}
