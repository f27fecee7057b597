//! What stands in place of what was found, and how it is known again: `[redacted:<name>]`, `[<name>:<16 hex digits>]`,
//! `…[cut:<characters>]`.

use std::collections::HashSet;
use std::ops::Range;

use crate::config::{DetectorKind, KeyRule, RedactConfig};

/// Names in markers are not longer.
const MOST_NAME: usize = 128;

/// Hex digits of a hash: 64 bits, so that two of a million values are alike with a chance of one to 37 million.
const HASH_DIGITS: usize = 16;

pub(super) fn masked(name: &str) -> String {
    format!("[redacted:{name}]")
}

pub(super) fn hashed(name: &str, key: &[u8; 32], value: &[u8]) -> String {
    let hash = blake3::keyed_hash(key, value);
    format!("[{name}:{}]", hex::encode(&hash.as_bytes()[..HASH_DIGITS / 2]))
}

/// The first `length` characters of `text`, marked; `None` when it is no longer, or cut already.
pub(super) fn cut(text: &str, length: usize) -> Option<String> {
    let (end, _) = text.char_indices().nth(length)?;
    let rest = &text[end..];
    let is_cut = |rest: &str| {
        let count = rest.strip_prefix("…[cut:").and_then(|rest| rest.strip_suffix(']'));
        count.is_some_and(|count| !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if is_cut(rest) {
        return None;
    }
    Some(format!("{}…[cut:{}]", &text[..end], rest.chars().count()))
}

/// The names that markers can have. Others are no markers: who writes `[redacted:sk-...]` hides nothing from us.
#[derive(Debug)]
pub(super) struct Markers {
    own: HashSet<String>,
}

impl Markers {
    pub(super) fn new(config: &RedactConfig, rules: &[KeyRule]) -> Self {
        let mut own: HashSet<String> = super::detect::names().map(str::to_owned).collect();
        own.extend(DetectorKind::ALL.map(|kind| kind.as_str().to_owned()));
        own.extend(["hash", super::walk::CREDENTIAL].map(str::to_owned));
        own.extend(config.pattern.iter().map(|pattern| pattern.name.clone()));
        own.extend(config.rule.iter().chain(rules).map(|rule| rule.key.trim().to_owned()));
        Self { own }
    }

    /// Whether `text` is a marker and nothing else.
    pub(super) fn is_marker(&self, text: &str) -> bool {
        let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else { return false };
        match inner.strip_prefix("redacted:") {
            Some(name) => self.own.contains(name),
            None => self.is_hash(text),
        }
    }

    pub(super) fn is_hash(&self, text: &str) -> bool {
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        inner.and_then(|inner| inner.rsplit_once(':')).is_some_and(|(name, digits)| {
            let is_hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
            digits.len() == HASH_DIGITS && digits.bytes().all(is_hex) && self.own.contains(name)
        })
    }

    /// Whether `range` of `text` lies in a marker.
    pub(super) fn holds(&self, text: &str, range: &Range<usize>) -> bool {
        let bytes = text.as_bytes();
        let limit = range.start.saturating_sub(MOST_NAME + 12);
        // Names may have brackets in them, as keys may.
        let mut opens = (limit..=range.start.min(text.len().saturating_sub(1))).rev().filter(|at| bytes[*at] == b'[');
        opens.any(|open| {
            let most = text.len().min(open + MOST_NAME + 32);
            let mut closes = (range.end.max(open + 1) - 1..most).filter(|at| bytes[*at] == b']');
            closes.any(|close| text.get(open..=close).is_some_and(|marker| self.is_marker(marker)))
        })
    }
}
