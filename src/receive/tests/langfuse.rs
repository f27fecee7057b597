//! Langfuse's API: what clients are told, and what lies in the journal afterwards.

use std::path::Path;

use axum::http::Method;

use super::*;
use crate::model::otlp::{LogRecord, Span};
use crate::model::value::attributes_to_json;
use crate::model::{SpanId, TraceId};

impl Bench {
    async fn api(&self, method: Method, path: &str, body: impl Into<Body>) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).header("x-langfuse-public-key", "pk-lf-home");
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body.into()).expect("a request");
        let answer = self.router().oneshot(request).await.expect("infallible");
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{error}: {body:?}")))
    }

    async fn ingest(&self, batch: Value) -> Value {
        let (status, answer) =
            self.api(Method::POST, "/api/public/ingestion", json!({"batch": batch}).to_string()).await;
        assert_eq!(status, StatusCode::MULTI_STATUS, "{answer}");
        answer
    }

    fn spans(&self) -> Vec<Span> {
        let of = |payload| match payload {
            Payload::Traces(data) => data.resource_spans,
            _ => Vec::new(),
        };
        self.stored().into_iter().flat_map(of).flat_map(|group| group.scope_spans).flat_map(|part| part.spans).collect()
    }

    fn records(&self) -> Vec<LogRecord> {
        let of = |payload| match payload {
            Payload::Logs(data) => data.resource_logs,
            _ => Vec::new(),
        };
        self.stored()
            .into_iter()
            .flat_map(of)
            .flat_map(|group| group.scope_logs)
            .flat_map(|part| part.log_records)
            .collect()
    }
}

fn attributes(span: &Span) -> Value {
    Value::Object(attributes_to_json(&span.attributes))
}

fn event(id: &str, kind: &str, at: &str, body: Value) -> Value {
    json!({"id": id, "type": kind, "timestamp": format!("2026-11-20T12:00:{at}Z"), "body": body})
}

/// The bodies of a recorded client, in order.
fn recorded(client: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/langfuse").join(client);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "body"));
    files.sort();
    files.iter().map(|file| std::fs::read(file).expect("readable")).collect()
}

#[tokio::test]
async fn every_event_of_the_recorded_clients_is_taken() {
    for (client, spans, records) in [("langfuse-python-2", 31, 3), ("dify-langfuse", 11, 1)] {
        let bench = Bench::new(ReceiveConfig::default());
        let mut events = 0;
        for body in recorded(client) {
            let sent: Value = serde_json::from_slice(&body).expect("JSON");
            let (status, answer) = bench.api(Method::POST, "/api/public/ingestion", body).await;
            assert_eq!((status, &answer["errors"]), (StatusCode::MULTI_STATUS, &json!([])), "{client}: {answer}");
            let ids = |list: &Value| -> Vec<Value> {
                list.as_array().expect("a list").iter().map(|event| event["id"].clone()).collect()
            };
            assert_eq!(ids(&answer["successes"]), ids(&sent["batch"]), "{client}");
            events += ids(&sent["batch"]).len();
        }
        assert_eq!((bench.spans().len(), bench.records().len()), (spans, records), "{client}");
        assert_eq!(spans + records, events, "{client}");
        let unknown: Vec<String> = bench
            .spans()
            .iter()
            .flat_map(|span| &span.attributes)
            .filter_map(|pair| pair.key.strip_prefix("langfuse.body.").map(str::to_owned))
            .filter(|name| name != "trace")
            .collect();
        assert_eq!(unknown, Vec::<String>::new(), "{client}: everything has a name");
    }
}

/// What the events below tell of.
const CHAT: &str = "6717becd-c8e0-44c7-9935-6afa2e23d210";
const NOON: u64 = 1_795_176_000_000_000_000;

/// An observation's update and creation and its trace, in this order, as spans: update, creation, root.
async fn one_observation() -> [Span; 3] {
    let (bench, trace) = (Bench::new(ReceiveConfig::default()), CHAT);
    let created = json!({
        "id": "gen-1", "traceId": trace, "parentObservationId": null, "name": "answer", "model": "gpt-4o",
        "startTime": "2026-11-20T12:00:01.000Z", "input": [{"role": "user", "content": "Hi"}],
        "modelParameters": {"temperature": "0.5"}, "metadata": {"a": {"b": 1}, "c": "x"}, "promptName": "greeter",
        "promptVersion": 7, "newField": [1]
    });
    let updated = json!({
        "id": "gen-1", "traceId": trace, "endTime": "2026-11-20T12:00:02.000Z", "output": "Hello", "level": "ERROR",
        "statusMessage": "429", "model": "gpt-4o-2024-08-06", "usage": {"input": 1, "unit": "TOKENS"},
        "usageDetails": {"prompt_tokens": 1}, "completionStartTime": "2026-11-20T12:00:01.500Z"
    });
    bench
        .ingest(json!([
            event("e1", "generation-update", "02", updated),
            event("e2", "generation-create", "02", created),
            event("e3", "trace-create", "02", json!({"id": trace, "name": "chat", "userId": "anna", "tags": ["a"]})),
        ]))
        .await;
    let spans = bench.spans();
    // Only the creation and the trace tell a name.
    ["", "answer", "chat"].map(|name| spans.iter().find(|span| span.name == name).expect(name).clone())
}

#[tokio::test]
async fn an_observation_becomes_a_piece_of_a_span() {
    let [update, create, root] = &one_observation().await;
    let id = TraceId::from_foreign(CHAT).expect("an id");
    assert!([update, create, root].iter().all(|span| TraceId::from_slice(&span.trace_id) == Some(id)));
    assert_eq!(SpanId::from_slice(&create.span_id), SpanId::from_foreign("gen-1"));
    assert_eq!((&create.span_id, &create.parent_span_id), (&update.span_id, &root.span_id));
    assert_eq!((update.parent_span_id.len(), root.parent_span_id.len()), (0, 0));
    assert_eq!(create.start_time_unix_nano, NOON + 1_000_000_000);
    assert_eq!(update.end_time_unix_nano, NOON + 2_000_000_000);
    assert_eq!(update.status.as_ref().map(|status| (status.code, status.message.as_str())), Some((2, "429")));
    assert_eq!(
        attributes(create),
        json!({
            "langfuse.observation.id": "gen-1",
            "langfuse.trace.id": CHAT,
            "langfuse.observation.type": "generation",
            "gen_ai.request.model": "gpt-4o",
            "langfuse.observation.model.name": "gpt-4o",
            "langfuse.observation.model.parameters": r#"{"temperature":"0.5"}"#,
            "langfuse.observation.prompt.name": "greeter",
            "langfuse.observation.prompt.version": 7,
            "langfuse.observation.input": r#"[{"role":"user","content":"Hi"}]"#,
            "langfuse.observation.metadata.a": r#"{"b":1}"#,
            "langfuse.observation.metadata.c": "x",
            "langfuse.body.newField": "[1]",
            // A second before what it says of itself, so that the update holds.
            "tracemeter.piece.at": NOON + 1_000_000_000,
            "tracemeter.piece.lacks": ["end", "status"],
        })
    );
}

#[tokio::test]
async fn an_update_tells_only_what_it_knows() {
    let [update, _, root] = &one_observation().await;
    let update = attributes(update);
    assert_eq!(update["langfuse.observation.usage_details"], r#"{"prompt_tokens":1}"#);
    assert_eq!(update["langfuse.observation.usage"], r#"{"input":1,"unit":"TOKENS"}"#);
    assert_eq!(update["langfuse.observation.completion_start_time"], "2026-11-20T12:00:01.5Z");
    assert_eq!(update["tracemeter.piece.lacks"], json!(["name", "start", "parent"]));
    assert_eq!(update["tracemeter.piece.at"], NOON + 2_000_000_000);
    let root = attributes(root);
    assert_eq!((&root["user.id"], &root["langfuse.trace.tags"]), (&json!("anna"), &json!(["a"])));
    assert_eq!(root["tracemeter.piece.lacks"], json!(["start", "end", "status"]));
}

#[tokio::test]
async fn one_bad_event_takes_no_other_with_it() {
    let bench = Bench::new(ReceiveConfig::default());
    let good = event("good", "span-create", "01", json!({"id": "s", "traceId": "t", "name": "n"}));
    let answer = bench
        .ingest(json!([
            event("unknown", "dream-create", "01", json!({})),
            event("time", "span-create", "01", json!({"id": "s", "traceId": "t", "startTime": "yesterday"})),
            event("no-id", "span-update", "01", json!({"traceId": "t"})),
            {"id": "no-body", "type": "span-create"},
            event("name", "score-create", "01", json!({"traceId": "t", "value": 1})),
            event("trace", "score-create", "01", json!({"name": "n", "value": 1})),
            7,
            good,
        ]))
        .await;
    assert_eq!(answer["successes"], json!([{"id": "good", "status": 201}]));
    let errors = answer["errors"].as_array().expect("a list");
    let told: Vec<(&str, &str)> =
        errors.iter().map(|error| (error["id"].as_str().expect("id"), error["error"].as_str().expect("why"))).collect();
    for (at, (id, why)) in [
        ("unknown", "type \"dream-create\" is not known"),
        ("time", "startTime must be a time"),
        ("no-id", "id is missing"),
        ("no-body", "body is missing"),
        ("name", "name is missing"),
        ("trace", "traceId is missing"),
        ("", "not a JSON object"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(told[at].0, id);
        assert!(told[at].1.starts_with(why), "{id}: {}", told[at].1);
        assert_eq!(errors[at]["status"], 400);
    }
    assert_eq!(bench.spans().len(), 1);
    let (status, answer) = bench.api(Method::POST, "/api/public/ingestion", "{\"batch\": 1}").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(answer["message"].as_str().is_some_and(|why| why.contains("no batch of events")), "{answer}");
}

#[tokio::test]
async fn scores_are_answered_as_sdks_want_it_and_become_evaluations() {
    let bench = Bench::new(ReceiveConfig::default());
    let path = "/api/public/scores";
    let thumbs =
        json!({"id": "s1", "traceId": "t", "name": "thumbs", "value": 0, "dataType": "BOOLEAN", "comment": "no"});
    let tone = json!({"traceId": "t", "observationId": "o", "name": "tone", "value": "friendly"});
    let (status, answer) = bench.api(Method::POST, path, json!([thumbs, tone]).to_string()).await;
    assert_eq!((status, answer), (StatusCode::ACCEPTED, json!({"message": "Accepted"})));
    let (status, answer) = bench.api(Method::POST, path, thumbs.to_string()).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({"id": "s1"})));
    let (status, answer) = bench.api(Method::POST, path, json!([thumbs, {"name": "x"}]).to_string()).await;
    assert_eq!((status, &answer["accepted"], &answer["rejected"]), (StatusCode::MULTI_STATUS, &json!(1), &json!(1)));
    let (status, _) = bench.api(Method::POST, path, json!({"name": "x"}).to_string()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = bench.api(Method::DELETE, "/api/public/scores/s1", "").await;
    assert_eq!(status, StatusCode::OK);
    let records = bench.records();
    // Said three times: each replaces the one before.
    assert_eq!(records.len(), 5);
    let told = |record: &LogRecord| Value::Object(attributes_to_json(&record.attributes));
    let first = records.iter().find(|record| told(record)["gen_ai.evaluation.name"] == "thumbs").expect("kept");
    assert_eq!(TraceId::from_slice(&first.trace_id), TraceId::from_foreign("t"));
    assert_eq!(first.event_name, "gen_ai.evaluation.result");
    assert_eq!(
        told(first),
        json!({
            "langfuse.score.id": "s1", "gen_ai.evaluation.name": "thumbs", "gen_ai.evaluation.score.value": 0.0,
            "gen_ai.evaluation.score.label": "false", "langfuse.score.data_type": "BOOLEAN",
            "gen_ai.evaluation.explanation": "no", "langfuse.trace.id": "t",
        })
    );
    let tone = records.iter().find(|record| told(record)["gen_ai.evaluation.name"] == "tone").expect("kept");
    assert_eq!(SpanId::from_slice(&tone.span_id), SpanId::from_foreign("o"));
    assert_eq!(told(tone)["gen_ai.evaluation.score.label"], "friendly");
    assert_eq!(told(tone)["gen_ai.evaluation.score.value"], Value::Null);
    let deleted = records.iter().find(|record| record.event_name == crate::model::score::DELETED).expect("kept");
    assert_eq!(TraceId::from_slice(&deleted.trace_id), crate::model::score::deletions_of("s1"));
}

#[tokio::test]
async fn what_is_asked_before_and_beside_sending() {
    let bench = Bench::new(ReceiveConfig::default());
    let ask = async |path: &str| bench.api(Method::GET, path, "").await;
    let (status, answer) = ask("/api/public/projects").await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer["data"][0]["id"].is_string(), "{answer}");
    assert_eq!(ask("/api/public/health").await.1["status"], "OK");
    assert_eq!(ask("/api/public/v2/prompts/greeter?label=production").await.0, StatusCode::NOT_FOUND);
    assert_eq!(ask("/api/public/v2/prompts").await.1["data"], json!([]));
    assert_eq!(ask("/api/public/v3/scores").await.0, StatusCode::NOT_IMPLEMENTED);
    assert_eq!(ask("/api/public/nonsense").await.0, StatusCode::NOT_FOUND);
    let (status, _) = bench.api(Method::PUT, "/api/public/ingestion", "").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}
