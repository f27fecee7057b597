//! Totals, cost tables, time series and the values filters offer.

use serde::Serialize;
use utoipa::ToSchema;

use super::traces::Usage;

/// What calls can be grouped by; also the names of filters and of the fields `/api/v1/values` answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    Model,
    Provider,
    Service,
    Feature,
    Team,
    User,
    Session,
    Environment,
    Workflow,
    Node,
    Agent,
    PromptName,
    PromptVersion,
    Operation,
    Project,
    /// A call has any number of them and is in the group of each: groups add up to more than the total.
    Tag,
}

/// Length of a bucket of time; edges lie on the calendar of the time zone asked for, weeks start on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum BucketSize {
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

/// What a time series shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// US dollars.
    Cost,
    Calls,
    Tokens,
    /// Calls that failed.
    Errors,
    /// Milliseconds.
    LatencyP50,
    LatencyP95,
    /// Time to first token in milliseconds.
    TtftP50,
    TtftP95,
    Traces,
    /// Traces with at least one failed span.
    TraceErrors,
}

/// A group's value; `null` for calls that carry none.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GroupValue(pub Option<String>);

/// The values of the dimensions that were grouped by; the others are absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct CostDimensions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_name: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_version: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<GroupValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<GroupValue>,
}

/// Counted calls of one group in one bucket of time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CostRow {
    #[serde(flatten)]
    pub group: CostDimensions,
    /// `null` when no bucket was asked for.
    pub bucket_start: Option<String>,
    pub calls: u64,
    pub errors: u64,
    pub usage: Usage,
    /// `null` when no call has a price.
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    /// Calls without an amount: the true cost is higher. A call that failed without using a token is none of them.
    pub unpriced_calls: u64,
    /// Part of the cost of all calls of the range, from 0 to 1; `null` when nothing is priced.
    pub share: Option<f64>,
    /// Over the calls that are not unpriced.
    pub cost_per_call_usd: Option<f64>,
    /// For a thousand tokens that a model wrote, reasoning included, of calls that have a price.
    pub cost_per_1k_output_usd: Option<f64>,
    /// Distinct sessions; `null` unless `sessions=true` asks for them.
    pub sessions: Option<u64>,
    /// Of the calls that name a session.
    pub cost_per_session_usd: Option<f64>,
    /// What cached tokens would have cost as plain input, less what they did, each call at its own price. Negative when
    /// writing to caches cost more than reading saved; `null` when nothing was cached.
    pub cache_saved_usd: Option<f64>,
    pub cache_saved_nano: Option<i64>,
    /// Paid for calls that failed.
    pub failed_cost_usd: Option<f64>,
    pub failed_cost_nano: Option<i64>,
    /// Calls that repeat one that failed: the next of the same parent span.
    pub retries: u64,
    /// Paid for retries.
    pub retry_cost_usd: Option<f64>,
    pub retry_cost_nano: Option<i64>,
}

/// In order of time, then most expensive first. Everything fits in one page: `next_cursor` is always `null`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CostList {
    pub items: Vec<CostRow>,
    pub next_cursor: Option<String>,
    /// More groups exist than were answered: narrow the question.
    pub truncated: bool,
    /// All calls of the range, each once.
    pub total: CostRow,
    pub since: String,
    /// Exclusive.
    pub until: String,
    /// IANA name of the time zone whose calendar the buckets follow.
    pub tz: String,
    /// `null` when none was asked for.
    pub bucket: Option<BucketSize>,
    /// Start of every bucket of the range, also of those without calls. The first may begin before `since`.
    pub buckets: Vec<String>,
}

/// What has become of a group since the period before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// It had no calls before.
    New,
    /// It has no calls any more.
    Gone,
    Changed,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MoverSide {
    pub calls: u64,
    /// `null` when no call has a price.
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    pub unpriced_calls: u64,
}

/// A group in two periods of the same length.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Mover {
    #[serde(flatten)]
    pub group: CostDimensions,
    pub state: Movement,
    pub current: MoverSide,
    pub previous: MoverSide,
    /// What is paid more than before; a side without a price counts as nothing.
    pub change_usd: f64,
    pub change_nano: i64,
    /// The change as a part of what was paid before: 0.5 is half as much again. `null` when that was nothing.
    pub change_ratio: Option<f64>,
}

/// Largest change first, in either direction.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MoverList {
    pub items: Vec<Mover>,
    pub next_cursor: Option<String>,
    pub since: String,
    pub until: String,
    /// The period before begins here and ends at `since`.
    pub previous_since: String,
}

/// Sums and quantiles over counted calls. Durations are counted in steps of 2 %: a quantile is exact for few calls, and
/// off by 2 % at most for many.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Totals {
    pub traces: u64,
    pub calls: u64,
    pub errors: u64,
    pub usage: Usage,
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    pub unpriced_calls: u64,
    /// Most frequent first.
    pub unpriced_reasons: Vec<UnpricedReason>,
    pub latency_p50_ms: Option<f64>,
    pub latency_p95_ms: Option<f64>,
    pub ttft_p50_ms: Option<f64>,
    pub ttft_p95_ms: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct UnpricedReason {
    pub reason: String,
    /// What to do about it; absent where calls are left out of a comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    pub calls: u64,
}

/// A span of time and the one before it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Period {
    pub since: String,
    /// Exclusive.
    pub until: String,
    pub current: Totals,
    /// The period before, whole.
    pub previous: Totals,
    /// The period before, up to the same point.
    pub previous_to_date: Totals,
    /// Cost at the end of the period if it goes on like this; `null` when nothing is priced, it is over, or too little is
    /// known. Of the month see `forecast`; of others the cost so far, carried on evenly.
    pub forecast_usd: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Overview {
    /// IANA name of the time zone in which days and months turn.
    pub tz: String,
    pub today: Period,
    pub month: Period,
    /// What the month will cost; `null` before there is a day of calls with a price.
    pub forecast: Option<Forecast>,
    /// What a month may cost, as the configuration says; `null` when it does not, and beside filters, since it is for
    /// everything.
    pub budget_usd: Option<f64>,
    /// What `since` and `until` ask for; the last 24 hours when they are absent.
    pub range: Period,
    /// Over `range`.
    pub top: TopLists,
    /// Nothing was ever received, whatever the filters: show how to send.
    pub empty: bool,
}

/// The cost of the month so far, and for each day that is left what a day cost lately.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Forecast {
    pub month_usd: f64,
    /// Over the last `days`.
    pub per_day_usd: f64,
    /// 7, or as many as there were since the first call.
    pub days: f64,
}

/// The most expensive ten of each, then by calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TopLists {
    pub models: Vec<TopEntry>,
    pub services: Vec<TopEntry>,
    pub features: Vec<TopEntry>,
    pub teams: Vec<TopEntry>,
    pub workflows: Vec<TopEntry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TopEntry {
    pub name: Option<String>,
    pub calls: u64,
    pub errors: u64,
    pub tokens: u64,
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    pub unpriced_calls: u64,
    /// In the time of the same length before; `null` when no call then has an amount.
    pub previous_cost_usd: Option<f64>,
    pub latency_p95_ms: Option<f64>,
    pub ttft_p95_ms: Option<f64>,
}

/// One metric over time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Series {
    pub metric: Metric,
    /// `null` when there is one line only.
    pub by: Option<Dimension>,
    pub bucket: BucketSize,
    pub tz: String,
    /// Start of each bucket; every line has one value per entry.
    pub buckets: Vec<String>,
    /// Largest first; the rest is summed up in one line with `other` set.
    pub lines: Vec<SeriesLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SeriesLine {
    /// The group's value; `null` for calls that carry none, for `other`, and without grouping.
    pub name: Option<String>,
    pub other: bool,
    /// `null` where nothing was measured.
    pub values: Vec<Option<f64>>,
    /// The metric over the whole range.
    pub total: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ValueCount {
    pub value: String,
    /// Traces that carry it; of log records and metrics the records or series.
    pub count: u64,
}

/// Most frequent first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ValueList {
    pub items: Vec<ValueCount>,
    pub next_cursor: Option<String>,
}
