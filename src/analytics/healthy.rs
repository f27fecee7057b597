//! Which traces nobody will want to look into again: they went well, as fast and as cheap as others.

use std::collections::HashSet;

use duckdb::params;
use serde_json::Value;

use super::load::Store;
use super::{Analytics, Error, sql};
use crate::interpret::is_bad_verdict;
use crate::model::{NanoUsd, TraceId, UnixNanos};

/// What is worth keeping whatever others of its name took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worth {
    /// Nanoseconds from which a trace is slow.
    pub slow_ns: i64,
    /// Cost from which it is expensive.
    pub expensive: NanoUsd,
}

impl Analytics {
    /// Of the traces that began from `since` until before `until` those that are healthy: without an error, not slower
    /// than 95 % of those of the same name and UTC day, not more expensive than 95 % of those of the day that cost
    /// something, below the limits of `worth`, and not judged bad by any evaluation or feedback since.
    ///
    /// # Errors
    /// When the database fails or the loader is not at work.
    pub async fn healthy(&self, since: UnixNanos, until: UnixNanos, worth: Worth) -> Result<HashSet<TraceId>, Error> {
        self.on_loader(move |store| store.healthy(since, until, worth)).await?.map_err(Error::from)
    }
}

impl Store {
    fn healthy(&self, since: UnixNanos, until: UnixNanos, worth: Worth) -> duckdb::Result<HashSet<TraceId>> {
        let trace = |id: u128| TraceId(id.to_be_bytes());
        let mut healthy = HashSet::new();
        let mut statement = self.connection().prepare(sql::HEALTHY_TRACES)?;
        let mut rows = statement.query(params![since.0, until.0, worth.slow_ns, worth.expensive.0])?;
        while let Some(row) = rows.next()? {
            healthy.insert(trace(row.get(0)?));
        }
        let mut statement = self.connection().prepare(sql::VERDICTS_ON_TRACES)?;
        let mut rows = statement.query(params![since.0])?;
        while let Some(row) = rows.next()? {
            let attributes: Value = serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default();
            let said = attributes.as_object().into_iter().flatten();
            if is_bad_verdict(said.map(|(key, value)| (key.as_str(), text_of(value)))) {
                healthy.remove(&trace(row.get(0)?));
            }
        }
        Ok(healthy)
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
