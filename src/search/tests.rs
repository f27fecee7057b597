use super::seen::Seen;
use super::text::Document;
use super::*;

fn call(trace: u8, span: u8, session: Option<&str>, said: &[&str]) -> Document {
    Document {
        trace_id: TraceId::from_slice(&[trace; 16]),
        span_id: SpanId::from_slice(&[span; 8]),
        start: UnixNanos(1),
        record: None,
        session: session.map(str::to_owned),
        pieces: std::iter::once((Field::Name, "chat".to_owned()))
            .chain(said.iter().map(|text| (Field::Prompt, (*text).to_owned())))
            .collect(),
    }
}

fn kept(seen: &mut Seen, mut document: Document) -> String {
    seen.keep_new(&mut document);
    assert_eq!(document.field(Field::Name), "chat", "the name always stays");
    document.field(Field::Prompt)
}

#[test]
fn of_a_history_only_what_is_new_is_indexed() {
    let mut seen = Seen::default();
    assert_eq!(kept(&mut seen, call(1, 1, None, &["system", "hello"])), "system\nhello");
    assert_eq!(kept(&mut seen, call(1, 2, None, &["system", "hello", "and then"])), "and then");
    assert_eq!(kept(&mut seen, call(1, 1, None, &["system", "hello"])), "system\nhello", "the same span again");
    assert_eq!(kept(&mut seen, call(2, 1, None, &["system"])), "system", "another trace");
    assert_eq!(kept(&mut seen, call(3, 4, Some("s"), &["hello"])), "hello");
    assert_eq!(kept(&mut seen, call(4, 5, Some("s"), &["hello", "bye"])), "bye", "a session goes on in another trace");
    seen.clear();
    assert_eq!(kept(&mut seen, call(1, 3, None, &["hello"])), "hello");
}

#[test]
fn places_are_sorted_by_time_and_tell_records_apart() {
    let (trace, span) = (TraceId::from_slice(&[1; 16]), SpanId::from_slice(&[2; 8]));
    let place = |key, record| Place::new(key, trace, span, record);
    assert!(place(2, None) > place(1, Some(9)));
    assert_ne!(place(1, Some(0)), place(1, Some(1)));
}
