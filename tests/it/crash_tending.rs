//! kill -9 while a finished day is packed and while something is deleted: nothing else is lost or doubled, and what was
//! to go is gone after the next start.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tracemeter::clock::Clock;
use tracemeter::model::UnixNanos;

use crate::crash::{Numbers, Server, journal_traces};
use crate::erase::files_with;
use crate::faults::assert_sound;
use crate::support::otlp::{chat, span, traces, with};
use crate::support::{App, PATIENCE, client};

const DAY: i64 = 86_400_000_000_000;

/// Yesterday with `count` traces of which each says its own word, and something of today.
async fn yesterday(dir: &Path, count: u8, noise: usize) {
    let now = Clock::system().now();
    let start = UnixNanos(now.0 - DAY);
    let app = App::start_in(dir, |config| config.retention.pack_level = 0, Clock::fixed(start)).await;
    for trace in 1..=count {
        let text = format!("{} {}", word(trace), super::retention::noise(u64::from(trace), noise));
        let mut call = chat(span(trace, 1, "answer", 0), "gpt-4o", 100, 10);
        call.start_time_unix_nano = start.0 as u64 - 1_000_000_000;
        call.end_time_unix_nano = start.0 as u64;
        app.send(&traces("shop", vec![with(call, "input.value", text)])).await;
    }
    app.clock.set(now);
    app.send(&traces("shop", vec![span(100, 1, "today", 0)])).await;
    app.settled().await;
    app.stop().await;
}

fn word(trace: u8) -> String {
    format!("abracadabra{trace}x")
}

fn id(trace: u8) -> String {
    hex::encode([trace; 16])
}

async fn ask(server: &Server, path: &str) -> Value {
    let url = format!("http://{}{path}", server.addresses.web);
    client().get(url).send().await.expect("answers").json().await.expect("JSON")
}

async fn until(server: &Server, path: &str, done: impl Fn(&Value) -> bool) -> Value {
    let started = tokio::time::Instant::now();
    loop {
        let answer = ask(server, path).await;
        if done(&answer) {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "{path} never showed what was expected: {answer:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_packed_while_the_server_is_killed_is_the_old_one_or_the_new_one() {
    let dir = tempfile::tempdir().expect("temporary directory");
    yesterday(dir.path(), 12, 200_000).await;
    let before = journal_traces(dir.path());
    let mut points = Numbers(0xcafe);
    for _ in 0..12 {
        let mut server = Server::start(dir.path()).await;
        tokio::time::sleep(Duration::from_millis(points.below(900))).await;
        server.kill();
        assert_sound(&dir.path().join("journal"));
        assert_eq!(journal_traces(dir.path()), before);
    }
    let mut server = Server::start(dir.path()).await;
    until(&server, "/api/v1/health", |health| health["retention"]["days"][0]["packed"] == true).await;
    let page = ask(&server, &format!("/api/v1/traces/{}", id(7))).await;
    assert!(page.to_string().contains(&word(7)));
    server.kill();
    assert_eq!(journal_traces(dir.path()), before);
    let drafts = std::fs::read_dir(dir.path().join("journal")).expect("lists").flatten();
    assert!(!drafts.into_iter().any(|entry| entry.path().extension().is_some_and(|end| end == "rewrite")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_a_kill_breaks_off_is_finished_by_the_next_start() {
    let dir = tempfile::tempdir().expect("temporary directory");
    yesterday(dir.path(), 12, 20_000).await;
    let before = journal_traces(dir.path());
    let mut points = Numbers(0xbeef);
    let gone: Vec<u8> = (1..=8).collect();
    for (earlier, trace) in gone.iter().enumerate() {
        let mut server = Server::start(dir.path()).await;
        let url = format!("http://{}/api/v1/traces/{}", server.addresses.web, id(*trace));
        let asking = tokio::spawn(client().delete(url).header("x-tracemeter", "1").send());
        // From the note on it must be carried out, whatever happens.
        let listed = |receipts: &Value| receipts["items"].as_array().is_some_and(|items| items.len() == earlier + 1);
        until(&server, "/api/v1/receipts", listed).await;
        tokio::time::sleep(Duration::from_millis(points.below(250))).await;
        server.kill();
        let _broken_off = asking.await;
    }
    let mut server = Server::start(dir.path()).await;
    let all_done = |receipts: &Value| {
        receipts["items"].as_array().is_some_and(|items| items.iter().all(|item| item["state"] == "done"))
    };
    let receipts = until(&server, "/api/v1/receipts", all_done).await;
    let items = receipts["items"].as_array().expect("a list");
    assert_eq!(items.len(), gone.len());
    assert!(items.iter().all(|item| item["subject"] == Value::Null));
    until(&server, "/api/v1/health", |health| health["search"]["caught_up"] == true).await;
    let listed = ask(&server, "/api/v1/traces?since=2020-01-01T00:00:00Z&limit=100").await;
    assert_eq!(listed["items"].as_array().expect("a list").len(), before.len() - gone.len());
    server.kill();
    let left: BTreeMap<_, _> =
        before.into_iter().filter(|(known, _)| !gone.iter().any(|trace| id(*trace) == *known)).collect();
    assert_eq!(journal_traces(dir.path()), left);
    assert_sound(&dir.path().join("journal"));
    for trace in gone {
        assert_eq!(files_with(dir.path(), &word(trace)), Vec::<String>::new());
    }
    assert!(
        files_with(dir.path(), &word(11)).len() + files_with(dir.path(), "abracadabra1").len() > 0,
        "the rest is there"
    );
}
