//! Metrics all the way: exact points, growth of counters, quantiles, and what a real client's add up to.

use std::path::Path;

use prost::Message as _;
use serde_json::{Value, json};
use tracemeter::model::otlp::{
    AnyValue, Exemplar, Histogram, HistogramDataPoint, KeyValue, Metric, MetricsData, NumberDataPoint, Resource,
    ResourceMetrics, ScopeMetrics, Sum, exemplar, metric, number_data_point,
};

use crate::support::otlp::IntoValue;
use crate::support::{App, NOON, at};

const MINUTE: u64 = 60_000_000_000;

fn minutes_before_noon(minutes: u64) -> u64 {
    at(NOON).0.unsigned_abs() - minutes * MINUTE
}

fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value.into_value()) }) }
}

fn request(metrics: Vec<Metric>) -> Vec<u8> {
    let resource = Some(Resource { attributes: vec![attribute("service.name", "gateway")], ..Resource::default() });
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    let group = ResourceMetrics { resource, scope_metrics, ..ResourceMetrics::default() };
    MetricsData { resource_metrics: vec![group] }.encode_to_vec()
}

fn requests_total(minutes: u64, started: u64, route: &str, value: i64) -> Metric {
    let point = NumberDataPoint {
        attributes: vec![attribute("http.route", route)],
        start_time_unix_nano: minutes_before_noon(started),
        time_unix_nano: minutes_before_noon(minutes),
        value: Some(number_data_point::Value::AsInt(value)),
        ..NumberDataPoint::default()
    };
    let sum = Sum { data_points: vec![point], aggregation_temporality: 2, is_monotonic: true };
    Metric { name: "requests".into(), unit: "1".into(), data: Some(metric::Data::Sum(sum)), ..Metric::default() }
}

fn latency(minutes: u64) -> Metric {
    let example = Exemplar {
        time_unix_nano: minutes_before_noon(minutes),
        value: Some(exemplar::Value::AsDouble(0.7)),
        trace_id: vec![5; 16].into(),
        span_id: vec![6; 8].into(),
        ..Exemplar::default()
    };
    let point = HistogramDataPoint {
        start_time_unix_nano: minutes_before_noon(minutes + 1),
        time_unix_nano: minutes_before_noon(minutes),
        count: 4,
        sum: Some(2.0),
        bucket_counts: vec![1, 3, 0],
        explicit_bounds: vec![0.5, 1.0],
        exemplars: vec![example],
        ..HistogramDataPoint::default()
    };
    let histogram = Histogram { data_points: vec![point], aggregation_temporality: 1 };
    Metric {
        name: "latency".into(),
        unit: "s".into(),
        data: Some(metric::Data::Histogram(histogram)),
        ..Metric::default()
    }
}

fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().expect("a list")
}

fn sum_of(line: &Value) -> f64 {
    line["points"].as_array().expect("points").iter().filter_map(|point| point["value"].as_f64()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn points_are_exact_and_series_make_sense() {
    let app = App::start().await;
    // Beyond 2^53, and a restart between the second and the third.
    let big = 9_007_199_254_740_993;
    for metric in [
        requests_total(30, 90, "/a", big),
        requests_total(20, 90, "/a", big + 5),
        requests_total(10, 15, "/a", 3),
        requests_total(10, 90, "/b", 7),
        latency(10),
    ] {
        assert_eq!(app.post("/v1/metrics", request(vec![metric])).await.status(), 200);
    }
    app.settled().await;

    let points = app.get_ok("/api/v1/metrics?name=requests&attribute=http.route=/a").await;
    let exact: Vec<&str> = items(&points).iter().filter_map(|point| point["exact"].as_str()).collect();
    assert_eq!(exact, ["3", "9007199254740998", "9007199254740993"]);
    assert_eq!(items(&points)[0]["start_time"], "2026-11-20T11:45:00Z");
    assert_eq!(
        (&items(&points)[0]["temporality"], &items(&points)[0]["monotonic"]),
        (&json!("cumulative"), &json!(true))
    );
    let found = app.get_ok(&format!("/api/v1/metrics?trace_id={}", "05".repeat(16))).await;
    assert_eq!((items(&found).len(), &items(&found)[0]["bucket_counts"]), (1, &json!([1, 3, 0])));
    assert_eq!(items(&found)[0]["exemplars"][0]["exact"], "0.7");

    let names = app.get_ok("/api/v1/metrics/names").await;
    assert_eq!((&items(&names)[0]["name"], &items(&names)[1]["series"]), (&json!("latency"), &json!(2)), "{names:#}");
    let grown = app.get_ok("/api/v1/metrics/series?name=requests&since=1h&step=1h&group_by=http.route").await;
    assert_eq!(grown["resets"], 1, "{grown:#}");
    let lines = grown["lines"].as_array().expect("lines");
    assert_eq!((&lines[0]["group"], sum_of(&lines[0])), (&json!(["/a"]), 8.0));
    // Nobody knows when the seven of the other route happened.
    assert_eq!(lines.len(), 1);
    let median = app.get_ok("/api/v1/metrics/series?name=latency&since=1h&step=1h&aggregate=p50").await;
    let point = &median["lines"][0]["points"][0];
    assert_eq!((&point["low"], &point["high"]), (&json!(0.5), &json!(1.0)), "{median:#}");
    for (path, names) in [
        ("/api/v1/metrics/series", "name"),
        ("/api/v1/metrics/series?name=requests&step=soon", "step"),
        ("/api/v1/metrics/series?name=requests&step=1s&since=7d", "steps"),
        ("/api/v1/metrics?attribute=route", "attribute"),
    ] {
        let (status, answer) = app.get(path).await;
        assert_eq!(status, 400, "{path}");
        assert!(answer["error"]["message"].as_str().is_some_and(|text| text.contains(names)), "{path}: {answer:#}");
    }
    app.stop().await;
}

/// 520 uncached, 1212 read, 640 written, 232 out and 7866.6 micro-dollars: what the provider answered, told by counters.
#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_of_a_client_say_the_same_and_cost_nothing() {
    let app = App::start().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/otlp/claude-code");
    for number in 1..=9 {
        let meta = std::fs::read_to_string(folder.join(format!("00{number}.meta.json"))).expect("readable");
        if meta.contains("/v1/metrics") {
            let body = std::fs::read(folder.join(format!("00{number}.body"))).expect("readable");
            assert_eq!(app.post("/v1/metrics", body).await.status(), 200);
        }
    }
    app.settled().await;
    let day = "since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z&step=1d";
    let tokens = app.get_ok(&format!("/api/v1/metrics/series?name=claude_code.token.usage&group_by=type&{day}")).await;
    let lines = tokens["lines"].as_array().expect("lines");
    let sums: Vec<(&Value, f64)> = lines.iter().map(|line| (&line["group"][0], sum_of(line))).collect();
    let expected = [("cacheCreation", 640.0), ("cacheRead", 1212.0), ("input", 520.0), ("output", 232.0)];
    let expected = expected.map(|(kind, sum)| (json!(kind), sum));
    assert_eq!(sums, expected.iter().map(|(kind, sum)| (kind, *sum)).collect::<Vec<_>>());
    let cost = app.get_ok(&format!("/api/v1/metrics/series?name=claude_code.cost.usage&{day}")).await;
    assert!((sum_of(&cost["lines"][0]) - 0.007_866_6).abs() < 1e-12, "{cost:#}");
    let board = app.get_ok(&format!("/api/v1/cost?{}", day.trim_end_matches("&step=1d"))).await;
    assert!(items(&board).iter().all(|row| row["calls"] == 0), "metrics are no calls: {board:#}");
    app.stop().await;
}
