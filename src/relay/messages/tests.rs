use serde_json::json;

use super::*;

#[test]
fn a_chat_of_openai() {
    let chat = json!([
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "name": "anna", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
            {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
            {"type": "file", "file": {"file_id": "file-1", "filename": "a.pdf"}}]},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Porto\"}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "19 degrees"}]);
    let expected = json!([
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "name": "anna", "parts": [
            {"type": "text", "content": "What is this?"},
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk="},
            {"type": "uri", "modality": "image", "uri": "https://example.org/a.png"},
            {"type": "blob", "modality": "audio", "mime_type": "audio/mp3", "content": "aGk="},
            {"type": "file", "modality": "document", "file_id": "file-1", "filename": "a.pdf"}]},
        {"role": "assistant", "parts": [
            {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Porto"}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "19 degrees"}]}]);
    assert_eq!(Value::Array(messages(&chat)), expected);
}

#[test]
fn items_of_responses() {
    let input = json!([
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}, {"type": "input_image", "image_url": "https://a/b.png"}]},
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "function_call", "id": "fc", "call_id": "c1", "name": "f", "arguments": "not json"},
        {"type": "function_call_output", "call_id": "c1", "output": "done"},
        {"type": "web_search_call", "id": "ws", "status": "completed"}]);
    let expected = json!([
        {"role": "user", "parts": [{"type": "text", "content": "Hi"}, {"type": "uri", "modality": "image", "uri": "https://a/b.png"}]},
        {"role": "assistant", "parts": [{"type": "reasoning", "content": "Hm."}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": "not json"}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "done"}]},
        {"role": "assistant", "parts": [{"type": "web_search_call", "id": "ws", "status": "completed"}]}]);
    assert_eq!(Value::Array(messages(&input)), expected);
}

#[test]
fn blocks_of_anthropic() {
    let chat = json!([
        {"role": "user", "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "aGk="}},
            {"type": "document", "source": {"type": "url", "url": "https://a/b.pdf"}}]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "Let me see.", "signature": "x"},
            {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Porto"}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "19"}]}]}]);
    let expected = json!([
        {"role": "user", "parts": [
            {"type": "blob", "modality": "image", "mime_type": "image/jpeg", "content": "aGk="},
            {"type": "uri", "modality": "document", "uri": "https://a/b.pdf"}]},
        {"role": "assistant", "parts": [
            {"type": "reasoning", "content": "Let me see."},
            {"type": "tool_call", "id": "t1", "name": "weather", "arguments": {"city": "Porto"}}]},
        {"role": "user", "parts": [
            {"type": "tool_call_response", "id": "t1", "response": [{"type": "text", "content": "19"}]}]}]);
    assert_eq!(Value::Array(messages(&chat)), expected);
    let system = json!([{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]);
    assert_eq!(instructions(&system), [json!({"type": "text", "content": "Be brief."})]);
}

#[test]
fn messages_of_ollama_and_prompts() {
    let chat = json!([{"role": "user", "content": "Look", "images": ["aGk="]},
        {"role": "tool", "tool_name": "now", "content": "12:00"}]);
    let expected = json!([
        {"role": "user", "parts": [{"type": "text", "content": "Look"},
            {"type": "blob", "modality": "image", "mime_type": "image/*", "content": "aGk="}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "now", "response": "12:00"}]}]);
    assert_eq!(Value::Array(messages(&chat)), expected);
    assert_eq!(messages(&json!("Hi")), [json!({"role": "user", "parts": [{"type": "text", "content": "Hi"}]})]);
    assert_eq!(messages(&json!(["a", "b"])).len(), 2);
    assert!(messages(&json!([[1, 2], [3]])).is_empty() && messages(&json!([1, 2])).is_empty());
}

#[test]
fn tools_of_every_form() {
    let schema = json!({"type": "object", "properties": {}});
    let expected = json!({"type": "function", "name": "f", "description": "d", "parameters": schema});
    for tool in [
        json!({"type": "function", "function": {"name": "f", "description": "d", "parameters": schema}}),
        json!({"type": "function", "name": "f", "description": "d", "parameters": schema, "strict": true}),
        json!({"name": "f", "description": "d", "input_schema": schema}),
    ] {
        assert_eq!(tools(&json!([tool])), std::slice::from_ref(&expected));
    }
    let own = json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 5});
    assert_eq!(tools(&json!([own])), [own]);
}
