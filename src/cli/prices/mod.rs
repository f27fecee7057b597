//! `tracemeter prices`: look at prices, set one's own, take over a newer table, price calls by hand.
//!
//! It works on the data directory, so the server need not run; one that runs reads the files again by itself.

mod change;
mod cost;
mod refresh;
mod show;

use clap::{Args, Subcommand};

use super::ConfigArgs;
use crate::config::Config;
use crate::prices::Prices;

#[derive(Debug, Args)]
pub(super) struct PricesArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List models with their prices, your own first
    List(show::ListArgs),
    /// Show what a call of a model finds: the row, how it is found, and its prices by date
    Show(show::ShowArgs),
    /// Set a price of your own; prices that are not named are taken over from the present row
    Set(change::SetArgs),
    /// Take a price of your own away again
    Remove(change::RemoveArgs),
    /// Add every price of a file written like prices.toml
    Import(change::ImportArgs),
    /// Take over a newer price table from a file or an address, after showing what changes
    Refresh(refresh::RefreshArgs),
    /// Price calls: one JSON object a line in, one a line out
    Cost(cost::CostArgs),
}

pub(super) async fn run(args: PricesArgs) -> anyhow::Result<()> {
    match args.command {
        Command::List(args) => show::list(&args),
        Command::Show(args) => show::show(&args),
        Command::Set(args) => change::set(&args),
        Command::Remove(args) => change::remove(&args),
        Command::Import(args) => change::import(&args),
        Command::Refresh(args) => refresh::run(&args).await,
        Command::Cost(args) => cost::run(&args),
    }
}

/// The prices of the data directory; what is wrong with its files goes to standard error.
fn open(config: &ConfigArgs) -> anyhow::Result<(Config, Prices)> {
    let config = config.load()?;
    let prices = Prices::open(&config.data_dir, None);
    for fault in prices.faults() {
        eprintln!("not taken over: {fault}");
    }
    Ok((config, prices))
}
