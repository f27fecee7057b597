//! One trace all the way: sent over OTLP, kept, priced, asked for.

use crate::erase::files_with;
use crate::support::App;
use crate::support::otlp::{chat, child, failed, span, traces, with};

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_kept_priced_and_shown() {
    let app = App::start().await;
    let messages = r#"[{"role":"user","parts":[{"type":"text","content":"What is the capital of Austria?"}]}]"#;
    let answer = r#"[{"role":"assistant","parts":[{"type":"text","content":"Vienna."}],"finish_reason":"stop"}]"#;
    let call = chat(span(1, 2, "chat gpt-4o-mini", 9), "gpt-4o-mini", 1_200, 345);
    let call = with(with(call, "gen_ai.input.messages", messages), "gen_ai.output.messages", answer);
    let call = with(call, "gen_ai.usage.cache_read.input_tokens", 800);
    let root = with(span(1, 1, "answer", 10), "ai.feature", "geography");
    app.send(&traces("quiz", vec![root, child(1, call), child(1, failed(span(1, 3, "lookup", 9), "no route"))])).await;

    let id = "01".repeat(16);
    let trace = app.get_ok(&format!("/api/v1/traces/{id}")).await;
    assert_eq!(trace["span_count"], 3);
    assert_eq!(trace["call_count"], 1);
    assert_eq!(trace["error_count"], 1);
    let spans = trace["spans"].as_array().expect("spans");
    let call = &spans.iter().find(|span| span["name"] == "chat gpt-4o-mini").expect("the call")["call"];
    assert_eq!(call["usage"]["input"], 400, "uncached");
    assert_eq!(call["usage"]["cache_read"], 800);
    assert_eq!(call["usage"]["output"], 345);
    assert_eq!(call["input_messages"][0]["parts"][0]["text"], "What is the capital of Austria?");
    assert_eq!(call["output_messages"][0]["parts"][0]["text"], "Vienna.");
    // 0.15, 0.075 and 0.60 $ per million tokens: OpenAI's published prices of gpt-4o-mini since July 2024.
    let expected = 400 * 150 + 800 * 75 + 345 * 600;
    assert_eq!(call["cost"]["nano"], expected, "{:#}", call["cost"]);

    app.settled().await;
    let list = app.get_ok("/api/v1/traces?feature=geography&since=2026-11-20T00:00:00Z").await;
    assert_eq!(list["items"][0]["trace_id"], id.as_str());
    assert_eq!(list["items"][0]["cost_nano"], expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_masked_before_the_journal() {
    let app = App::start().await;
    let secret = format!("sk-proj-{}", "aB3dE6gH9".repeat(6));
    let span = with(span(2, 1, "chat", 5), "llm.headers", format!("Authorization: Bearer {secret}"));
    app.send(&traces("leaky", vec![span])).await;
    let kept = app.journal_spans().await;
    assert_eq!(kept.len(), 1);
    assert!(!format!("{kept:?}").contains(&secret), "{kept:?}");
    assert!(format!("{kept:?}").contains("[redacted:"), "{kept:?}");
    // Every file of every store, write-ahead logs included.
    assert_eq!(files_with(&app.data_dir(), &secret), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_data_directory_are_refused() {
    let app = App::start().await;
    let mut config = tracemeter::config::Config { data_dir: app.data_dir(), ..Default::default() };
    config.receive.grpc.set_port(0);
    config.receive.http.set_port(0);
    config.web.listen.set_port(0);
    let second = tracemeter::app::App::start(&config, tracemeter::clock::Clock::system()).await;
    let error = second.err().expect("refused").to_string();
    assert!(error.contains("in use by another tracemeter"), "{error}");
    app.stop().await;
}
