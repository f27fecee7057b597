//! As much of HTTP/1.1 as a client with content lengths needs, close enough to the socket to break it.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::answers::{Answer, page};
use super::envelope::objects;
use super::{Fault, Oversize, Seen, State};

type Shared = Arc<Mutex<State>>;

pub async fn serve(listener: std::net::TcpListener, state: Shared, mut stop: oneshot::Receiver<()>) {
    let listener = TcpListener::from_std(listener).expect("a socket");
    loop {
        tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    let state = Arc::clone(&state);
                    tokio::spawn(async move {
                        // A connection that breaks is the client's affair.
                        let _broken = connection(stream, &state).await;
                    });
                }
            }
        }
    }
}

struct Head {
    method: String,
    path: String,
    headers: HashMap<String, String>,
}

/// Requests on one connection until either side ends it.
async fn connection(mut stream: TcpStream, state: &Shared) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(head) = read_head(&mut stream, &mut buffer).await? {
        let began = Instant::now();
        let is_events = head.method == "POST" && is_event_path(&head.path);
        let fault = if is_events { lock(state).schedule.pop_front().unwrap_or(Fault::None) } else { Fault::None };
        let length: usize = head.headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        if fault == Fault::ResetBefore {
            read_to(&mut stream, &mut buffer, length / 2).await?;
            return reset(stream);
        }
        read_to(&mut stream, &mut buffer, length).await?;
        let body: Vec<u8> = buffer.drain(..length).collect();
        if let Fault::Slow(milliseconds) = fault {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
        let answer = if is_events { events(state, &head, &body, &fault, began) } else { other(state, &head, &body) };
        match answer {
            Sent::Answer(answer) => stream.write_all(&answer.bytes()).await?,
            Sent::Half(answer) => {
                let bytes = answer.bytes();
                stream.write_all(&bytes[..bytes.len() - 5]).await?;
                return Ok(());
            }
            Sent::Reset => return reset(stream),
            Sent::Nothing => {
                // Until the client has enough of it.
                let mut rest = [0];
                let _gone = stream.read(&mut rest).await?;
                return Ok(());
            }
        }
    }
    Ok(())
}

enum Sent {
    Answer(Answer),
    Half(Answer),
    Reset,
    Nothing,
}

fn is_event_path(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    ["/services/collector", "/services/collector/event", "/services/collector/event/1.0"].contains(&path)
}

fn events(state: &Shared, head: &Head, body: &[u8], fault: &Fault, began: Instant) -> Sent {
    let mut state = lock(state);
    let body = match head.headers.get("content-encoding").map(String::as_str) {
        None => body.to_vec(),
        Some("gzip") if state.settings.gzip && *fault != Fault::Unsupported => {
            let mut plain = Vec::new();
            if flate2::read::GzDecoder::new(body).read_to_end(&mut plain).is_err() {
                state.violations.push("a body that is no gzip".into());
            }
            plain
        }
        Some(_) => return Sent::Answer(page(415)),
    };
    let late = began.elapsed() > state.settings.client_timeout / 2;
    state.seen.push(Seen { path: head.path.clone(), headers: head.headers.clone(), bytes: body.len(), events: 0 });
    if let Some(refused) = state.refuse_client(&head.headers) {
        return Sent::Answer(refused);
    }
    if body.len() > state.settings.max_body {
        match state.settings.oversize {
            Oversize::Page => return Sent::Answer(page(413)),
            Oversize::Reset => return Sent::Reset,
            Oversize::Code6 => {
                state.violations.push(format!("{} bytes are more than Splunk Cloud takes", body.len()));
                return Sent::Answer(Answer::code(400, 6, Some(0)));
            }
        }
    }
    match fault {
        Fault::Refuse { status, code, after } => {
            Sent::Answer(Answer { after: *after, ..Answer::code(*status, *code, None) })
        }
        // One event alone is never too large for nothing.
        Fault::TooLarge if objects(&body).len() > 1 => Sent::Answer(page(413)),
        Fault::Unsupported => Sent::Answer(page(415)),
        Fault::Gateway(status) => Sent::Answer(page(*status)),
        Fault::Hang { indexed: false } => Sent::Nothing,
        Fault::Busy { indexed: None } => Sent::Answer(Answer::code(503, 9, None)),
        Fault::Busy { indexed: Some(most) } => {
            let count = state.index(&body, Some(*most), late).0;
            Sent::Answer(Answer::code(503, 9, Some(count)))
        }
        Fault::ResetAfter => {
            state.index(&body, None, true);
            Sent::Reset
        }
        Fault::Hang { indexed: true } => {
            state.index(&body, None, true);
            Sent::Nothing
        }
        Fault::CutAnswer => {
            let (_, answer) = state.index(&body, None, true);
            Sent::Half(answer)
        }
        _ => Sent::Answer(state.accept(&head.headers, &body, fault, late)),
    }
}

fn other(state: &Shared, head: &Head, body: &[u8]) -> Sent {
    let mut state = lock(state);
    let path = head.path.split('?').next().unwrap_or_default();
    let bytes = body.len();
    state.seen.push(Seen { path: head.path.clone(), headers: head.headers.clone(), bytes, events: 0 });
    Sent::Answer(match (head.method.as_str(), path) {
        ("GET", "/services/collector/health" | "/services/collector/health/1.0") => {
            let (status, code) = state.settings.health;
            Answer::code(status, code, None)
        }
        ("POST", "/services/collector/ack") => state.ask_acks(&head.headers, body),
        _ => Answer::code(404, 404, None),
    })
}

async fn read_head(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Option<Head>> {
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&buffer[..end]).into_owned();
            buffer.drain(..end + 4);
            let mut lines = text.lines();
            let mut request = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
            let headers = lines.filter_map(|line| line.split_once(':'));
            let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
            let (method, path) = (request.next().unwrap_or_default(), request.next().unwrap_or_default());
            return Ok(Some(Head { method, path, headers }));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

async fn read_to(stream: &mut TcpStream, buffer: &mut Vec<u8>, length: usize) -> std::io::Result<()> {
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

/// Ends the connection with RST.
fn reset(stream: TcpStream) -> std::io::Result<()> {
    stream.set_zero_linger()
}

fn lock(state: &Shared) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
