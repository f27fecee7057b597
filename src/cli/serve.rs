//! `tracemeter serve`: the appliance itself, in the foreground.

use std::time::Duration;

use anyhow::Context as _;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::{lifecycle, logging};

/// How long blocking work may linger once everything is stopped.
const LINGER: Duration = Duration::from_secs(2);

pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    logging::start(&config.log).context("log.level")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("while starting")?;
    let served = runtime.block_on(serve(config));
    // Whatever still blocks a thread now is no longer needed by anybody: all stores are closed.
    runtime.shutdown_timeout(LINGER);
    served
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let stop = lifecycle::stop_signal()?;
    let app = App::start(config, Clock::system()).await?;
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
