//! What happened between two points of a series: counters that only tell their total become steps.
//!
//! - A delta point is a step.
//! - A cumulative point is a step from the point before it. Where its start moved or its figure fell, the client
//!   began anew, and the whole figure is the step.
//! - The first cumulative point of a series is a step only if its start is known and lies in the time asked for;
//!   else nobody can say since when it counted.
//! - Two points with the same times are one that came twice: the later one counts.
//! - A point that says of itself that it has no value is none.

use super::points::{Exponential, MetricPoint, NO_VALUE, Number, Shape, Temporality};
use crate::model::UnixNanos;

/// What happened until `time`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) time: UnixNanos,
    /// Of a sum.
    pub(super) value: Option<f64>,
    /// Of a histogram or summary.
    pub(super) count: Option<u64>,
    pub(super) sum: Option<f64>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) shape: Shape,
}

/// The points of one series without those that came twice or have no value; `points` in order of time.
pub(super) fn distinct(points: &[MetricPoint]) -> Vec<&MetricPoint> {
    let mut distinct: Vec<&MetricPoint> = Vec::with_capacity(points.len());
    for point in points.iter().filter(|point| point.flags & NO_VALUE == 0) {
        match distinct.last_mut() {
            Some(last) if (last.time, last.start) == (point.time, point.start) => *last = point,
            _ => distinct.push(point),
        }
    }
    distinct
}

/// Steps of one series, and how often it began anew. `since` is from when on a first point may count.
pub(super) fn steps(points: &[&MetricPoint], since: UnixNanos) -> (Vec<Step>, u64) {
    let mut steps = Vec::new();
    let mut resets = 0;
    let mut before: Option<&MetricPoint> = None;
    for point in points {
        if point.temporality == Some(Temporality::Delta) {
            steps.push(whole(point));
            continue;
        }
        match before {
            Some(before) => match difference(before, point) {
                Some(step) => steps.push(step),
                None => {
                    resets += 1;
                    steps.push(whole(point));
                }
            },
            None if point.start.is_some_and(|start| start >= since) => steps.push(whole(point)),
            None => {}
        }
        before = Some(point);
    }
    (steps, resets)
}

fn whole(point: &MetricPoint) -> Step {
    Step {
        time: point.time,
        value: point.value.map(Number::as_f64),
        count: point.count,
        sum: point.sum,
        min: point.min,
        max: point.max,
        shape: point.shape.clone(),
    }
}

/// `None` when the client began anew in between.
fn difference(before: &MetricPoint, point: &MetricPoint) -> Option<Step> {
    let moved = matches!((before.start, point.start), (Some(old), Some(new)) if old != new);
    if moved {
        return None;
    }
    let value = match (before.value, point.value) {
        (Some(old), Some(new)) => Some(grown(old, new, point.monotonic != Some(false))?),
        (_, new) => new.map(Number::as_f64),
    };
    let count = match (before.count, point.count) {
        (Some(old), Some(new)) => Some(new.checked_sub(old)?),
        (_, new) => new,
    };
    Some(Step {
        time: point.time,
        value,
        count,
        sum: before.sum.zip(point.sum).map(|(old, new)| new - old),
        // Those of the whole time since the start: they say nothing about the time between.
        min: None,
        max: None,
        shape: shape_between(&before.shape, &point.shape)?,
    })
}

fn grown(old: Number, new: Number, monotonic: bool) -> Option<f64> {
    let step = match (old, new) {
        // Whole numbers beyond 2^53 differ exactly.
        (Number::Int(old), Number::Int(new)) => (i128::from(new) - i128::from(old)) as f64,
        _ => new.as_f64() - old.as_f64(),
    };
    (!monotonic || step >= 0.0).then_some(step)
}

fn shape_between(before: &Shape, after: &Shape) -> Option<Shape> {
    Some(match (before, after) {
        (Shape::Explicit { bounds: old, counts: low }, Shape::Explicit { bounds, counts }) if old == bounds => {
            let counts = minus(counts, low)?;
            Shape::Explicit { bounds: bounds.clone(), counts }
        }
        (
            Shape::Exponential { scale: old, zero_count: zeros, positive: low, negative: below, .. },
            Shape::Exponential { scale, zero_count, zero_threshold, positive, negative },
        ) => {
            // A histogram that fills up takes coarser buckets: two of the finer ones make one.
            let shift = u32::try_from(old.checked_sub(*scale)?).ok()?;
            Shape::Exponential {
                scale: *scale,
                zero_count: zero_count.checked_sub(*zeros)?,
                zero_threshold: *zero_threshold,
                positive: exponential_minus(positive, &coarser(low, shift))?,
                negative: exponential_minus(negative, &coarser(below, shift))?,
            }
        }
        (Shape::Explicit { .. }, Shape::Explicit { .. }) => return None,
        (_, other) => other.clone(),
    })
}

fn minus(counts: &[u64], before: &[u64]) -> Option<Vec<u64>> {
    if counts.len() != before.len() {
        return None;
    }
    counts.iter().zip(before).map(|(new, old)| new.checked_sub(*old)).collect()
}

/// The same counts in buckets that are 2^`shift` times as wide on the logarithmic scale.
pub(super) fn coarser(buckets: &Exponential, shift: u32) -> Exponential {
    if shift == 0 || buckets.counts.is_empty() {
        return buckets.clone();
    }
    let index = |at: usize| (i64::from(buckets.offset) + at as i64) >> shift.min(62);
    let offset = index(0);
    let mut counts = vec![0_u64; (index(buckets.counts.len() - 1) - offset + 1) as usize];
    for (at, count) in buckets.counts.iter().enumerate() {
        let place = &mut counts[(index(at) - offset) as usize];
        *place = place.saturating_add(*count);
    }
    Exponential { offset: offset as i32, counts }
}

fn exponential_minus(buckets: &Exponential, before: &Exponential) -> Option<Exponential> {
    let mut counts = buckets.counts.clone();
    for (at, old) in before.counts.iter().enumerate().filter(|(_, old)| **old > 0) {
        let index = i64::from(before.offset) + at as i64 - i64::from(buckets.offset);
        let count = counts.get_mut(usize::try_from(index).ok()?)?;
        *count = count.checked_sub(*old)?;
    }
    Some(Exponential { offset: buckets.offset, counts })
}

#[cfg(test)]
mod tests;
