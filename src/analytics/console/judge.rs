//! Whether a statement may run: judged by what DuckDB's own parser makes of it, by lists of what is allowed.
//!
//! A statement that passes reads the tables of `tables.rs` and nothing else. What it passes here still runs in a
//! transaction that cannot write, on a database that cannot reach files or networks.

use duckdb::Connection;
use serde_json::Value as Json;

use super::Fault;
use super::tables::TABLES;

/// Queries; beside them there are nodes that insert, update and delete.
const NODES: [&str; 4] = ["SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"];

/// Functions that stand where a table stands: those that read nothing but what they are given.
pub(super) const TABLE_FUNCTIONS: [&str; 6] =
    ["unnest", "generate_series", "range", "repeat", "json_each", "json_tree"];

/// Functions that look into or change the state of the server, or only wait.
pub(super) const FORBIDDEN: [&str; 18] = [
    "currval",
    "current_connection_id",
    "current_query",
    "current_query_id",
    "current_setting",
    "current_transaction_id",
    "getenv",
    "getvariable",
    "nextval",
    "parse_duckdb_log_message",
    "setseed",
    "setval",
    "sleep_ms",
    "stats",
    "transaction_timestamp",
    "txid_current",
    "vector_type",
    "write_log",
];
const FORBIDDEN_BEGINNINGS: [&str; 5] = ["duckdb_", "inet_", "pg_", "pragma_", "read_"];

/// Longest statement taken.
const MOST_BYTES: usize = 100_000;

/// # Errors
/// When `statement` is no single query of the tables there are; says where and what to do.
pub(super) fn judge(connection: &Connection, statement: &str) -> Result<(), Fault> {
    if statement.len() > MOST_BYTES || statement.contains('\0') {
        return Err(Fault::new("the statement is too long, or is no text", "shorten it"));
    }
    let parsed: String = connection
        .query_row("SELECT json_serialize_sql(?::VARCHAR)", [statement], |row| row.get(0))
        .map_err(|error| Fault::from(&error))?;
    let parsed: Json = serde_json::from_str(&parsed)
        .map_err(|_| Fault::new("the statement is nested too deeply", "split it up with WITH name AS (...)"))?;
    if parsed["error"] == true {
        return Err(unparsed(&parsed));
    }
    let statements = parsed["statements"].as_array().map(Vec::as_slice).unwrap_or_default();
    let [statement] = statements else {
        return Err(match statements.len() {
            0 => Fault::new("there is no statement", "write one, such as SELECT count(*) FROM calls"),
            _ => Fault::new("there is more than one statement", "run them one by one; no ; is needed at the end"),
        });
    };
    let mut names = Vec::new();
    named_queries(statement, &mut names)?;
    inspect(statement, &names)
}

fn unparsed(parsed: &Json) -> Fault {
    if parsed["error_type"] == "not implemented" {
        let message = parsed["error_message"].as_str().unwrap_or_default();
        if !message.starts_with("Only SELECT") {
            return Fault::new(message, "write the statement in another way");
        }
        return Fault::new(
            "only queries can be run here",
            "begin with SELECT, FROM, WITH, VALUES, DESCRIBE or SUMMARIZE; instead of PIVOT use count(*) FILTER (WHERE ...)",
        );
    }
    Fault {
        position: parsed["position"].as_str().and_then(|position| position.parse().ok()),
        ..Fault::new(parsed["error_message"].as_str().unwrap_or("the statement cannot be read"), "look at this place")
    }
}

/// The names that the statement gives to queries of its own, `WITH name AS (...)`, at any depth.
fn named_queries(part: &Json, names: &mut Vec<String>) -> Result<(), Fault> {
    if let Some(map) = part.pointer("/cte_map/map").and_then(Json::as_array) {
        for name in map.iter().filter_map(|entry| entry["key"].as_str()) {
            // A name like a path would be taken for a file where the query is out of sight.
            if !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                return Err(Fault::new(
                    format!("{name:?} is no name for a query"),
                    "use letters, digits and underscores",
                ));
            }
            names.push(name.to_lowercase());
        }
    }
    if let (Some("RECURSIVE_CTE_NODE" | "CTE_NODE"), Some(name)) = (part["type"].as_str(), part["cte_name"].as_str()) {
        names.push(name.to_lowercase());
    }
    children(part).try_for_each(|child| named_queries(child, names))
}

fn children(part: &Json) -> Box<dyn Iterator<Item = &Json> + '_> {
    match part {
        Json::Object(fields) => Box::new(fields.values()),
        Json::Array(items) => Box::new(items.iter()),
        _ => Box::new(std::iter::empty()),
    }
}

fn inspect(part: &Json, names: &[String]) -> Result<(), Fault> {
    if let Some(kind) = part["type"].as_str() {
        if kind.ends_with("_NODE") && !NODES.contains(&kind) {
            return Err(Fault::new("the statement changes something", "only queries can be run here"));
        }
        match kind {
            "BASE_TABLE" => table(part, names)?,
            "SHOW_REF" if part["query"].is_null() => {
                return Err(Fault::new("SHOW is not answered here", "the list of tables is beside the statement"));
            }
            "TABLE_FUNCTION" => table_function(part)?,
            _ => {}
        }
    }
    if let Some(name) = part["function_name"].as_str() {
        function(name, part)?;
    }
    children(part).try_for_each(|child| inspect(child, names))
}

fn table(part: &Json, names: &[String]) -> Result<(), Fault> {
    let name = part["table_name"].as_str().unwrap_or_default();
    let plain = part["qualified_name"]["path"].as_array().is_some_and(|path| path.len() == 1);
    let known = |name: &str| TABLES.iter().any(|table| table.name == name) || names.iter().any(|own| own == name);
    if plain && known(&name.to_lowercase()) {
        return Ok(());
    }
    let all: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    Err(Fault {
        position: place(part),
        ..Fault::new(format!("there is no table {name:?}"), format!("there are {}", all.join(", ")))
    })
}

fn table_function(part: &Json) -> Result<(), Fault> {
    let name = part["function"]["function_name"].as_str().unwrap_or_default().to_lowercase();
    if TABLE_FUNCTIONS.contains(&name.as_str()) {
        return Ok(());
    }
    let hint = format!(
        "files, other databases and the state of the server cannot be read; there are {}",
        TABLE_FUNCTIONS.join(", ")
    );
    Err(Fault { position: place(part), ..Fault::new(format!("{name} cannot stand in FROM"), hint) })
}

fn function(name: &str, part: &Json) -> Result<(), Fault> {
    let name = name.to_lowercase();
    if !is_forbidden(&name) {
        return Ok(());
    }
    let hint = "leave it out: it asks for the state of the server, or changes it";
    Err(Fault { position: place(part), ..Fault::new(format!("{name} cannot be used here"), hint) })
}

pub(super) fn is_forbidden(name: &str) -> bool {
    FORBIDDEN.contains(&name) || FORBIDDEN_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// Where it stands, in bytes from the beginning; the parser writes the largest number where it does not know.
fn place(part: &Json) -> Option<usize> {
    part["query_location"].as_u64().filter(|place| *place < u64::MAX).and_then(|place| usize::try_from(place).ok())
}
