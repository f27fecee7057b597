//! What Splunk takes as an event.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// Why an object is not indexed.
#[derive(Debug)]
pub enum Problem {
    Code(i64),
    /// Splunk would say yes and index neither this one nor those behind it.
    Lost(String),
}

const KEYS: [&str; 7] = ["time", "host", "source", "sourcetype", "index", "event", "fields"];

/// The objects of a body: one after the other, or in an array. What follows a fault is not read.
pub fn objects(body: &[u8]) -> Vec<Result<Value, ()>> {
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_slice(body).into_iter::<Value>() {
        match value {
            Ok(Value::Array(list)) => found.extend(list.into_iter().map(Ok)),
            Ok(value) => found.push(Ok(value)),
            Err(_) => {
                found.push(Err(()));
                break;
            }
        }
    }
    found
}

/// Checks one object. Events with the text `poison-CODE` in them are refused with that code.
pub fn check(object: &Value, indexes: &HashSet<String>, violations: &mut Vec<String>) -> Result<(), Problem> {
    let Value::Object(envelope) = object else { return Err(Problem::Code(6)) };
    if let Some(key) = envelope.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(Problem::Lost(format!("unknown key {key:?}")));
    }
    for key in ["host", "source", "sourcetype", "index"] {
        if envelope.get(key).is_some_and(|value| value.as_str().is_none_or(str::is_empty)) {
            violations.push(format!("{key} is no text: {object}"));
        }
    }
    if let Some(time) = envelope.get("time")
        && time.as_f64().is_none_or(|time| time <= 0.0)
    {
        violations.push(format!("a time that is none: {time}"));
    }
    let text = object.to_string();
    for code in [6, 7, 12, 13, 15] {
        if text.contains(&format!("poison-{code}\"")) {
            return Err(Problem::Code(code));
        }
    }
    match envelope.get("event") {
        None | Some(Value::Null) => return Err(Problem::Code(12)),
        Some(Value::String(text)) if text.trim().is_empty() => return Err(Problem::Code(13)),
        Some(Value::Object(map)) if map.is_empty() => return Err(Problem::Code(13)),
        Some(_) => {}
    }
    if let Some(index) = envelope.get("index").and_then(Value::as_str)
        && !indexes.contains(index)
    {
        return Err(Problem::Code(7));
    }
    match envelope.get("fields") {
        None => Ok(()),
        Some(Value::Object(fields)) => check_fields(fields, envelope.get("event"), violations),
        Some(_) => Err(Problem::Code(15)),
    }
}

fn check_fields(
    fields: &Map<String, Value>,
    event: Option<&Value>,
    violations: &mut Vec<String>,
) -> Result<(), Problem> {
    let is_scalar = |value: &Value| !matches!(value, Value::Object(_) | Value::Array(_) | Value::Null);
    let is_flat = |value: &Value| match value {
        Value::Array(list) => list.iter().all(is_scalar),
        other => is_scalar(other),
    };
    if !fields.values().all(is_flat) {
        return Err(Problem::Code(15));
    }
    if fields.keys().any(String::is_empty) {
        violations.push("a field without a name".into());
    }
    let numbers: Vec<_> =
        fields.iter().filter_map(|(name, value)| Some((name.strip_prefix("metric_name:")?, value))).collect();
    for (name, value) in &numbers {
        let first = |c: char| c.is_ascii_alphabetic() || c == '.' || c == ':';
        let plain = |c: char| first(c) || c.is_ascii_digit() || c == '_';
        if !name.starts_with(first) || !name.chars().all(plain) || !value.is_number() {
            violations.push(format!("a measurement that is none: {name} = {value}"));
        }
    }
    let is_metric = event.is_some_and(|event| event == "metric");
    if is_metric == numbers.is_empty() {
        violations.push(format!("measurements without their mark, or the mark without them: {fields:?}"));
    }
    Ok(())
}
