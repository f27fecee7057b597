//! The cost board and the list of calls as files: CSV, written as it is sent, and Parquet.

use std::fs::File;
use std::io::Read as _;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::try_unfold;

use super::error::ApiError;
use super::query::Query;
use super::{ApiState, changes, csv};
use crate::analytics::{Analytics, Cell, CostAnswer, Dimension, Filter, Kind, Order, PageKey, Sheet};
use crate::model::{CostBasis, NanoUsd, Span, TokenUsage};

/// Calls read at once for a CSV file, and bytes of a Parquet file.
const CALLS_AT_ONCE: usize = 2_000;
const BYTES_AT_ONCE: usize = 256 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Parquet,
}

impl Format {
    /// `None` for JSON, which is no file.
    pub(super) fn read(query: &Query) -> Result<Option<Self>, ApiError> {
        let known = |name: &str| match name {
            "json" => Some(None),
            "csv" => Some(Some(Self::Csv)),
            "parquet" => Some(Some(Self::Parquet)),
            _ => None,
        };
        let format = query.choice("format", known, &["json", "csv", "parquet"])?.flatten();
        let paged = ["limit", "cursor", "order"].into_iter().find(|name| query.one(name).is_some());
        match (format, paged) {
            (Some(_), Some(name)) => Err(ApiError::bad_parameter(
                format!("{name} does not go with a file"),
                "a file has everything that matches, newest first: narrow it with since, until and filters",
            )),
            _ => Ok(format),
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// `body` as a download; `what` is in its name.
    fn answer(self, what: &str, body: Body) -> Response {
        let mut response = body.into_response();
        let name = format!("attachment; filename=\"tracemeter-{what}.{}\"", self.ending());
        let values = [(header::CONTENT_TYPE, self.media_type()), (header::CONTENT_DISPOSITION, &name)];
        for (header, value) in values {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(header, value);
            }
        }
        response
    }
}

/// The board as a file.
pub(super) async fn board(
    state: &ApiState,
    format: Format,
    by: &[Dimension],
    answer: &CostAnswer,
) -> Result<Response, ApiError> {
    let sheet = sheet(by, answer);
    let body = match format {
        Format::Csv => {
            let mut text = String::new();
            csv::head(&mut text, sheet.columns.iter().map(|(name, _)| *name));
            sheet.rows.iter().for_each(|row| csv::line(&mut text, row));
            Body::from(text)
        }
        Format::Parquet => of_file(state.analytics.parquet(sheet).await?),
    };
    Ok(format.answer("cost", body))
}

/// Every call that matches `filter` as a file.
pub(super) async fn calls(state: &ApiState, format: Format, filter: Filter) -> Result<Response, ApiError> {
    let body = match format {
        Format::Csv => calls_as_csv(state.analytics.clone(), filter),
        Format::Parquet => of_file(state.analytics.parquet_of_calls(&filter).await?),
    };
    Ok(format.answer("calls", body))
}

/// What is read of a file, piece by piece. Blocking reads are done where they may block.
fn of_file(file: File) -> Body {
    Body::from_stream(try_unfold(file, async |mut file| {
        let read = move || {
            let mut piece = vec![0; BYTES_AT_ONCE];
            let length = file.read(&mut piece).map_err(|error| ApiError::internal(&error))?;
            piece.truncate(length);
            Ok((length > 0).then(|| (Bytes::from(piece), file)))
        };
        changes::blocking(read).await.map_err(failed)
    }))
}

/// What the other end sees of an error is that the file ends too early.
pub(super) fn failed(_: ApiError) -> std::io::Error {
    std::io::Error::other("the export broke off")
}

/// Where the next page of calls begins; `None` before the first.
enum Place {
    First,
    Behind(PageKey),
    End,
}

fn calls_as_csv(analytics: Analytics, filter: Filter) -> Body {
    Body::from_stream(try_unfold((analytics, filter, Place::First), async |(analytics, filter, place)| {
        let mut text = String::new();
        let after = match place {
            Place::First => {
                csv::head(&mut text, CALL_COLUMNS.into_iter());
                None
            }
            Place::Behind(key) => Some(key),
            Place::End => return Ok::<_, std::io::Error>(None),
        };
        let page = analytics.calls(&filter, Order::Newest, CALLS_AT_ONCE, after).await;
        let page = page.map_err(|error| failed(ApiError::internal(&error)))?;
        page.items.into_iter().for_each(|span| csv::line(&mut text, &call(span)));
        let place = page.next.map_or(Place::End, Place::Behind);
        Ok(Some((Bytes::from(text), (analytics, filter, place))))
    }))
}

fn text(text: Option<impl ToString>) -> Cell {
    Cell::Text(text.map(|text| text.to_string()))
}

fn whole(number: u64) -> Cell {
    Cell::Whole(Some(i64::try_from(number).unwrap_or(i64::MAX)))
}

fn nano(amount: Option<NanoUsd>) -> Cell {
    Cell::Whole(amount.map(|amount| amount.0))
}

fn usd(amount: Option<NanoUsd>) -> Cell {
    Cell::Real(amount.map(NanoUsd::as_usd))
}

const TOKENS: [&str; 10] = [
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "output",
    "reasoning",
    "audio_input",
    "audio_output",
    "image_input",
    "image_output",
];

fn tokens(usage: &TokenUsage) -> [u64; 10] {
    [
        usage.input,
        usage.cache_read,
        usage.cache_write_5m,
        usage.cache_write_1h,
        usage.output,
        usage.reasoning,
        usage.audio_input,
        usage.audio_output,
        usage.image_input,
        usage.image_output,
    ]
}

fn sheet(by: &[Dimension], answer: &CostAnswer) -> Sheet {
    let mut columns = vec![("bucket_start", Kind::Time)];
    columns.extend(by.iter().map(|dimension| (dimension.as_str(), Kind::Text)));
    columns.extend(["calls", "errors"].into_iter().chain(TOKENS).map(|name| (name, Kind::Whole)));
    columns.push(("cost_usd", Kind::Real));
    let rest = ["cost_nano", "unpriced_calls", "priced_output", "cache_saved_nano", "failed_cost_nano", "retries"];
    columns.extend(rest.into_iter().chain(["retry_cost_nano", "sessions"]).map(|name| (name, Kind::Whole)));
    let rows = answer.rows.iter().map(|row| {
        let sums = &row.sums;
        let mut cells = vec![Cell::Time(row.bucket_start)];
        cells.extend(row.group.iter().cloned().map(Cell::Text));
        cells.extend([sums.calls, sums.errors].into_iter().chain(tokens(&sums.usage)).map(whole));
        cells.extend([usd(sums.cost), nano(sums.cost), whole(sums.unpriced_calls), whole(sums.priced_output)]);
        cells.extend([nano(sums.saved), nano(sums.failed_cost), whole(sums.retries), nano(sums.retry_cost)]);
        cells.push(row.sessions.map_or(Cell::Whole(None), |sessions| whole(sessions.sessions)));
        cells
    });
    Sheet { rows: rows.collect(), columns }
}

/// As `export_calls.sql` names them.
const CALL_COLUMNS: [&str; 46] = [
    "start_time",
    "duration_ms",
    "trace_id",
    "span_id",
    "name",
    "service",
    "environment",
    "feature",
    "team",
    "user",
    "session",
    "workflow",
    "node",
    "agent",
    "prompt_name",
    "prompt_version",
    "tags",
    "operation",
    "provider",
    "request_model",
    "response_model",
    "response_id",
    "streaming",
    "time_to_first_token_ms",
    "status",
    "error_type",
    "counted",
    "counted_reason",
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "output",
    "reasoning",
    "audio_input",
    "audio_output",
    "image_input",
    "image_output",
    "cost_usd",
    "cost_nano",
    "cost_basis",
    "cost_reason",
    "reported_nano",
    "cache_saved_nano",
    "price_provider",
    "price_model",
];

/// One call as a line of [`CALL_COLUMNS`]; none of a span that is no call.
fn call(span: Span) -> Vec<Cell> {
    let ms = |nanos: i64| nanos as f64 / 1e6;
    let duration = ms(span.duration_ns());
    let Some(call) = span.call else { return Vec::new() };
    let by = span.attribution;
    let mut cells = vec![Cell::Time(Some(span.start)), Cell::Real(Some(duration))];
    cells.extend([
        text(Some(span.trace_id)),
        text(Some(span.span_id)),
        text(Some(span.name)),
        text(Some(span.service)),
    ]);
    let attribution =
        [by.environment, by.feature, by.team, by.user, by.session, by.workflow, by.node, by.agent, by.prompt_name];
    cells.extend(attribution.map(Cell::Text));
    cells.extend([Cell::Text(by.prompt_version), text((!by.tags.is_empty()).then(|| by.tags.join(", ")))]);
    cells.extend([text(Some(call.operation.as_str())), text(call.provider), text(call.request_model)]);
    cells.extend([text(call.response_model), text(call.response_id), text(call.streaming)]);
    cells.push(Cell::Real(call.time_to_first_token_ns.map(ms)));
    cells.extend([text(Some(span.status.as_str())), text(span.error_type)]);
    cells.extend([text(Some(call.counted)), text(call.not_counted_because)]);
    match &call.usage {
        Some(usage) => cells.extend(tokens(usage).map(whole)),
        None => cells.extend(TOKENS.map(|_| Cell::Whole(None))),
    }
    let cost = call.cost;
    let saved = cost.saved();
    let (basis, reason) = cost.basis.told();
    let price = if let CostBasis::Computed(price) = &cost.basis { Some(price) } else { None };
    cells.extend([
        usd(cost.amount),
        nano(cost.amount),
        text(Some(basis)),
        text(reason),
        nano(cost.reported),
        nano(saved),
    ]);
    cells.extend([text(price.map(|price| &price.provider)), text(price.map(|price| &price.model))]);
    cells
}

#[cfg(test)]
mod tests;
