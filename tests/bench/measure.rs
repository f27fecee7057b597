//! Everything that is measured, one after another, on servers that start empty.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tracemeter::clock::Clock;

use crate::figures::Figures;
use crate::limit::{self, Limit};
use crate::load::{Load, Sent, percentile};
use crate::send::{Answer, Connection, Protocol, get};
use crate::server::{Server, Watch, cpu_seconds, files_below, resident_mib};
use crate::text::Dice;
use crate::traffic::{Profile, requests};

/// What to measure and with what.
#[derive(Debug)]
pub struct Plan {
    pub binary: PathBuf,
    /// Folder for data directories and the raw limit's file: on the disk that is meant.
    pub scratch: PathBuf,
    pub seconds: u64,
    pub connections: usize,
}

/// Starts of an empty server, whose median counts.
const STARTS: usize = 5;

/// Lone traces that are waited for.
const GLIMPSES: usize = 15;

/// Questions to each address.
const ASKED: usize = 20;

/// All figures.
///
/// # Errors
/// When the server does not start, break off or refuses for good: then there is nothing to measure.
pub fn all(plan: &Plan) -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    figures.set("binary_mib", plan.binary.metadata().context("no binary")?.len() as f64 / 1_048_576.0);
    figures.set("ui_gzip_kb", ui_gzip_bytes()? as f64 / 1e3);
    starts(plan, &mut figures)?;
    glimpses(plan, &mut figures)?;
    for (profile, protocol) in [
        (Profile::Llm, Protocol::Http),
        (Profile::Llm, Protocol::Grpc),
        (Profile::Plain, Protocol::Http),
        (Profile::Plain, Protocol::Grpc),
    ] {
        ingest(plan, profile, protocol, &mut figures)?;
    }
    Ok(figures)
}

/// Size of the web UI as it goes over the wire: its files are compressed when they are built.
fn ui_gzip_bytes() -> anyhow::Result<usize> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist");
    let mut bytes = 0;
    for path in files_below(&dist).unwrap_or_default() {
        bytes += std::fs::read(path)?.len();
    }
    Ok(bytes)
}

fn starts(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    let (mut starts, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let server = Server::start(&plan.binary, &plan.scratch)?;
        std::thread::sleep(Duration::from_secs(2));
        starts.push(server.start_ms);
        idle.push(resident_mib(server.pid())?);
        server.stop()?;
    }
    figures.set("start_to_ready_ms", median(starts));
    figures.set("idle_resident_mib", median(idle));
    Ok(())
}

/// Time from the acknowledgement of a lone trace to its row in the list.
fn glimpses(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    let server = Server::start(&plan.binary, &plan.scratch)?;
    let mut connection = Connection::open(Protocol::Http, server.addresses().http, None)?;
    let mut dice = Dice::new(3);
    let mut requests = requests(Profile::Llm, 3)?;
    let mut waits = Vec::new();
    let listed = || -> anyhow::Result<HashSet<String>> {
        let list = get(server.web(), "/api/v1/traces?limit=500")?;
        let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(items.iter().filter_map(|item| item["trace_id"].as_str()).map(str::to_owned).collect())
    };
    for number in 0..GLIMPSES {
        let count = requests.len();
        let request = &mut requests[number % count];
        request.stamp(&mut dice, &Clock::system());
        let before = listed()?;
        ensure!(connection.send(&request.body)? == Answer::Acknowledged, "an idle server refused");
        let began = Instant::now();
        // Nobody else sends: any trace that was not there before is ours.
        while listed()?.is_subset(&before) {
            ensure!(began.elapsed() < Duration::from_secs(60), "a trace never became visible");
            std::thread::sleep(Duration::from_millis(2));
        }
        waits.push(began.elapsed().as_secs_f64() * 1e3);
        // Otherwise the loader's pace would be measured: it loads at once only when it is idle.
        std::thread::sleep(Duration::from_millis(300));
    }
    figures.set("visible_after_ack_ms", median(waits));
    server.stop()
}

/// Full speed between two measurements of the raw limit, then half of that speed; queries over what is stored.
fn ingest(plan: &Plan, profile: Profile, protocol: Protocol, figures: &mut Figures) -> anyhow::Result<()> {
    let duration = Duration::from_secs(plan.seconds);
    let before = limit::measure(profile, duration / 2, &plan.scratch)?;
    let server = Server::start(&plan.binary, &plan.scratch)?;
    let watch = Watch::start(server.pid());
    let cpu = cpu_seconds(server.pid())?;
    let load = Load {
        protocol,
        profile,
        address: match protocol {
            Protocol::Http => server.addresses().http,
            Protocol::Grpc => server.addresses().grpc,
        },
        connections: plan.connections,
        duration,
        rate: None,
        seed: 11,
        key: None,
    };
    let sent = load.run()?;
    let catch_up = server.catch_up()?;
    let used = cpu_seconds(server.pid())? - cpu;
    let after = limit::measure(profile, duration / 2, &plan.scratch)?;
    let limit = mean(before, after);
    let name = |figure: &str| format!("{}_{}_{figure}", profile.as_str(), protocol.as_str());
    figures.set_of(&name("spans_per_s"), sent.spans_per_s(), limit.spans_per_s);
    figures.set_of(&name("mb_per_s"), sent.mb_per_s(), limit.mb_per_s);
    figures.set_of(&name("cpu_s_per_gb"), used / (sent.bytes as f64 / 1e9), limit.cpu_s_per_gb);
    figures.set(&name("limit_mb_per_s_before"), before.mb_per_s);
    figures.set(&name("limit_mb_per_s_after"), after.mb_per_s);
    figures.set(&name("bytes_per_span_sent"), sent.bytes as f64 / sent.spans as f64);
    figures.set(&name("ack_p50_ms"), sent.ack_ms(0.5));
    figures.set(&name("ack_p99_ms"), sent.ack_ms(0.99));
    figures.set(&name("refused_requests"), sent.refused as f64);
    figures.set(&name("loader_catch_up_s"), catch_up);
    // What is sustained for ever: no faster than the loader.
    let drained = sent.spans as f64 / (sent.seconds + catch_up);
    figures.set_of(&name("spans_per_s_until_loaded"), drained, limit.spans_per_s);
    disk(&server, &sent, limit, &name, figures)?;
    let half = Load { rate: Some(drained / 2.0), seed: 12, ..load }.run()?;
    figures.set(&name("half_rate_spans_per_s"), half.spans_per_s());
    figures.set(&name("half_rate_ack_p50_ms"), half.ack_ms(0.5));
    figures.set(&name("half_rate_ack_p99_ms"), half.ack_ms(0.99));
    figures.set(&name("half_rate_loader_behind_s"), server.catch_up()?);
    figures.set(&name("peak_resident_mib"), watch.stop());
    if protocol == Protocol::Http {
        queries(&server, profile, &half, figures)?;
    }
    server.stop()
}

fn disk(
    server: &Server,
    sent: &Sent,
    limit: Limit,
    name: &impl Fn(&str) -> String,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    for (part, folder) in [("journal", "journal"), ("analytics", "analytics"), ("all", "")] {
        let bytes = server.disk_bytes(folder)? as f64;
        figures.set(&name(&format!("disk_bytes_per_span_{part}")), bytes / sent.spans as f64);
        if part == "all" {
            let share = 100.0 * bytes / sent.bytes as f64;
            figures.set_of(&name("disk_percent_of_raw"), share, 100.0 * limit.written_share);
        }
    }
    Ok(())
}

/// How long the pages of the UI wait for their data, on what this run has stored.
fn queries(server: &Server, profile: Profile, sent: &Sent, figures: &mut Figures) -> anyhow::Result<()> {
    let trace = sent.traces.first().context("nothing was acknowledged")?;
    let service = if profile == Profile::Llm { "research-agent" } else { "shop" };
    let addresses = [
        ("trace", format!("/api/v1/traces/{trace}")),
        ("traces", "/api/v1/traces?limit=50".to_owned()),
        ("traces_by_cost", "/api/v1/traces?limit=50&order=cost".to_owned()),
        ("traces_by_duration", "/api/v1/traces?limit=50&order=duration".to_owned()),
        ("traces_filtered", format!("/api/v1/traces?limit=50&service={service}&min_duration_ms=1&status=unset")),
        ("calls", "/api/v1/calls?limit=50&model=gpt-4o".to_owned()),
        ("cost_by_day_and_model", "/api/v1/cost?group_by=model&bucket=day&since=30d".to_owned()),
        ("cost_by_feature", "/api/v1/cost?group_by=feature&bucket=day&since=30d".to_owned()),
        ("overview", "/api/v1/overview?since=30d".to_owned()),
        ("values", "/api/v1/values?field=model".to_owned()),
        ("health", "/api/v1/health".to_owned()),
    ];
    for (question, address) in addresses {
        let mut waits = Vec::new();
        for _ in 0..ASKED {
            let began = Instant::now();
            get(server.web(), &address)?;
            waits.push(began.elapsed().as_secs_f64() * 1e3);
        }
        waits.sort_by(f64::total_cmp);
        for (label, share) in [("p50", 0.5), ("p95", 0.95)] {
            figures.set(&format!("{}_query_{question}_{label}_ms", profile.as_str()), percentile(&waits, share));
        }
    }
    Ok(())
}

fn mean(one: Limit, other: Limit) -> Limit {
    let of = |figure: fn(&Limit) -> f64| f64::midpoint(figure(&one), figure(&other));
    Limit {
        spans_per_s: of(|limit| limit.spans_per_s),
        mb_per_s: of(|limit| limit.mb_per_s),
        cpu_s_per_gb: of(|limit| limit.cpu_s_per_gb),
        written_share: of(|limit| limit.written_share),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile(&values, 0.5)
}
