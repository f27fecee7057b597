//! A data directory of an older format is put aside before it is changed, and can be had again.

use std::path::{Path, PathBuf};
use std::process::Command;

use tracemeter::model::UnixNanos;
use tracemeter::upgrade::{self, Error};

use super::golden;
use super::support::otlp::{span, traces};
use super::support::{App, NOON, at};

const DAY: i64 = 86_400_000_000_000;

fn format_of(day: &Path) -> i64 {
    let file = rusqlite::Connection::open(day).expect("opens");
    file.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("a number")
}

fn snapshots(data: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data.join("snapshots")).into_iter().flatten();
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

/// The oldest golden data directory, which is of another format.
fn old(into: &Path) -> String {
    let name = golden::names().remove(0);
    golden::unpack(&name, into);
    name
}

/// Its two days and whatever stands in their chunks: a body, or the place of one when the day is packed.
fn contents(data: &Path) -> Vec<Vec<(i64, rusqlite::types::Value)>> {
    let read = |day: &str| {
        let file = rusqlite::Connection::open(data.join("journal").join(day)).expect("opens");
        let mut rows = file.prepare("SELECT id, body FROM chunk ORDER BY id").expect("a table");
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        rows.collect::<Result<Vec<_>, _>>().expect("reads")
    };
    ["2026-11-20.sqlite", "2026-11-21.sqlite"].map(read).into()
}

async fn open(data: &Path) -> App {
    let app = App::start_with(|config| config.data_dir = data.to_owned()).await;
    app.clock.set(UnixNanos(at(NOON).0 + DAY));
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_can_be_undone_and_done_again() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let name = old(dir.path());
    let before = contents(dir.path());
    let newest = dir.path().join("journal/2026-11-21.sqlite");
    assert_eq!(format_of(&newest), 1);
    // As a crash in the middle of an earlier try leaves it.
    std::fs::create_dir_all(dir.path().join("snapshots/1-2-x.part/journal")).expect("made");

    let app = open(dir.path()).await;
    golden::assert_answers(&app, &name).await;
    app.send(&traces("shop", vec![span(77, 1, "after the upgrade", 0)])).await;
    app.stop().await;
    assert!(format_of(&newest) > 1);
    assert_eq!(snapshots(dir.path()).len(), 1, "and nothing of the broken one");
    assert_ne!(contents(dir.path()), before);

    let undo = || {
        let run = Command::new(env!("CARGO_BIN_EXE_tracemeter"))
            .args(["restore", "--undo-upgrade", "--data-dir"])
            .arg(dir.path())
            .output()
            .expect("runs");
        (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
    };
    let (well, said) = undo();
    assert!(well && said.contains("in journal format 1"), "{said}");
    assert_eq!(format_of(&newest), 1);
    assert_eq!(contents(dir.path()), before);
    crate::faults::assert_sound(&dir.path().join("journal"));
    let (well, said) = undo();
    assert!(!well && said.contains("has no snapshot of an upgrade"), "{said}");

    let app = open(dir.path()).await;
    app.until("/api/v1/health", |health| health["search"]["caught_up"] == true).await;
    assert_eq!(snapshots(dir.path()).len(), 1, "the next upgrade snapshots again");
    let (status, _) = app.get(&format!("/api/v1/traces/{}", hex::encode([77; 16]))).await;
    assert_eq!(status, 404, "what came after the upgrade was put aside");
    app.send(&traces("shop", vec![span(78, 1, "after the undoing", 0)])).await;
    app.until("/api/v1/search?q=undoing", |found| found["items"].as_array().is_some_and(|items| items.len() == 1))
        .await;
    let (well, said) = undo();
    assert!(!well && said.contains("is in use: stop the server first"), "{said}");
    app.stop().await;
    let aside = std::fs::read_dir(dir.path().join("undone")).expect("a folder").count();
    assert_eq!(aside, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_a_newer_format_are_left_alone_with_what_to_do() {
    let dir = tempfile::tempdir().expect("temporary directory");
    old(dir.path());
    let taken = upgrade::prepare(dir.path(), at(NOON)).expect("snapshots").expect("a folder");
    assert!(taken.join("snapshot.json").exists());
    let newest = dir.path().join("journal/2026-11-21.sqlite");
    let file = rusqlite::Connection::open(&newest).expect("opens");
    file.pragma_update(None, "user_version", 99).expect("writes");
    drop(file);
    let refused = upgrade::prepare(dir.path(), at(NOON)).expect_err("newer");
    assert!(matches!(refused, Error::Newer { found: 99, undo: true, .. }), "{refused}");
    let said = refused.to_string();
    assert!(said.contains("install that version again") && said.contains("--undo-upgrade"), "{said}");
    upgrade::undo(dir.path(), at(NOON)).expect("goes back");
    assert_eq!(format_of(&newest), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_share_finished_days_and_go_after_a_week() {
    let dir = tempfile::tempdir().expect("temporary directory");
    old(dir.path());
    let sealed = dir.path().join("journal/2026-11-20.sqlite");
    assert!(tracemeter::journal::is_sealed(&sealed));
    upgrade::prepare(dir.path(), at(NOON)).expect("snapshots").expect("a folder");
    let links = |day: &str| {
        let path = dir.path().join("journal").join(day);
        std::os::unix::fs::MetadataExt::nlink(&std::fs::metadata(path).expect("known"))
    };
    assert_eq!((links("2026-11-20.sqlite"), links("2026-11-21.sqlite")), (2, 1), "the newest is still to change");
    upgrade::forget_snapshots(dir.path(), at(NOON)).expect("looks");
    assert_eq!(snapshots(dir.path()).len(), 1);
    upgrade::forget_snapshots(dir.path(), UnixNanos(at(NOON).0 + 1)).expect("deletes");
    assert_eq!(snapshots(dir.path()).len(), 0);
    let app = App::start().await;
    assert!(snapshots(&app.data_dir()).is_empty(), "a new data directory has nothing to snapshot");
    app.stop().await;
}
