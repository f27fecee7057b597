//! What was indexed of a conversation already. An agent sends its whole history with every call: a text is
//! indexed with the first span of its session (without one, of its trace) that carries it.
//!
//! Kept in memory for the day at hand and bounded. After a restart, or when it was full, a text may be indexed a
//! second time; it is never left out for that.

use std::collections::HashMap;

use super::text::Document;
use crate::model::SpanId;

/// Some 30 bytes each: 8 MB at most. A call adds two or three.
const MOST: usize = 1 << 18;

#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Hash of conversation, field and text, with the span that had it first: when that span arrives again it
    /// keeps its text.
    texts: HashMap<u64, SpanId>,
}

impl Seen {
    /// Leaves in `document` what its conversation has not said before.
    pub(super) fn keep_new(&mut self, document: &mut Document) {
        let (Some(trace), Some(span)) = (document.trace_id, document.span_id) else { return };
        if document.record.is_some() {
            return;
        }
        if self.texts.len() >= MOST {
            self.texts.clear();
        }
        let mut conversation = blake3::Hasher::new();
        match &document.session {
            Some(session) => conversation.update(b"s").update(session.as_bytes()),
            None => conversation.update(b"t").update(trace.as_bytes()),
        };
        let texts = &mut self.texts;
        document.retain(|field, text| {
            let mut hasher = conversation.clone();
            let hash = hasher.update(&[0, field as u8]).update(text.as_bytes()).finalize();
            let mut key = [0; 8];
            key.copy_from_slice(&hash.as_bytes()[..8]);
            *texts.entry(u64::from_le_bytes(key)).or_insert(span) == span
        });
    }

    /// Every day's index stands for itself.
    pub(super) fn clear(&mut self) {
        self.texts.clear();
    }
}
