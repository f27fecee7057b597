//! Deleting on request: one trace, one session or one user's data, with a receipt.
//!
//! One at a time. What is asked for is noted before anything is deleted, every step may be repeated, and the note is
//! closed last: a deletion that a crash broke off is finished at the next start.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aho_corasick::AhoCorasick;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::{Stores, lock};
use crate::clock::Clock;
use crate::interpret::{Interpreter, Subject, logs};
use crate::journal::{Chunk, Cursor, Erasure, Goes, Journal, Payload, Record};
use crate::model::{Day, TraceId, UnixNanos};
use crate::registry::{Deletion, Registry};

/// When a deletion that failed is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// Bodies of the journal that are looked at in one go.
const STEP_BYTES: usize = 8 << 20;

/// Spans of the trace may arrive while it is deleted; as often as this they are deleted, too.
const ROUNDS: usize = 5;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Registry(#[from] crate::registry::Error),
    #[error(transparent)]
    Journal(#[from] crate::journal::Error),
    #[error(transparent)]
    Analytics(#[from] crate::analytics::Error),
    #[error(transparent)]
    Search(#[from] crate::search::Error),
    #[error("the receipt cannot be read or written: {0}")]
    Report(#[from] serde_json::Error),
    #[error("a thread that deletes has panicked: the log says why")]
    Panic,
    #[error("{0:?} is no trace id, and nothing else that can be deleted")]
    Subject(String),
    #[error("shutting down: it goes on at the next start")]
    Closed,
    #[error("spans kept arriving for what is to be deleted")]
    Arriving,
}

/// What to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Trace(TraceId),
    /// Several at once: files are written anew once for all of them.
    Traces(BTreeSet<TraceId>),
    Of(Subject),
}

/// What went from where.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// By day, `2026-11-20`.
    pub journal: BTreeMap<String, DayReport>,
    pub traces: u64,
    pub analytics: Rows,
    /// Bytes of the analytics file before and after it was written anew.
    pub analytics_bytes: Option<(u64, u64)>,
    pub search_entries: u64,
    /// Days whose search index was deleted and made anew.
    pub search_days: Vec<String>,
    /// Copies of damaged journal files.
    pub damaged_files: u64,
    /// Files that nothing refers to any more; those that came in the last minutes go later and are not counted.
    pub media_files: u64,
    pub pins: u64,
    /// Destinations that may have been sent some of it before.
    pub sent_to: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DayReport {
    pub chunks: u64,
    /// Spans, log records and metrics.
    pub items: u64,
    /// Uncompressed.
    pub bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rows {
    pub traces: u64,
    pub spans: u64,
    pub logs: u64,
    pub metric_points: u64,
}

/// Handle to who deletes. Clones share it.
#[derive(Clone)]
pub struct Eraser {
    registry: Registry,
    clock: Clock,
    asked: mpsc::UnboundedSender<()>,
    /// Changes whenever a deletion ended or failed.
    ended: watch::Receiver<u64>,
    working: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Eraser {
    /// Starts, with deletions that were not finished, until `stop` turns true.
    pub fn start(stores: &Stores, mut stop: watch::Receiver<bool>) -> Self {
        let (asked, mut requests) = mpsc::unbounded_channel();
        let (end, ended) = watch::channel(0);
        let (registry, clock) = (stores.registry.clone(), stores.clock.clone());
        let work = Work(stores.clone());
        let working = tokio::spawn(async move {
            loop {
                let failed = tokio::select! {
                    failed = work.all(&end) => failed,
                    _ = stop.wait_for(|stop| *stop) => return,
                };
                let again =
                    async { if failed { tokio::time::sleep(TRY_AGAIN).await } else { std::future::pending().await } };
                tokio::select! {
                    request = requests.recv() => if request.is_none() { return },
                    () = again => {}
                    _ = stop.wait_for(|stop| *stop) => return,
                }
            }
        });
        Self { registry, clock, asked, ended, working: Arc::new(Mutex::new(Some(working))) }
    }

    /// Notes that `target` is to be deleted, and waits for it, no longer than `patience`; gives the receipt as it then is.
    ///
    /// # Errors
    /// When it could not be noted; nothing is deleted then.
    pub async fn delete(&self, target: &Target, patience: Duration) -> Result<Deletion, Error> {
        let (kind, subject) = target.noted();
        let (registry, now) = (self.registry.clone(), self.clock.now());
        let begin = move || registry.begin_deletion(kind, &subject, now);
        let id = tokio::task::spawn_blocking(begin).await.map_err(|_| Error::Panic)??;
        let mut ended = self.ended.clone();
        self.asked.send(()).map_err(|_| Error::Closed)?;
        let done = async {
            loop {
                ended.mark_unchanged();
                let receipt = self.registry.deletion(id)?.ok_or(Error::Closed)?;
                if receipt.finished.is_some() || receipt.error.is_some() || ended.changed().await.is_err() {
                    return Ok(receipt);
                }
            }
        };
        match tokio::time::timeout(patience, done).await {
            Ok(receipt) => receipt,
            Err(_) => self.registry.deletion(id)?.ok_or(Error::Closed),
        }
    }

    /// Waits until nothing is in work, as `stop` told it to.
    pub async fn close(&self) {
        let working = lock(&self.working).take();
        if let Some(working) = working
            && working.await.is_err()
        {
            tracing::error!("the deletion on request had panicked");
        }
    }
}

impl Target {
    fn noted(&self) -> (&'static str, String) {
        match self {
            Self::Trace(id) => ("trace", id.to_string()),
            Self::Traces(ids) => ("traces", ids.iter().map(TraceId::to_string).collect::<Vec<_>>().join(",")),
            Self::Of(Subject::Session(name)) => ("session", name.clone()),
            Self::Of(Subject::User(name)) => ("user", name.clone()),
        }
    }

    fn of(deletion: &Deletion) -> Result<Self, Error> {
        let subject = deletion.subject.clone().unwrap_or_default();
        match deletion.kind.as_str() {
            "trace" => subject.parse().map(Self::Trace).map_err(|_| Error::Subject(subject)),
            "traces" => {
                let ids: Result<_, _> = subject.split(',').map(str::parse).collect();
                ids.map(Self::Traces).map_err(|_| Error::Subject(subject))
            }
            "session" => Ok(Self::Of(Subject::Session(subject))),
            "user" => Ok(Self::Of(Subject::User(subject))),
            _ => Err(Error::Subject(subject)),
        }
    }

    fn subject(&self) -> Option<&Subject> {
        match self {
            Self::Trace(_) | Self::Traces(_) => None,
            Self::Of(subject) => Some(subject),
        }
    }

    /// The traces, where these are told one by one.
    fn told(&self) -> HashSet<TraceId> {
        match self {
            Self::Trace(id) => HashSet::from([*id]),
            Self::Traces(ids) => ids.iter().copied().collect(),
            Self::Of(_) => HashSet::new(),
        }
    }
}

struct Work(Stores);

impl Deref for Work {
    type Target = Stores;

    fn deref(&self) -> &Stores {
        &self.0
    }
}

impl Work {
    /// Does everything that is noted; true when something failed.
    async fn all(&self, end: &watch::Sender<u64>) -> bool {
        let mut failed = false;
        let waiting = self.registry.unfinished_deletions().unwrap_or_else(|error| {
            tracing::error!(%error, "deletions on request cannot be looked up: {error}");
            failed = true;
            Vec::new()
        });
        for deletion in waiting {
            let id = deletion.id;
            // Nothing is logged that tells whose data it is.
            tracing::info!(receipt = id, "deletion {id} ({}) begins or goes on", deletion.kind);
            let outcome = self.one(&deletion).await;
            match outcome {
                Ok(()) => tracing::info!(receipt = id, "deletion {id} is done"),
                Err(error) => {
                    failed = true;
                    tracing::error!(receipt = id, %error, "deletion {id} is not done and is tried again: {error}");
                    let report = self.registry.deletion(id).ok().flatten().map_or("{}".into(), |known| known.report);
                    if let Err(error) = self.registry.note_deletion(id, &report, Some(&error.to_string())) {
                        tracing::error!(receipt = id, %error, "that could not be noted: {error}");
                    }
                }
            }
            end.send_modify(|count| *count += 1);
        }
        failed
    }

    async fn one(&self, deletion: &Deletion) -> Result<(), Error> {
        let target = Target::of(deletion)?;
        let mut report: Report = serde_json::from_str(&deletion.report)?;
        let mut traces = self.traces(&target, &mut report).await?;
        self.unite(&mut traces).await?;
        let said = target.subject().map_or_else(Vec::new, |subject| self.said(subject));
        // Records that carry no trace id are found by what they say alone.
        let mut scan = target.subject().is_some();
        for id in target.told() {
            scan = scan || !self.analytics.homes(id).await?.is_empty();
        }
        let mut quiet = false;
        for _ in 0..ROUNDS {
            let gone = self.empty_journal(deletion.id, &target, &traces, scan, &mut report).await?;
            let items = gone.len();
            let rows = self.analytics.erase(traces.clone(), gone, said.clone()).await?;
            report.analytics.traces += rows.traces;
            report.analytics.spans += rows.spans;
            report.analytics.logs += rows.logs;
            report.analytics.metric_points += rows.metric_points;
            if items == 0 {
                quiet = true;
                break;
            }
            if target.subject().is_some() {
                traces.extend(self.traces(&target, &mut report).await?);
                self.unite(&mut traces).await?;
            }
        }
        if !quiet {
            return Err(Error::Arriving);
        }
        report.traces = report.traces.max(traces.len() as u64);
        let days: Vec<Day> = report.search_days.iter().filter_map(|day| day.parse().ok()).collect();
        report.search_entries += self.search.count(traces.clone(), days.clone()).await.unwrap_or_default();
        self.search.forget(&days).await?;
        report.analytics_bytes = Some(self.analytics.rewrite().await?);
        let journal = self.journal.clone();
        let damaged = tokio::task::spawn_blocking(move || journal.erase_damaged());
        report.damaged_files += damaged.await.map_err(|_| Error::Panic)??;
        report.media_files += self.sweep_media().await;
        for trace in &traces {
            report.pins += u64::from(self.registry.unpin(*trace)?);
        }
        self.registry.finish_deletion(deletion.id, &serde_json::to_string(&report)?, self.clock.now())?;
        Ok(())
    }

    /// The traces that are to go: those with a record of the subject, whole. Rows of the subject's records without a
    /// trace go at once, before the journal forgets them, so that a crash between the two leaves none.
    async fn traces(&self, target: &Target, report: &mut Report) -> Result<HashSet<TraceId>, Error> {
        let Some(subject) = target.subject() else { return Ok(target.told()) };
        let mut traces = self.analytics.traces_of(subject).await?;
        let mut cursor = Cursor::default();
        loop {
            let (journal, interpreter, whose) = (self.journal.clone(), Arc::clone(&self.interpreter), subject.clone());
            let look = tokio::task::spawn_blocking(move || look(&journal, &interpreter, &whose, cursor));
            let Some(found) = look.await.map_err(|_| Error::Panic)?? else { break };
            cursor = found.cursor;
            traces.extend(found.traces);
            if !found.alone.is_empty() {
                let rows = self.analytics.erase(HashSet::new(), found.alone, Vec::new()).await?;
                report.analytics.logs += rows.logs;
                report.analytics.metric_points += rows.metric_points;
            }
        }
        Ok(traces)
    }

    /// Adds the traces that are one with those of `traces`: whoever deletes one has seen all of it.
    async fn unite(&self, traces: &mut HashSet<TraceId>) -> Result<(), Error> {
        // A trace that moved leads to its home, and that to the others.
        for _ in 0..2 {
            let united = self.analytics.united(traces.iter().copied().collect()).await?;
            traces.extend(united.into_iter().flat_map(|(trace, home)| [trace, home]));
        }
        Ok(())
    }

    /// Deletes from every day; gives the records.
    async fn empty_journal(
        &self,
        id: i64,
        target: &Target,
        traces: &HashSet<TraceId>,
        scan: bool,
        report: &mut Report,
    ) -> Result<Vec<Chunk>, Error> {
        let mut gone = Vec::new();
        let days = {
            let erase = self.erasing(target, traces, scan, None);
            tokio::task::spawn_blocking(erase).await.map_err(|_| Error::Panic)??.0
        };
        for day in days {
            // Before anything goes: after a crash it could not be told any more which indexes have something of it.
            let name = day.to_string();
            let is_new = !report.search_days.contains(&name);
            if is_new {
                report.search_days.push(name.clone());
                self.registry.note_deletion(id, &serde_json::to_string(report)?, None)?;
            }
            let erase = self.erasing(target, traces, scan, Some(day));
            let (_, erased) = tokio::task::spawn_blocking(erase).await.map_err(|_| Error::Panic)??;
            if erased.items > 0 {
                let entry = report.journal.entry(name.clone()).or_default();
                entry.chunks += erased.chunks;
                entry.items += erased.items;
                entry.bytes += erased.bytes;
            } else if is_new {
                report.search_days.retain(|known| *known != name);
            }
            if let Some(first) = erased.removed.iter().map(|chunk| chunk.cursor).min() {
                report.sent_to.extend((self.forwarded)(traces, first));
            }
            self.registry.note_deletion(id, &serde_json::to_string(report)?, None)?;
            gone.extend(erased.removed);
        }
        Ok(gone)
    }

    /// Work on the disk: without a day, which days it concerns; with one, deleting from it.
    fn erasing(
        &self,
        target: &Target,
        traces: &HashSet<TraceId>,
        scan: bool,
        day: Option<Day>,
    ) -> impl FnOnce() -> Result<(Vec<Day>, crate::journal::Erased), Error> + Send + use<> {
        let (journal, interpreter, now) = (self.journal.clone(), Arc::clone(&self.interpreter), self.clock.now());
        let (subject, traces) = (target.subject().cloned(), traces.clone());
        let scan = scan || subject.is_some();
        move || {
            let also = |record: Record<'_>, received: UnixNanos| {
                trace_of(record, received).is_some_and(|id| traces.contains(&id))
                    || subject
                        .as_ref()
                        .is_some_and(|whose| interpreter.is_of(whose, record.resource, record.attributes))
            };
            let erasure = Erasure { traces: &traces, also: scan.then_some(&also as &Goes<'_>), may: &|_| true, now };
            match day {
                None => Ok((journal.days_with(&erasure)?, crate::journal::Erased::default())),
                Some(day) => Ok((Vec::new(), journal.erase(day, &erasure)?)),
            }
        }
    }

    /// How attributes of rows look in which the subject stands: for rows that are older than the journal.
    fn said(&self, subject: &Subject) -> Vec<String> {
        let value = serde_json::Value::from(subject.name());
        let names = self.interpreter.names_of(subject).into_iter();
        names.map(|name| format!("{}:{value}", serde_json::Value::from(name))).collect()
    }
}

struct Found {
    cursor: Cursor,
    traces: Vec<TraceId>,
    /// Records of the subject that belong to no trace.
    alone: Vec<Chunk>,
}

/// Some chunks after `cursor`; `None` at the end.
fn look(
    journal: &Journal,
    interpreter: &Interpreter,
    subject: &Subject,
    cursor: Cursor,
) -> Result<Option<Found>, Error> {
    let chunks = journal.reader().next(cursor, STEP_BYTES)?;
    let Some(last) = chunks.last() else { return Ok(None) };
    let mut found = Found { cursor: last.cursor, traces: Vec::new(), alone: Vec::new() };
    let finder = subject.is_literal().then(|| AhoCorasick::new([subject.name()]).ok()).flatten();
    for chunk in &chunks {
        if finder.as_ref().is_some_and(|finder| !finder.is_match(&chunk.body[..])) {
            continue;
        }
        let Ok(payload) = chunk.payload() else { continue };
        let is_of = |record: Record<'_>| interpreter.is_of(subject, record.resource, record.attributes);
        payload.each(&mut |record| {
            if let Some(id) = trace_of(record, chunk.received).filter(|_| is_of(record)) {
                found.traces.push(id);
            }
        });
        if !matches!(payload, Payload::Traces(_))
            && let Some((_, alone)) =
                payload.split(&|record| trace_of(record, chunk.received).is_none() && is_of(record))
        {
            found.alone.push(Chunk { items: alone.items(), body: alone.encode().into(), ..chunk.clone() });
        }
    }
    Ok(Some(found))
}

/// The trace of a record, also the one that is made of log records without a trace id.
fn trace_of(record: Record<'_>, received: UnixNanos) -> Option<TraceId> {
    match record.log {
        Some(log) => logs::trace_of(log.record, log.resource, log.scope, received),
        None => record.trace,
    }
}

/// A receipt as it is kept, read.
///
/// # Errors
/// When it is not as this version writes it.
pub fn report_of(deletion: &Deletion) -> Result<Report, Error> {
    Ok(serde_json::from_str(&deletion.report)?)
}
