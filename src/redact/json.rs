//! Applies rules and detectors inside JSON that travels as a string, without writing the rest of it anew.
//!
//! A reader of its own, because what it leaves alone must stay byte for byte, and because SDKs cut long values:
//! JSON that breaks off is read as far as it goes.

use std::borrow::Cow;
use std::ops::Range;

use super::Redactor;
use super::note::Ledger;
use crate::config::KeyAction;

/// JSON in a string in JSON ...: each level doubles the backslashes, so real data is not deeper than two or three.
pub(super) const MAX_DEPTH: usize = 8;

/// Whether `text` could be an object, an array or a string.
pub(super) fn looks_like_json(text: &str) -> bool {
    text.trim_ascii_start().starts_with(['{', '[', '"'])
}

/// The text to put in place of `text`, `None` when nothing in it is to be changed.
pub(super) fn rewrite(redactor: &Redactor, text: &str, depth: usize, ledger: &mut Ledger<'_>) -> Option<String> {
    let mut reader = Reader { redactor, text, depth, ledger, edits: Vec::new() };
    reader.read();
    let edits = std::mem::take(&mut reader.edits);
    let mut rewritten = String::with_capacity(text.len());
    let mut changed = false;
    let mut at = 0;
    for edit in edits {
        changed |= push_detected(redactor, &text[at..edit.range.start], &mut rewritten, ledger);
        match edit.with {
            Some(with) => {
                rewritten.push_str(&with);
                changed = true;
            }
            None => rewritten.push_str(&text[edit.range.clone()]),
        }
        at = edit.range.end;
    }
    changed |= push_detected(redactor, &text[at..], &mut rewritten, ledger);
    changed.then_some(rewritten)
}

/// Detectors still look at what no key rule decided.
fn push_detected(redactor: &Redactor, text: &str, into: &mut String, ledger: &mut Ledger<'_>) -> bool {
    let masked = redactor.detect(text, true, ledger);
    into.push_str(masked.as_deref().unwrap_or(text));
    masked.is_some()
}

/// Whether `range` is a number of its own in `text`, which begins outside of strings: what takes its place needs quotes.
pub(super) fn is_bare(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let before = bytes[..range.start].trim_ascii_end().last();
    let behind = bytes[range.end..].trim_ascii_start().first();
    let alone = before.is_none_or(|byte| b":,[".contains(byte)) && behind.is_none_or(|byte| b",]}".contains(byte));
    let numeric = bytes[range.clone()].iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte));
    alone && numeric && !in_string(bytes, range.start)
}

fn in_string(bytes: &[u8], place: usize) -> bool {
    let mut at = 0;
    while let Some(quote) = bytes[at..place].iter().position(|byte| *byte == b'"') {
        let end = string_end(bytes, at + quote);
        if end > place {
            return true;
        }
        at = end;
    }
    false
}

/// Whether `raw` has ordinary characters written as `\u0040`: some encoders do that to be safe within HTML.
pub(super) fn hides_ordinary(raw: &[u8]) -> bool {
    raw.windows(5).any(|window| window.starts_with(b"\\u00") && matches!(window[4], b'2'..=b'7'))
}

/// A stretch of the text that is decided; stretches are in order and do not overlap.
struct Edit {
    range: Range<usize>,
    /// `None` = stays as it is, detectors included.
    with: Option<String>,
}

struct Reader<'a, 'w> {
    redactor: &'a Redactor,
    text: &'a str,
    depth: usize,
    ledger: &'a mut Ledger<'w>,
    edits: Vec<Edit>,
}

impl Reader<'_, '_> {
    /// Goes from string to string: in JSON a string before a colon is a key, any other a value.
    fn read(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(quote) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'"')) {
            let start = at + quote;
            let end = string_end(bytes, start);
            let colon = skip_space(bytes, end);
            if bytes.get(colon) == Some(&b':') {
                at = self.pair(start..end, skip_space(bytes, colon + 1));
            } else {
                self.nested(start..end);
                at = end;
            }
        }
    }

    /// Answers where to read on.
    fn pair(&mut self, key: Range<usize>, value_start: usize) -> usize {
        let Some(rule) = self.redactor.rules.find(&unescape(&self.text[key.clone()])) else { return value_start };
        let bytes = self.text.as_bytes();
        let value = value_start..value_end(bytes, value_start);
        let raw = &self.text[value.clone()];
        let plain = if raw.starts_with('"') { unescape(raw) } else { Cow::Borrowed(raw) };
        let with = self.redactor.replacement(rule, &plain, plain.as_bytes(), self.depth + 1, self.ledger);
        match (rule.action, with) {
            (KeyAction::Drop, _) => {
                let range = self.with_one_comma(key.start..value.end);
                self.edits.push(Edit { range, with: Some(String::new()) });
            }
            (_, Some(text)) => {
                // What became of it as it stood stays as it was written.
                let with = (text != *plain).then(|| quote(&text));
                self.edits.push(Edit { range: value.clone(), with });
            }
            (_, None) => self.edits.push(Edit { range: value.clone(), with: None }),
        }
        self.edits.last().map_or(value.end, |edit| edit.range.end)
    }

    /// JSON inside a string value, and text that must be read without its escapes.
    fn nested(&mut self, range: Range<usize>) {
        let raw = &self.text[range.clone()];
        let inner = unescape(raw);
        let plain = || hides_ordinary(raw.as_bytes()) || (self.redactor.detectors.reads_plain() && raw.contains('\\'));
        if (looks_like_json(&inner) && self.depth + 1 < MAX_DEPTH) || plain() {
            let rewritten = self.redactor.rewrite(&inner, self.depth + 1, self.ledger);
            // Decided either way: what a rule keeps in there must not be masked from out here.
            self.edits.push(Edit { range, with: rewritten.map(|text| quote(&text)) });
        }
    }

    /// The pair together with the comma before it, or else the one behind, so that what remains is JSON.
    fn with_one_comma(&self, pair: Range<usize>) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let decided = self.edits.last().map_or(0, |edit| edit.range.end);
        let before = bytes[decided..pair.start].trim_ascii_end();
        if before.last() == Some(&b',') {
            return decided + before.len() - 1..pair.end;
        }
        let behind = skip_space(bytes, pair.end);
        if bytes.get(behind) == Some(&b',') { pair.start..skip_space(bytes, behind + 1) } else { pair }
    }
}

/// The position after the closing quote of the string that starts at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The position after the value that starts at `start`.
fn value_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            b',' | b'}' | b']' if depth == 0 => return at,
            byte if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn skip_space(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.len() - rest.trim_ascii_start().len()
}

/// The text of a JSON string with its quotes; what is no valid string is taken as it stands.
fn unescape(raw: &str) -> Cow<'_, str> {
    let open = raw.strip_prefix('"').unwrap_or(raw);
    let inner = open.strip_suffix('"').unwrap_or(open);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    serde_json::from_str(raw).map_or(Cow::Borrowed(inner), Cow::Owned)
}

pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
