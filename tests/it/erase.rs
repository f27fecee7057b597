//! Deleting on request: nothing of it is left in any file, everything else is, and the receipt says what went.

use std::path::Path;

use prost::Message as _;
use serde_json::{Value, json};
use tracemeter::model::UnixNanos;
use tracemeter::model::otlp::{
    AnyValue, Gauge, KeyValue, LogRecord, LogsData, Metric, MetricsData, NumberDataPoint, ResourceLogs,
    ResourceMetrics, ScopeLogs, ScopeMetrics, any_value, metric, number_data_point,
};

use super::support::otlp::{chat, span, traces, with};
use super::support::{App, NOON, at};

const DAY: i64 = 86_400_000_000_000;
const SECRET: &str = "aunt-agathas-emerald-necklace";
const USER: &str = "agatha@example.org";

/// Files below `dir` in whose bytes `text` stands.
pub fn files_with(dir: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("lists").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else {
            let bytes = match std::fs::read(&path) {
                // SQLite removes its logs when a file is closed.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                bytes => bytes.expect("reads"),
            };
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

fn attribute(key: &str, text: &str) -> KeyValue {
    let value = any_value::Value::StringValue(text.into());
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
}

/// One trace of one call in session `conversation`, of the user with the secret when `secret`.
async fn converse(app: &App, trace: u8, conversation: &str, secret: bool) {
    let (user, said) = if secret { (USER, SECRET) } else { ("bertie@example.org", "a perfectly ordinary umbrella") };
    let now = app.clock.now().0;
    let mut call = chat(span(trace, 1, "chat", 0), "gpt-4o", 1000, 100);
    call.start_time_unix_nano = now as u64 - 2_000_000_000;
    call.end_time_unix_nano = now as u64 - 1_000_000_000;
    let message = json!([{"role": "user", "parts": [{"type": "text", "content": format!("tell me of {said}")}]}]);
    let call = with(call, "gen_ai.input.messages", message.to_string());
    let call = with(with(call, "session.id", conversation), "user.id", user);
    app.send(&traces("shop", vec![call])).await;
}

/// A log record and a data point that belong to no trace, each with a user.
async fn mutter(app: &App, user: &str, said: &str) {
    let time = app.clock.now().0 as u64;
    let log = LogRecord {
        time_unix_nano: time,
        body: Some(AnyValue { value: Some(any_value::Value::StringValue(said.into())) }),
        attributes: vec![attribute("user.id", user)],
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs { log_records: vec![log], ..ScopeLogs::default() }];
    let data = LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] };
    assert_eq!(app.post("/v1/logs", data.encode_to_vec()).await.status(), 200);
    let point = NumberDataPoint {
        time_unix_nano: time,
        attributes: vec![attribute("user.id", user)],
        value: Some(number_data_point::Value::AsInt(3)),
        ..NumberDataPoint::default()
    };
    let gauge = Gauge { data_points: vec![point] };
    let metric = Metric { name: "umbrellas".into(), data: Some(metric::Data::Gauge(gauge)), ..Metric::default() };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
    let data = MetricsData { resource_metrics: vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }] };
    assert_eq!(app.post("/v1/metrics", data.encode_to_vec()).await.status(), 200);
}

/// Two days, with something of everybody on each.
async fn filled() -> App {
    let app = App::start().await;
    for day in 0..2_u8 {
        app.clock.set(UnixNanos(at(NOON).0 + i64::from(day) * DAY));
        converse(&app, day * 10 + 1, "tea", false).await;
        converse(&app, day * 10 + 2, "dinner", true).await;
        converse(&app, day * 10 + 3, "dinner", false).await;
        mutter(&app, USER, SECRET).await;
        mutter(&app, "bertie@example.org", "what ho").await;
    }
    app.settled().await;
    searched(&app, "ordinary", 4).await;
    assert!(!files_with(&app.data_dir(), SECRET).is_empty(), "the test would see it");
    app
}

async fn searched(app: &App, word: &str, expected: usize) {
    let found = |answer: &Value| answer["items"].as_array().is_some_and(|items| items.len() == expected);
    app.until(&format!("/api/v1/search?since=2026-01-01&q={word}"), found).await;
}

async fn request(app: &App, method: reqwest::Method, path: &str) -> (u16, Value) {
    let request = app.client.request(method, app.web_url(path)).header("x-tracemeter", "1");
    let answer = request.send().await.expect("answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// Deletes and gives the finished receipt.
pub async fn delete(app: &App, path: &str) -> Value {
    let (status, receipt) = request(app, reqwest::Method::DELETE, path).await;
    assert!(status == 200 || status == 202, "{status}: {receipt:#}");
    app.until(&format!("/api/v1/receipts/{}", receipt["id"]), |receipt| receipt["state"] == "done").await
}

async fn cost(app: &App) -> (i64, i64) {
    let answer = app.get_ok("/api/v1/cost?since=2026-01-01&group_by=user").await;
    let rows = answer["items"].as_array().expect("a list");
    let sum = |name: &str| rows.iter().map(|row| row[name].as_i64().expect("a number")).sum();
    (sum("calls"), sum("cost_nano"))
}

/// All that lists and boards say of what is left.
async fn told(app: &App) -> Vec<Value> {
    let mut all = Vec::new();
    for path in ["traces", "calls", "sessions", "logs", "metrics", "cost", "models"] {
        let mut answer = app.get_ok(&format!("/api/v1/{path}?since=2026-01-01")).await;
        answer.as_object_mut().expect("an object").remove("next_cursor");
        all.push(answer);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_data_is_in_no_file_afterwards_and_the_sums_of_all_others_are_right() {
    let app = filled().await;
    let (calls, before) = cost(&app).await;
    assert_eq!(calls, 6);
    let receipt = delete(&app, &format!("/api/v1/users/{USER}")).await;
    assert_eq!(receipt["subject"], Value::Null);
    assert_eq!(receipt["traces"], 2);
    let days = receipt["journal"]["days"].as_array().expect("days");
    assert_eq!(days.len(), 2, "{receipt:#}");
    assert!(days.iter().all(|day| day["items"] == 3), "a span, a record and a metric each: {receipt:#}");
    let rows = &receipt["analytics"];
    assert_eq!([&rows["traces"], &rows["spans"], &rows["logs"], &rows["metric_points"]], [2, 2, 2, 2], "{receipt:#}");
    assert_eq!(receipt["search"]["entries"], 2);
    assert_eq!(receipt["sent_to"], json!([]));
    assert!(receipt["note"].as_str().expect("a note").contains("Backups"));

    for text in [SECRET, USER] {
        assert_eq!(files_with(&app.data_dir(), text), Vec::<String>::new());
    }
    assert_eq!(cost(&app).await, (4, before * 4 / 6));
    searched(&app, "ordinary", 4).await;
    searched(&app, "necklace", 0).await;
    let (status, _) = app.get("/api/v1/traces/02020202020202020202020202020202").await;
    assert_eq!(status, 404);
    app.get_ok("/api/v1/traces/01010101010101010101010101010101").await;

    // What is shown is what the journal says, also when all of it is read again.
    let shown = told(&app).await;
    let app = app.restart_after(|data| std::fs::remove_dir_all(data.join("analytics")).expect("removed")).await;
    app.settled().await;
    assert_eq!(told(&app).await, shown);
    let receipts = app.get_ok("/api/v1/receipts").await;
    assert_eq!(receipts["items"][0]["subject_hash"], receipt["subject_hash"]);

    // Somebody who comes back is new.
    converse(&app, 42, "dinner", true).await;
    app.settled().await;
    app.get_ok("/api/v1/traces/2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_and_one_session_go_and_nothing_beside_them() {
    let app = filled().await;
    let id = "02020202020202020202020202020202";
    let (status, pinned) = request(&app, reqwest::Method::PUT, &format!("/api/v1/traces/{id}/pin")).await;
    assert_eq!((status, &pinned["pinned"]), (200, &json!(true)));
    assert_eq!(app.get_ok(&format!("/api/v1/traces/{id}")).await["pinned"], true);
    let pinned = app.get_ok("/api/v1/traces?since=2026-01-01&pinned=true").await;
    assert_eq!(pinned["items"].as_array().expect("a list").len(), 1);
    assert_eq!(pinned["items"][0]["trace_id"], id);
    let both = app.get_ok("/api/v1/traces?since=2026-01-01&pinned=true&search=ordinary").await;
    assert_eq!(both["items"], json!([]), "the pinned one says something else");
    let receipt = delete(&app, &format!("/api/v1/traces/{id}")).await;
    assert_eq!([&receipt["analytics"]["spans"], &receipt["pins"]], [1, 1], "{receipt:#}");
    assert_eq!(cost(&app).await.0, 5);
    let receipt = delete(&app, "/api/v1/sessions/dinner").await;
    assert_eq!(receipt["traces"], 3, "one on the first day, two on the second: {receipt:#}");
    assert_eq!(cost(&app).await.0, 2);
    let sessions = app.get_ok("/api/v1/sessions?since=2026-01-01").await;
    assert_eq!(sessions["items"].as_array().expect("a list").len(), 1);
    assert_eq!(app.get_ok("/api/v1/logs?since=2026-01-01").await["items"].as_array().expect("a list").len(), 4);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_deletes_and_prints_the_receipt() {
    let app = filled().await;
    let data = app.data_dir();
    let run = move |args: &[&str], say: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tracemeter"));
        command.arg("delete").arg("--data-dir").arg(&data).args(args).stdin(std::process::Stdio::piped());
        let mut child =
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().expect("runs");
        std::io::Write::write_all(&mut child.stdin.take().expect("piped"), say.as_bytes()).expect("heard");
        let run = child.wait_with_output().expect("ends");
        (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
    };
    let commands = move || {
        let no = run(&["--session", "dinner"], "no\n");
        let yes = run(&["--session", "dinner"], "yes\n");
        let unknown = run(&["--trace", "12", "--yes"], "");
        (no, yes, unknown)
    };
    let (no, yes, unknown) = tokio::task::spawn_blocking(commands).await.expect("joins");
    assert!(!no.0 && no.1.contains("nothing was deleted"), "{}", no.1);
    assert!(yes.0 && yes.1.contains("\"state\": \"done\"") && yes.1.contains("\"sent_to\": []"), "{}", yes.1);
    assert!(!unknown.0 && unknown.1.contains("32 hex digits"), "{}", unknown.1);
    assert_eq!(cost(&app).await.0, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_cannot_delete() {
    let app = filled().await;
    let url = app.web_url("/api/v1/traces/01010101010101010101010101010101");
    let bare = app.client.delete(&url).send().await.expect("answers");
    assert_eq!(bare.status(), 403);
    let said: Value = bare.json().await.expect("JSON");
    assert_eq!(said["error"]["code"], "forbidden");
    let foreign = app.client.delete(&url).header("x-tracemeter", "1").header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.expect("answers").status(), 403);
    app.get_ok("/api/v1/traces/01010101010101010101010101010101").await;
    let (status, _) = request(&app, reqwest::Method::PUT, "/api/v1/traces/77777777777777777777777777777777/pin").await;
    assert_eq!(status, 404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_that_only_log_records_make_goes_with_its_records() {
    let app = App::start().await;
    let time = app.clock.now().0 as u64;
    let record = |prompt: &str, said: &str| LogRecord {
        time_unix_nano: time,
        event_name: "claude_code.user_prompt".into(),
        attributes: vec![attribute("session.id", "s"), attribute("prompt.id", prompt), attribute("prompt", said)],
        ..LogRecord::default()
    };
    let records = vec![record("one", SECRET), record("two", "what ho")];
    let scope_logs = vec![ScopeLogs { log_records: records, ..ScopeLogs::default() }];
    let data = LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] };
    assert_eq!(app.post("/v1/logs", data.encode_to_vec()).await.status(), 200);
    app.settled().await;
    // Stopping brings what is loaded into the file of the analytics.
    let app = app.restart().await;
    assert!(!files_with(&app.data_dir(), SECRET).is_empty(), "the test would see it");
    let listed = app.get_ok("/api/v1/traces?since=2026-01-01").await;
    let traces = listed["items"].as_array().expect("a list");
    assert_eq!(traces.len(), 2, "{listed:#}");
    let secret = traces.iter().find(|trace| trace.to_string().contains(SECRET)).expect("one shows the prompt");
    let id = secret["trace_id"].as_str().expect("an id").to_owned();
    let receipt = delete(&app, &format!("/api/v1/traces/{id}")).await;
    assert_eq!(receipt["journal"]["days"][0]["items"], 1, "{receipt:#}");
    assert_eq!(receipt["analytics"]["logs"], 1, "{receipt:#}");
    assert_eq!(files_with(&app.data_dir(), SECRET), Vec::<String>::new());
    let left = app.get_ok("/api/v1/logs?since=2026-01-01").await;
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1), "{left:#}");
    assert_eq!(app.get(&format!("/api/v1/traces/{id}")).await.0, 404);
    app.stop().await;
}
