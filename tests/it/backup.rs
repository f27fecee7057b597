//! Backup of a running server, and what is made of it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prost::Message as _;
use tracemeter::backup::{self, Error};
use tracemeter::model::UnixNanos;
use tracemeter::model::otlp::{AnyValue, KeyValue, any_value};

use super::support::otlp::{span, traces};
use super::support::{App, NOON, at};

const DAY: i64 = 86_400_000_000_000;

async fn copy(app: &App, into: &Path, prune: bool) -> backup::Summary {
    let (data, into, now) = (app.data_dir(), into.to_owned(), app.clock.now());
    tokio::task::spawn_blocking(move || backup::backup(&data, &into, now, prune).expect("backs up"))
        .await
        .expect("joins")
}

async fn send(app: &App, trace: u8) {
    app.send(&traces("shop", vec![span(trace, 1, "kept", 0)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn finished_days_are_copied_once_and_a_restored_server_has_everything() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let into = dir.path().join("backup");
    let app = App::start_with(|config| config.retention.pack_level = 0).await;
    send(&app, 1).await;
    app.clock.set(UnixNanos(at(NOON).0 + DAY));
    send(&app, 2).await;
    app.until_sealed("journal/2026-11-20.sqlite").await;
    let first = copy(&app, &into, false).await;
    assert_eq!((first.copied, first.kept), (4, 0), "two days, the key of the redactor and the registry");
    send(&app, 3).await;
    app.clock.set(UnixNanos(at(NOON).0 + DAY + 1_000_000_000));
    let second = copy(&app, &into, false).await;
    assert_eq!((second.copied, second.kept), (3, 1), "the finished day is there already");
    let (contents, taken_at) = backup::verify(&into).expect("is whole");
    assert_eq!((contents.days, contents.items, taken_at.as_str()), (2, 3, "2026-11-21T12:00:01Z"));
    let said = |health: &serde_json::Value| health["retention"]["last_backup"] == "2026-11-21T12:00:01Z";
    app.until("/api/v1/health", said).await;
    let copies = std::fs::read_dir(into.join("journal")).expect("a folder").count();
    assert_eq!(copies, 2, "the earlier copy of the unfinished day is gone");
    let key = std::fs::read(app.data_dir().join("redact.key")).expect("a key");
    assert!(matches!(backup::restore(&into, &app.data_dir()), Err(Error::NotEmpty(_))), "never over living data");
    app.stop().await;

    let data_dir = dir.path().join("restored");
    backup::restore(&into, &data_dir).expect("restores");
    assert_eq!(std::fs::read(data_dir.join("redact.key")).expect("a key"), key);
    let restored = App::start_with(|config| config.data_dir = data_dir.clone()).await;
    restored.until("/api/v1/health", |health| health["analytics"]["traces"] == 3).await;
    restored.clock.set(UnixNanos(at(NOON).0 + 2 * DAY));
    send(&restored, 4).await;
    let names: BTreeSet<_> = restored.journal_spans().await.iter().map(|span| span.trace_id[0]).collect();
    assert_eq!(names, BTreeSet::from([1, 2, 3, 4]));
    restored.stop().await;
    crate::faults::assert_sound(&data_dir.join("journal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_has_all_that_was_acknowledged_before() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let into = dir.path().join("backup");
    let app = Arc::new(App::start().await);
    let stop = Arc::new(AtomicBool::new(false));
    for id in 1..=20 {
        send(&app, id).await;
    }
    let (sending, stopped) = (Arc::clone(&app), Arc::clone(&stop));
    let load = tokio::spawn(async move {
        let mut sent = 0_u64;
        while !stopped.load(Ordering::SeqCst) {
            sent += 1;
            let mut one = span(200, 1, "load", 0);
            one.span_id = sent.to_be_bytes().to_vec().into();
            let answer = sending.post("/v1/traces", traces("shop", vec![one]).encode_to_vec()).await;
            assert_eq!(answer.status(), 200, "a backup stops nobody");
        }
    });
    let (mut last, mut runs) = (0, 0);
    while runs < 5 {
        app.clock.set(UnixNanos(at(NOON).0 + runs));
        copy(&app, &into, false).await;
        let (contents, _) = backup::verify(&into).expect("each is whole");
        assert!(contents.items >= 20.max(last), "what was acknowledged is there");
        (last, runs) = (contents.items, runs + 1);
    }
    stop.store(true, Ordering::SeqCst);
    load.await.expect("every request was taken");
    Arc::into_inner(app).expect("nobody else has it").stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_days_stay_in_the_backup_until_pruned_and_damage_is_named() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let into = dir.path().join("backup");
    let app = App::start_with(|config| config.retention.pack_level = 0).await;
    send(&app, 1).await;
    app.clock.set(UnixNanos(at(NOON).0 + DAY));
    send(&app, 2).await;
    app.until_sealed("journal/2026-11-20.sqlite").await;
    copy(&app, &into, false).await;
    std::fs::remove_file(app.data_dir().join("journal/2026-11-20.sqlite")).expect("as retention does");
    assert_eq!(copy(&app, &into, false).await.only_here, 1);
    assert_eq!(backup::verify(&into).expect("whole").0.days, 2);
    assert_eq!(copy(&app, &into, true).await.pruned, 1);
    assert_eq!(backup::verify(&into).expect("whole").0.days, 1);
    let data_dir = app.data_dir();
    app.clock.set(UnixNanos(at(NOON).0 + 2 * DAY));
    send(&app, 3).await;
    app.until_sealed("journal/2026-11-21.sqlite").await;
    copy(&app, &into, false).await;

    let victim = into.join("journal/2026-11-21.sqlite");
    let mut bytes = std::fs::read(&victim).expect("a finished day");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&victim, bytes).expect("one bit is turned");
    let Err(Error::Damaged(faults)) = backup::verify(&into) else { panic!("one bit must be noticed") };
    assert!(faults.len() == 1 && faults[0].contains("2026-11-21.sqlite: has other content"), "{faults:?}");
    assert!(backup::restore(&into, &dir.path().join("new")).is_err());

    // The commands say it as well, and end accordingly.
    let tracemeter = |args: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_tracemeter")).args(args).arg(&into).output().expect("runs");
        (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
    };
    let (well, said) = tracemeter(&["restore", "--verify"]);
    assert!(!well && said.contains("2026-11-21.sqlite: has other content"), "{said}");
    std::fs::remove_file(&victim).expect("removed");
    let data = data_dir.to_string_lossy().into_owned();
    let (well, said) = tracemeter(&["backup", "--data-dir", &data]);
    assert!(well && said.contains("files ("), "{said}");
    let (well, said) = tracemeter(&["restore", "--verify"]);
    assert!(well && said.contains("is whole: 2 days, 2 chunks, 2 spans"), "a missing file was copied again: {said}");
    app.stop().await;
}

/// `tracemeter` with `args`, `input` as its input: whether it went well, its output, and what it said.
fn run(args: &[&str], input: &[u8]) -> (bool, Vec<u8>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tracemeter"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let (mut stdin, input) = (child.stdin.take().expect("piped"), input.to_vec());
    let feeding = std::thread::spawn(move || {
        // A reader that has seen enough closes its end.
        let _fed = std::io::Write::write_all(&mut stdin, &input);
    });
    let done = child.wait_with_output().expect("ends");
    feeding.join().expect("joins");
    (done.status.success(), done.stdout, String::from_utf8_lossy(&done.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_stream_holds_everything_and_a_part_of_it_is_refused() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let app = App::start().await;
    send(&app, 1).await;
    app.clock.set(UnixNanos(at(NOON).0 + DAY));
    let image = crate::media::image(1, 20_000);
    let bytes = any_value::Value::BytesValue(image.clone().into());
    let mut one = span(2, 1, "kept", 0);
    one.attributes.push(KeyValue { key: "photo".into(), value: Some(AnyValue { value: Some(bytes) }) });
    app.send(&traces("shop", vec![one])).await;
    let data = app.data_dir().to_string_lossy().into_owned();
    let (well, stream, said) = run(&["backup", "-", "--data-dir", &data], b"");
    assert!(well && said.contains("5 files"), "two days, an image, the registry, the key: {said}");
    let left: Vec<_> = std::fs::read_dir(app.data_dir().join("run")).expect("a folder").flatten().collect();
    assert!(left.iter().all(|entry| !entry.file_name().to_string_lossy().contains("backup-")), "{left:?}");
    let (well, said, fault) = run(&["restore", "-", "--verify"], &stream);
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(well && said.contains("is whole: 2 days, 2 chunks, 2 spans"), "{said}{fault}");
    let (well, _, said) = run(&["restore", "-", "--data-dir", &data], &stream);
    assert!(!well && said.contains("has data already"), "{said}");
    app.stop().await;

    let target = dir.path().join("restored");
    let to = target.to_string_lossy().into_owned();
    for part in [1_000, stream.len() / 2, stream.len() - 4_096] {
        let (well, _, said) = run(&["restore", "-", "--data-dir", &to], &stream[..part]);
        assert!(!well && said.contains("the stream is no whole backup"), "{part}: {said}");
    }
    let mut spoilt = stream.clone();
    let place = spoilt.windows(8).position(|bytes| bytes == &image[100..108]).expect("the image is in it");
    spoilt[place] ^= 1;
    let (well, _, said) = run(&["restore", "-", "--data-dir", &to], &spoilt);
    assert!(!well && said.contains("has other content than was written"), "{said}");

    let (well, _, said) = run(&["restore", "-", "--data-dir", &to], &stream);
    assert!(well, "{said}");
    assert!(!target.join("restoring").exists());
    let restored = App::start_with(|config| config.data_dir = target.clone()).await;
    restored.until("/api/v1/health", |health| health["analytics"]["traces"] == 2).await;
    let path = format!("/api/v1/media/{}", blake3::hash(&image).to_hex());
    let answer = restored.client.get(restored.web_url(&path)).send().await.expect("answers");
    assert_eq!(answer.bytes().await.expect("a body"), image);
    restored.stop().await;
    crate::faults::assert_sound(&target.join("journal"));
}
