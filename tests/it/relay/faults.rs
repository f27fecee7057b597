//! When something goes wrong: the client gets what the provider says, or an error it can read; the span says what it was.

use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{only, recorded, relaying, relaying_with, upstream, url};
use crate::support::App;
use crate::support::provider::{Provider, Reply};
use tracemeter::config::UpstreamKind;

async fn post(app: &App, path: &str) -> (u16, Value) {
    let request = json!({"model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": "Hi"}]});
    let response = app.client.post(url(app, path)).json(&request).send().await.expect("answers");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

fn word() -> Bytes {
    format!("data: {}\n\n", json!({"id": "c1", "choices": [{"index": 0, "delta": {"content": "Lisb"}}]})).into()
}

#[tokio::test]
async fn errors_of_the_provider_are_passed_on_and_recorded() {
    let openai = |kind: &str, code: Value| json!({"error": {"message": format!("{kind} it is"), "type": kind, "param": null, "code": code}});
    let cases = [
        (
            "/openai/v1/chat/completions",
            401,
            openai("invalid_request_error", json!("invalid_api_key")),
            "invalid_api_key",
        ),
        ("/openai/v1/chat/completions", 429, openai("tokens", json!("rate_limit_exceeded")), "rate_limit_exceeded"),
        ("/openai/v1/chat/completions", 500, openai("server_error", Value::Null), "server_error"),
        (
            "/claude/v1/messages",
            529,
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
            "overloaded_error",
        ),
        ("/home/api/chat", 404, json!({"error": "model \"gpt-4o\" not found"}), "404"),
    ];
    let replies = cases.iter().map(|(_, status, body, _)| Reply::json(*status, body).with("retry-after", "7"));
    let provider = Provider::start(replies).await;
    let app = relaying(&provider).await;
    for (count, (path, status, body, kind)) in cases.iter().enumerate() {
        assert_eq!(post(&app, path).await, (*status, body.clone()), "{path}");
        // Sent once: clients try again, the relay does not.
        assert_eq!(provider.got().len(), count + 1);
        let calls = recorded(&app, count + 1).await;
        let call =
            calls.iter().find(|call| call["error_type"] == *kind).unwrap_or_else(|| panic!("{kind}: {calls:#?}"));
        assert_eq!((&call["status"], &call["request_model"]), (&json!("error"), &json!("gpt-4o")), "{call:#}");
        let told = body["error"]["message"].as_str().or(body["error"].as_str());
        assert_eq!(call["status_message"].as_str(), told);
        assert_eq!(call["input_preview"], "Hi");
    }
    app.stop().await;
}

#[tokio::test]
async fn who_cannot_be_reached_is_a_502_that_the_client_can_read() {
    let provider = Provider::start([Reply::json(200, &json!({}))]).await;
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let gone = format!("http://{gone}");
    let app = relaying_with(&provider, |config| {
        config.relay.upstream.push(upstream("gone", &gone, UpstreamKind::OpenAi));
        config.relay.upstream.push(upstream("gone-claude", &gone, UpstreamKind::Anthropic));
    })
    .await;
    let (status, error) = post(&app, "/gone/v1/chat/completions").await;
    assert_eq!((status, &error["error"]["code"]), (502, &json!("upstream_unreachable")), "{error:#}");
    let (call, _) = only(&app).await;
    assert_eq!((&call["status"], &call["error_type"]), (&json!("error"), &json!("upstream_unreachable")));
    assert!(call["status_message"].as_str().is_some_and(|why| why.contains("refused")), "{call:#}");
    let (status, error) = post(&app, "/gone-claude/v1/messages").await;
    assert_eq!((status, &error["error"]["type"]), (502, &json!("api_error")), "{error:#}");
    let health = app.get_ok("/api/v1/health").await;
    let relay = &health["relay"];
    let gone = relay["upstreams"].as_array().expect("a list").iter().find(|upstream| upstream["name"] == "gone");
    assert_eq!(gone.map(|gone| &gone["unanswered"]), Some(&json!(1)), "{relay:#}");
    let problems = health["problems"].to_string();
    assert!(problems.contains("gone does not answer the relay"), "{problems}");
    let metrics = app.client.get(app.web_url("/metrics")).send().await.expect("answers").text().await.expect("text");
    let line = "tracemeter_relay_requests_total{upstream=\"gone\",outcome=\"unreachable\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    app.stop().await;
}

#[tokio::test]
async fn a_stream_that_the_provider_cuts_is_cut_for_the_client_too() {
    let (reply, pieces) = Reply::pieces("text/event-stream");
    let provider = Provider::start([reply]).await;
    let app = relaying(&provider).await;
    let request = json!({"model": "gpt-4o", "stream": true, "messages": []});
    let response =
        app.client.post(url(&app, "/openai/v1/chat/completions")).json(&request).send().await.expect("answers");
    let mut body = response.bytes_stream();
    pieces.send(Ok(word())).await.expect("taken");
    assert_eq!(body.next().await.expect("a piece").expect("whole"), word());
    pieces.send(Err(std::io::Error::other("broken"))).await.expect("taken");
    assert!(body.next().await.expect("an end").is_err(), "the client must not take it for whole");
    let (call, _) = only(&app).await;
    assert_eq!((&call["status"], &call["error_type"]), (&json!("error"), &json!("upstream_broke_off")));
    assert_eq!((&call["output_preview"], &call["response_id"]), (&json!("Lisb"), &json!("c1")));
    app.stop().await;
}

#[tokio::test]
async fn a_client_that_leaves_takes_the_upstream_with_it() {
    let (reply, pieces) = Reply::pieces("text/event-stream");
    let provider = Provider::start([reply, Reply::Hang]).await;
    let app = relaying(&provider).await;
    let chat = url(&app, "/openai/v1/chat/completions");
    let request = json!({"model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": "Hi"}]});
    let response = app.client.post(&chat).json(&request).send().await.expect("answers");
    let mut body = response.bytes_stream();
    pieces.send(Ok(word())).await.expect("taken");
    assert_eq!(body.next().await.expect("a piece").expect("whole"), word());
    drop(body);
    // Returns when the provider's connection is gone.
    pieces.closed().await;
    let (call, _) = only(&app).await;
    assert_eq!((&call["status"], &call["error_type"]), (&json!("error"), &json!("client_left")));
    assert_eq!(call["status_message"], "the client left before the end of the answer");
    assert_eq!((&call["input_preview"], &call["output_preview"]), (&json!("Hi"), &json!("Lisb")));

    let hanging = tokio::spawn(app.client.post(&chat).json(&request).send());
    provider.until(2).await;
    hanging.abort();
    let calls = recorded(&app, 2).await;
    let message = "the client left before there was an answer";
    assert!(calls.iter().any(|call| call["status_message"] == message), "{calls:#?}");
    app.stop().await;
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_stream_is_the_error_of_the_call() {
    let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let stream = format!("event: error\ndata: {error}\n\n");
    let provider = Provider::start([Reply::whole(200, "text/event-stream", stream)]).await;
    let app = relaying(&provider).await;
    let request = json!({"model": "claude-sonnet-4-5", "stream": true, "messages": []});
    let sent = app.client.post(url(&app, "/claude/v1/messages")).json(&request).send();
    sent.await.expect("answers").bytes().await.expect("a body");
    let (call, _) = only(&app).await;
    assert_eq!((&call["error_type"], &call["status_message"]), (&json!("overloaded_error"), &json!("Overloaded")));
    app.stop().await;
}

#[tokio::test]
async fn what_ended_before_the_stop_is_recorded() {
    let provider = Provider::start((0..20).map(|_| Reply::json(200, &json!({"model": "gpt-4o"})))).await;
    let app = relaying(&provider).await;
    for _ in 0..20 {
        assert_eq!(post(&app, "/openai/v1/chat/completions").await.0, 200);
    }
    // Nobody waited for the journal.
    let app = app.restart().await;
    assert_eq!(recorded(&app, 20).await.len(), 20);
    app.stop().await;
}
