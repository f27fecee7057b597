//! E-mail addresses, and passwords in addresses of the form `scheme://user:password@host`.

use std::ops::Range;

use super::bounds::{back_while, word_start};
use super::{Hit, Settings, Spelling};
use crate::config::DetectorKind;

/// Ends of names of pictures: `icon@2x.png` is no address.
const PICTURES: [&str; 6] = ["png", "jpg", "jpeg", "gif", "svg", "webp"];

/// RFC 5321: 64 characters before the `@`, 255 behind it.
const MOST_LOCAL: usize = 64;
const MOST_DOMAIN: usize = 255;
const MOST_PASSWORD: usize = 256;

/// What the `@` or the `%40` at `at` stands in.
pub(super) fn find_at(text: &str, at: usize, settings: &Settings, hits: &mut Vec<Hit<'_>>) {
    let bytes = text.as_bytes();
    let width = match bytes[at] {
        b'@' => 1,
        _ if bytes[at..].starts_with(b"%40") => 3,
        _ => return,
    };
    if width == 1
        && let Some(password) = password(bytes, at)
    {
        if settings.has(DetectorKind::UrlPassword) {
            hits.push(Hit::new(password, "url_password", settings.action(DetectorKind::UrlPassword)));
        }
        return;
    }
    if settings.has(DetectorKind::Email)
        && let Some(range) = address(text, at, at + width)
    {
        hits.push(Hit::new(range, "email", settings.action(DetectorKind::Email)).spelled(Spelling::Email));
    }
}

fn address(text: &str, at: usize, domain_start: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let is_local = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '\'' | '&');
    let mut start = at;
    for c in text[..at].chars().rev().take_while(|c| is_local(*c)).take(MOST_LOCAL) {
        start -= c.len_utf8();
    }
    // The letter of an escape belongs to it, and quotes are around an address, not in front of it.
    start = start.max(word_start(bytes, at, at - start, |_| true));
    start += bytes[start..at]
        .iter()
        .take_while(|byte| !byte.is_ascii_alphanumeric() && **byte < 0x80 && **byte != b'_')
        .count();
    let local = &text[start..at];
    if local.is_empty() || local.ends_with('.') || local == "git" {
        return None;
    }
    let mut end = domain_start;
    for c in text[domain_start..].chars().take(MOST_DOMAIN) {
        if !(c.is_alphanumeric() || c == '.' || c == '-') {
            break;
        }
        end += c.len_utf8();
    }
    let domain = text[domain_start..end].trim_end_matches(['.', '-']);
    let (before, last) = domain.rsplit_once('.')?;
    let is_top = last.chars().count() >= 2 && (last.chars().all(char::is_alphabetic) || last.starts_with("xn--"));
    let labels = before.split('.').all(|label| !label.is_empty() && !label.starts_with('-'));
    let picture = PICTURES.contains(&last.to_ascii_lowercase().as_str());
    (is_top && labels && !picture).then(|| start..domain_start + domain.len())
}

/// The password before the `@` at `at`.
fn password(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let is_part = |byte: u8| {
        !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'@' | b'"' | b'<' | b'>' | b'\\' | b'[' | b']')
    };
    let start = back_while(bytes, at, MOST_PASSWORD, is_part);
    // `://`, whose slashes PHP escapes.
    let is_address = bytes[..start].ends_with(b"://") || bytes[..start].ends_with(b":\\/\\/");
    let colon = bytes[start..at].iter().position(|byte| *byte == b':')?;
    let password = start + colon + 1..at;
    // `${PASSWORD}` and `<password>` are places for one.
    (is_address && !password.is_empty() && !bytes[password.clone()].starts_with(b"$")).then_some(password)
}
