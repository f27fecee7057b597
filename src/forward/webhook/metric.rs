//! A metric with all its points, as JSON.

use serde_json::{Map, Number, Value, json};

use super::record::time;
use crate::model::otlp::{
    AggregationTemporality, ExponentialBuckets, ExponentialHistogramDataPoint, HistogramDataPoint, Metric,
    NumberDataPoint, SummaryDataPoint, metric, number_data_point,
};
use crate::model::value::attributes_to_json;

pub(super) fn fill(metric: &Metric, object: &mut Map<String, Value>) {
    object.insert("name".into(), metric.name.as_str().into());
    object.insert("description".into(), metric.description.as_str().into());
    object.insert("unit".into(), metric.unit.as_str().into());
    let (kind, temporality, points): (_, _, Vec<Value>) = match &metric.data {
        Some(metric::Data::Gauge(gauge)) => ("gauge", None, gauge.data_points.iter().map(number).collect()),
        Some(metric::Data::Sum(sum)) => {
            object.insert("monotonic".into(), sum.is_monotonic.into());
            ("sum", Some(sum.aggregation_temporality), sum.data_points.iter().map(number).collect())
        }
        Some(metric::Data::Histogram(histogram)) => {
            let points = histogram.data_points.iter().map(self::histogram).collect();
            ("histogram", Some(histogram.aggregation_temporality), points)
        }
        Some(metric::Data::ExponentialHistogram(histogram)) => {
            let points = histogram.data_points.iter().map(exponential).collect();
            ("exponential_histogram", Some(histogram.aggregation_temporality), points)
        }
        Some(metric::Data::Summary(summary)) => {
            ("summary", None, summary.data_points.iter().map(self::summary).collect())
        }
        None => ("empty", None, Vec::new()),
    };
    object.insert("kind".into(), kind.into());
    let temporality = temporality.and_then(|number| AggregationTemporality::try_from(number).ok());
    let name = match temporality {
        Some(AggregationTemporality::Delta) => Some("delta"),
        Some(AggregationTemporality::Cumulative) => Some("cumulative"),
        _ => None,
    };
    object.insert("temporality".into(), name.into());
    object.insert("points".into(), points.into());
}

fn number(point: &NumberDataPoint) -> Value {
    let value = match point.value {
        Some(number_data_point::Value::AsInt(value)) => value.into(),
        Some(number_data_point::Value::AsDouble(value)) => double(value),
        None => Value::Null,
    };
    json!({
        "time": time(point.time_unix_nano),
        "start_time": time(point.start_time_unix_nano),
        "value": value,
        "attributes": attributes_to_json(&point.attributes),
    })
}

fn histogram(point: &HistogramDataPoint) -> Value {
    json!({
        "time": time(point.time_unix_nano),
        "start_time": time(point.start_time_unix_nano),
        "count": point.count,
        "sum": point.sum.map(double),
        "min": point.min.map(double),
        "max": point.max.map(double),
        "bounds": point.explicit_bounds.iter().copied().map(double).collect::<Vec<_>>(),
        "bucket_counts": point.bucket_counts,
        "attributes": attributes_to_json(&point.attributes),
    })
}

fn exponential(point: &ExponentialHistogramDataPoint) -> Value {
    let side = |buckets: &Option<ExponentialBuckets>| {
        buckets.as_ref().map(|one| json!({"offset": one.offset, "counts": one.bucket_counts}))
    };
    json!({
        "time": time(point.time_unix_nano),
        "start_time": time(point.start_time_unix_nano),
        "count": point.count,
        "sum": point.sum.map(double),
        "min": point.min.map(double),
        "max": point.max.map(double),
        "scale": point.scale,
        "zero_count": point.zero_count,
        "zero_threshold": double(point.zero_threshold),
        "positive": side(&point.positive),
        "negative": side(&point.negative),
        "attributes": attributes_to_json(&point.attributes),
    })
}

fn summary(point: &SummaryDataPoint) -> Value {
    let quantile = |quantile: f64, value: f64| json!({"quantile": double(quantile), "value": double(value)});
    let quantiles: Vec<Value> = point.quantile_values.iter().map(|one| quantile(one.quantile, one.value)).collect();
    json!({
        "time": time(point.time_unix_nano),
        "start_time": time(point.start_time_unix_nano),
        "count": point.count,
        "sum": double(point.sum),
        "quantiles": quantiles,
        "attributes": attributes_to_json(&point.attributes),
    })
}

/// What JSON has no number for is written by name.
fn double(value: f64) -> Value {
    Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)
}
