//! The log records of one trace: for the page to list, to make calls of, and to complete the content of spans.

use super::convert;
use super::error::ApiError;
use super::types::LogItem;
use crate::analytics::{self, Home};
use crate::interpret::logs::{self, Told};
use crate::journal::{Chunk, Journal, Payload};
use crate::model::otlp::TracesData;
use crate::model::{Signal, TraceId};

/// Records that a page lists: a chatty service may have written a million.
const MOST: usize = 1000;

#[derive(Default)]
pub(super) struct Logs {
    /// In order of their time.
    pub(super) items: Vec<LogItem>,
    pub(super) count: u64,
    /// Calls made of them, with their project.
    pub(super) spans: Vec<(String, TracesData)>,
    pub(super) told: Told,
}

/// The records of traces `ids` in `chunks`, and those that `homes` knows to belong to them.
pub(super) fn read_logs(
    journal: &Journal,
    ids: &[TraceId],
    chunks: &[Chunk],
    homes: &[Home],
) -> Result<Logs, ApiError> {
    let mut found = Logs::default();
    let mut items = Vec::new();
    let mut take = |chunk: &Chunk| {
        // A damaged chunk the loader has named in the log.
        let Ok(Payload::Logs(data)) = chunk.payload() else { return };
        let records = analytics::read_logs(&data, chunk.received).into_iter();
        items.extend(records.filter(|record| record.trace_id.is_some_and(|id| ids.contains(&id))));
        found.told.take(&data);
        found.spans.push((chunk.project.clone(), logs::spans(&data, chunk.received)));
    };
    chunks.iter().filter(|chunk| chunk.signal == Signal::Logs).for_each(&mut take);
    for home in homes {
        let more = journal.logs(home.day, home.first, home.last)?;
        // Those with the trace id were among `chunks`.
        more.iter().filter(|chunk| chunks.iter().all(|known| known.cursor != chunk.cursor)).for_each(&mut take);
    }
    items.sort_by_key(|record| record.time);
    found.count = items.len() as u64;
    found.items = items.into_iter().take(MOST).map(convert::log).collect();
    Ok(found)
}
