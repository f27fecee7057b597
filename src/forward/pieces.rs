//! Spans that clients tell in pieces go when they are whole: once one of the pieces knows the end, with all that came
//! before. Half a call would be a call too many in the sums of a destination.
//!
//! What is sent of a chunk is a function of the journal up to it. A piece that comes after the end sends the span again,
//! marked by [`UPDATE`] unless it is the first to tell usage.

use std::sync::Arc;

use super::Error;
use crate::interpret::Interpreter;
use crate::interpret::pieces::{Pieces, Whole, any, is_unfinished};
use crate::journal::{Chunk, Earlier, Journal, Payload};
use crate::model::otlp::{AnyValue, KeyValue, Span, TracesData, any_value};
use crate::model::piece::UPDATE;

pub struct WholeSpans {
    earlier: Earlier,
    interpreter: Arc<Interpreter>,
}

impl WholeSpans {
    pub fn new(journal: &Journal, interpreter: Arc<Interpreter>) -> Self {
        Self { earlier: journal.earlier(), interpreter }
    }

    /// Puts whole spans in the place of the pieces in `payload`, which is what `chunk` holds. Those that go on are left out.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn complete(&mut self, chunk: &Chunk, payload: &mut Payload) -> Result<(), Error> {
        let Payload::Traces(data) = payload else { return Ok(()) };
        if !any(data) {
            return Ok(());
        }
        let mut pieces = Pieces::default();
        pieces.take(data, 0);
        self.earlier.each(&pieces.traces(), chunk.cursor, |chunk| {
            if let Ok(Payload::Traces(data)) = chunk.payload() {
                pieces.add_earlier(data);
            }
        })?;
        let before = pieces.before();
        for mut whole in pieces.into_whole() {
            let Some(span) = only(&whole.data).filter(|span| !is_unfinished(span)) else { continue };
            match before.get(&whole.place).filter(|former| !is_unfinished(former)) {
                Some(former) if former == span => continue,
                Some(former) if self.has_usage(&whole, former) || !self.has_usage(&whole, span) => {
                    mark(&mut whole.data)
                }
                _ => {}
            }
            data.resource_spans.append(&mut whole.data.resource_spans);
        }
        Ok(())
    }

    fn has_usage(&self, whole: &Whole, version: &Span) -> bool {
        let mut data = whole.data.clone();
        let spans =
            data.resource_spans.iter_mut().flat_map(|group| &mut group.scope_spans).flat_map(|part| &mut part.spans);
        spans.for_each(|span| *span = version.clone());
        let read = self.interpreter.spans(&data);
        read.iter().any(|span| span.call.as_ref().is_some_and(|call| call.usage.is_some()))
    }
}

fn only(data: &TracesData) -> Option<&Span> {
    data.resource_spans.first()?.scope_spans.first()?.spans.first()
}

fn mark(data: &mut TracesData) {
    let value = Some(AnyValue { value: Some(any_value::Value::BoolValue(true)) });
    for span in data.resource_spans.iter_mut().flat_map(|group| &mut group.scope_spans).flat_map(|part| &mut part.spans)
    {
        span.attributes.push(KeyValue { key: UPDATE.to_owned(), value: value.clone() });
    }
}
