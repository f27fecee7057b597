//! `[receive]`: where clients send to and how much we take at once.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::receive_listener::{ListenerConfig, ResourceAction, faults_of};

/// Both listeners answer OTLP/gRPC and OTLP/HTTP: mixing the ports up is the commonest user mistake.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReceiveConfig {
    /// Default `127.0.0.1:4317`. Port 0 takes any free port.
    pub grpc: SocketAddr,
    /// Default `127.0.0.1:4318`. Port 0 takes any free port.
    pub http: SocketAddr,
    /// Largest request in bytes, before and after decompression. Default 64 MiB, as the OTLP specification recommends.
    pub max_request_bytes: usize,
    /// Bytes of requests that may be in work at once; beyond it clients are told to come back. Default 128 MiB.
    pub max_inflight_bytes: usize,
    /// `true`: no key is asked for, wherever the ports listen and whether keys were made or not.
    pub allow_without_key: bool,
    /// What is changed in the resources of everything that is received.
    pub resource: Vec<ResourceAction>,
    /// Further ports.
    pub listener: Vec<ListenerConfig>,
}

impl Default for ReceiveConfig {
    fn default() -> Self {
        Self {
            grpc: SocketAddr::from(([127, 0, 0, 1], 4317)),
            http: SocketAddr::from(([127, 0, 0, 1], 4318)),
            max_request_bytes: 64 << 20,
            max_inflight_bytes: 128 << 20,
            allow_without_key: false,
            resource: Vec::new(),
            listener: Vec::new(),
        }
    }
}

impl ReceiveConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let further = self.listener.iter().map(|listener| ("receive.listener", listener.listen));
        let all: Vec<_> =
            [("receive.grpc", self.grpc), ("receive.http", self.http)].into_iter().chain(further).collect();
        for (index, (key, address)) in all.iter().copied().enumerate() {
            if address.port() != 0 && all[..index].iter().any(|(_, other)| *other == address) {
                faults.push((key, format!("{address} is listened on already: give each listener its own port")));
            }
        }
        faults.extend(faults_of(&self.resource).into_iter().map(|fault| ("receive.resource", fault)));
        for (place, listener) in self.listener.iter().enumerate() {
            faults.extend(listener.faults(place).into_iter().map(|fault| ("receive.listener", fault)));
        }
        if !(1024..=1 << 30).contains(&self.max_request_bytes) {
            faults.push((
                "receive.max_request_bytes",
                format!("{} must be between 1024 (1 KiB) and 1073741824 (1 GiB)", self.max_request_bytes),
            ));
        }
        if self.max_inflight_bytes < self.max_request_bytes {
            faults.push((
                "receive.max_inflight_bytes",
                format!(
                    "{} is less than receive.max_request_bytes ({}), so the largest request could never be taken: raise it",
                    self.max_inflight_bytes, self.max_request_bytes
                ),
            ));
        }
        faults
    }
}
