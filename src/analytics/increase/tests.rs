use proptest::prelude::*;

use super::*;

const SECOND: i64 = 1_000_000_000;

fn point(second: i64, start: i64, value: Number) -> MetricPoint {
    MetricPoint {
        seq: 0,
        time: UnixNanos(second * SECOND),
        start: Some(UnixNanos(start * SECOND)),
        series: 1,
        name: "requests".into(),
        kind: "sum".into(),
        temporality: Some(Temporality::Cumulative),
        monotonic: Some(true),
        unit: "1".into(),
        service: "shop".into(),
        scope: String::new(),
        flags: 0,
        value: Some(value),
        count: None,
        sum: None,
        min: None,
        max: None,
        shape: Shape::None,
        exemplars: Vec::new(),
        attributes: "{}".into(),
    }
}

fn int(second: i64, start: i64, value: i64) -> MetricPoint {
    point(second, start, Number::Int(value))
}

fn grown(points: &[MetricPoint], since: i64) -> (Vec<f64>, u64) {
    let (steps, resets) = steps(&distinct(points), UnixNanos(since * SECOND));
    (steps.into_iter().filter_map(|step| step.value).collect(), resets)
}

#[test]
fn a_counter_grows_across_restarts() {
    // The start moves, and later the figure falls although the start stays.
    let points = [int(10, 1, 5), int(20, 1, 8), int(30, 25, 2), int(40, 25, 6), int(50, 25, 1)];
    assert_eq!(grown(&points, 0), (vec![5.0, 3.0, 2.0, 4.0, 1.0], 2));
    // Of the first point nobody knows how much of it was before.
    assert_eq!(grown(&points, 5), (vec![3.0, 2.0, 4.0, 1.0], 2));
}

#[test]
fn whole_numbers_differ_exactly() {
    let points = [int(10, 1, i64::MAX - 1), int(20, 1, i64::MAX)];
    assert_eq!(grown(&points, 5), (vec![1.0], 0));
    let far = [int(10, 1, 9_007_199_254_740_993), int(20, 1, 9_007_199_254_740_996)];
    assert_eq!(grown(&far, 5), (vec![3.0], 0));
}

#[test]
fn what_came_twice_or_says_nothing_is_passed_over() {
    let silent = MetricPoint { flags: NO_VALUE, value: None, ..int(15, 1, 0) };
    let points = [int(10, 1, 5), int(10, 1, 5), silent, int(20, 1, 8), int(20, 1, 9)];
    assert_eq!(grown(&points, 0), (vec![5.0, 4.0], 0));
}

#[test]
fn what_may_fall_has_no_restarts_of_falling() {
    let points = [int(10, 1, 5), int(20, 1, 3)].map(|point| MetricPoint { monotonic: Some(false), ..point });
    assert_eq!(grown(&points, 5), (vec![-2.0], 0));
}

fn histogram(second: i64, counts: &[u64], sum: f64) -> MetricPoint {
    MetricPoint {
        kind: "histogram".into(),
        value: None,
        count: Some(counts.iter().sum()),
        sum: Some(sum),
        min: Some(0.5),
        max: Some(90.0),
        shape: Shape::Explicit { bounds: vec![1.0, 10.0], counts: counts.to_vec() },
        ..int(second, 1, 0)
    }
}

#[test]
fn cumulative_histograms_differ_bucket_by_bucket() {
    let points = [histogram(10, &[1, 2, 0], 9.0), histogram(20, &[1, 5, 1], 60.0), histogram(30, &[1, 0, 0], 0.5)];
    let (steps, resets) = steps(&distinct(&points), UnixNanos(5 * SECOND));
    assert_eq!(resets, 1);
    assert_eq!((steps[0].count, steps[0].sum, steps[0].max), (Some(4), Some(51.0), None));
    assert_eq!(steps[0].shape, Shape::Explicit { bounds: vec![1.0, 10.0], counts: vec![0, 3, 1] });
    assert_eq!((steps[1].count, steps[1].max), (Some(1), Some(90.0)));
}

#[test]
fn an_exponential_histogram_may_become_coarser() {
    let shape = |scale, offset, counts: &[u64]| Shape::Exponential {
        scale,
        zero_count: 1,
        zero_threshold: 0.0,
        positive: Exponential { offset, counts: counts.to_vec() },
        negative: Exponential::default(),
    };
    let at = |second, shape, count| MetricPoint {
        kind: "exponential_histogram".into(),
        shape,
        count: Some(count),
        ..histogram(second, &[], 0.0)
    };
    // Indexes -3..=2 in twos are -2, -1, -1, 0, 0, 1.
    let points = [at(10, shape(1, -3, &[1, 2, 3, 4, 5, 6]), 22), at(20, shape(0, -2, &[2, 5, 10, 7]), 25)];
    let (steps, resets) = steps(&distinct(&points), UnixNanos(5 * SECOND));
    assert_eq!(resets, 0);
    let Shape::Exponential { positive, zero_count, .. } = &steps[0].shape else { panic!("{:?}", steps[0].shape) };
    assert_eq!((positive, *zero_count), (&Exponential { offset: -2, counts: vec![1, 0, 1, 1] }, 0));
}

proptest! {
    /// A counter tells the same as the deltas it sums up, however often it begins anew.
    #[test]
    fn cumulative_and_delta_agree(runs in prop::collection::vec(prop::collection::vec(0_i64..1000, 1..8), 1..5)) {
        let (mut cumulative, mut delta) = (Vec::new(), Vec::new());
        let mut second = 0;
        for run in &runs {
            let start = second;
            let mut total = 0;
            for step in run {
                second += 1;
                total += step;
                cumulative.push(int(second, start, total));
                delta.push(MetricPoint { temporality: Some(Temporality::Delta), ..int(second, second - 1, *step) });
            }
        }
        // Every point comes twice.
        let twice: Vec<MetricPoint> = cumulative.iter().flat_map(|point| [point.clone(), point.clone()]).collect();
        let (grown_by_total, resets) = grown(&twice, 0);
        prop_assert_eq!(grown_by_total, grown(&delta, 0).0);
        prop_assert_eq!(resets, runs.len() as u64 - 1);
    }
}
