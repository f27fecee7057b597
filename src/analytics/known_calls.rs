//! What is known of given calls by the whole of their traces: whether they count, for whom they were made, what those at
//! home cost.

use duckdb::params;
use duckdb::types::Value;

use super::adopt::EVENT;
use super::row::{Cells, read_attribution, span_number};
use super::{Analytics, Error, sql};
use crate::interpret::executions::RUNS;
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Attribution, NanoUsd, SpanId, SpanRef, TraceId, UnixNanos};

/// A longer time in which no call starts is not looked through: one clock that is wrong would let all spans be read.
const GAP_NS: i64 = 600 * NANOS_PER_SECOND;

/// What is known of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCall {
    pub place: SpanRef,
    /// It was told by an event without a trace or by a run in a workflow's node, and may stand in another trace than it told.
    pub moved: bool,
    /// Its own and what it has from others.
    pub attribution: Attribution,
    pub amount: Option<NanoUsd>,
    /// Why there is no amount.
    pub reason: Option<String>,
    pub counted: bool,
    pub not_counted_because: Option<String>,
}

impl Analytics {
    /// What is known of the calls with these ids and starts, in any order; some that nobody asked for may be among them.
    /// A thousand at once cost hardly more than one.
    ///
    /// # Errors
    /// When it takes too long or the database fails.
    pub async fn known_calls(&self, calls: &[(SpanId, UnixNanos)]) -> Result<Vec<KnownCall>, Error> {
        let mut calls = calls.to_vec();
        calls.sort_unstable_by_key(|(_, start)| *start);
        self.readers
            .ask(move |connection| {
                let mut known = Vec::with_capacity(calls.len());
                for some in calls.chunk_by(|(_, one), (_, next)| next.since(*one) <= GAP_NS) {
                    let (Some((_, first)), Some((_, last))) = (some.first(), some.last()) else { continue };
                    let ids = some.iter().map(|(id, _)| Value::UBigInt(span_number(*id))).collect();
                    let mut statement = connection.prepare_cached(sql::KNOWN_CALLS)?;
                    let mut rows = statement.query(params![first.0, last.0, Value::List(ids)])?;
                    while let Some(row) = rows.next()? {
                        known.push(read(&mut Cells::of(row))?);
                    }
                }
                Ok(known)
            })
            .await
    }
}

fn read(cells: &mut Cells<'_, '_>) -> duckdb::Result<KnownCall> {
    Ok(KnownCall {
        place: SpanRef {
            trace_id: TraceId(cells.take::<u128>()?.to_be_bytes()),
            span_id: SpanId(cells.take::<u64>()?.to_be_bytes()),
        },
        moved: [EVENT, RUNS].contains(&&*cells.take::<String>()?),
        attribution: read_attribution(cells)?,
        amount: cells.take::<Option<i64>>()?.map(NanoUsd),
        reason: cells.take()?,
        counted: cells.take::<Option<bool>>()?.unwrap_or(false),
        not_counted_because: cells.take()?,
    })
}
