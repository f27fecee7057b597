//! The list of model calls.

use super::export::calls_matching;
use super::page::{self, NO_COST, Wanted};
use super::row::{read_span, span_number, trace_number};
use super::{Analytics, Error, Filter, Order, Page, PageKey, sql};
use crate::model::Span;

impl Analytics {
    /// Spans with a model call that match `filter`, largest first by `order`; `limit` at most, behind `after`.
    /// Calls that are not counted are among them. The dialect is not kept.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn calls(
        &self,
        filter: &Filter,
        order: Order,
        limit: usize,
        after: Option<PageKey>,
    ) -> Result<Page<Span>, Error> {
        let mut conditions = calls_matching(filter);
        conditions.behind(after, order.key(), "trace_id", Some("span_id"));
        let wanted = Wanted { table: "span", order, count: limit + 1, after };
        let rows = self
            .readers
            .ask(move |connection| {
                page::read(
                    connection,
                    &wanted,
                    conditions,
                    |fragments| sql::with_span_columns(sql::LIST_CALLS, fragments),
                    |row| Ok(read_span(row)?.span),
                )
            })
            .await?;
        Ok(Page::of(rows, limit, |span| PageKey {
            key: key_of(span, order),
            id: trace_number(span.trace_id),
            sub: span_number(span.span_id),
        }))
    }
}

fn key_of(span: &Span, order: Order) -> i64 {
    match order {
        Order::Newest => span.start.0,
        Order::Cost => span.call.as_ref().and_then(|call| call.cost.amount).map_or(NO_COST, |cost| cost.0),
        Order::Duration => span.duration_ns(),
    }
}
