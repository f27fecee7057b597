//! Keys that are known by their shape alone.

use super::bounds::{is_boundary, skip, word_start};
use super::{Hit, Settings};
use crate::config::DetectorKind;

pub(super) const NAMES: [&str; 2] = ["twilio-api-key", "discord-bot-token"];

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Twilio's API keys: `SK` and 32 hex digits.
pub(super) fn find_twilio(bytes: &[u8], at: usize, settings: &Settings, hits: &mut Vec<Hit<'_>>) {
    if !settings.has(DetectorKind::ApiKey) || !bytes[at..].starts_with(b"SK") || !is_boundary(bytes, at) {
        return;
    }
    let end = skip(bytes, at + 2, 33, |byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
    let ends = bytes.get(end).is_none_or(|next| !is_word(*next));
    if end - at == 34 && ends {
        hits.push(Hit::new(at..end, "twilio-api-key", settings.action(DetectorKind::ApiKey)));
    }
}

/// Tokens of Discord's bots, whose first full stop is at `stop`: the number of the account in base64, six characters
/// of time, 27 and more of a signature.
pub(super) fn find_discord(bytes: &[u8], stop: usize, settings: &Settings, hits: &mut Vec<Hit<'_>>) {
    if !settings.has(DetectorKind::ApiKey) || bytes.get(stop + 7) != Some(&b'.') {
        return;
    }
    let start = word_start(bytes, stop, 30, is_word);
    let end = skip(bytes, stop + 8, 50, is_word);
    let time = bytes[stop + 1..stop + 7].iter().all(|byte| is_word(*byte));
    // Digits in base64 begin like this.
    let begins = matches!(bytes.get(start), Some(b'M' | b'N' | b'O')) && is_boundary(bytes, start);
    if begins && time && (23..=28).contains(&(stop - start)) && (27..=40).contains(&(end - stop - 8)) {
        hits.push(Hit::new(start..end, "discord-bot-token", settings.action(DetectorKind::ApiKey)));
    }
}
