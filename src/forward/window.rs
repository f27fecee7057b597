//! What was read and is not confirmed yet: which items wait, which are on the way, and how far the cursor may move.
//! Pure bookkeeping, without I/O and time.

use std::collections::{BTreeMap, VecDeque};

use super::item::Item;
use crate::journal::Cursor;
use crate::model::Signal;

/// An item and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Which of the open pieces it is of.
    piece: u64,
    /// The chunk its records stand in.
    pub cursor: Cursor,
    pub signal: Signal,
    pub item: Item,
}

/// What belongs to one step of the cursor, or to one dead letter that is sent again.
#[derive(Debug)]
struct Piece {
    kind: PieceKind,
    /// For each item how many parts of it are not settled.
    left: Vec<u32>,
    unsettled: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PieceKind {
    /// The chunk at this cursor.
    Chunk(Cursor),
    /// The dead letter of this id.
    Letter(i64),
}

/// Of a chunk behind the cursor: which of its items are settled. Kept over a restart, so that what is there is not sent
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partial {
    pub cursor: Cursor,
    /// How many items there were: with another number they were made by other rules, and all are sent.
    pub items: u32,
    /// Indexes of those that are settled, ascending.
    pub done: Vec<u32>,
}

/// Everything between reading and confirmation.
#[derive(Debug)]
pub struct Window {
    pieces: BTreeMap<u64, Piece>,
    next: u64,
    /// Requests that are made up already: what is left of earlier ones.
    ready: VecDeque<Vec<Pending>>,
    waiting: VecDeque<Pending>,
    bytes: usize,
    /// Everything up to here is settled.
    cursor: Cursor,
}

impl Window {
    pub fn new(cursor: Cursor) -> Self {
        Self { pieces: BTreeMap::new(), next: 0, ready: VecDeque::new(), waiting: VecDeque::new(), bytes: 0, cursor }
    }

    /// Adds the items of the chunk at `cursor`, each with the chunk its records stand in; `done` says which of them a
    /// former run has settled. Their indexes become their places in `items`.
    pub fn add_chunk(&mut self, cursor: Cursor, items: Vec<(Cursor, Signal, Item)>, done: Option<&Partial>) {
        let total = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let done: &[u32] = done.filter(|done| done.items == total).map_or(&[], |done| &done.done);
        self.add(PieceKind::Chunk(cursor), items, done);
    }

    /// Adds what a dead letter is about.
    pub fn add_letter(&mut self, id: i64, items: Vec<(Cursor, Signal, Item)>) {
        self.add(PieceKind::Letter(id), items, &[]);
    }

    fn add(&mut self, kind: PieceKind, items: Vec<(Cursor, Signal, Item)>, done: &[u32]) {
        let number = self.next;
        self.next += 1;
        let mut left = vec![1; items.len()];
        let mut unsettled = items.len();
        for (index, (cursor, signal, mut item)) in (0..).zip(items) {
            if done.binary_search(&index).is_ok() {
                left[index as usize] = 0;
                unsettled -= 1;
                continue;
            }
            item.index = index;
            self.bytes += item.body.len();
            self.waiting.push_back(Pending { piece: number, cursor, signal, item });
        }
        self.pieces.insert(number, Piece { kind, left, unsettled });
        self.advance();
    }

    /// The next request: items of one group, in order, within the limits, at least one.
    pub fn take(&mut self, most_bytes: usize, most_records: usize) -> Option<Vec<Pending>> {
        if let Some(request) = self.ready.pop_front() {
            return Some(request);
        }
        let group = self.waiting.front()?.item.group.clone();
        let (mut request, mut others) = (Vec::new(), VecDeque::new());
        let (mut bytes, mut records) = (0, 0);
        while let Some(pending) = self.waiting.pop_front() {
            if pending.item.group != group {
                others.push_back(pending);
                continue;
            }
            bytes += pending.item.size();
            records += pending.item.records as usize;
            if !request.is_empty() && (bytes > most_bytes || records > most_records) {
                self.waiting.push_front(pending);
                break;
            }
            request.push(pending);
        }
        others.append(&mut self.waiting);
        self.waiting = others;
        Some(request)
    }

    /// These are to be sent again, before all others, as one request.
    pub fn give_back(&mut self, items: Vec<Pending>) {
        if !items.is_empty() {
            self.ready.push_front(items);
        }
    }

    /// Instead of `pending` these go, as one request; they count as parts of it.
    pub fn replace(&mut self, pending: &Pending, by: Vec<Item>) {
        if let Some(left) = self.left(pending) {
            *left += u32::try_from(by.len()).unwrap_or(u32::MAX);
        }
        self.bytes += by.iter().map(|item| item.body.len()).sum::<usize>();
        let parts = by.into_iter().map(|mut item| {
            item.index = pending.item.index;
            Pending { item, ..pending.clone() }
        });
        let parts = parts.collect();
        self.give_back(parts);
        self.settle(pending);
    }

    /// `pending` is there, or dead. Gives the dead letter that is done with by this, if it was the last part of one.
    pub fn settle(&mut self, pending: &Pending) -> Option<i64> {
        self.bytes -= pending.item.body.len();
        let piece = self.pieces.get_mut(&pending.piece)?;
        let left = piece.left.get_mut(pending.item.index as usize)?;
        *left -= 1;
        if *left == 0 {
            piece.unsettled -= 1;
        }
        let finished = match piece.kind {
            PieceKind::Letter(id) if piece.unsettled == 0 => {
                self.pieces.remove(&pending.piece);
                Some(id)
            }
            _ => None,
        };
        self.advance();
        finished
    }

    /// The dead letter that `pending` is sent for, if it is.
    pub fn letter_of(&self, pending: &Pending) -> Option<i64> {
        match self.pieces.get(&pending.piece)?.kind {
            PieceKind::Letter(id) => Some(id),
            PieceKind::Chunk(_) => None,
        }
    }

    fn left(&mut self, pending: &Pending) -> Option<&mut u32> {
        self.pieces.get_mut(&pending.piece)?.left.get_mut(pending.item.index as usize)
    }

    fn advance(&mut self) {
        let settled = |piece: &&Piece| matches!(piece.kind, PieceKind::Chunk(_));
        while let Some((number, piece)) = self.pieces.iter().find(|(_, piece)| settled(piece)) {
            let PieceKind::Chunk(cursor) = piece.kind else { break };
            if piece.unsettled > 0 {
                break;
            }
            self.cursor = cursor;
            let number = *number;
            self.pieces.remove(&number);
        }
    }

    /// Everything up to here is settled.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// Chunks behind the cursor of which some items are settled.
    pub fn partial(&self) -> Vec<Partial> {
        let partial = |piece: &Piece| {
            let PieceKind::Chunk(cursor) = piece.kind else { return None };
            let settled = (0..).zip(&piece.left).filter(|(_, left)| **left == 0).map(|(index, _)| index);
            let done: Vec<u32> = settled.collect();
            let items = u32::try_from(piece.left.len()).ok()?;
            (!done.is_empty()).then_some(Partial { cursor, items, done })
        };
        self.pieces.values().filter_map(partial).collect()
    }

    /// Bytes of bodies that wait or are on the way.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

impl Partial {
    /// As the ledger keeps it: for each day, chunk, items and number of done as little-endian 32-bit numbers, then these.
    pub fn encode(list: &[Self]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for partial in list {
            let chunk = u32::try_from(partial.cursor.chunk).unwrap_or(u32::MAX);
            let done = u32::try_from(partial.done.len()).unwrap_or(u32::MAX);
            let head = [partial.cursor.day.0.cast_unsigned(), chunk, partial.items, done];
            for number in head.iter().chain(&partial.done) {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
        }
        bytes
    }

    /// What [`Self::encode`] made; what is cut off is left out.
    pub fn decode(bytes: &[u8]) -> Vec<Self> {
        let mut numbers = bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        let mut list = Vec::new();
        while let (Some(day), Some(chunk), Some(items), Some(count)) =
            (numbers.next(), numbers.next(), numbers.next(), numbers.next())
        {
            let done: Vec<u32> = numbers.by_ref().take(count as usize).collect();
            let cursor = Cursor { day: crate::model::Day(day.cast_signed()), chunk: i64::from(chunk) };
            list.push(Self { cursor, items, done });
        }
        list
    }
}

#[cfg(test)]
mod tests;
