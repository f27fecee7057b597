//! `tracemeter connect`: prints how a client is set up, waits for its first data, and says which mistake it makes.

use std::collections::HashSet;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use reqwest::Url;
use serde_json::Value;
use tokio::time::Instant;

use super::{ConfigArgs, told};
use crate::app::{Addresses, reached_as};
use crate::config::Config;
use crate::connect::{self, ANY_KEY, Client, Target, YOUR_KEY};

/// How often the server is asked what has come.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
pub(super) struct ConnectArgs {
    /// The client to set up, such as n8n; without one, all are listed
    client: Option<String>,
    /// Name or address under which the client reaches this machine; else what this machine is called by its network
    #[arg(long, value_name = "HOST")]
    address: Option<String>,
    /// Key to put where the client wants one
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Make a key with the name of the client, and put that
    #[arg(long, conflicts_with_all = ["key", "url"])]
    new_key: bool,
    /// Print the settings, and do not wait
    #[arg(long)]
    no_wait: bool,
    /// Go on after the first data, until interrupted
    #[arg(long, conflicts_with = "no_wait")]
    watch: bool,
    /// Give up waiting after so many seconds, and exit with 1
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Base address of the web port; else taken from the data directory or the configuration
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) async fn run(args: ConnectArgs) -> anyhow::Result<()> {
    let Some(name) = &args.client else {
        print!("{}", list());
        return Ok(());
    };
    let client = connect::find(name).with_context(|| unknown(name))?;
    let config = args.config.load()?;
    let (http, base) = super::reach(args.url.as_deref(), &args.config)?;
    let server = Server { client: http, base };
    // What came before is no answer to what is being tried; the server's clock counts.
    let since = server.now().await;
    let key = match args.new_key {
        true => Some(super::keys::make(&config, client.id)?),
        false => args.key.clone(),
    };
    let place = server.place(&args, key, &config).await;
    print!("{}", settings(client, &place.target));
    if place.target.asks && place.target.key == YOUR_KEY {
        print!("{}", key_wanted(client));
    }
    print!("{}", reach(&place, args.address.as_deref(), &config));
    if args.no_wait {
        return Ok(());
    }
    server.wait(client, &since?, &args).await
}

/// Where clients send to.
#[derive(Debug)]
struct Place {
    target: Target,
    /// Only programs on the server's own machine reach it.
    only_here: bool,
}

/// All clients by group.
fn list() -> String {
    let mut text = String::from("tracemeter connect CLIENT prints its settings and waits for its first data.\n");
    let mut group = None;
    for client in connect::all() {
        if group.replace(client.group) != Some(client.group) {
            text += &format!("\n{}\n", client.group.label());
        }
        text += &format!("  {:<14} {}\n", client.id, client.label);
    }
    text
}

fn unknown(name: &str) -> String {
    let known: Vec<&str> = connect::all().map(|client| client.id).collect();
    format!("{name:?} is no client that is known; there are {}. For any other take otel", known.join(", "))
}

/// The settings as they are copied.
fn settings(client: &Client, target: &Target) -> String {
    let mut text = format!("{}\n", client.label);
    for step in client.steps {
        let or = if step.or { "Or. " } else { "" };
        text += &format!("\n{or}{}\n\n", step.place);
        for line in step.filled(target).lines() {
            text += if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }.as_str();
        }
    }
    if !client.notes.is_empty() {
        text.push('\n');
    }
    for note in client.notes {
        text += &format!("- {}\n", target.fill(note));
    }
    text
}

/// What stands between a client elsewhere and a server that listens on its own machine only.
fn reach(place: &Place, asked: Option<&str>, config: &Config) -> String {
    if !place.only_here {
        return String::new();
    }
    let elsewhere = asked.filter(|host| !connect::is_loopback(host));
    let who = elsewhere.map_or_else(
        || "Programs on other machines, and in containers, do not reach it".to_owned(),
        |host| format!("Nobody reaches it as {host}"),
    );
    let (http, grpc) = (config.receive.http.port(), config.receive.grpc.port());
    format!(
        "- The server listens on its own machine only. {who}: for that set receive.http = \"0.0.0.0:{http}\", \
         receive.grpc = \"0.0.0.0:{grpc}\"; who sends then needs a key.\n"
    )
}

fn key_wanted(client: &Client) -> String {
    format!(
        "- The server asks for a key: put one in place of {YOUR_KEY}. `tracemeter connect {} --new-key` makes one and \
         prints the settings with it.\n",
        client.id
    )
}

/// Under which name clients reach a server that listens at `http`, when nobody said.
fn own_host(http: SocketAddr, url: Option<&str>) -> String {
    let remote = url.and_then(|url| Url::parse(url).ok()).and_then(|url| url.host_str().map(str::to_owned));
    match remote {
        Some(host) if !connect::is_loopback(&host) => host,
        _ => reached_as(http.ip()),
    }
}

struct Server {
    client: reqwest::Client,
    base: String,
}

impl Server {
    /// GET of an address of the API.
    async fn ask(&self, path: &str, pairs: &[(&str, &str)]) -> anyhow::Result<Value> {
        let mut url = Url::parse(&format!("{}/api/v1/{path}", self.base))
            .with_context(|| format!("{} is no address", self.base))?;
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        let asked = self.client.get(url).send().await;
        told(asked.with_context(|| format!("nothing answers at {}: start tracemeter serve first", self.base))?).await
    }

    /// As the server says, or as the configuration does when it is not running.
    async fn place(&self, args: &ConnectArgs, key: Option<String>, config: &Config) -> Place {
        let written = if args.url.is_none() { Addresses::read(&config.data_dir) } else { None };
        let (http, grpc) = written.map_or((config.receive.http, config.receive.grpc), |all| (all.http, all.grpc));
        let host = args.address.clone().unwrap_or_else(|| own_host(http, args.url.as_deref()));
        let target = |http, grpc, wanted: bool| {
            // Who gives a key has a reason.
            let asks = wanted || key.is_some();
            let placeholder = if asks { YOUR_KEY } else { ANY_KEY };
            Target { http, grpc, key: key.clone().unwrap_or_else(|| placeholder.to_owned()), asks }
        };
        let Ok(told) = self.ask("clients", &[("host", &host)]).await else {
            let wanted = !config.receive.allow_without_key && !http.ip().is_loopback();
            let target = target(connect::endpoint(http, &host), connect::endpoint(grpc, &host), wanted);
            return Place { target, only_here: http.ip().is_loopback() };
        };
        let (http, grpc) = (text(&told["http"]).to_owned(), text(&told["grpc"]).to_owned());
        Place { target: target(http, grpc, told["key_wanted"] == true), only_here: told["only_here"] == true }
    }

    async fn now(&self) -> anyhow::Result<String> {
        Ok(text(&self.ask("arrivals", &[]).await?["now"]).to_owned())
    }

    /// Until data of `client` has come.
    async fn wait(&self, client: &Client, since: &str, args: &ConnectArgs) -> anyhow::Result<()> {
        say(&format!("\nWaiting for {} (Ctrl-C ends) ...\n", client.label));
        let until = args.timeout.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        let mut said = HashSet::new();
        loop {
            let news = news(client, &self.ask("arrivals", &[("since", since)]).await?, &self.base);
            let mut has_come = false;
            for line in news {
                has_come |= line.is_data;
                if said.insert(line.key) {
                    say(&line.text);
                }
            }
            if has_come && !args.watch {
                return Ok(());
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                let silent = client.if_silent.map(|text| format!(": {text}")).unwrap_or_default();
                bail!("no data of {} has come{silent}", client.label);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Something to tell once.
#[derive(Debug, PartialEq, Eq)]
struct News {
    /// The same for what need not be told again.
    key: String,
    text: String,
    /// It is data of the client that is waited for.
    is_data: bool,
}

/// What `arrivals` says to somebody who waits for `client`.
fn news(client: &Client, arrivals: &Value, base: &str) -> Vec<News> {
    let list = |name: &str| arrivals[name].as_array().cloned().unwrap_or_default();
    let has_come = |item: &Value| is_of(client, item);
    let mut news: Vec<News> = Vec::new();
    for refused in list("refusals") {
        news.push(refusal(&refused));
    }
    for item in list("items") {
        news.push(arrival(client, &item, has_come(&item), base));
        if let Some(advice) = item["advice"].as_str() {
            news.push(News { key: format!("advice {advice}"), text: format!("  ! {advice}\n"), is_data: false });
        }
    }
    if !list("items").iter().any(has_come) {
        for probe in list("probes") {
            let from = text(&probe["client"]);
            let silent = client.if_silent.map(|text| format!(" If nothing follows: {text}")).unwrap_or_default();
            news.push(News {
                key: format!("probe {from}"),
                text: format!("  . {from} has found the server, and sent no record yet.{silent}\n"),
                is_data: false,
            });
        }
    }
    news
}

/// Everybody's data will do for clients that have no signs of their own.
fn is_of(client: &Client, item: &Value) -> bool {
    let named = item["clients"].as_array().is_some_and(|ids| ids.iter().any(|id| *id == client.id));
    named || client.signs.anything
}

fn refusal(refused: &Value) -> News {
    let (reason, from, message) = (text(&refused["reason"]), text(&refused["client"]), text(&refused["message"]));
    let told = match refused["remedy"].as_str() {
        Some(remedy) => format!("{remedy} The client was told: {message}"),
        None => message.to_owned(),
    };
    News {
        key: format!("refused {reason} {from} {} {}", text(&refused["protocol"]), text(&refused["signal"])),
        text: format!("  x Refused what {from} sent ({reason}). {told}\n"),
        is_data: false,
    }
}

fn arrival(client: &Client, item: &Value, is_data: bool, base: &str) -> News {
    let service = item["service"].as_str().filter(|name| !name.is_empty()).unwrap_or("a program without a name");
    let by: Vec<&str> =
        ["scope", "sdk"].into_iter().map(|name| text(&item[name])).filter(|by| !by.is_empty()).collect();
    let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
    let way = format!("{} by {} from {}", text(&item["signal"]), text(&item["protocol"]), text(&item["client"]));
    let key = format!("data {service} {way}");
    if !is_data {
        let text = format!("  . {service}{by} sent {way}, which does not look like {}.\n", client.label);
        return News { key, text, is_data };
    }
    let carried = item["key"].as_str().map_or("without a key".to_owned(), |how| format!("with a key ({how})"));
    let page = if item["signal"] == "traces" { "traces" } else { "logs" };
    let text = format!("  + {}: {service}{by} sent {way}, {carried}. See {base}/{page}\n", client.label);
    News { key, text, is_data }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// At once, also into a pipe.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody to tell is no reason to stop waiting.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests;
