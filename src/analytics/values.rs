//! The values a dimension really has: what filters offer.

use duckdb::params_from_iter;
use duckdb::types::Value;

use super::filter::Held;
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
        let (template, column, conditions) = match question.dimension.in_trace() {
            Held::List(column) => (sql::VALUES_OF_LIST, column, question.filter.on_traces()),
            Held::Column(column) => (sql::VALUES_OF_COLUMN, column, question.filter.on_traces()),
            Held::More => (sql::VALUES_OF_SPAN, question.dimension.column(), question.filter.on_spans()),
        };
        let sql = sql::fill(template, &[("column", column), ("filter", conditions.sql())]);
        let mut values = conditions.values;
        values.push(Value::Text(question.contains.clone()));
        values.push(Value::BigInt(question.limit as i64));
        self.readers
            .ask(move |connection| {
                let mut statement = connection.prepare(&sql)?;
                let rows = statement.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect()
            })
            .await
    }
}
