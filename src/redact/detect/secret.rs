//! From the place of a prefix to the secret it leads to.
//!
//! After a prefix, alphabet, length and mixture decide: ordinary words that contain a prefix ("task-sk-learn") must
//! stay.

use std::ops::Range;

use aho_corasick::BuildError;

use super::bounds::{back_while, is_boundary, skip};
use super::looks::{LOOKS, Lead, Looks, has_digit, is_mixed};
use super::sieve::{Prefix, Sieve};
use super::{Hit, Settings};
use crate::config::DetectorKind;

/// Words between `Authorization:` and the credentials.
const SCHEMES: [&[u8]; 6] = [b"basic", b"bearer", b"token", b"apikey", b"splunk", b"bot"];

/// Credentials after a scheme may be short: `Basic` with a short user and password.
const MIN_AFTER_SCHEME: usize = 8;

/// A private key of 16,384 bits has about 13,000 characters.
const MOST_OF_BLOCK: usize = 65_536;

/// The looks that are searched for together.
#[derive(Debug)]
struct Group {
    prefixes: Sieve,
    /// In the order of the prefixes.
    looks: Vec<&'static Looks>,
}

#[derive(Debug)]
pub(super) struct Secrets {
    groups: Vec<Group>,
}

impl Secrets {
    pub(super) fn new(settings: &Settings) -> Result<Self, BuildError> {
        let mut groups: Vec<Vec<&'static Looks>> = Vec::new();
        // Case matters for keys, not for names of fields.
        for exact in [true, false] {
            let wanted = LOOKS.iter().filter(|looks| looks.is_exact() == exact && settings.has(looks.kind()));
            let mut fragments: Vec<&str> = Vec::new();
            let mut group = Vec::new();
            for looks in wanted {
                let new = |known: &[&str]| looks.fragments.iter().filter(|part| !known.contains(part)).count();
                if fragments.len() + new(&fragments) > Sieve::MOST_FRAGMENTS {
                    groups.push(std::mem::take(&mut group));
                    fragments.clear();
                }
                fragments.extend(
                    looks.fragments.iter().copied().filter(|part| !fragments.contains(part)).collect::<Vec<_>>(),
                );
                group.push(looks);
            }
            groups.push(group);
        }
        groups.retain(|group| !group.is_empty());
        let groups = groups.into_iter().map(|looks| {
            let prefixes: Vec<Prefix> = looks.iter().map(|looks| looks.to_find()).collect();
            Ok(Group { prefixes: Sieve::new(&prefixes)?, looks })
        });
        Ok(Self { groups: groups.collect::<Result<_, _>>()? })
    }

    pub(super) fn find<'r>(&self, text: &[u8], settings: &Settings, hits: &mut Vec<Hit<'r>>) {
        for group in &self.groups {
            let mut at = 0;
            while let Some(hit) = group.prefixes.find(text, at) {
                let looks = group.looks[hit.pattern().as_usize()];
                at = hit.start() + 1;
                if let Some((secret, name, kind)) = secret_at(text, hit.range(), looks) {
                    at = at.max(secret.end);
                    hits.push(Hit::new(secret, name, settings.action(kind)));
                }
            }
        }
    }
}

/// Where the secret lies to which the prefix at `hit` leads, and what to call it.
fn secret_at(text: &[u8], hit: Range<usize>, looks: &Looks) -> Option<(Range<usize>, &'static str, DetectorKind)> {
    // The automaton ignores case for the sake of header names; keys do not.
    if looks.is_exact() && text[hit.clone()] != *looks.prefix.as_bytes() {
        return None;
    }
    let secret = match looks.lead {
        Lead::Own => own_secret(text, hit.start, looks)?,
        Lead::Block => pem_block(text, hit.start)?,
        Lead::Middle(before) => {
            let tail = tail(text, hit.end, looks)?;
            // The number of a bot, or the random part of a key.
            let class = if looks.prefix == ":AA" { u8::is_ascii_digit } else { u8::is_ascii_alphanumeric };
            let start = back_while(text, hit.start, 64, |byte| class(&byte));
            if hit.start - start < before || !is_boundary(text, start) {
                return None;
            }
            start..tail.end
        }
        Lead::After => tail(text, hit.end, looks)?,
        Lead::Word => {
            let start = skip(text, hit.end, usize::MAX, |byte| byte.is_ascii_whitespace());
            if start == hit.end || !is_boundary(text, hit.start) {
                return None;
            }
            tail(text, start, looks)?
        }
        Lead::Field => field_secret(text, hit.end, looks)?,
    };
    if looks.lead == Lead::Own {
        return Some((secret, looks.name, looks.kind()));
    }
    // A key with a name of its own keeps it behind "Bearer".
    let named = LOOKS.iter().filter(|other| other.lead == Lead::Own && other.kind() == DetectorKind::ApiKey);
    let named = named.filter(|other| own_secret(text, secret.start, other).is_some()).max_by_key(|o| o.prefix.len());
    Some((secret, named.unwrap_or(looks).name, looks.kind()))
}

fn own_secret(text: &[u8], start: usize, looks: &Looks) -> Option<Range<usize>> {
    if !text[start..].starts_with(looks.prefix.as_bytes()) || !is_boundary(text, start) {
        return None;
    }
    let tail = tail(text, start + looks.prefix.len(), looks)?;
    Some(start..tail.end)
}

fn field_secret(text: &[u8], name_end: usize, looks: &Looks) -> Option<Range<usize>> {
    // The notations of JSON (also escaped twice), YAML, environment, Python: at most `\\\": \\\"`.
    let start =
        skip(text, name_end, 16, |byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b':' | b'=' | b'['));
    if start == name_end {
        return None;
    }
    let scheme = SCHEMES
        .iter()
        .find(|scheme| text[start..].get(..scheme.len()).is_some_and(|word| word.eq_ignore_ascii_case(scheme)));
    let after_scheme = scheme.map(|scheme| {
        let end = start + scheme.len();
        (end, skip(text, end, 8, |byte| byte == b' '))
    });
    match after_scheme {
        Some((end, credentials)) if credentials > end => {
            let looks = Looks { min: MIN_AFTER_SCHEME, likely: |tail| has_digit(tail) || is_mixed(tail), ..*looks };
            tail(text, credentials, &looks)
        }
        _ => tail(text, start, looks),
    }
}

/// The run of the alphabet's characters from `start`, if it is long and mixed enough.
fn tail(text: &[u8], start: usize, looks: &Looks) -> Option<Range<usize>> {
    let mut end = start;
    while let Some(byte) = text.get(end) {
        if (looks.alphabet)(*byte) {
            end += 1;
        } else if *byte == b'\\' && text.get(end + 1) == Some(&b'/') && (looks.alphabet)(b'/') {
            // PHP escapes slashes in JSON.
            end += 2;
        } else {
            break;
        }
    }
    // A full stop ends a sentence, not a token.
    while end > start && text[end - 1] == b'.' && !(looks.likely)(&text[start..end]) {
        end -= 1;
    }
    (end - start >= looks.min && (looks.likely)(&text[start..end])).then_some(start..end)
}

/// From `-----BEGIN <label>-----` to its `-----END <label>-----`, or, when the text was cut, as far as its lines go:
/// base64, headers, and line ends, which may be escaped.
fn pem_block(text: &[u8], start: usize) -> Option<Range<usize>> {
    let label_start = start + b"-----BEGIN ".len();
    let label_end =
        skip(text, label_start, 60, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
    let dashes = b"-----";
    if label_end == label_start || !text[label_end..].starts_with(dashes) {
        return None;
    }
    let inner = label_end + dashes.len();
    let most = text.len().min(inner + MOST_OF_BLOCK);
    let end_line = [b"-----END ".as_slice(), &text[label_start..label_end], dashes].concat();
    let mut at = inner;
    while let Some(next) = text[at..most].iter().position(|byte| *byte == b'-').map(|found| at + found) {
        if text[next..].starts_with(&end_line) {
            return Some(start..next + end_line.len());
        }
        at = next + 1;
    }
    let in_block = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'+' | b'/' | b'=' | b'\\' | b'\n' | b'\r' | b' ' | b':' | b',' | b'-')
    };
    let end = skip(text, inner, MOST_OF_BLOCK, in_block);
    (end - inner >= 40).then_some(start..end)
}
