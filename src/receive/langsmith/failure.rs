//! The `error` of a run: one text with the message and a trace of calls.
//!
//! Python: `RateLimitError("...")Traceback (most recent call last): ...` (`repr` of the exception, then its trace).
//! JavaScript: the message, an empty line, `NodeApiError: message`, and lines that begin with `at`.

use serde_json::{Value, json};

use crate::model::UnixNanos;
use crate::model::otlp::{SpanEvent, SpanStatus, StatusCode};
use crate::receive::piece::Told;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    whole: String,
    kind: Option<String>,
    message: String,
}

impl Failure {
    /// `None` of nothing.
    pub(super) fn read(error: &Value) -> Option<Self> {
        let whole = match error {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let before_trace = whole.split("Traceback (most recent call last)").next().unwrap_or_default();
        let lines = || before_trace.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines().next().unwrap_or(whole.trim());
        if first.is_empty() {
            return None;
        }
        let named = lines().find_map(|line| line.split_once(": ").filter(|(name, _)| is_class(name)));
        let (kind, message) = match first.split_once('(').filter(|(name, _)| is_class(name)) {
            Some((name, rest)) => (Some(name), unquoted(rest)),
            None => match first.split_once(": ").filter(|(name, _)| is_class(name)) {
                Some((name, message)) => (Some(name), message),
                None => (named.map(|(name, _)| name), first),
            },
        };
        Some(Self { kind: kind.map(str::to_owned), message: message.to_owned(), whole: whole.clone() })
    }

    pub(super) fn status(&self) -> SpanStatus {
        SpanStatus { code: StatusCode::Error as i32, message: self.message.clone() }
    }

    pub(super) fn tell(&self, told: &mut Told) {
        if let Some(kind) = &self.kind {
            told.set_text("error.type", kind);
        }
    }

    /// In the words of OpenTelemetry.
    pub(super) fn event(&self, at: UnixNanos) -> SpanEvent {
        let mut told = Told::default();
        told.set("exception.type", &json!(self.kind));
        told.set_text("exception.message", &self.message);
        if self.whole != self.message {
            told.set_text("exception.stacktrace", &self.whole);
        }
        SpanEvent {
            name: "exception".into(),
            time_unix_nano: u64::try_from(at.0).unwrap_or_default(),
            attributes: told.0,
            ..SpanEvent::default()
        }
    }
}

/// A name of an exception: `openai.RateLimitError`.
fn is_class(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    last.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
        && last.chars().any(|c| c.is_ascii_lowercase())
}

/// `'text')` of a `repr`.
fn unquoted(rest: &str) -> &str {
    let inner = rest.trim_end().trim_end_matches(')').trim_end_matches(',');
    let quote = inner.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
    match quote.and_then(|quote| inner.strip_prefix(quote)?.strip_suffix(quote)) {
        Some(text) => text,
        None => inner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<String>, String) {
        let failure = Failure::read(&json!(text)).expect("an error");
        (failure.kind, failure.message)
    }

    #[test]
    fn both_languages_are_taken_apart() {
        let python = "RateLimitError(\"Error code: 429 - {'a': 1}\")Traceback (most recent call last):\n\n  File \"x\"";
        assert_eq!(read(python), (Some("RateLimitError".into()), "Error code: 429 - {'a': 1}".into()));
        let javascript = "too many\n\nNodeApiError: too many\n    at AsyncCaller.run (/n8n/x.ts:40:20)";
        assert_eq!(read(javascript), (Some("NodeApiError".into()), "too many".into()));
        assert_eq!(read("Error: it broke"), (Some("Error".into()), "it broke".into()));
        assert_eq!(read("it broke"), (None, "it broke".into()));
        assert_eq!(read("ValueError()"), (Some("ValueError".into()), String::new()));
        assert_eq!((Failure::read(&Value::Null), Failure::read(&json!(" "))), (None, None));
    }

    #[test]
    fn the_whole_text_stays() {
        let failure = Failure::read(&json!({"message": "no"})).expect("an error");
        assert_eq!(failure.event(UnixNanos(5)).attributes.len(), 1, "nothing beside the message");
        let failure = Failure::read(&json!("E: x\n  at y")).expect("an error");
        assert!(failure.event(UnixNanos(5)).attributes.iter().any(|pair| pair.key == "exception.stacktrace"));
    }
}
