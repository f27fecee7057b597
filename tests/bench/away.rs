//! A destination that was away while much was received: what that costs, and how it catches up.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use crate::figures::Figures;
use crate::forward::{destination, load, state};
use crate::load::{Sent, percentile};
use crate::measure::Plan;
use crate::server::{Server, Watch, cpu_seconds, resident_mib};
use crate::sink::Sink;
use crate::traffic::Profile;

/// Between two looks while it catches up.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Longest time without a single record sent.
const PATIENCE: Duration = Duration::from_secs(300);

const BYTES_PER_GIB: f64 = 1_073_741_824.0;

/// One look: seconds since the destination came back, records that it has, resident MiB.
type Look = (f64, u64, f64);

/// Receives `gib` GiB of OTLP while nobody listens where the destination should be, then lets it listen, and watches.
///
/// # Errors
/// When the server does not start, or nothing more is sent for minutes.
pub fn measure(plan: &Plan, profile: Profile, gib: f64) -> anyhow::Result<Figures> {
    ensure!(gib > 0.0, "--away {gib} must be more than 0");
    let address = Sink::nobody()?;
    let destination = destination("away", address, "");
    let server = Server::start_with(&plan.binary, &plan.scratch, &[("TRACEMETER_DESTINATION", &destination)])?;
    let mut figures = Figures::default();
    let watch = Watch::start(server.pid());
    let received = receive(plan, profile, &server, gib)?;
    figures.set("away_received_gib", received.bytes as f64 / BYTES_PER_GIB);
    figures.set("away_received_spans", received.spans as f64);
    figures.set("away_ingest_spans_per_s", received.spans_per_s());
    figures.set("away_ingest_mb_per_s", received.mb_per_s());
    figures.set("away_refused_requests", received.refused as f64);
    figures.set("away_loader_catch_up_s", server.catch_up()?);
    figures.set("away_ingest_peak_resident_mib", watch.stop());
    figures.set("away_resident_before_mib", resident_mib(server.pid())?);
    catch_up(&server, address, received.spans, &mut figures)?;
    server.stop()?;
    Ok(figures)
}

fn receive(plan: &Plan, profile: Profile, server: &Server, gib: f64) -> anyhow::Result<Sent> {
    let mut all = Sent::default();
    let mut seed = 1;
    while (all.bytes as f64) < gib * BYTES_PER_GIB {
        let sent = load(plan, profile, server, seed).run()?;
        ensure!(sent.spans > 0, "nothing was acknowledged");
        all.seconds += sent.seconds;
        all.add(sent);
        seed += 1;
    }
    Ok(all)
}

fn catch_up(server: &Server, address: SocketAddr, spans: u64, figures: &mut Figures) -> anyhow::Result<()> {
    let cpu = cpu_seconds(server.pid())?;
    let sink = Sink::start(address, true)?;
    let (watch, began) = (Watch::start(server.pid()), Instant::now());
    let mut looks: Vec<Look> = Vec::new();
    let mut moved = Instant::now();
    let last = loop {
        std::thread::sleep(LOOK_EVERY);
        let now = state(server)?;
        let sent = now["sent_records"].as_u64().unwrap_or_default();
        if looks.last().is_some_and(|(_, before, _)| *before < sent) {
            moved = Instant::now();
        }
        looks.push((began.elapsed().as_secs_f64(), sent, resident_mib(server.pid())?));
        if now["waiting_since"].is_null() {
            break now;
        }
        if moved.elapsed() > PATIENCE {
            bail!("nothing was sent for {} s: {now:#}", PATIENCE.as_secs());
        }
    };
    let cpu = cpu_seconds(server.pid())? - cpu;
    // It is tried again once a minute at most: that is no part of the work.
    let first = looks.iter().find(|(_, sent, _)| *sent > 0).map_or(0.0, |(at, _, _)| *at);
    let seconds = looks.last().map_or(0.0, |(at, _, _)| *at) - first;
    figures.set("away_noticed_after_s", first);
    figures.set("away_catch_up_s", seconds);
    figures.set("away_catch_up_spans_per_s", spans as f64 / seconds);
    figures.set("away_catch_up_us_per_span", cpu * 1e6 / spans as f64);
    for (name, part) in ["first", "second", "third", "last"].iter().zip(quarters(&looks)) {
        figures.set(&format!("away_resident_{name}_quarter_mib"), part);
    }
    figures.set("away_catch_up_peak_resident_mib", watch.stop());
    let sent = last["sent_records"].as_u64().unwrap_or_default();
    figures.set("away_lost_spans", spans as f64 - sent as f64);
    figures.set("away_dead_letters", last["dead_letters"].as_f64().unwrap_or_default());
    figures.set("away_twice_spans", sink.spans() as f64 - spans as f64);
    Ok(())
}

/// The median resident memory in each quarter of what was sent.
fn quarters(looks: &[Look]) -> [f64; 4] {
    let busy: Vec<f64> = looks.iter().filter(|(_, sent, _)| *sent > 0).map(|(_, _, mib)| *mib).collect();
    let part = busy.len().div_ceil(4).max(1);
    std::array::from_fn(|quarter| {
        let mut some: Vec<f64> = busy.iter().skip(quarter * part).take(part).copied().collect();
        some.sort_by(f64::total_cmp);
        if some.is_empty() { f64::NAN } else { percentile(&some, 0.5) }
    })
}
