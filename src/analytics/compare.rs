//! What calls would have cost at another price: each call's token buckets priced anew, at the time it began.

use std::collections::HashMap;

use super::cost::MOST_ROWS;
use super::query::Query;
use super::row::Cells;
use super::summary::add;
use super::{Analytics, Dimension, Error, Filter, sql};
use crate::model::{NanoUsd, TokenUsage, UnixNanos};

/// A price of token buckets at a time, or why there is none.
pub type Quote = Box<dyn Fn(&TokenUsage, UnixNanos) -> Result<NanoUsd, String> + Send>;

#[derive(Debug, Clone, PartialEq)]
pub struct CompareQuestion {
    pub filter: Filter,
    pub group_by: Vec<Dimension>,
    /// Only calls of these operations; of all when empty.
    pub operations: Vec<&'static str>,
}

/// Calls of one group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// One per dimension asked for, in that order; `None` for calls that carry none.
    pub group: Vec<Option<String>>,
    /// All of the group, and those that could be priced anew; the figures below are of these.
    pub calls: u64,
    pub compared: u64,
    pub usage: TokenUsage,
    /// What they cost; `None` when no amount is known.
    pub cost: Option<NanoUsd>,
    /// How many of them have no amount.
    pub unpriced: u64,
    /// What they would have cost.
    pub there: NanoUsd,
}

/// The answer to a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Largest new cost first, ten thousand at most.
    pub rows: Vec<Compared>,
    pub truncated: bool,
    /// Why calls could not be priced anew, most frequent first.
    pub left_out: Vec<(String, u64)>,
}

impl Analytics {
    /// Prices the counted calls that match by `quote`.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn compare(&self, question: &CompareQuestion, quote: Quote) -> Result<Comparison, Error> {
        let conditions = question.filter.on_spans();
        let dimensions: String = question.group_by.iter().map(|by| format!("{}, ", by.column())).collect();
        let width = question.group_by.len();
        let operations = question.operations.clone();
        let answer = move |connection: &duckdb::Connection| {
            let fragments = [("dimensions", dimensions.as_str()), ("filter", conditions.sql())];
            let mut query = Query::new(connection, &sql::fill(sql::COMPARE, &fragments), &conditions.values)?;
            let mut rows = query.rows()?;
            let mut sums = Sums { operations, quote, groups: HashMap::new(), left_out: HashMap::new() };
            while let Some(row) = rows.next()? {
                sums.take(&mut Cells::of(row), width)?;
            }
            Ok(sums.finish())
        };
        self.readers.ask(answer).await
    }
}

struct Sums {
    operations: Vec<&'static str>,
    quote: Quote,
    groups: HashMap<Vec<Option<String>>, Compared>,
    left_out: HashMap<String, u64>,
}

impl Sums {
    fn take(&mut self, cells: &mut Cells<'_, '_>, width: usize) -> duckdb::Result<()> {
        let group: Vec<Option<String>> = (0..width).map(|_| cells.take()).collect::<duckdb::Result<_>>()?;
        let operation: Option<String> = cells.take()?;
        let operation = operation.as_deref().unwrap_or("other");
        let time = UnixNanos(cells.take()?);
        let unpriced = cells.take::<Option<bool>>()?.unwrap_or(false);
        let cost: Option<i64> = cells.take()?;
        let usage = cells.usage()?;
        let sums = self.groups.entry(group).or_default();
        sums.calls += 1;
        let priced = match usage {
            _ if !self.operations.is_empty() && !self.operations.contains(&operation) => {
                Err(format!("{operation}: compared only when operation={operation} is asked for"))
            }
            None => Err("no token counts".to_owned()),
            Some(usage) => (self.quote)(&usage, time).map(|there| (usage, there)),
        };
        match priced {
            Ok((usage, there)) => {
                sums.compared += 1;
                add(&mut sums.usage, &usage);
                sums.unpriced += u64::from(unpriced);
                sums.there.0 = sums.there.0.saturating_add(there.0);
                if let Some(cost) = cost {
                    sums.cost = Some(NanoUsd(sums.cost.unwrap_or_default().0.saturating_add(cost)));
                }
            }
            Err(reason) => *self.left_out.entry(reason).or_default() += 1,
        }
        Ok(())
    }

    fn finish(self) -> Comparison {
        let mut rows: Vec<Compared> = self.groups.into_iter().map(|(group, sums)| Compared { group, ..sums }).collect();
        rows.sort_by(|one, other| (other.there, other.calls, &one.group).cmp(&(one.there, one.calls, &other.group)));
        let truncated = rows.len() > MOST_ROWS;
        rows.truncate(MOST_ROWS);
        let mut left_out: Vec<(String, u64)> = self.left_out.into_iter().collect();
        left_out.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        Comparison { rows, truncated, left_out }
    }
}
