//! Numbers of credit cards and bank accounts: both carry check digits.

use std::ops::Range;

use super::bounds::{is_boundary, is_word, skip};
use super::{Hit, Settings, Spelling};
use crate::config::DetectorKind;

/// Length of an IBAN by country: registry of SWIFT (ISO 13616), release 99.
const IBANS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 \
                     EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 \
                     KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 \
                     PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 \
                     UA29 VA22 VG24 XK20 YE30";

/// How cards are written: groups of digits.
const GROUPS: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];

/// A card whose first digit is at `at`, the beginning of a run of digits.
pub(super) fn find_card(bytes: &[u8], at: usize, settings: &Settings, hits: &mut Vec<Hit<'_>>) {
    // Not within a decimal number, an id with dashes, a telephone number.
    let begins = is_boundary(bytes, at)
        && match &bytes[..at] {
            [.., b'_' | b'+'] => false,
            [.., before, b'.' | b'-'] => !before.is_ascii_alphanumeric(),
            _ => true,
        };
    if !begins {
        return;
    }
    let run = skip(bytes, at, 20, |byte| byte.is_ascii_digit()) - at;
    let end = match run {
        14..=16 => Some(at + run),
        4 => GROUPS.iter().filter_map(|groups| grouped(bytes, at, groups)).max(),
        _ => None,
    };
    let Some(end) = end else { return };
    let continues = match &bytes[end..] {
        [b'.' | b'-', next, ..] => next.is_ascii_alphanumeric(),
        [next, ..] => is_word(*next),
        [] => false,
    };
    let digits: Vec<u8> = bytes[at..end].iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect();
    if !continues && is_issued(&digits) && luhn(&digits) {
        let hit = Hit::new(at..end, "credit_card", settings.action(DetectorKind::CreditCard));
        hits.push(hit.spelled(Spelling::Compact));
    }
}

/// The end of groups of digits of these lengths, with one kind of separator between them.
fn grouped(bytes: &[u8], start: usize, groups: &[usize]) -> Option<usize> {
    let mut at = start;
    let mut separator = None;
    for (number, length) in groups.iter().enumerate() {
        if number > 0 {
            let found = *bytes.get(at)?;
            if !matches!(found, b' ' | b'-') || separator.is_some_and(|before| before != found) {
                return None;
            }
            separator = Some(found);
            at += 1;
        }
        if skip(bytes, at, 20, |byte| byte.is_ascii_digit()) - at != *length {
            return None;
        }
        at += length;
    }
    Some(at)
}

/// Whether a network hands out such numbers: prefixes and lengths as in ISO/IEC 7812 and the networks' rules. Numbers of
/// 13 and 19 digits count in groups only: ids have such lengths.
fn is_issued(digits: &[u8]) -> bool {
    let prefix = |length: usize| digits[..length].iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    let (two, three, four) = (prefix(2), prefix(3), prefix(4));
    match digits.len() {
        14 => matches!(three, 300..=305 | 309) || matches!(two, 36 | 38 | 39),
        15 => matches!(two, 34 | 37),
        16 => {
            digits[0] == 4
                || matches!(two, 51..=55 | 62 | 65)
                || matches!(four, 2221..=2720 | 3528..=3589 | 6011)
                || matches!(three, 644..=649)
        }
        19 => digits[0] == 4 || matches!(two, 62 | 65),
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// An IBAN whose country is at `at`.
pub(super) fn find_iban(bytes: &[u8], at: usize, settings: &Settings, hits: &mut Vec<Hit<'_>>) {
    if settings.has(DetectorKind::Iban)
        && let Some(range) = iban(bytes, at)
    {
        hits.push(Hit::new(range, "iban", settings.action(DetectorKind::Iban)).spelled(Spelling::Compact));
    }
}

fn iban(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let [a, b, c, d] = *bytes.get(at..at + 4)?.first_chunk::<4>()?;
    if !(a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit()) {
        return None;
    }
    let known = IBANS.as_bytes().chunks(5).find(|entry| entry.starts_with(&[a, b]))?;
    let length = usize::from(known[2] - b'0') * 10 + usize::from(known[3] - b'0');
    if !is_boundary(bytes, at) || bytes[..at].ends_with(b"_") {
        return None;
    }
    let mut end = at;
    let mut found = 0;
    while found < length {
        match bytes.get(end)? {
            // In groups of four.
            b' ' if found > 0 && found % 4 == 0 && bytes[end - 1] != b' ' => {}
            byte if byte.is_ascii_uppercase() || byte.is_ascii_digit() => found += 1,
            _ => return None,
        }
        end += 1;
    }
    let ends = bytes.get(end).is_none_or(|next| !is_word(*next));
    (ends && mod_97(&bytes[at..end])).then_some(at..end)
}

/// ISO 7064: with the first four characters at the end and letters as 10 to 35, the remainder by 97 is 1.
fn mod_97(iban: &[u8]) -> bool {
    let plain = || iban.iter().filter(|byte| **byte != b' ');
    let remainder = plain().skip(4).chain(plain().take(4)).fold(0_u32, |sum, byte| match byte {
        b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
        _ => (sum * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    remainder == 1
}
