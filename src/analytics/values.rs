//! The values a dimension really has: what filters offer.

use duckdb::Connection;
use duckdb::types::Value;

use super::query::Query;
use super::rollup::source::Known;
use super::{Analytics, Dimension, Error, Filter, sql};

#[derive(Debug, Clone, PartialEq)]
pub struct ValueQuestion {
    pub dimension: Dimension,
    pub filter: Filter,
    /// Only values that contain it, in any case.
    pub contains: String,
    pub limit: usize,
}

impl Analytics {
    /// Values with the number of traces that carry them, most frequent first.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn values(&self, question: &ValueQuestion) -> Result<Vec<(String, u64)>, Error> {
        let question = question.clone();
        self.readers.ask(move |connection| answer(&*connection.unchecked_transaction()?, &question)).await
    }
}

fn answer(connection: &Connection, question: &ValueQuestion) -> duckdb::Result<Vec<(String, u64)>> {
    let conditions = question.filter.on_traces();
    let source = Known::read(connection)?.values(&question.filter, question.dimension);
    let sql = match &source {
        Some(source) => sql::fill(sql::VALUES, &[("source", source), ("filter", conditions.sql())]),
        None => {
            let column = question.dimension.column();
            sql::fill(sql::VALUES_OF_COLUMN, &[("column", column), ("filter", conditions.sql())])
        }
    };
    let mut values = conditions.values;
    values.push(Value::Text(question.contains.clone()));
    values.push(Value::BigInt(question.limit as i64));
    let mut query = Query::new(connection, &sql, values)?;
    let rows = query.map(|row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
