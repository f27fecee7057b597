//! Which headers go on, and what those say that are for the relay: whose work a call is, and of which trace.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::model::{SpanId, TraceId};
use crate::registry::keys::INGEST;

/// Headers that hold for one connection only (RFC 9110, section 7.6.1), and those that each side makes for itself.
const OF_A_HOP: [HeaderName; 10] = [
    header::CONNECTION,
    header::HOST,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Beginnings of headers that are for the relay alone. Helicone's are known as well, so that who moves from there need
/// not change them; `helicone-auth` is a secret that no provider should see.
const OURS: [&str; 2] = ["x-tracemeter-", "helicone-"];

/// Longest value that becomes an attribute, in characters.
const MOST_CHARS: usize = 256;

/// Names behind `x-tracemeter-`, the same of Helicone, and the attribute they become.
const TOLD: &[(&str, &str, &str)] = &[
    ("session", "helicone-session-id", "session.id"),
    ("user", "helicone-user-id", "user.id"),
    ("feature", "helicone-property-feature", "ai.feature"),
    ("team", "helicone-property-team", "ai.team"),
    ("environment", "helicone-property-environment", "deployment.environment.name"),
    ("workflow", "helicone-session-name", "gen_ai.workflow.name"),
    ("prompt", "helicone-prompt-id", "gen_ai.prompt.name"),
    ("prompt-version", "helicone-property-prompt-version", "gen_ai.prompt.version"),
    ("service", "helicone-property-service", SERVICE),
];

/// Goes to the resource, where all others stand on the span.
pub(super) const SERVICE: &str = "service.name";

/// Sessions that coding CLIs name by themselves: Claude Code, Codex.
const SESSIONS: [&str; 3] = ["x-claude-code-session-id", "session_id", "conversation_id"];

/// What a request says of itself in its headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Attributes by key.
    pub attributes: Vec<(&'static str, String)>,
    /// The program, by `user-agent` without versions.
    pub program: Option<String>,
    pub user_agent: Option<String>,
    /// How often the client has sent the same before, as OpenAI's and Anthropic's SDKs say.
    pub resend_count: Option<u32>,
}

impl Told {
    pub fn of(headers: &HeaderMap) -> Self {
        let mut attributes: Vec<(&'static str, String)> = TOLD
            .iter()
            .filter_map(|(name, helicone, key)| {
                let ours = text(headers, &format!("x-tracemeter-{name}"));
                Some((*key, ours.or_else(|| text(headers, helicone))?))
            })
            .collect();
        if attributes.iter().all(|(key, _)| *key != "session.id") {
            let session = SESSIONS.iter().find_map(|name| text(headers, name));
            attributes.extend(session.map(|session| ("session.id", session)));
        }
        let user_agent = text(headers, "user-agent");
        Self {
            attributes,
            program: user_agent.as_deref().and_then(program),
            user_agent,
            resend_count: text(headers, "x-stainless-retry-count")
                .and_then(|count| count.parse().ok())
                .filter(|count| *count > 0),
        }
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str())
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(name)?.as_bytes());
    let value: String = value.trim().chars().filter(|c| !c.is_control()).take(MOST_CHARS).collect();
    (!value.is_empty()).then_some(value)
}

/// `OpenAI/Python 3.52.0` is `OpenAI/Python`, `claude-cli/2.1.3 (external, cli)` is `claude-cli`.
fn program(user_agent: &str) -> Option<String> {
    let product = user_agent.split_whitespace().next()?;
    let name = match product.rsplit_once('/') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => name,
        _ => product,
    };
    (!name.is_empty()).then(|| name.to_owned())
}

/// The key of ours that a request carries, and its path without it: in a header, or as the first segment of the path, for
/// programs that can change a base URL and nothing else.
pub(super) fn key<'p>(headers: &HeaderMap, path: &'p str) -> (Option<String>, &'p str) {
    let inner = path.trim_start_matches('/');
    let (first, _) = inner.split_once('/').unwrap_or((inner, ""));
    if first.starts_with(INGEST) {
        let rest = &inner[first.len()..];
        return (Some(first.to_owned()), if rest.is_empty() { "/" } else { rest });
    }
    // Helicone's has a scheme before it.
    let told = text(headers, "x-tracemeter-key").or_else(|| text(headers, "helicone-auth"));
    (told.map(|told| told.rsplit(' ').next().unwrap_or_default().to_owned()), path)
}

/// Takes off what holds for the connection of the client only, and what is for the relay.
pub(super) fn of_request(headers: &mut HeaderMap) {
    of_a_hop(headers);
    // It was answered when the body was asked for.
    headers.remove(header::EXPECT);
    let ours: Vec<HeaderName> =
        headers.keys().filter(|name| OURS.iter().any(|prefix| name.as_str().starts_with(prefix))).cloned().collect();
    for name in ours {
        headers.remove(name);
    }
}

/// Takes off what holds for one connection only.
pub(super) fn of_a_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&OF_A_HOP) {
        headers.remove(name);
    }
}

/// A place in a trace, as `traceparent` tells it (W3C Trace Context).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Context {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub flags: u8,
}

impl Context {
    /// `None` when there is none, or it is not well-formed, which is to be treated as none.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get("traceparent")?.to_str().ok()?.trim();
        let mut parts = text.split('-');
        let [version, trace, span, flags] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let mut byte = [0];
        hex::decode_to_slice(version, &mut byte).ok()?;
        // Later versions may say more behind it; ff is none.
        if byte[0] == 0xff || byte[0] == 0 && parts.next().is_some() {
            return None;
        }
        let (trace_id, span_id) = (trace.parse().ok()?, span.parse().ok()?);
        hex::decode_to_slice(flags, &mut byte).ok()?;
        Some(Self { trace_id, span_id, flags: byte[0] })
    }

    /// As a header for the provider.
    pub fn header(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("00-{}-{}-{:02x}", self.trace_id, self.span_id, self.flags)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let mut map = HeaderMap::new();
        pairs.iter().map(pair).for_each(|(name, value)| {
            map.append(name, value);
        });
        map
    }

    #[test]
    fn what_holds_for_one_connection_stays_behind() {
        let mut map = headers(&[
            ("connection", "keep-alive, X-Mine"),
            ("keep-alive", "timeout=5"),
            ("x-mine", "1"),
            ("te", "trailers"),
            ("host", "localhost:4320"),
            ("expect", "100-continue"),
            ("authorization", "Bearer k"),
            ("x-api-key", "k"),
            ("x-tracemeter-session", "s"),
            ("helicone-auth", "Bearer h"),
            ("anthropic-beta", "a"),
            ("anthropic-beta", "b"),
        ]);
        of_request(&mut map);
        let mut left: Vec<&str> = map.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["anthropic-beta", "authorization", "x-api-key"]);
        assert_eq!(map.get_all("anthropic-beta").iter().count(), 2);
    }

    #[test]
    fn a_key_stands_in_a_header_or_before_the_path() {
        let none = headers(&[]);
        assert_eq!(key(&none, "/openai/v1/models"), (None, "/openai/v1/models"));
        assert_eq!(key(&none, "/tm_ingest_00/openai/v1"), (Some("tm_ingest_00".into()), "/openai/v1"));
        assert_eq!(key(&none, "//tm_ingest_00"), (Some("tm_ingest_00".into()), "/"));
        let ours = headers(&[("x-tracemeter-key", "tm_ingest_01"), ("helicone-auth", "Bearer tm_ingest_02")]);
        assert_eq!(key(&ours, "/v1/models"), (Some("tm_ingest_01".into()), "/v1/models"));
        let helicone = headers(&[("helicone-auth", "Bearer tm_ingest_02")]);
        assert_eq!(key(&helicone, "/v1"), (Some("tm_ingest_02".into()), "/v1"));
    }

    #[test]
    fn whose_work_it_is_stands_in_headers_of_either_name() {
        let told = Told::of(&headers(&[
            ("x-tracemeter-session", " chat 7 "),
            ("helicone-session-id", "other"),
            ("helicone-user-id", "anna"),
            ("x-tracemeter-feature", ""),
            ("user-agent", "OpenAI/Python 3.52.0"),
            ("x-stainless-retry-count", "2"),
        ]));
        assert_eq!(told.attributes, [("session.id", "chat 7".to_owned()), ("user.id", "anna".to_owned())]);
        assert_eq!((told.program.as_deref(), told.resend_count), (Some("OpenAI/Python"), Some(2)));
        let cli = Told::of(&headers(&[("x-claude-code-session-id", "u"), ("user-agent", "claude-cli/2.1 (external)")]));
        assert_eq!((cli.get("session.id"), cli.program.as_deref()), (Some("u"), Some("claude-cli")));
        assert_eq!(program("curl/8.1").as_deref(), Some("curl"));
        assert_eq!(program("node").as_deref(), Some("node"));
    }

    #[test]
    fn a_place_in_a_trace_goes_both_ways() {
        let of = |text: &'static str| Context::of(&headers(&[("traceparent", text)]));
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = of(text).expect("well-formed");
        assert_eq!(context.header().expect("a header"), text);
        assert_eq!(of("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more").map(|c| c.flags), Some(0));
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
