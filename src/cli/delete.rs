//! `tracemeter delete`: has the running server delete a trace, a session or a user's data.
//!
//! It needs the server: it alone may change the stores, and it finishes what a crash breaks off.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;

use super::{ConfigArgs, told};

/// How often the receipt is looked at while it goes on.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    #[command(flatten)]
    what: What,
    /// Delete without asking
    #[arg(long)]
    yes: bool,
    /// Base address of the web port; else taken from the data directory or the configuration
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// A trace, by its 32 hex digits
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
    /// Every trace and record of a session
    #[arg(long, value_name = "NAME")]
    session: Option<String>,
    /// Every trace and record of a user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

pub(super) async fn run(args: DeleteArgs) -> anyhow::Result<()> {
    let (client, base) = super::reach(args.url.as_deref(), &args.config)?;
    let (kind, name) = match (&args.what.trace, &args.what.session, &args.what.user) {
        (Some(id), ..) => ("traces", id),
        (_, Some(name), _) => ("sessions", name),
        (.., Some(name)) => ("users", name),
        _ => bail!("say what: --trace, --session or --user"),
    };
    if !args.yes && !confirmed(kind, name)? {
        bail!("nothing was deleted");
    }
    let mut url = reqwest::Url::parse(&base).with_context(|| format!("{base} is no address"))?;
    url.path_segments_mut().map_err(|()| anyhow::anyhow!("{base} is no address"))?.extend(["api", "v1", kind, name]);
    let asked = client.delete(url).header("x-tracemeter", "1").send().await;
    let answer = asked.with_context(|| format!("nothing answers at {base}: start the server, it does the deleting"))?;
    let mut receipt = told(answer).await?;
    while receipt["state"] == "working" {
        tokio::time::sleep(LOOK_EVERY).await;
        let url = format!("{base}/api/v1/receipts/{}", receipt["id"]);
        receipt =
            told(client.get(url).send().await.context("the server went away; it goes on at its next start")?).await?;
    }
    println!("{}", serde_json::to_string_pretty(&receipt)?);
    if receipt["state"] != "done" {
        bail!("it is not done and is tried again: {}", receipt["error"].as_str().unwrap_or("see the log"));
    }
    Ok(())
}

/// Asks on the terminal.
fn confirmed(kind: &str, name: &str) -> anyhow::Result<bool> {
    let one = kind.trim_end_matches('s');
    eprintln!(
        "Everything of {one} {name} will be deleted for good; earlier backups and the snapshot of an upgrade still hold it. Type yes to go on:"
    );
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("while asking; --yes deletes without")?;
    Ok(line.trim() == "yes")
}
