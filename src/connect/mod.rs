//! How each client is pointed at this server: settings to copy, signs by which its data is known, and what to say when
//! it makes a mistake. One table for the command line, the API and the page. Pure.
//!
//! Names and values are those of the clients' own documentation and sources, read in November 2026.

mod coding;
mod libraries;
mod platforms;
mod remedy;
mod servers;

use std::net::{IpAddr, SocketAddr};

pub use remedy::remedy;

/// A program that can send us something.
#[derive(Debug, PartialEq, Eq)]
pub struct Client {
    /// Its name on the command line and in addresses.
    pub id: &'static str,
    /// Further names people call it by.
    pub also: &'static [&'static str],
    pub label: &'static str,
    pub group: Group,
    /// Ways to set it up, the best first; `Step::or` begins another way.
    pub steps: &'static [Step],
    /// What is good to know, a sentence each.
    pub notes: &'static [&'static str],
    pub signs: Signs,
    /// What is most often wrong when it was set up and nothing comes.
    pub if_silent: Option<&'static str>,
    /// The setting that makes it send every trace, for when it samples.
    pub sampling: Option<&'static str>,
    /// It samples unless told otherwise: what to say until its traces show that it does not.
    pub samples: Option<&'static str>,
}

/// Settings for one place.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// Begins another way to the same end, which is not needed beside the one before.
    pub or: bool,
    /// Where the text goes, a sentence that ends in a colon.
    pub place: &'static str,
    /// With `{http}`, `{grpc}` and `{key}` in it: base addresses, and a key. What stands between `{?` and `?}` is for
    /// servers that ask for a key, what stands between `{!` and `!}` for those that do not.
    pub text: &'static str,
}

/// What kind of program a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Start,
    Platforms,
    Libraries,
    Coding,
    Servers,
}

impl Group {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Platforms => "platforms",
            Self::Libraries => "libraries",
            Self::Coding => "coding",
            Self::Servers => "servers",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Start => "To begin with",
            Self::Platforms => "Workflow and chat platforms",
            Self::Libraries => "Libraries and SDKs",
            Self::Coding => "Coding assistants",
            Self::Servers => "Model servers and collectors",
        }
    }
}

/// By what a client's data is known. A name that ends in `*` stands for all that begin so.
#[derive(Debug, PartialEq, Eq)]
pub struct Signs {
    pub services: &'static [&'static str],
    pub scopes: &'static [&'static str],
    /// Protocols that only it speaks.
    pub protocols: &'static [&'static str],
    /// Whatever comes may be of this client: it has no signs of its own.
    pub anything: bool,
}

/// A sender, as it says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub service: &'a str,
    pub scope: &'a str,
    pub protocol: &'a str,
}

/// What settings are filled in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `http://host:port` of OTLP/HTTP.
    pub http: String,
    /// The same of OTLP/gRPC.
    pub grpc: String,
    /// What stands where a client wants a key.
    pub key: String,
    /// The server asks for one.
    pub asks: bool,
}

/// Stands for a key where a client insists on one and the server needs none.
pub const ANY_KEY: &str = "any";

/// Stands for the key where the server asks for one.
pub const YOUR_KEY: &str = "YOUR_KEY";

/// All clients, those that most people ask for first within each group.
pub fn all() -> impl Iterator<Item = &'static Client> {
    [platforms::CLIENTS, libraries::CLIENTS, coding::CLIENTS, servers::CLIENTS].into_iter().flatten()
}

/// The client of this name, or of one it is also called by.
pub fn find(name: &str) -> Option<&'static Client> {
    let named = |known: &str| known.eq_ignore_ascii_case(name);
    all().find(|client| named(client.id) || client.also.iter().any(|also| named(also)))
}

/// The clients that `seen` looks like, by id: mostly one, none for what nobody knows. Of several that know its scope
/// those are meant whose sign says most of it.
pub fn recognised(seen: Seen<'_>) -> Vec<&'static str> {
    let by_scope = |client: &Client| longest(client.signs.scopes, seen.scope);
    let most = all().filter_map(by_scope).max();
    let fits = |client: &&Client| {
        let signs = &client.signs;
        longest(signs.services, seen.service).is_some()
            || longest(signs.protocols, seen.protocol).is_some()
            || by_scope(client).is_some_and(|length| Some(length) == most)
    };
    all().filter(fits).map(|client| client.id).collect()
}

/// The length of the longest of `names` that fits what was said.
fn longest(names: &[&str], said: &str) -> Option<usize> {
    let said = said.to_ascii_lowercase();
    let fits = |name: &&&str| match name.strip_suffix('*') {
        Some(start) => said.starts_with(start),
        None => said == **name,
    };
    names.iter().filter(fits).map(|name| name.len()).max()
}

impl Signs {
    const NONE: Self = Self { services: &[], scopes: &[], protocols: &[], anything: false };

    const fn scopes(scopes: &'static [&'static str]) -> Self {
        Self { scopes, ..Self::NONE }
    }
}

impl Step {
    const fn first(place: &'static str, text: &'static str) -> Self {
        Self { or: false, place, text }
    }

    const fn or(place: &'static str, text: &'static str) -> Self {
        Self { or: true, place, text }
    }

    /// The text for a server at `target`.
    pub fn filled(&self, target: &Target) -> String {
        target.fill(self.text)
    }
}

impl Target {
    /// `text` with the addresses and the key in their places.
    pub fn fill(&self, text: &str) -> String {
        let text = only(&only(text, ("{?", "?}"), self.asks), ("{!", "!}"), !self.asks);
        text.replace("{http}", &self.http).replace("{grpc}", &self.grpc).replace("{key}", &self.key)
    }
}

/// `text` with what stands between the marks, or without it.
fn only(text: &str, (begin, end): (&str, &str), stays: bool) -> String {
    let mut parts = text.split(begin);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (inside, after) = part.split_once(end).unwrap_or((part, ""));
        whole += if stays { inside } else { "" };
        whole += after;
    }
    whole
}

/// The base address under which `listener` is reached by who calls this machine `host`. A listener on one address is
/// not reached under another name, but for those of the machine itself.
pub fn endpoint(listener: SocketAddr, host: &str) -> String {
    let everywhere = listener.ip().is_unspecified();
    let by_name = everywhere || (listener.ip().is_loopback() && is_loopback(host));
    let port = listener.port();
    match (by_name, host.parse::<IpAddr>()) {
        (true, Ok(IpAddr::V6(address))) => format!("http://[{address}]:{port}"),
        (true, _) => format!("http://{host}:{port}"),
        (false, _) => format!("http://{listener}"),
    }
}

/// Whether `host` is this machine for itself, and another machine for all others.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What to say of a sender about its sampling: `share` of its traces arrives, between 0 and 1, where their ids tell;
/// `told` is whether they would.
pub fn sampling(seen: Seen<'_>, share: Option<f64>, told: bool) -> Option<String> {
    let client = recognised(seen).first().and_then(|id| find(id));
    let Some(share) = share else {
        let is_otlp = matches!(seen.protocol, "grpc" | "http_protobuf" | "http_json");
        return client.and_then(|client| client.samples).filter(|_| is_otlp && !told).map(str::to_owned);
    };
    let setting = client.and_then(|client| client.sampling).unwrap_or("OTEL_TRACES_SAMPLER=parentbased_always_on");
    let percent = share * 100.0;
    let percent = if percent < 2.0 { format!("{percent:.1}") } else { format!("{percent:.0}") };
    Some(format!(
        "Only about {percent} % of its traces arrive: it samples before it sends. Set {setting} there to have all."
    ))
}

#[cfg(test)]
mod tests;
