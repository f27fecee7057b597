//! A provider of models: keeps what it gets, and answers as it is told, piece by piece if need be.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tracemeter::receive::serve;

use super::PATIENCE;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Got {
    pub method: Method,
    /// With the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What to answer to one request.
pub enum Reply {
    Whole(u16, Vec<(&'static str, String)>, Bytes),
    /// As the sender of [`Reply::pieces`] says.
    Pieces(Vec<(&'static str, String)>, mpsc::Receiver<io::Result<Bytes>>),
    /// Nothing, ever.
    Hang,
}

/// Hands an answer on piece by piece; a piece is taken when the one before it went to the network. An error breaks the
/// connection. [`mpsc::Sender::closed`] returns when nobody reads the answer any more.
pub type Pieces = mpsc::Sender<io::Result<Bytes>>;

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::whole(status, "application/json", body.to_string())
    }

    pub fn whole(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::Whole(status, vec![("content-type", content_type.to_owned())], body.into())
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Whole(_, headers, _) | Self::Pieces(headers, _) = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    pub fn pieces(content_type: &str) -> (Self, Pieces) {
        let (sender, receiver) = mpsc::channel(1);
        (Self::Pieces(vec![("content-type", content_type.to_owned())], receiver), sender)
    }
}

#[derive(Clone)]
pub struct Provider {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    got: Mutex<Vec<Got>>,
    replies: Mutex<VecDeque<Reply>>,
    _stop: watch::Sender<bool>,
}

impl Provider {
    /// Answers requests with `replies` in turn, and 418 after that.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = watch::channel(false);
        let replies = Mutex::new(replies.into_iter().collect());
        let shared = Arc::new(Shared { got: Mutex::default(), replies, _stop: stop });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(serve(listener, router, stopped, Duration::ZERO, None));
        Self { address, shared }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn got(&self) -> Vec<Got> {
        self.shared.got.lock().expect("not poisoned").clone()
    }

    /// Waits until so many requests have come.
    pub async fn until(&self, count: usize) -> Vec<Got> {
        let started = tokio::time::Instant::now();
        loop {
            let got = self.got();
            if got.len() >= count {
                return got;
            }
            assert!(started.elapsed() < PATIENCE, "{} requests came, not {count}", got.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // What breaks off is no request.
    let Ok(body) = body.collect().await else { return Response::default() };
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let got = Got { method: parts.method, path, headers: parts.headers, body: body.to_bytes() };
    shared.got.lock().expect("not poisoned").push(got);
    let next = shared.replies.lock().expect("not poisoned").pop_front();
    let (status, headers, body) = match next {
        None => (418, Vec::new(), Body::empty()),
        Some(Reply::Hang) => std::future::pending().await,
        Some(Reply::Whole(status, headers, body)) => (status, headers, Body::from(body)),
        Some(Reply::Pieces(headers, receiver)) => {
            let pieces = futures_util::stream::unfold(receiver, async |mut receiver| {
                let piece = receiver.recv().await?;
                Some((piece, receiver))
            });
            (200, headers, Body::from_stream(pieces))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    for (name, value) in headers {
        response.headers_mut().append(name, value.parse().expect("a value"));
    }
    response
}
