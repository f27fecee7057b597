//! Chunks of the journal as rows to store: interpreted, and of each span only the last version.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::homes::Home;
use super::points::{MetricRow, metric_rows};
use super::row::SpanRow;
use super::signals::{LogRow, log_rows};
use crate::interpret::{Interpreter, logs};
use crate::journal::{Chunk, Cursor, Payload};
use crate::model::otlp::LogsData;
use crate::model::{Span, SpanId, TraceId};

/// What some chunks hold, by trace.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    pub(super) traces: HashMap<TraceId, Vec<SpanRow>>,
    pub(super) logs: Vec<LogRow>,
    /// Traces made of log records without a trace id.
    pub(super) homes: Vec<Home>,
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
                Ok(Payload::Traces(data)) => incoming.take_spans(interpreter.spans(&data), &project, &mut places),
                Ok(Payload::Logs(data)) => {
                    let spans = interpreter.spans(&logs::spans(&data, chunk.received));
                    incoming.note_homes(&spans, &data, chunk);
                    incoming.take_spans(spans, &project, &mut places);
                    incoming.logs.extend(log_rows(&project, &data, chunk.received));
                }
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

    fn take_spans(&mut self, spans: Vec<Span>, project: &Arc<str>, places: &mut HashMap<(TraceId, SpanId), usize>) {
        for span in spans {
            self.take(SpanRow::new(Arc::clone(project), span), places);
        }
    }

    /// The journal finds a record by the trace id it carries; of others it must be noted where they are.
    fn note_homes(&mut self, spans: &[Span], data: &LogsData, chunk: &Chunk) {
        if spans.is_empty() {
            return;
        }
        let records = data.resource_logs.iter().flat_map(|group| &group.scope_logs).flat_map(|part| &part.log_records);
        let own: HashSet<TraceId> = records.filter_map(|record| TraceId::from_slice(&record.trace_id)).collect();
        let made = spans.iter().filter(|span| !own.contains(&span.trace_id));
        self.homes.extend(made.map(|span| Home::of(span.trace_id, chunk, span.start, span.end)));
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
