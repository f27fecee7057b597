//! Takes OTLP over gRPC and HTTP, and is the only place that answers clients.
//!
//! Promises: nothing is acknowledged before the journal has it on the disk; nothing reaches the journal
//! unredacted; memory for requests in work is bounded; what is malformed is refused for good, what is only too
//! much is refused as retryable, both in the words of the OTLP specification. One bad item never takes its
//! neighbours with it.

mod admission;
mod body;
mod check;
mod counters;
mod decode;
mod door;
mod feedback;
mod fields;
mod foreign;
mod grpc;
mod http;
mod langfuse;
mod langsmith;
mod notices;
mod paths;
mod piece;
mod record;
mod refusal;
mod senders;
mod serve;
mod tls;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use bytes::Bytes;

use crate::access::{Access, Spelling, client_of};
use crate::arrivals::{Arrivals, Told, Way};
use crate::clock::Clock;
use crate::config::ReceiveConfig;
use crate::journal::{AppendError, Appended, Batch, Journal, Payload};
use crate::media::{Media, Taken};
use crate::meter::Meter;
use crate::model::Signal;
use crate::model::media::Reference;
use crate::model::otlp::{ExportPartialSuccess, ExportResponse};
use crate::redact::Redactor;
use crate::registry::keys::DEFAULT_PROJECT;

use admission::{Inflight, Room};
use body::Encoding;
use check::Checked;
use counters::Counters;
use door::Door;
use notices::Notices;
use refusal::Refusal;

pub use record::Unrecorded;
pub use serve::serve;

/// Above this many bytes, decompressing, decoding and redacting leave the async threads (about a millisecond of work).
const INLINE_BYTES: usize = 256 << 10;

/// The same for a compressed body, which may become a hundred times as large.
const INLINE_COMPRESSED_BYTES: usize = 8 << 10;

/// Takes requests on behalf of the journal. Clones share everything.
#[derive(Debug, Clone)]
pub struct Receiver {
    shared: Arc<Shared>,
    grpc: Door,
    http: Door,
    /// Beside the pages.
    web: Door,
    /// Of the further ports, in the order of the configuration.
    further: Vec<Door>,
}

/// What the receiver works with.
#[derive(Debug, Clone)]
pub struct Surroundings {
    pub redactor: Arc<Redactor>,
    pub media: Media,
    pub journal: Journal,
    pub arrivals: Arrivals,
    pub access: Access,
    pub clock: Clock,
}

#[derive(Debug)]
struct Shared {
    max_request_bytes: usize,
    inflight: Inflight,
    redactor: Arc<Redactor>,
    journal: Journal,
    media: Media,
    counters: Counters,
    notices: Notices,
    arrivals: Arrivals,
    access: Access,
    /// Of what comes without a key that says another.
    project: Arc<str>,
    clock: Clock,
    langsmith: langsmith::State,
    langfuse_media: langfuse::Known,
}

/// What a request says about itself.
#[derive(Debug, Clone, Copy)]
struct Sent {
    signal: Signal,
    protocol: Protocol,
    encoding: Encoding,
    client: IpAddr,
    /// How it carried a key, if it did.
    key: Option<Spelling>,
}

impl Sent {
    fn way(&self) -> Way {
        Way { client: self.client, protocol: self.protocol.as_str(), signal: self.signal.as_str() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Grpc,
    HttpProtobuf,
    HttpJson,
    Langfuse,
    LangSmith,
    Relay,
}

impl Protocol {
    fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::HttpProtobuf => "http_protobuf",
            Self::HttpJson => "http_json",
            Self::Langfuse => "langfuse",
            Self::LangSmith => "langsmith",
            Self::Relay => "relay",
        }
    }
}

/// A request that is decoded, checked and redacted.
struct Prepared {
    batch: Batch,
    media: Taken,
    senders: Vec<Told>,
    accepted: u64,
    rejected: u64,
    /// Which item was refused first and why.
    first_fault: Option<String>,
    /// Size of the body, decompressed.
    bytes: usize,
}

impl Prepared {
    /// Files that came beside the records. What redaction has left no reference to is not kept either.
    fn add_media(&mut self, mut media: Taken) {
        if media.is_empty() {
            return;
        }
        media.keep_only(&Reference::hashes_in(&self.batch.payload.encode()));
        self.media.extend(media);
        self.batch.media = !self.media.is_empty();
    }
}

impl Receiver {
    /// `web`: where the pages are, which take telemetry as well.
    pub fn new(config: &ReceiveConfig, web: IpAddr, around: Surroundings, meter: &Meter) -> Self {
        let counters = Counters::register(meter);
        let Surroundings { redactor, media, journal, arrivals, access, clock } = around;
        Self {
            shared: Arc::new(Shared {
                max_request_bytes: config.max_request_bytes,
                inflight: Inflight::new(config.max_inflight_bytes, counters.inflight.clone()),
                redactor,
                journal,
                media,
                counters,
                notices: Notices::new(clock.clone()),
                arrivals,
                access: access.clone(),
                project: DEFAULT_PROJECT.into(),
                clock,
                langsmith: langsmith::State::default(),
                langfuse_media: langfuse::Known::new(access.command_secret()),
            }),
            grpc: Door::of_all(config, config.grpc.ip()),
            http: Door::of_all(config, config.http.ip()),
            web: Door::of_all(config, web),
            further: config.listener.iter().map(|listener| Door::of(config, listener)).collect(),
        }
    }

    /// OTLP/gRPC and OTLP/HTTP by path, of the port for gRPC and of that for HTTP: both serve the same, because mixing up
    /// 4317 and 4318 is the commonest mistake of all.
    pub fn routers(&self) -> [Router; 2] {
        [self.behind(&self.grpc), self.behind(&self.http)]
    }

    /// The same for each further port, in the order of the configuration.
    pub fn further_routers(&self) -> impl Iterator<Item = Router> {
        self.further.iter().map(|door| self.behind(door))
    }

    /// `pages` on the web port, and before them what is telemetry: who knows one address of ours is right with it.
    pub fn beside(&self, pages: Router) -> Router {
        pages.layer(from_fn_with_state((Arc::clone(&self.shared), self.web.clone()), telemetry_first))
    }

    fn behind(&self, door: &Door) -> Router {
        Router::new().fallback(answer).with_state((Arc::clone(&self.shared), door.clone()))
    }
}

async fn answer(State((shared, door)): State<(Arc<Shared>, Door)>, request: Request) -> Response {
    let (method, path, headers) = (request.method(), request.uri().path(), request.headers());
    // A key behind the path is looked for where people write the whole address themselves: OTLP/HTTP.
    let met = |uri: &Uri| Arc::new(door.met_by(&shared.access, headers, uri));
    if grpc::is_grpc(headers) {
        let door = met(&Uri::default());
        grpc::answer(shared, door, request).await
    } else if http::is_foreign_page(method, request.uri(), headers) {
        http::refuse_page(&shared, request).await
    } else if let Some(route) = langfuse::route(method, path) {
        let door = met(&Uri::default());
        shared.looked_in(&request, Protocol::Langfuse);
        langfuse::answer(shared, door, route, request).await
    } else if let Some(route) = langsmith::route(method, path) {
        let door = met(&Uri::default());
        shared.looked_in(&request, Protocol::LangSmith);
        langsmith::answer(shared, door, route, request).await
    } else {
        let door = met(request.uri());
        http::answer(shared, door, request).await
    }
}

async fn telemetry_first(state: State<(Arc<Shared>, Door)>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    let is_ours = grpc::is_grpc(request.headers())
        || langfuse::route(method, path).is_some()
        || (langsmith::route(method, path).is_some() && (*method == Method::POST || !paths::is_page(path)))
        || paths::is_telemetry(method, path);
    if is_ours { answer(state, request).await } else { next.run(request).await }
}

impl Shared {
    /// From the message as sent to what the client is told; `Ok` only once it is durable.
    async fn take(
        self: Arc<Self>,
        door: Arc<Door>,
        sent: Sent,
        wire: Bytes,
        mut room: Room,
    ) -> Result<ExportResponse, Refusal> {
        let this = Arc::clone(&self);
        let work = away_if_large(wire.len(), sent.encoding, move || {
            let prepared = this.prepare(&door, sent, wire, &mut room)?;
            Ok((prepared, room))
        });
        let (prepared, room) = work.await?;
        let response = self.store(sent, prepared).await;
        // The decoded message lives as long as the journal works on it.
        drop(room);
        response
    }

    /// Everything that needs no waiting: decompress, decode, check, change resources, redact.
    fn prepare(&self, door: &Door, sent: Sent, wire: Bytes, room: &mut Room) -> Result<Prepared, Refusal> {
        let body = body::decompress(sent.encoding, wire, self.max_request_bytes, room)?;
        let digest = digest(sent.signal, "", &body);
        let mut payload = decode::payload(sent.signal, sent.protocol, body.clone())?;
        if sent.protocol != Protocol::HttpJson {
            payload.keep_unknown(&body);
        }
        let checked = check::check(&mut payload);
        if checked.accepted == 0 && checked.rejected > 0 {
            decode::refuse_other_signal(sent.signal, sent.protocol, &body)?;
        }
        Ok(self.finish(door, digest, payload, checked, body.len()))
    }

    /// Changes resources, redacts, and takes media out of records that were checked.
    fn finish(&self, door: &Door, digest: [u8; 16], mut payload: Payload, checked: Checked, bytes: usize) -> Prepared {
        door.change(&mut payload);
        let project = door.project().unwrap_or(&self.project);
        let digest = if *project == self.project { digest } else { of_project(digest, project) };
        let report = match &mut payload {
            Payload::Traces(data) => self.redactor.apply(data),
            Payload::Logs(data) => self.redactor.apply(data),
            Payload::Metrics(data) => self.redactor.apply(data),
        };
        self.counters.redacted(&report);
        let media = self.media.take_out(&mut payload);
        let senders = senders::of(&payload);
        Prepared {
            batch: Batch { project: Arc::clone(project), digest, payload, media: !media.is_empty() },
            media,
            senders,
            accepted: checked.accepted,
            rejected: checked.rejected,
            first_fault: checked.first_fault,
            bytes,
        }
    }

    async fn store(&self, sent: Sent, prepared: Prepared) -> Result<ExportResponse, Refusal> {
        let mut outcome = "empty";
        if prepared.accepted > 0 {
            self.keep(prepared.media).await?;
            let appended = self.journal.append(prepared.batch).await.map_err(|error| match error {
                AppendError::Busy { retry_after } => Refusal::Busy { retry_after },
                AppendError::Closed => Refusal::Closing,
                AppendError::Full { reason } => Refusal::Full { reason },
                AppendError::Store(reason) => Refusal::Disk { reason },
            })?;
            outcome = if appended == Appended::Duplicate { "duplicate" } else { "stored" };
            self.arrivals.arrived(sent.way(), sent.key.map(Spelling::as_str), prepared.senders);
        } else if prepared.rejected == 0 {
            self.arrivals.probed(sent.way());
        }
        if prepared.rejected > 0 {
            outcome = "partial";
            self.note(sent.client, sent.signal.as_str(), sent.protocol.as_str(), "rejected_items");
        }
        self.counters.request(sent.signal.as_str(), sent.protocol.as_str(), outcome);
        self.counters.taken(sent.signal, prepared.accepted, prepared.rejected, prepared.bytes);
        let total = prepared.accepted + prepared.rejected;
        Ok(ExportResponse {
            // Must stay unset on full success.
            partial_success: prepared.first_fault.map(|fault| ExportPartialSuccess {
                rejected: i64::try_from(prepared.rejected).unwrap_or(i64::MAX),
                error_message: format!(
                    "{} of {total} refused, the others are stored; the first: {fault}",
                    prepared.rejected
                ),
            }),
        })
    }

    /// Files first: the journal must not refer to what is not there.
    async fn keep(&self, media: Taken) -> Result<(), Refusal> {
        if media.is_empty() {
            return Ok(());
        }
        if let Some(reason) = self.journal.refusing() {
            return Err(Refusal::Full { reason });
        }
        self.media.keep(media).await.map_err(|error| Refusal::Disk { reason: error.to_string() })
    }

    /// Reads the body, making room for it as it comes.
    async fn read(&self, body: &mut Body, limit: usize) -> Result<(Bytes, Room), Refusal> {
        let mut room = self.inflight.room();
        let wire = body::read(body, limit, &mut room).await?;
        Ok((wire, room))
    }

    /// The same for a request over HTTP, within the limits; it stays compressed.
    async fn read_http(&self, headers: &HeaderMap, body: &mut Body) -> Result<(Encoding, Bytes, Room), Refusal> {
        let shown = |name| String::from_utf8_lossy(headers.get(name).map_or(b"", HeaderValue::as_bytes)).into_owned();
        let named = shown(header::CONTENT_ENCODING);
        let encoding = Encoding::from_name(&named).ok_or(Refusal::Encoding { found: named })?;
        let limit = self.max_request_bytes;
        let announced = shown(header::CONTENT_LENGTH).parse::<u64>().unwrap_or_default();
        if announced > limit as u64 {
            return Err(Refusal::TooLarge { limit, when: "as sent" });
        }
        let (wire, room) = self.read(body, limit).await?;
        Ok((encoding, wire, room))
    }

    /// Remembers who only looked whether this protocol is spoken here.
    fn looked_in(&self, request: &Request, protocol: Protocol) {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            let way = Way { client: client_of(request), protocol: protocol.as_str(), signal: "unknown" };
            self.arrivals.probed(way);
        }
    }

    /// Counts and logs a refusal. The log never quotes what was sent.
    fn refused(&self, client: IpAddr, signal: &'static str, protocol: &'static str, refusal: &Refusal) {
        self.counters.request(signal, protocol, refusal.outcome());
        self.arrivals.refused(Way { client, protocol, signal }, refusal.outcome(), refusal.message());
        if let Refusal::Disk { reason } = refusal {
            tracing::error!(reason, "a request could not be stored; the client was asked to send it again");
        } else if refusal.is_final() {
            self.note(client, signal, protocol, refusal.outcome());
        }
    }

    fn note(&self, client: IpAddr, signal: &'static str, protocol: &'static str, fault: &'static str) {
        if let Some(unsaid) = self.notices.may_say(client, fault) {
            tracing::warn!(
                %client,
                signal,
                protocol,
                fault,
                unsaid,
                "refused what {client} sent ({signal} by {protocol}: {fault}); the answer told the client why"
            );
        }
    }
}

/// Does `work` on a request here when it is small, else away from the async threads.
async fn away_if_large<T: Send + 'static>(
    bytes: usize,
    encoding: Encoding,
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let inline = if encoding == Encoding::Identity { INLINE_BYTES } else { INLINE_COMPRESSED_BYTES };
    if bytes <= inline {
        return work();
    }
    // The work neither panics nor is it cancelled, unless the process is on its way out.
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::Closing)?
}

/// Names a request, so that the journal knows it when it comes again; `target` is empty where the body says it all.
fn digest(signal: Signal, target: &str, body: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[signal as u8]);
    hasher.update(target.as_bytes());
    hasher.update(body);
    let mut first = [0; 16];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    first
}

/// The same request of two projects is two requests.
fn of_project(digest: [u8; 16], project: &str) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&digest);
    hasher.update(project.as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    first
}

#[cfg(test)]
mod tests;
