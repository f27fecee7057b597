//! Workflows by name: their runs, how they end, how long they take and what they cost. A run is a trace: of a workflow
//! that calls another, the other is part.

use std::collections::HashMap;

use duckdb::Connection;
use duckdb::types::Value;

use super::filter::Conditions;
use super::histogram::Histogram;
use super::models::Spread;
use super::query::Query;
use super::row::Cells;
use super::{Analytics, Error, Filter, sql};
use crate::model::{NanoUsd, UnixNanos};

/// Of which workflow a trace is a run: what it says, or the name of its root if that is one.
pub(super) const NAME: &str = "coalesce(workflow, CASE WHEN kind = 'workflow' THEN name END)";

/// A workflow, over the traces that are its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    pub name: String,
    /// Whether its spans say so, so that calls can be filtered by it; else it is the name of the root span.
    pub told: bool,
    /// Of the newest run.
    pub service: String,
    pub runs: u64,
    /// Runs in which a span failed.
    pub failures: u64,
    pub duration: Spread,
    /// Start of the newest run.
    pub last_run: UnixNanos,
    /// Counted calls.
    pub calls: u64,
    pub unpriced_calls: u64,
    /// `None` when no call has an amount.
    pub cost: Option<NanoUsd>,
    /// Runs that have an amount.
    pub priced_runs: u64,
}

#[derive(Debug, Default)]
struct Sums {
    told: bool,
    service: String,
    runs: u64,
    failures: u64,
    steps: Histogram,
    last_ns: i64,
    calls: u64,
    unpriced_calls: u64,
    cost: Option<NanoUsd>,
    priced_runs: u64,
}

impl Analytics {
    /// All workflows that traces matching `filter` are runs of, only the one of this `name` if there is one; most
    /// expensive first, then by runs.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn workflows(&self, filter: &Filter, name: Option<String>) -> Result<Vec<Workflow>, Error> {
        let conditions = runs_matching(filter, name);
        self.readers.ask(move |connection| answer(connection, &conditions)).await
    }
}

/// Traces that match, and are runs of the workflow if there is a name.
pub(super) fn runs_matching(filter: &Filter, name: Option<String>) -> Conditions {
    let mut conditions = filter.on_traces();
    if let Some(name) = name {
        conditions.add(&format!("{NAME} = ?"), [Value::Text(name)]);
    }
    conditions
}

fn answer(connection: &Connection, conditions: &Conditions) -> duckdb::Result<Vec<Workflow>> {
    let fragments = [("column", NAME), ("value", "duration_ns"), ("filter", conditions.sql())];
    let mut query = Query::new(connection, &sql::fill(sql::WORKFLOWS, &fragments), &conditions.values)?;
    let mut rows = query.rows()?;
    let mut workflows: HashMap<String, Sums> = HashMap::new();
    while let Some(row) = rows.next()? {
        let mut cells = Cells::of(row);
        workflows.entry(cells.take()?).or_default().take(&mut cells)?;
    }
    let mut workflows: Vec<Workflow> = workflows.into_iter().map(|(name, sums)| sums.workflow(name)).collect();
    workflows.sort_by(|one, other| {
        (other.cost, other.runs).cmp(&(one.cost, one.runs)).then_with(|| one.name.cmp(&other.name))
    });
    Ok(workflows)
}

impl Sums {
    fn take(&mut self, cells: &mut Cells<'_, '_>) -> duckdb::Result<()> {
        self.told |= cells.take::<bool>()?;
        let (failed, step): (bool, i16) = (cells.take()?, cells.take()?);
        let (runs, total): (u64, f64) = (cells.take()?, cells.take()?);
        self.runs += runs;
        self.failures += if failed { runs } else { 0 };
        self.steps.add(step, runs, total / runs as f64);
        let (last_ns, service): (i64, String) = (cells.take()?, cells.take()?);
        if self.service.is_empty() || last_ns > self.last_ns {
            (self.last_ns, self.service) = (last_ns, service);
        }
        self.calls = self.calls.saturating_add(cells.sum()?);
        self.unpriced_calls = self.unpriced_calls.saturating_add(cells.sum()?);
        if let Some(cost) = cells.sum_nano()? {
            self.cost = Some(NanoUsd(self.cost.unwrap_or_default().0.saturating_add(cost.0)));
        }
        self.priced_runs += cells.take::<u64>()?;
        Ok(())
    }

    fn workflow(self, name: String) -> Workflow {
        Workflow {
            name,
            told: self.told,
            service: self.service,
            runs: self.runs,
            failures: self.failures,
            duration: Spread::of(&self.steps),
            last_run: UnixNanos(self.last_ns),
            calls: self.calls,
            unpriced_calls: self.unpriced_calls,
            cost: self.cost,
            priced_runs: self.priced_runs,
        }
    }
}
