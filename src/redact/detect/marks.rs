//! The prefilter of everything that has no prefix: marks such as `@`, looked for in blocks of 64 bytes.
//!
//! The loops over a block have no branches and byte results, so that the compiler makes vector instructions of them. All
//! blocks get one glance, which asks a few questions of each byte alone; the loops that know what stands beside it are for
//! blocks that may have something. A block that has a mark is then gone through byte by byte.

use std::ops::Range;

use super::super::json::hides_ordinary;
use super::runs::{self, Runs};
use super::secret::{Searched, Secrets};
use super::{Hit, Settings, entropy, ip, mail, number, phone, shape};
use crate::config::DetectorKind;

/// `@`, or `%40` in an address.
const AT: u16 = 1;
/// Two capitals and two digits.
const CAPITALS: u16 = 2;
/// Characters of keys, enough in a row: see `runs`.
const RUN: u16 = 4;
/// `\u00` with the rest of an ordinary character.
const ESCAPE: u16 = 8;
const PLUS: u16 = 16;
/// Four digits in a row.
const DIGITS: u16 = 32;
/// A full stop between digits.
const QUAD: u16 = 64;
/// A colon between hex digits and colons.
const COLON: u16 = 128;
/// A zero and a digit, or three digits: numbers of one country.
const NATIONAL: u16 = 256;

/// What the shorter of the two loops finds.
const OF_SECRETS: u16 = AT | RUN | ESCAPE;

const BLOCK: usize = 64;
/// How far marks reach beyond the byte they stand at.
const AHEAD: usize = 8;
type Window = [u8; BLOCK + AHEAD];

/// The marks worth a closer look.
pub(super) fn wanted(settings: &Settings) -> u16 {
    let mark = |kinds: &[DetectorKind], mark| if kinds.iter().any(|kind| settings.has(*kind)) { mark } else { 0 };
    let national = if settings.phone_country.is_some() { NATIONAL } else { 0 };
    let any = mark(&[DetectorKind::UrlPassword, DetectorKind::Email], AT)
        | mark(&[DetectorKind::Iban], CAPITALS)
        | mark(&[DetectorKind::ApiKey, DetectorKind::Jwt, DetectorKind::HighEntropy], RUN)
        | mark(&[DetectorKind::Phone], PLUS | national)
        | mark(&[DetectorKind::CreditCard], DIGITS)
        | mark(&[DetectorKind::Ip, DetectorKind::PrivateIp], QUAD | COLON);
    // What is escaped in JSON could be anything.
    if settings.actions.iter().any(|action| *action != crate::config::DetectorAction::Off) { any | ESCAPE } else { any }
}

/// Adds to `hits` what stands at marks. Answers whether ordinary characters are escaped.
pub(super) fn find<'r>(
    text: &str,
    wanted: u16,
    settings: &Settings,
    secrets: Option<&Secrets>,
    hits: &mut Vec<Hit<'r>>,
) -> bool {
    let bytes = text.as_bytes();
    let all = wanted & !OF_SECRETS != 0;
    // Most attributes are a word: too short for a key, and without the marks of what is left.
    if !all && bytes.len() < runs::FEWEST && !bytes.iter().any(|byte| matches!(byte, b'@' | b'%' | b'\\')) {
        return false;
    }
    let mut look = Look { text, settings, secrets, wanted, searched: Searched::default(), done: 0, hits };
    let (mut escaped, mut runs) = (false, Runs::default());
    let mut start = 0;
    while start < bytes.len() {
        let (mut marks, dense) = match bytes.get(start..).and_then(<[u8]>::first_chunk::<{ BLOCK + AHEAD }>) {
            Some(window) => of_block(window, all),
            None => {
                let mut last = [b' '; BLOCK + AHEAD];
                let rest = &bytes[start..];
                last[..rest.len()].copy_from_slice(rest);
                of_block(&last, all)
            }
        };
        let long = if runs.next(dense) == 0 { 0 } else { runs::long_at(bytes, start) };
        marks = (marks | if long == 0 { 0 } else { RUN }) & wanted;
        if marks != 0 {
            escaped |= marks & ESCAPE != 0 && hides_ordinary(&bytes[start..bytes.len().min(start + BLOCK + AHEAD)]);
            look.at_block(start..bytes.len().min(start + BLOCK), marks, long);
        }
        start += BLOCK;
    }
    escaped
}

/// The marks in the first [`BLOCK`] bytes, and which of them may be of runs.
fn of_block(window: &Window, all: bool) -> (u16, u64) {
    let (mut odd, mut number) = (0_u8, 0_u8);
    let mut dense = [0_u8; BLOCK];
    for (k, dense) in dense.iter_mut().enumerate() {
        let byte = window[k];
        odd |= u8::from((byte == b'@') | (byte == b'%') | (byte == b'\\'));
        number |= u8::from(is_of_number(byte));
        *dense = u8::from(runs::may_be_in_run(byte));
    }
    for byte in &window[BLOCK..] {
        number |= u8::from(is_of_number(*byte));
    }
    let mut marks = if odd == 0 { 0 } else { of_secrets(window) };
    if all && number != 0 {
        marks |= of_the_rest(window);
    }
    (marks, runs::bits(&dense))
}

/// What every mark of [`of_the_rest`] has: a digit, a colon (behind the digits in ASCII) or a plus.
fn is_of_number(byte: u8) -> bool {
    (byte.wrapping_sub(b'0') <= b':' - b'0') | (byte == b'+')
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
    let (mut at, mut escape) = (0_u8, 0_u8);
    for k in 0..BLOCK {
        let (a, b, c) = (window[k], window[k + 1], window[k + 2]);
        at |= u8::from((a == b'@') | ((a == b'%') & (b == b'4') & (c == b'0')));
        // The beginning of one; `hides_ordinary` decides.
        escape |= u8::from((a == b'\\') & (b == b'u') & (c == b'0'));
    }
    mark(at, AT) | mark(escape, ESCAPE)
}

fn of_the_rest(window: &Window) -> u16 {
    let (mut plus, mut digits, mut quad, mut colon, mut national) = (0_u8, 0_u8, 0_u8, 0_u8, 0_u8);
    let mut capitals = 0_u8;
    for k in 0..BLOCK {
        let (a, b, c, d) = (window[k], window[k + 1], window[k + 2], window[k + 3]);
        plus |= u8::from(a == b'+');
        let capital = |byte: u8| byte.wrapping_sub(b'A') < 26;
        capitals |= u8::from(capital(a) & capital(b) & digit(c) & digit(d));
        let two = digit(a) & digit(b);
        let three = two & digit(c);
        digits |= u8::from(three & digit(d));
        quad |= u8::from(digit(a) & (b == b'.') & digit(c));
        colon |= u8::from((hex(a) | (a == b':')) & (b == b':') & (hex(c) | (c == b':')));
        national |= u8::from(three | (two & (a == b'0')));
    }
    mark(plus, PLUS)
        | mark(digits, DIGITS)
        | mark(quad, QUAD)
        | mark(colon, COLON)
        | mark(national, NATIONAL)
        | mark(capitals, CAPITALS)
}

/// The closer look at one text.
struct Look<'a, 'r> {
    text: &'a str,
    settings: &'a Settings,
    secrets: Option<&'a Secrets>,
    wanted: u16,
    searched: Searched,
    /// Up to where runs were looked at.
    done: usize,
    hits: &'a mut Vec<Hit<'r>>,
}

impl Look<'_, '_> {
    /// `long` has a bit for each byte of `block` at which a run is long enough.
    fn at_block(&mut self, block: Range<usize>, marks: u16, mut long: u64) {
        let mut runs = self.done..self.done;
        while marks & RUN != 0 && long != 0 {
            let at = block.start + long.trailing_zeros() as usize;
            if at >= self.done {
                let run = runs::around(self.text.as_bytes(), at);
                self.keys_in(run.clone());
                self.done = run.end;
                runs = if runs.is_empty() { run } else { runs.start..run.end };
            }
            // What is done may reach beyond the block.
            let rest = self.done.saturating_sub(block.start).min(BLOCK) as u32;
            long &= u64::MAX.checked_shl(rest).unwrap_or(0);
        }
        if marks & !(RUN | ESCAPE) != 0 {
            self.at_bytes(block);
        }
        // Last: what is known by name keeps it.
        if !runs.is_empty() && self.settings.has(DetectorKind::HighEntropy) {
            self.tokens_in(runs);
        }
    }

    fn keys_in(&mut self, run: Range<usize>) {
        let bytes = self.text.as_bytes();
        if let Some(secrets) = self.secrets {
            secrets.find_in_run(bytes, run.clone(), &mut self.searched, self.settings, self.hits);
        }
        if self.settings.has(DetectorKind::ApiKey) {
            for at in run {
                match bytes[at] {
                    b'S' => shape::find_twilio(bytes, at, self.settings, self.hits),
                    b'.' => shape::find_discord(bytes, at, self.settings, self.hits),
                    _ => {}
                }
            }
        }
    }

    fn tokens_in(&mut self, runs: Range<usize>) {
        let bytes = self.text.as_bytes();
        let mut at = runs.start;
        while at < runs.end {
            if entropy::is_token(bytes[at]) {
                at = entropy::find_run(bytes, at, self.settings, self.hits);
            }
            at += 1;
        }
    }

    fn at_bytes(&mut self, block: Range<usize>) {
        let bytes = self.text.as_bytes();
        for at in block {
            match bytes[at] {
                b'@' | b'%' if self.wanted & AT != 0 => mail::find_at(self.text, at, self.settings, self.hits),
                b'+' if self.wanted & PLUS != 0 => phone::find_at(bytes, at, self.settings, self.hits),
                b'0'..=b'9' => self.at_digit(at),
                b'A'..=b'Z' if self.wanted & CAPITALS != 0 => {
                    number::find_iban(bytes, at, self.settings, self.hits);
                }
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
}
