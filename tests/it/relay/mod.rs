//! The relay between a real client and a provider that answers as it is told: what is passed on, and what is recorded.

mod calls;
mod faults;
mod passing;
mod secrets;

use serde_json::Value;
use tracemeter::config::{UpstreamConfig, UpstreamKind};

use crate::support::App;
use crate::support::provider::Provider;

/// A day around the hands of the tests' clock.
const DAY: &str = "since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z";

/// A relay to `provider` in all three kinds: `/openai`, `/claude` and `/home`.
async fn relaying(provider: &Provider) -> App {
    relaying_with(provider, |_| {}).await
}

async fn relaying_with(provider: &Provider, change: impl FnOnce(&mut tracemeter::config::Config)) -> App {
    let (openai, bare) = (provider.url("/v1"), provider.url(""));
    App::start_with(|config| {
        config.relay.listen = Some("127.0.0.1:0".parse().expect("an address"));
        config.relay.upstream = vec![
            upstream("openai", &openai, UpstreamKind::OpenAi),
            upstream("claude", &bare, UpstreamKind::Anthropic),
            upstream("home", &bare, UpstreamKind::Ollama),
        ];
        change(config);
    })
    .await
}

fn upstream(name: &str, url: &str, kind: UpstreamKind) -> UpstreamConfig {
    UpstreamConfig { name: name.into(), url: url.into(), kind, provider: None }
}

fn url(app: &App, path: &str) -> String {
    format!("http://{}{path}", app.addresses().relay.expect("the relay is on"))
}

/// Waits until `count` calls are recorded, and gives them, the newest first.
async fn recorded(app: &App, count: usize) -> Vec<Value> {
    let path = format!("/api/v1/calls?{DAY}");
    let list = app.until(&path, |list| list["items"].as_array().is_some_and(|items| items.len() >= count)).await;
    let items = list["items"].as_array().expect("a list").clone();
    assert_eq!(items.len(), count, "{list:#}");
    items
}

/// The only call there is, and its span on the page of its trace.
async fn only(app: &App) -> (Value, Value) {
    let call = recorded(app, 1).await.remove(0);
    let trace = app.get_ok(&format!("/api/v1/traces/{}", call["trace_id"].as_str().expect("an id"))).await;
    (call, trace["spans"][0].clone())
}

/// The figures that are not zero, by bucket.
fn usage(call: &Value) -> Vec<(String, u64)> {
    let buckets = call["usage"].as_object().unwrap_or_else(|| panic!("usage of {call:#}"));
    let told = buckets.iter().map(|(name, tokens)| (name.clone(), tokens.as_u64().expect("a number")));
    told.filter(|(name, tokens)| *tokens > 0 && name != "total").collect()
}

fn figures(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(name, tokens)| ((*name).to_owned(), *tokens)).collect()
}
