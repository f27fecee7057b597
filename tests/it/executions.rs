//! One execution of n8n, told by its own tracing and by LangChain's runs: one trace, whichever comes first.

use serde_json::{Value, json};
use tracemeter::model::TraceId;
use tracemeter::model::otlp::{Span, TracesData};
use tracemeter::model::piece::Field;

use crate::pieces::piece;
use crate::support::App;
use crate::support::otlp::{child, failed, span, traces, with};

pub const DAY: &str = "since=2026-11-20T00:00:00Z&until=2026-11-22T00:00:00Z";
/// n8n's trace, and those of the runs in its two nodes.
const HOME: u8 = 0xa0;
const CHAIN: u8 = 0xb0;
const AGENT: u8 = 0xc0;
/// Another execution, which fails.
const OTHER: u8 = 0xd0;
const FAILING: u8 = 0xe0;

pub fn id(trace: u8) -> String {
    TraceId([trace; 16]).to_string()
}

/// The traces of the day as the list has them, sorted by id.
pub async fn listed(app: &App) -> Vec<String> {
    let list = app.get_ok(&format!("/api/v1/traces?{DAY}")).await;
    let items = list["items"].as_array().expect("a list").iter();
    let mut ids: Vec<String> = items.map(|trace| trace["trace_id"].as_str().expect("an id").into()).collect();
    ids.sort_unstable();
    ids
}

/// `span` from `start` to `end` milliseconds after noon.
pub fn during(mut span: Span, start: u64, end: u64) -> Span {
    let noon = span.start_time_unix_nano;
    span.start_time_unix_nano = noon + start * 1_000_000;
    span.end_time_unix_nano = noon + end * 1_000_000;
    span
}

pub fn workflow(trace: u8, execution: &str, (start, end): (u64, u64)) -> Span {
    let told = with(during(span(trace, 1, "workflow.execute", 0), start, end), "n8n.execution.id", execution);
    let told = with(with(told, "n8n.workflow.id", format!("w{execution}")), "n8n.execution.mode", "webhook");
    with(told, "n8n.workflow.name", format!("Workflow {execution}"))
}

pub fn node(trace: u8, id: u8, name: &str, kind: &str, (start, end): (u64, u64)) -> Span {
    let told = with(child(1, during(span(trace, id, "node.execute", 0), start, end)), "n8n.node.name", name);
    with(told, "n8n.node.type", format!("@n8n/n8n-nodes-langchain.{kind}"))
}

/// What n8n sends of an execution, at its end.
pub fn engine(trace: u8, spans: Vec<Span>) -> TracesData {
    let mut data = traces("n8n", spans);
    data.resource_spans[0].scope_spans[0].scope.as_mut().expect("a scope").name = "n8n-workflow".into();
    for span in data.resource_spans.iter_mut().flat_map(|group| &mut group.scope_spans[0].spans) {
        assert_eq!(span.trace_id[0], trace);
    }
    data
}

pub fn run(
    trace: u8,
    (id, parent): (u8, u8),
    kind: &str,
    (execution, node): (&str, &str),
    (start, end): (u64, u64),
) -> Span {
    let told = with(during(span(trace, id, kind, 0), start, end), "langsmith.span.kind", kind);
    let told = with(with(told, "langsmith.metadata.execution_id", execution), "langsmith.metadata.node", node);
    let told = with(told, "langsmith.metadata.workflow", format!("Workflow {execution}"));
    let told = with(told, "langsmith.metadata.workflow.id", format!("w{execution}"));
    if parent == 0 { told } else { child(parent, told) }
}

pub fn call(run: Span, input: i64, output: i64) -> Span {
    let told = with(with(run, "gen_ai.system", "openai"), "gen_ai.request.model", "gpt-4o-mini");
    with(with(told, "gen_ai.usage.input_tokens", input), "gen_ai.usage.output_tokens", output)
}

/// Begun in one request and ended in another.
fn in_two(span: Span) -> [Span; 2] {
    let (began, ended) = (span.start_time_unix_nano.cast_signed(), span.end_time_unix_nano.cast_signed());
    let mut created = span.clone();
    created.attributes.retain(|pair| !pair.key.starts_with("gen_ai.usage."));
    created.end_time_unix_nano = created.start_time_unix_nano;
    [piece(created, began, &[Field::End, Field::Status]), piece(span, ended, &[])]
}

/// Everything in the order in which n8n and LangChain send it.
fn requests() -> Vec<TracesData> {
    let runs = |spans: Vec<Span>| traces("default", spans);
    let [chain, chained] = in_two(run(CHAIN, (0xb1, 0), "chain", ("1", "Chain"), (11, 19)));
    let [asked, answered] = in_two(call(run(CHAIN, (0xb2, 0xb1), "llm", ("1", "Chain"), (12, 18)), 1_000, 100));
    let agent = run(AGENT, (0xc1, 0), "chain", ("1", "Agent"), (31, 59));
    let first = call(run(AGENT, (0xc2, 0xc1), "llm", ("1", "Agent"), (32, 39)), 2_000, 0);
    let tool = run(AGENT, (0xc3, 0xc1), "tool", ("1", "Agent"), (41, 49));
    let last = call(run(AGENT, (0xc4, 0xc1), "llm", ("1", "Agent"), (51, 58)), 3_000, 0);
    let broken = failed(run(FAILING, (0xe1, 0), "chain", ("2", "Chain"), (71, 79)), "rate limit");
    let refused = run(FAILING, (0xe2, 0xe1), "llm", ("2", "Chain"), (72, 78));
    let refused = failed(with(refused, "gen_ai.request.model", "gpt-4o-mini"), "rate limit");
    let nodes = vec![
        node(HOME, 2, "Chain", "chainLlm", (10, 20)),
        node(HOME, 3, "Model", "lmChatOpenAi", (13, 18)),
        node(HOME, 4, "Agent", "agent", (30, 60)),
        node(HOME, 5, "Model", "lmChatOpenAi", (32, 39)),
        node(HOME, 6, "get_weather", "toolCode", (41, 49)),
        node(HOME, 7, "Model", "lmChatOpenAi", (51, 58)),
        workflow(HOME, "1", (5, 65)),
    ];
    let lost = vec![
        node(OTHER, 2, "Chain", "chainLlm", (70, 80)),
        failed(node(OTHER, 3, "Model", "lmChatOpenAi", (72, 78)), "rate limit"),
        failed(workflow(OTHER, "2", (68, 82)), "rate limit"),
    ];
    vec![
        runs(vec![chain, asked]),
        runs(vec![answered, chained, agent, first, tool, last, broken, refused]),
        engine(HOME, nodes),
        engine(OTHER, lost),
    ]
}

/// What is known in the end, as one sees it.
async fn is_one_trace(app: &App) {
    app.settled().await;
    assert_eq!(listed(app).await, [id(HOME), id(OTHER)]);
    let cost = app.get_ok(&format!("/api/v1/cost?{DAY}&group_by=workflow")).await;
    let mut rows: Vec<Value> = cost["items"].as_array().expect("rows").clone();
    rows.sort_by_key(|row| row["workflow"].to_string());
    let rows: Vec<Value> =
        rows.iter().map(|row| json!([row["workflow"], row["calls"], row["errors"], row["cost_nano"]])).collect();
    // 6,000 x 0.15 and 100 x 0.60 dollars per million.
    assert_eq!(rows, [json!(["Workflow 1", 3, 0, 960_000]), json!(["Workflow 2", 1, 1, null])]);
    let home = app.get_ok(&format!("/api/v1/traces/{}", id(HOME))).await;
    let told = ["trace_id", "name", "span_count", "call_count", "error_count", "cost_nano"].map(|key| &home[key]);
    assert_eq!(json!(told), json!([id(HOME), "Workflow 1", 13, 3, 0, 960_000]), "{home:#}");
    let parents: Vec<(&str, &str)> = home["spans"]
        .as_array()
        .expect("spans")
        .iter()
        .filter_map(|span| Some((&span["span_id"].as_str()?[..2], &span["parent_span_id"].as_str()?[..2])))
        .filter(|(id, _)| id.starts_with(['b', 'c']))
        .collect();
    assert_eq!(parents, [("b1", "02"), ("b2", "b1"), ("c1", "04"), ("c2", "c1"), ("c3", "c1"), ("c4", "c1")]);
    let counted = |span: &&Value| span["call"]["counted"] == true;
    assert_eq!(home["spans"].as_array().expect("spans").iter().filter(counted).count(), 3);
    for part in [CHAIN, AGENT] {
        assert_eq!(app.get_ok(&format!("/api/v1/traces/{}", id(part))).await, home, "the old id leads there");
    }
    let other = app.get_ok(&format!("/api/v1/traces/{}", id(FAILING))).await;
    assert_eq!(
        (&other["trace_id"], &other["call_count"], &other["span_count"]),
        (&json!(id(OTHER)), &json!(1), &json!(5))
    );
    let calls = app.get_ok(&format!("/api/v1/calls?{DAY}&trace_id={}&counted=true", id(CHAIN))).await;
    let nodes: Vec<&Value> = calls["items"].as_array().expect("a list").iter().map(|call| &call["node"]).collect();
    assert_eq!(nodes, ["Agent", "Agent", "Chain"]);
    let workflows = app.get_ok(&format!("/api/v1/workflows?{DAY}")).await;
    let runs: Vec<Value> = workflows["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| json!([one["workflow"], one["runs"], one["failures"], one["calls"]]))
        .collect();
    assert_eq!(runs, [json!(["Workflow 1", 1, 0, 3]), json!(["Workflow 2", 1, 1, 1])], "{workflows:#}");
}

/// The orders of so many requests.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let forth: Vec<usize> = (0..count).collect();
    vec![forth.clone(), forth.into_iter().rev().collect(), vec![2, 1, 3, 0], vec![1, 2, 0, 3]]
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_and_workflow_are_one_trace_in_any_order() {
    let requests = requests();
    for order in orders(requests.len()) {
        let mut app = App::start().await;
        for (at, request) in order.iter().enumerate() {
            app.send(&requests[*request]).await;
            // Each is loaded before the next comes; once in between all begins anew.
            app.settled().await;
            if at == 1 {
                app = app.restart().await;
            }
        }
        is_one_trace(&app).await;
        let gone = |data: &std::path::Path| std::fs::remove_dir_all(data.join("analytics")).expect("removed");
        let app = app.restart_after(gone).await;
        is_one_trace(&app).await;
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_is_read_anew_searched_and_deleted_as_one() {
    let app = App::start().await;
    for request in requests() {
        app.send(&request).await;
    }
    is_one_trace(&app).await;
    let post = |path: &str| app.client.post(app.web_url(path)).header("x-tracemeter", "1").send();
    assert_eq!(post("/api/v1/reindex").await.expect("answers").status(), 202);
    app.until("/api/v1/reindex", |report| report["state"] == "done").await;
    is_one_trace(&app).await;
    app.until("/api/v1/health", |health| health["search"]["caught_up"] == true).await;
    // `name:tool` is what a run is called.
    let list = app.get_ok(&format!("/api/v1/traces?{DAY}&search=name:tool")).await;
    let found: Vec<&Value> = list["items"].as_array().expect("a list").iter().map(|trace| &trace["trace_id"]).collect();
    assert_eq!(found, [&json!(id(HOME))], "{list:#}");
    let raw = app.get_ok(&format!("/api/v1/traces/{}/otlp", id(CHAIN))).await;
    let spans = raw["resourceSpans"].as_array().expect("groups").iter().flat_map(|group| {
        let parts = group["scopeSpans"].as_array().expect("parts").iter();
        parts.flat_map(|part| part["spans"].as_array().expect("spans"))
    });
    assert_eq!(spans.count(), 13);
    let url = app.web_url(&format!("/api/v1/traces/{}", id(AGENT)));
    let deleted = app.client.delete(&url).header("x-tracemeter", "1").send().await.expect("answers");
    let receipt: Value = deleted.json().await.expect("a receipt");
    assert_eq!(receipt["state"], "done", "{receipt:#}");
    for trace in [HOME, CHAIN, AGENT] {
        assert_eq!(app.get(&format!("/api/v1/traces/{}", id(trace))).await.0, 404, "{trace:x}");
    }
    let left = app.journal_spans().await;
    assert!(left.iter().all(|span| [OTHER, FAILING].contains(&span.trace_id[0])), "{left:#?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_same_execution_stays_apart() {
    let app = App::start().await;
    app.send(&engine(HOME, vec![node(HOME, 2, "Chain", "chainLlm", (10, 20)), workflow(HOME, "1", (5, 65))])).await;
    // Another workflow of another n8n with the same number, a much later run, and one that names no workflow.
    let foreign = run(CHAIN, (1, 0), "chain", ("1", "Chain"), (11, 19));
    let mut foreign = with(foreign, "langsmith.metadata.workflow.id", "other");
    foreign.attributes.retain(|pair| pair.key != "langsmith.metadata.workflow");
    let late = run(AGENT, (1, 0), "chain", ("1", "Chain"), (200_000, 200_010));
    let mut near = run(FAILING, (1, 0), "chain", ("1", "Chain"), (11, 19));
    near.attributes.retain(|pair| pair.key != "langsmith.metadata.workflow.id");
    app.send(&traces("default", vec![foreign, late, near])).await;
    app.settled().await;
    assert_eq!(listed(&app).await, [id(HOME), id(CHAIN), id(AGENT)]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_leads_to_its_execution_in_n8n() {
    let app = App::start_with(|config| config.links.n8n = Some("https://n8n.lan/".into())).await;
    let told =
        with(with(workflow(HOME, "17", (5, 65)), "n8n.execution.status", "error"), "n8n.execution.retry_of", "16");
    let told = with(failed(told, "no answer"), "n8n.execution.error_type", "NodeApiError");
    let node = with(
        with(node(HOME, 2, "Code", "code", (10, 20)), "n8n.node.items.input", 3_i64),
        "n8n.node.items.output",
        5_i64,
    );
    app.send(&engine(HOME, vec![node, told])).await;
    app.settled().await;
    let page = app.get_ok(&format!("/api/v1/traces/{}", id(HOME))).await;
    let execution = &page["executions"][0];
    assert_eq!(execution["url"], "https://n8n.lan/workflow/w17/executions/17", "{execution:#}");
    let told = ["engine", "id", "workflow_id", "workflow", "mode", "status", "retry_of"].map(|key| &execution[key]);
    assert_eq!(json!(told), json!(["n8n", "17", "w17", "Workflow 17", "webhook", "error", "16"]));
    let spans = page["spans"].as_array().expect("spans");
    assert_eq!((&spans[0]["kind"], &spans[0]["error_type"]), (&json!("workflow"), &json!("NodeApiError")));
    assert_eq!(
        (&spans[1]["kind"], &spans[1]["node"], &spans[1]["input"]),
        (&json!("task"), &json!("Code"), &json!("3 items"))
    );
    assert_eq!(spans[1]["output"], "5 items");
    for (filter, count) in [("workflow=Workflow%2017", 1), ("node=Code", 1), ("node=Agent", 0), ("workflow=w17", 0)] {
        let list = app.get_ok(&format!("/api/v1/traces?{DAY}&{filter}")).await;
        assert_eq!(list["items"].as_array().map(Vec::len), Some(count), "{filter}");
    }
    let nodes = app.get_ok(&format!("/api/v1/workflows/nodes?{DAY}&name=Workflow%2017")).await;
    assert_eq!(nodes["items"][0]["name"], "Code", "{nodes:#}");
    app.stop().await;
}

/// What n8n 2.41.1 sent: two requests of LangChain's runs, and its own tracing.
fn captured() -> Vec<(&'static str, String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/langsmith/n8n");
    let read = |name: &str| std::fs::read(folder.join(name)).expect("readable");
    let runs = |name: &str| {
        let body = read(name);
        let end = body.windows(2).position(|two| two == b"\r\n").expect("a line");
        let boundary = String::from_utf8(body[2..end].to_vec()).expect("text");
        ("/runs/multipart", format!("multipart/form-data; boundary={boundary}"), body)
    };
    vec![runs("003.body"), runs("004.body"), ("/v1/traces", "application/x-protobuf".into(), read("005.body"))]
}

async fn is_as_captured(app: &App) {
    app.settled().await;
    let list = app.get_ok(&format!("/api/v1/traces?{DAY}")).await;
    let mut told: Vec<Value> = list["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|trace| json!([trace["trace_id"], trace["name"], trace["call_count"]]))
        .collect();
    told.sort_by_key(Value::to_string);
    let (home, failing) = ("0af7651916cd43dd8448eb211c80319c", "0dc75701d541d637bfdad0ceebdfd302");
    assert_eq!(told, [json!([home, "Capture workflow", 3]), json!([failing, "Failing workflow", 1])]);
    let cost = app.get_ok(&format!("/api/v1/cost?{DAY}")).await;
    let (row, usage) = (&cost["items"][0], &cost["items"][0]["usage"]);
    // See expected.json beside the capture.
    let told =
        [&row["calls"], &row["errors"], &usage["input"], &usage["cache_read"], &usage["output"], &usage["reasoning"]];
    assert_eq!(json!(told), json!([4, 1, 650, 1440, 256, 176]), "{row:#}");
    let page = app.get_ok(&format!("/api/v1/traces/{home}")).await;
    let spans = page["spans"].as_array().expect("spans");
    let below = |node: &str| {
        let id =
            &spans.iter().find(|span| span["name"] == node && span["dialect"] == "n8n").expect("a node")["span_id"];
        spans.iter().filter(|span| span["parent_span_id"] == *id).map(|span| &span["name"]).collect::<Vec<_>>()
    };
    assert_eq!(below("Basic LLM Chain"), ["[Capture workflow] Basic LLM Chain"]);
    assert_eq!(below("AI Agent"), ["[Capture workflow] AI Agent"]);
    for run in ["01a1f9d6-684c-717a-ba5f-d1bb6e979e24", "01a1f9d6-6baf-72c6-a37a-ce777f491def"] {
        assert_eq!(app.get_ok(&format!("/api/v1/traces/{run}")).await["trace_id"], home);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_capture_of_n8n_is_one_trace_per_execution() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let app = App::start().await;
        app.clock.set(crate::support::at("2026-11-20T17:00:00Z"));
        for request in order {
            let (path, kind, body) = captured().swap_remove(request);
            let sent = app.client.post(app.http_url(path)).header("content-type", kind).body(body).send().await;
            assert!(sent.expect("answers").status().is_success());
            app.settled().await;
        }
        is_as_captured(&app).await;
        let gone = |data: &std::path::Path| std::fs::remove_dir_all(data.join("analytics")).expect("removed");
        let app = app.restart_after(gone).await;
        is_as_captured(&app).await;
        app.stop().await;
    }
}
