//! `tracemeter reindex`: has the running server read its journal anew, and prints what that changed.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use super::{ConfigArgs, told};

/// How often the server is asked how it goes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct ReindexArgs {
    /// Only traces that start from here on: RFC 3339, a date, or how long ago, such as 7d
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only traces that start before
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only what calls cost, by today's prices: tokens and names stay as they were read
    #[arg(long, conflicts_with = "dialects")]
    prices: bool,
    /// Everything but the cost of calls whose model and tokens come out as before
    #[arg(long)]
    dialects: bool,
    /// Base address of the web port; else taken from the data directory or the configuration
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) async fn run(args: ReindexArgs) -> anyhow::Result<()> {
    let (client, base) = super::reach(args.url.as_deref(), &args.config)?;
    let what = match (args.prices, args.dialects) {
        (true, _) => "prices",
        (_, true) => "dialects",
        _ => "everything",
    };
    let mut url =
        reqwest::Url::parse(&format!("{base}/api/v1/reindex")).with_context(|| format!("{base} is no address"))?;
    url.query_pairs_mut().append_pair("what", what);
    for (name, time) in [("since", &args.since), ("until", &args.until)] {
        if let Some(time) = time {
            url.query_pairs_mut().append_pair(name, time);
        }
    }
    let asked = client.post(url.clone()).header("x-tracemeter", "1").send().await;
    let mut report = told(asked.with_context(|| format!("nothing answers at {base}: start the server first"))?).await?;
    url.set_query(None);
    while matches!(report["state"].as_str(), Some("reading" | "switching")) {
        tokio::time::sleep(LOOK_EVERY).await;
        report =
            told(client.get(url.clone()).send().await.context("the server went away: nothing has changed")?).await?;
        eprintln!(
            "{}: {} of {} days, {} spans",
            text(&report["state"]),
            report["days_done"],
            report["days"],
            report["spans"]
        );
    }
    if report["state"] != "done" {
        bail!("nothing has changed: {}", report["error"].as_str().unwrap_or("the server was started anew meanwhile"));
    }
    print(&report["outcome"]);
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn print(outcome: &Value) {
    println!("{} traces were read anew.", outcome["traces"]);
    if outcome["kept_traces"] != 0 {
        println!("{} stay as they were: the journal no longer has all of their spans.", outcome["kept_traces"]);
    }
    println!("{:40} {:>10} {:>14} {:>14} {:>16} {:>10}", "", "calls", "tokens in", "tokens out", "US$", "no price");
    let line = |name: &str, sums: &Value| {
        println!(
            "{name:40} {:>10} {:>14} {:>14} {:>16.6} {:>10}",
            number(&sums["calls"]),
            number(&sums["input_tokens"]),
            number(&sums["output_tokens"]),
            sums["cost_usd"].as_f64().unwrap_or_default(),
            number(&sums["unpriced_calls"])
        );
    };
    for model in outcome["models"].as_array().into_iter().flatten() {
        let name = if text(&model["model"]).is_empty() { "(no model)" } else { text(&model["model"]) };
        line(&format!("{name}, before"), &model["before"]);
        line(&format!("{name}, after"), &model["after"]);
    }
    line("all, before", &outcome["before"]);
    line("all, after", &outcome["after"]);
}
