//! Puts back what was taken out: the text and the bytes are then what was sent, after redaction.

use base64::Engine as _;
use bytes::Bytes;

use super::extract::engine;
use crate::journal::Payload;
use crate::model::MediaHash;
use crate::model::media::{Form, PREFIX, Reference};
use crate::model::otlp::{AnyValue, KeyValue, any_value};

/// Puts everything back into `payload`; `get` gives the bytes of a hash. Says how many it did not give: their
/// references stay. A text that someone sent with a reference in it is left alone unless `get` knows that hash.
pub fn into_payload(payload: &mut Payload, get: impl FnMut(MediaHash) -> Option<Bytes>) -> usize {
    let mut pass = Pass { get, missing: 0 };
    match payload {
        Payload::Traces(data) => {
            let scopes = data.resource_spans.iter_mut().flat_map(|group| &mut group.scope_spans);
            for span in scopes.flat_map(|scope| &mut scope.spans) {
                pass.attributes(&mut span.attributes);
                span.events.iter_mut().for_each(|event| pass.attributes(&mut event.attributes));
                span.links.iter_mut().for_each(|link| pass.attributes(&mut link.attributes));
            }
        }
        Payload::Logs(data) => {
            let scopes = data.resource_logs.iter_mut().flat_map(|group| &mut group.scope_logs);
            for record in scopes.flat_map(|scope| &mut scope.log_records) {
                pass.attributes(&mut record.attributes);
                record.body.iter_mut().for_each(|body| pass.value(body));
            }
        }
        Payload::Metrics(_) => {}
    }
    pass.missing
}

/// The text as it was sent, as far as `get` has the bytes; `None` when there is no reference in it.
pub fn into_text(text: &str, get: impl FnMut(MediaHash) -> Option<Bytes>) -> Option<String> {
    Pass { get, missing: 0 }.restored(text)
}

struct Pass<G> {
    get: G,
    missing: usize,
}

impl<G: FnMut(MediaHash) -> Option<Bytes>> Pass<G> {
    fn attributes(&mut self, list: &mut [KeyValue]) {
        list.iter_mut().filter_map(|pair| pair.value.as_mut()).for_each(|value| self.value(value));
    }

    fn value(&mut self, value: &mut AnyValue) {
        match &mut value.value {
            Some(any_value::Value::StringValue(text)) => {
                if let Some(restored) = self.restored(text) {
                    *text = restored;
                }
            }
            Some(any_value::Value::BytesValue(bytes)) => self.bytes(bytes),
            Some(any_value::Value::ArrayValue(list)) => list.values.iter_mut().for_each(|item| self.value(item)),
            Some(any_value::Value::KvlistValue(list)) => self.attributes(&mut list.values),
            _ => {}
        }
    }

    fn bytes(&mut self, bytes: &mut Bytes) {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let whole = Reference::parse(text).filter(|reference| reference.form == Form::Raw);
        if let Some(reference) = whole {
            match (self.get)(reference.hash) {
                Some(original) => *bytes = original,
                None => self.missing += 1,
            }
        } else if let Some(restored) = self.restored(text) {
            *bytes = restored.into();
        }
    }

    fn restored(&mut self, text: &str) -> Option<String> {
        if !text.contains(PREFIX) {
            return None;
        }
        let mut restored = String::new();
        let mut at = 0;
        for (place, reference) in Reference::find_all(text) {
            // Bytes stand alone, never in a text.
            let Some(engine) = engine(reference.form) else { continue };
            let Some(bytes) = (self.get)(reference.hash) else {
                self.missing += 1;
                continue;
            };
            restored.push_str(&text[at..place.start]);
            engine.encode_string(&bytes, &mut restored);
            at = place.end;
        }
        restored.push_str(&text[at..]);
        Some(restored)
    }
}
