//! The captured runs of n8n, taken apart and put together again in other ways.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value};

pub const BOUNDARY: &str = "----TestBoundary7d1";

pub struct Capture;

/// One telling of a run: its fields as JSON, by `` (the main part), `.inputs`, ...
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub action: String,
    pub id: String,
    pub fields: Vec<(String, String)>,
}

impl Run {
    /// As one JSON object, the form of `/runs` and `/runs/batch`.
    pub fn whole(&self) -> Value {
        let mut whole = Map::new();
        for (name, json) in &self.fields {
            let value: Value = serde_json::from_str(json).expect("JSON");
            match name.strip_prefix('.') {
                Some(name) => whole.extend([(name.to_owned(), value)]),
                None => whole.extend(value.as_object().expect("an object").clone()),
            }
        }
        Value::Object(whole)
    }
}

impl Capture {
    fn file(name: &str) -> Vec<u8> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/langsmith/n8n");
        std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn expected() -> Value {
        serde_json::from_slice(&Self::file("expected.json")).expect("JSON")
    }

    /// As sent, with their boundaries.
    pub fn bodies() -> Vec<(String, Vec<u8>)> {
        ["003.body", "004.body"]
            .map(|name| {
                let body = Self::file(name);
                let end = body.windows(2).position(|two| two == b"\r\n").expect("a line");
                (String::from_utf8(body[2..end].to_vec()).expect("a boundary"), body)
            })
            .into()
    }

    /// Every telling of a run, in the order they came.
    pub fn runs() -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (boundary, body) in Self::bodies() {
            let text = String::from_utf8(body).expect("UTF-8");
            let mut of_body: Vec<Run> = Vec::new();
            for part in text.split(&format!("--{boundary}")).filter(|part| part.contains("\r\n\r\n")) {
                let (head, data) = part.split_once("\r\n\r\n").expect("a head");
                let name = head.split("name=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a name");
                let (action, rest) = name.split_once('.').expect("an action");
                let (id, field) = rest.split_at(36);
                let pair = (field.to_owned(), data.trim_end_matches("\r\n").to_owned());
                match of_body.iter_mut().find(|run| run.action == action && run.id == id) {
                    Some(run) => run.fields.push(pair),
                    None => of_body.push(Run { action: action.into(), id: id.into(), fields: vec![pair] }),
                }
            }
            runs.extend(of_body);
        }
        assert!(runs.len() > 25, "the capture has {} runs", runs.len());
        runs
    }
}

pub fn encode(runs: &[Run]) -> Vec<u8> {
    encode_with(runs, "", |data| data.to_vec())
}

/// With every part compressed by itself.
pub fn encode_zipped(runs: &[Run]) -> Vec<u8> {
    encode_with(runs, "Content-Encoding: gzip\r\n", gzip)
}

fn encode_with(runs: &[Run], line: &str, pack: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut body = Vec::new();
    for run in runs {
        for (field, json) in &run.fields {
            let data = pack(json.as_bytes());
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}.{}{field}\"\r\n{line}Content-Type: \
                 application/json; length={}\r\n\r\n",
                run.action,
                run.id,
                data.len()
            );
            body.extend(head.into_bytes());
            body.extend(data);
            body.extend(b"\r\n");
        }
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    body
}

pub fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).expect("compresses");
    encoder.finish().expect("compresses")
}

/// Also the fields of each run, so that the main part may come last.
pub fn shuffled(mut runs: Vec<Run>, seed: u64) -> Vec<Run> {
    let mut state = seed;
    let mut below = |bound: usize| {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % bound as u64) as usize
    };
    for at in (1..runs.len()).rev() {
        runs.swap(at, below(at + 1));
    }
    for run in &mut runs {
        let first = below(run.fields.len());
        run.fields.rotate_left(first);
    }
    runs
}
