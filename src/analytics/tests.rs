//! Loading and asking on a real database in a temporary folder.

mod boards;
mod costs;
mod facts;
mod file;
mod known_calls;
mod lists;
mod local;
mod pages;
mod parts;
mod reconcile;
mod rollup;
mod slow;
mod told;

use std::collections::BTreeMap;

use tempfile::TempDir;

use super::incoming::Incoming;
use super::load::Store;
use super::readers::Readers;
use super::row::SpanRow;
use super::save::Memory;
use super::*;
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{
    Attribution, Bucket, BucketCost, Call, Cost, CostBasis, Day, NanoUsd, Operation, PriceMatch, ServiceTier, Span,
    SpanId, SpanKind, Status, TokenUsage,
};

/// 2026-11-20T12:00:00Z
const NOON: i64 = 1_795_176_000 * NANOS_PER_SECOND;

pub(super) fn span(trace: u8, id: u8) -> Span {
    let start = UnixNanos(NOON + i64::from(trace) * 60 * NANOS_PER_SECOND + i64::from(id) * 1_000_000);
    Span {
        trace_id: TraceId([trace; 16]),
        span_id: SpanId([id; 8]),
        parent_span_id: None,
        name: format!("step {id}"),
        kind: SpanKind::Other,
        service: "agent".into(),
        scope: "scope".into(),
        dialect: "",
        start,
        end: start.saturating_add(500_000_000),
        status: Status::Unset,
        status_message: None,
        error_type: None,
        attribution: Attribution::default(),
        execution: None,
        call: None,
        tool_name: None,
        input_preview: None,
        output_preview: None,
    }
}

pub(super) fn child_of(parent: &Span, id: u8) -> Span {
    Span { parent_span_id: Some(parent.span_id), trace_id: parent.trace_id, ..span(parent.trace_id.0[0], id) }
}

/// A call with `input` tokens that cost one nano-dollar each.
pub(super) fn call(trace: u8, id: u8, model: &str, input: u64) -> Span {
    let amount = NanoUsd(i64::try_from(input).unwrap_or(i64::MAX));
    let price = PriceMatch {
        provider: "openai".into(),
        model: model.into(),
        how: "exact".into(),
        source: "test prices".into(),
        effective_from: Some("2025-08-01".into()),
        tier: Some(ServiceTier::Flex),
        tier_priced: true,
        above: Some(200_000),
        sold_by: Some("azure".into()),
    };
    let line = BucketCost { bucket: Bucket::Input, units: input, price: NanoUsd(1_000_000), amount };
    let call = Call {
        operation: Operation::Chat,
        provider: Some("openai".into()),
        request_model: Some(model.into()),
        response_model: None,
        response_id: None,
        streaming: Some(true),
        time_to_first_token_ns: Some(120_000_000),
        finish_reasons: vec!["stop".into()],
        usage: Some(TokenUsage { input, ..TokenUsage::default() }),
        cost: Cost {
            amount: Some(amount),
            basis: CostBasis::Computed(price),
            reported: Some(NanoUsd(5)),
            buckets: vec![line],
        },
        counted: true,
        not_counted_because: None,
        twin: None,
    };
    Span { kind: SpanKind::Llm, call: Some(call), ..span(trace, id) }
}

/// A database with a loader's side, which tests drive by hand, and the readers' side.
struct Bench {
    dir: TempDir,
    store: Store,
    analytics: Analytics,
    chunk: i64,
}

fn config() -> AnalyticsConfig {
    AnalyticsConfig::default()
}

fn shared(cursor: Cursor, head: watch::Receiver<Cursor>, clock: Clock) -> Shared {
    Shared {
        jobs: Mutex::default(),
        job_came: Notify::new(),
        cursor: watch::Sender::new(cursor),
        events: Mutex::new(None),
        progress: Mutex::new(Progress::UpToDate(cursor)),
        waiting_since: AtomicI64::new(clock.now().0),
        head,
        clock,
        spans: Counter::default(),
        failures: Counter::default(),
        skipped: Counter::default(),
    }
}

fn without_loader(connection: &duckdb::Connection, dir: &Path, cursor: Cursor, deadline: Duration) -> Analytics {
    let shared = shared(cursor, watch::channel(cursor).1, Clock::fixed(UnixNanos(NOON)));
    Analytics {
        shared: Arc::new(shared),
        readers: Arc::new(Readers::open(connection, deadline).expect("readers open")),
        loader: Arc::new(Mutex::new(None)),
        stop: Arc::new(watch::channel(false).0),
        dir: dir.into(),
        interpreter: Arc::new(Interpreter::new(
            &crate::config::AttributionConfig::default(),
            &crate::config::CostConfig::default(),
        )),
        last_reindex: Arc::default(),
        reindexing: Arc::default(),
        changing: Arc::default(),
    }
}

impl Bench {
    fn new() -> Self {
        Self::over(TempDir::new().expect("a temporary folder"))
    }

    fn over(dir: TempDir) -> Self {
        let (connection, cursor) = database::open(dir.path(), &config()).expect("opens");
        let analytics = without_loader(&connection, dir.path(), cursor, Duration::from_secs(30));
        let memory = Memory { mib: 64, readers: Arc::clone(&analytics.readers) };
        let store = Store::open(connection, 2, Some(memory)).expect("opens");
        Self { dir, store, analytics, chunk: cursor.chunk }
    }

    /// Closes and opens again, as a restart does.
    fn restart(self) -> Self {
        drop((self.store, self.analytics));
        Self::over(self.dir)
    }

    fn load(&mut self, spans: &[Span]) -> Loaded {
        self.chunk += 1;
        let mut incoming = Incoming { cursor: Cursor { day: Day(20_777), chunk: self.chunk }, ..Incoming::default() };
        for span in spans {
            let row = SpanRow::new("default".into(), span.clone());
            incoming.traces.entry(span.trace_id).or_default().push(row);
        }
        self.store.load(incoming).expect("loads")
    }

    async fn traces(&self, filter: &Filter) -> Vec<TraceSummary> {
        self.analytics.traces(filter, Order::Newest, 500, None).await.expect("answers").items
    }

    async fn names(&self, filter: &Filter) -> Vec<u8> {
        self.traces(filter).await.iter().map(|trace| trace.trace_id.0[0]).collect()
    }
}

fn any_of(dimension: Dimension, values: &[&str]) -> Filter {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    Filter { any_of: vec![(dimension, values)], ..Filter::default() }
}

#[test]
fn what_is_not_loaded_has_an_age() {
    let clock = Clock::fixed(UnixNanos(NOON));
    let head = Cursor { day: Day(20_777), chunk: 1 };
    let shared = shared(Cursor::default(), watch::channel(head).1, clock.clone());
    assert_eq!(shared.lag_ns(Cursor::default()), 1, "just arrived");
    clock.set(UnixNanos(NOON + 5 * NANOS_PER_SECOND));
    assert_eq!(shared.lag_ns(Cursor::default()), 5 * NANOS_PER_SECOND);
    assert_eq!(shared.lag_ns(head), 0);
}

#[tokio::test]
async fn rows_and_cursor_survive_a_restart_together() {
    let mut bench = Bench::new();
    let loaded = bench.load(&[call(1, 1, "gpt-4o", 10), span(2, 1)]);
    assert_eq!((loaded.spans, loaded.calls, loaded.traces.len()), (2, 1, 2));
    let bench = bench.restart();
    assert_eq!(*bench.analytics.cursor().borrow(), Cursor { day: Day(20_777), chunk: 1 });
    let stats = bench.analytics.stats().await.expect("answers");
    assert_eq!((stats.spans, stats.traces), (2, 2));
}

#[tokio::test]
async fn a_span_comes_back_as_it_was_stored() {
    let mut bench = Bench::new();
    let mut stored = call(1, 1, "gpt-4o", 10);
    stored.attribution.tags = vec!["a".into(), "b".into()];
    stored.input_preview = Some("hello".into());
    stored.status_message = Some("zero\0inside".into());
    bench.load(std::slice::from_ref(&stored));
    let page = bench.analytics.calls(&Filter::default(), Order::Newest, 10, None).await.expect("answers");
    assert_eq!(page.items, [stored]);
}

#[tokio::test]
async fn what_arrives_again_replaces_and_never_counts_twice() {
    let mut bench = Bench::new();
    bench.load(&[call(1, 1, "gpt-4o", 10), call(1, 2, "gpt-4o", 20)]);
    bench.load(&[call(1, 2, "gpt-4o", 20)]);
    // Also after a restart, when nothing is remembered but the tables.
    let mut bench = bench.restart();
    let completed = Span { name: "complete".into(), ..call(1, 1, "gpt-4o", 11) };
    bench.load(&[completed]);
    let traces = bench.traces(&Filter::default()).await;
    assert_eq!(traces.len(), 1);
    assert_eq!((traces[0].span_count, traces[0].usage.input, traces[0].name.as_str()), (2, 31, "complete"));
    assert_eq!(bench.analytics.stats().await.expect("answers").spans, 2);
}

/// Every order and every cut into batches of a family of four gives the same tables. Each case is a trace of its own.
#[tokio::test]
async fn order_and_batching_of_arrival_do_not_matter() {
    let root = span(1, 1);
    let wrapper = Span { parent_span_id: Some(root.span_id), ..call(1, 2, "gpt-4o", 100) };
    let inner = Span { parent_span_id: Some(wrapper.span_id), ..call(1, 3, "gpt-4o", 100) };
    let tool = child_of(&root, 4);
    let family = [root, wrapper, inner, tool];
    let mut bench = Bench::new();
    bench.load(&family);
    let expected = picture(&bench, family[0].trace_id).await;
    assert_eq!((expected.0.call_count, expected.1.len()), (1, 2));
    let cases = permutations(4).into_iter().flat_map(|order| (1..4).map(move |cut| (order.clone(), cut)));
    for (number, (order, cut)) in (2..).zip(cases) {
        let trace_id = TraceId([number; 16]);
        let ordered: Vec<Span> = order.iter().map(|at| Span { trace_id, ..family[*at].clone() }).collect();
        bench.load(&ordered[..cut]);
        for one in &ordered[cut..] {
            bench.load(std::slice::from_ref(one));
        }
        let (mut trace, verdicts) = picture(&bench, trace_id).await;
        trace.trace_id = expected.0.trace_id;
        assert_eq!((trace, verdicts), expected, "order {order:?}, first batch of {cut}");
    }
}

/// Everything lists say of a trace: its row, and of each call whether it counts and why not.
async fn picture(bench: &Bench, trace: TraceId) -> (TraceSummary, BTreeMap<SpanId, (bool, Option<String>)>) {
    let filter = Filter { trace: Some(trace), ..Filter::default() };
    let calls = bench.analytics.calls(&filter, Order::Newest, 100, None).await.expect("answers");
    let verdicts = calls
        .items
        .into_iter()
        .filter_map(|span| span.call.map(|call| (span.span_id, (call.counted, call.not_counted_because))))
        .collect();
    let mut traces = bench.traces(&filter).await;
    assert_eq!(traces.len(), 1);
    (traces.remove(0), verdicts)
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(move |at| insert(order, at))).collect()
}

#[tokio::test]
async fn filters_find_a_value_at_any_span_of_the_trace() {
    let mut bench = Bench::new();
    let mut first = call(1, 1, "gpt-4o", 100);
    first.attribution.user = Some("ann".into());
    let mut second = call(1, 2, "mini", 1);
    second.attribution.user = Some("bob".into());
    second.attribution.node = Some("LLM 2".into());
    let failed = Span { status: Status::Error, name: "Weekly Report".into(), ..span(2, 1) };
    bench.load(&[first, second, failed]);
    let found = async |filter: Filter| bench.names(&filter).await;
    assert_eq!(found(any_of(Dimension::User, &["bob"])).await, [1]);
    assert_eq!(found(any_of(Dimension::User, &["ann", "zoe"])).await, [1]);
    assert_eq!(found(any_of(Dimension::User, &[""])).await, [2]);
    assert_eq!(found(any_of(Dimension::Node, &["LLM 2"])).await, [1]);
    assert_eq!(found(any_of(Dimension::Node, &[""])).await, [2]);
    assert_eq!(found(any_of(Dimension::Model, &["mini"])).await, [1]);
    assert_eq!(found(any_of(Dimension::Model, &[""])).await, [2]);
    assert_eq!(found(any_of(Dimension::Service, &["agent"])).await, [2, 1]);
    assert_eq!(found(Filter { status: vec![Status::Error], ..Filter::default() }).await, [2]);
    assert_eq!(found(Filter { text: Some("weekly".into()), ..Filter::default() }).await, [2]);
    assert_eq!(found(Filter { min_cost: Some(NanoUsd(101)), ..Filter::default() }).await, [1]);
    assert_eq!(found(Filter { min_duration_ns: Some(501_000_000), ..Filter::default() }).await, [1]);
    let later = UnixNanos(NOON + 100 * NANOS_PER_SECOND);
    assert_eq!(found(Filter { since: Some(later), ..Filter::default() }).await, [2]);
    assert_eq!(found(Filter { until: Some(later), ..Filter::default() }).await, [1]);
}

#[tokio::test]
async fn values_come_with_the_number_of_traces() {
    let mut bench = Bench::new();
    let mut first = call(1, 1, "gpt-4o", 1);
    first.attribution.feature = Some("Chat".into());
    first.attribution.node = Some("LLM".into());
    bench.load(&[first, call(2, 1, "gpt-4o", 1), call(2, 2, "mini", 1)]);
    let ask = async |dimension, contains: &str| {
        let question = ValueQuestion { dimension, filter: Filter::default(), contains: contains.into(), limit: 10 };
        bench.analytics.values(&question).await.expect("answers")
    };
    assert_eq!(ask(Dimension::Model, "").await, [("gpt-4o".to_owned(), 2), ("mini".to_owned(), 1)]);
    assert_eq!(ask(Dimension::Feature, "cHA").await, [("Chat".to_owned(), 1)]);
    assert_eq!(ask(Dimension::Node, "").await, [("LLM".to_owned(), 1)]);
    assert_eq!(ask(Dimension::Team, "").await, []);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_made_again() {
    let mut bench = Bench::new();
    bench.load(&[span(1, 1)]);
    let dir = bench.dir.path().to_owned();
    let Bench { dir: folder, store, analytics, .. } = bench;
    drop((store, analytics));
    std::fs::write(database::file(&dir), b"this is no database, but it is longer than a header would be ........")
        .expect("written");
    let bench = Bench::over(folder);
    assert_eq!(*bench.analytics.cursor().borrow(), Cursor::default());
    assert_eq!(bench.analytics.stats().await.expect("answers").spans, 0);
}

#[tokio::test]
async fn a_file_of_another_format_is_made_again() {
    let mut bench = Bench::new();
    bench.load(&[span(1, 1)]);
    bench
        .analytics
        .readers
        .ask(|connection| connection.execute("UPDATE loaded SET format = 0", []))
        .await
        .expect("changes");
    let bench = bench.restart();
    assert_eq!(*bench.analytics.cursor().borrow(), Cursor::default());
    assert_eq!(bench.analytics.stats().await.expect("answers").spans, 0);
}
