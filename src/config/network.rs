//! A range of addresses, written as `10.0.0.0/8`, `fd00::/8`, or one address.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Network {
    address: IpAddr,
    /// Leading bits that count.
    bits: u8,
}

impl Network {
    /// An IPv4 address that came over IPv6 counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same(own.to_bits().into(), other.to_bits().into(), 32, self.bits),
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.to_bits(), other.to_bits(), 128, self.bits),
            _ => false,
        }
    }
}

/// Whether the first `bits` of `width` are the same.
fn same(own: u128, other: u128, width: u8, bits: u8) -> bool {
    (own ^ other).checked_shr(u32::from(width - bits)).unwrap_or_default() == 0
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || format!("{text:?} is no network: write it as 10.0.0.0/8, fd00::/8 or 10.0.0.7");
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().map_err(|_| fault())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.trim().parse().map_err(|_| fault()))?;
        if bits > width { Err(fault()) } else { Ok(Self { address, bits }) }
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lies_in_a_network_by_its_first_bits() {
        let lies = |network: &str, address: &str| {
            network.parse::<Network>().expect("a network").contains(address.parse().expect("an address"))
        };
        assert!(lies("10.0.0.0/8", "10.200.3.4") && !lies("10.0.0.0/8", "11.0.0.1"));
        assert!(lies("192.168.7.128/25", "192.168.7.129") && !lies("192.168.7.128/25", "192.168.7.127"));
        assert!(lies("10.0.0.7", "10.0.0.7") && !lies("10.0.0.7", "10.0.0.6"));
        assert!(lies("0.0.0.0/0", "8.8.8.8") && lies("::/0", "fd00::1") && !lies("0.0.0.0/0", "fd00::1"));
        assert!(lies("10.0.0.0/8", "::ffff:10.1.2.3"), "which is how a listener on [::] sees it");
        assert!(lies("fd00::/8", "fdab::1") && !lies("fd00::/8", "fe80::1"));
    }

    #[test]
    fn what_is_no_network_is_told() {
        for text in ["10.0.0.0/33", "10.0.0", "lan", "", "fd00::/129", "10.0.0.0/-1"] {
            assert!(text.parse::<Network>().expect_err("none").contains("is no network"), "{text}");
        }
        assert_eq!("10.0.0.7".parse::<Network>().expect("one address").to_string(), "10.0.0.7/32");
    }
}
