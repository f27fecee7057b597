//! `[web]`: the port of the UI, the API and the health pages, and who may look.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::Network;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebConfig {
    /// Default `127.0.0.1:4319`. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// `true`: nobody is asked for a login, wherever the port listens and whether there is an admin or not.
    pub allow_without_login: bool,
    /// `true`: everybody is asked for a login, on loopback and before there is an admin as well.
    pub require_login: bool,
    /// Further names under which the pages may be opened while no login is asked for: see `docs/keys-and-login.md`.
    pub hosts: Vec<String>,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<Network>,
    /// A proxy that asks for the login itself.
    pub forward_auth: Option<ForwardAuthConfig>,
}

/// `[web.forward_auth]`: who is signed in, as a proxy says in a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForwardAuthConfig {
    /// Which header, such as `Remote-User`.
    pub header: String,
    /// From where it is believed. From anywhere else it counts as not there.
    pub networks: Vec<Network>,
    /// Who may come in; empty: whom the proxy lets pass.
    #[serde(default)]
    pub users: Vec<String>,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 4319)),
            allow_without_login: false,
            require_login: false,
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            forward_auth: None,
        }
    }
}

impl WebConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        if self.allow_without_login && self.require_login {
            let fault = "is true, and so is web.allow_without_login, which says the opposite: remove one of them";
            faults.push(("web.require_login", fault.to_owned()));
        }
        for host in &self.hosts {
            if host.is_empty() || host.contains(['/', ':', ' ', '*']) {
                let fault =
                    format!("{host:?} is no name of a machine: write it without scheme and port, as traces.lan");
                faults.push(("web.hosts", fault));
            }
        }
        if let Some(forward_auth) = &self.forward_auth {
            faults.extend(forward_auth.faults());
            if self.allow_without_login {
                let fault = "asks for a login, and web.allow_without_login = true asks for none: remove one of them";
                faults.push(("web.forward_auth", fault.to_owned()));
            }
        }
        faults
    }
}

impl ForwardAuthConfig {
    fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let is_token = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if self.header.is_empty() || !self.header.chars().all(is_token) {
            let fault = format!("{:?} is no name of a header: write one such as Remote-User", self.header);
            faults.push(("web.forward_auth.header", fault));
        } else if ["authorization", "cookie", "host", "origin"].contains(&self.header.to_ascii_lowercase().as_str()) {
            let fault = format!("{:?} is set by browsers as well: take one that only the proxy sets", self.header);
            faults.push(("web.forward_auth.header", fault));
        }
        if self.networks.is_empty() {
            let fault = "names no network, so the header would never be believed: give the proxy's address";
            faults.push(("web.forward_auth.networks", fault.to_owned()));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(config: &WebConfig) -> Vec<&'static str> {
        config.faults().into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn what_contradicts_itself_is_told() {
        let both = WebConfig { allow_without_login: true, require_login: true, ..WebConfig::default() };
        assert_eq!(keys(&both), ["web.require_login"]);
        let proxy = |header: &str, networks: &[&str]| {
            let networks = networks.iter().map(|network| network.parse().expect("a network")).collect();
            ForwardAuthConfig { header: header.into(), networks, users: Vec::new() }
        };
        let with = |forward_auth| WebConfig { forward_auth: Some(forward_auth), ..WebConfig::default() };
        assert!(with(proxy("Remote-User", &["10.0.0.2"])).faults().is_empty());
        assert_eq!(keys(&with(proxy("Remote User", &[]))), ["web.forward_auth.header", "web.forward_auth.networks"]);
        assert_eq!(keys(&with(proxy("Cookie", &["10.0.0.2"]))), ["web.forward_auth.header"]);
        let hosts = WebConfig { hosts: vec!["traces.example.org".into(), "https://x".into()], ..WebConfig::default() };
        assert_eq!(keys(&hosts), ["web.hosts"]);
    }
}
