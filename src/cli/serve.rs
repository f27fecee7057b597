//! `tracemeter serve`: the appliance itself, in the foreground.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;

use super::ConfigArgs;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::{lifecycle, logging};

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Let the clock stand at this time: for tests and pictures of pages that must not change
    #[arg(long, value_name = "TIME", hide = true)]
    standing_at: Option<Timestamp>,
}

/// How long blocking work may linger once everything is stopped.
const LINGER: Duration = Duration::from_secs(2);

pub(super) fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let config = &args.config.load()?;
    let clock = args.standing_at.map_or_else(Clock::system, |time| Clock::fixed(time.into()));
    logging::start(&config.log).context("log.level")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("while starting")?;
    let served = runtime.block_on(serve(config, clock));
    // Whatever still blocks a thread now is no longer needed by anybody: all stores are closed.
    runtime.shutdown_timeout(LINGER);
    served
}

async fn serve(config: &Config, clock: Clock) -> anyhow::Result<()> {
    let stop = lifecycle::stop_signal()?;
    let app = App::start(config, clock).await?;
    let addresses = app.addresses();
    println!(
        "tracemeter {} is ready: web http://{}  OTLP/gRPC {}  OTLP/HTTP http://{}",
        env!("CARGO_PKG_VERSION"),
        addresses.web,
        addresses.grpc,
        addresses.http
    );
    lifecycle::ready(&app);
    let reason = stop.await;
    tracing::info!("{reason}: draining");
    lifecycle::stopping();
    app.stop().await;
    Ok(())
}
