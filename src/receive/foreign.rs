//! The way of requests in other protocols than OTLP, once their module has made OTLP records of them: the same limits,
//! ports, changes of resources, redaction, media and journal, and the same promise about the answer.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::HeaderMap;
use bytes::Bytes;

use super::admission::Room;
use super::body::{self, Encoding};
use super::check::{self, Checked};
use super::door::Door;
use super::{Protocol, Refusal, Sent, Shared, away_if_large, digest};
use crate::journal::Payload;
use crate::media::Taken;
use crate::model::Signal;

/// A request as it came, still compressed.
#[derive(Debug)]
pub(super) struct Incoming {
    pub client: IpAddr,
    pub protocol: Protocol,
    /// What makes the request a different one though its body is the same, such as the id in its path.
    pub target: String,
    encoding: Encoding,
    wire: Bytes,
    room: Room,
}

/// What a request means.
#[derive(Debug)]
pub(super) struct Converted<T> {
    /// In the order in which they are stored. Each is durable before the answer, and one that comes again is known.
    pub payloads: Vec<Payload>,
    /// Files that came by themselves; a payload refers to them.
    pub media: Taken,
    /// Parts of the request that were refused; the answer says why.
    pub rejected: u64,
    /// Handed back when all is durable.
    pub answer: T,
}

impl<T> Converted<T> {
    pub(super) fn new(payloads: Vec<Payload>, answer: T) -> Self {
        Self { payloads, media: Taken::default(), rejected: 0, answer }
    }
}

impl Shared {
    /// Reads a request to its end within the limits.
    ///
    /// # Errors
    /// An encoding nobody knows, or whatever stops a body from being read.
    pub(super) async fn incoming(
        &self,
        client: IpAddr,
        protocol: Protocol,
        target: String,
        headers: &HeaderMap,
        body: &mut Body,
    ) -> Result<Incoming, Refusal> {
        let (encoding, wire, room) = self.read_http(headers, body).await?;
        Ok(Incoming { client, protocol, target, encoding, wire, room })
    }

    /// From a request to its answer: `convert` gets the decompressed body; `Ok` only once everything is durable. Who may
    /// send traces may send this, whatever becomes of it.
    ///
    /// # Errors
    /// What `convert` refuses, and what OTLP is refused for.
    pub(super) async fn take_foreign<T: Send + 'static>(
        self: Arc<Self>,
        door: Arc<Door>,
        incoming: Incoming,
        convert: impl FnOnce(&Bytes) -> Result<Converted<T>, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let Incoming { client, protocol, target, encoding, wire, mut room } = incoming;
        let (this, length, key) = (Arc::clone(&self), wire.len(), door.spelling());
        door.enter_with(Signal::Traces)?;
        let work = away_if_large(length, encoding, move || {
            let body = body::decompress(encoding, wire, this.max_request_bytes, &mut room)?;
            let Converted { payloads, mut media, rejected, answer } = convert(&body)?;
            payloads.iter().try_for_each(|payload| door.takes(payload.signal()))?;
            let (mut prepared, mut bytes) = (Vec::new(), body.len());
            for mut payload in payloads {
                let signal = payload.signal();
                let sent = Sent { signal, protocol, encoding, client, key };
                // What one of the parts is refused for is no fault of the records.
                let checked = Checked { first_fault: None, ..check::check(&mut payload) };
                let mut one = this.finish(&door, digest(signal, &target, &body), payload, checked, bytes);
                one.add_media(std::mem::take(&mut media));
                // The body is counted once.
                bytes = 0;
                prepared.push((sent, one));
            }
            Ok((prepared, rejected, answer, room))
        });
        let (prepared, rejected, answer, room) = work.await?;
        let is_empty = prepared.is_empty();
        for (sent, one) in prepared {
            self.store(sent, one).await?;
        }
        if is_empty {
            self.counters.request("unknown", protocol.as_str(), "empty");
        }
        if rejected > 0 {
            self.counters.rejected_parts(rejected);
            self.note(client, "unknown", protocol.as_str(), "rejected_items");
        }
        drop(room);
        Ok(answer)
    }
}
