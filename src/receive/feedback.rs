//! What users think of an answer, as Traceloop's SDK tells it: `POST /v2/annotation-tasks/{task}/annotations`. Each tag
//! becomes a log record of the conventions' event for evaluations, so that it is kept like all other scores.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::foreign::Converted;
use super::{Door, Protocol, Refusal, Shared};
use crate::journal::Payload;
use crate::model::otlp::{AnyValue, KeyValue, LogRecord, LogsData, Resource, ResourceLogs, ScopeLogs, any_value};
use crate::model::score::EVENT;
use crate::model::{Signal, TraceId, UnixNanos};

/// Stores the feedback in `body` about `task`.
///
/// # Errors
/// What is no feedback, and what everything is refused for.
pub(super) async fn take(
    shared: &Arc<Shared>,
    door: &Arc<Door>,
    client: std::net::IpAddr,
    task: String,
    parts: &Parts,
    body: &mut Body,
) -> Result<(), Refusal> {
    door.enter_with(Signal::Traces)?;
    let now = shared.clock.now();
    // The same opinion twice is two opinions.
    let target = format!("{} {now}", parts.uri.path());
    let incoming = shared.incoming(client, Protocol::HttpJson, target, &parts.headers, body).await?;
    let convert = move |body: &Bytes| {
        let logs = read(&task, body, now)?;
        Ok(Converted::new(vec![Payload::Logs(logs)], ()))
    };
    Arc::clone(shared).take_foreign(Arc::clone(door), incoming, convert).await
}

fn read(task: &str, body: &[u8], now: UnixNanos) -> Result<LogsData, Refusal> {
    let fault = |field: &str, what: &str| Refusal::Malformed {
        field: Some(field.to_owned()),
        message: format!("the body is no feedback: {field} {what}"),
    };
    let told: Map<String, Value> = serde_json::from_slice(body).map_err(|_| fault(".", "must be a JSON object"))?;
    let tags = told.get("tags").and_then(Value::as_object).filter(|tags| !tags.is_empty());
    let tags = tags.ok_or_else(|| fault("tags", "must be an object of at least one name and value"))?;
    let text = |name: &str| told.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let entity = text("entity_instance_id").ok_or_else(|| fault("entity_instance_id", "is missing"))?;
    let actor = told.get("actor").and_then(|actor| actor["id"].as_str());
    let common = [
        ("traceloop.annotation.task", Some(task)),
        ("traceloop.annotation.entity_instance_id", Some(entity)),
        ("traceloop.annotation.flow", text("flow")),
        ("traceloop.annotation.source", text("source")),
    ];
    let common: Vec<KeyValue> = common.into_iter().filter_map(|(key, value)| Some(string(key, value?))).collect();
    let trace_id = hex::decode(entity).ok().and_then(|id| TraceId::from_slice(&id));
    let nanos = u64::try_from(now.0).unwrap_or_default();
    let record = |(name, value): (&String, &Value)| {
        let mut attributes = vec![string("gen_ai.evaluation.name", name), value_of(value)];
        attributes.extend(common.iter().cloned());
        LogRecord {
            time_unix_nano: nanos,
            observed_time_unix_nano: nanos,
            event_name: EVENT.to_owned(),
            trace_id: trace_id.map(|id| Bytes::copy_from_slice(id.as_bytes())).unwrap_or_default(),
            attributes,
            ..LogRecord::default()
        }
    };
    let scope_logs = vec![ScopeLogs { log_records: tags.iter().map(record).collect(), ..ScopeLogs::default() }];
    let attributes = actor.map(|id| string("service.name", id)).into_iter().collect();
    let resource = Some(Resource { attributes, ..Resource::default() });
    Ok(LogsData { resource_logs: vec![ResourceLogs { resource, scope_logs, ..ResourceLogs::default() }] })
}

/// Numbers are values, everything else is a label.
fn value_of(value: &Value) -> KeyValue {
    match value {
        Value::Number(number) => {
            let value = any_value::Value::DoubleValue(number.as_f64().unwrap_or_default());
            KeyValue { key: "gen_ai.evaluation.score.value".into(), value: Some(AnyValue { value: Some(value) }) }
        }
        Value::String(text) => string("gen_ai.evaluation.score.label", text),
        other => string("gen_ai.evaluation.score.label", &other.to_string()),
    }
}

fn string(key: &str, value: &str) -> KeyValue {
    let value = Some(any_value::Value::StringValue(value.to_owned()));
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value }) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_tag_is_a_score() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let body = json!({"entity_instance_id": trace, "tags": {"sentiment": "positive", "score": 0.95, "tones": ["a"]},
                          "source": "sdk", "flow": "user_feedback", "actor": {"type": "service", "id": "shop"}});
        let read = read("thumbs", body.to_string().as_bytes(), UnixNanos(7)).expect("feedback");
        let group = &read.resource_logs[0];
        assert_eq!(group.resource.as_ref().expect("a resource").attributes, [string("service.name", "shop")]);
        let records = &group.scope_logs[0].log_records;
        assert_eq!(records.len(), 3);
        assert!(records.iter().all(|record| record.event_name == EVENT && hex::encode(&record.trace_id) == trace));
        assert_eq!(
            records[0].attributes[..2],
            [string("gen_ai.evaluation.name", "sentiment"), string("gen_ai.evaluation.score.label", "positive")]
        );
        assert_eq!(records[1].attributes[1], value_of(&json!(0.95)));
        assert_eq!(records[2].attributes[1], string("gen_ai.evaluation.score.label", "[\"a\"]"));
        assert!(records[0].attributes.contains(&string("traceloop.annotation.task", "thumbs")));
    }

    #[test]
    fn what_is_no_feedback_is_told_what_is_missing() {
        let said = |body: Value| read("t", body.to_string().as_bytes(), UnixNanos(7)).expect_err("refused").to_string();
        assert!(said(json!([])).contains("must be a JSON object"));
        assert!(said(json!({"entity_instance_id": "a"})).contains("tags must be"));
        assert!(said(json!({"tags": {"a": 1}})).contains("entity_instance_id is missing"));
    }
}
