//! kill -9 at random points of ingest, fifty times: every span that was acknowledged is there after the restart, in the
//! journal and in the analytics, exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prost::Message as _;
use tokio::sync::Mutex;
use tracemeter::app::Addresses;
use tracemeter::clock::Clock;
use tracemeter::config::JournalConfig;
use tracemeter::journal::{Cursor, Journal, Payload};
use tracemeter::meter::Meter;

use crate::support::otlp::traces;
use crate::support::{PATIENCE, client};

const UNKNOWN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The real binary as its own process, killed without notice when dropped.
pub struct Server {
    process: Child,
    pub addresses: Addresses,
}

impl Server {
    pub async fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &[]).await
    }

    /// With more environment variables.
    pub async fn start_with(data_dir: &Path, more: &[(&str, &str)]) -> Self {
        let _old = std::fs::remove_file(data_dir.join("run/addresses.json"));
        let process = Command::new(env!("CARGO_BIN_EXE_tracemeter"))
            .arg("serve")
            .env("TRACEMETER_DATA_DIR", data_dir)
            .env("TRACEMETER_RECEIVE__GRPC", "127.0.0.1:0")
            .env("TRACEMETER_RECEIVE__HTTP", "127.0.0.1:0")
            .env("TRACEMETER_WEB__LISTEN", "127.0.0.1:0")
            .envs(more.iter().copied())
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary starts");
        // In its guard before anything can panic, so that no server outlives its test.
        let unknown = Addresses { grpc: UNKNOWN, http: UNKNOWN, web: UNKNOWN, listeners: Vec::new(), relay: None };
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

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    pub fn kill(&mut self) {
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
async fn send_until_killed(
    server: &mut Server,
    next: &Arc<AtomicU64>,
    enough: usize,
    moment: Duration,
) -> BTreeSet<String> {
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
    tokio::time::sleep(moment).await;
    server.kill();
    for sender in senders {
        sender.await.expect("senders end when the server is gone");
    }
    Arc::try_unwrap(acknowledged).expect("senders are gone").into_inner()
}

/// Rounds; each is a start, some requests and a kill.
const ROUNDS: u64 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_span_survives_kill_9_exactly_once() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let next = Arc::new(AtomicU64::new(1));
    let mut acknowledged = BTreeSet::new();
    let mut points = Numbers(0x5eed);
    for _ in 0..ROUNDS {
        let mut server = Server::start(dir.path()).await;
        // Anywhere from the first commit to some hundred later, then anywhere within a commit or a load.
        let enough = 1 + usize::try_from(points.below(60)).expect("small");
        let moment = Duration::from_micros(points.below(20_000));
        acknowledged.extend(send_until_killed(&mut server, &next, enough, moment).await);
    }
    assert!(acknowledged.len() as u64 >= ROUNDS);
    let in_journal = journal_traces(dir.path());
    let lost: Vec<_> = acknowledged.iter().filter(|id| !in_journal.contains_key(*id)).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged traces are lost: {lost:?}", lost.len(), acknowledged.len());
    let doubled: Vec<_> = in_journal.iter().filter(|(_, spans)| **spans != 1).collect();
    assert!(doubled.is_empty(), "stored more than once: {doubled:?}");

    let mut server = Server::start(dir.path()).await;
    let client = client();
    let id = acknowledged.first().expect("not empty");
    let url = format!("http://{}/api/v1/traces/{id}", server.addresses.web);
    assert_eq!(client.get(url).send().await.expect("answers").status(), 200, "the trace page reads the journal");
    // The list is loaded from the journal and comes to the very same traces: one that was committed and whose answer
    // the kill cut off is in both.
    let started = tokio::time::Instant::now();
    loop {
        let listed = listed_traces(&client, &server).await;
        let doubled = listed.iter().find(|(_, spans)| **spans != 1);
        assert!(doubled.is_none(), "loaded more than once: {doubled:?}");
        if listed == in_journal {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{} of {} traces are listed", listed.len(), in_journal.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The search index has its own cursor: what the list has it finds too, each once.
    let listed: BTreeSet<String> = in_journal.keys().cloned().collect();
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
    server.kill();
    crate::faults::assert_sound(&dir.path().join("journal"));
}

/// Repeatable randomness (SplitMix64), so that a failure can be looked at again.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
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

/// Every trace in the journal of a server that was killed, with the number of its spans.
pub fn journal_traces(data_dir: &Path) -> BTreeMap<String, u64> {
    let config = JournalConfig::default();
    let journal = Journal::open(&data_dir.join("journal"), &config, Clock::system(), &Meter::default())
        .expect("what a kill leaves opens");
    let mut traces = BTreeMap::new();
    for chunk in journal.reader().next(Cursor::default(), usize::MAX).expect("reads") {
        let Payload::Traces(data) = chunk.payload().expect("decodes") else { panic!("only traces were sent") };
        for span in data.resource_spans.iter().flat_map(|group| &group.scope_spans).flat_map(|scope| &scope.spans) {
            *traces.entry(hex::encode(&span.trace_id)).or_insert(0) += 1;
        }
    }
    assert_eq!(journal.stats().unreadable_chunks, 0);
    traces
}

/// Walks every page of the trace list: ids with the number of their spans.
pub async fn listed_traces(client: &reqwest::Client, server: &Server) -> BTreeMap<String, u64> {
    let mut listed = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let url = format!(
            "http://{}/api/v1/traces?since=2020-01-01T00:00:00Z&limit=100{}",
            server.addresses.web,
            if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") }
        );
        let page: serde_json::Value = client.get(url).send().await.expect("answers").json().await.expect("JSON");
        for item in page["items"].as_array().expect("items") {
            let id = item["trace_id"].as_str().expect("an id").to_owned();
            let spans = item["span_count"].as_u64().expect("a number");
            assert!(listed.insert(id, spans).is_none(), "listed twice");
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return listed,
        }
    }
}
