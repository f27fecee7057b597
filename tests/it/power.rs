//! Watts are read from meters that answer as their makers document, go through the journal, and make the cost of calls.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tracemeter::config::{
    Config, EnergyRule, HomeAssistantSource, LocalRule, PrometheusSource, ShellySource, TasmotaSource,
};

use crate::local::energy;
use crate::support::otlp::{span, traces, with};
use crate::support::{App, NOON, at};

/// A plug or server of each kind at one address; `broken` makes them all fail.
#[derive(Clone, Default)]
struct Meters {
    broken: Arc<AtomicBool>,
}

type Params = Query<Vec<(String, String)>>;

fn answer(meters: &Meters, right: bool, body: Value) -> Response {
    if meters.broken.load(Ordering::SeqCst) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if right { Json(body).into_response() } else { (StatusCode::NOT_FOUND, "no such thing").into_response() }
}

fn is(params: &Params, key: &str, value: &str) -> bool {
    params.iter().any(|(name, told)| name == key && told == value)
}

async fn prometheus(State(meters): State<Meters>, params: Params) -> Response {
    let sample = json!({ "metric": { "host": "gpu" }, "value": [1_795_176_000.123, "150"] });
    let body = json!({ "status": "success", "data": { "resultType": "vector", "result": [sample] } });
    answer(&meters, is(&params, "query", "sum(gpu_watts{host=\"gpu\"})"), body)
}

async fn home_assistant(State(meters): State<Meters>, headers: HeaderMap) -> Response {
    if headers.get("authorization").is_none_or(|value| value != "Bearer long-lived") {
        return (StatusCode::UNAUTHORIZED, "401: Unauthorized").into_response();
    }
    let body = json!({
        "entity_id": "sensor.plug_power", "state": "0.25",
        "attributes": { "unit_of_measurement": "kW", "device_class": "power" },
        "last_changed": "2026-11-20T11:59:58.031+00:00",
    });
    answer(&meters, true, body)
}

async fn first_shelly(State(meters): State<Meters>) -> Response {
    let meter =
        |power: f64| json!({ "power": power, "is_valid": true, "timestamp": 1_795_176_000, "counters": [350.0] });
    answer(&meters, true, json!({ "relays": [{ "ison": true }], "meters": [meter(1.0), meter(350.0)] }))
}

async fn second_shelly(State(meters): State<Meters>, params: Params) -> Response {
    let body = json!({ "id": 0, "source": "init", "output": true, "apower": 450.0, "voltage": 231.0 });
    answer(&meters, is(&params, "id", "0"), body)
}

async fn tasmota(State(meters): State<Meters>, params: Params) -> Response {
    let energy = json!({ "Total": 3.185, "Today": 0.4, "Power": 550, "Voltage": 230, "Current": 2.4 });
    let body = json!({ "StatusSNS": { "Time": "2026-11-20T12:00:00", "ENERGY": energy } });
    answer(&meters, is(&params, "cmnd", "Status 8") && is(&params, "password", "secret"), body)
}

async fn serve(meters: Meters) -> SocketAddr {
    let router = Router::new()
        .route("/api/v1/query", get(prometheus))
        .route("/api/states/sensor.plug_power", get(home_assistant))
        .route("/status", get(first_shelly))
        .route("/rpc/PM1.GetStatus", get(second_shelly))
        .route("/cm", get(tasmota))
        .with_state(meters);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A machine per kind of source; each is known by the host that clients ask.
fn rules(address: SocketAddr, token_file: &std::path::Path) -> Vec<LocalRule> {
    let url = format!("http://{address}/");
    let bare = energy(None);
    let query = "sum(gpu_watts{host=\"gpu\"})".to_owned();
    let home = HomeAssistantSource {
        url: url.clone(),
        entity: "sensor.plug_power".into(),
        token: None,
        token_file: Some(token_file.into()),
        token_credential: None,
    };
    let tasmota = TasmotaSource { url: format!("http://admin:secret@{address}") };
    let sources = [
        ("prometheus", EnergyRule { prometheus: Some(PrometheusSource { url: url.clone(), query }), ..bare.clone() }),
        ("home", EnergyRule { home_assistant: Some(home), ..bare.clone() }),
        (
            "shelly1",
            EnergyRule { shelly: Some(ShellySource { url: url.clone(), channel: 1, generation: 1 }), ..bare.clone() },
        ),
        ("shelly2", EnergyRule { shelly: Some(ShellySource { url, channel: 0, generation: 2 }), ..bare.clone() }),
        ("tasmota", EnergyRule { tasmota: Some(tasmota), watts: Some(100.0), ..bare }),
    ];
    let rule = |(name, energy): (&str, EnergyRule)| LocalRule {
        name: name.into(),
        host: vec![format!("{name}.lan")],
        energy: Some(energy),
        ..LocalRule::default()
    };
    sources.map(rule).into()
}

const MACHINES: [(&str, i64); 5] =
    [("prometheus", 150), ("home", 250), ("shelly1", 350), ("shelly2", 450), ("tasmota", 550)];

/// A call of ten seconds at each machine, ending at the app's noon.
async fn call_each(app: &App, trace: u8, ending: &str) {
    let mut spans = Vec::new();
    for (number, (machine, _)) in (0..).zip(MACHINES) {
        let mut call = span(trace, number + 1, "chat", 0);
        call.trace_id = vec![trace + number; 16].into();
        call.end_time_unix_nano = at(ending).0 as u64;
        call.start_time_unix_nano = call.end_time_unix_nano - 10_000_000_000;
        let call = with(call, "gen_ai.operation.name", "chat");
        let call = with(call, "gen_ai.provider.name", "ollama");
        let call = with(call, "gen_ai.request.model", machine);
        spans.push(with(call, "server.address", format!("{machine}.lan")));
    }
    app.send(&traces("agent", spans)).await;
    app.settled().await;
}

/// Cost by machine: the amount, or why there is none.
async fn costs(app: &App, since: &str) -> Vec<Value> {
    let calls = app.get_ok(&format!("/api/v1/calls?since={since}")).await;
    let calls = calls["items"].as_array().expect("items").clone();
    let of = |machine: &str| {
        let call = calls.iter().find(|call| call["request_model"] == machine).expect("a call of each machine");
        assert_eq!(call["usage"], Value::Null, "the energy of a call is known without its tokens");
        let cost = &call["cost"];
        if cost["nano"].is_null() { cost["reason"].clone() } else { cost["nano"].clone() }
    };
    MACHINES.iter().map(|(machine, _)| of(machine)).collect()
}

fn all_machines(health: &Value, hold: impl Fn(&Value) -> bool) -> bool {
    health["power"].as_array().is_some_and(|machines| machines.len() == MACHINES.len() && machines.iter().all(hold))
}

#[tokio::test]
async fn every_kind_of_meter_is_read_and_makes_the_cost_of_calls() {
    let meters = Meters::default();
    let address = serve(meters.clone()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "long-lived\n").expect("written");
    let local = rules(address, &token_file);
    let app = App::start_with(|config: &mut Config| {
        config.local = local;
        config.power.interval_s = 1;
    })
    .await;
    let health = app.until("/api/v1/health", |health| all_machines(health, |one| !one["watts"].is_null())).await;
    let read: Vec<(&str, i64)> = health["power"]
        .as_array()
        .expect("machines")
        .iter()
        .map(|one| (one["machine"].as_str().expect("a name"), one["watts"].as_f64().expect("watts") as i64))
        .collect();
    assert_eq!(read, MACHINES);
    assert_eq!(health["power"][0]["read_at"], NOON);
    // Readings are among the metrics, and so in the journal.
    let metrics = app
        .until("/api/v1/metrics?name=tracemeter.machine.power", |metrics| {
            metrics["items"].as_array().is_some_and(|items| items.len() >= MACHINES.len())
        })
        .await;
    assert_eq!(metrics["items"][0]["service"], "tracemeter");
    call_each(&app, 1, NOON).await;
    let measured = costs(&app, "2026-11-20T11:00:00Z").await;
    // Watts x 10 s x 0.36 dollars per kWh is 1,000 nano-dollars per watt.
    assert_eq!(measured, MACHINES.map(|(_, watts)| json!(watts * 1000)));

    // Nobody answers any more, and it is two minutes later: a constant stands in, or there is no amount.
    meters.broken.store(true, Ordering::SeqCst);
    let health = app.until("/api/v1/health", |health| all_machines(health, |one| !one["error"].is_null())).await;
    assert_eq!(health["status"], "attention");
    let problem = health["problems"][0]["message"].as_str().expect("a problem");
    assert!(problem.contains("the watts of prometheus cannot be read: prometheus answers 500"), "{problem}");
    assert!(!health.to_string().contains("secret"), "passwords are not shown");
    app.clock.set(at("2026-11-20T12:02:00Z"));
    call_each(&app, 11, "2026-11-20T12:02:00Z").await;
    let later = costs(&app, "2026-11-20T12:01:00Z").await;
    for reason in &later[..4] {
        assert!(
            reason.as_str().is_some_and(|reason| reason.contains("no reading of the watts of machine")),
            "{reason}"
        );
    }
    assert_eq!(later[4], json!(100_000));

    // The analytics are made again from the journal, without the meters.
    let app = app.restart_after(|data| std::fs::remove_dir_all(data.join("analytics")).expect("removed")).await;
    app.settled().await;
    assert_eq!(costs(&app, "2026-11-20T11:00:00Z&until=2026-11-20T12:01:00Z").await, measured);
    assert_eq!(costs(&app, "2026-11-20T12:01:00Z").await, later);
    app.stop().await;
}

#[tokio::test]
async fn nothing_is_read_when_no_rule_names_a_source() {
    let app = App::start().await;
    let health = app.get_ok("/api/v1/health").await;
    assert_eq!(health["power"], json!([]));
    let text = app.client.get(app.web_url("/metrics")).send().await.expect("answers").text().await.expect("a body");
    assert!(!text.contains("power_readings"), "{text}");
    app.stop().await;
}
