//! OTLP/HTTP as the specification has it, and as clients really speak it.

use std::io::Write as _;

use prost::Message as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tracemeter::model::otlp::{
    ExportResponse, KeyValue, LogRecord, LogsData, Metric, MetricsData, ResourceLogs, ResourceMetrics, RpcStatus,
    ScopeLogs, ScopeMetrics, Sum, metric,
};

use super::support::App;
use super::support::otlp::{span, traces, with};
use super::wire;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

fn logs() -> LogsData {
    let record = LogRecord { time_unix_nano: 5, severity_number: 9, ..LogRecord::default() };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }
}

fn metrics() -> MetricsData {
    let point = tracemeter::model::otlp::NumberDataPoint { time_unix_nano: 5, ..Default::default() };
    let data = metric::Data::Sum(Sum { data_points: vec![point], ..Sum::default() });
    let metric = Metric { name: "requests".into(), unit: "1".into(), data: Some(data), ..Metric::default() };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
    MetricsData { resource_metrics: vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }] }
}

fn one_span() -> Vec<u8> {
    traces("shop", vec![span(1, 1, "root", 0)]).encode_to_vec()
}

fn json_span(members: &Value) -> Value {
    json!({"resourceSpans": [{"scopeSpans": [{"spans": [members]}]}]})
}

async fn post(app: &App, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
    let request = app.client.post(app.http_url(path)).header("content-type", content_type).body(body);
    request.send().await.expect("an answer")
}

/// The `google.rpc.Status` of a protobuf error.
async fn status_of(answer: reqwest::Response) -> RpcStatus {
    assert_eq!(answer.headers()["content-type"], PROTOBUF);
    RpcStatus::decode(answer.bytes().await.expect("a body")).expect("a google.rpc.Status")
}

#[tokio::test]
async fn all_signals_arrive_and_full_success_says_nothing() {
    let app = App::start().await;
    for (path, body) in
        [("/v1/traces", one_span()), ("/v1/logs", logs().encode_to_vec()), ("/v1/metrics", metrics().encode_to_vec())]
    {
        let answer = post(&app, path, PROTOBUF, body).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], PROTOBUF);
        assert!(answer.bytes().await.expect("a body").is_empty());
    }
    assert_eq!(app.journal_payloads().await.len(), 3);
    app.stop().await;
}

#[tokio::test]
async fn json_is_answered_in_json() {
    let app = App::start().await;
    let body =
        json_span(&json!({"traceId": "0AF7651916CD43DD8448EB211C80319C", "spanId": "b7ad6b7169203331", "name": "x"}));
    let answer = post(&app, "/v1/traces", "application/json; charset=utf-8", body.to_string()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], JSON);
    assert_eq!(answer.text().await.expect("a body"), "{}");
    let stored = app.journal_spans().await;
    assert_eq!(hex::encode(&stored[0].trace_id), "0af7651916cd43dd8448eb211c80319c");
    app.stop().await;
}

#[tokio::test]
async fn a_real_request_in_json_is_kept_whole() {
    let app = App::start().await;
    let text = include_str!("../data/otlp/vercel-ai-6/001.body");
    assert_eq!(post(&app, "/v1/traces", JSON, text).await.status(), 200);
    let document: Value = serde_json::from_str(text).expect("JSON");
    let sent = document["resourceSpans"].as_array().expect("a list").iter();
    let sent: Vec<&Value> = sent
        .flat_map(|group| group["scopeSpans"].as_array().expect("a list"))
        .flat_map(|scope| scope["spans"].as_array().expect("a list"))
        .collect();
    let mut expected: Vec<&str> = sent.iter().map(|span| span["spanId"].as_str().expect("text")).collect();
    let mut stored: Vec<String> = app.journal_spans().await.iter().map(|span| hex::encode(&span.span_id)).collect();
    expected.sort_unstable();
    stored.sort_unstable();
    assert_eq!(stored, expected);
    app.stop().await;
}

#[tokio::test]
async fn every_compression_is_taken() {
    let app = App::start().await;
    let bodies: Vec<Vec<u8>> = (1..=6).map(|id| traces("shop", vec![span(1, id, "s", 0)]).encode_to_vec()).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bodies[0]).expect("to memory");
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(&bodies[1]).expect("to memory");
    let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    raw.write_all(&bodies[2]).expect("to memory");
    for (encoding, body) in [
        ("gzip", gzip.finish().expect("to memory")),
        ("deflate", zlib.finish().expect("to memory")),
        ("deflate", raw.finish().expect("to memory")),
        ("zstd", zstd::encode_all(bodies[3].as_slice(), 3).expect("to memory")),
        ("identity", bodies[4].clone()),
        ("none", bodies[5].clone()),
    ] {
        let request = app.client.post(app.http_url("/v1/traces")).header("content-type", PROTOBUF);
        let answer = request.header("content-encoding", encoding).body(body).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{encoding}");
    }
    assert_eq!(app.journal_spans().await.len(), 6);
    let request = app.client.post(app.http_url("/v1/traces")).header("content-type", PROTOBUF);
    let answer = request.header("content-encoding", "br").body("x").send().await.expect("an answer");
    assert_eq!(answer.status(), 415);
    assert!(status_of(answer).await.message.contains("gzip, zstd or deflate"));
    app.stop().await;
}

#[tokio::test]
async fn chunked_bodies_have_no_length_and_need_none() {
    let app = App::start().await;
    let body = wire::chunked(&one_span(), 7);
    let headers = ["content-type: application/x-protobuf", "transfer-encoding: chunked"];
    let answer = wire::request(app.addresses().http, "POST /v1/traces", &headers, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(app.journal_spans().await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn bad_items_are_refused_alone() {
    let app = App::start().await;
    let mut spans: Vec<_> = (1..=4).map(|id| span(1, id, "s", 0)).collect();
    spans[1].span_id = vec![0; 8].into();
    spans[2].trace_id = vec![1, 2, 3].into();
    let answer = post(&app, "/v1/traces", PROTOBUF, traces("shop", spans).encode_to_vec()).await;
    assert_eq!(answer.status(), 200);
    let partial = ExportResponse::decode(answer.bytes().await.expect("a body")).expect("a response").partial_success;
    let partial = partial.expect("partial success");
    assert_eq!(partial.rejected, 2);
    assert!(partial.error_message.starts_with("2 of 4 refused"), "{}", partial.error_message);
    assert!(
        partial.error_message.contains("resourceSpans[0].scopeSpans[0].spans[1].spanId"),
        "{}",
        partial.error_message
    );
    let kept: Vec<u8> = app.journal_spans().await.iter().map(|span| span.span_id[0]).collect();
    assert_eq!(kept, [1, 4]);

    let mut body = json_span(&json!({"traceId": "no hex at all", "spanId": "b7ad6b7169203331"}));
    let good = json!({"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331"});
    body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array_mut().expect("a list").push(good);
    let answer = post(&app, "/v1/traces", JSON, body.to_string()).await;
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["partialSuccess"]["rejectedSpans"], "1");
    assert_eq!(app.journal_spans().await.len(), 3);

    let log = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"traceId": "abcd"}, {"body": {"stringValue": "stays"}}]}]}]});
    let answer: Value = post(&app, "/v1/logs", JSON, log.to_string()).await.json().await.expect("JSON");
    assert_eq!(answer["partialSuccess"]["rejectedLogRecords"], "1");
    app.stop().await;
}

#[tokio::test]
async fn malformed_bodies_are_refused_for_good() {
    let app = App::start().await;
    let whole = one_span();
    let truncated = whole[..whole.len() - 3].to_vec();
    let bad_text = {
        let mut body = traces("shop", vec![with(span(1, 1, "s", 0), "key", "MARK")]).encode_to_vec();
        let at = body.windows(4).position(|window| window == b"MARK").expect("the text");
        body[at] = 0xff;
        body
    };
    for (name, body) in [("truncated", truncated), ("invalid UTF-8", bad_text), ("noise", vec![0xff; 100])] {
        let answer = post(&app, "/v1/traces", PROTOBUF, body).await;
        assert_eq!(answer.status(), 400, "{name}");
        assert!(!answer.headers().contains_key("retry-after"));
        let status = status_of(answer).await;
        assert_eq!(status.code, 3, "{name}");
        assert!(status.message.contains("not a protobuf message of traces"), "{name}: {}", status.message);
    }
    let body = json_span(&json!({"kind": ["x"]})).to_string();
    let answer = post(&app, "/v1/traces", JSON, body).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (400, &JSON.parse().expect("a value")));
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["code"], 3);
    assert_eq!(answer["details"][0]["fieldViolations"][0]["field"], "resourceSpans[0].scopeSpans[0].spans[0].kind");
    assert_eq!(post(&app, "/v1/traces", JSON, vec![b'{', 0xff, b'}']).await.status(), 400);
    assert!(app.journal_payloads().await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn a_signal_on_the_wrong_path_is_told_its_place() {
    let app = App::start().await;
    let bodies = [("traces", one_span()), ("logs", logs().encode_to_vec()), ("metrics", metrics().encode_to_vec())];
    for (path, _) in &bodies {
        for (signal, body) in bodies.iter().filter(|(signal, _)| signal != path) {
            let answer = post(&app, &format!("/v1/{path}"), PROTOBUF, body.clone()).await;
            assert_eq!(answer.status(), 400, "{signal} on {path}");
            let message = status_of(answer).await.message;
            assert!(message.contains(&format!("send them to /v1/{signal} ")), "{signal} on {path}: {message}");
        }
    }
    // A metric whose name has as many bytes as a trace id, and whose description as many as a span id.
    let mut disguised = metrics();
    let metric = &mut disguised.resource_metrics[0].scope_metrics[0].metrics[0];
    (metric.name, metric.description) = ("sixteen.letters.".into(), "eight...".into());
    assert_eq!(post(&app, "/v1/traces", PROTOBUF, disguised.encode_to_vec()).await.status(), 400);
    let answer = post(&app, "/v1/traces", JSON, json!({"resourceLogs": [{"scopeLogs": []}]}).to_string()).await;
    assert_eq!(answer.status(), 400);
    let answer: Value = answer.json().await.expect("JSON");
    assert!(answer["message"].as_str().is_some_and(|text| text.contains("/v1/logs")), "{answer}");
    assert!(app.journal_payloads().await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn an_empty_request_succeeds() {
    let app = App::start().await;
    for (content_type, body) in [(PROTOBUF, ""), (JSON, "{}"), (JSON, r#"{"resourceSpans":[]}"#)] {
        let answer = post(&app, "/v1/traces", content_type, body).await;
        assert_eq!(answer.status(), 200, "{content_type} {body:?}");
    }
    let request = app.client.post(app.http_url("/v1/traces")).header("content-type", PROTOBUF);
    let answer = request.header("content-encoding", "gzip").body("").send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "SDKs compress nothing to nothing");
    assert!(app.journal_payloads().await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn other_content_types_paths_and_methods_are_explained() {
    let app = App::start().await;
    let answer = post(&app, "/v1/traces", "text/plain", "hello").await;
    assert_eq!(answer.status(), 415);
    let answer: Value = answer.json().await.expect("JSON");
    assert!(answer["message"].as_str().is_some_and(|text| text.contains(PROTOBUF) && text.contains(JSON)), "{answer}");

    let answer = app.client.post(app.http_url("/v1/traces")).body("x").send().await.expect("an answer");
    assert_eq!(answer.status(), 415, "no content type at all");

    let answer = post(&app, "/v1/spans", PROTOBUF, one_span()).await;
    assert_eq!(answer.status(), 404);
    assert!(status_of(answer).await.message.contains("/v1/traces, /v1/logs or /v1/metrics"));

    let answer = app.client.get(app.http_url("/v1/traces")).send().await.expect("an answer");
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.headers()["allow"], "POST, HEAD, OPTIONS");
    app.stop().await;
}

#[tokio::test]
async fn tolerated_paths_lead_to_the_signal() {
    let app = App::start().await;
    for (id, path) in ["/v1/traces/", "/otlp/v1/traces", "/v1/traces/v1/traces", "//v1/traces"].into_iter().enumerate()
    {
        let body = traces("shop", vec![span(1, id as u8 + 1, "s", 0)]).encode_to_vec();
        assert_eq!(post(&app, path, PROTOBUF, body).await.status(), 200, "{path}");
    }
    assert_eq!(app.journal_spans().await.len(), 4);
    assert_eq!(post(&app, "/v1/metrics", "application/protobuf", metrics().encode_to_vec()).await.status(), 200);
    app.stop().await;
}

#[tokio::test]
async fn probes_are_answered() {
    let app = App::start().await;
    let answer = app.client.head(app.http_url("/v1/traces")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let preflight = |origin: &str| {
        let request = app.client.request(reqwest::Method::OPTIONS, app.http_url("/v1/traces")).header("origin", origin);
        request
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-api-key")
            .send()
    };
    let answer = preflight("http://localhost:5173").await.expect("an answer");
    assert_eq!(answer.status(), 204);
    assert_eq!(answer.headers()["access-control-allow-origin"], "http://localhost:5173");
    assert_eq!(answer.headers()["access-control-allow-headers"], "content-type,x-api-key");
    let answer = preflight("https://example.com").await.expect("an answer");
    assert!(!answer.headers().contains_key("access-control-allow-origin"), "other people's pages get no permission");
    let request = app.client.post(app.http_url("/v1/traces")).header("content-type", JSON).body("{}");
    let answer = request.header("origin", "http://127.0.0.1:8080").send().await.expect("an answer");
    assert_eq!(answer.headers()["access-control-allow-origin"], "http://127.0.0.1:8080");
    app.stop().await;
}

#[tokio::test]
async fn both_ports_speak_http() {
    let app = App::start().await;
    let url = format!("http://{}/v1/traces", app.addresses().grpc);
    let request = app.client.post(url).header("content-type", PROTOBUF).body(one_span());
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    assert_eq!(app.journal_spans().await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn the_same_bytes_again_are_acknowledged_and_stored_once() {
    let app = App::start().await;
    for _ in 0..3 {
        assert_eq!(post(&app, "/v1/traces", PROTOBUF, one_span()).await.status(), 200);
    }
    assert_eq!(app.journal_spans().await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn secrets_do_not_reach_the_journal() {
    let app = App::start().await;
    let key = "sk-proj-Ab3_dEf-GhIjKlMnOpQrStUv0123456789T3BlbkFJzz";
    let body = traces("shop", vec![with(span(1, 1, "s", 0), "gen_ai.prompt", format!("my key is {key}"))]);
    assert_eq!(post(&app, "/v1/traces", PROTOBUF, body.encode_to_vec()).await.status(), 200);
    let stored = app.journal_spans().await;
    let find = |attributes: &[KeyValue]| format!("{attributes:?}");
    assert!(find(&stored[0].attributes).contains("my key is [redacted:openai-api-key]"));
    app.stop().await;
}

#[tokio::test]
async fn tls_on_the_plain_port_is_answered_in_clear() {
    let app = App::start().await;
    let mut client = TcpStream::connect(app.addresses().grpc).await.expect("the port is open");
    let client_hello = [0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x00];
    client.write_all(&client_hello).await.expect("sent");
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.expect("closed in order");
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("no TLS"), "{answer}");
    app.send(&traces("shop", vec![span(1, 1, "s", 0)])).await;
    app.stop().await;
}
