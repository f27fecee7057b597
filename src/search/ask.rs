//! Answers queries from the day indexes, newest first, and fetches what a result shows from the journal.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, InterruptHandle, params};

use super::day_file::{self, micros};
use super::snippet::snippets;
use super::text::{self, Document};
use super::{Error, Found, Hit, Place, Query, lock};
use crate::interpret::Interpreter;
use crate::interpret::pieces::Pieces;
use crate::journal::{Chunk, Cursor, Journal, Payload, Reader};
use crate::model::otlp::TracesData;
use crate::model::{Day, Span, SpanId, TraceId, UnixNanos};
use crate::sqlite;

/// Rows newest first. `words` walks by rowid, so that the limit ends it early.
const NEWEST: &str = "
    SELECT entry.id, entry.trace_id, entry.span_id, entry.chunk, entry.record
    FROM words CROSS JOIN entry ON entry.id = words.rowid
    WHERE words MATCH ? AND words.rowid BETWEEN ? AND ?
    ORDER BY words.rowid DESC
    LIMIT ?
";

/// Stops a running question from outside.
#[derive(Clone, Default)]
pub(super) struct Stopper {
    state: Arc<Mutex<Stopping>>,
}

#[derive(Default)]
struct Stopping {
    stopped: bool,
    running: Option<InterruptHandle>,
}

impl Stopper {
    pub(super) fn stop(&self) {
        let mut state = lock(&self.state);
        state.stopped = true;
        if let Some(running) = &state.running {
            running.interrupt();
        }
    }

    /// False when it is over already.
    fn running(&self, connection: &Connection) -> bool {
        let mut state = lock(&self.state);
        state.running = Some(connection.get_interrupt_handle());
        !state.stopped
    }

    fn is_stopped(&self) -> bool {
        lock(&self.state).stopped
    }
}

/// What part of the index a question is about: start times, `until` exclusive.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Window {
    pub since: Option<UnixNanos>,
    pub until: Option<UnixNanos>,
    pub after: Option<Place>,
}

impl Window {
    /// First and last rowid.
    fn ids(&self) -> (i64, i64) {
        let first = self.since.map_or(i64::MIN, |since| micros(since.saturating_add(999)));
        let until = self.until.map_or(i64::MAX, |until| micros(until.saturating_add(999)).saturating_sub(1));
        // The same id again: another day may have one with smaller ids.
        let last = self.after.map_or(until, |after| until.min(after.key));
        (first, last)
    }
}

/// The newest `most` that match. `damaged` is told of days that cannot be read; the others are served.
pub(super) fn newest(
    dir: &Path,
    query: &Query,
    window: &Window,
    most: usize,
    stopper: &Stopper,
    mut damaged: impl FnMut(Day),
) -> Result<Vec<Found>, Error> {
    let (first, last) = window.ids();
    let expression = query.to_match();
    let mut found: Vec<Found> = Vec::new();
    let mut days = day_file::days(dir)?;
    days.reverse();
    for day in days {
        if stopper.is_stopped() {
            return Err(Error::Stopped);
        }
        // What is on the page already need not be looked for again.
        let least =
            if found.len() >= most { found.last().map_or(first, |found| found.place.key.max(first)) } else { first };
        match of_day(dir, day, &expression, (least, last), most + 1, stopper) {
            Ok(rows) => found.extend(rows),
            Err(error) if stopper.is_stopped() => {
                tracing::debug!(%error, "a search was interrupted");
                return Err(Error::Stopped);
            }
            Err(error) if error.is_corrupt() => damaged(day),
            Err(error) => return Err(error),
        }
        found.sort_by_key(|found| std::cmp::Reverse(found.place));
        // A span that arrived on two days is in both; one in pieces may have become older between them.
        let mut spans = HashSet::new();
        found.retain(|found| found.record.is_some() || spans.insert((found.trace_id, found.span_id)));
        found.dedup_by(|one, other| one.place == other.place);
        if let Some(after) = window.after {
            found.retain(|found| found.place < after);
        }
        found.truncate(most);
    }
    Ok(found)
}

fn of_day(
    dir: &Path,
    day: Day,
    expression: &str,
    (first, last): (i64, i64),
    most: usize,
    stopper: &Stopper,
) -> Result<Vec<Found>, Error> {
    let path = day_file::path_of(dir, day);
    let read = |connection: &Connection| -> rusqlite::Result<Vec<Found>> {
        // 0: it is being made at this moment.
        let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if format == 0 {
            return Ok(Vec::new());
        }
        let newest: Option<i64> = connection.query_row("SELECT max(id) FROM entry", [], |row| row.get(0))?;
        let oldest: Option<i64> = connection.query_row("SELECT min(id) FROM entry", [], |row| row.get(0))?;
        if newest.is_none_or(|newest| newest < first) || oldest.is_none_or(|oldest| oldest > last) {
            return Ok(Vec::new());
        }
        let mut statement = connection.prepare(NEWEST)?;
        let rows = statement.query_map(params![expression, first, last, most as i64], |row| {
            let trace_id = row.get_ref(1)?.as_blob_or_null()?.and_then(TraceId::from_slice);
            let span_id = row.get_ref(2)?.as_blob_or_null()?.and_then(SpanId::from_slice);
            let chunk = row.get(3)?;
            let record: Option<u32> = row.get(4)?;
            Ok(Found {
                place: Place::new(row.get(0)?, trace_id, span_id, record),
                trace_id,
                span_id,
                at: Cursor { day, chunk },
                record,
            })
        })?;
        rows.collect()
    };
    let connection = match sqlite::open_read_only(&path) {
        // Removed with its day since it was listed.
        Err(_) if !path.exists() => return Ok(Vec::new()),
        other => other,
    };
    connection
        .and_then(|connection| if stopper.running(&connection) { read(&connection) } else { Ok(Vec::new()) })
        .map_err(|source| Error::File { doing: "search", path, source })
}

/// Fills in what results show. What the journal no longer holds is left out.
pub(super) fn hits(
    found: &[Found],
    query: &Query,
    journal: &Journal,
    interpreter: &Interpreter,
    stopper: &Stopper,
) -> Result<Vec<Hit>, Error> {
    let mut by_chunk: BTreeMap<Cursor, Vec<usize>> = BTreeMap::new();
    for (at, one) in found.iter().enumerate() {
        by_chunk.entry(one.at).or_default().push(at);
    }
    let mut reader = journal.reader();
    let mut shown: Vec<Option<(Document, Shown)>> = found.iter().map(|_| None).collect();
    for (cursor, wanted) in by_chunk {
        if stopper.is_stopped() {
            return Err(Error::Stopped);
        }
        fetch(&mut reader, journal, interpreter, found, (cursor, &wanted), &mut shown)?;
    }
    let (documents, shown): (Vec<(usize, Document)>, Vec<Shown>) = shown
        .into_iter()
        .enumerate()
        .filter_map(|(at, one)| one.map(|(document, shown)| ((at, document), shown)))
        .unzip();
    let (places, documents): (Vec<usize>, Vec<Document>) = documents.into_iter().unzip();
    let marked = snippets(query, &documents).map_err(Error::Snippets)?;
    let all = places.into_iter().zip(documents).zip(shown).zip(marked);
    Ok(all
        .map(|(((at, document), shown), snippet)| Hit {
            place: found[at].place,
            trace_id: found[at].trace_id,
            span_id: found[at].span_id,
            start: document.start,
            name: shown.name,
            service: shown.service,
            kind: shown.kind,
            model: shown.model,
            snippet,
        })
        .collect())
}

/// What a result says beside its text.
struct Shown {
    name: String,
    service: String,
    /// A span kind, or `log`.
    kind: &'static str,
    model: Option<String>,
}

/// Reads the results that stand in one chunk.
fn fetch(
    reader: &mut Reader,
    journal: &Journal,
    interpreter: &Interpreter,
    found: &[Found],
    (cursor, wanted): (Cursor, &[usize]),
    shown: &mut [Option<(Document, Shown)>],
) -> Result<(), Error> {
    if let Some(chunk) = reader.chunk(cursor)? {
        take((0, &chunk), interpreter, found, wanted, &mut Pieces::default(), shown);
    }
    // A day that was packed anew has other chunks, and a span in pieces has several: both are found by their trace.
    let missing: Vec<usize> =
        wanted.iter().copied().filter(|at| shown[*at].is_none() && found[*at].record.is_none()).collect();
    let traces: HashSet<TraceId> = missing.iter().filter_map(|at| found[*at].trace_id).collect();
    for trace in traces {
        let mut pieces = Pieces::default();
        for (at, chunk) in journal.trace(trace)?.iter().enumerate() {
            take((at, chunk), interpreter, found, &missing, &mut pieces, shown);
        }
        for whole in pieces.into_whole() {
            take_spans(&whole.data, interpreter, found, &missing, shown);
        }
    }
    Ok(())
}

fn take_spans(
    data: &TracesData,
    interpreter: &Interpreter,
    found: &[Found],
    wanted: &[usize],
    shown: &mut [Option<(Document, Shown)>],
) {
    text::each_span(data, |resource, scope, raw| {
        let ids = (TraceId::from_slice(&raw.trace_id), SpanId::from_slice(&raw.span_id));
        let is_it = |at: &&usize| found[**at].record.is_none() && (found[**at].trace_id, found[**at].span_id) == ids;
        let Some(at) = wanted.iter().find(is_it) else { return };
        let Some(span) = interpreter.span(resource, scope, raw) else { return };
        let document = text::span_document(interpreter, resource, scope, raw, &span);
        shown[*at] = Some((document, shown_of(span)));
    });
}

/// Takes what is wanted of a chunk, and its pieces of spans with its number.
fn take(
    (at, chunk): (usize, &Chunk),
    interpreter: &Interpreter,
    found: &[Found],
    wanted: &[usize],
    pieces: &mut Pieces,
    shown: &mut [Option<(Document, Shown)>],
) {
    match chunk.payload() {
        Ok(Payload::Traces(mut data)) => {
            pieces.take(&mut data, at);
            take_spans(&data, interpreter, found, wanted, shown);
        }
        Ok(Payload::Logs(data)) => {
            let services = data.resource_logs.iter().flat_map(|group| {
                let service = text::service_of(group.resource.as_ref());
                let records = group.scope_logs.iter().flat_map(|part| &part.log_records);
                records.map(move |record| (service.clone(), text::log_name(record)))
            });
            for (document, (service, name)) in text::logs(&data, chunk.received).into_iter().zip(services) {
                let is_it = |at: &&usize| {
                    let found = &found[**at];
                    found.record == document.record
                        && (found.trace_id, found.span_id) == (document.trace_id, document.span_id)
                };
                if let Some(at) = wanted.iter().find(is_it) {
                    shown[*at] = Some((document, Shown { name, service, kind: "log", model: None }));
                }
            }
        }
        Ok(Payload::Metrics(_)) | Err(_) => {}
    }
}

fn shown_of(span: Span) -> Shown {
    let model = span.call.as_ref().and_then(|call| call.model()).map(str::to_owned);
    Shown { name: span.name, service: span.service, kind: span.kind.as_str(), model }
}
