//! Log records all the way: calls made of them, their place on the page of a trace, and lists of them.

use std::path::{Path, PathBuf};

use prost::Message as _;
use serde_json::{Value, json};
use tracemeter::model::otlp::{AnyValue, KeyValue, KeyValueList, LogRecord, LogsData, any_value};

use crate::support::otlp::{IntoValue, chat, logs, span, traces, with};
use crate::support::{App, NOON, at};

const SINCE: &str = "since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z";

/// Requests of a recorded client: path and body.
fn requests(client: &str) -> Vec<(&'static str, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/otlp").join(client);
    let entries = std::fs::read_dir(folder).expect("the capture").map(|entry| entry.expect("an entry").path());
    let mut bodies: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|kind| kind == "body")).collect();
    bodies.sort();
    let read = |path: PathBuf| {
        let meta = std::fs::read_to_string(path.with_extension("meta.json")).expect("readable");
        let paths = ["/v1/traces", "/v1/logs", "/v1/metrics"];
        let to = paths.into_iter().find(|known| meta.contains(*known)).expect("OTLP over HTTP");
        (to, std::fs::read(path).expect("readable"))
    };
    bodies.into_iter().map(read).collect()
}

async fn post_all(app: &App, requests: impl IntoIterator<Item = (&'static str, Vec<u8>)>) {
    for (path, body) in requests {
        assert_eq!(app.post(path, body).await.status(), 200, "{path}");
    }
    app.settled().await;
}

fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().expect("a list")
}

fn attribute(key: &str, value: impl IntoValue) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value.into_value()) }) }
}

/// 310 + 150 + 60 uncached, 700 + 512 read, 512 + 128 written, 111 + 44 + 77 out: see the capture's `expected.json`.
fn is_the_truth(row: &Value) {
    let usage = &row["usage"];
    let told = ["input", "cache_read", "cache_write", "output"].map(|bucket| usage[bucket].as_u64());
    assert_eq!(told, [Some(520), Some(1212), Some(640), Some(232)], "{row:#}");
    assert_eq!(
        (&row["calls"], &row["errors"], &row["cost_nano"]),
        (&json!(4), &json!(1), &json!(7_866_600)),
        "{row:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_code_counts_once_with_spans_records_and_metrics() {
    let app = App::start().await;
    post_all(&app, requests("claude-code").into_iter().rev()).await;
    let cost = app.get_ok(&format!("/api/v1/cost?{SINCE}")).await;
    is_the_truth(&items(&cost)[0]);
    let trace = app.get_ok("/api/v1/traces/8edf9b88a669839f012108fe89e55cd6").await;
    assert_eq!((&trace["call_count"], &trace["cost_nano"]), (&json!(2), &json!(5_061_600)));
    let spans = trace["spans"].as_array().expect("spans");
    let calls: Vec<&Value> = spans.iter().filter(|span| span["name"] == "claude_code.api_request").collect();
    assert_eq!(calls.len(), 2);
    let last = &calls[1]["call"];
    assert_eq!(last["cost"]["reported_usd"], 0.002_031_6);
    assert_eq!(last["output_messages"][0]["parts"][0]["text"], "The command printed capture-ok.");
    assert_eq!(last["input_messages"][0]["parts"][0]["text"], "RUNTOOL print the marker");
    let repeated = spans.iter().find(|span| span["name"] == "claude_code.llm_request").expect("the span");
    assert_eq!(repeated["call"]["counted_reason"], "its log record tells it");
    let logs = trace["logs"].as_array().expect("records");
    assert_eq!((logs.len(), &trace["log_count"]), (6, &json!(6)));
    assert_eq!(logs[0]["body"], "claude_code.user_prompt");
    assert!(logs.iter().all(|log| spans.iter().any(|span| span["span_id"] == log["span_id"])), "{logs:#?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_traces_a_prompt_is_a_trace() {
    let app = App::start().await;
    let only_logs = requests("claude-code").into_iter().filter(|(path, _)| *path == "/v1/logs");
    let stripped = only_logs.map(|(path, body)| {
        let mut data = LogsData::decode(body.as_slice()).expect("OTLP");
        for group in &mut data.resource_logs {
            for record in group.scope_logs.iter_mut().flat_map(|part| &mut part.log_records) {
                record.trace_id.clear();
                record.span_id.clear();
            }
        }
        (path, data.encode_to_vec())
    });
    post_all(&app, stripped.rev()).await;
    is_the_truth(&items(&app.get_ok(&format!("/api/v1/cost?{SINCE}")).await)[0]);
    let list = app.get_ok(&format!("/api/v1/traces?{SINCE}")).await;
    assert_eq!(items(&list).len(), 3, "{list:#}");
    let found = items(&list).iter().find(|trace| trace["input_preview"] == "RUNTOOL print the marker");
    let id = found.expect("the prompt is shown")["trace_id"].as_str().expect("an id").to_owned();
    let trace = app.get_ok(&format!("/api/v1/traces/{id}")).await;
    let spans = trace["spans"].as_array().expect("spans");
    let kinds: Vec<&str> = spans.iter().filter_map(|span| span["kind"].as_str()).collect();
    assert_eq!(kinds, ["agent", "llm", "tool", "llm"], "{trace:#}");
    assert_eq!((&trace["span_count"], &trace["call_count"]), (&json!(4), &json!(2)));
    assert!(spans[1..].iter().all(|span| span["parent_span_id"] == spans[0]["span_id"]));
    assert_eq!(spans[2]["tool"]["arguments"]["command"], "echo capture-ok");
    assert_eq!(spans[0]["attributes"]["tracemeter.log_event"], "claude_code.user_prompt");
    // Decisions and answers belong to it too.
    assert_eq!(trace["log_count"], 6);
    let logs = app.get_ok(&format!("/api/v1/logs?trace_id={id}")).await;
    assert_eq!(items(&logs).len(), 6);
    app.until("/api/v1/health", |health| health["search"]["caught_up"] == true).await;
    let search = app.get_ok("/api/v1/search?q=prompt:RUNTOOL").await;
    assert_eq!(items(&search)[0]["trace_id"], id.as_str(), "{search:#}");
    app.stop().await;
}

/// An event that repeats `span 1` of trace 1, in its trace or in none.
fn details(in_trace: bool) -> LogRecord {
    let message = r#"[{"role":"user","parts":[{"type":"text","content":"Is it open?"}]}]"#;
    let ids = |byte: u8, len: usize| if in_trace { vec![byte; len].into() } else { vec![].into() };
    LogRecord {
        time_unix_nano: at(NOON).0.unsigned_abs() - 1_000_000_000,
        event_name: "gen_ai.client.inference.operation.details".into(),
        trace_id: ids(1, 16),
        span_id: ids(1, 8),
        attributes: vec![
            attribute("gen_ai.operation.name", "chat"),
            attribute("gen_ai.request.model", "gpt-4o"),
            attribute("gen_ai.response.id", "resp-1"),
            attribute("gen_ai.usage.input_tokens", 1000),
            attribute("gen_ai.usage.output_tokens", 100),
            attribute("gen_ai.input.messages", message),
        ],
        ..LogRecord::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_completes_its_span_and_is_a_call_without_one() {
    // 1000 x 2.5 + 100 x 10 micro-dollars.
    const COST: u64 = 3_500_000;
    for in_trace in [true, false] {
        let app = App::start().await;
        let event = logs("shop", vec![details(in_trace)]).encode_to_vec();
        post_all(&app, [("/v1/logs", event)]).await;
        let alone = app.get_ok("/api/v1/calls").await;
        assert_eq!(items(&alone).len(), 1, "{alone:#}");
        assert_eq!(items(&alone)[0]["cost"]["nano"], COST);
        let alone = items(&alone)[0]["trace_id"].as_str().expect("an id").to_owned();
        assert_eq!(app.get_ok(&format!("/api/v1/traces/{alone}")).await["cost_nano"], COST);

        let call = with(chat(span(1, 1, "chat gpt-4o", 2), "gpt-4o", 1000, 100), "gen_ai.response.id", "resp-1");
        app.send(&traces("shop", vec![call])).await;
        app.settled().await;
        let calls = app.get_ok("/api/v1/calls").await;
        assert_eq!(items(&calls).len(), 1, "{calls:#}");
        assert_eq!((&items(&calls)[0]["name"], &items(&calls)[0]["counted"]), (&json!("chat gpt-4o"), &json!(true)));
        let list = app.get_ok("/api/v1/traces").await;
        assert_eq!((items(&list).len(), &items(&list)[0]["cost_nano"]), (1, &json!(COST)), "{list:#}");
        assert_eq!(items(&list)[0]["input_preview"], "Is it open?");
        let trace = app.get_ok(&format!("/api/v1/traces/{}", "01".repeat(16))).await;
        assert_eq!((&trace["span_count"], trace["spans"].as_array().map(Vec::len)), (&json!(1), Some(1)));
        let said = &trace["spans"][0]["call"]["input_messages"][0]["parts"][0]["text"];
        assert_eq!(said, "Is it open?", "{trace:#}");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_message_events_are_the_content_of_their_span() {
    let app = App::start().await;
    let message = |name: &str, role: &str, text: &str| LogRecord {
        time_unix_nano: at(NOON).0.unsigned_abs(),
        event_name: name.into(),
        trace_id: vec![1; 16].into(),
        span_id: vec![1; 8].into(),
        body: Some(AnyValue {
            value: Some(any_value::Value::KvlistValue(KeyValueList {
                values: vec![attribute("role", role), attribute("content", text)],
            })),
        }),
        ..LogRecord::default()
    };
    let records = vec![
        message("gen_ai.user.message", "user", "How high is the Großglockner?"),
        message("gen_ai.choice", "assistant", "3798 m"),
    ];
    post_all(&app, [("/v1/logs", logs("guide", records).encode_to_vec())]).await;
    app.send(&traces("guide", vec![chat(span(1, 1, "chat gpt-4o", 2), "gpt-4o", 10, 5)])).await;
    let trace = app.get_ok(&format!("/api/v1/traces/{}", "01".repeat(16))).await;
    let call = &trace["spans"][0]["call"];
    assert_eq!(call["input_messages"][0]["parts"][0]["text"], "How high is the Großglockner?", "{trace:#}");
    assert_eq!(call["output_messages"][0]["parts"][0]["text"], "3798 m");
    assert_eq!(trace["log_count"], 2);
    app.stop().await;
}
