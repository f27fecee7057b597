//! Addresses of servers as clients write them, and which of them are at home.

use core::net::{IpAddr, Ipv4Addr};

/// Domains that only a home network or the machine itself resolves: reserved (RFC 6761, RFC 6762, RFC 8375, ICANN's
/// `.internal`, where containers find their host), or what routers use.
const HOME_DOMAINS: &[&str] =
    &[".local", ".localhost", ".home.arpa", ".internal", ".lan", ".home", ".localdomain", ".fritz.box"];

/// `host:port` or `host` of an address: without scheme, user and path.
pub fn authority(server: &str) -> &str {
    let text = server.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split(['/', '?', '#']).next().unwrap_or(text);
    text.rsplit('@').next().unwrap_or(text)
}

/// The host of `authority` without its port and brackets.
pub fn host(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or(bracketed),
        // More than one colon is an IPv6 address without brackets, not a port.
        None if authority.matches(':').count() == 1 => authority.split(':').next().unwrap_or(authority),
        None => authority,
    }
}

/// Loopback, private (RFC 1918, RFC 4193), link-local and carrier-grade NAT (RFC 6598, where VPN meshes live)
/// addresses, names without a dot, and names under domains that only a home network resolves.
pub fn is_private(server: &str) -> bool {
    let host = host(authority(server));
    // Of `fe80::1%eth0` the part behind the address names an interface.
    let bare = host.split('%').next().unwrap_or(host);
    match bare.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => is_private_v4(ip),
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        Err(_) => {
            let name = host.strip_suffix('.').unwrap_or(host);
            !name.is_empty() && (!name.contains('.') || HOME_DOMAINS.iter().any(|domain| ends(name, domain)))
        }
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    let by_carrier = first == 100 && second & 0xc0 == 64;
    // A client that asks `0.0.0.0` asks its own machine.
    ip.is_loopback() || ip.is_unspecified() || ip.is_private() || ip.is_link_local() || by_carrier
}

/// `ends_with` without regard to case.
fn ends(text: &str, with: &str) -> bool {
    let at = text.len().checked_sub(with.len());
    at.is_some_and(|at| text.as_bytes()[at..].eq_ignore_ascii_case(with.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_addresses_are_known() {
        for server in [
            "127.0.0.1",
            "10.0.0.4:8000",
            "http://192.168.0.2:11434/v1",
            "172.16.5.5",
            "172.31.255.254",
            "0.0.0.0:11434",
            // Link-local.
            "169.254.1.1",
            "fe80::1",
            "[fe80::1%25eth0]:8000",
            "fe80::1%eth0",
            // Carrier-grade NAT.
            "100.64.0.1",
            "100.101.2.3:1234",
            "100.127.255.254",
            // Unique local IPv6.
            "http://[fd12::5]:8000/v1",
            "fc00::1",
            "::1",
            "[::1]:80",
            "[::ffff:10.0.0.1]:80",
            // Names.
            "localhost",
            "localhost.",
            "ollama:11434",
            "tenant.localhost:3000",
            "gpu.lan",
            "gpu.lan.:8000",
            "GPU.local:8000",
            "nas.home.arpa",
            "nas.home",
            "vllm.internal",
            "http://host.docker.internal:11434/v1",
            "gpu.fritz.box",
            "http://me:secret@box.lan/v1",
        ] {
            assert!(is_private(server), "{server}");
        }
        for server in [
            "api.openai.com",
            "https://api.anthropic.com/v1",
            "8.8.8.8",
            "2001:4860::1",
            "[::ffff:8.8.8.8]:80",
            "169.253.1.1",
            "172.32.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "notlocal.com",
            "mylan",
            "lan.example.com",
            "",
            ".",
        ] {
            // A name without a dot is at home whatever it is.
            assert_eq!(is_private(server), server == "mylan", "{server}");
        }
    }

    #[test]
    fn scheme_user_path_port_and_brackets_come_off() {
        assert_eq!(authority(" https://me:pw@box.lan:8000/v1?x#y "), "box.lan:8000");
        assert_eq!(host("box.lan:8000"), "box.lan");
        assert_eq!(host("[fd12::5]:8000"), "fd12::5");
        assert_eq!(host("fd12::5"), "fd12::5");
    }
}
