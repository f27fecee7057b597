use serde_json::json;

use super::*;
use crate::config::{AttributionConfig, CostConfig};
use crate::model::otlp::{
    AnyValue, KeyValue, LogRecord, ResourceLogs, ResourceSpans, ScopeLogs, ScopeSpans, any_value,
};

fn attribute(key: &str, text: &str) -> KeyValue {
    let value = any_value::Value::StringValue(text.into());
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
}

fn document(attributes: &[(&str, &str)]) -> Document {
    let span = otlp::Span {
        trace_id: vec![1; 16].into(),
        span_id: vec![2; 8].into(),
        name: "chat gpt-4o".into(),
        attributes: attributes.iter().map(|(key, text)| attribute(key, text)).collect(),
        ..otlp::Span::default()
    };
    let data = TracesData {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    };
    let interpreter = Interpreter::new(&AttributionConfig::default(), &CostConfig::default());
    spans(&data, &interpreter).remove(0)
}

#[test]
fn a_call_is_split_into_fields() {
    let input = json!([
        {"role": "user", "parts": [{"type": "text", "content": "A hotel?"}]},
        {"role": "assistant", "parts": [
            {"type": "text", "content": "I look."},
            {"type": "tool_call", "id": "c1", "name": "find_hotel", "arguments": {"city": "Vienna", "nights": 3}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": "Sacher"}]},
    ]);
    let output = json!([{"role": "assistant", "parts": [{"type": "text", "content": "Take the Sacher."}]}]);
    let document = document(&[
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "gpt-4o"),
        ("gen_ai.input.messages", &input.to_string()),
        ("gen_ai.output.messages", &output.to_string()),
    ]);
    assert_eq!(document.field(Field::Name), "chat gpt-4o");
    assert_eq!(document.field(Field::Prompt), "A hotel?");
    assert_eq!(document.field(Field::Completion), "I look.\nTake the Sacher.");
    assert_eq!(document.field(Field::Tool), "find_hotel\ncity: Vienna nights: 3\nSacher");
    assert_eq!(document.field(Field::Error), "");
}

#[test]
fn data_is_left_out_and_the_words_around_it_stay() {
    let blob = "iVBORw0KGgo".repeat(40);
    let text = format!("look: data:image/png;base64,{blob} nice");
    assert_eq!(without_blobs(&text).as_deref(), Some("look: data:image/png;base64, nice"));
    assert_eq!(without_blobs(&"a".repeat(BLOB_CHARS - 1)).as_deref(), Some("a".repeat(BLOB_CHARS - 1).as_str()));
    assert_eq!(without_blobs(&blob), None);
    assert_eq!(without_blobs("-- ... --"), None);
}

#[test]
fn a_text_is_cut_between_characters() {
    let kept = without_blobs(&"ß ".repeat(MOST_BYTES)).expect("has letters");
    assert!(kept.len() <= MOST_BYTES && kept.len() > MOST_BYTES - 4);
}

#[test]
fn structures_become_words_with_their_keys() {
    let mut document = document(&[]);
    document.pieces.clear();
    document.push_value(Field::Tool, &json!({"rows": [{"id": 7, "ok": true, "none": null}], "note": "x\ny"}));
    assert_eq!(document.pieces, [(Field::Tool, "rows: id: 7 ok: true none: note: x\ny".to_owned())]);
}

#[test]
fn log_records_are_numbered_and_timed() {
    let body = AnyValue { value: Some(any_value::Value::StringValue("disk is full".into())) };
    let record = LogRecord { event_name: "alarm".into(), body: Some(body), ..LogRecord::default() };
    let data = LogsData {
        resource_logs: vec![ResourceLogs {
            scope_logs: vec![ScopeLogs { log_records: vec![record.clone(), record], ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    };
    let found = logs(&data, UnixNanos(5));
    assert_eq!((found[1].record, found[1].start, found[1].trace_id), (Some(1), UnixNanos(5), None));
    assert_eq!((found[0].field(Field::Name), found[0].field(Field::Log)), ("alarm".into(), "disk is full".into()));
}
