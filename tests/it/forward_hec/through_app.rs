//! The whole way: received, kept, forwarded, while the collector has its faults.

use serde_json::json;
use tracemeter::config::{LocalRule, Start};

use super::*;
use crate::support::App;
use crate::support::otlp::{child, logs};

/// An app that forwards everything to `hec` in requests of at most `records` records.
async fn app_for(hec: &Hec, records: usize) -> App {
    let mut destination = config(&hec.url());
    destination.from = Start(Some("beginning".into()));
    destination.batch_records = records;
    App::start_with(|config| config.destination.push(destination)).await
}

/// Dead letters as the ledger has them: reason and response.
fn dead_letters(app: &App) -> Vec<(String, String)> {
    let ledger = rusqlite::Connection::open(app.data_dir().join("forward.sqlite")).expect("opens");
    let mut statement = ledger.prepare("SELECT reason, response FROM dead_letter ORDER BY id").expect("a statement");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    rows.map(|row| row.expect("a row")).collect()
}

/// Waits until there are so many dead letters.
async fn until_dead(app: &App, count: usize) -> Vec<(String, String)> {
    let started = tokio::time::Instant::now();
    loop {
        let dead = dead_letters(app);
        if dead.len() >= count {
            return dead;
        }
        assert!(started.elapsed() < crate::support::PATIENCE, "{count} dead letters expected: {dead:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn of_span(indexed: &[Value], number: u8) -> &Value {
    indexed.iter().map(|event| &event["event"]).find(|event| event["span_id"] == id(number)).expect("it is there")
}

#[tokio::test]
async fn sums_in_splunk_are_those_of_the_board() {
    let hec = Hec::start();
    let app = app_for(&hec, 1000).await;
    // The call in the middle comes first, what encloses it and tells the same comes alone and later.
    let root = with(child(0, span(1, 1, "ask", 10)), "session.id", "s1");
    app.send(&traces("shop", vec![root])).await;
    app.send(&traces("shop", vec![child(2, chat(span(1, 3, "chat", 9), "gpt-4o-mini", 1000, 100))])).await;
    hec.until(|indexed| indexed.len() == 2).await;
    app.send(&traces("shop", vec![child(1, chat(span(1, 2, "wrapper", 9), "gpt-4o-mini", 1000, 100))])).await;
    app.send(&traces("shop", vec![child(1, chat(span(1, 4, "chat", 5), "gpt-4o", 10, 10))])).await;
    let indexed = hec.until(|indexed| indexed.len() == 4).await;
    let shown = |number: u8| {
        let span = of_span(&indexed, number);
        (span["counted"].clone(), span["session"].clone())
    };
    assert_eq!(shown(3), (json!(true), json!("s1")), "the only session of its trace, which came before");
    assert_eq!(shown(2), (json!(false), json!("s1")), "the whole trace tells that it repeats the usage of another");
    assert_eq!(shown(4), (json!(true), json!("s1")), "its session stands on the root");
    let counted = indexed.iter().map(|event| &event["event"]).filter(|event| event["counted"] == true);
    let sum: f64 = counted.map(|event| event["cost_usd"].as_f64().expect("a cost")).sum();
    app.settled().await;
    let board = app.get_ok("/api/v1/cost?since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z").await;
    let cost = board["items"][0]["cost_usd"].as_f64().expect("a cost");
    assert!((sum - cost).abs() < 1e-9, "{sum} in Splunk, {cost} on the board");
    assert_eq!(hec.violations(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn a_call_at_home_has_the_cost_of_its_energy() {
    let hec = Hec::start();
    let mut destination = config(&hec.url());
    destination.from = Start(Some("beginning".into()));
    let app = App::start_with(|config| {
        config.destination.push(destination);
        config.local.push(LocalRule {
            name: "workstation".into(),
            host: vec!["gpu.lan".into()],
            energy: Some(crate::local::energy(Some(300.0))),
            ..LocalRule::default()
        });
    })
    .await;
    let mut call = with(chat(span(1, 1, "chat", 60), "qwen3:8b", 1000, 100), "server.address", "gpu.lan");
    call.end_time_unix_nano = call.start_time_unix_nano + 10_000_000_000;
    app.send(&traces("agent", vec![call])).await;
    let indexed = hec.until(|indexed| indexed.len() == 1).await;
    let call = &indexed[0]["event"];
    // 300 W for ten seconds at 0.36 $/kWh.
    assert_eq!((&call["cost_usd"], &call["cost_basis"]), (&json!(0.0003), &json!("local")));
    assert_eq!(call.get("cost_reason"), None);
    app.stop().await;
}

#[tokio::test]
async fn who_gets_less_than_is_kept_learns_nothing_of_it_from_the_whole_trace() {
    let hec = Hec::start();
    let mut destination = config(&hec.url());
    destination.from = Start(Some("beginning".into()));
    let rule = json!({"key": "session.id", "action": "drop"});
    destination.redact.push(serde_json::from_value(rule).expect("a rule"));
    let app = App::start_with(|config| config.destination.push(destination)).await;
    app.send(&traces("shop", vec![with(span(1, 1, "ask", 10), "session.id", "secret-session")])).await;
    app.send(&traces("shop", vec![child(1, chat(span(1, 2, "chat", 9), "gpt-4o-mini", 10, 1))])).await;
    let indexed = hec.until(|indexed| indexed.len() == 2).await;
    assert_eq!(of_span(&indexed, 2)["counted"], true);
    assert!(!format!("{indexed:?}").contains("secret-session"), "{indexed:?}");
    app.stop().await;
}

#[tokio::test]
async fn every_signal_arrives_and_metrics_have_their_index() {
    let hec = Hec::start_with(Settings { indexes: HashSet::from(["llm_metrics".to_owned()]), ..Settings::default() });
    let mut destination = config(&hec.url());
    destination.from = Start(Some("beginning".into()));
    destination.splunk.metrics.index = Some("llm_metrics".into());
    let app = App::start_with(|config| config.destination.push(destination)).await;
    app.send(&traces("shop", vec![numbered(1, None, 0)])).await;
    let record = |name: &str| tracemeter::model::otlp::LogRecord {
        time_unix_nano: at(NOON).0.unsigned_abs(),
        event_name: name.into(),
        ..Default::default()
    };
    let data = logs("shop", vec![record("job.done"), record("gen_ai.evaluation.result")]);
    assert_eq!(app.post("/v1/logs", prost::Message::encode_to_vec(&data)).await.status(), 200);
    let metrics = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": "queue.length", "gauge": {"dataPoints": [{"timeUnixNano": "1795176000000000000", "asInt": "3"}]}},
        {"name": "queue.age", "gauge": {"dataPoints": [{"timeUnixNano": "1795176000000000000", "asDouble": 0.5}]}},
    ]}]}]});
    let sent = app.client.post(app.http_url("/v1/metrics")).header("content-type", "application/json");
    assert_eq!(sent.body(metrics.to_string()).send().await.expect("answers").status(), 200);
    let indexed = hec.until(|indexed| indexed.len() == 4).await;
    let mut types: Vec<&str> = indexed.iter().filter_map(|event| event["sourcetype"].as_str()).collect();
    types.sort_unstable();
    assert_eq!(types, ["tracemeter:log", "tracemeter:metric", "tracemeter:score", "tracemeter:span"]);
    let metric = indexed.iter().find(|event| event["event"] == "metric").expect("measurements");
    assert_eq!(metric["index"], "llm_metrics");
    let numbers = (&metric["fields"]["metric_name:queue.length"], &metric["fields"]["metric_name:queue.age"]);
    assert_eq!(numbers, (&json!(3), &json!(0.5)));
    assert_eq!(hec.violations(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn what_was_confirmed_is_not_sent_again_after_a_restart() {
    let hec = Hec::start();
    let app = app_for(&hec, 3).await;
    hec.schedule([Fault::None, Fault::Busy { indexed: Some(1) }, Fault::Refuse { status: 403, code: 4, after: None }]);
    app.send(&traces("shop", (1..=20).map(|number| numbered(number, None, 0)).collect())).await;
    hec.until(|indexed| indexed.len() >= 4).await;
    let app = app.restart().await;
    let indexed = hec.until(|indexed| span_ids(indexed).len() == 20).await;
    assert_eq!(indexed.len(), 20);
    app.send(&traces("shop", vec![numbered(21, None, 0)])).await;
    let indexed = hec.until(|indexed| span_ids(indexed).contains(&id(21))).await;
    assert_eq!(indexed.len(), 21);
    assert_eq!(hec.violations(), Vec::<String>::new());
    app.stop().await;
}

#[tokio::test]
async fn splunk_may_be_away_meanwhile() {
    let hec = Hec::start();
    let app = app_for(&hec, 1000).await;
    app.send(&traces("shop", vec![numbered(1, None, 0)])).await;
    hec.until(|indexed| indexed.len() == 1).await;
    let address = hec.stop();
    for number in 2..=9 {
        app.send(&traces("shop", vec![numbered(number, None, 0)])).await;
    }
    let hec = Hec::start_at(address, Settings::default());
    let indexed = hec.until(|indexed| span_ids(indexed).len() == 8).await;
    assert!((2..=9).all(|number| span_ids(&indexed).contains(&id(number))));
    assert_eq!(hec.violations(), Vec::<String>::new());
    app.stop().await;
}

/// Faults after which the app tries again within seconds.
fn brief_fault() -> impl Strategy<Value = Fault> {
    cheap_fault().prop_filter("holds a minute", |fault| {
        !matches!(fault, Fault::Refuse { status: 400..=403, .. } | Fault::Approaching(_))
    })
}

async fn holds_through_the_app(faults: &[Fault], poison: &[(u8, u8)], acks: bool, records: usize) {
    let hec = Hec::start_with(Settings { acks, ..Settings::default() });
    hec.schedule(faults.iter().cloned());
    let app = app_for(&hec, records).await;
    let code = |number| poison.iter().find(|(bad, _)| *bad == number).map(|(_, code)| *code);
    for chunk in [1..=12_u8, 13..=24, 25..=36] {
        app.send(&traces("shop", chunk.map(|number| numbered(number, code(number), 300)).collect())).await;
    }
    let good: HashSet<String> = (1..=36).filter(|number| code(*number).is_none()).map(id).collect();
    hec.until(|indexed| good.is_subset(&span_ids(indexed))).await;
    let bad = (1..=36).filter(|number| code(*number).is_some()).count();
    let dead = until_dead(&app, bad).await;
    app.stop().await;
    assert_eq!(dead.len(), bad);
    assert!(dead.iter().all(|(reason, response)| !reason.is_empty() && response.starts_with("400 {")), "{dead:?}");
    assert_eq!(span_ids(&hec.indexed()), good);
    assert_eq!(hec.violations(), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, max_shrink_iters: 10, ..ProptestConfig::default() })]

    #[test]
    fn through_the_app_every_event_arrives_and_none_without_need_twice(
        faults in prop::collection::vec(brief_fault(), 0..5),
        poison in prop::collection::vec((1..36_u8, prop_oneof![Just(6_u8), Just(7), Just(12), Just(13), Just(15)]), 0..3),
        acks in any::<bool>(),
        records in 1..20_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(holds_through_the_app(&faults, &poison, acks, records));
    }
}
