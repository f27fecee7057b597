//! Full-text search: what is said is found, with its snippet, once, and together with the other filters.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tracemeter::model::otlp::{
    AnyValue, KeyValue, LogRecord, LogsData, Resource, ResourceLogs, ScopeLogs, Span, any_value,
};

use crate::support::otlp::{chat, child, failed, span, traces, with};
use crate::support::{App, NOON, at};

fn say(span: Span, prompt: &[(&str, &str)], answer: &str) -> Span {
    let message = |role: &str, text: &str| json!({"role": role, "parts": [{"type": "text", "content": text}]});
    let prompt: Vec<Value> = prompt.iter().map(|(role, text)| message(role, text)).collect();
    let span = with(chat(span, "gpt-4o", 10, 5), "gen_ai.input.messages", Value::from(prompt).to_string());
    with(span, "gen_ai.output.messages", json!([message("assistant", answer)]).to_string())
}

fn log(trace: Option<u8>, body: &str) -> LogsData {
    let record = LogRecord {
        time_unix_nano: at(NOON).0 as u64 - 1,
        trace_id: trace.map(|trace| vec![trace; 16]).unwrap_or_default().into(),
        body: Some(AnyValue { value: Some(any_value::Value::StringValue(body.into())) }),
        ..LogRecord::default()
    };
    LogsData {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource::default()),
            scope_logs: vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    }
}

/// Waits until everything in the journal can be found.
async fn indexed(app: &App) {
    app.settled().await;
    app.until("/api/v1/health", |health| health["search"]["caught_up"] == true).await;
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

async fn search(app: &App, q: &str, more: &str) -> Vec<Value> {
    let answer = app.get_ok(&format!("/api/v1/search?q={}{more}", encoded(q))).await;
    answer["items"].as_array().expect("a list").clone()
}

/// First byte of the trace ids and of the span ids found.
async fn found(app: &App, q: &str, more: &str) -> Vec<String> {
    let id = |item: &Value, key: &str| item[key].as_str().map_or("--", |id| &id[..2]).to_owned();
    search(app, q, more).await.iter().map(|item| format!("{}/{}", id(item, "trace_id"), id(item, "span_id"))).collect()
}

/// Two traces and two log records.
async fn seeded() -> App {
    let app = App::start().await;
    let first = say(
        child(1, span(1, 2, "chat gpt-4o", 9)),
        &[("system", "You plan journeys."), ("user", "A quiet hotel in Vienna, please")],
        "Shall I book the Sacher?",
    );
    let second = say(
        child(1, span(1, 4, "chat gpt-4o", 6)),
        &[
            ("system", "You plan journeys."),
            ("user", "A quiet hotel in Vienna, please"),
            ("assistant", "Shall I book the Sacher?"),
            ("user", "Yes, for three nights"),
        ],
        "Done: the Sacher is booked.",
    );
    let tool = with(child(1, span(1, 3, "execute_tool book", 8)), "gen_ai.operation.name", "execute_tool");
    let tool = with(with(tool, "gen_ai.tool.name", "book"), "gen_ai.tool.call.arguments", r#"{"guest": "Zoë Müller"}"#);
    let root = with(span(1, 1, "Weekly plan", 10), "session.id", "s-1");
    app.send(&traces("planner", vec![root, first, tool, second])).await;
    let refused =
        failed(say(span(2, 1, "chat gpt-4o", 5), &[("user", "Vienna weather")], ""), "provider overloaded: 529");
    app.send(&traces("writer", vec![refused])).await;
    for body in [log(Some(1), "checkpoint written for Vienna"), log(None, "kernel panic avoided")] {
        let answer = app.post("/v1/logs", prost::Message::encode_to_vec(&body)).await;
        assert_eq!(answer.status(), 200);
    }
    indexed(&app).await;
    app
}

#[tokio::test]
async fn what_is_said_is_found_where_it_is_said_first() {
    let app = seeded().await;
    assert_eq!(found(&app, "vienna", "").await, ["01/--", "02/01", "01/02"], "newest first, a history once");
    assert_eq!(found(&app, "sacher", "").await, ["01/04", "01/02"], "in both answers");
    assert_eq!(found(&app, "\"quiet hotel\"", "").await, ["01/02"]);
    assert_eq!(found(&app, "\"hotel quiet\"", "").await, [""; 0]);
    assert_eq!(found(&app, "nig*", "").await, ["01/04"]);
    assert_eq!(found(&app, "muller zoe", "").await, ["01/03"], "accents do not matter");
    assert_eq!(found(&app, "tool:zoe OR log:kernel", "").await, ["--/--", "01/03"]);
    assert_eq!(found(&app, "vienna NOT weather -log:checkpoint", "").await, ["01/02"]);
    assert_eq!(found(&app, "prompt:sacher", "").await, [""; 0]);
    assert_eq!(found(&app, "error:529", "").await, ["02/01"]);
    assert_eq!(found(&app, "name:weekly", "").await, ["01/01"]);
    assert_eq!(found(&app, "vienna", "&since=7s").await, ["01/--", "02/01"]);
    assert_eq!(found(&app, "vienna", "&until=2026-11-20T11:59:55Z").await, ["01/02"]);
    app.stop().await;
}

#[tokio::test]
async fn a_result_says_what_it_is_and_marks_the_words() {
    let app = seeded().await;
    let items = search(&app, "prompt:hotel vienna", "").await;
    let item = &items[0];
    assert_eq!(
        (&item["name"], &item["service"], &item["kind"], &item["model"], &item["field"]),
        (&json!("chat gpt-4o"), &json!("planner"), &json!("llm"), &json!("gpt-4o"), &json!("prompt"))
    );
    assert_eq!(item["start_time"], "2026-11-20T11:59:51Z");
    let text: Vec<char> = item["snippet"]["text"].as_str().expect("a text").chars().collect();
    let hits = item["snippet"]["hits"].as_array().expect("hits").iter().map(|hit| {
        let at = |key: &str| hit[key].as_u64().expect("a number") as usize;
        text[at("start")..at("end")].iter().collect::<String>()
    });
    assert_eq!(hits.collect::<Vec<_>>(), ["hotel", "Vienna"]);
    let log = &search(&app, "kernel", "").await[0];
    assert_eq!((&log["kind"], &log["trace_id"], &log["field"]), (&json!("log"), &Value::Null, &json!("log")));
    app.stop().await;
}

#[tokio::test]
async fn search_and_the_other_filters_hold_together() {
    let app = seeded().await;
    assert_eq!(found(&app, "vienna", "&status=error").await, ["02/01"]);
    assert_eq!(found(&app, "vienna", "&session=s-1").await, ["01/--", "01/02"]);
    assert_eq!(found(&app, "vienna", "&service=nobody").await, [""; 0]);
    let names = async |query: &str| -> Vec<String> {
        let answer = app.get_ok(&format!("/api/v1/traces?{query}")).await;
        assert_eq!(answer["truncated"], false);
        let items = answer["items"].as_array().expect("a list").clone();
        items.iter().map(|trace| trace["service"].as_str().expect("a service").to_owned()).collect()
    };
    assert_eq!(names("search=vienna").await, ["writer", "planner"]);
    assert_eq!(names("search=vienna&status=error&model=gpt-4o").await, ["writer"]);
    assert_eq!(names("search=three+nights&order=cost&since=1h").await, ["planner"]);
    assert_eq!(names("search=nowhere").await, [""; 0]);
    let calls = app.get_ok("/api/v1/calls?search=sacher").await;
    assert_eq!(calls["items"].as_array().map(Vec::len), Some(2), "all calls of the trace");
    let series = app.get_ok("/api/v1/series?metric=traces&search=weather&since=1h").await;
    assert_eq!(series["lines"][0]["total"], 1.0);
    app.stop().await;
}

#[tokio::test]
async fn pages_join_without_gap_or_repetition() {
    let app = App::start().await;
    for trace in 1..=9 {
        // All in one microsecond: the order is by id, and must hold from page to page.
        app.send(&traces("agent", vec![say(span(trace, 1, "work", 1), &[("user", "needle")], "found")])).await;
    }
    indexed(&app).await;
    for more in ["", "&service=agent"] {
        let mut seen = Vec::new();
        let mut path = format!("/api/v1/search?q=needle&limit=4{more}");
        loop {
            let page = app.get_ok(&path).await;
            let items = page["items"].as_array().expect("a list");
            seen.extend(items.iter().map(|item| item["trace_id"].as_str().expect("an id").to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/api/v1/search?q=needle&limit=4{more}&cursor={cursor}");
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((count, seen.len()), (9, 9), "{more}");
    }
    app.stop().await;
}

#[tokio::test]
async fn of_many_matching_traces_the_newest_are_listed() {
    let app = App::start().await;
    // More than are looked at first; the one that started earliest has the newest match.
    for batch in 0..8_u8 {
        let spans = (0..50_u8).map(|number| {
            let mut one =
                say(span(1, 1, "work", 10 + i64::from(batch) * 50 + i64::from(number)), &[("user", "needle")], "");
            one.trace_id = [vec![batch + 1], vec![number; 15]].concat().into();
            one
        });
        app.send(&traces("agent", spans.collect())).await;
    }
    let late = say(child(1, span(77, 2, "late", 1)), &[("user", "needle")], "");
    app.send(&traces("long", vec![span(77, 1, "root", 30), late])).await;
    indexed(&app).await;
    let mut listed = Vec::new();
    let mut path = "/api/v1/traces?search=needle&limit=40".to_owned();
    loop {
        let page = app.get_ok(&path).await;
        let items = page["items"].as_array().expect("a list");
        listed.extend(items.iter().map(|item| item["start_time"].as_str().expect("a time").to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/traces?search=needle&limit=40&cursor={cursor}");
    }
    assert_eq!(listed.len(), 401);
    assert!(listed.is_sorted_by(|one, next| one >= next), "newest first");
    let few = app.get_ok("/api/v1/traces?search=needle&limit=500&service=long").await;
    assert_eq!((few["items"].as_array().map(Vec::len), &few["truncated"]), (Some(1), &json!(false)));
    app.stop().await;
}

#[tokio::test]
async fn a_bad_query_is_told_what_is_wrong() {
    let app = App::start().await;
    for (path, named) in [
        ("/api/v1/search", "q is missing"),
        ("/api/v1/search?q=%22open", "quotation mark"),
        ("/api/v1/search?q=colour:red", "colour"),
        ("/api/v1/search?q=x&modell=y", "modell"),
        ("/api/v1/traces?search=NOT", "search: NOT"),
    ] {
        let (status, answer) = app.get(path).await;
        assert_eq!((status, answer["error"]["code"].as_str()), (400, Some("bad_parameter")), "{path}: {answer:#}");
        assert!(answer["error"]["message"].as_str().expect("a message").contains(named), "{path}: {answer:#}");
    }
    app.stop().await;
}

#[tokio::test]
async fn everything_is_indexed_once_over_restarts_lost_and_broken_files() {
    let file = |data: &std::path::Path| data.join("search/2026-11-20.sqlite");
    let app = seeded().await;
    let before = found(&app, "vienna OR sacher OR kernel", "").await;
    assert_eq!(before.len(), 5, "{before:?}");
    let app = app.restart().await;
    indexed(&app).await;
    assert_eq!(found(&app, "vienna OR sacher OR kernel", "").await, before);
    let app = app.restart_after(|data| std::fs::remove_file(file(data)).expect("is there")).await;
    indexed(&app).await;
    assert_eq!(found(&app, "vienna OR sacher OR kernel", "").await, before, "deleted and made again");
    let app = app.restart_after(|data| std::fs::write(file(data), "no database".repeat(1000)).expect("writes")).await;
    indexed(&app).await;
    assert_eq!(found(&app, "vienna OR sacher OR kernel", "").await, before, "broken and made again");
    assert!(app.data_dir().join("search/2026-11-20.broken").exists());
    app.stop().await;
}

#[tokio::test]
async fn a_day_is_sealed_at_its_end_and_goes_with_its_journal() {
    let app = seeded().await;
    app.clock.set(at("2026-11-21T00:00:05Z"));
    app.send(&traces("late", vec![say(span(9, 1, "night", -43_203), &[("user", "still Vienna")], "yes")])).await;
    indexed(&app).await;
    assert_eq!(found(&app, "prompt:vienna", "").await, ["09/01", "02/01", "01/02"], "both days, newest first");
    let sealed = app.data_dir().join("search/2026-11-20.sqlite");
    // The log goes with the last search that holds the file open.
    app.until("/api/v1/health", |_| sealed.exists() && !sealed.with_extension("sqlite-wal").exists()).await;
    let app =
        app.restart_after(|data| std::fs::remove_file(data.join("journal/2026-11-20.sqlite")).expect("is there")).await;
    app.until("/api/v1/health", |health| health["search"]["days"] == 1).await;
    assert_eq!(found(&app, "prompt:vienna", "").await, ["09/01"]);
    app.stop().await;
}

#[tokio::test]
async fn switched_off_there_are_no_files_and_the_answer_says_so() {
    let app = App::start_with(|config| config.search.enabled = false).await;
    app.send(&traces("agent", vec![span(1, 1, "work", 1)])).await;
    app.settled().await;
    for path in ["/api/v1/search?q=work", "/api/v1/traces?search=work"] {
        let (status, answer) = app.get(path).await;
        assert_eq!((status, answer["error"]["code"].as_str()), (400, Some("search_off")), "{answer:#}");
        assert!(answer["error"]["hint"].as_str().expect("a hint").contains("[search]"));
    }
    assert_eq!(app.get_ok("/api/v1/health").await["search"], Value::Null);
    assert!(!app.data_dir().join("search").exists());
    app.stop().await;
}

/// A law: every word that was said finds the span, alone, quoted, and by its beginning.
#[tokio::test]
async fn every_word_of_a_text_finds_its_span() {
    let words = prop::collection::vec("[a-zA-Z0-9äöüßéñ]{1,12}([-_./:@']{1,2}[a-zA-Z0-9éñ]{1,8}){0,2}", 2..12);
    let mut runner = TestRunner::new(Config { cases: 1, ..Config::default() });
    let mut said: Vec<Vec<String>> = Vec::new();
    for _ in 1..=40 {
        let tree = prop::strategy::Strategy::new_tree(&words, &mut runner).expect("makes words");
        said.push(prop::strategy::ValueTree::current(&tree));
    }
    let app = App::start().await;
    for (number, words) in (1_u8..).zip(&said) {
        let (prompt, answer) = words.split_at(words.len() / 2);
        let call = say(span(number, 1, "chat", i64::from(number)), &[("user", &prompt.join(" "))], &answer.join("\n"));
        app.send(&traces("law", vec![call])).await;
    }
    indexed(&app).await;
    for (number, words) in (1_u8..).zip(&said) {
        let ours = format!("{number:02x}/01");
        for word in words {
            let begin: String = word.chars().take(3).collect();
            let mut asked = vec![format!("\"{word}\"")];
            asked.extend(
                begin.chars().all(char::is_alphanumeric).then(|| format!("\"{begin}\"*")).filter(|_| begin.len() > 2),
            );
            for q in asked {
                let found = found(&app, &q, "&limit=500").await;
                assert!(found.contains(&ours), "{q} of {words:?} found {found:?}");
            }
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_traces_comes_with_what_was_found_in_each() {
    let app = seeded().await;
    indexed(&app).await;
    let list = |more: &str| format!("/api/v1/traces?search=hotel{more}");
    let answer = app.get_ok(&list("&snippets=true")).await;
    let items = answer["items"].as_array().expect("a list");
    assert!(!items.is_empty());
    for item in items {
        let (found, snippet) = (&item["found"], &item["found"]["snippet"]);
        assert_eq!(found["trace_id"], item["trace_id"]);
        let text: Vec<char> = snippet["text"].as_str().expect("a text").chars().collect();
        let hit = |key: &str| snippet["hits"][0][key].as_u64().expect("a number") as usize;
        let marked: String = text[hit("start")..hit("end")].iter().collect();
        assert_eq!(marked.to_lowercase(), "hotel", "{snippet}");
    }
    let plain = app.get_ok(&list("")).await;
    assert!(plain["items"].as_array().expect("a list").iter().all(|item| item["found"].is_null()), "only on request");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_without_a_trace_is_found_by_its_service() {
    let app = App::start().await;
    let mut data = log(None, "the pump ran dry");
    let name = any_value::Value::StringValue("cellar".into());
    let name = KeyValue { key: "service.name".into(), value: Some(AnyValue { value: Some(name) }) };
    data.resource_logs[0].resource.get_or_insert_default().attributes.push(name);
    let body = prost::Message::encode_to_vec(&data);
    assert_eq!(app.post("/v1/logs", body).await.status(), 200);
    app.send(&traces("shop", vec![span(1, 1, "pump", 0)])).await;
    indexed(&app).await;
    assert_eq!(search(&app, "pump", "&service=cellar").await.len(), 1);
    assert_eq!(search(&app, "pump", "&service=attic").await.len(), 0);
    assert_eq!(found(&app, "pump", "&service=shop").await, ["01/01"]);
    assert_eq!(search(&app, "pump", "&service=cellar&model=gpt-4o").await.len(), 0, "it has no model");
    assert_eq!(search(&app, "pump", "").await.len(), 2);
    app.stop().await;
}
