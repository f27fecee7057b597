//! What the relay itself answers when it cannot pass a call on: in the form of the provider whose client asks.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::config::UpstreamKind;

#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("nothing is passed on from {path}: begin the path with the name of an upstream: {}", .names.join(", "))]
    NoUpstream { path: String, names: Vec<String> },
    #[error("the relay cannot reach {upstream}: {reason}: see relay.upstream of tracemeter")]
    Unreachable { upstream: String, reason: String },
    #[error("{upstream} gave no answer: {reason}")]
    NoAnswer { upstream: String, reason: String },
    #[error(
        "the relay asks for a key of tracemeter here: send one for traces as x-tracemeter-key, or write it into the base \
         URL, http://host:port/KEY/NAME; `tracemeter keys new NAME` makes one ({0})"
    )]
    Key(&'static str),
}

impl Refusal {
    /// A word for programs, and the status.
    fn names(&self) -> (&'static str, StatusCode) {
        match self {
            Self::NoUpstream { .. } => ("unknown_upstream", StatusCode::NOT_FOUND),
            Self::Unreachable { .. } => ("upstream_unreachable", StatusCode::BAD_GATEWAY),
            Self::NoAnswer { .. } => ("upstream_no_answer", StatusCode::BAD_GATEWAY),
            Self::Key(reason) => (reason, StatusCode::UNAUTHORIZED),
        }
    }

    pub fn code(&self) -> &'static str {
        self.names().0
    }

    pub fn status(&self) -> StatusCode {
        self.names().1
    }

    pub fn response(&self, kind: UpstreamKind) -> Response {
        let mut response = Response::new(Body::from(self.body(kind).to_string()));
        *response.status_mut() = self.status();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    fn body(&self, kind: UpstreamKind) -> Value {
        let (code, status) = self.names();
        let message = self.to_string();
        let of_client = status.is_client_error();
        match kind {
            UpstreamKind::OpenAi => {
                let of = if of_client { "invalid_request_error" } else { "server_error" };
                json!({"error": {"message": message, "type": of, "param": null, "code": code}})
            }
            UpstreamKind::Anthropic => {
                let of = match status {
                    StatusCode::NOT_FOUND => "not_found_error",
                    StatusCode::UNAUTHORIZED => "authentication_error",
                    _ => "api_error",
                };
                json!({"type": "error", "error": {"type": of, "message": message}})
            }
            UpstreamKind::Ollama => json!({"error": message}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_reads_it_in_the_form_it_knows() {
        let refusal = Refusal::Unreachable { upstream: "home".into(), reason: "connection refused".into() };
        let text = "the relay cannot reach home: connection refused: see relay.upstream of tracemeter";
        let openai = refusal.body(UpstreamKind::OpenAi);
        assert_eq!(
            (&openai["error"]["message"], &openai["error"]["code"]),
            (&text.into(), &"upstream_unreachable".into())
        );
        let anthropic = refusal.body(UpstreamKind::Anthropic);
        assert_eq!((&anthropic["type"], &anthropic["error"]["type"]), (&"error".into(), &"api_error".into()));
        assert_eq!(refusal.body(UpstreamKind::Ollama), json!({ "error": text }));
        assert_eq!(refusal.response(UpstreamKind::OpenAi).status(), 502);
    }
}
