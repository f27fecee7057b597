//! What one message of a client tells of a span, on its way to an OTLP span: see [`crate::model::piece`].

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use super::fields::Fields;

use crate::model::otlp::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, Resource, ResourceSpans, ScopeSpans, Span, SpanStatus,
    TracesData, any_value,
};
use crate::model::piece::{self, Field};
use crate::model::{SpanId, TraceId, UnixNanos};

/// A span as far as one message tells it; `None` is what it does not know.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Piece {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    /// When the client said it: of what two pieces say differently the later is right.
    pub at: UnixNanos,
    pub parent: Option<Parent>,
    pub name: Option<String>,
    pub start: Option<UnixNanos>,
    pub end: Option<UnixNanos>,
    pub status: Option<SpanStatus>,
    pub attributes: Told,
}

/// Where a span hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parent {
    /// It is a root.
    None,
    Span(SpanId),
}

impl Piece {
    pub(super) fn into_span(self) -> Span {
        let known = |field: Field| match field {
            Field::Name => self.name.is_some(),
            Field::Start => self.start.is_some(),
            Field::End => self.end.is_some(),
            Field::Parent => self.parent.is_some(),
            Field::Status => self.status.is_some(),
        };
        let lacks: Vec<AnyValue> =
            Field::ALL.into_iter().filter(|field| !known(*field)).map(|field| string(field.as_str())).collect();
        let mut attributes = self.attributes.0;
        attributes.push(pair(piece::AT, any_value::Value::IntValue(self.at.0)));
        if !lacks.is_empty() {
            let lacks = any_value::Value::ArrayValue(ArrayValue { values: lacks });
            attributes.push(pair(piece::LACKS, lacks));
        }
        let nanos = |time: Option<UnixNanos>| u64::try_from(time.unwrap_or(self.at).0).unwrap_or_default();
        let parent = match self.parent {
            Some(Parent::Span(id)) => Bytes::copy_from_slice(id.as_bytes()),
            Some(Parent::None) | None => Bytes::new(),
        };
        Span {
            trace_id: Bytes::copy_from_slice(self.trace_id.as_bytes()),
            span_id: Bytes::copy_from_slice(self.span_id.as_bytes()),
            parent_span_id: parent,
            name: self.name.unwrap_or_default(),
            start_time_unix_nano: nanos(self.start),
            end_time_unix_nano: nanos(self.end),
            status: self.status,
            attributes,
            ..Span::default()
        }
    }
}

/// Attributes made of a client's JSON. Nothing is written for `null`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Told(pub Vec<KeyValue>);

impl Told {
    /// Scalars as they are, structures as JSON text, as OpenTelemetry SDKs write them.
    pub(super) fn set(&mut self, key: impl Into<String>, value: &Value) {
        self.0.extend(scalar_or_text(value).map(|value| pair(key, value)));
    }

    pub(super) fn set_text(&mut self, key: impl Into<String>, text: impl Into<String>) {
        self.0.push(pair(key, any_value::Value::StringValue(text.into())));
    }

    /// A list as a list of strings; other values as [`Told::set`] writes them.
    pub(super) fn set_list(&mut self, key: impl Into<String>, value: &Value) {
        let Value::Array(items) = value else { return self.set(key, value) };
        let values = items.iter().filter_map(scalar_or_text).map(|value| AnyValue { value: Some(value) }).collect();
        self.0.push(pair(key, any_value::Value::ArrayValue(ArrayValue { values })));
    }

    /// As [`Told::set`], of JSON as it stands in a request: structures keep their letters, and so does what no number or
    /// text of ours can hold.
    pub(super) fn set_raw(&mut self, key: impl Into<String>, raw: &RawValue) {
        let json = raw.get();
        match if json.starts_with(['{', '[']) { None } else { serde_json::from_str(json).ok() } {
            Some(value) => self.set(key, &value),
            None => self.set_text(key, json),
        }
    }

    /// The members of an object each under `prefix.member`; anything else under `prefix` itself.
    pub(super) fn set_members(&mut self, prefix: &str, raw: &RawValue) {
        match Fields::parse(raw.get()) {
            Ok(members) => members.rest().for_each(|(name, value)| self.set_raw(format!("{prefix}.{name}"), value)),
            Err(_) => self.set_raw(prefix, raw),
        }
    }
}

/// Spans of one resource and scope as a message.
pub(super) fn traces(resource: Resource, scope: InstrumentationScope, spans: Vec<Span>) -> TracesData {
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }];
    TracesData {
        resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }],
    }
}

fn scalar_or_text(value: &Value) -> Option<any_value::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => any_value::Value::BoolValue(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => any_value::Value::IntValue(whole),
            None => any_value::Value::DoubleValue(number.as_f64()?),
        },
        Value::String(text) => any_value::Value::StringValue(text.clone()),
        Value::Array(_) | Value::Object(_) => any_value::Value::StringValue(value.to_string()),
    })
}

pub(super) fn pair(key: impl Into<String>, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
}

fn string(text: &str) -> AnyValue {
    AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::value::attributes_to_json;

    #[test]
    fn what_a_piece_does_not_know_is_said() {
        let piece = Piece { at: UnixNanos(7), end: Some(UnixNanos(9)), ..Piece::default() };
        let span = piece.into_span();
        assert_eq!((span.start_time_unix_nano, span.end_time_unix_nano), (7, 9));
        assert_eq!(
            Value::Object(attributes_to_json(&span.attributes)),
            json!({"tracemeter.piece.at": 7, "tracemeter.piece.lacks": ["name", "start", "parent", "status"]})
        );
    }

    #[test]
    fn what_knows_all_lacks_nothing() {
        let piece = Piece {
            parent: Some(Parent::Span(SpanId([3; 8]))),
            name: Some("n".into()),
            start: Some(UnixNanos(1)),
            end: Some(UnixNanos(2)),
            status: Some(SpanStatus::default()),
            ..Piece::default()
        };
        let span = piece.into_span();
        assert_eq!(Value::Object(attributes_to_json(&span.attributes)), json!({"tracemeter.piece.at": 0}));
        assert_eq!(&span.parent_span_id[..], [3; 8]);
    }

    #[test]
    fn json_becomes_attributes() {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).expect("JSON");
        let mut told = Told::default();
        told.set_members("m", &raw(r#"{"a": 1, "b": 0.5, "c": null, "d": {"e":[true]}, "f": "x", "g": 1e999}"#));
        told.set_members("n", &raw("\"text\""));
        told.set_list("l", &json!(["a", "b"]));
        assert_eq!(
            Value::Object(attributes_to_json(&told.0)),
            json!({
                "m.a": 1, "m.b": 0.5, "m.d": r#"{"e":[true]}"#, "m.f": "x", "m.g": "1e999", "n": "text", "l": ["a", "b"]
            })
        );
    }
}
