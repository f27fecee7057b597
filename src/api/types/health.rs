//! How the appliance is doing, and the live stream.

use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Health {
    /// `ok`, or `attention` when there are problems.
    pub status: String,
    pub version: String,
    pub started_at: String,
    pub now: String,
    pub uptime_s: f64,
    pub listeners: Listeners,
    pub journal: JournalHealth,
    pub analytics: AnalyticsHealth,
    pub retention: RetentionHealth,
    pub media: MediaHealth,
    /// Null when search is switched off.
    pub search: Option<SearchHealth>,
    /// Machines at home whose watts are read.
    pub power: Vec<PowerHealth>,
    /// Null when it is switched off.
    pub relay: Option<RelayHealth>,
    /// What was refused or lost, by counter; only those that are not zero.
    pub refusals: Vec<Counter>,
    /// What needs attention, gravest first.
    pub problems: Vec<Problem>,
}

/// Where OTLP is taken, as `address:port`; `0.0.0.0` and `[::]` stand for every address of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Listeners {
    pub grpc: String,
    pub http: String,
    /// Those of `[[receive.listener]]`.
    pub further: Vec<Listener>,
}

/// A further port for OTLP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Listener {
    pub address: String,
    /// What it takes: `traces`, `logs`, `metrics`.
    pub signals: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JournalHealth {
    /// On disk.
    pub bytes: u64,
    /// Days for which there is a file.
    pub days: u64,
    pub unreadable_chunks: u64,
    /// The newest chunk: `day/number`.
    pub head: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnalyticsHealth {
    /// On disk.
    pub bytes: u64,
    /// The newest chunk loaded.
    pub loaded: String,
    /// Everything acknowledged can be seen.
    pub caught_up: bool,
    /// Age of the oldest chunk not yet loaded, in milliseconds; 0 exactly when `caught_up`.
    pub lag_ms: f64,
    pub spans: u64,
    pub traces: u64,
    pub logs: u64,
    pub metric_points: u64,
    /// Chunks that could not be loaded since the start.
    pub skipped_chunks: u64,
    /// Why loading is failing, when it is.
    pub error: Option<String>,
}

/// Images and sounds that were taken out of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MediaHealth {
    pub files: u64,
    /// On disk.
    pub bytes: u64,
}

/// Space and age of what is kept.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RetentionHealth {
    /// Bytes of the data directory.
    pub used_bytes: u64,
    /// Our own limit, if one is set.
    pub max_bytes: Option<u64>,
    /// Left on the filesystem.
    pub free_bytes: Option<u64>,
    pub min_free_bytes: u64,
    pub content_days: u32,
    /// Full days for which what healthy traces said is kept; 0: as long as everything.
    pub healthy_content_days: u32,
    pub analytics_days: u32,
    /// Days until the oldest day has to go before its age is reached; null when that will not happen.
    pub days_left: Option<f64>,
    /// Why clients are told to come back for want of space, if they are.
    pub refusing: Option<String>,
    /// When the data directory was last backed up.
    pub last_backup: Option<String>,
    /// The journal's days, oldest first.
    pub days: Vec<DayHealth>,
    /// What is being done to a finished day, if anything.
    pub at_work: Option<String>,
    /// What was deleted since the start and why, newest last.
    pub steps: Vec<RetentionStep>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DayHealth {
    /// UTC, by arrival: `2026-11-20`.
    pub day: String,
    pub bytes: u64,
    /// Compressed anew after it was over.
    pub packed: bool,
    /// What healthy traces said is left out.
    pub thinned: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RetentionStep {
    pub at: String,
    pub what: String,
    /// Freed on the disk.
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SearchHealth {
    /// On disk.
    pub bytes: u64,
    /// Days with an index.
    pub days: u64,
    /// The newest chunk indexed since the start.
    pub indexed: String,
    /// Everything acknowledged can be found.
    pub caught_up: bool,
    /// What arrived longer ago than this can be found, in milliseconds; 0 when up to date.
    pub lag_ms: f64,
    /// Earlier days that are still to be indexed.
    pub pending_days: u64,
    /// Chunks that could not be indexed since the start.
    pub skipped_chunks: u64,
    /// Why indexing is failing, when it is.
    pub error: Option<String>,
}

/// How reading the watts of a machine goes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PowerHealth {
    pub machine: String,
    /// `prometheus`, `home_assistant`, `shelly` or `tasmota`.
    pub source: String,
    /// The last reading, and when it was.
    pub watts: Option<f64>,
    pub read_at: Option<String>,
    /// Why the last attempt failed, if it did.
    pub error: Option<String>,
}

/// The port that passes model calls on to their provider.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RelayHealth {
    /// Where it listens.
    pub address: String,
    /// Calls under way that will be recorded.
    pub open_calls: i64,
    /// Since the start.
    pub recorded_calls: u64,
    /// Calls that could not be recorded; their clients got their answers.
    pub dropped_records: u64,
    pub upstreams: Vec<RelayUpstream>,
}

/// A provider that calls are passed on to, since the start.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RelayUpstream {
    /// First segment of the paths that lead to it.
    pub name: String,
    /// `openai`, `anthropic` or `ollama`.
    pub kind: String,
    pub host: String,
    pub requests: u64,
    /// It has not answered the last request.
    pub failing: bool,
    /// Requests that it did not answer at all.
    pub unanswered: u64,
    /// Why, the last time, and when that was.
    pub error: Option<String>,
    pub error_at: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Counter {
    /// Name and labels as on `/metrics`.
    pub name: String,
    pub count: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Problem {
    /// `warning` or `error`.
    pub severity: String,
    pub message: String,
    pub hint: String,
}

/// Data of the event `loaded` on `/api/v1/live`: what a commit brought.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Live {
    pub spans: u64,
    pub calls: u64,
    pub logs: u64,
    pub metric_points: u64,
    /// Traces touched, the newest 100 at most.
    pub trace_ids: Vec<String>,
    /// Earliest start among the spans; lists that end before it need not reload.
    pub earliest: Option<String>,
    /// Commits that this listener was too slow to hear of before this one: reload when it is not 0.
    pub missed: u64,
}
