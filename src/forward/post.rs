//! One POST of records and what its answer means: OTLP over HTTP and webhooks have the same words for it.
//!
//! The table is that of the OTLP specification for HTTP, with two additions. 500 and its like count as "later": a
//! backend whose own store is away says so, and a dead letter for each record would be the worse answer. And what only
//! a person can change (key, address, format) holds everything, instead of throwing it away record by record.

use std::error::Error as _;
use std::io::Write as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::http::Headers;
use super::{Answer, Refused};

/// Of an answer no more is read.
const ANSWER_BYTES: usize = 64 << 10;

/// Of an answer no more is shown.
const SHOWN_CHARS: usize = 500;

/// Where requests go and with what.
#[derive(Debug)]
pub(super) struct Way {
    pub client: reqwest::Client,
    pub headers: Headers,
    pub gzip: bool,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// At most the first 64 KiB.
    pub body: Bytes,
}

impl Way {
    /// Sends `body`, compressed where that is wanted, and waits for the whole answer.
    ///
    /// # Errors
    /// What to do when there is none.
    pub async fn post(&self, url: &reqwest::Url, content_type: &'static str, body: Bytes) -> Result<Reply, Answer> {
        let mut headers = self.headers.current().map_err(|error| Answer::Hold(because(error.to_string())))?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let body = if self.gzip && !body.is_empty() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            gzip(&body)
        } else {
            body
        };
        // Of an empty body nothing would be told, and some servers insist: 411.
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        let sent = self.client.post(url.clone()).headers(headers).body(body).send().await;
        let mut response = sent.map_err(no_answer)?;
        let mut body = BytesMut::new();
        // An answer that breaks off tells as much as one that does not come: it will be sent again.
        while let Some(part) = response.chunk().await.map_err(no_answer)? {
            let room = ANSWER_BYTES - body.len();
            body.extend_from_slice(&part[..part.len().min(room)]);
            if body.len() == ANSWER_BYTES {
                break;
            }
        }
        Ok(Reply { status: response.status(), headers: response.headers().clone(), body: body.freeze() })
    }
}

impl Reply {
    pub fn is_success(&self) -> bool {
        self.status.is_success()
    }

    /// What to do about an answer that is not success. `text`: what it said, in words.
    pub fn failure(&self, text: &str) -> Answer {
        let status = self.status;
        let response = shown(text);
        let why = |reason: &str| Refused { reason: format!("HTTP {status}: {reason}"), response: response.clone() };
        match status.as_u16() {
            400 | 422 => Answer::BadWithin(why("it does not take these records")),
            413 => Answer::TooLarge(why("the request is too large")),
            401 | 403 | 407 => Answer::Hold(why("it does not take the key: set token_file, or headers")),
            404 | 405 | 410 => Answer::Hold(why("nothing is received at this address: set url")),
            300..=399 => Answer::Hold(why("it has moved: set url to the address it names")),
            415 => Answer::Hold(why("it does not take the format or the compression: try gzip = false")),
            408 | 425 | 429 | 500 | 502..=504 | 507..=599 => {
                let said = if response.is_empty() { String::new() } else { format!(": {response}") };
                Answer::Later { delivered: 0, after: retry_after(&self.headers), why: format!("HTTP {status}{said}") }
            }
            _ => Answer::Hold(why("it does not take requests like ours")),
        }
    }
}

/// `Retry-After` in seconds or as a date, which is compared with the answer's own `Date`: two clocks of which neither is
/// ours to trust.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp());
    let (then, now) = (date(text)?, date(headers.get(DATE)?.to_str().ok()?)?);
    Some(Duration::try_from(then.duration_since(now)).unwrap_or_default())
}

/// No answer is nobody's fault until it is told otherwise: the network, a restart, a proxy.
pub(super) fn no_answer(error: reqwest::Error) -> Answer {
    // A wrong header or URL, made by us of the configuration, will not get better by itself.
    let ours = error.is_builder();
    let error = error.without_url();
    let mut why = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !why.ends_with(&text) {
            why = format!("{why}: {text}");
        }
        source = cause.source();
    }
    if ours { Answer::Hold(because(why)) } else { Answer::Later { delivered: 0, after: None, why } }
}

pub(super) fn because(reason: String) -> Refused {
    Refused { reason, response: String::new() }
}

/// The beginning of what a destination said, in one line.
pub(super) fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// Whether a destination would take anything, by its answer to nothing.
pub(super) fn probed(answer: Answer) -> Result<(), Refused> {
    match answer {
        // That it wants something better than nothing shows that it is there and knows us.
        Answer::Delivered | Answer::DeliveredWithout { .. } | Answer::DeliveredSlowDown(_) => Ok(()),
        Answer::BadWithin(_) | Answer::Bad { .. } => Ok(()),
        Answer::TooLarge(why) | Answer::Hold(why) => Err(why),
        Answer::Later { why, .. } => Err(because(why)),
    }
}

/// Level 1: three quarters of what the best level saves for a fifth of its time, and the destination is mostly near.
pub(super) fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    // Writing to memory does not fail.
    match encoder.write_all(body).and_then(|()| encoder.finish()) {
        Ok(compressed) => compressed.into(),
        Err(_) => Bytes::new(),
    }
}

#[cfg(test)]
mod tests;
