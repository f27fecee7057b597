//! OTLP goes to another backend as it came: a second Tracemeter knows the same, and every byte is there.

use std::collections::BTreeMap;

use prost::Message as _;
use serde_json::{Value, json};
use tracemeter::config::{DestinationConfig, DestinationKind};
use tracemeter::model::otlp::wire::{Holds, Shape, fields, put_delimited};
use tracemeter::model::otlp::{LogsData, MetricsData, SpanLink, TracesData};

use crate::captures::{all, assert_same, deliver, known};
use crate::support::App;
use crate::support::collector::{Collector, Got};
use crate::support::otlp::{chat, child, span, traces, with};

fn to(name: &str, kind: DestinationKind, url: &str) -> DestinationConfig {
    DestinationConfig::new(name, kind, url)
}

/// All items of a list of the API, by their text.
async fn items(app: &App, path: &str) -> Vec<String> {
    let period = "since=2026-11-20T00:00:00Z&until=2026-11-22T00:00:00Z";
    let list = app.get_ok(&format!("{path}?{period}&limit=500")).await;
    let mut items: Vec<String> = list["items"].as_array().expect("a list").iter().map(Value::to_string).collect();
    items.sort();
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tracemeter_knows_the_same_over_http_and_grpc() {
    let (by_http, by_grpc) = (App::start().await, App::start().await);
    let first = App::start_with(|config| {
        config.destination.push(to("http", DestinationKind::OtlpHttp, &by_http.http_url("")));
        config.destination.push(to("grpc", DestinationKind::OtlpGrpc, &by_grpc.grpc_url()));
    })
    .await;
    deliver(&first, all()).await;
    let expected = known(&first).await;
    assert!(expected.len() > 50, "{}", expected.len());
    for (name, second) in [("http", &by_http), ("grpc", &by_grpc)] {
        let state = first.until_sent(name).await;
        assert_eq!((&state["state"], &state["dead_letters"]), (&json!("sending"), &json!(0)), "{state:#}");
        second.settled().await;
        assert_same(&expected, &known(second).await, name);
        for path in ["/api/v1/logs", "/api/v1/metrics"] {
            assert_eq!(items(&first, path).await, items(second, path).await, "{path} by {name}");
        }
    }
    for app in [first, by_http, by_grpc] {
        app.stop().await;
    }
}

/// With an unknown field in every message, as a later version of OTLP would have.
fn planted(shape: Shape, message: &[u8], count: &mut u32) -> Vec<u8> {
    let mut into = Vec::new();
    for field in fields(message) {
        let field = field.expect("a field");
        match shape.field(field.number) {
            Some(Holds::Message(inner)) => {
                put_delimited(field.number, &planted(inner, field.value, count), &mut into);
            }
            _ => into.extend_from_slice(field.raw),
        }
    }
    put_delimited(400, format!("from the future {count}").as_bytes(), &mut into);
    *count += 1;
    into
}

/// A message without the order of its fields.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tree {
    Plain(Vec<u8>),
    Message(BTreeMap<u32, Vec<Tree>>),
}

fn tree(shape: Shape, message: &[u8]) -> Tree {
    let mut by_number = BTreeMap::<u32, Vec<Tree>>::new();
    for field in fields(message) {
        let field = field.expect("a field");
        let inner = match shape.field(field.number) {
            Some(Holds::Message(inner)) => tree(inner, field.value),
            _ => Tree::Plain(field.raw.to_vec()),
        };
        by_number.entry(field.number).or_default().push(inner);
    }
    Tree::Message(by_number)
}

fn of_path<'a>(got: &'a [Got], path: &str) -> Vec<&'a Got> {
    got.iter().filter(|one| one.path.ends_with(path)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_arrives_unknown_fields_included() {
    let link = SpanLink { trace_id: vec![7; 16].into(), trace_state: "other=1".into(), ..SpanLink::default() };
    let mut root = with(span(1, 1, "root", 2), "text", "ünïcode");
    root.trace_state = "vendor=abc,rojo=00f067aa0ba902b7".into();
    root.flags = 0x301;
    root.links.push(link);
    let data = traces("shop", vec![root]).encode_to_vec();
    let sent = planted(Shape::TracesData, &data, &mut 0);
    for kind in [DestinationKind::OtlpHttp, DestinationKind::OtlpGrpc] {
        let collector = Collector::start([]).await;
        let app = App::start_with(|config| config.destination.push(to("raw", kind, &collector.url()))).await;
        assert_eq!(app.post("/v1/traces", sent.clone()).await.status(), 200);
        let got = collector.until(|got| !got.is_empty()).await;
        assert_eq!(tree(Shape::TracesData, &got[0].body), tree(Shape::TracesData, &sent), "{kind:?}");
        let read = TracesData::decode(got[0].body.clone()).expect("decodes");
        let span = &read.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!((span.trace_state.as_str(), span.flags), ("vendor=abc,rojo=00f067aa0ba902b7", 0x301));
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_fields_are_redacted_before_they_are_kept() {
    const SECRET: &str = "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0";
    let collector = Collector::start([]).await;
    let destination = to("raw", DestinationKind::OtlpHttp, &collector.url());
    let app = App::start_with(|config| config.destination.push(destination)).await;
    let mut inner = Vec::new();
    put_delimited(1, format!("a key: {SECRET}").as_bytes(), &mut inner);
    let mut body = traces("shop", vec![span(1, 1, "root", 2)]).encode_to_vec();
    put_delimited(400, &inner, &mut body);
    assert_eq!(app.post("/v1/traces", body).await.status(), 200);
    let got = collector.until(|got| !got.is_empty()).await;
    let shown = String::from_utf8_lossy(&got[0].body).into_owned();
    assert!(shown.contains("a key: [redacted:anthropic-api-key]") && !shown.contains(SECRET), "{shown}");
    assert!(!format!("{:?}", app.journal_payloads().await).contains(SECRET));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_say_who_we_are_and_what_was_configured() {
    let collector = Collector::start([]).await;
    let app = App::start_with(|config| {
        for (name, kind) in [("http", DestinationKind::OtlpHttp), ("grpc", DestinationKind::OtlpGrpc)] {
            let mut destination = to(name, kind, &format!("{}/api/public/otel/", collector.url()));
            destination.token = Some(tracemeter::config::SecretSource::Here(tracemeter::config::Secret::new("T0")));
            let tenant = tracemeter::config::SecretSource::Here(tracemeter::config::Secret::new("home"));
            destination.headers.insert("x-scope-orgid".into(), tenant);
            destination.gzip = name == "grpc";
            config.destination.push(destination);
        }
    })
    .await;
    app.send(&traces("shop", vec![span(1, 1, "root", 2)])).await;
    let got = collector.until(|got| got.len() == 2).await;
    let http = of_path(&got, "/api/public/otel/v1/traces");
    let grpc = of_path(&got, "/api/public/otel/opentelemetry.proto.collector.trace.v1.TraceService/Export");
    for (one, content_type, encoding) in
        [(http[0], "application/x-protobuf", None), (grpc[0], "application/grpc", Some("gzip"))]
    {
        let header = |name: &str| one.headers.get(name).map(|value| value.to_str().expect("text"));
        assert_eq!(header("authorization"), Some("Bearer T0"));
        assert_eq!(header("x-scope-orgid"), Some("home"));
        assert_eq!(header("content-type"), Some(content_type));
        assert_eq!(header("content-encoding"), None);
        assert_eq!(header("grpc-encoding"), encoding);
        assert!(header("user-agent").is_some_and(|agent| agent.starts_with("tracemeter/")));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_is_sent_on_demand() {
    let collector = Collector::start([]).await;
    let app = App::start_with(|config| {
        config.destination.push(to("http", DestinationKind::OtlpHttp, &collector.url()));
        config.destination.push(to("grpc", DestinationKind::OtlpGrpc, &collector.url()));
        config.destination.push(to("hook", DestinationKind::Webhook, &collector.url()));
        for signal in [tracemeter::model::Signal::Logs, tracemeter::model::Signal::Metrics] {
            let mut one = to(signal.as_str(), DestinationKind::OtlpHttp, &collector.url());
            one.signals = vec![signal];
            config.destination.push(one);
        }
    })
    .await;
    for name in ["http", "grpc", "hook", "logs", "metrics"] {
        let request = app.client.post(app.web_url(&format!("/api/v1/destinations/{name}/test")));
        let answer = request.header("x-tracemeter", "1").send().await.expect("answers");
        assert_eq!(answer.status(), 200, "{name}");
    }
    let got = collector.got();
    assert_eq!(got.len(), 5);
    for one in &got[..2] {
        let data = TracesData::decode(one.body.clone()).expect("decodes");
        assert_eq!(data.resource_spans[0].scope_spans[0].spans[0].name, "tracemeter.test");
    }
    assert_eq!(serde_json::from_slice::<Value>(&got[2].body).expect("JSON")["items"][0]["signal"], "test");
    assert_eq!(LogsData::decode(got[3].body.clone()).expect("decodes").resource_logs.len(), 1);
    assert_eq!(MetricsData::decode(got[4].body.clone()).expect("decodes").resource_metrics.len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_gets_calls_with_their_figures() {
    let collector = Collector::start([]).await;
    let url = format!("{}/hook?flow=7", collector.url());
    let app = App::start_with(|config| config.destination.push(to("hook", DestinationKind::Webhook, &url))).await;
    let call = chat(child(1, span(1, 2, "chat gpt-4o", 1)), "gpt-4o", 1000, 100);
    app.send(&traces("shop", vec![span(1, 1, "root", 2), call])).await;
    let got = collector.until(|got| !got.is_empty()).await;
    assert_eq!(
        (got[0].path.as_str(), &got[0].headers["content-type"]),
        ("/hook", &"application/json".parse().expect("a value"))
    );
    let json: Value = serde_json::from_slice(&got[0].body).expect("JSON");
    let items = json["items"].as_array().expect("a list");
    assert_eq!(items.len(), 2);
    let call = items.iter().find(|item| item["name"] == "chat gpt-4o").expect("the call");
    assert_eq!(call["parent_span_id"], "01".repeat(8));
    assert_eq!(call["call"]["usage"]["input"], 1000);
    assert_eq!(call["call"]["cost"]["usd"], 0.0035);
    assert_eq!(call["attributes"]["gen_ai.usage.output_tokens"], 100);
    assert_eq!(items.iter().filter(|item| item["call"].is_null()).count(), 1);
    app.stop().await;
}
