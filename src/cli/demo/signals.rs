//! What else the services of the stories say: log records of their requests, metrics of their model calls and of a
//! machine at home.

use std::collections::BTreeMap;

use super::HOUR_NS;
use super::build::Dice;
use crate::model::UnixNanos;
use crate::model::otlp::{
    AggregationTemporality, AnyValue, Gauge, Histogram, HistogramDataPoint, InstrumentationScope, KeyValue, LogRecord,
    LogsData, Metric, MetricsData, NumberDataPoint, Resource, ResourceLogs, ResourceMetrics, ScopeLogs, ScopeMetrics,
    SeverityNumber, Span, StatusCode, TracesData, any_value, metric, number_data_point,
};

/// Bounds in seconds that the semantic conventions advise for `gen_ai.client.operation.duration`.
const SECONDS: [f64; 14] = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

/// Between two readings of the machine.
const READING_NS: i64 = HOUR_NS / 12;

fn pair(key: &str, value: impl Into<AnyValue>) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value.into()) }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "tracemeter.demo".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..InstrumentationScope::default()
    }
}

fn text<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    let value = span.attributes.iter().find(|pair| pair.key == key)?.value.as_ref()?.value.as_ref()?;
    match value {
        any_value::Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// One record for each trace, and one for each span that failed.
pub(super) fn logs(traces: &TracesData) -> LogsData {
    let record = |span: &Span, severity: SeverityNumber, body: String| LogRecord {
        time_unix_nano: span.end_time_unix_nano,
        observed_time_unix_nano: span.end_time_unix_nano,
        severity_number: severity as i32,
        severity_text: if severity == SeverityNumber::Error { "ERROR".into() } else { "INFO".into() },
        body: Some(AnyValue::from(body)),
        attributes: span.attributes.iter().filter(|pair| pair.key == "error.type").cloned().collect(),
        trace_id: span.trace_id.clone(),
        span_id: span.span_id.clone(),
        ..LogRecord::default()
    };
    let of_span = |span: &Span| {
        let ms = (span.end_time_unix_nano - span.start_time_unix_nano) / 1_000_000;
        match &span.status {
            Some(status) if status.code == StatusCode::Error as i32 => {
                Some(record(span, SeverityNumber::Error, format!("{}: {}", span.name, status.message)))
            }
            _ if span.parent_span_id.is_empty() => {
                Some(record(span, SeverityNumber::Info, format!("{} finished in {ms} ms", span.name)))
            }
            _ => None,
        }
    };
    let resource_logs = traces.resource_spans.iter().map(|group| ResourceLogs {
        resource: group.resource.clone(),
        scope_logs: vec![ScopeLogs {
            scope: Some(scope()),
            log_records: group.scope_spans.iter().flat_map(|scope| scope.spans.iter().filter_map(of_span)).collect(),
            ..ScopeLogs::default()
        }],
        ..ResourceLogs::default()
    });
    LogsData { resource_logs: resource_logs.collect() }
}

/// Durations of model calls, counted hour by hour as they come in.
#[derive(Debug, Default)]
pub(super) struct Durations {
    /// Seconds by start of the hour, service, provider and model.
    seconds: BTreeMap<(i64, String, String, String), Vec<f64>>,
}

impl Durations {
    pub(super) fn add(&mut self, traces: &TracesData) {
        for group in &traces.resource_spans {
            let service = group.resource.iter().flat_map(|resource| &resource.attributes);
            let service = service.filter(|pair| pair.key == "service.name").find_map(|pair| match &pair.value {
                Some(AnyValue { value: Some(any_value::Value::StringValue(name)) }) => Some(name.as_str()),
                _ => None,
            });
            for span in group.scope_spans.iter().flat_map(|scope| &scope.spans) {
                let (Some(provider), Some(model)) =
                    (text(span, "gen_ai.provider.name"), text(span, "gen_ai.request.model"))
                else {
                    continue;
                };
                let hour = (span.end_time_unix_nano as i64).div_euclid(HOUR_NS) * HOUR_NS;
                let key = (hour, service.unwrap_or_default().to_owned(), provider.to_owned(), model.to_owned());
                let seconds = (span.end_time_unix_nano - span.start_time_unix_nano) as f64 / 1e9;
                self.seconds.entry(key).or_default().push(seconds);
            }
        }
    }

    /// As metrics, with the readings of a machine over `hours` up to `now`.
    pub(super) fn metrics(&self, now: UnixNanos, hours: u32) -> MetricsData {
        let mut services: BTreeMap<&str, Vec<HistogramDataPoint>> = BTreeMap::new();
        for ((hour, service, provider, model), seconds) in &self.seconds {
            services.entry(service).or_default().push(point(now, *hour, provider, model, seconds));
        }
        let mut groups: Vec<ResourceMetrics> = services
            .into_iter()
            .map(|(service, data_points)| {
                let histogram =
                    Histogram { data_points, aggregation_temporality: AggregationTemporality::Delta as i32 };
                let duration = Metric {
                    name: "gen_ai.client.operation.duration".into(),
                    description: "Duration of model calls".into(),
                    unit: "s".into(),
                    data: Some(metric::Data::Histogram(histogram)),
                    ..Metric::default()
                };
                group("service.name", service, duration)
            })
            .collect();
        groups.push(group("host.name", "gpu-box", power(now, hours)));
        MetricsData { resource_metrics: groups }
    }
}

fn group(key: &str, name: &str, metric: Metric) -> ResourceMetrics {
    let attributes = vec![pair(key, name), pair("deployment.environment.name", "demo")];
    ResourceMetrics {
        resource: Some(Resource { attributes, ..Resource::default() }),
        scope_metrics: vec![ScopeMetrics { scope: Some(scope()), metrics: vec![metric], ..ScopeMetrics::default() }],
        ..ResourceMetrics::default()
    }
}

fn point(now: UnixNanos, hour: i64, provider: &str, model: &str, seconds: &[f64]) -> HistogramDataPoint {
    let mut bucket_counts = vec![0; SECONDS.len() + 1];
    for second in seconds {
        bucket_counts[SECONDS.partition_point(|bound| bound < second)] += 1;
    }
    HistogramDataPoint {
        attributes: vec![pair("gen_ai.provider.name", provider), pair("gen_ai.request.model", model)],
        start_time_unix_nano: hour as u64,
        time_unix_nano: (hour + HOUR_NS).min(now.0) as u64,
        count: seconds.len() as u64,
        sum: Some(seconds.iter().sum()),
        bucket_counts,
        explicit_bounds: SECONDS.to_vec(),
        ..HistogramDataPoint::default()
    }
}

/// A graphics card that is busy in the evening.
fn power(now: UnixNanos, hours: u32) -> Metric {
    let mut dice = Dice::new(&[b"power", &now.0.to_be_bytes()]);
    let readings = i64::from(hours) * (HOUR_NS / READING_NS);
    let point = |nth: i64| {
        let time = now.0 - nth * READING_NS;
        let hour = time.div_euclid(HOUR_NS).rem_euclid(24);
        let busy = if (17..=22).contains(&hour) { 140 } else { 0 };
        NumberDataPoint {
            attributes: vec![pair("hw.type", "gpu")],
            time_unix_nano: time as u64,
            value: Some(number_data_point::Value::AsDouble(dice.between(24 + busy, 60 + 2 * busy) as f64)),
            ..NumberDataPoint::default()
        }
    };
    Metric {
        name: "hw.power".into(),
        description: "Power drawn by the card that runs models at home".into(),
        unit: "W".into(),
        data: Some(metric::Data::Gauge(Gauge { data_points: (0..readings.max(1)).rev().map(point).collect() })),
        ..Metric::default()
    }
}
