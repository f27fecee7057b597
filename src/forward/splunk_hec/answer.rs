//! What an answer of the HTTP Event Collector means. Pure.
//!
//! Codes 0 to 22: Splunk's "Troubleshoot HTTP Event Collector"; 23 to 28 and which object a number names: measured by
//! github.com/ross/logit and github.com/fear-ai/hecpoc against Splunk 10.4.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use crate::forward::{Answer, Refused};
use crate::model::UnixNanos;

/// How long to go easy when a queue is nearly full.
const SLOW_DOWN: Duration = Duration::from_secs(2);

/// Of an answer that is shown and kept.
const MOST_SHOWN: usize = 500;

/// What follows from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub answer: Answer,
    /// The indexers' confirmation to ask for before `answer` holds.
    pub ack: Option<u64>,
    /// It understands no compressed bodies.
    pub gzip_refused: bool,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self { answer, ack: None, gzip_refused: false }
    }
}

/// The JSON that Splunk answers with.
#[derive(Debug, Deserialize)]
struct Said {
    code: Option<i64>,
    #[serde(rename = "invalid-event-number")]
    invalid: Option<i64>,
    #[serde(rename = "ackId")]
    ack: Option<u64>,
}

/// What an answer to `items` events means; `gzip`: they were sent compressed.
pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8], items: usize, gzip: bool, now: UnixNanos) -> Reply {
    let said: Option<Said> = serde_json::from_slice(body).ok();
    let code = said.as_ref().and_then(|said| said.code);
    let refused = |reason: &str| Refused { reason: reason.to_owned(), response: shown(status, body) };
    let later = |delivered: usize, why: &str| {
        let after = retry_after(headers, now);
        Answer::Later { delivered, after, why: format!("{why} ({status})") }
    };
    let number = said.as_ref().and_then(|said| usize::try_from(said.invalid?).ok());
    match status.as_u16() {
        200..=299 => return accepted(said, body, refused),
        400 => bad_request(code, number, items, &refused),
        401 | 403 => Answer::Hold(refused(unauthorised(code))),
        404 | 405 => Answer::Hold(refused("there is no event collector at this address: correct url")),
        408 => later(0, "the request took too long to arrive"),
        413 => Answer::TooLarge(refused("the body is too large")),
        415 if gzip => {
            let answer = Answer::Later { delivered: 0, after: None, why: "it takes no compressed bodies (415)".into() };
            return Reply { gzip_refused: true, ..answer.into() };
        }
        415 => Answer::Hold(refused("it takes no bodies of this kind: is url a Splunk event collector?")),
        429 => later(0, busy(code, "too many requests")),
        // How far it got before it was busy.
        503 if code == Some(9) => later(number.filter(|number| *number <= items).unwrap_or(0), busy(code, "")),
        500 | 502 | 503 | 504 => later(0, busy(code, "the server failed")),
        300..=399 => {
            let to = headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("another address");
            Answer::Hold(refused(&format!("it redirects to {to}: correct url")))
        }
        _ => Answer::Hold(refused("it answers what Splunk does not: check url and what stands in between")),
    }
    .into()
}

fn accepted(said: Option<Said>, body: &[u8], refused: impl Fn(&str) -> Refused) -> Reply {
    let Some(said) = said else {
        let empty = body.trim_ascii().is_empty();
        let other = || Answer::Hold(refused("it says yes, but not as Splunk does: is url a Splunk event collector?"));
        return if empty { Answer::Delivered.into() } else { other().into() };
    };
    match said.code {
        None | Some(0) => Reply { ack: said.ack, ..Answer::Delivered.into() },
        Some(24 | 25) => Reply { ack: said.ack, ..Answer::DeliveredSlowDown(SLOW_DOWN).into() },
        Some(code) => Answer::Hold(refused(&format!("it says yes with code {code}, which is not about events"))).into(),
    }
}

fn bad_request(code: Option<i64>, number: Option<usize>, items: usize, refused: &impl Fn(&str) -> Refused) -> Answer {
    let bad = |at: Option<usize>, why: Refused| match at.filter(|at| *at < items) {
        Some(at) => Answer::Bad { at, why },
        // One alone can only be that one.
        None if items == 1 => Answer::Bad { at: 0, why },
        None => Answer::BadWithin(why),
    };
    match code {
        Some(5) => Answer::BadWithin(refused("it found no event in it")),
        Some(6) => bad(number, refused("invalid data format")),
        // Names the object after the bad one.
        Some(7) => {
            let why = refused("the token may not write to this index: allow it in the token's settings");
            bad(number.map(|number| number.saturating_sub(1)), why)
        }
        Some(12) => bad(number, refused("the event is missing")),
        Some(13) => bad(number, refused("the event is blank")),
        Some(15) => bad(number, refused("it cannot index a field")),
        Some(10 | 11) => Answer::Hold(refused("it does not take our data channel")),
        Some(28) => {
            Answer::Hold(refused("it wants a data channel and a load balancer with sticky sessions in front of it"))
        }
        Some(14) => Answer::Hold(refused("acknowledgement is disabled for this token: set splunk.ack = \"off\"")),
        Some(16) => Answer::Hold(refused("it wants the token elsewhere: check url")),
        Some(21 | 22) => Answer::Hold(refused(unauthorised(code))),
        Some(_) => bad(number, refused("it refuses the data")),
        None => Answer::Hold(refused("something that is not Splunk refuses the data: check url")),
    }
}

fn unauthorised(code: Option<i64>) -> &'static str {
    match code {
        Some(1 | 22) => "the token is disabled: enable it in Splunk",
        Some(2) => "it wants a token: set token_file",
        Some(3) => "it does not understand the token: write it as Splunk shows it",
        Some(4 | 21) => "the token is not known there: correct it",
        _ => "the token is not accepted: correct it, or enable it in Splunk",
    }
}

fn busy(code: Option<i64>, otherwise: &'static str) -> &'static str {
    match code {
        Some(8) => "internal error of Splunk",
        Some(9) => "Splunk is busy",
        Some(18) => "its queues are full",
        Some(19) => "its acknowledgement is not available",
        Some(20) => "its queues are full and its acknowledgement is not available",
        Some(23) => "Splunk is shutting down",
        Some(26) => "its queue is at capacity",
        Some(27) => "its acknowledgement channel is at capacity",
        _ => otherwise,
    }
}

/// What an answer about its health means.
///
/// # Errors
/// When it would take nothing now.
pub fn read_health(status: StatusCode, body: &[u8]) -> Result<(), Refused> {
    let code = serde_json::from_slice::<Said>(body).ok().and_then(|said| said.code);
    let refused = |reason: &str| Err(Refused { reason: reason.to_owned(), response: shown(status, body) });
    match (status.as_u16(), code) {
        (200, Some(0 | 17 | 24 | 25)) => Ok(()),
        (400 | 401 | 403, code) => refused(unauthorised(code)),
        (404 | 405, _) => refused("there is no event collector at this address: correct url"),
        (503 | 429 | 500, code) => refused(busy(code, "the server is not well")),
        _ => refused("it does not answer as Splunk does: check url and what stands in between"),
    }
}

/// What an answer to the question for one acknowledgement means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AckReply {
    Indexed,
    NotYet,
    /// There are none with this token: what was received counts as delivered.
    Disabled,
    Hold(Refused),
}

#[derive(Debug, Deserialize)]
struct Acks {
    acks: std::collections::HashMap<String, bool>,
}

pub fn read_ack(status: StatusCode, body: &[u8], id: u64) -> AckReply {
    let code = serde_json::from_slice::<Said>(body).ok().and_then(|said| said.code);
    match (status.as_u16(), code) {
        (200, _) => match serde_json::from_slice::<Acks>(body) {
            Ok(acks) if acks.acks.get(&id.to_string()) == Some(&true) => AckReply::Indexed,
            _ => AckReply::NotYet,
        },
        (400, Some(14)) => AckReply::Disabled,
        (401 | 403, code) => {
            AckReply::Hold(Refused { reason: unauthorised(code).into(), response: shown(status, body) })
        }
        // Busy, restarting, or a channel that it has forgotten: patience ends it.
        _ => AckReply::NotYet,
    }
}

/// Seconds or a date.
fn retry_after(headers: &HeaderMap, now: UnixNanos) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::from_nanos(UnixNanos::from(date).since(now).unsigned_abs()))
}

fn shown(status: StatusCode, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * MOST_SHOWN)]);
    let text: String = text.trim().chars().take(MOST_SHOWN).collect();
    format!("{} {text}", status.as_u16()).trim_end().to_owned()
}

#[cfg(test)]
mod tests;
