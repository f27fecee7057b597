//! Chunks of the journal as rows to store: interpreted, and of each span only the last version, or all its pieces.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::homes::Home;
use super::points::{MetricRow, metric_rows};
use super::row::SpanRow;
use super::signals::{LogRow, log_rows};
use crate::interpret::pieces::Pieces;
use crate::interpret::{Interpreter, logs};
use crate::journal::{self, Chunk, Cursor, Earlier, Payload};
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

/// Where in the rows of its trace a span stands.
type Places = HashMap<(TraceId, SpanId), usize>;

/// Where pieces of spans are found that arrived before, and which traces may have some.
pub(super) struct Before<'e> {
    pub(super) earlier: &'e mut Earlier,
    pub(super) may_have: &'e dyn Fn(TraceId) -> bool,
}

impl Incoming {
    /// What `chunks` hold; spans of which pieces are among it come with the pieces that were stored `before`.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(super) fn read(
        chunks: &[Chunk],
        interpreter: &Interpreter,
        before: &mut Before<'_>,
    ) -> Result<Self, journal::Error> {
        let (mut incoming, mut places, mut pieces) = Self::first(chunks, interpreter);
        if let Some(first) = chunks.first().filter(|_| !pieces.is_empty()) {
            before.complete(&mut pieces, first.cursor)?;
            incoming.take_whole(pieces, chunks, interpreter, &mut places);
        }
        Ok(incoming)
    }

    /// What `chunks` hold, whatever the journal has beside them.
    pub(super) fn read_alone(chunks: &[Chunk], interpreter: &Interpreter) -> Self {
        let (mut incoming, mut places, pieces) = Self::first(chunks, interpreter);
        incoming.take_whole(pieces, chunks, interpreter, &mut places);
        incoming
    }

    /// Everything but spans in pieces.
    fn first(chunks: &[Chunk], interpreter: &Interpreter) -> (Self, Places, Pieces) {
        let (mut incoming, mut places, mut pieces) = (Self::default(), Places::new(), Pieces::default());
        for (at, chunk) in chunks.iter().enumerate() {
            incoming.cursor = chunk.cursor;
            let project: Arc<str> = chunk.project.as_str().into();
            match chunk.payload() {
                Ok(Payload::Traces(mut data)) => {
                    pieces.take(&mut data, at);
                    incoming.take_spans(interpreter.spans(&data), &project, &mut places);
                }
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
        (incoming, places, pieces)
    }

    fn take_whole(&mut self, pieces: Pieces, chunks: &[Chunk], interpreter: &Interpreter, places: &mut Places) {
        for whole in pieces.into_whole() {
            let project: Arc<str> = chunks[whole.from].project.as_str().into();
            self.take_spans(interpreter.spans(&whole.data), &project, places);
        }
    }

    fn take_spans(&mut self, spans: Vec<Span>, project: &Arc<str>, places: &mut Places) {
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

    fn take(&mut self, row: SpanRow, places: &mut Places) {
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

impl Before<'_> {
    /// Adds what the journal has of them before `first`.
    fn complete(&mut self, pieces: &mut Pieces, first: Cursor) -> Result<(), journal::Error> {
        let (known, new): (Vec<TraceId>, Vec<TraceId>) =
            pieces.traces().into_iter().partition(|id| (self.may_have)(*id));
        for trace in new {
            self.earlier.begins(trace, first.day);
        }
        self.earlier.each(&known, first, |chunk| {
            if let Ok(Payload::Traces(data)) = chunk.payload() {
                pieces.add_earlier(data);
            }
        })
    }
}
