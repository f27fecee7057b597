//! Quantiles out of histograms: an estimate, and between which bounds the true one lies.
//!
//! Within a bucket the measurements are taken as spread evenly. How far off that can be is told by the bucket: the
//! answer carries its bounds, and for merged histograms with different bounds those that hold for sure.

use std::collections::BTreeMap;

use super::points::{Exponential, Shape};

/// A quantile, and what it cannot be below or above; infinite where nobody knows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Histograms added up.
#[derive(Debug, Default)]
pub(super) struct Distribution {
    /// By their bounds, as bits.
    explicit: BTreeMap<Vec<u64>, Vec<u64>>,
    exponential: Option<Buckets>,
    min: Option<f64>,
    max: Option<f64>,
    /// Whether some histogram did not tell its extremes.
    unknown: bool,
}

#[derive(Debug)]
struct Buckets {
    scale: i32,
    zero_count: u64,
    zero_threshold: f64,
    positive: BTreeMap<i64, u64>,
    negative: BTreeMap<i64, u64>,
}

/// `count` measurements above `low` and up to `high`.
#[derive(Debug, Clone, Copy)]
struct Piece {
    low: f64,
    high: f64,
    count: f64,
    /// How far down and up the measurements may really reach: the outer buckets may have no end.
    least: f64,
    most: f64,
}

impl Piece {
    fn closed(low: f64, high: f64, count: u64) -> Self {
        Self { low, high, count: count as f64, least: low, most: high }
    }

    fn up_to(&self, x: f64) -> f64 {
        if x >= self.high {
            self.count
        } else if x <= self.low {
            0.0
        } else {
            self.count * ((x - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
        }
    }
}

impl Distribution {
    pub(super) fn add(&mut self, shape: &Shape, min: Option<f64>, max: Option<f64>) {
        match shape {
            Shape::Explicit { bounds, counts } if counts.iter().any(|count| *count > 0) => {
                let key: Vec<u64> = bounds.iter().map(|bound| bound.to_bits()).collect();
                let known = self.explicit.entry(key).or_insert_with(|| vec![0; counts.len()]);
                known.resize(known.len().max(counts.len()), 0);
                known.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
            }
            Shape::Exponential { scale, zero_count, zero_threshold, positive, negative } => {
                let more = Buckets {
                    scale: *scale,
                    zero_count: *zero_count,
                    zero_threshold: *zero_threshold,
                    positive: indexed(positive),
                    negative: indexed(negative),
                };
                if more.is_empty() {
                    return;
                }
                match &mut self.exponential {
                    Some(known) => known.merge(more),
                    None => self.exponential = Some(more),
                }
            }
            _ => return,
        }
        self.unknown |= min.is_none() || max.is_none();
        self.min = [self.min, min].into_iter().flatten().reduce(f64::min);
        self.max = [self.max, max].into_iter().flatten().reduce(f64::max);
    }

    /// The value that a share `q` of all measurements does not exceed; `None` without measurements.
    pub(super) fn quantile(&self, q: f64) -> Option<Estimate> {
        let pieces = self.pieces();
        let total: f64 = pieces.iter().map(|piece| piece.count).sum();
        if total <= 0.0 {
            return None;
        }
        // At least the first measurement.
        let target = (q * total).max(f64::MIN_POSITIVE);
        let mut edges: Vec<f64> = pieces.iter().flat_map(|piece| [piece.low, piece.high]).collect();
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        let reached = |x: f64| pieces.iter().map(|piece| piece.up_to(x)).sum::<f64>();
        let at_least = |x: f64| pieces.iter().filter(|piece| piece.most <= x).map(|piece| piece.count).sum::<f64>();
        let at_most = |x: f64| pieces.iter().filter(|piece| piece.least < x).map(|piece| piece.count).sum::<f64>();
        // Sums of counts are whole, but the target need not be: a little tolerance keeps its own bucket.
        let enough = target * (1.0 - 1e-12);
        let at = edges.partition_point(|x| reached(*x) < enough).min(edges.len() - 1);
        let (a, b) = (edges[at.saturating_sub(1)], edges[at]);
        let (before, after) = (reached(a), reached(b));
        let value =
            if after > before { a + (b - a) * ((target - before) / (after - before)).clamp(0.0, 1.0) } else { b };
        let high = edges.get(edges.partition_point(|x| at_least(*x) < enough)).copied().unwrap_or(f64::INFINITY);
        let below = edges.partition_point(|x| at_most(*x) < enough);
        let low = if below == 0 { f64::NEG_INFINITY } else { edges[below - 1] };
        Some(Estimate { value: value.clamp(low, high), low, high })
    }

    fn pieces(&self) -> Vec<Piece> {
        let (min, max) = if self.unknown { (None, None) } else { (self.min, self.max) };
        let mut pieces = Vec::new();
        for (bounds, counts) in &self.explicit {
            let bounds: Vec<f64> = bounds.iter().map(|bits| f64::from_bits(*bits)).collect();
            explicit_pieces(&bounds, counts, min, max, &mut pieces);
        }
        if let Some(buckets) = &self.exponential {
            buckets.pieces(&mut pieces);
        }
        // The extremes are measurements: no piece reaches beyond them.
        for piece in &mut pieces {
            if let (Some(min), Some(max)) = (min, max) {
                piece.low = piece.low.max(min.next_down()).min(piece.high);
                piece.high = piece.high.min(max).max(piece.low);
                (piece.least, piece.most) = (piece.low, piece.high);
            }
        }
        pieces
    }
}

/// The outer buckets have no end of their own: without the extremes the last one is taken as wide as nothing, with an
/// unknown bound, and the first one as reaching down to 0 if its bound is positive.
fn explicit_pieces(bounds: &[f64], counts: &[u64], min: Option<f64>, max: Option<f64>, pieces: &mut Vec<Piece>) {
    for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let first = || min.map(f64::next_down).or_else(|| bounds.first().map(|bound| bound.min(0.0)));
        let last = || max.or_else(|| bounds.last().copied());
        let low = if at == 0 { first() } else { bounds.get(at - 1).copied() };
        let high = bounds.get(at).copied().or_else(last);
        if let (Some(low), Some(high)) = (low.or(high), high.or(low)) {
            let mut piece = Piece::closed(low.min(high), high, *count);
            if at >= bounds.len() && max.is_none() {
                piece.most = f64::INFINITY;
            }
            if at == 0 && min.is_none() && bounds.first().is_none_or(|bound| *bound <= 0.0) {
                piece.least = f64::NEG_INFINITY;
            }
            pieces.push(piece);
        }
    }
}

fn indexed(buckets: &Exponential) -> BTreeMap<i64, u64> {
    let places = buckets.counts.iter().zip(i64::from(buckets.offset)..);
    places.filter(|(count, _)| **count > 0).map(|(count, index)| (index, *count)).collect()
}

impl Buckets {
    fn is_empty(&self) -> bool {
        self.zero_count == 0 && self.positive.is_empty() && self.negative.is_empty()
    }

    fn merge(&mut self, mut more: Self) {
        let scale = self.scale.min(more.scale);
        self.rescale(scale);
        more.rescale(scale);
        self.zero_count = self.zero_count.saturating_add(more.zero_count);
        self.zero_threshold = self.zero_threshold.max(more.zero_threshold);
        for (mine, theirs) in [(&mut self.positive, more.positive), (&mut self.negative, more.negative)] {
            for (index, count) in theirs {
                let sum = mine.entry(index).or_default();
                *sum = sum.saturating_add(count);
            }
        }
    }

    fn rescale(&mut self, scale: i32) {
        let shift = (i64::from(self.scale) - i64::from(scale)).clamp(0, 62) as u32;
        for side in [&mut self.positive, &mut self.negative] {
            let mut merged = BTreeMap::new();
            for (index, count) in std::mem::take(side) {
                let sum: &mut u64 = merged.entry(index >> shift).or_default();
                *sum = sum.saturating_add(count);
            }
            *side = merged;
        }
        self.scale = scale;
    }

    fn pieces(&self, pieces: &mut Vec<Piece>) {
        // base^index = 2^(index * 2^-scale)
        let bound = |index: i64| (index as f64 * (-f64::from(self.scale)).exp2()).exp2().min(f64::MAX);
        for (index, count) in &self.negative {
            pieces.push(Piece::closed(-bound(index + 1), -bound(*index), *count));
        }
        if self.zero_count > 0 {
            let edge = self.zero_threshold.abs();
            pieces.push(Piece::closed(-edge, edge, self.zero_count));
        }
        for (index, count) in &self.positive {
            pieces.push(Piece::closed(bound(*index), bound(index + 1), *count));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn explicit(bounds: &[f64], values: &[f64]) -> Shape {
        let mut counts = vec![0; bounds.len() + 1];
        for value in values {
            counts[bounds.partition_point(|bound| bound < value)] += 1;
        }
        Shape::Explicit { bounds: bounds.to_vec(), counts }
    }

    fn exponential(scale: i32, values: &[f64]) -> Shape {
        let index = |value: f64| (value.log2() * f64::from(scale).exp2()).ceil() as i64 - 1;
        let positive: Vec<i64> = values.iter().filter(|value| **value > 0.0).map(|value| index(*value)).collect();
        let offset = positive.iter().min().copied().unwrap_or(0);
        let mut counts = vec![0; positive.iter().max().map_or(0, |max| (max - offset + 1) as usize)];
        positive.iter().for_each(|index| counts[(index - offset) as usize] += 1);
        let zero_count = values.iter().filter(|value| **value == 0.0).count() as u64;
        let positive = Exponential { offset: offset as i32, counts };
        Shape::Exponential { scale, zero_count, zero_threshold: 0.0, positive, negative: Exponential::default() }
    }

    fn truth(values: &[f64], q: f64) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted[((q * values.len() as f64).ceil() as usize).clamp(1, values.len()) - 1]
    }

    #[test]
    fn the_answer_tells_its_bucket() {
        let mut all = Distribution::default();
        all.add(&explicit(&[10.0, 100.0, 1000.0], &[5.0, 20.0, 30.0, 60.0]), None, None);
        let median = all.quantile(0.5).expect("measurements");
        // One of four below 10, three between 10 and 100: the half lies a third into them.
        assert_eq!((median.value, median.low, median.high), (40.0, 10.0, 100.0));
        assert_eq!(Distribution::default().quantile(0.5), None);
    }

    #[test]
    fn coarse_and_fine_histograms_add_up() {
        let mut all = Distribution::default();
        all.add(&exponential(3, &[1.5, 1.6, 0.0]), Some(0.0), Some(1.6));
        all.add(&exponential(0, &[100.0]), Some(100.0), Some(100.0));
        let most = all.quantile(1.0).expect("measurements");
        assert_eq!((most.low, most.high), (64.0, 100.0));
        let least = all.quantile(0.1).expect("measurements");
        assert!(least.value.abs() < 1e-300, "{least:?}");
    }

    proptest! {
        #[test]
        fn the_true_quantile_lies_between_the_bounds(
            values in prop::collection::vec(0.001_f64..5000.0, 1..60),
            more in prop::collection::vec(0.001_f64..5000.0, 0..60),
            q in 0.01_f64..=1.0,
            scale in -2_i32..6,
            extremes: bool,
        ) {
            let told = |values: &[f64]| -> (Option<f64>, Option<f64>) {
                if !extremes { return (None, None) }
                (values.iter().copied().reduce(f64::min), values.iter().copied().reduce(f64::max))
            };
            let all: Vec<f64> = values.iter().chain(&more).copied().collect();
            // Measurements above the last bound fall into the bucket without an end.
            let bounds = [1.0, 5.0, 25.0, 125.0, 625.0];
            let shape = |fine: bool, values: &[f64]| {
                if fine { exponential(scale, values) } else { explicit(&bounds, values) }
            };
            for first in [false, true] {
                for second in [false, true] {
                    let mut sum = Distribution::default();
                    let (min, max) = told(&values);
                    sum.add(&shape(first, &values), min, max);
                    if !more.is_empty() {
                        let (min, max) = told(&more);
                        sum.add(&shape(second, &more), min, max);
                    }
                    let found = sum.quantile(q).expect("measurements");
                    let truth = truth(&all, q);
                    // Bounds of exponential buckets are rounded.
                    let slack = truth * 1e-9;
                    prop_assert!(found.low <= truth + slack && truth <= found.high + slack, "{truth} {found:?}");
                    prop_assert!(found.low <= found.value && found.value <= found.high, "{found:?}");
                }
            }
        }
    }
}
