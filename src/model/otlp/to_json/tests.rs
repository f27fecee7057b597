use super::super::{ArrayValue, KeyValueList, json};
use super::*;

fn value(value: any_value::Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn attribute(key: &str, one: any_value::Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(value(one)) }
}

fn everything() -> Vec<KeyValue> {
    use any_value::Value::{
        ArrayValue as List, BoolValue, BytesValue, DoubleValue, IntValue, KvlistValue, StringValue,
    };
    let nested =
        vec![value(IntValue(i64::MIN)), value(StringValue("\u{202e}<b>\"\\\u{0}".into())), AnyValue::default()];
    vec![
        attribute("text", StringValue("ein Text".into())),
        attribute("none", StringValue(String::new())),
        attribute("no", BoolValue(false)),
        attribute("large", IntValue(i64::MAX)),
        attribute("zero", IntValue(0)),
        attribute("half", DoubleValue(0.5)),
        attribute("endless", DoubleValue(f64::NEG_INFINITY)),
        attribute("bytes", BytesValue(vec![0, 255, 62, 63].into())),
        attribute("list", List(ArrayValue { values: nested })),
        attribute("empty", List(ArrayValue::default())),
        attribute("map", KvlistValue(KeyValueList { values: vec![attribute("a", IntValue(1))] })),
        KeyValue { key: "unset".into(), value: None },
    ]
}

fn full() -> TracesData {
    let span = Span {
        trace_id: vec![0xab; 16].into(),
        span_id: vec![1; 8].into(),
        trace_state: "a=b".into(),
        parent_span_id: vec![2; 8].into(),
        name: "chat".into(),
        kind: 3,
        start_time_unix_nano: u64::MAX,
        end_time_unix_nano: 5,
        attributes: everything(),
        dropped_attributes_count: 1,
        events: vec![SpanEvent {
            time_unix_nano: 7,
            name: "exception".into(),
            attributes: everything(),
            dropped_attributes_count: 2,
        }],
        dropped_events_count: 3,
        links: vec![SpanLink {
            trace_id: vec![3; 16].into(),
            span_id: vec![4; 8].into(),
            trace_state: "c=d".into(),
            attributes: everything(),
            dropped_attributes_count: 4,
            flags: 5,
        }],
        dropped_links_count: 6,
        status: Some(SpanStatus { message: "no".into(), code: 2 }),
        flags: u32::MAX,
        ..Span::default()
    };
    let scope = InstrumentationScope {
        name: "lib".into(),
        version: "1".into(),
        attributes: everything(),
        dropped_attributes_count: 7,
    };
    let entity = EntityRef {
        schema_url: "s".into(),
        r#type: "service".into(),
        id_keys: vec!["k".into()],
        description_keys: vec!["d".into()],
    };
    let resource = Resource { attributes: everything(), dropped_attributes_count: 8, entity_refs: vec![entity] };
    let part = ScopeSpans {
        scope: Some(scope),
        spans: vec![span, Span::default()],
        schema_url: "u".into(),
        ..ScopeSpans::default()
    };
    let group = ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![part],
        schema_url: "v".into(),
        ..ResourceSpans::default()
    };
    TracesData { resource_spans: vec![group, ResourceSpans::default()] }
}

#[test]
fn what_is_written_is_read_back_the_same() {
    for data in [full(), TracesData::default()] {
        let text = traces_to_json(&data).to_string();
        assert_eq!(json::from_slice::<TracesData>(text.as_bytes()).expect("reads"), data, "{text}");
    }
}

#[test]
fn it_looks_as_exporters_write_it() {
    let json = traces_to_json(&full());
    let span = &json["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["traceId"], "ab".repeat(16));
    assert_eq!(span["startTimeUnixNano"], u64::MAX.to_string());
    assert_eq!((&span["kind"], &span["status"]["code"]), (&3.into(), &2.into()));
    assert_eq!(span["attributes"][3]["value"]["intValue"], i64::MAX.to_string());
    assert_eq!(span["attributes"][6]["value"]["doubleValue"], "-Infinity");
    assert_eq!(json["resourceSpans"][0]["scopeSpans"][0]["spans"][1], serde_json::json!({}));
    assert_eq!(traces_to_json(&TracesData::default()), serde_json::json!({"resourceSpans": []}));
}
