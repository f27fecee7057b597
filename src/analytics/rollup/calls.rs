//! Counted calls as a relation in the text of a question.
//!
//! The view `counted_call` has everything that can be asked of them. DuckDB binds all of a view whatever is read of it, 63
//! columns and a dozen expressions, which is a third of what planning a question to a small table takes: where it is known
//! which columns are read, only they are named.

use std::sync::LazyLock;

use crate::analytics::{Dimension, sql};

/// The calls with a column for a tag: once for each, and once without where there is none.
const TAGGED: &str =
    "(SELECT *, unnest(coalesce(list_distinct(tags), [CAST(NULL AS VARCHAR)])) AS tag FROM counted_call)";

/// The calls themselves, with a column for each of `by`.
pub(in crate::analytics) fn calls_by(by: &[Dimension]) -> &'static str {
    if by.contains(&Dimension::Tag) { TAGGED } else { "counted_call" }
}

/// Name and expression of what calls have beside the columns of their spans.
static OF_CALLS: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let pieces = sql::OF_CALLS.split(",\n");
    pieces.filter_map(|piece| piece.trim().rsplit_once(" AS ").map(|(_, name)| (name, piece.trim()))).collect()
});

/// The calls with their start and the columns `names` only. `more` stands behind them in the list.
pub(super) fn calls_with(names: &str, more: &str) -> String {
    let mut list = vec!["start_ns"];
    for name in names.split(", ").filter(|name| *name != "start_ns") {
        list.push(OF_CALLS.iter().find(|(known, _)| *known == name).map_or(name, |(_, expression)| expression));
    }
    format!("(SELECT {}{more} FROM span WHERE counted)", list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_columns_are_those_of_the_view() {
        let database = duckdb::Connection::open_in_memory().expect("opens");
        database.execute_batch(&sql::schema()).expect("the schema");
        let columns = |relation: &str| -> Vec<(String, String)> {
            let mut query = database.prepare(&format!("DESCRIBE SELECT * FROM {relation}")).expect("is valid");
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("asks");
            rows.collect::<duckdb::Result<_>>().expect("reads")
        };
        let mut view = columns("counted_call");
        let names: Vec<&str> = view.iter().map(|(name, _)| name.as_str()).collect();
        assert!(OF_CALLS.len() == 12 && OF_CALLS.iter().all(|(name, _)| names.contains(name)), "{:?}", *OF_CALLS);
        let mut named = columns(&calls_with(&names.join(", "), ""));
        view.sort();
        named.sort();
        assert_eq!(named, view);
        let few = calls_with("model, calls", ", 1 AS one");
        assert_eq!(few, "(SELECT start_ns, model, 1::BIGINT AS calls, 1 AS one FROM span WHERE counted)");
    }
}
