//! Statements of users: one query, over tables made for them, with nothing else within reach.
//!
//! Four walls, each of which would hold alone: the parser's own reading is judged by lists of what is allowed; the
//! transaction cannot write; the database reaches no file outside its folder, no network and no extension; time,
//! rows and bytes are bounded, and memory by the database's own limit.

mod cells;
mod judge;
mod tables;

use duckdb::types::{TimeUnit, Value};
use duckdb::{Connection, Statement};
use serde_json::Value as Json;

use super::{Analytics, Error, database};
use crate::model::UnixNanos;

/// A statement and what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct SqlQuestion {
    pub statement: String,
    /// What `$since` and `$until` stand for.
    pub since: UnixNanos,
    pub until: UnixNanos,
    /// Rows and bytes (of the values as text) at most.
    pub most_rows: usize,
    pub most_bytes: usize,
}

/// What a column of a result holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    Timestamp,
    Date,
    List,
    Object,
    Binary,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Timestamp => "timestamp",
            Self::Date => "date",
            Self::List => "list",
            Self::Object => "object",
            Self::Binary => "binary",
        }
    }
}

/// A result: columns with what they hold, and the values of each row in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SqlAnswer {
    pub columns: Vec<(String, Kind)>,
    pub rows: Vec<Vec<Json>>,
    /// There were more rows than were asked for.
    pub truncated: bool,
}

/// Why a statement gets no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub message: String,
    pub hint: String,
    /// Bytes before the place in the statement.
    pub position: Option<usize>,
}

/// A table that statements can ask, as [`Analytics::sql_tables`] tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlTable {
    pub name: &'static str,
    pub about: &'static str,
    /// Name, type as DuckDB calls it, and what it says.
    pub columns: Vec<(&'static str, String, &'static str)>,
}

/// A value as text, as CSV has it.
pub fn cell_text(value: &Json) -> String {
    cells::text(value)
}

impl Fault {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), position: None }
    }
}

/// What DuckDB says, which it was told to say as JSON: `Binder Error: {"exception_message": ..., "position": ...}`.
impl From<&duckdb::Error> for Fault {
    fn from(error: &duckdb::Error) -> Self {
        let text = error.to_string();
        let told = text.find('{').and_then(|start| serde_json::from_str::<Json>(&text[start..]).ok());
        let Some(told) = told else { return Self::new(text, "look at the statement") };
        let message = told["exception_message"].as_str().unwrap_or(&text);
        let hint = match told["exception_type"].as_str() {
            Some("Out of Memory") => {
                "ask for less time, fewer groups or fewer rows to sort, or raise analytics.memory_mib"
            }
            _ => "look at this place of the statement",
        };
        // Its own advice is about settings that cannot be made here.
        let message = message.split("\n\nPossible solutions").next().unwrap_or(message);
        Self {
            position: told["position"].as_str().and_then(|position| position.parse().ok()),
            ..Self::new(message, hint)
        }
    }
}

impl Analytics {
    /// Runs a user's statement; it can only read.
    ///
    /// # Errors
    /// [`Error::Statement`] when it cannot be run; when it takes too long or the database fails.
    pub async fn sql(&self, question: &SqlQuestion) -> Result<SqlAnswer, Error> {
        let question = question.clone();
        self.readers.ask_apart(move |connection| Ok(run(connection, &question))).await?.map_err(Error::Statement)
    }

    /// The tables that statements can ask.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sql_tables(&self) -> Result<Vec<SqlTable>, Error> {
        self.readers.ask_apart(describe).await
    }
}

fn describe(connection: &Connection) -> duckdb::Result<Vec<SqlTable>> {
    prepare(connection)?;
    let mut tables = Vec::new();
    for table in &tables::TABLES {
        let mut types = connection.prepare(&format!("SELECT column_type FROM (DESCRIBE {})", table.name))?;
        let types = types.query_map([], |row| row.get::<_, String>(0))?.collect::<duckdb::Result<Vec<_>>>()?;
        let columns = table.columns.iter().zip(types).map(|(column, kind)| (column.name, kind, column.about));
        tables.push(SqlTable { name: table.name, about: table.about, columns: columns.collect() });
    }
    Ok(tables)
}

/// Makes a new connection one that knows the users' tables alone by their names.
fn prepare(connection: &Connection) -> duckdb::Result<()> {
    for table in &tables::TABLES {
        connection.execute_batch(&table.statement(database::NAME))?;
    }
    connection.execute_batch("USE memory; SET SESSION errors_as_json = true")
}

fn run(connection: &Connection, question: &SqlQuestion) -> Result<SqlAnswer, Fault> {
    let failed = |error: duckdb::Error| Fault::from(&error);
    prepare(connection).map_err(failed)?;
    judge::judge(connection, &question.statement)?;
    connection.execute_batch("BEGIN TRANSACTION READ ONLY").map_err(failed)?;
    let answer = ask(connection, question);
    // The connection is given up: what a fault leaves of the transaction goes with it.
    let _ended = connection.execute_batch("ROLLBACK");
    answer
}

fn ask(connection: &Connection, question: &SqlQuestion) -> Result<SqlAnswer, Fault> {
    let failed = |error: duckdb::Error| Fault::from(&error);
    let mut statement = connection.prepare(&question.statement).map_err(failed)?;
    let values = bound(&statement, question)?;
    let stream = statement.stream_arrow(duckdb::params_from_iter(values)).map_err(failed)?;
    let mut answer = SqlAnswer::default();
    for field in stream.get_schema().fields() {
        let Some(kind) = cells::kind(field.data_type()) else {
            let message = format!("the column {:?} has a type that cannot be shown", field.name());
            return Err(Fault::new(message, "cast it: ...::VARCHAR"));
        };
        answer.columns.push((field.name().clone(), kind));
    }
    let mut bytes = 0;
    for batch in stream {
        let batch = batch.map_err(failed)?;
        for row in 0..batch.num_rows() {
            let values: Vec<Json> = batch.columns().iter().map(|column| cells::value(column, row)).collect();
            bytes += values.iter().map(size).sum::<usize>();
            if answer.rows.len() >= question.most_rows || bytes > question.most_bytes {
                answer.truncated = true;
                return Ok(answer);
            }
            answer.rows.push(values);
        }
    }
    Ok(answer)
}

/// About how many bytes a value takes as JSON.
fn size(value: &Json) -> usize {
    match value {
        Json::String(text) => text.len() + 3,
        Json::Array(items) => items.iter().map(size).sum::<usize>() + 2,
        Json::Object(fields) => fields.iter().map(|(name, value)| name.len() + 4 + size(value)).sum::<usize>() + 2,
        _ => 8,
    }
}

fn bound(statement: &Statement<'_>, question: &SqlQuestion) -> Result<Vec<Value>, Fault> {
    let name = |at| statement.parameter_name(at).map_err(|error| Fault::from(&error));
    (1..=statement.parameter_count())
        .map(|at| match name(at)?.as_str() {
            "since" => Ok(Value::Timestamp(TimeUnit::Nanosecond, question.since.0)),
            "until" => Ok(Value::Timestamp(TimeUnit::Nanosecond, question.until.0)),
            other => Err(Fault::new(
                format!("${other} stands for nothing"),
                "$since and $until stand for the range of time; write other values out",
            )),
        })
        .collect()
}

#[cfg(test)]
mod tests;
