//! The log records of one trace: for the page to list, to make calls of, and to complete the content of spans.

use std::collections::HashMap;

use serde_json::Value;

use super::convert;
use super::error::ApiError;
use super::types::LogItem;
use crate::analytics::{self, Home};
use crate::interpret::logs::{self, Told};
use crate::interpret::scores::{Score, Scores};
use crate::journal::{Chunk, Journal, Payload};
use crate::model::langfuse_media::{EVENT, ID, REFERENCE};
use crate::model::media::Reference;
use crate::model::otlp::{LogRecord, LogsData, TracesData};
use crate::model::score::deletions_of;
use crate::model::value::attributes_to_json;
use crate::model::{Signal, TraceId};

/// Records that a page lists: a chatty service may have written a million.
const MOST: usize = 1000;

/// Scores that a page shows: a trace has a handful.
const MOST_SCORES: usize = 200;

#[derive(Default)]
pub(super) struct Logs {
    /// In order of their time.
    pub(super) items: Vec<LogItem>,
    pub(super) count: u64,
    /// Calls made of them, with their project.
    pub(super) spans: Vec<(String, TracesData)>,
    pub(super) told: Told,
    pub(super) scores: Vec<Score>,
    /// Files that Langfuse's SDKs uploaded, by the id in the text.
    pub(super) files: HashMap<String, Reference>,
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
    let mut scores = Scores::default();
    let mut take = |chunk: &Chunk| {
        // A damaged chunk the loader has named in the log.
        let Ok(Payload::Logs(data)) = chunk.payload() else { return };
        let records = analytics::read_logs(&data, chunk.received).into_iter();
        items.extend(records.filter(|record| record.trace_id.is_some_and(|id| ids.contains(&id))));
        for id in ids {
            scores.take(&data, *id, chunk.received);
            found.files.extend(files(&data, *id));
        }
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
    found.scores = that_hold(journal, scores)?;
    Ok(found)
}

fn files(data: &LogsData, trace: TraceId) -> Vec<(String, Reference)> {
    let records = data.resource_logs.iter().flat_map(|group| &group.scope_logs).flat_map(|part| &part.log_records);
    let ours = records.filter(|record| record.event_name == EVENT && record.trace_id == trace.0.as_slice());
    let read = |record: &LogRecord| {
        let told = attributes_to_json(&record.attributes);
        let text = |key: &str| told.get(key).and_then(Value::as_str);
        Some((text(ID)?.to_owned(), Reference::parse(text(REFERENCE)?)?))
    };
    ours.filter_map(read).collect()
}

/// Without those that were deleted: their deletions have a trace of their own each.
fn that_hold(journal: &Journal, mut scores: Scores) -> Result<Vec<Score>, ApiError> {
    for deletions in scores.ids().iter().take(MOST_SCORES).filter_map(|id| deletions_of(id)) {
        for chunk in journal.trace(deletions)? {
            if let Ok(Payload::Logs(data)) = chunk.payload() {
                scores.delete(&data, chunk.received);
            }
        }
    }
    let mut scores = scores.finish();
    scores.truncate(MOST_SCORES);
    Ok(scores)
}
