//! Two accounts of cost: the client's beside ours, and a provider's bill beside ours.

use serde_json::{Value, json};

use crate::support::App;
use crate::support::otlp::{chat, span, traces, with};

const MODEL: &str = "gpt-4o-mini";

/// 1,000 tokens in and 100 out cost 0.00021 dollars; two clients say so, one is wrong, one knows no price.
async fn seeded() -> App {
    let app = App::start().await;
    let call = |trace: u8, id: u8, told: f64| {
        with(chat(span(trace, id, "chat", i64::from(id)), MODEL, 1_000, 100), "gen_ai.usage.cost", told)
    };
    app.send(&traces("honest", vec![call(1, 1, 0.000_21), call(1, 2, 0.000_219)])).await;
    app.send(&traces("wrong", vec![call(2, 1, 0.000_42), call(2, 2, 0.000_21), call(2, 3, 0.0)])).await;
    let unknown = with(chat(span(3, 1, "chat", 9), "home-made", 10, 1), "gen_ai.usage.cost", 0.5);
    app.send(&traces("honest", vec![unknown])).await;
    app.settled().await;
    app
}

#[tokio::test]
async fn disagreements_come_with_both_derivations() {
    let app = seeded().await;
    let list = app.get_ok("/api/v1/reconcile").await;
    let items = list["items"].as_array().expect("a list");
    assert_eq!(items.len(), 1, "{list:#}");
    let wrong = &items[0];
    assert_eq!(
        (&wrong["service"], &wrong["provider"], &wrong["model"]),
        (&json!("wrong"), &json!("openai"), &json!(MODEL))
    );
    assert_eq!(
        (&wrong["calls"], &wrong["mismatched_calls"], &wrong["reported_zero_calls"]),
        (&json!(3), &json!(2), &json!(1))
    );
    assert_eq!((&wrong["computed_nano"], &wrong["reported_nano"]), (&json!(420_000), &json!(420_000)));
    let examples = wrong["examples"].as_array().expect("examples");
    assert_eq!(examples.len(), 2);
    for example in examples {
        let cost = &example["cost"];
        assert_eq!((&cost["price"]["model"], &cost["mismatch"]), (&json!(MODEL), &json!(true)), "{example:#}");
        let sum: i64 =
            cost["buckets"].as_array().expect("lines").iter().filter_map(|line| line["amount_nano"].as_i64()).sum();
        assert_eq!(sum, 210_000);
        assert_eq!(example["trace_id"], "02".repeat(16));
    }
    let reported: Vec<_> = examples.iter().filter_map(|example| example["cost"]["reported_nano"].as_i64()).collect();
    assert_eq!(reported.iter().copied().max(), Some(420_000));
    assert_eq!((&list["total"]["calls"], &list["total"]["only_reported_calls"]), (&json!(5), &json!(1)));
    assert_eq!(list["total"]["mismatched_calls"], 2);
    // 4.3 % apart: only who asks for less than 5 % sees it.
    let strict = app.get_ok("/api/v1/reconcile?threshold=0.01").await;
    assert_eq!(strict["total"]["mismatched_calls"], 3);
    let one = app.get_ok("/api/v1/reconcile?threshold=0.01&limit=1&service=honest").await;
    assert_eq!((&one["items"][0]["service"], &one["truncated"]), (&json!("honest"), &json!(false)));
    let (status, error) = app.get("/api/v1/reconcile?threshold=5").await;
    assert_eq!((status, &error["error"]["code"]), (400, &json!("bad_parameter")));
    app.stop().await;
}

async fn upload(app: &App, query: &str, body: &'static str) -> (u16, Value) {
    let request = crate::support::client().post(app.web_url(&format!("/api/v1/reconcile/invoice{query}")));
    let answer = request.header("x-tracemeter", "1").body(body).send().await.expect("the web port answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_bill_is_compared_by_day_and_model() {
    let app = seeded().await;
    let bill = "amount_value,line_item,start_time,amount_currency,colour\n\
        0.000375,\"gpt-4o-mini-2024-07-18, input\",1795132800,usd,red\n\
        0.000675,\"gpt-4o-mini-2024-07-18, output\",1795132800,usd,red\n\
        2.5,\"gpt-5, output\",1795132800,usd,red\n\
        much,\"gpt-5, output\",1795132800,usd,red\n";
    let (status, report) = upload(&app, "", bill).await;
    assert_eq!(status, 200, "{report:#}");
    assert_eq!(
        (&report["form"], &report["since"], &report["until"]),
        (&json!("OpenAI cost export"), &json!("2026-11-20"), &json!("2026-11-20"))
    );
    let told: Vec<_> = report["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (row["model"].as_str().unwrap_or_default(), row["standing"].as_str().unwrap_or_default()))
        .collect();
    let expected = [("gpt-4o-mini-2024-07-18", "matched"), ("gpt-5", "missing"), ("home-made", "not_billed")];
    assert_eq!(told, expected, "{report:#}");
    let matched = &report["items"][0];
    assert_eq!((&matched["ours"]["calls"], &matched["ours"]["cost_nano"]), (&json!(5), &json!(1_050_000)));
    assert_eq!((&matched["difference_nano"], &report["missing"]["cost_usd"]), (&json!(0), &json!(2.5)));
    assert_eq!(report["faults"], json!([{"line": 5, "message": "\"much\" is no amount"}]));
    assert_eq!(report["unused_columns"], json!(["colour"]));
    let (_, other) = upload(&app, "?provider=anthropic", bill).await;
    assert_eq!(other["items"][0]["standing"], "missing", "{other:#}");
    app.stop().await;
}

#[tokio::test]
async fn what_is_no_bill_is_refused_with_what_to_do() {
    let app = App::start().await;
    let (status, error) = upload(&app, "", "name,age\nann,7\n").await;
    assert_eq!((status, &error["error"]["code"]), (400, &json!("bad_body")), "{error:#}");
    assert!(error["error"]["message"].as_str().is_some_and(|text| text.contains("name, age")), "{error:#}");
    let old = "usage_date_utc,model,cost_usd\n1995-11-20,claude,1\n2026-11-20,claude,1\n";
    let (status, error) = upload(&app, "", old).await;
    assert_eq!((status, &error["error"]["code"]), (400, &json!("bad_body")), "{error:#}");
    assert!(error["error"]["message"].as_str().is_some_and(|text| text.contains("1995-11-20")), "{error:#}");
    let year = "usage_date_utc,model,cost_usd\n2025-11-20,claude-opus-5,1\n2026-11-20,claude-opus-5,1\n";
    assert_eq!(upload(&app, "", year).await.0, 200);
    let (status, error) = app.get("/api/v1/reconcile/invoice").await;
    assert_eq!((status, &error["error"]["code"]), (400, &json!("bad_body")), "{error:#}");
    let url = app.web_url("/api/v1/reconcile/invoice");
    let foreign = crate::support::client().post(url).body("a,b").send().await.expect("the web port answers");
    assert_eq!(foreign.status(), 403, "without the header it is a page of another site");
    app.stop().await;
}
