//! Trace and span ids: fixed bytes, lower-case hex at the edges.

use std::fmt;
use std::str::FromStr;

/// 16 bytes that name a trace (W3C Trace Context). Never all zero when it comes from [`TraceId::from_slice`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TraceId(pub [u8; 16]);

/// 8 bytes that name a span within its trace. Never all zero when it comes from [`SpanId::from_slice`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SpanId(pub [u8; 8]);

/// Why a text is not an id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{what} must be {digits} hex digits and not all zero, got {got:?}")]
pub struct BadId {
    what: &'static str,
    digits: usize,
    got: String,
}

macro_rules! id {
    ($name:ident, $bytes:literal, $what:literal) => {
        impl $name {
            /// The id in `bytes`; `None` when the length is wrong or every byte is zero, which OTLP calls invalid.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                let id: [u8; $bytes] = bytes.try_into().ok()?;
                (id != [0; $bytes]).then_some(Self(id))
            }

            pub fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; 2 * $bytes];
                hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
                f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                let mut bytes = [0; $bytes];
                hex::decode_to_slice(text, &mut bytes)
                    .ok()
                    .and_then(|()| Self::from_slice(&bytes))
                    .ok_or_else(|| BadId { what: $what, digits: 2 * $bytes, got: text.chars().take(64).collect() })
            }
        }
    };
}

id!(TraceId, 16, "a trace id");
id!(SpanId, 8, "a span id");

/// A span wherever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SpanRef {
    pub trace_id: TraceId,
    pub span_id: SpanId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_both_ways_in_any_case() {
        let text = "0af7651916cd43dd8448eb211c80319c";
        let id: TraceId = text.to_uppercase().parse().expect("valid");
        assert_eq!(id.to_string(), text);
    }

    #[test]
    fn zero_and_short_ids_are_refused() {
        assert_eq!(SpanId::from_slice(&[0; 8]), None);
        assert_eq!(SpanId::from_slice(&[1; 7]), None);
        let error = "12".parse::<SpanId>().expect_err("too short").to_string();
        assert_eq!(error, r#"a span id must be 16 hex digits and not all zero, got "12""#);
    }
}
