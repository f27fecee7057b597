use std::collections::BTreeMap;

use prost::Message as _;

use super::*;
use crate::model::otlp::wire::{Holds, fields, put_delimited};
use crate::model::otlp::{
    AnyValue, ArrayValue, EntityRef, Exemplar, ExponentialBuckets, ExponentialHistogram, ExponentialHistogramDataPoint,
    Gauge, Histogram, HistogramDataPoint, InstrumentationScope, KeyValue, KeyValueList, LogsData, MetricsData,
    NumberDataPoint, Resource, ResourceLogs, ResourceMetrics, ResourceSpans, ScopeLogs, ScopeMetrics, ScopeSpans,
    SpanEvent, SpanLink, SpanStatus, Sum, Summary, SummaryDataPoint, TracesData, ValueAtQuantile, any_value,
};

fn value(value: any_value::Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn text(text: &str) -> AnyValue {
    value(any_value::Value::StringValue(text.into()))
}

/// With lists in lists and a key that stands twice.
fn attributes() -> Vec<KeyValue> {
    let pair = |key: &str, value| KeyValue { key: key.into(), value: Some(value) };
    let list = value(any_value::Value::ArrayValue(ArrayValue { values: vec![text("a"), text("b")] }));
    let nested =
        value(any_value::Value::KvlistValue(KeyValueList { values: vec![pair("in", list), pair("", text("x"))] }));
    vec![pair("k", text("v")), pair("n", nested), pair("k", text("w"))]
}

fn resource() -> Option<Resource> {
    let entity = EntityRef { r#type: "service".into(), id_keys: vec!["k".into()], ..EntityRef::default() };
    Some(Resource { attributes: attributes(), entity_refs: vec![entity], ..Resource::default() })
}

fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope { name: "lib".into(), attributes: attributes(), ..InstrumentationScope::default() })
}

fn traces() -> Payload {
    let span = |id| Span {
        trace_id: vec![1; 16].into(),
        span_id: vec![id; 8].into(),
        attributes: attributes(),
        events: vec![SpanEvent::default(), SpanEvent { attributes: attributes(), ..SpanEvent::default() }],
        links: vec![SpanLink { attributes: attributes(), ..SpanLink::default() }],
        status: Some(SpanStatus::default()),
        ..Span::default()
    };
    let part = ScopeSpans { scope: scope(), spans: vec![span(1), span(2)], ..ScopeSpans::default() };
    let scope_spans = vec![ScopeSpans::default(), part];
    let group = ResourceSpans { resource: resource(), scope_spans, ..ResourceSpans::default() };
    Payload::Traces(TracesData { resource_spans: vec![group.clone(), group] })
}

fn logs() -> Payload {
    let record = LogRecord { body: Some(text("b")), attributes: attributes(), ..LogRecord::default() };
    let part = ScopeLogs { scope: scope(), log_records: vec![record.clone(), record], ..ScopeLogs::default() };
    let group = ResourceLogs { resource: resource(), scope_logs: vec![part], ..ResourceLogs::default() };
    Payload::Logs(LogsData { resource_logs: vec![group] })
}

fn metrics() -> Payload {
    let exemplars = vec![Exemplar { filtered_attributes: attributes(), ..Exemplar::default() }];
    let number =
        NumberDataPoint { attributes: attributes(), exemplars: exemplars.clone(), ..NumberDataPoint::default() };
    let histogram = HistogramDataPoint { attributes: attributes(), exemplars, ..HistogramDataPoint::default() };
    let exponential = ExponentialHistogramDataPoint {
        positive: Some(ExponentialBuckets::default()),
        ..ExponentialHistogramDataPoint::default()
    };
    let summary = SummaryDataPoint { quantile_values: vec![ValueAtQuantile::default()], ..SummaryDataPoint::default() };
    let two = |point: NumberDataPoint| vec![NumberDataPoint::default(), point];
    let data = [
        metric::Data::Gauge(Gauge { data_points: two(number.clone()) }),
        metric::Data::Sum(Sum { data_points: two(number), ..Sum::default() }),
        metric::Data::Histogram(Histogram { data_points: vec![histogram], ..Histogram::default() }),
        metric::Data::ExponentialHistogram(ExponentialHistogram {
            data_points: vec![exponential],
            ..ExponentialHistogram::default()
        }),
        metric::Data::Summary(Summary { data_points: vec![summary] }),
    ];
    let metric = |data| Metric { name: "m".into(), metadata: attributes(), data: Some(data), ..Metric::default() };
    let part = ScopeMetrics { scope: scope(), metrics: data.map(metric).into(), ..ScopeMetrics::default() };
    let group = ResourceMetrics { resource: resource(), scope_metrics: vec![part], ..ResourceMetrics::default() };
    Payload::Metrics(MetricsData { resource_metrics: vec![group] })
}

/// The message with an unknown field, numbered in order, at the beginning of it and of every message in it.
fn planted(shape: Shape, message: &[u8], count: &mut u64) -> Vec<u8> {
    let mut into = Vec::new();
    put_delimited(777, format!("planted {count}").as_bytes(), &mut into);
    *count += 1;
    for field in fields(message) {
        let field = field.expect("a field");
        match shape.field(field.number) {
            Some(Holds::Message(inner)) => {
                let inner = planted(inner, field.value, count);
                put_delimited(field.number, &inner, &mut into);
            }
            _ => into.extend_from_slice(field.raw),
        }
    }
    into
}

/// A message without the order of its fields: by number, what stands in each.
#[derive(Debug, PartialEq, Eq, Default)]
struct Tree(BTreeMap<u32, Vec<Result<Tree, Vec<u8>>>>);

fn tree(shape: Shape, message: &[u8]) -> Tree {
    let mut tree = Tree::default();
    for field in fields(message) {
        let field = field.expect("a field");
        let inner = match shape.field(field.number) {
            Some(Holds::Message(inner)) => Ok(self::tree(inner, field.value)),
            _ => Err(field.raw.to_vec()),
        };
        tree.0.entry(field.number).or_default().push(inner);
    }
    tree
}

#[test]
fn what_is_unknown_anywhere_survives_the_journal_and_goes_out_again() {
    for payload in [traces(), logs(), metrics()] {
        let (shape, mut count) = (payload.shape(), 0);
        let sent = planted(shape, &payload.encode(), &mut count);
        assert!(count > 50, "{count}");
        let mut received = Payload::decode(payload.signal(), sent.clone().into()).expect("decodes");
        received.keep_unknown(&sent);
        let kept = received.encode();
        let mut read = Payload::decode(payload.signal(), kept.clone().into()).expect("decodes");
        assert_eq!(read, received);
        assert!(read.has_unknown());
        let restored = read.restored(&kept).expect("restores");
        assert!(tree(shape, &restored) == tree(shape, &sent), "{:?} differs", payload.signal());
        read.forget_unknown();
        assert_eq!((read.has_unknown(), read), (false, payload));
    }
}

#[test]
fn a_client_cannot_fill_our_field() {
    for payload in [traces(), logs(), metrics()] {
        let mut forged = payload.clone();
        let part = UnknownPart { path: Vec::new(), fields: vec![0xa0, 0x3f, 1].into() };
        forged.each_unknown_mut(&mut |carried| *carried = Some(Box::new(Unknown { parts: vec![part.clone()] })));
        let body = forged.encode();
        let mut received = Payload::decode(payload.signal(), body.clone().into()).expect("decodes");
        received.keep_unknown(&body);
        assert_eq!(received, payload);
    }
}

#[test]
fn a_record_takes_its_own_along() {
    let sent = planted(Shape::TracesData, &traces().encode(), &mut 0);
    let mut payload = Payload::decode(Signal::Traces, sent.clone().into()).expect("decodes");
    payload.keep_unknown(&sent);
    let Payload::Traces(data) = &mut payload else { unreachable!("it is") };
    let spans = &mut data.resource_spans[0].scope_spans[1].spans;
    let (gone, stays) = (spans[0].unknown.clone(), spans[1].unknown.clone());
    spans.remove(0);
    assert_eq!(spans[0].unknown, stays);
    assert_ne!(gone, stays);
    // An attribute that was taken away takes along its own and what is in it.
    spans[0].attributes.remove(1);
    let kept = payload.encode();
    let restored = payload.restored(&kept).expect("restores");
    let read = Payload::decode(Signal::Traces, restored.clone()).expect("decodes");
    let count = |body: &[u8]| body.windows(8).filter(|eight| eight == b"planted ").count();
    let expected = count(&sent) - count(&prost_of(gone)) - 10;
    assert_eq!(count(&restored), expected);
    assert_eq!(read.items(), 3);
}

fn prost_of(carried: Carried) -> Vec<u8> {
    carried.map(|unknown| unknown.encode_to_vec()).unwrap_or_default()
}
