//! All kinds of destinations as one, so that the loop exists once.

use std::sync::Arc;

use super::Surroundings;
use super::facts::WholeTraces;
use super::http;
use super::item::{Answer, Fault, Item, Kind, Refused, Selected};
use super::splunk_hec::SplunkHec;
use crate::config::{DestinationConfig, DestinationKind};

pub(super) enum Kinds {
    Splunk(Box<SplunkHec>),
}

impl Kinds {
    /// # Errors
    /// When a certificate or a header cannot be used.
    pub(super) fn new(config: &DestinationConfig, around: &Surroundings) -> Result<Self, http::Error> {
        match config.kind {
            DestinationKind::SplunkHec => {
                let whole_traces = WholeTraces::new(around.analytics.clone(), config);
                let interpreter = Arc::clone(&around.interpreter);
                let kind = SplunkHec::new(config, interpreter, Some(whole_traces), around.clock.clone())?;
                Ok(Self::Splunk(Box::new(kind)))
            }
            other => Err(http::Error::Kind(other.as_str())),
        }
    }
}

impl Kind for Kinds {
    async fn prepare(&self, selected: &mut Selected) {
        match self {
            Self::Splunk(kind) => kind.prepare(selected).await,
        }
    }

    fn pack(&self, selected: &Selected) -> Vec<Item> {
        match self {
            Self::Splunk(kind) => kind.pack(selected),
        }
    }

    fn smaller(&self, item: &Item, fault: Fault) -> Vec<Item> {
        match self {
            Self::Splunk(kind) => kind.smaller(item, fault),
        }
    }

    async fn send(&self, items: &[Item]) -> Answer {
        match self {
            Self::Splunk(kind) => kind.send(items).await,
        }
    }

    async fn probe(&self) -> Result<(), Refused> {
        match self {
            Self::Splunk(kind) => kind.probe().await,
        }
    }

    async fn test(&self) -> Answer {
        match self {
            Self::Splunk(kind) => kind.test().await,
        }
    }
}
