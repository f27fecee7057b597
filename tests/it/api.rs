//! The HTTP contract: shapes, paging, errors, the live stream, and that OpenAPI tells the truth.

mod schema;

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tracemeter::config::{DestinationConfig, DestinationKind};

use crate::support::otlp::{chat, child, failed, span, traces, with};
use crate::support::{App, PATIENCE};

fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().expect("a list")
}

/// Some of everything: two services, an error, attribution, an unpriced call.
async fn seeded() -> App {
    let app = App::start().await;
    let call = with(
        with(chat(child(1, span(1, 2, "chat gpt-4o", 9)), "gpt-4o", 1000, 50), "user.id", "ann"),
        "session.id",
        "s-1",
    );
    app.send(&traces("planner", vec![span(1, 1, "Weekly plan", 10), call])).await;
    app.send(&traces("writer", vec![failed(chat(span(2, 1, "chat", 5), "no-such-model-9", 10, 5), "overloaded")]))
        .await;
    app.settled().await;
    app
}

#[tokio::test]
async fn filters_find_by_the_names_of_the_fields() {
    let app = seeded().await;
    let names = async |query: &str| -> Vec<String> {
        let answer = app.get_ok(&format!("/api/v1/traces?{query}")).await;
        items(&answer).iter().map(|trace| trace["service"].as_str().expect("a service").to_owned()).collect()
    };
    assert_eq!(names("").await, ["writer", "planner"]);
    assert_eq!(names("user=ann&session=s-1").await, ["planner"]);
    assert_eq!(names("model=gpt-4o&model=no-such-model-9").await, ["writer", "planner"]);
    assert_eq!(names("status=error").await, ["writer"]);
    assert_eq!(names("q=weekly").await, ["planner"]);
    assert_eq!(names("min_cost_usd=0.000001").await, ["planner"]);
    assert_eq!(names("min_duration_ms=1500").await, ["planner"]);
    assert_eq!(names("since=7s").await, ["writer"]);
    assert_eq!(names("until=2026-11-20T11:59:53Z").await, ["planner"]);
    assert_eq!(names("order=duration").await, ["planner", "writer"]);
    let values = app.get_ok("/api/v1/values?field=service").await;
    assert_eq!(items(&values).len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn what_has_no_price_is_null_and_explained() {
    let app = seeded().await;
    let list = app.get_ok("/api/v1/traces?service=writer").await;
    assert_eq!((&list["items"][0]["cost_usd"], &list["items"][0]["unpriced_calls"]), (&Value::Null, &json!(1)));
    let overview = app.get_ok("/api/v1/overview?tz=Europe/Berlin").await;
    assert_eq!(overview["today"]["current"]["calls"], 2);
    assert_eq!(overview["today"]["since"], "2026-11-19T23:00:00Z");
    assert_eq!(overview["month"]["current"]["unpriced_calls"], 1);
    assert!(overview["month"]["current"]["unpriced_reasons"][0]["reason"].is_string(), "{overview:#}");
    assert_eq!(overview["today"]["previous"]["cost_usd"], Value::Null);
    let planner = app.get_ok("/api/v1/overview?service=planner&min_cost_usd=0.000001").await;
    assert_eq!(
        (&planner["today"]["current"]["calls"], &planner["today"]["current"]["unpriced_calls"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(planner["top"]["models"].as_array().expect("a list").len(), 1);
    assert_eq!(planner["empty"], false);
    let calls = app.get_ok("/api/v1/calls?service=planner").await;
    let cost = &calls["items"][0]["cost"];
    let lines =
        cost["buckets"].as_array().expect("lines").iter().map(|line| line["amount_nano"].as_i64().expect("an amount"));
    assert_eq!(lines.sum::<i64>(), cost["nano"].as_i64().expect("priced"));
    app.stop().await;
}

#[tokio::test]
async fn cost_is_grouped_by_what_was_asked_for() {
    let app = seeded().await;
    let cost = app.get_ok("/api/v1/cost?group_by=model,user&bucket=day&tz=Europe/Berlin&since=2d").await;
    let rows = items(&cost);
    assert_eq!(rows.len(), 2, "{cost:#}");
    assert_eq!((&rows[0]["model"], &rows[0]["user"]), (&json!("gpt-4o"), &json!("ann")));
    assert_eq!((&rows[1]["model"], &rows[1]["user"]), (&json!("no-such-model-9"), &Value::Null));
    assert_eq!(rows[0]["bucket_start"], "2026-11-19T23:00:00Z");
    assert_eq!(
        (&rows[1]["errors"], &rows[1]["unpriced_calls"], &rows[1]["cost_usd"]),
        (&json!(1), &json!(1), &Value::Null)
    );
    assert!(rows[0].get("team").is_none(), "only what was grouped by");
    let series = app.get_ok("/api/v1/series?metric=tokens&by=model&bucket=hour&since=2h").await;
    assert_eq!(series["lines"][0]["total"], 1050.0);
    let values = series["lines"][0]["values"].as_array().expect("values");
    assert_eq!(values.len(), series["buckets"].as_array().expect("buckets").len());
    app.stop().await;
}

#[tokio::test]
async fn pages_follow_each_other_while_traces_arrive() {
    let app = App::start().await;
    for trace in 1..=7 {
        app.send(&traces("agent", vec![span(trace, 1, "work", 60 - i64::from(trace))])).await;
    }
    app.settled().await;
    let mut seen = Vec::new();
    let mut path = "/api/v1/traces?limit=3".to_owned();
    loop {
        let page = app.get_ok(&path).await;
        seen.extend(items(&page).iter().map(|trace| trace["trace_id"].as_str().expect("an id")[..2].to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/traces?limit=3&cursor={cursor}");
        // Newer than everything: belongs before the first page.
        let newer = 100 + u8::try_from(seen.len()).expect("few");
        app.send(&traces("agent", vec![span(newer, 1, "new", 1)])).await;
        app.settled().await;
    }
    assert_eq!(seen, ["07", "06", "05", "04", "03", "02", "01"]);
    app.stop().await;
}

#[tokio::test]
async fn a_trace_is_read_whole_from_the_journal() {
    let app = seeded().await;
    let id = "01".repeat(16);
    let trace = app.get_ok(&format!("/api/v1/traces/{id}")).await;
    let spans = trace["spans"].as_array().expect("spans");
    assert_eq!((trace["span_count"].as_u64(), spans.len()), (Some(2), 2));
    assert_eq!(spans[1]["parent_span_id"], spans[0]["span_id"]);
    assert_eq!(spans[1]["attributes"]["gen_ai.request.model"], "gpt-4o");
    assert_eq!(spans[1]["call"]["usage"]["input"], 1000);
    assert!(spans[1]["call"]["input_messages"].is_array() && spans[0]["call"].is_null());
    assert_eq!(
        trace["resources"][spans[0]["resource"].as_u64().expect("an index") as usize]["attributes"]["service.name"],
        "planner"
    );
    // The list says the same of the trace as its page.
    let list = app.get_ok("/api/v1/traces?service=planner").await;
    for (field, value) in list["items"][0].as_object().expect("an object") {
        assert_eq!(&trace[field], value, "{field}");
    }
    let (status, missing) = app.get(&format!("/api/v1/traces/{}", "ff".repeat(16))).await;
    assert_eq!((status, missing["error"]["code"].as_str()), (404, Some("not_found")));
    app.stop().await;
}

#[tokio::test]
async fn errors_name_the_parameter_and_what_is_accepted() {
    let app = App::start().await;
    let cases = [
        ("/api/v1/traces?modell=x", "modell"),
        ("/api/v1/traces?limit=0", "limit"),
        ("/api/v1/traces?limit=many", "limit"),
        ("/api/v1/traces?cursor=xyz", "cursor"),
        ("/api/v1/traces?since=yesterday", "since"),
        ("/api/v1/traces?min_cost_usd=cheap", "min_cost_usd"),
        ("/api/v1/traces?kind=big", "kind"),
        ("/api/v1/cost?group_by=model,colour", "group_by"),
        ("/api/v1/cost?bucket=minute&since=30d", "buckets"),
        ("/api/v1/cost?tz=Mars", "tz"),
        ("/api/v1/series?metric=traces&by=model", "by"),
        ("/api/v1/values", "field"),
        ("/api/v1/health?x=1", "x"),
    ];
    for (path, named) in cases {
        let (status, answer) = app.get(path).await;
        assert_eq!((status, answer["error"]["code"].as_str()), (400, Some("bad_parameter")), "{path}: {answer:#}");
        let message = answer["error"]["message"].as_str().expect("a message");
        assert!(message.contains(named), "{path}: {message}");
        assert!(answer["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{path}: {answer:#}");
    }
    let (status, answer) = app.get("/api/v1/nothing").await;
    assert_eq!((status, answer["error"]["code"].as_str()), (404, Some("not_found")));
    let posted = app.client.post(app.web_url("/api/v1/traces")).send().await.expect("answers");
    assert_eq!(posted.status(), 405);
    let json: Value = posted.json().await.expect("JSON");
    assert_eq!(json["error"]["code"], "method_not_allowed");
    app.stop().await;
}

#[tokio::test]
async fn the_live_stream_tells_of_new_traces_and_ends_at_shutdown() {
    let app = App::start().await;
    let answer = app.client.get(app.web_url("/api/v1/live")).send().await.expect("answers");
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut stream = answer.bytes_stream();
    app.send(&traces("agent", vec![chat(span(5, 1, "chat", 1), "gpt-4o", 10, 1)])).await;
    let mut text = String::new();
    while !text.contains("\n\n") {
        let piece = tokio::time::timeout(PATIENCE, stream.next())
            .await
            .expect("in time")
            .expect("not the end")
            .expect("readable");
        text.push_str(&String::from_utf8_lossy(&piece));
    }
    assert!(text.contains("event: loaded"), "{text}");
    let data = text.lines().find_map(|line| line.strip_prefix("data: ")).expect("data");
    let event: Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(
        (&event["spans"], &event["calls"], &event["trace_ids"]),
        (&json!(1), &json!(1), &json!(["05".repeat(16)]))
    );
    app.stop().await;
    let rest = tokio::time::timeout(PATIENCE, stream.collect::<Vec<_>>()).await;
    assert!(rest.is_ok(), "a listener must not outlive the server");
}

#[tokio::test]
async fn openapi_describes_what_is_answered() {
    // Nobody listens there, and nothing has to.
    let nowhere = DestinationConfig::new("nowhere", DestinationKind::OtlpHttp, "http://127.0.0.1:9");
    let app = seeded().await.restart_with(|config| config.destination.push(nowhere)).await;
    let document = app.get_ok("/api/openapi.json").await;
    let paths = document["paths"].as_object().expect("paths");
    let nobody = app.client.delete(app.web_url("/api/v1/sessions/nobody")).header("x-tracemeter", "1");
    let receipt: Value = nobody.send().await.expect("answers").json().await.expect("JSON");
    schema::check(&document, &json!({"$ref": "#/components/schemas/Receipt"}), &receipt, "receipt");
    assert!(paths.len() >= 10);
    for (path, item) in paths {
        let content = &item["get"]["responses"]["200"]["content"];
        let Some(answer) = content.get("application/json") else { continue };
        let mut address = path.replace("{trace_id}", &"01".repeat(16)).replace("{id}", &receipt["id"].to_string());
        address = address.replace("{span_id}", &"02".repeat(8)).replace("{destination}", "nowhere");
        address = address.replace("{session}", "s-1");
        if path.ends_with("/values") {
            address.push_str("?field=model");
        }
        if path.ends_with("/metrics/series") {
            address.push_str("?name=requests");
        }
        if path.ends_with("/nodes") {
            address.push_str("?name=weekly");
        }
        if path.ends_with("/search") {
            address.push_str("?q=plan");
        }
        if path.ends_with("/compare") {
            address.push_str("?to=openai/gpt-4o&group_by=model");
        }
        if path == "/api/v1/cost" {
            address.push_str("?group_by=model,user&bucket=day");
        }
        let found = app.get_ok(&address).await;
        schema::check(&document, &answer["schema"], &found, path);
    }
    let (_, error) = app.get("/api/v1/traces?limit=0").await;
    schema::check(&document, &json!({"$ref": "#/components/schemas/ErrorBody"}), &error, "error");
    app.stop().await;
}

#[tokio::test]
async fn answers_are_private_and_no_pages() {
    let app = App::start().await;
    for path in ["/api/v1/traces", "/api/v1/nothing", "/metrics"] {
        let answer = app.client.get(app.web_url(path)).send().await.expect("answers");
        let headers = answer.headers();
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert!(headers["content-security-policy"].to_str().expect("text").contains("default-src 'none'"), "{path}");
        assert!(headers.get("access-control-allow-origin").is_none(), "{path}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.client.get(app.web_url(path)).send().await.expect("answers").status(), 200, "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn health_tells_where_to_send() {
    let app = App::start().await;
    app.settled().await;
    let health = app.get_ok("/api/v1/health").await;
    assert_eq!(health["listeners"]["grpc"], app.addresses().grpc.to_string());
    assert_eq!(health["listeners"]["http"], app.addresses().http.to_string());
    assert_eq!(health["analytics"]["lag_ms"], 0.0);
    app.stop().await;
}

#[tokio::test]
async fn sessions_and_models_are_listed() {
    let app = seeded().await;
    let sessions = app.get_ok("/api/v1/sessions").await;
    assert_eq!(items(&sessions).len(), 1, "{sessions:#}");
    let session = &items(&sessions)[0];
    assert_eq!(
        (&session["session"], &session["user"], &session["trace_count"]),
        (&json!("s-1"), &json!("ann"), &json!(1))
    );
    assert_eq!(session["usage"]["total"], 1050);
    let first = app.get_ok("/api/v1/models?limit=1").await;
    assert_eq!((&items(&first)[0]["model"], &items(&first)[0]["calls"]), (&json!("gpt-4o"), &json!(1)));
    let cursor = first["next_cursor"].as_str().expect("a second page");
    let second = app.get_ok(&format!("/api/v1/models?limit=1&cursor={cursor}")).await;
    assert_eq!((&items(&second)[0]["model"], &second["next_cursor"]), (&json!("no-such-model-9"), &Value::Null));
    app.stop().await;
}
