//! Finds secrets by the prefixes that lead to them.
//!
//! Prefixes are looked for only where a long run of the characters of keys is (`runs`). After a prefix, alphabet, length
//! and mixture decide: ordinary words that contain a prefix ("task-sk-learn") must stay.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, BuildError, Input, MatchKind};

use super::bounds::{is_boundary, skip, word_start};
use super::looks::{LOOKS, Lead, Looks, has_digit, is_mixed};
use super::{Hit, Settings};
use crate::config::DetectorKind;

/// Words between `Authorization:` and the credentials.
const SCHEMES: [&[u8]; 6] = [b"basic", b"bearer", b"token", b"apikey", b"splunk", b"bot"];

/// Credentials after a scheme may be short: `Basic` with a short user and password.
const MIN_AFTER_SCHEME: usize = 8;

/// A private key of 16,384 bits has about 13,000 characters.
const MOST_OF_BLOCK: usize = 65_536;

/// What leads to secrets without a long run, and so is searched for in the whole text: the first words of a block, and
/// the field whose credentials may be short, in the spellings that are in use. Few, so that vector instructions find
/// them faster than memory is read.
const ALONE: [&str; 4] = ["-----BEGIN ", "authorization", "Authorization", "AUTHORIZATION"];

/// How far before a secret the name of its field begins: `secret_access_key`, 16 characters of quotes and such, a
/// scheme and 8 spaces are 47.
const BEFORE: usize = 64;

/// White space between `Bearer` and its token: more is a layout, not a header.
const MOST_SPACE: usize = 32;

/// Looks that are found by one automaton.
#[derive(Debug)]
struct Group {
    prefixes: AhoCorasick,
    /// In the order of the prefixes.
    looks: Vec<&'static Looks>,
}

impl Group {
    /// Of looks with prefixes of letters in any case, or exactly so.
    fn in_runs(settings: &Settings, any_case: bool) -> Result<Self, BuildError> {
        let wanted = LOOKS.iter().filter(|looks| looks.is_exact() != any_case && settings.has(looks.kind()));
        let looks: Vec<&Looks> = wanted.collect();
        let prefixes = AhoCorasickBuilder::new()
            .ascii_case_insensitive(any_case)
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            // What is searched is short.
            .prefilter(false)
            .build(looks.iter().map(|looks| looks.prefix))?;
        Ok(Self { prefixes, looks })
    }

    /// Those that need no run: see [`ALONE`].
    fn alone(settings: &Settings) -> Result<Self, BuildError> {
        let looks_of = |prefix: &&str| {
            LOOKS
                .iter()
                .find(|looks| looks.prefix.eq_ignore_ascii_case(prefix))
                .filter(|looks| settings.has(looks.kind()))
        };
        let (wanted, looks): (Vec<&str>, Vec<&Looks>) =
            ALONE.iter().filter_map(|prefix| Some((*prefix, looks_of(prefix)?))).unzip();
        let prefixes = AhoCorasickBuilder::new().match_kind(MatchKind::LeftmostFirst).build(wanted)?;
        Ok(Self { prefixes, looks })
    }

    /// Adds the secrets to which prefixes in `part` lead; answers up to where is searched.
    fn find<'r>(&self, text: &[u8], part: Range<usize>, settings: &Settings, hits: &mut Vec<Hit<'r>>) -> usize {
        let mut at = part.start;
        while at < part.end
            && let Some(found) = self.prefixes.find(Input::new(text).range(at..part.end))
        {
            let looks = self.looks[found.pattern().as_usize()];
            at = found.start() + 1;
            if let Some((secret, name, kind)) = secret_at(text, found.range(), looks) {
                at = at.max(secret.end);
                hits.push(Hit::new(secret, name, settings.action(kind)));
            }
        }
        at.max(part.end)
    }
}

#[derive(Debug)]
pub(super) struct Secrets {
    /// Keys, whose case matters, and names of fields, whose case does not.
    in_runs: [Group; 2],
    alone: Group,
}

/// Up to where each group has searched one text.
#[derive(Debug, Default)]
pub(super) struct Searched([usize; 2]);

impl Secrets {
    pub(super) fn new(settings: &Settings) -> Result<Self, BuildError> {
        let in_runs = [Group::in_runs(settings, false)?, Group::in_runs(settings, true)?];
        Ok(Self { in_runs, alone: Group::alone(settings)? })
    }

    /// Adds the secrets that `run` holds, or is.
    pub(super) fn find_in_run<'r>(
        &self,
        text: &[u8],
        run: Range<usize>,
        searched: &mut Searched,
        settings: &Settings,
        hits: &mut Vec<Hit<'r>>,
    ) {
        // A prefix can begin before the run: `:AA`, `hooks.slack.com/services/` behind a colon.
        let start = run.start.saturating_sub(BEFORE);
        for (group, done) in self.in_runs.iter().zip(&mut searched.0) {
            *done = group.find(text, start.max(*done)..run.end, settings, hits);
        }
    }

    /// Adds those that need no run: see [`ALONE`].
    pub(super) fn find_alone<'r>(&self, text: &[u8], settings: &Settings, hits: &mut Vec<Hit<'r>>) {
        self.alone.find(text, 0..text.len(), settings, hits);
    }
}

/// Where the secret lies to which the prefix at `hit` leads, and what to call it.
fn secret_at(text: &[u8], hit: Range<usize>, looks: &Looks) -> Option<(Range<usize>, &'static str, DetectorKind)> {
    let secret = match looks.lead {
        Lead::Own => own_secret(text, hit.start, looks)?,
        Lead::Block => pem_block(text, hit.start)?,
        Lead::Middle(before) => {
            let tail = tail(text, hit.end, looks)?;
            // The number of a bot, or the random part of a key.
            let class = if looks.prefix == ":AA" { u8::is_ascii_digit } else { u8::is_ascii_alphanumeric };
            let start = word_start(text, hit.start, 64, |byte| class(&byte));
            if hit.start - start < before || !is_boundary(text, start) {
                return None;
            }
            start..tail.end
        }
        Lead::After => tail(text, hit.end, looks)?,
        Lead::Word => {
            let start = skip(text, hit.end, MOST_SPACE, |byte| byte.is_ascii_whitespace());
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Detectors, runs};
    use super::*;
    use crate::config::{DetectorAction, RedactConfig};

    #[test]
    fn every_key_has_a_run_that_is_long_enough() {
        for looks in LOOKS.iter().filter(|looks| looks.lead != Lead::Block) {
            let own = looks.prefix.bytes().rev().take_while(|byte| runs::is_in_run(*byte)).count();
            let own = if looks.is_exact() { own } else { 0 };
            assert!(own + looks.min >= runs::FEWEST, "{}", looks.prefix);
            for byte in (0..=u8::MAX).filter(|byte| (looks.alphabet)(*byte)) {
                assert!(runs::is_in_run(byte), "{}: {}", looks.prefix, byte as char);
            }
            assert!(looks.is_exact() || looks.prefix.len() + 16 + 6 + 8 <= BEFORE, "{}", looks.prefix);
        }
    }

    /// Keys, parts of keys, and what stands around them.
    const PIECES: &[&str] = &[
        "sk-proj-",
        "sk-",
        "xoxb-",
        "AIza",
        "hvs.",
        "12345678",
        ":AA",
        "1//0",
        "Bearer",
        "authorization",
        "API_KEY",
        "Basic",
        "Ab3dEfGhIjKl",
        "MnOpQrStUv01",
        "23456789",
        "a",
        "Z9",
        "-",
        "_",
        ".",
        "/",
        "\\/",
        "=",
        " ",
        "\": \"",
        "\\n",
        ",",
        ":",
        "@",
        "word and word ",
        "hooks.slack.com/services/",
        "secret_access_key",
    ];

    proptest! {
        #[test]
        fn nothing_is_missed_between_the_runs(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60),
        ) {
            let text = pieces.concat();
            let detectors = Detectors::new(&RedactConfig::default(), |_| DetectorAction::Mask).expect("valid");
            let secrets = detectors.secrets.as_ref().expect("switched on");
            let mut whole = Vec::new();
            for group in &secrets.in_runs {
                group.find(text.as_bytes(), 0..text.len(), &detectors.settings, &mut whole);
            }
            let seen = detectors.find(&text);
            for hit in whole {
                let range = hit.range;
                let covered = |seen: &Hit<'_>| seen.range.start <= range.start && range.end <= seen.range.end;
                prop_assert!(seen.hits.iter().any(covered), "{}: {} in {}", hit.name, &text[range.clone()], text);
            }
        }
    }
}
