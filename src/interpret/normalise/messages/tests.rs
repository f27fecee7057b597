use serde_json::json;

use super::*;

fn text(role: Role, text: &str) -> Message {
    plain(role, text)
}

#[test]
fn the_conventions_messages() {
    let messages = document(
        &json!([
            {"role": "system", "parts": [{"type": "text", "content": "Short."}]},
            {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": "{\"a\": 1}"}], "finish_reason": "tool_calls"},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": {"b": 2}}]},
        ]),
        Role::User,
    );
    assert_eq!(messages[0], text(Role::System, "Short."));
    assert_eq!(messages[1].finish_reason.as_deref(), Some("tool_call"));
    assert_eq!(
        messages[1].parts,
        [Part::ToolCall { id: Some("c1".into()), name: "f".into(), arguments: json!({"a": 1}) }]
    );
    assert_eq!(messages[2].parts, [Part::ToolResult { id: Some("c1".into()), result: json!({"b": 2}) }]);
}

#[test]
fn openai_request_and_response() {
    let request = json!({"model": "m", "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "{\"t\": 21}"},
    ]});
    let messages = document(&request, Role::User);
    assert_eq!(messages[0].parts[0], Part::Text("Look".into()));
    assert_eq!(
        messages[0].parts[1],
        Part::Media {
            modality: "image".into(),
            mime_type: Some("image/png".into()),
            uri: None,
            inline_bytes: Some(3),
            hash: None
        }
    );
    assert_eq!(messages[1].parts, [Part::ToolCall { id: Some("c1".into()), name: "f".into(), arguments: json!({}) }]);
    assert_eq!(messages[2].parts, [Part::ToolResult { id: Some("c1".into()), result: json!({"t": 21}) }]);
    let response =
        json!({"id": "x", "choices": [{"finish_reason": "length", "message": {"role": "assistant", "content": "Hi"}}]});
    let answer = document(&response, Role::Assistant);
    assert_eq!((answer[0].role, answer[0].finish_reason.as_deref()), (Role::Assistant, Some("length")));
}

#[test]
fn anthropic_gemini_and_ai_sdk_parts() {
    let anthropic = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "21"}]});
    assert_eq!(
        document(&anthropic, Role::User)[0].parts,
        [Part::ToolResult { id: Some("t1".into()), result: json!("21") }]
    );
    let gemini = json!({"contents": [{"role": "model", "parts": [{"text": "Hi"}, {"functionCall": {"name": "f", "args": {"a": 1}}}]}]});
    let parts = &document(&gemini, Role::User)[0].parts;
    assert_eq!(parts[1], Part::ToolCall { id: None, name: "f".into(), arguments: json!({"a": 1}) });
    let sdk = json!([{"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c", "toolName": "f", "output": {"type": "json", "value": {"b": 2}}}]}]);
    assert_eq!(
        document(&sdk, Role::User)[0].parts,
        [Part::ToolResult { id: Some("c".into()), result: json!({"b": 2}) }]
    );
}

#[test]
fn text_and_unknown_things_are_kept() {
    assert_eq!(document(&json!("Hi"), Role::User), [text(Role::User, "Hi")]);
    assert_eq!(
        document(&json!({"system": "S", "prompt": "P"}), Role::User),
        [text(Role::System, "S"), text(Role::User, "P")]
    );
    let odd = json!([{"role": "user", "parts": [{"type": "hologram", "x": 1}]}]);
    assert_eq!(document(&odd, Role::User)[0].parts, [Part::Other(json!({"type": "hologram", "x": 1}))]);
    assert!(document(&json!(null), Role::User).is_empty());
}

/// As `langchain-core` 1.8 and `langsmith` 0.6 for JavaScript write them.
#[test]
fn pieces_of_a_stream_and_requests_among_arguments_are_read() {
    let kwargs = json!({"content": "Seven, six.", "type": "AIMessageChunk", "tool_calls": []});
    let chunk =
        json!({"lc": 1, "type": "constructor", "id": ["schema", "messages", "AIMessageChunk"], "kwargs": kwargs});
    let streamed = json!({"generations": [[{"text": "Seven, six.", "type": "ChatGenerationChunk", "message": chunk}]]});
    assert_eq!(document(&streamed, Role::Assistant), [text(Role::Assistant, "Seven, six.")]);
    let request = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]});
    let arguments = json!({"args": [request, {"headers": {"x": "y"}}]});
    assert_eq!(document(&arguments, Role::User), [text(Role::User, "Hi")]);
}

#[test]
fn tools_that_are_offered_are_no_messages() {
    let offered = json!({"role": "tool", "content": {"type": "function", "function": {"name": "f", "parameters": {}}}});
    let said = json!([{"role": "user", "content": "Hi"}, offered]);
    assert_eq!(document(&said, Role::User), [text(Role::User, "Hi")]);
    assert_eq!(definition(&offered), offered.get("content"));
    assert_eq!(definition(&json!({"role": "tool", "content": "{}", "tool_call_id": "c"})), None);
}

#[test]
fn previews_stop_at_characters_and_lines() {
    assert_eq!(shorten(" ab\ncé\n", 5), "ab cé");
    assert_eq!(shorten("ab\ncéd", 5), "ab c…");
    assert_eq!(shorten("añéb", 3), "añ…");
}

#[test]
fn references_to_media_are_known_wherever_base64_would_stand() {
    let hash = crate::model::MediaHash([7; 32]);
    let reference = format!("tracemeter-media:v1:image/png:9000:b64:{hash}");
    let url = format!("data:image/png;base64,{reference}");
    for part in [
        json!({"type": "image_url", "image_url": {"url": url}}),
        json!({"type": "input_image", "image_url": url}),
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": reference}}),
        json!({"inlineData": {"mimeType": "image/png", "data": reference}}),
        json!({"type": "blob", "modality": "image", "mime_type": "image/png", "content": reference}),
        json!({"type": "image", "image": reference}),
        json!({"type": "file", "modality": "image", "file": {"filename": "a", "file_data": url}}),
        json!({"type": "file", "mediaType": "image/png", "data": reference, "modality": "image"}),
    ] {
        let expected = Part::Media {
            modality: "image".into(),
            mime_type: Some("image/png".into()),
            uri: None,
            inline_bytes: Some(9000),
            hash: Some(hash),
        };
        assert_eq!(super::part(&part), Some(expected), "{part}");
    }
}
