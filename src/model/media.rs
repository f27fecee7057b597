//! What stands in a text in place of an image or a sound that was taken out of it.
//!
//! `tracemeter-media:v1:<type>:<bytes>:<form>:<blake3>`, for example
//! `tracemeter-media:v1:image/png:68123:b64:9f...` with 64 hexadecimal digits at the end. It has no quote, backslash or
//! space, so that JSON around it stays as it was, at any depth of JSON in strings. Restoring the form named gives back
//! the original text, character for character.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// How every reference begins.
pub const PREFIX: &str = "tracemeter-media:v1:";

/// Longest media type that is kept in a reference.
const MOST_TYPE: usize = 64;

/// BLAKE3 of the bytes of an image, sound or file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaHash(pub [u8; 32]);

impl fmt::Display for MediaHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for MediaHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// 64 lower-case hexadecimal digits.
impl FromStr for MediaHash {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, hex::FromHexError> {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(hex::FromHexError::InvalidStringLength);
        }
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash)?;
        Ok(Self(hash))
    }
}

/// How the bytes were written where they stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Base64 with `+/`, filled up with `=` (RFC 4648, section 4).
    Base64,
    Base64NoPad,
    /// Base64 with `-_` (RFC 4648, section 5).
    Base64Url,
    Base64UrlNoPad,
    /// An attribute of bytes.
    Raw,
}

impl Form {
    pub const ALL: [Self; 5] = [Self::Base64, Self::Base64NoPad, Self::Base64Url, Self::Base64UrlNoPad, Self::Raw];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "b64",
            Self::Base64NoPad => "b64n",
            Self::Base64Url => "b64u",
            Self::Base64UrlNoPad => "b64un",
            Self::Raw => "raw",
        }
    }
}

/// A reference, read or to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub hash: MediaHash,
    /// Of the file, not of the text that it stood in.
    pub bytes: u64,
    pub media_type: String,
    pub form: Form,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}:{}:{}:{}", self.media_type, self.bytes, self.form.as_str(), self.hash)
    }
}

impl Reference {
    /// The reference that `text` is, as a whole.
    pub fn parse(text: &str) -> Option<Self> {
        let (reference, length) = at_start(text)?;
        (length == text.len()).then_some(reference)
    }

    /// Every reference in `text` and where it stands.
    pub fn find_all(text: &str) -> Vec<(Range<usize>, Self)> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(start) = text[at..].find(PREFIX).map(|offset| at + offset) {
            at = start + PREFIX.len();
            if let Some((reference, length)) = at_start(&text[start..]) {
                at = start + length;
                found.push((start..at, reference));
            }
        }
        found
    }

    /// The hashes of all references in `bytes`, which may be anything that holds text, such as a protobuf message.
    pub fn hashes_in(bytes: &[u8]) -> Vec<MediaHash> {
        let mut hashes: Vec<MediaHash> =
            each_in(bytes).filter_map(|(_, hash)| std::str::from_utf8(hash).ok()?.parse().ok()).collect();
        hashes.sort();
        hashes.dedup();
        hashes
    }

    /// Bytes of all files that `bytes` refer to, each as often as it is referred to.
    pub fn bytes_in(bytes: &[u8]) -> u64 {
        let sizes = each_in(bytes).filter_map(|(size, _)| std::str::from_utf8(size).ok()?.parse::<u64>().ok());
        sizes.fold(0, u64::saturating_add)
    }
}

/// Size and hash of every reference.
fn each_in(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    static PATTERN: std::sync::LazyLock<Option<regex::bytes::Regex>> = std::sync::LazyLock::new(|| {
        regex::bytes::Regex::new(r"tracemeter-media:v1:[a-z0-9.+/-]{1,64}:([0-9]{1,20}):[a-z0-9]{1,5}:([0-9a-f]{64})")
            .ok()
    });
    let pattern = PATTERN.as_ref().into_iter();
    pattern.flat_map(|pattern| pattern.captures_iter(bytes)).map(|found| {
        let (_, [size, hash]) = found.extract();
        (size, hash)
    })
}

/// The reference at the start of `text` and its length.
fn at_start(text: &str) -> Option<(Reference, usize)> {
    let mut fields = text.strip_prefix(PREFIX)?.splitn(4, ':');
    let (media_type, bytes, form, rest) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let hash = rest.get(..64)?;
    let form = Form::ALL.into_iter().find(|known| known.as_str() == form)?;
    let reference =
        Reference { hash: hash.parse().ok()?, bytes: bytes.parse().ok()?, media_type: media_type.to_owned(), form };
    // "+1" or "01" would be read as well, and restored as something else.
    let is_own = is_type(media_type) && bytes == reference.bytes.to_string();
    is_own.then(|| (reference, text.len() - rest.len() + 64))
}

/// Whether `text` is a media type as references have it: `image/png`.
pub fn is_type(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".+-".contains(&byte))
    };
    text.len() <= MOST_TYPE && text.split_once('/').is_some_and(|(kind, sub)| is_word(kind) && is_word(sub))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference() -> Reference {
        Reference { hash: MediaHash([0xab; 32]), bytes: 68_123, media_type: "image/png".into(), form: Form::Base64 }
    }

    #[test]
    fn what_is_written_is_read() {
        for form in Form::ALL {
            let written = Reference { form, ..reference() };
            assert_eq!(Reference::parse(&written.to_string()), Some(written));
        }
    }

    #[test]
    fn references_are_found_within_text_and_bytes() {
        let text = format!("é{}\", \"{PREFIX}x{}", reference(), reference());
        let found = Reference::find_all(&text);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|(range, one)| text[range.clone()] == one.to_string()));
        assert_eq!(Reference::hashes_in(text.as_bytes()), [MediaHash([0xab; 32])]);
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        let good = reference().to_string();
        for bad in [
            good.replace("68123", "068123"),
            good.replace("image/png", "image"),
            good.replace("image/png", "image/p\"ng"),
            good.replace("b64", "b65"),
            good.replace("ab", "AB"),
            good[..good.len() - 1].to_owned(),
            format!("{good} "),
        ] {
            assert_eq!(Reference::parse(&bad), None, "{bad}");
        }
    }
}
