//! What is passed on: everything, unchanged, piece by piece, and to the right place.

use std::io::Write as _;

use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::{only, recorded, relaying, relaying_with, upstream, url};
use crate::support::App;
use crate::support::provider::{Provider, Reply};
use tracemeter::config::UpstreamKind;

const CHAT: &str = "/openai/v1/chat/completions";

fn answer() -> Value {
    json!({"id": "chatcmpl-1x2y", "model": "gpt-4o-2024-08-06", "usage": {"prompt_tokens": 10, "completion_tokens": 5},
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]})
}

fn gzip(text: &str) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory").into()
}

#[tokio::test]
async fn headers_and_bytes_go_both_ways_unchanged() {
    let body = format!("  {}\n", answer());
    let reply = Reply::whole(200, "application/json", body.clone())
        .with("x-ratelimit-remaining-tokens", "29999")
        .with("set-cookie", "a=1")
        .with("set-cookie", "b=2");
    let provider = Provider::start([reply]).await;
    let app = relaying(&provider).await;
    // Spaces, an unknown field and an escape that a program would write otherwise.
    let sent = r#"{ "model":"gpt-4o",  "messages":[{"role":"user","content":"\u0048i"}], "x_new": [1.50] }"#;
    let request = app.client.post(url(&app, "/openai/v1/chat/completions?api-version=2025-01-01&x=a%20b"));
    let request = request
        .header("authorization", "Bearer sk-test")
        .header("openai-organization", "org-1")
        .header("content-type", "application/json; charset=utf-8")
        .header("accept", "application/json")
        .header("accept-encoding", "gzip, br")
        .header("user-agent", "agent/1")
        .header("x-multi", "1")
        .header("x-multi", "2")
        .header("x-tracemeter-user", "anna")
        .header("tracestate", "vendor=1");
    let response = request.body(sent).send().await.expect("answers");
    let header =
        |name: &str| response.headers().get_all(name).iter().map(|value| value.to_str().expect("text").to_owned());
    assert_eq!(header("x-ratelimit-remaining-tokens").collect::<Vec<_>>(), ["29999"]);
    assert_eq!(header("set-cookie").collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert_eq!(header("content-length").collect::<Vec<_>>(), [body.len().to_string()]);
    assert_eq!(response.text().await.expect("a body"), body);

    let got = provider.got().remove(0);
    assert_eq!(
        (got.method.as_str(), got.path.as_str()),
        ("POST", "/v1/chat/completions?api-version=2025-01-01&x=a%20b")
    );
    assert_eq!(got.body, sent);
    let (call, _) = only(&app).await;
    let mut names: Vec<String> =
        got.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().expect("text"))).collect();
    names.sort_unstable();
    let text = |key: &str| call[key].as_str().expect("text").to_owned();
    let expected = [
        "accept-encoding: gzip, br".to_owned(),
        "accept: application/json".to_owned(),
        "authorization: Bearer sk-test".to_owned(),
        format!("content-length: {}", sent.len()),
        "content-type: application/json; charset=utf-8".to_owned(),
        format!("host: {}", provider.address),
        "openai-organization: org-1".to_owned(),
        // A trace of its own; a tracestate without a traceparent is nobody's.
        format!("traceparent: 00-{}-{}-01", text("trace_id"), text("span_id")),
        "user-agent: agent/1".to_owned(),
        "x-multi: 1".to_owned(),
        "x-multi: 2".to_owned(),
    ];
    assert_eq!(names, expected);
    assert_eq!(call["user"], "anna");
    app.stop().await;
}

#[tokio::test]
async fn each_piece_is_there_before_the_next_is_sent() {
    let (reply, pieces) = Reply::pieces("text/event-stream");
    let provider = Provider::start([reply]).await;
    let app = relaying(&provider).await;
    let request = json!({"model": "gpt-4o", "stream": true, "messages": []});
    let response = app.client.post(url(&app, CHAT)).json(&request).send().await.expect("answers at once");
    let mut body = response.bytes_stream();
    for word in ["One", "Two", "Three"] {
        let piece = format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"content": word}}]}));
        pieces.send(Ok(piece.clone().into())).await.expect("taken");
        // Waits for ever if the relay waited for more.
        assert_eq!(body.next().await.expect("a piece").expect("whole"), piece);
    }
    drop(pieces);
    assert!(body.next().await.is_none());
    let (call, _) = only(&app).await;
    assert_eq!(call["output_preview"], "OneTwoThree");
    app.stop().await;
}

#[tokio::test]
async fn a_request_is_passed_on_while_it_comes() {
    let provider = Provider::start([Reply::json(200, &answer())]).await;
    let app = relaying(&provider).await;
    let text = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}).to_string();
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
    let pieces = futures_util::stream::poll_fn(move |context| {
        receiver.poll_recv(context).map(|piece| piece.map(Ok::<_, std::io::Error>))
    });
    let sending = tokio::spawn(app.client.post(url(&app, CHAT)).body(reqwest::Body::wrap_stream(pieces)).send());
    for piece in text.as_bytes().chunks(7) {
        sender.send(Bytes::copy_from_slice(piece)).await.expect("taken");
    }
    drop(sender);
    let response = sending.await.expect("no panic").expect("answers");
    assert_eq!(response.json::<Value>().await.expect("JSON"), answer());
    let got = provider.got().remove(0);
    assert_eq!((got.body, &got.headers["transfer-encoding"]), (text.into(), &"chunked".parse().expect("a value")));
    let (call, _) = only(&app).await;
    assert_eq!((&call["input_preview"], &call["output_preview"]), (&json!("Hi"), &json!("Hello.")));
    app.stop().await;
}

#[tokio::test]
async fn compressed_bytes_stay_compressed_and_are_read_all_the_same() {
    let event = json!({"choices": [{"index": 0, "delta": {"content": "Hello."}}], "model": "gpt-4o-2024-08-06"});
    let (whole, stream) = (gzip(&answer().to_string()), gzip(&format!("data: {event}\n\ndata: [DONE]\n\n")));
    let provider = Provider::start([
        Reply::whole(200, "application/json", whole.clone()).with("content-encoding", "gzip"),
        Reply::whole(200, "text/event-stream", stream.clone()).with("content-encoding", "gzip"),
        Reply::whole(200, "application/json", Bytes::from_static(b"\x0b\x02\x80")).with("content-encoding", "br"),
    ])
    .await;
    let app = relaying(&provider).await;
    let asked = gzip(&json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}).to_string());
    for (count, expected) in [(1, whole), (2, stream), (3, Bytes::from_static(b"\x0b\x02\x80"))] {
        let request = app.client.post(url(&app, CHAT)).header("content-encoding", "gzip").body(asked.clone());
        let response = request.send().await.expect("answers");
        assert_eq!(response.headers()["content-encoding"], if count == 3 { "br" } else { "gzip" });
        assert_eq!(response.bytes().await.expect("a body"), expected);
        recorded(&app, count).await;
    }
    assert!(provider.got().iter().all(|got| got.body == asked));
    let calls = recorded(&app, 3).await;
    let said = calls.iter().filter(|call| call["output_preview"] == "Hello.").count();
    assert_eq!((said, calls.iter().filter(|call| call["input_preview"] == "Hi").count()), (2, 3), "{calls:#?}");
    let unread = calls.iter().find(|call| call["output_preview"].is_null()).expect("one that was not read");
    let trace = app.get_ok(&format!("/api/v1/traces/{}", unread["trace_id"].as_str().expect("an id"))).await;
    let why = &trace["spans"][0]["attributes"]["tracemeter.relay.content"];
    assert_eq!(why, "the answer is not kept: it is compressed as \"br\", which is not read");
    app.stop().await;
}

#[tokio::test]
async fn what_is_too_large_is_passed_on_and_recorded_without_its_content() {
    let provider = Provider::start([Reply::json(200, &answer())]).await;
    let app = relaying_with(&provider, |config| config.relay.max_captured_bytes = 4096).await;
    let words = "x".repeat(300_000);
    let request = json!({"messages": [{"role": "user", "content": words}], "model": "gpt-4o-mini", "stream": false});
    let response = app.client.post(url(&app, CHAT)).json(&request).send().await.expect("answers");
    assert_eq!(response.json::<Value>().await.expect("JSON"), answer());
    assert_eq!(provider.got()[0].body.len(), request.to_string().len());
    let (call, span) = only(&app).await;
    assert_eq!((&call["request_model"], &call["input_preview"]), (&json!("gpt-4o-mini"), &Value::Null));
    // 10 x 2.50 + 5 x 10 dollars for a million, of the model that answered.
    assert_eq!((&call["cost"]["nano"], &call["output_preview"]), (&json!(75_000), &json!("Hello.")));
    let why = "the request is not kept: it is larger than 4096 bytes (relay.max_captured_bytes)";
    assert_eq!(span["attributes"]["tracemeter.relay.content"], why);
    app.stop().await;
}

#[tokio::test]
async fn paths_lead_to_the_upstream_they_name_or_mean() {
    let provider = Provider::start((0..5).map(|_| Reply::json(200, &json!({"data": []})))).await;
    let app = relaying(&provider).await;
    let get = async |app: &App, path: &str| {
        let response = app.client.get(url(app, path)).send().await.expect("answers");
        (response.status().as_u16(), response.text().await.expect("a body"))
    };
    for path in ["/openai/v1/models", "/openai/models", "/api/tags", "/v1/messages/batches"] {
        assert_eq!(get(&app, path).await.0, 200, "{path}");
    }
    let paths: Vec<String> = provider.got().into_iter().map(|got| got.path).collect();
    assert_eq!(paths, ["/v1/models", "/v1/models", "/api/tags", "/v1/messages/batches"]);
    let (status, text) = get(&app, "/v1/models").await;
    let error: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((status, &error["error"]["code"]), (404, &json!("unknown_upstream")));
    let message = error["error"]["message"].as_str().expect("a message");
    assert!(message.contains("/openai, /claude, /home"), "{message}");
    let refused = app.get_ok("/api/v1/arrivals").await;
    assert_eq!(refused["refusals"][0]["reason"], "unknown_upstream", "{refused:#}");
    let base = provider.url("/v1");
    let app =
        app.restart_with(|config| config.relay.upstream = vec![upstream("only", &base, UpstreamKind::OpenAi)]).await;
    assert_eq!(get(&app, "/v1/models").await.0, 200);
    assert_eq!(provider.got().len(), 5);
    // None of these was a model call.
    app.settled().await;
    assert!(app.journal_spans().await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn http_2_is_spoken_with_clients_that_like_it() {
    let (reply, pieces) = Reply::pieces("text/event-stream");
    let provider = Provider::start([reply]).await;
    let app = relaying(&provider).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    let request = json!({"model": "gpt-4o", "stream": true, "messages": []});
    let response = client.post(url(&app, CHAT)).json(&request).send().await.expect("answers");
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    pieces.send(Ok(Bytes::from_static(b"data: [DONE]\n\n"))).await.expect("taken");
    drop(pieces);
    assert_eq!(response.text().await.expect("a body"), "data: [DONE]\n\n");
    assert_eq!(only(&app).await.0["status"], "unset");
    app.stop().await;
}
