//! Deleting single traces and records on request: their rows, the sums they are in, and their bytes in the file.
//!
//! Done by the loader between two loads, so that nothing is loaded meanwhile that was read before the deletion.

use std::collections::HashSet;

use duckdb::Transaction;
use tokio::sync::oneshot;

use super::incoming::Incoming;
use super::load::{Store, change, write};
use super::points::append_metric;
use super::row::trace_number;
use super::signals::append_log;
use super::{Analytics, Dimension, Error, Forgotten, database, local, sql};
use crate::interpret::{Interpreter, Subject};
use crate::journal::Chunk;
use crate::model::TraceId;

/// Work for the loader's thread.
pub(super) type Job = Box<dyn FnOnce(&mut Store) + Send>;

impl Analytics {
    /// Deletes every row of `traces`, the rows that were made of the records in `removed`, and those of logs and metrics
    /// in whose attributes one of `said` stands, each like `"user.id":"alice"`.
    ///
    /// # Errors
    /// When the database refuses, nothing is deleted; or when the loader is not at work.
    pub async fn erase(
        &self,
        traces: HashSet<TraceId>,
        removed: Vec<Chunk>,
        said: Vec<String>,
    ) -> Result<Forgotten, Error> {
        let interpreter = std::sync::Arc::clone(&self.interpreter);
        self.on_loader(move |store| store.erase(traces, &removed, &said, &interpreter)).await?.map_err(Error::from)
    }

    /// Every trace with a span of `subject`.
    ///
    /// # Errors
    /// When the database fails, or the loader is not at work.
    pub async fn traces_of(&self, subject: &Subject) -> Result<HashSet<TraceId>, Error> {
        let dimension = match subject {
            Subject::Session(_) => Dimension::Session,
            Subject::User(_) => Dimension::User,
        };
        let name = subject.name().to_owned();
        let find = move |store: &mut Store| {
            let statement = sql::fill(sql::TRACES_OF, &[("column", dimension.column())]);
            let mut statement = store.connection().prepare(&statement)?;
            let rows = statement.query_map([name], |row| row.get::<_, u128>(0))?;
            rows.map(|id| id.map(|id| TraceId(id.to_be_bytes()))).collect::<duckdb::Result<_>>()
        };
        self.on_loader(find).await?.map_err(Error::from)
    }

    /// Writes the file anew, because DuckDB keeps deleted rows in it until their place is needed. Takes some seconds
    /// for a GB and as much free space; questions are answered meanwhile. Gives the bytes before and after.
    ///
    /// # Errors
    /// When there is no room for the new file; the old one stays in use.
    pub async fn rewrite(&self) -> Result<(u64, u64), Error> {
        let _alone = self.changing.lock().await;
        let (copied, is_copied) = oneshot::channel();
        let (give, turns) = std::sync::mpsc::channel();
        let pausing = std::sync::Arc::clone(&self.readers);
        // Only for the moment in which files change places nobody may ask.
        let pause = async move {
            if is_copied.await.is_ok()
                && let Some(all) = pausing.pause().await
            {
                let _gone = give.send(all);
            }
        };
        let dir = std::sync::Arc::clone(&self.dir);
        let work = self.on_loader(move |store| {
            let before = database::bytes_on_disk(&dir);
            database::copy_to_draft(store.connection(), &dir)?;
            let _told = copied.send(());
            let _turns = turns.recv().map_err(|_| Error::Closed)?;
            store.reopen(&dir, || database::adopt_draft(&dir))?;
            Ok((before, database::bytes_on_disk(&dir)))
        });
        let ((), done) = tokio::join!(pause, work);
        done?
    }

    pub(super) async fn on_loader<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> Result<T, Error> {
        if !self.is_running() {
            return Err(Error::Closed);
        }
        let (answer, answered) = oneshot::channel();
        let job = move |store: &mut Store| {
            // Nobody waits: it is done all the same.
            let _gone = answer.send(work(store));
        };
        self.shared.give(Box::new(job));
        let mut stop = self.stop.subscribe();
        tokio::select! {
            answer = answered => answer.map_err(|_| Error::Closed),
            _ = stop.wait_for(|stop| *stop) => Err(Error::Closed),
        }
    }
}

impl Store {
    fn erase(
        &mut self,
        mut traces: HashSet<TraceId>,
        removed: &[Chunk],
        said: &[String],
        interpreter: &Interpreter,
    ) -> duckdb::Result<Forgotten> {
        let incoming = Incoming::read_alone(removed, interpreter);
        traces.extend(incoming.traces.keys());
        let (transaction, stale, bills, tellers) = self.transaction()?;
        transaction.execute_batch(sql::ERASE_TABLES)?;
        fill(&transaction, &traces, &incoming, said)?;
        let starts: Vec<i64> = {
            let mut calls = transaction.prepare(sql::ERASED_STARTS)?;
            calls.query_map([], |row| row.get(0))?.collect::<duckdb::Result<_>>()?
        };
        let twins: Vec<TraceId> = {
            let mut statement = transaction.prepare(sql::TWINS_OF_GONE)?;
            let rows = statement.query_map([], |row| Ok(TraceId(row.get::<_, u128>(0)?.to_be_bytes())))?;
            rows.collect::<duckdb::Result<_>>()?
        };
        let due = bills.mark(&transaction, local::touched(&transaction, sql::ERASED_LOCAL)?.into_iter())?;
        let delete = |statement: &str| transaction.execute(statement, []).map(|rows| rows as u64);
        let forgotten = Forgotten {
            traces: delete(sql::ERASE_TRACES)?,
            spans: delete(sql::ERASE_SPANS)?,
            logs: delete(sql::ERASE_LOGS)?,
            metric_points: delete(sql::ERASE_METRICS)?,
        };
        delete(sql::ERASE_LOG_TRACES)?;
        transaction.execute_batch(sql::ERASE_JOINED)?;
        // Who stood back behind one of them counts now.
        let left = twins.iter().map(|id| (*id, Vec::new())).collect();
        let changes = change(&transaction, tellers, left, &twins)?;
        write(&transaction, &changes)?;
        let marked = stale.mark(&transaction, starts.into_iter().chain(changes.starts()))?;
        erase_sums(&transaction)?;
        transaction.commit()?;
        stale.add(marked);
        bills.add(due);
        self.save_now()?;
        Ok(forgotten)
    }

    #[cfg(test)]
    pub(super) fn erase_traces(&mut self, traces: &[TraceId]) {
        let interpreter = Interpreter::new(&Default::default(), &Default::default());
        self.erase(traces.iter().copied().collect(), &[], &[], &interpreter).expect("erases");
    }
}

/// Sums of an hour that is stale, and of its day, are not read, and their names are not to stay.
fn erase_sums(transaction: &Transaction<'_>) -> duckdb::Result<()> {
    let tables: Vec<(String, String)> = {
        let mut statement = transaction.prepare(sql::TABLES_OF_SUMS)?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<duckdb::Result<_>>()?
    };
    for (table, column) in tables {
        let of_hour = if column == "day" { "hour // 24" } else { "hour" };
        transaction
            .execute(&format!("DELETE FROM {table} WHERE {column} IN (SELECT {of_hour} FROM stale_hour)"), [])?;
    }
    Ok(())
}

/// Temporary tables with what is to go.
fn fill(
    transaction: &Transaction<'_>,
    traces: &HashSet<TraceId>,
    incoming: &Incoming,
    said: &[String],
) -> duckdb::Result<()> {
    let temporary = |table| transaction.appender_to_catalog_and_db(table, "temp", "main");
    let mut ids = temporary("gone_trace")?;
    for id in traces {
        ids.append_row([trace_number(*id)])?;
    }
    ids.flush()?;
    let mut texts = temporary("gone_said")?;
    for text in said {
        texts.append_row([text])?;
    }
    texts.flush()?;
    let mut logs = temporary("gone_log")?;
    for row in &incoming.logs {
        append_log(&mut logs, 0, row)?;
    }
    logs.flush()?;
    let mut metrics = temporary("gone_metric")?;
    for row in &incoming.metrics {
        append_metric(&mut metrics, 0, row)?;
    }
    metrics.flush()
}
