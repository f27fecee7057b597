//! The list of sessions: conversations that several traces belong to.

use duckdb::types::Value;
use duckdb::{Connection, Row};

use super::filter::{Conditions, marks};
use super::query::Query;
use super::rollup::source::Known;
use super::row::{Cells, read_trace, trace_number};
use super::{Analytics, Dimension, Error, Filter, Order, Page, PageKey, TraceSummary, sql};
use crate::model::{NanoUsd, TokenUsage, UnixNanos};

/// One session. Sums are over the traces asked for, and in them over counted calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    pub name: String,
    /// Of the first trace that names one.
    pub user: Option<String>,
    pub start: UnixNanos,
    /// Start of the newest trace.
    pub last_start: UnixNanos,
    /// End of the trace that ended last.
    pub end: UnixNanos,
    pub trace_count: u64,
    pub call_count: u64,
    pub error_count: u64,
    /// In alphabetical order.
    pub models: Vec<String>,
    pub services: Vec<String>,
    pub usage: TokenUsage,
    pub cost: Option<NanoUsd>,
    pub unpriced_calls: u64,
    /// What went into the first trace, and what came out of the last.
    pub input_preview: Option<String>,
    pub output_preview: Option<String>,
    place: PageKey,
}

impl Order {
    /// The sort key of a group of traces.
    fn session_key(self) -> &'static str {
        match self {
            Self::Newest => "max(start_ns)",
            Self::Cost => "coalesce(sum(cost_nano)::BIGINT, CAST('-9223372036854775808' AS BIGINT))",
            Self::Duration => "max(start_ns + duration_ns) - min(start_ns)",
        }
    }
}

impl Analytics {
    /// Sessions of traces that match `filter`, largest first by `order`; `limit` at most, behind `after`. A text is
    /// looked for in the name of the session, and in the users and inputs of its traces.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn sessions(
        &self,
        filter: &Filter,
        order: Order,
        limit: usize,
        after: Option<PageKey>,
    ) -> Result<Page<Session>, Error> {
        let filter = filter.clone();
        let rows = self.readers.ask(move |connection| read_page(connection, &filter, order, limit + 1, after)).await?;
        Ok(Page::of(rows, limit, |session| session.place))
    }

    /// The traces of the session `name`, oldest first; `limit` at most, behind `after`.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn session_traces(
        &self,
        name: &str,
        limit: usize,
        after: Option<PageKey>,
    ) -> Result<Page<TraceSummary>, Error> {
        let mut conditions = Conditions::default();
        conditions.add("session_id = ?", [Value::Text(name.to_owned())]);
        if let Some(after) = after {
            let (at, id) = (Value::BigInt(after.key), Value::UHugeInt(after.id));
            conditions.add("start_ns >= ? AND (start_ns > ? OR trace_id > ?)", [at.clone(), at, id]);
        }
        let count = (limit + 1).to_string();
        let fragments = [("filter", conditions.sql()), ("limit", count.as_str())];
        let sql = sql::with_trace_columns(sql::SESSION_TRACES, &fragments);
        let rows = self
            .readers
            .ask(move |connection| {
                let mut query = Query::new(connection, &sql, conditions.values)?;
                let rows = query.map(read_trace)?;
                rows.collect::<duckdb::Result<Vec<_>>>()
            })
            .await?;
        let place = |trace: &TraceSummary| PageKey { key: trace.start.0, id: trace_number(trace.trace_id), sub: 0 };
        Ok(Page::of(rows, limit, place))
    }
}

/// Newest traces that are read first to find the newest sessions: mostly enough, and ten times faster than to group all.
const RECENT: [usize; 2] = [1_000, 20_000];

fn read_page(
    connection: &Connection,
    filter: &Filter,
    order: Order,
    count: usize,
    after: Option<PageKey>,
) -> duckdb::Result<Vec<Session>> {
    let snapshot = connection.unchecked_transaction()?;
    let mut conditions = Filter { text: None, ..filter.clone() }.on_traces();
    let found = filter.text.as_deref().map(|text| named(&conditions, text));
    let wanted = found.as_ref().unwrap_or(&conditions);
    let mut page = None;
    if order == Order::Newest {
        for most in RECENT {
            page = page.or(recent(&snapshot, wanted, most, count, after)?);
        }
    }
    let page = match page {
        Some(page) => page,
        None => of_all(&snapshot, wanted, order, count, after)?,
    };
    if page.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(first) = first_hour(&snapshot, filter, &page)? {
        conditions.add("start_ns >= ?", [Value::BigInt(first)]);
    }
    let marks = vec!["(?, CAST(? AS BIGINT), CAST(? AS UBIGINT))"; page.len()].join(", ");
    let fragments = [("page", marks.as_str()), ("filter", conditions.sql())];
    let values =
        page.into_iter().flat_map(|(name, key, tie)| [Value::Text(name), Value::BigInt(key), Value::UBigInt(tie)]);
    let mut query = Query::new(
        &snapshot,
        &sql::fill(sql::LIST_SESSIONS, &fragments),
        values.chain(conditions.values.iter().cloned()),
    )?;
    let rows = query.map(read)?;
    rows.collect()
}

/// `traces` of sessions in which `text` is found. Whole sessions: their figures are over all traces that match.
fn named(traces: &Conditions, text: &str) -> Conditions {
    let places = ["session_id", "user_id", "input_preview"];
    let either = places.map(|column| format!("contains(lower({column}), lower(?))")).join(" OR ");
    let mut found = Conditions::default();
    found.add(traces.sql(), traces.values.iter().cloned());
    let values = traces.values.iter().cloned().chain(places.map(|_| Value::Text(text.to_owned())));
    let names =
        format!("SELECT session_id FROM trace WHERE session_id IS NOT NULL AND {} AND ({either})", traces.sql());
    found.add(&format!("session_id IN ({names})"), values);
    found
}

/// No trace of these sessions began before; `None` when there is none.
fn first_hour(connection: &Connection, filter: &Filter, page: &[Place]) -> duckdb::Result<Option<i64>> {
    let times = Filter { since: filter.since, until: filter.until, ..Filter::default() };
    let Some(source) = Known::read(connection)?.values(&times, Dimension::Session) else { return Ok(None) };
    let mut conditions = times.on_traces();
    let names = page.iter().map(|(name, ..)| Value::Text(name.clone()));
    conditions.add(&format!("value IN ({})", marks(page.len())), names);
    let sql = sql::fill(sql::FIRST_HOUR, &[("source", source.as_str()), ("filter", conditions.sql())]);
    Query::new(connection, &sql, conditions.values)?.one(|row| row.get(0))
}

/// Name, sort key, and what tells equals apart.
type Place = (String, i64, u64);

/// The newest sessions, from the `most` newest traces; `None` when these do not tell.
fn recent(
    connection: &Connection,
    conditions: &Conditions,
    most: usize,
    count: usize,
    after: Option<PageKey>,
) -> duckdb::Result<Option<Vec<Place>>> {
    let (behind, place) = behind("key", "tie", after);
    let (most, limit) = (most.to_string(), count.to_string());
    let fragments =
        [("filter", conditions.sql()), ("behind", behind.as_str()), ("most", most.as_str()), ("limit", limit.as_str())];
    let newest = Value::BigInt(after.map_or(i64::MAX, |after| after.key));
    let filtered = || conditions.values.iter().cloned().chain([newest.clone()]);
    let mut query = Query::new(
        connection,
        &sql::fill(sql::RECENT_SESSIONS, &fragments),
        filtered().chain(filtered()).chain(place),
    )?;
    let mut rows = query.rows()?;
    let (mut page, mut until) = (Vec::new(), i64::MAX);
    while let Some(row) = rows.next()? {
        page.push((row.get(0)?, row.get(1)?, row.get(2)?));
        until = row.get(3)?;
    }
    Ok((page.len() == count || until == i64::MIN).then_some(page))
}

fn of_all(
    connection: &Connection,
    conditions: &Conditions,
    order: Order,
    count: usize,
    after: Option<PageKey>,
) -> duckdb::Result<Vec<Place>> {
    let key = order.session_key();
    let (behind, place) = behind(key, "hash(session_id)", after);
    let limit = count.to_string();
    let fragments =
        [("key", key), ("filter", conditions.sql()), ("behind", behind.as_str()), ("limit", limit.as_str())];
    let values = conditions.values.iter().chain(&place);
    let mut query = Query::new(connection, &sql::fill(sql::ALL_SESSIONS, &fragments), values)?;
    let rows = query.map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.collect()
}

/// The condition for groups behind `after`, and its values.
pub(super) fn behind(key: &str, tie: &str, after: Option<PageKey>) -> (String, Vec<Value>) {
    let Some(after) = after else { return ("true".to_owned(), Vec::new()) };
    let last = u64::try_from(after.id).unwrap_or(u64::MAX);
    let place = vec![Value::BigInt(after.key), Value::BigInt(after.key), Value::UBigInt(last)];
    (format!("({key} < ? OR ({key} = ? AND {tie} < ?))"), place)
}

fn read(row: &Row<'_>) -> duckdb::Result<Session> {
    let mut cells = Cells::of(row);
    let name = cells.take()?;
    let place = PageKey { key: cells.take()?, id: u128::from(cells.take::<u64>()?), sub: 0 };
    Ok(Session {
        name,
        user: cells.take()?,
        start: UnixNanos(cells.take()?),
        last_start: UnixNanos(cells.take()?),
        end: UnixNanos(cells.take()?),
        trace_count: cells.take()?,
        call_count: cells.sum()?,
        error_count: cells.sum()?,
        models: cells.texts()?,
        services: cells.texts()?,
        usage: cells.usage_sums()?,
        cost: cells.sum_nano()?,
        unpriced_calls: cells.sum()?,
        input_preview: cells.take()?,
        output_preview: cells.take()?,
        place,
    })
}
