use std::collections::HashMap;

use base64::Engine as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::extract::{engine, from_payload, from_text};
use super::*;
use crate::config::JournalConfig;
use crate::journal::{Batch, Cursor};
use crate::model::UnixNanos;
use crate::model::media::{Form, Reference};
use crate::model::otlp::{AnyValue, KeyValue, ResourceSpans, ScopeSpans, Span, TracesData, any_value};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A file that begins like a PNG, different for each `seed`.
fn image(seed: u8, bytes: usize) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    PNG.iter().copied().chain(noise).take(bytes.max(PNG.len())).collect()
}

fn written(bytes: &[u8], form: Form) -> String {
    engine(form).expect("a form of text").encode(bytes)
}

fn restored(text: &str, found: &[extract::Found]) -> String {
    let files: HashMap<_, _> = found.iter().map(|one| (one.hash, one.bytes.clone())).collect();
    into_text(text, |hash| files.get(&hash).cloned()).expect("has references")
}

/// The shapes in which clients send an image, `{}` in place of the base64.
const SHAPES: [&str; 7] = [
    r#"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{}"}}]}]"#,
    r#"[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"{}","format":"wav"}}]}]"#,
    r#"{"source":{"type":"base64","media_type":"image/png","data":"{}"}}"#,
    r#"{"parts":[{"inlineData":{"mimeType":"image/png","data":"{}"}}]}"#,
    r#"[{"role":"user","parts":[{"type":"blob","modality":"image","mime_type":"image/png","content":"{}"}]}]"#,
    r#"{"messages":"[{\"content\":\"data:image\\/png;base64,{}\"}]"}"#,
    "see ![this](data:image/png;base64,{}) and say what it is",
];

#[test]
fn every_shape_keeps_its_structure() {
    for shape in SHAPES {
        let sent = shape.replace("{}", &written(&image(1, 6_000), Form::Base64));
        let (text, found) = from_text(&sent, 4096).unwrap_or_else(|| panic!("{shape}"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].bytes, image(1, 6_000));
        assert!(text.len() < shape.len() + 150);
        let references = Reference::find_all(&text);
        assert_eq!(references[0].1.media_type, "image/png", "{shape}");
        assert_eq!(text, shape.replace("{}", &references[0].1.to_string()));
        assert_eq!(restored(&text, &found), sent);
    }
}

#[test]
fn what_is_no_media_or_small_or_spoilt_stays() {
    let big = image(1, 6_000);
    let embedding = written(&vec![0x3d; 6_000], Form::Base64);
    let spoilt = |at: usize, with: &str| {
        let mut text = written(&big, Form::Base64);
        text.replace_range(at..at + 1, with);
        format!("data:image/png;base64,{text}")
    };
    for text in [
        embedding,
        "x".repeat(10_000),
        format!("data:image/png;base64,{}", written(&image(1, 4_000), Form::Base64)),
        spoilt(5_000, "-"),
        spoilt(5_000, "\n"),
        // Of the last digit before the filling only some bits count: this is another spelling of the same bytes.
        format!("data:image/png;base64,{}AB==", written(&image(1, 6_000), Form::Base64)),
    ] {
        assert_eq!(from_text(&text, 4096), None, "{}...", &text[..40]);
    }
}

#[test]
fn sounds_without_a_beginning_of_their_own_are_taken_by_their_name() {
    let pcm = vec![3; 9_000];
    let sent = json!({"type": "input_audio", "input_audio": {"data": written(&pcm, Form::Base64), "format": "pcm16"}});
    let (text, found) = from_text(&sent.to_string(), 4096).expect("is a sound");
    assert_eq!(found[0].bytes, pcm);
    let shown: Value = serde_json::from_str(&text).expect("still JSON");
    let reference = Reference::parse(shown["input_audio"]["data"].as_str().expect("text")).expect("a reference");
    assert_eq!(reference.media_type, "audio/pcm");
}

fn attribute(value: any_value::Value) -> KeyValue {
    KeyValue { key: "content".into(), value: Some(AnyValue { value: Some(value) }) }
}

fn payload(values: Vec<any_value::Value>) -> Payload {
    let span = Span {
        trace_id: vec![1; 16].into(),
        span_id: vec![2; 8].into(),
        attributes: values.into_iter().map(attribute).collect(),
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    Payload::Traces(TracesData { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] })
}

/// JSON with some images in it, in different forms, among other text.
fn texts() -> impl Strategy<Value = String> {
    let image = (any::<u8>(), 512_usize..3_000, 0_usize..4, 0..SHAPES.len()).prop_map(|(seed, bytes, form, shape)| {
        SHAPES[shape].replace("{}", &written(&image(seed, bytes), Form::ALL[form]))
    });
    let other = "[ -~é\\n]{0,200}";
    proptest::collection::vec(prop_oneof![image, other], 0..5).prop_map(|parts| parts.join(", "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_taken_out_can_be_put_back_exactly(parts in proptest::collection::vec(texts(), 1..4), raw in any::<u8>()) {
        let mut values: Vec<_> = parts.iter().cloned().map(any_value::Value::StringValue).collect();
        values.extend(parts.iter().map(|text| any_value::Value::BytesValue(text.clone().into())));
        values.push(any_value::Value::BytesValue(image(raw, 2_000).into()));
        values.push(any_value::Value::BytesValue(vec![raw; 2_000].into()));
        let sent = payload(values);
        let mut taken = sent.clone();
        let found = from_payload(&mut taken, 1024);
        prop_assert!(!found.is_empty());
        let noted = Reference::hashes_in(&match &taken {
            Payload::Traces(data) => prost::Message::encode_to_vec(data),
            _ => Vec::new(),
        });
        let mut hashes: Vec<_> = found.iter().map(|one| one.hash).collect();
        hashes.sort();
        prop_assert_eq!(noted, hashes, "the journal finds what it refers to");
        let files: HashMap<_, _> = found.into_iter().map(|one| (one.hash, one.bytes)).collect();
        let mut partly = taken.clone();
        prop_assert!(into_payload(&mut partly, |_| None) > 0);
        prop_assert_eq!(&partly, &taken, "what is dropped stays a reference");
        prop_assert_eq!(into_payload(&mut taken, |hash| files.get(&hash).cloned()), 0);
        prop_assert_eq!(taken, sent);
    }
}

struct Bench {
    dir: tempfile::TempDir,
    journal: Journal,
    clock: Clock,
    media: Media,
}

fn noon() -> UnixNanos {
    "2026-11-20T12:00:00Z".parse().expect("valid")
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let (clock, meter) = (Clock::fixed(noon()), Meter::default());
        let folder = dir.path().join("journal");
        let journal = Journal::open(&folder, &JournalConfig::default(), clock.clone(), &meter).expect("opens");
        let media = open(&dir, &journal, &clock);
        Self { dir, journal, clock, media }
    }

    /// As after a restart: nothing is in work any more.
    fn reopened(self) -> Self {
        Self { media: open(&self.dir, &self.journal, &self.clock), ..self }
    }

    /// Stores one span with `image`, as a request does.
    async fn store(&self, number: u8, image: &[u8]) -> MediaHash {
        let mut payload = payload(vec![any_value::Value::BytesValue(image.to_vec().into())]);
        let taken = self.media.take_out(&mut payload);
        let media = !taken.is_empty();
        self.media.keep(taken).await.expect("kept");
        let batch = Batch { project: "default".into(), digest: [number; 16], payload, media };
        self.journal.append(batch).await.expect("stored");
        MediaHash(*blake3::hash(image).as_bytes())
    }
}

/// Its sweeper ends at once: tests sweep by hand.
fn open(dir: &tempfile::TempDir, journal: &Journal, clock: &Clock) -> Media {
    let (_, stopped) = watch::channel(false);
    let dir = dir.path().join("media");
    Media::open(&dir, &MediaConfig::default(), journal.clone(), clock.clone(), &Meter::default(), stopped)
        .expect("opens")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_with_the_last_day_that_refers_to_it() {
    let bench = Bench::new();
    let once = bench.store(1, &image(1, 5_000)).await;
    let twice = bench.store(2, &image(2, 5_000)).await;
    bench.clock.set(UnixNanos(noon().0 + 86_400_000_000_000));
    assert_eq!(bench.store(3, &image(2, 5_000)).await, twice);
    assert_eq!(bench.media.totals(), Totals { files: 2, bytes: 10_000 }, "the same content is kept once");
    assert_eq!(bench.media.sweep().expect("sweeps"), Totals::default());
    bench.journal.forget_before(crate::model::Day(noon().day().0 + 1)).expect("forgets");
    assert_eq!(bench.media.sweep().expect("sweeps"), Totals::default(), "a request may still be on its way");
    let bench = bench.reopened();
    assert_eq!(bench.media.sweep().expect("sweeps"), Totals { files: 1, bytes: 5_000 });
    assert!(!bench.media.has(once));
    let (bytes, kind) = bench.media.read(twice).expect("reads").expect("is there");
    assert_eq!((bytes.as_ref(), kind.media_type), (image(2, 5_000).as_slice(), "image/png"));
    assert_eq!(bench.media.totals(), Totals { files: 1, bytes: 5_000 });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_go_first_and_come_back_when_sent_again() {
    let bench = Bench::new();
    let mut hashes = Vec::new();
    for number in 1..=3 {
        bench.clock.set(UnixNanos(noon().0 + i64::from(number) * 1_000_000_000));
        hashes.push(bench.store(number, &image(number, 5_000)).await);
    }
    // Referred to again two days later: now the youngest.
    bench.clock.set(UnixNanos(noon().0 + 2 * 86_400_000_000_000));
    bench.store(9, &image(1, 5_000)).await;
    let bench = bench.reopened();
    let there = |media: &Media| hashes.iter().map(|hash| media.has(*hash)).collect::<Vec<_>>();
    assert_eq!(bench.media.drop_oldest(5_001).expect("drops"), Totals { files: 2, bytes: 10_000 });
    assert_eq!(there(&bench.media), [true, false, false]);
    bench.store(10, &image(2, 5_000)).await;
    assert_eq!(there(&bench.media), [true, true, false]);
    let mut reader = bench.journal.reader();
    let chunks = reader.next(Cursor::default(), usize::MAX).expect("reads");
    assert_eq!(chunks.len(), 5, "the traces stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_without_a_note_are_read_and_a_damaged_file_is_named() {
    let bench = Bench::new();
    let hash = bench.store(1, &image(1, 5_000)).await;
    let day = bench.dir.path().join("journal/2026-11-20.sqlite");
    let file = rusqlite::Connection::open(day).expect("opens");
    assert_eq!(file.execute("DELETE FROM chunk_media", []).expect("as a repair leaves it"), 1);
    drop(file);
    let bench = bench.reopened();
    assert_eq!(bench.media.sweep().expect("sweeps"), Totals::default());
    let path = bench.media.shared.files.find(hash).expect("is there");
    std::fs::write(&path, image(2, 5_000)).expect("written");
    assert!(matches!(bench.media.read(hash), Err(Error::Damaged { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn switched_off_everything_stays_where_it_was() {
    let bench = Bench::new();
    let (_, stopped) = watch::channel(false);
    let config = MediaConfig { extract: false, ..MediaConfig::default() };
    let dir = bench.dir.path().join("other");
    let media = Media::open(&dir, &config, bench.journal.clone(), bench.clock.clone(), &Meter::default(), stopped)
        .expect("opens");
    let sent = payload(vec![any_value::Value::BytesValue(image(1, 5_000).into())]);
    let mut left = sent.clone();
    assert!(media.take_out(&mut left).is_empty());
    assert_eq!(left, sent);
}
