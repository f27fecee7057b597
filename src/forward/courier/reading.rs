//! From the journal into the window.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Courier, Work};
use crate::forward::Error;
use crate::forward::item::{Item, Kind, Selected};
use crate::forward::ledger::DeadLetter;
use crate::forward::lock;
use crate::forward::sampling::{Keep, Share, Verdict};
use crate::journal::{Chunk, Cursor, Payload};
use crate::model::Signal;

/// While the loader is behind, reading rests so many times as long as it took.
const BUSY_FACTOR: u32 = 4;
const LONGEST_REST: Duration = Duration::from_secs(1);

/// Where nothing of what is read is for the destination there is no end to reading: orders are looked at so often.
const TURN: Duration = Duration::from_millis(500);
const BETWEEN_TURNS: Duration = Duration::from_millis(1);

/// Dead letters that are read at once.
const LETTERS: usize = 100;

impl<K: Kind + Send + Sync + 'static> Courier<K> {
    /// Whether more may be read: enough for what is on the way and the next request.
    pub(super) fn has_room(&self) -> bool {
        self.window.bytes() < self.config.batch_bytes * (self.config.concurrency + 1)
    }

    /// Reads on if there is room. Everything that is read is packed at once, so that no more than some chunks are
    /// held in the form of the journal.
    pub(super) async fn read(&mut self, head: Cursor, work: &mut Work) -> Result<(), Error> {
        self.not_read_before = self.not_read_before.filter(|moment| *moment > Instant::now());
        if self.account.paused || self.rewind.is_some() {
            return Ok(());
        }
        if self.replay && self.has_room() {
            self.read_letters(work).await?;
        }
        if self.read_to >= head || !self.has_room() {
            return self.save_if_passed();
        }
        let reach = self.loader.reach(self.read_to, head, Instant::now());
        // A reader per turn: none may hold a finished day open while a destination is away.
        let (mut reader, turn) = (self.journal.reader(), Instant::now());
        while self.read_to < reach && self.has_room() && self.not_read_before.is_none() {
            let began = Instant::now();
            let mut chunks = reader.next(self.read_to, self.config.batch_bytes)?;
            chunks.retain(|chunk| chunk.cursor <= reach);
            if chunks.is_empty() {
                // The rest cannot be read; the journal has counted it.
                self.read_to = reach;
                self.window.add_chunk(reach, Vec::new(), None);
                self.save();
                break;
            }
            if let Some(wait) = self.take_in(&chunks, work).await? {
                self.not_read_before = Some(Instant::now() + wait);
                break;
            }
            if self.journal.is_followed_behind() {
                let rest = (began.elapsed() * BUSY_FACTOR).min(LONGEST_REST);
                self.not_read_before = Some(Instant::now() + rest);
            } else if turn.elapsed() >= TURN {
                self.not_read_before = Some(Instant::now() + BETWEEN_TURNS);
            }
        }
        self.save_if_passed()
    }

    fn save_if_passed(&mut self) -> Result<(), Error> {
        if self.window.is_empty() && self.account.cursor != self.window.cursor() {
            // Nothing of it was for this destination.
            self.save();
        }
        Ok(())
    }

    /// Takes what goes of some chunks into the window; gives how long to wait when that cannot be said yet.
    async fn take_in(&mut self, chunks: &[Chunk], work: &mut Work) -> Result<Option<Duration>, Error> {
        let mut decoded: Vec<(&Chunk, Option<Payload>)> = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            decoded.push((chunk, self.decode(chunk)?));
        }
        if let Some(mut sampler) = self.sampler.take() {
            let chunks = decoded.iter().filter_map(|(chunk, payload)| Some((*chunk, payload.as_ref()?)));
            self.meanwhile(work, sampler.foresee(chunks)).await;
            self.sampler = Some(sampler);
        }
        let mut selected = Vec::new();
        // How many of `selected` each chunk gave.
        let mut taken: Vec<(&Chunk, usize)> = Vec::new();
        let mut wait = None;
        for (chunk, payload) in decoded {
            let before = selected.len();
            if let Some(payload) = payload {
                let shares = match self.judge(chunk, &payload, work).await? {
                    Verdict::Wait(later) => {
                        wait = Some(later);
                        break;
                    }
                    Verdict::Send(shares) => shares,
                };
                let (own, earlier): (Vec<Share>, _) =
                    shares.into_iter().partition(|share| share.cursor == chunk.cursor);
                for share in earlier {
                    let Some(chunk) = self.journal.reader().chunk(share.cursor)? else { continue };
                    let payload = self.decode(&chunk)?;
                    selected.extend(payload.and_then(|some| self.select(&chunk, some, &share.keep)));
                }
                if let Some(share) = own.first() {
                    selected.extend(self.select(chunk, payload, &share.keep));
                }
            }
            taken.push((chunk, selected.len() - before));
        }
        let kind = Arc::clone(&self.kind);
        self.meanwhile(work, kind.prepare(&mut selected)).await;
        let mut selected = selected.iter();
        for (chunk, count) in taken {
            let items = selected.by_ref().take(count).flat_map(|one| self.pack(one)).collect();
            let done = self.former.iter().find(|partial| partial.cursor == chunk.cursor);
            self.window.add_chunk(chunk.cursor, items, done);
            self.read_to = chunk.cursor;
            self.arrivals.push_back((chunk.cursor, chunk.received));
            // Requests on the way go on in between.
            self.meanwhile(work, tokio::task::yield_now()).await;
        }
        Ok(wait)
    }

    /// What a chunk holds, unless it is of no use for this destination; spans in pieces whole.
    fn decode(&mut self, chunk: &Chunk) -> Result<Option<Payload>, Error> {
        // A sampler hears of the others, too: an error is often told by a log record.
        if !self.selector.takes(chunk.signal) && self.sampler.is_none() {
            return Ok(None);
        }
        match chunk.payload() {
            Ok(mut payload) => {
                self.pieces.complete(chunk, &mut payload)?;
                Ok(Some(payload))
            }
            Err(error) => {
                // It would be the same tomorrow: what follows must not wait for it.
                let Cursor { day, chunk } = chunk.cursor;
                tracing::error!(journal.day = %day, journal.chunk = chunk, "chunk {chunk} of journal day {day} is not forwarded: {error}");
                Ok(None)
            }
        }
    }

    /// Which traces go.
    async fn judge(&mut self, chunk: &Chunk, payload: &Payload, work: &mut Work) -> Result<Verdict, Error> {
        let Some(mut sampler) = self.sampler.take() else {
            return Ok(Verdict::Send(vec![Share { cursor: chunk.cursor, keep: Keep::all() }]));
        };
        let verdict = self.meanwhile(work, sampler.judge(chunk, payload)).await;
        self.sampler = Some(sampler);
        verdict
    }

    /// What of a chunk goes.
    fn select(&self, chunk: &Chunk, payload: Payload, keep: &Keep) -> Option<Selected> {
        let mut selected = self.selector.select(chunk, payload, &|trace| keep.goes(trace))?;
        keep.mark(&mut selected.payload);
        Some(selected)
    }

    fn pack(&self, selected: &Selected) -> impl Iterator<Item = (Cursor, Signal, Item)> {
        let (cursor, signal) = (selected.cursor, selected.payload.signal());
        self.kind.pack(selected).into_iter().map(move |item| (cursor, signal, item))
    }

    pub(super) fn lose(&mut self, records: u64) {
        self.account.lost_records += records;
        self.counted.lost.inc_by(records);
        self.save();
        let name = &self.config.name;
        tracing::error!(
            destination = %name, records,
            "{records} records were deleted by retention before {name} had them: give it more time with behind = \"hold\", or raise retention.max_disk_mib"
        );
    }

    /// Dead letters that are to be sent again.
    async fn read_letters(&mut self, work: &mut Work) -> Result<(), Error> {
        let letters = self.ledger.to_replay(&self.config.name, self.replayed, LETTERS)?;
        self.replay = letters.len() == LETTERS;
        for letter in letters {
            self.replayed = letter.id;
            let items = self.items_of_letter(&letter, work).await?;
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

    async fn items_of_letter(
        &mut self,
        letter: &DeadLetter,
        work: &mut Work,
    ) -> Result<Vec<(Cursor, Signal, Item)>, Error> {
        let Some(chunk) = self.journal.reader().chunk(letter.cursor)? else { return Ok(Vec::new()) };
        let only = letter.ordinal..letter.ordinal.saturating_add(letter.records.max(1));
        let Some(payload) = self.decode(&chunk)? else { return Ok(Vec::new()) };
        let keep = match &self.sampler {
            Some(sampler) => sampler.again(&chunk, &payload)?,
            None => Keep::all(),
        };
        let selected = self.select(&chunk, payload, &keep).and_then(|selected| restrict(selected, &only));
        let mut selected: Vec<Selected> = selected.into_iter().collect();
        let kind = Arc::clone(&self.kind);
        self.meanwhile(work, kind.prepare(&mut selected)).await;
        Ok(selected.iter().flat_map(|one| self.pack(one)).collect())
    }
}

/// Only the records of `only`.
fn restrict(mut selected: Selected, only: &std::ops::Range<u32>) -> Option<Selected> {
    let mut ordinals = selected.ordinals.iter();
    selected.payload.retain(|_, _| ordinals.next().is_some_and(|ordinal| only.contains(ordinal)));
    selected.ordinals.retain(|ordinal| only.contains(ordinal));
    (!selected.ordinals.is_empty()).then_some(selected)
}
