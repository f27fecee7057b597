use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use super::*;
use crate::config::{DestinationKind, JournalConfig};
use crate::forward::item::{Fault, Item, Selected};
use crate::forward::report::Counters;
use crate::interpret::Interpreter;
use crate::journal::{Batch, Payload};
use crate::meter::Meter;
use crate::model::Day;
use crate::model::otlp::{ResourceSpans, ScopeSpans, Span, TracesData};

const NOON: UnixNanos = UnixNanos(1_790_000_000_000_000_000);

/// A destination that answers as it is told, and notes what it got. One item per span, its body the span's name.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    got: Mutex<Vec<String>>,
    tries: AtomicU32,
    /// Spans with this name are refused for good wherever they come.
    poison: Option<&'static str>,
    /// A request that begins with this name is answered, and a chunk with `behind_gate` prepared, when its gate opens.
    slow: Option<(&'static str, Notify)>,
    behind_gate: Option<(&'static str, Notify)>,
    preparing: AtomicU32,
}

fn names(selected: &Selected) -> Vec<String> {
    let Payload::Traces(data) = &selected.payload else { return Vec::new() };
    let spans = data.resource_spans.iter().flat_map(|group| &group.scope_spans).flat_map(|part| &part.spans);
    spans.map(|span| span.name.clone()).collect()
}

impl Kind for Arc<Scripted> {
    async fn prepare(&self, selected: &mut [Selected]) {
        if let Some((name, gate)) = &self.behind_gate
            && selected.iter().any(|one| names(one).iter().any(|known| known == name))
        {
            self.preparing.fetch_add(1, Ordering::SeqCst);
            gate.notified().await;
        }
    }

    fn pack(&self, selected: &Selected) -> Vec<Item> {
        let item = |(ordinal, name): (&u32, String)| Item {
            index: 0,
            ordinal: *ordinal,
            records: 1,
            group: Arc::from("all"),
            body: Bytes::from(name),
            grows: 0,
            span: None,
        };
        selected.ordinals.iter().zip(names(selected)).map(item).collect()
    }

    fn smaller(&self, item: &Item, fault: Fault) -> Vec<Item> {
        if fault == Fault::TooLarge && item.body.len() > 8 {
            return vec![Item { body: item.body.slice(..8), ..item.clone() }];
        }
        Vec::new()
    }

    async fn send(&self, items: &[Item]) -> Answer {
        self.tries.fetch_add(1, Ordering::SeqCst);
        let names: Vec<String> = items.iter().map(|item| String::from_utf8_lossy(&item.body).into_owned()).collect();
        if let Some((_, gate)) = self.slow.as_ref().filter(|(slow, _)| names.first().is_some_and(|name| name == slow)) {
            gate.notified().await;
        }
        let scripted = lock(&self.answers).pop_front();
        let refused = || Refused { reason: "poison".into(), response: "no".into() };
        let bad = names.iter().position(|name| Some(name.as_str()) == self.poison);
        let answer = scripted.or(bad.map(|at| Answer::Bad { at, why: refused() })).unwrap_or(Answer::Delivered);
        let taken = match &answer {
            Answer::Delivered | Answer::DeliveredSlowDown(_) => names.len(),
            Answer::Later { delivered, .. } => *delivered,
            Answer::Bad { at, .. } => *at,
            _ => 0,
        };
        lock(&self.got).extend(names.into_iter().take(taken));
        answer
    }

    async fn probe(&self) -> Result<(), Refused> {
        Ok(())
    }

    async fn test(&self) -> Answer {
        Answer::Delivered
    }
}

struct Bench {
    dir: tempfile::TempDir,
    journal: Journal,
    sequence: u8,
}

struct Running {
    report: Arc<Mutex<Report>>,
    orders: UnboundedSender<Order>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
    ledger: Ledger,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let (clock, meter) = (Clock::fixed(NOON), Meter::default());
        let journal = Journal::open(&dir.path().join("journal"), &JournalConfig::default(), clock, &meter);
        Self { journal: journal.expect("opens"), dir, sequence: 0 }
    }

    /// Stores spans of these names as one chunk.
    async fn store(&mut self, names: &[&str]) {
        self.sequence += 1;
        let span = |name: &&str| Span {
            trace_id: vec![self.sequence; 16].into(),
            span_id: vec![1; 8].into(),
            name: (*name).to_owned(),
            ..Span::default()
        };
        let part = ScopeSpans { spans: names.iter().map(span).collect(), ..ScopeSpans::default() };
        let group = ResourceSpans { scope_spans: vec![part], ..ResourceSpans::default() };
        let payload = Payload::Traces(TracesData { resource_spans: vec![group] });
        let batch = Batch { project: "default".into(), digest: [self.sequence; 16], payload, media: false };
        self.journal.append(batch).await.expect("stored");
    }

    fn start(&self, kind: &Arc<Scripted>, change: impl FnOnce(&mut DestinationConfig)) -> Running {
        let mut config = DestinationConfig::new("there", DestinationKind::Webhook, "http://127.0.0.1:1");
        change(&mut config);
        let ledger = Ledger::open(self.dir.path()).expect("opens");
        let account = ledger.account("there", Cursor::default()).expect("made");
        let report = Arc::new(Mutex::new(Report::new(&config, &account)));
        let interpreter = Arc::new(Interpreter::new(&Default::default(), &Default::default()));
        let counted = Counters::register(&Meter::default()).of("there");
        let courier = Courier::new(
            &config,
            Arc::clone(kind),
            Selector::new(&config, None, interpreter),
            (account, ledger.clone()),
            self.journal.clone(),
            Clock::fixed(NOON),
            (Arc::clone(&report), counted),
        );
        let (orders, taken) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let task = tokio::task::spawn_blocking(move || courier.run(taken, stopped));
        Running { report, orders, stop, task, ledger }
    }
}

impl Running {
    async fn until(&self, what: &str, done: impl Fn(&Report) -> bool) -> Report {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let report = lock(&self.report).clone();
            if done(&report) {
                return report;
            }
            assert!(Instant::now() < deadline, "{what} never came: {report:#?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn order<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> T {
        let (done, told) = oneshot::channel();
        self.orders.send(order(done)).expect("it listens");
        told.await.expect("it answers")
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.task.await.expect("it ends");
    }
}

fn got(kind: &Arc<Scripted>) -> Vec<String> {
    lock(&kind.got).clone()
}

fn refused() -> Refused {
    Refused { reason: "no".into(), response: String::new() }
}

#[tokio::test]
async fn partial_answers_repeat_nothing_and_halving_finds_the_bad_one() {
    let mut bench = Bench::new();
    bench.store(&["a", "b", "c", "d"]).await;
    let kind = Arc::new(Scripted::default());
    lock(&kind.answers).extend([
        Answer::Later { delivered: 1, after: None, why: "busy".into() },
        Answer::BadWithin(refused()),
        Answer::Delivered,
        Answer::BadWithin(refused()),
        Answer::BadWithin(refused()),
    ]);
    let running = bench.start(&kind, |config| config.concurrency = 1);
    let report = running.until("everything", |report| report.sent_records == 3).await;
    assert_eq!(got(&kind), ["a", "b", "d"]);
    assert_eq!((report.dead_letters, report.retries), (1, 1));
    let letters = running.ledger.dead_letters("there", 0, 10).expect("read");
    assert_eq!((letters[0].ordinal, letters[0].reason.as_str()), (2, "no"));
    running.until("the cursor", |report| report.cursor.chunk == 1 && report.waiting_since.is_none()).await;
    running.end().await;
}

#[tokio::test]
async fn what_is_too_large_alone_goes_shortened() {
    let mut bench = Bench::new();
    bench.store(&["much too long", "x"]).await;
    let kind = Arc::new(Scripted::default());
    let large = || Answer::TooLarge(refused());
    lock(&kind.answers).extend([large(), large(), Answer::Delivered, large()]);
    let running = bench.start(&kind, |config| config.concurrency = 1);
    let report = running.until("one", |report| report.sent_records == 1 && report.dead_letters == 1).await;
    assert_eq!(got(&kind), ["much too"]);
    assert_eq!(report.last_error.map(|(_, why)| why), Some("no".into()));
    running.end().await;
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was_without_repeats() {
    let mut bench = Bench::new();
    bench.store(&["a", "b", "c"]).await;
    bench.store(&["d"]).await;
    let kind = Arc::new(Scripted::default());
    lock(&kind.answers)
        .extend([Answer::Later { delivered: 2, after: None, why: "busy".into() }, Answer::Hold(refused())]);
    let running = bench.start(&kind, |config| config.concurrency = 1);
    let report = running.until("a hold", |report| report.state == State::Held).await;
    assert_eq!((report.cursor.day, report.sent_records), (Day(0), 2));
    running.end().await;
    let running = bench.start(&kind, |config| config.concurrency = 1);
    running.until("the rest", |report| report.sent_records == 4).await;
    assert_eq!(got(&kind), ["a", "b", "c", "d"]);
    running.end().await;
}

#[tokio::test]
async fn what_is_ready_is_sent_while_more_is_found_out_about_the_rest() {
    let mut bench = Bench::new();
    bench.store(&["a", "b", "c"]).await;
    let gate = |name| Some((name, Notify::new()));
    let kind = Arc::new(Scripted { slow: gate("a"), behind_gate: gate("d"), ..Scripted::default() });
    lock(&kind.answers).extend([Answer::Later { delivered: 1, after: None, why: "busy".into() }]);
    let running = bench.start(&kind, |config| (config.batch_records, config.concurrency) = (2, 1));
    running.until("the first", |_| kind.tries.load(Ordering::SeqCst) == 1).await;
    bench.store(&["d"]).await;
    running.until("the gate", |_| kind.preparing.load(Ordering::SeqCst) == 1).await;
    kind.slow.as_ref().expect("slow").1.notify_one();
    // One that is tried again after a while, and one that waited behind it.
    running.until("those before the gate", |_| got(&kind) == ["a", "b", "c"]).await;
    kind.behind_gate.as_ref().expect("a gate").1.notify_one();
    running.until("all", |report| report.sent_records == 4).await;
    assert_eq!(got(&kind), ["a", "b", "c", "d"]);
    running.end().await;
}

#[tokio::test]
async fn what_a_former_run_has_sent_in_part_is_remembered_until_it_is_read() {
    let mut bench = Bench::new();
    bench.store(&["a", "x"]).await;
    bench.store(&["b", "y"]).await;
    let kind = Arc::new(Scripted { poison: Some("x"), ..Scripted::default() });
    let chunk = |chunk| Cursor { day: NOON.day(), chunk };
    let ledger = Ledger::open(bench.dir.path()).expect("opens");
    let account = ledger.account("there", Cursor::default()).expect("made");
    // Both have their first record; what follows is read one by one.
    let partial = |at| Partial { cursor: chunk(at), items: 2, done: vec![0] };
    ledger.save("there", &Account { partial: vec![partial(1), partial(2)], ..account }).expect("written");
    let running = bench.start(&kind, |config| (config.batch_bytes, config.concurrency) = (1, 1));
    let report = running.until("the rest", |report| report.sent_records == 1 && report.dead_letters == 1).await;
    assert_eq!((got(&kind), report.cursor), (vec!["y".to_owned()], chunk(2)));
    running.end().await;
}

#[tokio::test]
async fn paused_rewound_and_resumed() {
    let mut bench = Bench::new();
    bench.store(&["a"]).await;
    let kind = Arc::new(Scripted::default());
    let running = bench.start(&kind, |_| {});
    running.until("the first", |report| report.sent_records == 1).await;
    running.order(|done| Order::Pause(true, done)).await.expect("noted");
    bench.store(&["b"]).await;
    let report = running.until("a lag", |report| report.waiting_since.is_some() && report.lag_bytes > 0).await;
    assert_eq!((report.state, got(&kind)), (State::Paused, vec!["a".to_owned()]));
    running.order(|done| Order::Rewind(Cursor { day: NOON.day(), chunk: 0 }, done)).await.expect("noted");
    assert_eq!(running.order(Order::Test).await, Answer::Delivered);
    running.order(|done| Order::Pause(false, done)).await.expect("noted");
    running.until("all again", |report| report.sent_records == 3).await;
    assert_eq!(got(&kind), ["a", "a", "b"]);
    running.end().await;
}

#[tokio::test]
async fn dead_letters_are_sent_again_when_asked() {
    let mut bench = Bench::new();
    bench.store(&["a", "bad", "c"]).await;
    let kind = Arc::new(Scripted { poison: Some("bad"), ..Scripted::default() });
    let running = bench.start(&kind, |_| {});
    running.until("a dead letter", |report| report.dead_letters == 1 && report.sent_records == 2).await;
    running.end().await;
    let healed = Arc::new(Scripted::default());
    let running = bench.start(&healed, |_| {});
    assert_eq!(running.ledger.ask_replay("there", None).expect("noted"), 1);
    running.orders.send(Order::Replay).expect("it listens");
    running.until("no dead letter", |report| report.dead_letters == 0 && report.sent_records == 3).await;
    assert_eq!(got(&healed), ["bad"]);
    assert_eq!(running.ledger.dead("there").expect("read"), 0);
    running.end().await;
}

#[tokio::test]
async fn many_refusals_in_a_row_are_a_setting_and_not_the_records() {
    let mut bench = Bench::new();
    let names = vec!["bad"; 300];
    bench.store(&names).await;
    let kind = Arc::new(Scripted { poison: Some("bad"), ..Scripted::default() });
    let running = bench.start(&kind, |_| {});
    let report = running.until("a hold", |report| report.state == State::Held).await;
    assert_eq!(report.dead_letters, 200);
    let why = report.last_error.expect("told").1;
    assert!(why.starts_with("200 records in a row were refused"), "{why}");
    // Somebody says that it is right so.
    running.order(|done| Order::Pause(false, done)).await.expect("noted");
    running.until("the end", |report| report.dead_letters == 300 && report.waiting_since.is_none()).await;
    running.end().await;
}

#[tokio::test]
async fn what_retention_took_before_it_was_sent_is_counted() {
    const DAY: i64 = 86_400_000_000_000;
    let mut bench = Bench::new();
    let folder = bench.dir.path().join("journal");
    for days_ago in [2, 1, 0] {
        bench.journal.close().await;
        let clock = Clock::fixed(UnixNanos(NOON.0 - days_ago * DAY));
        bench.journal = Journal::open(&folder, &JournalConfig::default(), clock, &Meter::default()).expect("opens");
        bench.store(&["a", "b"]).await;
    }
    let kind = Arc::new(Scripted::default());
    lock(&kind.answers).push_back(Answer::Hold(refused()));
    // So small a window that only the first day is read.
    let running = bench.start(&kind, |config| (config.batch_bytes, config.concurrency) = (1, 1));
    running.until("a hold", |report| report.state == State::Held && report.lag_bytes > 0).await;
    let gone = bench.journal.forget_before(NOON.day()).expect("deletes");
    assert_eq!(gone.len(), 2);
    running.order(|done| Order::Pause(false, done)).await.expect("noted");
    let report = running.until("the rest", |report| report.sent_records == 4).await;
    assert_eq!(report.lost_records, 2, "the day that was not read; the one in the window was sent");
    running.end().await;
}
