//! What reading a span costs: processor time of one thread over requests that are in memory and decoded already.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use prost::Message as _;
use tracemeter::config::{AttributionConfig, CostConfig};
use tracemeter::interpret::Interpreter;
use tracemeter::model::otlp::{TracesData, json};

use crate::figures::Figures;
use crate::server::cpu_seconds;
use crate::traffic::{Profile, requests};

/// Microseconds of processor time per span: of invented model calls, of the golden cases of all dialects, of plain spans.
///
/// # Errors
/// When a request is no OTLP.
pub fn measure(duration: Duration) -> anyhow::Result<Figures> {
    let interpreter = Interpreter::new(&AttributionConfig::default(), &CostConfig::default());
    let mut figures = Figures::default();
    let of = |profile| {
        let bodies = requests(profile, 1)?.into_iter().map(|request| request.body);
        bodies.map(|body| Ok(TracesData::decode(body.as_slice())?)).collect::<anyhow::Result<Vec<_>>>()
    };
    let kinds = [("llm", of(Profile::Llm)?), ("dialects", cases()?), ("plain", of(Profile::Plain)?)];
    for (name, data) in kinds {
        figures.set(&format!("interpret_{name}_us_per_span"), us_per_span(&interpreter, &data, duration)?);
    }
    Ok(figures)
}

/// The requests of `tests/data/dialects`.
fn cases() -> anyhow::Result<Vec<TracesData>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/dialects");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "json") {
            let case: serde_json::Value = serde_json::from_slice(&std::fs::read(&path)?)?;
            if let Some(traces) = case.get("traces") {
                found.push(json::from_slice(traces.to_string().as_bytes())?);
            }
        }
    }
    ensure!(!found.is_empty(), "there are no cases in {}", folder.display());
    Ok(found)
}

fn us_per_span(interpreter: &Interpreter, data: &[TracesData], duration: Duration) -> anyhow::Result<f64> {
    let mut spans = 0_u64;
    let (began, cpu) = (Instant::now(), cpu_seconds(std::process::id())?);
    while began.elapsed() < duration {
        for request in data {
            spans += std::hint::black_box(interpreter.spans(request)).len() as u64;
        }
    }
    ensure!(spans > 0, "not one span was read");
    Ok((cpu_seconds(std::process::id())? - cpu) * 1e6 / spans as f64)
}
