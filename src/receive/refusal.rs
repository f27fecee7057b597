//! Why a request is not taken, and how that is said in HTTP and in gRPC.

use std::time::Duration;

use axum::http::StatusCode;
use bytes::Bytes;
use prost::Message as _;
use tonic::Code;

use crate::access::Denied;
use crate::model::Signal;
use crate::model::otlp::{BadRequest, FieldViolation, RetryDelay, RetryInfo, RpcDetail, RpcStatus};

/// Longest text a client gets back; parsers like to quote what they were given.
const MESSAGE_CHARS: usize = 500;

/// While the disk does not take writes, coming back soon helps nobody.
const DISK_RETRY_AFTER: Duration = Duration::from_secs(10);

/// Where telemetry is taken.
pub(super) const PLACES: &str = "send OTLP/HTTP to /v1/traces, /v1/logs or /v1/metrics, OTLP/gRPC to \
                                 opentelemetry.proto.collector.trace.v1.TraceService/Export and its siblings for logs \
                                 and metrics";

#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("nothing is received at {path}: {PLACES}")]
    NoSuchPath { path: String },
    #[error("{path} is where {spoken} goes, which is not spoken here: {PLACES}")]
    OtherProtocol { path: String, spoken: &'static str },
    #[error("{method} does not send telemetry: this address takes OpenTelemetry (OTLP/HTTP, protobuf or JSON) by POST")]
    Method { method: String },
    #[error(
        "the request comes from a page of another site: telemetry is taken from programs, and from pages of this \
         machine and of this address"
    )]
    ForeignPage,
    #[error(
        "the body is neither traces nor logs nor metrics: give the client an address that ends in /v1/traces, /v1/logs \
         or /v1/metrics, and see that it sends OTLP"
    )]
    NoSignal,
    #[error("content type {found:?} is not OTLP: send application/x-protobuf or application/json")]
    ContentType { found: String },
    #[error("encoding {found:?} is not known: compress with gzip, zstd or deflate, or not at all")]
    Encoding { found: String },
    #[error(
        "the request is larger than {limit} bytes {when}: send smaller batches, or raise receive.max_request_bytes"
    )]
    TooLarge { limit: usize, when: &'static str },
    #[error("{message}")]
    Malformed { field: Option<String>, message: String },
    #[error(
        "{found} came to the place for {expected}: send them to /v1/{found} (OTLP/HTTP) or {} (OTLP/gRPC)",
        super::grpc::path_of(*.found)
    )]
    WrongSignal { expected: Signal, found: Signal },
    #[error(
        "this port takes {takes}, not {signal}: send them to the port that does, or add {signal} to the signals of this \
         receive.listener"
    )]
    OtherPort { signal: Signal, takes: String },
    #[error(transparent)]
    Key(Denied),
    #[error("this key is for {takes}, not for {signal}: send them with another one, or make one for {signal}, too")]
    OtherKey { signal: Signal, takes: String },
    #[error("too much is in work at once: send it again later")]
    Busy { retry_after: Duration },
    #[error("shutting down: send it again later")]
    Closing,
    /// The reason is for our log, not for the client.
    #[error("the data could not be stored: send it again later, and see the log of tracemeter")]
    Disk { reason: String },
    #[error("there is no space for more at present, send it again later: {reason}")]
    Full { reason: String },
    #[error("the request stopped arriving: send it again")]
    Slow,
    #[error("the request broke off before its end: send it again")]
    Broken,
}

impl Refusal {
    /// The one table of what each refusal is called: HTTP status, gRPC code, label in our metrics.
    fn names(&self) -> (StatusCode, Code, &'static str) {
        match self {
            Self::NoSuchPath { .. } => (StatusCode::NOT_FOUND, Code::Unimplemented, "unknown_path"),
            Self::OtherProtocol { .. } => (StatusCode::NOT_FOUND, Code::Unimplemented, "other_protocol"),
            Self::ForeignPage => (StatusCode::FORBIDDEN, Code::PermissionDenied, "foreign_page"),
            Self::NoSignal => (StatusCode::BAD_REQUEST, Code::InvalidArgument, "no_signal"),
            Self::Method { .. } => (StatusCode::METHOD_NOT_ALLOWED, Code::Unimplemented, "method"),
            Self::ContentType { .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::InvalidArgument, "content_type"),
            Self::Encoding { .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::Unimplemented, "content_encoding"),
            // Without RetryInfo this code means: do not send it again.
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted, "too_large"),
            Self::Malformed { .. } => (StatusCode::BAD_REQUEST, Code::InvalidArgument, "malformed"),
            Self::WrongSignal { .. } => (StatusCode::BAD_REQUEST, Code::InvalidArgument, "wrong_signal"),
            Self::OtherPort { .. } => (StatusCode::NOT_FOUND, Code::Unimplemented, "other_port"),
            Self::Key(denied) => (StatusCode::UNAUTHORIZED, Code::Unauthenticated, denied.as_str()),
            Self::OtherKey { .. } => (StatusCode::FORBIDDEN, Code::PermissionDenied, "other_key"),
            // 503 and not 429: the official Python exporter retries only the former.
            Self::Busy { .. } => (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, "busy"),
            Self::Closing => (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, "closing"),
            Self::Disk { .. } => (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, "disk"),
            Self::Full { .. } => (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, "full"),
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, Code::DeadlineExceeded, "slow"),
            Self::Broken => (StatusCode::BAD_REQUEST, Code::Cancelled, "broken_off"),
        }
    }

    pub(super) fn http_status(&self) -> StatusCode {
        self.names().0
    }

    pub(super) fn code(&self) -> Code {
        self.names().1
    }

    pub(super) fn outcome(&self) -> &'static str {
        self.names().2
    }

    /// Sending the same again would be refused again.
    pub(super) fn is_final(&self) -> bool {
        self.retry_after().is_none() && !matches!(self, Self::Slow | Self::Broken)
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } => Some(*retry_after),
            Self::Closing => Some(Duration::from_secs(1)),
            Self::Disk { .. } | Self::Full { .. } => Some(DISK_RETRY_AFTER),
            _ => None,
        }
    }

    /// What the client reads, cut to a length that fits a header.
    pub(super) fn message(&self) -> String {
        let message = self.to_string();
        match message.char_indices().nth(MESSAGE_CHARS) {
            Some((end, _)) => format!("{}...", &message[..end]),
            None => message,
        }
    }

    /// The path inside the body that is at fault, where known.
    pub(super) fn field(&self) -> Option<&str> {
        match self {
            Self::Malformed { field, .. } => field.as_deref(),
            _ => None,
        }
    }

    /// `google.rpc.Status`, with `BadRequest` or `RetryInfo` where they say more.
    pub(super) fn rpc_status(&self) -> RpcStatus {
        let mut details = Vec::new();
        if let Some(field) = self.field() {
            let violation = FieldViolation { field: field.to_owned(), description: self.message() };
            details.push(detail("google.rpc.BadRequest", &BadRequest { field_violations: vec![violation] }));
        }
        if let Some(after) = self.retry_after() {
            let delay = RetryDelay {
                seconds: i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
                nanos: i32::try_from(after.subsec_nanos()).unwrap_or_default(),
            };
            details.push(detail("google.rpc.RetryInfo", &RetryInfo { retry_delay: Some(delay) }));
        }
        RpcStatus { code: self.code() as i32, message: self.message(), details }
    }
}

fn detail(name: &str, message: &impl prost::Message) -> RpcDetail {
    RpcDetail { type_url: format!("type.googleapis.com/{name}"), value: Bytes::from(message.encode_to_vec()) }
}

/// As a gRPC answer with the details in `grpc-status-details-bin`.
impl From<&Refusal> for tonic::Status {
    fn from(refusal: &Refusal) -> Self {
        let status = refusal.rpc_status();
        let details = if status.details.is_empty() { Bytes::new() } else { status.encode_to_vec().into() };
        Self::with_details(refusal.code(), status.message, details)
    }
}
