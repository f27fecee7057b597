//! `tracemeter redact`: what the rules of a configuration would change, in a text or in what is stored.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{ConfigArgs, told};
use crate::redact::{Found, Redactor};

/// How often the server is asked how it goes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Subcommand)]
pub(super) enum RedactCommand {
    /// Show what becomes of a text; needs no server
    Test(TestArgs),
    /// Count what the rules would change of what is stored, while the server runs
    DryRun(DryRunArgs),
}

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// The text; - or nothing: standard input
    text: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(super) struct DryRunArgs {
    /// Only what arrived from here on: RFC 3339, a date, or how long ago, such as 7d
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only what arrived before
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Records to read at most
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Base address of the web port; else taken from the data directory or the configuration
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Its `[redact]` is what is tried
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(command: RedactCommand) -> anyhow::Result<()> {
    match command {
        RedactCommand::Test(args) => test(&args),
        RedactCommand::DryRun(args) => super::on_runtime(dry_run(args)),
    }
}

fn test(args: &TestArgs) -> anyhow::Result<()> {
    let config = args.config.load()?;
    let text = match args.text.as_deref() {
        None | Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("while reading standard input")?;
            text
        }
        Some(text) => text.to_owned(),
    };
    let redactor = Redactor::new(&config.redact, key(&config.data_dir))?;
    let mut tell = |found: &Found<'_>| {
        eprintln!("{} {}: {}", found.by.as_str(), found.name, found.action.as_str());
    };
    println!("{}", redactor.explain_text(&text, &mut tell));
    Ok(())
}

/// The key of the pseudonyms, where there is one already: nothing is made here.
fn key(data_dir: &Path) -> [u8; 32] {
    let bytes = std::fs::read(data_dir.join("redact.key")).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
}

async fn dry_run(args: DryRunArgs) -> anyhow::Result<()> {
    let config = args.config.load()?;
    let (client, base) = super::reach(args.url.as_deref(), &args.config)?;
    let mut url = reqwest::Url::parse(&format!("{base}/api/v1/redaction/dry-run"))
        .with_context(|| format!("{base} is no address"))?;
    let limit = args.limit.map(|limit| limit.to_string());
    for (name, value) in [("since", &args.since), ("until", &args.until), ("limit", &limit)] {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    let asked = client.post(url.clone()).header("x-tracemeter", "1").json(&json!({"redact": config.redact}));
    let answer = asked.send().await.with_context(|| format!("nothing answers at {base}: start the server first"))?;
    let mut report = told(answer).await?;
    url.set_query(None);
    while report["state"] == "running" {
        tokio::time::sleep(LOOK_EVERY).await;
        report = told(client.get(url.clone()).send().await.context("the server went away")?).await?;
        eprintln!("{} records read", report["records"]);
    }
    if report["state"] != "done" {
        bail!("it was not finished: {}", report["error"].as_str().unwrap_or("somebody ended it"));
    }
    print(&report);
    Ok(())
}

fn print(report: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    println!("{} changes in {} records.", report["changes"], report["records"]);
    if report["limited"] == true {
        println!("There is more: --limit sets how many records are read.");
    }
    for found in report["found"].as_array().into_iter().flatten() {
        let (by, name, action) = (text(&found["by"]), text(&found["name"]), text(&found["action"]));
        println!("{:>10}  {by} {name}: {action}", found["changes"].to_string());
        for sample in found["samples"].as_array().into_iter().flatten() {
            let (trace, part, key) = (text(&sample["trace_id"]), text(&sample["part"]), text(&sample["key"]));
            println!("            {trace} {part} {key}");
        }
    }
    for place in report["keys"].as_array().into_iter().flatten() {
        println!("{:>10}  {} {}", place["changes"].to_string(), text(&place["part"]), text(&place["key"]));
    }
}
