//! The cost board over HTTP: unit costs, savings, movers, and files that other programs read.

use serde_json::{Value, json};
use tracemeter::model::otlp::Span;

use crate::support::App;
use crate::support::otlp::{chat, child, failed, span, traces, with};

const MODEL: &str = "gpt-4o-mini";
const HOUR: i64 = 3600;

/// A call of `user` with 1,000 input tokens, 800 of them from the cache, and 100 output tokens.
fn cached(span: Span, user: &str) -> Span {
    let span = with(chat(span, MODEL, 1_000, 100), "gen_ai.usage.cache_read.input_tokens", 800);
    with(with(span, "user.id", user), "session.id", "s-1")
}

/// A first try that failed, its retry, and a call of somebody with a name that spreadsheets would compute.
async fn seeded() -> App {
    let app = App::start().await;
    let root = span(1, 1, "plan", 100);
    let first = failed(cached(child(1, span(1, 2, "chat", 90)), "ann"), "overloaded");
    let again = cached(child(1, span(1, 3, "chat", 80)), "ann");
    app.send(&traces("planner", vec![root, first, again])).await;
    let evil = with(chat(span(2, 1, "chat", 70), MODEL, 10_000, 0), "user.id", "=HYPERLINK(\"http://evil\")");
    app.send(&traces("writer", vec![evil])).await;
    // Of the time before.
    app.send(&traces("writer", vec![cached(span(3, 1, "chat", 30 * HOUR), "bob")])).await;
    app.settled().await;
    app
}

fn row<'a>(list: &'a Value, field: &str, value: &str) -> &'a Value {
    let items = list["items"].as_array().expect("a list");
    items.iter().find(|item| item[field] == value).unwrap_or_else(|| panic!("no {value} in {list:#}"))
}

#[tokio::test]
async fn unit_costs_savings_and_retries_stand_beside_the_sums() {
    let app = seeded().await;
    let list = app.get_ok("/api/v1/cost?group_by=user,model&since=24h&sessions=true&bucket=hour&tz=Asia/Kolkata").await;
    let ann = row(&list, "user", "ann");
    // 200 * 0.15 + 800 * 0.075 + 100 * 0.60 dollars for a million, twice.
    assert_eq!((&ann["cost_nano"], &ann["calls"], &ann["errors"]), (&json!(300_000), &json!(2), &json!(1)), "{ann:#}");
    assert_eq!((&ann["cache_saved_nano"], &ann["failed_cost_nano"]), (&json!(120_000), &json!(150_000)));
    assert_eq!((&ann["retries"], &ann["retry_cost_nano"]), (&json!(1), &json!(150_000)));
    assert_eq!((&ann["cost_per_call_usd"], &ann["cost_per_1k_output_usd"]), (&json!(0.00015), &json!(0.0015)));
    assert_eq!((&ann["sessions"], &ann["cost_per_session_usd"]), (&json!(1), &json!(0.0003)));
    assert_eq!((&list["total"]["cost_nano"], &list["total"]["share"]), (&json!(1_800_000), &json!(1.0)));
    assert_eq!(ann["share"], json!(300_000.0 / 1_800_000.0));
    assert_eq!((&list["tz"], &list["bucket"]), (&json!("Asia/Kolkata"), &json!("hour")));
    // 24 hours cut at half hours.
    assert_eq!(list["buckets"].as_array().map(Vec::len), Some(25));
    assert_eq!(list["buckets"][24], "2026-11-20T11:30:00Z");
    let (status, error) = app.get("/api/v1/cost?format=csv&cursor=x").await;
    assert_eq!((status, &error["error"]["code"]), (400, &json!("bad_parameter")), "{error:#}");
    app.stop().await;
}

#[tokio::test]
async fn movers_compare_with_the_time_before() {
    let app = seeded().await;
    let list = app.get_ok("/api/v1/cost/movers?group_by=user&since=24h").await;
    assert_eq!(list["previous_since"], "2026-11-18T12:00:00Z");
    let states: Vec<_> = list["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| (item["state"].as_str().expect("a state"), item["change_nano"].as_i64().expect("a number")))
        .collect();
    assert_eq!(states, [("new", 1_500_000), ("new", 300_000), ("gone", -150_000)]);
    let bob = row(&list, "user", "bob");
    assert_eq!((&bob["change_ratio"], &bob["current"]["cost_usd"]), (&json!(-1.0), &Value::Null));
    let by_service = app.get_ok("/api/v1/cost/movers?group_by=service&since=24h").await;
    assert_eq!(row(&by_service, "service", "writer")["change_ratio"], 9.0);
    app.stop().await;
}

/// The bytes, and how they are named.
async fn file(app: &App, path: &str) -> (Vec<u8>, String) {
    let answer = crate::support::client().get(app.web_url(path)).send().await.expect("the web port answers");
    assert_eq!(answer.status(), 200, "{path}");
    let named = answer.headers()["content-disposition"].to_str().expect("text").to_owned();
    (answer.bytes().await.expect("a whole file").to_vec(), named)
}

/// What DuckDB reads of a Parquet file: a question about it, and the answer's only row.
fn ask_parquet<T>(bytes: &[u8], question: &str, read: impl Fn(&duckdb::Row<'_>) -> duckdb::Result<T>) -> T {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("file.parquet");
    std::fs::write(&path, bytes).expect("can write");
    let database = duckdb::Connection::open_in_memory().expect("opens");
    let sql = question.replace("FILE", &format!("read_parquet('{}')", path.display()));
    database.query_row(&sql, [], |row| read(row)).expect("is Parquet")
}

#[tokio::test]
async fn the_board_is_exported_as_csv_and_parquet() {
    let app = seeded().await;
    let (csv, named) = file(&app, "/api/v1/cost?group_by=user&since=24h&format=csv").await;
    let csv = String::from_utf8(csv).expect("UTF-8");
    assert_eq!(named, "attachment; filename=\"tracemeter-cost.csv\"");
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 3, "{csv}");
    assert!(lines[0].starts_with("bucket_start,user,calls,errors,input,"), "{csv}");
    assert!(lines[1].starts_with(",\"'=HYPERLINK(\"\"http://evil\"\")\",1,0,10000,"), "{csv}");
    assert!(lines[2].contains(",0.0003,300000,"), "{csv}");
    let (parquet, named) = file(&app, "/api/v1/cost?group_by=user&since=24h&bucket=hour&format=parquet").await;
    assert_eq!(named, "attachment; filename=\"tracemeter-cost.parquet\"");
    let question = "SELECT sum(cost_nano)::BIGINT, max(cost_usd), min(bucket_start)::VARCHAR, max(\"user\") FROM FILE";
    let found: (i64, f64, String, String) =
        ask_parquet(&parquet, question, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
    assert_eq!(found, (1_800_000, 0.0015, "2026-11-20 11:00:00".into(), "ann".into()));
    app.stop().await;
}

#[tokio::test]
async fn calls_are_exported_whole_however_many_there_are() {
    let app = App::start().await;
    for trace in 1..=21 {
        let calls = (1..=100).map(|id| {
            let call = span(trace, id, "chat", i64::from(trace) * 100 + i64::from(id));
            with(chat(call, MODEL, 1_000, 100), "user.id", format!("user {trace}, \"{id}\""))
        });
        app.send(&traces("agent", calls.collect())).await;
    }
    app.settled().await;
    let (csv, named) = file(&app, "/api/v1/calls?format=csv").await;
    assert_eq!(named, "attachment; filename=\"tracemeter-calls.csv\"");
    let csv = String::from_utf8(csv).expect("UTF-8");
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 2_101);
    assert!(lines[2_100].contains(",\"user 21, \"\"100\"\"\","), "{}", lines[2_100]);
    assert_eq!(lines.iter().collect::<std::collections::BTreeSet<_>>().len(), 2_101, "each call once");
    let (parquet, _) = file(&app, "/api/v1/calls?format=parquet&service=agent&user=user+21%2C+%22100%22&user=x").await;
    let question = "SELECT count(*), any_value(\"user\"), any_value(start_time)::VARCHAR, any_value(trace_id),
                           any_value(price_model), any_value(cost_usd) FROM FILE";
    let found: (i64, String, String, String, String, f64) = ask_parquet(&parquet, question, |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
    });
    assert_eq!(found.0, 1);
    assert_eq!((found.1.as_str(), found.2.as_str()), ("user 21, \"100\"", "2026-11-20 11:23:20"));
    assert_eq!((found.3, found.4.as_str(), found.5), ("15".repeat(16), MODEL, 0.00021));
    let (parquet, _) = file(&app, "/api/v1/calls?format=parquet").await;
    let columns = "SELECT string_agg(column_name, ',') FROM (DESCRIBE FROM FILE)";
    assert_eq!(ask_parquet(&parquet, columns, |row| row.get::<_, String>(0)), lines[0], "both name the same columns");
    assert_eq!(ask_parquet(&parquet, "SELECT count(*) FROM FILE", |row| row.get::<_, i64>(0)), 2_100);
    let left = std::fs::read_dir(app.data_dir().join("analytics")).expect("a folder").flatten();
    let left: Vec<_> =
        left.map(|entry| entry.file_name()).filter(|name| name.to_string_lossy().contains("export")).collect();
    assert!(left.is_empty(), "{left:?}");
    app.stop().await;
}
