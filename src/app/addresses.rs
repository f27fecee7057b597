//! Where we listen, and under which address others reach us.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::api;
use crate::config::Config;

/// Where we listen; written to `<data_dir>/run/addresses.json`, because port 0 means any port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    pub grpc: SocketAddr,
    pub http: SocketAddr,
    pub web: SocketAddr,
    /// Those of `[[receive.listener]]`, in order.
    #[serde(default)]
    pub listeners: Vec<SocketAddr>,
    /// Where model calls are passed on, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<SocketAddr>,
}

impl Addresses {
    /// The addresses of the server that uses `data_dir`, if it has written any.
    pub fn read(data_dir: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(data_dir.join("run/addresses.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    pub(super) fn otlp(&self) -> api::Addresses {
        api::Addresses { grpc: self.grpc, http: self.http, listeners: self.listeners.clone() }
    }

    pub(super) fn write(&self, data_dir: &Path) -> anyhow::Result<()> {
        let path = data_dir.join("run/addresses.json");
        let text = serde_json::to_string(self).context("while writing the addresses")?;
        // Whole or not at all: scripts poll for this file.
        let draft = path.with_extension("json.new");
        std::fs::write(&draft, text)
            .and_then(|()| std::fs::rename(&draft, &path))
            .with_context(|| format!("while writing {}", path.display()))
    }
}

/// What others call this machine that listens at `listener`: its address on the way to them where it listens on all.
pub fn reached_as(listener: IpAddr) -> String {
    let address = if listener.is_unspecified() { outward() } else { Some(listener) };
    match address {
        Some(IpAddr::V6(address)) => format!("[{address}]"),
        Some(address) => address.to_string(),
        None => "localhost".to_owned(),
    }
}

/// The address of this machine on the way to others. Connecting a datagram socket sends nothing; the address asked
/// about is of those for documentation (RFC 5737), so it is nobody's.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    socket.connect(("192.0.2.1", 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified()).then_some(ip)
}

/// OTLP over gRPC and HTTP, the web, and further ports for OTLP.
pub(super) async fn listen(config: &Config) -> anyhow::Result<(Addresses, [TcpListener; 3], Vec<TcpListener>)> {
    let grpc = bind("receive.grpc", config.receive.grpc).await?;
    let http = bind("receive.http", config.receive.http).await?;
    let web = bind("web.listen", config.web.listen).await?;
    let (mut further, mut listeners) = (Vec::new(), Vec::new());
    for listener in &config.receive.listener {
        let bound = bind("receive.listener", listener.listen).await?;
        listeners.push(bound.local_addr()?);
        further.push(bound);
    }
    let (grpc_at, http_at, web_at) = (grpc.local_addr()?, http.local_addr()?, web.local_addr()?);
    let addresses = Addresses { grpc: grpc_at, http: http_at, web: web_at, listeners, relay: None };
    Ok((addresses, [grpc, http, web], further))
}

pub(super) async fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address} ({key}): stop what uses that port, or set {key} to another one")
    })
}
