//! Whose cost has changed most against the period before.

use duckdb::Connection;
use duckdb::types::Value;

use super::query::Query;
use super::rollup::source::Known;
use super::row::Cells;
use super::{Analytics, Dimension, Error, Filter, sql};
use crate::model::{NanoUsd, UnixNanos};

#[derive(Debug, Clone, PartialEq)]
pub struct MoversQuestion {
    /// Its times are ignored.
    pub filter: Filter,
    pub group_by: Vec<Dimension>,
    pub since: UnixNanos,
    pub until: UnixNanos,
    pub limit: usize,
}

/// One side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Side {
    pub calls: u64,
    /// `None` when no call has an amount.
    pub cost: Option<NanoUsd>,
    pub unpriced_calls: u64,
}

impl Side {
    fn read(cells: &mut Cells<'_, '_>) -> duckdb::Result<Self> {
        Ok(Self { calls: cells.sum()?, cost: cells.sum_nano()?, unpriced_calls: cells.sum()? })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mover {
    /// One per dimension asked for, in that order.
    pub group: Vec<Option<String>>,
    pub current: Side,
    /// Over the time of the same length that ends where the current one begins.
    pub previous: Side,
}

impl Mover {
    /// What is paid more than before. A side without an amount counts as nothing paid.
    pub fn change(&self) -> NanoUsd {
        let paid = |side: &Side| side.cost.unwrap_or_default().0;
        NanoUsd(paid(&self.current).saturating_sub(paid(&self.previous)))
    }
}

impl Analytics {
    /// Groups by how much their cost has changed, in either direction, largest change first.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn movers(&self, question: MoversQuestion) -> Result<Vec<Mover>, Error> {
        self.readers.ask(move |connection| answer(&*connection.unchecked_transaction()?, &question)).await
    }
}

fn answer(connection: &Connection, question: &MoversQuestion) -> duckdb::Result<Vec<Mover>> {
    let asked = Filter { since: Some(question.since), until: Some(question.until), ..question.filter.clone() };
    let filter = asked.with_time_before();
    let conditions = filter.on_spans();
    let source = Known::read(connection)?.sums(&filter, &question.group_by, &[question.since.0]);
    let names = question.group_by.iter().map(|dimension| format!("{}, ", dimension.column()));
    let (dimensions, turn): (String, _) = (names.collect(), question.since.0.to_string());
    let fragments = [("dimensions", &*dimensions), ("turn", &turn), ("source", &source), ("filter", conditions.sql())];
    let limit = Value::BigInt(i64::try_from(question.limit).unwrap_or(i64::MAX));
    let mut query =
        Query::new(connection, &sql::fill(sql::MOVERS, &fragments), conditions.values.into_iter().chain([limit]))?;
    let rows = query.map(|row| {
        let mut cells = Cells::of(row);
        let group = question.group_by.iter().map(|_| cells.take()).collect::<duckdb::Result<_>>()?;
        Ok(Mover { group, current: Side::read(&mut cells)?, previous: Side::read(&mut cells)? })
    })?;
    rows.collect()
}
