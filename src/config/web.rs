//! `[web]`: the port of the UI, the API and the health pages.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebConfig {
    /// Default `127.0.0.1:4319`. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// Must be `true` to listen on an address other than loopback while there is no login.
    pub allow_without_login: bool,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 4319)), allow_without_login: false }
    }
}

impl WebConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        if self.listen.ip().is_loopback() || self.allow_without_login {
            return Vec::new();
        }
        vec![(
            "web.listen",
            format!(
                "{} is reachable from other machines and shows every prompt without a login: listen on 127.0.0.1 behind \
                 a proxy that asks for one, or set web.allow_without_login = true if everyone on that network may read",
                self.listen
            ),
        )]
    }
}
