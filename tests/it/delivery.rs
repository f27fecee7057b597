//! Delivery as a user sees it: destinations that hang, refuse, are away or come back; what retention does meanwhile; and
//! what can be done about it over the API.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tracemeter::config::{Behind, Capture, Config, DestinationConfig, DestinationKind, Start};
use tracemeter::model::UnixNanos;

use super::support::otlp::{chat, span, traces, with};
use super::support::{App, NOON, at};

const DAY: i64 = 86_400_000_000_000;

/// How a webhook behaves at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Open,
    Busy,
    Hangs,
    Unauthorized,
    /// Refuses requests with a span of this name.
    Dislikes(&'static str),
}

/// A webhook that notes the names of the spans it has taken.
#[derive(Clone)]
struct Door {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    got: Arc<Mutex<Vec<String>>>,
    bodies: Arc<Mutex<String>>,
}

impl Door {
    async fn new(mood: Mood) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let door = Self { address, mood: Arc::new(Mutex::new(mood)), got: Arc::default(), bodies: Arc::default() };
        let router = axum::Router::new().fallback(knock).with_state(door.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        door
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().expect("not poisoned") = mood;
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().expect("not poisoned")
    }

    /// How often each span came.
    fn got(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        self.got.lock().expect("not poisoned").iter().for_each(|name| *counts.entry(name.clone()).or_default() += 1);
        counts
    }

    fn destination(&self, name: &str) -> DestinationConfig {
        let url = format!("http://{}/hook", self.address);
        let mut config = DestinationConfig::new(name, DestinationKind::Webhook, &url);
        config.from = Start(Some("beginning".into()));
        config.timeout_ms = 300;
        config.gzip = false;
        config.concurrency = 1;
        config
    }
}

async fn knock(State(door): State<Door>, Json(body): Json<Value>) -> Response {
    door.bodies.lock().expect("not poisoned").push_str(&body.to_string());
    let items = body["items"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> = items.iter().map(|item| item["name"].as_str().unwrap_or("(test)").to_owned()).collect();
    match door.mood() {
        Mood::Hangs => std::future::pending().await,
        Mood::Busy => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Unauthorized => return (StatusCode::UNAUTHORIZED, "who are you").into_response(),
        Mood::Dislikes(name) if names.iter().any(|one| one == name) => {
            return (StatusCode::BAD_REQUEST, "not that one").into_response();
        }
        Mood::Open | Mood::Dislikes(_) => {}
    }
    door.got.lock().expect("not poisoned").extend(names);
    StatusCode::OK.into_response()
}

async fn start(doors: &[(&str, &Door)], change: impl FnOnce(&mut Config)) -> App {
    App::start_with(|config| {
        config.destination = doors.iter().map(|(name, door)| door.destination(name)).collect();
        change(config);
    })
    .await
}

async fn send(app: &App, trace: u8, names: &[&str]) {
    let spans = (1..).zip(names).map(|(id, name)| span(trace, id, name, 0)).collect();
    app.send(&traces("shop", spans)).await;
}

/// Changes something over the API; the status and the answer.
async fn change(app: &App, method: reqwest::Method, path: &str) -> (u16, Value) {
    let request = app.client.request(method, app.web_url(path)).header("x-tracemeter", "1");
    let answer = request.send().await.expect("the web port answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

async fn post(app: &App, path: &str) -> Value {
    let (status, json) = change(app, reqwest::Method::POST, path).await;
    assert_eq!(status, 200, "{path}: {json:#}");
    json
}

async fn until(app: &App, name: &str, done: impl Fn(&Value) -> bool) -> Value {
    app.until(&format!("/api/v1/destinations/{name}"), done).await
}

fn counts(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_and_one_that_is_away_cost_the_third_nothing() {
    let (hangs, open) = (Door::new(Mood::Hangs).await, Door::new(Mood::Open).await);
    let away = Door { address: "127.0.0.1:1".parse().expect("an address"), ..open.clone() };
    let app = start(&[("hangs", &hangs), ("open", &open), ("away", &away)], |_| {}).await;
    for trace in 1..=5 {
        send(&app, trace, &["one", "two"]).await;
    }
    until(&app, "open", |item| item["sent_records"] == 10 && item["waiting_since"].is_null()).await;
    assert_eq!(open.got(), counts(&[("one", 5), ("two", 5)]));
    let retrying = |item: &Value| item["state"] == "retrying" && item["lag_bytes"].as_u64() > Some(0);
    let item = until(&app, "hangs", retrying).await;
    assert_eq!((&item["sent_records"], &item["dead_letters"]), (&0.into(), &0.into()));
    until(&app, "away", retrying).await;
    let health = app.get_ok("/api/v1/health").await;
    let problems = health["problems"].to_string();
    assert!(problems.contains("destination hangs is behind") && problems.contains("destination away is behind"));
    hangs.set(Mood::Open);
    until(&app, "hangs", |item| item["sent_records"] == 10 && item["state"] == "sending").await;
    let all = app.get_ok("/api/v1/destinations").await;
    let names: Vec<&str> = all["items"].as_array().expect("a list").iter().filter_map(|i| i["name"].as_str()).collect();
    assert_eq!(names, ["away", "hangs", "open"]);
    let metrics = app.client.get(app.web_url("/metrics")).send().await.expect("answers").text().await.expect("text");
    assert!(metrics.contains("tracemeter_forward_sent_records_total{destination=\"open\"} 10"), "{metrics}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_over_a_restart_rewound_tested_and_resumed() {
    let door = Door::new(Mood::Open).await;
    let app = start(&[("there", &door)], |_| {}).await;
    send(&app, 1, &["one"]).await;
    until(&app, "there", |item| item["sent_records"] == 1).await;
    assert_eq!(post(&app, "/api/v1/destinations/there/pause").await["name"], "there");
    let app = app.restart().await;
    send(&app, 2, &["two"]).await;
    until(&app, "there", |item| item["state"] == "paused" && item["lag_bytes"].as_u64() > Some(0)).await;
    post(&app, "/api/v1/destinations/there/test").await;
    post(&app, "/api/v1/destinations/there/rewind?to=2026-11-01").await;
    assert_eq!(door.got(), counts(&[("(test)", 1), ("one", 1)]));
    post(&app, "/api/v1/destinations/there/resume").await;
    until(&app, "there", |item| item["sent_records"] == 3 && item["waiting_since"].is_null()).await;
    assert_eq!(door.got(), counts(&[("(test)", 1), ("one", 2), ("two", 1)]));

    for (path, status, told) in [
        ("nowhere/pause", 404, "there is no destination \"nowhere\""),
        ("there/explode", 404, "cannot be done with a destination"),
        ("there/rewind", 400, "rewind needs a day"),
        ("there/rewind?to=monday", 400, "is no date"),
    ] {
        let (found, json) = change(&app, reqwest::Method::POST, &format!("/api/v1/destinations/{path}")).await;
        assert_eq!(found, status, "{path}: {json}");
        assert!(json["error"]["message"].as_str().expect("told").contains(told), "{path}: {json}");
    }
    let foreign = app.client.post(app.web_url("/api/v1/destinations/there/pause")).send().await.expect("answers");
    assert_eq!(foreign.status(), 403, "without the header of ours");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_holds_and_says_so_and_a_right_one_goes_on() {
    let door = Door::new(Mood::Unauthorized).await;
    let app = start(&[("there", &door)], |_| {}).await;
    send(&app, 1, &["one"]).await;
    let item = until(&app, "there", |item| item["state"] == "held").await;
    assert!(item["last_error"].as_str().expect("told").contains("401"), "{item}");
    let health = app.get_ok("/api/v1/health").await;
    assert_eq!(health["problems"][0]["severity"], "error", "{health:#}");
    let (status, json) = change(&app, reqwest::Method::POST, "/api/v1/destinations/there/test").await;
    assert_eq!((status, &json["error"]["code"]), (502, &"refused_there".into()), "{json}");
    door.set(Mood::Open);
    post(&app, "/api/v1/destinations/there/resume").await;
    until(&app, "there", |item| item["sent_records"] == 1 && item["state"] == "sending").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_replayed_and_discarded() {
    let door = Door::new(Mood::Dislikes("bad")).await;
    let app = start(&[("there", &door)], |_| {}).await;
    send(&app, 1, &["one", "bad", "three"]).await;
    send(&app, 2, &["bad"]).await;
    until(&app, "there", |item| item["dead_letters"] == 2 && item["sent_records"] == 2).await;
    assert_eq!(door.got(), counts(&[("one", 1), ("three", 1)]));
    let first = app.get_ok("/api/v1/destinations/there/dead-letters?limit=1").await;
    let letter = &first["items"][0];
    assert_eq!((&letter["signal"], &letter["trace_id"]), (&"traces".into(), &"01".repeat(16).into()));
    assert!(letter["response"].as_str().expect("kept").contains("not that one"), "{letter}");
    let next = first["next_cursor"].as_str().expect("a second");
    let second = app.get_ok(&format!("/api/v1/destinations/there/dead-letters?cursor={next}")).await;
    assert_eq!((second["items"].as_array().map(Vec::len), &second["next_cursor"]), (Some(1), &Value::Null));
    door.set(Mood::Open);
    let path = format!("/api/v1/destinations/there/dead-letters?id={}", letter["id"]);
    assert_eq!(post(&app, &path).await["changed"], 1);
    until(&app, "there", |item| item["dead_letters"] == 1 && item["sent_records"] == 3).await;
    assert_eq!(door.got()["bad"], 1);
    let (status, gone) = change(&app, reqwest::Method::DELETE, "/api/v1/destinations/there/dead-letters").await;
    assert_eq!((status, &gone["changed"]), (200, &1.into()));
    until(&app, "there", |item| item["dead_letters"] == 0).await;
    app.stop().await;
}

/// One span on each of four days; the clock ends on the last.
async fn four_days(app: &App) {
    for day in 0..4 {
        let now = UnixNanos(at(NOON).0 + day * DAY);
        app.clock.set(now);
        let mut one = span(u8::try_from(day).expect("small") + 1, 1, "kept", 0);
        (one.start_time_unix_nano, one.end_time_unix_nano) = (now.0 as u64, now.0 as u64 + 1);
        app.send(&traces("shop", vec![one])).await;
    }
    app.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_waits_for_who_may_hold_days_and_counts_what_others_lose() {
    for (behind, days, lost) in [(Behind::Hold, 4, 0), (Behind::LetGo, 2, 2)] {
        let door = Door::new(Mood::Busy).await;
        let app = start(&[("there", &door)], |config| {
            config.retention.content_days = 1;
            config.destination[0].behind = behind;
            // It reads no more than the first record until that is taken.
            config.destination[0].batch_bytes = 1024;
        })
        .await;
        post(&app, "/api/v1/destinations/there/pause").await;
        four_days(&app).await;
        until(&app, "there", |item| item["lag_bytes"].as_u64() > Some(0)).await;
        // A new process looks at the age at once.
        let app = app.restart().await;
        until(&app, "there", |item| item["lag_bytes"].as_u64() > Some(0)).await;
        let kept = |health: &Value| health["retention"]["days"].as_array().map(Vec::len) == Some(days);
        app.until("/api/v1/health", kept).await;
        door.set(Mood::Open);
        post(&app, "/api/v1/destinations/there/resume").await;
        until(&app, "there", |item| item["waiting_since"].is_null() && item["sent_records"] == days).await;
        let item = app.get_ok("/api/v1/destinations/there").await;
        assert_eq!(item["lost_records"], lost, "{behind:?}: {item}");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_names_where_the_data_had_gone() {
    let (open, busy) = (Door::new(Mood::Dislikes("bad")).await, Door::new(Mood::Busy).await);
    let app = start(&[("open", &open), ("busy", &busy)], |_| {}).await;
    post(&app, "/api/v1/destinations/busy/pause").await;
    send(&app, 7, &["one", "bad"]).await;
    until(&app, "open", |item| item["sent_records"] == 1 && item["dead_letters"] == 1).await;
    app.settled().await;
    let (status, receipt) = change(&app, reqwest::Method::DELETE, &format!("/api/v1/traces/{}", "07".repeat(16))).await;
    assert_eq!((status, &receipt["state"]), (200, &"done".into()), "{receipt:#}");
    assert_eq!(receipt["sent_to"], serde_json::json!(["open"]));
    assert_eq!(app.get_ok("/api/v1/destinations/open/dead-letters").await["items"], serde_json::json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_gets_no_secret_and_no_more_than_its_policy_allows() {
    const KEY: &str = "sk-proj-Zk3v9QpT7mXw2LsB8nRc4HdY";
    const MAIL: &str = "agatha@villa.example";
    const SAID: &str = "where is the emerald necklace";
    let doors = [Door::new(Mood::Open).await, Door::new(Mood::Open).await, Door::new(Mood::Open).await];
    let [full, redacted, metadata] = &doors;
    let app = start(&[("full", full), ("redacted", redacted), ("metadata", metadata)], |config| {
        config.destination[1].content = Capture::Redacted;
        config.destination[2].content = Capture::Metadata;
    })
    .await;
    let message = serde_json::json!([{"role": "user", "parts": [
        {"type": "text", "content": format!("{SAID}, asks {MAIL} with {KEY}")}
    ]}]);
    let call = with(chat(span(1, 1, "chat", 0), "gpt-4o", 1000, 100), "gen_ai.input.messages", message.to_string());
    app.send(&traces("shop", vec![with(call, "note", format!("{KEY} of {MAIL}"))])).await;
    for name in ["full", "redacted", "metadata"] {
        until(&app, name, |item| item["sent_records"] == 1).await;
    }
    let has = |door: &Door, text: &str| door.bodies.lock().expect("not poisoned").contains(text);
    for (door, mail, said) in [(full, true, true), (redacted, false, true), (metadata, false, false)] {
        assert!(has(door, "gpt-4o") && has(door, "[redacted:openai-api-key]"), "the call is there");
        assert_eq!((has(door, KEY), has(door, MAIL), has(door, SAID)), (false, mail, said));
    }
    app.stop().await;
}
