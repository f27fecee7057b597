//! What the log says at the start about who may send and who may look, where there is a next step.

use std::net::IpAddr;

use super::{Addresses, reached_as};
use crate::access::{Access, LINK_HOURS};
use crate::config::Config;

/// # Errors
/// When no link for setting up the admin can be made.
pub(super) fn say(config: &Config, addresses: &Addresses, access: &Access) -> anyhow::Result<()> {
    if let Some(address) = open_to_others(config, addresses).filter(|_| !access.has_ingest_key()) {
        tracing::warn!(
            %address,
            "whoever sends from another machine needs a key, and there is none yet: make one with `tracemeter keys new NAME`, \
             or on the page under Settings, Keys (receive.allow_without_key = true asks for none)"
        );
    }
    let base = format!("http://{}:{}", reached_as(addresses.web.ip()), addresses.web.port());
    if let Some(link) = access.first_link(&base)? {
        tracing::warn!(
            "the pages ask for a login, and there is no admin yet. Open this link to choose name and password; it is good \
             once, for {LINK_HOURS} hours, and `tracemeter admin link` makes another: {link}"
        );
    }
    if config.web.allow_without_login && !config.web.listen.ip().is_loopback() {
        tracing::warn!("web.allow_without_login: whoever reaches {} sees every prompt and may delete", addresses.web);
    }
    Ok(())
}

/// An address other than loopback at which telemetry is taken with a key.
fn open_to_others(config: &Config, addresses: &Addresses) -> Option<IpAddr> {
    let mut all = [addresses.grpc, addresses.http].into_iter().chain(addresses.listeners.iter().copied());
    let exposed = all.find(|address| !address.ip().is_loopback())?;
    (!config.receive.allow_without_key).then_some(exposed.ip())
}
