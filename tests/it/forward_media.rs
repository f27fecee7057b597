//! Images and sounds go out where they stood, or as references, as each destination wants them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use serde_json::{Value, json};
use tracemeter::config::{Capture, DestinationConfig, DestinationKind, MediaForm};
use tracemeter::model::media::PREFIX;
use tracemeter::model::otlp::{LogRecord, LogsData, TracesData, any_value};

use crate::media::image;
use crate::support::App;
use crate::support::collector::Collector;
use crate::support::otlp::{chat, logs, span, traces, with};

fn to(name: &str, kind: DestinationKind, url: &str) -> DestinationConfig {
    DestinationConfig::new(name, kind, url)
}

fn messages(image: &[u8]) -> String {
    let url = format!("data:image/png;base64,{}", STANDARD.encode(image));
    json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]).to_string()
}

/// A call that shows two images, one of them in an attribute of bytes.
fn call(trace: u8, bytes: usize) -> TracesData {
    let one = with(chat(span(trace, 1, "chat", 0), "gpt-4o", 1_000, 10), "gen_ai.input.messages", "");
    let mut one = with(one, "photo", "");
    let mut values = one.attributes.iter_mut().rev().filter_map(|pair| pair.value.as_mut());
    let (photo, text) = (values.next().expect("a value"), values.next().expect("a value"));
    photo.value = Some(any_value::Value::BytesValue(image(trace + 100, bytes).into()));
    text.value = Some(any_value::Value::StringValue(messages(&image(trace, bytes))));
    traces("shop", vec![one, span(trace, 2, "plain", 0)])
}

fn told(record: &str) -> LogsData {
    let body = Some(tracemeter::model::otlp::AnyValue { value: Some(any_value::Value::StringValue(record.into())) });
    logs("shop", vec![LogRecord { body, ..LogRecord::default() }])
}

/// Everything that came to `path`, as one message.
async fn came(collector: &Collector, path: &str) -> Vec<u8> {
    let got = collector.until(|got| got.iter().any(|one| one.path.ends_with(path))).await;
    got.iter().filter(|one| one.path.ends_with(path)).flat_map(|one| one.body.to_vec()).collect()
}

fn names_media(bytes: &[u8]) -> usize {
    bytes.windows(PREFIX.len()).filter(|window| *window == PREFIX.as_bytes()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_otlp_gets_them_as_they_came() {
    let (by_http, by_grpc, second) = (Collector::start([]).await, Collector::start([]).await, App::start().await);
    let app = App::start_with(|config| {
        config.destination.push(to("http", DestinationKind::OtlpHttp, &by_http.url()));
        config.destination.push(to("grpc", DestinationKind::OtlpGrpc, &by_grpc.url()));
        config.destination.push(to("second", DestinationKind::OtlpHttp, &second.http_url("")));
    })
    .await;
    // Large ones, of which an item holds no two.
    let (sent, log) = (call(1, 90_000), told(&messages(&image(3, 5_000))));
    app.send(&sent).await;
    assert_eq!(app.post("/v1/logs", log.encode_to_vec()).await.status(), 200);
    let stored = app.journal_spans().await;
    assert_eq!(names_media(&stored[0].encode_to_vec()), 2, "here both are files");
    for collector in [&by_http, &by_grpc] {
        let mut got = TracesData::decode(
            &came(collector, if collector.address == by_http.address { "/v1/traces" } else { "TraceService/Export" })
                .await[..],
        )
        .expect("decodes");
        while got.resource_spans.len() > 1 {
            let more = got.resource_spans.pop().expect("one more");
            let spans = more.scope_spans.into_iter().flat_map(|part| part.spans);
            got.resource_spans[0].scope_spans[0].spans.extend(spans);
        }
        assert_eq!(got, sent);
    }
    let got = LogsData::decode(&came(&by_http, "/v1/logs").await[..]).expect("decodes");
    assert_eq!(got, log);
    app.until_sent("second").await;
    second.settled().await;
    let hash = blake3::hash(&image(1, 90_000)).to_hex().to_string();
    let answer = second.client.get(second.web_url(&format!("/api/v1/media/{hash}"))).send().await.expect("answers");
    assert_eq!(answer.bytes().await.expect("a body"), image(1, 90_000), "and takes them out again");
    second.stop().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_references_or_gets_less_than_all_gets_references() {
    let (reference, redacted, hook) =
        (Collector::start([]).await, Collector::start([]).await, Collector::start([]).await);
    let (plain, inline) = (Collector::start([]).await, MediaForm::Inline);
    let app = App::start_with(|config| {
        let otlp = |name, url: &str| to(name, DestinationKind::OtlpHttp, url);
        let one = DestinationConfig { media: Some(MediaForm::Reference), ..otlp("reference", &reference.url()) };
        config.destination.push(one);
        let one =
            DestinationConfig { content: Capture::Redacted, media: Some(inline), ..otlp("less", &redacted.url()) };
        config.destination.push(one);
        config.destination.push(to("plain", DestinationKind::Webhook, &plain.url()));
        let one = to("hook", DestinationKind::Webhook, &hook.url());
        config.destination.push(DestinationConfig { media: Some(inline), ..one });
    })
    .await;
    app.send(&call(1, 9_000)).await;
    let mut expected = app.journal_spans().await;
    expected.truncate(1);
    let got = TracesData::decode(&came(&reference, "/v1/traces").await[..]).expect("decodes");
    assert_eq!(got.resource_spans[0].scope_spans[0].spans[..1], expected);
    let less = came(&redacted, "/v1/traces").await;
    let (photo, shown) = (image(101, 9_000), STANDARD.encode(image(1, 9_000)));
    assert!(
        [&photo[90..120], &shown.as_bytes()[90..120]].iter().all(|part| !less.windows(30).any(|some| some == *part))
    );
    for (collector, is_inline) in [(&plain, false), (&hook, true)] {
        let body: Value = serde_json::from_slice(&came(collector, "/").await).expect("JSON");
        let text = body["items"][0]["attributes"]["gen_ai.input.messages"].as_str().expect("a text");
        assert_eq!(text == messages(&image(1, 9_000)), is_inline);
        assert_eq!(text.contains(PREFIX), !is_inline);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_or_too_large_for_them_goes_as_a_reference() {
    let collector = Collector::start([]).await;
    collector.refuse_above(20_000);
    let app =
        App::start_with(|config| config.destination.push(to("small", DestinationKind::OtlpHttp, &collector.url())))
            .await;
    app.send(&call(1, 30_000)).await;
    app.until_sent("small").await;
    // Refused as a whole, then the call alone; then with references.
    let taken: Vec<_> = collector.got().into_iter().filter(|one| one.body.len() <= 20_000).collect();
    let all: Vec<u8> = taken.iter().flat_map(|one| one.body.to_vec()).collect();
    assert_eq!(names_media(&all), 2);
    assert!(collector.got().iter().any(|one| one.body.len() > 60_000 && names_media(&one.body) == 0));
    std::fs::remove_dir_all(app.data_dir().join("media")).expect("removed");
    let before = collector.got().len();
    let path = app.web_url("/api/v1/destinations/small/rewind?to=2026-11-20");
    let answer = app.client.post(path).header("x-tracemeter", "1").send().await.expect("answers");
    assert!(answer.status().is_success(), "{}", answer.text().await.expect("a text"));
    let got = collector.until(|got| got.len() > before).await;
    assert!(got[before..].iter().all(|one| one.body.len() < 20_000));
    app.until_sent("small").await;
    let again: Vec<u8> = collector.got()[before..].iter().flat_map(|one| one.body.to_vec()).collect();
    assert_eq!(names_media(&again), 2);
    app.stop().await;
}
