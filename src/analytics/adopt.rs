//! Calls told by an event that names a response but no trace move to the trace of their span, once both are here.
//!
//! Until then such a call has a trace of its own, whose id follows from the response id: whoever knows the
//! response finds it, whichever of the two came first.

use std::collections::{HashMap, HashSet};

use duckdb::types::Value;
use duckdb::{Transaction, params_from_iter};

use super::filter::marks;
use super::incoming::Incoming;
use super::row::{SpanRow, trace_number};
use super::seen::Seen;
use super::{sql, whole};
use crate::interpret::logs::trace_of_response;
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{SpanId, TraceId, UnixNanos};

/// An event is written when its call ends, and both may come late.
const APART: i64 = 6 * 3600 * NANOS_PER_SECOND;

/// Values bound in one statement at most.
const AT_ONCE: usize = 500;

/// The dialect of such events.
pub(super) const EVENT: &str = "genai_event";

type Place = (TraceId, SpanId);

/// A stored trace that only log records make.
#[derive(Debug, Clone, Copy)]
struct Alone {
    /// Where its calls belong.
    place: Place,
    /// Between which times its spans start.
    range: (i64, i64),
}

/// Moves what can be moved, in `incoming` and in the tables. Returns the starts of stored calls that were taken out.
pub(super) fn adopt(
    transaction: &Transaction<'_>,
    incoming: &mut Incoming,
    seen: &Seen,
) -> duckdb::Result<Vec<UnixNanos>> {
    let spans = arriving(incoming);
    move_arriving(transaction, incoming, &spans)?;
    let waiting: HashMap<TraceId, Place> = spans
        .iter()
        .map(|(response, place)| (trace_of_response(response), *place))
        .filter(|(trace, _)| seen.may_contain(trace_number(*trace)))
        .collect();
    // The filter imagines one in a hundred: only what is noted as made of records is looked for among all spans.
    let waiting = noted(transaction, waiting)?;
    move_stored(transaction, incoming, &waiting)
}

/// What of `waiting` is a stored trace that log records make.
fn noted(transaction: &Transaction<'_>, waiting: HashMap<TraceId, Place>) -> duckdb::Result<HashMap<TraceId, Alone>> {
    let mut found = HashMap::new();
    let all: Vec<&TraceId> = waiting.keys().collect();
    for some in all.chunks(AT_ONCE) {
        let ids = some.iter().map(|trace| Value::UHugeInt(trace_number(**trace)));
        let sql = sql::fill(sql::NOTED_TRACES, &[("ids", &marks(some.len()))]);
        let mut statement = transaction.prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(ids))?;
        while let Some(row) = rows.next()? {
            let trace = TraceId(row.get::<_, u128>(0)?.to_be_bytes());
            let range = (row.get(1)?, row.get(2)?);
            found.extend(waiting.get(&trace).map(|place| (trace, Alone { place: *place, range })));
        }
    }
    Ok(found)
}

/// Where the spans that arrive tell which response.
fn arriving(incoming: &Incoming) -> HashMap<String, Place> {
    let mut found: HashMap<String, Place> = HashMap::new();
    for row in incoming.traces.values().flatten().filter(|row| row.span.dialect != EVENT) {
        let Some(response) = row.member.response_id.as_ref().filter(|_| row.span.call.is_some()) else { continue };
        let place = (row.span.trace_id, row.span.span_id);
        let known = found.entry(response.clone()).or_insert(place);
        *known = place.min(*known);
    }
    found
}

fn move_arriving(
    transaction: &Transaction<'_>,
    incoming: &mut Incoming,
    spans: &HashMap<String, Place>,
) -> duckdb::Result<()> {
    let orphan = |row: &SpanRow| {
        let response = row.member.response_id.as_ref().filter(|_| row.span.dialect == EVENT)?;
        (trace_of_response(response) == row.span.trace_id).then(|| (response.clone(), row.span.start))
    };
    let orphans: HashMap<String, UnixNanos> = incoming.traces.values().flatten().filter_map(orphan).collect();
    if orphans.is_empty() {
        return Ok(());
    }
    let stored = stored_spans(transaction, &orphans)?;
    for response in orphans.keys() {
        let Some(place) = spans.get(response).or_else(|| stored.get(response)) else { continue };
        let alone = trace_of_response(response);
        for row in incoming.traces.remove(&alone).unwrap_or_default() {
            take(incoming, row, *place);
        }
        for home in incoming.homes.iter_mut().filter(|home| home.trace_id == alone) {
            home.trace_id = place.0;
        }
    }
    Ok(())
}

/// The stored spans of the responses that `orphans` name.
fn stored_spans(
    transaction: &Transaction<'_>,
    orphans: &HashMap<String, UnixNanos>,
) -> duckdb::Result<HashMap<String, Place>> {
    let mut found: HashMap<String, Place> = HashMap::new();
    let all: Vec<(&String, &UnixNanos)> = orphans.iter().collect();
    for some in all.chunks(AT_ONCE) {
        let sql = sql::fill(sql::SPANS_OF_RESPONSES, &[("ids", &marks(some.len()))]);
        let (first, last) = range(some.iter().map(|(_, start)| **start));
        let ids = some.iter().map(|(response, _)| Value::Text((*response).clone()));
        let values = [Value::BigInt(first), Value::BigInt(last)].into_iter().chain(ids);
        let mut statement = transaction.prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let place = (TraceId(row.get::<_, u128>(1)?.to_be_bytes()), SpanId(row.get::<_, u64>(2)?.to_be_bytes()));
            let known = found.entry(row.get(0)?).or_insert(place);
            *known = place.min(*known);
        }
    }
    Ok(found)
}

fn move_stored(
    transaction: &Transaction<'_>,
    incoming: &mut Incoming,
    waiting: &HashMap<TraceId, Alone>,
) -> duckdb::Result<Vec<UnixNanos>> {
    let mut starts = Vec::new();
    let all: Vec<(&TraceId, &Alone)> = waiting.iter().collect();
    for some in all.chunks(AT_ONCE) {
        let first = some.iter().map(|(_, alone)| alone.range.0).min().unwrap_or_default();
        let last = some.iter().map(|(_, alone)| alone.range.1).max().unwrap_or_default();
        let ids: Vec<TraceId> = some.iter().map(|(trace, _)| **trace).collect();
        let moved = whole::take_between(transaction, &ids, (first, last))?;
        let gone: HashSet<TraceId> = moved.iter().map(|row| row.span.trace_id).collect();
        for mut row in moved {
            let Some(alone) = waiting.get(&row.span.trace_id) else { continue };
            starts.push(row.span.start);
            row.span.dialect = EVENT;
            take(incoming, row, alone.place);
        }
        for trace in gone {
            if let Some(Alone { place: (home, _), .. }) = waiting.get(&trace) {
                let values = [*home, trace].map(|id| Value::UHugeInt(trace_number(id)));
                transaction
                    .execute("UPDATE log_trace SET trace_id = ? WHERE trace_id = ?", params_from_iter(values))?;
            }
        }
    }
    Ok(starts)
}

fn range(starts: impl Iterator<Item = UnixNanos> + Clone) -> (i64, i64) {
    let first = starts.clone().min().unwrap_or_default().0.saturating_sub(APART);
    (first, starts.max().unwrap_or_default().0.saturating_add(APART))
}

/// `row` as a child of the span at `place`, unless a newer version of it is there.
fn take(incoming: &mut Incoming, mut row: SpanRow, place: Place) {
    row.span.trace_id = place.0;
    row.span.parent_span_id = Some(place.1);
    row.member.parent = Some(place.1);
    let rows = incoming.traces.entry(place.0).or_default();
    if rows.iter().all(|known| known.span.span_id != row.span.span_id) {
        rows.push(row);
    }
}
