//! Paging by key: a page goes on behind the last row of the one before, so rows that arrive meanwhile neither
//! shift nor repeat others.

use duckdb::Connection;
use duckdb::types::Value;

use super::filter::Conditions;
use super::query::Query;
use super::sql;

/// The sort key of what has no cost: behind everything that has one.
pub(super) const NO_COST: i64 = i64::MIN;

/// By what a list is sorted, largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Newest,
    Cost,
    Duration,
}

impl Order {
    pub const ALL: [Self; 3] = [Self::Newest, Self::Cost, Self::Duration];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Cost => "cost",
            Self::Duration => "duration",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.as_str() == name)
    }

    /// The column of `span` and `trace` that the list is sorted by. What has no cost comes last.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Cost => "cost_nano",
            _ => self.key(),
        }
    }

    /// The sort key as a number that is never NULL; see [`NO_COST`].
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Newest => "start_ns",
            Self::Cost => "coalesce(cost_nano, CAST('-9223372036854775808' AS BIGINT))",
            Self::Duration => "duration_ns",
        }
    }
}

/// The place of a row in a list: its sort key, and its ids to tell equals apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageKey {
    pub key: i64,
    /// A trace id as a number, or the sequence number of a log event or metric point.
    pub id: u128,
    /// A span id as a number; 0 in lists without spans.
    pub sub: u64,
}

/// Some rows of a list, and where the next page goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<PageKey>,
}

impl<T> Page<T> {
    /// From one row more than `limit`, which tells whether there is a next page.
    pub(super) fn of(mut rows: Vec<T>, limit: usize, key: impl Fn(&T) -> PageKey) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(key) } else { None };
        Self { items: rows, next }
    }
}

impl Conditions {
    /// Only rows behind `after`, for `ORDER BY key DESC, id DESC, sub DESC`.
    pub(super) fn behind(&mut self, after: Option<PageKey>, key: &str, id: &str, sub: Option<&str>) {
        let Some(after) = after else { return };
        let (at, id_at) = (Value::BigInt(after.key), Value::UHugeInt(after.id));
        // The first comparison alone is what zone maps understand.
        match sub {
            None => self.add(&format!("{key} <= ? AND ({key} < ? OR {id} < ?)"), [at.clone(), at, id_at]),
            Some(sub) => self.add(
                &format!("{key} <= ? AND ({key} < ? OR {id} < ? OR ({id} = ? AND {sub} < ?))"),
                [at.clone(), at, id_at.clone(), id_at, Value::UBigInt(after.sub)],
            ),
        }
    }
}

/// Narrows `conditions` to the first `count` rows of `table` by `order`, and those equal to the last of them. Lists have
/// dozens of wide columns: knowing the least key, DuckDB decodes only the blocks that hold a row of the page, which
/// takes half the time of its own late materialisation. False when there is no row at all.
pub(super) fn narrow(
    connection: &Connection,
    table: &str,
    conditions: &mut Conditions,
    order: Order,
    count: usize,
) -> duckdb::Result<bool> {
    let limit = count.to_string();
    let column = order.column();
    let fragments = [("table", table), ("filter", conditions.sql()), ("order", column), ("limit", limit.as_str())];
    let mut query = Query::new(connection, &sql::fill(sql::LEAST_KEY, &fragments), &conditions.values)?;
    let (rows, keys, least): (usize, usize, Option<i64>) =
        query.one(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // Where one without a key is among them, all that have one are.
    if let Some(least) = least.filter(|_| keys == rows) {
        conditions.add(&format!("{column} >= ?"), [Value::BigInt(least)]);
    }
    Ok(rows > 0)
}
