use super::*;
use crate::analytics::points::Shape;

const HOUR: i64 = 3600 * NANOS_PER_SECOND;
const MINUTE: i64 = 60 * NANOS_PER_SECOND;

fn point(series: u64, minute: i64, kind: &str) -> MetricPoint {
    MetricPoint {
        seq: 0,
        time: UnixNanos(HOUR * 10 + minute * MINUTE),
        start: Some(UnixNanos(HOUR * 9)),
        series,
        name: "m".into(),
        kind: kind.into(),
        temporality: None,
        monotonic: None,
        unit: "s".into(),
        service: format!("service-{series}"),
        scope: String::new(),
        flags: 0,
        value: None,
        count: None,
        sum: None,
        min: None,
        max: None,
        shape: Shape::None,
        exemplars: Vec::new(),
        attributes: format!(r#"{{"type":"t{series}"}}"#),
    }
}

fn ask(rows: &[MetricPoint], aggregate: Option<Aggregate>, group_by: &[&str]) -> SeriesAnswer {
    let question = MetricSeriesQuestion {
        points: MetricQuestion::default(),
        since: UnixNanos(HOUR * 10),
        until: UnixNanos(HOUR * 11),
        step: 10 * MINUTE,
        aggregate,
        group_by: group_by.iter().map(|key| (*key).to_owned()).collect(),
    };
    answer(&question, rows).expect("points")
}

fn values(line: &SeriesLine) -> Vec<(i64, f64)> {
    line.points.iter().map(|point| ((point.time.0 - HOUR * 10) / MINUTE, point.value)).collect()
}

fn counter(series: u64, minute: i64, value: i64) -> MetricPoint {
    MetricPoint {
        temporality: Some(Temporality::Cumulative),
        monotonic: Some(true),
        value: Some(Number::Int(value)),
        ..point(series, minute, "sum")
    }
}

#[test]
fn counters_of_several_series_add_up_to_growth_and_rate() {
    // The point before the range is where the first step starts; one at the end of a step belongs to it.
    let rows = [
        counter(1, -5, 100),
        counter(1, 5, 160),
        counter(1, 10, 170),
        counter(1, 25, 30),
        counter(2, 5, 7),
        counter(2, 6, 8),
    ];
    let all = ask(&rows, None, &[]);
    assert_eq!((all.aggregate, all.series, all.resets), (Aggregate::Increase, 2, 1));
    assert_eq!(values(&all.lines[0]), [(0, 71.0), (20, 30.0)]);
    let rate = ask(&rows, Some(Aggregate::Rate), &["type"]);
    assert_eq!(rate.lines[0].group, ["t1"]);
    assert_eq!(values(&rate.lines[0]), [(0, 70.0 / 600.0), (20, 30.0 / 600.0)]);
    assert_eq!(values(&rate.lines[1]), [(0, 1.0 / 600.0)]);
}

#[test]
fn gauges_are_levels() {
    let gauge =
        |series, minute, value| MetricPoint { value: Some(Number::Double(value)), ..point(series, minute, "gauge") };
    let rows = [gauge(1, 1, 4.0), gauge(1, 2, 8.0), gauge(2, 3, 1.0)];
    assert_eq!(values(&ask(&rows, None, &[]).lines[0]), [(0, 13.0 / 3.0)]);
    // The levels that hold at the end, of all series together.
    assert_eq!(values(&ask(&rows, Some(Aggregate::Last), &[]).lines[0]), [(0, 9.0)]);
    let highest = ask(&rows, Some(Aggregate::Max), &["service"]);
    assert_eq!(highest.lines.iter().map(values).collect::<Vec<_>>(), [[(0, 8.0)], [(0, 1.0)]]);
    assert!(ask(&rows, Some(Aggregate::Rate), &[]).lines.is_empty(), "a level has no rate");
}

#[test]
fn histograms_give_quantiles_with_bounds() {
    let histogram = |minute, counts: [u64; 3]| MetricPoint {
        temporality: Some(Temporality::Delta),
        count: Some(counts.iter().sum()),
        sum: Some(30.0),
        shape: Shape::Explicit { bounds: vec![1.0, 10.0], counts: counts.to_vec() },
        ..point(1, minute, "histogram")
    };
    let rows = [histogram(1, [2, 0, 0]), histogram(2, [0, 8, 0]), histogram(15, [0, 0, 0])];
    let answer = ask(&rows, None, &[]);
    assert_eq!(answer.aggregate, Aggregate::Quantile(95));
    let [only] = answer.lines[0].points.as_slice() else { panic!("{:?}", answer.lines) };
    assert_eq!(only.between, Some((1.0, 10.0)));
    // The tenth part of eight measurements is missing.
    assert!((only.value - (1.0 + 9.0 * 7.5 / 8.0)).abs() < 1e-9, "{only:?}");
    assert_eq!(values(&ask(&rows, Some(Aggregate::Avg), &[]).lines[0]), [(0, 6.0)]);
    assert_eq!(values(&ask(&rows, Some(Aggregate::Increase), &[]).lines[0]), [(0, 10.0), (10, 0.0)]);
}
