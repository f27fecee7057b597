//! Events that are neither traces nor observations nor scores: kept as log records under names of their own.

use serde_json::value::RawValue;

use super::attribute;
use super::event::Header;
use super::score::record;
use crate::model::otlp::{AnyValue, LogRecord, any_value};
use crate::model::{SpanId, TraceId, UnixNanos};
use crate::receive::fields::{Fault, Fields};
use crate::receive::piece::Told;

/// What an SDK logs of itself, for its makers.
const SDK_LOG: &str = "langfuse.sdk_log";

/// That a trace was made for an item of a dataset.
const DATASET_RUN_ITEM: &str = "langfuse.dataset_run_item";

pub(super) fn sdk_log(header: &Header, body: &RawValue, now: UnixNanos) -> LogRecord {
    let mut record = record(SDK_LOG, None, None, header.at, now, Told::default());
    record.body = Some(AnyValue { value: Some(any_value::Value::StringValue(body.get().to_owned())) });
    record
}

/// # Errors
/// Names the field that is missing or cannot be read.
pub(super) fn dataset_run_item(header: &Header, body: &RawValue, now: UnixNanos) -> Result<LogRecord, Fault> {
    let mut fields = Fields::parse(body.get())?;
    let trace = fields.text("traceId")?.filter(|id| !id.is_empty());
    let trace = trace.ok_or_else(|| Fault::new("traceId is missing: a run item is a trace made for a dataset item"))?;
    let observation = fields.text("observationId")?.filter(|id| !id.is_empty());
    let mut told = Told::default();
    told.set_text("langfuse.trace.id", &trace);
    let names = [
        ("id", "langfuse.dataset_run_item.id"),
        ("runName", "langfuse.dataset_run.name"),
        ("runDescription", "langfuse.dataset_run.description"),
        ("datasetItemId", "langfuse.dataset_item.id"),
    ];
    for (name, key) in names {
        if let Some(value) = fields.raw(name) {
            told.set_raw(key, value);
        }
    }
    if let Some(metadata) = fields.raw("metadata") {
        told.set_members("langfuse.dataset_run.metadata", metadata);
    }
    if let Some(id) = &observation {
        told.set_text("langfuse.observation.id", id);
    }
    attribute::unknown(fields, &mut told);
    let (trace_id, span_id) = (TraceId::from_foreign(&trace), observation.as_deref().and_then(SpanId::from_foreign));
    Ok(record(DATASET_RUN_ITEM, trace_id, span_id, header.at, now, told))
}
