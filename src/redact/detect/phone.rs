//! Telephone numbers: international ones with `+`, and, when a country is configured, those dialled within it.

use std::ops::Range;

use super::bounds::{is_boundary, is_word};
use super::{Hit, Settings, Spelling};
use crate::config::DetectorKind;

/// Calling codes of one and two digits (ITU-T E.164, list of 2016); all others have three.
const SHORT_CODES: [&str; 46] = [
    "1", "7", "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48",
    "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
    "86", "90", "91", "92", "93", "94", "95", "98",
];

/// First two digits of the codes of three.
const LONG_CODES: [&str; 20] = [
    "21", "22", "23", "24", "25", "26", "29", "35", "37", "38", "42", "50", "59", "67", "68", "80", "85", "88", "96",
    "97",
];

/// A number that begins with the `+` at `at`.
pub(super) fn find_at(bytes: &[u8], at: usize, settings: &Settings, hits: &mut Vec<Hit<'_>>) {
    let begins = is_boundary(bytes, at) && !matches!(bytes[..at], [.., b'+' | b'/' | b'=' | b'_']);
    if !begins || !bytes.get(at + 1).is_some_and(|first| matches!(first, b'1'..=b'9')) {
        return;
    }
    if let Some(end) = number(bytes, at + 1, |_, digits| is_international(digits)) {
        push(at..end, settings, hits);
    }
}

/// A number of the configured country whose first digit is at `at`, the beginning of a run of digits.
pub(super) fn find_national(bytes: &[u8], at: usize, settings: &Settings, hits: &mut Vec<Hit<'_>>) {
    let Some(country) = settings.phone_country else { return };
    let begins = is_boundary(bytes, at)
        && match &bytes[..at] {
            [.., b'_' | b'+'] => false,
            [.., before, b'.' | b'-' | b':' | b'/'] => !before.is_ascii_alphanumeric(),
            _ => true,
        };
    if !begins {
        return;
    }
    let fits = |end: usize, digits: &str| {
        let grouped = end - at > digits.len();
        if let Some(abroad) = digits.strip_prefix("00") {
            is_international(abroad)
        } else if country == 1 {
            grouped && digits.len() == 10 && !digits.starts_with(['0', '1']) && !digits[3..].starts_with(['0', '1'])
        } else {
            (9..=12).contains(&digits.len()) && digits.starts_with('0')
        }
    };
    if let Some(end) = number(bytes, at, fits) {
        let start = if bytes[..at].ends_with(b"(") && bytes[at..end].contains(&b')') { at - 1 } else { at };
        push(start..end, settings, hits);
    }
}

fn push(range: Range<usize>, settings: &Settings, hits: &mut Vec<Hit<'_>>) {
    hits.push(
        Hit::new(range, "phone", settings.action(DetectorKind::Phone)).spelled(Spelling::Phone(settings.phone_country)),
    );
}

/// `+` and digits, without the zero that is dialled only within a country.
pub(super) fn canonical(text: &str, country: Option<u16>) -> String {
    let text = text.replacen("(0)", "", 1);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match (digits.strip_prefix("00"), country) {
        (Some(abroad), _) => format!("+{abroad}"),
        (None, Some(country)) if !text.starts_with('+') => {
            format!("+{country}{}", digits.strip_prefix('0').unwrap_or(&digits))
        }
        _ => format!("+{digits}"),
    }
}

/// Where the number ends whose first digit is at `start`: 8 to 15 digits in groups, between which up to three of ` ().-/`
/// may stand. Of the places where a group ends the last at which `fits`, told that place and the digits, holds: digits
/// that only follow a number do not hide it.
fn number(bytes: &[u8], start: usize, fits: impl Fn(usize, &str) -> bool) -> Option<usize> {
    let mut digits = String::new();
    let mut at = start;
    let mut best = None;
    loop {
        let group = at;
        while let Some(byte @ b'0'..=b'9') = bytes.get(at) {
            digits.push(char::from(*byte));
            at += 1;
        }
        if at == group || digits.len() > 15 {
            return best;
        }
        if digits.len() >= 8 && bytes.get(at).is_none_or(|next| !is_word(*next)) && fits(at, &digits) {
            best = Some(at);
        }
        let gap = at;
        while at - gap < 3 && matches!(bytes.get(at), Some(b' ' | b'(' | b')' | b'.' | b'-' | b'/')) {
            at += 1;
        }
        if at == gap {
            return best;
        }
    }
}

fn is_international(digits: &str) -> bool {
    if !(8..=15).contains(&digits.len()) {
        return false;
    }
    if let Some(rest) = digits.strip_prefix('1') {
        // North America: an area code and an exchange, neither of which begins with 0 or 1.
        return rest.len() == 10 && !rest.starts_with(['0', '1']) && !rest[3..].starts_with(['0', '1']);
    }
    SHORT_CODES.iter().any(|code| digits.starts_with(code)) || LONG_CODES.iter().any(|code| digits.starts_with(code))
}
