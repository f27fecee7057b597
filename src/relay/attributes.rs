//! A list of OTLP attributes being written.

use serde_json::Value;

use crate::model::otlp::{AnyValue, ArrayValue, KeyValue, any_value};

#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct List(Vec<KeyValue>);

impl List {
    pub fn text(&mut self, key: &str, value: impl Into<String>) {
        self.add(key, any_value::Value::StringValue(value.into()));
    }

    pub fn texts<'t>(&mut self, key: &str, values: impl IntoIterator<Item = &'t str>) {
        let value = |text: &str| AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) };
        let values: Vec<AnyValue> = values.into_iter().map(value).collect();
        if !values.is_empty() {
            self.add(key, any_value::Value::ArrayValue(ArrayValue { values }));
        }
    }

    pub fn flag(&mut self, key: &str, value: bool) {
        self.add(key, any_value::Value::BoolValue(value));
    }

    pub fn int(&mut self, key: &str, value: u64) {
        self.add(key, any_value::Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX)));
    }

    pub fn float(&mut self, key: &str, value: f64) {
        self.add(key, any_value::Value::DoubleValue(value));
    }

    /// A text, number or boolean; of anything else nothing.
    pub fn scalar(&mut self, key: &str, value: &Value) {
        match value {
            Value::String(text) => self.text(key, text.as_str()),
            Value::Bool(flag) => self.flag(key, *flag),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => self.add(key, any_value::Value::IntValue(int)),
                (None, Some(float)) => self.float(key, float),
                _ => {}
            },
            _ => {}
        }
    }

    /// A list as JSON in a string; of an empty one nothing.
    pub fn json(&mut self, key: &str, items: &[Value]) {
        if !items.is_empty()
            && let Ok(text) = serde_json::to_string(items)
        {
            self.text(key, text);
        }
    }

    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    #[cfg(test)]
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|pair| pair.key.as_str())
    }

    pub fn into_inner(self) -> Vec<KeyValue> {
        self.0
    }

    fn add(&mut self, key: &str, value: any_value::Value) {
        self.0.push(KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) });
    }
}
