//! Keys of who sends: every spelling on every protocol, scopes, and keys made and revoked beside a running server.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use serde_json::{Value, json};
use tonic::metadata::MetadataValue;
use tonic::{Code, Request};
use tracemeter::config::{Config, UpstreamConfig, UpstreamKind};
use tracemeter::model::otlp::{LogRecord, RpcStatus, TracesData};

use crate::receive_grpc;
use crate::support::otlp::{chat, logs, span, traces};
use crate::support::provider::{Provider, Reply};
use crate::support::{App, PATIENCE};

const PROTOBUF: &str = "application/x-protobuf";

/// On all addresses of the machine, pages aside.
fn for_others(config: &mut Config) {
    config.receive.http.set_ip([0, 0, 0, 0].into());
    config.receive.grpc.set_ip([0, 0, 0, 0].into());
}

/// `tracemeter keys ...` on the data directory of the app; what it printed.
fn keys(app: &App, args: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_tracemeter"))
        .arg("keys")
        .arg("--data-dir")
        .arg(app.data_dir())
        .args(args)
        .output()
        .expect("runs");
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8_lossy(&run.stdout).trim().to_owned()
}

/// `tracemeter keys keep ...` with what is kept; what it printed, or why not, and what it said it did.
fn keep(app: &App, kept: &str, args: &[&str]) -> (Result<String, String>, String) {
    let mut run = Command::new(env!("CARGO_BIN_EXE_tracemeter"));
    run.args(["keys", "keep", "--data-dir"]).arg(app.data_dir()).args(args);
    run.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut run = run.spawn().expect("runs");
    run.stdin.take().expect("piped").write_all(kept.as_bytes()).expect("takes it");
    let run = run.wait_with_output().expect("ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let (printed, said) = (text(&run.stdout), text(&run.stderr));
    (if run.status.success() { Ok(printed) } else { Err(printed) }, said)
}

/// Changes something by the API.
async fn ask(app: &App, method: &str, path: &str, body: Value) -> (u16, Value) {
    let method = method.parse().expect("a method");
    let request = app.client.request(method, app.web_url(path)).header("x-tracemeter", "1").body(body.to_string());
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or_default())
}

/// Makes a key by the API; its id and itself.
async fn make(app: &App, wanted: Value) -> (i64, String) {
    let (status, made) = ask(app, "POST", "/api/v1/keys", wanted).await;
    assert_eq!(status, 200, "{made:#}");
    (made["key"]["id"].as_i64().expect("an id"), made["secret"].as_str().expect("the key").to_owned())
}

fn one_span(id: u8) -> TracesData {
    traces("shop", vec![span(7, id, "s", 0)])
}

fn one_record() -> Vec<u8> {
    logs("shop", vec![LogRecord { time_unix_nano: 5, ..LogRecord::default() }]).encode_to_vec()
}

async fn send(app: &App, url: String, headers: &[(&str, &str)], body: Vec<u8>) -> reqwest::Response {
    let request = app.client.post(url).header("content-type", PROTOBUF).body(body);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.expect("answers")
}

/// The status of one span with these headers.
async fn status(app: &App, headers: &[(&str, &str)]) -> u16 {
    send(app, app.http_url("/v1/traces"), headers, one_span(1).encode_to_vec()).await.status().as_u16()
}

/// Asks until a span with this key is answered so.
async fn until_status(app: &App, key: &str, expected: u16) {
    let started = tokio::time::Instant::now();
    while status(app, &[("x-api-key", key)]).await != expected {
        assert!(started.elapsed() < PATIENCE, "the key is never answered with {expected}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn every_spelling_of_a_key_is_taken_and_nothing_else() {
    let app = App::start_with(for_others).await;
    let (_, key) = make(&app, json!({"name": "all"})).await;
    let basic = format!("Basic {}", STANDARD.encode(format!("pk-lf-anything:{key}")));
    let langfuse = format!("Basic {}", STANDARD.encode(format!("pk-lf-anything:sk-lf-{key}")));
    let bearer = format!("Bearer {key}");
    for (name, value) in [
        ("authorization", bearer.as_str()),
        ("authorization", &basic),
        ("authorization", &langfuse),
        ("authorization", &key),
        ("x-api-key", &key),
        ("api_key", &key),
        ("api-key", &key),
        ("x-auth-token", &key),
        ("dd-api-key", &key),
    ] {
        assert_eq!(status(&app, &[(name, value)]).await, 200, "{name}: {value}");
    }
    let behind = app.http_url(&format!("/v1/traces?api_key={key}"));
    assert_eq!(send(&app, behind, &[], one_span(1).encode_to_vec()).await.status(), 200);

    let refused = send(&app, app.http_url("/v1/traces"), &[], one_span(2).encode_to_vec()).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["content-type"]),
        (401, &PROTOBUF.parse().expect("a value"))
    );
    assert!(refused.headers()["www-authenticate"].to_str().expect("text").starts_with("Bearer"));
    let told = RpcStatus::decode(refused.bytes().await.expect("a body")).expect("a Status");
    assert_eq!(told.code, Code::Unauthenticated as i32);
    assert!(told.message.contains("tracemeter keys new"), "{}", told.message);
    let wrong = format!("{}0", &key[..key.len() - 1]);
    let wrong = if wrong == key { format!("{}1", &key[..key.len() - 1]) } else { wrong };
    for value in ["any", "tm_ingest_", &wrong, &key.to_uppercase()] {
        assert_eq!(status(&app, &[("x-api-key", value)]).await, 401, "{value}");
    }
    let json = app.client.post(app.http_url("/v1/traces")).header("content-type", "application/json").body("{}");
    let json: Value = json.send().await.expect("answers").json().await.expect("JSON");
    assert_eq!(json["code"], 16, "{json}");
    assert_eq!(app.client.get(app.http_url("/healthz")).send().await.expect("answers").status(), 200, "for probes");
    assert_eq!(app.journal_spans().await.len(), 1, "one span, sent again and again");

    let heard = app.get_ok("/api/v1/arrivals").await;
    let reasons: Vec<&str> =
        heard["refusals"].as_array().expect("a list").iter().filter_map(|one| one["reason"].as_str()).collect();
    assert!(reasons.contains(&"missing_key") && reasons.contains(&"unknown_key"), "{heard:#}");
    assert!(heard["refusals"][0]["remedy"].as_str().is_some_and(|remedy| remedy.contains("key")), "{heard:#}");
    assert!(!heard.to_string().contains("tm_ingest_0") && !heard.to_string().contains(&key), "no key is told");
    app.stop().await;
}

#[tokio::test]
async fn scopes_hold_on_every_protocol() {
    let app = App::start_with(for_others).await;
    let (_, narrow) = make(&app, json!({"name": "traces", "signals": ["traces"]})).await;
    let (_, other) = make(&app, json!({"name": "logs", "signals": ["logs"]})).await;
    let refused = send(&app, app.http_url("/v1/logs"), &[("x-api-key", &narrow)], one_record()).await;
    assert_eq!(refused.status(), 403);
    let told = RpcStatus::decode(refused.bytes().await.expect("a body")).expect("a Status");
    assert_eq!(
        (told.code, told.message.contains("this key is for traces, not for logs")),
        (7, true),
        "{}",
        told.message
    );
    assert_eq!(send(&app, app.http_url("/v1/logs"), &[("x-api-key", &other)], one_record()).await.status(), 200);
    // To the bare address, where the body says what it is.
    assert_eq!(send(&app, app.http_url("/"), &[("x-api-key", &narrow)], one_record()).await.status(), 403);
    assert_eq!(send(&app, app.http_url("/"), &[], one_record()).await.status(), 401);

    let call = async |key: Option<&str>| {
        let mut client = receive_grpc::connect(app.grpc_url()).await;
        let mut request = Request::new(one_span(3));
        if let Some(key) = key {
            let value: MetadataValue<_> = format!("Bearer {key}").parse().expect("metadata");
            request.metadata_mut().insert("authorization", value);
        }
        receive_grpc::call_with(&mut client, receive_grpc::TRACES, request)
            .await
            .map(drop)
            .map_err(|status| status.code())
    };
    assert_eq!(call(Some(&narrow)).await, Ok(()));
    assert_eq!(call(None).await, Err(Code::Unauthenticated));
    assert_eq!(call(Some(&other)).await, Err(Code::PermissionDenied));

    let foreign = async |path: &str, key: Option<&str>, body: Value| {
        let request =
            app.client.post(app.http_url(path)).header("content-type", "application/json").body(body.to_string());
        let request = if let Some(key) = key { request.header("x-api-key", key) } else { request };
        let answer = request.send().await.expect("answers");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    // Scores are log records, and go with the traces.
    let score = json!({"traceId": "t", "name": "good", "value": 1});
    assert_eq!(foreign("/api/public/scores", Some(&narrow), score.clone()).await.0, 200);
    let (status, told) = foreign("/api/public/scores", None, score.clone()).await;
    assert_eq!((status, told["error"].as_str()), (401, Some("missing_key")), "{told}");
    assert_eq!(foreign("/api/public/scores", Some(&other), score).await.0, 403);
    let (status, told) = foreign("/runs/batch", None, json!({"post": []})).await;
    assert!(status == 401 && told["detail"].as_str().is_some_and(|text| text.contains("a key is asked for")), "{told}");
    assert_eq!(foreign("/runs/batch", Some(&narrow), json!({"post": []})).await.0, 202);
    let info = app.client.get(app.http_url("/info")).send().await.expect("answers");
    assert_eq!(info.status(), 200, "what a client asks before it sends");
    let projects = app.client.get(app.http_url("/api/public/projects")).send().await.expect("answers");
    assert_eq!(projects.status(), 401, "by which Langfuse's SDK checks its keys");
    app.stop().await;
}

#[tokio::test]
async fn a_file_of_langfuse_is_put_by_its_address_alone() {
    use sha2::Digest as _;

    let app = App::start_with(for_others).await;
    let (_, key) = make(&app, json!({"name": "media", "project": "lab"})).await;
    let image = [b"\x89PNG\r\n\x1a\n".as_slice(), &[9; 5000]].concat();
    let hash = STANDARD.encode(sha2::Sha256::digest(&image));
    let announced = json!({"traceId": "t-1", "contentType": "image/png", "contentLength": image.len(),
        "sha256Hash": hash, "field": "input"});
    let post = app.client.post(app.http_url("/api/public/media")).header("x-api-key", &key).body(announced.to_string());
    let answer: Value = post.send().await.expect("answers").json().await.expect("JSON");
    let url = answer["uploadUrl"].as_str().expect("an address").to_owned();
    let put = async |url: &str| {
        let put = app.client.put(url).header("content-type", "image/png").body(image.clone());
        put.send().await.expect("answers").status().as_u16()
    };
    let (bare, _) = url.split_once("&permit=").expect("a permit");
    assert_eq!(put(bare).await, 401);
    assert_eq!(put(&url.replace("&f=", "&f=eA&x=")).await, 401, "it is for one place");
    assert_eq!(put(&url).await, 200, "as to an object store: SDKs send no key with the file");
    app.stop().await;
}

#[tokio::test]
async fn on_loopback_a_key_is_asked_for_once_one_was_made() {
    let app = App::start().await;
    assert_eq!(status(&app, &[]).await, 200);
    assert_eq!(status(&app, &[("x-api-key", "any")]).await, 200);
    assert_eq!(app.get_ok("/api/v1/keys").await["asked_for"], false);
    make(&app, json!({"name": "script", "scope": "read"})).await;
    assert_eq!(status(&app, &[]).await, 200, "a token for the API changes nothing");
    let (id, key) = make(&app, json!({"name": "n8n"})).await;
    assert_eq!((status(&app, &[]).await, status(&app, &[("x-api-key", &key)]).await), (401, 200));
    assert_eq!(app.get_ok("/api/v1/keys").await["asked_for"], true);
    let (code, _) = ask(&app, "DELETE", &format!("/api/v1/keys/{id}"), Value::Null).await;
    assert_eq!((code, status(&app, &[]).await, status(&app, &[("x-api-key", &key)]).await), (200, 401, 401));
    let app = app.restart_with(|config| config.receive.allow_without_key = true).await;
    assert_eq!(
        (status(&app, &[]).await, status(&app, &[("x-api-key", &key)]).await),
        (200, 200),
        "said in so many words"
    );
    app.stop().await;
}

#[tokio::test]
async fn the_web_port_asks_by_its_own_address() {
    let app = App::start_with(|config| {
        config.web.listen.set_ip([0, 0, 0, 0].into());
        config.web.allow_without_login = true;
    })
    .await;
    let to = |url| send(&app, url, &[], one_span(1).encode_to_vec());
    assert_eq!(to(app.http_url("/v1/traces")).await.status(), 200);
    assert_eq!(to(app.web_url("/v1/traces")).await.status(), 401);
    app.settled().await;
    assert_eq!(app.get_ok("/api/v1/traces").await["items"].as_array().map(Vec::len), Some(1), "pages ask for no key");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_change_keys_beside_a_running_server() {
    let app = App::start_with(for_others).await;
    let key = keys(&app, &["new", "n8n", "--signals", "traces"]);
    until_status(&app, &key, 200).await;
    let list = keys(&app, &["list"]);
    assert!(list.contains("n8n") && list.contains("traces") && !list.contains(&key), "{list}");
    let rotated = keys(&app, &["rotate", "n8n", "--keep", "1h"]);
    until_status(&app, &rotated, 200).await;
    keys(&app, &["revoke", "n8n"]);
    until_status(&app, &rotated, 401).await;
    assert_eq!(status(&app, &[("x-api-key", &key)]).await, 401);
    assert!(keys(&app, &["list"]).contains("There is no key"));
    assert!(keys(&app, &["list", "--all"]).contains("revoked 20"));
    // A name that is revoked is free.
    let key = keys(&app, &["new", "n8n"]);
    until_status(&app, &key, 200).await;
    let run = Command::new(env!("CARGO_BIN_EXE_tracemeter"))
        .args(["keys", "new", "n8n", "--data-dir"])
        .arg(app.data_dir())
        .output()
        .expect("runs");
    assert!(!run.status.success() && String::from_utf8_lossy(&run.stderr).contains("there is a key \"n8n\""));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_outlive_the_server_and_are_made_without_it() {
    let mut made = String::new();
    let app = App::start_with(for_others).await;
    let app = app
        .restart_after(|data_dir| {
            let run = Command::new(env!("CARGO_BIN_EXE_tracemeter"))
                .args(["keys", "new", "cron", "--project", "lab", "--data-dir"])
                .arg(data_dir)
                .output()
                .expect("runs");
            made = String::from_utf8_lossy(&run.stdout).trim().to_owned();
        })
        .await;
    let call = |trace| traces("shop", vec![chat(span(trace, 1, "chat", 5), "gpt-4o", 10, 5)]).encode_to_vec();
    assert_eq!(send(&app, app.http_url("/v1/traces"), &[("x-api-key", &made)], call(9)).await.status(), 200);
    let (_, other) = make(&app, json!({"name": "home"})).await;
    assert_eq!(send(&app, app.http_url("/v1/traces"), &[("x-api-key", &other)], call(8)).await.status(), 200);
    app.settled().await;
    let of = async |project: &str| {
        let list = app.get_ok(&format!("/api/v1/traces?project={project}&since=2026-11-20T00:00:00Z")).await;
        list["items"].as_array().map(Vec::len)
    };
    let both = (of("lab").await, of("default").await);
    assert_eq!(both, (Some(1), Some(1)), "what is sent with a key stands under its project");
    let app = app.restart().await;
    let list = app.get_ok("/api/v1/keys").await;
    assert_eq!(list["items"][0]["last_used_at"], "2026-11-20T12:00:00Z", "{list:#}");
    assert!(!list.to_string().contains(&made[20..]), "only its end is known: {list:#}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_kept_is_made_once() {
    let app = App::start_with(for_others).await;
    let would = keep(&app, "", &["cron", "--check"]);
    assert_eq!(would, (Ok(String::new()), "cron: made".into()));
    assert_eq!(status(&app, &[]).await, 401, "there is no key, and none is enough");
    let (made, said) = keep(&app, "", &["cron", "--signals", "metrics,traces"]);
    let made = made.expect("made");
    assert!(made.starts_with("tm_ingest_") && said == "cron: made", "{said}");
    until_status(&app, &made, 200).await;
    let again = keep(&app, &format!("{made}\n"), &["cron", "--signals", "traces,metrics"]);
    assert_eq!(again, (Ok(made.clone()), "cron: nothing to do".into()));

    let (same, said) = keep(&app, &made, &["cron", "--signals", "logs"]);
    assert!(same.as_ref() == Ok(&made) && said.contains("good for something else"), "{said}");
    until_status(&app, &made, 403).await;
    let (refused, said) = keep(&app, "", &["cron", "--signals", "logs"]);
    assert!(refused == Err(String::new()) && said.contains("its text is not kept here"), "{said}");
    let (renewed, said) = keep(&app, "", &["cron", "--renew"]);
    let renewed = renewed.expect("renewed");
    assert!(renewed != made && said.contains("another text; the one before is good until"), "{said}");
    until_status(&app, &renewed, 200).await;
    until_status(&app, &made, 200).await;
    keys(&app, &["revoke", "cron"]);
    until_status(&app, &renewed, 401).await;
    let (refused, said) = keep(&app, &renewed, &["cron"]);
    assert!(refused == Err(String::new()) && said.contains("was revoked at"), "{said}");
    app.stop().await;
}

#[tokio::test]
async fn requests_for_keys_that_cannot_be_are_told_why() {
    let app = App::start().await;
    let (id, first) = make(&app, json!({"name": "n8n", "signals": ["traces", "logs"]})).await;
    for (body, word) in [
        (json!({"name": "n8n"}), "there is a key"),
        (json!({"name": ""}), "1 to 60 characters"),
        (json!({"name": "x", "signals": []}), "traces, logs or metrics"),
        (json!({"name": "x", "signals": ["profiles"]}), "the body is not what belongs here"),
        (json!({"name": "x", "scope": "read", "signals": ["logs"]}), "signals are for ingest keys"),
    ] {
        let (status, told) = ask(&app, "POST", "/api/v1/keys", body.clone()).await;
        assert!(status == 400 && told["error"]["message"].as_str().is_some_and(|text| text.contains(word)), "{told}");
    }
    let (status, rotated) = ask(&app, "POST", &format!("/api/v1/keys/{id}/rotate?keep=1h"), Value::Null).await;
    assert_eq!((status, &rotated["key"]["old_until"]), (200, &json!("2026-11-20T13:00:00Z")), "{rotated:#}");
    assert_eq!(self::status(&app, &[("x-api-key", &first)]).await, 200, "for another hour");
    assert_eq!(ask(&app, "DELETE", "/api/v1/keys/77", Value::Null).await.0, 404);
    assert_eq!(ask(&app, "POST", "/api/v1/keys/x/rotate", Value::Null).await.0, 404);
    let bare = app.client.post(app.web_url("/api/v1/keys")).body("{}").send().await.expect("answers");
    assert_eq!(bare.status(), 403, "a form of another site");
    app.stop().await;
}

#[tokio::test]
async fn the_relay_asks_for_a_key_of_ours_off_loopback_and_keeps_it() {
    let answers = [Reply::json(200, &json!({"data": []})), Reply::json(200, &json!({"data": []}))];
    let provider = Provider::start(answers).await;
    let home = provider.url("/v1");
    let app = App::start_with(|config| {
        config.relay.listen = Some("0.0.0.0:0".parse().expect("an address"));
        config.relay.upstream =
            vec![UpstreamConfig { name: "home".into(), url: home, kind: UpstreamKind::OpenAi, provider: None }];
    })
    .await;
    let (_, key) = make(&app, json!({"name": "relay", "signals": ["traces"]})).await;
    let (_, other) = make(&app, json!({"name": "logs", "signals": ["logs"]})).await;
    let relay = app.addresses().relay.expect("the relay is on");
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        let request = app.client.get(format!("http://{relay}{path}")).header("authorization", "Bearer of-the-provider");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.expect("answers");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    };
    let (status, told) = ask("/home/v1/models", &[]).await;
    assert!(status == 401 && told.contains("x-tracemeter-key") && told.contains("missing_key"), "{told}");
    assert_eq!(ask("/home/v1/models", &[("x-tracemeter-key", &other)]).await.0, 401);
    let in_path = format!("/{key}/home/v1/models");
    for (path, headers) in [("/home/v1/models", vec![("x-tracemeter-key", key.as_str())]), (in_path.as_str(), vec![])] {
        assert_eq!(ask(path, &headers).await.0, 200, "{path}");
    }
    let got = provider.got();
    assert_eq!(got.len(), 2, "what was refused went nowhere");
    for one in got {
        assert_eq!(
            (one.path.as_str(), one.headers["authorization"].as_bytes()),
            ("/v1/models", b"Bearer of-the-provider".as_slice())
        );
        assert!(!format!("{:?}", one.headers).contains("tm_ingest_"), "{:?}", one.headers);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_puts_a_key_where_one_is_asked_for() {
    let app = App::start_with(for_others).await;
    let connect = |more: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_tracemeter"))
            .args(["connect", "otel", "--no-wait", "--data-dir"])
            .arg(app.data_dir())
            .args(more)
            .output()
            .expect("runs");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8_lossy(&run.stdout).into_owned()
    };
    let said = connect(&[]);
    assert!(said.contains("OTEL_EXPORTER_OTLP_HEADERS=x-api-key=YOUR_KEY") && said.contains("--new-key"), "{said}");
    let said = connect(&["--new-key"]);
    let key = said.lines().find_map(|line| line.trim().strip_prefix("OTEL_EXPORTER_OTLP_HEADERS=x-api-key="));
    until_status(&app, key.unwrap_or_else(|| panic!("{said}")), 200).await;
    assert!(connect(&["--new-key"]).contains("tm_ingest_"), "a name that is taken gets a number");
    assert_eq!(app.get_ok("/api/v1/clients").await["key_wanted"], true);
    let app = app.restart_with(|config| config.receive.allow_without_key = true).await;
    let clients = app.get_ok("/api/v1/clients").await;
    assert!(clients["key_wanted"] == false && !clients.to_string().contains("OTEL_EXPORTER_OTLP_HEADERS"), "{clients}");
    app.stop().await;
}
