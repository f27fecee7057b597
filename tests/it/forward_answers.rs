//! What the destination answers decides what is done: nothing is lost, nothing is sent for ever.

use std::collections::BTreeSet;

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use tracemeter::config::{DestinationConfig, DestinationKind};
use tracemeter::model::otlp::{ExportPartialSuccess, ExportResponse, TracesData};

use crate::support::App;
use crate::support::collector::{Collector, Got, Reply};
use crate::support::otlp::{span, traces, with};

const KINDS: [DestinationKind; 2] = [DestinationKind::OtlpHttp, DestinationKind::OtlpGrpc];

async fn app(kind: DestinationKind, collector: &Collector) -> App {
    let mut destination = DestinationConfig::new("there", kind, &collector.url());
    destination.timeout_ms = 2_000;
    App::start_with(|config| config.destination.push(destination)).await
}

async fn state(app: &App, done: impl Fn(&Value) -> bool) -> Value {
    app.until("/api/v1/destinations/there", done).await
}

/// The ids of the spans of a request.
fn ids(got: &Got) -> BTreeSet<u8> {
    let data = TracesData::decode(got.body.clone()).expect("decodes");
    let scopes = data.resource_spans.into_iter().flat_map(|group| group.scope_spans);
    scopes.flat_map(|scope| scope.spans).map(|span| span.span_id[0]).collect()
}

fn partial() -> Bytes {
    let partial = ExportPartialSuccess { rejected: 1, error_message: "one is too old".into() };
    ExportResponse { partial_success: Some(partial) }.encode_to_vec().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_sent_again_until_it_is_taken() {
    let later = ("retry-after", "0".to_owned());
    let http = [
        Reply::Http(503, vec![later.clone()], Bytes::new()),
        Reply::Http(429, vec![later], Bytes::new()),
        Reply::status(500),
        Reply::Reset,
        Reply::Hang,
    ];
    let grpc = [Reply::Grpc(14, "away", Vec::new()), Reply::Grpc(13, "oh", Vec::new()), Reply::Reset, Reply::Hang];
    for (kind, replies) in [(KINDS[0], http.to_vec()), (KINDS[1], grpc.to_vec())] {
        let times = replies.len() + 1;
        let collector = Collector::start(replies).await;
        let app = app(kind, &collector).await;
        app.send(&traces("shop", vec![span(1, 1, "a", 2), span(1, 2, "b", 2)])).await;
        let state = app.until_sent("there").await;
        assert_eq!((&state["sent_records"], &state["dead_letters"]), (&json!(2), &json!(0)), "{state:#}");
        let got = collector.got();
        assert_eq!(got.len(), times, "{kind:?}");
        assert!(got.iter().all(|one| ids(one) == BTreeSet::from([1, 2])));
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_too_large_goes_in_parts_and_a_lone_span_shortened() {
    for kind in KINDS {
        let collector = Collector::start([]).await;
        collector.refuse_above(20_000);
        let app = app(kind, &collector).await;
        let mut spans: Vec<_> = (1..=9).map(|id| with(span(1, id, "s", 2), "text", "x".repeat(8_000))).collect();
        spans.push(with(with(span(1, 10, "large", 2), "text", "y".repeat(90_000)), "model", "gpt-4o"));
        app.send(&traces("shop", spans)).await;
        app.until_sent("there").await;
        let taken: Vec<Got> = collector.got().into_iter().filter(|one| one.body.len() <= 20_000).collect();
        let all: Vec<u8> = taken.iter().flat_map(ids).collect();
        assert_eq!((all.len(), all.iter().copied().collect()), (10, (1..=10).collect::<BTreeSet<u8>>()), "each once");
        let large = taken.iter().find(|one| ids(one).contains(&10)).expect("it came");
        let text = String::from_utf8_lossy(&large.body);
        assert!(text.contains("yyy[shortened: ") && text.contains("gpt-4o"), "{kind:?}");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_refused_is_found_and_becomes_a_dead_letter() {
    let http = Reply::Http(400, vec![("content-type", "text/plain".into())], "bad name".into());
    let grpc = Reply::Grpc(3, "bad name", Vec::new());
    for (kind, refusal) in [(KINDS[0], http), (KINDS[1], grpc)] {
        let collector = Collector::start([]).await;
        collector.refuse_with("unspeakable", refusal);
        let app = app(kind, &collector).await;
        let name = |id| if id == 5 { "unspeakable" } else { "s" };
        app.send(&traces("shop", (1..=8).map(|id| span(1, id, name(id), 2)).collect())).await;
        let state = state(&app, |state| state["dead_letters"] == 1 && state["waiting_since"].is_null()).await;
        assert_eq!(state["sent_records"], 7, "{state:#}");
        let letters = app.get_ok("/api/v1/destinations/there/dead-letters").await;
        let letter = &letters["items"][0];
        assert_eq!((&letter["response"], &letter["records"]), (&json!("bad name"), &json!(1)), "{letters:#}");
        assert_eq!(letter["span_id"], "05".repeat(8));
        let taken = collector.got().into_iter().map(|one| ids(&one)).filter(|ids| !ids.contains(&5));
        assert_eq!(taken.flatten().collect::<Vec<_>>().len(), 7, "each of the others once");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_success_is_counted_and_not_repeated() {
    let told = Reply::Http(200, vec![("content-type", "application/x-protobuf".into())], partial());
    let collector = Collector::start([told]).await;
    let app = app(KINDS[0], &collector).await;
    app.send(&traces("shop", vec![span(1, 1, "a", 2), span(1, 2, "b", 2)])).await;
    let state = state(&app, |state| state["refused_records"] == 1).await;
    assert!(state["last_error"].as_str().is_some_and(|error| error.contains("one is too old")), "{state:#}");
    app.send(&traces("shop", vec![span(2, 3, "c", 2)])).await;
    app.until_sent("there").await;
    assert_eq!(collector.got().iter().map(ids).collect::<Vec<_>>(), [BTreeSet::from([1, 2]), BTreeSet::from([3])]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_holds_and_loses_nothing() {
    for (kind, refusal) in [(KINDS[0], Reply::status(401)), (KINDS[1], Reply::Grpc(16, "who are you", Vec::new()))] {
        let collector = Collector::start([refusal]).await;
        let app = app(kind, &collector).await;
        app.send(&traces("shop", vec![span(1, 1, "a", 2)])).await;
        let held = state(&app, |state| state["state"] == "held").await;
        assert!(held["last_error"].as_str().is_some_and(|error| error.contains("key")), "{held:#}");
        assert_eq!(held["dead_letters"], 0);
        // Somebody has put it right and says so.
        let request = app.client.post(app.web_url("/api/v1/destinations/there/resume"));
        let resumed = request.header("x-tracemeter", "1").send().await.expect("answers");
        assert_eq!(resumed.status(), 200);
        app.until_sent("there").await;
        assert_eq!(collector.got().len(), 2, "once refused, once taken");
        app.stop().await;
    }
}
