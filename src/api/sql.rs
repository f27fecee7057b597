//! `/api/v1/sql`: statements of users, which can only read.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::error::ApiError;
use super::query::Query;
use super::{ApiState, convert, csv, endpoints, types};
use crate::analytics::{Cell, SqlAnswer, SqlQuestion, cell_text};
use crate::model::time::NANOS_PER_SECOND;

/// The range that `$since` and `$until` stand for when none is given.
const DAY: i64 = 86_400 * NANOS_PER_SECOND;

const ROWS: usize = 1000;
const MOST_ROWS: usize = 100_000;

/// Of an answer, about.
const MOST_BYTES: usize = 32 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    sql: String,
}

pub(super) async fn run(State(state): State<ApiState>, uri: Uri, body: Bytes) -> Result<Response, ApiError> {
    let began = state.clock.now();
    let query = Query::read(&uri, &endpoints::SQL, began)?;
    let asked: Asked = serde_json::from_slice(&body).map_err(|error| {
        ApiError::bad_body(
            format!("the body cannot be used: {error}"),
            "send JSON: {\"sql\": \"SELECT count(*) FROM calls\"}",
        )
    })?;
    let csv =
        query.choice("format", |name| ["json", "csv"].iter().position(|known| *known == name), &["json", "csv"])?
            == Some(1);
    let what = format!("give a whole number from 1 to {MOST_ROWS}");
    let most_rows = query.number("limit", &what)?.unwrap_or(if csv { MOST_ROWS } else { ROWS });
    if !(1..=MOST_ROWS).contains(&most_rows) {
        return Err(ApiError::bad_parameter(format!("limit={most_rows} is out of range"), what));
    }
    let (since, until) = query.range(DAY)?;
    let question = SqlQuestion { statement: asked.sql, since, until, most_rows, most_bytes: MOST_BYTES };
    let answer =
        state.analytics.sql(&question).await.map_err(|error| ApiError::of_statement(error, &question.statement))?;
    if csv {
        return Ok(as_csv(&answer));
    }
    let columns = answer.columns.into_iter().map(|(name, kind)| types::SqlColumn { name, kind: kind.as_str().into() });
    Ok(Json(types::SqlResult {
        columns: columns.collect(),
        rows: answer.rows,
        truncated: answer.truncated,
        duration_ms: convert::ms(state.clock.now().since(began)),
    })
    .into_response())
}

fn as_csv(answer: &SqlAnswer) -> Response {
    let mut text = String::new();
    let cell = |value: &serde_json::Value| match value {
        serde_json::Value::Null => Cell::Text(None),
        // A minus sign of a number is no formula.
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Cell::Whole(Some(whole)),
            None => Cell::Real(number.as_f64()),
        },
        other => Cell::Text(Some(cell_text(other))),
    };
    let names: Vec<Cell> = answer.columns.iter().map(|(name, _)| Cell::Text(Some(name.clone()))).collect();
    csv::line(&mut text, &names);
    answer.rows.iter().for_each(|row| csv::line(&mut text, &row.iter().map(cell).collect::<Vec<_>>()));
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    let disposition = HeaderValue::from_static("attachment; filename=\"tracemeter-sql.csv\"");
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    response
}

/// The address is for POST.
pub(super) async fn needs_a_statement() -> ApiError {
    ApiError::bad_body("there is no statement", "send it with POST as JSON: {\"sql\": \"SELECT count(*) FROM calls\"}")
}

pub(super) async fn tables(State(state): State<ApiState>, uri: Uri) -> Result<Json<types::SqlTableList>, ApiError> {
    Query::read(&uri, &endpoints::SQL_TABLES, state.clock.now())?;
    let found = state.analytics.sql_tables().await?;
    let items = found.into_iter().map(|table| types::SqlTable {
        name: table.name.into(),
        about: table.about.into(),
        columns: table
            .columns
            .into_iter()
            .map(|(name, kind, about)| types::SqlTableColumn { name: name.into(), kind, about: about.into() })
            .collect(),
    });
    Ok(Json(types::SqlTableList { items: items.collect(), next_cursor: None }))
}
