//! Where words begin and end in text that may be escaped once or several times.

/// The position after at most `most` bytes from `start` that are of a kind.
pub(super) fn skip(text: &[u8], start: usize, most: usize, which: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().take(most).take_while(|byte| which(**byte)).count()
}

/// The position before at most `most` bytes up to `end` that are of a kind.
pub(super) fn back_while(text: &[u8], end: usize, most: usize, which: impl Fn(u8) -> bool) -> usize {
    let before = text.get(..end).unwrap_or_default();
    end - before.iter().rev().take(most).take_while(|byte| which(**byte)).count()
}

/// The same for words: the letter of an escape (`\n`, `\u001b`, `%20`) before it is none of it.
pub(super) fn word_start(text: &[u8], end: usize, most: usize, which: impl Fn(u8) -> bool) -> usize {
    let start = back_while(text, end, most, which);
    match (text[..start].last(), &text[start..end]) {
        (Some(b'\\'), [b'u', a, b, c, d, ..]) if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => {
            start + 5
        }
        (Some(b'\\'), [b'n' | b'r' | b't' | b'b' | b'f', ..]) => start + 1,
        _ => start,
    }
}

/// Whether a word can begin at `start`: not in the middle of another one, but right behind an escape
/// (`\n`, `\u001b`, `%20`), whose last character is a letter or digit.
pub(super) fn is_boundary(text: &[u8], start: usize) -> bool {
    match &text[..start] {
        [.., last] if !last.is_ascii_alphanumeric() => true,
        [] | [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        [.., b'%', a, b] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
        [.., b'\\', b'u', a, b, c, d] => [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()),
        _ => false,
    }
}

/// Whether `byte` is a letter, a digit or joins words to one.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
