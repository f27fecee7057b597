//! Gateways between n8n and its models: what they tell of a response belongs below the run that it answered.

use serde_json::{Value, json};
use tracemeter::model::otlp::{Span, TracesData};

use crate::executions::{DAY, call, during, engine, id, listed, node, run, workflow};
use crate::support::App;
use crate::support::otlp::{chat, child, span, traces, with};

const HOME: u8 = 0xa0;
const AGENT: u8 = 0xc0;
/// Our own relay, and LiteLLM's proxy, each in a trace of its own.
const RELAY: u8 = 0xf0;
const PROXY: u8 = 0x90;

fn answered(span: Span, response: &str) -> Span {
    with(span, "gen_ai.response.id", response)
}

fn told_by(scope: &str, service: &str, spans: Vec<Span>) -> TracesData {
    let mut data = traces(service, spans);
    data.resource_spans[0].scope_spans[0].scope.as_mut().expect("a scope").name = scope.into();
    data
}

/// In the order in which it happens.
fn requests() -> Vec<TracesData> {
    let passed = chat(during(span(RELAY, 0xf1, "chat gpt-4o-mini", 0), 33, 38), "gpt-4o-mini", 2_000, 0);
    let request = chat(child(0x91, during(span(PROXY, 0x93, "litellm_request", 0), 53, 57)), "gpt-4o-mini", 3_000, 0);
    let root = with(during(span(PROXY, 0x91, "Received Proxy Server Request", 0), 52, 58), "http.route", "/chat");
    let agent = run(AGENT, (0xc1, 0), "chain", ("1", "Agent"), (31, 59));
    let first = call(run(AGENT, (0xc2, 0xc1), "llm", ("1", "Agent"), (32, 39)), 2_000, 0);
    let last = call(run(AGENT, (0xc4, 0xc1), "llm", ("1", "Agent"), (51, 58)), 3_000, 0);
    vec![
        told_by("tracemeter.relay", "relay", vec![answered(passed, "chatcmpl-cap00204")]),
        told_by("litellm", "litellm", vec![answered(request, "chatcmpl-cap00205")]),
        told_by("litellm", "litellm", vec![root]),
        traces("default", vec![agent, answered(first, "chatcmpl-cap00204"), answered(last, "chatcmpl-cap00205")]),
        engine(HOME, vec![node(HOME, 4, "Agent", "agent", (30, 60)), workflow(HOME, "1", (5, 65))]),
    ]
}

async fn is_one_trace(app: &App) {
    app.settled().await;
    assert_eq!(listed(app).await, [id(HOME)]);
    let home = app.get_ok(&format!("/api/v1/traces/{}", id(HOME))).await;
    let spans = home["spans"].as_array().expect("spans");
    let mut parents: Vec<(&str, &str)> = spans
        .iter()
        .filter_map(|span| Some((&span["span_id"].as_str()?[..2], &span["parent_span_id"].as_str()?[..2])))
        .collect();
    parents.sort_unstable();
    let expected = [("04", "01"), ("91", "c4"), ("93", "91"), ("c1", "04"), ("c2", "c1"), ("c4", "c1"), ("f1", "c2")];
    assert_eq!(parents, expected);
    // 5,000 x 0.15 dollars per million, once.
    let told = ["span_count", "call_count", "cost_nano"].map(|key| &home[key]);
    assert_eq!(json!(told), json!([8, 2, 750_000]), "{home:#}");
    let cost = app.get_ok(&format!("/api/v1/cost?{DAY}&group_by=workflow")).await;
    let (row, rest) = cost["items"].as_array().and_then(|rows| rows.split_first()).expect("a row");
    assert!(rest.is_empty(), "{cost:#}");
    assert_eq!(json!([row["workflow"], row["calls"], row["cost_nano"]]), json!(["Workflow 1", 2, 750_000]));
    for part in [AGENT, RELAY, PROXY] {
        assert_eq!(app.get_ok(&format!("/api/v1/traces/{}", id(part))).await, home, "{part:x} leads there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_gateway_tells_hangs_below_the_run_in_any_order() {
    let requests = requests();
    let orders = [
        [0, 1, 2, 3, 4],
        [4, 3, 2, 1, 0],
        [3, 0, 4, 2, 1],
        [2, 4, 1, 3, 0],
        [4, 2, 3, 0, 1],
        [3, 1, 0, 2, 4],
        [1, 3, 2, 4, 0],
    ];
    for order in orders {
        let app = App::start().await;
        for request in order {
            app.send(&requests[request]).await;
            // Each is loaded before the next comes.
            app.settled().await;
        }
        is_one_trace(&app).await;
        let gone = |data: &std::path::Path| std::fs::remove_dir_all(data.join("analytics")).expect("removed");
        let app = app.restart_after(gone).await;
        is_one_trace(&app).await;
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_gateway_tells_is_deleted_with_the_run() {
    let app = App::start().await;
    for request in requests() {
        app.send(&request).await;
    }
    is_one_trace(&app).await;
    let url = app.web_url(&format!("/api/v1/traces/{}", id(RELAY)));
    let deleted = app.client.delete(&url).header("x-tracemeter", "1").send().await.expect("answers");
    let receipt: Value = deleted.json().await.expect("a receipt");
    assert_eq!(receipt["state"], "done", "{receipt:#}");
    for trace in [HOME, AGENT, RELAY, PROXY] {
        assert_eq!(app.get(&format!("/api/v1/traces/{}", id(trace))).await.0, 404, "{trace:x}");
    }
    assert_eq!(app.journal_spans().await, []);
    app.stop().await;
}

/// A gateway that was reached by a `traceparent`, another response, and a response that came much later.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_to_a_run_stays_where_it_is() {
    let app = App::start().await;
    let own = requests();
    let linked = chat(child(0x55, during(span(0x51, 0x52, "chat", 0), 33, 38)), "gpt-4o-mini", 2_000, 0);
    let other = chat(during(span(0x61, 0x62, "chat", 0), 33, 38), "gpt-4o-mini", 2_000, 0);
    let late = chat(during(span(0x71, 0x72, "chat", 0), 200_000, 200_010), "gpt-4o-mini", 2_000, 0);
    let told = vec![
        answered(linked, "chatcmpl-cap00204"),
        answered(other, "chatcmpl-cap00209"),
        answered(late, "chatcmpl-cap00204"),
    ];
    for request in [&told_by("tracemeter.relay", "relay", told), &own[3], &own[4]] {
        app.send(request).await;
        app.settled().await;
    }
    assert_eq!(listed(&app).await, [id(0x51), id(0x61), id(0x71), id(HOME)]);
    app.stop().await;
}
