//! Long runs of the characters of which keys are made.
//!
//! Every key has one, in itself or as the value of its field: with the exceptions of `secret::ALONE` nothing needs to
//! be searched for keys but these runs and what stands before them, and prose has hardly any.

use std::ops::Range;

/// The shortest key is one of Slack's: `xoxb-` and ten characters.
pub(super) const FEWEST: usize = 15;

/// Asked for every byte, so it is two comparisons: whatever [`is_in_run`] has and a dozen other signs, of which prose has no
/// [`FEWEST`] in a row either.
pub(super) fn may_be_in_run(byte: u8) -> bool {
    (byte.cast_signed() > b'*'.cast_signed()) | (byte == b'!')
}

/// Without branches. All alphabets of `looks`, and the `\` before an escaped slash; the comma is in it because its range is
/// one comparison.
pub(super) fn is_in_run(byte: u8) -> bool {
    ((byte | 0x20).wrapping_sub(b'a') < 26)
        | (byte.wrapping_sub(b'+') <= b'9' - b'+')
        | (byte == b'_')
        | (byte == b'=')
        | (byte == b'\\')
        | (byte == b'@')
        | (byte == b'!')
        | (byte == b'~')
}

/// One bit for each of 64 bytes that are 0 or 1, the lowest for the first.
pub(super) fn bits(bytes: &[u8; 64]) -> u64 {
    let mut bits = 0;
    for (place, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
        // Byte i and the factor's bit 56 - 7 * i meet at bit 56 + i of the product; nothing else lands up there.
        let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits |= gathered << (place * 8);
    }
    bits
}

/// Follows runs from block to block.
#[derive(Debug, Default)]
pub(super) struct Runs {
    before: u64,
}

impl Runs {
    /// Takes the bits of the next 64 bytes; answers a bit for each of them at which a run has [`FEWEST`] or more.
    pub(super) fn next(&mut self, bits: u64) -> u64 {
        let both = u128::from(self.before) | u128::from(bits) << 64;
        self.before = bits;
        let two = both & both << 1;
        let four = two & two << 2;
        let eight = four & four << 4;
        let all = eight & eight << (FEWEST - 8);
        (all >> 64) as u64
    }
}

/// A bit for each of the 64 bytes from `start` at which a run has [`FEWEST`] or more.
pub(super) fn long_at(text: &[u8], start: usize) -> u64 {
    let mut runs = Runs::default();
    let blocks = [start.checked_sub(64), Some(start)].into_iter().flatten();
    blocks
        .map(|from| {
            runs.next(bits(&std::array::from_fn(|k| u8::from(text.get(from + k).copied().is_some_and(is_in_run)))))
        })
        .last()
        .unwrap_or_default()
}

/// The run around `at`.
pub(super) fn around(text: &[u8], at: usize) -> Range<usize> {
    let before = text[..at].iter().rev().take_while(|byte| is_in_run(**byte)).count();
    let behind = text[at..].iter().take_while(|byte| is_in_run(**byte)).count();
    at - before..at + behind
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_run_is_seen_wherever_it_stands(text in "[ab,/:; .]{0,200}") {
            let text = text.as_bytes();
            let (mut runs, mut dense) = (Runs::default(), Vec::new());
            let mut seen = Vec::new();
            for start in (0..text.len()).step_by(64) {
                let may = |k| text.get(start + k).copied().is_some_and(may_be_in_run);
                dense.push(runs.next(bits(&std::array::from_fn(|k| u8::from(may(k))))));
                seen.extend((0..64).map(|bit| long_at(text, start) >> bit & 1 == 1));
            }
            for (at, seen) in seen.into_iter().enumerate().take(text.len()) {
                let back = text[..=at].iter().rev().take_while(|byte| is_in_run(**byte)).count();
                prop_assert_eq!(seen, back >= FEWEST, "{}", at);
                prop_assert!(!seen || around(text, at).len() >= FEWEST);
                prop_assert!(!seen || dense[at / 64] >> (at % 64) & 1 == 1, "the glance has it too: {}", at);
            }
        }
    }

    #[test]
    fn the_glance_leaves_nothing_out() {
        assert!((0..=u8::MAX).all(|byte| may_be_in_run(byte) || !is_in_run(byte)));
    }
}
