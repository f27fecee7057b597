//! The list of traces.

use std::collections::HashSet;

use super::page::{self, NO_COST, Wanted};
use super::query::Query;
use super::row::{read_trace, trace_number};
use super::{Analytics, Error, Filter, Order, Page, PageKey, TraceSummary, sql};
use crate::model::TraceId;

impl Analytics {
    /// Traces that match `filter`, largest first by `order`; `limit` at most, behind `after`.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn traces(
        &self,
        filter: &Filter,
        order: Order,
        limit: usize,
        after: Option<PageKey>,
    ) -> Result<Page<TraceSummary>, Error> {
        let mut conditions = filter.on_traces();
        conditions.behind(after, order.key(), "trace_id", None);
        let wanted = Wanted { table: "trace", order, count: limit + 1, after };
        let rows = self
            .readers
            .ask(move |connection| {
                page::read(
                    connection,
                    &wanted,
                    conditions,
                    |fragments| sql::with_trace_columns(sql::LIST_TRACES, fragments),
                    read_trace,
                )
            })
            .await?;
        Ok(Page::of(rows, limit, |trace| PageKey {
            key: key_of(trace, order),
            id: trace_number(trace.trace_id),
            sub: 0,
        }))
    }

    /// The traces that match `filter`, which must name those in question ([`Filter::traces`]).
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn matching_traces(&self, filter: &Filter) -> Result<HashSet<TraceId>, Error> {
        let conditions = filter.on_traces();
        let sql = sql::fill(sql::MATCHING_TRACES, &[("filter", conditions.sql())]);
        self.readers
            .ask(move |connection| {
                let mut query = Query::new(connection, &sql, conditions.values)?;
                let rows = query.map(|row| row.get::<_, u128>(0))?;
                rows.map(|id| id.map(|id| TraceId(id.to_be_bytes()))).collect()
            })
            .await
    }
}

fn key_of(trace: &TraceSummary, order: Order) -> i64 {
    match order {
        Order::Newest => trace.start.0,
        Order::Cost => trace.cost.map_or(NO_COST, |cost| cost.0),
        Order::Duration => trace.duration_ns,
    }
}
