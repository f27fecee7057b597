use proptest::prelude::*;

use super::*;
use crate::model::otlp::{ArrayValue, InstrumentationScope, Resource, SpanEvent, SpanStatus, StatusCode};

fn any_of(value: any_value::Value) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

fn text(key: &str, text: &str) -> KeyValue {
    KeyValue { key: key.into(), value: any_of(any_value::Value::StringValue(text.into())) }
}

fn lacks(fields: &[Field]) -> KeyValue {
    let values = fields.iter().filter_map(|field| any_of(any_value::Value::StringValue(field.as_str().into())));
    let list = ArrayValue { values: values.collect() };
    KeyValue { key: LACKS.into(), value: any_of(any_value::Value::ArrayValue(list)) }
}

/// A piece of `at`, which is also its time.
fn piece(at: u64, name: &str, without: &[Field], attributes: &[(&str, &str)]) -> Span {
    let mut told: Vec<KeyValue> = attributes.iter().map(|(key, value)| text(key, value)).collect();
    told.push(KeyValue { key: AT.into(), value: any_of(any_value::Value::IntValue(at.cast_signed())) });
    told.push(lacks(without));
    Span {
        trace_id: vec![1; 16].into(),
        span_id: vec![2; 8].into(),
        name: name.into(),
        start_time_unix_nano: at,
        end_time_unix_nano: at,
        attributes: told,
        ..Span::default()
    }
}

fn data(spans: Vec<Span>) -> TracesData {
    let resource = Some(Resource { attributes: vec![text("service.name", "bot")], ..Resource::default() });
    let scope = Some(InstrumentationScope { name: "pieces".into(), ..InstrumentationScope::default() });
    let scope_spans = vec![ScopeSpans { scope, spans, ..ScopeSpans::default() }];
    TracesData { resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }] }
}

/// The one span that `batches` make.
fn whole(batches: &[Vec<Span>]) -> Span {
    let mut pieces = Pieces::default();
    for (from, batch) in batches.iter().enumerate() {
        pieces.take(&mut data(batch.clone()), from);
    }
    let mut all: Vec<Whole> = pieces.into_whole().collect();
    assert_eq!(all.len(), 1);
    all.remove(0).data.resource_spans.remove(0).scope_spans.remove(0).spans.remove(0)
}

fn told<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    let pair = span.attributes.iter().find(|pair| pair.key == key)?;
    match pair.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[test]
fn created_and_updated_are_one_span() {
    let mut created = piece(100, "answer", &[Field::End, Field::Status], &[("input", "hi"), ("model", "small")]);
    created.parent_span_id = vec![3; 8].into();
    let event = |time, name: &str| SpanEvent { time_unix_nano: time, name: name.into(), ..SpanEvent::default() };
    created.events = vec![event(110, "first token")];
    let without = [Field::Name, Field::Start, Field::Parent];
    let mut updated = piece(300, "", &without, &[("output", "hello"), ("model", "large"), ("input", "")]);
    updated.status = Some(SpanStatus { code: StatusCode::Error.into(), message: "cut off".into() });
    updated.events = vec![event(110, "first token"), event(105, "queued")];
    let span = whole(&[vec![updated.clone()], vec![created.clone()]]);
    assert_eq!((span.name.as_str(), span.start_time_unix_nano, span.end_time_unix_nano), ("answer", 100, 300));
    assert_eq!(span.parent_span_id[..], [3; 8]);
    assert_eq!(span.status.as_ref().map(|status| status.message.as_str()), Some("cut off"));
    let names: Vec<&str> = span.attributes.iter().map(|pair| pair.key.as_str()).collect();
    assert_eq!(names, ["input", "model", "output"], "the marks of pieces are gone");
    assert_eq!((told(&span, "input"), told(&span, "model")), (Some("hi"), Some("large")));
    let events: Vec<&str> = span.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(events, ["queued", "first token"]);
    // Alone, what was created goes on.
    let open = whole(&[vec![created]]);
    assert!(is_unfinished(&open) && !is_unfinished(&span));
    assert_eq!((open.end_time_unix_nano, open.status), (100, None));
}

#[test]
fn of_one_moment_the_end_is_newer() {
    let began = piece(100, "began", &[Field::End], &[("state", "running")]);
    let ended = piece(100, "ended", &[], &[("state", "done")]);
    for batch in [vec![began.clone(), ended.clone()], vec![ended, began]] {
        let span = whole(&[batch]);
        assert_eq!((span.name.as_str(), told(&span, "state")), ("ended", Some("done")));
    }
}

#[test]
fn what_is_no_piece_stays_where_it_is_and_the_last_version_holds() {
    let plain = Span { attributes: vec![text("a", "b")], ..piece(5, "plain", &[], &[]) };
    let mut pieces = Pieces::default();
    let mut only_plain = data(vec![plain.clone()]);
    pieces.take(&mut only_plain, 0);
    assert!(pieces.is_empty());
    assert_eq!(only_plain, data(vec![plain.clone()]));
    pieces.take(&mut data(vec![piece(1, "one", &[], &[])]), 1);
    pieces.take(&mut only_plain, 2);
    assert_eq!(only_plain, data(vec![plain]));
    assert_eq!(pieces.traces(), [TraceId([1; 16])]);
    assert_eq!(pieces.into_whole().count(), 0, "the plain span came last");
    let mut pieces = Pieces::default();
    pieces.take(&mut only_plain, 0);
    pieces.take(&mut data(vec![piece(2, "two", &[], &[])]), 7);
    pieces.add_earlier(data(vec![piece(1, "one", &[], &[("kept", "yes")])]));
    let all: Vec<Whole> = pieces.into_whole().collect();
    assert_eq!((all.len(), all[0].from), (1, 7));
    let span = &all[0].data.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!((span.name.as_str(), told(span, "kept"), span.start_time_unix_nano), ("two", Some("yes"), 1));
}

fn pieces() -> impl Strategy<Value = Vec<Span>> {
    let fields = proptest::sample::subsequence(Field::ALL.to_vec(), 0..=5);
    let attributes = proptest::collection::vec(("[abc]", "[xyz]{0,2}"), 0..4);
    // Few moments, so that several pieces share one.
    let one = (1_u64..5, "[nm]{0,1}", fields, attributes, 0_u8..3, proptest::option::of(0_u64..3));
    let made = one.prop_map(|(at, name, without, attributes, parent, event)| {
        let attributes: Vec<(&str, &str)> =
            attributes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let mut span = piece(at, &name, &without, &attributes);
        if parent > 0 {
            span.parent_span_id = vec![parent; 8].into();
        }
        span.events =
            event.map(|time| SpanEvent { time_unix_nano: time, ..SpanEvent::default() }).into_iter().collect();
        span
    });
    proptest::collection::vec(made, 1..6)
}

proptest! {
    #[test]
    fn order_batches_and_repetition_do_not_matter(
        (first, second) in pieces().prop_flat_map(|pieces| {
            let repeated: Vec<Span> = pieces.iter().chain(&pieces).cloned().collect();
            (Just(pieces), Just(repeated).prop_shuffle())
        }),
        cuts in proptest::collection::vec(0_usize..12, 0..4),
    ) {
        let mut batches = vec![Vec::new()];
        for (at, span) in second.into_iter().enumerate() {
            if cuts.contains(&at) {
                batches.push(Vec::new());
            }
            batches.last_mut().expect("one").push(span);
        }
        prop_assert_eq!(whole(&[first]), whole(&batches));
    }

    #[test]
    fn what_was_said_is_never_wiped(pieces in pieces()) {
        let span = whole(std::slice::from_ref(&pieces));
        for key in ["a", "b", "c"] {
            let said = pieces.iter().flat_map(|piece| &piece.attributes).any(|pair| pair.key == key && !is_empty(pair));
            prop_assert_eq!(said, told(&span, key).is_some_and(|text| !text.is_empty()));
        }
        prop_assert!(span.start_time_unix_nano <= span.end_time_unix_nano || !is_unfinished(&span));
    }
}
