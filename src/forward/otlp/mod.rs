//! OTLP backends: other collectors, Langfuse, Phoenix, Tempo, Jaeger, another Tracemeter.
//!
//! They get what the journal has, as it came: the same messages, redacted, unknown fields included.

mod grpc;
mod http;
mod items;
pub(super) mod trial;

use bytes::Bytes;
use reqwest::Url;

use super::http::{Error, Headers};
use super::inline::Inline;
use super::post::{Way, probed, shown};
use super::{Answer, Fault, Item, Kind, Refused, Selected};
use crate::clock::Clock;
use crate::config::{DestinationConfig, DestinationKind};
use crate::model::Signal;
use crate::model::otlp::ExportPartialSuccess;

/// One OTLP backend, over HTTP or gRPC.
#[derive(Debug)]
pub(super) struct Otlp {
    is_grpc: bool,
    way: Way,
    /// Per signal, in the order of [`Signal::ALL`].
    urls: [Url; 3],
    /// What a probe and a test are about.
    first: Signal,
    inline: Option<Inline>,
    clock: Clock,
}

impl Otlp {
    /// # Errors
    /// When the client cannot be made of what is configured, or `url` is no address.
    pub(super) fn new(config: &DestinationConfig, inline: Option<Inline>, clock: Clock) -> Result<Self, Error> {
        let base = base_url(config)?;
        let is_grpc = config.kind == DestinationKind::OtlpGrpc;
        let url_of = if is_grpc { grpc::url_of } else { http::url_of };
        Ok(Self {
            is_grpc,
            way: way(config, is_grpc)?,
            urls: Signal::ALL.map(|signal| url_of(&base, signal)),
            first: Signal::ALL.into_iter().find(|signal| config.signals.contains(signal)).unwrap_or(Signal::Traces),
            inline,
            clock,
        })
    }

    async fn post(&self, signal: Signal, body: Bytes) -> Answer {
        let url = &self.urls[signal as usize - 1];
        if self.is_grpc {
            grpc::call(&self.way, url, body).await
        } else {
            http::post(&self.way, url, signal, body).await
        }
    }
}

impl Kind for Otlp {
    fn pack(&self, selected: &Selected) -> Vec<Item> {
        items::pack(selected, self.inline.is_some())
    }

    fn smaller(&self, item: &Item, fault: Fault) -> Vec<Item> {
        items::smaller(item, fault)
    }

    async fn send(&self, items: &[Item]) -> Answer {
        let Some(signal) = items.first().and_then(items::signal_of) else { return Answer::Delivered };
        self.post(signal, items::join(items, self.inline.as_ref())).await
    }

    async fn probe(&self) -> Result<(), Refused> {
        // A request without records is valid, and asks for nothing but an answer.
        probed(self.post(self.first, Bytes::new()).await)
    }

    async fn test(&self) -> Answer {
        self.post(self.first, trial::body(self.first, self.clock.now())).await
    }
}

/// `prior_knowledge`: HTTP/2 from the first byte where there is no TLS to agree on it.
pub(super) fn way(config: &DestinationConfig, prior_knowledge: bool) -> Result<Way, Error> {
    Ok(Way {
        client: super::http::client(config, prior_knowledge)?,
        headers: Headers::new(config, "Bearer")?,
        gzip: config.gzip,
    })
}

pub(super) fn base_url(config: &DestinationConfig) -> Result<Url, Error> {
    let bad = |reason: String| Error::Url { url: config.url.clone(), reason };
    let url: Url = config.url.parse().map_err(|error: <Url as std::str::FromStr>::Err| bad(error.to_string()))?;
    if url.has_host() { Ok(url) } else { Err(bad("it names no host".into())) }
}

/// What a request that was taken means. What was left out of it is not to be sent again: it would be left out again, and
/// nobody says which records those are.
fn taken(partial: Option<ExportPartialSuccess>) -> Answer {
    let Some(partial) = partial.filter(|partial| partial.rejected > 0) else { return Answer::Delivered };
    let records = partial.rejected.unsigned_abs();
    let reason = format!("it took a request without {records} of its records and does not say which");
    Answer::DeliveredWithout { records, why: Refused { reason, response: shown(&partial.error_message) } }
}
