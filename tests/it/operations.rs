//! What the operator's pages ask: statements, logs over time, attributes of metrics, space, who has sent, configuration.

use serde_json::{Value, json};
use tracemeter::config::{DestinationConfig, DestinationKind, ListenerConfig, Secret, SecretSource};
use tracemeter::model::Signal;

use crate::support::App;
use crate::support::otlp::{span, traces};

async fn ask(app: &App, path: &str, sql: &str) -> (u16, Value) {
    let request = app.client.post(app.web_url(path)).header("x-tracemeter", "1").json(&json!({ "sql": sql }));
    let answer = request.send().await.expect("the web port answers");
    let status = answer.status().as_u16();
    (status, answer.json().await.expect("JSON"))
}

async fn send_json(app: &App, path: &str, body: &Value) -> u16 {
    let request = app.client.post(app.http_url(path)).json(body);
    request.send().await.expect("the OTLP port answers").status().as_u16()
}

fn resource(service: &str) -> Value {
    json!({"attributes": [
        {"key": "service.name", "value": {"stringValue": service}},
        {"key": "telemetry.sdk.language", "value": {"stringValue": "python"}},
        {"key": "telemetry.sdk.name", "value": {"stringValue": "opentelemetry"}},
        {"key": "telemetry.sdk.version", "value": {"stringValue": "1.38.0"}},
    ]})
}

#[tokio::test]
async fn a_statement_reads_what_is_loaded_and_nothing_else() {
    let app = App::start().await;
    app.send(&traces("shop", vec![span(1, 1, "one", 1), span(1, 2, "two", 1)])).await;
    app.settled().await;
    let sql =
        "SELECT name, service, start_time FROM spans WHERE start_time >= $since AND start_time < $until ORDER BY name";
    let (status, answer) = ask(&app, "/api/v1/sql?since=7d", sql).await;
    assert_eq!(status, 200, "{answer:#}");
    assert_eq!(answer["columns"][2], json!({"name": "start_time", "kind": "timestamp"}));
    assert_eq!((&answer["rows"][0][0], &answer["rows"][1][1]), (&json!("one"), &json!("shop")));
    assert_eq!(answer["truncated"], false);

    let (_, one) = ask(&app, "/api/v1/sql?limit=1", "SELECT name FROM spans").await;
    assert_eq!((one["rows"].as_array().map(Vec::len), &one["truncated"]), (Some(1), &json!(true)));

    let (status, fault) = ask(&app, "/api/v1/sql", "SELECT name,\n  nothing FROM spans").await;
    assert_eq!((status, &fault["error"]["code"]), (400, &json!("bad_statement")));
    assert_eq!(fault["error"]["position"], json!({"line": 2, "column": 3}));
    for attack in ["DELETE FROM analytics.main.span", "COPY spans TO '/tmp/x'", "FROM read_text('/etc/passwd')"] {
        assert_eq!(ask(&app, "/api/v1/sql", attack).await.0, 400, "{attack}");
    }
    let (_, count) = ask(&app, "/api/v1/sql", "SELECT count(*) FROM spans").await;
    assert_eq!(count["rows"], json!([[2]]));
}

#[tokio::test]
async fn a_statement_comes_from_our_own_pages_and_is_a_file_when_asked_for() {
    let app = App::start().await;
    let body = json!({"sql": "SELECT '=1+1' AS \"a,b\", -1 AS n, NULL AS x"});
    let bare = app.client.post(app.web_url("/api/v1/sql")).json(&body).send().await.expect("answers");
    assert_eq!(bare.status().as_u16(), 403);
    assert_eq!(app.get("/api/v1/sql").await.0, 400);
    let request = app.client.post(app.web_url("/api/v1/sql?format=csv")).header("x-tracemeter", "1").json(&body);
    let answer = request.send().await.expect("answers");
    assert!(answer.headers()["content-disposition"].to_str().expect("text").contains("tracemeter-sql.csv"));
    assert_eq!(answer.text().await.expect("text"), "\"a,b\",n,x\r\n\"'=1+1\",-1,\r\n");
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_stopped_and_the_next_one_is_answered() {
    let app = App::start_with(|config| config.analytics.query_timeout_ms = 500).await;
    let endless = "SELECT count(*) FROM range(1000000000000) a WHERE a.range % 7 = 3";
    let (status, answer) = ask(&app, "/api/v1/sql", endless).await;
    assert_eq!((status, &answer["error"]["code"]), (503, &json!("timeout")), "{answer:#}");
    // It waits for its turn until the interrupted one has ended.
    let started = std::time::Instant::now();
    loop {
        let (status, answer) = ask(&app, "/api/v1/sql", "SELECT 1").await;
        if status == 200 {
            break assert_eq!(answer["rows"], json!([[1]]));
        }
        assert!(started.elapsed() < crate::support::PATIENCE, "{answer:#}");
    }
}

#[tokio::test]
async fn a_statement_that_nobody_waits_for_is_stopped() {
    let app = App::start_with(|config| config.analytics.query_timeout_ms = 600_000).await;
    let body = json!({"sql": "SELECT count(*) FROM range(1000000000000) a WHERE a.range % 7 = 3"});
    // As many as there are connections: none would be left for the next one.
    for _ in 0..4 {
        let request = app.client.post(app.web_url("/api/v1/sql")).header("x-tracemeter", "1").json(&body);
        let left = request.timeout(std::time::Duration::from_millis(300)).send().await;
        assert!(left.is_err_and(|error| error.is_timeout()));
    }
    let (status, answer) = ask(&app, "/api/v1/sql", "SELECT 1").await;
    assert_eq!((status, &answer["rows"]), (200, &json!([[1]])), "{answer:#}");
}

#[tokio::test]
async fn the_tables_say_what_they_hold() {
    let app = App::start().await;
    let tables = app.get_ok("/api/v1/sql/tables").await;
    let names: Vec<&str> =
        tables["items"].as_array().expect("a list").iter().filter_map(|t| t["name"].as_str()).collect();
    assert_eq!(names, ["calls", "traces", "spans", "logs", "metrics"]);
    for table in tables["items"].as_array().expect("a list") {
        let columns = table["columns"].as_array().expect("a list");
        assert!(columns.len() > 8, "{table:#}");
        let told = |column: &Value| {
            ["name", "kind", "about"].iter().all(|key| column[*key].as_str().is_some_and(|text| !text.is_empty()))
        };
        assert!(columns.iter().all(told), "{table:#}");
        let all: Vec<&str> = columns.iter().filter_map(|column| column["name"].as_str()).collect();
        let (status, answer) = ask(
            &app,
            "/api/v1/sql",
            &format!("SELECT {} FROM {}", all.join(", "), table["name"].as_str().expect("a name")),
        )
        .await;
        assert_eq!(status, 200, "{answer:#}");
    }
}

#[tokio::test]
async fn logs_are_counted_over_time_and_found_by_attribute() {
    let app = App::start().await;
    let record = |second: u64, severity: u64, body: &str, route: &str| {
        json!({"timeUnixNano": (1_795_176_000 + second).to_string() + "000000000", "severityNumber": severity,
               "body": {"stringValue": body}, "eventName": "served",
               "attributes": [{"key": "http.route", "value": {"stringValue": route}}]})
    };
    let records = [
        record(0, 9, "fine", "/a"),
        record(1, 17, "broken", "/b"),
        record(3600, 18, "broken", "/b"),
        record(3601, 0, "?", "/a"),
    ];
    let body = json!({"resourceLogs": [{"resource": resource("shop"), "scopeLogs": [{"scope": {"name": "web"}, "logRecords": records}]}]});
    assert_eq!(send_json(&app, "/v1/logs", &body).await, 200);
    app.settled().await;
    let range = "since=2026-11-20T00:00:00Z&until=2026-11-21T12:00:00Z";
    let summary = app.get_ok(&format!("/api/v1/logs/summary?{range}&step=1h")).await;
    assert_eq!(summary["count"], 4, "{summary:#}");
    let steps: Vec<_> = summary["steps"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|s| (s["info"].clone(), s["error"].clone(), s["unset"].clone()))
        .collect();
    assert_eq!(steps, [(json!(1), json!(1), json!(0)), (json!(0), json!(1), json!(1))]);
    assert_eq!(summary["services"], json!([{"value": "shop", "count": 4}]));
    assert_eq!(summary["scopes"], json!([{"value": "web", "count": 4}]));
    assert_eq!(summary["event_names"], json!([{"value": "served", "count": 4}]));
    let worse = app.get_ok(&format!("/api/v1/logs/summary?{range}&min_severity=error&q=BROKEN")).await;
    assert_eq!(worse["count"], 2);
    let found = app.get_ok(&format!("/api/v1/logs?{range}&attribute=http.route%3D/a")).await;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(2), "{found:#}");
    assert_eq!(app.get(&format!("/api/v1/logs/summary?{range}&step=1s")).await.0, 400);
}

#[tokio::test]
async fn attributes_of_metrics_come_with_their_values() {
    let app = App::start().await;
    let point = |method: &str| {
        json!({"timeUnixNano": "1795176000000000000", "asInt": "1",
               "attributes": [{"key": "http.method", "value": {"stringValue": method}}]})
    };
    let metric = json!({"name": "requests", "unit": "1", "gauge": {"dataPoints": [point("GET"), point("PUT")]}});
    let body = json!({"resourceMetrics": [{"resource": resource("shop"), "scopeMetrics": [{"metrics": [metric]}]}]});
    assert_eq!(send_json(&app, "/v1/metrics", &body).await, 200);
    app.settled().await;
    let attributes = app.get_ok("/api/v1/metrics/attributes?name=requests").await;
    let method = attributes["items"].as_array().expect("a list").iter().find(|item| item["name"] == "http.method");
    let values = json!([{"value": "GET", "count": 1}, {"value": "PUT", "count": 1}]);
    assert_eq!(method.expect("it is there")["values"], values);
    assert_eq!(app.get_ok("/api/v1/metrics/attributes?name=nothing").await["items"], json!([]));
}

#[tokio::test]
async fn who_has_sent_is_told_and_so_is_what_was_refused() {
    let app = App::start().await;
    let since = app.get_ok("/api/v1/arrivals").await["now"].as_str().expect("a time").to_owned();
    let body = json!({"resourceSpans": [{"resource": resource("shop"), "scopeSpans": [{"scope": {"name": "openai"},
        "spans": [{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "x",
                   "startTimeUnixNano": "1795176000000000000", "endTimeUnixNano": "1795176000000000001"}]}]}]});
    assert_eq!(send_json(&app, "/v1/traces", &body).await, 200);
    let path = format!("/api/v1/arrivals?since={since}");
    let told = app.get_ok(&path).await;
    let first = &told["items"][0];
    assert_eq!(
        (&first["service"], &first["scope"], &first["sdk"]),
        (&json!("shop"), &json!("openai"), &json!("python opentelemetry 1.38.0"))
    );
    assert_eq!(
        (&first["protocol"], &first["signal"], &first["requests"]),
        (&json!("http_json"), &json!("traces"), &json!(1))
    );
    assert_eq!(told["refusals"], json!([]));

    assert_eq!(send_json(&app, "/v1/trace", &body).await, 404);
    let text = app.client.post(app.http_url("/v1/traces")).header("content-type", "text/plain").body("x").send().await;
    assert_eq!(text.expect("answers").status().as_u16(), 415);
    let https = app.http_url("/v1/traces").replace("http://", "https://");
    assert!(app.client.post(https).send().await.is_err());
    let told = app.until(&path, |told| told["refusals"].as_array().is_some_and(|all| all.len() == 3)).await;
    let mut reasons: Vec<&str> =
        told["refusals"].as_array().expect("a list").iter().filter_map(|r| r["reason"].as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["content_type", "tls", "unknown_path"]);
    let wrong =
        told["refusals"].as_array().expect("a list").iter().find(|r| r["reason"] == "unknown_path").expect("there");
    assert!(wrong["message"].as_str().is_some_and(|text| text.contains("/v1/traces")), "{wrong:#}");
    assert_eq!(app.get_ok("/api/v1/arrivals?since=2026-11-20T12:00:01Z").await["items"], json!([]));
}

#[tokio::test]
async fn the_configuration_in_force_keeps_its_secrets() {
    let app = App::start_with(|config| {
        let listen = "127.0.0.1:0".parse().expect("an address");
        config.receive.listener = vec![ListenerConfig { listen, signals: vec![Signal::Logs], resource: Vec::new() }];
        let mut hec = DestinationConfig::new("hec", DestinationKind::SplunkHec, "http://127.0.0.1:9");
        hec.token = Some(SecretSource::Here(Secret::new("s3cret-token")));
        config.destination = vec![hec];
    })
    .await;
    let told = app.get_ok("/api/v1/config").await;
    assert!(!told.to_string().contains("s3cret"), "{told:#}");
    let items = told["items"].as_array().expect("a list");
    let of = |key: &str| items.iter().find(|item| item["key"] == key).unwrap_or_else(|| panic!("{key} is missing"));
    assert_eq!((&of("destination.0.name")["value"], &of("receive.http")["source"]), (&json!("hec"), &json!("default")));
    assert_eq!(told["values"]["redact"]["capture"], "full");
    let health = app.get_ok("/api/v1/health").await;
    assert_eq!(health["listeners"]["further"][0]["signals"], json!(["logs"]));
    let port = app.addresses().listeners[0].to_string();
    assert_eq!(health["listeners"]["further"][0]["address"], json!(port));
}

#[tokio::test]
async fn space_is_told_by_part_and_day() {
    let app = App::start().await;
    app.send(&traces("shop", vec![span(1, 1, "one", 1)])).await;
    app.settled().await;
    let storage = app.get_ok("/api/v1/storage").await;
    let parts: Vec<&str> =
        storage["parts"].as_array().expect("a list").iter().filter_map(|part| part["part"].as_str()).collect();
    assert_eq!(parts, ["journal", "analytics", "search", "media", "forward", "other"]);
    assert!(storage["parts"][0]["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{storage:#}");
    assert_eq!(storage["days"][0]["day"], "2026-11-20");
    assert!(storage["days"][0]["journal_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{storage:#}");
}
