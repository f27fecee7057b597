//! Finds base64 in text without reading most of it.

use std::ops::Range;

/// Which bytes are digits of base64, in either alphabet.
const DIGITS: [bool; 256] = {
    let mut digits = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        digits[byte] = b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
        byte += 1;
    }
    digits
};

fn is_digit(byte: u8) -> bool {
    DIGITS[usize::from(byte)]
}

/// Unbroken runs of at least `least` base64 digits, with the `=` behind them.
///
/// A run of that length covers every `least`th place of the text at least once, so only these are looked at; around
/// one that is a digit the run is followed to both ends. In prose that is a word per some KiB.
pub(super) fn runs(text: &str, least: usize) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let least = least.max(1);
    let mut found = Vec::new();
    // Before `floor` nothing is left to find.
    let mut floor = 0;
    let mut probe = least - 1;
    while probe < bytes.len() {
        if !is_digit(bytes[probe]) {
            floor = probe + 1;
            probe += least;
            continue;
        }
        let before = bytes[floor..probe].iter().rev().take_while(|byte| is_digit(**byte)).count();
        let behind = bytes[probe..].iter().take_while(|byte| is_digit(**byte)).count();
        let (start, mut end) = (probe - before, probe + behind);
        floor = end;
        probe = end + least;
        if end - start >= least {
            end += bytes[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
            found.push(start..end);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every byte looked at.
    fn slowly(text: &str, least: usize) -> Vec<Range<usize>> {
        let bytes = text.as_bytes();
        let mut found = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let length = bytes[at..].iter().take_while(|byte| is_digit(**byte)).count();
            let mut end = at + length;
            if length >= least {
                end += bytes[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
                found.push(at..end);
            }
            at = end.max(at + 1);
        }
        found
    }

    proptest! {
        #[test]
        fn looking_at_few_places_finds_what_looking_at_all_does(
            text in "([A-Za-z0-9+/_-]{0,40}[=\" \\\\é]{0,3}){0,12}",
            least in 1_usize..40,
        ) {
            prop_assert_eq!(runs(&text, least), slowly(&text, least));
        }
    }
}
