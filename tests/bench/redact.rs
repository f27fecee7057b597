//! What redaction costs, beside everything else that an acknowledged request costs: processor time of this process.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use prost::Message as _;
use tracemeter::clock::Clock;
use tracemeter::config::{Capture, DetectorAction, DetectorConfig, JournalConfig, RedactConfig};
use tracemeter::journal::{Batch, Journal, Payload};
use tracemeter::meter::Meter;
use tracemeter::model::Signal;
use tracemeter::model::otlp::{AnyValue, KeyValue, ResourceSpans, ScopeSpans, Span, TracesData, any_value::Value};
use tracemeter::redact::Redactor;

use crate::figures::Figures;
use crate::server::cpu_seconds;
use crate::text::{Dice, Language};
use crate::traffic::{Profile, requests};

/// What stands in every twentieth sentence of the text that has findings.
const FINDINGS: [&str; 6] = [
    "anna@example.org",
    "+49 151 23456789",
    "DE89370400440532013000",
    "4111 1111 1111 1111",
    "203.0.113.7",
    "sk-proj-Ab3dEfGhIjKlMnOpQrStUv0123456789",
];

/// How often the requests are committed to one journal.
const ROUNDS: usize = 16;

/// Milliseconds per MB, microseconds per span, and the share of the whole path: decode, redact, commit to the journal.
///
/// # Errors
/// When a request is no OTLP or the journal cannot be written to `scratch`.
pub fn measure(duration: Duration, scratch: &Path) -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    let llm = requests(Profile::Llm, 1)?.into_iter().map(|request| Bytes::from(request.body)).collect();
    let kinds = [("llm", llm), ("prose", prose(0)), ("findings", prose(20))];
    let redactors = [
        ("default", Redactor::new(&RedactConfig::default(), [7; 32])?),
        ("all", Redactor::new(&everything(), [7; 32])?),
    ];
    for (kind, bodies) in kinds {
        let bodies: Vec<Bytes> = bodies;
        let path = per_byte(&bodies, duration, ROUNDS, |round| path_without(round, scratch))?;
        figures.set(&format!("path_without_{kind}_ms_per_mb"), path.ms_per_mb);
        for (name, redactor) in &redactors {
            let whole = per_byte(&bodies, duration, 1, |round| decode(round, Some(redactor)))?;
            let alone = per_byte(&bodies, duration, 1, |round| decode(round, None))?;
            let cost = whole.ms_per_mb - alone.ms_per_mb;
            figures.set(&format!("redact_{name}_{kind}_ms_per_mb"), cost);
            figures.set(&format!("redact_{name}_{kind}_us_per_span"), cost * 1e3 * whole.mb_per_span);
            figures.set(&format!("redact_{name}_{kind}_percent_of_path"), 100.0 * cost / path.ms_per_mb);
        }
    }
    Ok(figures)
}

fn everything() -> RedactConfig {
    let (mask, hash) = (Some(DetectorAction::Mask), Some(DetectorAction::Hash));
    let detector = DetectorConfig { high_entropy: mask, private_ip: hash, ..DetectorConfig::default() };
    RedactConfig { capture: Capture::Redacted, detector, ..RedactConfig::default() }
}

/// Spans with 8 KB of prose each; every `nth` sentence ends in a finding, 0 = none does.
fn prose(nth: usize) -> Vec<Bytes> {
    let (language, mut dice) = (Language::new(), Dice::new(5));
    let mut text = || {
        let plain = language.prose(&mut dice, 8 << 10);
        if nth == 0 {
            return plain;
        }
        let sentences = plain.split(". ").enumerate().map(|(number, sentence)| match number % nth {
            0 => format!("{sentence} {}", FINDINGS[number / nth % FINDINGS.len()]),
            _ => sentence.to_owned(),
        });
        sentences.collect::<Vec<_>>().join(". ")
    };
    let mut span = |id: u8| Span {
        trace_id: vec![id.max(1); 16].into(),
        span_id: vec![id.max(1); 8].into(),
        name: "chat".into(),
        attributes: vec![KeyValue {
            key: "input.value".into(),
            value: Some(AnyValue { value: Some(Value::StringValue(text())) }),
        }],
        ..Span::default()
    };
    let body = |number: u8| {
        let spans = (0..16).map(|id| span(number * 16 + id)).collect();
        let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
        let data = TracesData { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] };
        Bytes::from(data.encode_to_vec())
    };
    (0..8).map(body).collect()
}

struct Cost {
    ms_per_mb: f64,
    mb_per_span: f64,
}

/// Goes through `bodies` again and again, `times` at once.
fn per_byte(
    bodies: &[Bytes],
    duration: Duration,
    times: usize,
    mut round: impl FnMut(&[Bytes]) -> anyhow::Result<u64>,
) -> anyhow::Result<Cost> {
    let (mut bytes, mut spans) = (0, 0);
    let (began, cpu) = (Instant::now(), cpu_seconds(std::process::id())?);
    while began.elapsed() < duration {
        spans += round(bodies)?;
        bytes += times * bodies.iter().map(Bytes::len).sum::<usize>();
    }
    ensure!(spans > 0, "not one span was read");
    let used = cpu_seconds(std::process::id())? - cpu;
    let mb = bytes as f64 / 1e6;
    Ok(Cost { ms_per_mb: used * 1e3 / mb, mb_per_span: mb / spans as f64 })
}

fn decode(bodies: &[Bytes], redactor: Option<&Redactor>) -> anyhow::Result<u64> {
    let mut spans = 0;
    for body in bodies {
        let mut payload = Payload::decode(Signal::Traces, body.clone())?;
        if let (Some(redactor), Payload::Traces(data)) = (redactor, &mut payload) {
            redactor.apply(data);
        }
        spans += u64::from(std::hint::black_box(payload).items());
    }
    Ok(spans)
}

/// Decodes and commits, without redaction.
fn path_without(bodies: &[Bytes], scratch: &Path) -> anyhow::Result<u64> {
    let dir = tempfile::tempdir_in(scratch).context("no scratch folder")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let clock = Clock::system();
        let journal = Journal::open(&dir.path().join("journal"), &JournalConfig::default(), clock, &Meter::default())?;
        let mut spans = 0;
        // Opening a journal is no part of the path: many requests share it.
        for round in 0..ROUNDS as u64 {
            let waiting = bodies.iter().enumerate().map(|(number, body)| {
                let payload = Payload::decode(Signal::Traces, body.clone())?;
                spans += u64::from(payload.items());
                let mut digest = [0; 16];
                digest[..8].copy_from_slice(&round.to_le_bytes());
                digest[8..].copy_from_slice(&(number as u64).to_le_bytes());
                Ok(journal.append(Batch { project: "default".into(), digest, payload, media: false }))
            });
            let waiting: Vec<_> = waiting.collect::<anyhow::Result<_>>()?;
            for appended in waiting {
                appended.await?;
            }
        }
        journal.close().await;
        Ok(spans)
    })
}
