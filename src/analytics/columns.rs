//! Rows of `span` and `trace` as columns. Appending a vector of 2,048 values at a time costs DuckDB and us a third of
//! what appending cell by cell costs. Columns are in the order of the tables in `sql/schema.sql`.

use std::collections::HashMap;
use std::sync::Arc;

use duckdb::Transaction;
use duckdb::arrow::array::{
    ArrayRef, BooleanArray, FixedSizeBinaryArray, Int64Array, ListBuilder, StringArray, StringBuilder, UInt8Array,
    UInt64Array,
};
use duckdb::arrow::datatypes::{DataType, Field, Schema};
use duckdb::arrow::error::ArrowError;
use duckdb::arrow::record_batch::RecordBatch;

use super::row::{CostColumns, SpanRow, span_number, stored};
use super::summary::TraceSummary;
use super::twins;
use crate::model::{Attribution, Call, TokenUsage};

/// Rows of one vector of DuckDB; also bounds the memory of the copy.
const VECTOR: usize = 2048;

/// Adds `rows` to `span`.
pub(super) fn append_spans(transaction: &Transaction<'_>, rows: &[SpanRow]) -> duckdb::Result<()> {
    let mut appender = transaction.appender("span")?;
    for part in rows.chunks(VECTOR) {
        appender.append_record_batch(spans(part)?)?;
    }
    appender.flush()
}

/// Adds `traces` to `trace`.
pub(super) fn append_traces(transaction: &Transaction<'_>, traces: &[TraceSummary]) -> duckdb::Result<()> {
    let mut appender = transaction.appender("trace")?;
    for part in traces.chunks(VECTOR) {
        appender.append_record_batch(summaries(part)?)?;
    }
    appender.flush()
}

/// Columns that are being put side by side; a column's name is its place.
#[derive(Default)]
struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    fn add(&mut self, kind: DataType, array: ArrayRef) {
        self.fields.push(Field::new(self.fields.len().to_string(), kind, true));
        self.arrays.push(array);
    }

    fn text<'a>(&mut self, values: impl Iterator<Item = Option<&'a str>>) {
        self.add(DataType::Utf8, Arc::new(values.collect::<StringArray>()));
    }

    fn number(&mut self, values: impl Iterator<Item = Option<i64>>) {
        self.add(DataType::Int64, Arc::new(values.collect::<Int64Array>()));
    }

    fn natural(&mut self, values: impl Iterator<Item = Option<u64>>) {
        self.add(DataType::UInt64, Arc::new(values.collect::<UInt64Array>()));
    }

    fn small(&mut self, values: impl Iterator<Item = Option<u8>>) {
        self.add(DataType::UInt8, Arc::new(values.collect::<UInt8Array>()));
    }

    fn flag(&mut self, values: impl Iterator<Item = Option<bool>>) {
        self.add(DataType::Boolean, Arc::new(values.collect::<BooleanArray>()));
    }

    /// Arrow has no unsigned number of 128 bits; DuckDB makes one of a UUID, bytes in their order.
    fn trace_id(&mut self, ids: impl Iterator<Item = [u8; 16]>) -> Result<(), ArrowError> {
        self.trace_ids(ids.map(Some))
    }

    fn trace_ids(&mut self, ids: impl Iterator<Item = Option<[u8; 16]>>) -> Result<(), ArrowError> {
        let array = FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids, 16)?;
        let uuid = HashMap::from([("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned())]);
        let field = Field::new(self.fields.len().to_string(), DataType::FixedSizeBinary(16), true);
        self.fields.push(field.with_metadata(uuid));
        self.arrays.push(Arc::new(array));
        Ok(())
    }

    /// The empty list is NULL, which costs nothing.
    fn texts<'a>(&mut self, lists: impl Iterator<Item = &'a [String]>) {
        let mut builder = ListBuilder::new(StringBuilder::new());
        for list in lists {
            list.iter().for_each(|text| builder.values().append_value(text));
            builder.append(!list.is_empty());
        }
        let array = builder.finish();
        self.add(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))), Arc::new(array));
    }

    fn usage<T>(&mut self, rows: &[T], usage: impl Fn(&T) -> Option<TokenUsage>) {
        let buckets: [fn(TokenUsage) -> u64; 10] = [
            |usage| usage.input,
            |usage| usage.cache_read,
            |usage| usage.cache_write_5m,
            |usage| usage.cache_write_1h,
            |usage| usage.output,
            |usage| usage.reasoning,
            |usage| usage.audio_input,
            |usage| usage.audio_output,
            |usage| usage.image_input,
            |usage| usage.image_output,
        ];
        for bucket in buckets {
            self.number(rows.iter().map(|row| usage(row).map(|usage| stored(bucket(usage)))));
        }
    }

    fn batch(self) -> duckdb::Result<RecordBatch> {
        RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.arrays).map_err(unfit)
    }
}

fn unfit(error: ArrowError) -> duckdb::Error {
    duckdb::Error::ToSqlConversionFailure(Box::new(error))
}

fn spans(rows: &[SpanRow]) -> duckdb::Result<RecordBatch> {
    let spans = || rows.iter().map(|row| &row.span);
    let mut columns = Columns::default();
    columns.text(rows.iter().map(|row| Some(&*row.project)));
    columns.trace_id(spans().map(|span| span.trace_id.0)).map_err(unfit)?;
    columns.natural(spans().map(|span| Some(span_number(span.span_id))));
    columns.natural(spans().map(|span| span.parent_span_id.map(span_number)));
    columns.number(spans().map(|span| Some(span.start.0)));
    columns.number(spans().map(|span| Some(span.duration_ns())));
    columns.text(spans().map(|span| Some(&*span.name)));
    columns.text(spans().map(|span| Some(span.kind.as_str())));
    columns.text(spans().map(|span| Some(&*span.service)));
    columns.text(spans().map(|span| Some(&*span.scope)));
    columns.text(spans().map(|span| Some(span.dialect)));
    columns.text(spans().map(|span| Some(span.status.as_str())));
    columns.text(spans().map(|span| span.status_message.as_deref()));
    columns.text(spans().map(|span| span.error_type.as_deref()));
    let attributions: [fn(&Attribution) -> Option<&str>; 10] = [
        |by| by.environment.as_deref(),
        |by| by.feature.as_deref(),
        |by| by.team.as_deref(),
        |by| by.prompt_name.as_deref(),
        |by| by.prompt_version.as_deref(),
        |by| by.session.as_deref(),
        |by| by.user.as_deref(),
        |by| by.workflow.as_deref(),
        |by| by.node.as_deref(),
        |by| by.agent.as_deref(),
    ];
    for attribution in attributions {
        columns.text(spans().map(|span| attribution(&span.attribution)));
    }
    columns.texts(spans().map(|span| span.attribution.tags.as_slice()));
    columns.text(spans().map(|span| span.tool_name.as_deref()));
    columns.text(spans().map(|span| span.input_preview.as_deref()));
    columns.text(spans().map(|span| span.output_preview.as_deref()));
    calls(rows, &mut columns)?;
    columns.batch()
}

/// The columns that are NULL unless the span is a model call.
fn calls(rows: &[SpanRow], columns: &mut Columns) -> duckdb::Result<()> {
    let calls = || rows.iter().map(|row| row.span.call.as_ref());
    columns.text(calls().map(|call| call.map(|call| call.operation.as_str())));
    let names: [fn(&Call) -> Option<&str>; 5] = [
        |call| call.provider.as_deref(),
        |call| call.request_model.as_deref(),
        |call| call.response_model.as_deref(),
        Call::model,
        |call| call.response_id.as_deref(),
    ];
    for name in names {
        columns.text(calls().map(|call| call.and_then(name)));
    }
    columns.flag(calls().map(|call| call.and_then(|call| call.streaming)));
    columns.number(calls().map(|call| call.and_then(|call| call.time_to_first_token_ns)));
    columns.texts(calls().map(|call| call.map_or(&[][..], |call| call.finish_reasons.as_slice())));
    columns.usage(rows, |row| row.span.call.as_ref().and_then(|call| call.usage));
    let costs: Vec<CostColumns> =
        calls().map(|call| call.map(|call| CostColumns::of(&call.cost)).unwrap_or_default()).collect();
    columns.number(costs.iter().map(|cost| cost.amount));
    columns.text(costs.iter().map(|cost| cost.basis));
    columns.text(costs.iter().map(|cost| cost.reason.as_deref()));
    columns.number(costs.iter().map(|cost| cost.reported));
    columns.number(costs.iter().map(|cost| cost.computed));
    columns.number(costs.iter().map(|cost| cost.saved));
    columns.text(costs.iter().map(|cost| cost.price.as_deref()));
    columns.text(costs.iter().map(|cost| cost.buckets.as_deref()));
    columns.flag(calls().map(|call| call.map(|call| call.counted)));
    columns.text(calls().map(|call| call.and_then(|call| call.not_counted_because.as_deref())));
    columns.text(rows.iter().map(|row| row.member.own.as_deref()));
    columns.natural(rows.iter().map(|row| row.told.as_ref().map(|told| twins::stored_key(told.key))));
    columns.trace_ids(calls().map(|call| Some(call?.twin?.trace_id.0))).map_err(unfit)?;
    columns.natural(calls().map(|call| Some(span_number(call?.twin?.span_id))));
    columns.small(rows.iter().map(|row| row.inherited));
    columns.flag(rows.iter().map(|row| row.retry.then_some(true)));
    Ok(())
}

fn summaries(traces: &[TraceSummary]) -> duckdb::Result<RecordBatch> {
    let each = || traces.iter();
    let mut columns = Columns::default();
    columns.text(each().map(|trace| Some(&*trace.project)));
    columns.trace_id(each().map(|trace| trace.trace_id.0)).map_err(unfit)?;
    columns.number(each().map(|trace| Some(trace.start.0)));
    columns.number(each().map(|trace| Some(trace.duration_ns)));
    columns.number(each().map(|trace| Some(trace.last_start.0)));
    columns.text(each().map(|trace| Some(&*trace.name)));
    columns.text(each().map(|trace| Some(trace.kind.as_str())));
    columns.text(each().map(|trace| Some(&*trace.service)));
    columns.texts(each().map(|trace| trace.services.as_slice()));
    columns.text(each().map(|trace| Some(trace.status.as_str())));
    columns.natural(each().map(|trace| Some(trace.span_count)));
    columns.natural(each().map(|trace| Some(trace.call_count)));
    columns.natural(each().map(|trace| Some(trace.error_count)));
    columns.texts(each().map(|trace| trace.models.as_slice()));
    columns.texts(each().map(|trace| trace.providers.as_slice()));
    columns.usage(traces, |trace| Some(trace.usage));
    columns.number(each().map(|trace| trace.cost.map(|cost| cost.0)));
    columns.natural(each().map(|trace| Some(trace.unpriced_calls)));
    let attributions: [fn(&Attribution) -> Option<&str>; 7] = [
        |by| by.environment.as_deref(),
        |by| by.feature.as_deref(),
        |by| by.team.as_deref(),
        |by| by.session.as_deref(),
        |by| by.user.as_deref(),
        |by| by.workflow.as_deref(),
        |by| by.agent.as_deref(),
    ];
    for attribution in attributions {
        columns.text(each().map(|trace| attribution(&trace.attribution)));
    }
    columns.texts(each().map(|trace| trace.attribution.tags.as_slice()));
    columns.text(each().map(|trace| trace.input_preview.as_deref()));
    columns.text(each().map(|trace| trace.output_preview.as_deref()));
    columns.texts(each().map(|trace| trace.more.as_slice()));
    columns.batch()
}
