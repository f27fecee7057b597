//! Metrics: which there are, their data points as sent, and over time.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;

use super::error::ApiError;
use super::query::{self, Query};
use super::{ApiState, convert, endpoints, types};
use crate::analytics::{self, Aggregate, MetricQuestion, MetricSeriesQuestion, Number, Shape, Temporality};
use crate::model::time::NANOS_PER_SECOND;

type Answer<T> = Result<Json<T>, ApiError>;

/// The range of a series when none is asked for, and how many steps it is cut into.
const DAY: i64 = 86_400 * NANOS_PER_SECOND;
const STEPS: i64 = 60;

fn question(query: &Query) -> Result<MetricQuestion, ApiError> {
    Ok(MetricQuestion {
        since: query.time("since")?,
        until: query.time("until")?,
        name: query.many("name"),
        service: query.many("service"),
        attributes: query.pairs("attribute")?,
        trace: query.trace_id()?,
        text: query.one("q").map(str::to_owned),
        limit: query.limit()?,
        after: None,
    })
}

pub(super) async fn points(State(state): State<ApiState>, uri: Uri) -> Answer<types::MetricList> {
    const LIST: &str = "metrics";
    let query = Query::read(&uri, &endpoints::METRICS, state.clock.now())?;
    let question = MetricQuestion { after: query.after(LIST)?, ..question(&query)? };
    let page = state.analytics.metrics(&question).await?;
    Ok(Json(types::MetricList {
        items: page.items.into_iter().map(item).collect(),
        next_cursor: page.next.map(|key| query::cursor(LIST, key)),
    }))
}

pub(super) async fn names(State(state): State<ApiState>, uri: Uri) -> Answer<types::MetricNameList> {
    let query = Query::read(&uri, &endpoints::METRIC_NAMES, state.clock.now())?;
    let found = state.analytics.metric_names(&question(&query)?).await?;
    let item = |metric: analytics::MetricName| types::MetricName {
        name: metric.name,
        kind: metric.kind,
        unit: metric.unit,
        temporality: metric.temporality,
        monotonic: metric.monotonic,
        services: metric.services,
        series: metric.series,
        points: metric.points,
        last_time: convert::time(metric.last),
    };
    Ok(Json(types::MetricNameList { items: found.into_iter().map(item).collect(), next_cursor: None }))
}

/// Values of an attribute that are told, and pairs that are read for all of them.
const VALUES: usize = 100;
const PAIRS: usize = 10_000;

pub(super) async fn attributes(State(state): State<ApiState>, uri: Uri) -> Answer<types::MetricAttributeList> {
    let query = Query::read(&uri, &endpoints::METRIC_ATTRIBUTES, state.clock.now())?;
    let found = state.analytics.metric_attributes(&MetricQuestion { limit: PAIRS, ..question(&query)? }).await?;
    let mut items: Vec<types::MetricAttribute> = Vec::new();
    for (name, value, count) in found {
        let value = types::ValueCount { value, count };
        match items.last_mut().filter(|last| last.name == name) {
            Some(last) if last.values.len() >= VALUES => {}
            Some(last) => last.values.push(value),
            None => items.push(types::MetricAttribute { name, values: vec![value] }),
        }
    }
    Ok(Json(types::MetricAttributeList { items, next_cursor: None }))
}

pub(super) async fn series(State(state): State<ApiState>, uri: Uri) -> Answer<types::MetricSeries> {
    let query = Query::read(&uri, &endpoints::METRIC_SERIES, state.clock.now())?;
    let name = query.one("name").ok_or_else(|| {
        ApiError::bad_parameter("name is missing", "say which metric: name=..., as /api/v1/metrics/names has them")
    })?;
    let (since, until) = query.range(DAY)?;
    let step = query.duration("step")?.unwrap_or_else(|| default_step(until.since(since)));
    let question = MetricSeriesQuestion {
        points: MetricQuestion {
            name: vec![name.to_owned()],
            service: query.many("service"),
            attributes: query.pairs("attribute")?,
            ..MetricQuestion::default()
        },
        since,
        until,
        step,
        aggregate: query.choice("aggregate", Aggregate::from_name, &Aggregate::ALL.map(Aggregate::as_str))?,
        group_by: query.many("group_by"),
    };
    let answer = state.analytics.metric_series(&question).await?;
    Ok(Json(types::MetricSeries {
        name: name.to_owned(),
        kind: answer.as_ref().map(|answer| answer.kind.clone()),
        unit: answer.as_ref().map(|answer| answer.unit.clone()),
        aggregate: answer.as_ref().map(|answer| answer.aggregate.as_str().to_owned()),
        step_ms: convert::ms(step),
        since: convert::time(since),
        until: convert::time(until),
        series: answer.as_ref().map_or(0, |answer| answer.series),
        resets: answer.as_ref().map_or(0, |answer| answer.resets),
        lines: answer.map(|answer| answer.lines).unwrap_or_default().into_iter().map(line).collect(),
    }))
}

/// A round step that cuts `span` into some [`STEPS`].
pub(super) fn default_step(span: i64) -> i64 {
    const ROUND: [i64; 10] = [10, 30, 60, 300, 900, 1800, 3600, 6 * 3600, 12 * 3600, 86_400];
    let wanted = span / STEPS / NANOS_PER_SECOND;
    ROUND.into_iter().find(|step| *step >= wanted).unwrap_or(86_400) * NANOS_PER_SECOND
}

fn line(line: analytics::SeriesLine) -> types::MetricLine {
    let point = |point: analytics::SeriesPoint| types::MetricSeriesPoint {
        time: convert::time(point.time),
        value: point.value,
        low: point.between.map(|(low, _)| low).filter(|low| low.is_finite()),
        high: point.between.map(|(_, high)| high).filter(|high| high.is_finite()),
    };
    types::MetricLine { group: line.group, points: line.points.into_iter().map(point).collect() }
}

fn item(point: analytics::MetricPoint) -> types::MetricItem {
    let mut item = types::MetricItem {
        time: convert::time(point.time),
        start_time: point.start.map(convert::time),
        series: format!("{:016x}", point.series),
        name: point.name,
        kind: point.kind,
        temporality: point.temporality.map(|temporality| Temporality::as_str(temporality).to_owned()),
        monotonic: point.monotonic,
        unit: point.unit,
        service: point.service,
        scope: point.scope,
        flags: point.flags,
        value: point.value.map(Number::as_f64),
        exact: point.value.map(Number::exact),
        count: point.count,
        sum: point.sum,
        min: point.min,
        max: point.max,
        bounds: Vec::new(),
        bucket_counts: Vec::new(),
        exponential: None,
        quantiles: Vec::new(),
        exemplars: point.exemplars.into_iter().map(exemplar).collect(),
        attributes: convert::object(&point.attributes),
    };
    match point.shape {
        Shape::None => {}
        Shape::Explicit { bounds, counts } => (item.bounds, item.bucket_counts) = (bounds, counts),
        Shape::Exponential { scale, zero_count, zero_threshold, positive, negative } => {
            item.exponential = Some(types::ExponentialBuckets {
                scale,
                zero_count,
                zero_threshold,
                positive_offset: positive.offset,
                positive_counts: positive.counts,
                negative_offset: negative.offset,
                negative_counts: negative.counts,
            });
        }
        Shape::Quantiles(pairs) => {
            let pair = |(quantile, value)| types::QuantileValue { quantile, value };
            item.quantiles = pairs.into_iter().map(pair).collect();
        }
    }
    item
}

fn exemplar(exemplar: analytics::Exemplar) -> types::MetricExemplar {
    types::MetricExemplar {
        time: convert::time(exemplar.time),
        exact: exemplar.value.map(Number::exact),
        trace_id: exemplar.trace_id.map(|id| id.to_string()),
        span_id: exemplar.span_id.map(|id| id.to_string()),
        attributes: convert::object(&exemplar.attributes),
    }
}
