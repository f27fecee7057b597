//! `tracemeter prices refresh`: takes over a newer price table. The only command that fetches, and only when told to.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::ConfigArgs;
use crate::clock::Clock;
use crate::interpret::price::{Difference, Table, table_text};
use crate::prices::{Prices, digest};

/// Larger than any price table: what is behind an address may be anything.
const MOST_BYTES: usize = 32 * 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct RefreshArgs {
    /// A table in the form of table.json, or the data.json that the project genai-prices publishes
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "embedded"])]
    file: Option<PathBuf>,
    /// The same behind an address; left out: cost.prices_url of the configuration
    #[arg(long, value_name = "URL", conflicts_with = "embedded")]
    url: Option<String>,
    /// Go back to the table that comes with the program
    #[arg(long)]
    embedded: bool,
    /// Take it over without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) async fn run(args: &RefreshArgs) -> anyhow::Result<()> {
    let (config, prices) = super::open(&args.config)?;
    if args.embedded {
        prices.forget_refreshed()?;
        println!("prices: {}", prices.book().version());
        return Ok(());
    }
    let (place, text) = match (&args.file, args.url.as_ref().or(config.cost.prices_url.as_ref())) {
        (Some(file), _) => {
            let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            (file.display().to_string(), text)
        }
        (None, Some(url)) => (url.clone(), fetch(url).await.with_context(|| format!("while fetching {url}"))?),
        (None, None) => bail!("say where from: --file, --url, or prices_url in [cost] of the configuration"),
    };
    take_over(args, &prices, &place, &text)
}

fn take_over(args: &RefreshArgs, prices: &Prices, place: &str, text: &str) -> anyhow::Result<()> {
    let today = Clock::system().now().day();
    let ours =
        table_text(text, &format!("{today} {}", digest(text))).map_err(|fault| anyhow::anyhow!("{place}: {fault}"))?;
    let new = Table::parse(&ours).with_context(|| format!("{place} is no price table"))?;
    let old = prices.book();
    let difference = Difference::between(old.first(), &new);
    println!("{difference}");
    println!("{} -> {}", old.first().name(), new.name());
    if difference.is_empty() && old.first().name() == new.name() {
        return Ok(());
    }
    if !args.yes && !confirmed()? {
        bail!("nothing was changed");
    }
    prices.refresh(&ours)?;
    println!("prices: {}", prices.book().version());
    println!("New calls are priced by it; `tracemeter reindex --prices` prices the old ones again.");
    Ok(())
}

fn confirmed() -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("nobody can be asked here: look at the difference above, then add --yes");
    }
    println!("Take it over? [y/N]");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("while asking")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

async fn fetch(url: &str) -> anyhow::Result<String> {
    let mut answer =
        crate::cli::http_client(reqwest::header::HeaderMap::new())?.get(url).send().await?.error_for_status()?;
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await? {
        bytes.extend_from_slice(&part);
        if bytes.len() > MOST_BYTES {
            bail!("the answer is longer than any price table");
        }
    }
    String::from_utf8(bytes).context("the answer is not text")
}
