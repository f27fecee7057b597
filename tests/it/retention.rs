//! Age and space: what is too old goes, what does not fit is refused and may be sent again, everything else stays.

use serde_json::Value;
use tracemeter::model::UnixNanos;

use super::support::otlp::{failed, span, traces, with};
use super::support::{App, NOON, at};

const DAY: i64 = 86_400_000_000_000;

/// One span on each of `days` days from noon on, each with the time of its day; the clock ends on the last.
async fn fill(app: &App, days: u8) {
    for day in 0..days {
        let now = UnixNanos(at(NOON).0 + i64::from(day) * DAY);
        app.clock.set(now);
        let mut one = span(day + 1, 1, "kept", 0);
        one.start_time_unix_nano = now.0 as u64;
        one.end_time_unix_nano = now.0 as u64 + 1_000_000;
        app.send(&traces("shop", vec![one])).await;
    }
    app.settled().await;
}

fn days_of(health: &Value) -> Vec<&str> {
    let days = health["retention"]["days"].as_array().expect("a list");
    days.iter().map(|day| day["day"].as_str().expect("a day")).collect()
}

async fn listed(app: &App) -> usize {
    let page = app.get_ok("/api/v1/traces?since=2026-01-01T00:00:00Z&until=2027-12-31T00:00:00Z&limit=100").await;
    page["items"].as_array().expect("a list").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn days_and_rows_past_their_age_are_deleted_and_the_report_says_so() {
    let change = |config: &mut tracemeter::config::Config| {
        config.retention.content_days = 2;
        config.retention.analytics_days = 4;
    };
    let app = App::start_with(change).await;
    fill(&app, 6).await;
    // A new process looks at the age at once, and its clock has not jumped.
    let app = app.restart().await;
    let health = app.until("/api/v1/health", |health| days_of(health).len() == 3).await;
    assert_eq!(days_of(&health), ["2026-11-23", "2026-11-24", "2026-11-25"]);
    let steps = health["retention"]["steps"].as_array().expect("a list");
    assert!(steps.iter().any(|step| step["what"] == "deleted journal day 2026-11-20: older than 2 days"), "{steps:#?}");
    app.until("/api/v1/health", |health| health["analytics"]["traces"] == 5).await;
    assert_eq!(listed(&app).await, 5, "rows are kept longer than content");
    let metrics = app.client.get(app.web_url("/metrics")).send().await.expect("answers").text().await.expect("text");
    assert!(metrics.contains("tracemeter_retention_deleted_days_total 3"), "{metrics}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_forward_deletes_nothing() {
    let app = App::start_with(|config| config.retention.content_days = 2).await;
    fill(&app, 1).await;
    app.clock.set(UnixNanos(at(NOON).0 + 300 * DAY));
    let jumped = |health: &Value| health["problems"].to_string().contains("the clock has jumped forward");
    let health = app.until("/api/v1/health", jumped).await;
    assert_eq!(days_of(&health), ["2026-11-20"]);
    let app = app.restart().await;
    let health = app.until("/api/v1/health", jumped).await;
    assert_eq!(days_of(&health), ["2026-11-20"], "nor does a start with such a clock");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn near_the_budget_the_oldest_days_go_and_then_clients_are_told_to_come_back() {
    let app = App::start_with(|config| config.retention.max_disk_mib = 64).await;
    // Text that does not compress: three days of 24 MiB on the disk.
    for day in 0..3_u8 {
        app.clock.set(UnixNanos(at(NOON).0 + i64::from(day) * DAY));
        for part in 0..3_u8 {
            let noise = noise(u64::from(day) * 3 + u64::from(part), 16 << 20);
            // Of what went wrong nothing is left out ahead of its day.
            let big = failed(with(span(day + 1, part + 1, "big", 0), "noise", noise.as_str()), "boom");
            app.send(&traces("shop", vec![big])).await;
        }
    }
    let health = app.until("/api/v1/health", |health| !days_of(health).contains(&"2026-11-20")).await;
    assert!(days_of(&health).contains(&"2026-11-22"), "the newest day stays");
    assert!(health["retention"]["steps"].to_string().contains("MiB are used (retention.max_disk_mib)"));
    // Today alone is more than the budget.
    let mut part = 10;
    let refused = loop {
        let noise = noise(part, 20 << 20);
        let data = traces("shop", vec![with(span(9, part as u8, "big", 0), "noise", noise.as_str())]);
        let answer = app.post("/v1/traces", prost::Message::encode_to_vec(&data)).await;
        if answer.status() != 200 {
            break answer;
        }
        part += 1;
        assert!(part < 40, "300 MiB were stored with a budget of 64 MiB");
    };
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "10");
    let refusing = |health: &Value| health["retention"]["refusing"].as_str().is_some();
    let health = app.until("/api/v1/health", refusing).await;
    assert!(health["problems"].to_string().contains("clients are told to come back later"));
    assert!(health["refusals"].to_string().contains("tracemeter_journal_refused_full_total"));
    app.get_ok("/api/v1/traces/09090909090909090909090909090909").await;
    app.stop().await;
}

/// Hexadecimal digits of a generator's numbers.
pub fn noise(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push_str(&format!("{state:016x}"));
    }
    text
}
