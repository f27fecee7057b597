//! `/api/public/media`: files that SDKs take out of inputs and outputs and upload by themselves.
//!
//! The SDK announces a file by its SHA-256 and where in a trace it stands. Is it known, a record of the trace that refers
//! to it is all; else the SDK is told where to put it. The address holds all that was announced, so that nothing needs to
//! be remembered between the two. The text of the trace keeps a mark with an id made of the hash, which the record
//! explains: see [`crate::model::langfuse_media`].

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::origin::Origin;
use super::score::record;
use crate::journal::Payload;
use crate::media::Media;
use crate::model::langfuse_media::{EVENT, ID, REFERENCE};
use crate::model::media::Reference;
use crate::model::{MediaHash, SpanId, TraceId, UnixNanos};
use crate::receive::Refusal;
use crate::receive::fields::{Fault, Fields};
use crate::receive::foreign::Converted;
use crate::receive::piece::Told;

/// Characters of the hash that are the id: 132 bits, as Langfuse's own server has it.
const ID_LENGTH: usize = 22;

/// Files of which the SHA-256 is remembered; of others the SDK sends them again.
const REMEMBERED: usize = 10_000;

/// Which files came, by id. In memory: who forgets asks for a file once more.
#[derive(Debug, Default)]
pub(in crate::receive) struct Known(Mutex<HashMap<String, MediaHash>>);

impl Known {
    fn get(&self, id: &str) -> Option<MediaHash> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }

    fn add(&self, id: &str, hash: MediaHash) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(id.to_owned(), hash);
    }
}

/// A file as it is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announced {
    id: String,
    trace: String,
    observation: String,
    /// `input`, `output` or `metadata`.
    field: String,
    content_type: String,
}

impl Announced {
    /// What the body of `POST /api/public/media` announces.
    ///
    /// # Errors
    /// Names the field that is missing or cannot be read.
    pub(super) fn read(body: &Bytes) -> Result<Self, Refusal> {
        let read = || -> Result<Self, Fault> {
            let text = std::str::from_utf8(body).map_err(|error| Fault::new(error.to_string()))?;
            let mut fields = Fields::parse(text)?;
            let mut must = |name: &str| {
                fields
                    .text(name)?
                    .filter(|text| !text.is_empty())
                    .ok_or_else(|| Fault::new(format!("{name} is missing")))
            };
            let (trace, hash, content_type) = (must("traceId")?, must("sha256Hash")?, must("contentType")?);
            let id = id_of_hash(&hash).ok_or_else(|| Fault::new("sha256Hash must be a SHA-256 in base64"))?;
            let (field, observation) = (fields.text("field")?, fields.text("observationId")?);
            let (field, observation) = (field.unwrap_or_default(), observation.unwrap_or_default());
            Ok(Self { id, trace, observation, field, content_type })
        };
        read().map_err(|fault| Refusal::Malformed { message: format!("no media file: {fault}"), field: None })
    }

    /// What [`Announced::url`] says.
    pub(super) fn of_query(id: String, query: &str) -> Self {
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let coded = pairs.find(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default();
            let decoded = URL_SAFE_NO_PAD.decode(coded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            decoded.unwrap_or_default()
        };
        Self { id, trace: value("t"), observation: value("o"), field: value("f"), content_type: value("c") }
    }

    /// Where the SDK may put the file: below `path`, at the host it has asked.
    fn url(&self, headers: &HeaderMap, path: &str) -> String {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let scheme = text("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
        let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str())).unwrap_or("localhost:4318");
        let coded = |value: &str| URL_SAFE_NO_PAD.encode(value);
        format!(
            "{scheme}://{host}{}/{}/file?t={}&o={}&f={}&c={}",
            path.trim_end_matches('/'),
            self.id,
            coded(&self.trace),
            coded(&self.observation),
            coded(&self.field),
            coded(&self.content_type)
        )
    }

    /// Where in which trace it stands: the same file elsewhere is no repetition.
    pub(super) fn place(&self) -> String {
        format!("{} {} {}", self.trace, self.observation, self.field)
    }

    /// The answer to an announcement; without an address when the file is there.
    pub(super) fn answer(&self, is_here: bool, headers: &HeaderMap, path: &str) -> Value {
        let url = if is_here { Value::Null } else { Value::String(self.url(headers, path)) };
        json!({"mediaId": self.id, "uploadUrl": url})
    }

    /// The bytes of the announced file when it came before and is still there. Blocks on the disk.
    pub(super) fn known(&self, known: &Known, media: &Media) -> Option<Bytes> {
        media.read(known.get(&self.id)?).ok().flatten().map(|(bytes, _)| bytes)
    }

    /// The file and the record that ties it to its place; nothing where files are switched off.
    ///
    /// # Errors
    /// When it is not the file that was announced, or of no trace.
    pub(super) fn kept(
        &self,
        bytes: Bytes,
        known: &Known,
        media: &Media,
        origin: &Origin,
        now: UnixNanos,
    ) -> Result<Converted<()>, Refusal> {
        let refused = |message: &str| Refusal::Malformed { message: message.to_owned(), field: None };
        let hash: [u8; 32] = Sha256::digest(&bytes).into();
        if id_of(&hash) != self.id {
            return Err(refused("this is not the file that was announced: its SHA-256 is another one"));
        }
        let trace = TraceId::from_foreign(&self.trace);
        let trace = trace.ok_or_else(|| refused("the address is not the one that was given for this file"))?;
        let Some((taken, reference)) = media.file(bytes, &self.content_type) else {
            return Ok(Converted::new(Vec::new(), ()));
        };
        known.add(&self.id, reference.hash);
        let span = SpanId::from_foreign(&self.observation);
        let record = record(EVENT, Some(trace), span, now, now, self.told(&reference));
        Ok(Converted { media: taken, ..Converted::new(vec![Payload::Logs(origin.logs(vec![record]))], ()) })
    }

    fn told(&self, reference: &Reference) -> Told {
        let mut told = Told::default();
        let reference = reference.to_string();
        let all = [
            (ID, &self.id),
            (REFERENCE, &reference),
            ("langfuse.media.field", &self.field),
            ("langfuse.trace.id", &self.trace),
            ("langfuse.observation.id", &self.observation),
        ];
        for (key, value) in all.into_iter().filter(|(_, value)| !value.is_empty()) {
            told.set_text(key, value);
        }
        told
    }
}

fn id_of(hash: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(hash)[..ID_LENGTH].to_owned()
}

/// SDKs write the hash in either alphabet.
fn id_of_hash(text: &str) -> Option<String> {
    let hash =
        STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()?;
    (hash.len() == 32).then(|| id_of(&hash))
}
