//! A HEC collector that takes everything.

use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use flate2::read::GzDecoder;

/// Stands once in every event of a span.
const MARK: &str = r#""sourcetype":"tracemeter:span""#;

/// It ends with the process.
#[derive(Debug)]
pub struct Sink {
    pub address: SocketAddr,
    spans: Option<Arc<AtomicU64>>,
}

impl Sink {
    /// Listens at `address`, on a free port where it says 0. `counts`: looks into bodies for spans; otherwise it costs
    /// next to nothing.
    ///
    /// # Errors
    /// When the address is taken.
    pub fn start(address: SocketAddr, counts: bool) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
        let address = listener.local_addr()?;
        let spans = counts.then(Arc::<AtomicU64>::default);
        let counter = spans.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counter = counter.clone();
                // It ends with its client.
                std::thread::spawn(move || swallow(stream, counter.as_deref()));
            }
        });
        Ok(Self { address, spans })
    }

    /// An address where nobody listens, and where a sink may listen later.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn nobody() -> anyhow::Result<SocketAddr> {
        Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
    }

    /// Spans that came, each as often as it came.
    pub fn spans(&self) -> u64 {
        self.spans.as_ref().map_or(0, |spans| spans.load(Ordering::Relaxed))
    }
}

fn swallow(mut stream: TcpStream, counter: Option<&AtomicU64>) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            match stream.read(&mut piece)? {
                0 => return Ok(()),
                count => buffer.extend_from_slice(&piece[..count]),
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let length: usize = length.unwrap_or(0);
        buffer.drain(..end);
        while buffer.len() < length {
            let most = (length - buffer.len()).min(piece.len());
            match stream.read(&mut piece[..most])? {
                0 => return Ok(()),
                count if counter.is_some() => buffer.extend_from_slice(&piece[..count]),
                // Only the length matters.
                count => buffer.resize(buffer.len() + count, 0),
            }
        }
        if let Some(counter) = counter {
            counter.fetch_add(spans_in(&buffer[..length], head.contains("content-encoding: gzip"))?, Ordering::Relaxed);
        }
        buffer.drain(..length);
        let code = if head.starts_with("get") { 17 } else { 0 };
        let body = format!("{{\"text\":\"Success\",\"code\":{code}}}");
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}

fn spans_in(body: &[u8], gzip: bool) -> std::io::Result<u64> {
    let mut text = Vec::new();
    if gzip {
        GzDecoder::new(body).read_to_end(&mut text)?;
    } else {
        text.extend_from_slice(body);
    }
    let found = String::from_utf8_lossy(&text).matches(MARK).count();
    Ok(found as u64)
}
