//! Reading the journal anew while the server runs.

use serde_json::{Value, json};
use tracemeter::config::CostPreference;
use tracemeter::model::UnixNanos;
use tracemeter::model::otlp::Span;

use super::support::otlp::{chat, child, span, traces, with};
use super::support::{App, NOON, at};

const DAY: i64 = 86_400_000_000_000;
const ALL: &str = "since=2026-11-19T00:00:00Z&until=2026-11-23T00:00:00Z";

/// A call that says it cost a dollar, and whose tokens cost 150 micro-dollars.
fn paid(trace: u8, day: i64) -> Span {
    let mut call = chat(span(trace, 1, "answer", -day * 86_400), "gpt-4o-mini", 1_000, 0);
    call = with(call, "gen_ai.usage.cost", 1.0);
    with(
        with(call, "mission", format!("number {trace}")),
        "gen_ai.input.messages",
        r#"[{"role":"user","content":"hi"}]"#,
    )
}

const OURS: i64 = 150_000;
const THEIRS: i64 = 1_000_000_000;

/// Two calls on the first day, three on the second, one of them inside an agent.
async fn filled() -> App {
    let app = App::start_with(|config| config.retention.pack_level = 0).await;
    app.send(&traces("shop", vec![paid(1, 0), paid(2, 0)])).await;
    app.clock.set(UnixNanos(at(NOON).0 + DAY));
    let agent = with(span(3, 9, "agent", -86_400), "gen_ai.operation.name", "invoke_agent");
    app.send(&traces("shop", vec![agent, child(9, paid(3, 1)), paid(4, 1), paid(5, 1)])).await;
    app.settled().await;
    app
}

async fn begin(app: &App, query: &str) -> (u16, Value) {
    let url = app.web_url(&format!("/api/v1/reindex?{query}"));
    let answer = app.client.post(&url).header("x-tracemeter", "1").send().await.expect("answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// Has it done and gives the outcome.
async fn reindex(app: &App, query: &str) -> Value {
    let (status, said) = begin(app, query).await;
    assert_eq!(status, 202, "{said:#}");
    let ended = |report: &Value| report["state"] == "done" || report["state"] == "failed";
    let report = app.until("/api/v1/reindex", ended).await;
    assert_eq!(report["error"], Value::Null, "{report:#}");
    assert_eq!(report["days_done"], report["days"]);
    report["outcome"].clone()
}

/// Cost in nano-dollars by day.
async fn by_day(app: &App) -> Vec<i64> {
    let cost = app.get_ok(&format!("/api/v1/cost?{ALL}&bucket=day")).await;
    let mut items = cost["items"].as_array().expect("a list").clone();
    items.sort_by_key(|item| item["bucket_start"].to_string());
    items.iter().map(|item| item["cost_nano"].as_i64().unwrap_or_default()).filter(|nano| *nano != 0).collect()
}

/// Everything that lists and boards say.
async fn picture(app: &App) -> Vec<Value> {
    let mut picture = Vec::new();
    for path in
        ["traces?limit=100&", "calls?limit=100&", "cost?group_by=feature,model&bucket=day&", "models?", "sessions?"]
    {
        picture.push(app.get_ok(&format!("/api/v1/{path}{ALL}")).await["items"].clone());
    }
    picture
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_change_for_the_time_asked_for_and_nothing_else_does() {
    let app = filled().await;
    assert_eq!(app.get_ok("/api/v1/reindex").await["state"], "none");
    let app = app.restart_with(|config| config.cost.prefer = CostPreference::Reported).await;
    assert_eq!(by_day(&app).await, [2 * OURS, 3 * OURS], "what is stored stays until it is read anew");
    let before = picture(&app).await;

    let outcome = reindex(&app, "what=prices&since=2026-11-21").await;
    assert_eq!((&outcome["traces"], &outcome["kept_traces"]), (&json!(3), &json!(0)), "{outcome:#}");
    assert_eq!(outcome["before"]["cost_nano"], 3 * OURS);
    assert_eq!(outcome["after"]["cost_nano"], 3 * THEIRS);
    assert_eq!(outcome["after"]["calls"], 3);
    assert_eq!(outcome["models"][0]["model"], "gpt-4o-mini");
    assert_eq!(by_day(&app).await, [2 * OURS, 3 * THEIRS]);
    let traces = app.get_ok(&format!("/api/v1/traces?{ALL}")).await;
    let costs: Vec<_> =
        traces["items"].as_array().expect("a list").iter().map(|one| one["cost_nano"].clone()).collect();
    assert_eq!(costs.iter().filter(|cost| **cost == THEIRS).count(), 3, "{costs:?}");
    assert_eq!(traces["items"][0]["input_preview"], "hi");

    let until = reindex(&app, "what=prices&until=2026-11-21").await;
    assert_eq!((&until["traces"], &until["after"]["cost_nano"]), (&json!(2), &json!(2 * THEIRS)));
    // And back, over a restart: what was switched is in the file.
    let app = app.restart_with(|config| config.cost.prefer = CostPreference::Computed).await;
    assert_eq!(by_day(&app).await, [2 * THEIRS, 3 * THEIRS]);
    reindex(&app, "what=prices").await;
    assert_eq!(picture(&app).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_change_and_costs_that_stay_valid_do_not() {
    let app = filled().await;
    let app = app
        .restart_with(|config| {
            config.cost.prefer = CostPreference::Reported;
            config.attribution.feature = vec!["mission".into()];
        })
        .await;
    let outcome = reindex(&app, "what=dialects").await;
    assert_eq!(outcome["traces"], 5);
    assert_eq!(outcome["models"], json!([]), "the same tokens by the same model cost what they did");
    let cost = app.get_ok(&format!("/api/v1/cost?{ALL}&group_by=feature")).await;
    let groups: Vec<_> =
        cost["items"].as_array().expect("a list").iter().map(|item| item["cost_nano"].clone()).collect();
    assert_eq!(groups, [OURS; 5], "{cost:#}");
    // Everything anew is what a new file would hold.
    reindex(&app, "").await;
    let anew = picture(&app).await;
    assert_eq!(by_day(&app).await, [2 * THEIRS, 3 * THEIRS]);
    let app = app.restart_after(|data| std::fs::remove_dir_all(data.join("analytics")).expect("removed")).await;
    app.settled().await;
    assert_eq!(picture(&app).await, anew);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_journal_no_longer_has_stays_as_it_was() {
    let app = filled().await;
    let app = app
        .restart_after(|data| std::fs::remove_file(data.join("journal/2026-11-20.sqlite")).expect("removed"))
        .await
        .restart_with(|config| config.cost.prefer = CostPreference::Reported)
        .await;
    let outcome = reindex(&app, "").await;
    assert_eq!((&outcome["traces"], &outcome["kept_traces"]), (&json!(3), &json!(2)));
    assert_eq!(by_day(&app).await, [2 * OURS, 3 * THEIRS]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_come_meanwhile_count_once() {
    let app = filled().await.restart_with(|config| config.cost.prefer = CostPreference::Reported).await;
    let (status, _) = begin(&app, "").await;
    assert_eq!(status, 202);
    for trace in 10..60 {
        app.send(&traces("shop", vec![paid(trace, 1)])).await;
    }
    app.until("/api/v1/reindex", |report| report["state"] == "done").await;
    app.settled().await;
    let listed = app.get_ok(&format!("/api/v1/traces?limit=100&{ALL}")).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(55));
    assert_eq!(by_day(&app).await, [2 * THEIRS, 53 * THEIRS]);
    let left = std::fs::read_dir(app.data_dir().join("analytics")).expect("a folder").flatten();
    let left: Vec<_> =
        left.map(|entry| entry.file_name()).filter(|name| name.to_string_lossy().contains("next")).collect();
    assert!(left.is_empty(), "{left:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_prints_what_changed() {
    let app = filled().await.restart_with(|config| config.cost.prefer = CostPreference::Reported).await;
    let data = app.data_dir();
    let run = move |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tracemeter"));
        let run = command.arg("reindex").arg("--data-dir").arg(&data).args(args).output().expect("runs");
        (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
    };
    let commands = move || (run(&["--prices", "--since", "2026-11-21"]), run(&["--since", "yesterday"]));
    let (done, refused) = tokio::task::spawn_blocking(commands).await.expect("joins");
    assert!(done.0 && done.1.contains("3 traces were read anew"), "{}", done.1);
    assert!(done.1.contains("gpt-4o-mini, after") && done.1.contains("3.000000"), "{}", done.1);
    assert!(!refused.0 && refused.1.contains("give RFC 3339"), "{}", refused.1);
    let bare = app.client.post(app.web_url("/api/v1/reindex")).send().await.expect("answers");
    assert_eq!(bare.status(), 403);
    let (status, said) = begin(&app, "since=2026-11-22&until=2026-11-21").await;
    assert_eq!((status, &said["error"]["code"]), (400, &json!("bad_parameter")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_leaves_everything_as_it_was() {
    let mut app = filled().await;
    let before = picture(&app).await;
    for prefer in [CostPreference::Reported, CostPreference::Computed] {
        app = app.restart_with(|config| config.cost.prefer = prefer).await;
        assert_eq!(begin(&app, "").await.0, 202);
        // Whether it was done by then or not: all of the old or all of the new.
        app = app.restart().await;
        let costs = by_day(&app).await;
        assert!([[2 * OURS, 3 * OURS], [2 * THEIRS, 3 * THEIRS]].contains(&[costs[0], costs[1]]), "{costs:?}");
        assert_eq!(app.get_ok("/api/v1/reindex").await["state"], "none");
        assert!(!app.data_dir().join("analytics/analytics.next").exists());
    }
    reindex(&app, "").await;
    assert_eq!(picture(&app).await, before);
    app.stop().await;
}
