//! `tracemeter demo`: sends a realistic set of agent traces, logs and metrics over OTLP/HTTP, as a real client would.

mod build;
mod signals;
mod story;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use prost::Message;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::clock::Clock;
use crate::model::UnixNanos;
use build::{Dice, TraceBuilder};

const HOUR_NS: i64 = 3_600_000_000_000;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Base address of the OTLP/HTTP port
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4318")]
    to: String,
    /// Ingest key, where the server asks for one
    #[arg(long, value_name = "KEY", env = "TRACEMETER_KEY", hide_env_values = true)]
    key: Option<String>,
    /// How many traces to send
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    traces: u32,
    /// Over how many hours up to now their start times are spread
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(0..=8_760))]
    hours: u32,
    /// Up to which time, instead of now; the same time makes the same traces
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

pub(super) async fn run(args: DemoArgs) -> anyhow::Result<()> {
    let key = args.key.iter().map(|key| Ok((HeaderName::from_static("x-api-key"), HeaderValue::try_from(key)?)));
    let key = key.collect::<anyhow::Result<HeaderMap>>().context("the key is none")?;
    let client = super::http_client(key)?;
    let base = args.to.trim_end_matches('/');
    let now = args.at.map_or_else(|| Clock::system().now(), UnixNanos::from);
    let (mut spans, mut records, mut durations) = (0, 0, signals::Durations::default());
    for index in 0..args.traces {
        let data = trace(now, index, &args);
        let logs = signals::logs(&data);
        durations.add(&data);
        post(&client, base, "traces", &data)
            .await
            .with_context(|| format!("trace {} of {} was not taken", index + 1, args.traces))?;
        post(&client, base, "logs", &logs).await?;
        spans += data.resource_spans.iter().flat_map(|group| &group.scope_spans).map(|s| s.spans.len()).sum::<usize>();
        records +=
            logs.resource_logs.iter().flat_map(|group| &group.scope_logs).map(|s| s.log_records.len()).sum::<usize>();
    }
    post(&client, base, "metrics", &durations.metrics(now, args.hours)).await?;
    println!("sent {} traces with {spans} spans, {records} log records and metrics to {base}", args.traces);
    Ok(())
}

async fn post(client: &reqwest::Client, base: &str, signal: &str, data: &impl Message) -> anyhow::Result<()> {
    let url = format!("{base}/v1/{signal}");
    let request = client.post(&url).header("content-type", "application/x-protobuf").body(data.encode_to_vec());
    let answer = request.send().await.with_context(|| {
        format!("cannot send to {url}: start the server with `tracemeter serve`, or name it with --to")
    })?;
    let status = answer.status();
    if !status.is_success() {
        bail!("{url} answered {status}: {}", answer.text().await.unwrap_or_default());
    }
    Ok(())
}

/// One trace of the set: which story and all its figures follow from the time of the run and `index`.
fn trace(now: UnixNanos, index: u32, args: &DemoArgs) -> crate::model::otlp::TracesData {
    let mut dice = Dice::new(&[&now.0.to_be_bytes(), &index.to_be_bytes()]);
    let span = i64::from(args.hours) * HOUR_NS;
    // Spread evenly with some jitter; the newest has just ended.
    let back = span * i64::from(args.traces - 1 - index) / i64::from(args.traces.max(2));
    let jitter = dice.between(0, (span / i64::from(args.traces)).max(1) as u64) as i64;
    let mut builder = TraceBuilder::new(UnixNanos(now.0 - back - jitter / 2), dice);
    story::tell(&mut builder, index);
    builder.finish(now)
}
