//! `tracemeter admin link`: prints the one-time link by which the admin's name and password are set.

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::ConfigArgs;
use crate::access::{self, LINK_HOURS};
use crate::app::{Addresses, reached_as};
use crate::clock::Clock;
use crate::config::Config;
use crate::registry;

#[derive(Debug, Args)]
pub(super) struct AdminArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print a link to open in a browser; the one before is good no more. Using it signs everybody else out
    #[command(alias = "reset")]
    Link {
        /// Address of the pages as the browser knows it, such as https://traces.lan; else this machine's
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        #[command(flatten)]
        config: ConfigArgs,
    },
}

pub(super) fn run(args: &AdminArgs) -> anyhow::Result<()> {
    let Command::Link { url, config } = &args.command;
    let config = config.load()?;
    let registry = registry::open_beside(&config.data_dir)?;
    let base = url.clone().unwrap_or_else(|| base(&config));
    let link = access::setup_link(&registry, &base, Clock::system().now()).context("while making the link")?;
    println!("{link}");
    eprintln!("Open it within {LINK_HOURS} hours to choose name and password. It is good once.");
    if config.web.allow_without_login {
        eprintln!("web.allow_without_login = true: the server asks nobody for a login, whatever is set.");
    }
    Ok(())
}

/// Of the server that runs, or would.
fn base(config: &Config) -> String {
    let web = Addresses::read(&config.data_dir).map_or(config.web.listen, |addresses| addresses.web);
    format!("http://{}:{}", reached_as(web.ip()), web.port())
}
