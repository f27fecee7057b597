//! `tracemeter connect` and the page behind it: settings to copy, waiting for a real sender, and mistakes made for real.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use prost::Message as _;
use serde_json::{Value, json};
use tracemeter::model::otlp::TracesData;

use crate::support::otlp::{span, traces};
use crate::support::{App, PATIENCE};

/// `tracemeter connect`, whose lines can be waited for.
struct Connecting {
    child: Child,
    lines: Receiver<String>,
    heard: String,
}

impl Connecting {
    fn start(app: &App, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tracemeter"))
            .arg("connect")
            .args(args)
            .arg("--data-dir")
            .arg(app.data_dir())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let (sender, lines) = channel();
        let (out, faults) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let outputs: [Box<dyn std::io::Read + Send>; 2] = [Box::new(out), Box::new(faults)];
        for output in outputs {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        Self { child, lines, heard: String::new() }
    }

    /// Reads until a line has `text` in it.
    async fn until(&mut self, text: &str) {
        tokio::task::block_in_place(|| {
            while !self.heard.contains(text) {
                let line = self.lines.recv_timeout(PATIENCE);
                let line = line.unwrap_or_else(|_| panic!("{text:?} was never said; heard:\n{}", self.heard));
                self.heard += &format!("{line}\n");
            }
        });
    }

    /// Whether it ended well, and all it said.
    async fn end(mut self) -> (bool, String) {
        tokio::task::block_in_place(|| {
            let status = self.child.wait().expect("ends");
            while let Ok(line) = self.lines.recv() {
                self.heard += &format!("{line}\n");
            }
            (status.success(), std::mem::take(&mut self.heard))
        })
    }
}

/// A test that fails leaves no process behind.
impl Drop for Connecting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(args: &[&str]) -> (bool, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_tracemeter"))
        .arg("connect")
        .args(args)
        // A server for everybody that is not running.
        .env("TRACEMETER_RECEIVE__HTTP", "0.0.0.0:4318")
        .env("TRACEMETER_RECEIVE__GRPC", "0.0.0.0:4317")
        .env("TRACEMETER_RECEIVE__ALLOW_WITHOUT_KEY", "true")
        .env("TRACEMETER_WEB__LISTEN", "127.0.0.1:9")
        .output()
        .expect("runs");
    (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
}

fn named(service: &str, scope: &str, spans: Vec<tracemeter::model::otlp::Span>) -> TracesData {
    let mut data = traces(service, spans);
    let group = &mut data.resource_spans[0].scope_spans[0];
    group.scope.get_or_insert_default().name = scope.into();
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_every_client_are_these() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let data = dir.path().to_string_lossy().into_owned();
    let (well, list) = command(&[]);
    assert!(well);
    let mut all = list.clone();
    let mut count = 0;
    for id in list.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()) {
        let (well, said) = command(&[id, "--no-wait", "--address", "ai.lan", "--key", "KEY", "--data-dir", &data]);
        assert!(well, "{id}: {said}");
        let _ = write!(all, "\n==== tracemeter connect {id} ====\n{said}");
        count += 1;
    }
    assert!(count > 15, "{list}");
    insta::assert_snapshot!("connect", all);
    let (well, said) = command(&["n9n"]);
    assert!(!well && said.contains("there are curl, n8n, dify"), "{said}");
    let (well, said) = command(&["n8n", "--data-dir", &data, "--url", "http://127.0.0.1:9"]);
    assert!(!well && said.contains("N8N_OTEL_ENABLED") && said.contains("start tracemeter serve first"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_gets_the_same_settings() {
    let app = App::start().await;
    let told = app.get_ok("/api/v1/clients?host=ai.lan&key=k-1").await;
    let port = app.addresses().http.port();
    assert_eq!(told["http"], json!(format!("http://127.0.0.1:{port}")), "which listens for its own machine only");
    assert_eq!(told["only_here"], true);
    let n8n = told["items"].as_array().expect("a list").iter().find(|item| item["id"] == "n8n").expect("there");
    let text = n8n["steps"][1]["text"].as_str().expect("text");
    assert!(text.contains(&format!("LANGSMITH_ENDPOINT=http://127.0.0.1:{port}\nLANGSMITH_API_KEY=k-1")), "{text}");
    let local = app.get_ok("/api/v1/clients").await;
    assert_eq!(local["http"], json!(format!("http://localhost:{port}")));
    assert_eq!(app.get("/api/v1/clients?host=http://x").await.0, 400);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_data_of_the_client_ends_the_waiting() {
    let app = App::start().await;
    let mut waiting = Connecting::start(&app, &["n8n"]);
    waiting.until("Waiting for n8n").await;
    assert!(waiting.heard.contains(&format!("N8N_OTEL_EXPORTER_OTLP_ENDPOINT={}", app.http_url(""))));
    // As n8n does at its start.
    assert_eq!(app.client.head(app.http_url("/v1/traces")).send().await.expect("an answer").status(), 200);
    waiting.until("N8N_OTEL_TRACES_PRODUCTION_ONLY=false, or run").await;
    app.send(&named("shop", "my.scope", vec![span(1, 1, "s", 0)])).await;
    waiting.until("which does not look like n8n").await;
    app.send(&named("n8n", "n8n-workflow", vec![span(2, 2, "workflow.execute", 0)])).await;
    let (well, said) = waiting.end().await;
    assert!(well, "{said}");
    assert!(
        said.contains("+ n8n: n8n (n8n-workflow) sent traces by http_protobuf from 127.0.0.1, without a key"),
        "{said}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_named_while_waiting() {
    let app = App::start().await;
    let mut waiting = Connecting::start(&app, &["open-webui"]);
    waiting.until("Waiting for Open WebUI").await;

    // TLS on the plain port, as gRPC does by default.
    let mut config =
        rustls::ClientConfig::builder().with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = tokio::net::TcpStream::connect(app.addresses().grpc).await.expect("open");
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    assert!(connector.connect("localhost".try_into().expect("a name"), stream).await.is_err());
    waiting.until("(tls). The client speaks TLS, this port does not").await;

    // A path that is not there, and one of another protocol.
    assert_eq!(app.post("/v1/trace", Vec::new()).await.status(), 404);
    waiting.until("(unknown_path). The path is wrong").await;
    assert_eq!(app.post("/api/v2/spans", Vec::new()).await.status(), 404);
    waiting.until("(other_protocol). That is not OpenTelemetry").await;

    // The bare address, which is none.
    let data = named("open-webui", "opentelemetry.instrumentation.fastapi", vec![span(3, 3, "GET /", 0)]);
    assert_eq!(app.post("/", data.encode_to_vec()).await.status(), 200);
    let (well, said) = waiting.end().await;
    assert!(well && said.contains("+ Open WebUI: open-webui"), "{said}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_tenth_is_told_so() {
    let app = App::start().await;
    let mut waiting = Connecting::start(&app, &["dify", "--watch"]);
    waiting.until("Waiting for Dify").await;
    let send = async |n: u8, low: u8| {
        // As Python samples: by the lower half of the id.
        let mut one = span(n, n, "s", 0);
        let mut id = [n.wrapping_mul(37); 16];
        id[8] = low;
        one.trace_id = id.to_vec().into();
        app.send(&named("langgenius/dify", "opentelemetry.instrumentation.flask", vec![one])).await;
    };
    send(1, 3).await;
    waiting.until("Dify sends one trace in ten unless OTEL_SAMPLING_RATE=1 is set").await;
    for n in 2..=14 {
        send(n, (n * 7) % 25).await;
    }
    waiting.until("% of its traces arrive: it samples before it sends. Set OTEL_SAMPLING_RATE=1").await;
    let arrivals = app.get_ok("/api/v1/arrivals").await;
    let share = arrivals["items"][0]["sampled_share"].as_f64().expect("a share");
    assert!((0.08..0.12).contains(&share), "{share}");
    assert_eq!(arrivals["items"][0]["clients"], json!(["dify", "openllmetry"]));
    drop(waiting);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_has_an_end_when_it_was_given_one() {
    let app = App::start().await;
    let waiting = Connecting::start(&app, &["n8n", "--timeout", "0"]);
    let (well, said) = waiting.end().await;
    assert!(!well && said.contains("no data of n8n has come: "), "{said}");
    let refusals: Value = app.get_ok("/api/v1/arrivals").await["refusals"].clone();
    assert_eq!(refusals, json!([]));
    app.stop().await;
}
