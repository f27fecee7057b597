use proptest::prelude::*;
use serde_json::json;

use super::*;

const CHAT: &str = r#"data: {"id":"chatcmpl-1","model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"reasoning_content":"Well. "}}]}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Grüße, "}}]}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Lisbon."}}]}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]}}]}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]}}]}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"Porto\"}"}},{"index":1,"id":"call_2","function":{"name":"now","arguments":"{}"}}]}}]}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":1437,"completion_tokens":311,"prompt_tokens_details":{"cached_tokens":1024}}}

data: [DONE]

"#;

const ANTHROPIC: &str = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_read_input_tokens":900,"cache_creation_input_tokens":40,"cache_creation":{"ephemeral_5m_input_tokens":30,"ephemeral_1h_input_tokens":10},"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me see."}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"I will "}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"ask."}}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"weather","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city\": \"Po"}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"rto\"}"}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":89}}

event: message_stop
data: {"type":"message_stop"}

"#;

const RESPONSES: &str = r#"event: response.created
data: {"type":"response.created","response":{"id":"resp_1","model":"gpt-5-mini-2025-08-07","status":"in_progress","output":[]}}

data: {"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}}

data: {"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"Thinking."}

data: {"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"m_1","role":"assistant","content":[]}}

data: {"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"Four, "}

data: {"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"three."}

data: {"type":"response.completed","response":{"id":"resp_1","model":"gpt-5-mini-2025-08-07","status":"completed","service_tier":"default","output":[{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Thinking."}]},{"type":"message","id":"m_1","role":"assistant","content":[{"type":"output_text","text":"Four, three."}]}],"usage":{"input_tokens":50,"input_tokens_details":{"cached_tokens":10},"output_tokens":20,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":70}}}

"#;

const OLLAMA: &str = r#"{"model":"llama3.2","created_at":"2026-11-20T12:00:00Z","message":{"role":"assistant","content":"","thinking":"Hm."},"done":false}
{"model":"llama3.2","created_at":"2026-11-20T12:00:00Z","message":{"role":"assistant","content":"Guten "},"done":false}
{"model":"llama3.2","created_at":"2026-11-20T12:00:01Z","message":{"role":"assistant","content":"Tag."},"done":false}
{"model":"llama3.2","created_at":"2026-11-20T12:00:01Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"now","arguments":{"zone":"UTC"}}}]},"done":false}
{"model":"llama3.2","created_at":"2026-11-20T12:00:02Z","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"total_duration":5043500667,"prompt_eval_count":26,"eval_count":298}
"#;

const STREAMS: [(Speech, &str, &str); 4] = [
    (Speech::Chat, "text/event-stream; charset=utf-8", CHAT),
    (Speech::Messages, "text/event-stream", ANTHROPIC),
    (Speech::Responses, "text/event-stream", RESPONSES),
    (Speech::OllamaChat, "application/x-ndjson", OLLAMA),
];

fn heard(speech: Speech, kind: &str, encoding: &str, pieces: &[&[u8]]) -> Heard {
    let mut reader = Reader::new(speech, kind, encoding, &Budget::new(1 << 20), 1 << 16);
    for (at, piece) in pieces.iter().enumerate() {
        reader.feed(&Bytes::copy_from_slice(piece), Duration::from_millis(at as u64 + 1));
    }
    reader.finish()
}

fn whole(speech: Speech, kind: &str, text: &str) -> Document {
    let heard = heard(speech, kind, "", &[text.as_bytes()]);
    assert_eq!(heard.loss, None);
    heard.document
}

#[test]
fn a_streamed_chat_is_the_chat_that_was_not_streamed() {
    let document = whole(Speech::Chat, "text/event-stream", CHAT);
    let function = |name: &str, arguments: &str| json!({"name": name, "arguments": arguments});
    assert_eq!(
        document.choices,
        json!([{"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "Grüße, Lisbon.", "reasoning_content": "Well. ",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": function("weather", "{\"city\":\"Porto\"}")},
                {"id": "call_2", "type": "function", "function": function("now", "{}")}]}}])
    );
    assert_eq!((document.id, document.usage["completion_tokens"].clone()), ("chatcmpl-1".into(), 311.into()));
}

#[test]
fn blocks_of_anthropic_are_put_together_and_figures_of_both_ends() {
    let document = whole(Speech::Messages, "text/event-stream", ANTHROPIC);
    assert_eq!(
        document.content,
        json!([
            {"type": "thinking", "thinking": "Let me see.", "signature": ""},
            {"type": "text", "text": "I will ask."},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Porto"}}])
    );
    assert_eq!(document.stop_reason, "tool_use");
    let figure = |key: &str| document.usage[key].as_u64();
    assert_eq!((figure("input_tokens"), figure("output_tokens")), (Some(25), Some(89)));
    assert_eq!(document.usage["cache_creation"]["ephemeral_1h_input_tokens"], 10);
}

#[test]
fn a_response_is_what_its_last_event_says_or_what_came_before_it_broke_off() {
    let document = whole(Speech::Responses, "text/event-stream", RESPONSES);
    assert_eq!(document.output[1]["content"][0]["text"], "Four, three.");
    assert_eq!((document.status, document.usage["input_tokens"].clone()), ("completed".into(), 50.into()));
    let cut = &RESPONSES[..RESPONSES.find("data: {\"type\":\"response.completed\"").expect("is there")];
    let document = whole(Speech::Responses, "text/event-stream", cut);
    assert_eq!(document.output[0]["summary"][0]["text"], "Thinking.");
    assert_eq!(document.output[1]["content"][0]["text"], "Four, three.");
    assert_eq!((document.usage, document.id), (Value::Null, "resp_1".into()));
}

#[test]
fn lines_of_ollama_are_one_message() {
    let document = whole(Speech::OllamaChat, "application/x-ndjson", OLLAMA);
    let message = &document.choices[0]["message"];
    assert_eq!((&message["content"], &message["reasoning_content"]), (&"Guten Tag.".into(), &"Hm.".into()));
    assert_eq!(message["tool_calls"][0]["function"], json!({"name": "now", "arguments": {"zone": "UTC"}}));
    assert_eq!((document.prompt_eval_count, document.done_reason), (26.into(), "stop".into()));
}

#[test]
fn a_stream_under_another_name_is_read_at_the_end() {
    let chat = whole(Speech::Chat, "text/plain", CHAT);
    assert_eq!(chat, whole(Speech::Chat, "text/event-stream", CHAT));
    let ollama = whole(Speech::OllamaChat, "application/json", OLLAMA);
    assert_eq!(ollama, whole(Speech::OllamaChat, "application/x-ndjson", OLLAMA));
    assert_eq!(heard(Speech::Chat, "text/html", "", &[b"<html>"]).loss, Some(Loss::Unreadable));
}

#[test]
fn the_first_token_is_the_first_thing_said() {
    for (speech, kind, text) in STREAMS {
        let lines: Vec<&[u8]> = text.split_inclusive('\n').map(str::as_bytes).collect();
        let said = ["reasoning_content", "thinking_delta", "summary_text.delta", "Hm."];
        let at = lines.iter().position(|line| said.iter().any(|word| String::from_utf8_lossy(line).contains(word)));
        // An event ends with the blank line behind it.
        let ends = u64::from(kind != "application/x-ndjson");
        let expected = at.map(|at| Duration::from_millis(at as u64 + 1 + ends));
        assert_eq!(heard(speech, kind, "", &lines).first_token, expected, "{speech:?}");
    }
}

#[test]
fn what_is_too_much_is_left_out_and_the_figures_are_not() {
    let mut reader = Reader::new(Speech::Chat, "text/event-stream", "", &Budget::new(1 << 20), 400);
    let words = json!({"choices": [{"index": 0, "delta": {"content": "x".repeat(150)}}]}).to_string();
    for _ in 0..5 {
        reader.feed(&Bytes::from(format!("data: {words}\n\n")), Duration::ZERO);
    }
    reader.feed(&Bytes::from_static(b"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7}}\n\n"), Duration::ZERO);
    let heard = reader.finish();
    assert_eq!(heard.loss, Some(Loss::TooLarge { most: 400 }));
    assert_eq!(heard.document.choices[0]["message"]["content"].as_str().map(str::len), Some(300));
    assert_eq!(heard.document.usage["prompt_tokens"], 7);
}

#[test]
fn errors_in_the_middle_are_heard() {
    let text = "data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n\
                data: {\"error\":{\"message\":\"overloaded\",\"code\":502}}\n\n";
    assert_eq!(whole(Speech::Chat, "text/event-stream", text).error["message"], "overloaded");
    let text = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    assert_eq!(whole(Speech::Messages, "text/event-stream", text).error["type"], "overloaded_error");
}

#[test]
fn calls_without_numbers_are_told_apart() {
    let call = |id: &str| json!({"id": id, "function": {"name": "f", "arguments": "{}"}});
    let event = json!({"choices": [{"index": 0, "delta": {"tool_calls": [call("a")]}}]});
    let other = json!({"choices": [{"index": 0, "delta": {"tool_calls": [call("b")]}}]});
    let text = format!("data: {event}\n\ndata: {other}\n\n");
    let document = whole(Speech::Chat, "text/event-stream", &text);
    let calls = document.choices[0]["message"]["tool_calls"].as_array().expect("calls").clone();
    assert_eq!(calls.iter().map(|call| call["id"].as_str()).collect::<Vec<_>>(), [Some("a"), Some("b")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The law of the reader: where the network cuts a stream changes nothing.
    #[test]
    fn any_cuts_make_the_same_record(
        which in 0..STREAMS.len(),
        cuts in proptest::collection::vec(0.0..1.0_f64, 0..40),
        gzip in any::<bool>(),
    ) {
        let (speech, kind, text) = STREAMS[which];
        let (wire, encoding) = if gzip { (zipped(text.as_bytes()), "gzip") } else { (text.as_bytes().to_vec(), "") };
        let mut cuts: Vec<usize> = cuts.iter().map(|part| (part * wire.len() as f64) as usize).collect();
        cuts.extend([0, wire.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &wire[pair[0]..pair[1]]).collect();
        let heard = heard(speech, kind, encoding, &pieces);
        prop_assert_eq!(heard.loss, None);
        prop_assert!(heard.first_token.is_some());
        prop_assert_eq!(heard.document, whole(speech, kind, text));
    }
}

fn zipped(text: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}
