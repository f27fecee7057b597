//! Durations counted in steps of 2 %: small, can be added up, and good for any quantile.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use duckdb::types::Value;
use duckdb::{Connection, Row};

use super::query::Query;
use super::sql;

/// Steps for a factor of e, see `sql/step.sql`.
const STEPS_AN_E: f64 = 50.0;

/// Each bin ends at 1.4 times where it begins: a second or a minute of spread is a dozen of them.
const STEPS_A_BIN: i16 = 17;

/// How many durations lie between two; a column of a histogram on a logarithmic scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bin {
    pub from_ns: i64,
    /// Exclusive.
    pub to_ns: i64,
    pub count: u64,
}

/// Calls per step, and the mean duration in it. The step is computed in `sql/step.sql`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Histogram {
    steps: BTreeMap<i16, (u64, f64)>,
}

impl Histogram {
    pub(super) fn add(&mut self, step: i16, calls: u64, mean: f64) {
        let (known, sum) = self.steps.entry(step).or_default();
        *known += calls;
        *sum += mean * calls as f64;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (step, (calls, sum)) in &other.steps {
            let (known, total) = self.steps.entry(*step).or_default();
            *known += calls;
            *total += sum;
        }
    }

    /// All durations together, in nanoseconds.
    pub(super) fn total_ns(&self) -> f64 {
        self.steps.values().map(|(_, sum)| sum).sum()
    }

    /// The same, coarser: consecutive bins without gaps from the first to the last that hold any.
    pub(super) fn bins(&self) -> Vec<Bin> {
        let place = |step: &i16| step.div_euclid(STEPS_A_BIN);
        let (Some((first, _)), Some((last, _))) = (self.steps.first_key_value(), self.steps.last_key_value()) else {
            return Vec::new();
        };
        let first = place(first);
        let edge = |bin: i16| (f64::from(bin * STEPS_A_BIN) / STEPS_AN_E).exp().round() as i64;
        let bin = |bin: i16| Bin { from_ns: edge(bin), to_ns: edge(bin + 1), count: 0 };
        let mut bins: Vec<Bin> = (first..=place(last)).map(bin).collect();
        for (step, (count, _)) in &self.steps {
            let at = usize::try_from(place(step) - first).unwrap_or_default();
            if let Some(bin) = bins.get_mut(at) {
                bin.count += count;
            }
        }
        bins
    }

    /// The duration that a share of `quantile` does not exceed: the mean of the step it falls into, so exact
    /// for few calls and off by 2 % at most for many. `None` when there are none.
    pub(super) fn quantile(&self, quantile: f64) -> Option<i64> {
        let total: u64 = self.steps.values().map(|(calls, _)| calls).sum();
        let mut reached = 0;
        for (calls, sum) in self.steps.values() {
            reached += calls;
            if reached as f64 >= quantile * total as f64 {
                return Some((sum / *calls as f64).round() as i64);
            }
        }
        None
    }
}

/// How long calls took, and their first tokens.
#[derive(Debug, Clone, Default)]
pub(super) struct Speed {
    pub latency: Histogram,
    pub ttft: Histogram,
}

impl Speed {
    pub(super) fn merge(&mut self, other: &Self) {
        self.latency.merge(&other.latency);
        self.ttft.merge(&other.ttft);
    }
}

/// What `sql/steps.sql` gives of the relation `source`, by the group that `key` reads from the first columns, which are those
/// of `group`, `columns` of them.
pub(super) fn read_steps<K: Eq + Hash>(
    connection: &Connection,
    fragments: &[(&str, &str)],
    values: &[Value],
    columns: usize,
    key: impl Fn(&Row<'_>) -> duckdb::Result<K>,
) -> duckdb::Result<HashMap<K, Speed>> {
    let mut query = Query::new(connection, &sql::fill(sql::STEPS, fragments), values)?;
    let mut rows = query.rows()?;
    let mut groups: HashMap<K, Speed> = HashMap::new();
    while let Some(row) = rows.next()? {
        let speed = groups.entry(key(row)?).or_default();
        let steps = if row.get(columns)? { &mut speed.ttft } else { &mut speed.latency };
        steps.add(row.get(columns + 1)?, row.get(columns + 2)?, row.get(columns + 3)?);
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_few_are_exact_and_histograms_add_up() {
        let mut one = Histogram::default();
        assert_eq!(one.quantile(0.5), None);
        one.add(10, 1, 100.0);
        one.add(40, 1, 300.0);
        let mut other = Histogram::default();
        other.add(25, 1, 200.0);
        one.merge(&other);
        assert_eq!((one.quantile(0.5), one.quantile(0.95)), (Some(200), Some(300)));
        assert!((one.total_ns() - 600.0).abs() < f64::EPSILON);
    }

    #[test]
    fn bins_follow_each_other_and_hold_everything_once() {
        assert_eq!(Histogram::default().bins(), []);
        let mut all = Histogram::default();
        for duration in [1_000_000_i64, 1_900_000, 40_000_000, 40_100_000] {
            let step = ((duration as f64).ln() * STEPS_AN_E).round() as i16;
            all.add(step, 1, duration as f64);
        }
        let bins = all.bins();
        assert!(bins.windows(2).all(|pair| pair[0].to_ns == pair[1].from_ns), "{bins:?}");
        assert!(bins[0].count > 0 && bins.last().expect("not empty").count == 2);
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<u64>(), 4);
        assert!(bins[0].from_ns <= 1_000_000 && bins[0].to_ns > 1_000_000, "{:?}", bins[0]);
    }
}
