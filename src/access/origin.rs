//! From where a request comes, and under which name it was sent.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, header};

use crate::config::WebConfig;

/// The address at the other end, unspecified where there is none.
pub fn client_of(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())
}

/// Who sits before the browser's end of the connection: behind a proxy that is trusted, whom it says; of several the last
/// one that is no such proxy.
pub(super) fn person(web: &WebConfig, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
    if !is_proxy(web, peer) {
        return peer;
    }
    let told = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let mut chain: Vec<IpAddr> =
        told.flat_map(|list| list.split(',')).filter_map(|one| one.trim().parse().ok()).collect();
    while let Some(last) = chain.pop() {
        if !is_proxy(web, last) {
            return last;
        }
    }
    peer
}

fn is_proxy(web: &WebConfig, address: IpAddr) -> bool {
    let asks = web.forward_auth.iter().flat_map(|forward_auth| &forward_auth.networks);
    web.trusted_proxies.iter().chain(asks).any(|network| network.contains(address))
}

/// Whether the browser speaks TLS with whoever stands before us: it says so itself, as the origin of its page, or a
/// trusted proxy does.
pub(super) fn is_https(web: &WebConfig, headers: &HeaderMap, peer: IpAddr) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text(header::ORIGIN.as_str()).starts_with("https://")
        || (is_proxy(web, peer) && text("x-forwarded-proto").eq_ignore_ascii_case("https"))
}

/// Endings of names that nobody in the internet can own.
const OF_HOMES: [&str; 9] =
    [".localhost", ".local", ".lan", ".home", ".home.arpa", ".internal", ".intranet", ".test", ".localdomain"];

/// Whether `host` can only mean this machine or one at home: an address, a name of one part, a name that the internet has
/// not, or one of `more`. Whoever owns any other name can have it lead here and read with a visitor's browser what asks
/// for no login (DNS rebinding).
pub fn is_own_host(host: &str, more: &[String]) -> bool {
    let bare = without_port(host).trim_end_matches('.').to_ascii_lowercase();
    let is_address = bare.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    is_address
        || !bare.contains('.')
        || OF_HOMES.iter().any(|end| bare.ends_with(end))
        || more.iter().any(|known| known.eq_ignore_ascii_case(&bare))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|b| b.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ForwardAuthConfig;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| (header::HeaderName::from_static(name), *value);
        let pairs = pairs.iter().map(pair);
        pairs.map(|(name, value)| (name, header::HeaderValue::from_static(value))).collect()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn names_of_the_internet_are_none_of_ours_unless_told() {
        let more = ["traces.example.org".to_owned()];
        for own in [
            "127.0.0.1:4319",
            "[::1]:4319",
            "[fd00::7]",
            "localhost",
            "localhost:4319",
            "nas",
            "nas:4319",
            "ai.lan:4319",
            "AI.LOCAL",
            "a.b.home.arpa",
            "traces.example.org",
            "Traces.Example.org:443",
            "10.0.0.7",
            "ai.lan.",
        ] {
            assert!(is_own_host(own, &more), "{own}");
        }
        for foreign in
            ["evil.example", "evil.example:4319", "127.0.0.1.evil.example", "lan.example", "x.traces.example.org"]
        {
            assert!(!is_own_host(foreign, &more), "{foreign}");
        }
    }

    #[test]
    fn only_proxies_that_are_trusted_say_who_is_behind_them() {
        let web = WebConfig {
            trusted_proxies: vec!["10.0.0.2".parse().expect("a network")],
            forward_auth: Some(ForwardAuthConfig {
                header: "Remote-User".into(),
                networks: vec!["10.0.1.0/24".parse().expect("a network")],
                users: Vec::new(),
            }),
            ..WebConfig::default()
        };
        let told = headers(&[("x-forwarded-for", "1.2.3.4, 192.168.1.5, 10.0.1.9"), ("x-forwarded-proto", "https")]);
        assert_eq!(person(&web, &told, ip("10.0.0.2")), ip("192.168.1.5"));
        assert_eq!(person(&web, &told, ip("::ffff:10.0.0.2")), ip("192.168.1.5"));
        assert_eq!(person(&web, &told, ip("10.0.0.3")), ip("10.0.0.3"), "nobody we know says that");
        assert_eq!(person(&web, &headers(&[]), ip("10.0.0.2")), ip("10.0.0.2"));
        assert!(is_https(&web, &told, ip("10.0.0.2")) && !is_https(&web, &told, ip("10.0.0.3")));
        assert!(is_https(&web, &headers(&[("origin", "https://traces.lan")]), ip("10.0.0.3")));
        assert!(!is_https(&web, &headers(&[("origin", "http://traces.lan")]), ip("10.0.0.3")));
    }
}
