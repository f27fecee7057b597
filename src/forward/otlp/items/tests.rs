use proptest::prelude::*;

use super::*;

fn pack(selected: &Selected) -> Vec<Item> {
    super::pack(selected, false)
}

use crate::journal::Cursor;
use crate::model::UnixNanos;
use crate::model::otlp::{
    AnyValue, Gauge, InstrumentationScope, KeyValue, MetricsData, NumberDataPoint, Resource, TracesData, any_value,
    number_data_point,
};

fn text(key: &str, text: String) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(any_value::Value::StringValue(text)) }) }
}

fn span(id: u32, bytes: usize) -> Span {
    Span {
        trace_id: vec![1; 16].into(),
        span_id: u64::from(id + 1).to_be_bytes().to_vec().into(),
        name: format!("span {id}"),
        attributes: vec![text("text", "x".repeat(bytes))],
        ..Span::default()
    }
}

/// Spans of two services with two scopes each.
fn traces(sizes: &[usize]) -> TracesData {
    let mut data = TracesData::default();
    for (place, size) in sizes.iter().enumerate() {
        let (service, scope) = (place * 4 / sizes.len() / 2, place * 4 / sizes.len() % 2);
        if data.resource_spans.len() <= service {
            let resource =
                Resource { attributes: vec![text("service.name", format!("s{service}"))], ..Resource::default() };
            let group = ResourceSpans { resource: Some(resource), schema_url: "u".into(), ..ResourceSpans::default() };
            data.resource_spans.push(group);
        }
        let group = data.resource_spans.last_mut().expect("pushed");
        if group.scope_spans.len() <= scope {
            let name = InstrumentationScope { name: format!("c{scope}"), ..InstrumentationScope::default() };
            group.scope_spans.push(ScopeSpans { scope: Some(name), schema_url: "v".into(), ..ScopeSpans::default() });
        }
        let id = u32::try_from(place).expect("few");
        group.scope_spans.last_mut().expect("pushed").spans.push(span(id, *size));
    }
    data
}

fn selected(payload: Payload) -> Selected {
    let ordinals = (0..payload.items()).collect();
    let received = UnixNanos(1);
    Selected { cursor: Cursor::default(), received, project: "default".into(), payload, ordinals, known: None }
}

type Placed = (Option<Resource>, Option<InstrumentationScope>, String, String, Span);

/// Every span with its service and scope.
fn spans(data: &TracesData) -> Vec<Placed> {
    let mut all = Vec::new();
    for group in &data.resource_spans {
        for scope in &group.scope_spans {
            let schemas = (group.schema_url.clone(), scope.schema_url.clone());
            all.extend(scope.spans.iter().map(|span| {
                (group.resource.clone(), scope.scope.clone(), schemas.0.clone(), schemas.1.clone(), span.clone())
            }));
        }
    }
    all
}

fn decoded(items: &[Item]) -> TracesData {
    TracesData::decode(join(items, None)).expect("a message")
}

#[test]
fn an_item_says_where_it_stands() {
    let items = pack(&selected(Payload::Traces(traces(&[10, 10, 10, 10, 10, 10, 10]))));
    let places: Vec<_> = items.iter().map(|item| (item.index, item.ordinal, item.records)).collect();
    assert_eq!(places, [(0, 0, 2), (1, 2, 2), (2, 4, 2), (3, 6, 1)]);
    assert!(items.iter().all(|item| &*item.group == "traces" && signal_of(item) == Some(Signal::Traces)));
    assert_eq!(items[3].span.map(|(_, span)| span.to_string()), Some("0000000000000007".into()));
    assert!(items[..3].iter().all(|item| item.span.is_none()));
}

#[test]
fn gaps_end_an_item() {
    let mut some = selected(Payload::Traces(traces(&[10; 4])));
    // One service, one scope.
    let all: Vec<Span> = spans(&traces(&[10; 4])).into_iter().map(|one| one.4).collect();
    let Payload::Traces(data) = &mut some.payload else { unreachable!("it is") };
    data.resource_spans.truncate(1);
    data.resource_spans[0].scope_spans.truncate(1);
    data.resource_spans[0].scope_spans[0].spans = all;
    some.ordinals = vec![3, 4, 9, 10];
    let places: Vec<_> = pack(&some).iter().map(|item| (item.index, item.ordinal, item.records)).collect();
    assert_eq!(places, [(0, 3, 2), (1, 9, 2)]);
}

#[test]
fn a_lone_large_record_is_shortened_until_nothing_is_left() {
    let items = pack(&selected(Payload::Traces(traces(&[200_000]))));
    assert_eq!(items.len(), 1);
    assert!(smaller(&items[0], Fault::Bad).is_empty());
    let mut item = items[0].clone();
    let mut steps = 0;
    while let Some(next) = smaller(&item, Fault::TooLarge).pop() {
        assert!(next.body.len() * 2 <= item.body.len() + 200, "{} after {}", next.body.len(), item.body.len());
        assert_eq!((next.ordinal, next.records, next.span), (item.ordinal, item.records, item.span));
        item = next;
        steps += 1;
    }
    assert!(steps > 8 && item.body.len() < 300, "{steps} steps to {}", item.body.len());
    let left = spans(&decoded(&[item])).remove(0).4;
    let Some(any_value::Value::StringValue(text)) = left.attributes[0].value.clone().and_then(|value| value.value)
    else {
        panic!("{left:?}")
    };
    assert!(text.starts_with('x') && text.contains("[shortened: "), "{text}");
}

#[test]
fn one_metric_is_halved_by_its_points() {
    let point =
        |value| NumberDataPoint { value: Some(number_data_point::Value::AsInt(value)), ..NumberDataPoint::default() };
    let gauge = Gauge { data_points: (0..5).map(point).collect() };
    let metric = Metric { name: "m".into(), data: Some(metric::Data::Gauge(gauge)), ..Metric::default() };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
    let group = ResourceMetrics { scope_metrics, ..ResourceMetrics::default() };
    let mut items = pack(&selected(Payload::Metrics(MetricsData { resource_metrics: vec![group] })));
    let mut values = Vec::new();
    while let Some(item) = items.pop() {
        let parts = smaller(&item, Fault::Bad);
        if parts.is_empty() {
            let Some(Payload::Metrics(mut data)) = decode(&item) else { panic!("metrics") };
            let Some(metric::Data::Gauge(gauge)) = only_metric(&mut data).and_then(|metric| metric.data.take()) else {
                panic!("a gauge")
            };
            assert_eq!((gauge.data_points.len(), item.ordinal, item.records), (1, 0, 1));
            values.extend(gauge.data_points);
        }
        items.extend(parts);
    }
    values.sort_by_key(|point| match point.value {
        Some(number_data_point::Value::AsInt(value)) => value,
        _ => -1,
    });
    assert_eq!(values, (0..5).map(point).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn what_is_packed_and_halved_is_what_there_was(
        sizes in proptest::collection::vec(prop_oneof![0..200_usize, 20_000..90_000_usize], 1..12),
        rounds in 0..4_usize,
    ) {
        let data = traces(&sizes);
        let mut items = pack(&selected(Payload::Traces(data.clone())));
        for _ in 0..rounds {
            items = items.into_iter().flat_map(|item| {
                let parts = smaller(&item, Fault::Bad);
                if parts.is_empty() { vec![item] } else { parts }
            }).collect();
        }
        prop_assert_eq!(spans(&decoded(&items)), spans(&data));
        let mut next = 0;
        for item in &items {
            prop_assert_eq!(item.ordinal, next);
            next += item.records;
            prop_assert!(item.records == 1 || item.body.len() < ITEM_BYTES + 1024);
        }
        prop_assert_eq!(next as usize, sizes.len());
    }
}
