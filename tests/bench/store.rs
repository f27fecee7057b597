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
use tracemeter::model::{TraceId, UnixNanos};

#[path = "store/fill.rs"]
mod fill;
#[path = "store/journal.rs"]
mod journal;
#[path = "store/process.rs"]
mod process;
#[path = "store/questions.rs"]
mod questions;

const HELP: &str = "cargo bench --bench store -- [--dir DIR] [--spans N] [--runs N] [--only TEXT] [--json FILE]

  --dir DIR     data directory of the store, made where there is none and kept (default: in the target directory)
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
    budget: f64,
    least: f64,
    median: f64,
    p95: f64,
    /// Processor time of all threads, mean per question; `None` of a question to another process.
    cpu: Option<f64>,
}

impl Figure {
    fn of(name: String, budget: f64, mut took: Vec<f64>, cpu: Option<f64>) -> Self {
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took[((took.len() as f64 * share).ceil() as usize).clamp(1, took.len()) - 1];
        let figure = Self { name, budget, least: took[0], median: at(0.5), p95: at(0.95), cpu };
        let over = if figure.p95 <= budget { "" } else { "over" };
        let cpu = cpu.map_or_else(String::new, |cpu| format!("{cpu:.1}"));
        println!(
            "{:<52} {:>8.1} {:>8.1} {:>8.1} {cpu:>8} {budget:>8.0} {over}",
            figure.name, figure.least, figure.median, figure.p95
        );
        figure
    }
}

fn main() {
    let options = options();
    // A store that is not as it was left says why.
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(std::io::stderr).init();
    let file = options.dir.join("analytics/analytics.duckdb");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if !file.exists() {
        runtime.block_on(make(&options, &file));
    }
    let bytes = std::fs::metadata(&file).expect("the store is there").len();
    println!(
        "{:.0} MiB of analytics, {:.0} bytes a span",
        bytes as f64 / 1048576.0,
        bytes as f64 / options.spans as f64
    );
    let (mut figures, traces) = runtime.block_on(measure(&options));
    println!();
    figures.extend(as_process(&options, &traces));
    if let Some(path) = &options.json {
        std::fs::write(path, json(&figures)).expect("the file can be written");
    }
}

/// Makes the store: rows, and the same spans in the journal.
async fn make(options: &Options, file: &Path) {
    let begun = Instant::now();
    let analytics = open(&options.dir);
    analytics.close().await;
    drop(analytics);
    fill::fill(file, options.spans, NOW);
    println!("filled with {} spans in {:.0} s", options.spans, begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    journal::fill(&options.dir, file, NOW).await;
    println!("the journal has them after {:.0} s", begun.elapsed().as_secs_f64());
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

/// Waits until the loader has summed up all that is over.
async fn sum_up(analytics: &Analytics) {
    let (begun, cpu_before) = (Instant::now(), cpu_ms());
    let mut waited = false;
    loop {
        let stats = analytics.stats().await.expect("answers");
        // The last hours are not over at the time that is taken for now.
        if stats.stale_hours <= 2 && stats.summed_days >= 29 {
            break;
        }
        waited = true;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    if waited {
        let cpu = (cpu_ms() - cpu_before) / 1e3;
        println!("summed up in {:.0} s, {cpu:.0} s of processor time", begun.elapsed().as_secs_f64());
    }
}

/// The figures of all questions, and traces of all times.
async fn measure(options: &Options) -> (Vec<Figure>, Vec<TraceId>) {
    let analytics = open(&options.dir);
    let stats = analytics.stats().await.expect("answers");
    sum_up(&analytics).await;
    println!("{} spans in {} traces\n", stats.spans, stats.traces);
    println!("{:<52} {:>8} {:>8} {:>8} {:>8} {:>8}", "question", "least", "p50 ms", "p95 ms", "CPU ms", "budget");
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
        figures.push(Figure::of(question.name, question.budget, took, Some(cpu)));
    }
    let traces = questions::some_traces(&analytics, NOW, options.runs).await;
    analytics.close().await;
    (figures, traces)
}

/// What only the whole binary can show.
fn as_process(options: &Options, traces: &[TraceId]) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut starts = Vec::new();
    for _ in 0..5 {
        starts.push(process::Process::start(&options.dir).start_ms);
    }
    figures.push(Figure::of("start to ready".into(), 1000.0, starts, None));
    let process = process::Process::start(&options.dir);
    std::thread::sleep(Duration::from_secs(2));
    let idle = process.memory_mib("VmRSS:");
    let opened = traces.iter().map(|trace| process.open_trace(*trace)).collect();
    figures.push(Figure::of("a trace by its id, over HTTP".into(), 100.0, opened, None));
    for path in ["/api/v1/traces?order=cost", "/api/v1/cost?group_by=user&bucket=day", "/api/v1/overview"] {
        process.get(path);
    }
    println!(
        "\n{idle} MiB resident two seconds after the start, {} MiB after some questions, {} MiB at most",
        process.memory_mib("VmRSS:"),
        process.memory_mib("VmHWM:")
    );
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

fn status_mib(pid: &str, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}

fn json(figures: &[Figure]) -> String {
    let rows: Vec<_> = figures
        .iter()
        .map(|figure| {
            serde_json::json!({
                "question": figure.name, "least_ms": figure.least, "p50_ms": figure.median, "p95_ms": figure.p95,
                "cpu_ms": figure.cpu, "budget_ms": figure.budget, "within": figure.p95 <= figure.budget,
            })
        })
        .collect();
    serde_json::to_string_pretty(&rows).expect("plain values")
}
