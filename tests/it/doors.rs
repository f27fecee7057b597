//! The many ways in which clients find the door: aliases, bare addresses, probes, the web port, TLS by mistake.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tracemeter::journal::Payload;
use tracemeter::model::otlp::{
    ExportResponse, Gauge, LogRecord, LogsData, Metric, MetricsData, NumberDataPoint, ResourceLogs, ResourceMetrics,
    ScopeLogs, ScopeMetrics, TracesData, metric,
};

use crate::receive_grpc;
use crate::support::App;
use crate::support::otlp::{span, traces};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

fn logs() -> LogsData {
    let record = LogRecord { observed_time_unix_nano: 5, severity_number: 9, ..LogRecord::default() };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }
}

fn metrics() -> MetricsData {
    let data_points = vec![NumberDataPoint { time_unix_nano: 5, ..NumberDataPoint::default() }];
    let data = Some(metric::Data::Gauge(Gauge { data_points }));
    let metric = Metric { name: "users".into(), data, ..Metric::default() };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
    MetricsData { resource_metrics: vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }] }
}

/// One span nobody else has.
fn one_span(id: usize) -> Vec<u8> {
    let (high, low) = (u8::try_from(id / 255 + 1).expect("few"), u8::try_from(id % 255 + 1).expect("few"));
    traces("shop", vec![span(high, low, "s", 0)]).encode_to_vec()
}

async fn post(app: &App, url: String, content_type: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
    app.client.post(url).header("content-type", content_type).body(body).send().await.expect("an answer")
}

async fn signals(app: &App) -> Vec<&'static str> {
    let mut signals: Vec<_> = app.journal_payloads().await.iter().map(|payload| payload.signal().as_str()).collect();
    signals.sort_unstable();
    signals
}

#[tokio::test]
async fn every_alias_is_taken_on_every_port() {
    let app = App::start().await;
    let grpc = |path: &str| format!("http://{}{path}", app.addresses().grpc);
    let ports: [&dyn Fn(&str) -> String; 3] = [&|path| app.http_url(path), &grpc, &|path| app.web_url(path)];
    let mut sent = 0;
    for path in [
        "/v1/traces",
        "/v1/traces/",
        "//v1//traces",
        "/V1/Traces",
        "/v1/traces/v1/traces",
        "/v1%2Ftraces",
        "/v1/traces%22",
        "/otlp/v1/traces",
        "/otel/v1/traces",
        "/api/otel/v1/traces",
        "/v1/private/otel/v1/traces",
        "/opik/api/v1/private/otel/v1/traces",
        "/api/v1/private/otel/v1/traces",
        "/s/space/v1/traces",
        "/behind/a/proxy/v1/traces",
        "/",
        "/otlp",
        "/v1/",
    ] {
        for port in ports {
            let url = port(path);
            let answer = post(&app, url.clone(), PROTOBUF, one_span(sent)).await;
            assert_eq!(answer.status(), 200, "{url}");
            assert_eq!(answer.headers()["content-type"], PROTOBUF, "{url}");
            assert!(answer.bytes().await.expect("a body").is_empty(), "{url}");
            sent += 1;
        }
    }
    assert_eq!(app.journal_spans().await.len(), sent);
    app.stop().await;
}

#[tokio::test]
async fn a_bare_address_takes_what_it_is_sent() {
    let app = App::start().await;
    for body in [one_span(0), logs().encode_to_vec(), metrics().encode_to_vec()] {
        let answer = post(&app, app.http_url("/"), PROTOBUF, body).await;
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(signals(&app).await, ["logs", "metrics", "traces"]);
    let record = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "x"}}]}]}]});
    assert_eq!(post(&app, app.http_url(""), JSON, record.to_string()).await.status(), 200);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&one_span(1)).expect("to memory");
    let request = app.client.post(app.web_url("/")).header("content-type", PROTOBUF).header("content-encoding", "gzip");
    let answer = request.body(gzip.finish().expect("to memory")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(signals(&app).await, ["logs", "logs", "metrics", "traces", "traces"]);

    // A bad item among good ones is refused alone, and in the words of its signal.
    let good = json!({"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331"});
    let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": [good, {"traceId": "00"}]}]}]});
    let answer: Value = post(&app, app.http_url("/"), JSON, body.to_string()).await.json().await.expect("JSON");
    assert_eq!(answer["partialSuccess"]["rejectedSpans"], "1");

    for (content_type, body) in [(PROTOBUF, vec![0xff; 40]), (JSON, br#"{"batch":[]}"#.to_vec())] {
        let answer = post(&app, app.http_url("/"), content_type, body).await;
        assert_eq!(answer.status(), 400, "{content_type}");
        let text = String::from_utf8_lossy(&answer.bytes().await.expect("a body")).into_owned();
        assert!(text.contains("neither traces nor logs nor metrics"), "{text}");
    }
    let broken = post(&app, app.http_url("/"), JSON, "{").await;
    assert_eq!(broken.status(), 400);
    app.stop().await;
}

#[tokio::test]
async fn a_port_for_one_signal_looks_before_it_takes() {
    let app = App::start_with(|config| {
        let listen = "127.0.0.1:0".parse().expect("an address");
        let signals = vec![tracemeter::model::Signal::Logs];
        config.receive.listener = vec![tracemeter::config::ListenerConfig { listen, signals, resource: Vec::new() }];
    })
    .await;
    let url = format!("http://{}/", app.addresses().listeners[0]);
    assert_eq!(post(&app, url.clone(), PROTOBUF, logs().encode_to_vec()).await.status(), 200);
    assert_eq!(post(&app, url, PROTOBUF, one_span(0)).await.status(), 404);
    assert_eq!(signals(&app).await, ["logs"]);
    app.stop().await;
}

#[tokio::test]
async fn probes_are_answered_everywhere_and_are_no_mistakes() {
    let app = App::start().await;
    for path in ["/v1/traces", "/v1/logs/", "/otlp/v1/metrics", "/api/public/otel/v1/traces", "/"] {
        let head = app.client.head(app.http_url(path)).send().await.expect("an answer");
        assert_eq!(head.status(), 200, "{path}");
        let options = app.client.request(Method::OPTIONS, app.http_url(path)).send().await.expect("an answer");
        assert_eq!(options.status(), 204, "{path}");
        assert_eq!(post(&app, app.http_url(path), JSON, "{}").await.status(), 200, "{path}");
        let empty = post(&app, app.http_url(path), PROTOBUF, "").await;
        assert_eq!(empty.status(), 200, "{path}");
        assert!(empty.bytes().await.expect("a body").is_empty(), "{path}");
    }
    let get = async |url: String| {
        let answer = app.client.get(url).send().await.expect("an answer");
        let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
        (answer.status(), kind, answer.text().await.expect("text"))
    };
    let (status, kind, text) = get(app.http_url("/")).await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "text/plain; charset=utf-8"));
    assert!(text.contains("/v1/traces") && text.contains("4319"), "{text}");
    for url in [app.http_url("/v1/traces"), app.web_url("/v1/traces"), format!("{}/v1/logs", app.grpc_url())] {
        let (status, kind, text) = get(url).await;
        assert_eq!((status, kind.as_str()), (StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8"));
        assert!(text.contains("takes OpenTelemetry"), "{text}");
    }
    let (status, _, text) = get(app.http_url("/favicon.ico")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(text.contains("/v1/traces, /v1/logs or /v1/metrics"), "{text}");
    assert_eq!(get(app.http_url("/healthz")).await.0, StatusCode::OK);

    let told = app.get_ok("/api/v1/arrivals").await;
    assert_eq!((&told["refusals"], &told["items"]), (&json!([]), &json!([])), "{told:#}");
    let probes = told["probes"].as_array().expect("a list");
    assert!(probes.iter().any(|probe| probe["protocol"] == "http" && probe["signal"] == "traces"), "{told:#}");
    assert!(probes.iter().any(|probe| probe["protocol"] == "http_protobuf"), "an empty request looks in: {told:#}");
    app.stop().await;
}

#[tokio::test]
async fn what_is_not_spoken_is_called_by_its_name() {
    let app = App::start().await;
    for (path, name) in [("/api/v2/spans", "Zipkin"), ("/services/collector/event", "Splunk HEC")] {
        let answer = post(&app, app.http_url(path), JSON, "[]").await;
        assert_eq!(answer.status(), 404);
        let said: Value = answer.json().await.expect("JSON");
        let said = said["message"].as_str().expect("text");
        assert!(said.contains(name) && said.contains("/v1/traces"), "{said}");
    }
    let refusals = app.get_ok("/api/v1/arrivals").await["refusals"].clone();
    assert_eq!(refusals[0]["reason"], "other_protocol");
    assert!(refusals[0]["remedy"].as_str().is_some_and(|text| text.contains("OTLP")), "{refusals:#}");
    app.stop().await;
}

#[tokio::test]
async fn the_web_port_keeps_its_pages_and_its_api() {
    let app = App::start().await;
    assert_eq!(app.get("/api/v1/traces").await.0, 200);
    let answer = post(&app, app.web_url("/api/v1/traces"), PROTOBUF, one_span(0)).await;
    assert_eq!(answer.status(), 405);
    let said: Value = answer.json().await.expect("the JSON of our API");
    assert!(said["error"]["code"].is_string(), "{said}");
    let page = app.client.get(app.web_url("/")).send().await.expect("an answer");
    let page = page.text().await.expect("text");
    assert!(!page.contains("takes OpenTelemetry here"), "the page, or that it is not built: {page}");
    assert_eq!(app.client.get(app.web_url("/healthz")).send().await.expect("an answer").status(), 200);

    let mut client = receive_grpc::connect(app.web_url("")).await;
    let data = traces("shop", vec![span(9, 9, "s", 0)]);
    assert_eq!(
        receive_grpc::call(&mut client, receive_grpc::TRACES, data).await.expect("taken"),
        ExportResponse::default()
    );
    assert_eq!(app.journal_spans().await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn pages_of_other_sites_send_nothing() {
    let app = App::start().await;
    for url in [app.http_url("/v1/traces"), app.web_url("/v1/traces"), app.web_url("/")] {
        for origin in ["https://example.com", "null"] {
            let request = app.client.post(&url).header("content-type", JSON).header("origin", origin).body("{}");
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 403, "{url} from {origin}");
            assert!(!answer.headers().contains_key("access-control-allow-origin"));
        }
    }
    let own = format!("http://{}", app.addresses().web);
    let request = app.client.post(app.web_url("/v1/traces")).header("content-type", JSON).header("origin", own);
    assert_eq!(request.body("{}").send().await.expect("an answer").status(), 200);
    app.stop().await;
}

#[tokio::test]
async fn a_key_is_found_however_it_is_written_and_is_not_told() {
    let app = App::start().await;
    let spellings = [
        ("/v1/traces", Some(("authorization", "Basic cGstbGYtMTpzM2NyZXQtbHVuY2g=")), json!("basic")),
        ("/v1/traces", Some(("authorization", "Bearer s3cret-lunch")), json!("bearer")),
        ("/v1/traces", Some(("x-api-key", "s3cret-lunch")), json!("x-api-key")),
        ("/v1/traces", Some(("api_key", "s3cret-lunch")), json!("api_key")),
        ("/v1/traces?api_key=s3cret-lunch", None, json!("query")),
        ("/v1/traces", None, Value::Null),
    ];
    for (id, (path, header, told)) in spellings.into_iter().enumerate() {
        let mut request = app.client.post(app.http_url(path)).header("content-type", PROTOBUF).body(one_span(id));
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        assert_eq!(request.send().await.expect("an answer").status(), 200);
        let arrivals = app.get_ok("/api/v1/arrivals").await;
        assert_eq!(arrivals["items"][0]["key"], told);
        assert!(!arrivals.to_string().contains("lunch"), "{arrivals:#}");
    }
    app.stop().await;
}

#[tokio::test]
async fn feedback_of_users_is_kept_as_scores() {
    let app = App::start().await;
    let body = json!({"entity_instance_id": "chat-7", "tags": {"thumb": "up", "stars": 4}, "source": "sdk",
                      "flow": "user_feedback", "actor": {"type": "service", "id": "shop"}});
    for url in [
        app.http_url("/v2/annotation-tasks/thumbs/annotations"),
        app.web_url("/v2/annotation-tasks/thumbs/annotations"),
    ] {
        assert!(post(&app, url, JSON, body.to_string()).await.status().is_success());
        // The same opinion, a second later, is another one.
        app.clock.set(app.clock.now().after(Duration::from_secs(1)));
    }
    assert_eq!(app.journal_payloads().await.iter().map(Payload::items).sum::<u32>(), 4);
    app.settled().await;
    let logs = app.get_ok("/api/v1/logs?since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z").await;
    let stars = logs["items"].as_array().expect("a list").iter();
    let stars = stars.filter(|item| item["attributes"]["gen_ai.evaluation.name"] == "stars");
    assert_eq!(stars.filter(|item| item["attributes"]["gen_ai.evaluation.score.value"] == 4.0).count(), 2, "{logs:#}");
    let wrong = post(&app, app.http_url("/v2/annotation-tasks/thumbs/annotations"), JSON, "{}").await;
    assert_eq!(wrong.status(), 400);
    app.stop().await;
}

#[tokio::test]
async fn who_speaks_tls_hears_that_nobody_else_does() {
    let app = App::start().await;
    for (offered, protocol) in [(&["h2"][..], "grpc"), (&["h2", "http/1.1"][..], "http")] {
        let mut config = rustls::ClientConfig::builder()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(app.addresses().grpc).await.expect("the port is open");
        let name = "localhost".try_into().expect("a name");
        let error = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect_err("no TLS");
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "an answer that is no TLS, and no reset: {error}");
        let is_told = |told: &Value| {
            told["refusals"].as_array().is_some_and(|all| all.iter().any(|one| one["protocol"] == protocol))
        };
        let told = app.until("/api/v1/arrivals", is_told).await;
        let refused = told["refusals"].as_array().expect("a list");
        let refused = refused.iter().find(|one| one["protocol"] == protocol).expect("there");
        assert_eq!(refused["reason"], "tls");
        assert!(
            refused["remedy"].as_str().is_some_and(|text| text.contains("OTEL_EXPORTER_OTLP_INSECURE")),
            "{refused}"
        );
    }
    app.send(&TracesData::decode(one_span(0).as_slice()).expect("a message")).await;
    assert!(matches!(app.journal_payloads().await[..], [Payload::Traces(_)]));
    app.stop().await;
}
