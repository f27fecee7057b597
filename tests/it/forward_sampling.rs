//! A sample of traces on its way to a collector: the whole of what is noteworthy, a part of the rest, whatever happens in
//! between.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use prost::Message as _;
use serde_json::Value;
use tracemeter::config::{Config, DestinationConfig, DestinationKind, SamplingConfig, Start};
use tracemeter::model::otlp::{KeyValue, LogRecord, LogsData, Span, TracesData, any_value};

use crate::support::otlp::{chat, failed, logs, span, traces};
use crate::support::{App, NOON, at};

const BACKEND: &str = "/api/v1/destinations/backend";

/// Trace, span (both by their first byte), and what `sampling.ratio` says in thousandths (1000 where it is absent).
type Got = BTreeMap<(u8, u8), (u32, u64)>;

/// A collector over OTLP/HTTP that notes what it gets, and takes nothing while it is `away`.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    logs: Arc<Mutex<Vec<LogRecord>>>,
    away: Arc<Mutex<bool>>,
}

impl Collector {
    /// Starts it; gives its base address.
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let router = Router::new()
            .route("/v1/traces", post(Self::take_spans))
            .route("/v1/logs", post(Self::take_logs))
            .route("/v1/metrics", post(async || StatusCode::OK))
            .with_state(collector.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        (collector, url)
    }

    fn answer(&self) -> StatusCode {
        if *self.away.lock().expect("no panic") { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    }

    async fn take_spans(State(collector): State<Self>, body: Bytes) -> StatusCode {
        let answer = collector.answer();
        if answer == StatusCode::OK {
            let data = TracesData::decode(body).expect("OTLP");
            let scopes = data.resource_spans.into_iter().flat_map(|group| group.scope_spans);
            collector.spans.lock().expect("no panic").extend(scopes.flat_map(|scope| scope.spans));
        }
        answer
    }

    async fn take_logs(State(collector): State<Self>, body: Bytes) -> StatusCode {
        let answer = collector.answer();
        if answer == StatusCode::OK {
            let data = LogsData::decode(body).expect("OTLP");
            let scopes = data.resource_logs.into_iter().flat_map(|group| group.scope_logs);
            collector.logs.lock().expect("no panic").extend(scopes.flat_map(|scope| scope.log_records));
        }
        answer
    }

    /// Each span once, with how often it came.
    fn got(&self) -> Got {
        let mut got = Got::new();
        for span in self.spans.lock().expect("no panic").iter() {
            let place = (span.trace_id[0], span.span_id[0]);
            let (ratio, times) = got.entry(place).or_insert((ratio(&span.attributes), 0));
            assert_eq!(*ratio, self::ratio(&span.attributes));
            *times += 1;
        }
        got
    }
}

fn ratio(attributes: &[KeyValue]) -> u32 {
    let pair = attributes.iter().find(|pair| pair.key == "sampling.ratio");
    match pair.and_then(|pair| pair.value.as_ref()?.value.as_ref()) {
        Some(any_value::Value::DoubleValue(ratio)) => (ratio * 1000.0).round() as u32,
        None => 1000,
        Some(other) => panic!("{other:?} is no ratio"),
    }
}

fn sampled(url: &str, sampling: SamplingConfig) -> impl FnOnce(&mut Config) + use<> {
    let mut destination = DestinationConfig::new("backend", DestinationKind::OtlpHttp, url);
    destination.sampling = Some(sampling);
    destination.from = Start(Some("beginning".into()));
    destination.gzip = false;
    move |config| config.destination.push(destination)
}

fn noteworthy_only() -> SamplingConfig {
    SamplingConfig { ratio: 0.0, new_days: 0, ..SamplingConfig::default() }
}

/// Moves the clock on.
fn pass(app: &App, seconds: i64) {
    app.clock.set(app.clock.now().saturating_add(seconds * 1_000_000_000));
}

/// Waits until all that was sent is loaded, and waits to settle.
async fn arrived(app: &App) {
    app.settled().await;
    app.until(BACKEND, |destination| !destination["waiting_since"].is_null()).await;
}

/// Lets what has arrived settle, and waits until the destination has dealt with it.
async fn dealt_with(app: &App) -> Value {
    arrived(app).await;
    pass(app, 31);
    app.until(BACKEND, |destination| destination["waiting_since"].is_null()).await
}

#[tokio::test]
async fn errors_go_whole_and_in_time_whatever_the_order_they_come_in() {
    let (collector, url) = Collector::start().await;
    let app = App::start_with(sampled(&url, noteworthy_only())).await;
    app.send(&traces("agent", vec![span(1, 1, "plan", 20), span(2, 1, "plan", 20)])).await;
    app.send(&traces("agent", vec![failed(span(3, 1, "plan", 20), "no route"), span(4, 1, "plan", 20)])).await;
    // Within the time to settle: judged together with what came before.
    app.send(&traces("agent", vec![failed(span(1, 2, "act", 19), "no route"), span(3, 2, "act", 19)])).await;
    let told = dealt_with(&app).await;
    let whole = Got::from([(1, 1), (1, 2), (3, 1), (3, 2)].map(|place| (place, (1000, 1))));
    assert_eq!(collector.got(), whole);
    assert_eq!(told["sampling"], serde_json::json!({"kept": {"error": 2}, "dropped": 2, "ratio_in_force": 0.0}));

    // Long after it was left out, one fails; its early spans go now, and what follows.
    app.send(&traces("agent", vec![failed(span(2, 2, "act", 2), "no route")])).await;
    dealt_with(&app).await;
    app.send(&traces("agent", vec![span(2, 3, "end", 1), span(4, 2, "end", 1)])).await;
    dealt_with(&app).await;
    let mut more = whole;
    more.extend([(2, 1), (2, 2), (2, 3)].map(|place| (place, (1000, 1))));
    assert_eq!(collector.got(), more);
    let text = app.client.get(app.web_url("/metrics")).send().await.expect("answers").text().await.expect("a body");
    assert!(text.contains(r#"tracemeter_forward_kept_traces_total{destination="backend",reason="error"} 3"#), "{text}");
    app.stop().await;
}

#[tokio::test]
async fn nothing_is_lost_when_it_ends_between_deciding_and_sending() {
    let (collector, url) = Collector::start().await;
    let app = App::start_with(sampled(&url, noteworthy_only())).await;
    app.send(&traces("agent", vec![span(1, 1, "plan", 20), span(2, 1, "plan", 20)])).await;
    dealt_with(&app).await;
    // The collector is away while the late error is judged, so that its verdict is stored and nothing is sent.
    *collector.away.lock().expect("no panic") = true;
    app.send(&traces("agent", vec![failed(span(1, 2, "act", 19), "no route")])).await;
    arrived(&app).await;
    pass(&app, 31);
    app.until(BACKEND, |destination| {
        destination["sampling"]["kept"]["error"] == 1 && !destination["last_error"].is_null()
    })
    .await;
    assert!(collector.got().is_empty());
    let app = app.restart().await;
    *collector.away.lock().expect("no panic") = false;
    app.until(BACKEND, |destination| destination["sent_records"] == 2).await;
    assert_eq!(collector.got(), Got::from([((1, 1), (1000, 1)), ((1, 2), (1000, 1))]));
    app.stop().await;
}

#[tokio::test]
async fn what_is_sent_of_the_healthy_ones_stands_for_all_and_logs_follow_their_trace() {
    let (collector, url) = Collector::start().await;
    let sampling = SamplingConfig { ratio: 0.5, new_days: 0, ..SamplingConfig::default() };
    let app = App::start_with(sampled(&url, sampling)).await;
    let all: Vec<Span> = (1..=200).map(|trace| chat(span(trace, 1, "chat", 20), "gpt-4o", 10, 5)).collect();
    app.send(&traces("agent", all)).await;
    let record = |trace: u8| LogRecord {
        trace_id: if trace == 0 { Vec::new() } else { vec![trace; 16] }.into(),
        time_unix_nano: at(NOON).0.unsigned_abs(),
        ..LogRecord::default()
    };
    let records = logs("agent", (0..=200).map(record).collect());
    assert_eq!(app.post("/v1/logs", records.encode_to_vec()).await.status(), 200);
    dealt_with(&app).await;
    let got = collector.got();
    assert!(got.values().all(|told| *told == (500, 1)), "{got:?}");
    // Four standard deviations of the sum of 1/ratio.
    let stand_for = got.len() as f64 * 2.0;
    assert!((stand_for - 200.0).abs() < 4.0 * 200_f64.sqrt(), "{stand_for}");
    let logged = collector.logs.lock().expect("no panic").clone();
    let with_trace: Vec<u8> = logged.iter().filter_map(|record| record.trace_id.first().copied()).collect();
    assert_eq!(logged.len(), with_trace.len() + 1, "the one without a trace goes");
    assert_eq!(with_trace, got.keys().map(|(trace, _)| *trace).collect::<Vec<_>>());
    for record in &logged {
        assert_eq!(ratio(&record.attributes), if record.trace_id.is_empty() { 1000 } else { 500 });
    }
    app.stop().await;
}

#[tokio::test]
async fn a_budget_lowers_the_ratio_and_says_so() {
    let (collector, url) = Collector::start().await;
    let sampling = SamplingConfig { items_per_hour: 100, new_days: 0, ..SamplingConfig::default() };
    let app = App::start_with(sampled(&url, sampling)).await;
    for trace in 1..=240 {
        let span = if trace % 40 == 0 { failed(span(trace, 1, "plan", 20), "no") } else { span(trace, 1, "plan", 20) };
        app.send(&traces("agent", vec![span])).await;
    }
    let told = dealt_with(&app).await;
    let got = collector.got();
    assert!(got.len() <= 100, "{}", got.len());
    let errors: Vec<_> = got.iter().filter(|((trace, _), _)| trace % 40 == 0).collect();
    assert_eq!(errors.len(), 6);
    assert!(errors.iter().all(|(_, told)| **told == (1000, 1)));
    let stand_for: f64 = got.values().map(|(ratio, _)| 1000.0 / f64::from(*ratio)).sum();
    assert!((120.0..400.0).contains(&stand_for), "{stand_for} stand for 240");
    assert!(told["sampling"]["ratio_in_force"].as_f64().is_some_and(|ratio| ratio <= 0.5), "{told:#}");
    app.stop().await;
}

#[tokio::test]
async fn what_has_not_settled_waits() {
    let (collector, url) = Collector::start().await;
    let sampling = SamplingConfig { settle_s: 3600, ..noteworthy_only() };
    let app = App::start_with(sampled(&url, sampling)).await;
    app.send(&traces("agent", vec![failed(span(1, 1, "plan", 20), "no route")])).await;
    arrived(&app).await;
    pass(&app, 3599);
    let told = app.until(BACKEND, |told| told["lag_seconds"] == 3599.0).await;
    assert_eq!((told["state"].as_str(), told["sent_records"].as_u64()), (Some("sending"), Some(0)));
    assert!(collector.got().is_empty());
    pass(&app, 2);
    app.until(BACKEND, |destination| destination["waiting_since"].is_null()).await;
    assert_eq!(collector.got().len(), 1);
    app.stop().await;
}
