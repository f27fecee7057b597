//! What arrived of a trace before some place: the pieces of its spans, see [`crate::model::piece`].

use std::collections::HashMap;

use super::{Chunk, Cursor, Error, Journal};
use crate::model::{Day, TraceId};

/// Traces whose first day is remembered: 2 MB.
const REMEMBERED: usize = 1 << 16;

/// Reads earlier chunks of traces. Remembers on which day a trace began, so that only its first update looks through all
/// days there are. Blocks on the disk.
#[derive(Debug)]
pub struct Earlier {
    journal: Journal,
    /// No chunk of the trace arrived before this day.
    first: HashMap<TraceId, Day>,
}

impl Earlier {
    pub(super) fn new(journal: Journal) -> Self {
        Self { journal, first: HashMap::new() }
    }

    /// Notes that nothing of `trace` arrived before `day`, as who has read all of the journal up to there knows.
    pub fn begins(&mut self, trace: TraceId, day: Day) {
        if self.first.len() >= REMEMBERED {
            self.first.clear();
        }
        self.first.entry(trace).or_insert(day);
    }

    /// Gives `take` every chunk before `before` with something of `traces`, in the order of the journal. What cannot be
    /// read is left out, as elsewhere.
    ///
    /// # Errors
    /// When the folder cannot be listed, or a day file not opened.
    pub fn each(&mut self, traces: &[TraceId], before: Cursor, mut take: impl FnMut(Chunk)) -> Result<(), Error> {
        let since = |trace: &TraceId| self.first.get(trace).copied().unwrap_or(Day(i32::MIN));
        let Some(first) = traces.iter().map(since).min() else { return Ok(()) };
        let mut reader = self.journal.reader();
        let places = reader.places(traces, Cursor { day: first, chunk: 0 }, before)?;
        for (place, trace) in &places {
            self.begins(*trace, place.day);
        }
        for trace in traces {
            self.begins(*trace, before.day);
        }
        let mut chunks: Vec<Cursor> = places.into_iter().map(|(place, _)| place).collect();
        chunks.dedup();
        for place in chunks {
            reader.chunk(place)?.into_iter().for_each(&mut take);
        }
        Ok(())
    }
}

impl Journal {
    /// Looks for what arrived of traces before.
    pub fn earlier(&self) -> Earlier {
        Earlier::new(self.clone())
    }
}
