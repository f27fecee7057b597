//! One connection that sends finished requests and waits for each answer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::{Buf as _, BufMut as _, Bytes};
use clap::ValueEnum;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

/// Patience with a single answer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Where an ingest key stands.
const KEY_HEADER: &str = "x-api-key";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    Http,
    Grpc,
}

impl Protocol {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
        }
    }
}

/// What the server said to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is on the disk.
    Acknowledged,
    /// Overload: to be sent again after this time.
    Later(Duration),
}

#[derive(Debug)]
pub enum Connection {
    Http(HttpConnection),
    Grpc(Box<GrpcConnection>),
}

impl Connection {
    /// # Errors
    /// When nobody listens at `address`, or `key` cannot stand in a header.
    pub fn open(protocol: Protocol, address: SocketAddr, key: Option<&str>) -> anyhow::Result<Self> {
        let key: Option<AsciiMetadataValue> = key.map(str::parse).transpose()?;
        Ok(match protocol {
            Protocol::Http => Self::Http(HttpConnection::open(address, key)?),
            Protocol::Grpc => Self::Grpc(Box::new(GrpcConnection::open(address, key)?)),
        })
    }

    /// Sends one `ExportTraceServiceRequest`.
    ///
    /// # Errors
    /// When the answer is a final refusal, only partial success, or none at all.
    pub fn send(&mut self, body: &[u8]) -> anyhow::Result<Answer> {
        match self {
            Self::Http(connection) => connection.send(body),
            Self::Grpc(connection) => connection.send(body),
        }
    }
}

/// HTTP/1.1 with keep-alive, written out by hand because a client library would cost more CPU than the server.
#[derive(Debug)]
pub struct HttpConnection {
    stream: BufReader<TcpStream>,
    head: String,
}

impl HttpConnection {
    fn open(address: SocketAddr, key: Option<AsciiMetadataValue>) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let key = key.as_ref().and_then(|key| key.to_str().ok()).map(|key| format!("{KEY_HEADER}: {key}\r\n"));
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-protobuf\r\n{}content-length: ",
            key.unwrap_or_default()
        );
        Ok(Self { stream: BufReader::new(stream), head })
    }

    fn send(&mut self, body: &[u8]) -> anyhow::Result<Answer> {
        let head = format!("{}{}\r\n\r\n", self.head, body.len());
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status: u16 = line.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no HTTP answer")?;
        let (mut length, mut wait) = (0, 1);
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name {
                "content-length" => length = value.trim().parse()?,
                "retry-after" => wait = value.trim().parse()?,
                _ => {}
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        match status {
            200 if answer.is_empty() => Ok(Answer::Acknowledged),
            200 => bail!("partial success: {}", String::from_utf8_lossy(&answer)),
            429 | 503 => Ok(Answer::Later(Duration::from_secs(wait))),
            _ => bail!("HTTP status {status}: {}", String::from_utf8_lossy(&answer)),
        }
    }
}

/// tonic's client with a runtime of its own.
#[derive(Debug)]
pub struct GrpcConnection {
    runtime: tokio::runtime::Runtime,
    client: tonic::client::Grpc<Channel>,
    key: Option<AsciiMetadataValue>,
}

impl GrpcConnection {
    fn open(address: SocketAddr, key: Option<AsciiMetadataValue>) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?.timeout(TIMEOUT);
        let channel = runtime.block_on(endpoint.connect())?;
        Ok(Self { runtime, client: tonic::client::Grpc::new(channel), key })
    }

    fn send(&mut self, body: &[u8]) -> anyhow::Result<Answer> {
        let path = PathAndQuery::from_static("/opentelemetry.proto.collector.trace.v1.TraceService/Export");
        let mut message = tonic::Request::new(Bytes::copy_from_slice(body));
        if let Some(key) = &self.key {
            message.metadata_mut().insert(KEY_HEADER, key.clone());
        }
        let client = &mut self.client;
        let answered = self.runtime.block_on(async {
            client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
            client.unary(message, path, Finished).await
        });
        match answered {
            Ok(answer) if answer.get_ref().is_empty() => Ok(Answer::Acknowledged),
            Ok(_) => bail!("partial success"),
            Err(status) if matches!(status.code(), Code::Unavailable | Code::ResourceExhausted) => {
                Ok(Answer::Later(Duration::from_secs(1)))
            }
            Err(status) => bail!("gRPC status {status}"),
        }
    }
}

/// Messages that are encoded already.
#[derive(Debug, Clone, Copy)]
struct Finished;

impl Codec for Finished {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Finished {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(item);
        Ok(())
    }
}

impl Decoder for Finished {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// GET of JSON on a connection of its own.
///
/// # Errors
/// When the answer is not 200 with JSON.
pub fn get(address: SocketAddr, path: &str) -> anyhow::Result<serde_json::Value> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    // HTTP/1.0: the body ends with the connection.
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").with_context(|| format!("no HTTP answer to {path}"))?;
    if head.split(' ').nth(1) != Some("200") {
        bail!("{path}: {}: {body}", head.lines().next().unwrap_or_default());
    }
    serde_json::from_str(body).with_context(|| format!("{path} did not answer JSON"))
}
