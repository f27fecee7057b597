//! `/api/public/media`: files that SDKs take out of inputs and outputs and upload by themselves.
//!
//! The SDK announces a file by its SHA-256 and where in a trace it stands. Is it known, a record of the trace that refers
//! to it is all; else the SDK is told where to put it. The address holds all that was announced, so that nothing needs to
//! be remembered between the two. The text of the trace keeps a mark with an id made of the hash, which the record
//! explains: see [`crate::model::langfuse_media`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::origin::Origin;
use super::score::record;
use crate::access::Pass;
use crate::journal::Payload;
use crate::media::Media;
use crate::model::langfuse_media::{EVENT, ID, REFERENCE};
use crate::model::media::Reference;
use crate::model::{MediaHash, Signal, SpanId, TraceId, UnixNanos};
use crate::receive::fields::{Fault, Fields};
use crate::receive::foreign::Converted;
use crate::receive::piece::Told;
use crate::receive::{Door, Refusal};

/// Characters of the hash that are the id: 132 bits, as Langfuse's own server has it.
const ID_LENGTH: usize = 22;

/// Files of which the SHA-256 is remembered; of others the SDK sends them again.
const REMEMBERED: usize = 10_000;

/// Which files came, by id. In memory: who forgets asks for a file once more. And the permits to put one: SDKs send the
/// file itself without their keys, as one does to an object store, so the address for it must be enough.
#[derive(Debug)]
pub(in crate::receive) struct Known {
    files: Mutex<HashMap<String, MediaHash>>,
    /// Of the permits; another one after each start, and then SDKs announce anew.
    key: [u8; 32],
}

impl Known {
    /// `drawn`: nobody can foresee it.
    pub(in crate::receive) fn new(drawn: &str) -> Self {
        let key = blake3::derive_key("tracemeter 2026 permits for files of Langfuse", drawn.as_bytes());
        Self { files: Mutex::default(), key }
    }

    /// What allows to put this one file in this one place, for whom `door` has let in.
    pub(super) fn permit(&self, announced: &Announced, door: &Door) -> String {
        let project = door.project().map_or("", |project| project.as_ref());
        self.of_project(announced, project)
    }

    fn of_project(&self, announced: &Announced, project: &str) -> String {
        let said = format!("{project:?} {announced:?}");
        let mac = blake3::keyed_hash(&self.key, said.as_bytes());
        format!("{}.{}", URL_SAFE_NO_PAD.encode(project), URL_SAFE_NO_PAD.encode(&mac.as_bytes()[..16]))
    }

    /// The door as it was when the file was announced, by the permit behind the path.
    ///
    /// # Errors
    /// When a key is asked for, and the permit is not the one that was given.
    pub(super) fn door(&self, announced: &Announced, uri: &Uri, door: &Arc<Door>) -> Result<Arc<Door>, Refusal> {
        let mut pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let permit = pairs.find(|(name, _)| *name == "permit").map(|(_, permit)| permit).unwrap_or_default();
        let project = permit.split_once('.').and_then(|(project, _)| URL_SAFE_NO_PAD.decode(project).ok());
        let project = project.and_then(|project| String::from_utf8(project).ok()).unwrap_or_default();
        // Compared as hashes, so that the time says nothing.
        let same = blake3::hash(self.of_project(announced, &project).as_bytes()) == blake3::hash(permit.as_bytes());
        if same {
            let project = Some(project).filter(|project| !project.is_empty()).map(Arc::from);
            return Ok(Arc::new(door.with(Ok(Pass::of_project(project)))));
        }
        door.enter_with(Signal::Traces).map(|()| Arc::clone(door))
    }

    fn get(&self, id: &str) -> Option<MediaHash> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }

    fn add(&self, id: &str, hash: MediaHash) {
        let mut known = self.files.lock().unwrap_or_else(PoisonError::into_inner);
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
    fn url(&self, headers: &HeaderMap, path: &str, permit: &str) -> String {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let scheme = text("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
        let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str())).unwrap_or("localhost:4318");
        let coded = |value: &str| URL_SAFE_NO_PAD.encode(value);
        format!(
            "{scheme}://{host}{}/{}/file?t={}&o={}&f={}&c={}&permit={permit}",
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
    pub(super) fn answer(&self, is_here: bool, headers: &HeaderMap, path: &str, permit: &str) -> Value {
        let url = if is_here { Value::Null } else { Value::String(self.url(headers, path, permit)) };
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
