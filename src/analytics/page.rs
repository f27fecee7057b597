//! Paging by key: a page goes on behind the last row of the one before, so rows that arrive meanwhile neither
//! shift nor repeat others.

use duckdb::types::Value;
use duckdb::{Connection, Row};

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

/// A page to be read from a table of spans or traces.
pub(super) struct Wanted<'a> {
    pub(super) table: &'a str,
    pub(super) order: Order,
    /// Rows, one more than are shown.
    pub(super) count: usize,
    pub(super) after: Option<PageKey>,
}

/// What to ask for the rows of a page, or for some of them.
struct Part {
    conditions: Conditions,
    /// `None` where `conditions` alone say what is wanted.
    limit: Option<usize>,
}

impl Part {
    fn all(conditions: Conditions) -> Self {
        Self { conditions, limit: None }
    }
}

/// The rows of the page `wanted` of what matches `conditions`, as `take` makes them of the rows of the statement `list`, which
/// has marks for the filter, the order, and how many at most.
pub(super) fn read<T>(
    connection: &Connection,
    wanted: &Wanted<'_>,
    conditions: Conditions,
    list: impl Fn(&[(&str, &str)]) -> String,
    mut take: impl FnMut(&Row<'_>) -> duckdb::Result<T>,
) -> duckdb::Result<Vec<T>> {
    let snapshot = connection.unchecked_transaction()?;
    let mut found = Vec::with_capacity(wanted.count);
    for part in parts(&snapshot, wanted, conditions)? {
        let limit = part.limit.map(|limit| format!("LIMIT {limit}")).unwrap_or_default();
        let fragments = [("filter", part.conditions.sql()), ("order", wanted.order.column()), ("at_most", &limit)];
        let mut query = Query::new(&snapshot, &list(&fragments), &part.conditions.values)?;
        for row in query.map(&mut take)? {
            found.push(row?);
        }
    }
    found.truncate(wanted.count);
    Ok(found)
}

/// What to ask, one after another, for the page `wanted` of what matches `conditions`; nothing when there is no row.
///
/// Lists have dozens of wide columns. Knowing the least key of a page, DuckDB decodes only the blocks that hold a row of it,
/// which takes half the time of its own late materialisation; for that there must be no `LIMIT`. Calls of the same price
/// are many: of those that are equal to the last row, ids say which belong to the page. Conditions on one column each,
/// because only such are looked at before wide columns are read.
fn parts(connection: &Connection, wanted: &Wanted<'_>, mut conditions: Conditions) -> duckdb::Result<Vec<Part>> {
    let column = wanted.order.column();
    // Some more than wanted tell whether many are equal to the last.
    let asked = wanted.count + wanted.count / 4 + 1;
    let limit = asked.to_string();
    let fragments =
        [("table", wanted.table), ("filter", conditions.sql()), ("order", column), ("limit", limit.as_str())];
    let mut query = Query::new(connection, &sql::fill(sql::LARGEST_KEYS, &fragments), &conditions.values)?;
    let keys = query.map(|row| row.get(0))?.collect::<duckdb::Result<Vec<Option<i64>>>>()?;
    let page = &keys[..keys.len().min(wanted.count)];
    let least = match page.last() {
        None => return Ok(Vec::new()),
        // Where one without a key is among them, all that have one are.
        Some(None) => return Ok(vec![Part { conditions, limit: Some(wanted.count) }]),
        Some(Some(least)) => *least,
    };
    if keys.len() < asked || keys.last() != Some(&Some(least)) {
        conditions.add(&format!("{column} >= ?"), [Value::BigInt(least)]);
        return Ok(vec![Part::all(conditions)]);
    }
    let mut equal = conditions.clone();
    equal.add(&format!("{column} = ?"), [Value::BigInt(least)]);
    if let Some(after) = wanted.after.filter(|after| after.key == least) {
        equal.add("trace_id <= ?", [Value::UHugeInt(after.id)]);
    }
    let above = page.iter().take_while(|key| **key > Some(least)).count();
    let limit = (wanted.count - above).to_string();
    let fragments = [("table", wanted.table), ("filter", equal.sql()), ("limit", limit.as_str())];
    let last: u128 =
        Query::new(connection, &sql::fill(sql::LEAST_ID, &fragments), &equal.values)?.one(|row| row.get(0))?;
    equal.add("trace_id >= ?", [Value::UHugeInt(last)]);
    if above == 0 {
        return Ok(vec![Part::all(equal)]);
    }
    conditions.add(&format!("{column} > ?"), [Value::BigInt(least)]);
    Ok(vec![Part::all(conditions), Part::all(equal)])
}
