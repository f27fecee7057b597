//! Which call of a gateway answered which run in a node of n8n: both name the response.
//!
//! A gateway that no `traceparent` reaches (n8n's model nodes carry none) begins a trace of its own. For
//! [`super::unite`] a response is an execution like any other: the run tells where it is, the gateway what belongs there.

use duckdb::Transaction;

use super::incoming::Incoming;
use super::row::{SpanRow, trace_number};
use super::seen::Seen;
use super::unite::Part;
use super::whole;
use crate::interpret::executions::RUNS;
use crate::model::Execution;

/// Whether a gateway tells `row`.
pub(super) fn is_of_gateway(row: &SpanRow) -> bool {
    row.member.voice.gateway
}

/// What the spans of a batch tell of responses.
pub(super) fn parts(transaction: &Transaction<'_>, incoming: &Incoming, seen: &Seen) -> duckdb::Result<Vec<Part>> {
    let is_run = |row: &&SpanRow| row.span.dialect == RUNS && row.span.execution.is_some();
    let runs = incoming.traces.values().flatten().filter(is_run).filter_map(|row| part(row, true));
    let mut parts: Vec<Part> = runs.collect();
    let mut incomplete = Vec::new();
    for (trace, rows) in &incoming.traces {
        let told: Vec<&SpanRow> = rows.iter().filter(|row| is_of_gateway(row)).collect();
        let calls: Vec<Part> = told.iter().filter_map(|row| part(row, false)).collect();
        // A trace that somebody else began says itself where the gateway belongs.
        let begins = told.iter().any(|row| row.span.parent_span_id.is_none());
        if begins && !calls.is_empty() {
            parts.extend(calls);
        } else if !told.is_empty() && seen.may_contain(trace_number(*trace)) {
            incomplete.push((*trace, begins, calls));
        }
    }
    let mut stored = whole::read(transaction, &incomplete.iter().map(|(trace, ..)| *trace).collect::<Vec<_>>())?;
    stored.retain(is_of_gateway);
    for (trace, begins, calls) in incomplete {
        let rows = || stored.iter().filter(|row| row.span.trace_id == trace);
        if begins || rows().any(|row| row.span.parent_span_id.is_none()) {
            parts.extend(calls);
            parts.extend(rows().filter_map(|row| part(row, false)));
        }
    }
    Ok(parts)
}

fn part(row: &SpanRow, by_engine: bool) -> Option<Part> {
    let (span, response) = (&row.span, row.member.response_id.as_ref()?);
    span.call.as_ref()?;
    // n8n's executions are numbers, so these are no others.
    let execution = Execution { id: format!("response {response}"), workflow: None, by_engine };
    let period = (span.start, span.end.max(span.start));
    Some(Part { trace: span.trace_id, project: row.project.to_string(), execution, period })
}
