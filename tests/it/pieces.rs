//! Spans that clients tell in pieces, all the way: lists, pages, search, destinations, after restarts and rebuilds.

use serde_json::{Value, json};
use tracemeter::config::{DestinationConfig, DestinationKind};
use tracemeter::model::TraceId;
use tracemeter::model::otlp::{AnyValue, ArrayValue, KeyValue, Span, SpanEvent, any_value};
use tracemeter::model::piece::{AT, Field, LACKS};

use crate::support::App;
use crate::support::otlp::{chat, child, failed, span, traces, with};

const DAY: &str = "since=2026-11-20T00:00:00Z&until=2026-11-22T00:00:00Z";

/// `span` as a piece of the moment `at` (nanoseconds) that does not know `fields`.
pub fn piece(span: Span, at: i64, fields: &[Field]) -> Span {
    let text = |field: &Field| AnyValue { value: Some(any_value::Value::StringValue(field.as_str().into())) };
    let list = any_value::Value::ArrayValue(ArrayValue { values: fields.iter().map(text).collect() });
    let mut span = with(span, AT, at);
    span.attributes.push(KeyValue { key: LACKS.into(), value: Some(AnyValue { value: Some(list) }) });
    span
}

/// What a client says of a call when it begins, and when it ends four seconds later.
fn created_and_updated(trace: u8) -> [Span; 2] {
    let created = with(span(trace, 2, "answer", 10), "gen_ai.request.model", "gpt-4o-mini");
    let created = with(child(1, created), "gen_ai.operation.name", "chat");
    let mut created =
        with(with(created, "gen_ai.provider.name", "openai"), "gen_ai.input.messages", said("user", "wherefore"));
    created.events.push(SpanEvent { time_unix_nano: 7, name: "queued".into(), ..SpanEvent::default() });
    let began = created.start_time_unix_nano.cast_signed();
    let mut updated = with(span(trace, 2, "", 6), "gen_ai.usage.input_tokens", 1_000_i64);
    updated = with(updated, "gen_ai.usage.output_tokens", 100_i64);
    updated = with(updated, "gen_ai.output.messages", said("assistant", "therefore"));
    updated = failed(with(updated, "gen_ai.request.model", ""), "cut off");
    let ended = updated.end_time_unix_nano.cast_signed();
    [
        piece(created, began, &[Field::End, Field::Status]),
        piece(updated, ended, &[Field::Name, Field::Start, Field::Parent]),
    ]
}

fn said(role: &str, text: &str) -> String {
    json!([{"role": role, "parts": [{"type": "text", "content": text}]}]).to_string()
}

fn root(trace: u8) -> Span {
    with(span(trace, 1, "run", 11), "gen_ai.operation.name", "invoke_agent")
}

/// The call of `trace` is whole wherever one looks.
async fn is_whole(app: &App, trace: u8) {
    app.settled().await;
    let id = format!("{trace:02x}").repeat(16);
    let calls = app.get_ok(&format!("/api/v1/calls?{DAY}&trace_id={id}")).await;
    assert_eq!(calls["items"].as_array().map(Vec::len), Some(1), "{calls:#}");
    let call = &calls["items"][0];
    assert_eq!((&call["duration_ms"], &call["status"]), (&json!(5000.0), &json!("error")), "{call:#}");
    assert_eq!((&call["usage"]["input"], &call["usage"]["output"]), (&json!(1000), &json!(100)));
    // 1,000 x 0.15 and 100 x 0.60 dollars per million.
    assert_eq!((&call["cost"]["nano"], &call["counted"]), (&json!(210_000), &json!(true)), "{call:#}");
    let page = app.get_ok(&format!("/api/v1/traces/{id}")).await;
    assert_eq!((&page["span_count"], &page["call_count"], &page["cost_nano"]), (&json!(2), &json!(1), &json!(210_000)));
    let spans = page["spans"].as_array().expect("spans");
    let call = spans.iter().find(|span| span["name"] == "answer").expect("the call");
    assert_eq!((&call["parent_span_id"], &call["status_message"]), (&json!("0101010101010101"), &json!("cut off")));
    assert_eq!(call["call"]["input_messages"][0]["parts"][0]["text"], "wherefore");
    assert_eq!(call["call"]["output_messages"][0]["parts"][0]["text"], "therefore");
    assert_eq!(call["events"].as_array().map(Vec::len), Some(1));
    let names = call["attributes"].as_object().expect("attributes");
    assert!(names.keys().all(|name| !name.starts_with("tracemeter.")), "{names:#?}");
    let raw = app.get_ok(&format!("/api/v1/traces/{id}/otlp?span_id=0202020202020202")).await;
    let groups = raw["resourceSpans"].as_array().expect("groups");
    assert_eq!(groups.len(), 1, "{raw:#}");
    assert_eq!(groups[0]["scopeSpans"][0]["spans"][0]["name"], "answer");
}

async fn cost(app: &App) -> Value {
    let cost = app.get_ok(&format!("/api/v1/cost?{DAY}")).await;
    let row = &cost["items"][0];
    json!([row["calls"], row["errors"], row["usage"]["input"], row["cost_nano"]])
}

#[tokio::test(flavor = "multi_thread")]
async fn created_and_updated_are_one_call_in_either_order() {
    let mut app = App::start().await;
    for (trace, restart, turned) in [(1, false, false), (2, true, false), (3, false, true), (4, true, true)] {
        app.send(&traces("bot", vec![root(trace)])).await;
        let mut pieces = created_and_updated(trace);
        if turned {
            pieces.reverse();
        }
        for (at, piece) in pieces.into_iter().enumerate() {
            if at == 1 {
                app.settled().await;
                if restart {
                    app = app.restart().await;
                }
            }
            app.send(&traces("bot", vec![piece.clone()])).await;
            // Sent again by a client that heard no answer, with something else beside it.
            app.send(&traces("bot", vec![piece, root(trace)])).await;
        }
        is_whole(&app, trace).await;
    }
    // In one request, the end first.
    let [created, updated] = created_and_updated(5);
    app.send(&traces("bot", vec![root(5), updated, created])).await;
    is_whole(&app, 5).await;
    let before = cost(&app).await;
    assert_eq!(before, json!([5, 5, 5_000, 1_050_000]));
    let gone = |data: &std::path::Path| std::fs::remove_dir_all(data.join("analytics")).expect("removed");
    let app = app.restart_after(gone).await;
    for trace in 1..=5 {
        is_whole(&app, trace).await;
    }
    assert_eq!(cost(&app).await, before);
    let url = app.web_url("/api/v1/reindex");
    let asked = app.client.post(&url).header("x-tracemeter", "1").send().await.expect("answers");
    assert_eq!(asked.status(), 202);
    let report = app.until("/api/v1/reindex", |report| report["state"] == "done").await;
    assert_eq!(report["outcome"]["kept_traces"], 0, "{report:#}");
    assert_eq!(cost(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_on_is_shown_and_found_and_then_replaced() {
    let app = App::start().await;
    let [created, updated] = created_and_updated(1);
    app.send(&traces("bot", vec![root(1), updated])).await;
    app.settled().await;
    app.until("/api/v1/health", |health| health["search"]["caught_up"] == true).await;
    let found = app.get_ok("/api/v1/search?q=completion:therefore").await;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found:#}");
    app.send(&traces("bot", vec![created])).await;
    app.until("/api/v1/health", |health| health["search"]["caught_up"] == true).await;
    for word in ["prompt:wherefore", "completion:therefore", "answer"] {
        let found = app.get_ok(&format!("/api/v1/search?q={word}")).await;
        assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{word}: {found:#}");
        assert_eq!(found["items"][0]["name"], "answer", "{word}: {found:#}");
        assert!(found["items"][0]["snippet"]["text"].is_string(), "{word}: {found:#}");
    }
    let [created, _] = created_and_updated(2);
    app.send(&traces("bot", vec![created])).await;
    let id = "02".repeat(16);
    let page = app.until(&format!("/api/v1/traces/{id}"), |page| page["span_count"] == 1).await;
    assert_eq!(page["spans"][0]["attributes"]["tracemeter.unfinished"], true, "{page:#}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn destinations_get_the_whole_span_once() {
    let second = App::start().await;
    let url = second.http_url("");
    let first = App::start_with(|config| {
        config.destination.push(DestinationConfig::new("second", DestinationKind::OtlpHttp, &url));
    })
    .await;
    let [created, updated] = created_and_updated(1);
    first.send(&traces("bot", vec![created.clone(), root(1)])).await;
    first.send(&traces("bot", vec![root(8)])).await;
    second.until(&format!("/api/v1/traces/{}", "08".repeat(16)), |page| page["span_count"] == 1).await;
    let ids = |spans: &[Span]| spans.iter().map(|span| (span.trace_id[0], span.span_id[0])).collect::<Vec<_>>();
    assert_eq!(ids(&second.journal_spans().await), [(1, 1), (8, 1)], "nobody knows its end yet");
    first.send(&traces("bot", vec![updated.clone()])).await;
    is_whole(&first, 1).await;
    let id = "01".repeat(16);
    second.until(&format!("/api/v1/traces/{id}"), |page| page["span_count"] == 2).await;
    is_whole(&second, 1).await;
    // What says nothing new is not sent, and what does is marked.
    first.send(&traces("bot", vec![created, updated.clone()])).await;
    let late = with(span(1, 2, "", 1), "note", "looked at again");
    let lacks = [Field::Name, Field::Start, Field::End, Field::Parent, Field::Status];
    first.send(&traces("bot", vec![piece(late, i64::MAX, &lacks)])).await;
    let again = |page: &Value| {
        let spans = page["spans"].as_array();
        spans.is_some_and(|spans| spans.iter().any(|span| span["attributes"]["tracemeter.update"] == true))
    };
    second.until(&format!("/api/v1/traces/{id}"), again).await;
    assert_eq!(ids(&second.journal_spans().await), [(1, 1), (8, 1), (1, 2), (1, 2)]);
    for app in [first, second] {
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_found_by_the_name_its_client_gave_it() {
    let app = App::start().await;
    for name in ["9f8b54ae-1d2a-4b0c-9d0e-0f4cc0d1a001", "chat 7/8"] {
        let mut named = chat(span(1, 1, "answer", 10), "gpt-4o-mini", 1, 1);
        named.trace_id = TraceId::from_foreign(name).expect("a name").0.to_vec().into();
        app.send(&traces("bot", vec![named])).await;
        app.settled().await;
        let path: String = name.replace(' ', "%20").replace('/', "%2F");
        let page = app.get_ok(&format!("/api/v1/traces/{path}")).await;
        assert_eq!(page["trace_id"], TraceId::from_foreign(name).expect("a name").to_string());
        app.get_ok(&format!("/api/v1/traces/{path}/otlp")).await;
        app.get_ok(&format!("/api/v1/traces/{path}/spans/0101010101010101/cost")).await;
    }
    let (status, error) = app.get("/api/v1/traces/chat%209").await;
    assert_eq!((status, &error["error"]["code"]), (404, &json!("not_found")));
    let message = error["error"]["message"].as_str().expect("a message");
    assert!(message.contains(r#""chat 9""#), "{message}");
    assert!(error["error"]["hint"].as_str().is_some_and(|hint| hint.contains("32 hex digits")), "{error:#}");
    app.stop().await;
}
