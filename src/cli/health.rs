//! `tracemeter health`: asks a running server whether it is ready.

use anyhow::{Context as _, bail};
use clap::Args;

use super::ConfigArgs;
use crate::app::Addresses;
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// Base address of the web port; else taken from the data directory or the configuration
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) async fn run(args: HealthArgs) -> anyhow::Result<()> {
    let (client, base) = super::reach(args.url.as_deref(), &args.config)?;
    let url = format!("{base}/readyz");
    let answer =
        client.get(&url).send().await.with_context(|| format!("nothing answers at {url}: is the server running?"))?;
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    if !status.is_success() {
        bail!("not ready ({status}): {}", text.trim());
    }
    println!("{}", text.trim());
    Ok(())
}

/// A server with port 0 in its configuration says in its data directory where it listens.
pub(super) fn running_at(config: &Config) -> String {
    let web = Addresses::read(&config.data_dir).map_or(config.web.listen, |addresses| addresses.web);
    format!("http://{web}")
}
