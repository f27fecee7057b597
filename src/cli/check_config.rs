//! `tracemeter check-config`: every fault of the configuration, without binding a port.

use anyhow::Context as _;

use crate::config::Config;
use crate::{forward, logging, power, redact::Redactor, relay};

/// Loading has found the faults of the file; this tries what only the parts can judge.
pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    logging::check(&config.log).context("log.level")?;
    Redactor::new(&config.redact, [0; 32]).context("redact")?;
    power::check(&config.local).context("local")?;
    relay::check(&config.relay.upstream).context("relay")?;
    config.destination.iter().try_for_each(forward::check)?;
    println!("the configuration is valid");
    println!("data_dir      {}", config.data_dir.display());
    println!("receive.grpc  {}", config.receive.grpc);
    println!("receive.http  {}", config.receive.http);
    println!("web.listen    {}", config.web.listen);
    if let Some(listen) = config.relay.listen {
        println!("relay.listen  {listen}");
        for upstream in &config.relay.upstream {
            println!("relay         /{} ({}) {}", upstream.name, upstream.kind.as_str(), upstream.url);
        }
    }
    for destination in &config.destination {
        println!("destination   {} ({}) {}", destination.name, destination.kind.as_str(), destination.url);
    }
    Ok(())
}
