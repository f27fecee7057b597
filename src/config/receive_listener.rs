//! `[[receive.listener]]` and `[[receive.resource]]`: further ports for some signals, and what is changed in resources.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::model::Signal;

/// A further port that takes OTLP over gRPC and HTTP: upstream routers give each signal its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerConfig {
    /// `host:port`. Port 0 takes any free port, told in `addresses.json`.
    pub listen: SocketAddr,
    /// What it takes; the others are refused. Default: all three.
    #[serde(default = "all")]
    pub signals: Vec<Signal>,
    /// What is changed in the resources of what comes here, after what holds for all.
    #[serde(default)]
    pub resource: Vec<ResourceAction>,
}

/// One change of a resource attribute. They are done in order, before anything is redacted or stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "action", rename_all = "snake_case")]
pub enum ResourceAction {
    /// Gives `key` this value, whatever it had.
    Set { key: String, value: String },
    /// Gives `key` this value where it is missing or an empty text.
    SetIfMissing { key: String, value: String },
    /// Calls `key` by another name, in place of what had that name.
    Rename { key: String, to: String },
    /// Takes `key` away; `*` stands for any run of characters.
    Remove { key: String },
}

fn all() -> Vec<Signal> {
    Signal::ALL.to_vec()
}

impl ListenerConfig {
    pub(super) fn faults(&self, place: usize) -> Vec<String> {
        let mut faults = Vec::new();
        if self.signals.is_empty() {
            faults.push(format!(
                "listener {} ({}) takes no signals, so everything would be refused: name traces, logs or metrics, or \
                 leave signals out",
                place + 1,
                self.listen
            ));
        }
        faults.extend(faults_of(&self.resource).into_iter().map(|fault| format!("listener {}: {fault}", place + 1)));
        faults
    }
}

pub(super) fn faults_of(actions: &[ResourceAction]) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, action) in actions.iter().enumerate() {
        let place = index + 1;
        let (key, to) = match action {
            ResourceAction::Rename { key, to } => (key, Some(to)),
            ResourceAction::Set { key, .. }
            | ResourceAction::SetIfMissing { key, .. }
            | ResourceAction::Remove { key } => (key, None),
        };
        if key.trim().is_empty() || to.is_some_and(|to| to.trim().is_empty()) {
            faults.push(format!("resource action {place} names no attribute: give key, and to where it is renamed"));
        }
        if to == Some(key) {
            faults.push(format!("resource action {place} renames {key:?} to itself: give another name in to"));
        }
    }
    faults
}
