//! Deleting rows of days that are not to be kept any longer.

use duckdb::params;

use super::{Analytics, Error, rollup, sql};
use crate::model::Day;

/// Times a deletion is tried: the loader may be changing the same rows.
const TRIES: usize = 3;

/// How many rows were deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    pub traces: u64,
    pub spans: u64,
    pub logs: u64,
    pub metric_points: u64,
}

impl Forgotten {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Analytics {
    /// Deletes the rows of traces that ended, and of logs and metric points from, before `day` (UTC), by the time that
    /// their sender gave. Rows without a time stay. The file does not shrink: its pages are used again after the next
    /// checkpoint.
    ///
    /// # Errors
    /// When the database refuses; nothing is deleted then.
    pub async fn forget_before(&self, day: Day) -> Result<Forgotten, Error> {
        let _alone = self.changing.lock().await;
        let mut connection = self.readers.another()?;
        let last = day.start().0 - 1;
        let forget = move || {
            let mut tries = 0;
            loop {
                tries += 1;
                match attempt(&mut connection, last) {
                    Err(error) if tries < TRIES => tracing::debug!(%error, "deleting old rows is tried again: {error}"),
                    done => return done,
                }
            }
        };
        let done = tokio::task::spawn_blocking(forget).await.map_err(|error| Error::Question(error.to_string()))?;
        Ok(done?)
    }

    /// Brings everything that is loaded into the file. For before the journal forgets what a crash would have us load
    /// again.
    ///
    /// # Errors
    /// When the file cannot be written or the loader is not at work.
    pub async fn save(&self) -> Result<(), Error> {
        Ok(self.on_loader(|store| store.save_from(1)).await??)
    }
}

fn attempt(connection: &mut duckdb::Connection, last: i64) -> duckdb::Result<Forgotten> {
    let transaction = connection.transaction()?;
    let delete = |statement: &str| transaction.execute(statement, params![last]).map(|rows| rows as u64);
    let traces = delete(sql::FORGET_TRACES)?;
    let spans = delete(sql::FORGET_SPANS)?;
    let logs = delete(sql::FORGET_LOGS)?;
    let metric_points = delete(sql::FORGET_METRICS)?;
    for statement in [sql::FORGET_LOG_TRACES, sql::FORGET_JOINED, sql::FORGET_EXECUTIONS] {
        delete(statement)?;
    }
    rollup::mark_until(&transaction, last)?;
    transaction.commit()?;
    Ok(Forgotten { traces, spans, logs, metric_points })
}
