//! All kinds of destinations as one, so that the loop exists once.

use tokio::sync::watch;

use super::Surroundings;
use super::facts::WholeTraces;
use super::http;
use super::inline::Inline;
use super::item::{Answer, Fault, Item, Kind, Refused, Selected};
use super::otlp::Otlp;
use super::splunk_hec::SplunkHec;
use super::webhook::Webhook;
use crate::config::{DestinationConfig, DestinationKind};
use crate::journal::Cursor;

pub(super) enum Kinds {
    Splunk(Box<SplunkHec>),
    Otlp(Otlp),
    Webhook(Webhook),
}

impl Kinds {
    /// # Errors
    /// When a certificate or a header cannot be used, or `url` is no address.
    pub(super) fn new(config: &DestinationConfig, around: &Surroundings) -> Result<Self, http::Error> {
        let (interpreter, clock) = (around.interpreter.clone(), around.clock.clone());
        let whole_traces = WholeTraces::new(around.analytics.clone(), config);
        let inline = Inline::of(config, &around.media);
        Ok(match config.kind {
            DestinationKind::OtlpHttp | DestinationKind::OtlpGrpc => Self::Otlp(Otlp::new(config, inline, clock)?),
            DestinationKind::Webhook => Self::Webhook(Webhook::new(config, interpreter, whole_traces, inline, clock)?),
            DestinationKind::SplunkHec => {
                Self::Splunk(Box::new(SplunkHec::new(config, interpreter, Some(whole_traces), clock)?))
            }
        })
    }
}

/// The same with whichever it is.
macro_rules! each {
    ($kinds:expr, $kind:ident => $done:expr) => {
        match $kinds {
            Kinds::Splunk($kind) => $done,
            Kinds::Otlp($kind) => $done,
            Kinds::Webhook($kind) => $done,
        }
    };
}

impl Kind for Kinds {
    async fn prepare(&self, selected: &mut [Selected]) {
        each!(self, kind => kind.prepare(selected).await)
    }

    fn loaded(&self) -> Option<watch::Receiver<Cursor>> {
        each!(self, kind => kind.loaded())
    }

    fn pack(&self, selected: &Selected) -> Vec<Item> {
        each!(self, kind => kind.pack(selected))
    }

    fn smaller(&self, item: &Item, fault: Fault) -> Vec<Item> {
        each!(self, kind => kind.smaller(item, fault))
    }

    async fn send(&self, items: &[Item]) -> Answer {
        each!(self, kind => kind.send(items).await)
    }

    async fn probe(&self) -> Result<(), Refused> {
        each!(self, kind => kind.probe().await)
    }

    fn note(&self) -> Option<String> {
        each!(self, kind => kind.note())
    }

    async fn test(&self) -> Answer {
        each!(self, kind => kind.test().await)
    }
}
