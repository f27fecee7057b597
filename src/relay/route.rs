//! Where a request goes: the upstream that its path names, and the address there.

use reqwest::Url;

use super::Error;
use super::speech::Speech;
use crate::config::{UpstreamConfig, UpstreamKind};
use crate::interpret;

/// A provider that calls are passed on to.
#[derive(Debug)]
pub(super) struct Upstream {
    pub name: String,
    pub kind: UpstreamKind,
    /// What its calls say is their provider.
    pub provider: String,
    /// The address without path.
    origin: Url,
    /// The path of the address, without a slash at its end; empty, or beginning with one.
    base: String,
}

impl Upstream {
    /// # Errors
    /// When the address is none.
    pub fn new(config: &UpstreamConfig) -> Result<Self, Error> {
        let bad = |reason: &dyn std::fmt::Display| Error::Address {
            name: config.name.clone(),
            url: config.url.clone(),
            reason: reason.to_string(),
        };
        let mut origin = Url::parse(&config.url).map_err(|error| bad(&error))?;
        if !matches!(origin.scheme(), "http" | "https") || origin.host_str().is_none() {
            return Err(bad(&"no http address"));
        }
        let base = origin.path().trim_end_matches('/').to_owned();
        origin.set_path("/");
        let provider = config.provider.clone().unwrap_or_else(|| provider(config, &origin));
        Ok(Self { name: config.name.clone(), kind: config.kind, provider, origin, base })
    }

    /// The address of `rest`, the path behind the upstream's name, with the query as it came. Segments in which the
    /// address ends and `rest` begins stand once: programs are told a base URL with `/v1` or without.
    pub fn address(&self, rest: &str, query: Option<&str>) -> Url {
        let mut url = self.origin.clone();
        let rest = if rest.is_empty() { "/" } else { rest };
        let shared = self
            .base
            .match_indices('/')
            .map(|(at, _)| &self.base[at..])
            .find(|end| rest.strip_prefix(end).is_some_and(|behind| behind.is_empty() || behind.starts_with('/')));
        let own = &self.base[..self.base.len() - shared.map_or(0, str::len)];
        url.set_path(&format!("{own}{rest}"));
        url.set_query(query);
        url
    }

    pub fn host(&self) -> &str {
        self.origin.host_str().unwrap_or_default()
    }

    pub fn port(&self) -> u16 {
        self.origin.port_or_known_default().unwrap_or_default()
    }
}

/// A provider by its address; else servers at home are called by the API they speak, as all instrumentations do, and
/// others by the name they have here.
fn provider(config: &UpstreamConfig, origin: &Url) -> String {
    let host = origin.host_str().unwrap_or_default();
    match config.kind {
        _ if let Some(known) = interpret::provider_at(host) => known.to_owned(),
        UpstreamKind::OpenAi if !interpret::is_private(host) => config.name.clone(),
        kind => kind.as_str().to_owned(),
    }
}

/// The upstreams by name.
#[derive(Debug)]
pub(super) struct Routes {
    upstreams: Vec<Upstream>,
}

impl Routes {
    /// # Errors
    /// When an address is none.
    pub fn new(configs: &[UpstreamConfig]) -> Result<Self, Error> {
        Ok(Self { upstreams: configs.iter().map(Upstream::new).collect::<Result<_, _>>()? })
    }

    pub fn all(&self) -> &[Upstream] {
        &self.upstreams
    }

    /// The place of the upstream of `path` in [`Routes::all`], and the path there: by the first segment; without a
    /// name the only upstream, or the only one that speaks the API of the path.
    pub fn find<'p>(&self, path: &'p str) -> Option<(usize, &'p str)> {
        let inner = path.trim_start_matches('/');
        let (first, _) = inner.split_once('/').unwrap_or((inner, ""));
        if let Some(at) = self.upstreams.iter().position(|upstream| upstream.name == first) {
            return Some((at, &inner[first.len()..]));
        }
        if self.upstreams.len() == 1 {
            return Some((0, path));
        }
        let kind = Speech::home(path)?;
        let mut of_kind = self.upstreams.iter().enumerate().filter(|(_, upstream)| upstream.kind == kind);
        match (of_kind.next(), of_kind.next()) {
            (Some((at, _)), None) => Some((at, path)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(name: &str, url: &str, kind: UpstreamKind) -> UpstreamConfig {
        UpstreamConfig { name: name.into(), url: url.into(), kind, provider: None }
    }

    #[test]
    fn a_base_url_is_right_with_v1_and_without() {
        for (base, rest, expected) in [
            ("https://api.openai.com/v1", "/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
            ("https://api.openai.com/v1", "/chat/completions", "https://api.openai.com/v1/chat/completions"),
            ("https://api.openai.com", "/v1/models", "https://api.openai.com/v1/models"),
            ("https://openrouter.ai/api/v1/", "/v1/models", "https://openrouter.ai/api/v1/models"),
            ("https://openrouter.ai/api/v1", "/api/v1/models", "https://openrouter.ai/api/v1/models"),
            ("https://openrouter.ai/api/v1", "/models", "https://openrouter.ai/api/v1/models"),
            ("https://a.example/v1", "/v1beta/models", "https://a.example/v1/v1beta/models"),
            ("http://gpu.lan:11434", "/api/tags", "http://gpu.lan:11434/api/tags"),
            ("http://gpu.lan:11434", "", "http://gpu.lan:11434/"),
            ("https://a.example/v1", "/files/a%2Fb%20c", "https://a.example/v1/files/a%2Fb%20c"),
        ] {
            let upstream = Upstream::new(&config("x", base, UpstreamKind::OpenAi)).expect("an address");
            assert_eq!(upstream.address(rest, None).as_str(), expected, "{base} {rest}");
        }
        let upstream = Upstream::new(&config("x", "https://a.example/v1", UpstreamKind::OpenAi)).expect("an address");
        assert_eq!(upstream.address("/m", Some("a=b%20c&d")).as_str(), "https://a.example/v1/m?a=b%20c&d");
    }

    #[test]
    fn providers_are_known_by_their_address() {
        let of = |name: &str, url: &str, kind| Upstream::new(&config(name, url, kind)).expect("an address").provider;
        assert_eq!(of("x", "https://api.openai.com/v1", UpstreamKind::OpenAi), "openai");
        assert_eq!(of("x", "https://api.groq.com/openai/v1", UpstreamKind::OpenAi), "groq");
        assert_eq!(of("x", "http://gpu.lan:8000/v1", UpstreamKind::OpenAi), "openai");
        assert_eq!(of("novita", "https://api.novita.ai/v3", UpstreamKind::OpenAi), "novita");
        assert_eq!(of("x", "http://gpu.lan:11434", UpstreamKind::Ollama), "ollama");
        assert_eq!(of("x", "https://claude.example.org", UpstreamKind::Anthropic), "anthropic");
    }

    #[test]
    fn the_first_segment_names_the_upstream() {
        let two = Routes::new(&[
            config("openai", "https://api.openai.com/v1", UpstreamKind::OpenAi),
            config("claude", "https://api.anthropic.com", UpstreamKind::Anthropic),
        ])
        .expect("addresses");
        assert_eq!(two.find("/openai/v1/models"), Some((0, "/v1/models")));
        assert_eq!(two.find("//claude/v1/messages"), Some((1, "/v1/messages")));
        assert_eq!(two.find("/claude"), Some((1, "")));
        assert_eq!(two.find("/v1/messages"), Some((1, "/v1/messages")));
        assert_eq!(two.find("/v1/chat/completions"), Some((0, "/v1/chat/completions")));
        assert_eq!(two.find("/v1/models"), None);
        assert_eq!(two.find("/openaix/v1/models"), None);
        let one = Routes::new(&[config("a", "http://gpu.lan:11434", UpstreamKind::Ollama)]).expect("an address");
        assert_eq!(one.find("/v1/models"), Some((0, "/v1/models")));
        assert_eq!(one.find("/a/api/tags"), Some((0, "/api/tags")));
    }
}
