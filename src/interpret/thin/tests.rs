use super::*;
use crate::config::{AttributionConfig, CostConfig};

fn text(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.into())) };
    KeyValue { key: key.into(), value: Some(value) }
}

fn number(key: &str, value: i64) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(any_value::Value::IntValue(value)) }) }
}

fn chat(more: Vec<KeyValue>) -> otlp::Span {
    let mut attributes = vec![
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.provider.name", "openai"),
        text("gen_ai.request.model", "gpt-4o"),
        text("gen_ai.prompt.name", "greeting"),
        number("gen_ai.usage.input_tokens", 12),
        number("gen_ai.usage.output_tokens", 3),
        text("user.id", "alice"),
    ];
    attributes.extend(more);
    otlp::Span {
        trace_id: vec![1; 16].into(),
        span_id: vec![2; 8].into(),
        start_time_unix_nano: 1_795_190_000_000_000_000,
        end_time_unix_nano: 1_795_190_001_000_000_000,
        attributes,
        ..otlp::Span::default()
    }
}

fn thin(span: &otlp::Span) -> Option<otlp::Span> {
    let interpreter = Interpreter::new(&AttributionConfig::default(), &CostConfig::default());
    interpreter.without_content(&Resource::default(), &InstrumentationScope::default(), span, "healthy")
}

fn keys(span: &otlp::Span) -> Vec<&str> {
    span.attributes.iter().map(|pair| pair.key.as_str()).collect()
}

#[test]
fn messages_go_and_everything_that_is_counted_stays() {
    let message = r#"[{"role":"user","parts":[{"type":"text","content":"hello"}]}]"#;
    let mut span = chat(vec![text("gen_ai.input.messages", message), text("note", &"x".repeat(300))]);
    span.events = vec![otlp::SpanEvent {
        name: "gen_ai.user.message".into(),
        attributes: vec![text("content", "hello")],
        ..otlp::SpanEvent::default()
    }];
    let slim = thin(&span).expect("it has content");
    assert_eq!(
        keys(&slim),
        [
            "gen_ai.operation.name",
            "gen_ai.provider.name",
            "gen_ai.request.model",
            "gen_ai.prompt.name",
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.output_tokens",
            "user.id",
            DROPPED
        ]
    );
    assert!(slim.events[0].attributes.is_empty() && slim.events[0].name == "gen_ai.user.message");
    let interpreter = Interpreter::new(&AttributionConfig::default(), &CostConfig::default());
    let read = |span: &otlp::Span| interpreter.span(&Resource::default(), &InstrumentationScope::default(), span);
    assert_eq!(comparable(read(&slim).expect("valid")), comparable(read(&span).expect("valid")));
    assert_eq!(thin(&slim), None, "once is enough");
}

#[test]
fn a_span_without_content_is_left_alone_and_so_is_one_that_is_known_by_its_content() {
    assert_eq!(thin(&chat(Vec::new())), None);
    // The long value is who it was: without it the call would be nobody's.
    let long = "u".repeat(400);
    let slim = thin(&chat(vec![text("langfuse.user.id", &long), text("input.value", "hello")])).expect("has content");
    assert!(keys(&slim).contains(&"langfuse.user.id") && !keys(&slim).contains(&"input.value"));
}

#[test]
fn fields_that_are_not_known_go_when_they_are_long() {
    let carrying = |bytes: usize| {
        let part = otlp::UnknownPart { path: Vec::new(), fields: vec![7; bytes].into() };
        otlp::Span { unknown: Some(Box::new(Unknown { parts: vec![part.clone(), part] })), ..chat(Vec::new()) }
    };
    assert_eq!(thin(&carrying(LONG / 2)), None);
    assert_eq!(thin(&carrying(LONG)).expect("it has content").unknown, None);
}
