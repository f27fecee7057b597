//! The list of models: what was called, how fast it answered and what it cost.

use std::collections::HashMap;

use duckdb::{Connection, params_from_iter};

use super::filter::Conditions;
use super::histogram::{Histogram, read_steps};
use super::rollup::{Measure, source};
use super::row::Cells;
use super::{Analytics, Dimension, Error, Filter, Sums, sql};
use crate::model::UnixNanos;

/// One model of one provider, over counted calls. Quantiles are exact for few calls, off by 2 % at most for many.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFigures {
    pub provider: Option<String>,
    pub model: Option<String>,
    /// Start of the newest call.
    pub last_used: UnixNanos,
    pub sums: Sums,
    pub latency_p50_ns: Option<i64>,
    pub latency_p95_ns: Option<i64>,
    pub ttft_p50_ns: Option<i64>,
    pub ttft_p95_ns: Option<i64>,
}

type Key = (Option<String>, Option<String>);

impl Analytics {
    /// All models that calls matching `filter` used, most expensive first, then by calls and name.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn models(&self, filter: &Filter) -> Result<Vec<ModelFigures>, Error> {
        let filter = filter.clone();
        self.readers.ask(move |connection| answer(&*connection.unchecked_transaction()?, &filter)).await
    }
}

const BY: &[Dimension] = &[Dimension::Provider, Dimension::Model];

fn answer(connection: &Connection, filter: &Filter) -> duckdb::Result<Vec<ModelFigures>> {
    let conditions = filter.on_spans();
    let steps_of = |measure| steps(connection, filter, &conditions, measure);
    let (mut latency, mut ttft) = (steps_of(Measure::Latency)?, steps_of(Measure::Ttft)?);
    let source = source::sums(connection, filter, BY, &[])?;
    let fragments = [("filter", conditions.sql()), ("source", source.as_str())];
    let mut statement = connection.prepare(&sql::fill(sql::MODELS, &fragments))?;
    let rows = statement.query_map(params_from_iter(&conditions.values), |row| {
        let mut cells = Cells::of(row);
        let key: Key = (cells.take()?, cells.take()?);
        Ok((key, UnixNanos(cells.take()?), Sums::read(&mut cells)?))
    })?;
    let mut models = Vec::new();
    for row in rows {
        let (key, last_used, sums) = row?;
        let (latency, ttft) = (latency.remove(&key).unwrap_or_default(), ttft.remove(&key).unwrap_or_default());
        let (provider, model) = key;
        models.push(ModelFigures {
            provider,
            model,
            last_used,
            sums,
            latency_p50_ns: latency.quantile(0.5),
            latency_p95_ns: latency.quantile(0.95),
            ttft_p50_ns: ttft.quantile(0.5),
            ttft_p95_ns: ttft.quantile(0.95),
        });
    }
    models.sort_by(|one, other| {
        let rank = |figures: &ModelFigures| (figures.sums.cost, figures.sums.calls);
        let names = |figures: &ModelFigures| (figures.provider.clone(), figures.model.clone());
        rank(other).cmp(&rank(one)).then_with(|| names(one).cmp(&names(other)))
    });
    Ok(models)
}

fn steps(
    connection: &Connection,
    filter: &Filter,
    conditions: &Conditions,
    measure: Measure,
) -> duckdb::Result<HashMap<Key, Histogram>> {
    let source = source::steps(connection, filter, BY, &[], measure)?;
    let fragments = [("group", "provider, model"), ("filter", conditions.sql()), ("source", source.as_str())];
    read_steps(connection, &fragments, &conditions.values, 2, |row| Ok((row.get(0)?, row.get(1)?)))
}
