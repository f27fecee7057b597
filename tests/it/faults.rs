//! Disks that fill and files that are damaged: the server starts, says so, serves the rest and takes new data.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;

use prost::Message as _;
use tempfile::TempDir;

use super::crash::{Server, listed_traces};
use super::support::App;
use super::support::otlp::{span, traces, with};

/// Panics unless SQLite finds every day file below `journal` in order.
pub fn assert_sound(journal: &Path) {
    let mut checked = 0;
    for entry in std::fs::read_dir(journal).expect("the journal's folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "sqlite") {
            let file = rusqlite::Connection::open(&path).expect("opens");
            let verdict = file.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
            assert_eq!(verdict.as_deref(), Ok("ok"), "{}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 0, "there is something to check in {}", journal.display());
}

/// A filesystem of its own in memory, gone when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn new(mib: u32) -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"])
            .arg(dir.path())
            .output()
            .expect("mount is installed");
        let said = String::from_utf8_lossy(&mounted.stderr);
        assert!(mounted.status.success(), "this test mounts a small tmpfs and so must run as root: {said}");
        Self(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that is still closing must not keep the mount.
        let _unmounted = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

/// 256 KiB that do not compress, different for each `number`.
fn noise(number: u64) -> String {
    let mut text = String::new();
    for block in 0..4096_u64 {
        text.push_str(&blake3_hex(number << 32 | block));
    }
    text
}

fn blake3_hex(number: u64) -> String {
    hex::encode(blake3::hash(&number.to_be_bytes()).as_bytes())
}

/// A trace of its own per `number`.
fn numbered(number: u64) -> Vec<u8> {
    let mut one = with(span(1, 1, "kept", 0), "noise", noise(number).as_str());
    let mut id = [0xcd; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    one.trace_id = id.to_vec().into();
    traces("full", vec![one]).encode_to_vec()
}

/// How often each numbered trace is in the journal.
async fn stored(app: &App) -> BTreeMap<u64, usize> {
    let mut found = BTreeMap::new();
    for span in app.journal_spans().await {
        let number = u64::from_be_bytes(span.trace_id[8..].try_into().expect("eight bytes"));
        *found.entry(number).or_insert(0) += 1;
    }
    found
}

/// Sends until refused; gives the numbers that were acknowledged.
async fn fill(app: &App, from: u64) -> Vec<u64> {
    let mut acknowledged = Vec::new();
    for number in from..from + 2000 {
        let answer = app.post("/v1/traces", numbered(number)).await;
        if answer.status() == 200 {
            acknowledged.push(number);
            continue;
        }
        assert_eq!(answer.status(), 503, "a full disk is no fault of the client");
        assert!(answer.headers().contains_key("retry-after"), "and it is told to come back");
        return acknowledged;
    }
    panic!("a disk of 64 MiB took {} requests of 256 KiB", acknowledged.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_serves_and_recovers() {
    let disk = SmallDisk::new(64);
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; 24 << 20]).expect("written");
    let data_dir = disk.path().join("data");
    // No floor: SQLite and DuckDB meet the full disk themselves.
    let app = App::start_with(|config| {
        config.data_dir = data_dir.clone();
        config.retention.min_free_mib = 0;
    })
    .await;
    let mut acknowledged = fill(&app, 1).await;
    assert!(acknowledged.len() > 10);
    app.get_ok(&format!("/api/v1/traces/{}", hex::encode(id_of(acknowledged[0])))).await;
    app.get_ok("/api/v1/health").await;
    let again = app.post("/v1/traces", numbered(100_000)).await;
    assert_eq!(again.status(), 503, "it does not take what it cannot keep");

    std::fs::remove_file(&ballast).expect("removed");
    let answer = app.post("/v1/traces", numbered(200_000)).await;
    assert_eq!(answer.status(), 200, "there is room again");
    acknowledged.push(200_000);
    app.settled().await;
    let kept = stored(&app).await;
    for number in &acknowledged {
        assert_eq!(kept.get(number), Some(&1), "trace {number} is kept once");
    }
    let health = app.get_ok("/api/v1/health").await;
    assert_eq!(health["analytics"]["spans"], kept.len(), "the analytics have caught up");
    app.stop().await;
    assert_sound(&data_dir.join("journal"));
}

fn id_of(number: u64) -> [u8; 16] {
    let mut id = [0xcd; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_floor_of_free_space_nothing_is_taken_and_everything_is_read() {
    let disk = SmallDisk::new(128);
    let data_dir = disk.path().join("data");
    let app = App::start_with(|config| {
        config.data_dir = data_dir.clone();
        config.retention.min_free_mib = 64;
    })
    .await;
    let acknowledged = fill(&app, 1).await;
    let health = app.until("/api/v1/health", |health| health["retention"]["refusing"].is_string()).await;
    assert!(health["retention"]["free_bytes"].as_u64().expect("a number") > 48 << 20, "{health:#}");
    app.settled().await;
    assert_eq!(stored(&app).await.len(), acknowledged.len());
    app.get_ok(&format!("/api/v1/traces/{}", hex::encode(id_of(acknowledged[0])))).await;
    app.stop().await;
    assert_sound(&data_dir.join("journal"));
}

/// Ten traces, then the app stops, `harm` is done to its data, and it starts again.
async fn after(harm: impl FnOnce(&Path)) -> App {
    let app = App::start().await;
    for id in 1..=10 {
        app.send(&traces("shop", vec![span(id, 1, "kept", 0)])).await;
    }
    app.settled().await;
    app.restart_after(harm).await
}

async fn assert_all_listed(app: App) {
    app.send(&traces("shop", vec![span(11, 1, "new", 0)])).await;
    app.until("/api/v1/health", |health| health["analytics"]["traces"] == 11).await;
    let listed = app.get_ok("/api/v1/traces?since=2026-11-01T00:00:00Z&limit=100").await;
    assert_eq!(listed["items"].as_array().expect("a list").len(), 11);
    let app = app.restart_after(|data| assert_sound(&data.join("journal"))).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_analytics_file_is_built_again() {
    assert_all_listed(
        after(|data| std::fs::remove_file(data.join("analytics/analytics.duckdb")).expect("removed")).await,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_analytics_file_is_built_again() {
    let truncate = |data: &Path| {
        let file = std::fs::OpenOptions::new().write(true).open(data.join("analytics/analytics.duckdb"));
        let file = file.expect("opens");
        file.set_len(file.metadata().expect("known").len() / 2).expect("truncated");
    };
    assert_all_listed(after(truncate).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overwritten_analytics_file_is_built_again() {
    let overwrite = |data: &Path| {
        let file = std::fs::OpenOptions::new().write(true).open(data.join("analytics/analytics.duckdb"));
        let file = file.expect("opens");
        let length = file.metadata().expect("known").len();
        file.write_all_at(&vec![0xee; usize::try_from(length).expect("small") - 12_288], 12_288).expect("overwritten");
    };
    assert_all_listed(after(overwrite).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn analytics_that_know_more_than_the_journal_miss_nothing_new() {
    let app = after(|data| std::fs::remove_file(data.join("journal/2026-11-20.sqlite")).expect("removed")).await;
    // Numbered as chunks that were loaded before.
    for id in 21..=25 {
        app.send(&traces("shop", vec![span(id, 1, "new", 0)])).await;
    }
    app.until("/api/v1/health", |health| health["analytics"]["traces"] == 15).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_with_a_damaged_page_starts_and_serves_the_rest() {
    let damage = |data: &Path| {
        let path = data.join("journal/2026-11-20.sqlite");
        let pages = std::fs::metadata(&path).expect("known").len() / 4096;
        let file = std::fs::OpenOptions::new().write(true).open(path).expect("opens");
        file.write_all_at(&[0xee; 4096], (pages - 1) * 4096).expect("overwritten");
    };
    let app = after(damage).await;
    app.send(&traces("shop", vec![span(11, 1, "new", 0)])).await;
    app.settled().await;
    let health = app.until("/api/v1/health", |health| health["analytics"]["traces"] == 11).await;
    assert!(health["analytics"]["error"].is_null(), "{health:#}");
    let (status, _) = app.get("/api/v1/traces/0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b").await;
    assert_eq!(status, 200, "what is new is taken and read");
    app.stop().await;
}

/// Overwrites everything behind the headers of the analytics file.
fn spoil_analytics(data: &Path) {
    let file = std::fs::OpenOptions::new().write(true).open(data.join("analytics/analytics.duckdb")).expect("opens");
    let length = usize::try_from(file.metadata().expect("known").len()).expect("small");
    file.write_all_at(&vec![0xee; length.saturating_sub(12_288)], 12_288).expect("overwritten");
}

#[tokio::test(flavor = "multi_thread")]
async fn analytics_that_are_damaged_under_a_running_server_cost_no_data() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let client = super::support::client();
    let mut server = Server::start(dir.path()).await;
    let mut sent = BTreeMap::new();
    for number in 1..=20_u64 {
        if number == 11 {
            // What came until now is in the file and not only in its log.
            let health = format!("http://{}/api/v1/health", server.addresses.web);
            super::support::until(&client, &health, |health| health["analytics"]["traces"] == 10).await;
            server.kill();
            server = Server::start(dir.path()).await;
            let health = format!("http://{}/api/v1/health", server.addresses.web);
            super::support::until(&client, &health, |health| health["analytics"]["traces"] == 10).await;
            spoil_analytics(dir.path());
        }
        let url = format!("http://{}/v1/traces", server.addresses.http);
        let request = client.post(url).header("content-type", "application/x-protobuf").body(numbered(number));
        assert_eq!(request.send().await.expect("answers").status(), 200, "the journal does not mind");
        sent.insert(hex::encode(id_of(number)), 1_u64);
    }
    for id in sent.keys() {
        let url = format!("http://{}/api/v1/traces/{id}", server.addresses.web);
        assert_eq!(client.get(url).send().await.expect("answers").status(), 200, "pages are read from the journal");
    }
    server.kill();
    let mut server = Server::start(dir.path()).await;
    let health = format!("http://{}/api/v1/health", server.addresses.web);
    super::support::until(&client, &health, |health| health["analytics"]["traces"] == 20).await;
    assert_eq!(listed_traces(&client, &server).await, sent, "they were built again");
    server.kill();
    assert_sound(&dir.path().join("journal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_without_a_free_byte_is_started_on_and_read_from() {
    let disk = SmallDisk::new(32);
    let data_dir = disk.path().join("data");
    let set_up = |config: &mut tracemeter::config::Config| {
        config.data_dir = data_dir.clone();
        config.retention.min_free_mib = 0;
    };
    let app = App::start_with(set_up).await;
    for number in 1..=3 {
        assert_eq!(app.post("/v1/traces", numbered(number)).await.status(), 200);
    }
    app.settled().await;
    let ballast = disk.path().join("ballast");
    let app = app
        .restart_after(|_| {
            let mut file = std::fs::File::create(&ballast).expect("created");
            for size in [1 << 20, 4096, 1] {
                while std::io::Write::write_all(&mut file, &vec![1; size]).is_ok() {}
            }
        })
        .await;
    for number in 1..=3 {
        app.get_ok(&format!("/api/v1/traces/{}", hex::encode(id_of(number)))).await;
    }
    // What is left of the reserve is soon used up.
    let more = fill(&app, 4).await.len() as u64;
    std::fs::remove_file(&ballast).expect("removed");
    assert_eq!(app.post("/v1/traces", numbered(5_000)).await.status(), 200, "there is room again");
    app.until("/api/v1/health", |health| health["analytics"]["traces"] == 4 + more).await;
    app.stop().await;
    assert_sound(&data_dir.join("journal"));
}
