//! A question to DuckDB that is planned once.
//!
//! DuckDB 2.0 binds and optimizes a statement that reads a table when it is prepared and again whenever it is executed (its
//! `Optimizer::Optimize` sets `always_require_rebind`), and its Rust client executes prepared statements only. A text that
//! is the value of the table function `query` is not planned before the value is known. Planning is most of the time that a
//! question to a small table takes.

use std::borrow::Borrow;

use duckdb::types::Value;
use duckdb::{CachedStatement, Connection, MappedRows, Row, Rows, params_from_iter};

use super::filter::write_numbers;

/// A prepared statement with its values.
pub(super) struct Query<'c> {
    statement: CachedStatement<'c>,
    values: Vec<Value>,
}

impl<'c> Query<'c> {
    /// A `SELECT` of ours without a `?` in its texts; `values` stand for its `?` in order.
    pub(super) fn new(
        connection: &'c Connection,
        sql: &str,
        values: impl IntoIterator<Item = impl Borrow<Value>>,
    ) -> duckdb::Result<Self> {
        let values = values.into_iter().map(|value| value.borrow().clone());
        let (sql, texts) = write_numbers(sql, values, |number| format!("${}", number + 2));
        // The statement around must name every value. A row is never NULL, which DuckDB knows before it runs it.
        let names: Vec<String> = (0..texts.len()).map(|number| format!("${}", number + 2)).collect();
        let named =
            if names.is_empty() { String::new() } else { format!(" WHERE row({}) IS NOT NULL", names.join(", ")) };
        let statement = connection.prepare_cached(&format!("FROM query($1){named}"))?;
        Ok(Self { statement, values: [Value::Text(sql)].into_iter().chain(texts).collect() })
    }

    /// A `SELECT` without values.
    pub(super) fn plain(connection: &'c Connection, sql: &str) -> duckdb::Result<Self> {
        Self::new(connection, sql, Vec::<Value>::new())
    }

    pub(super) fn rows(&mut self) -> duckdb::Result<Rows<'_>> {
        self.statement.query(params_from_iter(&self.values))
    }

    pub(super) fn map<T, F>(&mut self, read: F) -> duckdb::Result<MappedRows<'_, F>>
    where
        F: FnMut(&Row<'_>) -> duckdb::Result<T>,
    {
        Ok(self.rows()?.mapped(read))
    }

    /// The first row, which must be there.
    pub(super) fn one<T>(&mut self, read: impl FnOnce(&Row<'_>) -> duckdb::Result<T>) -> duckdb::Result<T> {
        self.statement.query_row(params_from_iter(&self.values), read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_in_order_with_numbers_and_texts() {
        let connection = Connection::open_in_memory().expect("opens");
        connection
            .execute_batch("SET preserve_insertion_order = false; CREATE TABLE t AS SELECT range AS n FROM range(5000)")
            .expect("a table");
        let sql = "SELECT n FROM t WHERE n >= ? AND n < ? ORDER BY n % 7, n DESC";
        let asked = |sql: &str, values: Vec<Value>| -> Vec<i64> {
            let mut query = Query::new(&connection, sql, values).expect("prepares");
            query.map(|row| row.get(0)).expect("asks").map(|n| n.expect("reads")).collect()
        };
        let mut expected: Vec<i64> = (10..4000).collect();
        expected.sort_by_key(|n| (n % 7, -n));
        assert_eq!(asked(sql, vec![Value::BigInt(10), Value::BigInt(4000)]), expected);
        let text = sql.replace(" ORDER", " AND lower(?) = 'it''s' ORDER");
        let with_text = vec![Value::BigInt(10), Value::BigInt(4000), Value::Text("IT'S".into())];
        assert_eq!(asked(&text, with_text), expected);
    }

    #[test]
    fn a_fault_is_told_and_no_row_is_one() {
        let connection = Connection::open_in_memory().expect("opens");
        let mut query = Query::plain(&connection, "SELECT nothing FROM nowhere").expect("is looked at when asked");
        let error = query.one(|row| row.get::<_, i64>(0)).expect_err("no such table");
        assert!(error.to_string().contains("nowhere"), "{error}");
        let mut none = Query::plain(&connection, "SELECT 1 WHERE false").expect("prepares");
        assert!(matches!(none.one(|row| row.get::<_, i64>(0)), Err(duckdb::Error::QueryReturnedNoRows)));
    }
}
