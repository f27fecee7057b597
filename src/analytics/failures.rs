//! What failed last: of each trace with an error the span where it began.

use std::collections::{HashMap, HashSet};

use duckdb::Row;
use duckdb::types::Value;

use super::query::Query;
use super::row::Cells;
use super::{Analytics, Error, Filter, Order, Page, PageKey, sql};
use crate::model::{SpanId, SpanKind, Status, TraceId, UnixNanos};

/// A failed span of a trace: one below which nothing failed, and of several the earliest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub trace_id: TraceId,
    pub trace_name: String,
    pub span_id: SpanId,
    pub start: UnixNanos,
    pub name: String,
    pub kind: SpanKind,
    pub service: String,
    /// Of a model call.
    pub model: Option<String>,
    /// Of a tool.
    pub tool: Option<String>,
    pub workflow: Option<String>,
    pub node: Option<String>,
    pub error_type: Option<String>,
    pub message: Option<String>,
    /// Failed spans of the trace, this one among them.
    pub failed_spans: u64,
}

/// A failed span as it is stored.
#[derive(Debug)]
struct Failed {
    trace_id: u128,
    span_id: u64,
    parent: Option<u64>,
    start: i64,
    name: String,
    kind: SpanKind,
    service: String,
    model: Option<String>,
    tool: Option<String>,
    node: Option<String>,
    error_type: Option<String>,
    message: Option<String>,
}

impl Analytics {
    /// The newest traces with an error that match `filter`, whose own status does not matter; `limit` at most, behind
    /// `after`.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn failures(
        &self,
        filter: &Filter,
        limit: usize,
        after: Option<PageKey>,
    ) -> Result<Page<Failure>, Error> {
        let filter = Filter { status: vec![Status::Error], ..filter.clone() };
        let page = self.traces(&filter, Order::Newest, limit, after).await?;
        let (Some(first), Some(last)) =
            (page.items.iter().map(|trace| trace.start).min(), page.items.iter().map(|trace| trace.last_start).max())
        else {
            return Ok(Page { items: Vec::new(), next: page.next });
        };
        let traces = page.items.iter().map(|trace| trace.trace_id).collect();
        let until = UnixNanos(last.0.saturating_add(1));
        let of_these = Filter { since: Some(first), until: Some(until), traces: Some(traces), ..Filter::default() };
        let mut failed = self.failed_spans(&of_these).await?;
        let items = page.items.into_iter().filter_map(|trace| {
            let spans = failed.remove(&u128::from_be_bytes(trace.trace_id.0))?;
            let failed_spans = spans.len() as u64;
            let span = origin(spans)?;
            Some(Failure {
                trace_id: trace.trace_id,
                trace_name: trace.name,
                span_id: SpanId(span.span_id.to_be_bytes()),
                start: UnixNanos(span.start),
                name: span.name,
                kind: span.kind,
                service: span.service,
                model: span.model,
                tool: span.tool,
                workflow: trace.attribution.workflow,
                node: span.node,
                error_type: span.error_type,
                message: span.message,
                failed_spans,
            })
        });
        Ok(Page { items: items.collect(), next: page.next })
    }

    async fn failed_spans(&self, filter: &Filter) -> Result<HashMap<u128, Vec<Failed>>, Error> {
        let conditions = filter.on_spans();
        let sql = sql::fill(sql::FAILED_SPANS, &[("filter", conditions.sql())]);
        let values: Vec<Value> = conditions.values;
        self.readers
            .ask(move |connection| {
                let mut failed: HashMap<u128, Vec<Failed>> = HashMap::new();
                let mut query = Query::new(connection, &sql, values)?;
                for span in query.map(read)? {
                    let span = span?;
                    failed.entry(span.trace_id).or_default().push(span);
                }
                Ok(failed)
            })
            .await
    }
}

fn read(row: &Row<'_>) -> duckdb::Result<Failed> {
    let mut cells = Cells::of(row);
    Ok(Failed {
        trace_id: cells.take()?,
        span_id: cells.take()?,
        parent: cells.take()?,
        start: cells.take()?,
        name: cells.take()?,
        kind: SpanKind::from_name(&cells.take::<String>()?).unwrap_or(SpanKind::Other),
        service: cells.take()?,
        model: cells.take()?,
        tool: cells.take()?,
        node: cells.take()?,
        error_type: cells.take()?,
        message: cells.take()?,
    })
}

/// A span passes its failure on to those above it: the cause is one that has none below.
fn origin(spans: Vec<Failed>) -> Option<Failed> {
    let above: HashSet<u64> = spans.iter().filter_map(|span| span.parent).collect();
    spans.into_iter().min_by_key(|span| (above.contains(&span.span_id), span.start, span.span_id))
}
