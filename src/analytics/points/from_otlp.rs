//! OTLP metrics as data points.

use super::{Exemplar, Exponential, MetricPoint, MetricRow, Number, Shape, Temporality};
use crate::analytics::signals::{attributes_of, first_known, service_of};
use crate::model::otlp::{self, metric, number_data_point};
use crate::model::{SpanId, TraceId, UnixNanos};

/// Attributes that say something else at every request: each would make a series of its own. They stay in the journal.
/// `hidden_params`: LiteLLM's response headers with their date.
const PER_REQUEST: &[&str] = &["hidden_params"];

/// The rows of `data`, one per data point. `received` stands in for points without a time.
pub(in crate::analytics) fn metric_rows(
    project: &std::sync::Arc<str>,
    data: &otlp::MetricsData,
    received: UnixNanos,
) -> Vec<MetricRow> {
    let mut rows = Vec::new();
    for group in &data.resource_metrics {
        let resource = group.resource.as_ref().map(|resource| attributes_of(&resource.attributes)).unwrap_or_default();
        let service = service_of(group.resource.as_ref());
        for part in &group.scope_metrics {
            let scope = part.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
            for one in &part.metrics {
                let about = About { one, resource: &resource, service: &service, scope: &scope, received };
                let points = about.points().into_iter();
                rows.extend(points.map(|point| MetricRow { project: project.clone(), point }));
            }
        }
    }
    rows
}

/// A metric with what belongs to it.
struct About<'a> {
    one: &'a otlp::Metric,
    resource: &'a str,
    service: &'a str,
    scope: &'a str,
    received: UnixNanos,
}

/// What all kinds of points have.
struct Common<'a> {
    time: u64,
    start: u64,
    flags: u32,
    attributes: &'a [otlp::KeyValue],
    exemplars: &'a [otlp::Exemplar],
}

impl About<'_> {
    fn points(&self) -> Vec<MetricPoint> {
        match &self.one.data {
            Some(metric::Data::Gauge(gauge)) => self.numbers("gauge", &gauge.data_points, None, None),
            Some(metric::Data::Sum(sum)) => {
                let temporality = Temporality::of(sum.aggregation_temporality);
                self.numbers("sum", &sum.data_points, temporality, Some(sum.is_monotonic))
            }
            Some(metric::Data::Histogram(histogram)) => {
                let temporality = Temporality::of(histogram.aggregation_temporality);
                histogram.data_points.iter().map(|point| self.histogram(point, temporality)).collect()
            }
            Some(metric::Data::ExponentialHistogram(histogram)) => {
                let temporality = Temporality::of(histogram.aggregation_temporality);
                histogram.data_points.iter().map(|point| self.exponential(point, temporality)).collect()
            }
            Some(metric::Data::Summary(summary)) => {
                summary.data_points.iter().map(|point| self.summary(point)).collect()
            }
            None => Vec::new(),
        }
    }

    fn numbers(
        &self,
        kind: &str,
        points: &[otlp::NumberDataPoint],
        temporality: Option<Temporality>,
        monotonic: Option<bool>,
    ) -> Vec<MetricPoint> {
        let point = |p: &otlp::NumberDataPoint| MetricPoint {
            temporality,
            monotonic,
            value: p.value.as_ref().map(|value| match value {
                number_data_point::Value::AsDouble(double) => Number::Double(*double),
                number_data_point::Value::AsInt(int) => Number::Int(*int),
            }),
            ..self.common(
                kind,
                &Common {
                    time: p.time_unix_nano,
                    start: p.start_time_unix_nano,
                    flags: p.flags,
                    attributes: &p.attributes,
                    exemplars: &p.exemplars,
                },
            )
        };
        points.iter().map(point).collect()
    }

    fn histogram(&self, p: &otlp::HistogramDataPoint, temporality: Option<Temporality>) -> MetricPoint {
        MetricPoint {
            temporality,
            count: Some(p.count),
            sum: p.sum,
            min: p.min,
            max: p.max,
            shape: Shape::Explicit { bounds: p.explicit_bounds.clone(), counts: p.bucket_counts.clone() },
            ..self.common(
                "histogram",
                &Common {
                    time: p.time_unix_nano,
                    start: p.start_time_unix_nano,
                    flags: p.flags,
                    attributes: &p.attributes,
                    exemplars: &p.exemplars,
                },
            )
        }
    }

    fn exponential(&self, p: &otlp::ExponentialHistogramDataPoint, temporality: Option<Temporality>) -> MetricPoint {
        let side = |buckets: &Option<otlp::ExponentialBuckets>| {
            buckets.as_ref().map_or_else(Exponential::default, |buckets| Exponential {
                offset: buckets.offset,
                counts: buckets.bucket_counts.clone(),
            })
        };
        MetricPoint {
            temporality,
            count: Some(p.count),
            sum: p.sum,
            min: p.min,
            max: p.max,
            shape: Shape::Exponential {
                scale: p.scale,
                zero_count: p.zero_count,
                zero_threshold: p.zero_threshold,
                positive: side(&p.positive),
                negative: side(&p.negative),
            },
            ..self.common(
                "exponential_histogram",
                &Common {
                    time: p.time_unix_nano,
                    start: p.start_time_unix_nano,
                    flags: p.flags,
                    attributes: &p.attributes,
                    exemplars: &p.exemplars,
                },
            )
        }
    }

    /// The conventions give a summary no temporality: its count and sum are those since the start.
    fn summary(&self, p: &otlp::SummaryDataPoint) -> MetricPoint {
        MetricPoint {
            temporality: Some(Temporality::Cumulative),
            count: Some(p.count),
            sum: Some(p.sum),
            shape: Shape::Quantiles(p.quantile_values.iter().map(|pair| (pair.quantile, pair.value)).collect()),
            ..self.common(
                "summary",
                &Common {
                    time: p.time_unix_nano,
                    start: p.start_time_unix_nano,
                    flags: p.flags,
                    attributes: &p.attributes,
                    exemplars: &[],
                },
            )
        }
    }

    fn common(&self, kind: &str, common: &Common<'_>) -> MetricPoint {
        let kept: Vec<otlp::KeyValue> =
            common.attributes.iter().filter(|pair| !PER_REQUEST.contains(&pair.key.as_str())).cloned().collect();
        let attributes = attributes_of(&kept);
        MetricPoint {
            seq: 0,
            time: first_known([common.time], self.received),
            start: Some(common.start).filter(|start| *start != 0).map(UnixNanos::from_otlp),
            series: self.series(kind, kept),
            name: self.one.name.clone(),
            kind: kind.to_owned(),
            temporality: None,
            monotonic: None,
            unit: self.one.unit.clone(),
            service: self.service.to_owned(),
            scope: self.scope.to_owned(),
            flags: common.flags,
            value: None,
            count: None,
            sum: None,
            min: None,
            max: None,
            shape: Shape::None,
            exemplars: common.exemplars.iter().map(exemplar).collect(),
            attributes,
        }
    }

    fn series(&self, kind: &str, mut attributes: Vec<otlp::KeyValue>) -> u64 {
        attributes.sort_by(|left, right| left.key.cmp(&right.key));
        let attributes = serde_json::Value::Object(crate::model::value::attributes_to_json(&attributes)).to_string();
        let mut hasher = blake3::Hasher::new();
        for part in [self.resource, self.scope, &self.one.name, &self.one.unit, kind, &attributes] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut number = [0; 8];
        number.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_le_bytes(number)
    }
}

fn exemplar(exemplar: &otlp::Exemplar) -> Exemplar {
    Exemplar {
        time: UnixNanos::from_otlp(exemplar.time_unix_nano),
        value: exemplar.value.as_ref().map(|value| match value {
            otlp::exemplar::Value::AsDouble(double) => Number::Double(*double),
            otlp::exemplar::Value::AsInt(int) => Number::Int(*int),
        }),
        trace_id: TraceId::from_slice(&exemplar.trace_id),
        span_id: SpanId::from_slice(&exemplar.span_id),
        attributes: attributes_of(&exemplar.filtered_attributes),
    }
}
