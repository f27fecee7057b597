//! Reads what is stored in the background and counts what rules would change of it. One at a time; it ends at its limit,
//! when it is told to, and with the server.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::finding;
use crate::api::error::ApiError;
use crate::api::types::{RedactionCount, RedactionDryRun, RedactionFinding, RedactionPlaceCount};
use crate::journal::{Chunk, Cursor, Journal, Payload};
use crate::model::UnixNanos;
use crate::redact::{Found, Redactor};

/// Read when nobody says how many.
pub(super) const RECORDS: u64 = 100_000;

/// Bytes of the journal that are in memory at once.
const BATCH: usize = 4 << 20;

const MOST_SAMPLES: usize = 5;
const MOST_KEYS: usize = 200;

/// Different keys that are counted; attribute keys may be made up without end.
const COUNTED_KEYS: usize = 10_000;

/// What to read: what arrived in this time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub since: Option<UnixNanos>,
    pub until: Option<UnixNanos>,
    pub limit: u64,
}

/// The last dry run. Clones share it.
#[derive(Debug, Clone)]
pub struct DryRuns {
    last: Arc<Mutex<Last>>,
    stopped: watch::Receiver<bool>,
}

#[derive(Debug, Default)]
struct Last {
    report: RedactionDryRun,
    cancel: Arc<AtomicBool>,
}

impl DryRuns {
    /// They end when `stopped` turns true.
    pub fn new(stopped: watch::Receiver<bool>) -> Self {
        Self { last: Arc::default(), stopped }
    }

    pub(super) fn start(
        &self,
        journal: &Journal,
        redactor: Arc<Redactor>,
        task: Task,
    ) -> Result<RedactionDryRun, ApiError> {
        let mut last = self.lock();
        if last.report.state == "running" {
            return Err(ApiError::bad_parameter(
                "a dry run is under way",
                "wait for it, or end it with DELETE /api/v1/redaction/dry-run",
            ));
        }
        let cancel = Arc::new(AtomicBool::new(false));
        *last = Last { report: RedactionDryRun { state: "running".into(), ..RedactionDryRun::default() }, cancel };
        let report = last.report.clone();
        let mut run = Run { redactor, task, tally: Tally::default(), cancel: Arc::clone(&last.cancel) };
        drop(last);
        let (journal, runs) = (journal.clone(), self.clone());
        tokio::task::spawn_blocking(move || {
            let (state, error) = match run.read(&journal, &runs) {
                Ok(true) => ("done", None),
                Ok(false) => ("cancelled", None),
                Err(error) => ("failed", Some(error.to_string())),
            };
            runs.lock().report = run.tally.report(state, error);
        });
        Ok(report)
    }

    pub(super) fn report(&self) -> RedactionDryRun {
        let report = self.lock().report.clone();
        if report.state.is_empty() { RedactionDryRun { state: "none".into(), ..report } } else { report }
    }

    /// It ends with the chunk that is being read.
    pub(super) fn cancel(&self) -> RedactionDryRun {
        self.lock().cancel.store(true, Ordering::Relaxed);
        self.report()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Last> {
        // A report stays readable after a panic.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Run {
    redactor: Arc<Redactor>,
    task: Task,
    tally: Tally,
    cancel: Arc<AtomicBool>,
}

impl Run {
    /// Answers whether it came to its end.
    fn read(&mut self, journal: &Journal, runs: &DryRuns) -> Result<bool, crate::journal::Error> {
        let mut reader = journal.reader();
        let day = self.task.since.map(UnixNanos::day).unwrap_or_default();
        let mut cursor = Cursor { day, ..Cursor::default() };
        loop {
            let chunks = reader.next(cursor, BATCH)?;
            let Some(last) = chunks.last() else { return Ok(true) };
            cursor = last.cursor;
            for chunk in chunks {
                if self.cancel.load(Ordering::Relaxed) || *runs.stopped.borrow() {
                    return Ok(false);
                }
                if self.task.until.is_some_and(|until| chunk.received >= until) {
                    return Ok(true);
                }
                if self.task.since.is_none_or(|since| chunk.received >= since) {
                    self.look(&chunk);
                }
                if self.tally.records >= self.task.limit {
                    self.tally.limited = true;
                    return Ok(true);
                }
            }
            runs.lock().report = self.tally.report("running", None);
        }
    }

    fn look(&mut self, chunk: &Chunk) {
        // A damaged chunk is named by those who need it.
        let Ok(mut payload) = chunk.payload() else { return };
        let tally = &mut self.tally;
        tally.records += u64::from(chunk.items);
        let mut tell = |found: &Found<'_>| tally.add(found);
        match &mut payload {
            Payload::Traces(data) => self.redactor.explain(data, &mut tell),
            Payload::Logs(data) => self.redactor.explain(data, &mut tell),
            Payload::Metrics(data) => self.redactor.explain(data, &mut tell),
        };
    }
}

#[derive(Debug, Default)]
struct Tally {
    records: u64,
    changes: u64,
    limited: bool,
    /// By what, its name and action.
    found: HashMap<(String, String, String), (u64, Vec<RedactionFinding>)>,
    keys: HashMap<(&'static str, String), u64>,
}

impl Tally {
    fn add(&mut self, found: &Found<'_>) {
        self.changes += 1;
        let by = (found.by.as_str().to_owned(), found.name.to_owned(), found.action.as_str().to_owned());
        let (count, samples) = self.found.entry(by).or_default();
        *count += 1;
        if samples.len() < MOST_SAMPLES {
            samples.push(finding(found));
        }
        let place = (found.place.part, found.place.key.clone());
        if self.keys.len() < COUNTED_KEYS || self.keys.contains_key(&place) {
            *self.keys.entry(place).or_default() += 1;
        }
    }

    fn report(&self, state: &str, error: Option<String>) -> RedactionDryRun {
        let count = |((by, name, action), (changes, samples)): (&(String, String, String), &(u64, Vec<_>))| {
            let (by, name, action) = (by.clone(), name.clone(), action.clone());
            RedactionCount { by, name, action, changes: *changes, samples: samples.clone() }
        };
        let mut found: Vec<RedactionCount> = self.found.iter().map(count).collect();
        found.sort_by(|a, b| (b.changes, &a.name).cmp(&(a.changes, &b.name)));
        let place = |((part, key), changes): (&(&'static str, String), &u64)| RedactionPlaceCount {
            part: (*part).to_owned(),
            key: key.clone(),
            changes: *changes,
        };
        let mut keys: Vec<RedactionPlaceCount> = self.keys.iter().map(place).collect();
        keys.sort_by(|a, b| (b.changes, &a.key).cmp(&(a.changes, &b.key)));
        keys.truncate(MOST_KEYS);
        let (records, changes, limited) = (self.records, self.changes, self.limited);
        RedactionDryRun { state: state.to_owned(), error, records, changes, limited, found, keys }
    }
}
