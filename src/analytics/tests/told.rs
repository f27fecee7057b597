//! Calls that are told by spans and by log records count once, in whatever order and however often they come.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use prost::Message as _;

use super::*;
use crate::config::{AttributionConfig, CostConfig};
use crate::journal::Chunk;
use crate::model::Signal;
use crate::model::otlp::{LogsData, ResourceLogs, ResourceSpans, ScopeLogs, ScopeSpans, TracesData};

/// Every span and every log record of a client's capture, each as a chunk of its own.
fn pieces(client: &str) -> Vec<(Signal, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/otlp").join(client);
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the capture").map(|entry| entry.expect("an entry").path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "body"));
    names.sort();
    let mut pieces = Vec::new();
    for path in names {
        let meta = std::fs::read_to_string(path.with_extension("meta.json")).expect("readable");
        let body = std::fs::read(&path).expect("readable");
        if meta.contains("/v1/traces") || meta.contains("TraceService") {
            let data = TracesData::decode(body.as_slice()).expect("OTLP");
            pieces.extend(data.resource_spans.into_iter().flat_map(one_span_each));
        } else if meta.contains("/v1/logs") || meta.contains("LogsService") {
            let data = LogsData::decode(body.as_slice()).expect("OTLP");
            pieces.extend(data.resource_logs.into_iter().flat_map(one_record_each));
        }
    }
    pieces
}

fn one_span_each(group: ResourceSpans) -> Vec<(Signal, Vec<u8>)> {
    let resource = group.resource;
    let spans = group.scope_spans.into_iter().flat_map(|part| {
        let scope = part.scope;
        part.spans.into_iter().map(move |span| (scope.clone(), span))
    });
    let alone = spans.map(|(scope, span)| ScopeSpans { scope, spans: vec![span], ..ScopeSpans::default() });
    let groups = alone.map(|part| ResourceSpans {
        resource: resource.clone(),
        scope_spans: vec![part],
        ..ResourceSpans::default()
    });
    groups.map(|group| (Signal::Traces, TracesData { resource_spans: vec![group] }.encode_to_vec())).collect()
}

fn one_record_each(group: ResourceLogs) -> Vec<(Signal, Vec<u8>)> {
    let resource = group.resource;
    let records = group.scope_logs.into_iter().flat_map(|part| {
        let scope = part.scope;
        part.log_records.into_iter().map(move |record| (scope.clone(), record))
    });
    let alone = records.map(|(scope, record)| ScopeLogs { scope, log_records: vec![record], ..ScopeLogs::default() });
    let groups = alone.map(|part| ResourceLogs {
        resource: resource.clone(),
        scope_logs: vec![part],
        ..ResourceLogs::default()
    });
    groups.map(|group| (Signal::Logs, LogsData { resource_logs: vec![group] }.encode_to_vec())).collect()
}

/// Counted calls, failed ones among them, all input, all output, nano-dollars; and traces.
type Sums = (i64, i64, i64, i64, i64, i64);

async fn sums_after(order: &[usize], cuts: &[bool], pieces: &[(Signal, Vec<u8>)]) -> Sums {
    let interpreter = Interpreter::new(&AttributionConfig::default(), &CostConfig::default());
    let mut bench = Bench::new();
    let mut batch = Vec::new();
    for (at, piece) in order.iter().enumerate() {
        let (signal, body) = &pieces[*piece];
        bench.chunk += 1;
        batch.push(Chunk {
            cursor: Cursor { day: Day(20_777), chunk: bench.chunk },
            received: UnixNanos(NOON),
            project: "default".into(),
            signal: *signal,
            items: 1,
            body: body.clone().into(),
        });
        if cuts[at % cuts.len()] || at + 1 == order.len() {
            bench.store.load(Incoming::read_alone(&batch, &interpreter)).expect("loads");
            batch.clear();
        }
    }
    // Hours are summed up from what counts now.
    while bench.store.settle(UnixNanos(NOON + 864_000 * NANOS_PER_SECOND)).expect("settles") > 0 {}
    let hourly = bench
        .analytics
        .cost(&CostQuestion { group_by: Vec::new(), filter: Filter::default(), buckets: None, sessions: false })
        .await
        .expect("answers")
        .rows;
    let sql = "SELECT count(*), coalesce(sum(errors), 0)::BIGINT,
                      coalesce(sum(input + cache_read + cache_write_5m + cache_write_1h), 0)::BIGINT,
                      coalesce(sum(output + reasoning), 0)::BIGINT, coalesce(sum(cost_nano), 0)::BIGINT,
                      (SELECT count(*) FROM trace) FROM counted_call";
    let row =
        |row: &duckdb::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?));
    let sums: Sums = bench.analytics.readers.ask(move |db| db.query_row(sql, [], row)).await.expect("answers");
    assert_eq!(hourly[0].sums.calls, sums.0.unsigned_abs(), "the hours say the same");
    assert_eq!(hourly[0].sums.cost.map_or(0, |cost| cost.0), sums.4, "the hours say the same");
    sums
}

/// What each capture's provider answered, with what its client hides, see `tests/it/dialects.rs`.
const TRUTH: &[(&str, Sums)] = &[
    // 520 + 1212 + 640 input, 232 output; by hand 2805 + 3030 + 2031.6 micro-dollars; one call failed.
    ("claude-code", (4, 1, 2372, 232, 7_866_600, 3)),
    // 1812 + 2852 + 210 input; 327 + 3305 + 995 + 1300 + 5287.5 + 1.28 micro-dollars. The streamed call's record has no
    // trace id.
    ("openlit", (7, 1, 4874, 721, 11_215_780, 6)),
    // Without the call that is invisible, and with caches hidden: 387 + 3945 + 1315 + 1780 + 1.28 micro-dollars.
    ("otel-contrib-openai-grpc", (6, 1, 3464, 499, 7_428_280, 2)),
];

#[test]
fn told_twice_counts_once_in_any_order() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for (client, expected) in TRUTH {
        let pieces = pieces(client);
        let all: Vec<usize> = (0..pieces.len()).collect();
        let strategy = (
            // Some come twice.
            proptest::collection::vec(prop::sample::select(all.clone()), 0..8)
                .prop_map(move |more| [all.clone(), more].concat())
                .prop_shuffle(),
            proptest::collection::vec(any::<bool>(), 1..7),
        );
        let config = Config { cases: 8, failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&strategy, |(order, cuts)| {
                let sums = runtime.block_on(sums_after(&order, &cuts, &pieces));
                prop_assert_eq!(sums, *expected, "{}", client);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{error}"));
    }
}
