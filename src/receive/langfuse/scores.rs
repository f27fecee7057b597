//! `POST /api/public/scores`: one score, or a list of them.

use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::ingestion::error;
use super::origin::Origin;
use super::score::{self, Score};
use crate::journal::Payload;
use crate::model::UnixNanos;
use crate::receive::Refusal;
use crate::receive::fields::{Fault, items};
use crate::receive::foreign::Converted;

/// Scores of one request; SDKs send 15.
const MOST_SCORES: usize = 10_000;

/// The records, and the answer: of a list 202 when all were taken (the Python SDK logs anything else as an error) and 207
/// when some were not; of one score 200 with its id.
///
/// # Errors
/// When the body holds no score at all, or the one it holds is wrong.
pub(super) fn read(origin: &Origin, body: &Bytes, now: UnixNanos) -> Result<Converted<(StatusCode, Value)>, Refusal> {
    let wrong = |fault: Fault| Refusal::Malformed {
        message: format!("the body is no score and no list of scores: {fault}"),
        field: None,
    };
    let text = std::str::from_utf8(body).map_err(|error| wrong(Fault::new(error.to_string())))?.trim();
    if !text.starts_with('[') {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| wrong(Fault::new(error.to_string())))?;
        let score = one(raw, now).map_err(wrong)?;
        let answer = (StatusCode::OK, json!({"id": score.id}));
        return Ok(Converted::new(vec![Payload::Logs(origin.logs(vec![score.record]))], answer));
    }
    let (mut records, mut errors) = (Vec::new(), Vec::new());
    for raw in items(text, MOST_SCORES).map_err(wrong)? {
        match one(raw, now) {
            Ok(score) => records.push(score.record),
            Err(fault) => errors.push(error("", &fault)),
        }
    }
    let (accepted, rejected) = (records.len(), errors.len() as u64);
    let payloads = if records.is_empty() { Vec::new() } else { vec![Payload::Logs(origin.logs(records))] };
    let answer = if errors.is_empty() {
        (StatusCode::ACCEPTED, json!({"message": "Accepted"}))
    } else {
        (StatusCode::MULTI_STATUS, json!({"accepted": accepted, "rejected": rejected, "errors": errors}))
    };
    Ok(Converted { rejected, ..Converted::new(payloads, answer) })
}

/// A score without an id is called after what it says, so that it is one score however often it is sent.
fn one(raw: &RawValue, now: UnixNanos) -> Result<Score, Fault> {
    let name = blake3::hash(raw.get().as_bytes()).to_hex();
    score::created(&name[..32], raw, None, now)
}
