//! Tends finished days in idle time: packs them, and leaves out what was said in healthy traces when its days are over
//! or space runs short.
//!
//! On a thread of its own, in steps of a tenth of a second with rests between, long ones while requests arrive.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Stores, lock};
use crate::analytics::Worth;
use crate::background;
use crate::config::RetentionConfig;
use crate::interpret::is_judged_bad;
use crate::journal::{Chunk, Cursor, DayState, Edit, Outcome, Payload, Rewrite};
use crate::model::otlp;
use crate::model::{Day, NanoUsd, TraceId};

/// How often it is looked for something to do.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A rest is as long as the work before it; so many times longer while requests arrive.
const BUSY_FACTOR: u32 = 8;
const LONGEST_REST: Duration = Duration::from_secs(2);

/// While more than this waits for the journal's writer, nothing is done.
const MOST_WAITING: u64 = 256 << 10;
const WAIT: Duration = Duration::from_millis(50);

/// Bodies that are looked at in one go.
const STEP_BYTES: usize = 4 << 20;

/// What the keeper and the tender tell each other.
#[derive(Default)]
struct Shared {
    asked: Mutex<Asked>,
    come: Condvar,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Asked {
    stop: bool,
    /// Healthy content of days before this is over its time.
    thin_before: Option<Day>,
    /// Bytes that may be used before space is short. The keeper has not looked yet: none.
    room: u64,
    /// A day whose healthy content shall go now, and why.
    urgent: Option<(Day, String)>,
}

#[derive(Default)]
struct Told {
    states: BTreeMap<Day, DayState>,
    /// Days in which nothing more can be left out.
    exhausted: BTreeSet<Day>,
    /// Bytes freed, and what was done.
    steps: Vec<(u64, String)>,
    failures: u64,
    at_work: Option<String>,
}

/// Handle to the tender.
pub(super) struct Tender {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Work {
    config: RetentionConfig,
    stores: Stores,
    shared: Arc<Shared>,
    runtime: tokio::runtime::Handle,
    /// Damaged days are left as they are.
    damaged: HashSet<Day>,
}

impl Tender {
    /// Must be called on a runtime: the analytics are asked there.
    pub(super) fn start(config: &RetentionConfig, stores: &Stores) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut work = Work {
            config: config.clone(),
            stores: stores.clone(),
            shared: Arc::clone(&shared),
            runtime: tokio::runtime::Handle::current(),
            damaged: HashSet::new(),
        };
        let thread = background::spawn("tend", move || work.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Content of healthy traces before this day is over its time.
    pub(super) fn thin_before(&self, day: Option<Day>) {
        let mut asked = lock(&self.shared.asked);
        if asked.thin_before != day {
            asked.thin_before = day;
            self.shared.come.notify_all();
        }
    }

    /// So many bytes may be used before space is short: a day that is written anew needs its size for a while.
    pub(super) fn has_room(&self, bytes: u64) {
        let before = std::mem::replace(&mut lock(&self.shared.asked).room, bytes);
        if before == 0 && bytes > 0 {
            self.shared.come.notify_all();
        }
    }

    /// Asks for room: the oldest of `days`, the newest left out, of which healthy content is still there. One that is
    /// not finished yet is waited for. False when there is none.
    pub(super) fn make_room(&self, days: &[Day], why: &str) -> bool {
        let Some((_, earlier)) = days.split_last() else { return false };
        let mut asked = lock(&self.shared.asked);
        if asked.urgent.is_some() {
            return true;
        }
        let told = lock(&self.shared.told);
        let thinned = |day: &Day| told.states.get(day).is_some_and(|state| state.thinned);
        let Some(day) = earlier.iter().find(|day| !told.exhausted.contains(day) && !thinned(day)) else { return false };
        asked.urgent = Some((*day, why.to_owned()));
        self.shared.come.notify_all();
        true
    }

    pub(super) fn states(&self) -> BTreeMap<Day, DayState> {
        lock(&self.shared.told).states.clone()
    }

    pub(super) fn at_work(&self) -> Option<String> {
        lock(&self.shared.told).at_work.clone()
    }

    /// What was done since it was last asked, and how many things failed.
    pub(super) fn news(&self) -> (Vec<(u64, String)>, u64) {
        let mut told = lock(&self.shared.told);
        (std::mem::take(&mut told.steps), std::mem::take(&mut told.failures))
    }

    /// Tells it to end, and waits.
    pub(super) fn stop(&mut self) {
        lock(&self.shared.asked).stop = true;
        self.shared.come.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that tends finished days had panicked");
        }
    }
}

impl Work {
    fn run(&mut self) {
        while !self.stopped() {
            let urgent = lock(&self.shared.asked).urgent.clone();
            let worked = match urgent {
                Some((day, why)) => {
                    self.thin(day, &why, true);
                    lock(&self.shared.asked).urgent = None;
                    true
                }
                None => self.look(),
            };
            lock(&self.shared.told).at_work = None;
            let asked = lock(&self.shared.asked);
            if !worked && !asked.stop && asked.urgent.is_none() {
                let _woken = self.shared.come.wait_timeout(asked, LOOK_EVERY);
            }
        }
    }

    fn stopped(&self) -> bool {
        lock(&self.shared.asked).stop
    }

    /// Does one thing that is due; false when nothing is.
    fn look(&mut self) -> bool {
        let journal = &self.stores.journal;
        let days = journal.days().unwrap_or_default();
        let states: BTreeMap<Day, DayState> = days.iter().map(|file| (file.day, journal.state_of(file.day))).collect();
        lock(&self.shared.told).states = states.clone();
        let (thin_before, room) = {
            let asked = lock(&self.shared.asked);
            (asked.thin_before, asked.room)
        };
        let fits: HashSet<Day> = days.iter().filter(|file| file.bytes < room).map(|file| file.day).collect();
        let exhausted = lock(&self.shared.told).exhausted.clone();
        let loaded = self.stores.analytics.cursor().borrow().day;
        let held = journal.held_from(&days).unwrap_or(Day(i32::MAX));
        for (day, state) in states.into_iter().filter(|(day, state)| state.sealed && fits.contains(day)) {
            let due = thin_before.is_some_and(|before| day < before) && day < loaded.min(held);
            if due && !state.thinned && !exhausted.contains(&day) {
                let why = format!("healthy, older than {} days", self.config.healthy_content_days);
                self.thin(day, &why, false);
                return true;
            }
            if !state.packed && self.config.pack_level > 0 && !self.damaged.contains(&day) {
                self.pack(day);
                return true;
            }
        }
        false
    }

    fn pack(&mut self, day: Day) {
        self.says(format!("packing {day}"));
        let outcome = self.rewrite(day, None, &mut |_| Edit::Keep, false);
        if let Some(Outcome::Done(done)) = outcome {
            let (before, after) = (done.bytes_before, done.bytes_after);
            self.step(
                before.saturating_sub(after),
                format!("packed journal day {day}: {} to {} KiB", before >> 10, after >> 10),
            );
        }
    }

    fn thin(&mut self, day: Day, why: &str, hurry: bool) {
        self.says(format!("leaving out what healthy traces of {day} said"));
        let Some(healthy) = self.healthy(day, hurry) else { return };
        let mark = format!("{}: {why}", self.stores.clock.now().day());
        let (mut spans, interpreter) = (0_u64, Arc::clone(&self.stores.interpreter));
        let mut edit = |chunk: &Chunk| match chunk.payload() {
            Ok(mut payload) => {
                let changed = thin_payload(&mut payload, &healthy, &interpreter, &mark);
                spans += changed;
                if changed > 0 { Edit::Replace(payload) } else { Edit::Keep }
            }
            Err(_) => Edit::Keep,
        };
        let outcome = if healthy.is_empty() { None } else { self.rewrite(day, Some(why), &mut edit, hurry) };
        match outcome {
            Some(Outcome::Done(done)) => {
                let freed = done.bytes_before.saturating_sub(done.bytes_after);
                let what = format!("left out what {spans} healthy spans and records of journal day {day} said: {why}");
                self.step(freed, what);
                if spans > 0 {
                    self.stores.search.remake(&[day]);
                }
            }
            // It is not sealed yet, or it is to end: later.
            Some(_) => {}
            // Not again until the next start.
            None => drop(lock(&self.shared.told).exhausted.insert(day)),
        }
    }

    /// The healthy traces with something in `day`; `None` when that cannot be told.
    fn healthy(&mut self, day: Day, hurry: bool) -> Option<HashSet<TraceId>> {
        let limit = |value: i64| if value > 0 { value } else { i64::MAX };
        let slow_ns = i64::try_from(self.config.slow_ms.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
        let worth =
            Worth { slow_ns: limit(slow_ns), expensive: NanoUsd(limit((self.config.expensive_usd * 1e9) as i64)) };
        // A trace may have begun the day before it arrived; what began earlier stays whole.
        let (since, until) = (Day(day.0 - 1).start(), day.end());
        let analytics = self.stores.analytics.clone();
        let asked = self.runtime.block_on(analytics.healthy(since, until, worth));
        let mut healthy = asked.map_err(|error| self.failed(day, &error.to_string())).ok()?;
        let pins = self.stores.registry.pins().map_err(|error| self.failed(day, &error.to_string())).ok()?;
        healthy.retain(|id| !pins.contains(id));
        // What has moved there is in the journal under its own id.
        let united = self.runtime.block_on(analytics.united(healthy.iter().copied().collect()));
        let united = united.map_err(|error| self.failed(day, &error.to_string())).ok()?;
        healthy.extend(united.into_iter().filter(|(trace, _)| !pins.contains(trace)).map(|(trace, _)| trace));
        // What was said about a trace may stand on its own spans.
        let mut reader = self.stores.journal.reader();
        let mut cursor = Cursor { day, chunk: 0 };
        while !healthy.is_empty() {
            let began = std::time::Instant::now();
            let chunks = reader.next(cursor, STEP_BYTES).map_err(|error| self.failed(day, &error.to_string())).ok()?;
            for chunk in chunks.iter().filter(|chunk| chunk.cursor.day == day) {
                if let Ok(Payload::Traces(data)) = chunk.payload() {
                    let scopes = data.resource_spans.iter().flat_map(|group| &group.scope_spans);
                    for span in scopes.flat_map(|scope| &scope.spans).filter(|span| is_judged_bad(span)) {
                        TraceId::from_slice(&span.trace_id).map(|id| healthy.remove(&id));
                    }
                }
            }
            match chunks.last() {
                Some(last) if last.cursor.day == day => cursor = last.cursor,
                _ => break,
            }
            if !rest(&self.stores, &self.shared, began.elapsed(), hurry) {
                return None;
            }
        }
        Some(healthy)
    }

    fn rewrite(
        &mut self,
        day: Day,
        thinned: Option<&str>,
        edit: &mut dyn FnMut(&Chunk) -> Edit,
        hurry: bool,
    ) -> Option<Outcome> {
        let (stores, shared) = (self.stores.clone(), Arc::clone(&self.shared));
        let mut how = Rewrite {
            level: Some(self.config.pack_level).filter(|level| *level > 0 && !hurry),
            now: stores.clock.now(),
            gone: &HashSet::new(),
            thinned,
            despite_damage: false,
            edit,
            rest: &mut |took| rest(&stores, &shared, took, hurry),
        };
        match stores.journal.rewrite(day, &mut how) {
            Ok(Outcome::Damaged(chunks)) => {
                self.damaged.insert(day);
                self.failed(day, &format!("{chunks} of its chunks cannot be read, so it stays as it is"));
                None
            }
            Ok(outcome) => {
                let state = stores.journal.state_of(day);
                lock(&self.shared.told).states.insert(day, state);
                Some(outcome)
            }
            Err(error) => {
                // Tried again at the next start: the disk may be full, and then this would go on and on.
                self.damaged.insert(day);
                self.failed(day, &error.to_string());
                None
            }
        }
    }

    fn says(&self, what: String) {
        tracing::debug!("{what}");
        lock(&self.shared.told).at_work = Some(what);
    }

    fn step(&self, bytes: u64, what: String) {
        lock(&self.shared.told).steps.push((bytes, what));
    }

    fn failed(&self, day: Day, error: &str) {
        tracing::warn!(journal.day = %day, error, "journal day {day} could not be tended: {error}");
        lock(&self.shared.told).failures += 1;
    }
}

/// Rests after work that took `took`; false when it shall end, because of a stop or of something urgent.
fn rest(stores: &Stores, shared: &Shared, took: Duration, hurry: bool) -> bool {
    let head = *stores.journal.committed().borrow();
    let mut left = if hurry { took / 4 } else { took.min(LONGEST_REST) };
    let mut longer = !hurry;
    loop {
        {
            let asked = lock(&shared.asked);
            // Packing can wait when room is needed.
            if asked.stop || asked.urgent.is_some() && !hurry {
                return false;
            }
        }
        if stores.journal.waiting_bytes() > MOST_WAITING {
            std::thread::sleep(WAIT);
            continue;
        }
        if left.is_zero() {
            return true;
        }
        let nap = left.min(WAIT);
        std::thread::sleep(nap);
        left -= nap;
        if longer && *stores.journal.committed().borrow() != head {
            longer = false;
            left += (took * BUSY_FACTOR).min(LONGEST_REST);
        }
    }
}

/// Leaves out the content of what belongs to `healthy`; gives how many spans and records changed.
fn thin_payload(
    payload: &mut Payload,
    healthy: &HashSet<TraceId>,
    interpreter: &crate::interpret::Interpreter,
    why: &str,
) -> u64 {
    let is_healthy = |id: &[u8]| TraceId::from_slice(id).is_some_and(|id| healthy.contains(&id));
    let mut changed = 0;
    match payload {
        Payload::Traces(data) => {
            let (no_resource, no_scope) = (otlp::Resource::default(), otlp::InstrumentationScope::default());
            for group in &mut data.resource_spans {
                let resource = group.resource.as_ref().unwrap_or(&no_resource);
                for part in &mut group.scope_spans {
                    let scope = part.scope.as_ref().unwrap_or(&no_scope);
                    for span in part.spans.iter_mut().filter(|span| is_healthy(&span.trace_id)) {
                        if let Some(thin) = interpreter.without_content(resource, scope, span, why) {
                            *span = thin;
                            changed += 1;
                        }
                    }
                }
            }
        }
        Payload::Logs(data) => {
            let parts = data.resource_logs.iter_mut().flat_map(|group| &mut group.scope_logs);
            for record in parts.flat_map(|part| &mut part.log_records).filter(|record| is_healthy(&record.trace_id)) {
                if let Some(thin) = interpreter.log_without_content(record, why) {
                    *record = thin;
                    changed += 1;
                }
            }
        }
        Payload::Metrics(_) => {}
    }
    changed
}
