//! OTLP/HTTP: paths, content types, probes, and answers in the words the client used.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header, request};
use axum::response::Response;
use prost::Message as _;
use serde_json::json;

use super::body;
use super::{Door, Protocol, Refusal, Sent, Shared, client_of};
use crate::model::Signal;
use crate::model::otlp::ExportResponse;

const METHODS: HeaderValue = HeaderValue::from_static("POST, HEAD, OPTIONS");

/// Which body a client sends, and so gets back: the same content type, as the specification wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `application/x-protobuf`
    Protobuf,
    /// `application/protobuf`, which some clients say.
    PlainProtobuf,
    Json,
}

impl Form {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/x-protobuf" => Some(Self::Protobuf),
            "application/protobuf" => Some(Self::PlainProtobuf),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }

    fn protocol(self) -> Protocol {
        if self == Self::Json { Protocol::HttpJson } else { Protocol::HttpProtobuf }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Protobuf => "application/x-protobuf",
            Self::PlainProtobuf => "application/protobuf",
            Self::Json => "application/json",
        })
    }
}

pub(super) async fn answer(shared: Arc<Shared>, door: Arc<Door>, request: Request) -> Response {
    let client = client_of(&request);
    let (parts, mut body) = request.into_parts();
    let signal = signal_of(parts.uri.path());
    let form = Form::of(&parts.headers);
    let taken = match (signal, &parts.method) {
        (None, _) => Err(Refusal::NoSuchPath { path: parts.uri.path().to_owned() }),
        (Some(_), &Method::HEAD) => Ok(probe(StatusCode::OK)),
        (Some(_), &Method::OPTIONS) => Ok(probe(StatusCode::NO_CONTENT)),
        (Some(signal), &Method::POST) => take(&shared, &door, signal, client, form, &parts, &mut body).await,
        (Some(_), method) => Err(Refusal::Method { method: method.to_string() }),
    };
    let mut response = match taken {
        Ok(response) => response,
        Err(refusal) => {
            let protocol = form.map_or("http", |form| form.protocol().as_str());
            shared.refused(client, signal.map_or("unknown", Signal::as_str), protocol, &refusal);
            // Who asked with "Expect: 100-continue" has not begun to send, and need not.
            if !parts.headers.contains_key(header::EXPECT) {
                body::drain(&mut body, shared.max_request_bytes).await;
            }
            refuse(&refusal, form.unwrap_or(Form::Json))
        }
    };
    allow_local_pages(&parts.headers, response.headers_mut());
    response
}

/// `/v1/{signal}`, however a client's base URL was composed: with slashes too many, below `/otlp`, or with a whole
/// path where a base was expected (`/v1/traces/v1/logs` means logs).
fn signal_of(path: &str) -> Option<Signal> {
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.first() == Some(&"otlp") {
        segments.remove(0);
    }
    let named = |pair: &[&str]| match pair {
        ["v1", name] => Signal::ALL.into_iter().find(|signal| signal.as_str() == *name),
        _ => None,
    };
    match segments.len() {
        2 => named(&segments),
        4 => named(&segments[..2]).and(named(&segments[2..])),
        _ => None,
    }
}

async fn take(
    shared: &Arc<Shared>,
    door: &Arc<Door>,
    signal: Signal,
    client: std::net::IpAddr,
    form: Option<Form>,
    parts: &request::Parts,
    body: &mut Body,
) -> Result<Response, Refusal> {
    door.let_in(signal)?;
    let form = form.ok_or_else(|| {
        let value = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        Refusal::ContentType { found: String::from_utf8_lossy(value).into_owned() }
    })?;
    let (encoding, wire, room) = shared.read_http(&parts.headers, body).await?;
    let sent = Sent { signal, protocol: form.protocol(), encoding, client };
    let message = Arc::clone(shared).take(Arc::clone(door), sent, wire, room).await?;
    let text = match form {
        Form::Json => success_json(signal, &message).to_string().into_bytes(),
        Form::Protobuf | Form::PlainProtobuf => message.encode_to_vec(),
    };
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, form.content_type());
    Ok(response)
}

/// Counts are strings, as JSON writes 64-bit numbers.
fn success_json(signal: Signal, message: &ExportResponse) -> serde_json::Value {
    let Some(partial) = &message.partial_success else { return json!({}) };
    let count = match signal {
        Signal::Traces => "rejectedSpans",
        Signal::Logs => "rejectedLogRecords",
        Signal::Metrics => "rejectedDataPoints",
    };
    json!({"partialSuccess": {count: partial.rejected.to_string(), "errorMessage": partial.error_message}})
}

fn probe(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(header::ALLOW, METHODS);
    response
}

fn refuse(refusal: &Refusal, form: Form) -> Response {
    let text = match form {
        Form::Json => refusal_json(refusal).to_string().into_bytes(),
        Form::Protobuf | Form::PlainProtobuf => refusal.rpc_status().encode_to_vec(),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = refusal.http_status();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, form.content_type());
    if refusal.http_status() == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, METHODS);
    }
    say_when(refusal, headers);
    response
}

/// When to come again, where that helps.
pub(super) fn say_when(refusal: &Refusal, headers: &mut HeaderMap) {
    if let Some(after) = refusal.retry_after() {
        // Whole seconds, rounded up: coming too early only means being refused again.
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
}

fn refusal_json(refusal: &Refusal) -> serde_json::Value {
    let mut status = json!({"code": refusal.code() as i32, "message": refusal.message()});
    if let Some(field) = refusal.field() {
        status["details"] = json!([{
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": field, "description": refusal.message()}],
        }]);
    }
    status
}

/// CORS for pages of this machine only: a web app under development sends from `http://localhost:<port>`. Any other
/// page could fill our storage from a visitor's browser, so it gets no permission.
pub(super) fn allow_local_pages(asked: &HeaderMap, answer: &mut HeaderMap) {
    let Some(origin) = asked.get(header::ORIGIN).filter(|origin| is_local(origin)) else { return };
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    answer.insert(header::VARY, HeaderValue::from_static("Origin"));
    if asked.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
        if let Some(wanted) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
    }
}

fn is_local(origin: &HeaderValue) -> bool {
    let Ok(uri) = origin.to_str().unwrap_or_default().parse::<axum::http::Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https"))
        && matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_paths_are_understood() {
        for path in ["/v1/logs", "/v1/logs/", "//v1/logs", "/otlp/v1/logs", "/v1/logs/v1/logs", "/v1/traces/v1/logs/"] {
            assert_eq!(signal_of(path), Some(Signal::Logs), "{path}");
        }
        for path in ["/", "/v1", "/v1/spans", "/v2/logs", "/v1/logs/extra", "/x/v1/logs", "/v1/logs/v1/spans"] {
            assert_eq!(signal_of(path), None, "{path}");
        }
    }

    #[test]
    fn only_pages_of_this_machine_are_local() {
        let local = |origin: &'static str| is_local(&HeaderValue::from_static(origin));
        assert!(local("http://localhost:5173") && local("https://127.0.0.1") && local("http://[::1]:80"));
        assert!(!local("http://localhost.evil.example") && !local("https://example.com") && !local("null"));
    }
}
