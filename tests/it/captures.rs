//! All recorded clients through the real app, and what is known of them afterwards: the same as the provider knows, and
//! the same however their records are cut into requests and in whatever order these arrive.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use serde_json::{Value, json};
use tracemeter::model::otlp::{LogsData, ResourceLogs, ResourceSpans, ScopeLogs, ScopeSpans, TracesData};

use crate::dialects::CLIENTS;
use crate::dialects::capture::{self, Request};
use crate::support::App;
use crate::support::otlp::{chat, span, traces, with};

const PERIOD: &str = "since=2026-11-20T00:00:00Z&until=2026-11-22T00:00:00Z";

/// A pseudo-random sequence (SplitMix64), the same for the same seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % bound as u64) as usize
    }
}

/// One request per span and per log record.
fn single(request: Request) -> Vec<Request> {
    match request {
        Request::Traces(data) => data.resource_spans.into_iter().flat_map(single_spans).map(Request::Traces).collect(),
        Request::Logs(data) => data.resource_logs.into_iter().flat_map(single_logs).map(Request::Logs).collect(),
        Request::Metrics(body) => vec![Request::Metrics(body)],
    }
}

fn single_spans(group: ResourceSpans) -> Vec<TracesData> {
    let holder = ResourceSpans { scope_spans: Vec::new(), ..group.clone() };
    let parts = group.scope_spans.into_iter().flat_map(|part| {
        let around = ScopeSpans { spans: Vec::new(), ..part.clone() };
        part.spans.into_iter().map(move |span| ScopeSpans { spans: vec![span], ..around.clone() })
    });
    parts
        .map(|part| TracesData { resource_spans: vec![ResourceSpans { scope_spans: vec![part], ..holder.clone() }] })
        .collect()
}

fn single_logs(group: ResourceLogs) -> Vec<LogsData> {
    let holder = ResourceLogs { scope_logs: Vec::new(), ..group.clone() };
    let parts = group.scope_logs.into_iter().flat_map(|part| {
        let around = ScopeLogs { log_records: Vec::new(), ..part.clone() };
        part.log_records.into_iter().map(move |record| ScopeLogs { log_records: vec![record], ..around.clone() })
    });
    parts
        .map(|part| LogsData { resource_logs: vec![ResourceLogs { scope_logs: vec![part], ..holder.clone() }] })
        .collect()
}

/// Puts some of neighbouring requests of one signal together, others not.
fn batched(requests: Vec<Request>, dice: &mut Dice) -> Vec<Request> {
    let mut batches: Vec<Request> = Vec::new();
    for request in requests {
        let join = dice.below(3) > 0;
        match (batches.last_mut(), request) {
            (Some(Request::Traces(last)), Request::Traces(more)) if join => {
                last.resource_spans.extend(more.resource_spans)
            }
            (Some(Request::Logs(last)), Request::Logs(more)) if join => last.resource_logs.extend(more.resource_logs),
            (_, request) => batches.push(request),
        }
    }
    batches
}

pub async fn deliver(app: &App, requests: Vec<Request>) {
    for request in requests {
        let (path, body) = match request {
            Request::Traces(data) => ("/v1/traces", data.encode_to_vec()),
            Request::Logs(data) => ("/v1/logs", data.encode_to_vec()),
            Request::Metrics(body) => ("/v1/metrics", body),
        };
        assert_eq!(app.post(path, body).await.status(), 200, "{path}");
    }
    app.settled().await;
}

pub fn all() -> Vec<Request> {
    CLIENTS.iter().flat_map(|client| capture::requests(client.name)).collect()
}

/// What the app knows of it all: calls, traces and pages, each by id.
pub async fn known(app: &App) -> BTreeMap<String, Value> {
    let mut known = BTreeMap::new();
    let calls = app.get_ok(&format!("/api/v1/calls?{PERIOD}&limit=500")).await;
    assert_eq!(calls["next_cursor"], Value::Null, "one page holds them all");
    for call in calls["items"].as_array().expect("a list") {
        known.insert(format!("call {} {}", call["trace_id"], call["span_id"]), call.clone());
    }
    let traces = app.get_ok(&format!("/api/v1/traces?{PERIOD}&limit=500")).await;
    assert_eq!(traces["next_cursor"], Value::Null, "one page holds them all");
    for trace in traces["items"].as_array().expect("a list") {
        let id = trace["trace_id"].as_str().expect("an id");
        let mut page = app.get_ok(&format!("/api/v1/traces/{id}")).await;
        for list in ["logs", "resources"] {
            // In the order in which they came.
            page[list].as_array_mut().expect("a list").sort_by_key(Value::to_string);
        }
        for span in page["spans"].as_array_mut().expect("a list") {
            span["resource"] = Value::Null;
        }
        known.insert(format!("trace {id}"), trace.clone());
        known.insert(format!("page {id}"), page);
    }
    for group in ["model", "user", "session", "service", "workflow", "feature"] {
        let cost = app.get_ok(&format!("/api/v1/cost?{PERIOD}&group_by={group}")).await;
        let mut rows = cost["items"].as_array().expect("a list").clone();
        // Rows that cost the same have no order.
        rows.sort_by_key(Value::to_string);
        known.insert(format!("cost by {group}"), Value::Array(rows));
    }
    known
}

pub fn assert_same(expected: &BTreeMap<String, Value>, found: &BTreeMap<String, Value>, how: &str) {
    assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "{how}");
    for (key, value) in expected {
        assert_eq!(value, &found[key], "{how}: {key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_as_the_provider_knows_it_however_it_arrives() {
    let app = App::start().await;
    deliver(&app, all()).await;
    let expected = known(&app).await;
    app.stop().await;
    for client in CLIENTS {
        truth::assert_holds(client.name, &expected);
    }
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let mut requests: Vec<Request> = all().into_iter().flat_map(single).collect();
        for at in (1..requests.len()).rev() {
            requests.swap(at, dice.below(at + 1));
        }
        // Single spans, and batches of any size and mix.
        let requests = if seed % 2 == 0 { batched(requests, &mut dice) } else { requests };
        let app = App::start().await;
        deliver(&app, requests).await;
        assert_same(&expected, &known(&app).await, &format!("seed {seed}"));
        if seed == 1 {
            let app = app.restart().await;
            app.settled().await;
            assert_same(&expected, &known(&app).await, "after a restart");
            let gone = |data: &std::path::Path| std::fs::remove_dir_all(data.join("analytics")).expect("removed");
            let app = app.restart_after(gone).await;
            app.settled().await;
            assert_same(&expected, &known(&app).await, "read from the journal again");
            app.stop().await;
        } else {
            app.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_is_kept_and_shown() {
    let app = App::start().await;
    let call = chat(span(1, 1, "chat", 2), "gpt-4o", 10, 5);
    let call = with(with(call, "home.room", "kitchen"), "gen_ai.usage.holographic_tokens", 7);
    let mut data = traces("shop", vec![with(call, "shelf", 2.5)]);
    let resource = data.resource_spans[0].resource.as_mut().expect("a resource");
    resource.attributes.push(resource.attributes[0].clone());
    resource.attributes[1].key = "rack".into();
    app.send(&data).await;
    let page = app.get_ok(&format!("/api/v1/traces/{}", "01".repeat(16))).await;
    let told = &page["spans"][0]["attributes"];
    assert_eq!((&told["home.room"], &told["shelf"]), (&json!("kitchen"), &json!(2.5)), "{page:#}");
    assert_eq!(told["gen_ai.usage.holographic_tokens"], 7);
    assert_eq!(page["resources"][0]["attributes"]["rack"], "shop");
    assert_eq!(page["spans"][0]["call"]["usage"]["total"], 15);
    app.stop().await;
}

/// What `expected.json` of a capture says.
pub mod truth {
    use super::*;

    type Buckets = [Option<u64>; 5];

    /// What is sent of the calls that were billed, and how many failed.
    pub struct Truth {
        pub calls: Vec<Buckets>,
        pub failed: u64,
    }

    impl Truth {
        pub fn of(expected: &Value) -> Self {
            let calls = expected["calls"].as_array().expect("a list");
            let visible = calls.iter().filter(|call| call["billable"] == true && call["visible_on_wire"] != false);
            Self { calls: visible.map(buckets).collect(), failed: expected["failed_calls"].as_u64().expect("a number") }
        }
    }

    /// Uncached input, read, written, all output, reasoning: what is not sent stays in the figure around it.
    fn buckets(call: &Value) -> Buckets {
        let hidden: Vec<&str> =
            call["not_recoverable_from_wire"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let figure = |name: &str| call[name].as_u64().unwrap_or(0);
        if hidden.contains(&"input_uncached") {
            return [None; 5];
        }
        let read = if hidden.contains(&"cache_read") { 0 } else { figure("cache_read") };
        let reasoning = if hidden.contains(&"reasoning") { 0 } else { figure("reasoning") };
        let input = figure("input_uncached") + figure("cache_read") - read;
        [input, read, figure("cache_write"), figure("output_total"), reasoning].map(Some)
    }

    /// What the API says of a call.
    pub fn told(call: &Value) -> Buckets {
        let usage = &call["usage"];
        let figure = |name: &str| usage[name].as_u64();
        let output = figure("output").map(|output| output + figure("reasoning").unwrap_or(0));
        [figure("input"), figure("cache_read"), figure("cache_write"), output, figure("reasoning")]
    }

    fn folder(client: &str) -> std::path::PathBuf {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/otlp").join(client)
    }

    fn service(client: &str) -> &'static str {
        match client {
            "claude-code" => "claude-code",
            "langchain-openinference-double" => "cap-langchain-openinference",
            "langfuse-python-5" => "cap-langfuse",
            "litellm-otel" => "cap-litellm",
            "n8n" => "cap-n8n",
            "openinference-grpc" | "openinference-http" => "cap-openinference",
            "openlit" => "cap-openlit",
            "otel-contrib-openai-grpc" => "cap-contrib",
            "pydantic-ai" => "cap-pydantic-ai",
            "traceloop-anthropic" => "cap-traceloop-anthropic",
            "traceloop-legacy" => "cap-traceloop-legacy",
            "traceloop-openai" => "cap-traceloop",
            "vercel-ai-6" => "cap-vercel-ai",
            other => panic!("which service is {other}?"),
        }
    }

    pub fn assert_holds(client: &str, known: &BTreeMap<String, Value>) {
        let text = std::fs::read_to_string(folder(client).join("expected.json")).expect("readable");
        let expected: Value = serde_json::from_str(&text).expect("JSON");
        let truth = Truth::of(&expected);
        // The same program was recorded twice, over HTTP and over gRPC.
        let times = if client.starts_with("openinference-") { 2 } else { 1 };
        let counted: Vec<&Value> = known
            .iter()
            .filter(|(key, call)| {
                key.starts_with("call ") && call["service"] == service(client) && call["counted"] == true
            })
            .map(|(_, call)| call)
            .collect();
        let (failed, answered): (Vec<&Value>, Vec<&Value>) =
            counted.into_iter().partition(|call| call["status"] == "error");
        assert_eq!(failed.len() as u64, times * truth.failed, "{client}: failed calls {failed:#?}");
        let mut billed = truth.calls.repeat(times as usize);
        let mut found: Vec<Buckets> = answered.iter().map(|call| told(call)).collect();
        if client == "n8n" {
            // They show as calls of which nothing is known.
            assert!(billed.is_empty(), "{client}");
            billed = vec![[None; 5]; expected["billable_calls"].as_u64().expect("a number") as usize];
        }
        billed.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, billed, "{client}: tokens of every call");
        assert_people(client, &expected, known, answered.into_iter().chain(failed));
        assert_tools(client, &expected, known);
    }

    /// Every call is of the one user and session, unless nothing in its trace tells one. Claude Code makes up its own,
    /// which the scenario does not know.
    fn assert_people<'a>(
        client: &str,
        expected: &Value,
        known: &BTreeMap<String, Value>,
        calls: impl Iterator<Item = &'a Value>,
    ) {
        let calls: Vec<&Value> = calls.collect();
        for (list, field) in [("users", "user"), ("sessions", "session")] {
            let mut found = BTreeSet::new();
            for call in &calls {
                let trace = call["trace_id"].as_str().expect("an id");
                match call[field].as_str() {
                    Some(name) => drop(found.insert(name)),
                    None => {
                        assert_eq!(known[&format!("trace {trace}")][field], Value::Null, "{client}: {field} of {call}")
                    }
                }
            }
            let told: BTreeSet<&str> =
                expected[list].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
            if client == "claude-code" {
                assert_eq!(found.len(), if field == "user" { 1 } else { 3 }, "{client}: {field} {found:?}");
            } else {
                assert_eq!(found, told, "{client}: {field}");
            }
        }
    }

    fn assert_tools(client: &str, expected: &Value, known: &BTreeMap<String, Value>) {
        let pages = known.iter().filter(|(key, page)| key.starts_with("page ") && page["service"] == service(client));
        let spans: Vec<&Value> = pages.flat_map(|(_, page)| page["spans"].as_array().expect("a list")).collect();
        for tool in expected["tool_calls"].as_array().expect("a list") {
            let only_in_messages =
                tool["on_wire_as"].as_str().is_some_and(|place| place.starts_with("only inside messages"));
            let ran: Vec<&Value> =
                spans.iter().map(|span| &span["tool"]).filter(|ran| ran["name"] == tool["name"]).collect();
            if !only_in_messages {
                assert!(!ran.is_empty(), "{client}: {} ran", tool["name"]);
            }
            if client == "n8n" {
                continue;
            }
            let asked = spans.iter().any(|span| asks(span, tool));
            assert!(asked || client == "claude-code", "{client}: a model asked for {tool}");
            for ran in ran {
                assert_eq!(ran["arguments"], tool["arguments"], "{client}");
                if client != "claude-code" {
                    assert_eq!(ran["result"], tool["result"], "{client}");
                }
            }
        }
    }

    /// Whether an answer in `span` has the call of `tool`.
    fn asks(span: &Value, tool: &Value) -> bool {
        let messages = span["call"]["output_messages"].as_array().into_iter().flatten();
        let mut parts = messages.flat_map(|message| message["parts"].as_array().into_iter().flatten());
        parts.any(|part| part["name"] == tool["name"] && part["arguments"] == tool["arguments"])
    }
}

#[test]
fn the_dice_fall_the_same_again() {
    let fall = |seed| {
        let mut dice = Dice(seed);
        json!((0..8).map(|_| dice.below(100)).collect::<Vec<_>>())
    };
    assert_eq!(fall(1), fall(1));
    assert_ne!(fall(1), fall(2));
}
