//! Calls whose cost the client reports otherwise than we compute it.

use std::collections::HashMap;

use duckdb::{Connection, params_from_iter};

use super::row::{Cells, read_span, span_number, trace_number};
use super::{Analytics, Error, Filter, sql};
use crate::model::{NanoUsd, Span};

/// Calls shown of each group.
const EXAMPLES: usize = 3;

#[derive(Debug, Clone, PartialEq)]
pub struct ReconcileQuestion {
    pub filter: Filter,
    /// Two amounts differ when they are further apart than this share of the larger one.
    pub threshold: f64,
    /// Groups at most that are handed out with examples.
    pub limit: usize,
}

/// Counts and sums over calls for which the client reports a cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReconcileSums {
    /// Calls with both amounts.
    pub compared: u64,
    /// Calls for which we have no price.
    pub only_reported: u64,
    /// Calls whose amounts differ, and of them those whose client says it cost nothing.
    pub differing: u64,
    pub reported_zero: u64,
    /// Of the calls that differ.
    pub computed: NanoUsd,
    pub reported: NanoUsd,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    pub service: String,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub sums: ReconcileSums,
    /// The calls that are furthest apart, furthest first.
    pub examples: Vec<Span>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reconciled {
    /// Services and models with calls that differ, furthest apart first.
    pub groups: Vec<Disagreement>,
    /// There are more than were asked for.
    pub truncated: bool,
    /// Over all services and models.
    pub total: ReconcileSums,
}

impl ReconcileSums {
    fn read(cells: &mut Cells<'_, '_>) -> duckdb::Result<Self> {
        Ok(Self {
            compared: cells.sum()?,
            only_reported: cells.sum()?,
            differing: cells.sum()?,
            reported_zero: cells.sum()?,
            computed: cells.sum_nano()?.unwrap_or_default(),
            reported: cells.sum_nano()?.unwrap_or_default(),
        })
    }

    fn add(&mut self, more: &Self) {
        self.compared += more.compared;
        self.only_reported += more.only_reported;
        self.differing += more.differing;
        self.reported_zero += more.reported_zero;
        self.computed = NanoUsd(self.computed.0.saturating_add(more.computed.0));
        self.reported = NanoUsd(self.reported.0.saturating_add(more.reported.0));
    }
}

impl Analytics {
    /// Where reported and computed costs of counted calls differ.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn reconcile(&self, question: ReconcileQuestion) -> Result<Reconciled, Error> {
        self.readers.ask(move |connection| answer(&*connection.unchecked_transaction()?, &question)).await
    }
}

fn answer(connection: &Connection, question: &ReconcileQuestion) -> duckdb::Result<Reconciled> {
    let conditions = question.filter.on_spans();
    let (share, examples) = (question.threshold.to_string(), EXAMPLES.to_string());
    let fragments = [("share", &*share), ("examples", &examples), ("filter", conditions.sql())];
    let mut statement = connection.prepare(&sql::fill(sql::RECONCILE, &fragments))?;
    let rows = statement.query_map(params_from_iter(&conditions.values), |row| {
        let mut cells = Cells::of(row);
        let (service, provider, model) = (cells.take()?, cells.take()?, cells.take()?);
        let sums = ReconcileSums::read(&mut cells)?;
        Ok((Disagreement { service, provider, model, sums, examples: Vec::new() }, cells.texts()?))
    })?;
    let mut answer = Reconciled::default();
    let mut places = Vec::new();
    for row in rows {
        let (group, found) = row?;
        answer.total.add(&group.sums);
        if group.sums.differing == 0 {
            continue;
        }
        if answer.groups.len() == question.limit {
            answer.truncated = true;
            continue;
        }
        answer.groups.push(group);
        places.push(found);
    }
    let mut spans = spans_at(connection, places.iter().flatten())?;
    for (group, places) in answer.groups.iter_mut().zip(places) {
        group.examples = places.iter().filter_map(|place| spans.remove(place)).collect();
    }
    Ok(answer)
}

/// The spans at `places`, each of which is start, trace and span as numbers.
fn spans_at<'p>(
    connection: &Connection,
    places: impl Iterator<Item = &'p String>,
) -> duckdb::Result<HashMap<String, Span>> {
    let (mut starts, mut traces) = (Vec::new(), Vec::new());
    for place in places {
        // Numbers that the database itself has written.
        if let [start, trace, _] = place.split(':').collect::<Vec<_>>().as_slice() {
            starts.push(format!("CAST('{start}' AS BIGINT)"));
            traces.push(format!("CAST('{trace}' AS UHUGEINT)"));
        }
    }
    if starts.is_empty() {
        return Ok(HashMap::new());
    }
    let fragments = [("starts", &*starts.join(", ")), ("ids", &traces.join(", "))];
    let mut statement = connection.prepare(&sql::with_span_columns(sql::SPANS_AT, &fragments))?;
    let rows = statement.query_map([], |row| {
        let span = read_span(row)?.span;
        let place = format!("{}:{}:{}", span.start.0, trace_number(span.trace_id), span_number(span.span_id));
        Ok((place, span))
    })?;
    rows.collect()
}
