//! kill -9 in the middle of ingest: every span that was acknowledged is there after the restart.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prost::Message as _;
use tokio::sync::Mutex;
use tracemeter::app::Addresses;

use crate::support::otlp::traces;
use crate::support::{PATIENCE, client};

const UNKNOWN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The real binary as its own process, killed without notice when dropped.
struct Server {
    process: Child,
    addresses: Addresses,
}

impl Server {
    async fn start(data_dir: &Path) -> Self {
        let _old = std::fs::remove_file(data_dir.join("run/addresses.json"));
        let process = Command::new(env!("CARGO_BIN_EXE_tracemeter"))
            .arg("serve")
            .env("TRACEMETER_DATA_DIR", data_dir)
            .env("TRACEMETER_RECEIVE__GRPC", "127.0.0.1:0")
            .env("TRACEMETER_RECEIVE__HTTP", "127.0.0.1:0")
            .env("TRACEMETER_WEB__LISTEN", "127.0.0.1:0")
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary starts");
        // In its guard before anything can panic, so that no server outlives its test.
        let unknown = Addresses { grpc: UNKNOWN, http: UNKNOWN, web: UNKNOWN };
        let mut server = Self { process, addresses: unknown };
        let started = tokio::time::Instant::now();
        loop {
            if let Some(addresses) = Addresses::read(data_dir) {
                server.addresses = addresses;
                return server;
            }
            assert!(started.elapsed() < PATIENCE, "the server never wrote its addresses");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn kill(&mut self) {
        self.process.kill().expect("SIGKILL");
        self.process.wait().expect("gone");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Sends one-span traces from several connections until the server is gone; gives the ids that were acknowledged.
async fn send_until_killed(server: &mut Server, next: &Arc<AtomicU64>, enough: usize) -> BTreeSet<String> {
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let url = format!("http://{}/v1/traces", server.addresses.http);
    let senders: Vec<_> = (0..4)
        .map(|_| {
            let (acknowledged, next, url, client) =
                (Arc::clone(&acknowledged), Arc::clone(next), url.clone(), client());
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let mut span = crate::support::otlp::span(1, 1, "kept", 0);
                    let mut trace_id = [0xab; 16];
                    trace_id[8..].copy_from_slice(&number.to_be_bytes());
                    span.trace_id = trace_id.to_vec().into();
                    let body = traces("crash", vec![span]).encode_to_vec();
                    let sent =
                        client.post(&url).header("content-type", "application/x-protobuf").body(body).send().await;
                    match sent {
                        Ok(answer) if answer.status().is_success() => {
                            acknowledged.lock().await.insert(hex::encode(trace_id));
                        }
                        Ok(answer) => panic!("refused with {}", answer.status()),
                        Err(_) => return,
                    }
                }
            })
        })
        .collect();
    let started = tokio::time::Instant::now();
    while acknowledged.lock().await.len() < enough {
        assert!(started.elapsed() < PATIENCE, "too few acknowledgements");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.kill();
    for sender in senders {
        sender.await.expect("senders end when the server is gone");
    }
    Arc::try_unwrap(acknowledged).expect("senders are gone").into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_span_survives_kill_9() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let next = Arc::new(AtomicU64::new(1));
    let mut acknowledged = BTreeSet::new();
    for round in 1..=4 {
        let mut server = Server::start(dir.path()).await;
        acknowledged.extend(send_until_killed(&mut server, &next, 40 * round).await);
    }
    let server = Server::start(dir.path()).await;
    let client = client();
    for trace_id in &acknowledged {
        let url = format!("http://{}/api/v1/traces/{trace_id}", server.addresses.web);
        let status = client.get(url).send().await.expect("answers").status();
        assert_eq!(status, 200, "acknowledged trace {trace_id} is lost");
    }
    // The list is loaded by another path than the trace page: it must come to the same number of traces or more
    // (a request committed but killed before its answer is there too).
    let started = tokio::time::Instant::now();
    loop {
        let url = format!(
            "http://{}/api/v1/cost?group_by=service&bucket=month&since=2026-01-01T00:00:00Z",
            server.addresses.web
        );
        let answer = client.get(url).send().await.expect("answers");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
        let listed = listed_traces(&client, &server).await;
        if acknowledged.is_subset(&listed) {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{} of {} traces are listed", listed.len(), acknowledged.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The search index has its own cursor: what the list has it finds too, each once.
    let listed = listed_traces(&client, &server).await;
    loop {
        let found = searched_traces(&client, &server, "name:kept").await;
        let once: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(found.len(), once.len(), "a span is indexed twice");
        if once == listed {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{} of {} traces are found", once.len(), listed.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Walks every page of a search: trace ids in the order found, each as often as it was found.
async fn searched_traces(client: &reqwest::Client, server: &Server, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let url = format!("http://{}/api/v1/search?q={word}&limit=500{cursor}", server.addresses.web);
        let answer = client.get(url).send().await.expect("answers").text().await.expect("a body");
        let page: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        let items = page["items"].as_array().unwrap_or_else(|| panic!("no list: {answer}"));
        found.extend(items.iter().map(|item| item["trace_id"].as_str().expect("an id").to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// Walks every page of the trace list.
async fn listed_traces(client: &reqwest::Client, server: &Server) -> BTreeSet<String> {
    let mut listed = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let url = format!(
            "http://{}/api/v1/traces?since=2020-01-01T00:00:00Z&limit=100{}",
            server.addresses.web,
            if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") }
        );
        let page: serde_json::Value = client.get(url).send().await.expect("answers").json().await.expect("JSON");
        for item in page["items"].as_array().expect("items") {
            assert!(listed.insert(item["trace_id"].as_str().expect("an id").to_owned()), "listed twice");
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return listed,
        }
    }
}
