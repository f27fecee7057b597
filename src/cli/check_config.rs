//! `tracemeter check-config`: every fault of the configuration, without binding a port.

use anyhow::Context as _;

use crate::config::Config;
use crate::{forward, logging, power, redact::Redactor};

/// Loading has found the faults of the file; this tries what only the parts can judge.
pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    logging::check(&config.log).context("log.level")?;
    Redactor::new(&config.redact, [0; 32]).context("redact")?;
    power::check(&config.local).context("local")?;
    config.destination.iter().try_for_each(forward::check)?;
    println!("the configuration is valid");
    println!("data_dir      {}", config.data_dir.display());
    println!("receive.grpc  {}", config.receive.grpc);
    println!("receive.http  {}", config.receive.http);
    println!("web.listen    {}", config.web.listen);
    for destination in &config.destination {
        println!("destination   {} ({}) {}", destination.name, destination.kind.as_str(), destination.url);
    }
    Ok(())
}
