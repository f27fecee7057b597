//! Finished days: packed without a change to what is read, and with what healthy traces said left out.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tracemeter::backup;
use tracemeter::clock::Clock;
use tracemeter::model::UnixNanos;
use tracemeter::model::otlp::Span;

use super::erase::files_with;
use super::support::App;
use super::support::otlp::{chat, failed, span, traces, with};

const DAY: i64 = 86_400_000_000_000;

/// A call that says something only it says.
fn call(trace: u8, tokens: i64) -> Span {
    let call = chat(span(trace, 1, "answer", 0), "gpt-4o", tokens, 10);
    let message =
        json!([{"role": "user", "parts": [{"type": "text", "content": format!("the word is {}", word(trace))}]}]);
    with(call, "gen_ai.input.messages", message.to_string())
}

fn word(trace: u8) -> String {
    format!("mumbojumbo{trace}x")
}

fn page(trace: u8) -> String {
    format!("/api/v1/traces/{}", hex::encode([trace; 16]))
}

async fn turn_the_day(app: &App, days: i64) {
    app.clock.set(UnixNanos(app.clock.now().0 + days * DAY));
    let mut tomorrow = span(200 + days as u8, 1, "tomorrow", 0);
    tomorrow.start_time_unix_nano = app.clock.now().0 as u64;
    tomorrow.end_time_unix_nano = tomorrow.start_time_unix_nano + 1;
    app.send(&traces("shop", vec![tomorrow])).await;
    app.settled().await;
}

async fn first_day(app: &App, is: &str) -> Value {
    app.until("/api/v1/health", |health| health["retention"]["days"][0][is] == true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_healthy_traces_said_goes_and_everything_else_stays_as_it_was() {
    let app = App::start_with(|config| config.retention.healthy_content_days = 2).await;
    let (healthy, error, slow, dear, disliked, pinned) = (1..9_u8, 11, 12, 13, 14, 15);
    for trace in healthy.clone() {
        app.send(&traces("shop", vec![call(trace, 100)])).await;
    }
    app.send(&traces("shop", vec![failed(call(error, 100), "boom")])).await;
    let mut long = call(slow, 100);
    long.end_time_unix_nano += 60_000_000_000;
    app.send(&traces("shop", vec![long])).await;
    app.send(&traces("shop", vec![call(dear, 900_000)])).await;
    app.send(&traces("shop", vec![with(call(disliked, 100), "user_feedback", "thumbs_down")])).await;
    app.send(&traces("shop", vec![call(pinned, 100)])).await;
    let pin = app.client.put(app.web_url(&format!("{}/pin", page(pinned)))).header("x-tracemeter", "1");
    assert_eq!(pin.send().await.expect("answers").status(), 200);
    app.settled().await;
    let cost = app.get_ok("/api/v1/cost?since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z&group_by=model").await;
    let before = app.get_ok(&page(1)).await;

    turn_the_day(&app, 1).await;
    first_day(&app, "packed").await;
    let kept = app.get_ok(&page(1)).await;
    assert_eq!(kept["spans"], before["spans"], "within its days nothing is left out");
    turn_the_day(&app, 2).await;
    // A new process believes its clock.
    let app = app.restart().await;
    let health = first_day(&app, "thinned").await;
    let steps = health["retention"]["steps"].to_string();
    assert!(steps.contains("left out what 8 healthy spans and records of journal day 2026-11-20 said"), "{steps}");

    let journal = app.data_dir().join("journal");
    for trace in healthy.clone() {
        let thin = app.get_ok(&page(trace)).await;
        let why = thin["content_dropped"].as_str().expect("it says so");
        assert_eq!(why, "2026-11-23: healthy, older than 2 days");
        assert!(!thin.to_string().contains(&word(trace)));
        assert_eq!(files_with(&journal, &word(trace)), Vec::<String>::new());
        assert_eq!(thin["usage"], before["usage"]);
        assert_eq!(thin["cost_nano"], before["cost_nano"]);
    }
    for trace in [error, slow, dear, disliked, pinned] {
        let whole = app.get_ok(&page(trace)).await;
        assert!(whole.to_string().contains(&word(trace)), "trace {trace} is worth keeping");
        assert_eq!(whole["content_dropped"], Value::Null);
    }
    let found = |answer: &Value| answer["items"].as_array().is_some_and(|items| items.len() == 5);
    app.until("/api/v1/search?since=2026-01-01&q=mumbojumbo*", found).await;

    // A better reading reaches what is left, and comes to the same sums.
    let app = app.restart_after(|data| std::fs::remove_dir_all(data.join("analytics")).expect("removed")).await;
    app.settled().await;
    let again = app.get_ok("/api/v1/cost?since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z&group_by=model").await;
    assert_eq!(again["items"], cost["items"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_day_reads_as_before_and_is_backed_up_anew() {
    let app = App::start_with(|config| config.retention.pack_level = 0).await;
    for trace in 1..20 {
        app.send(&traces("shop", vec![call(trace, 100)])).await;
    }
    turn_the_day(&app, 1).await;
    app.until_sealed("journal/2026-11-20.sqlite").await;
    let dir = tempfile::tempdir().expect("temporary directory");
    let into = dir.path().join("backup");
    let copy = |app: &App| backup::backup(&app.data_dir(), &into, Clock::system().now(), false).expect("copied");
    let first = copy(&app);
    assert_eq!(copy(&app).kept, 1);
    let mut pages = BTreeMap::new();
    for trace in 1..20 {
        pages.insert(trace, app.get_ok(&page(trace)).await);
    }
    let (chunks, _) = backup::verify(&into).expect("whole");

    let app = app.restart_with(|config| config.retention.pack_level = 9).await;
    first_day(&app, "packed").await;
    for (trace, before) in &pages {
        assert_eq!(&app.get_ok(&page(*trace)).await, before);
    }
    let after = copy(&app);
    assert_eq!((after.kept, after.copied), (0, first.copied), "a packed day is another file");
    let (packed, _) = backup::verify(&into).expect("whole");
    assert_eq!((packed.chunks, packed.items, packed.unreadable), (chunks.chunks, chunks.items, 0));
    assert_eq!(copy(&app).kept, 1);
    let app = app.restart_after(|data| {
        std::fs::remove_dir_all(data).expect("the server is lost");
        backup::restore(&into, data).expect("restored");
    });
    let app = app.await;
    app.settled().await;
    assert_eq!(app.get_ok(&page(7)).await, pages[&7]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn near_the_budget_healthy_content_goes_before_whole_days() {
    let app = App::start_with(|config| config.retention.max_disk_mib = 24).await;
    for day in 0..4_u8 {
        for part in 0..2_u8 {
            let noise = super::retention::noise(u64::from(day) * 2 + u64::from(part), 5 << 20);
            let mut big = with(span(day * 10 + part + 1, 1, "big", 0), "noise", noise.as_str());
            big.start_time_unix_nano = app.clock.now().0 as u64 - 1_000_000_000;
            big.end_time_unix_nano = app.clock.now().0 as u64;
            app.send(&traces("shop", vec![big])).await;
        }
        app.settled().await;
        if day < 3 {
            app.clock.set(UnixNanos(app.clock.now().0 + DAY));
        }
    }
    let health = first_day(&app, "thinned").await;
    let days = health["retention"]["days"].as_array().expect("days");
    assert_eq!(days.len(), 4, "no day had to go: {days:#?}");
    let steps = health["retention"]["steps"].to_string();
    assert!(steps.contains("healthy spans and records of journal day 2026-11-20 said: "), "{steps}");
    assert!(steps.contains("MiB are used (retention.max_disk_mib)"), "{steps}");
    let page = app.get_ok(&page(1)).await;
    assert!(page["content_dropped"].as_str().expect("it says so").contains("retention.max_disk_mib"));
    app.stop().await;
}
