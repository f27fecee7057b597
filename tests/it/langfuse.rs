//! Langfuse's API through the real app: of what its clients send the same is known afterwards as the provider knows,
//! however it is cut into requests and in whatever order these arrive.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::captures::{Dice, assert_same, known, truth};
use crate::support::App;

/// One event of one client, with the headers that say who sent it.
#[derive(Clone)]
struct Batch {
    headers: Vec<(String, String)>,
    events: Vec<Value>,
}

fn folder(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)
}

fn json_of(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(&path).expect("readable")).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

/// The batches that `client` sent, in order.
fn recorded(client: &str) -> Vec<Batch> {
    let files =
        fs::read_dir(folder("langfuse").join(client)).expect("a folder").map(|file| file.expect("a file").path());
    let mut bodies: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "body")).collect();
    bodies.sort();
    let batch = |path: PathBuf| {
        let meta = json_of(path.with_extension("meta.json"));
        let headers = meta["headers"].as_array().expect("a list").iter().map(|pair| {
            let text = |at: usize| pair[at].as_str().expect("text").to_lowercase();
            (text(0), text(1))
        });
        let headers = headers.filter(|(name, _)| name.starts_with('x')).collect();
        Batch { headers, events: json_of(path)["batch"].as_array().expect("a list").clone() }
    };
    bodies.into_iter().map(batch).collect()
}

async fn deliver(app: &App, batches: &[Batch]) {
    for batch in batches {
        let mut request = crate::support::client().post(app.http_url("/api/public/ingestion"));
        for (name, value) in &batch.headers {
            request = request.header(name, value);
        }
        let body = json!({"batch": batch.events}).to_string();
        let answer = request.header("content-type", "application/json").body(body).send().await.expect("an answer");
        assert_eq!(answer.status(), 207);
        let answer: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        assert_eq!(answer["errors"], json!([]), "{answer}");
    }
    app.settled().await;
}

fn calls(known: &BTreeMap<String, Value>) -> Vec<&Value> {
    known.iter().filter(|(key, _)| key.starts_with("call ")).map(|(_, call)| call).collect()
}

/// Calls, buckets, costs, people and scores as `expected.json` has them.
fn assert_holds(client: &str, known: &BTreeMap<String, Value>) {
    let expected = json_of(folder("langfuse").join(client).join("expected.json"));
    let truth = truth::Truth::of(&expected);
    let counted = calls(known).into_iter().filter(|call| call["counted"] == true);
    let (failed, answered): (Vec<&Value>, Vec<&Value>) = counted.partition(|call| call["status"] == "error");
    assert_eq!(failed.len() as u64, truth.failed, "{client}: {failed:#?}");
    let mut found: Vec<_> = answered.iter().map(|call| truth::told(call)).collect();
    let mut billed = truth.calls;
    found.sort_unstable();
    billed.sort_unstable();
    assert_eq!(found, billed, "{client}");
    for call in expected["calls"].as_array().expect("a list").iter().filter(|call| call["billable"] == true) {
        if let Some(cost) = call.get("reported_cost_usd") {
            let told = answered.iter().find(|told| told["name"] == call["name"]).expect("the call");
            assert_eq!(&told["cost"]["reported_usd"], cost, "{client}: {told:#}");
            assert!(told["cost"]["usd"].is_number(), "{client}: {told:#}");
        }
    }
    for (list, field) in [("users", "user"), ("sessions", "session")] {
        let of_traces =
            known.iter().filter(|(key, _)| key.starts_with("trace ")).map(|(_, trace)| trace[field].clone());
        let mut found: Vec<String> = of_traces.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        found.sort();
        found.dedup();
        assert_eq!(json!(found), expected[list], "{client}: {field}");
        // Calls are of those whose traces they are in.
        for call in answered.iter().chain(&failed) {
            let trace = &known[&format!("trace {}", call["trace_id"].as_str().expect("an id"))];
            assert_eq!(call[field], trace[field], "{client}: {field} of {call:#}");
        }
    }
    assert_scores(client, &expected, known);
}

fn assert_scores(client: &str, expected: &Value, known: &BTreeMap<String, Value>) {
    let pages = known.iter().filter(|(key, _)| key.starts_with("page ")).map(|(_, page)| page);
    let mut found: Vec<(String, String)> = pages
        .flat_map(|page| page["scores"].as_array().expect("a list"))
        .map(|score| {
            let value = if score["data_type"] == "CATEGORICAL" { &score["label"] } else { &score["value"] };
            (score["name"].to_string(), value.to_string())
        })
        .collect();
    let list = expected["scores"].as_array().cloned().unwrap_or_else(|| vec![expected["score"].clone()]);
    let number = |value: &Value| value.as_f64().map_or_else(|| value.to_string(), |value| json!(value).to_string());
    let mut told: Vec<(String, String)> =
        list.iter().map(|score| (score["name"].to_string(), number(&score["value"]))).collect();
    found.sort();
    told.sort();
    assert_eq!(found, told, "{client}");
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_clients_are_as_the_provider_knows_them_however_they_arrive() {
    for client in ["langfuse-python-2", "dify-langfuse"] {
        let batches = recorded(client);
        let app = App::start().await;
        deliver(&app, &batches).await;
        let expected = known(&app).await;
        app.stop().await;
        assert_holds(client, &expected);
        for seed in 1..=2 {
            let mut dice = Dice(seed);
            let single = |batch: &Batch| {
                let headers = batch.headers.clone();
                batch
                    .events
                    .clone()
                    .into_iter()
                    .map(move |event| Batch { headers: headers.clone(), events: vec![event] })
            };
            let mut single: Vec<Batch> = batches.iter().flat_map(single).collect();
            for at in (1..single.len()).rev() {
                single.swap(at, dice.below(at + 1));
            }
            let app = App::start().await;
            deliver(&app, &single).await;
            assert_same(&expected, &known(&app).await, &format!("{client}: one by one, seed {seed}"));
            if seed == 1 {
                let app = app.restart().await;
                app.settled().await;
                assert_same(&expected, &known(&app).await, &format!("{client}: after a restart"));
                let gone = |data: &std::path::Path| fs::remove_dir_all(data.join("analytics")).expect("removed");
                let app = app.restart_after(gone).await;
                app.settled().await;
                assert_same(&expected, &known(&app).await, &format!("{client}: read from the journal again"));
                app.stop().await;
            } else {
                app.stop().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dify_workflow_and_a_message_show_what_they_did() {
    let app = App::start().await;
    deliver(&app, &recorded("dify-langfuse")).await;
    // What the client calls its trace is its address.
    let page = app.get_ok("/api/v1/traces/4d13eee8ce5f51e3b8e85e9486527ec0").await;
    let mut shown: Vec<(&str, &str)> = page["spans"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|span| (span["name"].as_str().expect("a name"), span["kind"].as_str().expect("a kind")))
        .collect();
    // The trace and its first node begin at the same moment.
    shown.sort_unstable();
    assert_eq!(
        shown,
        [
            ("End", "task"),
            ("Get weather", "tool"),
            ("Knowledge", "retrieval"),
            ("LLM", "llm"),
            ("Start", "task"),
            ("workflow", "workflow"),
        ]
    );
    let spans = page["spans"].as_array().expect("a list");
    let root = spans.iter().find(|span| span["name"] == "workflow").expect("the whole");
    for span in spans.iter().filter(|span| span["name"] != "workflow") {
        assert_eq!(span["parent_span_id"], root["span_id"], "{span:#}");
    }
    assert_eq!(root["parent_span_id"], Value::Null);
    assert_eq!((&root["duration_ms"], &page["duration_ms"]), (&json!(2320.0), &json!(2320.0)), "as long as its nodes");
    let whose = [&page["feature"], &page["session"], &page["user"], &page["workflow"]];
    let expected = [
        "1e387e64-38a4-50c5-9e8d-5ea73120db14",
        "19a71eb1-5874-5a02-abfa-3943beaec798",
        "enduser-anna",
        "94f32b05-f241-5258-b788-b7cb8b3f179d",
    ];
    assert_eq!(whose, expected.map(|name| json!(name)).each_ref());
    let span = |name: &str| {
        page["spans"].as_array().expect("a list").iter().find(|span| span["name"] == name).expect("a span").clone()
    };
    assert_eq!(span("Get weather")["tool"]["arguments"], json!({"city": "Vienna"}));
    assert_eq!(span("Get weather")["tool"]["result"], json!({"temp_c": 21, "sky": "sunny"}));
    let retrieval = span("Knowledge")["retrieval"].clone();
    assert_eq!(retrieval, json!({"query": "weather Vienna", "documents": [{"title": "doc1", "score": 0.82}]}));
    let call = span("LLM")["call"].clone();
    assert_eq!((&call["provider"], &call["time_to_first_token_ms"]), (&json!("openai"), &json!(290.0)), "{call:#}");
    assert_eq!(span("LLM")["node"], "LLM");
    let message = app.get_ok("/api/v1/traces/60a71d232c595665857c215a2456eb2f").await;
    assert_eq!((&message["name"], &message["kind"]), (&json!("message"), &json!("task")));
    let questions =
        message["spans"].as_array().expect("a list").iter().find(|span| span["name"] == "suggested_question");
    let call = &questions.expect("a span")["call"];
    assert_eq!((&call["usage"], &call["counted"]), (&Value::Null, &json!(false)));
    assert_eq!(call["counted_reason"], "Dify counts its characters, not its tokens");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_are_replaced_and_deleted_and_wait_for_their_trace() {
    let app = App::start().await;
    let http = crate::support::client();
    let post = async |score: Value| {
        let request = http.post(app.http_url("/api/public/scores")).header("content-type", "application/json");
        let answer = request.body(score.to_string()).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
    };
    let score = |id: &str, value: f64| json!({"id": id, "traceId": "chat 7", "name": "thumbs", "value": value});
    post(score("a", 0.0)).await;
    app.clock.set(crate::support::at("2026-11-20T13:00:00Z"));
    post(score("a", 1.0)).await;
    post(score("b", 0.25)).await;
    let event = json!({"id": "e", "type": "trace-create", "timestamp": "2026-11-20T12:00:00Z",
        "body": {"id": "chat 7", "name": "chat", "timestamp": "2026-11-20T12:00:00Z"}});
    deliver(&app, &[Batch { headers: Vec::new(), events: vec![event] }]).await;
    let id = tracemeter::model::TraceId::from_foreign("chat 7").expect("an id");
    let page = async || app.get_ok(&format!("/api/v1/traces/{id}")).await;
    let values = |page: &Value| -> Vec<Value> {
        page["scores"].as_array().expect("a list").iter().map(|score| score["value"].clone()).collect()
    };
    assert_eq!(values(&page().await).len(), 2, "the later of the same id holds");
    let gone = http.delete(app.http_url("/api/public/scores/b")).send().await.expect("an answer");
    assert_eq!(gone.status(), 200);
    assert_eq!(values(&page().await).len(), 1);
    assert_eq!((&page().await["scores"][0]["id"], &page().await["scores"][0]["value"]), (&json!("a"), &json!(1.0)));
    app.stop().await;
}

/// A request to Langfuse's API, and its answer.
async fn api(app: &App, method: &str, url: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
    let url = if url.starts_with("http") { url.to_owned() } else { app.http_url(url) };
    let method = method.parse().expect("a method");
    let request = crate::support::client().request(method, url).header("content-type", "application/json");
    let answer = request.body(body).send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_and_scores_of_the_python_sdk_5_meet_in_one_trace() {
    let app = App::start().await;
    let body = |name: &str| fs::read(folder("otlp/langfuse-python-5").join(name)).expect("readable");
    let (status, answer) = api(&app, "POST", "/api/public/scores", body("007.body")).await;
    assert_eq!((status, answer), (202, json!({"message": "Accepted"})));
    let request = crate::support::client().post(app.http_url("/api/public/otel/v1/traces"));
    let request = request.header("content-type", "application/x-protobuf").header("content-encoding", "gzip");
    assert_eq!(request.body(body("006.body")).send().await.expect("an answer").status(), 200);
    app.settled().await;
    let page = app.get_ok("/api/v1/traces/eb880fe9905cbf03634a6dc49affea75").await;
    let scores: Vec<(&Value, &Value)> =
        page["scores"].as_array().expect("a list").iter().map(|score| (&score["name"], &score["label"])).collect();
    let expected =
        [(json!("helpfulness"), Value::Null), (json!("thumbs"), json!("true")), (json!("tone"), json!("friendly"))];
    assert_eq!(scores, expected.iter().map(|(name, label)| (name, label)).collect::<Vec<_>>());
    assert_eq!((&page["session"], &page["call_count"]), (&json!("sess-42"), &json!(6)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploaded_files_are_kept_and_shown_where_they_stood() {
    use base64::Engine as _;
    use sha2::Digest as _;

    let app = App::start().await;
    let image = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 5000]].concat();
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(&image));
    let announced = |field: &str| {
        json!({"traceId": "t-1", "observationId": "g-1", "contentType": "image/png", "contentLength": image.len(),
            "sha256Hash": hash, "field": field})
        .to_string()
    };
    let (status, answer) = api(&app, "POST", "/api/public/media", announced("input")).await;
    assert_eq!(status, 200, "{answer}");
    let (id, url) = (answer["mediaId"].as_str().expect("an id"), answer["uploadUrl"].as_str().expect("an address"));
    assert!(hash.replace('+', "-").replace('/', "_").starts_with(id), "{id} of {hash}");
    assert_eq!(api(&app, "PUT", url, b"something else".to_vec()).await.0, 400);
    assert_eq!(api(&app, "PUT", url, image.clone()).await.0, 200);
    let done = json!({"uploadedAt": "2026-11-20T12:00:00Z", "uploadHttpStatus": 200}).to_string();
    assert_eq!(api(&app, "PATCH", &format!("/api/public/media/{id}"), done).await.0, 200);
    let (_, again) = api(&app, "POST", "/api/public/media", announced("output")).await;
    assert_eq!((&again["mediaId"], &again["uploadUrl"]), (&json!(id), &Value::Null), "it is here already");
    let mark = format!("@@@langfuseMedia:type=image/png|id={id}|source=base64_data_uri@@@");
    let content = json!([{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": mark}}]);
    let body = json!({"id": "g-1", "traceId": "t-1", "name": "see", "model": "gpt-4o", "startTime": "2026-11-20T12:00:00Z",
        "endTime": "2026-11-20T12:00:01Z", "input": [{"role": "user", "content": content}]});
    let event = json!({"id": "e", "type": "generation-create", "timestamp": "2026-11-20T12:00:00Z", "body": body});
    deliver(&app, &[Batch { headers: Vec::new(), events: vec![event] }]).await;
    let trace = tracemeter::model::TraceId::from_foreign("t-1").expect("an id");
    let app = app.restart().await;
    let page = app.get_ok(&format!("/api/v1/traces/{trace}")).await;
    let parts = &page["spans"][0]["call"]["input_messages"][0]["parts"];
    assert_eq!((&parts[1]["type"], &parts[1]["mime_type"]), (&json!("media"), &json!("image/png")), "{page:#}");
    let file = format!("/api/v1/media/{}", parts[1]["media"].as_str().expect("a file"));
    let shown = crate::support::client().get(app.web_url(&file)).send().await.expect("an answer");
    assert_eq!(shown.bytes().await.expect("a body"), image);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_content_and_stay_away_where_content_does() {
    use base64::Engine as _;
    use sha2::Digest as _;

    let app = App::start_with(|config| config.redact.capture = tracemeter::config::Capture::Metadata).await;
    let image = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 5000]].concat();
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(&image));
    let announced = json!({"traceId": "t-1", "contentType": "image/png", "contentLength": image.len(), "sha256Hash": hash, "field": "input"});
    for _ in 0..2 {
        let (status, answer) = api(&app, "POST", "/api/public/media", announced.to_string()).await;
        assert_eq!(status, 200, "{answer}");
        let url = answer["uploadUrl"].as_str().expect("it was not kept");
        assert_eq!(api(&app, "PUT", url, image.clone()).await.0, 200);
    }
    assert_eq!(app.get_ok("/api/v1/health").await["media"]["files"], 0);
    app.stop().await;
}
