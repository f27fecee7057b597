//! Typed look-up over OTLP attribute lists.
//!
//! Clients send the same thing as int, double, digit string, bool, array or JSON text. This is the one
//! place that evens it out; readers above it ask for what they need. An empty string and the text `None`
//! (LiteLLM, Traceloop) count as absent, and so does an empty value.

use std::borrow::Cow;

use serde_json::Value;

use crate::model::otlp::{AnyValue, KeyValue, any_value};
use crate::model::value::to_json;

/// The attributes of a span, a resource or an event, sorted by key: one look-up is a binary search, and
/// an indexed family (`gen_ai.prompt.0.role`) is a contiguous run.
///
/// A span is asked for some two hundred keys of all dialects and has twenty: a small filter of marks answers most of
/// the others without a search.
#[derive(Debug, Clone, Default)]
pub struct Attributes<'a> {
    sorted: Vec<(&'a str, &'a any_value::Value)>,
    /// One bit per mark, of 256; see [`mark`].
    marks: [u64; 4],
}

/// Where a key leaves its bit: from its length and three of its characters, at the end and inside, where keys differ.
fn mark(key: &str) -> (usize, u64) {
    let bytes = key.as_bytes();
    let at = |place: usize| bytes.get(place).copied().unwrap_or_default();
    let length = bytes.len();
    let mark = (length as u8)
        .wrapping_mul(37)
        .wrapping_add(at(length.wrapping_sub(1)).wrapping_mul(5))
        .wrapping_add(at(length / 2).wrapping_mul(11))
        .wrapping_add(at(length / 4 * 3).wrapping_mul(73));
    (usize::from(mark >> 6), 1 << (mark & 63))
}

impl<'a> Attributes<'a> {
    pub fn new(list: &'a [KeyValue]) -> Self {
        let mut sorted: Vec<_> = list
            .iter()
            .filter_map(|pair| Some((pair.key.as_str(), pair.value.as_ref()?.value.as_ref()?)))
            .filter(|(_, value)| !is_absent(value))
            .collect();
        // Stable, so that of a key that stands twice the last one stays last and wins in `get`.
        sorted.sort_by_key(|(key, _)| *key);
        let mut marks = [0; 4];
        for (key, _) in &sorted {
            let (word, bit) = mark(key);
            marks[word] |= bit;
        }
        Self { sorted, marks }
    }

    pub fn get(&self, key: &str) -> Option<&'a any_value::Value> {
        let (word, bit) = mark(key);
        if self.marks[word] & bit == 0 {
            return None;
        }
        let end = self.sorted.partition_point(|(other, _)| *other <= key);
        let (found, value) = self.sorted.get(end.checked_sub(1)?)?;
        (*found == key).then_some(*value)
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether any key starts with `prefix`.
    pub fn has_prefix(&self, prefix: &str) -> bool {
        self.under(prefix).next().is_some()
    }

    /// Keys that start with `prefix` in ascending order, given without it.
    pub fn under<'s>(&'s self, prefix: &'s str) -> impl Iterator<Item = (&'a str, &'a any_value::Value)> + 's {
        let start = self.sorted.partition_point(|(key, _)| *key < prefix);
        self.sorted[start..].iter().map_while(move |(key, value)| Some((key.strip_prefix(prefix)?, *value)))
    }

    /// A string value as it stands.
    pub fn string(&self, key: &str) -> Option<&'a str> {
        match self.get(key)? {
            any_value::Value::StringValue(text) => Some(text),
            _ => None,
        }
    }

    /// Any scalar as text: clients disagree on whether a user id or a version is a number.
    pub fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        scalar_text(self.get(key)?)
    }

    pub fn uint(&self, key: &str) -> Option<u64> {
        as_uint(self.get(key)?)
    }

    pub fn float(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            any_value::Value::DoubleValue(number) => Some(*number),
            any_value::Value::IntValue(number) => Some(*number as f64),
            any_value::Value::StringValue(text) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|number: &f64| number.is_finite())
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            any_value::Value::BoolValue(flag) => Some(*flag),
            any_value::Value::IntValue(number) => Some(*number != 0),
            any_value::Value::StringValue(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A structure, whether sent as one or as JSON text. Text that is no JSON (cut off by a length limit,
    /// or just text) comes back as a JSON string.
    pub fn json(&self, key: &str) -> Option<Value> {
        Some(as_json(self.get(key)?))
    }

    /// A list of texts: an array, JSON text of an array, or one single text.
    pub fn texts(&self, key: &str) -> Vec<String> {
        match self.get(key) {
            None => Vec::new(),
            Some(any_value::Value::ArrayValue(list)) => {
                list.values.iter().filter_map(|item| scalar_text(item.value.as_ref()?)).map(Cow::into_owned).collect()
            }
            Some(any_value::Value::StringValue(text)) if text.trim_start().starts_with('[') => {
                serde_json::from_str(text).unwrap_or_else(|_| vec![text.clone()])
            }
            Some(other) => scalar_text(other).map(Cow::into_owned).into_iter().collect(),
        }
    }

    pub fn first_text(&self, keys: &[&str]) -> Option<Cow<'a, str>> {
        keys.iter().find_map(|key| self.text(key))
    }

    /// The largest of several names of one count: instrumentations write old and new names side by side,
    /// and adding them would double the count.
    pub fn max_uint(&self, keys: &[&str]) -> Option<u64> {
        keys.iter().filter_map(|key| self.uint(key)).max()
    }
}

/// A value as a count: ints, whole doubles and digit strings; negative and fractional ones are no counts.
pub fn as_uint(value: &any_value::Value) -> Option<u64> {
    match value {
        any_value::Value::IntValue(number) => u64::try_from(*number).ok(),
        any_value::Value::DoubleValue(number) => whole(*number),
        any_value::Value::StringValue(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| whole(text.parse().ok()?))
        }
        _ => None,
    }
}

/// The same for a JSON value.
pub fn json_uint(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The same for an amount.
pub fn json_float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

/// Text that may be JSON: parsed when it is an object, array or quoted string, else as it stands.
pub fn parsed(text: &str) -> Value {
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[' | b'"') => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        _ => Value::String(text.to_owned()),
    }
}

pub fn as_json(value: &any_value::Value) -> Value {
    match value {
        any_value::Value::StringValue(text) => parsed(text),
        other => to_json(&AnyValue { value: Some(other.clone()) }),
    }
}

pub fn scalar_text(value: &any_value::Value) -> Option<Cow<'_, str>> {
    match value {
        any_value::Value::StringValue(text) => Some(Cow::Borrowed(text)),
        any_value::Value::BoolValue(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        any_value::Value::IntValue(number) => Some(Cow::Owned(number.to_string())),
        any_value::Value::DoubleValue(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

fn whole(number: f64) -> Option<u64> {
    // 2^53: above it a double no longer holds every whole number, and no call has so many tokens.
    (number.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&number)).then_some(number as u64)
}

fn is_absent(value: &any_value::Value) -> bool {
    matches!(value, any_value::Value::StringValue(text) if text.is_empty() || text == "None")
}

#[cfg(test)]
mod tests;
