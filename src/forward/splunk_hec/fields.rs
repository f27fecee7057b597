//! The flat map `fields` of an event: scalars and lists of scalars only, anything else is refused with code 15.

use std::borrow::Cow;

use super::json;
use crate::model::otlp::{KeyValue, any_value};

/// What Splunk keeps of its own beside every event: a second value under such a name would be mixed with it.
const TAKEN: &[&str] = &["host", "source", "sourcetype", "index", "linecount", "punct", "splunk_server", "timestamp"];

/// How deep structures are flattened; what is deeper is written as JSON text.
const DEEPEST: usize = 8;

/// Names with values, of which the last under each name counts.
#[derive(Debug, Clone, Default)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, Field<'a>)>);

#[derive(Debug, Clone)]
pub enum Field<'a> {
    Value(&'a any_value::Value),
    Text(Cow<'a, str>),
    /// JSON already.
    Json(Vec<u8>),
}

impl<'a> Fields<'a> {
    /// Adds attributes, structures flattened with dots.
    pub fn attributes(&mut self, list: &'a [KeyValue]) {
        for pair in list {
            if let Some(value) = pair.value.as_ref().and_then(|value| value.value.as_ref()) {
                self.flatten(name(&pair.key), value, 0);
            }
        }
    }

    fn flatten(&mut self, name: Cow<'a, str>, value: &'a any_value::Value, depth: usize) {
        match value {
            any_value::Value::KvlistValue(list) if depth < DEEPEST => {
                for pair in &list.values {
                    if let Some(value) = pair.value.as_ref().and_then(|value| value.value.as_ref()) {
                        self.flatten(format!("{name}.{}", pair.key).into(), value, depth + 1);
                    }
                }
            }
            any_value::Value::ArrayValue(list) if list.values.is_empty() => {}
            _ if name.is_empty() => {}
            _ => self.0.push((name, Field::Value(value))),
        }
    }

    /// Adds a name of ours.
    pub fn set(&mut self, name: &'static str, field: Field<'a>) {
        self.0.push((name.into(), field));
    }

    pub fn text(&mut self, name: &'static str, text: impl Into<Cow<'a, str>>) {
        let text = text.into();
        if !text.is_empty() {
            self.set(name, Field::Text(text));
        }
    }

    /// `"name":value,...`, numbers as numbers.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.write_by(out, plain);
    }

    /// The same with every value as text: dimensions of measurements.
    pub fn write_texts(&self, out: &mut Vec<u8>) {
        self.write_by(out, as_text);
    }

    fn write_by(&self, out: &mut Vec<u8>, by: impl Fn(&mut Vec<u8>, &Field<'a>)) {
        for (name, field) in json::last_of_each(&self.0, |(name, _)| name.as_ref()) {
            json::key(out, name);
            by(out, field);
        }
    }
}

fn name(key: &str) -> Cow<'_, str> {
    // What begins with an underscore is Splunk's own, and hidden.
    let taken = key.starts_with('_') || TAKEN.contains(&key) || key.starts_with("metric_name");
    if taken { format!("attr.{key}").into() } else { key.into() }
}

fn plain(out: &mut Vec<u8>, field: &Field<'_>) {
    match field {
        Field::Value(any_value::Value::ArrayValue(list)) if !list.values.iter().all(is_scalar) => nested(out, field),
        Field::Value(any_value::Value::KvlistValue(_)) => nested(out, field),
        Field::Value(value) => json::value(out, value),
        Field::Text(text) => json::string(out, text),
        Field::Json(bytes) => out.extend_from_slice(bytes),
    }
}

fn is_scalar(value: &crate::model::otlp::AnyValue) -> bool {
    use any_value::Value::{ArrayValue, KvlistValue};
    !matches!(value.value, None | Some(ArrayValue(_) | KvlistValue(_)))
}

/// JSON as text.
fn nested(out: &mut Vec<u8>, field: &Field<'_>) {
    let mut inner = Vec::new();
    if let Field::Value(value) = field {
        json::value(&mut inner, value);
    }
    json::string(out, &String::from_utf8_lossy(&inner));
}

fn as_text(out: &mut Vec<u8>, field: &Field<'_>) {
    match field {
        Field::Value(any_value::Value::StringValue(text)) => json::string(out, text),
        Field::Value(any_value::Value::IntValue(_) | any_value::Value::BoolValue(_)) => {
            out.push(b'"');
            plain(out, field);
            out.push(b'"');
        }
        Field::Value(any_value::Value::DoubleValue(number)) => json::string(out, &number.to_string()),
        Field::Value(any_value::Value::BytesValue(_)) => plain(out, field),
        Field::Value(_) => nested(out, field),
        Field::Text(text) => json::string(out, text),
        Field::Json(bytes) => json::string(out, &String::from_utf8_lossy(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::otlp::{AnyValue, ArrayValue, KeyValueList};

    fn pair(key: &str, value: any_value::Value) -> KeyValue {
        KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
    }

    fn text(key: &str, text: &str) -> KeyValue {
        pair(key, any_value::Value::StringValue(text.into()))
    }

    fn list(values: Vec<any_value::Value>) -> any_value::Value {
        any_value::Value::ArrayValue(ArrayValue {
            values: values.into_iter().map(|value| AnyValue { value: Some(value) }).collect(),
        })
    }

    #[test]
    fn flat_whatever_came() {
        let object = any_value::Value::KvlistValue(KeyValueList { values: vec![text("b", "1"), text("c", "2")] });
        let attributes = [
            pair("a", object.clone()),
            pair("flat", list(vec![any_value::Value::IntValue(1), any_value::Value::BoolValue(true)])),
            pair("nested", list(vec![object])),
            pair("none", list(vec![])),
            KeyValue { key: "null".into(), value: None },
            text("", "no name"),
            text("source", "a log's own"),
            text("_time", "1"),
            text("level", "old"),
            text("level", "new"),
        ];
        let mut fields = Fields::default();
        fields.attributes(&attributes);
        let mut out = b"{".to_vec();
        fields.write(&mut out);
        out.push(b'}');
        let read: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        let expected = serde_json::json!({
            "a.b": "1", "a.c": "2", "flat": [1, true], "nested": "[{\"b\":\"1\",\"c\":\"2\"}]",
            "attr.source": "a log's own", "attr._time": "1", "level": "new",
        });
        assert_eq!(read, expected);
    }

    #[test]
    fn dimensions_are_texts() {
        let attributes = [
            pair("code", any_value::Value::IntValue(200)),
            pair("ok", any_value::Value::BoolValue(true)),
            pair("share", any_value::Value::DoubleValue(0.5)),
            pair("list", list(vec![any_value::Value::IntValue(1)])),
        ];
        let mut fields = Fields::default();
        fields.attributes(&attributes);
        let mut out = b"{".to_vec();
        fields.write_texts(&mut out);
        assert_eq!(String::from_utf8(out).expect("UTF-8"), r#"{"code":"200","ok":"true","share":"0.5","list":"[1]""#);
    }
}
