//! The list of users: who caused which traces, and what they cost.

use duckdb::Row;
use duckdb::types::Value;

use super::query::Query;
use super::row::Cells;
use super::sessions::behind;
use super::{Analytics, Error, Filter, Page, PageKey, sql};
use crate::model::{NanoUsd, TokenUsage, UnixNanos};

/// One user. Sums are over the traces asked for, and in them over counted calls.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    pub name: String,
    /// Starts of the first and of the newest trace.
    pub first: UnixNanos,
    pub last: UnixNanos,
    pub trace_count: u64,
    pub session_count: u64,
    pub call_count: u64,
    /// Failed spans, and traces with one.
    pub error_count: u64,
    pub failed_traces: u64,
    pub usage: TokenUsage,
    pub cost: Option<NanoUsd>,
    pub unpriced_calls: u64,
    place: PageKey,
}

/// By what users are sorted, largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOrder {
    Newest,
    Cost,
    Calls,
    Errors,
}

impl UserOrder {
    pub const ALL: [Self; 4] = [Self::Newest, Self::Cost, Self::Calls, Self::Errors];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Cost => "cost",
            Self::Calls => "calls",
            Self::Errors => "errors",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.as_str() == name)
    }

    fn key(self) -> &'static str {
        match self {
            Self::Newest => "max(start_ns)",
            Self::Cost => "coalesce(sum(cost_nano)::BIGINT, CAST('-9223372036854775808' AS BIGINT))",
            Self::Calls => "sum(call_count)::BIGINT",
            Self::Errors => "count(*) FILTER (status = 'error')",
        }
    }
}

impl Analytics {
    /// Users of traces that match `filter`, largest first by `order`; `limit` at most, behind `after`. A text is looked
    /// for in their names.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn users(
        &self,
        filter: &Filter,
        order: UserOrder,
        limit: usize,
        after: Option<PageKey>,
    ) -> Result<Page<User>, Error> {
        let mut conditions = Filter { text: None, ..filter.clone() }.on_traces();
        if let Some(text) = &filter.text {
            conditions.add("contains(lower(user_id), lower(?))", [Value::Text(text.clone())]);
        }
        let key = order.key();
        let (behind, place) = behind(key, "hash(user_id)", after);
        let count = (limit + 1).to_string();
        let fragments = [("key", key), ("filter", conditions.sql()), ("behind", &behind), ("limit", &count)];
        let sql = sql::fill(sql::LIST_USERS, &fragments);
        let rows = self
            .readers
            .ask(move |connection| {
                let mut query = Query::new(connection, &sql, conditions.values.into_iter().chain(place))?;
                let rows = query.map(read)?;
                rows.collect::<duckdb::Result<Vec<_>>>()
            })
            .await?;
        Ok(Page::of(rows, limit, |user| user.place))
    }
}

fn read(row: &Row<'_>) -> duckdb::Result<User> {
    let mut cells = Cells::of(row);
    let name = cells.take()?;
    let place = PageKey { key: cells.take()?, id: u128::from(cells.take::<u64>()?), sub: 0 };
    Ok(User {
        name,
        first: UnixNanos(cells.take()?),
        last: UnixNanos(cells.take()?),
        trace_count: cells.take()?,
        session_count: cells.take()?,
        call_count: cells.sum()?,
        error_count: cells.sum()?,
        failed_traces: cells.take()?,
        usage: cells.usage_sums()?,
        cost: cells.sum_nano()?,
        unpriced_calls: cells.sum()?,
        place,
    })
}
