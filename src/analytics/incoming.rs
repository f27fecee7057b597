//! Chunks of the journal as rows to store: interpreted, and of each span only the last version.

use std::collections::HashMap;
use std::sync::Arc;

use super::row::SpanRow;
use super::signals::{LogRow, MetricRow, log_rows, metric_rows};
use crate::interpret::Interpreter;
use crate::interpret::settle::Member;
use crate::journal::{Chunk, Cursor, Payload};
use crate::model::{SpanId, TraceId};

/// What some chunks hold, by trace.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    pub(super) traces: HashMap<TraceId, Vec<SpanRow>>,
    pub(super) logs: Vec<LogRow>,
    pub(super) metrics: Vec<MetricRow>,
    /// Of the last chunk.
    pub(super) cursor: Cursor,
    /// Chunks that were no OTLP after all.
    pub(super) undecodable: u64,
}

impl Incoming {
    pub(super) fn read(chunks: &[Chunk], interpreter: &Interpreter) -> Self {
        let mut incoming = Self::default();
        let mut places: HashMap<(TraceId, SpanId), usize> = HashMap::new();
        for chunk in chunks {
            incoming.cursor = chunk.cursor;
            let project: Arc<str> = chunk.project.as_str().into();
            match chunk.payload() {
                Ok(Payload::Traces(data)) => {
                    for span in interpreter.spans(&data) {
                        incoming.take(
                            SpanRow { project: Arc::clone(&project), member: Member::of(&span), span },
                            &mut places,
                        );
                    }
                }
                Ok(Payload::Logs(data)) => incoming.logs.extend(log_rows(&project, &data, chunk.received)),
                Ok(Payload::Metrics(data)) => incoming.metrics.extend(metric_rows(&project, &data, chunk.received)),
                Err(error) => {
                    incoming.undecodable += 1;
                    tracing::warn!(
                        journal.day = %chunk.cursor.day, journal.chunk = chunk.cursor.chunk, %error,
                        "chunk {} of journal day {} is no OTLP and is not shown: {error}", chunk.cursor.chunk, chunk.cursor.day
                    );
                }
            }
        }
        incoming
    }

    fn take(&mut self, row: SpanRow, places: &mut HashMap<(TraceId, SpanId), usize>) {
        let rows = self.traces.entry(row.span.trace_id).or_default();
        match places.get(&(row.span.trace_id, row.span.span_id)) {
            Some(at) => rows[*at] = row,
            None => {
                places.insert((row.span.trace_id, row.span.span_id), rows.len());
                rows.push(row);
            }
        }
    }
}
