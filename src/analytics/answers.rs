//! Which call of a gateway answered which run in a node of n8n: both name the response.
//!
//! A gateway that no `traceparent` reaches (n8n's model nodes carry none) begins a trace of its own. For
//! [`super::unite`] a response is an execution like any other: the run tells where it is, the gateway what belongs there.

use std::collections::{HashMap, HashSet};

use duckdb::types::Value;
use duckdb::{Transaction, params_from_iter};

use super::filter::marks;
use super::incoming::Incoming;
use super::row::{SpanRow, trace_number};
use super::seen::Seen;
use super::unite::Part;
use super::{sql, whole};
use crate::interpret::executions::{APART, RUNS};
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Execution, TraceId};

/// How the id of an execution begins that is a response. n8n's are numbers, so these are no others.
const RESPONSE: &str = "response ";

/// A call of a gateway that ends within [`APART`] of its run began at most so much earlier.
const EARLIER: i64 = 3600 * NANOS_PER_SECOND;

/// Values bound in one statement at most.
const AT_ONCE: usize = 500;

/// Whether a gateway tells `row`.
pub(super) fn is_of_gateway(row: &SpanRow) -> bool {
    row.member.voice.gateway
}

/// What a batch tells of responses, and what is stored of them.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Of runs that arrive; to be noted, so that gateways find them that come later.
    pub(super) runs: Vec<Part>,
    /// Of gateways, whether they arrive or runs that they answered do. Not noted: most answer no run of n8n.
    pub(super) gateways: Vec<Part>,
}

impl Answers {
    /// `None` while no run has named a response, which is for ever where there is no n8n: asking costs a gateway's batch a
    /// look at an empty table.
    pub(super) fn read(
        transaction: &Transaction<'_>,
        incoming: &Incoming,
        seen: &Seen,
    ) -> duckdb::Result<Option<Self>> {
        let is_run = |row: &&SpanRow| row.span.dialect == RUNS && row.span.execution.is_some();
        let runs = incoming.traces.values().flatten().filter(is_run).filter_map(|row| part(row, true));
        let mut answers = Self { runs: runs.collect(), gateways: Vec::new() };
        if answers.runs.is_empty() && !knows_runs(transaction)? {
            return Ok(None);
        }
        let mut traces = stored_gateways(transaction, &answers.runs)?;
        let arriving = |rows: &[SpanRow]| rows.iter().any(is_of_gateway);
        traces.extend(incoming.traces.iter().filter(|(_, rows)| arriving(rows)).map(|(trace, _)| *trace));
        let known: Vec<TraceId> =
            traces.iter().copied().filter(|trace| seen.may_contain(trace_number(*trace))).collect();
        let mut told: HashMap<TraceId, Vec<&SpanRow>> = HashMap::new();
        let stored = whole::read(transaction, &known)?;
        let arriving = traces.iter().filter_map(|trace| incoming.traces.get(trace)).flatten();
        for row in stored.iter().chain(arriving).filter(|row| is_of_gateway(row)) {
            told.entry(row.span.trace_id).or_default().push(row);
        }
        // A trace that somebody else began says itself where the gateway belongs.
        let begins = |rows: &&Vec<&SpanRow>| rows.iter().any(|row| row.span.parent_span_id.is_none());
        let calls = told.values().filter(begins).flatten().filter_map(|row| part(row, false));
        answers.gateways.extend(calls);
        Ok(Some(answers))
    }
}

/// Whether any run told a response so far.
fn knows_runs(transaction: &Transaction<'_>) -> duckdb::Result<bool> {
    transaction
        .prepare_cached("SELECT EXISTS (FROM execution WHERE by_engine AND starts_with(execution, ?))")?
        .query_row([RESPONSE], |row| row.get(0))
}

/// Stored traces with a call that names a response of `runs`; not all of them are a gateway's.
fn stored_gateways(transaction: &Transaction<'_>, runs: &[Part]) -> duckdb::Result<HashSet<TraceId>> {
    let mut found = HashSet::new();
    for some in runs.chunks(AT_ONCE) {
        let times = || some.iter().flat_map(|run| [run.period.0.0, run.period.1.0]);
        let first = times().min().unwrap_or_default().saturating_sub(EARLIER);
        let last = times().max().unwrap_or_default().saturating_add(APART);
        let ids = some.iter().filter_map(|run| Some(Value::Text(run.execution.id.strip_prefix(RESPONSE)?.into())));
        let mut statement = transaction.prepare(&sql::fill(sql::SPANS_OF_RESPONSES, &[("ids", &marks(some.len()))]))?;
        let mut rows = statement.query(params_from_iter([first, last].map(Value::BigInt).into_iter().chain(ids)))?;
        while let Some(row) = rows.next()? {
            found.insert(TraceId(row.get::<_, u128>(1)?.to_be_bytes()));
        }
    }
    Ok(found)
}

fn part(row: &SpanRow, by_engine: bool) -> Option<Part> {
    let response = row.member.response_id.as_ref().filter(|_| row.span.call.is_some())?;
    Some(Part::of(row, Execution { id: format!("{RESPONSE}{response}"), workflow: None, by_engine }))
}
