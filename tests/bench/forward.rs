//! What forwarding to Splunk costs and sustains.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message as _;
use tracemeter::clock::Clock;
use tracemeter::config::{AttributionConfig, CostConfig, DestinationConfig, DestinationKind, Secret, SecretSource};
use tracemeter::forward::splunk_hec::SplunkHec;
use tracemeter::forward::{Kind as _, Selected};
use tracemeter::interpret::Interpreter;
use tracemeter::journal::{Cursor, Payload};
use tracemeter::model::Signal;

use crate::figures::Figures;
use crate::load::Load;
use crate::measure::Plan;
use crate::send::{Protocol, get};
use crate::server::{Server, Watch, cpu_seconds};
use crate::sink::Sink;
use crate::traffic::{Profile, requests};

/// Longest wait until everything is forwarded.
const PATIENCE: Duration = Duration::from_secs(600);

/// Microseconds of processor time per span, from protobuf to a compressed body, and what of it is compression.
///
/// # Errors
/// When a request is no OTLP.
pub fn pack(duration: Duration) -> anyhow::Result<Figures> {
    let mut config = DestinationConfig::new("bench", DestinationKind::SplunkHec, "http://127.0.0.1:1");
    config.token = Some(SecretSource::Here(Secret::new("bench")));
    let interpreter = Arc::new(Interpreter::new(&AttributionConfig::default(), &CostConfig::default()));
    let kind = SplunkHec::new(&config, interpreter, None, Clock::system())?;
    let mut figures = Figures::default();
    for profile in [Profile::Llm, Profile::Plain] {
        let bodies: Vec<_> =
            requests(profile, 1)?.into_iter().map(|request| bytes::Bytes::from(request.body)).collect();
        let name = profile.as_str();
        let (mut spans, mut bytes) = (0_u64, 0_u64);
        let (began, cpu) = (Instant::now(), own_cpu()?);
        while began.elapsed() < duration {
            for body in &bodies {
                for item in kind.pack(&selected(body)?) {
                    (spans, bytes) = (spans + 1, bytes + item.body.len() as u64);
                }
            }
        }
        ensure!(spans > 0, "not one span was packed");
        let packing = (own_cpu()? - cpu) * 1e6 / spans as f64;
        let compressing = compression(&kind, &bodies, duration)?;
        let size = bytes as f64 / spans as f64;
        figures.set(&format!("pack_{name}_us_per_span"), packing);
        figures.set(&format!("pack_{name}_gzip_us_per_span"), compressing);
        figures.set(&format!("pack_{name}_event_bytes"), size);
        figures.set(&format!("pack_{name}_spans_per_s_and_core"), 1e6 / (packing + compressing));
        figures.set(&format!("pack_{name}_mb_per_s_and_core"), size / (packing + compressing));
    }
    Ok(figures)
}

fn selected(body: &bytes::Bytes) -> anyhow::Result<Selected> {
    let payload = Payload::Traces(tracemeter::model::otlp::TracesData::decode(body.clone())?);
    let ordinals = (0..payload.items()).collect();
    let received = Clock::system().now();
    Ok(Selected { cursor: Cursor::default(), received, project: "default".into(), payload, ordinals, known: None })
}

/// Microseconds per span for gzip at the level that is used.
fn compression(kind: &SplunkHec, bodies: &[bytes::Bytes], duration: Duration) -> anyhow::Result<f64> {
    let mut packed = Vec::new();
    for body in bodies {
        packed.push(kind.pack(&selected(body)?));
    }
    let mut spans = 0_u64;
    let (began, cpu) = (Instant::now(), own_cpu()?);
    while began.elapsed() < duration {
        for items in &packed {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            items.iter().try_for_each(|item| encoder.write_all(&item.body))?;
            spans += items.len() as u64;
            std::hint::black_box(encoder.finish()?);
        }
    }
    Ok((own_cpu()? - cpu) * 1e6 / spans as f64)
}

fn own_cpu() -> anyhow::Result<f64> {
    cpu_seconds(std::process::id())
}

/// One that gets all traces from the beginning; `more`: further keys, each behind a comma.
pub fn destination(name: &str, sink: SocketAddr, more: &str) -> String {
    format!(
        r#"[{{name="{name}",kind="splunk_hec",url="http://{sink}",token="bench",from="beginning",signals=["{}"]{more}}}]"#,
        Signal::Traces
    )
}

/// Full speed for as long as the plan says.
pub fn load(plan: &Plan, profile: Profile, server: &Server, seed: u64) -> Load<'static> {
    Load {
        protocol: Protocol::Http,
        profile,
        address: server.addresses().http,
        connections: plan.connections,
        duration: Duration::from_secs(plan.seconds),
        rate: None,
        seed,
        key: None,
    }
}

/// The only destination, as the API tells it.
///
/// # Errors
/// When there is none.
pub fn state(server: &Server) -> anyhow::Result<serde_json::Value> {
    let answer = get(server.web(), "/api/v1/destinations")?;
    Ok(answer["items"].get(0).context("no destination")?.clone())
}

/// Receives for as long as the plan says, then starts again with a destination that begins at the beginning.
///
/// # Errors
/// When a server does not start, or what was received is not forwarded in time.
pub fn measure(plan: &Plan, profile: Profile) -> anyhow::Result<Figures> {
    let sink = Sink::start(SocketAddr::from(([127, 0, 0, 1], 0)), false)?;
    let server = Server::start(&plan.binary, &plan.scratch)?;
    let received = load(plan, profile, &server, 1).run()?;
    server.come_to_rest()?;
    let destination = destination("sink", sink.address, "");
    let began = Instant::now();
    let server = server.start_again(&plan.binary, &[("TRACEMETER_DESTINATION", &destination)])?;
    let watch = Watch::start(server.pid());
    let sent = loop {
        let one = state(&server)?;
        if one["sent_records"].as_u64() >= Some(received.spans) {
            break one;
        }
        if began.elapsed() > PATIENCE {
            bail!("not forwarded within {} s: {one:#}", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds(server.pid())?);
    let bytes = sent["sent_bytes"].as_f64().unwrap_or_default();
    let name = profile.as_str();
    let mut figures = Figures::default();
    figures.set(&format!("forward_{name}_spans_per_s"), received.spans as f64 / seconds);
    figures.set(&format!("forward_{name}_mb_per_s"), bytes / 1e6 / seconds);
    figures.set(&format!("forward_{name}_cores"), cpu / seconds);
    figures.set(&format!("forward_{name}_us_per_span"), cpu * 1e6 / received.spans as f64);
    figures.set(&format!("forward_{name}_spans_per_cpu_s"), received.spans as f64 / cpu);
    figures.set(&format!("forward_{name}_mb_per_cpu_s"), bytes / 1e6 / cpu);
    figures.set(&format!("forward_{name}_peak_resident_mib"), watch.stop());
    server.stop()?;
    Ok(figures)
}
