//! Prices of one's own reach new calls while the server runs, and every cost can be opened down to its attributes.

use std::process::{Command, Output};

use serde_json::{Value, json};
use tracemeter::config::{ClientCost, CostPreference};
use tracemeter::model::otlp::Span;

use crate::support::App;
use crate::support::otlp::{chat, span, traces, with};

const OVERRIDES: &str = "/api/v1/prices/overrides";

fn page(trace: u8) -> String {
    format!("/api/v1/traces/{}", format!("{trace:02x}").repeat(16))
}

fn explanation(trace: u8) -> String {
    format!("{}/spans/{}/cost", page(trace), "01".repeat(8))
}

async fn changed(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.header("x-tracemeter", "1").send().await.expect("answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// Asks for the cost of the one call of a trace, as lists have it.
async fn listed_cost(app: &App, trace: u8) -> Value {
    app.settled().await;
    let id = format!("{trace:02x}").repeat(16);
    app.get_ok(&format!("/api/v1/calls?trace_id={id}&since=2026-11-20T00:00:00Z")).await["items"][0]["cost"].clone()
}

fn unknown_model(trace: u8) -> Span {
    chat(span(trace, 1, "chat home-made", 9), "home-made-7b", 1_000, 100)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_set_by_the_api_prices_new_calls_and_the_page() {
    let app = App::start().await;
    app.send(&traces("a", vec![unknown_model(1)])).await;
    let before = listed_cost(&app, 1).await;
    assert_eq!((&before["usd"], &before["basis"]), (&Value::Null, &json!("unknown")), "never free");
    assert!(before["remedy"].as_str().expect("a remedy").contains("tracemeter prices set"));
    let why = app.get_ok(&explanation(1)).await;
    assert_eq!(why["cost"]["reason"], "unknown model \"home-made-7b\" (provider \"openai\")");
    assert_eq!(why["command"], "tracemeter prices set 'home-made-7b' --provider 'openai' --input 0.00 --output 0.00");

    let entry = json!({"provider": "openai", "model": "home-made-*", "input": 0.5, "output": 2, "comment": "ours"});
    let unguarded = app.client.put(app.web_url(OVERRIDES)).json(&entry).send().await.expect("answers");
    assert_eq!(unguarded.status(), 403);
    let (status, list) = changed(app.client.put(app.web_url(OVERRIDES)).json(&entry)).await;
    assert_eq!(status, 200, "{list:#}");
    assert_eq!(
        (list["items"][0]["model"].as_str(), list["items"][0]["input"].as_f64()),
        (Some("home-made-*"), Some(0.5))
    );
    let version = list["version"].as_str().expect("a version");
    assert!(version.starts_with("prices.toml "), "{version}");

    app.send(&traces("a", vec![unknown_model(2)])).await;
    let after = listed_cost(&app, 2).await;
    assert_eq!(after["nano"], 1_000 * 500 + 100 * 2_000, "{after:#}");
    assert_eq!(after["price"]["source"], version.split(" + ").next().expect("a part"));
    assert_eq!(listed_cost(&app, 1).await["usd"], Value::Null, "old calls stay until they are priced again");

    let remove = app.client.delete(app.web_url(&format!("{OVERRIDES}?model=home-made-*&provider=openai")));
    assert_eq!(changed(remove.try_clone().expect("no body")).await.1["items"], json!([]));
    assert_eq!(changed(remove).await.0, 404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_price_is_refused_with_its_reason() {
    let app = App::start().await;
    for (entry, told) in [
        (json!({"model": "m"}), "names no price"),
        (json!({"model": "m", "inptu": 1}), "inptu"),
        (json!({"model": "m", "input": -1}), "between 0 and"),
        (json!({"model": "m", "input": 1, "currency": "EUR"}), "usd_per_unit"),
    ] {
        let (status, answer) = changed(app.client.put(app.web_url(OVERRIDES)).json(&entry)).await;
        assert_eq!(status, 400, "{entry}");
        assert!(answer["error"]["message"].as_str().expect("a message").contains(told), "{answer:#}");
    }
    assert!(!app.data_dir().join("prices.toml").exists());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_fault_is_named_and_the_last_good_one_holds() {
    let app = App::start().await;
    let path = app.data_dir().join("prices.toml");
    std::fs::write(&path, "[[price]]\nmodel = \"home-made-7b\"\ninput = 1\noutput = 1\n").expect("written");
    let of = |book: &Value| book["version"].as_str().expect("a version").to_owned();
    let good = of(&app.until("/api/v1/prices", |book| of(book).starts_with("prices.toml")).await);
    std::fs::write(&path, "[[price]]\nmodel = \"home-made-7b\"\ninptu = 1\n").expect("written");
    let told = |health: &Value| {
        let problems = health["problems"].as_array().cloned().unwrap_or_default();
        problems.iter().any(|problem| problem["message"].as_str().is_some_and(|text| text.contains("line 3, inptu")))
    };
    app.until("/api/v1/health", told).await;
    assert_eq!(of(&app.get_ok("/api/v1/prices").await), good);
    app.send(&traces("a", vec![unknown_model(1)])).await;
    assert_eq!(listed_cost(&app, 1).await["nano"], 1_100_000);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_opens_down_to_the_attributes() {
    let app = App::start().await;
    let call = chat(span(1, 1, "chat", 9), "gpt-5-20250807", 1_000, 500);
    let call = with(call, "gen_ai.usage.cache_read.input_tokens", 600);
    let call = with(call, "gen_ai.usage.reasoning.output_tokens", 200);
    let call = with(call, "openai.response.service_tier", "flex");
    let call = with(with(call, "gen_ai.usage.cost", 1.5), "gen_ai.request.max_tokens", 900);
    app.send(&traces("shop", vec![call, span(1, 2, "plain", 8)])).await;
    let why = app.get_ok(&explanation(1)).await;
    let keys: Vec<&str> =
        why["attributes"].as_array().expect("facts").iter().filter_map(|fact| fact["key"].as_str()).collect();
    for key in [
        "gen_ai.request.model",
        "gen_ai.provider.name",
        "gen_ai.usage.input_tokens",
        "openai.response.service_tier",
        "gen_ai.usage.cost",
    ] {
        assert!(keys.contains(&key), "{keys:?}");
    }
    assert!(!keys.contains(&"gen_ai.request.max_tokens"), "{keys:?}");
    assert_eq!((&why["dialect"], &why["service_tier"]), (&json!("otel_genai"), &json!("flex")));
    assert!(why["rules"][0].as_str().expect("a rule").ends_with("1000 - 600 = 400 uncached"), "{why:#}");
    assert_eq!((&why["usage"]["input"], &why["usage"]["output"]), (&json!(400), &json!(300)));
    let cost = &why["cost"];
    assert_eq!(cost["price"]["model"], "gpt-5", "{why:#}");
    assert!(cost["price"]["how"].as_str().expect("how").contains("pattern") || cost["price"]["how"] == "exact");
    let lines = cost["buckets"].as_array().expect("lines");
    let sum: i64 = lines.iter().map(|line| line["amount_nano"].as_i64().expect("an amount")).sum();
    assert_eq!(cost["nano"], sum);
    assert_eq!(
        (&cost["reported_usd"], &cost["mismatch"], &why["prefer"]),
        (&json!(1.5), &json!(true), &json!("computed"))
    );

    let plain = format!("{}/spans/{}/cost", page(1), "02".repeat(8));
    for (path, status) in [
        (plain, 404),
        (format!("{}/spans/{}/cost", page(1), "09".repeat(8)), 404),
        (format!("{}/spans/x/cost", page(1)), 400),
    ] {
        assert_eq!(app.get(&path).await.0, status, "{path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_figure_counts_where_the_config_says_so() {
    let told = ClientCost { service: Some("proxy*".into()), dialect: None, prefer: CostPreference::Reported };
    let app = App::start_with(|config| {
        config.cost.client = vec![told];
        (config.cost.currency, config.cost.rate) = ("EUR".into(), 0.5);
    })
    .await;
    let call = |trace| with(chat(span(trace, 1, "chat", 9), "gpt-4o-mini", 1_000, 0), "gen_ai.usage.cost", 0.25);
    app.send(&traces("proxy-1", vec![call(1)])).await;
    app.send(&traces("shop", vec![call(2)])).await;
    let theirs = listed_cost(&app, 1).await;
    assert_eq!(
        (&theirs["usd"], &theirs["basis"], &theirs["mismatch"]),
        (&json!(0.25), &json!("reported"), &json!(true))
    );
    assert_eq!(theirs["buckets"][0]["amount_nano"], 150_000, "our derivation stays beside it");
    let ours = listed_cost(&app, 2).await;
    assert_eq!((&ours["nano"], &ours["basis"]), (&json!(150_000), &json!("computed")));
    assert_eq!(app.get_ok(&explanation(1)).await["prefer"], "reported");
    assert_eq!(app.get_ok("/api/v1/currency").await, json!({"currency": "EUR", "rate": 0.5}));
    app.stop().await;
}

fn run(app: &App, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tracemeter"));
    command.arg("prices").args(args).arg("--data-dir").arg(app.data_dir()).env_clear();
    command.output().expect("the binary runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_works_beside_the_server() {
    let app = App::start().await;
    let set = run(&app, &["set", "gpt-4o-mini", "--provider", "openai", "--input", "9", "--from", "2026-11-01"]);
    assert!(set.status.success(), "{set:?}");
    let told = String::from_utf8(set.stdout).expect("text");
    assert!(told.contains("# taken over: cache_read $0.075 per million tokens"), "{told}");
    // The server looks by itself; asking for the prices makes it look at once.
    let version = |book: &Value| book["version"].as_str().is_some_and(|name| name.starts_with("prices.toml"));
    app.until("/api/v1/prices?q=gpt-4o-mini&provider=openai&limit=1", version).await;
    app.send(&traces("a", vec![chat(span(1, 1, "chat", 9), "gpt-4o-mini-2024-07-18", 1_000, 0)])).await;
    assert_eq!(listed_cost(&app, 1).await["nano"], 9_000_000);

    let show = String::from_utf8(run(&app, &["show", "gpt-4o-mini", "--provider", "openai"]).stdout).expect("text");
    assert!(show.contains("source      prices.toml") && show.contains("from 2026-11-01"), "{show}");
    let unasked = run(&app, &["refresh"]);
    assert!(String::from_utf8_lossy(&unasked.stderr).contains("say where from"), "{unasked:?}");

    let table = app.data_dir().join("new.json");
    let text = r#"[{"id": "openai", "models": [{"id": "gpt-9", "match": {"starts_with": "gpt-9"}, "prices": {"input_mtok": 3}}]}]"#;
    std::fs::write(&table, text).expect("written");
    let path = table.to_str().expect("UTF-8");
    let asked = run(&app, &["refresh", "--file", path]);
    assert!(!asked.status.success() && String::from_utf8_lossy(&asked.stdout).contains("+ openai/gpt-9"), "{asked:?}");
    assert!(run(&app, &["refresh", "--file", path, "--yes"]).status.success());
    app.until("/api/v1/prices?q=gpt-9", |book| book["items"][0]["rows"][0]["prices"][0]["price_usd"] == 3.0).await;
    assert!(run(&app, &["refresh", "--embedded"]).status.success());
    app.stop().await;
}
