//! From the acknowledgement to what lists show: exactly once, whatever happens in between.

use serde_json::Value;
use tracemeter::model::otlp::{LogRecord, LogsData, ResourceLogs, ScopeLogs};

use crate::support::otlp::{chat, child, failed, span, traces};
use crate::support::{App, NOON, at};

async fn list(app: &App, query: &str) -> Vec<Value> {
    app.get_ok(&format!("/api/v1/traces{query}")).await["items"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn what_is_acknowledged_can_be_seen() {
    let app = App::start().await;
    app.send(&traces(
        "agent",
        vec![span(1, 1, "plan", 10), chat(child(1, span(1, 2, "chat gpt-4o", 9)), "gpt-4o", 1000, 50)],
    ))
    .await;
    app.settled().await;
    let items = list(&app, "").await;
    assert_eq!(items.len(), 1, "{items:#?}");
    let trace = &items[0];
    assert_eq!((trace["name"].as_str(), trace["service"].as_str()), (Some("plan"), Some("agent")));
    assert_eq!((trace["span_count"].as_u64(), trace["call_count"].as_u64()), (Some(2), Some(1)));
    assert_eq!(trace["usage"]["input"], 1000);
    assert_eq!(trace["usage"]["total"], 1050);
    assert_eq!(trace["models"], serde_json::json!(["gpt-4o"]));
    assert_eq!(trace["duration_ms"], 2000.0);
    let nano = trace["cost_nano"].as_i64().expect("gpt-4o has a price");
    assert_eq!(trace["cost_usd"].as_f64(), Some(nano as f64 / 1e9));
    app.stop().await;
}

#[tokio::test]
async fn nothing_is_lost_or_repeated_across_restarts() {
    let mut app = App::start().await;
    for trace in 1..=3 {
        app.send(&traces("agent", vec![chat(span(trace, 1, "chat", 10), "gpt-4o", 100, 10)])).await;
        // Stopped before or after it was loaded: both must end in the same.
        if trace == 2 {
            app.settled().await;
        }
        app = app.restart().await;
    }
    app.settled().await;
    let health = app.get_ok("/api/v1/health").await;
    assert_eq!((health["analytics"]["spans"].as_u64(), health["analytics"]["traces"].as_u64()), (Some(3), Some(3)));
    let total = app.get_ok("/api/v1/cost?since=24h").await;
    assert_eq!(total["items"][0]["calls"], 3);
    app.stop().await;
}

#[tokio::test]
async fn deleted_analytics_are_rebuilt_from_the_journal() {
    let app = App::start().await;
    app.send(&traces("a", vec![failed(span(1, 1, "first", 10), "no route")])).await;
    app.send(&traces("b", vec![chat(span(2, 1, "chat", 5), "gpt-4o", 7, 3)])).await;
    app.settled().await;
    let before = list(&app, "").await;
    let app = app
        .restart_after(|data_dir| std::fs::remove_dir_all(data_dir.join("analytics")).expect("can be deleted"))
        .await;
    app.settled().await;
    assert_eq!(list(&app, "").await, before);
    app.stop().await;
}

#[tokio::test]
async fn a_span_sent_again_in_another_request_counts_once() {
    let app = App::start().await;
    let call = chat(span(1, 1, "chat", 10), "gpt-4o", 100, 10);
    app.send(&traces("agent", vec![call.clone()])).await;
    app.settled().await;
    app.send(&traces("agent", vec![call, span(1, 2, "more", 9)])).await;
    app.settled().await;
    let items = list(&app, "").await;
    assert_eq!((items[0]["span_count"].as_u64(), items[0]["usage"]["input"].as_u64()), (Some(2), Some(100)));
    app.stop().await;
}

#[tokio::test]
async fn a_late_child_takes_the_count_from_its_wrapper() {
    let app = App::start().await;
    app.send(&traces("agent", vec![chat(span(1, 1, "wrapper", 10), "gpt-4o", 100, 10)])).await;
    app.settled().await;
    let first = list(&app, "").await;
    assert_eq!(first[0]["call_count"], 1);
    app.send(&traces("agent", vec![chat(child(1, span(1, 2, "inner", 9)), "gpt-4o", 100, 10)])).await;
    app.settled().await;
    let calls = app.get_ok("/api/v1/calls").await;
    let told: Vec<(&str, bool)> = calls["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|call| (call["name"].as_str().expect("a name"), call["counted"].as_bool().expect("told")))
        .collect();
    assert_eq!(told, [("inner", true), ("wrapper", false)]);
    assert!(calls["items"][1]["counted_reason"].is_string(), "{calls:#}");
    let after = list(&app, "").await;
    assert_eq!((&after[0]["cost_nano"], &after[0]["call_count"]), (&first[0]["cost_nano"], &Value::from(1)));
    app.stop().await;
}

#[tokio::test]
async fn log_records_are_listed_with_their_trace() {
    let app = App::start().await;
    let record = LogRecord {
        time_unix_nano: at(NOON).0 as u64,
        severity_number: 17,
        event_name: "request.failed".into(),
        trace_id: vec![9; 16].into(),
        span_id: vec![8; 8].into(),
        ..LogRecord::default()
    };
    let data = LogsData {
        resource_logs: vec![ResourceLogs {
            scope_logs: vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    };
    let answer = app.post("/v1/logs", prost::Message::encode_to_vec(&data)).await;
    assert_eq!(answer.status(), 200);
    app.settled().await;
    let found = app.get_ok(&format!("/api/v1/logs?trace_id={}&min_severity=error", "09".repeat(16))).await;
    assert_eq!(found["items"][0]["event_name"], "request.failed");
    assert_eq!(found["items"][0]["severity"], "error");
    let none = app.get_ok("/api/v1/logs?min_severity=fatal").await;
    assert_eq!(none["items"], serde_json::json!([]));
    app.stop().await;
}
