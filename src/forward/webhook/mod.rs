//! JSON batches by POST, for whatever speaks no OTLP: a workflow, a script, a database with an HTTP door.
//!
//! `{"items": [...]}`, an object per span, log record and metric, with the names of our own API.

mod figures;
mod metric;
mod record;

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use reqwest::Url;
use serde_json::json;
use tokio::sync::watch;

use super::facts::{self, WholeTraces};
use super::http::Error;
use super::inline::{Inline, growth};
use super::post::{Reply, Way, probed};
use super::shorten::shorten_json;
use super::{Answer, Fault, Item, Kind, Refused, Selected, otlp};
use crate::clock::Clock;
use crate::config::DestinationConfig;
use crate::interpret::Interpreter;
use crate::journal::Cursor;

const JSON: &str = "application/json";
const BEFORE: &[u8] = b"{\"items\":[";
const AFTER: &[u8] = b"]}";

/// One receiver of JSON batches.
pub(super) struct Webhook {
    way: Way,
    url: Url,
    interpreter: Arc<Interpreter>,
    whole_traces: WholeTraces,
    inline: Option<Inline>,
    clock: Clock,
}

impl Webhook {
    /// # Errors
    /// When the client cannot be made of what is configured, or `url` is no address.
    pub fn new(
        config: &DestinationConfig,
        interpreter: Arc<Interpreter>,
        whole_traces: WholeTraces,
        inline: Option<Inline>,
        clock: Clock,
    ) -> Result<Self, Error> {
        let (way, url) = (otlp::way(config, false)?, otlp::base_url(config)?);
        Ok(Self { way, url, interpreter, whole_traces, inline, clock })
    }

    async fn post(&self, body: Bytes) -> Answer {
        match self.way.post(&self.url, JSON, body).await {
            Ok(reply) => answer(&reply),
            Err(answer) => answer,
        }
    }
}

impl Kind for Webhook {
    async fn prepare(&self, selected: &mut [Selected]) {
        facts::read_all(&self.interpreter, selected);
        self.whole_traces.complete(selected).await;
    }

    fn loaded(&self) -> Option<watch::Receiver<Cursor>> {
        Some(self.whole_traces.loaded())
    }

    fn pack(&self, selected: &Selected) -> Vec<Item> {
        let read;
        let known = match &selected.known {
            Some(known) => known,
            None => {
                read = facts::read(&self.interpreter, selected);
                &read
            }
        };
        let group: Arc<str> = "items".into();
        let mut ordinals = selected.ordinals.iter();
        record::objects(known, selected)
            .into_iter()
            .zip(0..)
            .map(|((object, span), index)| {
                let body = Bytes::from(object.to_string());
                let grows = if self.inline.is_some() { growth(&body) } else { 0 };
                let ordinal = ordinals.next().copied().unwrap_or(u32::MAX);
                Item { index, ordinal, records: 1, group: Arc::clone(&group), body, grows, span }
            })
            .collect()
    }

    fn smaller(&self, item: &Item, fault: Fault) -> Vec<Item> {
        if fault == Fault::TooLarge && item.grows > 0 {
            return vec![Item { grows: 0, ..item.clone() }];
        }
        let Ok(mut object) = serde_json::from_slice(&item.body) else { return Vec::new() };
        if fault != Fault::TooLarge || shorten_json(&mut object, item.body.len() / 2) == 0 {
            return Vec::new();
        }
        vec![Item { body: object.to_string().into(), ..item.clone() }]
    }

    async fn send(&self, items: &[Item]) -> Answer {
        let bodies: Vec<Bytes> = items
            .iter()
            .map(|item| match &self.inline {
                Some(inline) if item.grows > 0 => inline.fill_text(item),
                _ => item.body.clone(),
            })
            .collect();
        self.post(batch(bodies.iter())).await
    }

    async fn probe(&self) -> Result<(), Refused> {
        probed(self.post(batch([].into_iter())).await)
    }

    async fn test(&self) -> Answer {
        let text = "Tracemeter was asked to send a test";
        let object = json!({"signal": "test", "time": self.clock.now().to_string(), "message": text});
        self.post(batch([&object.to_string().into()].into_iter())).await
    }
}

fn batch<'a>(objects: impl Iterator<Item = &'a Bytes>) -> Bytes {
    let mut body = BytesMut::from(BEFORE);
    for (index, object) in objects.enumerate() {
        if index > 0 {
            body.put_u8(b',');
        }
        body.put_slice(object);
    }
    body.put_slice(AFTER);
    body.freeze()
}

fn answer(reply: &Reply) -> Answer {
    if reply.is_success() { Answer::Delivered } else { reply.failure(&String::from_utf8_lossy(&reply.body)) }
}

#[cfg(test)]
mod tests;
