use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::analytics::sql;
use crate::model::otlp::{
    self, AnyValue, ExponentialBuckets, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, KeyValue, Metric, MetricsData, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint, ValueAtQuantile, any_value, metric, number_data_point,
};

const NOW: u64 = 1_795_190_000_000_000_001;

fn attributes(value: &str) -> Vec<KeyValue> {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.into())) };
    vec![KeyValue { key: "kind".into(), value: Some(value) }]
}

fn data(metrics: Vec<metric::Data>) -> MetricsData {
    let named = |(data, at): (metric::Data, usize)| Metric {
        name: format!("metric {at}"),
        unit: "ms".into(),
        data: Some(data),
        ..Metric::default()
    };
    let scope_metrics =
        vec![ScopeMetrics { metrics: metrics.into_iter().zip(0..).map(named).collect(), ..ScopeMetrics::default() }];
    MetricsData { resource_metrics: vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }] }
}

fn exemplars(int: i64) -> Vec<otlp::Exemplar> {
    let with = |value| otlp::Exemplar {
        time_unix_nano: NOW - 1,
        value: Some(value),
        trace_id: vec![7; 16].into(),
        span_id: vec![8; 8].into(),
        filtered_attributes: attributes("filtered"),
    };
    vec![with(otlp::exemplar::Value::AsInt(int)), with(otlp::exemplar::Value::AsDouble(0.1))]
}

/// What is read back after it was stored.
fn stored(rows: &[MetricRow]) -> Vec<MetricPoint> {
    let database = duckdb::Connection::open_in_memory().expect("opens");
    database.execute_batch(&sql::schema()).expect("the schema");
    let mut appender = database.appender("metric_point").expect("an appender");
    for (row, seq) in rows.iter().zip(0..) {
        append_metric(&mut appender, seq, row).expect("appends");
    }
    appender.flush().expect("flushes");
    let sql = sql::fill("SELECT {points} FROM metric_point ORDER BY seq", &[]);
    let mut statement = database.prepare(&sql).expect("valid");
    let points = statement.query_map([], read_point).expect("answers");
    points.map(|point| MetricPoint { seq: 0, ..point.expect("reads") }).collect()
}

fn numbers(values: &[number_data_point::Value]) -> Vec<NumberDataPoint> {
    let point = |value: &number_data_point::Value| NumberDataPoint {
        attributes: attributes("number"),
        start_time_unix_nano: NOW - 1000,
        time_unix_nano: NOW,
        value: Some(*value),
        exemplars: exemplars(i64::MIN),
        flags: 1,
        unknown: None,
    };
    values.iter().map(point).collect()
}

/// A metric of every kind with these figures.
fn every_kind(int: i64, double: f64, counts: &[u64], offset: i32, scale: i32) -> MetricsData {
    use number_data_point::Value::{AsDouble, AsInt};
    let data_points = numbers(&[AsInt(int), AsDouble(double)]);
    let sum = Sum { data_points: data_points.clone(), aggregation_temporality: 2, is_monotonic: true };
    let histogram = HistogramDataPoint {
        time_unix_nano: NOW,
        count: counts.iter().copied().fold(0, u64::wrapping_add),
        sum: Some(double),
        bucket_counts: counts.to_vec(),
        explicit_bounds: (1..counts.len()).map(|at| at as f64 * 0.1).collect(),
        exemplars: exemplars(int),
        min: Some(f64::MIN_POSITIVE),
        max: Some(double),
        ..HistogramDataPoint::default()
    };
    let exponential = ExponentialHistogramDataPoint {
        time_unix_nano: NOW,
        start_time_unix_nano: NOW - 5,
        count: u64::MAX,
        scale,
        zero_count: counts[0],
        zero_threshold: 1e-9,
        positive: Some(ExponentialBuckets { offset, bucket_counts: counts.to_vec() }),
        negative: Some(ExponentialBuckets { offset: -offset, bucket_counts: counts[1..].to_vec() }),
        ..ExponentialHistogramDataPoint::default()
    };
    let summary = SummaryDataPoint {
        time_unix_nano: NOW,
        count: counts[0],
        sum: double,
        quantile_values: vec![
            ValueAtQuantile { quantile: 0.5, value: double },
            ValueAtQuantile { quantile: 1.0, value: 2.0 },
        ],
        ..SummaryDataPoint::default()
    };
    data(vec![
        metric::Data::Gauge(Gauge { data_points }),
        metric::Data::Sum(sum),
        metric::Data::Histogram(Histogram { data_points: vec![histogram], aggregation_temporality: 1 }),
        metric::Data::ExponentialHistogram(ExponentialHistogram {
            data_points: vec![exponential],
            aggregation_temporality: 2,
        }),
        metric::Data::Summary(Summary { data_points: vec![summary] }),
    ])
}

#[test]
fn every_kind_is_kept_with_all_its_figures() {
    let rows = metric_rows(
        &"default".into(),
        &every_kind(9_007_199_254_740_993, 0.1, &[u64::MAX, 0, 3], -7, 20),
        UnixNanos(1),
    );
    let kinds: Vec<&str> = rows.iter().map(|row| row.point.kind.as_str()).collect();
    assert_eq!(kinds, ["gauge", "gauge", "sum", "sum", "histogram", "exponential_histogram", "summary"]);
    let points = stored(&rows);
    assert_eq!(points, rows.iter().map(|row| row.point.clone()).collect::<Vec<_>>());
    assert_eq!(points[2].value.map(Number::exact).as_deref(), Some("9007199254740993"));
    assert_eq!(
        (points[2].temporality, points[2].monotonic, points[2].flags),
        (Some(Temporality::Cumulative), Some(true), 1)
    );
    assert_eq!(points[2].start, Some(UnixNanos::from_otlp(NOW - 1000)));
    assert_eq!((points[4].start, points[4].temporality), (None, Some(Temporality::Delta)));
    assert_eq!(points[4].exemplars[0].trace_id, Some(TraceId([7; 16])));
    assert_eq!(points[4].exemplars[0].value, Some(Number::Int(9_007_199_254_740_993)));
    assert_eq!(points[6].shape, Shape::Quantiles(vec![(0.5, 0.1), (1.0, 2.0)]));
}

#[test]
fn what_is_no_number_survives_too() {
    for odd in [f64::INFINITY, f64::NEG_INFINITY, -0.0] {
        let rows = metric_rows(&"default".into(), &every_kind(0, odd, &[1, 2], 0, 0), UnixNanos(1));
        let Some(Number::Double(found)) = stored(&rows)[1].value else { panic!("a double") };
        assert_eq!(found.to_bits(), odd.to_bits());
        assert_eq!(Number::from_exact(&Number::Double(odd).exact()), Some(Number::Double(odd)));
    }
    let rows = metric_rows(&"default".into(), &every_kind(0, f64::NAN, &[1, 2], 0, 0), UnixNanos(1));
    assert_eq!(stored(&rows)[1].value.map(Number::exact).as_deref(), Some("NaN"));
}

#[test]
fn a_series_is_told_by_its_attributes_whatever_their_order() {
    let point = |pairs: &[(&str, &str)]| {
        let attributes = pairs.iter().map(|(key, value)| KeyValue {
            key: (*key).into(),
            value: Some(AnyValue { value: Some(any_value::Value::StringValue((*value).into())) }),
        });
        let data_points = vec![NumberDataPoint { attributes: attributes.collect(), ..NumberDataPoint::default() }];
        let rows =
            metric_rows(&"default".into(), &data(vec![metric::Data::Gauge(Gauge { data_points })]), UnixNanos(9));
        rows[0].point.clone()
    };
    let one = point(&[("a", "1"), ("b", "2")]);
    assert_eq!(one.series, point(&[("b", "2"), ("a", "1")]).series);
    assert_ne!(one.series, point(&[("a", "2"), ("b", "1")]).series);
    // LiteLLM sends the headers of every answer.
    assert_eq!(one.series, point(&[("a", "1"), ("b", "2"), ("hidden_params", "date: today")]).series);
    assert_eq!((one.time, one.start), (UnixNanos(9), None));
}

#[test]
fn any_figures_come_back_as_they_were() {
    let figures = (any::<i64>(), any::<f64>(), prop::collection::vec(any::<u64>(), 1..6), -1000_i32..1000, -10_i32..21);
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&figures, |(int, double, counts, offset, scale)| {
            prop_assume!(!double.is_nan());
            let rows = metric_rows(&"default".into(), &every_kind(int, double, &counts, offset, scale), UnixNanos(1));
            prop_assert_eq!(stored(&rows), rows.iter().map(|row| row.point.clone()).collect::<Vec<_>>());
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}
