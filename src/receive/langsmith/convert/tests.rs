use bytes::Bytes;

use super::super::multipart;
use super::super::runs::Told as Runs;
use super::*;
use crate::model::value::attributes_to_json;

const NOW: UnixNanos = UnixNanos(1_795_200_000_000_000_000);

fn captured(name: &str) -> Bytes {
    let path = format!("{}/tests/data/langsmith/n8n/{name}.body", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("the capture").into()
}

/// The runs of a captured body, converted.
fn made(name: &str) -> Vec<Made> {
    let body = captured(name);
    let end = body.windows(2).position(|two| two == b"\r\n").expect("a line");
    let boundary = String::from_utf8_lossy(&body[2..end]).into_owned();
    let split = multipart::split(&body, &boundary);
    assert_eq!(split.fault, None);
    let told = Runs::parts(&split.parts);
    assert_eq!(told.faults, []);
    told.runs.iter().map(|run| convert(run, &|_| None, NOW).expect("a run")).collect()
}

fn attributes(made: &Made) -> Map<String, Value> {
    attributes_to_json(&made.span.attributes)
}

fn from(action: Action, run: &Value) -> Made {
    let text = run.to_string();
    let run = Run::from_json(action, None, &text, "the run").expect("a run");
    convert(&run, &|_| None, NOW).expect("a piece")
}

#[test]
fn a_run_that_begins_lacks_its_end() {
    let made = made("003");
    assert_eq!(made.len(), 3);
    let call = &made[2];
    let told = attributes(call);
    assert_eq!(call.span.name, "ChatOpenAI");
    assert_eq!(told["tracemeter.piece.lacks"], json!(["end", "status"]));
    assert_eq!(told["tracemeter.piece.at"], 1_795_192_940_634_003_000_i64);
    assert_eq!(call.trace.to_string(), "01a1f9d6684c717aba5fd1bb6e979e24");
    assert_eq!(call.parent, Some(made[0].id));
    assert_eq!(told["langsmith.metadata.execution_id"], "1");
    assert_eq!(told["langsmith.metadata.workflow"], "Capture workflow");
    assert_eq!(told["langsmith.metadata.workflow.id"], "capWf000000000001");
    assert_eq!(told["langsmith.metadata.node"], "Basic LLM Chain");
    assert_eq!(told["gen_ai.request.model"], "gpt-4o-mini");
    assert_eq!(told["gen_ai.request.stream"], false);
    assert_eq!(told["langsmith.span.tags"], json!(["seq:step:2"]));
    assert_eq!(told["langsmith.run.id"], "01a1f9d6-685a-762e-ac72-54c0749e8655");
    assert_eq!(told["server.address"], "127.0.0.1:18080");
}

#[test]
fn a_change_ends_it_and_the_journal_has_all_of_it() {
    let made = made("004");
    assert_eq!(made.iter().map(|one| one.trace).collect::<std::collections::BTreeSet<_>>().len(), 3);
    let call = made.iter().find(|one| one.span.name == "ChatOpenAI" && one.at.0 % 10 == 1).expect("the change");
    let told = attributes(call);
    assert_eq!(told["tracemeter.piece.at"], 1_795_192_941_441_000_001_i64);
    assert!(!told.contains_key("tracemeter.piece.lacks"));
    assert_eq!((&told["gen_ai.usage.input_tokens"], &told["gen_ai.usage.output_tokens"]), (&json!(1200), &json!(345)));
    assert_eq!(told["gen_ai.usage.input_token_details"], r#"{"audio":0,"cache_read":800}"#);
    assert_eq!(told["gen_ai.usage.output_token_details"], r#"{"audio":0,"reasoning":128}"#);
    assert_eq!(told["gen_ai.response.finish_reasons"], json!(["stop"]));
    let chains = made.iter().filter(|one| one.answer.is_none());
    assert!(chains.clone().all(|one| !attributes(one).keys().any(|key| key.starts_with("gen_ai.usage"))));
    assert!(chains.flat_map(|one| &one.within).any(|answer| answer.id.as_deref() == Some("chatcmpl-cap00204")));
}

#[test]
fn an_error_has_its_words_and_its_trace() {
    let made = made("004");
    let failed: Vec<_> =
        made.iter().filter(|one| one.span.status.as_ref().is_some_and(|status| status.code == 2)).collect();
    assert_eq!(failed.len(), 2);
    for one in failed {
        let status = one.span.status.as_ref().expect("a status");
        assert_eq!(status.message, "The service is receiving too many requests from you");
        assert_eq!(attributes(one)["error.type"], "NodeApiError");
        assert_eq!(one.span.events.last().map(|event| event.name.as_str()), Some("exception"));
    }
}

#[test]
fn what_is_left_out_is_found_in_the_dotted_order() {
    let order = "20261120T164220620001Z01a1f9d6-684c-717a-ba5f-d1bb6e979e24.20261120T164220634003Z01a1f9d6-685a-762e-ac72-54c0749e8655";
    let one = from(
        Action::Patch,
        &json!({"id": "01a1f9d6-685a-762e-ac72-54c0749e8655", "dotted_order": order, "outputs": {"a": 1}}),
    );
    assert_eq!(one.trace.to_string(), "01a1f9d6684c717aba5fd1bb6e979e24");
    assert_eq!(one.parent, SpanId::from_foreign("01a1f9d6-684c-717a-ba5f-d1bb6e979e24"));
    assert_eq!(attributes(&one)["tracemeter.piece.lacks"], json!(["name", "end", "status"]));
    assert_eq!(one.at, NOW, "made just now");
}

#[test]
fn a_change_that_names_nothing_but_itself_belongs_where_the_run_was() {
    let id = SpanId::from_foreign("r").expect("an id");
    let trace = |run: SpanId| (run == id).then_some(TraceId([7; 16]));
    let run = |text: &'static str| Run::from_json(Action::Patch, Some("r"), text, "the run").expect("a run");
    let known = convert(&run(r#"{"end_time": "2026-11-20T16:42:20Z"}"#), &trace, NOW).expect("a piece");
    assert_eq!(known.trace, TraceId([7; 16]));
    assert_eq!(attributes(&known)["tracemeter.piece.lacks"], json!(["name", "start", "parent"]));
    let unknown = convert(&run("{}"), &|_| None, NOW).expect("a piece");
    assert_eq!(Some(unknown.trace), TraceId::from_foreign("r"));
    let child = from(Action::Post, &json!({"id": "r", "parent_run_id": "p"}));
    assert_eq!(Some(child.trace), TraceId::from_foreign("p"));
}

#[test]
fn of_a_stream_the_first_and_the_last_token_stay() {
    let token =
        |at: &str| json!({"name": "new_token", "time": format!("2026-11-20T16:42:{at}Z"), "kwargs": {"token": "x"}});
    let one = from(
        Action::Post,
        &json!({"id": "r", "run_type": "llm", "name": "m", "start_time": "2026-11-20T16:42:20Z", "end_time": "2026-11-20T16:42:24Z",
            "events": [{"name": "start", "time": "2026-11-20T16:42:20Z"}, token("21"), token("22"), token("23"),
                {"name": "agent_action", "time": "2026-11-20T16:42:23Z", "kwargs": {"action": {"tool": "t"}}}]}),
    );
    let names: Vec<_> = one.span.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["agent_action", "new_token", "new_token"]);
    assert_eq!(one.span.events[1].time_unix_nano + 2_000_000_000, one.span.events[2].time_unix_nano);
    assert_eq!(attributes_to_json(&one.span.events[0].attributes)["langsmith.event.action"], r#"{"tool":"t"}"#);
    assert_eq!(attributes(&one)["gen_ai.request.stream"], true);
}

#[test]
fn nothing_unknown_is_lost() {
    let one = from(
        Action::Post,
        &json!({"id": "r", "run_type": "tool", "name": "t", "inputs": {"input": "x"}, "reference_example_id": "e", "tags": [],
            "session_id": "project", "extra": {"tool_call_id": "c1", "runtime": {"sdk": "langsmith-py"}, "batch_size": 1,
            "metadata": {"thread_id": 7, "nested": {"a": [1]}}}, "serialized": {"name": "t"}, "child_runs": []}),
    );
    let told = attributes(&one);
    for (key, value) in [
        ("langsmith.run.reference_example_id", json!("e")),
        ("langsmith.run.session_id", json!("project")),
        ("langsmith.extra.batch_size", json!(1)),
        ("langsmith.extra.runtime", json!(r#"{"sdk":"langsmith-py"}"#)),
        ("langsmith.metadata.thread_id", json!(7)),
        ("langsmith.metadata.nested", json!(r#"{"a":[1]}"#)),
        ("langsmith.serialized", json!(r#"{"name":"t"}"#)),
        ("gen_ai.tool.name", json!("t")),
        ("gen_ai.tool.call.id", json!("c1")),
        ("gen_ai.prompt", json!(r#"{"input":"x"}"#)),
    ] {
        assert_eq!(told[key], value, "{key}");
    }
    assert!(!told.contains_key("langsmith.run.child_runs") && !told.contains_key("langsmith.span.tags"));
}
