//! Serves a router on a listener: HTTP/1.1 and HTTP/2 without TLS on the same port, with limits and an orderly end.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::Service as _;

use super::tls::{self, Inside};
use crate::arrivals::{Arrivals, Way};

/// Longest wait for a request's head. Metrics come once a minute, so a connection may rest a little longer than that.
const HEAD_PATIENCE: Duration = Duration::from_secs(75);

/// Connections served at once; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 4096;

/// Clients whose TLS attempts were explained already.
const REMEMBERED_CLIENTS: usize = 256;

/// First byte of a TLS handshake record; no HTTP request starts with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// Accepts connections until `stop` turns true (or its sender is gone), then lets requests in flight finish
/// for at most `drain`. Handlers find the client's address as `ConnectInfo<SocketAddr>`. Who tries TLS is told to `arrivals`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: watch::Receiver<bool>,
    drain: Duration,
    arrivals: Option<Arrivals>,
) {
    let explained = Arc::new(TlsExplained { arrivals, ..TlsExplained::default() });
    let builder = Arc::new(builder());
    let mut connections = JoinSet::new();
    let mut stopping = stop.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => accepted,
            Some(_) = connections.join_next() => continue,
            () = stopped(&mut stopping) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = Connection {
                    builder: Arc::clone(&builder),
                    router: router.clone(),
                    explained: Arc::clone(&explained),
                    stop: stop.clone(),
                    peer,
                };
                connections.spawn(connection.run(stream));
            }
            Err(error) => {
                // Out of file descriptors, mostly: it passes when connections close.
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(drain, finish).await.is_err() {
        tracing::warn!(connections = connections.len(), "cut off connections that did not finish in time");
        connections.shutdown().await;
    }
}

/// Returns when it is time to stop. A sender that is gone can never say so, which is the end as well.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE);
    // Exporters pipeline: throughput is bytes in flight per round trip, so windows hold several batches.
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(2 << 20)
        .initial_connection_window_size(16 << 20)
        .max_concurrent_streams(1024)
        .max_frame_size(256 << 10)
        .max_header_list_size(64 << 10)
        .keep_alive_interval(Duration::from_secs(60))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

struct Connection {
    builder: Arc<Builder<TokioExecutor>>,
    router: Router,
    explained: Arc<TlsExplained>,
    stop: watch::Receiver<bool>,
    peer: SocketAddr,
}

impl Connection {
    async fn run(mut self, stream: TcpStream) {
        let mut first = [0];
        let peeked = tokio::select! {
            peeked = tokio::time::timeout(HEAD_PATIENCE, stream.peek(&mut first)) => peeked,
            () = stopped(&mut self.stop) => return,
        };
        match peeked {
            Ok(Ok(1)) if first[0] == TLS_HANDSHAKE => {
                let inside = tls::turn_away(stream).await;
                return self.explained.explain(self.peer.ip(), inside);
            }
            Ok(Ok(1..)) => {}
            // Closed, broken, or silent for too long.
            _ => return,
        }
        // A failure costs a little latency and nothing else.
        let _ = stream.set_nodelay(true);
        let (peer, router) = (self.peer, self.router);
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().call(request)
        });
        let serving = self.builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(serving);
        let ended = tokio::select! {
            ended = serving.as_mut() => ended,
            () = stopped(&mut self.stop) => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "a connection ended early");
        }
    }
}

/// Tells once per client that we speak no TLS; exporters retry for ever, and the log is for people.
#[derive(Debug, Default)]
struct TlsExplained {
    clients: Mutex<HashSet<IpAddr>>,
    arrivals: Option<Arrivals>,
}

impl TlsExplained {
    fn explain(&self, client: IpAddr, inside: Inside) {
        let (protocol, remedy) = match inside {
            Inside::Grpc => ("grpc", "set OTEL_EXPORTER_OTLP_INSECURE=true, or write http:// before the address"),
            Inside::Http => ("http", "write http://, not https://"),
        };
        if let Some(arrivals) = &self.arrivals {
            let way = Way { client, protocol, signal: "unknown" };
            arrivals.refused(way, "tls", format!("TLS was tried on a port that speaks plain {protocol}: {remedy}"));
        }
        if self.is_first(client) {
            tracing::warn!(
                %client,
                protocol,
                "{client} speaks TLS to a plain port: {remedy}; or put a proxy with TLS in between"
            );
        }
    }

    /// Also `false` when too many are remembered already.
    fn is_first(&self, client: IpAddr) -> bool {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.len() < REMEMBERED_CLIENTS && clients.insert(client)
    }
}

#[cfg(test)]
mod tests;
