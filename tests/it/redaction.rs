//! Planted secrets in every field of every signal are in no file of the data directory: not as raw bytes, not in any
//! decompressed chunk, not in any row of any store.

use prost::Message as _;
use serde_json::{Value, json};
use tracemeter::config::Capture;
use tracemeter::model::otlp::{LogsData, MetricsData, TracesData, json as otlp_json};

use super::support::{App, stores};

/// One of each kind, in the form in which it could stand anywhere.
const PLANTED: [&str; 14] = [
    "sk-proj-Ab3dEfGhIjKlMnOpQrStUv0123456789",
    "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AA",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
    "glpat-Ab1Cd2Ef3Gh4Ij5Kl6Mn",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "anna.lena@mail.example.org",
    "+4915123456789",
    "DE89370400440532013000",
    "4111111111111111",
    "203.0.113.77",
    "2001:db8:85a3::8a2e:370:7334",
];

/// All of them as one text, in which each stands by itself.
fn planted() -> String {
    format!("planted: {} .", PLANTED.join(" | "))
}

fn attributes() -> Value {
    let text = planted();
    let inner = json!({"args": json!({"deep": text}).to_string(), "list": [text]}).to_string();
    json!([
        {"key": "plain", "value": {"stringValue": text}},
        {"key": "json", "value": {"stringValue": inner}},
        {"key": text, "value": {"boolValue": true}},
        {"key": "bytes", "value": {"bytesValue": base64_of(&text)}},
        {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": text}]}}},
        {"key": "map", "value": {"kvlistValue": {"values": [{"key": text, "value": {"stringValue": text}}]}}},
        {"key": "gen_ai.input.messages", "value": {"stringValue":
            json!([{"role": "user", "parts": [{"type": "text", "content": text}]}]).to_string()}},
    ])
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn resource() -> Value {
    json!({"attributes": attributes(), "entityRefs": [{"schemaUrl": planted(), "type": planted(), "idKeys": [planted()], "descriptionKeys": [planted()]}]})
}

fn scope() -> Value {
    json!({"name": planted(), "version": planted(), "attributes": attributes()})
}

const TRACE: &str = "0102030405060708090a0b0c0d0e0f10";
const NOON: &str = "1795176000000000000";
const LATER: &str = "1795176001000000000";

fn spans(id: &str) -> Value {
    json!({"resourceSpans": [{"resource": resource(), "schemaUrl": planted(), "scopeSpans": [{
        "scope": scope(), "schemaUrl": planted(), "spans": [{
            "traceId": TRACE, "spanId": id, "traceState": planted(), "name": planted(), "kind": 3,
            "startTimeUnixNano": NOON, "endTimeUnixNano": LATER, "attributes": attributes(),
            "events": [{"timeUnixNano": NOON, "name": planted(), "attributes": attributes()}],
            "links": [{"traceId": TRACE, "spanId": id, "traceState": planted(), "attributes": attributes()}],
            "status": {"code": 2, "message": planted()}}]}]}]})
}

fn records(id: &str) -> Value {
    json!({"resourceLogs": [{"resource": resource(), "schemaUrl": planted(), "scopeLogs": [{
        "scope": scope(), "schemaUrl": planted(), "logRecords": [
            {"timeUnixNano": NOON, "severityText": planted(), "body": {"stringValue": planted()}, "eventName": planted(),
             "attributes": attributes(), "traceId": TRACE, "spanId": id},
            {"timeUnixNano": NOON, "body": {"kvlistValue": {"values": attributes()}}}]}]}]})
}

fn metrics() -> Value {
    let exemplars = json!([{"timeUnixNano": NOON, "asDouble": 1.0, "filteredAttributes": attributes()}]);
    let point = json!({"attributes": attributes(), "timeUnixNano": NOON, "asDouble": 1.0, "exemplars": exemplars});
    let histogram = json!({"attributes": attributes(), "timeUnixNano": NOON, "count": "1", "sum": 1.0,
        "bucketCounts": ["1"], "exemplars": exemplars});
    let exponential = json!({"attributes": attributes(), "timeUnixNano": NOON, "count": "1", "zeroCount": "1", "exemplars": exemplars});
    let summary = json!({"attributes": attributes(), "timeUnixNano": NOON, "count": "1", "sum": 1.0});
    let metric = |kind: &str, data: Value| json!({"name": planted(), "description": planted(), "unit": planted(), "metadata": attributes(), kind: data});
    json!({"resourceMetrics": [{"resource": resource(), "schemaUrl": planted(), "scopeMetrics": [{
        "scope": scope(), "schemaUrl": planted(), "metrics": [
            metric("gauge", json!({"dataPoints": [point]})),
            metric("sum", json!({"dataPoints": [point], "aggregationTemporality": 2})),
            metric("histogram", json!({"dataPoints": [histogram], "aggregationTemporality": 2})),
            metric("exponentialHistogram", json!({"dataPoints": [exponential], "aggregationTemporality": 2})),
            metric("summary", json!({"dataPoints": [summary]}))]}]}]})
}

/// Panics when anything planted is in `bytes`.
fn assert_clean(bytes: &[u8], whose: &str) {
    stores::assert_without(&PLANTED, bytes, whose);
}

async fn send_json(app: &App, path: &str, body: &Value) {
    let request = app.client.post(app.http_url(path)).header("content-type", "application/json").body(body.to_string());
    assert_eq!(request.send().await.expect("answers").status(), 200, "{path}");
}

async fn send_everything(app: &App) {
    let message = |body: Value| body.to_string().into_bytes();
    send_json(app, "/v1/traces", &spans("0000000000000001")).await;
    send_json(app, "/v1/logs", &records("0000000000000001")).await;
    send_json(app, "/v1/metrics", &metrics()).await;
    let traces: TracesData = otlp_json::from_slice(&message(spans("0000000000000002"))).expect("OTLP");
    let logs: LogsData = otlp_json::from_slice(&message(records("0000000000000002"))).expect("OTLP");
    let points: MetricsData = otlp_json::from_slice(&message(metrics())).expect("OTLP");
    for (path, body) in [
        ("/v1/traces", traces.encode_to_vec()),
        ("/v1/logs", logs.encode_to_vec()),
        ("/v1/metrics", points.encode_to_vec()),
    ] {
        assert_eq!(app.post(path, body).await.status(), 200, "{path}");
    }
    let traces: TracesData = otlp_json::from_slice(&message(spans("0000000000000003"))).expect("OTLP");
    super::receive_grpc::export(app, traces, logs, points).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_planted_is_in_any_file_of_the_data_directory() {
    let app = App::start_with(|config| config.redact.capture = Capture::Redacted).await;
    send_everything(&app).await;
    app.settled().await;
    app.until("/api/v1/health", |health| health["search"]["caught_up"] == true).await;
    for payload in app.journal_payloads().await {
        assert_clean(format!("{payload:?}").as_bytes(), "the journal");
        assert_clean(&payload.encode(), "the journal");
    }
    let found = app.get_ok("/api/v1/search?q=planted").await;
    assert!(!found["items"].as_array().expect("items").is_empty(), "what was sent is there: {found:#}");
    // As it is while the server runs, write-ahead logs included, but for the files that are locked.
    for path in stores::files_below(&app.data_dir()) {
        assert_clean(&std::fs::read(&path).expect("readable"), &path.display().to_string());
    }
    app.restart_after(|data_dir| stores::assert_kept_without(&PLANTED, data_dir)).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_content_no_word_of_it_is_kept() {
    const WORDS: &str = "the quick brown secret plan";
    let app = App::start_with(|config| config.redact.capture = Capture::Metadata).await;
    let body = spans("0000000000000001").to_string().replace(&planted(), WORDS);
    let mut body: Value = serde_json::from_str(&body).expect("JSON");
    let attributes = json!([
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
        {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1000"}},
        {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "10"}},
        {"key": "gen_ai.input.messages", "value": {"stringValue": json!([{"role": "user", "content": WORDS}]).to_string()}},
        {"key": "gen_ai.prompt.0.content", "value": {"stringValue": WORDS}},
        {"key": "input.value", "value": {"stringValue": WORDS}},
        {"key": "gen_ai.tool.call.arguments", "value": {"stringValue": WORDS}},
        {"key": "an.unknown.one", "value": {"stringValue": WORDS.repeat(20)}},
    ]);
    let span = &mut body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    span["attributes"] = attributes;
    span["name"] = json!("chat gpt-4o");
    span["traceState"] = json!("");
    span["status"] = json!({});
    span["events"] =
        json!([{"name": "gen_ai.user.message", "attributes": [{"key": "content", "value": {"stringValue": WORDS}}]}]);
    span["links"] = json!([]);
    body["resourceSpans"][0]["resource"] = json!({});
    body["resourceSpans"][0]["schemaUrl"] = json!("");
    body["resourceSpans"][0]["scopeSpans"][0]["scope"] = json!({"name": "tests"});
    body["resourceSpans"][0]["scopeSpans"][0]["schemaUrl"] = json!("");
    send_json(&app, "/v1/traces", &body).await;
    let record = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [
        {"timeUnixNano": NOON, "body": {"stringValue": WORDS}}]}]}]});
    send_json(&app, "/v1/logs", &record).await;
    app.settled().await;
    let calls = app.get_ok("/api/v1/calls?since=2020-01-01&until=2030-01-01").await;
    assert_eq!(calls["items"][0]["usage"]["input"], 1000, "{calls:#}");
    assert!(calls["items"][0]["cost"]["usd"].as_f64().is_some_and(|cost| cost > 0.0), "{calls:#}");
    for payload in app.journal_payloads().await {
        assert!(!format!("{payload:?}").contains("secret plan"), "{payload:?}");
    }
    app.stop().await;
}

async fn ask(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.header("x-tracemeter", "1").send().await.expect("answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_box_shows_what_rules_would_change() {
    let app = App::start().await;
    let url = app.web_url("/api/v1/redaction/test");
    let body = json!({"text": "ask anna@example.org", "redact": {"capture": "redacted"}});
    let (status, found) = ask(app.client.post(&url).json(&body)).await;
    assert_eq!(status, 200, "{found:#}");
    assert!(found["text"].as_str().expect("text").starts_with("ask [email:"), "{found:#}");
    assert_eq!(found["findings"][0]["name"], "email");
    assert_eq!(found["findings"][0]["before"], "anna@example.org");
    let (_, found) = ask(app.client.post(&url).json(&json!({"text": "ask anna@example.org"}))).await;
    assert_eq!(
        (&found["changes"], &found["text"]),
        (&json!(0), &json!("ask anna@example.org")),
        "as the server is set"
    );
    let (_, found) = ask(app.client.post(&url).json(&json!({"otlp": spans("0000000000000001")}))).await;
    let at = |part: &str| {
        let findings = found["findings"].as_array().expect("findings");
        findings.iter().filter(|finding| finding["part"] == part).count()
    };
    for part in
        ["span.name", "span.attribute", "span.status", "event.attribute", "link.attribute", "resource.attribute"]
    {
        assert!(at(part) > 0, "{part}: {found:#}");
    }
    for bad in [
        json!({}),
        json!({"text": "x", "redact": {"captur": "full"}}),
        json!({"text": "x", "redact": {"allow": ["*"]}}),
    ] {
        let (status, error) = ask(app.client.post(&url).json(&bad)).await;
        assert_eq!((status, &error["error"]["code"]), (400, &json!("bad_body")), "{error:#}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_counts_and_changes_nothing() {
    let app = App::start().await;
    send_json(&app, "/v1/traces", &spans("0000000000000001")).await;
    let before = app.journal_payloads().await;
    let url = app.web_url("/api/v1/redaction/dry-run");
    let (status, told) = ask(app.client.post(&url).json(&json!({"redact": {"capture": "redacted"}}))).await;
    assert_eq!(status, 202, "{told:#}");
    let done = app.until("/api/v1/redaction/dry-run", |run| run["state"] == "done").await;
    assert_eq!(done["records"], 1);
    let found = done["found"].as_array().expect("found");
    let email = found.iter().find(|found| found["name"] == "email").expect("e-mail was found");
    assert!(email["changes"].as_u64() > Some(10), "{email:#}");
    assert!(found.iter().all(|found| found["name"] != "openai-api-key"), "secrets are gone already");
    assert!(email["samples"].as_array().is_some_and(|samples| samples.len() == 5), "{email:#}");
    assert!(done["keys"].as_array().is_some_and(|keys| keys.iter().any(|place| place["key"] == "plain")), "{done:#}");
    assert_eq!(app.journal_payloads().await, before);
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_tracemeter"))
        .args(["redact", "test", "mail anna@example.org or sk-proj-Ab3dEfGhIjKlMnOpQrStUv0123456789"])
        .env("TRACEMETER_REDACT__CAPTURE", "redacted")
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("[redacted:openai-api-key]") && said.contains("[email:"), "{said}");
    let (base, data_dir) = (app.web_url(""), app.data_dir());
    let run = tokio::task::spawn_blocking(move || {
        std::process::Command::new(env!("CARGO_BIN_EXE_tracemeter"))
            .args(["redact", "dry-run", "--limit", "10", "--url", &base, "--data-dir"])
            .arg(data_dir)
            .env("TRACEMETER_REDACT__CAPTURE", "metadata")
            .output()
            .expect("runs")
    });
    let run = run.await.expect("no panic");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("capture metadata: drop"), "{said} {:?}", run.stderr);
    app.stop().await;
}
