//! Large, hostile and too much: what is taken, what is refused, and how.

use std::io::Write as _;

use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tracemeter::model::otlp::{RpcStatus, any_value};

use super::support::App;
use super::support::otlp::{span, traces, with};
use super::wire;

const PROTOBUF: &str = "application/x-protobuf";

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).expect("to memory");
    encoder.finish().expect("to memory")
}

#[tokio::test]
async fn an_attribute_of_ten_megabytes_is_kept() {
    let app = App::start().await;
    let text = "0123456789".repeat(1_000_000);
    app.send(&traces("shop", vec![with(span(1, 1, "s", 0), "big", text.as_str())])).await;
    let stored = app.journal_spans().await;
    let value = stored[0].attributes[0].value.as_ref().and_then(|value| value.value.as_ref());
    assert!(matches!(value, Some(any_value::Value::StringValue(kept)) if *kept == text));
    app.stop().await;
}

#[tokio::test]
async fn a_request_of_a_hundred_thousand_spans_is_kept() {
    let app = App::start().await;
    let spans = (1..=100_000_u64).map(|n| {
        let mut span = span(1, 1, "s", 0);
        span.span_id = n.to_be_bytes().to_vec().into();
        span
    });
    app.send(&traces("shop", spans.collect())).await;
    assert_eq!(app.journal_spans().await.len(), 100_000);
    app.stop().await;
}

#[tokio::test]
async fn a_compression_bomb_is_refused_while_it_grows() {
    let app = App::start().await;
    let bomb = gzip(&vec![0; 200 << 20]);
    assert!(bomb.len() < 1 << 20);
    let request = app.client.post(app.http_url("/v1/traces")).header("content-type", PROTOBUF);
    let answer = request.header("content-encoding", "gzip").body(bomb).send().await.expect("an answer");
    assert_eq!(answer.status(), 413);
    let status = RpcStatus::decode(answer.bytes().await.expect("a body")).expect("a google.rpc.Status");
    assert!(status.message.contains("67108864 bytes decompressed"), "{}", status.message);
    app.stop().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_and_without_a_length() {
    let app = App::start_with(|config| config.receive.max_request_bytes = 10_000).await;
    let body = vec![b'x'; 20_000];
    let answer = app.post("/v1/traces", body.clone()).await;
    assert_eq!(answer.status(), 413);
    assert!(!answer.headers().contains_key("retry-after"));

    let chunked = wire::chunked(&body, 1000);
    let headers = ["content-type: application/json", "transfer-encoding: chunked"];
    let answer = wire::request(app.addresses().http, "POST /v1/traces", &headers, &chunked).await;
    assert_eq!(answer.status, 413);
    let json: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(json["code"], 8);

    let headers = ["content-type: application/json", "content-length: 20000", "expect: 100-continue"];
    let answer = wire::request(app.addresses().http, "POST /v1/traces", &headers, b"").await;
    assert_eq!(answer.status, 413, "who asks first is told at once");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    app.stop().await;
}

#[tokio::test]
async fn while_too_much_is_in_work_clients_are_told_to_come_back() {
    let app = App::start_with(|config| {
        config.receive.max_request_bytes = 10_000;
        config.receive.max_inflight_bytes = 10_000;
    })
    .await;
    // A request that stops halfway holds its room.
    let mut slow = TcpStream::connect(app.addresses().http).await.expect("the port is open");
    let head =
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 9991\r\n\r\n";
    slow.write_all(head.as_bytes()).await.expect("sent");
    slow.write_all(&[0; 9990]).await.expect("sent");
    let data = traces("shop", vec![span(1, 1, "s", 0)]);
    let refused = loop {
        let answer = app.post("/v1/traces", data.encode_to_vec()).await;
        // Until the first request has arrived there is room for this one.
        if answer.status() != 200 {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    // The slow one ends, malformed as it is, and there is room again.
    slow.write_all(&[0]).await.expect("sent");
    let mut answer = [0; 12];
    slow.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 400");
    app.send(&data).await;
    app.stop().await;
}

#[tokio::test]
async fn a_client_that_breaks_off_leaves_nothing_behind() {
    let app = App::start().await;
    let mut gone = TcpStream::connect(app.addresses().http).await.expect("the port is open");
    let head =
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 500\r\n\r\n";
    gone.write_all(head.as_bytes()).await.expect("sent");
    gone.write_all(&[0; 100]).await.expect("sent");
    drop(gone);
    app.send(&traces("shop", vec![span(1, 1, "s", 0)])).await;
    assert_eq!(app.journal_spans().await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn requests_in_flight_are_answered_when_the_server_stops() {
    let app = App::start().await;
    let body = traces("shop", vec![span(1, 1, "s", 0)]).encode_to_vec();
    let mut slow = TcpStream::connect(app.addresses().http).await.expect("the port is open");
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    slow.write_all(head.as_bytes()).await.expect("sent");
    let mut go_on = [0; 25];
    slow.read_exact(&mut go_on).await.expect("the server reads the body by now");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    let stopping = tokio::spawn(app.stop());
    slow.write_all(&body).await.expect("sent");
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).await.expect("an answer, then the end");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    stopping.await.expect("stops");
}
