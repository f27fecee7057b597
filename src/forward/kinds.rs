//! All kinds of destinations as one, so that the loop exists once.

use super::Surroundings;
use super::http;
use super::item::{Answer, Fault, Item, Kind, Refused, Selected};
use crate::config::DestinationConfig;

pub(super) enum Kinds {}

impl Kinds {
    /// # Errors
    /// When a certificate or a header cannot be used.
    pub(super) fn new(config: &DestinationConfig, _around: &Surroundings) -> Result<Self, http::Error> {
        http::client(config, false)?;
        http::Headers::new(config, "Bearer")?;
        Err(http::Error::Kind(config.kind.as_str()))
    }
}

impl Kind for Kinds {
    fn pack(&self, _: &Selected) -> Vec<Item> {
        match *self {}
    }

    fn smaller(&self, _: &Item, _: Fault) -> Vec<Item> {
        match *self {}
    }

    async fn send(&self, _: &[Item]) -> Answer {
        match *self {}
    }

    async fn probe(&self) -> Result<(), Refused> {
        match *self {}
    }

    async fn test(&self) -> Answer {
        match *self {}
    }
}
