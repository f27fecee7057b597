//! OTLP/gRPC: three unary methods, spoken directly on top of HTTP/2.
//!
//! A generated service would decode the message before we could count, hash or cap it, and would call a too
//! large one OUT_OF_RANGE, which OTLP clients retry for ever.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use prost::Message as _;

use super::body::{self, Encoding};
use super::{Door, Protocol, Refusal, Sent, Shared, client_of};
use crate::model::Signal;
use crate::model::otlp::ExportResponse;

/// A message is preceded by a flag (1 = compressed) and its length in four bytes, big-endian.
const PREFIX: usize = 5;

const ACCEPTED_ENCODINGS: HeaderValue = HeaderValue::from_static("gzip,zstd,deflate,identity");

/// `application/grpc`, with or without `+proto`.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    content_type.strip_prefix(b"application/grpc").is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// The path of the method that takes `signal`.
pub(super) fn path_of(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    }
}

pub(super) async fn answer(shared: Arc<Shared>, door: Arc<Door>, request: Request) -> Response {
    let client = client_of(&request);
    let (parts, mut body) = request.into_parts();
    let signal = Signal::ALL.into_iter().find(|signal| path_of(*signal) == parts.uri.path());
    let taken = match signal {
        Some(signal) => take(&shared, &door, signal, client, &parts.headers, &mut body).await,
        None => Err(Refusal::NoSuchPath { path: parts.uri.path().to_owned() }),
    };
    let mut response = match taken {
        Ok(message) => success(&message),
        Err(refusal) => {
            shared.refused(client, signal.map_or("unknown", Signal::as_str), Protocol::Grpc.as_str(), &refusal);
            body::drain(&mut body, shared.max_request_bytes).await;
            tonic::Status::from(&refusal).into_http()
        }
    };
    response.headers_mut().insert("grpc-accept-encoding", ACCEPTED_ENCODINGS);
    response
}

async fn take(
    shared: &Arc<Shared>,
    door: &Arc<Door>,
    signal: Signal,
    client: std::net::IpAddr,
    headers: &HeaderMap,
    body: &mut Body,
) -> Result<ExportResponse, Refusal> {
    door.let_in(signal)?;
    let named = headers.get("grpc-encoding").map(HeaderValue::as_bytes).unwrap_or_default();
    let encoding = std::str::from_utf8(named).ok().and_then(Encoding::from_name);
    let encoding = encoding.ok_or_else(|| Refusal::Encoding { found: String::from_utf8_lossy(named).into_owned() })?;
    let limit = shared.max_request_bytes;
    let (mut wire, room) = shared.read(body, limit.saturating_add(PREFIX)).await.map_err(|refusal| match refusal {
        Refusal::TooLarge { when, .. } => Refusal::TooLarge { limit, when },
        other => other,
    })?;
    let compressed = unframe(&mut wire)?;
    let encoding = if compressed { encoding } else { Encoding::Identity };
    let sent = Sent { signal, protocol: Protocol::Grpc, encoding, client, key: door.spelling() };
    Arc::clone(shared).take(Arc::clone(door), sent, wire, room).await
}

/// Takes the prefix off the one message of a unary call; answers whether it is compressed.
fn unframe(wire: &mut Bytes) -> Result<bool, Refusal> {
    let fault = |message: &str| Err(Refusal::Malformed { field: None, message: message.to_owned() });
    if wire.len() < PREFIX {
        return fault("the call carries no whole gRPC message");
    }
    let flag = wire.get_u8();
    let length = wire.get_u32() as usize;
    match (flag, wire.len()) {
        (2.., _) => fault("the flag before the gRPC message is neither 0 nor 1"),
        (_, present) if present < length => fault("the gRPC message is shorter than its prefix says"),
        (_, present) if present > length => fault("more than one gRPC message in a call that takes one"),
        _ => Ok(flag == 1),
    }
}

fn success(message: &ExportResponse) -> Response {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    // A few hundred bytes at most.
    frame.put_u32(u32::try_from(message.encoded_len()).unwrap_or(u32::MAX));
    frame.extend_from_slice(&message.encode_to_vec());
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(frame.freeze()).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
