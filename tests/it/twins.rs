//! A call that two instrumentations tell in two traces without a link: one counts, both are shown and lead to each other.

use serde_json::{Value, json};
use tracemeter::model::otlp::{InstrumentationScope, Span, TracesData};

use crate::erase::delete;
use crate::support::App;
use crate::support::otlp::{chat, child, span, traces, with};

const INNER: &str = "openinference.instrumentation.openai";
const OUTER: &str = "openinference.instrumentation.langchain";
/// 1000 x 2.5 + 100 x 10 micro-dollars.
const COST: i64 = 3_500_000;

/// A call of gpt-4o as OpenInference tells it.
fn call(span: Span, answer: &str) -> Span {
    let span = with(with(span, "openinference.span.kind", "LLM"), "llm.model_name", "gpt-4o");
    let span = with(with(span, "llm.token_count.prompt", 1000), "llm.token_count.completion", 100);
    with(span, "llm.output_messages.0.message.content", answer)
}

fn scoped(scope: &str, spans: Vec<Span>) -> TracesData {
    let mut data = traces("shop", spans);
    let scope = InstrumentationScope { name: scope.into(), ..InstrumentationScope::default() };
    data.resource_spans[0].scope_spans[0].scope = Some(scope);
    data
}

/// The call inside a chain, in trace 1; and the same in trace 2.
fn both() -> [TracesData; 2] {
    let chain = with(span(1, 1, "chain", 10), "openinference.span.kind", "CHAIN");
    let outer = call(child(1, span(1, 2, "ChatOpenAI", 10)), "Vienna.");
    [scoped(OUTER, vec![chain, outer]), scoped(INNER, vec![call(span(2, 1, "ChatCompletion", 10), "Vienna.")])]
}

async fn totals(app: &App) -> (Value, Value) {
    app.settled().await;
    let cost = app.get_ok("/api/v1/cost").await;
    (cost["items"][0]["calls"].clone(), cost["items"][0]["cost_nano"].clone())
}

async fn page(app: &App, trace: &str) -> Value {
    app.get_ok(&format!("/api/v1/traces/{}", trace.repeat(16))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_counts_and_each_leads_to_the_other() {
    for turned in [false, true] {
        let app = App::start().await;
        let mut requests = both();
        if turned {
            requests.reverse();
        }
        for request in requests {
            app.send(&request).await;
            // Each in a load of its own.
            app.settled().await;
        }
        assert_eq!(totals(&app).await, (json!(1), json!(COST)));
        let (first, second) = (page(&app, "01").await, page(&app, "02").await);
        assert_eq!((&first["cost_nano"], &second["cost_nano"]), (&json!(COST), &Value::Null));
        assert_eq!((&first["call_count"], &second["call_count"]), (&json!(1), &json!(0)));
        let (counted, other) = (&first["spans"][1]["call"], &second["spans"][0]["call"]);
        assert_eq!((&counted["counted"], &other["counted"]), (&json!(true), &json!(false)), "{counted:#} {other:#}");
        assert_eq!(counted["twin"], json!({"trace_id": "02".repeat(16), "span_id": "01".repeat(8)}));
        assert_eq!(other["twin"], json!({"trace_id": "01".repeat(16), "span_id": "02".repeat(8)}));
        let why = format!("the same call is told by span {} of trace {}", "02".repeat(8), "01".repeat(16));
        assert_eq!(other["counted_reason"], why);
        let calls = app.get_ok("/api/v1/calls").await;
        let told: Vec<&Value> = calls["items"].as_array().expect("a list").iter().map(|call| &call["twin"]).collect();
        assert!(told.len() == 2 && told.iter().all(|twin| twin.is_object()), "{calls:#}");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_part_of_a_trace_and_a_deletion_are_weighed_again() {
    let app = App::start().await;
    for request in both() {
        app.send(&request).await;
    }
    assert_eq!(totals(&app).await, (json!(1), json!(COST)));
    // The telling that counted turns out to be a wrapper of another call: the other one counts now, beside the new one.
    let nested = call(child(2, span(1, 3, "ChatOpenAI", 10)), "Linz.");
    app.send(&scoped(OUTER, vec![nested])).await;
    assert_eq!(totals(&app).await, (json!(2), json!(2 * COST)));
    let second = page(&app, "02").await;
    assert_eq!((&second["cost_nano"], &second["spans"][0]["call"]["twin"]), (&json!(COST), &Value::Null));
    app.stop().await;

    let app = App::start().await;
    for request in both() {
        app.send(&request).await;
    }
    app.settled().await;
    delete(&app, &format!("/api/v1/traces/{}", "01".repeat(16))).await;
    assert_eq!(totals(&app).await, (json!(1), json!(COST)), "what is left counts");
    let left = app.get_ok("/api/v1/calls").await;
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1));
    assert_eq!((&left["items"][0]["counted"], &left["items"][0]["twin"]), (&json!(true), &Value::Null), "{left:#}");
    assert_eq!(app.get_ok("/api/v1/traces").await["items"][0]["cost_nano"], COST);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_calls_of_one_instrumentation_are_calls() {
    let app = App::start().await;
    for trace in 1..=3 {
        app.send(&scoped(OUTER, vec![call(span(trace, 1, "ChatOpenAI", 10), "Vienna.")])).await;
    }
    assert_eq!(totals(&app).await, (json!(3), json!(3 * COST)));
    // And of two, as many as each of them tells.
    for trace in 4..=6 {
        app.send(&scoped(INNER, vec![call(span(trace, 1, "ChatCompletion", 10), "Vienna.")])).await;
    }
    assert_eq!(totals(&app).await, (json!(3), json!(3 * COST)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_application_and_its_gateway_tell_counts_once() {
    let app = App::start().await;
    let told = |trace: u8, second: i64| {
        with(chat(span(trace, 1, "chat", second), "gpt-4o", 1000, 100), "gen_ai.response.id", "chatcmpl-abc1")
    };
    app.send(&traces("shop", vec![told(1, 10)])).await;
    app.settled().await;
    let mut gateway = scoped("litellm", vec![told(2, 7)]);
    let resource = gateway.resource_spans[0].resource.as_mut().expect("a resource");
    *resource = traces("gateway", Vec::new()).resource_spans[0].resource.clone().expect("a resource");
    app.send(&gateway).await;
    assert_eq!(totals(&app).await, (json!(1), json!(COST)));
    assert!(page(&app, "01").await["spans"][0]["call"]["twin"].is_object());
    app.stop().await;
}
