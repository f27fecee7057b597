//! Images and sounds in messages: kept once as files, shown by reference, backed up, and gone with their days.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tracemeter::backup;
use tracemeter::config::{KeyAction, KeyRule};
use tracemeter::model::UnixNanos;
use tracemeter::model::otlp::Span;

use super::support::otlp::{chat, span, traces, with};
use super::support::{App, NOON, at};

const DAY: i64 = 86_400_000_000_000;
const SECRET: &str = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH";

/// A PNG of one dot and `bytes` of noise behind it, which readers of PNG pass over.
pub fn image(seed: u8, bytes: usize) -> Vec<u8> {
    let dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let mut image = STANDARD.decode(dot).expect("base64");
    let mut state = u32::from(seed) + 1;
    image.resize_with(image.len() + bytes, || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    image
}

fn ask(one: Span, content: &Value) -> Span {
    let messages = json!([{"role": "user", "content": content}]);
    with(chat(one, "gpt-4o", 1_000, 10), "gen_ai.input.messages", messages.to_string())
}

fn openai(image: &[u8]) -> Value {
    let url = format!("data:image/png;base64,{}", STANDARD.encode(image));
    json!([{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}])
}

/// The parts of the only message of trace `trace`.
async fn parts(app: &App, trace: u8) -> Vec<Value> {
    let page = app.get_ok(&format!("/api/v1/traces/{}", hex::encode([trace; 16]))).await;
    page["spans"][0]["call"]["input_messages"][0]["parts"].as_array().expect("parts").clone()
}

fn attribute(span: &Span) -> &str {
    let found = span.attributes.iter().find(|pair| pair.key == "gen_ai.input.messages").expect("messages");
    match &found.value.as_ref().expect("a value").value {
        Some(tracemeter::model::otlp::any_value::Value::StringValue(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_kept_once_and_shown_by_reference_in_every_dialect() {
    let app = App::start().await;
    let image = image(1, 9_000);
    let text = STANDARD.encode(&image);
    let shapes = [
        openai(&image),
        json!([{"type": "text", "text": "x"},
               {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": text}}]),
        json!([{"type": "text", "text": "x"}, {"inlineData": {"mimeType": "image/png", "data": text}}]),
        json!([{"type": "text", "content": "x"},
               {"type": "blob", "modality": "image", "mime_type": "image/png", "content": text}]),
    ];
    for (number, shape) in (1..).zip(&shapes) {
        app.send(&traces("shop", vec![ask(span(number, 1, "chat", 0), shape)])).await;
    }
    // OpenInference has an attribute per part.
    let one = with(span(5, 1, "chat", 0), "openinference.span.kind", "LLM");
    let key = "llm.input_messages.0.message.";
    let one = with(one, &format!("{key}role"), "user");
    let one = with(one, &format!("{key}contents.0.message_content.type"), "text");
    let one = with(one, &format!("{key}contents.0.message_content.text"), "x");
    let one = with(one, &format!("{key}contents.1.message_content.type"), "image");
    let url = format!("data:image/png;base64,{text}");
    let one = with(one, &format!("{key}contents.1.message_content.image.image.url"), url);
    app.send(&traces("shop", vec![one])).await;

    let hash = blake3::hash(&image).to_hex().to_string();
    for trace in 1..=5 {
        let expected = json!({"type": "media", "modality": "image", "mime_type": "image/png", "uri": null,
                              "inline_bytes": image.len(), "media": hash, "dropped": false});
        assert_eq!(parts(&app, trace).await[1], expected, "trace {trace}");
    }
    let health = app.get_ok("/api/v1/health").await;
    assert_eq!(health["media"], json!({"files": 1, "bytes": image.len()}));
    let answer = app.client.get(app.web_url(&format!("/api/v1/media/{hash}"))).send().await.expect("answers");
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("sandbox"));
    assert!(header("content-disposition").starts_with("inline"));
    assert_eq!(answer.bytes().await.expect("a body"), image);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_says_it_is_an_image_is_a_download() {
    let app = App::start().await;
    let page = format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>{}</script></svg>", "x".repeat(9_000));
    let url = format!("data:image/svg+xml;base64,{}", STANDARD.encode(&page));
    let content = json!([{"type": "image_url", "image_url": {"url": url}}]);
    app.send(&traces("shop", vec![ask(span(1, 1, "chat", 0), &content)])).await;
    let part = parts(&app, 1).await[0].clone();
    assert_eq!(part["mime_type"], "image/svg+xml");
    let path = format!("/api/v1/media/{}", part["media"].as_str().expect("a hash"));
    let answer = app.client.get(app.web_url(&path)).send().await.expect("answers");
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    assert!(answer.headers()["content-disposition"].to_str().expect("text").starts_with("attachment"));
    let (status, error) = app.get(&format!("/api/v1/media/{}", "0".repeat(64))).await;
    assert_eq!((status, &error["error"]["code"]), (404, &json!("not_found")));
    let (status, _) = app.get("/api/v1/media/..%2F..%2Fredact.key").await;
    assert_eq!(status, 400);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_decide_first_and_a_request_sent_again_is_known() {
    let rule = |key: &str, action| KeyRule { key: key.into(), action, length: None };
    let app = App::start_with(|config| {
        config.redact.rule = vec![rule("photo", KeyAction::Drop), rule("passport", KeyAction::Mask)];
    })
    .await;
    let url = |seed| format!("data:image/png;base64,{}", STANDARD.encode(image(seed, 9_000)));
    let content = json!([
        {"type": "text", "text": format!("my key is {SECRET}")},
        {"type": "image_url", "image_url": {"url": url(1)}, "photo": url(2)},
        {"type": "x", "passport": url(3)},
    ]);
    let one = with(ask(span(1, 1, "chat", 0), &content), "photo", url(4));
    let body = prost::Message::encode_to_vec(&traces("shop", vec![one]));
    for _ in 0..2 {
        assert_eq!(app.post("/v1/traces", body.clone()).await.status(), 200);
    }
    let spans = app.journal_spans().await;
    assert_eq!(spans.len(), 1, "the same request again is not stored again");
    let stored = attribute(&spans[0]);
    assert!(!stored.contains(SECRET) && stored.contains("[redacted:passport]"), "{stored}");
    assert_eq!(app.get_ok("/api/v1/health").await["media"]["files"], 1, "what a rule removes never becomes a file");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_with_their_days_and_come_with_a_backup() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let into = dir.path().join("backup");
    let app = App::start_with(|config| {
        config.retention.content_days = 2;
        config.retention.pack_level = 0;
    })
    .await;
    for (day, seed) in [(0, 1), (1, 2), (3, 2)] {
        app.clock.set(UnixNanos(at(NOON).0 + day * DAY));
        app.send(&traces("shop", vec![ask(span(day as u8 + 1, 1, "chat", 0), &openai(&image(seed, 9_000)))])).await;
    }
    for day in ["2026-11-20", "2026-11-21"] {
        app.until_sealed(&format!("journal/{day}.sqlite")).await;
    }
    let copy = |app: &App| {
        let (data, into, now) = (app.data_dir(), into.clone(), app.clock.now());
        tokio::task::spawn_blocking(move || backup::backup(&data, &into, now, false).expect("backs up"))
    };
    let first = copy(&app).await.expect("joins");
    assert_eq!((first.copied, first.kept), (7, 0), "three days, two images, the registry, the key");
    app.clock.set(UnixNanos(app.clock.now().0 + 1_000_000_000));
    let second = copy(&app).await.expect("joins");
    assert_eq!((second.copied, second.kept), (3, 4), "images and finished days are there already");
    // Nothing is in work in a new process, so that it may delete at once what its first look at the age leaves over.
    let app = app.restart().await;
    let health = app.until("/api/v1/health", |health| health["media"]["files"] == 1).await;
    assert_eq!(health["journal"]["days"], 2);
    assert_eq!(parts(&app, 4).await[1]["dropped"], false);

    let data_dir = dir.path().join("restored");
    backup::restore(&into, &data_dir).expect("restores");
    app.stop().await;
    let restored = App::start_with(|config| config.data_dir = data_dir.clone()).await;
    for trace in [1, 2, 4] {
        let part = parts(&restored, trace).await[1].clone();
        let path = format!("/api/v1/media/{}", part["media"].as_str().expect("a hash"));
        let answer = restored.client.get(restored.web_url(&path)).send().await.expect("answers");
        assert_eq!(answer.status(), 200, "trace {trace}");
    }
    restored.stop().await;
    let victim = into.join("media").join(&blake3::hash(&image(2, 9_000)).to_hex()[..2]);
    let file = std::fs::read_dir(victim).expect("a folder").next().expect("a file").expect("an entry").path();
    std::fs::remove_file(&file).expect("removed");
    let Err(backup::Error::Damaged(faults)) = backup::verify(&into) else { panic!("a missing image is noticed") };
    assert!(faults[0].contains("media/"), "{faults:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_dropped_is_said_to_be() {
    let app = App::start().await;
    app.send(&traces("shop", vec![ask(span(1, 1, "chat", 0), &openai(&image(1, 9_000)))])).await;
    std::fs::remove_dir_all(app.data_dir().join("media")).expect("removed");
    let part = parts(&app, 1).await[1].clone();
    assert_eq!((&part["dropped"], &part["mime_type"]), (&json!(true), &json!("image/png")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_space_runs_short_the_oldest_images_go_before_anything_else() {
    let app = App::start_with(|config| config.retention.max_disk_mib = 64).await;
    // 57 MiB, and with everything else more than 95 % of the limit and less than all of it.
    for number in 1..=3_u8 {
        app.clock.set(UnixNanos(at(NOON).0 + i64::from(number) * 1_000_000_000));
        let photo = image(number, 19 << 20);
        app.send(&traces("shop", vec![ask(span(number, 1, "chat", 0), &openai(&photo))])).await;
    }
    // A file that a request has just referred to is not dropped; in a new process nothing is in work.
    let app = app.restart().await;
    let health = app.until("/api/v1/health", |health| health["media"]["files"] == 2).await;
    assert_eq!(health["journal"]["days"], 1);
    let told = |health: &Value| health["retention"]["steps"].to_string().contains("dropped the 1 oldest images");
    app.until("/api/v1/health", told).await;
    for (trace, dropped) in [(1, true), (2, false), (3, false)] {
        assert_eq!(parts(&app, trace).await[1]["dropped"], dropped, "trace {trace}");
    }
    app.send(&traces("shop", vec![span(4, 1, "kept", 0)])).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn images_of_a_deleted_trace_go_with_it_unless_another_has_them() {
    let app = App::start().await;
    for (trace, seed) in [(1, 1), (2, 2), (3, 2)] {
        app.send(&traces("shop", vec![ask(span(trace, 1, "chat", 0), &openai(&image(seed, 9_000)))])).await;
    }
    // Nothing is in work in a new process.
    let app = app.restart().await;
    app.settled().await;
    let delete = async |trace: u8| {
        let url = app.web_url(&format!("/api/v1/traces/{}", hex::encode([trace; 16])));
        let request = app.client.delete(url).header("x-tracemeter", "1");
        assert!(request.send().await.expect("answers").status().is_success());
    };
    delete(1).await;
    app.until("/api/v1/health", |health| health["media"]["files"] == 1).await;
    delete(2).await;
    app.until("/api/v1/receipts", |list| list["items"][0]["state"] == "done" && list["items"][1]["state"] == "done")
        .await;
    let receipts = app.get_ok("/api/v1/receipts").await;
    let files: Vec<_> = receipts["items"].as_array().expect("a list").iter().map(|one| &one["media_files"]).collect();
    assert_eq!(files, [0, 1], "newest first");
    assert_eq!(parts(&app, 3).await[1]["dropped"], false);
    app.stop().await;
}
