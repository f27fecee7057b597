//! OTLP values as JSON values, for display and for reading structured content.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};

use super::otlp::{AnyValue, KeyValue, any_value};

/// `value` as JSON: bytes become base64 text, NaN and infinities their names, nothing is lost but their type.
pub fn to_json(value: &AnyValue) -> Value {
    match &value.value {
        None => Value::Null,
        Some(any_value::Value::StringValue(text)) => Value::String(text.clone()),
        Some(any_value::Value::BoolValue(flag)) => Value::Bool(*flag),
        Some(any_value::Value::IntValue(int)) => Value::Number((*int).into()),
        Some(any_value::Value::DoubleValue(double)) => {
            Number::from_f64(*double).map_or_else(|| Value::String(double.to_string()), Value::Number)
        }
        Some(any_value::Value::ArrayValue(list)) => Value::Array(list.values.iter().map(to_json).collect()),
        Some(any_value::Value::KvlistValue(list)) => Value::Object(attributes_to_json(&list.values)),
        Some(any_value::Value::BytesValue(bytes)) => Value::String(STANDARD.encode(bytes)),
    }
}

/// Attributes as a JSON object in the order they came; of a key that stands twice the last one wins.
pub fn attributes_to_json(attributes: &[KeyValue]) -> Map<String, Value> {
    attributes.iter().map(|pair| (pair.key.clone(), pair.value.as_ref().map_or(Value::Null, to_json))).collect()
}
