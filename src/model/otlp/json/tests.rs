//! The rules one by one, and against another implementation: the `opentelemetry-proto` crate.

use opentelemetry_proto::tonic::{logs, metrics, trace};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::json;

use super::*;
use crate::model::otlp::{
    AnyValue, ArrayValue, Exemplar, ExponentialBuckets, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge,
    Histogram, HistogramDataPoint, InstrumentationScope, KeyValue, KeyValueList, LogRecord, LogsData, Metric,
    MetricsData, NumberDataPoint, Resource, ResourceLogs, ResourceMetrics, ResourceSpans, ScopeLogs, ScopeMetrics,
    ScopeSpans, Span, SpanEvent, SpanLink, SpanStatus, Sum, Summary, SummaryDataPoint, TracesData, ValueAtQuantile,
    any_value, exemplar, metric, number_data_point,
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// The only span of a document that has the given members.
fn span(members: serde_json::Value) -> Result<Span, Error> {
    let document = json!({"resourceSpans": [{"scopeSpans": [{"spans": [members]}]}]}).to_string();
    let data: TracesData = from_slice(document.as_bytes())?;
    Ok(data.resource_spans[0].scope_spans[0].spans[0].clone())
}

fn attribute(value: serde_json::Value) -> Result<Option<any_value::Value>, Error> {
    let span = span(json!({"attributes": [{"key": "k", "value": value}]}))?;
    Ok(span.attributes[0].value.clone().and_then(|value| value.value))
}

#[test]
fn ids_are_hex_in_any_case_or_base64() {
    let bytes = hex::decode(TRACE).expect("hex");
    let base64 = "CvdlGRbNQ92ESOshHIAxnA==";
    for text in [TRACE, &TRACE.to_uppercase(), base64, base64.trim_end_matches('=')] {
        assert_eq!(span(json!({"traceId": text})).expect("reads").trace_id, bytes, "{text}");
    }
    assert_eq!(
        span(json!({"spanId": "B7AD6B7169203331"})).expect("reads").span_id,
        &[0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31][..]
    );
    assert_eq!(span(json!({"parentSpanId": ""})).expect("reads").parent_span_id, &[][..]);
}

#[test]
fn a_text_that_is_no_id_never_looks_like_one() {
    for text in ["zz", "sixteen letters!", "0af7", "0af76519-16cd-43dd-8448-eb211c80319c", &"ü".repeat(200)] {
        let span = span(json!({"traceId": text, "spanId": "eight!!!"})).expect("the neighbours are to be kept");
        assert_ne!(span.trace_id.len(), 16, "{text}");
        assert_ne!(span.span_id.len(), 8);
        assert!(span.trace_id.len() <= 64);
    }
}

#[test]
fn whole_numbers_come_as_numbers_and_strings() {
    for number in [json!(1_700_000_000_000_000_001_u64), json!("1700000000000000001")] {
        let span = span(json!({"startTimeUnixNano": number})).expect("reads");
        assert_eq!(span.start_time_unix_nano, 1_700_000_000_000_000_001);
    }
    assert_eq!(attribute(json!({"intValue": 5.0})), Ok(Some(any_value::Value::IntValue(5))));
    assert_eq!(attribute(json!({"intValue": "-5"})), Ok(Some(any_value::Value::IntValue(-5))));
    assert_eq!(attribute(json!({"intValue": i64::MIN})), Ok(Some(any_value::Value::IntValue(i64::MIN))));
    assert!(attribute(json!({"intValue": 5.5})).is_err());
    assert!(attribute(json!({"intValue": "9223372036854775808"})).is_err());
    assert!(span(json!({"droppedEventsCount": -1})).is_err());
}

#[test]
fn doubles_have_names_for_what_json_cannot_say() {
    let read = |value: serde_json::Value| match attribute(json!({"doubleValue": value})) {
        Ok(Some(any_value::Value::DoubleValue(double))) => Some(double),
        _ => None,
    };
    assert_eq!(read(json!("Infinity")), Some(f64::INFINITY));
    assert_eq!(read(json!("-Infinity")), Some(f64::NEG_INFINITY));
    assert!(read(json!("NaN")).is_some_and(f64::is_nan));
    assert_eq!(read(json!(2)), Some(2.0));
    assert_eq!(read(json!("0.5")), Some(0.5));
    assert_eq!(read(json!("inf")), None);
    assert_eq!(read(json!("abc")), None);
}

#[test]
fn enums_are_numbers_or_names_and_unknown_numbers_stay() {
    assert_eq!(span(json!({"kind": "SPAN_KIND_CLIENT"})).expect("reads").kind, 3);
    assert_eq!(span(json!({"kind": 3})).expect("reads").kind, 3);
    assert_eq!(span(json!({"kind": 77})).expect("reads").kind, 77);
    let status = span(json!({"status": {"code": "STATUS_CODE_ERROR", "message": "no"}})).expect("reads").status;
    assert_eq!(status, Some(SpanStatus { message: "no".into(), code: 2 }));
    assert!(span(json!({"kind": "CLIENT"})).is_err());
    let log = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":"SEVERITY_NUMBER_WARN2"}]}]}]}"#;
    let data: LogsData = from_slice(log).expect("reads");
    assert_eq!(data.resource_logs[0].scope_logs[0].log_records[0].severity_number, 14);
}

#[test]
fn null_is_the_default_and_unknown_keys_are_ignored() {
    let nothing =
        span(json!({"name": null, "kind": null, "attributes": null, "status": null, "traceId": null, "x": [{}]}));
    assert_eq!(nothing, Ok(Span::default()));
    assert_eq!(
        attribute(json!({"stringValue": "a", "intValue": null})),
        Ok(Some(any_value::Value::StringValue("a".into())))
    );
    assert_eq!(attribute(json!({})), Ok(None));
    assert_eq!(attribute(json!(null)), Ok(None));
    assert_eq!(from_slice::<TracesData>(b"null"), Ok(TracesData::default()));
    assert_eq!(from_slice::<TracesData>(b" {} "), Ok(TracesData::default()));
}

#[test]
fn snake_case_keys_and_escaped_keys_are_read() {
    let text = br#"{"resource_spans":[{"scope_spans":[{"spans":[{"trace_id":"0af7651916cd43dd8448eb211c80319c",
        "end_time_unix_nano":"7","attributes":[{"k\u0065y":"a","value":{"string_value":"b\n"}}]}]}]}]}"#;
    let data: TracesData = from_slice(text).expect("reads");
    let span = &data.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!((span.trace_id.len(), span.end_time_unix_nano, span.attributes[0].key.as_str()), (16, 7, "a"));
}

#[test]
fn bytes_are_base64_of_either_alphabet() {
    for text in ["+/8=", "-_8=", "+/8", "-_8"] {
        let expected = any_value::Value::BytesValue(Bytes::from_static(&[0xfb, 0xff]));
        assert_eq!(attribute(json!({"bytesValue": text})), Ok(Some(expected)), "{text}");
    }
    assert!(attribute(json!({"bytesValue": "%"})).is_err());
}

#[test]
fn errors_name_the_path() {
    let fault = |text: &str| from_slice::<TracesData>(text.as_bytes()).expect_err("a fault");
    let error = fault(r#"{"resourceSpans":[{},{"scopeSpans":[{"spans":[{"kind":[]}]}]}]}"#);
    assert_eq!(error.path, "resourceSpans[1].scopeSpans[0].spans[0].kind");
    assert!(error.message.contains("an enum value"), "{error}");
    let error = fault(r#"{"resourceSpans":[{"resource":{"attributes":[{"key":5}]}}]}"#);
    assert_eq!(error.path, "resourceSpans[0].resource.attributes[0].key");
    assert_eq!(fault(r#"{"resourceSpans":[null]}"#).path, "resourceSpans[0]");
    assert_eq!(fault("[]").path, ".");
    assert_eq!(fault("{} x").path, ".");
    assert!(!fault("").message.is_empty());
}

#[test]
fn nesting_without_end_is_an_error_and_no_crash() {
    let deep = r#"{"arrayValue":{"values":["#.repeat(10_000);
    let text = format!(r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"k","value":{deep}"#);
    assert!(from_slice::<TracesData>(text.as_bytes()).is_err());
}

#[test]
fn a_real_request_of_the_vercel_ai_sdk_reads_like_the_other_implementation_reads_it() {
    let text = include_bytes!("../../../../tests/data/otlp/vercel-ai-6/001.body");
    let ours: TracesData = from_slice(text).expect("reads");
    let theirs: trace::v1::TracesData = serde_json::from_slice(text).expect("reads");
    assert!(ours.resource_spans[0].scope_spans[0].spans.len() > 3);
    assert_eq!(TracesData::decode(theirs.encode_to_vec().as_slice()), Ok(ours));
}

/// Ours to protobuf to theirs, and from theirs back by both ways.
macro_rules! assert_same {
    ($ours:expr, $ours_type:ty, $theirs_type:ty) => {
        let ours: $ours_type = $ours;
        let bytes = ours.encode_to_vec();
        let theirs = <$theirs_type>::decode(bytes.as_slice()).expect("the same wire format");
        prop_assert_eq!(theirs.encode_to_vec(), bytes);
        let text = serde_json::to_vec(&theirs).expect("they write JSON");
        prop_assert_eq!(from_slice::<$ours_type>(&text), Ok(ours));
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn traces_agree(data in traces()) {
        assert_same!(data, TracesData, trace::v1::TracesData);
    }

    #[test]
    fn logs_agree(data in logs()) {
        assert_same!(data, LogsData, logs::v1::LogsData);
    }

    #[test]
    fn metrics_agree(data in metrics()) {
        assert_same!(data, MetricsData, metrics::v1::MetricsData);
    }
}

fn bytes(length: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), length).prop_map(Bytes::from)
}

/// Numbers with few digits: JSON readers may round the last bit of long ones differently.
fn double() -> impl Strategy<Value = f64> {
    any::<i32>().prop_map(|number| f64::from(number) / 8.0)
}

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        any::<String>().prop_map(any_value::Value::StringValue),
        any::<bool>().prop_map(any_value::Value::BoolValue),
        any::<i64>().prop_map(any_value::Value::IntValue),
        double().prop_map(any_value::Value::DoubleValue),
        vec(any::<u8>(), 0..9).prop_map(|bytes| any_value::Value::BytesValue(bytes.into())),
    ];
    let value = leaf.prop_recursive(3, 12, 3, |inner| {
        let item = inner.clone().prop_map(|value| AnyValue { value: Some(value) });
        let pair =
            (".*", inner).prop_map(|(key, value)| KeyValue { key, value: Some(AnyValue { value: Some(value) }) });
        prop_oneof![
            vec(item, 0..3).prop_map(|values| any_value::Value::ArrayValue(ArrayValue { values })),
            vec(pair, 0..3).prop_map(|values| any_value::Value::KvlistValue(KeyValueList { values })),
        ]
    });
    value.prop_map(|value| AnyValue { value: Some(value) })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec((".*", any_value()).prop_map(|(key, value)| KeyValue { key, value: Some(value) }), 0..3)
}

fn resource() -> impl Strategy<Value = Option<Resource>> {
    option::of((attributes(), any::<u32>()).prop_map(|(attributes, dropped_attributes_count)| Resource {
        attributes,
        dropped_attributes_count,
        entity_refs: Vec::new(),
    }))
}

fn scope() -> impl Strategy<Value = Option<InstrumentationScope>> {
    option::of((".*", ".*", attributes(), any::<u32>()).prop_map(
        |(name, version, attributes, dropped_attributes_count)| InstrumentationScope {
            name,
            version,
            attributes,
            dropped_attributes_count,
        },
    ))
}

fn traces() -> impl Strategy<Value = TracesData> {
    let event = (any::<u64>(), ".*", attributes()).prop_map(|(time_unix_nano, name, attributes)| SpanEvent {
        time_unix_nano,
        name,
        attributes,
        dropped_attributes_count: 3,
    });
    let link = (bytes(16), bytes(8), attributes(), any::<u32>()).prop_map(|(trace_id, span_id, attributes, flags)| {
        SpanLink { trace_id, span_id, attributes, flags, ..SpanLink::default() }
    });
    let status = (".*", 0..3).prop_map(|(message, code)| SpanStatus { message, code });
    let ids = (bytes(16), bytes(8), prop_oneof![bytes(8), bytes(0)]);
    let parts = (attributes(), vec(event, 0..3), vec(link, 0..2), option::of(status));
    let span =
        (ids, ".*", 0..6, any::<[u64; 2]>(), any::<u32>(), parts).prop_map(|(ids, name, kind, times, flags, parts)| {
            Span {
                trace_id: ids.0,
                span_id: ids.1,
                parent_span_id: ids.2,
                name,
                kind,
                start_time_unix_nano: times[0],
                end_time_unix_nano: times[1],
                attributes: parts.0,
                events: parts.1,
                links: parts.2,
                status: parts.3,
                flags,
                ..Span::default()
            }
        });
    let scope_spans = (scope(), vec(span, 0..3)).prop_map(|(scope, spans)| ScopeSpans {
        scope,
        spans,
        schema_url: "s".into(),
        unknown: None,
    });
    let group = (resource(), vec(scope_spans, 0..3)).prop_map(|(resource, scope_spans)| ResourceSpans {
        resource,
        scope_spans,
        ..ResourceSpans::default()
    });
    vec(group, 0..3).prop_map(|resource_spans| TracesData { resource_spans })
}

fn logs() -> impl Strategy<Value = LogsData> {
    let ids = (prop_oneof![bytes(16), bytes(0)], prop_oneof![bytes(8), bytes(0)]);
    let record = (ids, any::<[u64; 2]>(), 0..25, option::of(any_value()), attributes(), ".*").prop_map(
        |(ids, times, severity_number, body, attributes, event_name)| LogRecord {
            trace_id: ids.0,
            span_id: ids.1,
            time_unix_nano: times[0],
            observed_time_unix_nano: times[1],
            severity_number,
            body,
            attributes,
            event_name,
            ..LogRecord::default()
        },
    );
    let scope_logs = (scope(), vec(record, 0..3)).prop_map(|(scope, log_records)| ScopeLogs {
        scope,
        log_records,
        ..ScopeLogs::default()
    });
    let group = (resource(), vec(scope_logs, 0..3)).prop_map(|(resource, scope_logs)| ResourceLogs {
        resource,
        scope_logs,
        ..ResourceLogs::default()
    });
    vec(group, 0..3).prop_map(|resource_logs| LogsData { resource_logs })
}

fn exemplars() -> impl Strategy<Value = Vec<Exemplar>> {
    let value =
        prop_oneof![double().prop_map(exemplar::Value::AsDouble), any::<i64>().prop_map(exemplar::Value::AsInt)];
    let exemplar = (attributes(), any::<u64>(), value, bytes(8), bytes(16)).prop_map(
        |(filtered_attributes, time_unix_nano, value, span_id, trace_id)| Exemplar {
            filtered_attributes,
            time_unix_nano,
            value: Some(value),
            span_id,
            trace_id,
        },
    );
    vec(exemplar, 0..2)
}

fn number_points() -> impl Strategy<Value = Vec<NumberDataPoint>> {
    let value = prop_oneof![
        double().prop_map(number_data_point::Value::AsDouble),
        any::<i64>().prop_map(number_data_point::Value::AsInt)
    ];
    let point =
        (attributes(), any::<[u64; 2]>(), value, exemplars()).prop_map(|(attributes, times, value, exemplars)| {
            NumberDataPoint {
                attributes,
                start_time_unix_nano: times[0],
                time_unix_nano: times[1],
                value: Some(value),
                exemplars,
                flags: 1,
                unknown: None,
            }
        });
    vec(point, 0..3)
}

fn metric_data() -> impl Strategy<Value = metric::Data> {
    let histogram = (attributes(), vec(any::<u64>(), 0..4), vec(double(), 0..3), option::of(double()), exemplars())
        .prop_map(|(attributes, bucket_counts, explicit_bounds, sum, exemplars)| HistogramDataPoint {
            attributes,
            count: 9,
            sum,
            min: sum,
            bucket_counts,
            explicit_bounds,
            exemplars,
            ..HistogramDataPoint::default()
        });
    let buckets = (any::<i32>(), vec(any::<u64>(), 0..4))
        .prop_map(|(offset, bucket_counts)| ExponentialBuckets { offset, bucket_counts });
    let exponential = (any::<i32>(), option::of(buckets), any::<u64>(), double()).prop_map(
        |(scale, positive, zero_count, zero_threshold)| ExponentialHistogramDataPoint {
            scale,
            positive,
            zero_count,
            zero_threshold,
            ..ExponentialHistogramDataPoint::default()
        },
    );
    let quantile = (double(), double()).prop_map(|(quantile, value)| ValueAtQuantile { quantile, value });
    let summary = (any::<u64>(), double(), vec(quantile, 0..3)).prop_map(|(count, sum, quantile_values)| {
        SummaryDataPoint { count, sum, quantile_values, ..SummaryDataPoint::default() }
    });
    prop_oneof![
        number_points().prop_map(|data_points| metric::Data::Gauge(Gauge { data_points })),
        (number_points(), 0..3, any::<bool>()).prop_map(|(data_points, aggregation_temporality, is_monotonic)| {
            metric::Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic })
        }),
        (vec(histogram, 0..3), 0..3).prop_map(|(data_points, aggregation_temporality)| {
            metric::Data::Histogram(Histogram { data_points, aggregation_temporality })
        }),
        (vec(exponential, 0..3), 0..3).prop_map(|(data_points, aggregation_temporality)| {
            metric::Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality })
        }),
        vec(summary, 0..3).prop_map(|data_points| metric::Data::Summary(Summary { data_points })),
    ]
}

fn metrics() -> impl Strategy<Value = MetricsData> {
    let metric =
        (".*", ".*", ".*", metric_data(), attributes()).prop_map(|(name, description, unit, data, metadata)| Metric {
            name,
            description,
            unit,
            data: Some(data),
            metadata,
            unknown: None,
        });
    let scope_metrics = (scope(), vec(metric, 0..3)).prop_map(|(scope, metrics)| ScopeMetrics {
        scope,
        metrics,
        ..ScopeMetrics::default()
    });
    let group = (resource(), vec(scope_metrics, 0..3)).prop_map(|(resource, scope_metrics)| ResourceMetrics {
        resource,
        scope_metrics,
        ..ResourceMetrics::default()
    });
    vec(group, 0..3).prop_map(|resource_metrics| MetricsData { resource_metrics })
}
