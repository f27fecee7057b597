//! The loop of one destination, on a thread of its own: read, select, pack, send, and move the cursor by what was
//! confirmed.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::backoff::Backoff;
use super::item::{Answer, Kind, Refused};
use super::ledger::{Account, Ledger};
use super::pieces::WholeSpans;
use super::report::{Counted, Report, State};
use super::sampling::Sampler;
use super::select::Selector;
use super::unsent::Unsent;
use super::window::{Partial, Pending, Window};
use super::{Error, lock};
use crate::clock::Clock;
use crate::config::{Behind, DestinationConfig};
use crate::journal::{Cursor, Hold, Journal};
use crate::model::UnixNanos;

use loader::Loader;

mod loader;
mod outcome;
mod reading;

/// How often lags are measured when nothing else happens.
const TICK: Duration = Duration::from_secs(2);

/// How long requests on the way are waited for at the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// After a failure of our own, such as a journal file that cannot be read.
const OWN_FAILURE: Duration = Duration::from_secs(5);

/// What the handle asks for.
#[derive(Debug)]
pub(super) enum Order {
    Pause(bool, oneshot::Sender<Result<(), Error>>),
    Rewind(Cursor, oneshot::Sender<Result<(), Error>>),
    Test(oneshot::Sender<Answer>),
    /// There are dead letters to be sent again, or some were forgotten.
    Replay,
}

/// Something that was waited for has come.
enum Event {
    Answered(Vec<Pending>, Answer),
    Probed(Result<(), Refused>),
    Tested,
}

type Work = FuturesUnordered<Pin<Box<dyn Future<Output = Event>>>>;

/// One destination at work.
pub(super) struct Courier<K> {
    config: DestinationConfig,
    kind: Arc<K>,
    selector: Selector,
    pieces: WholeSpans,
    sampler: Option<Sampler>,
    loader: Loader,
    account: Account,
    /// What a former run left in part and is not read yet.
    former: Vec<Partial>,
    ledger: Ledger,
    journal: Journal,
    clock: Clock,
    report: Arc<Mutex<Report>>,
    counted: Counted,
    window: Window,
    /// Everything up to here was read.
    read_to: Cursor,
    /// Chunks that are read and not settled, with their arrival.
    arrivals: VecDeque<(Cursor, UnixNanos)>,
    unsent: Unsent,
    backoff: Backoff,
    held: bool,
    /// Nothing is sent before this.
    not_before: Option<Instant>,
    /// Nothing is read before this.
    not_read_before: Option<Instant>,
    /// It was asked whether it takes anything.
    probed: bool,
    /// Records refused for good since the last that was taken.
    refused_in_a_row: u32,
    requests: usize,
    rewind: Option<(Cursor, oneshot::Sender<Result<(), Error>>)>,
    /// Dead letters up to this id are in the window.
    replayed: i64,
    replay: bool,
}

impl<K: Kind + Send + Sync + 'static> Courier<K> {
    pub(super) fn new(
        config: &DestinationConfig,
        kind: K,
        selector: Selector,
        (account, ledger): (Account, Ledger),
        journal: Journal,
        clock: Clock,
        (report, counted): (Arc<Mutex<Report>>, Counted),
    ) -> Self {
        Self {
            config: config.clone(),
            loader: Loader::new(kind.loaded()),
            kind: Arc::new(kind),
            pieces: WholeSpans::new(&journal, selector.interpreter()),
            selector,
            sampler: None,
            window: Window::new(account.cursor),
            read_to: account.cursor,
            former: account.partial.clone(),
            account,
            ledger,
            unsent: Unsent::default(),
            journal,
            clock,
            report,
            counted,
            arrivals: VecDeque::new(),
            backoff: Backoff::default(),
            held: false,
            not_before: None,
            not_read_before: None,
            probed: false,
            refused_in_a_row: 0,
            requests: 0,
            rewind: None,
            replayed: 0,
            // Those that were asked for before a restart.
            replay: true,
        }
    }

    /// With a sampler that says which traces go.
    #[must_use]
    pub(super) fn sampled(self, sampler: Sampler) -> Self {
        Self { sampler: Some(sampler), ..self }
    }

    /// Runs until told to stop.
    pub(super) async fn follow(mut self, mut orders: mpsc::UnboundedReceiver<Order>, mut stop: watch::Receiver<bool>) {
        let mut committed = self.journal.committed();
        let mut work = Work::new();
        while !*stop.borrow() {
            let head = *committed.borrow_and_update();
            if let Err(error) = self.read(head, &mut work).await {
                self.failed(&error);
                self.not_read_before = Some(Instant::now() + OWN_FAILURE);
            }
            self.launch(&work);
            self.publish(head);
            let next = self.next_moment(head);
            tokio::select! {
                Some(event) = work.next(), if !work.is_empty() => self.happened(event),
                Some(order) = orders.recv() => self.obey(order, &work),
                changed = committed.changed() => if changed.is_err() { break },
                () = self.loader.comes_on() => {}
                _ = stop.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep_until(next) => {}
            }
        }
        let deadline = Instant::now() + PATIENCE;
        while self.requests > 0 {
            match tokio::time::timeout_at(deadline, work.next()).await {
                Ok(Some(event)) => self.happened(event),
                // Those are sent again at the next start.
                _ => break,
            }
        }
        self.save();
        self.publish(self.read_to);
    }

    /// Waits for `task`. Meanwhile what is on the way goes on, and what is ready is sent.
    async fn meanwhile<T>(&mut self, work: &mut Work, task: impl Future<Output = T>) -> T {
        let mut task = pin!(task);
        loop {
            let pause = self.not_before.filter(|moment| *moment > Instant::now());
            tokio::select! {
                done = &mut task => return done,
                Some(event) = work.next(), if !work.is_empty() => self.happened(event),
                () = tokio::time::sleep_until(pause.unwrap_or_else(Instant::now)), if pause.is_some() => {}
            }
            self.launch(work);
        }
    }

    /// When there is something to do though nothing happens.
    fn next_moment(&self, head: Cursor) -> Instant {
        let now = Instant::now();
        let read = self.not_read_before.filter(|_| self.read_to < head && self.has_room());
        // One that has passed since is for now; reading clears it.
        let moments = [self.not_before.filter(|moment| *moment > now), read.map(|moment| moment.max(now))];
        moments.into_iter().flatten().chain([now + TICK]).min().unwrap_or(now + TICK)
    }

    /// Sends as much as may be on the way at once: one request while the last one failed.
    fn launch(&mut self, work: &Work) {
        if self.requests == 0
            && let Some((cursor, done)) = self.rewind.take()
        {
            let _nobody_waits = done.send(self.rewind_to(cursor));
        }
        if self.account.paused || self.rewind.is_some() || self.not_before.is_some_and(|moment| moment > Instant::now())
        {
            return;
        }
        self.not_before = None;
        if !self.probed {
            if self.requests == 0 && !self.window.is_empty() {
                let kind = Arc::clone(&self.kind);
                self.requests += 1;
                work.push(Box::pin(async move { Event::Probed(kind.probe().await) }));
            }
            return;
        }
        let most = if self.backoff.is_on() { 1 } else { self.config.concurrency };
        while self.requests < most {
            let Some(request) = self.window.take(self.config.batch_bytes, self.config.batch_records) else { break };
            if let Some(reached) = request.iter().map(|pending| pending.cursor).max() {
                let mut report = lock(&self.report);
                report.reached = report.reached.max(reached);
            }
            let kind = Arc::clone(&self.kind);
            self.requests += 1;
            work.push(Box::pin(async move {
                let items: Vec<_> = request.iter().map(|pending| pending.item.clone()).collect();
                let answer = kind.send(&items).await;
                Event::Answered(request, answer)
            }));
        }
    }

    fn obey(&mut self, order: Order, work: &Work) {
        match order {
            Order::Pause(paused, done) => {
                self.account.paused = paused;
                if !paused {
                    // Somebody has looked at it: it is tried at once.
                    (self.not_before, self.held, self.refused_in_a_row) = (None, false, 0);
                }
                let _nobody_waits = done.send(self.ledger.save(&self.config.name, &self.account));
            }
            Order::Rewind(cursor, done) => {
                if let Some((_, earlier)) = self.rewind.replace((cursor, done)) {
                    let _nobody_waits = earlier.send(Ok(()));
                }
            }
            Order::Test(done) => {
                let kind = Arc::clone(&self.kind);
                work.push(Box::pin(async move {
                    let _nobody_waits = done.send(kind.test().await);
                    Event::Tested
                }));
            }
            Order::Replay => self.replay = true,
        }
    }

    fn rewind_to(&mut self, cursor: Cursor) -> Result<(), Error> {
        self.window = Window::new(cursor);
        self.read_to = cursor;
        self.arrivals.clear();
        self.unsent = Unsent::default();
        // What was to be sent again is no longer in the window.
        (self.replayed, self.replay) = (0, true);
        self.account.cursor = cursor;
        self.account.partial.clear();
        self.former.clear();
        self.ledger.save(&self.config.name, &self.account)
    }

    /// Notes how far it has come.
    fn save(&mut self) {
        self.account.cursor = self.window.cursor();
        self.former.retain(|partial| partial.cursor > self.read_to);
        self.account.partial = self.window.partial();
        self.account.partial.extend_from_slice(&self.former);
        if let Err(error) = self.ledger.save(&self.config.name, &self.account) {
            self.failed(&error);
        }
    }

    /// Something of ours went wrong, not of the destination.
    fn failed(&mut self, error: &Error) {
        let name = &self.config.name;
        tracing::warn!(destination = %name, %error, "forwarding to {name} is held up: {error}");
        lock(&self.report).last_error = Some((self.clock.now(), error.to_string()));
    }

    fn publish(&mut self, head: Cursor) {
        let cursor = self.window.cursor();
        while self.arrivals.front().is_some_and(|(chunk, _)| *chunk <= cursor) {
            self.arrivals.pop_front();
        }
        self.journal.hold(&self.config.name, hold(&self.config, cursor, self.read_to));
        match self.journal.lost(&self.config.name) {
            0 => {}
            records => self.lose(records),
        }
        let oldest = self.arrivals.front().map(|(_, arrived)| *arrived);
        let waiting_since = oldest.or_else(|| self.unsent.oldest(&self.journal, self.read_to, head));
        let lag_bytes = self.unsent.bytes(&self.journal, cursor, head);
        let state = match () {
            () if self.account.paused => State::Paused,
            () if self.held => State::Held,
            () if self.backoff.is_on() => State::Retrying,
            () => State::Sending,
        };
        let lag = waiting_since.map_or(0, |since| self.clock.now().since(since));
        self.counted.lag_seconds.set(lag / crate::model::time::NANOS_PER_SECOND);
        self.counted.lag_bytes.set(lag_bytes.cast_signed());
        self.counted.held.set(i64::from(state == State::Held));
        let mut report = lock(&self.report);
        report.state = state;
        report.cursor = cursor;
        report.reached = report.reached.max(cursor);
        report.waiting_since = waiting_since;
        report.lag_bytes = lag_bytes;
        report.sent_records = self.account.sent_records;
        report.sent_bytes = self.account.sent_bytes;
        report.lost_records = self.account.lost_records;
        report.sampling = self.sampler.as_ref().map(|sampler| sampler.report().clone());
        report.note = self.kind.note();
    }

    /// Runs on the calling thread until told to stop.
    pub(super) fn run(self, orders: mpsc::UnboundedReceiver<Order>, stop: watch::Receiver<bool>) {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(self.follow(orders, stop)),
            Err(error) => {
                let name = &self.config.name;
                tracing::error!(destination = %name, %error, "forwarding to {name} cannot start: {error}");
                lock(&self.report).last_error = Some((self.clock.now(), format!("cannot start: {error}")));
            }
        }
    }
}

/// What retention has to know of a destination that has come so far.
pub(super) fn hold(config: &DestinationConfig, needs: Cursor, read_to: Cursor) -> Hold {
    let most_bytes = if config.behind == Behind::Hold { config.hold_mib << 20 } else { 0 };
    Hold { needs, read_to, most_bytes }
}

#[cfg(test)]
mod tests;
