//! Keys of providers go to the provider: they are in no file, in no record and in no line of the log.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use super::{recorded, relaying_with, upstream, url};
use crate::support::provider::{Provider, Reply};
use crate::support::stores;
use tracemeter::config::UpstreamKind;

/// None of them looks like a key: nothing but not being written keeps them out.
const KEYS: [&str; 6] = [
    "bearer-quietriver",
    "apikey-quietriver",
    "query-quietriver",
    "azure-quietriver",
    "cookie-quietriver",
    "helicone-quietriver",
];

/// All that is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn keys_go_to_the_provider_and_nowhere_else() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // The runtime of this test has one thread, so that it hears the relay too.
    let listening = tracing::subscriber::set_default(subscriber);
    let answer = json!({"model": "gpt-4o", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    let provider = Provider::start([
        Reply::json(200, &answer),
        Reply::json(
            401,
            &json!({"error": {"message": "no", "type": "invalid_request_error", "code": "invalid_api_key"}}),
        ),
    ])
    .await;
    let app = relaying_with(&provider, |config| {
        // Nobody listens on the port of discarded bytes.
        config.relay.upstream.push(upstream("gone", "http://127.0.0.1:9", UpstreamKind::OpenAi));
    })
    .await;
    let paths =
        ["/openai/v1/chat/completions", "/claude/v1/messages", "/gone/v1/chat/completions", "/nowhere/v1/models"];
    for path in paths {
        let request = app
            .client
            .post(url(&app, &format!("{path}?key={}", KEYS[2])))
            .header("authorization", format!("Bearer {}", KEYS[0]))
            .header("x-api-key", KEYS[1])
            .header("api-key", KEYS[3])
            .header("cookie", format!("session={}", KEYS[4]))
            .header("helicone-auth", format!("Bearer {}", KEYS[5]))
            .json(&json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "A loud river."}]}));
        let answer = request.send().await.expect("answers");
        let text = answer.text().await.expect("a body");
        stores::assert_without(&KEYS, text.as_bytes(), "an answer of ours");
    }
    let got = format!("{:?}", provider.got());
    assert!(KEYS[..5].iter().all(|key| got.contains(key)) && !got.contains(KEYS[5]), "{got}");
    recorded(&app, 3).await;
    app.settled().await;
    app.until("/api/v1/health", |health| health["search"]["caught_up"] == true).await;
    let mut said = false;
    for payload in app.journal_payloads().await {
        stores::assert_without(&KEYS, format!("{payload:?}").as_bytes(), "the journal");
        said |= format!("{payload:?}").contains("A loud river.");
    }
    assert!(said, "what is not secret is there");
    for path in ["/api/v1/health", "/api/v1/arrivals", "/metrics"] {
        let text = app.client.get(app.web_url(path)).send().await.expect("answers").text().await.expect("text");
        stores::assert_without(&KEYS, text.as_bytes(), path);
    }
    app.restart_after(|data_dir| stores::assert_kept_without(&KEYS, data_dir)).await.stop().await;
    drop(listening);
    let log = log.0.lock().expect("not poisoned");
    assert!(String::from_utf8_lossy(&log).contains("gone does not answer the relay"), "the log was heard");
    stores::assert_without(&KEYS, &log, "the log");
}
