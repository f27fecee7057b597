//! Knows API keys by their looks.
//!
//! All prefixes are looked for at once, so text without any costs a single pass and no memory. After a prefix,
//! alphabet, length and mixture decide: ordinary words that contain a prefix ("task-sk-learn") must stay.
//! Prefixes and lengths are those the providers document, or show in their consoles.

use std::ops::Range;

use super::marker;
use super::sieve::{Prefix, Sieve};

/// How a prefix leads to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// It is the secret's own beginning.
    Own,
    /// The secret follows after white space: `Bearer <token>`.
    Word,
    /// The secret is the value of this field, in whatever notation: `"Authorization": "..."`, `AWS_SECRET...=...`.
    Field,
}

#[derive(Debug, Clone, Copy)]
struct Looks {
    name: &'static str,
    prefix: &'static str,
    lead: Lead,
    alphabet: fn(u8) -> bool,
    /// Fewest characters after the prefix.
    min: usize,
    likely: fn(&[u8]) -> bool,
}

const fn own(name: &'static str, prefix: &'static str, alphabet: fn(u8) -> bool, min: usize) -> Looks {
    Looks { name, prefix, lead: Lead::Own, alphabet, min, likely: has_digit }
}

const LOOKS: &[Looks] = &[
    Looks { likely: like_openai, ..own("openai-api-key", "sk-", word, 20) },
    own("openai-api-key", "sk-proj-", word, 20),
    own("openai-api-key", "sk-svcacct-", word, 20),
    own("openai-api-key", "sk-admin-", word, 20),
    own("anthropic-api-key", "sk-ant-", word, 20),
    own("openrouter-api-key", "sk-or-", word, 20),
    own("langfuse-secret-key", "sk-lf-", word, 20),
    Looks { likely: any, ..own("google-api-key", "AIza", word, 35) },
    Looks { likely: is_aws_id, ..own("aws-access-key-id", "AKIA", alphanumeric, 16) },
    Looks { likely: is_aws_id, ..own("aws-access-key-id", "ASIA", alphanumeric, 16) },
    Looks { lead: Lead::Field, likely: is_aws_secret, ..own("aws-secret-access-key", "secret_access_key", base64, 40) },
    Looks { lead: Lead::Field, likely: is_aws_secret, ..own("aws-secret-access-key", "secretaccesskey", base64, 40) },
    Looks { likely: any, ..own("github-token", "ghp_", alphanumeric, 36) },
    Looks { likely: any, ..own("github-token", "gho_", alphanumeric, 36) },
    Looks { likely: any, ..own("github-token", "ghu_", alphanumeric, 36) },
    Looks { likely: any, ..own("github-token", "ghs_", alphanumeric, 36) },
    Looks { likely: any, ..own("github-token", "ghr_", alphanumeric, 36) },
    own("github-token", "github_pat_", word, 22),
    own("groq-api-key", "gsk_", alphanumeric, 20),
    own("xai-api-key", "xai-", word, 20),
    Looks { likely: any, ..own("huggingface-token", "hf_", alphanumeric, 30) },
    own("replicate-token", "r8_", alphanumeric, 30),
    own("perplexity-api-key", "pplx-", alphanumeric, 20),
    own("stripe-api-key", "sk_live_", alphanumeric, 16),
    own("stripe-api-key", "sk_test_", alphanumeric, 16),
    own("stripe-api-key", "rk_live_", alphanumeric, 16),
    own("slack-token", "xoxa-", word, 10),
    own("slack-token", "xoxb-", word, 10),
    own("slack-token", "xoxe-", word, 10),
    own("slack-token", "xoxp-", word, 10),
    own("slack-token", "xoxr-", word, 10),
    own("slack-token", "xoxs-", word, 10),
    Looks { lead: Lead::Word, likely: is_mixed, ..own("bearer-token", "bearer", token, 16) },
    Looks { lead: Lead::Field, likely: is_mixed, ..own("authorization", "authorization", token, 16) },
];

/// Words between `Authorization:` and the credentials.
const SCHEMES: [&[u8]; 4] = [b"basic", b"bearer", b"token", b"apikey"];

/// Credentials after a scheme may be short: `Basic` with a short user and password.
const MIN_AFTER_SCHEME: usize = 8;

impl Looks {
    fn to_find(self) -> Prefix {
        let fragment = match self.prefix {
            "bearer" => "bea",
            "authorization" => "uth",
            "secret_access_key" => "ss_",
            "secretaccesskey" => "ssk",
            // Four characters are enough, and fewer than four lead to different keys.
            own => own.get(..4).unwrap_or(own),
        };
        Prefix { text: self.prefix, fragment, exact: self.lead == Lead::Own }
    }
}

#[derive(Debug)]
pub(super) struct Detector {
    prefixes: Sieve,
}

impl Detector {
    pub(super) fn new() -> Result<Self, aho_corasick::BuildError> {
        let prefixes: Vec<Prefix> = LOOKS.iter().map(|looks| looks.to_find()).collect();
        Ok(Self { prefixes: Sieve::new(&prefixes)? })
    }

    /// `text` with every key masked, adding their number to `masked`; `None` when there is none.
    pub(super) fn mask(&self, text: &str, masked: &mut u64) -> Option<String> {
        let bytes = text.as_bytes();
        let mut rewritten: Option<String> = None;
        let (mut copied, mut at) = (0, 0);
        while let Some(hit) = self.prefixes.find(bytes, at) {
            let looks = &LOOKS[hit.pattern().as_usize()];
            let Some((secret, name)) = secret_at(bytes, hit.range(), looks) else {
                at = hit.start() + 1;
                continue;
            };
            let into = rewritten.get_or_insert_with(|| String::with_capacity(text.len()));
            into.push_str(&text[copied..secret.start]);
            into.push_str(&marker(name));
            *masked += 1;
            copied = secret.end;
            at = secret.end;
        }
        rewritten.map(|mut into| {
            into.push_str(&text[copied..]);
            into
        })
    }
}

/// Where the secret lies to which the prefix at `hit` leads, and what to call it.
fn secret_at(text: &[u8], hit: Range<usize>, looks: &Looks) -> Option<(Range<usize>, &'static str)> {
    let secret = match looks.lead {
        Lead::Own => own_secret(text, hit.start, looks)?,
        Lead::Word => {
            let start = skip(text, hit.end, usize::MAX, |byte| byte.is_ascii_whitespace());
            if start == hit.end || !is_boundary(text, hit.start) {
                return None;
            }
            tail(text, start, looks)?
        }
        Lead::Field => field_secret(text, hit.end, looks)?,
    };
    // A key with a name of its own keeps it behind "Bearer".
    let named = LOOKS.iter().filter(|other| other.lead == Lead::Own && looks.lead != Lead::Own);
    let named = named.filter(|other| own_secret(text, secret.start, other).is_some()).max_by_key(|o| o.prefix.len());
    Some((secret, named.unwrap_or(looks).name))
}

fn own_secret(text: &[u8], start: usize, looks: &Looks) -> Option<Range<usize>> {
    // The automaton ignores case for the sake of header names; keys do not.
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
    (end - start >= looks.min && (looks.likely)(&text[start..end])).then_some(start..end)
}

fn skip(text: &[u8], start: usize, most: usize, which: fn(u8) -> bool) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().take(most).take_while(|byte| which(**byte)).count()
}

/// Whether a word can begin at `start`: not in the middle of another one, but right behind an escape
/// (`\n`, `\u001b`, `%20`), whose last character is a letter or digit.
fn is_boundary(text: &[u8], start: usize) -> bool {
    match &text[..start] {
        [.., last] if !last.is_ascii_alphanumeric() => true,
        [] | [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        [.., b'%', a, b] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
        [.., b'\\', b'u', a, b, c, d] => [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()),
        _ => false,
    }
}

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// `token68` of RFC 9110: what may follow a scheme.
fn token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

fn any(_: &[u8]) -> bool {
    true
}

fn has_digit(tail: &[u8]) -> bool {
    tail.iter().any(u8::is_ascii_digit)
}

/// Letters and digits, or the padding of base64, or case as words do not have it.
fn is_mixed(tail: &[u8]) -> bool {
    let letter = tail.iter().any(u8::is_ascii_alphabetic);
    let inner_capital = tail.iter().skip(1).any(u8::is_ascii_uppercase) && tail.iter().any(u8::is_ascii_lowercase);
    letter && (has_digit(tail) || tail.ends_with(b"=") || inner_capital)
}

/// `sk-` alone is also how many words end. A key has a long unbroken run of letters and digits, or, as the keys of
/// LiteLLM with their 22 characters of URL-safe base64, all three kinds and few breaks.
fn like_openai(tail: &[u8]) -> bool {
    let mut runs = tail.split(|byte| !byte.is_ascii_alphanumeric());
    let breaks = tail.iter().filter(|byte| !byte.is_ascii_alphanumeric()).count();
    let all_kinds =
        has_digit(tail) && tail.iter().any(u8::is_ascii_lowercase) && tail.iter().any(u8::is_ascii_uppercase);
    (all_kinds && breaks <= 3)
        || runs.any(|run| run.len() >= 20 && has_digit(run) && run.iter().any(u8::is_ascii_alphabetic))
}

/// Exactly 16 capitals and digits: the alphabet of the run says where it ends, so a longer run is something else.
fn is_aws_id(tail: &[u8]) -> bool {
    tail.len() == 16 && tail.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_aws_secret(tail: &[u8]) -> bool {
    tail.len() >= 40 && is_mixed(tail)
}
