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

impl TraceId {
    /// The trace that a client knows by `text`: 32 hex digits are the id, a UUID is its 16 bytes, and any other name
    /// (Langfuse lets clients choose) becomes one that is always the same. `None` of an empty text.
    pub fn from_foreign(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits: String = text.chars().filter(|letter| *letter != '-').collect();
        let is_uuid = text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4;
        let id = digits.parse().ok().filter(|_| is_uuid || text.len() == 32);
        if text.is_empty() { None } else { id.or_else(|| Self::from_slice(&named(b"trace", text)[..16])) }
    }
}

impl SpanId {
    /// The span that a client knows by `text`: 16 hex digits are the id; of any other name, UUIDs too, it is made, always
    /// the same. `None` of an empty text.
    pub fn from_foreign(text: &str) -> Option<Self> {
        let text = text.trim();
        let id = text.parse().ok();
        if text.is_empty() { None } else { id.or_else(|| Self::from_slice(&named(b"span", text)[..8])) }
    }
}

fn named(what: &[u8], text: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(what);
    hasher.update(b"\0");
    hasher.update(text.as_bytes());
    *hasher.finalize().as_bytes()
}

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

    #[test]
    fn what_clients_call_a_trace_leads_to_one_id() {
        let hex = "0af7651916cd43dd8448eb211c80319c";
        let of = |text: &str| TraceId::from_foreign(text).map(|id| id.to_string());
        assert_eq!(of(hex).as_deref(), Some(hex));
        assert_eq!(of("0AF76519-16cd-43dd-8448-eb211c80319c").as_deref(), Some(hex));
        assert_eq!(of("chat 7"), of(" chat 7 "));
        assert_ne!(of("chat 7"), of("chat 8"));
        // A name that only looks like an id with its lines elsewhere is a name.
        assert_ne!(of("0af76519-16cd43dd8448eb211c80319c").as_deref(), Some(hex));
        assert_eq!(of(" "), None);
        assert!(of("00000000-0000-0000-0000-000000000000").is_some());
    }

    #[test]
    fn what_clients_call_a_span_leads_to_one_id() {
        let of = |text: &str| SpanId::from_foreign(text).map(|id| id.to_string());
        assert_eq!(of("8448eb211c80319c").as_deref(), Some("8448eb211c80319c"));
        assert_ne!(of("0af76519-16cd-43dd-8448-eb211c80319c"), of("0af76519-16cd-43dd-8448-eb211c80319d"));
        assert_eq!(of(""), None);
    }
}
