//! OTLP/gRPC with tonic's client.

use prost::Message as _;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tracemeter::model::otlp::{
    ExportResponse, LogRecord, LogsData, MetricsData, ResourceLogs, RpcStatus, ScopeLogs, TracesData,
};

use super::support::App;
use super::support::otlp::{span, traces};

pub const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

pub async fn connect(url: String) -> Grpc<Channel> {
    Grpc::new(Endpoint::from_shared(url).expect("a URL").connect().await.expect("the port speaks HTTP/2"))
}

pub async fn call<T>(client: &mut Grpc<Channel>, path: &'static str, message: T) -> Result<ExportResponse, Status>
where
    T: prost::Message + Send + Sync + 'static,
{
    call_with(client, path, Request::new(message)).await
}

/// With metadata.
pub async fn call_with<T>(
    client: &mut Grpc<Channel>,
    path: &'static str,
    request: Request<T>,
) -> Result<ExportResponse, Status>
where
    T: prost::Message + Send + Sync + 'static,
{
    client.ready().await.expect("connected");
    let codec: ProstCodec<T, ExportResponse> = ProstCodec::default();
    client.unary(request, PathAndQuery::from_static(path), codec).await.map(tonic::Response::into_inner)
}

fn logs() -> LogsData {
    let record = LogRecord { time_unix_nano: 5, ..LogRecord::default() };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }
}

#[tokio::test]
async fn all_signals_arrive_on_both_ports() {
    let app = App::start().await;
    for (id, url) in [app.grpc_url(), app.http_url("")].into_iter().enumerate() {
        let mut client = connect(url).await;
        let data = traces("shop", vec![span(1, id as u8 + 1, "s", 0)]);
        assert_eq!(call(&mut client, TRACES, data).await.expect("success"), ExportResponse::default());
        let mut records = logs();
        records.resource_logs[0].scope_logs[0].log_records[0].observed_time_unix_nano = id as u64;
        assert_eq!(call(&mut client, LOGS, records).await.expect("success"), ExportResponse::default());
        assert_eq!(
            call(&mut client, METRICS, MetricsData::default()).await.expect("success"),
            ExportResponse::default()
        );
    }
    assert_eq!(app.journal_spans().await.len(), 2);
    assert_eq!(app.journal_payloads().await.len(), 4);
    app.stop().await;
}

#[tokio::test]
async fn compressed_messages_are_taken() {
    let app = App::start().await;
    for (id, encoding) in [CompressionEncoding::Gzip, CompressionEncoding::Zstd].into_iter().enumerate() {
        let mut client = connect(app.grpc_url()).await.send_compressed(encoding).accept_compressed(encoding);
        let spans = (1..100).map(|n| span(id as u8 + 1, n, "some name", 0)).collect();
        call(&mut client, TRACES, traces("shop", spans)).await.expect("success");
    }
    assert_eq!(app.journal_spans().await.len(), 198);
    app.stop().await;
}

#[tokio::test]
async fn bad_items_are_refused_alone() {
    let app = App::start().await;
    let mut spans = vec![span(1, 1, "good", 0), span(1, 2, "bad", 0)];
    spans[1].trace_id = vec![0; 16].into();
    let answer = call(&mut connect(app.grpc_url()).await, TRACES, traces("shop", spans)).await.expect("success");
    let partial = answer.partial_success.expect("partial success");
    assert_eq!(partial.rejected, 1);
    assert!(partial.error_message.contains("spans[1].traceId"), "{}", partial.error_message);
    assert_eq!(app.journal_spans().await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn bad_data_is_an_invalid_argument() {
    let app = App::start().await;
    let mut client = connect(app.grpc_url()).await;
    let status = call(&mut client, TRACES, logs()).await.expect_err("refused");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("opentelemetry.proto.collector.logs.v1.LogsService/Export"), "{status:?}");
    // A message of strings and nothing else: no OTLP request.
    let noise = RpcStatus { code: 7, message: "x".into(), details: Vec::new() };
    let status = call(&mut client, TRACES, noise).await.expect_err("refused");
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    assert!(app.journal_payloads().await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn unknown_methods_are_unimplemented() {
    let app = App::start().await;
    let mut client = connect(app.grpc_url()).await;
    let path = "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export";
    let status = call(&mut client, path, TracesData::default()).await.expect_err("refused");
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.message().contains("TraceService/Export"), "{status:?}");
    app.stop().await;
}

#[tokio::test]
async fn too_large_is_not_to_be_retried() {
    let app = App::start_with(|config| config.receive.max_request_bytes = 100_000).await;
    let data = traces("shop", vec![span(1, 1, &"x".repeat(200_000), 0)]);
    assert!(data.encoded_len() > 100_000);
    for compressed in [None, Some(CompressionEncoding::Gzip), Some(CompressionEncoding::Zstd)] {
        let client = connect(app.grpc_url()).await;
        let mut client = match compressed {
            Some(encoding) => client.send_compressed(encoding),
            None => client,
        };
        let status = call(&mut client, TRACES, data.clone()).await.expect_err("refused");
        assert_eq!(status.code(), Code::ResourceExhausted, "{compressed:?}: {status:?}");
        assert!(status.details().is_empty(), "RetryInfo would mean: send it again");
        assert!(status.message().contains("receive.max_request_bytes"), "{status:?}");
    }
    assert!(app.journal_payloads().await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn many_calls_share_a_connection() {
    let app = App::start().await;
    let client = connect(app.grpc_url()).await;
    let calls = (0..200_u8).map(|n| {
        let mut client = client.clone();
        async move {
            let data = traces("shop", vec![span(n / 16 + 1, n % 16 + 1, "s", 0)]);
            call(&mut client, TRACES, data).await
        }
    });
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(app.journal_spans().await.len(), 200);
    app.stop().await;
}

/// Sends one request of each signal and expects full success.
pub async fn export(app: &App, traces: TracesData, logs: LogsData, metrics: MetricsData) {
    let mut client = connect(app.grpc_url()).await;
    let full = ExportResponse::default();
    assert_eq!(call(&mut client, TRACES, traces).await.expect("success"), full);
    assert_eq!(call(&mut client, LOGS, logs).await.expect("success"), full);
    assert_eq!(call(&mut client, METRICS, metrics).await.expect("success"), full);
}
