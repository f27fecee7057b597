//! What the pages of traces, sessions and users ask beside their lists: turns, saved views, many traces at once, files.

use serde_json::{Value, json};
use tracemeter::model::otlp::{Span, TracesData, json as otlp_json};

use super::support::App;
use super::support::otlp::{chat, child, failed, span, traces, with};

fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().expect("a list")
}

fn id(trace: u8) -> String {
    hex::encode([trace; 16])
}

fn message(role: &str, text: &str) -> Value {
    json!({"role": role, "parts": [{"type": "text", "content": text}]})
}

/// A trace of `session`: the user asks, a tool runs, the model answers, `second` seconds before noon.
fn turn(trace: u8, session: &str, user: &str, second: i64, asked: &str, answered: &str) -> TracesData {
    let whose = |span: Span| with(with(span, "session.id", session), "user.id", user);
    let history = json!([message("user", "earlier words"), message("assistant", "ok"), message("user", asked)]);
    let first = with(
        chat(child(1, span(trace, 2, "chat gpt-4o", second)), "gpt-4o", 1000, 50),
        "gen_ai.input.messages",
        history.to_string(),
    );
    let call =
        json!([{"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "lookup", "arguments": {}}]}]);
    let first = with(first, "gen_ai.output.messages", call.to_string());
    let tool = with(
        with(child(1, span(trace, 3, "execute_tool lookup", second)), "gen_ai.operation.name", "execute_tool"),
        "gen_ai.tool.name",
        "lookup",
    );
    let last = chat(child(1, span(trace, 4, "chat gpt-4o", second - 1)), "gpt-4o", 1200, 80);
    let last = with(last, "gen_ai.output.messages", json!([message("assistant", answered)]).to_string());
    traces("desk", vec![whose(span(trace, 1, "turn", second)), first, failed(tool, "no such page"), last])
}

async fn seeded() -> App {
    let app = App::start().await;
    app.send(&turn(1, "s/1 ä", "ann", 60, "one?", "first")).await;
    app.send(&turn(2, "s/1 ä", "ann", 50, "two?", &"long ".repeat(2_000))).await;
    app.send(&turn(3, "other", "bob", 40, "three?", "third")).await;
    app.send(&traces("desk", vec![with(span(4, 1, "silent", 30), "session.id", "quiet")])).await;
    app.settled().await;
    app
}

async fn change(app: &App, method: reqwest::Method, path: &str, body: &Value) -> (u16, Value) {
    let request = app.client.request(method, app.web_url(path)).header("x-tracemeter", "1");
    let answer = request.body(body.to_string()).send().await.expect("answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_session_is_read_as_a_conversation() {
    let app = seeded().await;
    let path = "/api/v1/sessions/s%2F1%20%C3%A4";
    let first = app.get_ok(&format!("{path}?limit=1")).await;
    assert_eq!((&first["session"], &first["trace_count"], &first["user"]), (&json!("s/1 ä"), &json!(2), &json!("ann")));
    let turns = first["turns"].as_array().expect("turns");
    assert_eq!((turns.len(), &turns[0]["trace_id"]), (1, &json!(id(1))));
    assert_eq!(turns[0]["asked"]["parts"], json!([{"type": "text", "text": "one?"}]));
    assert_eq!(turns[0]["answered"]["parts"], json!([{"type": "text", "text": "first"}]));
    assert_eq!(turns[0]["answer_span_id"], hex::encode([4; 8]));
    assert_eq!(turns[0]["tools"], json!([{"name": "lookup", "runs": 1, "failed": 1}]));
    assert_eq!(turns[0]["error"], "execute_tool lookup: no such page");
    assert_eq!((&turns[0]["call_count"], &turns[0]["shortened"]), (&json!(2), &json!(false)));
    let cursor = first["next_cursor"].as_str().expect("a second page");
    let second = app.get_ok(&format!("{path}?limit=1&cursor={cursor}")).await;
    let turn = &second["turns"][0];
    assert_eq!(
        (&turn["trace_id"], &turn["shortened"], &second["next_cursor"]),
        (&json!(id(2)), &json!(true), &Value::Null)
    );
    assert_eq!(turn["answered"]["parts"][0]["text"].as_str().map(str::len), Some(6_000));
    let quiet = app.get_ok("/api/v1/sessions/quiet").await;
    assert_eq!((&quiet["turns"][0]["without"], &quiet["turns"][0]["asked"]), (&json!("not sent"), &Value::Null));
    let (status, missing) = app.get("/api/v1/sessions/nobody").await;
    assert_eq!((status, missing["error"]["code"].as_str()), (404, Some("not_found")));
    app.stop().await;
}

#[tokio::test]
async fn users_have_figures_filters_and_an_order() {
    let app = seeded().await;
    let named = app.get_ok("/api/v1/users?q=AN").await;
    assert_eq!(items(&named).iter().map(|user| &user["user"]).collect::<Vec<_>>(), ["ann"]);
    let of_ann = app.get_ok("/api/v1/sessions?q=Ann").await;
    assert_eq!(items(&of_ann).iter().map(|found| &found["session"]).collect::<Vec<_>>(), ["s/1 ä"]);
    let users = app.get_ok("/api/v1/users").await;
    assert_eq!(items(&users).iter().map(|user| &user["user"]).collect::<Vec<_>>(), ["bob", "ann"]);
    let ann = &items(&users)[1];
    assert_eq!(
        (&ann["trace_count"], &ann["session_count"], &ann["call_count"], &ann["failed_traces"]),
        (&json!(2), &json!(1), &json!(4), &json!(2))
    );
    assert_eq!(
        (&ann["first_seen"], &ann["last_seen"]),
        (&json!("2026-11-20T11:59:00Z"), &json!("2026-11-20T11:59:10Z"))
    );
    assert_eq!(ann["usage"]["total"], 2 * (1050 + 1280));
    assert!(ann["cost_nano"].as_i64() > items(&users)[0]["cost_nano"].as_i64(), "{users:#}");
    for order in ["cost", "calls", "errors"] {
        let first = app.get_ok(&format!("/api/v1/users?order={order}&limit=1")).await;
        assert_eq!(items(&first)[0]["user"], "ann", "{order}");
        let cursor = first["next_cursor"].as_str().expect("a second page");
        let second = app.get_ok(&format!("/api/v1/users?order={order}&limit=1&cursor={cursor}")).await;
        assert_eq!((&items(&second)[0]["user"], &second["next_cursor"]), (&json!("bob"), &Value::Null), "{order}");
    }
    let filtered = app.get_ok("/api/v1/users?session=other").await;
    assert_eq!((items(&filtered).len(), &items(&filtered)[0]["user"]), (1, &json!("bob")));
    let (status, error) = app.get("/api/v1/users?order=name").await;
    assert_eq!((status, error["error"]["code"].as_str()), (400, Some("bad_parameter")));
    app.stop().await;
}

#[tokio::test]
async fn views_are_saved_replaced_and_removed() {
    let app = App::start().await;
    let put = reqwest::Method::PUT;
    let view = json!({"page": "traces", "name": " slow ", "query": "?min_duration_ms=2000&model=a%26b"});
    let (status, list) = change(&app, put.clone(), "/api/v1/views", &view).await;
    assert_eq!((status, &items(&list)[0]["name"]), (200, &json!("slow")));
    change(&app, put.clone(), "/api/v1/views", &json!({"page": "traces", "name": "slow", "query": "order=duration"}))
        .await;
    change(&app, put.clone(), "/api/v1/views", &json!({"page": "sessions", "name": "all", "query": ""})).await;
    let app = app.restart().await;
    let list = app.get_ok("/api/v1/views?page=traces").await;
    assert_eq!((items(&list).len(), &items(&list)[0]["query"]), (1, &json!("order=duration")));
    assert_eq!(items(&app.get_ok("/api/v1/views").await).len(), 2);
    let faults = [
        json!({"page": "traces", "name": "", "query": ""}),
        json!({"page": "traces", "name": "a".repeat(101), "query": ""}),
        json!({"page": "../x", "name": "a", "query": ""}),
        json!({"page": "traces", "name": "a\u{0}", "query": ""}),
        json!({"page": "traces", "name": "a"}),
    ];
    for fault in faults {
        let (status, error) = change(&app, put.clone(), "/api/v1/views", &fault).await;
        assert_eq!((status, error["error"]["code"].as_str()), (400, Some("bad_body")), "{fault}");
    }
    let delete = reqwest::Method::DELETE;
    let (status, list) = change(&app, delete.clone(), "/api/v1/views?page=traces&name=slow", &Value::Null).await;
    assert_eq!((status, items(&list).len()), (200, 0));
    let (status, _) = change(&app, delete, "/api/v1/views?page=traces&name=slow", &Value::Null).await;
    assert_eq!(status, 404);
    let unguarded = app.client.put(app.web_url("/api/v1/views")).body(view.to_string()).send().await.expect("answers");
    assert_eq!(unguarded.status(), 403);
    app.stop().await;
}

#[tokio::test]
async fn many_traces_are_pinned_let_go_and_deleted_at_once() {
    let app = seeded().await;
    let post = reqwest::Method::POST;
    let bulk = |action: &str, ids: &[String]| json!({"action": action, "trace_ids": ids});
    let ids = [id(1), "nonsense".into(), id(9), id(3)];
    let (status, told) = change(&app, post.clone(), "/api/v1/traces/bulk", &bulk("pin", &ids)).await;
    assert_eq!((status, &told["done"], &told["failed"]), (200, &json!(2), &json!(2)), "{told:#}");
    let errors: Vec<bool> = items(&told).iter().map(|item| item["error"].is_string()).collect();
    assert_eq!(errors, [false, true, true, false]);
    assert_eq!(items(&app.get_ok("/api/v1/traces?pinned=true").await).len(), 2);
    let (_, told) = change(&app, post.clone(), "/api/v1/traces/bulk", &bulk("unpin", &[id(3)])).await;
    assert_eq!((&told["done"], &told["receipt"]), (&json!(1), &Value::Null));
    assert_eq!(items(&app.get_ok("/api/v1/traces?pinned=true").await).len(), 1);

    let (status, told) =
        change(&app, post.clone(), "/api/v1/traces/bulk", &bulk("delete", &[id(1), id(2), "x".into()])).await;
    assert!(status == 200 || status == 202, "{told:#}");
    assert_eq!((&told["done"], &told["failed"], &told["receipt"]["kind"]), (&json!(2), &json!(1), &json!("traces")));
    let path = format!("/api/v1/receipts/{}", told["receipt"]["id"]);
    let receipt = app.until(&path, |receipt| receipt["state"] == "done").await;
    assert_eq!((&receipt["traces"], &receipt["pins"], &receipt["subject"]), (&json!(2), &json!(1), &Value::Null));
    assert_eq!(receipt["analytics"]["spans"], 8);
    app.until("/api/v1/traces", |list| items(list).len() == 2).await;
    assert_eq!(app.get(&format!("/api/v1/traces/{}", id(1))).await.0, 404);
    assert_eq!(app.get(&format!("/api/v1/traces/{}", id(3))).await.0, 200);
    for fault in
        [bulk("delete", &[]), bulk("burn", &[id(3)]), json!({"action": "pin"}), bulk("pin", &vec![id(3); 1001])]
    {
        let (status, error) = change(&app, post.clone(), "/api/v1/traces/bulk", &fault).await;
        assert_eq!((status, error["error"]["code"].as_str()), (400, Some("bad_body")), "{error:#}");
    }
    app.stop().await;
}

async fn lines(app: &App, query: &str) -> Vec<Value> {
    let answer = app.client.get(app.web_url(&format!("/api/v1/traces/export?{query}"))).send().await.expect("answers");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let text = answer.text().await.expect("a body");
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[tokio::test]
async fn traces_are_exported_whole() {
    let app = seeded().await;
    let all = lines(&app, "").await;
    assert_eq!(all.iter().map(|line| &line["trace_id"]).collect::<Vec<_>>(), [&id(4), &id(3), &id(2), &id(1)]);
    assert_eq!(all[1], app.get_ok(&format!("/api/v1/traces/{}", id(3))).await);
    let named = lines(&app, &format!("trace_id={},{}&trace_id={}", id(3), id(9), id(1))).await;
    assert_eq!(named.iter().map(|line| &line["trace_id"]).collect::<Vec<_>>(), [&id(3), &id(1)]);
    assert_eq!(lines(&app, "user=bob&format=otlp").await.len(), 1);
    assert!(lines(&app, "user=nobody").await.is_empty());
    assert_eq!(lines(&app, "search=three").await.len(), 1);
    let (status, error) = app.get("/api/v1/traces/export?format=xml").await;
    assert_eq!((status, error["error"]["code"].as_str()), (400, Some("bad_parameter")));
    app.stop().await;
}

#[tokio::test]
async fn what_is_given_out_as_otlp_can_be_sent_again() {
    let app = seeded().await;
    // The last version of a span that was sent twice.
    let again = with(chat(child(1, span(3, 4, "chat again", 39)), "gpt-4o", 1, 1), "note", "second");
    app.send(&traces("desk", vec![again])).await;
    let before = app.get_ok(&format!("/api/v1/traces/{}", id(3))).await;
    let raw = app.get_ok(&format!("/api/v1/traces/{}/otlp", id(3))).await;
    let data: TracesData = otlp_json::from_slice(raw.to_string().as_bytes()).expect("is OTLP");
    let spans: Vec<&Span> =
        data.resource_spans.iter().flat_map(|group| &group.scope_spans).flat_map(|part| &part.spans).collect();
    assert_eq!(spans.len(), 4);
    let one = app.get_ok(&format!("/api/v1/traces/{}/otlp?span_id={}", id(3), hex::encode([4; 8]))).await;
    let span = &one["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!((&span["name"], one["resourceSpans"].as_array().map(Vec::len)), (&json!("chat again"), Some(1)));
    assert_eq!(app.get(&format!("/api/v1/traces/{}/otlp?span_id={}", id(3), "77".repeat(8))).await.0, 404);
    assert_eq!(app.get(&format!("/api/v1/traces/{}/otlp?span_id=xyz", id(3))).await.0, 400);

    let other = App::start().await;
    let request = other.client.post(other.http_url("/v1/traces")).header("content-type", "application/json");
    assert_eq!(request.body(raw.to_string()).send().await.expect("answers").status(), 200);
    let mut there = other.get_ok(&format!("/api/v1/traces/{}", id(3))).await;
    let mut before = before;
    for page in [&mut there, &mut before] {
        // In the order of arrival among equals.
        page["resources"] = Value::Null;
        page["spans"].as_array_mut().expect("spans").iter_mut().for_each(|span| span["resource"] = Value::Null);
    }
    assert_eq!(there, before);
    other.stop().await;
    app.stop().await;
}
