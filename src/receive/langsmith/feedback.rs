//! Feedback on a run, as a log record of the conventions' event for evaluations.

use serde_json::Value;
use serde_json::value::RawValue;

use super::kin::Known;
use super::runs::Fault;
use super::when::time;
use crate::model::otlp::LogRecord;
use crate::model::score::{EVENT, ID};
use crate::model::{SpanId, TraceId, UnixNanos};
use crate::receive::fields::Fields;
use crate::receive::langfuse::record;
use crate::receive::piece::Told;

/// The record of one feedback; `id` where the request names it elsewhere.
///
/// # Errors
/// Names the feedback and what it lacks.
pub(super) fn convert(body: &RawValue, id: Option<&str>, known: Known<'_>, now: UnixNanos) -> Result<LogRecord, Fault> {
    let fault = |of: &str, why: String| Fault { of: format!("feedback {of}"), why };
    let mut fields = Fields::parse(body.get()).map_err(|error| fault("", error.to_string()))?;
    let told_id = fields.text("id").map_err(|error| fault("", error.to_string()))?;
    let id = id.map(str::to_owned).or(told_id).unwrap_or_default();
    let mut text = |name: &str| fields.text(name).map_err(|error| fault(&id, error.to_string()));
    let (run, trace, key) = (text("run_id")?, text("trace_id")?, text("key")?);
    let comment = text("comment")?;
    let mut told = Told::default();
    if !id.is_empty() {
        told.set_text(ID, &id);
    }
    if let Some(key) = key {
        told.set_text("gen_ai.evaluation.name", key);
    }
    if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
        told.set_text("gen_ai.evaluation.explanation", comment);
    }
    let value = |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    match value(fields.raw("score")) {
        Some(Value::Bool(flag)) => {
            told.set("gen_ai.evaluation.score.value", &Value::from(f64::from(u8::from(flag))));
            told.set_text("gen_ai.evaluation.score.label", flag.to_string());
        }
        Some(Value::Number(number)) => {
            told.set("gen_ai.evaluation.score.value", &Value::from(number.as_f64().unwrap_or_default()));
        }
        Some(other) => told.set("langsmith.feedback.score", &other),
        None => {}
    }
    if let Some(label) = value(fields.raw("value")) {
        told.set("gen_ai.evaluation.score.label", &label);
    }
    let at = value(fields.raw("modified_at")).or(value(fields.raw("created_at"))).and_then(|value| time(&value));
    for (name, key) in [("run_id", &run), ("trace_id", &trace)] {
        if let Some(key) = key {
            told.set_text(format!("langsmith.run.{}", name.replace("run_", "")), key);
        }
    }
    for (name, raw) in fields.rest() {
        told.set_raw(format!("langsmith.feedback.{name}"), raw);
    }
    let span_id = run.as_deref().and_then(SpanId::from_foreign);
    let named = trace.as_deref().and_then(TraceId::from_foreign);
    // Without a trace it is most often about the root, whose id names the trace too.
    let trace_id = named.or_else(|| known(span_id?)).or_else(|| TraceId::from_foreign(run.as_deref()?));
    Ok(record(EVENT, trace_id, span_id, at.unwrap_or(now), now, told))
}
