//! `gen_ai.client.inference.operation.details`: an instrumentation repeats what its span says, often with the content
//! that the span lacks. It is a call only where no span tells of it.
//!
//! One without a trace id (OpenLIT, streamed calls) is found by its response id; without that it stands alone.

use super::{Draft, Parent, Record};
use crate::model::SpanId;

pub(super) fn draft(record: &Record<'_>) -> Option<Draft> {
    let response = record.text("gen_ai.response.id");
    let span = SpanId::from_slice(&record.raw.span_id).map(|id| id.to_string());
    let once = response.unwrap_or_else(|| record.time.to_string());
    let mut draft = Draft::of(group(record), vec!["details".into(), span.unwrap_or_default(), once]);
    draft.parent = Parent::None;
    draft.beside_spans = true;
    draft.error = record.text("error.type");
    Some(draft)
}

pub(super) fn group(record: &Record<'_>) -> Vec<String> {
    match record.text("gen_ai.response.id") {
        Some(id) => vec!["response".into(), id],
        None => {
            let session = record.text("gen_ai.conversation.id").unwrap_or_default();
            vec!["gen_ai".into(), record.scope.to_owned(), session, record.time.to_string()]
        }
    }
}
