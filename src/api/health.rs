//! How the appliance is doing: the Health page, probes, and its own metrics.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;

use super::error::ApiError;
use super::query::Query;
use super::types::{
    AnalyticsHealth, Counter, DayHealth, Health, JournalHealth, Listener, Listeners, MediaHealth, PowerHealth, Problem,
    RetentionHealth, RetentionStep, SearchHealth,
};
use super::{ApiState, convert, endpoints, relay};
use crate::analytics::AnalyticsStats;
use crate::forward;
use crate::journal::{Cursor, JournalStats};
use crate::power::Machine;
use crate::retain;
use crate::search::SearchStats;

/// The loader is behind when something waits longer than this.
const SLOW_NS: i64 = 10 * crate::model::time::NANOS_PER_SECOND;

/// Space that lasts for fewer days is worth a warning.
const SHORT_DAYS: f64 = 7.0;

pub(super) async fn health(State(state): State<ApiState>, uri: Uri) -> Result<Json<Health>, ApiError> {
    let now = state.clock.now();
    Query::read(&uri, &endpoints::HEALTH, now)?;
    let (journal, media, search) = (state.journal.clone(), state.media.clone(), state.search.clone());
    let prices = state.prices.clone();
    let stats = tokio::task::spawn_blocking(move || {
        prices.check();
        (journal.stats(), media.totals(), search.stats())
    });
    let (journal, media, search) = stats.await.map_err(|error| ApiError::internal(&error))?;
    let analytics = state.analytics.stats().await?;
    let retention = state.retention.report();
    let mut problems = problems(&state, &journal, &analytics);
    problems.extend(search_problem(&state, search.as_ref()));
    problems.extend(state.prices.faults().into_iter().map(price_problem));
    let power = state.power.machines();
    problems.extend(power.iter().filter_map(power_problem));
    problems.extend(state.forward.reports().iter().flat_map(destination_problems));
    let relay = state.relay.as_ref().map(|relay| relay.report());
    problems.extend(relay.iter().flat_map(relay::problems));
    problems.extend(space_problems(&retention, journal.head.day > now.day()));
    let caught_up = analytics.loaded >= journal.head;
    Ok(Json(Health {
        status: if problems.is_empty() { "ok" } else { "attention" }.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        started_at: convert::time(state.started),
        now: convert::time(now),
        uptime_s: convert::ms(now.since(state.started)) / 1000.0,
        refusals: refusals(&state.meter.render()),
        listeners: listeners(&state),
        analytics: AnalyticsHealth {
            bytes: analytics.bytes,
            loaded: place(analytics.loaded),
            caught_up,
            // More may have come since the journal was asked.
            lag_ms: if caught_up { 0.0 } else { convert::ms(analytics.lag_ns) },
            spans: analytics.spans,
            traces: analytics.traces,
            logs: analytics.logs,
            metric_points: analytics.metric_points,
            skipped_chunks: analytics.skipped_chunks,
            error: analytics.error,
        },
        media: MediaHealth { files: media.files, bytes: media.bytes },
        retention: retention_health(retention),
        search: search.map(|search| search_health(search, journal.head)),
        power: power.into_iter().map(power_health).collect(),
        relay: relay.map(relay::health),
        journal: JournalHealth {
            bytes: journal.bytes,
            days: journal.days.len() as u64,
            unreadable_chunks: journal.unreadable_chunks,
            head: place(journal.head),
        },
        problems,
    }))
}

fn listeners(state: &ApiState) -> Listeners {
    let addresses = &state.addresses;
    let further = addresses.listeners.iter().zip(&state.config.receive.listener).map(|(address, listener)| Listener {
        address: address.to_string(),
        signals: listener.signals.iter().map(|signal| signal.as_str().to_owned()).collect(),
    });
    Listeners { grpc: addresses.grpc.to_string(), http: addresses.http.to_string(), further: further.collect() }
}

fn search_health(search: SearchStats, head: Cursor) -> SearchHealth {
    SearchHealth {
        bytes: search.bytes,
        days: search.days,
        indexed: place(search.indexed),
        caught_up: search.indexed >= head && search.pending_days == 0,
        lag_ms: convert::ms(search.lag_ns),
        pending_days: search.pending_days,
        skipped_chunks: search.skipped_chunks,
        error: search.error,
    }
}

/// Search lags under load by design; only what does not mend itself is a problem.
fn search_problem(state: &ApiState, search: Option<&SearchStats>) -> Option<Problem> {
    let (message, hint) = if !state.search.is_running() {
        (
            "new data is kept but cannot be searched: the indexer has ended".into(),
            "see the log, then restart tracemeter",
        )
    } else {
        let error = search?.error.as_ref()?;
        (
            format!("indexing for search fails and is tried again: {error}"),
            "data is safe in the journal; check free disk space",
        )
    };
    Some(Problem { severity: "warning".into(), message, hint: hint.into() })
}

fn price_problem(fault: String) -> Problem {
    let message = format!("prices are not taken over, the last good ones hold: {fault}");
    Problem { severity: "warning".into(), message, hint: "correct the file; it is read again by itself".into() }
}

fn power_health(machine: Machine) -> PowerHealth {
    PowerHealth {
        machine: machine.name,
        source: machine.source.into(),
        watts: machine.last.map(|(_, watts)| watts),
        read_at: machine.last.map(|(time, _)| convert::time(time)),
        error: machine.error,
    }
}

fn power_problem(machine: &Machine) -> Option<Problem> {
    let error = machine.error.as_ref()?;
    let message = format!("the watts of {} cannot be read: {} {error}", machine.name, machine.source);
    let hint = "calls meanwhile are charged by the constant `watts` of their rule, or have no amount; see docs/local-models.md";
    Some(Problem { severity: "warning".into(), message, hint: hint.into() })
}

fn destination_problems(report: &forward::Report) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |severity: &str, message: String, hint: &str| {
        problems.push(Problem { severity: severity.into(), message, hint: hint.into() });
    };
    let name = &report.name;
    let why = report.last_error.as_ref().map_or("", |(_, why)| why);
    match report.state {
        forward::State::Held => {
            let hint = "change the setting here or there; it is tried once a minute, and at once with `tracemeter destinations resume`";
            add("error", format!("destination {name} takes nothing: {why}"), hint);
        }
        forward::State::Retrying => {
            let hint = "it is tried again by itself; what waits is in the journal";
            add("warning", format!("destination {name} is behind: {why}"), hint);
        }
        forward::State::Sending | forward::State::Paused => {}
    }
    if report.dead_letters > 0 {
        let hint = "`tracemeter destinations dead-letters list` shows them; replay or discard them";
        add("warning", format!("destination {name} will not take {} records", report.dead_letters), hint);
    }
    if report.lost_records > 0 {
        let hint = "set behind = \"hold\" and hold_mib for it, or give the journal more room";
        let lost = report.lost_records;
        add("warning", format!("{lost} records were deleted by retention before destination {name} had them"), hint);
    }
    problems
}

fn place(cursor: Cursor) -> String {
    format!("{}/{}", cursor.day, cursor.chunk)
}

fn problems(state: &ApiState, journal: &JournalStats, analytics: &AnalyticsStats) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |severity: &str, message: String, hint: &str| {
        problems.push(Problem { severity: severity.into(), message, hint: hint.into() });
    };
    if !state.journal.is_running() {
        add("error", "the journal does not take data".into(), "see the log, then restart tracemeter");
    }
    if !state.analytics.is_running() {
        add(
            "error",
            "new data is kept but not shown: the loader has ended".into(),
            "see the log, then restart tracemeter",
        );
    }
    if let Some(error) = &analytics.error {
        let hint = "data is safe in the journal; check free disk space and analytics.memory_mib";
        add("error", format!("loading fails and is tried again: {error}"), hint);
    } else if analytics.lag_ns > SLOW_NS {
        let message =
            format!("what is shown is {:.0} s old: loading is behind", convert::ms(analytics.lag_ns) / 1000.0);
        add("warning", message, "it catches up by itself when less arrives");
    }
    if journal.unreadable_chunks > 0 {
        let message = format!("{} damaged chunks of the journal were skipped", journal.unreadable_chunks);
        add("warning", message, "check the disk; the log names them");
    }
    if analytics.skipped_chunks > 0 {
        let message = format!(
            "{} chunks could not be loaded and are only on the pages of their traces",
            analytics.skipped_chunks
        );
        add("warning", message, "the log names them; report this");
    }
    problems
}

fn space_problems(report: &retain::Report, clock_is_behind: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |severity: &str, message: String, hint: &str| {
        problems.push(Problem { severity: severity.into(), message, hint: hint.into() });
    };
    if let Some(why) = &report.refusing {
        let hint = "free space on the disk, or lower retention.content_days; everything stored stays readable";
        add("error", format!("clients are told to come back later: {why}"), hint);
    }
    if let Some(left) = report.days_left.filter(|left| *left < SHORT_DAYS) {
        let hint = "give it more disk (retention.max_disk_mib), or lower retention.content_days";
        add("warning", format!("space lasts {left:.1} days more, then the oldest days go before their age"), hint);
    }
    if report.waits_for_clock {
        let hint = "check the clock; when it is right, nothing is to be done";
        add("warning", "the clock has jumped forward: nothing is deleted by age for a day".into(), hint);
    }
    if clock_is_behind {
        let hint = "check the clock; new data is filed under the newest day there is until the clock has passed it";
        add("warning", "the clock is behind the newest day of the journal".into(), hint);
    }
    problems
}

fn retention_health(report: retain::Report) -> RetentionHealth {
    let days = report.days.iter().map(|file| {
        let state = report.states.get(&file.day).copied().unwrap_or_default();
        DayHealth { day: file.day.to_string(), bytes: file.bytes, packed: state.packed, thinned: state.thinned }
    });
    let steps = report.steps.into_iter().map(|step| RetentionStep {
        at: convert::time(step.at),
        what: step.what,
        bytes: step.bytes,
    });
    RetentionHealth {
        used_bytes: report.used_bytes,
        max_bytes: report.max_bytes,
        free_bytes: report.free_bytes,
        min_free_bytes: report.min_free_bytes,
        content_days: report.content_days,
        healthy_content_days: report.healthy_content_days,
        analytics_days: report.analytics_days,
        days_left: report.days_left,
        refusing: report.refusing,
        last_backup: report.last_backup,
        at_work: report.at_work,
        days: days.collect(),
        steps: steps.collect(),
    }
}

/// Counters that say that something was turned away or went wrong, from the OpenMetrics text.
fn refusals(text: &str) -> Vec<Counter> {
    const TELLING: [&str; 6] = ["refused", "rejected", "dropped", "unreadable", "skipped", "failures"];
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .filter(|(name, _)| TELLING.iter().any(|word| name.contains(word)))
        .filter_map(|(name, count)| Some(Counter { name: name.into(), count: count.parse().ok()? }))
        .filter(|counter| counter.count > 0.0)
        .collect()
}

/// Lives: the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Ready: takes data and shows it.
pub(super) async fn ready(State(state): State<ApiState>) -> (StatusCode, &'static str) {
    if !state.journal.is_running() {
        (StatusCode::SERVICE_UNAVAILABLE, "the journal is not running\n")
    } else if !state.analytics.is_running() {
        (StatusCode::SERVICE_UNAVAILABLE, "the analytics loader is not running\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

pub(super) async fn own_metrics(State(state): State<ApiState>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], state.meter.render())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_telling_counters_above_zero_are_shown() {
        let text = "# HELP tracemeter_journal_refused x.\ntracemeter_journal_refused_total 3\n\
                    tracemeter_receive_rejected_total{reason=\"too large\"} 1\ntracemeter_journal_unreadable_chunks_total 0\n\
                    tracemeter_analytics_loaded_spans_total 9\n# EOF\n";
        let names: Vec<String> = refusals(text).into_iter().map(|counter| counter.name).collect();
        assert_eq!(
            names,
            ["tracemeter_journal_refused_total", "tracemeter_receive_rejected_total{reason=\"too large\"}"]
        );
    }
}
