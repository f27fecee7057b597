//! Reads and decompresses request bodies without ever holding more than the limit.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use axum::body::Body;
use bytes::{Buf as _, Bytes, BytesMut};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http_body_util::BodyExt as _;

use super::Refusal;
use super::admission::Room;

/// A client that sends nothing for this long is not coming back.
const READ_PATIENCE: Duration = Duration::from_secs(30);

/// How long we listen to a request that is refused anyway.
const DRAIN_PATIENCE: Duration = Duration::from_secs(5);

const STEP: usize = 64 << 10;

/// The compressions we take, on HTTP and gRPC alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    /// zlib as RFC 9110 says, or the raw stream that some clients send under this name.
    Deflate,
    Zstd,
}

impl Encoding {
    /// By the name it has in `Content-Encoding` and `grpc-encoding`.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" | "none" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Reads `body` to its end; counts what really comes, since chunked requests do not tell their length.
///
/// # Errors
/// Too large, too slow, broken off, or no room for it.
pub(super) async fn read(body: &mut Body, limit: usize, room: &mut Room) -> Result<Bytes, Refusal> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(READ_PATIENCE, body.frame()).await.map_err(|_| Refusal::Slow)?;
        let Some(frame) = frame else { break };
        let Ok(data) = frame.map_err(|_| Refusal::Broken)?.into_data() else { continue };
        if first.len() + all.len() + data.len() > limit {
            return Err(Refusal::TooLarge { limit, when: "as sent" });
        }
        room.grow(data.len())?;
        if first.is_empty() && all.is_empty() {
            // Most requests come in one piece, which needs no copy.
            first = data;
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// Takes in and forgets what a refused client is still sending, up to `most` bytes. A client that is cut off while
/// it sends sees a broken connection in place of our answer, and sends it all again.
pub(super) async fn drain(body: &mut Body, most: usize) {
    let mut left = most;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    // Out of patience is as good as drained.
    let _ = tokio::time::timeout(DRAIN_PATIENCE, reading).await;
}

/// The body without its compression. The compressed bytes' room is given back.
///
/// # Errors
/// When it is not compressed as it says, gets larger than `limit`, or there is no room for it.
pub(super) fn decompress(encoding: Encoding, wire: Bytes, limit: usize, room: &mut Room) -> Result<Bytes, Refusal> {
    if encoding == Encoding::Identity {
        return if wire.len() > limit { Err(Refusal::TooLarge { limit, when: "as sent" }) } else { Ok(wire) };
    }
    // Some SDKs compress by configuration and send an empty request as nothing at all.
    if wire.is_empty() {
        return Ok(wire);
    }
    let compressed = wire.len();
    let plain = match encoding {
        Encoding::Identity => unreachable!("answered above"),
        Encoding::Gzip => read_capped(MultiGzDecoder::new(wire.reader()), limit, room),
        Encoding::Deflate if is_zlib(&wire) => read_capped(ZlibDecoder::new(wire.reader()), limit, room),
        Encoding::Deflate => read_capped(DeflateDecoder::new(wire.reader()), limit, room),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(wire.reader()).map_err(|_| bad(encoding))?;
            // zstd takes its window from the frame's header; the largest that a body within the limit can use.
            decoder.window_log_max(window_log(limit)).map_err(|_| bad(encoding))?;
            read_capped(decoder, limit, room)
        }
    };
    room.shrink(compressed);
    plain.map_err(|fault| match fault {
        Fault::Refused(refusal) => refusal,
        Fault::NotCompressed => bad(encoding),
    })
}

enum Fault {
    NotCompressed,
    Refused(Refusal),
}

/// The one place where compressed bytes grow: a step at a time, each accounted for before the next.
fn read_capped(mut decoder: impl Read, limit: usize, room: &mut Room) -> Result<Bytes, Fault> {
    let mut plain = Vec::new();
    let mut step = vec![0; STEP];
    loop {
        let count = match decoder.read(&mut step) {
            Ok(0) => return Ok(plain.into()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return Err(Fault::NotCompressed),
        };
        if plain.len() + count > limit {
            return Err(Fault::Refused(Refusal::TooLarge { limit, when: "decompressed" }));
        }
        room.grow(count).map_err(Fault::Refused)?;
        if plain.capacity() - plain.len() < count {
            // Doubling, but never past the limit.
            plain.reserve_exact(plain.len().max(STEP).min(limit - plain.len()));
        }
        plain.extend_from_slice(&step[..count]);
    }
}

fn bad(encoding: Encoding) -> Refusal {
    let message = format!("the body is not valid {encoding:?} data, or breaks off").to_lowercase();
    Refusal::Malformed { field: None, message }
}

/// RFC 1950: method 8 in the low bits, and the first two bytes a multiple of 31.
fn is_zlib(wire: &[u8]) -> bool {
    matches!(wire, [first, second, ..] if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0)
}

/// Log2 of the smallest window that holds `limit` bytes; at least the 8 MiB that RFC 8878 asks every decoder to
/// support, because streaming encoders choose it without knowing the size, and at most what zstd takes by itself.
fn window_log(limit: usize) -> u32 {
    limit.max(1).next_power_of_two().ilog2().clamp(23, 27)
}

#[cfg(test)]
mod tests;
