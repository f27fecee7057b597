//! Sums: time series and the overview.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;

use super::error::ApiError;
use super::query::Query;
use super::types;
use super::{ApiState, convert, endpoints};
use crate::analytics::{Analytics, BucketSize, Buckets, Dimension, Filter, Metric, SeriesQuestion, Top, Totals};
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{NanoUsd, UnixNanos};

type Answer<T> = Result<Json<T>, ApiError>;

const HOUR: i64 = 3600 * NANOS_PER_SECOND;
const DAY: i64 = 24 * HOUR;

pub(super) async fn series(State(state): State<ApiState>, uri: Uri) -> Answer<types::Series> {
    let query = Query::read(&uri, &endpoints::SERIES, state.clock.now())?;
    let names: Vec<&str> = Metric::ALL.iter().map(|metric| metric.as_str()).collect();
    let metric = query.choice("metric", Metric::from_name, &names)?.unwrap_or(Metric::Cost);
    let by = query.dimension("by")?;
    if let Some(by) = by.filter(|by| !metric.splits_by(*by)) {
        return Err(ApiError::bad_parameter(
            format!("by={}: {} cannot be split by it", by.as_str(), metric.as_str()),
            "a trace may have several of these: split calls, errors, tokens or cost by it",
        ));
    }
    let (since, until) = query.range(DAY)?;
    let (tz, zone) = query.zone()?;
    let size = query.bucket()?.unwrap_or_else(|| fitting(until.since(since)));
    let buckets = Buckets::between(since, until, size, &zone)?;
    let starts = buckets.starts().iter().copied().map(convert::time).collect();
    let mut filter = Filter { since: Some(since), until: Some(until), ..query.filter()? };
    super::search::narrow(&state, &query, &mut filter).await?;
    let lines = state.analytics.series(SeriesQuestion { metric, filter, by, buckets }).await?;
    Ok(Json(types::Series {
        metric: metric_name(metric),
        by: by.map(dimension_name),
        bucket: bucket_name(size),
        tz,
        buckets: starts,
        lines: lines
            .into_iter()
            .map(|line| types::SeriesLine {
                name: line.name,
                other: line.other,
                values: line.values,
                total: line.total,
            })
            .collect(),
    }))
}

/// A bucket size that gives a chart some dozens of points.
fn fitting(range_ns: i64) -> BucketSize {
    match range_ns {
        ..=7_200_000_000_000 => BucketSize::Minute,
        range if range <= 4 * DAY => BucketSize::Hour,
        range if range <= 120 * DAY => BucketSize::Day,
        range if range <= 730 * DAY => BucketSize::Week,
        _ => BucketSize::Month,
    }
}

pub(super) fn bucket_name(size: BucketSize) -> types::BucketSize {
    match size {
        BucketSize::Minute => types::BucketSize::Minute,
        BucketSize::Hour => types::BucketSize::Hour,
        BucketSize::Day => types::BucketSize::Day,
        BucketSize::Week => types::BucketSize::Week,
        BucketSize::Month => types::BucketSize::Month,
    }
}

fn metric_name(metric: Metric) -> types::Metric {
    match metric {
        Metric::Cost => types::Metric::Cost,
        Metric::Calls => types::Metric::Calls,
        Metric::Tokens => types::Metric::Tokens,
        Metric::Errors => types::Metric::Errors,
        Metric::LatencyP50 => types::Metric::LatencyP50,
        Metric::LatencyP95 => types::Metric::LatencyP95,
        Metric::TtftP50 => types::Metric::TtftP50,
        Metric::TtftP95 => types::Metric::TtftP95,
        Metric::Traces => types::Metric::Traces,
        Metric::TraceErrors => types::Metric::TraceErrors,
    }
}

fn dimension_name(dimension: Dimension) -> types::Dimension {
    match dimension {
        Dimension::Model => types::Dimension::Model,
        Dimension::Provider => types::Dimension::Provider,
        Dimension::Service => types::Dimension::Service,
        Dimension::Feature => types::Dimension::Feature,
        Dimension::Team => types::Dimension::Team,
        Dimension::User => types::Dimension::User,
        Dimension::Session => types::Dimension::Session,
        Dimension::Environment => types::Dimension::Environment,
        Dimension::Workflow => types::Dimension::Workflow,
        Dimension::Node => types::Dimension::Node,
        Dimension::Agent => types::Dimension::Agent,
        Dimension::PromptName => types::Dimension::PromptName,
        Dimension::PromptVersion => types::Dimension::PromptVersion,
        Dimension::Operation => types::Dimension::Operation,
        Dimension::Project => types::Dimension::Project,
        Dimension::Tag => types::Dimension::Tag,
    }
}

/// Three ranges of time that belong together: a period so far, the one before, and that up to the same point.
#[derive(Debug, Clone, Copy)]
struct Ranges {
    since: UnixNanos,
    until: UnixNanos,
    before: UnixNanos,
    now: UnixNanos,
}

impl Ranges {
    fn calendar(now: UnixNanos, size: BucketSize, zone: &jiff::tz::TimeZone) -> Result<Self, ApiError> {
        let [before, since, until] = Analytics::period(now, size, zone)?;
        Ok(Self { since, until, before, now })
    }

    fn asked(&self) -> [(UnixNanos, UnixNanos); 3] {
        let elapsed = self.now.0.min(self.until.0).saturating_sub(self.since.0);
        let to_date = UnixNanos(self.before.0.saturating_add(elapsed).min(self.since.0));
        [(self.since, self.until), (self.before, self.since), (self.before, to_date)]
    }

    fn period(&self, totals: [Totals; 3]) -> types::Period {
        let [current, previous, previous_to_date] = totals;
        let elapsed = self.now.since(self.since);
        let whole = self.until.since(self.since);
        let forecast_usd = convert::usd(current.sums.cost)
            .filter(|_| 0 < elapsed && elapsed < whole)
            .map(|usd| usd * whole as f64 / elapsed as f64);
        types::Period {
            since: convert::time(self.since),
            until: convert::time(self.until),
            current: convert::totals(current),
            previous: convert::totals(previous),
            previous_to_date: convert::totals(previous_to_date),
            forecast_usd,
        }
    }
}

/// So much time tells what a day costs, weekends and all.
const WEEK: i64 = 7 * DAY;

/// The month's cost so far, and for each day that is left what a day of the last week cost. Nothing is said before there
/// is a day of calls: an hour tells nothing of a month.
fn forecast(
    month: &Ranges,
    paid: Option<NanoUsd>,
    week: Option<NanoUsd>,
    first: Option<UnixNanos>,
) -> Option<types::Forecast> {
    let since = first?.0.max(month.now.0.saturating_sub(WEEK));
    let known = month.now.0.saturating_sub(since);
    if known < DAY {
        return None;
    }
    let days = known as f64 / DAY as f64;
    let per_day_usd = week?.as_usd() / days;
    let left = month.until.since(month.now).max(0) as f64 / DAY as f64;
    Some(types::Forecast { month_usd: paid.unwrap_or_default().as_usd() + per_day_usd * left, per_day_usd, days })
}

/// What the overview has lists of, in the order of [`types::TopLists`].
const TOPS: [Dimension; 5] =
    [Dimension::Model, Dimension::Service, Dimension::Feature, Dimension::Team, Dimension::Workflow];

pub(super) async fn overview(State(state): State<ApiState>, uri: Uri) -> Answer<types::Overview> {
    let query = Query::read(&uri, &endpoints::OVERVIEW, state.clock.now())?;
    let (tz, zone) = query.zone()?;
    let (since, until) = query.range(DAY)?;
    let now = query.now();
    let day = Ranges::calendar(now, BucketSize::Day, &zone)?;
    let month = Ranges::calendar(now, BucketSize::Month, &zone)?;
    let before = since.before(until);
    let range = Ranges { since, until, before, now };
    let week = (UnixNanos(now.0.saturating_sub(WEEK)), now);
    let filter = query.filter()?;
    let asked = [day, month, range].iter().flat_map(Ranges::asked).chain([week]).collect();
    let in_week = Filter { since: Some(week.0), until: Some(week.1), ..filter.clone() };
    let in_range = Filter { since: Some(since), until: Some(until), ..filter.clone() };
    let analytics = &state.analytics;
    // Side by side: who opens the page waits for the longest of them.
    let (totals, first, tops) = tokio::try_join!(
        analytics.totals(&filter, asked),
        analytics.first_call(&in_week),
        analytics.top(&in_range, &TOPS),
    )?;
    let mut totals = totals.into_iter();
    let mut next = || [0; 3].map(|_| totals.next().unwrap_or_default());
    let (today, this_month, asked_for) = (next(), next(), next());
    let of_week = totals.next().unwrap_or_default().sums.cost;
    let forecast = forecast(&month, this_month[0].sums.cost, of_week, first);
    let budget_usd = state.interpreter.cost_config().budget_usd_per_month.filter(|_| filter == Filter::default());
    let mut tops = tops.into_iter();
    let mut next_top = || tops.next().unwrap_or_default().into_iter().map(top).collect();
    let top = types::TopLists {
        models: next_top(),
        services: next_top(),
        features: next_top(),
        teams: next_top(),
        workflows: next_top(),
    };
    // Any call of the last two months tells that there is something; only without one everything is counted.
    let told = [&today, &this_month, &asked_for].into_iter().flatten().any(|totals| totals.sums.calls > 0);
    let empty = !told && nothing_stored(analytics).await?;
    let month =
        types::Period { forecast_usd: forecast.as_ref().map(|told| told.month_usd), ..month.period(this_month) };
    Ok(Json(types::Overview {
        tz,
        today: day.period(today),
        month,
        forecast,
        budget_usd,
        range: range.period(asked_for),
        top,
        empty,
    }))
}

async fn nothing_stored(analytics: &Analytics) -> Result<bool, ApiError> {
    let stats = analytics.stats().await?;
    Ok(stats.spans == 0 && stats.logs == 0 && stats.metric_points == 0)
}

fn top(top: Top) -> types::TopEntry {
    types::TopEntry {
        name: top.name,
        calls: top.calls,
        errors: top.errors,
        tokens: top.tokens,
        cost_usd: convert::usd(top.cost),
        cost_nano: convert::nano(top.cost),
        unpriced_calls: top.unpriced_calls,
        previous_cost_usd: convert::usd(top.previous_cost),
        latency_p95_ms: top.latency_p95_ns.map(convert::ms),
        ttft_p95_ms: top.ttft_p95_ns.map(convert::ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_foretold_by_the_last_week_and_not_before_a_day_is_known() {
        let (start, thirty) = (UnixNanos(0), UnixNanos(30 * DAY));
        let month = |now| Ranges { since: start, until: thirty, before: start, now: UnixNanos(now) };
        let usd = |usd: i64| Some(NanoUsd(usd * 1_000_000_000));
        let told = forecast(&month(20 * DAY), usd(40), usd(21), Some(UnixNanos(13 * DAY))).expect("a week is known");
        assert_eq!((told.per_day_usd, told.days, told.month_usd), (3.0, 7.0, 70.0));
        // On the first morning of the month the last days of the one before tell.
        let told = forecast(&month(DAY / 4), usd(1), usd(14), Some(UnixNanos(-20 * DAY))).expect("a week is known");
        assert_eq!((told.per_day_usd, told.month_usd), (2.0, 1.0 + 2.0 * 29.75));
        // Half a week is known.
        let told = forecast(&month(10 * DAY), usd(6), usd(6), Some(UnixNanos(6 * DAY + DAY / 2))).expect("some days");
        assert_eq!((told.days, told.month_usd.round()), (3.5, 40.0));
        let hours = Some(UnixNanos(10 * DAY - DAY / 2));
        assert_eq!(forecast(&month(10 * DAY), usd(6), usd(6), hours), None);
        assert_eq!(forecast(&month(10 * DAY), None, None, Some(UnixNanos(0))), None);
        assert_eq!(forecast(&month(10 * DAY), None, None, None), None);
    }
}
