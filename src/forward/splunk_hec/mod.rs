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
mod shorten;
mod spans;
mod state;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use self::envelope::{About, Frames};
use self::state::State;
use super::{Answer, Fault, Item, Kind, Refused, Selected};
use crate::clock::Clock;
use crate::config::{Acknowledgement, DestinationConfig, SecretSource};
use crate::interpret::Interpreter;

pub use known::NAMES as KNOWN_NAMES;
pub use logs::SCORE_NAMES;
pub use spans::NAMES as SPAN_NAMES;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("destination {name:?} has no token: give token_file")]
    NoToken { name: String },
    #[error("destination {name:?}: {why}")]
    Template { name: String, why: String },
}

/// One Splunk destination.
pub struct SplunkHec {
    name: String,
    /// Without `/services/collector` and without a slash at its end.
    base: String,
    token: SecretSource,
    headers: Vec<(String, SecretSource)>,
    frames: Frames,
    client: reqwest::Client,
    interpreter: Arc<Interpreter>,
    clock: Clock,
    timeout: Duration,
    ack: Acknowledgement,
    patience: Duration,
    /// The data channel of this process: acknowledgements are counted per channel.
    channel: String,
    state: State,
}

impl SplunkHec {
    /// `client` must not follow redirects: a POST that is redirected becomes a GET, and its events are gone.
    ///
    /// # Errors
    /// When there is no token, or a template is not one.
    pub fn new(
        config: &DestinationConfig,
        client: reqwest::Client,
        interpreter: Arc<Interpreter>,
        clock: Clock,
    ) -> Result<Self, Error> {
        let name = config.name.clone();
        let token = config.token_source().ok_or_else(|| Error::NoToken { name: name.clone() })?;
        let template = |why| Error::Template { name: name.clone(), why };
        let frames = Frames::new(&config.splunk).map_err(template)?;
        if config.signals.contains(&crate::model::Signal::Metrics) && !frames.has_metrics_index() {
            tracing::warn!(
                destination = name,
                "no metrics index is named: Splunk drops measurements unless the token's default index is one: \
                 set splunk.metrics.index, or take metrics out of signals"
            );
        }
        let state = State::new(config.gzip, frames.fixed_groups());
        Ok(Self {
            base: base(&config.url),
            name,
            token,
            headers: config.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            frames,
            client,
            interpreter,
            clock,
            timeout: Duration::from_millis(config.timeout_ms),
            ack: config.splunk.ack,
            patience: Duration::from_secs(config.splunk.ack_patience_s),
            channel: guid(),
            state,
        })
    }

    fn test_item(&self) -> Item {
        let about = About { resource: None, service: "tracemeter", project: "default" };
        let head = self.frames.spans.head(about);
        let mut body = head.bytes;
        envelope::time(&mut body, self.clock.now().0);
        json::key(&mut body, "event");
        body.extend_from_slice(br#"{"message":"A test of Tracemeter: it can write here.","test":true}}"#);
        Item { index: 0, ordinal: 0, records: 1, group: head.group, body: Bytes::from(body), span: None }
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
    fn wants_facts(&self) -> bool {
        true
    }

    fn pack(&self, selected: &Selected) -> Vec<Item> {
        pack::pack(&self.interpreter, &self.frames, selected)
    }

    fn smaller(&self, item: &Item, fault: Fault) -> Vec<Item> {
        match fault {
            Fault::TooLarge => {
                let shorter = shorten::to_fit(&item.body, item.body.len() / 2);
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

    async fn test(&self) -> Answer {
        self.deliver(&[self.test_item()]).await
    }
}
