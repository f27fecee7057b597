//! `tracemeter destinations`: how forwarding goes, and what can be done about it, on a running server.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

use super::{ConfigArgs, told};

#[derive(Debug, Args)]
pub(super) struct DestinationsArgs {
    #[command(subcommand)]
    command: Command,
    /// Base address of the web port; else taken from the data directory or the configuration
    #[arg(long, value_name = "URL", global = true)]
    url: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List destinations with their state and lag
    List,
    /// Send nothing any more until resumed; what arrives meanwhile waits in the journal
    Pause { name: String },
    /// Go on, and try at once what is held
    Resume { name: String },
    /// Send again what arrived since a day
    Rewind {
        name: String,
        /// First (UTC) day, such as 2026-11-20
        #[arg(long, value_name = "DATE")]
        to: String,
    },
    /// Send one record that says it is a test
    Test { name: String },
    /// Records that a destination will not take
    DeadLetters {
        #[command(subcommand)]
        command: Letters,
    },
}

#[derive(Debug, Subcommand)]
enum Letters {
    /// List them with the reason and the answer of the destination
    List { name: String },
    /// Send them again
    Replay {
        name: String,
        /// Only this one
        #[arg(long)]
        id: Option<i64>,
    },
    /// Forget them; the records stay in the journal
    Discard {
        name: String,
        /// Only this one
        #[arg(long)]
        id: Option<i64>,
    },
}

pub(super) async fn run(args: DestinationsArgs) -> anyhow::Result<()> {
    let (client, base) = super::reach(args.url.as_deref(), &args.config)?;
    let server = Server { client, base };
    match args.command {
        Command::List => list(&server.ask(Method::GET, &[], &[]).await?),
        Command::Pause { name } => state(&server.ask(Method::POST, &[&name, "pause"], &[]).await?),
        Command::Resume { name } => state(&server.ask(Method::POST, &[&name, "resume"], &[]).await?),
        Command::Rewind { name, to } => state(&server.ask(Method::POST, &[&name, "rewind"], &[("to", to)]).await?),
        Command::Test { name } => {
            server.ask(Method::POST, &[&name, "test"], &[]).await?;
            println!("{name} has taken the test");
        }
        Command::DeadLetters { command } => letters(&server, command).await?,
    }
    Ok(())
}

async fn letters(server: &Server, command: Letters) -> anyhow::Result<()> {
    let id = |id: Option<i64>| id.map(|id| ("id", id.to_string())).into_iter().collect::<Vec<_>>();
    match command {
        Letters::List { name } => {
            let mut cursor = Vec::new();
            loop {
                let page = server.ask(Method::GET, &[&name, "dead-letters"], &cursor).await?;
                page["items"].as_array().into_iter().flatten().for_each(letter);
                let Some(next) = page["next_cursor"].as_str() else { return Ok(()) };
                cursor = vec![("cursor", next.to_owned())];
            }
        }
        Letters::Replay { name, id: one } => {
            let answer = server.ask(Method::POST, &[&name, "dead-letters"], &id(one)).await?;
            println!("{} are sent again", answer["changed"]);
        }
        Letters::Discard { name, id: one } => {
            let answer = server.ask(Method::DELETE, &[&name, "dead-letters"], &id(one)).await?;
            println!("{} are forgotten", answer["changed"]);
        }
    }
    Ok(())
}

struct Server {
    client: reqwest::Client,
    base: String,
}

impl Server {
    async fn ask(&self, method: Method, path: &[&str], query: &[(&str, String)]) -> anyhow::Result<Value> {
        let base = &self.base;
        let mut url = reqwest::Url::parse(&format!("{base}/api/v1/destinations"))
            .with_context(|| format!("{base} is no address"))?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let answer = self.client.request(method, url).header("x-tracemeter", "1").send().await;
        told(answer.with_context(|| format!("nothing answers at {base}: start the server first"))?).await
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(page: &Value) {
    println!("{:20} {:11} {:9} {:>10} {:>12} {:>12} {:>6}", "name", "kind", "state", "lag", "waits", "sent", "dead");
    for item in page["items"].as_array().into_iter().flatten() {
        println!(
            "{:20} {:11} {:9} {:>8.0} s {:>8} KiB {:>12} {:>6}",
            text(&item["name"]),
            text(&item["kind"]),
            text(&item["state"]),
            item["lag_seconds"].as_f64().unwrap_or_default(),
            item["lag_bytes"].as_u64().unwrap_or_default() >> 10,
            item["sent_records"].as_u64().unwrap_or_default(),
            item["dead_letters"].as_u64().unwrap_or_default(),
        );
        if let Some(error) = item["last_error"].as_str() {
            println!("    {}: {error}", text(&item["last_error_at"]));
        }
    }
}

fn state(item: &Value) {
    println!("{} is {}", text(&item["name"]), text(&item["state"]));
}

fn letter(item: &Value) {
    let place = format!("{}/{}/{}", text(&item["day"]), item["chunk"], item["record"]);
    println!(
        "{:>6} {} {:7} {place:24} {} {}",
        item["id"].as_i64().unwrap_or_default(),
        text(&item["at"]),
        text(&item["signal"]),
        text(&item["trace_id"]),
        text(&item["span_id"]),
    );
    println!("       {} {}", text(&item["reason"]), text(&item["response"]));
}
