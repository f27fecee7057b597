//! Splunk's HTTP Event Collector: spans, logs, metrics and scores as events, sent until Splunk has each exactly as often as
//! its protocol allows.
//!
//! `docs/splunk.md` has the fields of every event, the codes Splunk answers with and what follows from each.

mod answer;
mod envelope;
mod fields;
mod json;
mod known;
mod logs;
mod metrics;
mod pack;
mod send;
mod spans;
mod state;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use self::envelope::{About, Frames};
use self::state::State;
use super::facts::{self, WholeTraces};
use super::http::{self, Headers};
use super::shorten::json_to_fit;
use super::{Answer, Fault, HttpError, Item, Kind, Refused, Selected};
use crate::clock::Clock;
use crate::config::{Acknowledgement, DestinationConfig};
use crate::interpret::Interpreter;
use crate::journal::Cursor;
use crate::model::Signal;

pub use known::NAMES as KNOWN_NAMES;
pub use logs::SCORE_NAMES;
pub use spans::NAMES as SPAN_NAMES;

/// One Splunk destination.
pub struct SplunkHec {
    name: String,
    /// Without `/services/collector` and without a slash at its end.
    base: String,
    headers: Headers,
    frames: Frames,
    client: reqwest::Client,
    interpreter: Arc<Interpreter>,
    whole_traces: Option<WholeTraces>,
    clock: Clock,
    ack: Acknowledgement,
    patience: Duration,
    /// The data channel of this process: acknowledgements are counted per channel.
    channel: String,
    state: State,
}

impl SplunkHec {
    /// `whole_traces`: who knows more of calls than the records at hand tell.
    ///
    /// # Errors
    /// When a certificate, a header or a template cannot be used.
    pub fn new(
        config: &DestinationConfig,
        interpreter: Arc<Interpreter>,
        whole_traces: Option<WholeTraces>,
        clock: Clock,
    ) -> Result<Self, HttpError> {
        let frames = Frames::new(&config.splunk).map_err(HttpError::Setting)?;
        if config.signals.contains(&Signal::Metrics) && !frames.has_metrics_index() {
            tracing::warn!(
                destination = config.name,
                "no metrics index is named: Splunk drops measurements unless the token's default index is one: \
                 set splunk.metrics.index, or take metrics out of signals"
            );
        }
        Ok(Self {
            base: base(&config.url),
            name: config.name.clone(),
            headers: Headers::new(config, "Splunk")?,
            frames,
            client: http::client(config, false)?,
            interpreter,
            whole_traces,
            clock,
            ack: config.splunk.ack,
            patience: Duration::from_secs(config.splunk.ack_patience_s),
            channel: guid(),
            state: State::new(config.gzip),
        })
    }

    fn test_item(&self) -> Item {
        let about = About { resource: None, service: "tracemeter", project: "default" };
        let head = self.frames.spans.head(about);
        let mut body = head.bytes;
        envelope::time(&mut body, self.clock.now().0);
        json::key(&mut body, "event");
        body.extend_from_slice(br#"{"message":"A test of Tracemeter: it can write here.","test":true}}"#);
        Item { index: 0, ordinal: 0, records: 1, group: head.group, body: Bytes::from(body), grows: 0, span: None }
    }
}

/// The address may be that of the server or of its event endpoint.
fn base(url: &str) -> String {
    let url = url.split_once("/services/collector").map_or(url, |(base, _)| base);
    url.trim_end_matches('/').to_owned()
}

/// A random one (version 4 of RFC 9562). The standard library seeds its hash maps at random.
fn guid() -> String {
    let random = || u128::from(RandomState::new().build_hasher().finish());
    let bits = random() << 64 | random();
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

impl Kind for SplunkHec {
    async fn prepare(&self, selected: &mut [Selected]) {
        facts::read_all(&self.interpreter, selected);
        if let Some(whole_traces) = &self.whole_traces {
            whole_traces.complete(selected).await;
        }
    }

    fn loaded(&self) -> Option<watch::Receiver<Cursor>> {
        Some(self.whole_traces.as_ref()?.loaded())
    }

    fn pack(&self, selected: &Selected) -> Vec<Item> {
        pack::pack(&self.interpreter, &self.frames, selected)
    }

    fn smaller(&self, item: &Item, fault: Fault) -> Vec<Item> {
        match fault {
            Fault::TooLarge => {
                let shorter = json_to_fit(&item.body, item.body.len() / 2);
                shorter.map(|body| Item { body: body.into(), ..item.clone() }).into_iter().collect()
            }
            Fault::Bad => metrics::one_by_one(item),
        }
    }

    async fn send(&self, items: &[Item]) -> Answer {
        self.deliver(items).await
    }

    async fn probe(&self) -> Result<(), Refused> {
        self.ask_health().await
    }

    fn note(&self) -> Option<String> {
        let acks = (!self.state.acks()).then_some(
            "acknowledgement is disabled for the token: what Splunk has received counts as delivered, indexed or not",
        );
        let gzip = self.state.gzip_refused().then_some("Splunk takes no compressed bodies: they are sent as they are");
        let notes: Vec<&str> = acks.into_iter().chain(gzip).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    async fn test(&self) -> Answer {
        self.deliver(&[self.test_item()]).await
    }
}
