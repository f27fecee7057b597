//! LangSmith's run protocol through the real app: what n8n really sent, in every order and form, against what the
//! provider answered; and the manners that its SDKs rely on.

mod runs;

use serde_json::{Value, json};
use tracemeter::clock::Clock;

use self::runs::{Capture, Run};
use crate::support::{App, at};

const PERIOD: &str = "since=2026-11-20T00:00:00Z&until=2026-11-22T00:00:00Z";

/// After everything that was captured.
const LATER: &str = "2026-11-20T17:00:00Z";

async fn app() -> App {
    let app = App::start().await;
    app.clock.set(at(LATER));
    app
}

async fn multipart(app: &App, body: Vec<u8>) -> (u16, Value) {
    let request = app.client.post(app.http_url("/runs/multipart")).header("x-api-key", "any").body(body);
    told(request.header("content-type", format!("multipart/form-data; boundary={}", runs::BOUNDARY))).await
}

async fn told(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("answers");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} without JSON: {text}")))
}

async fn json(app: &App, method: reqwest::Method, path: &str, body: &Value) -> (u16, Value) {
    told(app.client.request(method, app.http_url(path)).body(body.to_string())).await
}

/// What must be known of the capture in the end.
async fn assert_as_the_provider_says(app: &App) {
    app.settled().await;
    let expected = Capture::expected();
    let calls = app.get_ok(&format!("/api/v1/calls?{PERIOD}&limit=500")).await;
    let calls = calls["items"].as_array().expect("a list");
    let counted: Vec<&Value> = calls.iter().filter(|call| call["counted"] == true).collect();
    let told = expected["calls"].as_array().expect("a list");
    assert_eq!(counted.len(), told.len(), "{counted:#?}");
    for truth in told {
        let billable = truth["billable"] == true;
        let found = counted.iter().find(|call| match &truth["response_id"] {
            Value::Null => call["status"] == "error",
            id => call["response_id"] == *id,
        });
        let call = found.unwrap_or_else(|| panic!("{truth:#} is not among {counted:#?}"));
        assert_eq!(call["request_model"], truth["model"]);
        assert_eq!(call["provider"], truth["provider"]);
        assert_eq!(call["workflow"], if billable { "Capture workflow" } else { "Failing workflow" });
        assert_eq!(call["service"], expected["project"]);
        if !billable {
            assert_eq!(call["usage"], Value::Null);
            assert_eq!(call["error_type"], "NodeApiError");
            continue;
        }
        assert_eq!(call["response_model"], truth["response_model"]);
        let figure = |name: &str| truth[name].as_u64().expect("a figure");
        let usage = &call["usage"];
        assert_eq!(usage["input"], figure("input_uncached"), "{truth:#}");
        assert_eq!(usage["cache_read"], figure("cache_read"), "{truth:#}");
        assert_eq!(usage["reasoning"], figure("reasoning"), "{truth:#}");
        assert_eq!(usage["output"], figure("output_total") - figure("reasoning"), "{truth:#}");
        assert_eq!(call["streaming"], truth["streaming"]);
        assert_content(app, call, truth).await;
    }
    assert_tools(app, expected["tool_calls"].as_array().expect("a list")).await;
}

async fn page(app: &App, trace: &Value) -> Vec<Value> {
    let page = app.get_ok(&format!("/api/v1/traces/{}", trace.as_str().expect("an id"))).await;
    page["spans"].as_array().expect("a list").clone()
}

/// Question, answer and tools asked for, as the page of the trace shows them.
async fn assert_content(app: &App, call: &Value, truth: &Value) {
    let spans = page(app, &call["trace_id"]).await;
    let span = spans.iter().find(|span| span["span_id"] == call["span_id"]).expect("on its page");
    let answer = span["call"]["output_messages"].to_string();
    if let Some(text) = truth["text"].as_str() {
        assert!(answer.contains(text), "{answer}");
    }
    if let Some(name) = truth["tool_call"]["name"].as_str() {
        assert!(answer.contains(name) && answer.contains("Vienna"), "{answer}");
        assert_eq!(span["call"]["finish_reasons"], json!(["tool_call"]));
    }
    assert!(!span["call"]["input_messages"].as_array().expect("a list").is_empty());
}

async fn assert_tools(app: &App, truth: &[Value]) {
    let traces = app.get_ok(&format!("/api/v1/traces?{PERIOD}&limit=500")).await;
    let mut tools = Vec::new();
    for trace in traces["items"].as_array().expect("a list") {
        let spans = page(app, &trace["trace_id"]).await;
        tools.extend(spans.into_iter().filter(|span| span["kind"] == "tool"));
    }
    assert_eq!(tools.len(), truth.len());
    for (tool, truth) in tools.iter().zip(truth) {
        assert_eq!(tool["tool"]["name"], truth["name"]);
        assert_eq!(tool["tool"]["arguments"], truth["arguments"]);
        let result: Value = serde_json::from_str(truth["result"].as_str().expect("a text")).expect("JSON");
        assert_eq!(tool["tool"]["result"], result);
        assert_eq!(tool["attributes"]["langsmith.metadata.execution_id"], "1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_n8n_sends_is_known_as_it_came() {
    let app = app().await;
    for (boundary, body) in Capture::bodies() {
        let request = app.client.post(app.http_url("/runs/multipart"));
        let request = request.header("content-type", format!("multipart/form-data; boundary={boundary}")).body(body);
        assert_eq!(told(request).await.0, 202);
    }
    assert_as_the_provider_says(&app).await;
    let app = app.restart().await;
    assert_as_the_provider_says(&app).await;
    // The tables are only a reading of the journal.
    let app = app.restart_after(|data| std::fs::remove_dir_all(data.join("analytics")).expect("removed")).await;
    assert_as_the_provider_says(&app).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_may_come_one_by_one_in_any_order() {
    for seed in [1, 2, 3] {
        let app = app().await;
        for run in runs::shuffled(Capture::runs(), seed) {
            assert_eq!(multipart(&app, runs::encode(&[run])).await.0, 202);
        }
        assert_as_the_provider_says(&app).await;
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_forms_say_the_same() {
    let app = app().await;
    let (posts, patches): (Vec<Run>, Vec<Run>) = Capture::runs().into_iter().partition(|run| run.action == "post");
    let of = |runs: &[Run]| runs.iter().map(Run::whole).collect::<Vec<_>>();
    let batch = json!({"post": of(&posts[..9]), "patch": of(&patches[..1])});
    assert_eq!(json(&app, reqwest::Method::POST, "/api/v1/runs/batch", &batch).await.0, 202);
    for run in &posts[9..] {
        assert_eq!(json(&app, reqwest::Method::POST, "/runs", &run.whole()).await.0, 202);
    }
    for run in &patches[1..] {
        // The low-level clients name neither the trace nor themselves.
        let mut whole = run.whole();
        for field in ["id", "trace_id", "dotted_order", "parent_run_id", "session_name"] {
            whole.as_object_mut().expect("an object").remove(field);
        }
        let path = format!("/api/v1/runs/{}", run.id);
        assert_eq!(json(&app, reqwest::Method::PATCH, &path, &whole).await.0, 202);
    }
    assert_as_the_provider_says(&app).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compression_of_the_whole_and_of_parts_is_taken_off() {
    let app = app().await;
    let all = Capture::runs();
    let (first, rest) = all.split_at(10);
    let url = app.http_url("/runs/multipart");
    let kind = format!("multipart/form-data; boundary={}", runs::BOUNDARY);
    let zipped = zstd::encode_all(runs::encode(first).as_slice(), 3).expect("compresses");
    let request = app.client.post(&url).header("content-type", &kind).header("content-encoding", "zstd").body(zipped);
    assert_eq!(told(request).await.0, 202);
    assert_eq!(multipart(&app, runs::encode_zipped(&rest[..5])).await.0, 202);
    let request = app.client.post(&url).header("content-type", &kind).header("content-encoding", "gzip");
    assert_eq!(told(request.body(runs::gzip(&runs::encode(&rest[5..])))).await.0, 202);
    assert_as_the_provider_says(&app).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_run_is_named_and_its_neighbours_stay() {
    let app = app().await;
    let good = Capture::runs().remove(0);
    let bad = Run { action: "post".into(), id: "bad".into(), fields: vec![(String::new(), "{".into())] };
    let (status, answer) = multipart(&app, runs::encode(&[bad.clone(), good.clone()])).await;
    assert_eq!((status, &answer["runs"]), (202, &json!(1)));
    assert_eq!(answer["errors"][0]["of"], "post.bad");
    assert!(answer["errors"][0]["why"].as_str().is_some_and(|why| why.contains("JSON")), "{answer}");
    let (status, answer) = multipart(&app, runs::encode(&[bad])).await;
    assert_eq!(status, 400, "{answer}");
    // Cut off in the middle of the second run.
    let mut cut = runs::encode(&[good.clone(), Capture::runs().remove(3)]);
    cut.truncate(cut.len() - 500);
    let (status, answer) = multipart(&app, cut).await;
    assert_eq!(status, 202);
    assert!(answer["errors"][0]["why"].as_str().is_some_and(|why| why.contains("breaks off")), "{answer}");
    let batch = json!({"post": [{"name": "no id"}, good.whole()]});
    let (status, answer) = json(&app, reqwest::Method::POST, "/runs/batch", &batch).await;
    assert_eq!((status, &answer["errors"][0]["of"]), (202, &json!("post[0]")));
    let (status, answer) = json(&app, reqwest::Method::POST, "/runs/batch", &json!([])).await;
    assert_eq!(status, 400, "{answer}");
    let (status, answer) = json(&app, reqwest::Method::POST, "/runs/multipart", &json!({})).await;
    assert_eq!(status, 400);
    assert!(answer["detail"].as_str().is_some_and(|why| why.contains("/runs/batch")), "{answer}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_hear_what_they_ask_around_it() {
    let app = App::start_with(|config| config.receive.max_request_bytes = 1 << 20).await;
    for path in ["/info", "/api/v1/info"] {
        let (status, info) = told(app.client.get(app.http_url(path))).await;
        assert_eq!(status, 200);
        assert_eq!(info["batch_ingest_config"]["use_multipart_endpoint"], true);
        assert_eq!(info["batch_ingest_config"]["size_limit_bytes"], 1 << 19, "half of what is taken");
        assert_eq!(info["instance_flags"]["zstd_compression_enabled"], true);
    }
    let (status, projects) = told(app.client.get(app.http_url("/sessions?limit=1&name=home"))).await;
    assert_eq!((status, &projects[0]["name"]), (200, &json!("home")));
    let made = json(&app, reqwest::Method::POST, "/sessions", &json!({"name": "home"})).await;
    assert_eq!((made.0, &made.1["id"]), (200, &projects[0]["id"]));
    let head = app.client.head(app.http_url("/runs/multipart")).send().await.expect("answers");
    assert!(head.status().is_success());
    let (status, answer) = told(app.client.get(app.http_url("/runs/a"))).await;
    assert_eq!(status, 404);
    assert!(answer["detail"].as_str().is_some_and(|why| why.contains("/api/v1/traces")), "{answer}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn feedback_is_a_score_of_its_run() {
    let app = app().await;
    let run = Capture::runs().remove(0);
    assert_eq!(multipart(&app, runs::encode(std::slice::from_ref(&run))).await.0, 202);
    let feedback = json!({"id": "f1", "run_id": run.id, "key": "helpful", "score": 0.25, "value": "no", "comment": "wrong town",
        "created_at": "2026-11-20T16:50:00Z", "feedback_source": {"type": "api"}});
    let (status, echo) = json(&app, reqwest::Method::POST, "/feedback", &feedback).await;
    assert_eq!((status, &echo["key"]), (200, &json!("helpful")));
    let body = format!(
        "--{0}\r\nContent-Disposition: form-data; name=\"feedback.f2\"\r\nContent-Type: application/json\r\n\r\n{1}\r\n--{0}--\r\n",
        runs::BOUNDARY,
        json!({"id": "f2", "run_id": run.id, "trace_id": run.id, "key": "safe", "score": true, "created_at": "2026-11-20T16:50:00Z"})
    );
    assert_eq!(multipart(&app, body.into_bytes()).await.0, 202);
    app.settled().await;
    let logs = app.get_ok(&format!("/api/v1/logs?{PERIOD}&limit=10")).await;
    let logs = logs["items"].as_array().expect("a list");
    assert_eq!(logs.len(), 2, "{logs:#?}");
    let helpful = logs.iter().find(|log| log["attributes"]["gen_ai.evaluation.name"] == "helpful").expect("there");
    assert_eq!(helpful["attributes"]["gen_ai.evaluation.score.value"], 0.25);
    assert_eq!(helpful["attributes"]["gen_ai.evaluation.explanation"], "wrong town");
    assert_eq!(helpful["trace_id"], run.id.replace('-', ""));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_in_runs_are_masked_and_pictures_become_files() {
    let app = app().await;
    let picture: Vec<u8> = [b"\x89PNG\r\n\x1a\n".to_vec(), vec![7; 9000]].concat();
    let secret = format!("sk-proj-{}", "Ab3".repeat(20));
    let inputs = json!({"messages": [{"role": "user", "content": format!("my key is {secret}")}]}).to_string();
    let run = Run {
        action: "post".into(),
        id: "01a1f9d6-684c-717a-ba5f-d1bb6e979e24".into(),
        fields: vec![
            (
                String::new(),
                json!({"id": "01a1f9d6-684c-717a-ba5f-d1bb6e979e24", "name": "m", "run_type": "llm",
                "start_time": "2026-11-20T16:42:20Z", "end_time": "2026-11-20T16:42:21Z", "session_name": "home"})
                .to_string(),
            ),
            (".inputs".into(), inputs),
        ],
    };
    let mut body = runs::encode(std::slice::from_ref(&run));
    body.truncate(body.len() - runs::BOUNDARY.len() - 6);
    let head = format!(
        "--{}\r\nContent-Disposition: form-data; name=\"attachment.{}.photo\"\r\nContent-Type: image/png; length={}\r\n\r\n",
        runs::BOUNDARY,
        run.id,
        picture.len()
    );
    body.extend(head.into_bytes());
    body.extend(&picture);
    body.extend(format!("\r\n--{}--\r\n", runs::BOUNDARY).into_bytes());
    assert_eq!(multipart(&app, body).await.0, 202);
    let spans = app.journal_spans().await;
    let kept = format!("{:?}", spans[0].attributes);
    assert!(!kept.contains(&secret) && kept.contains("my key is"), "{kept}");
    assert!(kept.contains("tracemeter-media:v1:image/png"), "{kept}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_again_is_stored_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let start = || App::start_in(dir.path(), |_| {}, Clock::fixed(at(LATER)));
    let app = start().await;
    let body = runs::encode(&Capture::runs()[..5]);
    assert_eq!(multipart(&app, body.clone()).await.0, 202);
    let spans = app.journal_spans().await.len();
    assert_eq!(multipart(&app, body.clone()).await.0, 202);
    app.stop().await;
    let app = start().await;
    assert_eq!(multipart(&app, body).await.0, 202);
    assert_eq!(app.journal_spans().await.len(), spans);
    app.stop().await;
}
