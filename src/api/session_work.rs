//! What a coding session changed, by the metrics its client counts: lines, commits, time.

use super::ApiState;
use super::error::ApiError;
use super::types::CodeWork;
use crate::analytics::{Aggregate, MetricQuestion, MetricSeriesQuestion, Session};
use crate::model::UnixNanos;
use crate::model::time::NANOS_PER_SECOND;

/// Clients count once a minute and write the last figures when they end.
const AROUND: i64 = 3600 * NANOS_PER_SECOND;

/// A metric, the attribute by which it is split, and where each value of that goes.
struct Count {
    metric: &'static str,
    by: &'static str,
    goes: fn(&mut CodeWork, &str, f64),
}

/// Counted by Claude Code and Gemini CLI, each with `session.id` on its points; Codex counts no work.
const COUNTS: &[Count] = &[
    Count { metric: "claude_code.lines_of_code.count", by: "type", goes: lines },
    Count { metric: "gemini_cli.lines.changed", by: "type", goes: lines },
    Count { metric: "claude_code.commit.count", by: "", goes: |work, _, count| add(&mut work.commits, count) },
    Count {
        metric: "claude_code.pull_request.count",
        by: "",
        goes: |work, _, count| add(&mut work.pull_requests, count),
    },
    Count {
        metric: "claude_code.active_time.total",
        by: "",
        goes: |work, _, seconds| *work.active_ms.get_or_insert_default() += seconds * 1000.0,
    },
    Count { metric: "claude_code.code_edit_tool.decision", by: "decision", goes: edits },
];

fn lines(work: &mut CodeWork, kind: &str, count: f64) {
    match kind {
        "added" => add(&mut work.lines_added, count),
        "removed" => add(&mut work.lines_removed, count),
        _ => {}
    }
}

fn edits(work: &mut CodeWork, decision: &str, count: f64) {
    let goes = if decision == "accept" { &mut work.edits_accepted } else { &mut work.edits_rejected };
    add(goes, count);
}

fn add(to: &mut Option<u64>, count: f64) {
    *to.get_or_insert_default() += count.max(0.0).round() as u64;
}

/// The work of a session; `None` where nothing was counted, as for all that do not write code.
pub(super) async fn of(state: &ApiState, session: &Session) -> Result<Option<CodeWork>, ApiError> {
    let is_coding = |service: &String| ["claude", "gemini", "codex"].iter().any(|name| service.contains(name));
    if !session.services.iter().any(is_coding) {
        return Ok(None);
    }
    let since = UnixNanos(session.start.0.saturating_sub(AROUND));
    let until = UnixNanos(session.end.0.saturating_add(AROUND));
    let mut work = CodeWork::default();
    let mut is_counted = false;
    for count in COUNTS {
        let points = MetricQuestion {
            name: vec![count.metric.to_owned()],
            attributes: vec![("session.id".to_owned(), session.name.clone())],
            ..MetricQuestion::default()
        };
        let group_by = if count.by.is_empty() { Vec::new() } else { vec![count.by.to_owned()] };
        let step = until.since(since).max(1);
        let question =
            MetricSeriesQuestion { points, since, until, step, aggregate: Some(Aggregate::Increase), group_by };
        let Some(answer) = state.analytics.metric_series(&question).await? else { continue };
        for line in answer.lines {
            let sum: f64 = line.points.iter().map(|point| point.value).sum();
            (count.goes)(&mut work, line.group.first().map_or("", String::as_str), sum);
            is_counted = true;
        }
    }
    Ok(is_counted.then_some(work))
}
