//! Starts the real app and talks to it as its users do.

pub mod collector;
pub mod hec;
pub mod otlp;
pub mod provider;
pub mod stores;
pub mod tls;

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tracemeter::app::{self, Addresses};
use tracemeter::clock::Clock;
use tracemeter::config::Config;
use tracemeter::journal::{Cursor, Payload};
use tracemeter::model::UnixNanos;
use tracemeter::model::otlp::{Span, TracesData};

/// When the fixed clock stands unless a test moves it.
pub const NOON: &str = "2026-11-20T12:00:00Z";

/// How long to wait for something that must come. Generous: a busy machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running app with its own data directory, removed at the end.
pub struct App {
    running: app::App,
    pub client: reqwest::Client,
    pub clock: Clock,
    config: Config,
    dir: TempDir,
}

impl App {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts with a configuration that `change` has had its hands on.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        Self::start_at(dir.path().join("data"), change, Clock::fixed(at(NOON)), dir).await
    }

    /// Starts on the data directory `data_dir`, which stays.
    pub async fn start_in(data_dir: &Path, change: impl FnOnce(&mut Config), clock: Clock) -> Self {
        let unused = tempfile::tempdir().expect("temporary directory");
        Self::start_at(data_dir.to_owned(), change, clock, unused).await
    }

    async fn start_at(data_dir: PathBuf, change: impl FnOnce(&mut Config), clock: Clock, dir: TempDir) -> Self {
        let mut config = Config { data_dir, ..Config::default() };
        config.receive.grpc.set_port(0);
        config.receive.http.set_port(0);
        config.web.listen.set_port(0);
        change(&mut config);
        let running = app::App::start(&config, clock.clone()).await.expect("the app starts");
        Self { running, client: client(), clock, config, dir }
    }

    /// Stops in order and starts again on the same data, with stores changed by `between`.
    pub async fn restart_after(self, between: impl FnOnce(&Path)) -> Self {
        let Self { running, clock, config, dir, .. } = self;
        running.stop().await;
        between(&config.data_dir);
        let running = app::App::start(&config, clock.clone()).await.expect("the app starts again");
        Self { running, client: client(), clock, config, dir }
    }

    /// Stops in order and starts again with another configuration.
    pub async fn restart_with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self.restart().await
    }

    pub async fn restart(self) -> Self {
        self.restart_after(|_| {}).await
    }

    pub fn data_dir(&self) -> PathBuf {
        self.config.data_dir.clone()
    }

    pub fn addresses(&self) -> Addresses {
        self.running.addresses()
    }

    pub fn http_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addresses().http)
    }

    pub fn grpc_url(&self) -> String {
        format!("http://{}", self.addresses().grpc)
    }

    pub fn web_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addresses().web)
    }

    /// GET on the web port; the status and the JSON body.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.client.get(self.web_url(path)).send().await.expect("the web port answers");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        let json =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path} answered {status} without JSON: {text}"));
        (status, json)
    }

    /// GET that must succeed.
    pub async fn get_ok(&self, path: &str) -> Value {
        let (status, json) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {json:#}");
        json
    }

    /// Sends over OTLP/HTTP and expects full success.
    pub async fn send(&self, data: &TracesData) {
        let answer = self.post("/v1/traces", prost::Message::encode_to_vec(data)).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.bytes().await.expect("a body").is_empty(), "full success leaves partial_success unset");
    }

    /// POSTs protobuf to the OTLP/HTTP port.
    pub async fn post(&self, path: &str, body: Vec<u8>) -> reqwest::Response {
        let request = self.client.post(self.http_url(path)).header("content-type", "application/x-protobuf").body(body);
        request.send().await.expect("the OTLP port answers")
    }

    /// Asks `path` until `done` holds for the answer.
    pub async fn until(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let started = tokio::time::Instant::now();
        loop {
            let (status, json) = self.get(path).await;
            if status == 200 && done(&json) {
                return json;
            }
            assert!(started.elapsed() < PATIENCE, "{path} never showed what was expected; last {status}: {json:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until everything in the journal is loaded.
    pub async fn settled(&self) {
        self.until("/api/v1/health", |health| health["analytics"]["caught_up"] == true).await;
    }

    /// Waits until a finished day is one plain file, which it becomes as soon as no reader holds it open.
    /// `file`: a day file inside the data directory, like `journal/2026-11-20.sqlite`.
    pub async fn until_sealed(&self, file: &str) {
        let path = self.data_dir().join(file);
        let started = tokio::time::Instant::now();
        while !tracemeter::journal::is_sealed(&path) {
            assert!(started.elapsed() < PATIENCE, "{} is never sealed", path.display());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the destination has everything that is in the journal now.
    pub async fn until_sent(&self, name: &str) -> Value {
        let records: u64 = self.journal_payloads().await.iter().map(|payload| u64::from(payload.items())).sum();
        let sent = |one: &Value| one["sent_records"].as_u64() >= Some(records) && one["waiting_since"].is_null();
        self.until(&format!("/api/v1/destinations/{name}"), sent).await
    }

    /// Every span in the journal, in journal order.
    pub async fn journal_spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for payload in self.journal_payloads().await {
            if let Payload::Traces(data) = payload {
                let scopes = data.resource_spans.into_iter().flat_map(|group| group.scope_spans);
                spans.extend(scopes.flat_map(|scope| scope.spans));
            }
        }
        spans
    }

    /// Everything in the journal.
    pub async fn journal_payloads(&self) -> Vec<Payload> {
        let mut reader = self.running.journal().reader();
        tokio::task::spawn_blocking(move || {
            let chunks = reader.next(Cursor::default(), usize::MAX).expect("the journal reads");
            chunks.iter().map(|chunk| chunk.payload().expect("chunks decode")).collect()
        })
        .await
        .expect("reading does not panic")
    }

    pub async fn stop(self) {
        self.running.stop().await;
    }
}

pub fn at(time: &str) -> UnixNanos {
    time.parse().expect("an RFC 3339 time")
}

pub fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _installed = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().timeout(PATIENCE).build().expect("a client")
}

/// Asks `url` until `done` holds for the JSON it answers with.
pub async fn until(client: &reqwest::Client, url: &str, done: impl Fn(&Value) -> bool) -> Value {
    let started = tokio::time::Instant::now();
    loop {
        let text = client.get(url).send().await.expect("answers").text().await.expect("a body");
        match serde_json::from_str(&text) {
            Ok(json) if done(&json) => return json,
            _ => assert!(started.elapsed() < PATIENCE, "{url} never showed what was expected; last: {text}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
