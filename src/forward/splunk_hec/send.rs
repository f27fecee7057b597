//! Requests to the collector, and what becomes of them.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, Method, StatusCode, header};
use reqwest::RequestBuilder;

use super::SplunkHec;
use super::answer::{self, AckReply, Reply};
use crate::config::{Acknowledgement, MOST_BODY_BYTES};
use crate::forward::{Answer, HttpError, Item, Refused};

/// Of an answer that is read; Splunk's have a hundred bytes, a proxy's page may have any number.
const MOST_ANSWERED: usize = 64 << 10;

/// Between questions for an acknowledgement: from the first to the longest, each twice the one before. Splunk advises
/// 10 s; measured are 1 to 1.2 s until events are indexed.
const FIRST_QUESTION: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// An answer as it came.
struct Heard {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl SplunkHec {
    /// Sends `items` in one request and waits until they are there for good, or not.
    pub(super) async fn deliver(&self, items: &[Item]) -> Answer {
        let bytes: usize = items.iter().map(|item| item.body.len()).sum();
        if bytes > MOST_BODY_BYTES {
            let reason = format!("{bytes} bytes are more than Splunk Cloud takes ({MOST_BODY_BYTES})");
            return Answer::TooLarge(Refused { reason, response: String::new() });
        }
        let mut reply = match self.post(items, bytes).await {
            Ok(reply) => reply,
            Err(answer) => return answer,
        };
        if reply.gzip_refused {
            self.state.without_gzip();
            tracing::warn!(destination = self.name, "Splunk takes no compressed bodies: they are sent as they are");
            reply = match self.post(items, bytes).await {
                Ok(reply) => reply,
                Err(answer) => return answer,
            };
        }
        match reply.ack {
            Some(id) if self.ack == Acknowledgement::Auto && self.state.acks() => {
                self.acknowledged(id, reply.answer).await
            }
            _ => reply.answer,
        }
    }

    /// One request; what the answer means, or what follows where none came.
    async fn post(&self, items: &[Item], bytes: usize) -> Result<Reply, Answer> {
        let gzip = self.state.gzip();
        let request = self.request(Method::POST, "event").map_err(Answer::Hold)?;
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let request = if gzip {
            request.header(header::CONTENT_ENCODING, "gzip").body(compressed(items, bytes))
        } else {
            request.body(items.iter().map(|item| item.body.as_ref()).collect::<Vec<_>>().concat())
        };
        match hear(request).await {
            Ok(heard) => {
                self.state.answered();
                let set = heard.headers.get_all(header::SET_COOKIE).iter();
                self.state.keep_cookies(set.filter_map(|value| value.to_str().ok()));
                let now = self.clock.now();
                Ok(answer::read(heard.status, &heard.headers, &heard.body, items.len(), gzip, now))
            }
            Err(error) if error.is_builder() => Err(Answer::Hold(Refused {
                reason: format!("no request can be made: {error}"),
                response: String::new(),
            })),
            Err(error) if error.is_connect() || error.is_timeout() => {
                Err(Answer::Later { delivered: 0, after: None, why: chain(&error) })
            }
            Err(error) => Err(self.state.broke_off(items.len(), bytes, &chain(&error))),
        }
    }

    /// Asks until the indexers have what was answered with `id`; then `answer` holds.
    async fn acknowledged(&self, id: u64, answer: Answer) -> Answer {
        let ask = async {
            let mut pause = FIRST_QUESTION;
            loop {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                match self.ask_ack(id).await {
                    Ok(AckReply::NotYet) => {}
                    Ok(other) => return other,
                    Err(refused) => return AckReply::Hold(refused),
                }
            }
        };
        match tokio::time::timeout(self.patience, ask).await {
            Ok(AckReply::Indexed | AckReply::NotYet) => answer,
            Ok(AckReply::Disabled) => {
                self.state.without_acks();
                tracing::warn!(
                    destination = self.name,
                    "acknowledgement is disabled for the token: what Splunk has received counts as delivered"
                );
                answer
            }
            Ok(AckReply::Hold(refused)) => Answer::Hold(refused),
            Err(_) => {
                let why =
                    format!("Splunk did not confirm within {} s that it has indexed them", self.patience.as_secs());
                Answer::Later { delivered: 0, after: None, why }
            }
        }
    }

    async fn ask_ack(&self, id: u64) -> Result<AckReply, Refused> {
        let mut request = self.request(Method::POST, "ack")?.header(header::CONTENT_TYPE, "application/json");
        if let Some(cookies) = self.state.cookies() {
            request = request.header(header::COOKIE, cookies);
        }
        match hear(request.body(format!("{{\"acks\":[{id}]}}"))).await {
            Ok(heard) => Ok(answer::read_ack(heard.status, &heard.body, id)),
            Err(_) => Ok(AckReply::NotYet),
        }
    }

    pub(super) async fn ask_health(&self) -> Result<(), Refused> {
        match hear(self.request(Method::GET, "health")?).await {
            Ok(heard) => answer::read_health(heard.status, &heard.body),
            Err(error) => Err(Refused { reason: chain(&error), response: String::new() }),
        }
    }

    /// A request with everything that all of them carry.
    fn request(&self, method: Method, endpoint: &str) -> Result<RequestBuilder, Refused> {
        let missing = |error: HttpError| Refused { reason: error.to_string(), response: String::new() };
        Ok(self
            .client
            .request(method, format!("{}/services/collector/{endpoint}", self.base))
            .header("x-splunk-request-channel", &self.channel)
            .header("__splunk_app_name", "tracemeter")
            .header("__splunk_app_version", env!("CARGO_PKG_VERSION"))
            .headers(self.headers.current().map_err(missing)?))
    }
}

/// The bodies one after the other; Splunk needs nothing in between. Level 1: the network at home is faster than level 6.
fn compressed(items: &[Item], bytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes / 6), Compression::fast());
    for item in items {
        // Writing into memory does not fail.
        let _written = encoder.write_all(&item.body);
    }
    encoder.finish().unwrap_or_default()
}

async fn hear(request: RequestBuilder) -> Result<Heard, reqwest::Error> {
    let mut response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = Vec::new();
    while body.len() < MOST_ANSWERED
        && let Some(chunk) = response.chunk().await?
    {
        body.extend_from_slice(&chunk);
    }
    Ok(Heard { status, headers, body })
}

/// What failed and why, without the address, which may hold a secret.
fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = source {
        let said = error.to_string();
        let said = said.split(" for url").next().unwrap_or_default();
        if !text.contains(said) {
            text = if text.is_empty() { said.to_owned() } else { format!("{text}: {said}") };
        }
        source = error.source();
    }
    text
}
