//! Who calls whom: steps of a workflow with the time they take themselves, which agent uses which tool, and what calls
//! below a tool cost. Read from the newest traces alone, because it needs every span of them.

use std::collections::HashMap;

use duckdb::{Connection, Row};

use super::filter::Conditions;
use super::parts::{PartKind, in_traces};
use super::query::Query;
use super::row::Cells;
use super::workflows::runs_matching;
use super::{Analytics, Error, Filter, sql};
use crate::model::{NanoUsd, SpanKind, TraceId, UnixNanos};

mod tree;

use tree::Tree;

/// Runs of a workflow, and uses of tools, that are looked into.
const MOST_RUNS: usize = 1_000;
const MOST_USES: usize = 2_000;

/// Spans that are read: some 20 MB.
const MOST_SPANS: u64 = 100_000;

/// Steps that are told of.
const MOST_NODES: usize = 100;

/// Spans of one name and kind below the roots of some runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub name: String,
    pub kind: SpanKind,
    pub calls: u64,
    pub failures: u64,
    pub p50_ns: i64,
    pub p95_ns: i64,
    /// Time that these spans take without the steps below them, as a part of the time of all runs. Steps side by side
    /// add up to more than 1.
    pub share: f64,
    /// Of the counted calls at and below them; `None` when none has an amount.
    pub cost: Option<NanoUsd>,
}

/// The steps of a workflow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Nodes {
    /// Largest share of time first.
    pub items: Vec<Node>,
    /// Runs that were looked into, the newest.
    pub runs: u64,
    /// These are all.
    pub all: bool,
}

/// A tool in the hands of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub tool: String,
    /// The nearest above it; `None` when there is none.
    pub agent: Option<String>,
    pub uses: u64,
    /// Of counted calls below it; `None` when none has an amount.
    pub cost: Option<NanoUsd>,
}

/// Which agent uses which tool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Uses {
    /// Most frequent first.
    pub items: Vec<Used>,
    /// Traces that were looked into, the newest.
    pub traces: u64,
    /// These are all.
    pub all: bool,
}

impl Analytics {
    /// The steps in the newest runs of the workflow `name` that match `filter`.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn nodes(&self, filter: &Filter, name: String) -> Result<Nodes, Error> {
        let conditions = runs_matching(filter, Some(name));
        self.readers
            .ask(move |connection| {
                let snapshot = connection.unchecked_transaction()?;
                let limit = MOST_RUNS.to_string();
                let fragments = [("filter", conditions.sql()), ("limit", limit.as_str())];
                let sql = sql::fill(sql::NEWEST_TRACES, &fragments);
                let newest = Newest::read(&snapshot, &sql, &conditions, MOST_RUNS)?;
                let tree = newest.tree(&snapshot)?;
                let mut items = tree.nodes();
                items.truncate(MOST_NODES);
                Ok(Nodes { items, runs: newest.traces.len() as u64, all: newest.all })
            })
            .await
    }

    /// Which agents use which tools in the newest traces that match `filter`.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn uses(&self, filter: &Filter) -> Result<Uses, Error> {
        let conditions = in_traces(filter);
        self.readers
            .ask(move |connection| {
                let snapshot = connection.unchecked_transaction()?;
                let limit = MOST_USES.to_string();
                let kind = PartKind::Tool.span_kind().as_str();
                let fragments = [("filter", conditions.sql()), ("limit", limit.as_str()), ("kind", kind)];
                let sql = sql::fill(sql::NEWEST_TRACES_WITH, &fragments);
                let newest = Newest::read(&snapshot, &sql, &conditions, MOST_USES)?;
                let items = newest.tree(&snapshot)?.uses();
                Ok(Uses { items, traces: newest.traces.len() as u64, all: newest.all })
            })
            .await
    }
}

/// Traces that are looked into, and when their spans begin.
#[derive(Debug, Default)]
struct Newest {
    traces: Vec<TraceId>,
    first: i64,
    last: i64,
    all: bool,
}

impl Newest {
    /// From the newest on as many as have not too many spans; the last column of `sql` says how many of `most` it found.
    fn read(connection: &Connection, sql: &str, conditions: &Conditions, most: usize) -> duckdb::Result<Self> {
        let mut query = Query::new(connection, sql, &conditions.values)?;
        let mut rows = query.rows()?;
        let mut newest = Self { traces: Vec::new(), first: i64::MAX, last: i64::MIN, all: true };
        let mut spans = 0;
        while let Some(row) = rows.next()? {
            spans += row.get::<_, u64>(3)?;
            newest.all &= row.get::<_, usize>(4)? < most && spans <= MOST_SPANS;
            if spans > MOST_SPANS {
                break;
            }
            newest.traces.push(TraceId(row.get::<_, u128>(0)?.to_be_bytes()));
            newest.first = newest.first.min(row.get(1)?);
            newest.last = newest.last.max(row.get(2)?);
        }
        Ok(newest)
    }

    fn tree(&self, connection: &Connection) -> duckdb::Result<Tree> {
        let filter = Filter {
            since: Some(UnixNanos(self.first)),
            until: Some(UnixNanos(self.last.saturating_add(1))),
            traces: Some(self.traces.clone()),
            ..Filter::default()
        };
        let conditions = filter.on_spans();
        let mut places = HashMap::new();
        let mut spans = Vec::new();
        let mut parents = Vec::new();
        let mut query =
            Query::new(connection, &sql::fill(sql::STRUCTURE, &[("filter", conditions.sql())]), &conditions.values)?;
        for row in query.map(read)? {
            let (id, parent, span) = row?;
            places.insert(id, spans.len());
            parents.push(parent.map(|parent| (id.0, parent)));
            spans.push(span);
        }
        let parents = parents.into_iter().map(|parent| places.get(&parent?).copied()).collect();
        Ok(Tree::new(spans, parents))
    }
}

type Id = (u128, u64);

fn read(row: &Row<'_>) -> duckdb::Result<(Id, Option<u64>, tree::Span)> {
    let mut cells = Cells::of(row);
    let id = (cells.take()?, cells.take()?);
    let (parent, start, duration): (Option<u64>, i64, i64) = (cells.take()?, cells.take()?, cells.take()?);
    let span = tree::Span {
        start,
        end: start.saturating_add(duration.max(0)),
        name: cells.take()?,
        kind: SpanKind::from_name(&cells.take::<String>()?).unwrap_or(SpanKind::Other),
        agent: cells.take()?,
        tool: cells.take()?,
        failed: cells.take()?,
        cost: cells.take::<Option<i64>>()?.map(NanoUsd),
    };
    Ok((id, parent, span))
}
