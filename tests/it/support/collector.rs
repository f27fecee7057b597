//! A collector that keeps the bytes it gets, and answers as it is told: OTLP over HTTP and gRPC, and JSON.

use std::collections::VecDeque;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracemeter::receive::serve;

use super::PATIENCE;

/// A request as it came, without its compression.
#[derive(Debug, Clone)]
pub struct Got {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What to answer to one request that has a body.
#[derive(Debug, Clone)]
pub enum Reply {
    /// An HTTP status with headers and a body.
    Http(u16, Vec<(&'static str, String)>, Bytes),
    /// A gRPC status with its message and headers of the trailers.
    Grpc(i32, &'static str, Vec<(&'static str, String)>),
    /// Nothing, ever.
    Hang,
    /// The connection breaks.
    Reset,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self::Http(status, Vec::new(), Bytes::new())
    }
}

#[derive(Clone)]
pub struct Collector {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    got: Mutex<Vec<Got>>,
    replies: Mutex<VecDeque<Reply>>,
    /// Refuses what is larger, before its compression.
    most: Mutex<usize>,
    /// Answers so what has this text in it.
    bad: Mutex<Option<(&'static str, Reply)>>,
    _stop: watch::Sender<bool>,
}

impl Collector {
    /// Answers requests with `replies` in turn, and success after that. Requests without records are answered with
    /// success and not kept.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared {
            got: Mutex::default(),
            replies: Mutex::new(replies.into_iter().collect()),
            most: Mutex::new(usize::MAX),
            bad: Mutex::default(),
            _stop: stop,
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(serve(listener, router, stopped, Duration::ZERO, None));
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn refuse_above(&self, bytes: usize) {
        *self.shared.most.lock().expect("not poisoned") = bytes;
    }

    /// Answers with `reply` what has `text` in it.
    pub fn refuse_with(&self, text: &'static str, reply: Reply) {
        *self.shared.bad.lock().expect("not poisoned") = Some((text, reply));
    }

    /// Everything so far, also what was refused.
    pub fn got(&self) -> Vec<Got> {
        self.shared.got.lock().expect("not poisoned").clone()
    }

    /// Waits until `done` holds for what has come.
    pub async fn until(&self, done: impl Fn(&[Got]) -> bool) -> Vec<Got> {
        let started = tokio::time::Instant::now();
        loop {
            let got = self.got();
            if done(&got) {
                return got;
            }
            assert!(started.elapsed() < PATIENCE, "what was expected never came; {} requests did", got.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let is_grpc = parts.headers.get("content-type").is_some_and(|value| value == "application/grpc");
    if !is_grpc && parts.headers.get("content-length").is_none() {
        return said(Reply::status(411), is_grpc).await;
    }
    let mut body = body.collect().await.expect("a whole body").to_bytes();
    let mut compressed = parts.headers.get("content-encoding").is_some_and(|value| value == "gzip");
    if is_grpc {
        compressed = body[0] == 1;
        assert_eq!(u32::from_be_bytes(body[1..5].try_into().expect("four bytes")) as usize, body.len() - 5);
        assert!(!compressed || parts.headers["grpc-encoding"] == "gzip");
        body = body.slice(5..);
    }
    if compressed {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain).expect("gzip");
        body = plain.into();
    }
    let success = if is_grpc { Reply::Grpc(0, "", Vec::new()) } else { Reply::status(200) };
    if body.is_empty() || body == r#"{"items":[]}"# {
        return said(success, is_grpc).await;
    }
    let length = body.len();
    let bad = shared.bad.lock().expect("not poisoned").clone();
    let bad = bad.filter(|(text, _)| body.windows(text.len()).any(|part| part == text.as_bytes()));
    shared.got.lock().expect("not poisoned").push(Got { path: parts.uri.path().into(), headers: parts.headers, body });
    if length > *shared.most.lock().expect("not poisoned") {
        let refusal = if is_grpc { Reply::Grpc(8, "message larger than max", Vec::new()) } else { Reply::status(413) };
        return said(refusal, is_grpc).await;
    }
    if let Some((_, reply)) = bad {
        return said(reply, is_grpc).await;
    }
    let next = shared.replies.lock().expect("not poisoned").pop_front();
    said(next.unwrap_or(success), is_grpc).await
}

async fn said(reply: Reply, is_grpc: bool) -> Response {
    match reply {
        Reply::Hang => std::future::pending().await,
        // hyper drops the connection when a body fails.
        Reply::Reset => Response::new(Body::from_stream(futures_util::stream::once(async {
            Err::<Bytes, _>(std::io::Error::other("reset"))
        }))),
        Reply::Http(status, headers, body) => {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().expect("a value"));
            }
            response
        }
        Reply::Grpc(code, message, headers) => {
            assert!(is_grpc, "told to answer gRPC to HTTP");
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", code.to_string().parse().expect("a number"));
            trailers.insert("grpc-message", HeaderValue::from_static(message));
            for (name, value) in headers {
                trailers.insert(name, value.parse().expect("a value"));
            }
            let mut frame = BytesMut::new();
            if code == 0 {
                frame.put_slice(&[0; 5]);
            }
            let body = Full::new(frame.freeze()).with_trailers(std::future::ready(Some(Ok(trailers))));
            let mut response = Response::new(Body::new(body));
            response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
            response
        }
    }
}
