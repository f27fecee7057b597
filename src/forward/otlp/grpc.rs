//! OTLP/gRPC: three unary methods, spoken directly on top of HTTP/2, as our receiver answers them.
//!
//! A generated client would encode anew what is encoded already, and bring a connection pool of its own beside the one
//! that knows the certificates. What remains of gRPC is a prefix of five bytes and a status behind the body.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use prost::Message as _;
use reqwest::Url;
use std::time::Duration;
use tonic::Code;

use super::taken;
use crate::forward::post::{Reply, Way, because, gzip, no_answer, retry_after, shown};
use crate::forward::{Answer, Refused};
use crate::model::otlp::{ExportResponse, RetryInfo, RpcStatus};
use crate::model::{Signal, percent};

/// A message is preceded by a flag (1 = compressed) and its length in four bytes, big-endian.
const PREFIX: usize = 5;

/// Of an answer no more is read.
const ANSWER_BYTES: usize = 64 << 10;

/// Some senders of details leave out the padding, as the specification allows.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ended {
    code: Code,
    message: String,
    /// From the details, or from a proxy's header.
    after: Option<Duration>,
    /// A proxy may say so.
    wants_backoff: bool,
}

/// One call and what became of it.
pub(super) async fn call(way: &Way, url: &Url, message: Bytes) -> Answer {
    match exchange(way, url, message).await {
        Ok((reply, trailers)) => {
            if reply.status != StatusCode::OK {
                return reply.failure(&String::from_utf8_lossy(&reply.body));
            }
            answer(ended(&reply.headers, &trailers), reply.body)
        }
        Err(answer) => answer,
    }
}

/// One call; the reply with its trailers.
async fn exchange(way: &Way, url: &Url, message: Bytes) -> Result<(Reply, HeaderMap), Answer> {
    let mut headers = way.headers.current().map_err(|error| Answer::Hold(because(error.to_string())))?;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    let compressed = way.gzip && !message.is_empty();
    if compressed {
        headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
    }
    let message = if compressed { gzip(&message) } else { message };
    let request = way.client.post(url.clone()).version(http::Version::HTTP_2).headers(headers);
    let response = request.body(frame(compressed, &message)).send().await.map_err(no_answer)?;
    let (parts, mut body) = http::Response::from(response).into_parts();
    let (mut data, mut trailers) = (BytesMut::new(), HeaderMap::new());
    while let Some(frame) = body.frame().await {
        match frame.map_err(no_answer)?.into_data() {
            Ok(part) => {
                let room = ANSWER_BYTES.saturating_sub(data.len());
                data.extend_from_slice(&part[..part.len().min(room)]);
            }
            Err(frame) => trailers = frame.into_trailers().unwrap_or_default(),
        }
    }
    Ok((Reply { status: parts.status, headers: parts.headers, body: data.freeze() }, trailers))
}

/// The method's address; a path in `base` stays before it, for proxies that route by one.
pub(super) fn url_of(base: &Url, signal: Signal) -> Url {
    let (package, service) = match signal {
        Signal::Traces => ("trace", "TraceService"),
        Signal::Logs => ("logs", "LogsService"),
        Signal::Metrics => ("metrics", "MetricsService"),
    };
    let mut url = base.clone();
    let above = base.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{above}/opentelemetry.proto.collector.{package}.v1.{service}/Export"));
    url
}

fn frame(compressed: bool, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(PREFIX + message.len());
    frame.put_u8(u8::from(compressed));
    // The configuration allows 64 MiB.
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}

/// The message of an answer. We name no compression that we would take, so it has none.
fn response(mut body: Bytes) -> Option<ExportResponse> {
    if body.len() < PREFIX || body.get_u8() != 0 {
        return None;
    }
    let length = body.get_u32() as usize;
    ExportResponse::decode(body.get(..length)?).ok()
}

/// How the call ended, told behind the body or, when there is none, before it.
fn ended(headers: &HeaderMap, trailers: &HeaderMap) -> Option<Ended> {
    let from = if trailers.contains_key("grpc-status") { trailers } else { headers };
    let code = Code::from_bytes(from.get("grpc-status")?.as_bytes());
    let message = from.get("grpc-message").map(|text| percent::decoded(text.as_bytes())).unwrap_or_default();
    let details = from.get("grpc-status-details-bin").and_then(|text| LENIENT.decode(text.as_bytes()).ok());
    let details = details.and_then(|bytes| RpcStatus::decode(&bytes[..]).ok()).unwrap_or_default().details;
    let info = details.iter().find(|detail| detail.type_url.ends_with("google.rpc.RetryInfo"));
    let info = info.and_then(|detail| RetryInfo::decode(detail.value.clone()).ok());
    let delay = info.as_ref().and_then(|info| info.retry_delay.as_ref());
    let delay = delay.map(|delay| {
        let nanos = u32::try_from(delay.nanos).unwrap_or_default().min(999_999_999);
        Duration::new(u64::try_from(delay.seconds).unwrap_or_default(), nanos)
    });
    let after = delay.or_else(|| retry_after(headers));
    Some(Ended { code, message, after, wants_backoff: info.is_some() || after.is_some() })
}

/// What an ended call means: the table of the OTLP specification for gRPC. `None`: it broke off.
///
/// INTERNAL and UNKNOWN are held to pass, as 500 is over HTTP. RESOURCE_EXHAUSTED without a delay has two meanings, which
/// only its words tell apart: libraries say it of a message that is too large, backends of a quota.
fn answer(ended: Option<Ended>, body: Bytes) -> Answer {
    let Some(ended) = ended else {
        return Answer::Later { delivered: 0, after: None, why: "the call ended without a status".into() };
    };
    let message = shown(&ended.message);
    let why = |reason: &str| Refused { reason: format!("gRPC {:?}: {reason}", ended.code), response: message.clone() };
    match ended.code {
        Code::Ok => taken(response(body).and_then(|response| response.partial_success)),
        Code::InvalidArgument => Answer::BadWithin(why("it does not take these records")),
        Code::Unauthenticated | Code::PermissionDenied => {
            Answer::Hold(why("it does not take the key: set token_file, or headers"))
        }
        Code::Unimplemented | Code::NotFound => {
            Answer::Hold(why("it does not take this signal, or not at this address: set url or signals"))
        }
        Code::ResourceExhausted if !ended.wants_backoff && is_about_size(&ended.message) => {
            Answer::TooLarge(why("the request is too large"))
        }
        Code::ResourceExhausted if !ended.wants_backoff => Answer::Hold(why("its quota is used up")),
        Code::FailedPrecondition | Code::AlreadyExists => Answer::Hold(why("it does not take requests like ours")),
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss
        | Code::ResourceExhausted
        | Code::Internal
        | Code::Unknown => {
            let said = if message.is_empty() { String::new() } else { format!(": {message}") };
            Answer::Later { delivered: 0, after: ended.after, why: format!("gRPC {:?}{said}", ended.code) }
        }
    }
}

/// `grpc: received message larger than max (5 vs. 4)`, `Sent message larger than max`, `message too large`, ...
fn is_about_size(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["larger than", "too large", "message size", "exceeds", "too long", "too big"]
        .iter()
        .any(|word| message.contains(word))
}

#[cfg(test)]
mod tests;
