//! `[receive]`: where clients send to and how much we take at once.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

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
    /// Must be `true` to listen on an address other than loopback while there are no ingest keys.
    pub allow_without_key: bool,
}

impl Default for ReceiveConfig {
    fn default() -> Self {
        Self {
            grpc: SocketAddr::from(([127, 0, 0, 1], 4317)),
            http: SocketAddr::from(([127, 0, 0, 1], 4318)),
            max_request_bytes: 64 << 20,
            max_inflight_bytes: 128 << 20,
            allow_without_key: false,
        }
    }
}

impl ReceiveConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        for (key, address) in [("receive.grpc", self.grpc), ("receive.http", self.http)] {
            if !address.ip().is_loopback() && !self.allow_without_key {
                faults.push((
                    key,
                    format!(
                        "{address} is reachable from other machines and no key is asked for: listen on 127.0.0.1, or \
                         set receive.allow_without_key = true if everyone on that network may send"
                    ),
                ));
            }
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
