//! Retention: whole days of the journal and old rows of the analytics are deleted by age, and when space runs out.
//!
//! Looks once a second at the space and once an hour at the age. Near the byte budget go, one step at a time, the oldest
//! images and sounds; what healthy traces said, oldest day first, ahead of its days; then the oldest day of the journal;
//! when only today is left, rows of earlier days; then clients are told to come back.
//! Every step is logged, counted and reported. A clock that jumps forward deletes nothing for a day: it may be wrong.

mod erase;
mod forecast;
mod media;
pub mod reserve;
mod stores;
mod tend;

use std::collections::{BTreeMap, VecDeque};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::analytics::Analytics;
use crate::clock::Clock;
use crate::config::RetentionConfig;
use crate::journal::{DaySize, DayState, Journal};
use crate::media::{Media, Totals};
use crate::meter::Meter;
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Day, UnixNanos};
use crate::search::Search;
use forecast::Forecast;
use tend::Tender;

pub use erase::{DayReport, Eraser, Error as EraseError, Report as DeletionReport, Rows, Target, report_of};
pub use stores::{Forwarded, Stores};

/// How often the space is looked at: a disk that takes 250 MB/s loses as much in this time as is kept free by default.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often the age of what is kept is looked at.
const AGE_EVERY: Duration = Duration::from_secs(3600);

/// A clock that moved this much further than time did has jumped.
const JUMP: Duration = Duration::from_secs(3600);

/// How long a clock that has jumped must go on before anything is deleted by its word.
const PROBATION: Duration = Duration::from_secs(24 * 3600);

/// Where a backup leaves word in the data directory.
pub const LAST_BACKUP: &str = "run/last-backup";

/// Steps that the report remembers.
const STEPS: usize = 50;

/// Something that was deleted, or a change between taking and refusing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub at: UnixNanos,
    pub what: String,
    /// Freed on the disk; 0 for rows, whose pages are used again.
    pub bytes: u64,
}

/// What the Health page says about space and age.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Bytes of the data directory.
    pub used_bytes: u64,
    /// Media files, which are part of it.
    pub media: Totals,
    /// `None` without a limit of our own.
    pub max_bytes: Option<u64>,
    /// Left on the filesystem; `None` when it does not tell.
    pub free_bytes: Option<u64>,
    pub min_free_bytes: u64,
    pub content_days: u32,
    /// 0: as long as `content_days`.
    pub healthy_content_days: u32,
    pub analytics_days: u32,
    /// The journal's days, oldest first.
    pub days: Vec<DaySize>,
    /// What was done to finished days.
    pub states: BTreeMap<Day, DayState>,
    /// What is being done to a finished day.
    pub at_work: Option<String>,
    /// Days until the oldest day has to go before its age is reached; `None` when that will not happen, or nothing
    /// is known yet.
    pub days_left: Option<f64>,
    /// Why clients are told to come back, if they are.
    pub refusing: Option<String>,
    /// The clock has jumped forward, so nothing is deleted by age at present.
    pub waits_for_clock: bool,
    /// When the data directory was last backed up, RFC 3339, as the backup has left word.
    pub last_backup: Option<String>,
    /// Newest last.
    pub steps: Vec<Step>,
}

/// Handle to the keeper. Clones share it.
#[derive(Debug, Clone)]
pub struct Retention {
    report: Arc<Mutex<Report>>,
    keeping: Arc<Mutex<Option<JoinHandle<()>>>>,
}

struct Keeper {
    config: RetentionConfig,
    data_dir: PathBuf,
    journal: Journal,
    media: Media,
    analytics: Analytics,
    search: Search,
    clock: Clock,
    tender: Option<Tender>,
    report: Arc<Mutex<Report>>,
    steps: VecDeque<Step>,
    deleted_bytes: Counter,
    deleted_days: Counter,
    deleted_rows: Counter,
    thinned_bytes: Counter,
    failures: Counter,
    /// When the age was last looked at.
    aged: Option<Instant>,
    /// When rows were last deleted for want of space.
    squeezed: Option<Instant>,
    last_seen: (Instant, UnixNanos),
    jumped: Option<Instant>,
}

impl Retention {
    /// Starts to keep the data directory within its limits, until `stop` turns true.
    pub fn start(
        config: &RetentionConfig,
        data_dir: &Path,
        stores: &Stores,
        meter: &Meter,
        mut stop: watch::Receiver<bool>,
    ) -> Self {
        let Stores { journal, media, analytics, search, clock, .. } = stores.clone();
        let tender = Tender::start(config, stores)
            .inspect_err(|error| tracing::error!(%error, "finished days are not tended: {error}"))
            .ok();
        journal.keep_free(config.min_free_mib << 20);
        let report = Arc::new(Mutex::new(Report::default()));
        let mut keeper = Keeper {
            config: config.clone(),
            data_dir: data_dir.to_owned(),
            journal,
            media,
            analytics,
            search,
            tender,
            last_seen: (Instant::now(), clock.now()),
            clock,
            report: Arc::clone(&report),
            steps: VecDeque::new(),
            deleted_bytes: meter.register("retention_deleted_bytes", "Bytes of deleted days", Counter::default()),
            deleted_days: meter.register("retention_deleted_days", "Days of the journal deleted", Counter::default()),
            deleted_rows: meter.register("retention_deleted_rows", "Rows of the analytics deleted", Counter::default()),
            thinned_bytes: meter.register(
                "retention_tended_bytes",
                "Bytes freed by packing finished days and leaving healthy content out",
                Counter::default(),
            ),
            failures: meter.register("retention_failures", "Deletions that failed", Counter::default()),
            aged: None,
            squeezed: None,
            jumped: None,
        };
        keeper.doubt_the_clock();
        let keeping = tokio::spawn(async move {
            loop {
                keeper.look().await;
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    _ = stop.wait_for(|stop| *stop) => break,
                }
            }
            keeper.end().await;
        });
        Self { report, keeping: Arc::new(Mutex::new(Some(keeping))) }
    }

    /// Waits until the keeper has ended, as `stop` told it to: before that the stores are in use.
    pub async fn close(&self) {
        let keeping = lock(&self.keeping).take();
        if let Some(keeping) = keeping
            && keeping.await.is_err()
        {
            tracing::error!("retention had panicked");
        }
    }

    pub fn report(&self) -> Report {
        lock(&self.report).clone()
    }
}

impl Keeper {
    /// A clock by which everything is too old at the start may be as wrong as one that jumps.
    fn doubt_the_clock(&mut self) {
        let head = self.journal.committed().borrow().day;
        let age = self.clock.now().day().0.saturating_sub(head.0);
        if head != Day::default() && i64::from(age) > i64::from(self.config.content_days) {
            self.jumped = Some(Instant::now());
            self.step(
                0,
                format!("by the clock all data is {age} days old or more: nothing is deleted by age for a day"),
            );
        }
    }

    async fn look(&mut self) {
        let today = self.today();
        self.heed_the_tender(today);
        if self.jumped.is_none() && self.aged.is_none_or(|aged| aged.elapsed() >= AGE_EVERY) {
            self.aged = Some(Instant::now());
            self.forget_old(today).await;
        }
        let space = self.measure().await;
        self.keep_within(&space, today).await;
        self.publish(space, today);
    }

    /// Says which days' healthy content is over its time, and takes up what was done.
    fn heed_the_tender(&mut self, today: Day) {
        let days = self.config.healthy_content_days;
        let due = Day(today.0.saturating_sub_unsigned(days));
        let Some(tender) = &self.tender else { return };
        // By a clock that is doubted nothing goes.
        tender.thin_before((days > 0 && self.jumped.is_none()).then_some(due));
        let (steps, failures) = tender.news();
        self.failures.inc_by(failures);
        for (bytes, what) in steps {
            self.thinned_bytes.inc_by(bytes);
            self.step(bytes, what);
        }
    }

    async fn end(mut self) {
        if let Some(mut tender) = self.tender.take()
            && tokio::task::spawn_blocking(move || tender.stop()).await.is_err()
        {
            tracing::error!("could not wait for the thread that tends finished days");
        }
    }

    /// The day by the clock; notices when the clock has jumped, and when that is long enough ago to believe it.
    fn today(&mut self) -> Day {
        let (now, moment) = (self.clock.now(), Instant::now());
        let (then, seen) = self.last_seen;
        let real = moment.duration_since(then).saturating_add(JUMP);
        let jump = now.since(seen) > i64::try_from(real.as_nanos()).unwrap_or(i64::MAX);
        if jump {
            self.step(0, "the clock has jumped forward: nothing is deleted by age for a day".into());
            self.jumped = Some(moment);
        } else if self.jumped.is_some_and(|jumped| jumped.elapsed() >= PROBATION) {
            self.jumped = None;
        }
        // A day further on the age is due at once, not within the hour.
        if now.day() > seen.day() {
            self.aged = None;
        }
        self.last_seen = (moment, now);
        now.day()
    }

    async fn forget_old(&mut self, today: Day) {
        let content = Day(today.0.saturating_sub_unsigned(self.config.content_days));
        self.forget_content(content, &format!("older than {} days", self.config.content_days)).await;
        let rows = Day(today.0.saturating_sub_unsigned(self.config.analytics_days));
        self.forget_rows(rows, &format!("older than {} days", self.config.analytics_days)).await;
    }

    /// Deletes days of the journal; says whether any went.
    async fn forget_content(&mut self, before: Day, why: &str) -> bool {
        if let Err(error) = self.analytics.save().await {
            // Only rows of the last hour are concerned, and only if a crash comes as well.
            tracing::debug!(%error, "the analytics could not be brought into their file first: {error}");
        }
        let journal = self.journal.clone();
        let outcome = tokio::task::spawn_blocking(move || journal.forget_before(before)).await;
        match outcome {
            Ok(Ok(gone)) => {
                for file in &gone {
                    self.deleted_days.inc();
                    self.deleted_bytes.inc_by(file.bytes);
                    self.step(file.bytes, format!("deleted journal day {}: {why}", file.day));
                }
                if !gone.is_empty() {
                    // Their indexes go with them, now: they count, too.
                    self.search.look_round();
                }
                !gone.is_empty()
            }
            Ok(Err(error)) => self.failed(&error.to_string()),
            Err(error) => self.failed(&error.to_string()),
        }
    }

    async fn forget_rows(&mut self, before: Day, why: &str) -> bool {
        match self.analytics.forget_before(before).await {
            Ok(gone) if gone.is_empty() => false,
            Ok(gone) => {
                let rows = gone.traces + gone.spans + gone.logs + gone.metric_points;
                self.deleted_rows.inc_by(rows);
                self.step(0, format!("deleted {rows} rows of the analytics from before {before}: {why}"));
                true
            }
            Err(error) => self.failed(&error.to_string()),
        }
    }

    fn failed(&mut self, error: &str) -> bool {
        self.failures.inc();
        tracing::error!(error, "retention could not delete: {error}");
        false
    }

    async fn measure(&self) -> Report {
        let (journal, media, data_dir) = (self.journal.clone(), self.media.clone(), self.data_dir.clone());
        let measure = move || {
            let days = journal.days().unwrap_or_default();
            let last_backup = std::fs::read_to_string(data_dir.join(LAST_BACKUP)).ok();
            let media = media.totals();
            (bytes_below(&data_dir) + media.bytes, media, journal.free_bytes().ok(), days, last_backup)
        };
        let (used_bytes, media, free_bytes, days, last_backup) =
            tokio::task::spawn_blocking(measure).await.unwrap_or_default();
        let max_mib = self.config.max_disk_mib;
        Report {
            used_bytes,
            media,
            max_bytes: (max_mib > 0).then_some(max_mib << 20),
            free_bytes,
            min_free_bytes: self.config.min_free_mib << 20,
            content_days: self.config.content_days,
            healthy_content_days: self.config.healthy_content_days,
            states: self.tender.as_ref().map(Tender::states).unwrap_or_default(),
            at_work: self.tender.as_ref().and_then(Tender::at_work),
            analytics_days: self.config.analytics_days,
            days,
            last_backup,
            ..Report::default()
        }
    }

    /// Makes room when it is short: one day per look, so that its effect is seen before the next one goes.
    async fn keep_within(&mut self, space: &Report, today: Day) {
        let shortage = shortage(space);
        if let Some(tender) = &self.tender {
            tender.has_room(room(space));
        }
        let short = shortage.as_ref();
        if let Some(why) = short
            && !self.drop_media(space, why).await
            && !self.makes_room(space, why)
        {
            // Of all files but the newest, which is being written.
            let oldest = space.days.first().filter(|_| space.days.len() > 1).map(|file| Day(file.day.0 + 1));
            let made_room = match oldest {
                Some(before) => self.forget_content(before, why).await,
                None => false,
            };
            let long_ago = self.squeezed.is_none_or(|squeezed| squeezed.elapsed() >= AGE_EVERY);
            if !made_room && oldest.is_none() && long_ago {
                self.squeezed = Some(Instant::now());
                self.forget_rows(today, why).await;
            }
        }
        let finished = space.days.split_last().map_or(&[][..], |(_, finished)| finished);
        let held = finished.first().is_some_and(|first| self.journal.held_from(finished) == Some(first.day));
        let over = space.max_bytes.is_some_and(|most| space.used_bytes > most);
        let refusal = (over && (finished.is_empty() || held)).then(|| {
            let (used, most) = (space.used_bytes >> 20, self.config.max_disk_mib);
            let why = if held { ", and a destination that is behind holds the oldest day" } else { "" };
            format!("{used} MiB are used, more than retention.max_disk_mib = {most} allows{why}")
        });
        self.journal.refuse(refusal);
    }

    /// Whether the next step is taken or in work: what healthy traces said goes ahead of its days. A day that is written
    /// anew needs room itself; where that is short, and once the limit is passed, whole days go at once.
    fn makes_room(&self, space: &Report, why: &str) -> bool {
        let Some(tender) = &self.tender else { return false };
        let largest = space.days.iter().map(|file| file.bytes).max().unwrap_or_default();
        let fits = space.free_bytes.is_none_or(|free| free > space.min_free_bytes + largest);
        let passed = space.max_bytes.is_some_and(|most| space.used_bytes > most + largest);
        let Some((newest, finished)) = space.days.split_last() else { return false };
        let held = self.journal.held_from(finished).unwrap_or(newest.day);
        let free = finished.iter().map(|file| file.day).filter(|day| *day < held);
        let days: Vec<Day> = free.chain([newest.day]).collect();
        fits && !passed && tender.make_room(&days, why)
    }

    fn publish(&mut self, mut report: Report, today: Day) {
        report.refusing = self.journal.refusing();
        let was_refusing = lock(&self.report).refusing.is_some();
        match &report.refusing {
            Some(why) if !was_refusing => self.step(0, format!("clients are told to come back: {why}")),
            None if was_refusing => self.step(0, "there is room again: data is taken".into()),
            _ => {}
        }
        let part_of_today = self.clock.now().since(today.start()) as f64 / (86_400 * NANOS_PER_SECOND) as f64;
        report.days_left = Forecast::new(&report, today, part_of_today).days_left();
        report.waits_for_clock = self.jumped.is_some();
        report.steps = self.steps.iter().cloned().collect();
        *lock(&self.report) = report;
    }

    fn step(&mut self, bytes: u64, what: String) {
        tracing::info!(bytes, "retention: {what}");
        if self.steps.len() == STEPS {
            self.steps.pop_front();
        }
        self.steps.push_back(Step { at: self.clock.now(), what, bytes });
    }
}

/// Why something has to go, if it has.
fn shortage(space: &Report) -> Option<String> {
    // A twentieth before the limit, so that taking data need not stop while room is made.
    let budget = space.max_bytes.filter(|most| space.used_bytes > most / 20 * 19);
    if let Some(most) = budget {
        return Some(format!("{} of {} MiB are used (retention.max_disk_mib)", space.used_bytes >> 20, most >> 20));
    }
    let free = space.free_bytes.filter(|free| *free < space.min_free_bytes * 2)?;
    Some(format!("only {} MiB of the disk are free (retention.min_free_mib)", free >> 20))
}

/// Bytes that may be used before there is a shortage.
fn room(space: &Report) -> u64 {
    let budget = space.max_bytes.map_or(u64::MAX, |most| (most / 20 * 19).saturating_sub(space.used_bytes));
    let disk = space.free_bytes.map_or(u64::MAX, |free| free.saturating_sub(space.min_free_bytes * 2));
    budget.min(disk)
}

/// Bytes of all files below `dir`, except media: there may be many of them, and they are counted where they are kept.
fn bytes_below(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() && entry.file_name() == "media" => 0,
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            // A snapshot shares finished days with the journal.
            Ok(metadata) => metadata.len() / metadata.nlink().max(1),
            Err(_) => 0,
        })
        .sum()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
