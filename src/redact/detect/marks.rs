//! The prefilter of everything that has no prefix: marks such as `@`, looked for in blocks of 64 bytes.
//!
//! The loops over a block have no branches and byte results, so that the compiler makes vector instructions of them. A
//! block that has a mark is then gone through byte by byte.

use super::{Hit, Settings, entropy, ip, mail, number, phone, shape};
use crate::config::DetectorKind;

/// `@`, or `%40` in an address.
const AT: u16 = 1;
/// Two capitals and two hex digits.
const CAPITALS: u16 = 2;
/// Full stops with six characters between them.
const STOPS: u16 = 4;
/// `\u00` with the rest of an ordinary character.
const ESCAPE: u16 = 8;
const PLUS: u16 = 16;
/// Four digits in a row.
const DIGITS: u16 = 32;
/// A full stop between digits.
const QUAD: u16 = 64;
/// A colon between hex digits and colons.
const COLON: u16 = 128;
/// Sixteen characters of tokens, from a multiple of sixteen on.
const LONG: u16 = 256;
/// A zero and a digit, or three digits: numbers of one country.
const NATIONAL: u16 = 512;

/// What the shorter of the two loops finds.
const OF_SECRETS: u16 = AT | CAPITALS | STOPS | ESCAPE;

const BLOCK: usize = 64;
/// How far marks reach beyond the byte they stand at.
const AHEAD: usize = 8;
type Window = [u8; BLOCK + AHEAD];

/// The marks worth a closer look.
pub(super) fn wanted(settings: &Settings) -> u16 {
    let mark = |kinds: &[DetectorKind], mark| if kinds.iter().any(|kind| settings.has(*kind)) { mark } else { 0 };
    let national = if settings.phone_country.is_some() { NATIONAL } else { 0 };
    let any = mark(&[DetectorKind::UrlPassword, DetectorKind::Email], AT)
        | mark(&[DetectorKind::ApiKey, DetectorKind::Iban], CAPITALS)
        | mark(&[DetectorKind::ApiKey], STOPS)
        | mark(&[DetectorKind::Phone], PLUS | national)
        | mark(&[DetectorKind::CreditCard], DIGITS)
        | mark(&[DetectorKind::Ip, DetectorKind::PrivateIp], QUAD | COLON)
        | mark(&[DetectorKind::HighEntropy], LONG);
    // What is escaped in JSON could be anything.
    if settings.actions.iter().any(|action| *action != crate::config::DetectorAction::Off) { any | ESCAPE } else { any }
}

/// Adds to `hits` what stands at marks. Answers whether ordinary characters are escaped.
pub(super) fn find<'r>(text: &str, wanted: u16, settings: &Settings, hits: &mut Vec<Hit<'r>>) -> bool {
    let bytes = text.as_bytes();
    let all = wanted & !OF_SECRETS != 0;
    let mut look = Look { text, settings, wanted, done: 0, hits };
    let mut escaped = false;
    let mut start = 0;
    while start < bytes.len() {
        let marks = match bytes.get(start..).and_then(<[u8]>::first_chunk::<{ BLOCK + AHEAD }>) {
            Some(window) => of_block(window, all),
            None => {
                let mut last = [b' '; BLOCK + AHEAD];
                let rest = &bytes[start..];
                last[..rest.len()].copy_from_slice(rest);
                of_block(&last, all)
            }
        } & wanted;
        if marks != 0 {
            escaped |= marks & ESCAPE != 0;
            if marks & !(LONG | ESCAPE) != 0 {
                look.at_bytes(start..bytes.len().min(start + BLOCK));
            }
            // Last: what is known by name keeps it.
            if marks & LONG != 0 {
                look.at_long(start..bytes.len().min(start + BLOCK));
            }
        }
        start += BLOCK;
    }
    escaped
}

fn of_block(window: &Window, all: bool) -> u16 {
    let marks = of_secrets(window);
    if all { marks | of_the_rest(window) } else { marks }
}

fn digit(byte: u8) -> bool {
    byte.wrapping_sub(b'0') < 10
}

fn hex(byte: u8) -> bool {
    digit(byte) | ((byte | 0x20).wrapping_sub(b'a') < 6)
}

fn mark(found: u8, mark: u16) -> u16 {
    if found == 0 { 0 } else { mark }
}

fn of_secrets(window: &Window) -> u16 {
    let (mut at, mut capitals, mut stops, mut escape) = (0_u8, 0_u8, 0_u8, 0_u8);
    for k in 0..BLOCK {
        let (a, b, c, d) = (window[k], window[k + 1], window[k + 2], window[k + 3]);
        at |= u8::from((a == b'@') | ((a == b'%') & (b == b'4') & (c == b'0')));
        let capital = |byte: u8| byte.wrapping_sub(b'A') < 26;
        let small_hex = |byte: u8| digit(byte) | (byte.wrapping_sub(b'a') < 6);
        capitals |= u8::from(capital(a) & capital(b) & small_hex(c) & small_hex(d));
        stops |= u8::from((a == b'.') & (window[k + 7] == b'.'));
        escape |=
            u8::from((a == b'\\') & (b == b'u') & (c == b'0') & (d == b'0') & (window[k + 4].wrapping_sub(b'2') < 6));
    }
    mark(at, AT) | mark(capitals, CAPITALS) | mark(stops, STOPS) | mark(escape, ESCAPE)
}

fn of_the_rest(window: &Window) -> u16 {
    let (mut plus, mut digits, mut quad, mut colon, mut national) = (0_u8, 0_u8, 0_u8, 0_u8, 0_u8);
    for k in 0..BLOCK {
        let (a, b, c, d) = (window[k], window[k + 1], window[k + 2], window[k + 3]);
        plus |= u8::from(a == b'+');
        let two = digit(a) & digit(b);
        let three = two & digit(c);
        digits |= u8::from(three & digit(d));
        quad |= u8::from(digit(a) & (b == b'.') & digit(c));
        colon |= u8::from((hex(a) | (a == b':')) & (b == b':') & (hex(c) | (c == b':')));
        national |= u8::from(three | (two & (a == b'0')));
    }
    let mut long = 0_u8;
    for part in 0..BLOCK / 16 {
        let mut token = 1_u8;
        for k in 0..16 {
            token &= u8::from(entropy::is_token(window[part * 16 + k]));
        }
        long |= token;
    }
    mark(plus, PLUS)
        | mark(digits, DIGITS)
        | mark(quad, QUAD)
        | mark(colon, COLON)
        | mark(national, NATIONAL)
        | mark(long, LONG)
}

/// The closer look at one text.
struct Look<'a, 'r> {
    text: &'a str,
    settings: &'a Settings,
    wanted: u16,
    /// Up to where runs of token characters were judged.
    done: usize,
    hits: &'a mut Vec<Hit<'r>>,
}

impl Look<'_, '_> {
    fn at_bytes(&mut self, block: std::ops::Range<usize>) {
        let bytes = self.text.as_bytes();
        for at in block {
            match bytes[at] {
                b'@' | b'%' if self.wanted & AT != 0 => mail::find_at(self.text, at, self.settings, self.hits),
                b'+' if self.wanted & PLUS != 0 => phone::find_at(bytes, at, self.settings, self.hits),
                b'0'..=b'9' => self.at_digit(at),
                b'A'..=b'Z' if self.wanted & CAPITALS != 0 => {
                    number::find_iban(bytes, at, self.settings, self.hits);
                    shape::find_twilio(bytes, at, self.settings, self.hits);
                }
                b'.' if self.wanted & STOPS != 0 => shape::find_discord(bytes, at, self.settings, self.hits),
                _ => {}
            }
            if self.wanted & COLON != 0 && bytes.get(at + 1) == Some(&b':') {
                ip::find_v6(self.text, at + 1, self.settings, self.hits);
            }
        }
    }

    fn at_digit(&mut self, at: usize) {
        let bytes = self.text.as_bytes();
        if self.wanted & QUAD != 0 && bytes.get(at + 1) == Some(&b'.') {
            ip::find_v4(self.text, at + 1, self.settings, self.hits);
        }
        if at > 0 && bytes[at - 1].is_ascii_digit() {
            return;
        }
        if self.wanted & DIGITS != 0 {
            number::find_card(bytes, at, self.settings, self.hits);
        }
        if self.wanted & NATIONAL != 0 {
            phone::find_national(bytes, at, self.settings, self.hits);
        }
    }

    fn at_long(&mut self, block: std::ops::Range<usize>) {
        let bytes = self.text.as_bytes();
        let mut at = block.start.max(self.done);
        while at < block.end {
            if entropy::is_token(bytes[at]) {
                self.done = entropy::find_run(bytes, at, self.settings, self.hits);
                at = self.done;
            }
            at += 1;
        }
    }
}
