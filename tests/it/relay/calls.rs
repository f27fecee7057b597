//! What is recorded of calls that go well: tokens and cost to the nano-dollar, messages, tools, whose they are.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{figures, only, recorded, relaying, url, usage};
use crate::support::provider::{Provider, Reply};

fn events(events: &[Value]) -> String {
    let lines = events.iter().map(|event| format!("data: {event}\n\n"));
    lines.chain(["data: [DONE]\n\n".to_owned()]).collect()
}

fn chunk(delta: Value, finish: Option<&str>) -> Value {
    json!({"id": "chatcmpl-relay1", "object": "chat.completion.chunk", "model": "gpt-4o-2024-08-06",
        "service_tier": "default", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

/// A streamed chat with every bucket that OpenAI tells.
fn chat_stream() -> String {
    events(&[
        chunk(json!({"role": "assistant", "content": ""}), None),
        chunk(json!({"content": "The capital "}), None),
        chunk(json!({"content": "is Lisbon."}), None),
        chunk(json!({}), Some("stop")),
        json!({"id": "chatcmpl-relay1", "model": "gpt-4o-2024-08-06", "choices": [], "usage": {
            "prompt_tokens": 1437, "completion_tokens": 311, "total_tokens": 1748,
            "prompt_tokens_details": {"cached_tokens": 1024}, "completion_tokens_details": {"reasoning_tokens": 192}}}),
    ])
}

#[tokio::test]
async fn a_streamed_chat_has_tokens_cost_words_and_owner() {
    let provider = Provider::start([Reply::whole(200, "text/event-stream", chat_stream())]).await;
    let app = relaying(&provider).await;
    let request = json!({"model": "gpt-4o", "stream": true, "temperature": 0.2, "messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Capital of Portugal?"}],
        "tools": [{"type": "function", "function": {"name": "atlas", "parameters": {"type": "object"}}}]});
    let answer = app
        .client
        .post(url(&app, "/openai/v1/chat/completions"))
        .header("x-tracemeter-session", "trip-1")
        .header("x-tracemeter-user", "anna")
        .header("x-tracemeter-feature", "atlas")
        .header("user-agent", "OpenAI/Python 3.52.0")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .json(&request)
        .send()
        .await
        .expect("answers");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.expect("a body"), chat_stream());
    let (call, span) = only(&app).await;
    let buckets = figures(&[("input", 413), ("cache_read", 1024), ("output", 119), ("reasoning", 192)]);
    assert_eq!(usage(&call), buckets);
    // 413 x 2.50 + 1024 x 1.25 + 311 x 10 dollars for a million.
    assert_eq!(call["cost"]["nano"], 5_422_500, "{call:#}");
    let text = |key: &str| call[key].as_str().unwrap_or_default();
    assert_eq!((text("request_model"), text("response_model")), ("gpt-4o", "gpt-4o-2024-08-06"));
    assert_eq!((text("provider"), text("operation"), text("response_id")), ("openai", "chat", "chatcmpl-relay1"));
    assert_eq!((text("session"), text("user"), text("feature")), ("trip-1", "anna", "atlas"));
    assert_eq!(
        (text("service"), &call["streaming"], &call["finish_reasons"]),
        ("OpenAI/Python", &json!(true), &json!(["stop"]))
    );
    assert_eq!(text("trace_id"), "0af7651916cd43dd8448eb211c80319c");
    let (first, all) = (call["time_to_first_token_ms"].as_f64(), call["duration_ms"].as_f64());
    assert!(first > Some(0.0) && first <= all, "{first:?} of {all:?}");
    assert_eq!(span["parent_span_id"], "b7ad6b7169203331");
    let said = |message: &Value| message["parts"][0]["text"].clone();
    assert_eq!(said(&span["call"]["input_messages"][0]), "Be brief.");
    assert_eq!(said(&span["call"]["input_messages"][1]), "Capital of Portugal?");
    assert_eq!(said(&span["call"]["output_messages"][0]), "The capital is Lisbon.");
    assert_eq!(span["call"]["tool_definitions"][0]["name"], "atlas");
    assert_eq!(span["call"]["parameters"]["temperature"], 0.2);
    assert_eq!((&span["scope"], &span["status"]), (&json!("tracemeter.relay"), &json!("unset")));
    app.stop().await;
}

#[tokio::test]
async fn responses_and_embeddings_of_openai() {
    let response = json!({"id": "resp_1", "object": "response", "status": "completed", "model": "gpt-5-mini-2025-08-07",
        "output": [{"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": "{\"city\":\"Porto\"}"}],
        "usage": {"input_tokens": 1000, "input_tokens_details": {"cached_tokens": 400}, "output_tokens": 50,
            "output_tokens_details": {"reasoning_tokens": 30}, "total_tokens": 1050}});
    let vectors = json!({"object": "list", "model": "text-embedding-3-small", "usage": {"prompt_tokens": 58, "total_tokens": 58},
        "data": [{"object": "embedding", "index": 0, "embedding": vec![0.25; 1536]}]});
    let provider = Provider::start([Reply::json(200, &response), Reply::json(200, &vectors)]).await;
    let app = relaying(&provider).await;
    let post = async |path: &str, body: Value| {
        let answer = app.client.post(url(&app, path)).json(&body).send().await.expect("answers");
        answer.json::<Value>().await.expect("JSON")
    };
    let asked = json!({"model": "gpt-5-mini", "instructions": "Be brief.", "input": "Weather in Porto?", "conversation": "conv_1"});
    assert_eq!(post("/openai/v1/responses", asked).await, response);
    let call = recorded(&app, 1).await.remove(0);
    assert_eq!(usage(&call), figures(&[("input", 600), ("cache_read", 400), ("output", 20), ("reasoning", 30)]));
    // 600 x 0.25 + 400 x 0.025 + 50 x 2 dollars for a million.
    assert_eq!(call["cost"]["nano"], 260_000, "{call:#}");
    assert_eq!((&call["finish_reasons"], &call["streaming"]), (&json!(["tool_call"]), &json!(false)));
    assert_eq!(
        (&call["session"], &call["output_preview"]),
        (&json!("conv_1"), &json!("weather({\"city\":\"Porto\"})"))
    );
    assert_eq!(
        post("/openai/v1/embeddings", json!({"model": "text-embedding-3-small", "input": ["a", "b"]})).await,
        vectors
    );
    let calls = recorded(&app, 2).await;
    let call = calls.iter().find(|call| call["operation"] == "embeddings").expect("an embedding");
    // 58 x 0.02 dollars for a million.
    assert_eq!((usage(call), &call["cost"]["nano"]), (figures(&[("input", 58)]), &json!(1160)));
    app.stop().await;
}

#[tokio::test]
async fn a_stream_of_anthropic_with_both_lives_of_its_cache() {
    let named = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().expect("a type"));
    let stream: String = [
        json!({"type": "message_start", "message": {"id": "msg_relay1", "type": "message", "role": "assistant",
            "model": "claude-sonnet-4-5-20250929", "content": [], "usage": {"input_tokens": 100, "output_tokens": 2,
                "cache_read_input_tokens": 2000, "cache_creation_input_tokens": 300,
                "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 100}}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{\"city\":"}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "\"Porto\"}"}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 50}}),
        json!({"type": "message_stop"}),
    ]
    .iter()
    .map(named)
    .collect();
    let reply = Reply::whole(200, "text/event-stream", stream.clone()).with("request-id", "req_7");
    let provider = Provider::start([reply]).await;
    let app = relaying(&provider).await;
    let request = json!({"model": "claude-sonnet-4-5", "max_tokens": 1024, "stream": true,
        "system": [{"type": "text", "text": "Be brief."}], "messages": [{"role": "user", "content": "Weather?"}],
        "metadata": {"user_id": "user_ab_account__session_s-9"},
        "tools": [{"name": "weather", "input_schema": {"type": "object"}}]});
    let sent = app.client.post(url(&app, "/claude/v1/messages")).header("x-api-key", "k").json(&request).send();
    let answer = sent.await.expect("answers");
    assert_eq!(answer.headers()["request-id"], "req_7");
    assert_eq!(answer.text().await.expect("a body"), stream);
    let (call, span) = only(&app).await;
    let buckets =
        figures(&[("input", 100), ("cache_read", 2000), ("cache_write", 300), ("cache_write_1h", 100), ("output", 50)]);
    assert_eq!(usage(&call), buckets);
    // 100 x 3 + 2000 x 0.30 + 200 x 3.75 + 100 x 6 + 50 x 15 dollars for a million.
    assert_eq!(call["cost"]["nano"], 3_000_000, "{call:#}");
    assert_eq!((&call["session"], &call["user"]), (&json!("s-9"), &json!("user_ab")));
    assert_eq!((&call["provider"], &call["finish_reasons"]), (&json!("anthropic"), &json!(["tool_call"])));
    assert_eq!(span["call"]["input_messages"][0]["parts"][0]["text"], "Be brief.");
    let parts = &span["call"]["output_messages"][0]["parts"];
    assert_eq!((&parts[0]["type"], &parts[1]["arguments"]), (&json!("reasoning"), &json!({"city": "Porto"})));
    assert_eq!(span["attributes"]["http.response.header.request-id"], json!(["req_7"]), "{span:#}");
    app.stop().await;
}

#[tokio::test]
async fn ollama_by_lines_and_whole() {
    let lines = [
        json!({"model": "llama3.2", "message": {"role": "assistant", "content": "Guten "}, "done": false}),
        json!({"model": "llama3.2", "message": {"role": "assistant", "content": "Tag."}, "done": false}),
        json!({"model": "llama3.2", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "stop",
            "prompt_eval_count": 26, "eval_count": 298}),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let whole = json!({"model": "llama3.2", "response": "Moin.", "done": true, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 3});
    let provider =
        Provider::start([Reply::whole(200, "application/x-ndjson", lines.clone()), Reply::json(200, &whole)]).await;
    let app = relaying(&provider).await;
    let post = async |path: &str, body: Value| {
        let answer = app.client.post(url(&app, path)).json(&body).send().await.expect("answers");
        answer.bytes().await.expect("a body")
    };
    let chat = json!({"model": "llama3.2", "messages": [{"role": "user", "content": "Hallo"}]});
    assert_eq!(post("/home/api/chat", chat).await, Bytes::from(lines));
    let (call, span) = only(&app).await;
    assert_eq!(usage(&call), figures(&[("input", 26), ("output", 298)]));
    assert_eq!((&call["provider"], &call["streaming"]), (&json!("ollama"), &json!(true)));
    assert_eq!(span["call"]["output_messages"][0]["parts"][0]["text"], "Guten Tag.");
    assert_eq!(call["cost"]["basis"], "unknown");
    let generate = json!({"model": "llama3.2", "prompt": "Hallo", "stream": false});
    assert_eq!(post("/home/api/generate", generate).await, Bytes::from(whole.to_string()));
    let calls = recorded(&app, 2).await;
    let call = calls.iter().find(|call| call["operation"] == "text_completion").expect("a completion");
    assert_eq!((usage(call), &call["output_preview"]), (figures(&[("input", 5), ("output", 3)]), &json!("Moin.")));
    let seen = app.get_ok("/api/v1/arrivals").await;
    let seen = seen["items"].as_array().expect("a list").clone();
    assert!(seen.iter().any(|item| item["protocol"] == "relay" && item["scope"] == "tracemeter.relay"), "{seen:#?}");
    app.stop().await;
}

#[tokio::test]
async fn a_stream_that_tells_no_usage_says_so() {
    let stream = events(&[chunk(json!({"content": "Hi"}), None), chunk(json!({}), Some("stop"))]);
    let provider = Provider::start([Reply::whole(200, "text/event-stream", stream)]).await;
    let app = relaying(&provider).await;
    let request = json!({"model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": "Hi"}]});
    let sent = app.client.post(url(&app, "/openai/v1/chat/completions")).body(request.to_string()).send();
    sent.await.expect("answers").bytes().await.expect("a body");
    // Nothing was added to it.
    assert_eq!(provider.got()[0].body, request.to_string());
    let (call, _) = only(&app).await;
    assert_eq!((&call["usage"], &call["cost"]["reason"]), (&Value::Null, &json!("no token counts")), "{call:#}");
    assert_eq!(call["trace_id"].as_str().map(str::len), Some(32));
    app.stop().await;
}
