//! The way of what the appliance has seen itself, on behalf of a client that sent no telemetry: that of OTLP from the
//! check on, and as durable.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::body::Encoding;
use super::{Protocol, Receiver, Refusal, Sent, away_if_large, check, digest};
use crate::access::Pass;
use crate::journal::Payload;
use crate::model::otlp::TracesData;

/// Why records are not stored.
#[derive(Debug)]
pub struct Unrecorded {
    /// When they may be taken; `None` when they never will.
    pub retry_after: Option<Duration>,
    pub why: String,
}

impl Receiver {
    /// Checks, redacts and stores `spans`, which came of calls of `client` with `pass`; returns when they are durable.
    ///
    /// # Errors
    /// Why they are not.
    pub async fn record(&self, client: IpAddr, pass: Pass, spans: TracesData) -> Result<(), Unrecorded> {
        let (shared, door) = (Arc::clone(&self.shared), self.http.with(Ok(pass)));
        let payload = Payload::Traces(spans);
        let (signal, bytes) = (payload.signal(), payload.encoded_len());
        let sent = Sent { signal, protocol: Protocol::Relay, encoding: Encoding::Identity, client, key: None };
        let work = away_if_large(bytes, Encoding::Identity, move || {
            let mut payload = payload;
            let checked = check::check(&mut payload);
            // Ids are drawn anew for each call, so that nothing comes twice.
            let digest = digest(signal, "relay", &payload.encode());
            Ok(shared.finish(&door, digest, payload, checked, bytes))
        });
        let stored = match work.await {
            Ok(prepared) => self.shared.store(sent, prepared).await.map(drop),
            Err(refusal) => Err(refusal),
        };
        stored.map_err(|refusal| {
            let why = match &refusal {
                Refusal::Disk { reason } | Refusal::Full { reason } => reason.clone(),
                other => other.message(),
            };
            Unrecorded { retry_after: refusal.retry_after(), why }
        })
    }
}
