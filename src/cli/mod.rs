//! The command line: one file per command.

mod admin;
mod backup;
mod check_config;
mod connect;
mod delete;
mod demo;
mod destinations;
mod health;
mod keys;
mod prices;
mod reconcile;
mod redact;
mod reindex;
mod serve;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::Value;

use crate::access;
use crate::config::{self, Config, Overrides};

/// Keeps every model call's trace and says what it cost.
#[derive(Debug, Parser)]
#[command(name = "tracemeter", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Receive, keep and show traces until told to stop
    Serve(serve::ServeArgs),
    /// Check configuration and environment without opening a port
    CheckConfig(ConfigArgs),
    /// Ask a running server whether it is ready; exits 1 when it is not
    Health(health::HealthArgs),
    /// Copy everything that cannot be made again to a folder, while the server runs
    Backup(backup::BackupArgs),
    /// Make a data directory from a backup, or only check the backup
    Restore(backup::RestoreArgs),
    /// Delete a trace, a session or a user's data everywhere, and print the receipt
    Delete(delete::DeleteArgs),
    /// Look at prices, set your own, take over a newer table
    Prices(prices::PricesArgs),
    /// Read everything kept anew, after prices or readings have changed, while the server runs
    Reindex(reindex::ReindexArgs),
    /// Try rules of redaction on a text, or on what is stored; nothing is changed
    #[command(subcommand)]
    Redact(redact::RedactCommand),
    /// Compare a provider's bill with the calls that were seen
    Reconcile(reconcile::ReconcileArgs),
    /// See how forwarding goes; pause, resume, rewind, test, look after dead letters
    Destinations(destinations::DestinationsArgs),
    /// Print how a client is set up, wait for its first data, and say which mistake it makes
    Connect(connect::ConnectArgs),
    /// Make, list, rotate and revoke the keys of who sends, and tokens of scripts; the server may be running or not
    Keys(keys::KeysArgs),
    /// Print a one-time link by which the admin's name and password are set, for the first time or anew
    Admin(admin::AdminArgs),
    /// Send a realistic set of agent traces to a running server
    Demo(demo::DemoArgs),
    /// Print the version
    Version,
}

/// Where the configuration comes from, besides `TRACEMETER_*` variables.
#[derive(Debug, Args)]
struct ConfigArgs {
    /// TOML file to read
    #[arg(long, value_name = "FILE", env = "TRACEMETER_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// Folder for everything that is kept
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
}

impl ConfigArgs {
    fn load(&self) -> anyhow::Result<Config> {
        let overrides = Overrides { data_dir: self.data_dir.clone() };
        Ok(config::load(self.config.as_deref(), &overrides)?)
    }
}

impl Cli {
    /// Runs the command to its end.
    ///
    /// # Errors
    /// What went wrong, to be shown to the user.
    pub fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Serve(args) => serve::run(&args),
            Command::CheckConfig(args) => check_config::run(&args.load()?),
            Command::Health(args) => on_runtime(health::run(args)),
            Command::Backup(args) => backup::backup(&args),
            Command::Restore(args) => backup::restore(&args),
            Command::Delete(args) => on_runtime(delete::run(args)),
            Command::Prices(args) => on_runtime(prices::run(args)),
            Command::Reindex(args) => on_runtime(reindex::run(args)),
            Command::Redact(command) => redact::run(command),
            Command::Reconcile(args) => on_runtime(reconcile::run(args)),
            Command::Destinations(args) => on_runtime(destinations::run(args)),
            Command::Connect(args) => on_runtime(connect::run(args)),
            Command::Keys(args) => keys::run(&args),
            Command::Admin(args) => admin::run(&args),
            Command::Demo(args) => on_runtime(demo::run(args)),
            Command::Version => {
                println!("tracemeter {}", env!("CARGO_PKG_VERSION"));
                Ok(())
            }
        }
    }
}

/// Client commands are done with one thread.
fn on_runtime(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("while starting")?.block_on(work)
}

/// The variable with a token for the API, see `docs/keys-and-login.md`.
const TOKEN: &str = "TRACEMETER_TOKEN";

/// An HTTP client for talking to a Tracemeter, and the base address of the one at `url`, else of the one that runs on the
/// data directory. It asks with the token of the environment, else with the one that the server of the data directory has
/// written for its commands, which goes to no other address.
fn reach(url: Option<&str>, args: &ConfigArgs) -> anyhow::Result<(reqwest::Client, String)> {
    let given = std::env::var(TOKEN).ok().filter(|token| !token.trim().is_empty());
    let (base, token) = match url {
        Some(url) => (url.trim_end_matches('/').to_owned(), given),
        None => {
            let config = args.load()?;
            let written = || std::fs::read_to_string(config.data_dir.join(access::COMMAND_TOKEN)).ok();
            (health::running_at(&config), given.or_else(written))
        }
    };
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        let value = HeaderValue::try_from(format!("Bearer {}", token.trim()));
        let mut value = value.with_context(|| format!("{TOKEN} is no token"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok((http_client(headers)?, base))
}

/// An HTTP client that sends these headers with everything.
fn http_client(headers: HeaderMap) -> anyhow::Result<reqwest::Client> {
    // Fails only when a provider is installed already, which is as good.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(std::time::Duration::from_secs(30))
        .default_headers(headers)
        .build()
        .context("while setting up the HTTP client")
}

/// The JSON of an answer, or what the server says is wrong.
async fn told(answer: reqwest::Response) -> anyhow::Result<Value> {
    let status = answer.status();
    let json: Value = answer.json().await.with_context(|| format!("the server answered {status} without JSON"))?;
    if !status.is_success() {
        let part = |name: &str| json["error"][name].as_str().unwrap_or_default().to_owned();
        bail!("the server refused ({status}): {}: {}", part("message"), part("hint"));
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
