use prost::Message as _;

use super::*;
use crate::model::otlp::{KeyValue, ResourceSpans, ScopeSpans, Span, TracesData};

fn span_with(more: &[u8]) -> Vec<u8> {
    let span = Span {
        name: "a".into(),
        attributes: vec![KeyValue { key: "k".into(), value: None }, KeyValue { key: "l".into(), value: None }],
        ..Span::default()
    };
    let mut span = span.encode_to_vec();
    span.extend_from_slice(more);
    let (mut scope, mut group, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    put_delimited(2, &span, &mut scope);
    put_delimited(2, &scope, &mut group);
    put_delimited(1, &group, &mut whole);
    whole
}

/// A varint, a fixed64, a fixed32, a text and a group with a group in it, all of numbers nobody has.
const STRANGE: &[u8] = &[
    0xa0, 0x3f, 0x96, 0x01, 0xa1, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8, 0xa5, 0x3f, 1, 2, 3, 4, 0xa2, 0x3f, 2, b'h', b'i',
    0xa3, 0x3f, 0x08, 0x07, 0x13, 0x14, 0xa4, 0x3f,
];

#[test]
fn every_kind_of_field_is_read() {
    let all: Vec<_> = fields(STRANGE).collect::<Result<_, _>>().expect("fields");
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|field| field.number == 1012));
    assert_eq!(all.iter().map(|field| field.raw).collect::<Vec<_>>().concat(), STRANGE);
    assert_eq!((all[3].value, all[3].is_delimited), (&b"hi"[..], true));
}

#[test]
fn what_is_no_message_is_told() {
    for broken in
        [&[0x0a, 5, 1][..], &[0x08], &[0x00, 1], &[0x0b, 0x08, 1], &[0x0c], &[0x0b, 0x14], &[0xff; 11], &[0x0f]]
    {
        assert!(fields(broken).any(|field| field.is_err()), "{broken:?}");
    }
}

#[test]
fn unknown_fields_are_found_where_they_are() {
    let found = find(Shape::TracesData, &span_with(STRANGE)).expect("a message");
    let [Found { path, fields }] = &found[..] else { panic!("{found:?}") };
    assert_eq!(path.iter().map(|step| (step.field, step.index)).collect::<Vec<_>>(), [(1, 0), (2, 0), (2, 0)]);
    assert_eq!(fields, STRANGE);
    assert_eq!(find(Shape::TracesData, &span_with(&[])), Ok(Vec::new()));
    assert_eq!(find(Shape::TracesData, &[0x0a, 9]), Err(Broken));
}

#[test]
fn attributes_are_found_by_their_keys() {
    // The second attribute of a span, with an unknown field beside its key.
    let mut pair = KeyValue { key: "l".into(), value: None }.encode_to_vec();
    pair.extend_from_slice(STRANGE);
    let mut attribute = Vec::new();
    put_delimited(9, &pair, &mut attribute);
    let found = find(Shape::TracesData, &span_with(&attribute)).expect("a message");
    let step = found[0].path.last().expect("a path");
    assert_eq!((step.field, step.index, step.key.as_str()), (9, 2, "l"));
}

#[test]
fn what_is_carried_goes_back_to_where_it_came_from() {
    let step = |field, key: &str| UnknownStep { field, index: 0, key: key.into() };
    let part = |path, fields: &'static [u8]| UnknownPart { path, fields: Bytes::from_static(fields) };
    let parts = vec![
        part(vec![], &[0xa0, 0x3f, 1]),
        part(vec![step(9, "l")], &[0xa0, 0x3f, 2]),
        part(vec![step(9, "gone")], &[0xa0, 0x3f, 3]),
    ];
    let span = Span {
        attributes: vec![KeyValue { key: "k".into(), value: None }, KeyValue { key: "l".into(), value: None }],
        unknown: Some(Box::new(Unknown { parts })),
        ..Span::default()
    };
    let up = Unknown { parts: vec![part(vec![UnknownStep::default()], &[0xa0, 0x3f, 4])] };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let group = ResourceSpans { scope_spans, unknown: Some(Box::new(up)), ..ResourceSpans::default() };
    let kept = TracesData { resource_spans: vec![group] }.encode_to_vec();
    let restored = restore(Shape::TracesData, &kept).expect("a message");
    let found = find(Shape::TracesData, &restored).expect("a message");
    let mut places: Vec<_> = found.iter().map(|one| (one.path.len(), one.fields[2])).collect();
    places.sort_unstable();
    assert_eq!(places, [(0, 4), (3, 1), (4, 2)], "and the attribute that is gone took its own along");
    assert!(!restored.windows(3).any(|three| three == [0xba, 0xeb, 0x09]), "what is ours does not leave");
}
