//! The list of models: what was called, how fast it answered and what it cost.

use std::collections::HashMap;

use duckdb::{Connection, params_from_iter};

use super::filter::Conditions;
use super::histogram::Histogram;
use super::row::Cells;
use super::{Analytics, Error, Filter, Sums, sql};
use crate::model::UnixNanos;

/// One model of one provider, over counted calls. Quantiles are exact for few calls, within 1 % for many.
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
        let conditions = filter.on_spans();
        self.readers.ask(move |connection| answer(connection, &conditions)).await
    }
}

fn answer(connection: &Connection, conditions: &Conditions) -> duckdb::Result<Vec<ModelFigures>> {
    let (mut latency, mut ttft) =
        (steps(connection, conditions, "duration_ns")?, steps(connection, conditions, "ttft_ns")?);
    let mut statement = connection.prepare(&sql::fill(sql::MODELS, &[("filter", conditions.sql())]))?;
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

fn steps(connection: &Connection, conditions: &Conditions, value: &str) -> duckdb::Result<HashMap<Key, Histogram>> {
    let fragments = [("value", value), ("filter", conditions.sql())];
    let mut statement = connection.prepare(&sql::fill(sql::MODEL_STEPS, &fragments))?;
    let mut rows = statement.query(params_from_iter(&conditions.values))?;
    let mut groups: HashMap<Key, Histogram> = HashMap::new();
    while let Some(row) = rows.next()? {
        let key = (row.get(0)?, row.get(1)?);
        groups.entry(key).or_default().add(row.get(2)?, row.get(3)?, row.get(4)?);
    }
    Ok(groups)
}
