//! Workflows, agents, tools, models in detail and the budget, from OTLP to JSON.

use serde_json::{Value, json};
use tracemeter::model::otlp::Span;

use crate::support::App;
use crate::support::otlp::{chat, child, failed, span, traces, with};

/// A run of a workflow: an agent that asks a model and uses a tool, which fails where it is told to.
fn run(trace: u8, second: i64, fails: bool) -> Vec<Span> {
    let named = |span, operation, key, name| with(with(span, "gen_ai.operation.name", operation), key, name);
    let root = named(span(trace, 1, "plan_trip", second), "invoke_workflow", "gen_ai.workflow.name", "trips");
    let root = with(root, "ai.feature", "travel");
    let agent = child(1, span(trace, 2, "invoke_agent planner", second));
    let agent = named(agent, "invoke_agent", "gen_ai.agent.name", "planner");
    let call = chat(child(2, span(trace, 3, "chat gpt-4o", second)), "gpt-4o", 1000, 100);
    let tool = child(2, span(trace, 4, "execute_tool search", second));
    let mut tool = named(tool, "execute_tool", "gen_ai.tool.name", "search");
    if fails {
        tool = failed(with(tool, "error.type", "TimeoutError"), "the search took too long");
    }
    vec![root, agent, call, tool]
}

async fn seeded() -> App {
    let app = App::start_with(|config| config.cost.budget_usd_per_month = Some(20.0)).await;
    app.send(&traces("planner", run(1, 20, false))).await;
    app.send(&traces("planner", run(2, 10, true))).await;
    app.settled().await;
    app
}

fn only(answer: &Value) -> &Value {
    let items = answer["items"].as_array().expect("a list");
    assert_eq!(items.len(), 1, "{answer:#}");
    &items[0]
}

#[tokio::test]
async fn workflows_agents_and_tools_are_listed_with_their_failures() {
    let app = seeded().await;
    let workflows = app.get_ok("/api/v1/workflows?feature=travel").await;
    let workflow = only(&workflows);
    assert_eq!(
        (&workflow["workflow"], &workflow["told"], &workflow["runs"]),
        (&json!("trips"), &json!(true), &json!(2))
    );
    assert_eq!((&workflow["failures"], &workflow["calls"]), (&json!(1), &json!(2)));
    // 1000 x 2.50 + 100 x 10.00 micro-dollars, once a run.
    assert_eq!((&workflow["cost_nano"], &workflow["cost_per_run_usd"]), (&json!(7_000_000), &json!(0.0035)));

    let nodes = app.get_ok("/api/v1/workflows/nodes?name=trips").await;
    assert_eq!((&nodes["runs"], &nodes["all"]), (&json!(2), &json!(true)));
    let names: Vec<&str> =
        nodes["items"].as_array().expect("a list").iter().filter_map(|node| node["name"].as_str()).collect();
    assert!(names.contains(&"execute_tool search") && !names.contains(&"plan_trip"), "{names:?}");
    let (status, error) = app.get("/api/v1/workflows/nodes").await;
    assert_eq!((status, &error["error"]["code"]), (400, &json!("bad_parameter")));

    let agents = app.get_ok("/api/v1/agents").await;
    let agent = only(&agents);
    assert_eq!((&agent["agent"], &agent["runs"], &agent["calls"]), (&json!("planner"), &json!(2), &json!(2)));
    assert_eq!((&agent["cost_nano"], &agent["tools"][0]["name"]), (&json!(7_000_000), &json!("search")));
    let tools = app.get_ok("/api/v1/tools").await;
    let tool = only(&tools);
    assert_eq!((&tool["tool"], &tool["uses"], &tool["failures"]), (&json!("search"), &json!(2), &json!(1)));
    assert_eq!(tool["errors_by_kind"], json!([{"kind": "TimeoutError", "count": 1}]));
    assert_eq!(tool["agents"], json!([{"name": "planner", "uses": 2}]));
    assert_eq!(app.get_ok("/api/v1/tools?feature=other").await["items"], json!([]));

    let errors = app.get_ok("/api/v1/errors").await;
    let error = only(&errors);
    assert_eq!((&error["tool"], &error["error_type"]), (&json!("search"), &json!("TimeoutError")));
    assert_eq!((&error["message"], &error["workflow"]), (&json!("the search took too long"), &json!("trips")));
    app.stop().await;
}

#[tokio::test]
async fn a_model_has_its_distribution_and_its_price_row() {
    let app = seeded().await;
    let models = app.get_ok("/api/v1/models").await;
    let model = only(&models);
    assert_eq!((&model["latency_p50_ms"], &model["latency_p99_ms"]), (&json!(1000.0), &json!(1000.0)));
    let bins = model["latency_bins"].as_array().expect("a list");
    assert_eq!((bins.len(), &bins[0]["count"]), (1, &json!(2)));
    assert_eq!((&model["output_tokens_per_second"], &model["basis"]), (&json!(100.0), &json!("computed")));
    assert_eq!((&model["price"]["provider"], &model["price"]["model"]), (&json!("openai"), &json!("gpt-4o")));
    assert_eq!((&model["prices"][0]["bucket"], &model["prices"][0]["price_usd"]), (&json!("input"), &json!(2.5)));
    assert_eq!((&model["first_used"], &model["silent"]), (&json!("2026-11-20T11:59:40Z"), &json!(false)));
    app.stop().await;
}

#[tokio::test]
async fn the_month_has_a_budget_and_no_forecast_before_a_day_is_known() {
    let app = seeded().await;
    let overview = app.get_ok("/api/v1/overview").await;
    assert_eq!((&overview["budget_usd"], &overview["forecast"]), (&json!(20.0), &Value::Null));
    assert_eq!(overview["top"]["teams"][0]["name"], Value::Null);
    // It is for everything, not for a part.
    assert_eq!(app.get_ok("/api/v1/overview?feature=travel").await["budget_usd"], Value::Null);
    // A day and a half before: from now on days are known.
    app.send(&traces("planner", run(3, 129_600, false))).await;
    app.settled().await;
    let forecast = app.get_ok("/api/v1/overview").await["forecast"].clone();
    assert_eq!(forecast["days"], 1.5);
    // Three calls in a day and a half: two a day for the ten and a half days that are left of November.
    let month = forecast["month_usd"].as_f64().expect("an amount");
    assert!((month - (3.0 + 21.0) * 0.0035).abs() < 1e-9, "{forecast:#}");
    app.stop().await;
}
