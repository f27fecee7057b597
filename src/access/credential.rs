//! Where a request carries its key: the one place that knows how the clients write it. Pure.
//!
//! SDKs differ in the header and agree on nothing else, so every spelling means the same key.

use std::fmt;

use axum::http::{HeaderMap, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::registry::keys;

/// How a key was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `Authorization: Basic`, of a name and the key: Langfuse's public and secret key, Open WebUI's user and password.
    Basic,
    /// `Authorization: Bearer`: Traceloop, Phoenix, LangWatch, Dify.
    Bearer,
    /// `Authorization` with another scheme or none: `Splunk`, `Api-Key`, the bare key.
    Authorization,
    /// A header of its own, by its name.
    Header(&'static str),
    /// `?api_key=` and the like, behind the path.
    Query,
}

impl Spelling {
    /// A word for programs and people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Bearer => "bearer",
            Self::Authorization => "authorization",
            Self::Header(name) => name,
            Self::Query => "query",
        }
    }
}

/// A key as a request carries it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credential {
    pub(super) spelling: Spelling,
    /// Must not be shown or kept.
    key: String,
}

impl Credential {
    /// The key of ours in it. What stands before is what a client wants a key to begin with, such as `sk-lf-`.
    pub(super) fn secret(&self) -> &str {
        [keys::INGEST, keys::TOKEN]
            .iter()
            .find_map(|prefix| Some(&self.key[self.key.find(prefix)?..]))
            .unwrap_or(&self.key)
    }
}

/// Without the key.
impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a key by {}", self.spelling.as_str())
    }
}

/// Headers that hold nothing but a key: LangSmith (`x-api-key`), Arize and Phoenix (`api_key`), New Relic (`api-key`),
/// LangWatch (`x-auth-token`), Datadog (`dd-api-key`).
const HEADERS: &[&str] = &["x-api-key", "api_key", "api-key", "x-auth-token", "dd-api-key"];

/// Parameters behind the path that hold a key.
const PARAMETERS: &[&str] = &["api_key", "api-key", "apikey", "key", "token", "access_token"];

/// What programs write when the variable that should hold the key is not set.
const UNSET: &[&str] = &["", "undefined", "null", "none"];

/// The key of a request, `None` where it carries none. gRPC's metadata are headers too.
pub(super) fn find(headers: &HeaderMap, uri: &Uri) -> Option<Credential> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let told = |spelling, key: &str| {
        let key = key.trim();
        let is_set = !UNSET.iter().any(|unset| key.eq_ignore_ascii_case(unset));
        is_set.then(|| Credential { spelling, key: key.to_owned() })
    };
    let authorization = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, rest) = value.split_once(char::is_whitespace).unwrap_or(("", value));
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => told(Spelling::Basic, &password(rest)?),
            "bearer" => told(Spelling::Bearer, rest),
            // A scheme without a key behind it is no key.
            "" if ["basic", "bearer"].iter().any(|scheme| value.eq_ignore_ascii_case(scheme)) => None,
            _ => told(Spelling::Authorization, rest),
        }
    });
    authorization
        .or_else(|| HEADERS.iter().find_map(|name| told(Spelling::Header(name), text(name)?)))
        .or_else(|| told(Spelling::Query, &parameter(uri.query()?)?))
}

/// What stands behind the colon of `name:key` in base64; all of it where there is no colon.
fn password(encoded: &str) -> Option<String> {
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    Some(pair.split_once(':').map_or(pair.as_str(), |(_, key)| key).to_owned())
}

fn parameter(query: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| PARAMETERS.iter().any(|known| name.eq_ignore_ascii_case(known)))?;
    Some(crate::model::percent::decoded(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spelling and key of a request with these headers and this address.
    fn found(headers: &[(&'static str, &str)], uri: &str) -> Option<(&'static str, String)> {
        let pairs = headers
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), value.parse().expect("a header")));
        let found = find(&HeaderMap::from_iter(pairs), &uri.parse().expect("an address"))?;
        Some((found.spelling.as_str(), found.key))
    }

    #[test]
    fn every_spelling_is_the_same_key() {
        let told = |headers: &[(&'static str, &str)], uri| found(headers, uri).expect("a key");
        let basic = format!("Basic {}", STANDARD.encode("pk-lf-1:s3cret"));
        assert_eq!(told(&[("authorization", &basic)], "/"), ("basic", "s3cret".into()));
        assert_eq!(told(&[("authorization", "Bearer s3cret")], "/"), ("bearer", "s3cret".into()));
        assert_eq!(told(&[("authorization", "bearer   s3cret ")], "/"), ("bearer", "s3cret".into()));
        assert_eq!(told(&[("authorization", "Splunk s3cret")], "/"), ("authorization", "s3cret".into()));
        assert_eq!(told(&[("authorization", "s3cret")], "/"), ("authorization", "s3cret".into()));
        for name in HEADERS {
            assert_eq!(told(&[(name, "s3cret")], "/"), (*name, "s3cret".into()));
        }
        assert_eq!(told(&[], "/v1/traces?x=1&api_key=s3%63ret"), ("query", "s3cret".into()));
    }

    #[test]
    fn the_key_with_a_meaning_comes_first_and_what_is_not_set_is_none() {
        let both = [("x-api-key", "here"), ("authorization", "Bearer undefined")];
        assert_eq!(found(&both, "/?key=there").expect("a key"), ("x-api-key", "here".into()));
        for value in ["Bearer ", "Bearer None", "Bearer", "Basic", "Basic ?", "null", ""] {
            assert_eq!(found(&[("authorization", value)], "/"), None, "{value:?}");
        }
        let nobody = format!("Basic {}", STANDARD.encode("user:"));
        assert_eq!(found(&[("authorization", &nobody)], "/"), None);
        assert_eq!(found(&[], "/v1/traces?keys=1"), None);
    }

    #[test]
    fn what_a_client_wants_before_a_key_is_none_of_it() {
        let secret = |value: &str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().expect("a header"))]);
            find(&headers, &Uri::from_static("/")).expect("a key").secret().to_owned()
        };
        assert_eq!(secret("Bearer sk-lf-tm_ingest_00ff"), "tm_ingest_00ff");
        assert_eq!(secret("Bearer tm_api_00ff"), "tm_api_00ff");
        assert_eq!(secret("Bearer any"), "any");
    }

    #[test]
    fn the_key_is_not_shown() {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, "Bearer s3cret".parse().expect("a header"))]);
        let shown = format!("{:?}", find(&headers, &Uri::from_static("/")));
        assert_eq!(shown, "Some(a key by bearer)");
    }
}
