//! OTLP/HTTP: paths, content types, probes, and answers in the words the client used.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request};
use axum::response::Response;
use bytes::Bytes;
use prost::Message as _;
use serde_json::json;

use super::admission::Room;
use super::body::{self, Encoding};
use super::paths::{self, Place};
use super::{Door, Protocol, Refusal, Sent, Shared, client_of, decode, feedback};
use crate::access::CHALLENGE;
use crate::arrivals::Way;
use crate::model::Signal;
use crate::model::otlp::ExportResponse;

const METHODS: HeaderValue = HeaderValue::from_static("POST, HEAD, OPTIONS");

/// What a browser reads that was pointed at a port for telemetry.
const WELCOME: &str = "Tracemeter takes OpenTelemetry here.

OTLP/HTTP   POST to /v1/traces, /v1/logs or /v1/metrics: protobuf or JSON, plain or by gzip, zstd or deflate
OTLP/gRPC   on this port as well, without TLS

The pages are on the web port, 4319 unless configured otherwise.
`tracemeter connect` prints the settings of a client and waits for its first data.
";

/// Which body a client sends, and so gets back: the same content type, as the specification wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `application/x-protobuf`
    Protobuf,
    /// `application/protobuf`, which some clients say.
    PlainProtobuf,
    Json,
    /// Plain text, for who looks in without sending anything.
    Text,
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
            Self::Text => "text/plain; charset=utf-8",
        })
    }
}

pub(super) async fn answer(shared: Arc<Shared>, door: Arc<Door>, request: Request) -> Response {
    let client = client_of(&request);
    let (parts, mut body) = request.into_parts();
    let path = || parts.uri.path().to_owned();
    let place = paths::place(parts.uri.path());
    let form = Form::of(&parts.headers);
    let taken = match (place, &parts.method) {
        (Place::Other(spoken), _) => Err(Refusal::OtherProtocol { path: path(), spoken }),
        (Place::Alive, &Method::GET | &Method::HEAD) => Ok(alive(&shared)),
        (Place::Nowhere | Place::Alive, _) => Err(Refusal::NoSuchPath { path: path() }),
        (Place::Any, &Method::GET) => Ok(said(StatusCode::OK, Form::Text, WELCOME.into())),
        (_, &Method::HEAD) => {
            let signal = if let Place::Of(signal) = place { signal.as_str() } else { "unknown" };
            shared.arrivals.probed(Way { client, protocol: "http", signal });
            Ok(probe(StatusCode::OK))
        }
        (_, &Method::OPTIONS) => Ok(probe(StatusCode::NO_CONTENT)),
        (Place::Of(signal), &Method::POST) => take(&shared, &door, Some(signal), client, form, &parts, &mut body).await,
        (Place::Any, &Method::POST) => take(&shared, &door, None, client, form, &parts, &mut body).await,
        (Place::Feedback, &Method::POST) => {
            let task = paths::task(parts.uri.path()).unwrap_or_default();
            let taken = feedback::take(&shared, &door, client, task, &parts, &mut body).await;
            // The SDK reads JSON from every answer.
            taken.map(|()| said(StatusCode::CREATED, Form::Json, "{}".into()))
        }
        (_, method) => Err(Refusal::Method { method: method.to_string() }),
    };
    let mut response = match taken {
        Ok(response) => response,
        Err(refusal) => {
            let signal = if let Place::Of(signal) = place { signal.as_str() } else { "unknown" };
            turn_away(&shared, client, signal, &parts, &mut body, &refusal).await
        }
    };
    allow_local_pages(&parts.headers, response.headers_mut());
    response
}

/// What a page of another site is told.
pub(super) async fn refuse_page(shared: &Shared, request: Request) -> Response {
    let client = client_of(&request);
    let (parts, mut body) = request.into_parts();
    turn_away(shared, client, "unknown", &parts, &mut body, &Refusal::ForeignPage).await
}

/// Counts a refusal, hears the client out, and answers in a form it reads.
async fn turn_away(
    shared: &Shared,
    client: IpAddr,
    signal: &'static str,
    parts: &request::Parts,
    body: &mut Body,
    refusal: &Refusal,
) -> Response {
    let form = Form::of(&parts.headers);
    let protocol = form.map_or("http", |form| form.protocol().as_str());
    if parts.method.is_safe() {
        // A browser or a health check that looks in: no client whose data is lost.
        shared.counters.request(signal, protocol, refusal.outcome());
    } else {
        shared.refused(client, signal, protocol, refusal);
    }
    // Who asked with "Expect: 100-continue" has not begun to send, and need not.
    if !parts.headers.contains_key(header::EXPECT) {
        body::drain(body, shared.max_request_bytes).await;
    }
    let reader = if parts.method == Method::POST { Form::Json } else { Form::Text };
    refuse(refusal, form.unwrap_or(reader))
}

/// `signal` is `None` where the address does not tell it, and the body has to.
async fn take(
    shared: &Arc<Shared>,
    door: &Arc<Door>,
    signal: Option<Signal>,
    client: IpAddr,
    form: Option<Form>,
    parts: &request::Parts,
    body: &mut Body,
) -> Result<Response, Refusal> {
    match signal {
        Some(signal) => door.let_in(signal)?,
        None => drop(door.enter()?),
    }
    let form = form.ok_or_else(|| {
        let value = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        Refusal::ContentType { found: String::from_utf8_lossy(value).into_owned() }
    })?;
    let protocol = form.protocol();
    let (mut encoding, mut wire, mut room) = shared.read_http(&parts.headers, body).await?;
    let signal = if let Some(signal) = signal {
        signal
    } else {
        let (found, plain, kept) = look_into(protocol, encoding, wire, shared.max_request_bytes, room).await?;
        (wire, room, encoding) = (plain, kept, Encoding::Identity);
        door.let_in(found)?;
        found
    };
    let sent = Sent { signal, protocol, encoding, client, key: door.spelling() };
    let message = Arc::clone(shared).take(Arc::clone(door), sent, wire, room).await?;
    let text = match form {
        Form::Json | Form::Text => success_json(signal, &message).to_string().into_bytes(),
        Form::Protobuf | Form::PlainProtobuf => message.encode_to_vec(),
    };
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, form.content_type());
    Ok(response)
}

/// The signal of a body that came to a bare address, the body without its compression, and the room it takes.
/// Away from the async threads: it may be decoded three times.
async fn look_into(
    protocol: Protocol,
    encoding: Encoding,
    wire: Bytes,
    limit: usize,
    mut room: Room,
) -> Result<(Signal, Bytes, Room), Refusal> {
    let look = move || {
        let plain = body::decompress(encoding, wire, limit, &mut room)?;
        Ok((decode::sniff(protocol, &plain)?, plain, room))
    };
    // The work neither panics nor is it cancelled, unless the process is on its way out.
    tokio::task::spawn_blocking(look).await.map_err(|_| Refusal::Closing)?
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

/// Health checks read the status; whether there is room is what they can do something about.
fn alive(shared: &Shared) -> Response {
    match shared.journal.refusing() {
        None => said(StatusCode::OK, Form::Text, "taking telemetry\n".into()),
        Some(reason) => said(StatusCode::SERVICE_UNAVAILABLE, Form::Text, format!("taking no telemetry: {reason}\n")),
    }
}

fn said(status: StatusCode, form: Form, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, form.content_type());
    response
}

fn probe(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(header::ALLOW, METHODS);
    response
}

fn refuse(refusal: &Refusal, form: Form) -> Response {
    let text = match form {
        Form::Text => format!("{}\n", refusal.message()).into_bytes(),
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
    say_how(refusal, headers);
    response
}

/// When to come again, or with what, where that helps.
pub(super) fn say_how(refusal: &Refusal, headers: &mut HeaderMap) {
    if refusal.http_status() == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
    }
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

/// Whether a browser sends this for a page that is neither of this machine nor of the address it sends to. Most such
/// requests fail for want of permission; those in a form that needs none (no content type, multipart) are stopped here.
pub(super) fn is_foreign_page(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN).filter(|_| !method.is_safe()) else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let asked = host.or_else(|| uri.authority().map(|authority| authority.as_str()));
    match origin.to_str().unwrap_or("null").split_once("://") {
        Some(("http" | "https", own)) => Some(own) != asked && !is_local(origin),
        // Extensions and apps, which are programs.
        Some(_) => false,
        None => true,
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
    fn only_pages_of_this_machine_are_local() {
        let local = |origin: &'static str| is_local(&HeaderValue::from_static(origin));
        assert!(local("http://localhost:5173") && local("https://127.0.0.1") && local("http://[::1]:80"));
        assert!(!local("http://localhost.evil.example") && !local("https://example.com") && !local("null"));
    }

    #[test]
    fn a_page_of_another_site_is_told_from_a_program() {
        let foreign = |origin: &'static str| {
            let pairs = [(header::HOST, "ai.lan:4318"), (header::ORIGIN, origin)];
            let pairs = pairs.map(|(name, value)| (name, HeaderValue::from_static(value)));
            is_foreign_page(&Method::POST, &Uri::from_static("/v1/traces"), &HeaderMap::from_iter(pairs))
        };
        assert!(foreign("https://example.com") && foreign("http://ai.lan") && foreign("null"));
        assert!(!foreign("http://ai.lan:4318") && !foreign("http://localhost:3000"));
        assert!(!foreign("chrome-extension://abcdef"));
        assert!(!is_foreign_page(&Method::POST, &Uri::from_static("/"), &HeaderMap::new()), "a program says no origin");
    }
}
