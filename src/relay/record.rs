//! Puts finished calls into the journal, by the way of all that is received, behind the backs of those who call.
//!
//! The queue is bounded. When the journal does not take what comes, calls are kept for a while and tried again; those that
//! find the queue full then are counted and lost. The calls themselves are not touched by any of it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::{Notify, mpsc};

use super::call::{Call, lock};
use super::counters::Counters;
use super::route::Routes;
use super::span;
use crate::access::Pass;
use crate::background;
use crate::model::otlp::{ResourceSpans, TracesData};
use crate::receive::{Receiver, Unrecorded};

/// Calls that may wait to be recorded; what was said in them has a budget of its own.
const MOST_WAITING: usize = 1024;

/// Calls that are recorded at once, with one sync of the disk.
const AT_ONCE: usize = 64;

/// How often the journal is asked to take the same calls: a minute and more, while it says ten seconds.
const ATTEMPTS: u32 = 8;

/// The same when we are about to stop, and how long is waited between them.
const LAST_ATTEMPTS: u32 = 3;
const LAST_WAIT: Duration = Duration::from_millis(500);

/// Takes finished calls. Clones share the queue.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    queue: mpsc::Sender<Box<Call>>,
    counters: Counters,
    /// Calls are being lost; said once until one is recorded again.
    losing: AtomicBool,
    closing: Notify,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Recorder {
    /// `most`: bytes kept of a request or an answer. The work has a thread and a runtime of its own, which give way to
    /// those that pass on: reading, redacting and compressing a call takes longer than all of its events together.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(routes: Arc<Routes>, receiver: Receiver, counters: Counters, most: usize) -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        let shared = Shared {
            queue,
            counters,
            losing: AtomicBool::new(false),
            closing: Notify::new(),
            thread: Mutex::default(),
        };
        let recorder = Self { shared: Arc::new(shared) };
        let writer = Writer { recorder: recorder.clone(), routes, receiver, most };
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = background::spawn("relay-record", move || runtime.block_on(writer.run(waiting)))?;
        *lock(&recorder.shared.thread) = Some(thread);
        Ok(recorder)
    }

    pub fn opened(&self) {
        self.shared.counters.open.inc();
    }

    /// Never waits.
    pub fn ended(&self, call: Box<Call>) {
        self.shared.counters.open.dec();
        if self.shared.queue.try_send(call).is_err() {
            self.lost(1, "too many wait already");
        }
    }

    fn lost(&self, calls: u64, why: &str) {
        self.shared.counters.dropped.inc_by(calls);
        if !self.shared.losing.swap(true, Ordering::Relaxed) {
            tracing::error!(
                calls,
                why,
                "calls passed on by the relay are not recorded ({why}); their clients got their answers"
            );
        }
    }

    /// Waits until everything that has ended is recorded, or cannot be.
    pub async fn close(&self) {
        self.shared.closing.notify_one();
        let thread = lock(&self.shared.thread).take();
        if let Some(thread) = thread
            && !tokio::task::spawn_blocking(move || thread.join().is_ok()).await.unwrap_or_default()
        {
            tracing::error!("recording calls had panicked");
        }
    }
}

struct Writer {
    recorder: Recorder,
    routes: Arc<Routes>,
    receiver: Receiver,
    most: usize,
}

impl Writer {
    async fn run(self, mut waiting: mpsc::Receiver<Box<Call>>) {
        let mut calls = Vec::with_capacity(AT_ONCE);
        let mut closing = false;
        loop {
            tokio::select! {
                biased;
                () = self.recorder.shared.closing.notified(), if !closing => {
                    closing = true;
                    // What waits is still handed out, and then the end.
                    waiting.close();
                }
                count = waiting.recv_many(&mut calls, AT_ONCE) => {
                    if count == 0 {
                        return;
                    }
                    closing |= self.record(std::mem::take(&mut calls), closing).await;
                    if closing {
                        waiting.close();
                    }
                }
            }
        }
    }

    /// Answers whether it is time to close.
    #[expect(clippy::vec_box, reason = "as they come out of the queue, whose places are small")]
    async fn record(&self, calls: Vec<Box<Call>>, mut closing: bool) -> bool {
        let (routes, most) = (Arc::clone(&self.routes), self.most);
        let made = tokio::task::spawn_blocking(move || by_client(calls, &routes, most)).await;
        // It panics only when there is a fault in reading; the calls in it are lost then.
        let Ok(made) = made else {
            self.recorder.lost(1, "they could not be read");
            return closing;
        };
        for (client, pass, resource_spans) in made {
            let count = resource_spans.len() as u64;
            let spans = TracesData { resource_spans };
            for attempt in 1.. {
                match self.receiver.record(client, pass.clone(), spans.clone()).await {
                    Ok(()) => {
                        self.recorder.shared.counters.recorded.inc_by(count);
                        self.recorder.shared.losing.store(false, Ordering::Relaxed);
                        break;
                    }
                    Err(Unrecorded { retry_after: Some(_), .. }) if closing && attempt < LAST_ATTEMPTS => {
                        tokio::time::sleep(LAST_WAIT).await;
                    }
                    Err(Unrecorded { retry_after: Some(after), .. }) if !closing && attempt < ATTEMPTS => {
                        closing = self.wait(after).await;
                    }
                    Err(Unrecorded { why, .. }) => {
                        self.recorder.lost(count, &why);
                        break;
                    }
                }
            }
        }
        closing
    }

    /// Answers whether it is time to close.
    async fn wait(&self, after: Duration) -> bool {
        tokio::select! {
            () = self.recorder.shared.closing.notified() => true,
            () = tokio::time::sleep(after) => false,
        }
    }
}

/// Who sent what: each client and project arrives by itself.
#[expect(clippy::vec_box, reason = "as they come out of the queue, whose places are small")]
fn by_client(calls: Vec<Box<Call>>, routes: &Routes, most: usize) -> Vec<(IpAddr, Pass, Vec<ResourceSpans>)> {
    let mut found: Vec<(IpAddr, Pass, Vec<ResourceSpans>)> = Vec::new();
    for call in calls {
        let (client, pass, upstream) = (call.client, call.pass.clone(), &routes.all()[call.upstream]);
        let spans = span::of(*call, upstream, most);
        match found.iter_mut().find(|(known, other, _)| *known == client && other.project == pass.project) {
            Some((_, _, all)) => all.push(spans),
            None => found.push((client, pass, vec![spans])),
        }
    }
    found
}
