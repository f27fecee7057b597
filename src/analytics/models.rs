//! The list of models: what was called, how fast it answered, how it failed, what it cost and since when.

use std::collections::{BTreeSet, HashMap};

use duckdb::Connection;

use super::filter::Conditions;
use super::histogram::{Bin, Histogram, Speed, read_steps};
use super::query::Query;
use super::rollup::DAY;
use super::rollup::Measure;
use super::rollup::source::Known;
use super::row::Cells;
use super::{Analytics, Dimension, Error, Filter, Sums, sql};
use crate::model::UnixNanos;

/// A distribution of durations. Quantiles are exact for few, off by 2 % at most for many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spread {
    pub p50_ns: Option<i64>,
    pub p90_ns: Option<i64>,
    pub p95_ns: Option<i64>,
    pub p99_ns: Option<i64>,
    pub bins: Vec<Bin>,
}

impl Spread {
    pub(super) fn of(histogram: &Histogram) -> Self {
        Self {
            p50_ns: histogram.quantile(0.5),
            p90_ns: histogram.quantile(0.9),
            p95_ns: histogram.quantile(0.95),
            p99_ns: histogram.quantile(0.99),
            bins: histogram.bins(),
        }
    }
}

/// One model of one provider, over counted calls.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFigures {
    pub provider: Option<String>,
    pub model: Option<String>,
    /// Start of the newest call.
    pub last_used: UnixNanos,
    pub sums: Sums,
    pub latency: Spread,
    pub ttft: Spread,
    /// Tokens that the model wrote, in each second that its calls took; `None` when it wrote none.
    pub output_per_second: Option<f64>,
    /// Failed calls by the kind of error, most frequent first; the empty text where none is told.
    pub errors: Vec<(String, u64)>,
    /// What the amount of the newest call rests on, as [`crate::model::CostBasis`] names it.
    pub basis: Option<String>,
    /// Start of the first call that is stored, whatever the filter.
    pub first_used: UnixNanos,
    /// It was called on most days and is not any more.
    pub silent: bool,
}

type Key = (Option<String>, Option<String>);

impl Analytics {
    /// All models that calls matching `filter` used, most expensive first, then by calls and name. `now` is what
    /// silence is measured against.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn models(&self, filter: &Filter, now: UnixNanos) -> Result<Vec<ModelFigures>, Error> {
        let filter = filter.clone();
        self.readers.ask(move |connection| answer(&*connection.unchecked_transaction()?, &filter, now)).await
    }
}

const BY: &[Dimension] = &[Dimension::Provider, Dimension::Model];

fn answer(connection: &Connection, filter: &Filter, now: UnixNanos) -> duckdb::Result<Vec<ModelFigures>> {
    let conditions = filter.on_spans();
    let known = Known::read(connection)?;
    let mut speeds = speeds(connection, &known, filter, &conditions)?;
    let (mut outcomes, histories) = (outcomes(connection, &conditions)?, histories(connection, &known, filter)?);
    let source = known.sums(filter, BY, &[]);
    let fragments = [("filter", conditions.sql()), ("source", source.as_str())];
    let mut query = Query::new(connection, &sql::fill(sql::MODELS, &fragments), &conditions.values)?;
    let rows = query.map(|row| {
        let mut cells = Cells::of(row);
        let key: Key = (cells.take()?, cells.take()?);
        Ok((key, UnixNanos(cells.take()?), Sums::read(&mut cells)?))
    })?;
    let mut models = Vec::new();
    for row in rows {
        let (key, last_used, sums) = row?;
        let Speed { latency, ttft } = speeds.remove(&key).unwrap_or_default();
        let outcome = outcomes.remove(&key).unwrap_or_default();
        let history = histories.get(&key);
        let (provider, model) = key;
        models.push(ModelFigures {
            provider,
            model,
            last_used,
            output_per_second: per_second(&sums, &latency),
            sums,
            latency: Spread::of(&latency),
            ttft: Spread::of(&ttft),
            errors: outcome.errors(),
            basis: outcome.basis,
            first_used: history.map_or(last_used, |history| UnixNanos(history.first_ns)),
            silent: history.is_some_and(|history| history.is_silent(now)),
        });
    }
    models.sort_by(|one, other| {
        let rank = |figures: &ModelFigures| (figures.sums.cost, figures.sums.calls);
        let names = |figures: &ModelFigures| (figures.provider.clone(), figures.model.clone());
        rank(other).cmp(&rank(one)).then_with(|| names(one).cmp(&names(other)))
    });
    Ok(models)
}

fn per_second(sums: &Sums, latency: &Histogram) -> Option<f64> {
    let usage = &sums.usage;
    let parts = [usage.reasoning, usage.audio_output, usage.image_output];
    let written = parts.into_iter().fold(usage.output, u64::saturating_add);
    let seconds = latency.total_ns() / 1e9;
    (written > 0 && seconds > 0.0).then(|| written as f64 / seconds)
}

fn speeds(
    connection: &Connection,
    known: &Known,
    filter: &Filter,
    conditions: &Conditions,
) -> duckdb::Result<HashMap<Key, Speed>> {
    let source = known.steps(filter, BY, &[], &Measure::BOTH);
    let fragments = [("group", "provider, model"), ("filter", conditions.sql()), ("source", source.as_str())];
    read_steps(connection, &fragments, &conditions.values, 2, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// How calls of a model ended.
#[derive(Debug, Default)]
struct Outcome {
    by_kind: HashMap<String, u64>,
    newest_ns: Option<i64>,
    basis: Option<String>,
}

impl Outcome {
    fn errors(&self) -> Vec<(String, u64)> {
        most_frequent(&self.by_kind)
    }
}

/// What was counted, most frequent first.
pub(super) fn most_frequent(counted: &HashMap<String, u64>) -> Vec<(String, u64)> {
    let mut all: Vec<(String, u64)> = counted.iter().map(|(name, count)| (name.clone(), *count)).collect();
    all.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    all
}

fn outcomes(connection: &Connection, conditions: &Conditions) -> duckdb::Result<HashMap<Key, Outcome>> {
    let mut query =
        Query::new(connection, &sql::fill(sql::MODEL_CALLS, &[("filter", conditions.sql())]), &conditions.values)?;
    let mut rows = query.rows()?;
    let mut outcomes: HashMap<Key, Outcome> = HashMap::new();
    while let Some(row) = rows.next()? {
        let outcome = outcomes.entry((row.get(0)?, row.get(1)?)).or_default();
        if let Some(kind) = row.get::<_, Option<String>>(2)? {
            *outcome.by_kind.entry(kind).or_default() += row.get::<_, u64>(3)?;
        }
        let newest = Some(row.get::<_, i64>(4)?);
        if newest > outcome.newest_ns {
            (outcome.newest_ns, outcome.basis) = (newest, row.get(5)?);
        }
    }
    Ok(outcomes)
}

/// Days on which a model was called.
#[derive(Debug)]
struct History {
    first_ns: i64,
    last_ns: i64,
    days: BTreeSet<i64>,
}

/// A model is regular when it was called on so many of the days that end with its last call.
const REGULAR: usize = 4;
const OF_DAYS: i64 = 7;
/// It is silent when that was so long ago; after a month nobody waits for it any more.
const SILENT: i64 = 2 * DAY;
const GONE: i64 = 30 * DAY;

impl History {
    fn is_silent(&self, now: UnixNanos) -> bool {
        let last_day = self.last_ns.div_euclid(DAY);
        let active = self.days.range(last_day - OF_DAYS + 1..=last_day).count();
        active >= REGULAR && (SILENT..GONE).contains(&now.0.saturating_sub(self.last_ns))
    }
}

/// Of the models that `filter` names, whatever else it says.
fn histories(connection: &Connection, known: &Known, filter: &Filter) -> duckdb::Result<HashMap<Key, History>> {
    let any_of = filter.any_of.iter().filter(|(dimension, _)| BY.contains(dimension)).cloned().collect();
    let ever = Filter { any_of, ..Filter::default() };
    let (conditions, source) = (ever.on_spans(), known.times(&ever));
    let fragments = [("filter", conditions.sql()), ("source", source.as_str())];
    let mut query = Query::new(connection, &sql::fill(sql::MODEL_DAYS, &fragments), &conditions.values)?;
    let mut rows = query.rows()?;
    let mut histories: HashMap<Key, History> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (first_ns, last_ns) = (row.get(3)?, row.get(4)?);
        let none = || History { first_ns, last_ns, days: BTreeSet::new() };
        let history = histories.entry((row.get(0)?, row.get(1)?)).or_insert_with(none);
        history.first_ns = history.first_ns.min(first_ns);
        history.last_ns = history.last_ns.max(last_ns);
        history.days.insert(row.get(2)?);
    }
    Ok(histories)
}
