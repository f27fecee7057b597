//! Who sends: SDK and key as headers and bodies tell them, and the OTLP resource and scope they become.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::otlp::{
    InstrumentationScope, LogRecord, LogsData, Resource, ResourceLogs, ScopeLogs, Span, TracesData, any_value,
};
use crate::receive::piece;

/// The scope that Langfuse's own OpenTelemetry SDKs write, so that both read alike.
const SCOPE: &str = "langfuse-sdk";

/// Longest public key that is taken for a name.
const MOST_NAME: usize = 40;

/// The sender of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Origin {
    /// `python`, `javascript`; empty when not told.
    sdk: String,
    version: String,
    public_key: String,
}

impl Origin {
    /// Python 2 writes its headers with underscores.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |names: [&str; 2]| {
            let value = names.iter().find_map(|name| headers.get(*name)?.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let told = text(["x-langfuse-public-key", "x_langfuse_public_key"]);
        Self {
            sdk: text(["x-langfuse-sdk-name", "x_langfuse_sdk_name"]),
            version: text(["x-langfuse-sdk-version", "x_langfuse_sdk_version"]),
            public_key: if told.is_empty() { basic_user(headers).unwrap_or_default() } else { told },
        }
    }

    /// Spans of this sender.
    pub(super) fn traces(&self, spans: Vec<Span>) -> TracesData {
        piece::traces(self.resource(), self.scope(), spans)
    }

    /// Log records of this sender.
    pub(super) fn logs(&self, log_records: Vec<LogRecord>) -> LogsData {
        let scope_logs = vec![ScopeLogs { scope: Some(self.scope()), log_records, ..ScopeLogs::default() }];
        LogsData {
            resource_logs: vec![ResourceLogs {
                resource: Some(self.resource()),
                scope_logs,
                ..ResourceLogs::default()
            }],
        }
    }

    fn resource(&self) -> Resource {
        let sdk = if self.sdk.is_empty() { "" } else { "langfuse" };
        let told = [
            ("service.name", name_of(&self.public_key).unwrap_or_default()),
            ("telemetry.sdk.language", &self.sdk),
            ("telemetry.sdk.name", sdk),
            ("telemetry.sdk.version", &self.version),
        ];
        let told = told.into_iter().filter(|(_, value)| !value.is_empty());
        let attributes = told.map(|(key, value)| piece::pair(key, any_value::Value::StringValue(value.to_owned())));
        Resource { attributes: attributes.collect(), ..Resource::default() }
    }

    fn scope(&self) -> InstrumentationScope {
        InstrumentationScope {
            name: SCOPE.to_owned(),
            version: self.version.clone(),
            ..InstrumentationScope::default()
        }
    }
}

/// A public key that somebody chose as a name (`pk-lf-dify`, `dify`) is the service's: Langfuse's events have no other.
/// Those that Langfuse makes are UUIDs, and name nothing.
fn name_of(key: &str) -> Option<&str> {
    let name = key.strip_prefix("pk-lf-").or_else(|| key.strip_prefix("pk-")).unwrap_or(key);
    let is_word = name.len() <= MOST_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let is_number = name.len() >= 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    (is_word && !is_number).then_some(name)
}

fn basic_user(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    scheme.eq_ignore_ascii_case("basic").then(|| pair.split(':').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_key_names_the_service_and_a_made_one_does_not() {
        assert_eq!(name_of("pk-lf-capture"), Some("capture"));
        assert_eq!(name_of("dify"), Some("dify"));
        for made in ["pk-lf-a1b2c3d4-1111-2222-3333-444455556666", "pk-lf-abcdefabcdefabcdef", "", "pk-lf-", "7", "a b"]
        {
            assert_eq!(name_of(made), None, "{made}");
        }
    }

    #[test]
    fn headers_of_all_generations_are_read() {
        let of = |pairs: &[(&'static str, &str)]| {
            let pair = |(name, value): &(&'static str, &str)| {
                (axum::http::HeaderName::from_static(name), value.parse().expect("a header"))
            };
            Origin::of(&pairs.iter().map(pair).collect())
        };
        let expected = Origin { sdk: "python".into(), version: "2.60.10".into(), public_key: "pk-lf-x".into() };
        let underscores = [
            ("x_langfuse_sdk_name", "python"),
            ("x_langfuse_sdk_version", "2.60.10"),
            ("x_langfuse_public_key", "pk-lf-x"),
        ];
        assert_eq!(of(&underscores), expected);
        let basic = format!("Basic {}", STANDARD.encode("pk-lf-x:sk-lf-secret"));
        let found = of(&[("authorization", &basic)]);
        assert_eq!(found, Origin { public_key: "pk-lf-x".into(), ..Origin::default() });
    }
}
