//! Latencies of questions on a large analytics store, filled directly: `cargo bench --bench store -- --help`.
//!
//! Nothing is asserted: figures depend on the machine. README.md beside this file has measured ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracemeter::analytics::Analytics;
use tracemeter::clock::Clock;
use tracemeter::config::{AnalyticsConfig, AttributionConfig, CostConfig, JournalConfig};
use tracemeter::interpret::Interpreter;
use tracemeter::journal::Journal;
use tracemeter::meter::Meter;
use tracemeter::model::UnixNanos;

#[path = "store/fill.rs"]
mod fill;
#[path = "store/questions.rs"]
mod questions;

const HELP: &str = "cargo bench --bench store -- [--dir DIR] [--spans N] [--runs N] [--only TEXT] [--json FILE]

  --dir DIR     where the store is or is made (default: target directory, kept between runs)
  --spans N     spans of a new store, over 30 days (default 10000000)
  --runs N      how often each question is asked (default 20)
  --only TEXT   only questions whose name contains it
  --json FILE   write the figures there as well";

/// 2026-11-20T00:00:00Z: the end of the stored month, and what the questions take for now.
const NOW: UnixNanos = UnixNanos(1_795_132_800_000_000_000);

struct Options {
    dir: PathBuf,
    spans: u64,
    runs: usize,
    only: String,
    json: Option<PathBuf>,
}

/// One question's latencies in milliseconds.
struct Figure {
    name: String,
    median: f64,
    p95: f64,
    most: f64,
    /// Processor time of all threads, mean per question.
    cpu: f64,
}

fn main() {
    let options = options();
    let store = options.dir.join("analytics");
    if !store.join("analytics.duckdb").exists() {
        let begun = Instant::now();
        drop(open(&options.dir));
        fill::fill(&store.join("analytics.duckdb"), options.spans, NOW);
        println!("filled with {} spans in {:.0} s", options.spans, begun.elapsed().as_secs_f64());
    }
    let bytes = std::fs::metadata(store.join("analytics.duckdb")).expect("the store is there").len();
    println!("{:.0} MiB on disk, {:.0} bytes a span", bytes as f64 / 1048576.0, bytes as f64 / options.spans as f64);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let figures = runtime.block_on(measure(&options));
    if let Some(path) = &options.json {
        std::fs::write(path, json(&figures)).expect("the file can be written");
    }
}

fn options() -> Options {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let mut options =
        Options { dir: target.join("bench-store"), spans: 10_000_000, runs: 20, only: String::new(), json: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value follows");
        match argument.as_str() {
            "--dir" => options.dir = value().into(),
            "--spans" => options.spans = value().parse().expect("a number"),
            "--runs" => options.runs = value().parse().expect("a number"),
            "--only" => options.only = value(),
            "--json" => options.json = Some(value().into()),
            // What cargo adds by itself.
            "--bench" => {}
            _ => {
                println!("{HELP}");
                std::process::exit(0);
            }
        }
    }
    options
}

fn open(dir: &Path) -> Analytics {
    let meter = Meter::default();
    let clock = Clock::fixed(NOW);
    let journal = Journal::open(&dir.join("journal"), &JournalConfig::default(), clock.clone(), &meter);
    let interpreter = Interpreter::new(&AttributionConfig::default(), &CostConfig::default());
    Analytics::open(
        &dir.join("analytics"),
        &AnalyticsConfig::default(),
        journal.expect("the journal opens"),
        Arc::new(interpreter),
        clock,
        &meter,
    )
    .expect("the store opens")
}

async fn measure(options: &Options) -> Vec<Figure> {
    let begun = Instant::now();
    let analytics = open(&options.dir);
    let opened = begun.elapsed();
    let stats = analytics.stats().await.expect("answers");
    println!("opened in {:.0} ms, first answer after {:.0} ms", ms(opened), ms(begun.elapsed()));
    println!("{} spans in {} traces; {} MiB resident\n", stats.spans, stats.traces, resident_mib());
    println!("{:<52} {:>8} {:>8} {:>8} {:>8}", "question", "p50 ms", "p95 ms", "max ms", "CPU ms");
    let mut figures = Vec::new();
    for question in questions::all(&analytics, NOW).await {
        if !question.name.contains(&options.only) {
            continue;
        }
        let mut took: Vec<f64> = Vec::new();
        let cpu_before = cpu_ms();
        for run in 0..options.runs {
            let begun = Instant::now();
            (question.ask)(analytics.clone(), run).await;
            took.push(ms(begun.elapsed()));
        }
        let cpu = (cpu_ms() - cpu_before) / options.runs as f64;
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took[((took.len() as f64 * share).ceil() as usize).clamp(1, took.len()) - 1];
        let figure = Figure { name: question.name, median: at(0.5), p95: at(0.95), most: at(1.0), cpu };
        println!("{:<52} {:>8.1} {:>8.1} {:>8.1} {cpu:>8.1}", figure.name, figure.median, figure.p95, figure.most);
        figures.push(figure);
    }
    println!("\n{} MiB resident after all, {} MiB at most", resident_mib(), status_mib("VmHWM:"));
    analytics.close().await;
    figures
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Processor time that this process has used. Linux counts it in hundredths of a second.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() * 10.0
}

fn resident_mib() -> u64 {
    status_mib("VmRSS:")
}

fn status_mib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}

fn json(figures: &[Figure]) -> String {
    let rows: Vec<_> = figures
        .iter()
        .map(|figure| {
            serde_json::json!({
                "question": figure.name, "p50_ms": figure.median, "p95_ms": figure.p95, "max_ms": figure.most,
                "cpu_ms": figure.cpu,
            })
        })
        .collect();
    serde_json::to_string_pretty(&rows).expect("plain values")
}
