//! What only shows with a receiver of one's own: overload, closing, counting. The rest is in `tests/it`.

mod foreign;
mod langfuse;

use std::net::Ipv4Addr;

use axum::body::to_bytes;
use axum::http::{StatusCode, header};
use prost::Message as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::config::{JournalConfig, MediaConfig, RedactConfig, WebConfig};
use crate::model::UnixNanos;
use crate::model::otlp::{ResourceSpans, RetryInfo, RpcStatus, ScopeSpans, Span, TracesData};
use crate::registry::Registry;

struct Bench {
    receiver: Receiver,
    journal: Journal,
    meter: Meter,
    _dir: tempfile::TempDir,
}

impl Bench {
    fn new(config: ReceiveConfig) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let (clock, meter) = (Clock::fixed(UnixNanos(1)), Meter::default());
        let journal = Journal::open(dir.path(), &JournalConfig::default(), clock.clone(), &meter).expect("opens");
        let redactor = Arc::new(Redactor::new(&RedactConfig::default(), [0; 32]).expect("valid"));
        let media = Media::open(
            &dir.path().join("media"),
            &MediaConfig::default(),
            journal.clone(),
            clock.clone(),
            &meter,
            tokio::sync::watch::channel(false).1,
        )
        .expect("opens");
        let registry = Registry::open(dir.path(), [0; 32]).expect("opens");
        let access = Access::open(registry, clock.clone(), &WebConfig::default()).expect("reads");
        let arrivals = Arrivals::new(clock.clone());
        let around = Surroundings { redactor, media, journal: journal.clone(), arrivals, access, clock };
        let receiver = Receiver::new(&config, Ipv4Addr::LOCALHOST.into(), around, &meter);
        Self { receiver, journal, meter, _dir: dir }
    }

    fn router(&self) -> Router {
        let [_, http] = self.receiver.routers();
        http
    }

    async fn send(&self, content_type: &str, body: Vec<u8>) -> (StatusCode, axum::http::HeaderMap, Bytes) {
        let path = if content_type.contains("grpc") { grpc::path_of(Signal::Traces) } else { "/v1/traces" };
        let request = Request::post(path).header(header::CONTENT_TYPE, content_type).body(Body::from(body));
        let answer = self.router().oneshot(request.expect("a request")).await.expect("infallible");
        let (parts, body) = answer.into_parts();
        (parts.status, parts.headers, to_bytes(body, usize::MAX).await.expect("a body"))
    }
}

fn one_span() -> TracesData {
    let span = Span { trace_id: vec![1; 16].into(), span_id: vec![2; 8].into(), ..Span::default() };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    TracesData { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] }
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("small");
    [&[0][..], &length.to_be_bytes(), message].concat()
}

/// The retry delay in a `google.rpc.Status`.
fn retry_info(status: &RpcStatus) -> Option<RetryInfo> {
    let detail = status.details.iter().find(|detail| detail.type_url == "type.googleapis.com/google.rpc.RetryInfo")?;
    Some(RetryInfo::decode(detail.value.clone()).expect("a RetryInfo"))
}

#[tokio::test]
async fn overload_is_refused_as_retryable_in_every_protocol() {
    let bench = Bench::new(ReceiveConfig { max_inflight_bytes: 10, ..ReceiveConfig::default() });
    let body = one_span().encode_to_vec();

    let (status, headers, answer) = bench.send("application/x-protobuf", body.clone()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers[header::RETRY_AFTER], "1");
    assert_eq!(headers[header::CONTENT_TYPE], "application/x-protobuf");
    let answer = RpcStatus::decode(answer).expect("a google.rpc.Status");
    assert_eq!(answer.code, 14);
    assert_eq!(retry_info(&answer).and_then(|info| info.retry_delay).map(|delay| delay.seconds), Some(1));

    let (status, headers, answer) =
        bench.send("application/json", json!({"resourceSpans": []}).to_string().into()).await;
    assert_eq!(
        (status, &headers[header::RETRY_AFTER]),
        (StatusCode::SERVICE_UNAVAILABLE, &"1".parse().expect("a header"))
    );
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    assert_eq!(answer["code"], 14);

    let (status, headers, _) = bench.send("application/grpc", framed(&body)).await;
    assert_eq!(status, StatusCode::OK);
    let status = tonic::Status::from_header_map(&headers).expect("a status");
    assert_eq!(status.code(), tonic::Code::Unavailable);
    assert!(retry_info(&RpcStatus::decode(status.details()).expect("details")).is_some());
}

#[tokio::test]
async fn room_is_given_back_after_each_request() {
    let body = one_span().encode_to_vec();
    let bench = Bench::new(ReceiveConfig { max_inflight_bytes: body.len() + 10, ..ReceiveConfig::default() });
    for round in 0..20_u8 {
        let mut data = one_span();
        data.resource_spans[0].scope_spans[0].spans[0].span_id = vec![round + 1; 8].into();
        let (status, ..) = bench.send("application/x-protobuf", data.encode_to_vec()).await;
        assert_eq!(status, StatusCode::OK, "round {round}");
    }
    bench.send("application/x-protobuf", b"\xff\xff".to_vec()).await;
    assert!(bench.meter.render().contains("tracemeter_receive_inflight_bytes 0\n"), "{}", bench.meter.render());
}

#[tokio::test]
async fn a_closed_journal_asks_clients_to_come_back() {
    let bench = Bench::new(ReceiveConfig::default());
    bench.journal.close().await;
    let (status, headers, _) = bench.send("application/x-protobuf", one_span().encode_to_vec()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn requests_and_items_are_counted() {
    let bench = Bench::new(ReceiveConfig::default());
    let mut data = one_span();
    data.resource_spans[0].scope_spans[0].spans.push(Span::default());
    bench.send("application/x-protobuf", data.encode_to_vec()).await;
    bench.send("application/json", b"{".to_vec()).await;
    let shown = bench.meter.render();
    for line in [
        r#"tracemeter_receive_requests_total{signal="traces",protocol="http_protobuf",outcome="partial"} 1"#,
        r#"tracemeter_receive_requests_total{signal="traces",protocol="http_json",outcome="malformed"} 1"#,
        r#"tracemeter_receive_items_total{signal="traces"} 1"#,
        r#"tracemeter_receive_rejected_items_total{signal="traces"} 1"#,
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
}

#[tokio::test]
async fn grpc_framing_faults_are_invalid_arguments() {
    let bench = Bench::new(ReceiveConfig::default());
    let message = one_span().encode_to_vec();
    let twice = [framed(&message), framed(&message)].concat();
    let mut flagged = framed(&message);
    flagged[0] = 7;
    for body in [Vec::new(), vec![0, 0], framed(&message)[..20].to_vec(), twice, flagged] {
        let (_, headers, _) = bench.send("application/grpc+proto", body.clone()).await;
        let status = tonic::Status::from_header_map(&headers).expect("a status");
        assert_eq!(status.code(), tonic::Code::InvalidArgument, "{body:?}: {status:?}");
    }
}

#[test]
fn messages_fit_a_header() {
    let refusal = Refusal::Malformed { field: None, message: "ü".repeat(100_000) };
    assert!(refusal.message().len() < 2000);
}
