//! Records become events: one buffer per chunk, of which every item is a slice.

use std::sync::Arc;

use bytes::Bytes;

use super::envelope::{Frames, Head};
use super::{logs, metrics, spans};
use crate::config::MOST_BODY_BYTES;
use crate::forward::shorten::json_to_fit;
use crate::forward::{Item, Selected, facts};
use crate::interpret::Interpreter;
use crate::journal::Payload;
use crate::model::{SpanId, TraceId};

/// Events of one chunk as they are written.
#[derive(Debug, Default)]
pub struct Packed {
    pub out: Vec<u8>,
    marks: Vec<Mark>,
    ordinals: Vec<u32>,
    begun: usize,
}

#[derive(Debug)]
struct Mark {
    end: usize,
    ordinal: u32,
    records: u32,
    group: Arc<str>,
    span: Option<(TraceId, SpanId)>,
}

impl Packed {
    /// Begins an event; [`Self::end`] ends it.
    pub fn begin(&mut self, head: &Head) -> &mut Vec<u8> {
        self.begun = self.out.len();
        self.out.extend_from_slice(&head.bytes);
        &mut self.out
    }

    /// Forgets the event that was begun.
    pub fn drop_begun(&mut self) {
        self.out.truncate(self.begun);
    }

    /// The event begun is whole. `first`: which of the records at hand it is of, `records` of them in all.
    pub fn end(&mut self, head: &Head, first: usize, records: u32, span: Option<(TraceId, SpanId)>) {
        if self.out.len() - self.begun > MOST_BODY_BYTES
            && let Some(shorter) = json_to_fit(&self.out[self.begun..], MOST_BODY_BYTES)
        {
            self.out.truncate(self.begun);
            self.out.extend_from_slice(&shorter);
        }
        self.marks.push(Mark {
            end: self.out.len(),
            ordinal: self.ordinals.get(first).copied().unwrap_or_default(),
            records,
            group: Arc::clone(&head.group),
            span,
        });
    }

    fn into_items(self) -> Vec<Item> {
        let whole = Bytes::from(self.out);
        let mut start = 0;
        let item = |(index, mark): (u32, Mark)| {
            let body = whole.slice(start..mark.end);
            start = mark.end;
            let Mark { ordinal, records, group, span, .. } = mark;
            Item { index, ordinal, records, group, body, grows: 0, span }
        };
        (0..).zip(self.marks).map(item).collect()
    }
}

/// The events of `selected`, in order.
pub fn pack(interpreter: &Interpreter, frames: &Frames, selected: &Selected) -> Vec<Item> {
    let mut packed = Packed { ordinals: selected.ordinals.clone(), ..Packed::default() };
    let read;
    let known = match &selected.known {
        Some(known) => known,
        None => {
            read = facts::read(interpreter, selected);
            &read
        }
    };
    match &selected.payload {
        Payload::Traces(data) => spans::write(frames, selected, data, known, &mut packed),
        Payload::Logs(data) => logs::write(frames, selected, data, known, &mut packed),
        Payload::Metrics(data) => metrics::write(&frames.metrics, selected, data, &mut packed),
    }
    packed.into_items()
}

#[cfg(test)]
mod tests;
