//! A sampler on real stores, in which chunks arrive and are judged.

use std::collections::BTreeSet;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::analytics::Analytics;
use crate::clock::Clock;
use crate::config::{AnalyticsConfig, JournalConfig, MediaConfig, RedactConfig};
use crate::interpret::Interpreter;
use crate::journal::{Batch, Journal};
use crate::media::Media;
use crate::meter::Meter;
use crate::model::UnixNanos;
use crate::model::otlp::{
    AnyValue, KeyValue, LogRecord, LogsData, ResourceLogs, ResourceSpans, ScopeLogs, ScopeSpans, Span, SpanStatus,
    StatusCode, TracesData, any_value,
};
use crate::redact::Redactor;
use crate::registry::Registry;

const SECOND: i64 = NANOS_PER_SECOND;
const HOUR: i64 = 3_600 * SECOND;

/// 2026-11-20T12:00:00Z
const NOON: i64 = 1_795_176_000 * SECOND;

/// What was sent: trace and span by their first bytes, and how many the record stands for (0: none).
type Sent = BTreeSet<(u8, u8, u64)>;

struct Bench {
    _dir: TempDir,
    sources: Surroundings,
    ledger: Ledger,
    config: SamplingConfig,
    digest: u128,
}

fn healthy_only() -> SamplingConfig {
    SamplingConfig { ratio: 0.0, new_days: 0, ..SamplingConfig::default() }
}

impl Bench {
    fn new(config: SamplingConfig) -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let (clock, meter) = (Clock::fixed(UnixNanos(NOON)), Meter::default());
        let journal = Journal::open(&dir.path().join("journal"), &JournalConfig::default(), clock.clone(), &meter);
        let journal = journal.expect("opens");
        let interpreter = Arc::new(Interpreter::new(&Default::default(), &Default::default()));
        let analytics = Analytics::open(
            &dir.path().join("analytics"),
            &AnalyticsConfig::default(),
            journal.clone(),
            Arc::clone(&interpreter),
            clock.clone(),
            &meter,
        );
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens");
        let folder = dir.path().join("media");
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        let media = Media::open(&folder, &MediaConfig::default(), journal.clone(), clock.clone(), &meter, stopped);
        let ledger = Ledger::open(dir.path()).expect("opens");
        let sources = Surroundings {
            analytics: analytics.expect("opens"),
            journal,
            registry,
            media: media.expect("opens"),
            interpreter,
            clock,
            redactor: Arc::new(Redactor::new(&RedactConfig::default(), [7; 32]).expect("compiles")),
        };
        Self { _dir: dir, sources, ledger, config, digest: 0 }
    }

    fn sampler(&self) -> Sampler {
        let counters = SamplingCounters::register(&Meter::default());
        Sampler::open(&self.config, "splunk", &self.sources, self.ledger.clone(), counters).expect("opens")
    }

    /// Stores `payload` as one chunk, waits until it is loaded, and lets it settle.
    async fn arrives(&mut self, payload: Payload) -> Chunk {
        let chunk = self.stored(payload).await;
        let mut loaded = self.sources.analytics.cursor();
        loaded.wait_for(|at| *at >= chunk.cursor).await.expect("loads");
        self.pass(60 * SECOND);
        chunk
    }

    async fn stored(&mut self, payload: Payload) -> Chunk {
        self.digest += 1;
        let before = *self.sources.journal.committed().borrow();
        let digest = self.digest.to_le_bytes();
        let batch = Batch { project: "default".into(), digest, payload, media: false };
        self.sources.journal.append(batch).await.expect("stored");
        let chunks = self.sources.journal.reader().next(before, usize::MAX).expect("reads");
        assert_eq!(chunks.len(), 1, "one request, one chunk");
        chunks[0].clone()
    }

    fn now(&self) -> i64 {
        self.sources.clock.now().0
    }

    fn pass(&self, nanos: i64) {
        self.sources.clock.set(UnixNanos(self.now() + nanos));
    }

    /// What of the chunk is sent, by share.
    async fn judged(&self, sampler: &mut Sampler, chunk: &Chunk) -> Vec<Share> {
        match sampler.judge(chunk, &chunk.payload().expect("decodes")).await.expect("judges") {
            Verdict::Send(shares) => shares,
            Verdict::Wait(wait) => panic!("waits {wait:?}"),
        }
    }

    /// Adds what `shares` send.
    fn send(&self, shares: &[Share], sent: &mut Sent) {
        for share in shares {
            let chunk = self.sources.journal.reader().chunk(share.cursor).expect("reads").expect("there");
            for (trace, span) in records(&chunk.payload().expect("decodes")) {
                if let Some(weight) = share.keep.weight(TraceId::from_slice(&trace)) {
                    let count = if let Weight::Ratio(ratio) = weight { (1.0 / ratio).round() as u64 } else { 0 };
                    let first = |id: &[u8]| id.first().copied().unwrap_or_default();
                    assert!(sent.insert((first(&trace), first(&span), count)), "sent twice");
                }
            }
        }
    }
}

fn records(payload: &Payload) -> Vec<(Vec<u8>, Vec<u8>)> {
    match payload {
        Payload::Traces(data) => {
            let scopes = data.resource_spans.iter().flat_map(|group| &group.scope_spans);
            scopes.flat_map(|scope| &scope.spans).map(|span| (span.trace_id.to_vec(), span.span_id.to_vec())).collect()
        }
        Payload::Logs(data) => {
            let scopes = data.resource_logs.iter().flat_map(|group| &group.scope_logs);
            let records = scopes.flat_map(|scope| &scope.log_records);
            records.map(|record| (record.trace_id.to_vec(), record.span_id.to_vec())).collect()
        }
        Payload::Metrics(_) => Vec::new(),
    }
}

fn span(trace: u8, id: u8, start: i64) -> Span {
    Span {
        trace_id: vec![trace; 16].into(),
        span_id: vec![id; 8].into(),
        name: "step".into(),
        start_time_unix_nano: start.unsigned_abs(),
        end_time_unix_nano: (start + SECOND).unsigned_abs(),
        ..Span::default()
    }
}

fn failed(mut span: Span) -> Span {
    span.status = Some(SpanStatus { code: StatusCode::Error as i32, ..SpanStatus::default() });
    span
}

fn chat(mut span: Span, model: &str) -> Span {
    for (key, value) in [("operation.name", "chat"), ("provider.name", "openai"), ("request.model", model)] {
        let value = Some(AnyValue { value: Some(any_value::Value::StringValue(value.into())) });
        span.attributes.push(KeyValue { key: format!("gen_ai.{key}"), value });
    }
    span
}

fn traces(spans: Vec<Span>) -> Payload {
    let scope = ScopeSpans { spans, ..ScopeSpans::default() };
    let group = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
    Payload::Traces(TracesData { resource_spans: vec![group] })
}

fn logs(traces: &[u8]) -> Payload {
    let record = |trace: &u8| LogRecord {
        trace_id: if *trace == 0 { Vec::new() } else { vec![*trace; 16] }.into(),
        span_id: vec![99; 8].into(),
        time_unix_nano: NOON.unsigned_abs(),
        ..LogRecord::default()
    };
    let scope = ScopeLogs { log_records: traces.iter().map(record).collect(), ..ScopeLogs::default() };
    let group = ResourceLogs { scope_logs: vec![scope], ..ResourceLogs::default() };
    Payload::Logs(LogsData { resource_logs: vec![group] })
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_judged_before_it_has_settled_and_only_what_has_a_trace_is() {
    let mut bench = Bench::new(healthy_only());
    let mut sampler = bench.sampler();
    let chunk = bench.stored(traces(vec![span(1, 1, NOON)])).await;
    bench.sources.analytics.cursor().wait_for(|at| *at >= chunk.cursor).await.expect("loads");
    let payload = chunk.payload().expect("decodes");
    bench.pass(29 * SECOND);
    assert!(matches!(sampler.judge(&chunk, &payload).await, Ok(Verdict::Wait(wait)) if wait <= LOOK_EVERY));
    bench.pass(2 * SECOND);
    assert!(matches!(sampler.judge(&chunk, &payload).await, Ok(Verdict::Send(_))));
    let untraced = bench.stored(logs(&[0, 0])).await;
    let shares = bench.judged(&mut sampler, &untraced).await;
    let mut sent = Sent::new();
    assert!(shares[0].keep.goes(None));
    bench.send(&shares[..0], &mut sent);
    assert_eq!(sampler.report().dropped, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_that_fails_later_is_completed_once_and_what_follows_goes_with_it() {
    let mut bench = Bench::new(healthy_only());
    let mut sampler = bench.sampler();
    let mut sent = Sent::new();
    let early = bench.arrives(traces(vec![span(1, 1, NOON), span(2, 1, NOON)])).await;
    let log = bench.arrives(logs(&[1, 2, 0])).await;
    for chunk in [&early, &log] {
        bench.send(&bench.judged(&mut sampler, chunk).await, &mut sent);
    }
    assert_eq!(sent, Sent::from([(0, 99, 1)]), "what has no trace goes");
    let late = bench.arrives(traces(vec![failed(span(1, 2, NOON + SECOND)), span(2, 2, NOON)])).await;
    let shares = bench.judged(&mut sampler, &late).await;
    assert_eq!(shares.iter().map(|share| share.cursor).collect::<Vec<_>>(), [early.cursor, log.cursor, late.cursor]);
    bench.send(&shares, &mut sent);
    let whole = Sent::from([(0, 99, 1), (1, 1, 1), (1, 99, 1), (1, 2, 1)]);
    assert_eq!(sent, whole, "nobody stood for what was left out, so it counts");
    let after = bench.arrives(traces(vec![span(1, 3, NOON), span(2, 3, NOON)])).await;
    let shares = bench.judged(&mut sampler, &after).await;
    assert_eq!(shares.len(), 1, "the earlier ones went before");
    bench.send(&shares, &mut sent);
    assert_eq!(sent, &whole | &Sent::from([(1, 3, 1)]));
    assert_eq!(sampler.report().kept, [("error", 1)].into());
    assert_eq!(sampler.report().dropped, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_deciding_and_sending_changes_no_decision() {
    let mut bench = Bench::new(healthy_only());
    bench.ledger.account("splunk", Cursor::default()).expect("made");
    let early = bench.arrives(traces(vec![span(1, 1, NOON), span(2, 1, NOON)])).await;
    let late = bench.arrives(traces(vec![failed(span(1, 2, NOON))])).await;
    let first = {
        let mut sampler = bench.sampler();
        [bench.judged(&mut sampler, &early).await, bench.judged(&mut sampler, &late).await]
    };
    // By now the other trace has failed as well.
    let later = bench.arrives(traces(vec![failed(span(2, 2, NOON))])).await;
    let mut sampler = bench.sampler();
    let second = [bench.judged(&mut sampler, &early).await, bench.judged(&mut sampler, &late).await];
    assert_eq!(first, second);
    let mut sent = Sent::new();
    for shares in second.iter().chain([&bench.judged(&mut sampler, &later).await]) {
        bench.send(shares, &mut sent);
    }
    assert_eq!(sent, Sent::from([(1, 1, 1), (1, 2, 1), (2, 1, 1), (2, 2, 1)]));
    // Once confirmed it is forgotten, and a rewind judges by what is known then.
    let mut account = bench.ledger.account("splunk", Cursor::default()).expect("known");
    account.cursor = later.cursor;
    bench.ledger.save("splunk", &account).expect("written");
    let next = bench.arrives(traces(vec![span(3, 1, NOON)])).await;
    bench.judged(&mut sampler, &next).await;
    let mut again = Sent::new();
    for chunk in [&early, &late, &later] {
        bench.send(&bench.judged(&mut sampler, chunk).await, &mut again);
    }
    assert_eq!(again, sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_order_and_the_moment_of_judging_the_same_records_go() {
    // Three traces in three pieces each; one fails in its first piece, one in its last, one never.
    let piece = |trace: u8, id: u8| {
        let span = span(trace, id, NOON + i64::from(id) * SECOND);
        if matches!((trace, id), (1, 1) | (2, 3)) { failed(span) } else { span }
    };
    let pieces = [[(1, 1), (2, 1)], [(3, 1), (1, 2)], [(2, 2), (3, 2)], [(1, 3), (3, 3)], [(2, 3), (3, 4)]];
    let expected: Sent = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)].map(|(trace, id)| (trace, id, 1)).into();
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [3, 4, 0, 2, 1]] {
        for at_once in [true, false] {
            let mut bench = Bench::new(healthy_only());
            let mut sampler = bench.sampler();
            let (mut sent, mut waiting) = (Sent::new(), Vec::new());
            for at in order {
                let spans = pieces[at].map(|(trace, id)| piece(trace, id));
                waiting.push(bench.arrives(traces(spans.into())).await);
                if at_once {
                    for chunk in waiting.drain(..) {
                        bench.send(&bench.judged(&mut sampler, &chunk).await, &mut sent);
                    }
                }
            }
            for chunk in waiting {
                bench.send(&bench.judged(&mut sampler, &chunk).await, &mut sent);
            }
            assert_eq!(sent, expected, "{order:?}, each at once: {at_once}");
        }
    }
}

mod rules;
