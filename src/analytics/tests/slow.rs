//! Questions that take too long: stopped at their deadline or when nobody waits, and in nobody's way meanwhile.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::config::{AttributionConfig, CostConfig, JournalConfig};
use crate::journal::{Appended, Batch, Payload};
use crate::model::otlp;

/// Would take years.
const ENDLESS: &str =
    "SELECT count(*) FROM range(1000000000000) AS a (x), range(1000000) AS b (y) WHERE sqrt(x) * sin(y) > 2";

/// As many as are answered at once.
const ALL: usize = 4;

/// Nothing here waits for less, and nothing is measured: a test that hangs shall fail.
const PATIENCE: Duration = Duration::from_secs(120);

fn ask_endless(readers: &Arc<Readers>) -> (JoinHandle<Result<i64, Error>>, oneshot::Receiver<()>) {
    let (begin, begun) = oneshot::channel();
    let readers = Arc::clone(readers);
    let question = move |connection: &duckdb::Connection| {
        begin.send(()).expect("the test waits for it");
        connection.query_row(ENDLESS, [], |row| row.get(0))
    };
    (tokio::spawn(async move { readers.ask(question).await }), begun)
}

/// Occupies all connections with questions that have begun.
async fn occupy(readers: &Arc<Readers>) -> Vec<JoinHandle<Result<i64, Error>>> {
    let mut asked = Vec::new();
    for _ in 0..ALL {
        let (task, begun) = ask_endless(readers);
        begun.await.expect("it begins");
        asked.push(task);
    }
    asked
}

#[tokio::test]
async fn a_question_past_its_deadline_is_stopped_and_the_next_is_answered() {
    let dir = TempDir::new().expect("a temporary folder");
    let (connection, cursor) = database::open(dir.path(), &config()).expect("opens");
    let analytics = without_loader(&connection, dir.path(), cursor, Duration::from_millis(50));
    for _ in 0..2 * ALL {
        let asked = analytics
            .readers
            .ask(move |connection| connection.query_row(ENDLESS, [], |row| row.get::<_, i64>(0)))
            .await;
        assert!(matches!(asked, Err(Error::Timeout { .. })), "{asked:?}");
    }
    // All connections are interrupted and come back.
    analytics.readers.idle().await;
    let patient = without_loader(&connection, dir.path(), cursor, PATIENCE);
    assert_eq!(patient.stats().await.expect("answers").spans, 0);
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_is_stopped_and_its_connection_answers_again() {
    let dir = TempDir::new().expect("a temporary folder");
    let (connection, cursor) = database::open(dir.path(), &config()).expect("opens");
    let analytics = without_loader(&connection, dir.path(), cursor, 100 * PATIENCE);
    for task in occupy(&analytics.readers).await {
        // What axum does to the handler of a client that went away.
        task.abort();
        assert!(task.await.expect_err("aborted").is_cancelled());
    }
    tokio::time::timeout(PATIENCE, analytics.readers.idle()).await.expect("all were interrupted");
    for _ in 0..2 * ALL {
        assert_eq!(analytics.stats().await.expect("answers").spans, 0);
    }
}

fn request(trace: TraceId) -> Batch {
    let span = otlp::Span {
        trace_id: trace.0.to_vec().into(),
        span_id: vec![1; 8].into(),
        name: "step".into(),
        start_time_unix_nano: NOON.cast_unsigned(),
        end_time_unix_nano: NOON.cast_unsigned() + 1,
        ..otlp::Span::default()
    };
    let scope = otlp::ScopeSpans { spans: vec![span], ..otlp::ScopeSpans::default() };
    let resource = otlp::ResourceSpans { scope_spans: vec![scope], ..otlp::ResourceSpans::default() };
    let data = otlp::TracesData { resource_spans: vec![resource] };
    Batch { project: "default".into(), digest: trace.0, payload: Payload::Traces(data), media: false }
}

#[tokio::test]
async fn slow_questions_hold_up_neither_ingest_nor_loading_nor_trace_pages() {
    let dir = TempDir::new().expect("a temporary folder");
    let (clock, meter) = (Clock::fixed(UnixNanos(NOON)), Meter::default());
    let journal = Journal::open(&dir.path().join("journal"), &JournalConfig::default(), clock.clone(), &meter);
    let journal = journal.expect("the journal opens");
    let interpreter = Arc::new(Interpreter::new(&AttributionConfig::default(), &CostConfig::default()));
    let config = AnalyticsConfig { query_timeout_ms: 100 * PATIENCE.as_millis() as u64, ..config() };
    let opened = Analytics::open(&dir.path().join("analytics"), &config, journal.clone(), interpreter, clock, &meter);
    let analytics = opened.expect("the analytics open");
    let asked = occupy(&analytics.readers).await;

    for number in 1..=5 {
        let trace = TraceId([number; 16]);
        let appended = tokio::time::timeout(PATIENCE, journal.append(request(trace))).await;
        assert_eq!(appended.expect("acknowledged").expect("stored"), Appended::Stored);
        // What the page of a trace reads.
        assert_eq!(journal.trace(trace).expect("reads").len(), 1);
        let head = *journal.committed().borrow();
        let mut cursor = analytics.cursor();
        let loaded = tokio::time::timeout(PATIENCE, cursor.wait_for(|loaded| *loaded >= head)).await;
        loaded.expect("loaded").expect("the loader runs");
    }
    assert!(asked.iter().all(|task| !task.is_finished()), "the slow questions are still in work");

    asked.iter().for_each(JoinHandle::abort);
    let stats = tokio::time::timeout(PATIENCE, analytics.stats()).await.expect("in time").expect("answers");
    assert_eq!(stats.spans, 5);
    analytics.close().await;
    journal.close().await;
}

#[tokio::test]
async fn a_transaction_that_was_left_open_is_nobody_elses() {
    let bench = Bench::new();
    for _ in 0..10 {
        let broken = bench.analytics.readers.ask(|connection| {
            // As when the end of the transaction is interrupted.
            std::mem::forget(connection.unchecked_transaction()?);
            connection.query_row("SELECT error('stopped')", [], |row| row.get::<_, String>(0))
        });
        assert!(broken.await.is_err());
        let answer = bench.analytics.readers.ask(|connection| {
            let snapshot = connection.unchecked_transaction()?;
            snapshot.query_row("SELECT 42", [], |row| row.get::<_, i32>(0))
        });
        assert_eq!(answer.await.expect("answers"), 42);
    }
}
