//! Takes images and sounds out of a payload and leaves references. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use bytes::Bytes;

use super::{find, kind};
use crate::journal::Payload;
use crate::model::MediaHash;
use crate::model::media::{Form, Reference};
use crate::model::otlp::{AnyValue, KeyValue, Span, any_value};

/// Something that was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub hash: MediaHash,
    pub bytes: Bytes,
}

/// Base64 digits that carry `bytes` bytes at least.
fn digits(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

pub(super) fn engine(form: Form) -> Option<&'static GeneralPurpose> {
    Some(match form {
        Form::Base64 => &STANDARD,
        Form::Base64NoPad => &STANDARD_NO_PAD,
        Form::Base64Url => &URL_SAFE,
        Form::Base64UrlNoPad => &URL_SAFE_NO_PAD,
        Form::Raw => return None,
    })
}

/// Takes out of `payload` what has at least `least` bytes.
pub(super) fn from_payload(payload: &mut Payload, least: usize) -> Vec<Found> {
    let mut pass = Pass { least, digits: digits(least), found: Vec::new() };
    match payload {
        Payload::Traces(data) => {
            let scopes = data.resource_spans.iter_mut().flat_map(|group| &mut group.scope_spans);
            scopes.flat_map(|scope| &mut scope.spans).for_each(|span| pass.span(span));
        }
        Payload::Logs(data) => {
            let scopes = data.resource_logs.iter_mut().flat_map(|group| &mut group.scope_logs);
            for record in scopes.flat_map(|scope| &mut scope.log_records) {
                pass.attributes(&mut record.attributes);
                record.body.iter_mut().for_each(|body| pass.value(body));
            }
        }
        // Figures have no content.
        Payload::Metrics(_) => {}
    }
    pass.found
}

/// The text with references, and what was taken out; `None` when there is nothing of at least `least` bytes.
#[cfg(test)]
pub(super) fn from_text(text: &str, least: usize) -> Option<(String, Vec<Found>)> {
    let mut pass = Pass { least, digits: digits(least), found: Vec::new() };
    let replaced = pass.replaced(text)?;
    Some((replaced, pass.found))
}

/// A file that stood nowhere; where its reference stands, base64 would.
pub(super) fn whole(bytes: Bytes, said: &str) -> (Found, Reference) {
    let hash = MediaHash(*blake3::hash(&bytes).as_bytes());
    let media_type = kind::media_type(&bytes, Some(said));
    let reference = Reference { hash, bytes: bytes.len() as u64, media_type, form: Form::Base64 };
    (Found { hash, bytes }, reference)
}

struct Pass {
    least: usize,
    digits: usize,
    found: Vec<Found>,
}

impl Pass {
    fn span(&mut self, span: &mut Span) {
        self.attributes(&mut span.attributes);
        span.events.iter_mut().for_each(|event| self.attributes(&mut event.attributes));
        span.links.iter_mut().for_each(|link| self.attributes(&mut link.attributes));
    }

    fn attributes(&mut self, list: &mut [KeyValue]) {
        list.iter_mut().filter_map(|pair| pair.value.as_mut()).for_each(|value| self.value(value));
    }

    fn value(&mut self, value: &mut AnyValue) {
        match &mut value.value {
            Some(any_value::Value::StringValue(text)) if text.len() >= self.digits => {
                if let Some(replaced) = self.replaced(text) {
                    *text = replaced;
                }
            }
            Some(any_value::Value::BytesValue(bytes)) if bytes.len() >= self.least => self.bytes(bytes),
            Some(any_value::Value::ArrayValue(list)) => list.values.iter_mut().for_each(|item| self.value(item)),
            Some(any_value::Value::KvlistValue(list)) => self.attributes(&mut list.values),
            _ => {}
        }
    }

    /// Bytes are an image or a sound themselves, or text with some in it.
    fn bytes(&mut self, bytes: &mut Bytes) {
        if kind::sure(bytes).is_some() {
            let media_type = kind::media_type(bytes, None);
            let reference = self.take(std::mem::take(bytes), media_type, Form::Raw);
            *bytes = reference.to_string().into();
        } else if let Some(replaced) = std::str::from_utf8(bytes).ok().and_then(|text| self.replaced(text)) {
            *bytes = replaced.into();
        }
    }

    fn replaced(&mut self, text: &str) -> Option<String> {
        let mut replaced = String::new();
        let mut at = 0;
        for run in find::runs(text, self.digits) {
            let said = kind::said(&text[..run.start], &text[run.end..]);
            if said.is_none() && !begins_like_media(&text[run.clone()]) {
                continue;
            }
            let Some((bytes, form)) = decode(&text[run.clone()]) else { continue };
            let media_type = kind::media_type(&bytes, said.as_deref());
            let reference = self.take(bytes.into(), media_type, form);
            replaced.push_str(&text[at..run.start]);
            replaced.push_str(&reference.to_string());
            at = run.end;
        }
        if at == 0 {
            return None;
        }
        replaced.push_str(&text[at..]);
        replaced.shrink_to_fit();
        Some(replaced)
    }

    fn take(&mut self, bytes: Bytes, media_type: String, form: Form) -> Reference {
        let hash = MediaHash(*blake3::hash(&bytes).as_bytes());
        let length = bytes.len() as u64;
        if self.found.iter().all(|known| known.hash != hash) {
            self.found.push(Found { hash, bytes });
        }
        Reference { hash, bytes: length, media_type, form }
    }
}

/// Looks at the first bytes alone: what is no media, an embedding for example, is not decoded.
fn begins_like_media(run: &str) -> bool {
    let first = run.get(..24).unwrap_or_default();
    let decoded = STANDARD.decode(first).or_else(|_| URL_SAFE.decode(first));
    decoded.is_ok_and(|bytes| kind::sure(&bytes).is_some())
}

/// The bytes of a run and how it was written. The decoders take one spelling of the same bytes only, so writing them in
/// that form gives the run again.
fn decode(run: &str) -> Option<(Vec<u8>, Form)> {
    let forms = [Form::Base64, Form::Base64NoPad, Form::Base64Url, Form::Base64UrlNoPad];
    forms.into_iter().find_map(|form| Some((engine(form)?.decode(run).ok()?, form)))
}
