//! IP addresses. Those of networks at home have a switch of their own: they are nobody's name and say which machine.

// Of `core`, which has the addresses and no sockets.
use core::net::{Ipv4Addr, Ipv6Addr};

use super::bounds::{back_while, is_boundary, is_word, skip};
use super::{Hit, Settings, Spelling};
use crate::config::{DetectorAction, DetectorKind};

/// The longest address: eight groups, or six and an IPv4 address.
const MOST_V6: usize = 45;

/// An IPv4 address whose first full stop is at `stop`, which stands between digits.
pub(super) fn find_v4(text: &str, stop: usize, settings: &Settings, hits: &mut Vec<Hit<'_>>) {
    let bytes = text.as_bytes();
    let start = back_while(bytes, stop, 4, |byte| byte.is_ascii_digit());
    // A version stands behind a letter or a dash, an object identifier goes on.
    let begins = is_boundary(bytes, start)
        && match &bytes[..start] {
            [.., b'_' | b'.'] => false,
            [.., before, b'-'] => !before.is_ascii_alphanumeric(),
            _ => true,
        };
    if !begins {
        return;
    }
    let end = skip(bytes, start, 16, |byte| byte.is_ascii_digit() || byte == b'.');
    let address = text[start..end].trim_end_matches('.');
    let end = start + address.len();
    let continues = bytes.get(end).is_some_and(|next| is_word(*next));
    let Ok(found) = address.parse::<Ipv4Addr>() else { return };
    let octets = found.octets();
    // Whole networks, and what browsers call themselves (`Chrome/120.0.0.0`), are no machine's address.
    let nobody = octets[0] == 0 || octets[0] >= 224 || octets[1..] == [0, 0, 0];
    if continues || nobody {
        return;
    }
    let carrier = octets[0] == 100 && (64..128).contains(&octets[1]);
    let private = found.is_private() || found.is_loopback() || found.is_link_local() || carrier;
    push(start..end, private, settings, hits);
}

/// An IPv6 address that has its first colon at `colon`.
pub(super) fn find_v6(text: &str, colon: usize, settings: &Settings, hits: &mut Vec<Hit<'_>>) {
    let bytes = text.as_bytes();
    let mut start = back_while(bytes, colon, 5, |byte| byte.is_ascii_hexdigit());
    if start == colon && bytes[..colon].ends_with(b":") && !bytes[..colon - 1].last().is_some_and(u8::is_ascii_hexdigit)
    {
        // One that begins with two.
        start -= 1;
    }
    if !is_boundary(bytes, start) || matches!(bytes[..start], [.., b'_' | b':' | b'.' | b'-']) {
        return;
    }
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let run = skip(bytes, start, MOST_V6 + 1, is_part);
    let mut address = text[start..run].trim_end_matches('.');
    if address.ends_with(':') && !address.ends_with("::") {
        address = &address[..address.len() - 1];
    }
    let end = start + address.len();
    if bytes.get(end).is_some_and(|next| is_word(*next)) {
        return;
    }
    let Ok(found) = address.parse::<Ipv6Addr>() else { return };
    let first = found.segments()[0];
    let private = found.is_loopback() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80;
    // What is in use for all the world begins with 2 or 3; all else that reads like an address (`a::b`) is code.
    if private || first & 0xe000 == 0x2000 {
        push(start..end, private, settings, hits);
    }
}

fn push(range: std::ops::Range<usize>, private: bool, settings: &Settings, hits: &mut Vec<Hit<'_>>) {
    let kind = if private { DetectorKind::PrivateIp } else { DetectorKind::Ip };
    let action = settings.action(kind);
    if action != DetectorAction::Off {
        hits.push(Hit::new(range, kind.as_str(), action).spelled(Spelling::AnyCase));
    }
}
