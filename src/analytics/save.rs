//! When what was loaded gets into the file, and memory back to the system.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::database;
use super::load::Store;
use super::readers::Readers;

/// Rows after which merging row groups pays: a full one.
const WORTH_MERGING: u64 = database::ROW_GROUP;

/// Rows that are worth a checkpoint when nothing else is to do: loading them again would take a quarter of a second.
const WORTH_SAVING: u64 = 8_192;

/// Every checkpoint writes the youngest row group of each table again, some MB, and a crash has the journal since the
/// last one loaded again.
const SAVE_EVERY: Duration = Duration::from_secs(3600);

/// Where less than a full row group comes in this time, a quarter of one is worth a checkpoint: else rows wait in memory for
/// minutes, a KiB and more each. When the row group grows they are compressed again, for which there is time then.
const UNHURRIED: Duration = Duration::from_secs(20);

/// The memory that DuckDB may have, and whose questions need it.
pub(super) struct Memory {
    pub(super) mib: u32,
    pub(super) readers: Arc<Readers>,
}

impl Store {
    /// Under load the loader works alone: while another thread of DuckDB takes a piece of our work, DuckDB lets us
    /// wait in a busy loop, which took a third of the processor time of loading.
    pub(super) fn hurry(&mut self, hurried: bool) -> duckdb::Result<()> {
        if self.hurried != hurried && self.threads > 1 {
            let threads = if hurried { 1 } else { self.threads };
            self.connection.execute_batch(&format!("SET threads = {threads}"))?;
        }
        self.hurried = hurried;
        Ok(())
    }

    /// Merges row groups when enough came since the last time. For when nothing else is to do.
    pub(super) fn tidy(&mut self) -> duckdb::Result<()> {
        if self.loose_rows < WORTH_MERGING {
            return self.save_if_due(WORTH_SAVING);
        }
        database::compact(&self.connection)?;
        self.loose_rows = 0;
        self.saved();
        Ok(())
    }

    /// Writes a checkpoint while more keeps coming: of a full row group, or of less when little comes.
    pub(super) fn save_at_pace(&mut self) -> duckdb::Result<()> {
        let unhurried = self.saved_at.elapsed() >= UNHURRIED;
        self.save_if_due(if unhurried { database::ROW_GROUP / 4 } else { database::ROW_GROUP })
    }

    /// Writes a checkpoint when it is time for one, or `rows` are not in the file yet: a crash costs the loading of what
    /// came since.
    pub(super) fn save_if_due(&mut self, rows: u64) -> duckdb::Result<()> {
        let overdue = self.saved_at.elapsed() >= SAVE_EVERY;
        self.save_from(if overdue { 1 } else { rows })
    }

    /// Writes a checkpoint when so many rows are not in the file yet.
    pub(super) fn save_from(&mut self, rows: u64) -> duckdb::Result<()> {
        if self.unsaved_rows >= rows { self.save_now() } else { Ok(()) }
    }

    /// Writes a checkpoint.
    pub(super) fn save_now(&mut self) -> duckdb::Result<()> {
        database::save(&self.connection)?;
        self.saved();
        Ok(())
    }

    fn saved(&mut self) {
        self.unsaved_rows = 0;
        self.saved_at = Instant::now();
        // Rows that waited were many small pieces, which the allocator would keep: tens of MiB.
        if let Some(Memory { mib, readers }) = &self.memory {
            let paused = readers.try_pause();
            if let Err(error) = database::give_back(&self.connection, *mib, paused.is_some()) {
                tracing::debug!(%error, "memory that is free again stays with the allocator: {error}");
            }
        }
    }
}
