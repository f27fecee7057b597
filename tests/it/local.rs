//! Models at home: from OTLP to an amount that the lists, the boards and the trace page agree on.

use serde_json::{Value, json};
use tracemeter::config::{Config, EnergyRule, LocalRule, Tariff};
use tracemeter::model::otlp::Span;

use crate::support::App;
use crate::support::otlp::{span, traces, with};

/// A chat call that `provider` answered at `server`.
fn chat(span: Span, provider: &str, server: &str, model: &str) -> Span {
    let span = with(span, "gen_ai.operation.name", "chat");
    let span = with(span, "gen_ai.provider.name", provider);
    let span = with(span, "gen_ai.request.model", model);
    let span = with(span, "server.address", server);
    let span = with(span, "gen_ai.usage.input_tokens", 1000_i64);
    with(span, "gen_ai.usage.output_tokens", 100_i64)
}

fn lasting(mut span: Span, seconds: u64) -> Span {
    span.end_time_unix_nano = span.start_time_unix_nano + seconds * 1_000_000_000;
    span
}

pub fn energy(watts: Option<f64>) -> EnergyRule {
    EnergyRule {
        watts,
        prometheus: None,
        home_assistant: None,
        shelly: None,
        tasmota: None,
        idle_watts: 0.0,
        idle_share: 1.0,
        tariff: Tariff::Flat(0.36),
        zone: "Europe/Berlin".into(),
    }
}

fn one_rule(config: &mut Config) {
    let rule = LocalRule {
        name: "workstation".into(),
        host: vec!["192.168.1.20".into(), "gpu.lan".into()],
        energy: Some(energy(Some(300.0))),
        ..LocalRule::default()
    };
    config.local.push(rule);
}

fn cost_of(trace: &Value) -> &Value {
    &trace["spans"][0]["call"]["cost"]
}

#[tokio::test]
async fn overlapping_calls_share_the_energy_everywhere_it_is_shown() {
    let app = App::start_with(one_rule).await;
    // Ten seconds each; the second starts half-way.
    let first = lasting(chat(span(1, 1, "chat", 60), "ollama", "192.168.1.20", "qwen3:8b"), 10);
    let second = lasting(chat(span(2, 1, "chat", 55), "openai", "gpu.lan", "qwen3:8b"), 10);
    app.send(&traces("agent", vec![first])).await;
    let alone =
        app.until(&format!("/api/v1/traces/{}", "01".repeat(16)), |trace| cost_of(trace)["nano"] == 300_000).await;
    assert_eq!(cost_of(&alone)["basis"], "local");
    app.send(&traces("agent", vec![second])).await;
    let path = format!("/api/v1/traces/{}", "01".repeat(16));
    let shared = app.until(&path, |trace| cost_of(trace)["nano"] == 225_000).await;
    assert_eq!(shared["cost_nano"], 225_000, "the trace says what its call says");
    let local = &cost_of(&shared)["local"];
    assert_eq!(
        *local,
        json!({
            "rule": "workstation", "machine": "workstation",
            "bill": {
                "lasted_ms": 10_000.0, "share_ms": 7_500.0, "most_at_once": 2,
                "energy": {
                    "watts": 300.0, "idle_watts": 0.0, "source": "constant", "watt_hours": 0.625,
                    "tariff": [{ "per_kwh_usd": 0.36, "watt_hours": 0.625, "amount_usd": 0.000225, "amount_nano": 225_000 }],
                },
                "amortisation_usd": null, "amortisation_nano": null,
            },
        })
    );
    app.settled().await;
    let calls = app.get_ok("/api/v1/calls").await;
    let amounts: Vec<&Value> =
        calls["items"].as_array().expect("items").iter().map(|call| &call["cost"]["nano"]).collect();
    assert_eq!(amounts, [225_000, 225_000]);
    let board = app.get_ok("/api/v1/cost?group_by=model").await;
    assert_eq!((&board["items"][0]["cost_nano"], &board["items"][0]["unpriced_calls"]), (&json!(450_000), &json!(0)));
    let listed = app.get_ok("/api/v1/traces").await;
    assert_eq!(listed["items"][0]["cost_nano"], 225_000);

    // The analytics are made again from the journal.
    let app = app.restart_after(|data| std::fs::remove_dir_all(data.join("analytics")).expect("removed")).await;
    app.settled().await;
    let again = app.get_ok("/api/v1/calls").await;
    assert_eq!(again["items"], calls["items"]);
    app.stop().await;
}

#[tokio::test]
async fn without_a_rule_a_local_model_has_no_price_and_a_cloud_model_behind_a_proxy_keeps_its() {
    let app = App::start().await;
    let at_home = chat(span(1, 1, "chat", 60), "openai", "localhost", "llama3.1-70b-versatile");
    let proxied = chat(span(2, 1, "chat", 50), "openai", "localhost", "gpt-4o");
    app.send(&traces("agent", vec![at_home, proxied])).await;
    app.settled().await;
    let calls = app.get_ok("/api/v1/calls?order=newest").await;
    let cost = |at: usize| &calls["items"][at]["cost"];
    assert_eq!(cost(0)["price"]["model"], "gpt-4o");
    assert_eq!(cost(1)["nano"], Value::Null);
    assert_eq!(cost(1)["reason"], "runs locally at localhost; no [[local]] rule for model \"llama3.1-70b-versatile\"");
    app.stop().await;
}

#[tokio::test]
async fn calls_at_home_are_compared_with_a_model_of_the_cloud() {
    let app = App::start_with(one_rule).await;
    let local = lasting(chat(span(1, 1, "chat", 60), "ollama", "192.168.1.20", "qwen3:8b"), 10);
    let proxied = chat(span(2, 1, "chat", 50), "openai", "localhost", "gpt-4o");
    let mut uncounted = lasting(chat(span(3, 1, "chat", 40), "ollama", "192.168.1.20", "qwen3:8b"), 10);
    uncounted.attributes.retain(|pair| !pair.key.starts_with("gen_ai.usage."));
    let embedding = chat(span(4, 1, "embeddings", 30), "openai", "api.openai.com", "text-embedding-3-small");
    let mut embedding = embedding;
    embedding
        .attributes
        .retain(|pair| !["gen_ai.operation.name", "gen_ai.usage.output_tokens"].contains(&pair.key.as_str()));
    let embedding = with(embedding, "gen_ai.operation.name", "embeddings");
    app.send(&traces("agent", vec![local, proxied, uncounted, embedding])).await;
    app.settled().await;
    let answer = app.get_ok("/api/v1/compare?to=openai/gpt-4o-mini&group_by=model").await;
    // 1000 tokens in at 0.15 and 100 out at 0.60 dollars per million.
    let there = |model: &str| {
        let items = answer["items"].as_array().expect("items").iter();
        let row = items.clone().find(|row| row["model"] == model).unwrap_or_else(|| panic!("{answer:#}"));
        (
            row["calls"].as_u64(),
            row["compared_calls"].as_u64(),
            row["cost_nano"].as_i64(),
            row["compared_nano"].as_i64(),
        )
    };
    assert_eq!(there("qwen3:8b"), (Some(2), Some(1), Some(300_000), Some(210_000)));
    assert_eq!(there("gpt-4o"), (Some(1), Some(1), Some(3_500_000), Some(210_000)));
    assert_eq!(answer["total"]["compared_nano"], 420_000);
    assert_eq!(
        answer["left_out"],
        json!([
            { "reason": "embeddings: compared only when operation=embeddings is asked for", "calls": 1 },
            { "reason": "no token counts", "calls": 1 },
        ])
    );
    assert_eq!(answer["price"]["model"], "gpt-4o-mini");
    let narrow = app.get_ok("/api/v1/compare?to=openai/text-embedding-3-small&operation=embeddings").await;
    assert_eq!(narrow["total"]["compared_nano"], 20_000, "{narrow:#}");
    let (status, refused) = app.get("/api/v1/compare?to=openai/no-such-model").await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("bad_parameter")));
    let found = app.get_ok("/api/v1/compare/models?q=openai%204o-mini&limit=3").await;
    assert_eq!(found["items"][0]["id"], "openai/gpt-4o-mini");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_comes_later_reaches_old_calls_by_reindex() {
    let app = App::start().await;
    let first = lasting(chat(span(1, 1, "chat", 60), "ollama", "192.168.1.20", "qwen3:8b"), 10);
    let second = lasting(chat(span(2, 1, "chat", 55), "openai", "gpu.lan", "qwen3:8b"), 10);
    app.send(&traces("agent", vec![first, second])).await;
    app.settled().await;
    let app = app.restart_with(one_rule).await;
    app.settled().await;
    let total = async |app: &App| app.get_ok("/api/v1/cost").await["items"][0].clone();
    assert_eq!(total(&app).await["unpriced_calls"], 2, "what is stored stays until it is read anew");
    let request = app.client.post(app.web_url("/api/v1/reindex?what=prices")).header("x-tracemeter", "1");
    assert_eq!(request.send().await.expect("answers").status(), 202);
    let report = app.until("/api/v1/reindex", |report| report["state"] == "done").await;
    // Charged within the switch: the outcome knows it, and nobody has seen it half done.
    assert_eq!(report["outcome"]["after"]["cost_nano"], 450_000, "{report:#}");
    assert_eq!(report["outcome"]["after"]["unpriced_calls"], 0);
    assert_eq!(total(&app).await["cost_nano"], 450_000);
    let calls = app.get_ok("/api/v1/calls").await;
    assert_eq!(calls["items"][0]["cost"]["local"]["bill"]["most_at_once"], 2);
    assert_eq!(app.get_ok("/api/v1/traces").await["items"][0]["cost_nano"], 225_000);
    app.stop().await;
}
