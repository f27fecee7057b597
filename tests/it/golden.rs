//! Data directories as earlier releases left them (`tests/golden/`): everything in them is there, costs the same and
//! is found.
//!
//! A new one is made at each release that changes what is on the disk, see `tests/golden/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tracemeter::model::{Span, UnixNanos};

use super::dialects::capture::Capture;
use super::support::{App, NOON, at};

const DAY: i64 = 86_400_000_000_000;

/// Two days of data, so that one is finished and one is being written.
const DAYS: [&[&str]; 2] = [&["traceloop-openai", "traceloop-anthropic"], &["pydantic-ai", "openinference-http"]];

/// What is asked of each data directory. The captured spans have times of their own.
const QUESTIONS: [&str; 5] = [
    "/api/v1/traces?since=2020-01-01T00:00:00Z&until=2027-01-01T00:00:00Z&limit=100",
    "/api/v1/calls?since=2020-01-01T00:00:00Z&until=2027-01-01T00:00:00Z&limit=100",
    "/api/v1/cost?since=2020-01-01T00:00:00Z&until=2027-01-01T00:00:00Z&group_by=model",
    "/api/v1/search?q=weather&since=2020-01-01T00:00:00Z&until=2027-01-01T00:00:00Z",
    "/api/v1/search?q=prompt%3Aassistant&since=2020-01-01T00:00:00Z&until=2027-01-01T00:00:00Z",
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The names of the data directories there are: `<version>-journal-<format>`.
pub fn names() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter_map(|name| Some(name.strip_suffix(".tar.zst")?.to_owned())).collect();
    names.sort();
    assert!(!names.is_empty(), "there is a golden data directory");
    names
}

pub fn unpack(name: &str, into: &Path) {
    let file = std::fs::File::open(folder().join(format!("{name}.tar.zst"))).expect("opens");
    let plain = zstd::stream::Decoder::new(file).expect("zstd");
    tar::Archive::new(plain).unpack(into).expect("unpacks");
}

/// The answers to all questions, and every trace's page.
async fn answers(app: &App) -> Map<String, Value> {
    app.settled().await;
    app.until("/api/v1/health", |health| health["search"]["caught_up"] == true).await;
    let mut answers = Map::new();
    for question in QUESTIONS {
        answers.insert(question.to_owned(), app.get_ok(question).await["items"].clone());
    }
    for trace in answers[QUESTIONS[0]].as_array().expect("a list").clone() {
        let page = format!("/api/v1/traces/{}", trace["trace_id"].as_str().expect("an id"));
        let found = app.get_ok(&page).await;
        answers.insert(page, found);
    }
    answers
}

/// What is read better since: a `place` in the answers that `was` and `is` now, and `why`.
fn read_better(name: &str) -> BTreeMap<String, Value> {
    let text = match std::fs::read_to_string(folder().join(format!("{name}.better.json"))) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return BTreeMap::new(),
        text => text.expect("readable"),
    };
    let entries: Vec<Value> = serde_json::from_str(&text).expect("a list");
    entries.into_iter().map(|entry| (entry["place"].as_str().expect("a place").to_owned(), entry)).collect()
}

/// Panics unless everything in `expected` is in `found`, but for what is read `better`; there may be more, because
/// answers gain fields.
fn assert_within(expected: &Value, found: &Value, place: &str, better: &BTreeMap<String, Value>) {
    if let Some(entry) = better.get(place) {
        assert_eq!((&entry["was"], &entry["is"]), (expected, found), "{place}: {}", entry["why"]);
        return;
    }
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, value) in expected {
                let place = format!("{place}.{key}");
                assert_within(value, found.get(key).unwrap_or_else(|| panic!("{place} is missing")), &place, better);
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            assert_eq!(expected.len(), found.len(), "{place}: how many");
            for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
                assert_within(expected, found, &format!("{place}[{at}]"), better);
            }
        }
        // Lists show less of a text than they did.
        (Value::String(expected), Value::String(found)) if place.ends_with("_preview") => {
            let cut = found.strip_suffix('…').filter(|_| found.chars().count() == Span::PREVIEW_CHARS);
            let same = found == expected || cut.is_some_and(|start| expected.starts_with(start));
            assert!(same, "{place}: {expected} was {found}");
        }
        _ => assert_eq!(expected, found, "{place}"),
    }
}

fn traces_of(hits: &Value) -> BTreeSet<&str> {
    hits.as_array().expect("a list").iter().map(|hit| hit["trace_id"].as_str().expect("an id")).collect()
}

/// Panics unless `app` answers as the release that made the data directory `name` did.
pub async fn assert_answers(app: &App, name: &str) {
    let packed = std::fs::read(folder().join(format!("{name}.json.zst"))).expect("the answers");
    let text = zstd::decode_all(packed.as_slice()).expect("zstd");
    let expected: Map<String, Value> = serde_json::from_slice(&text).expect("JSON");
    let found = answers(app).await;
    assert!(expected.len() > QUESTIONS.len(), "there are pages");
    let better = read_better(name);
    for (question, expected) in &expected {
        let found = &found[question];
        if question.starts_with("/api/v1/search") {
            // Which of several spans that repeat a text is the one found depends on how the index was made.
            assert_eq!(traces_of(expected), traces_of(found), "{name}: {question}");
            assert!(!traces_of(expected).is_empty(), "{name}: {question}");
        } else {
            assert_within(expected, found, question, &better);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_every_earlier_format_is_there_costs_the_same_and_is_found() {
    for name in names() {
        // As it is, and with everything that is derived made again.
        for derived in [true, false] {
            let dir = tempfile::tempdir().expect("temporary directory");
            unpack(&name, dir.path());
            if !derived {
                std::fs::remove_dir_all(dir.path().join("analytics")).expect("removed");
                std::fs::remove_dir_all(dir.path().join("search")).expect("removed");
            }
            let app = App::start_with(|config| config.data_dir = dir.path().to_owned()).await;
            app.clock.set(UnixNanos(at(NOON).0 + DAY));
            assert_answers(&app, &name).await;
            app.stop().await;
            crate::faults::assert_sound(&dir.path().join("journal"));
        }
    }
}

/// `cargo test --test it make_golden -- --ignored`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes files to be committed"]
async fn make_golden() {
    let app = App::start().await;
    for (number, clients) in DAYS.iter().enumerate() {
        app.clock.set(UnixNanos(at(NOON).0 + number as i64 * DAY));
        for client in *clients {
            for data in Capture::load(client).traces {
                app.send(&data).await;
            }
        }
    }
    let answers = answers(&app).await;
    let format = {
        let path = app.data_dir().join("journal/2026-11-20.sqlite");
        let file = rusqlite::Connection::open(path).expect("opens");
        file.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).expect("a number")
    };
    let name = format!("{}-journal-{format}", env!("CARGO_PKG_VERSION"));
    let pack = |data: &Path| {
        let file = std::fs::File::create(folder().join(format!("{name}.tar.zst"))).expect("created");
        let mut packed = tar::Builder::new(zstd::stream::Encoder::new(file, 19).expect("zstd"));
        // The lock and the addresses are of a process, not of the data.
        for part in ["journal", "analytics", "search", "redact.key"] {
            let from = data.join(part);
            let added = if from.is_dir() {
                packed.append_dir_all(part, &from)
            } else {
                packed.append_path_with_name(&from, part)
            };
            added.expect("packed");
        }
        packed.into_inner().and_then(zstd::stream::Encoder::finish).expect("written");
    };
    app.restart_after(pack).await.stop().await;
    let text = serde_json::to_vec(&json!(answers)).expect("JSON");
    let packed = zstd::encode_all(text.as_slice(), 19).expect("zstd");
    std::fs::write(folder().join(format!("{name}.json.zst")), packed).expect("written");
}
