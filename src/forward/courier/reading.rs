//! From the journal into the window.

use std::time::Duration;

use tokio::time::Instant;

use super::Courier;
use crate::forward::Error;
use crate::forward::item::{Item, Kind, Selected};
use crate::forward::ledger::DeadLetter;
use crate::forward::lock;
use crate::journal::{Chunk, Cursor};
use crate::model::Signal;

/// While the loader is behind, reading rests so many times as long as it took.
const BUSY_FACTOR: u32 = 4;
const LONGEST_REST: Duration = Duration::from_secs(1);

/// Dead letters that are read at once.
const LETTERS: usize = 100;

impl<K: Kind + Send + Sync + 'static> Courier<K> {
    /// Whether more may be read: enough for what is on the way and the next request.
    pub(super) fn has_room(&self) -> bool {
        self.window.bytes() < self.config.batch_bytes * (self.config.concurrency + 1)
    }

    /// Reads on if there is room. Everything that is read is packed at once, so that no more than some chunks are
    /// held in the form of the journal.
    pub(super) async fn read(&mut self, head: Cursor) -> Result<(), Error> {
        if self.account.paused || self.rewind.is_some() {
            return Ok(());
        }
        if self.replay && self.has_room() {
            self.read_letters()?;
        }
        // A reader per turn: none may hold a finished day open while a destination is away.
        let mut reader = self.journal.reader();
        while self.read_to < head
            && self.has_room()
            && self.not_read_before.is_none_or(|moment| moment <= Instant::now())
        {
            let began = Instant::now();
            let chunks = reader.next(self.read_to, self.config.batch_bytes)?;
            if chunks.is_empty() {
                // The rest cannot be read; the journal has counted it.
                self.read_to = head;
                self.window.add_chunk(head, Vec::new(), None);
                self.save();
                break;
            }
            for chunk in chunks {
                self.take_in(&chunk)?;
                // Requests on the way go on in between.
                tokio::task::yield_now().await;
            }
            if self.journal.is_followed_behind() {
                let rest = (began.elapsed() * BUSY_FACTOR).min(LONGEST_REST);
                self.not_read_before = Some(Instant::now() + rest);
            }
        }
        if self.window.is_empty() && self.account.cursor != self.window.cursor() {
            // Nothing of it was for this destination.
            self.save();
        }
        Ok(())
    }

    fn take_in(&mut self, chunk: &Chunk) -> Result<(), Error> {
        if chunk.cursor.day > self.read_to.day {
            let lost = self.unsent.lost(&self.journal, chunk.cursor.day);
            if lost > 0 {
                self.lose(lost);
            }
        }
        let items = self.items_of(chunk, None)?;
        let done = self.account.partial.iter().find(|partial| partial.cursor == chunk.cursor);
        self.window.add_chunk(chunk.cursor, items, done);
        self.read_to = chunk.cursor;
        self.unsent.read(chunk.cursor.day, chunk.items);
        self.arrivals.push_back((chunk.cursor, chunk.received));
        Ok(())
    }

    /// What of a chunk goes, packed; with `only`, just these of its records.
    fn items_of(
        &self,
        chunk: &Chunk,
        only: Option<std::ops::Range<u32>>,
    ) -> Result<Vec<(Cursor, Signal, Item)>, Error> {
        if !self.selector.takes(chunk.signal) {
            return Ok(Vec::new());
        }
        let payload = match chunk.payload() {
            Ok(payload) => payload,
            Err(error) => {
                // It would be the same tomorrow: what follows must not wait for it.
                let Cursor { day, chunk } = chunk.cursor;
                tracing::error!(journal.day = %day, journal.chunk = chunk, "chunk {chunk} of journal day {day} is not forwarded: {error}");
                return Ok(Vec::new());
            }
        };
        let keep = |_| true;
        let selected = self.selector.select(chunk, payload, &keep);
        let selected = match only {
            Some(only) => selected.and_then(|selected| restrict(selected, &only)),
            None => selected,
        };
        let items = selected.map(|selected| self.kind.pack(&selected)).unwrap_or_default();
        Ok(items.into_iter().map(|item| (chunk.cursor, chunk.signal, item)).collect())
    }

    fn lose(&mut self, records: u64) {
        self.account.lost_records += records;
        self.counted.lost.inc_by(records);
        let name = &self.config.name;
        tracing::error!(
            destination = %name, records,
            "{records} records were deleted by retention before {name} had them: give it more time with behind = \"hold\", or raise retention.max_disk_mib"
        );
    }

    /// Dead letters that are to be sent again.
    fn read_letters(&mut self) -> Result<(), Error> {
        let letters = self.ledger.to_replay(&self.config.name, self.replayed, LETTERS)?;
        self.replay = letters.len() == LETTERS;
        for letter in letters {
            self.replayed = letter.id;
            let items = self.items_of_letter(&letter)?;
            if items.is_empty() {
                let why = "it is no longer in the journal, or no longer for this destination";
                self.ledger.refused_again(letter.id, why, "", self.clock.now())?;
            } else {
                self.window.add_letter(letter.id, items);
            }
        }
        self.count_dead()
    }

    /// Their number may have been changed by hand.
    fn count_dead(&self) -> Result<(), Error> {
        let dead = self.ledger.dead(&self.config.name)?;
        lock(&self.report).dead_letters = dead;
        Ok(())
    }

    fn items_of_letter(&self, letter: &DeadLetter) -> Result<Vec<(Cursor, Signal, Item)>, Error> {
        let Some(chunk) = self.journal.reader().chunk(letter.cursor)? else { return Ok(Vec::new()) };
        let only = letter.ordinal..letter.ordinal.saturating_add(letter.records.max(1));
        self.items_of(&chunk, Some(only))
    }
}

/// Only the records of `only`.
fn restrict(mut selected: Selected, only: &std::ops::Range<u32>) -> Option<Selected> {
    let mut ordinals = selected.ordinals.iter();
    let mut goes = || ordinals.next().is_some_and(|ordinal| only.contains(ordinal));
    selected.payload.retain(&mut goes);
    selected.ordinals.retain(|ordinal| only.contains(ordinal));
    (!selected.ordinals.is_empty()).then_some(selected)
}
