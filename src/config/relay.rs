//! `[relay]`: a port that passes model calls on to their provider and records them, for programs that can only change a
//! base URL. Off unless `listen` is set.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

const KEY: &str = "relay.upstream";

/// First segments of the providers' own paths, which therefore name no upstream.
const RESERVED: [&str; 3] = ["v1", "v1beta", "api"];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelayConfig {
    /// `host:port`, such as `127.0.0.1:4320`. Port 0 takes any free port, told in `addresses.json`. Default: none, which
    /// is off.
    pub listen: Option<SocketAddr>,
    /// `true`: an address other than loopback asks for no key of ours either.
    pub allow_without_key: bool,
    /// Most bytes of a request, and of an answer, that are kept to be recorded. What is larger is passed on all the same
    /// and recorded without its content. Default 8 MiB.
    pub max_captured_bytes: usize,
    /// The same for all calls that are under way or wait to be recorded. Default 64 MiB.
    pub max_inflight_bytes: usize,
    /// How long connecting to a provider may take; nothing else has a limit. Default 10 s.
    pub connect_timeout_ms: u64,
    pub upstream: Vec<UpstreamConfig>,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            listen: None,
            allow_without_key: false,
            max_captured_bytes: 8 << 20,
            max_inflight_bytes: 64 << 20,
            connect_timeout_ms: 10_000,
            upstream: Vec::new(),
        }
    }
}

/// A provider that calls are passed on to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamConfig {
    /// First segment of the paths that lead here: `http://host:4320/NAME/v1/...`.
    pub name: String,
    /// As the provider's own client would be given it: `https://api.openai.com/v1`, `http://localhost:11434`.
    pub url: String,
    pub kind: UpstreamKind,
    /// What calls say is their provider (`gen_ai.provider.name`). Default: known by the address, else by the kind.
    #[serde(default)]
    pub provider: Option<String>,
}

/// Which API a provider speaks: the form of the relay's own errors, and where a path without a name belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamKind {
    /// OpenAI, or any server with its API: vLLM, LM Studio, OpenRouter, Groq, ...
    #[serde(rename = "openai")]
    OpenAi,
    Anthropic,
    /// Ollama's own API; below `/v1` it speaks that of OpenAI, too.
    Ollama,
}

impl UpstreamKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
        }
    }
}

impl RelayConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        if self.listen.is_some() && self.upstream.is_empty() {
            let fault = "there is nowhere to pass calls on to: add a [[relay.upstream]] with name, url and kind";
            faults.push(("relay.listen", fault.into()));
        }
        if !(4 << 10..=256 << 20).contains(&self.max_captured_bytes) {
            faults.push((
                "relay.max_captured_bytes",
                format!("{} must be between 4096 (4 KiB) and 268435456 (256 MiB)", self.max_captured_bytes),
            ));
        }
        if self.max_inflight_bytes < self.max_captured_bytes {
            faults.push((
                "relay.max_inflight_bytes",
                format!(
                    "{} is less than relay.max_captured_bytes ({}), so the largest call could never be kept: raise it",
                    self.max_inflight_bytes, self.max_captured_bytes
                ),
            ));
        }
        if !(100..=600_000).contains(&self.connect_timeout_ms) {
            let fault = format!("{} must be between 100 and 600000 (ten minutes)", self.connect_timeout_ms);
            faults.push(("relay.connect_timeout_ms", fault));
        }
        faults.extend(self.of_upstreams().into_iter().map(|fault| (KEY, fault)));
        faults
    }

    fn of_upstreams(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut names = BTreeSet::new();
        for (place, upstream) in self.upstream.iter().enumerate() {
            let name = &upstream.name;
            let shown = if name.is_empty() { format!("upstream {}", place + 1) } else { format!("{name:?}") };
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
                faults
                    .push(format!("{shown}: a name of letters, digits, -, _ and . is needed: it is part of the path"));
            } else if RESERVED.contains(&name.as_str()) || name.starts_with('.') {
                faults.push(format!("{shown}: paths of the providers begin with it: choose another name"));
            } else if !names.insert(name) {
                faults.push(format!("{shown}: the name is taken by another upstream: give each its own"));
            }
            faults.extend(upstream.faults(self.listen).into_iter().map(|fault| format!("{shown}: {fault}")));
        }
        faults
    }
}

impl UpstreamConfig {
    fn faults(&self, listen: Option<SocketAddr>) -> Vec<String> {
        let url = &self.url;
        let Some(rest) = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme)) else {
            return vec![format!("url = {url:?} is no address: write it as https://host/path")];
        };
        let mut faults = Vec::new();
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() {
            faults.push(format!("url = {url:?} names no host: write it as https://host/path"));
        }
        if host.contains('@') {
            faults.push("url holds a user or password: leave it out, keys stay with the clients".into());
        }
        if url.contains(['?', '#']) {
            faults.push("url has a query or a fragment: leave it out, clients send their own".into());
        }
        if self.kind == UpstreamKind::Ollama && !path.trim_matches('/').is_empty() {
            faults.push(format!("url = {url:?} has a path: give only http://host:port, clients add /api or /v1"));
        }
        if listen.is_some_and(|listen| listen.port() != 0 && host == listen.to_string()) {
            faults.push(format!("url = {url:?} is the relay itself: give the provider's address"));
        }
        if self.provider.as_ref().is_some_and(|provider| provider.trim().is_empty()) {
            faults.push("provider is empty: give a name such as \"groq\", or leave it out".into());
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream(name: &str, url: &str, kind: UpstreamKind) -> UpstreamConfig {
        UpstreamConfig { name: name.into(), url: url.into(), kind, provider: None }
    }

    fn faults(config: &RelayConfig) -> String {
        config.faults().into_iter().map(|(key, fault)| format!("{key}: {fault}\n")).collect()
    }

    fn with(upstream: Vec<UpstreamConfig>) -> RelayConfig {
        RelayConfig { listen: Some(SocketAddr::from(([127, 0, 0, 1], 4320))), upstream, ..RelayConfig::default() }
    }

    #[test]
    fn off_is_no_fault_and_neither_is_a_usual_setting() {
        assert_eq!(faults(&RelayConfig::default()), "");
        let usual = with(vec![
            upstream("openai", "https://api.openai.com/v1", UpstreamKind::OpenAi),
            upstream("ollama", "http://gpu.lan:11434", UpstreamKind::Ollama),
        ]);
        assert_eq!(faults(&usual), "");
    }

    #[test]
    fn there_must_be_somewhere_to_go() {
        let open = RelayConfig { listen: Some(SocketAddr::from(([0, 0, 0, 0], 4320))), ..RelayConfig::default() };
        let told = faults(&open);
        assert!(told.contains("[[relay.upstream]]"), "{told}");
    }

    #[test]
    fn every_fault_of_an_upstream_is_told() {
        for (name, url, kind, word) in [
            ("", "https://a", UpstreamKind::OpenAi, "upstream 1: a name"),
            ("v1", "https://a", UpstreamKind::OpenAi, "choose another name"),
            ("a", "api.openai.com", UpstreamKind::OpenAi, "is no address"),
            ("a", "https://", UpstreamKind::OpenAi, "names no host"),
            ("a", "https://me:pw@b", UpstreamKind::OpenAi, "keys stay with the clients"),
            ("a", "https://b/v1?key=1", UpstreamKind::OpenAi, "has a query"),
            ("a", "http://b:11434/v1", UpstreamKind::Ollama, "give only http://host:port"),
            ("a", "http://127.0.0.1:4320/v1", UpstreamKind::OpenAi, "is the relay itself"),
        ] {
            let told = faults(&with(vec![upstream(name, url, kind)]));
            assert!(told.contains(word) && told.lines().count() == 1, "{name} {url}: {told}");
        }
        let twice = upstream("a", "https://b", UpstreamKind::Anthropic);
        assert!(faults(&with(vec![twice.clone(), twice])).contains("is taken"));
    }
}
