//! What a destination may see is never more than what is kept here.

use super::*;
use crate::config::{Capture, DetectorAction, DetectorConfig};

fn span(attributes: Vec<KeyValue>) -> TracesData {
    let scope_spans = vec![ScopeSpans { spans: vec![Span { attributes, ..Span::default() }], ..ScopeSpans::default() }];
    TracesData { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] }
}

fn attributes() -> Vec<KeyValue> {
    vec![
        pair("gen_ai.request.model", string("gpt-4o")),
        pair("gen_ai.input.messages", string("[{\"role\":\"user\",\"content\":\"I am a@example.org\"}]")),
        pair("note", string("ask a@example.org")),
    ]
}

fn left(redactor: &Redactor) -> Vec<String> {
    let mut data = span(attributes());
    redactor.apply(&mut data);
    let text = |pair: &KeyValue| format!("{}={}", pair.key, walked(pair));
    data.resource_spans[0].scope_spans[0].spans[0].attributes.iter().map(text).collect()
}

fn walked(pair: &KeyValue) -> String {
    match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}

#[test]
fn full_at_a_destination_means_as_kept_here() {
    let local = redactor(&[]);
    let policy = local.stricter(Capture::Full, &[]).expect("valid");
    assert!(policy.is_idle());
    let mut data = span(attributes());
    assert_eq!(policy.apply(&mut data), Report::default());
    assert_eq!(data, span(attributes()));
    let rule = KeyRule { key: "note".into(), action: KeyAction::Drop, length: None };
    let policy = local.stricter(Capture::Full, &[rule]).expect("valid");
    assert!(!policy.is_idle());
    assert_eq!(left(&policy).len(), 2);
}

#[test]
fn presets_of_a_destination_hold_where_a_detector_is_off_here() {
    let detector = DetectorConfig { email: Some(DetectorAction::Off), ..DetectorConfig::default() };
    let local = Redactor::new(&RedactConfig { detector, ..RedactConfig::default() }, [7; 32]).expect("valid");
    assert!(left(&local)[2].contains("a@example.org"));
    let redacted = left(&local.stricter(Capture::Redacted, &[]).expect("valid"));
    assert!(redacted[2].starts_with("note=ask [email:") && !redacted.concat().contains('@'), "{redacted:?}");
    let metadata = left(&local.stricter(Capture::Metadata, &[]).expect("valid"));
    assert_eq!(metadata[..2], ["gen_ai.request.model=gpt-4o", "gen_ai.input.messages=[]"]);
}

#[test]
fn a_destination_has_the_pseudonyms_of_here() {
    let config = RedactConfig { capture: Capture::Redacted, ..RedactConfig::default() };
    let local = Redactor::new(&config, [7; 32]).expect("valid");
    let policy = redactor(&[]).stricter(Capture::Redacted, &[]).expect("valid");
    assert_eq!(left(&local), left(&policy));
}
