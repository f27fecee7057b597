//! Durations counted in steps of 2 %: small, can be added up, and good for any quantile.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use duckdb::types::Value;
use duckdb::{Connection, Row, params_from_iter};

use super::sql;

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

/// The histograms that `sql/steps.sql` gives, by the group that `key` reads from the first columns, `columns` of them.
pub(super) fn read_steps<K: Eq + Hash>(
    connection: &Connection,
    fragments: &[(&str, &str)],
    values: &[Value],
    columns: usize,
    key: impl Fn(&Row<'_>) -> duckdb::Result<K>,
) -> duckdb::Result<HashMap<K, Histogram>> {
    let mut statement = connection.prepare(&sql::fill(sql::STEPS, fragments))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut groups: HashMap<K, Histogram> = HashMap::new();
    while let Some(row) = rows.next()? {
        let steps = groups.entry(key(row)?).or_default();
        steps.add(row.get(columns)?, row.get(columns + 1)?, row.get(columns + 2)?);
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
    }
}
