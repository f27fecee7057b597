//! A disk on which every sync takes a quarter of a second: what is acknowledged was synced first, who comes too fast is
//! told to come back, memory stays bounded, and a kill in the middle loses nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use prost::Message as _;

use crate::crash::{Server, journal_traces, listed_traces};
use crate::support::otlp::{span, traces, with};
use crate::support::{PATIENCE, client};

/// Bytes of a request; four of them are all that may wait.
const REQUEST: usize = 256 << 10;

/// Builds the library that slows syncs. A C compiler is there: SQLite and DuckDB were built with it.
fn slow_sync(dir: &Path) -> PathBuf {
    let library = dir.join("slow_sync.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/slow_sync.c"))
        .arg("-ldl")
        .output()
        .expect("a C compiler");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    library
}

fn id_of(number: u64) -> String {
    format!("{:016x}{number:016x}", 0xcdcd_cdcd_cdcd_cdcd_u64)
}

/// A trace of its own that does not compress.
fn request(number: u64) -> Vec<u8> {
    let mut text = String::with_capacity(REQUEST);
    for block in 0..(REQUEST / 64) as u64 {
        text.push_str(&hex::encode(blake3::hash(&(number << 20 | block).to_be_bytes()).as_bytes()));
    }
    let mut one = with(span(1, 1, "slow", 0), "noise", text);
    one.trace_id = hex::decode(id_of(number)).expect("hexadecimal").into();
    traces("slow", vec![one]).encode_to_vec()
}

fn syncs(log: &Path) -> u64 {
    std::fs::metadata(log).map_or(0, |metadata| metadata.len())
}

/// Largest resident memory of process `id` so far, in MiB.
fn peak_mib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("is running");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") / 1024
}

#[derive(Default)]
struct Outcome {
    acknowledged: BTreeSet<String>,
    refused: u64,
}

/// Sends without pause from twelve connections, each request until it is taken, until `enough` were or `stop`.
async fn press(server: &Server, log: &Path, next: &Arc<AtomicU64>, enough: usize, stop: &Arc<AtomicBool>) -> Outcome {
    let outcome = Arc::new(std::sync::Mutex::new(Outcome::default()));
    let senders = (0..12).map(|_| {
        let (url, log) = (format!("http://{}/v1/traces", server.addresses.http), log.to_owned());
        let (outcome, next, stop, client) = (Arc::clone(&outcome), Arc::clone(next), Arc::clone(stop), client());
        tokio::spawn(async move {
            while outcome.lock().expect("sound").acknowledged.len() < enough && !stop.load(Ordering::SeqCst) {
                let number = next.fetch_add(1, Ordering::SeqCst);
                let body = request(number);
                loop {
                    let before = syncs(&log);
                    let sent = client.post(&url).header("content-type", "application/x-protobuf").body(body.clone());
                    // Killed.
                    let Ok(answer) = sent.send().await else { return };
                    if answer.status() == 200 {
                        assert!(syncs(&log) > before, "acknowledged, and nothing was synced since it was sent");
                        outcome.lock().expect("sound").acknowledged.insert(id_of(number));
                        break;
                    }
                    assert_eq!(answer.status(), 503, "a slow disk is no fault of the client");
                    assert!(answer.headers().contains_key("retry-after"), "and it is told to come back");
                    outcome.lock().expect("sound").refused += 1;
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                }
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.expect("no sender was lied to");
    }
    Arc::into_inner(outcome).expect("nobody else has it").into_inner().expect("sound")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_disk_makes_clients_wait_and_loses_nothing() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let (library, log, data) = (slow_sync(dir.path()), dir.path().join("syncs"), dir.path().join("data"));
    let slow = [
        ("LD_PRELOAD", library.to_str().expect("UTF-8")),
        ("SLOW_SYNC_LOG", log.to_str().expect("UTF-8")),
        ("SLOW_SYNC_MS", "250"),
        ("TRACEMETER_JOURNAL__MAX_WAITING_BYTES", "1048576"),
    ];
    let mut server = Server::start_with(&data, &slow).await;
    let (next, stop) = (Arc::new(AtomicU64::new(1)), Arc::new(AtomicBool::new(false)));
    let first = press(&server, &log, &next, 60, &stop).await;
    assert!(first.refused > 0, "twelve connections of 256 KiB do not fit into 1 MiB");
    // 60 MiB of it is the index and the caches of an idle server, the rest is what may be in work at once.
    let peak = peak_mib(server.id());
    assert!(peak < 512, "{peak} MiB were used to hold back 3 MiB");

    // And a kill while syncs are waited for.
    let killed = {
        let pressing = press(&server, &log, &next, usize::MAX, &stop);
        let (seen, id) = (syncs(&log), server.id().to_string());
        let killing = async {
            let started = tokio::time::Instant::now();
            while syncs(&log) < seen + 8 {
                assert!(started.elapsed() < PATIENCE, "nothing is synced any more");
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            let sent = Command::new("kill").args(["-9", &id]).status().expect("runs");
            assert!(sent.success());
            stop.store(true, Ordering::SeqCst);
        };
        tokio::join!(pressing, killing).0
    };
    server.kill();
    assert!(!killed.acknowledged.is_empty());
    let kept = journal_traces(&data);
    for id in first.acknowledged.iter().chain(&killed.acknowledged) {
        assert_eq!(kept.get(id), Some(&1), "{id} was acknowledged");
    }
    crate::faults::assert_sound(&data.join("journal"));
    let mut server = Server::start(&data).await;
    let started = tokio::time::Instant::now();
    while listed_traces(&client(), &server).await != kept {
        assert!(started.elapsed() < PATIENCE, "the lists never came to what the journal has");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    server.kill();
}
