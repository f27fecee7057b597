//! What is kept of a call to be recorded: pieces of its body without copying them, within bounds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::outline::Outline;

/// Bytes that all calls together may keep. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    left: Arc<AtomicUsize>,
}

impl Budget {
    pub fn new(bytes: usize) -> Self {
        Self { left: Arc::new(AtomicUsize::new(bytes)) }
    }

    fn take(&self, bytes: usize) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }

    fn give(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Room in a [`Budget`], given back when it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    budget: Budget,
    taken: usize,
    /// Most it may take.
    most: usize,
}

impl Room {
    pub fn new(budget: &Budget, most: usize) -> Self {
        Self { budget: budget.clone(), taken: 0, most }
    }

    /// Takes `bytes` more.
    ///
    /// # Errors
    /// Why they cannot be had.
    pub fn take(&mut self, bytes: usize) -> Result<(), Loss> {
        if self.taken + bytes > self.most {
            return Err(Loss::TooLarge { most: self.most });
        }
        if !self.budget.take(bytes) {
            return Err(Loss::NoRoom);
        }
        self.taken += bytes;
        Ok(())
    }

    fn clear(&mut self) {
        self.budget.give(std::mem::take(&mut self.taken));
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Why content is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Loss {
    #[error("it is larger than {most} bytes (relay.max_captured_bytes)")]
    TooLarge { most: usize },
    #[error("too many calls were under way at once (relay.max_inflight_bytes)")]
    NoRoom,
    #[error("it is compressed as {0:?}, which is not read")]
    Encoding(String),
    #[error("it is not what its headers say, or breaks off")]
    Unreadable,
}

/// The bytes of a body as they went by, or what is left of them when they were too many.
#[derive(Debug)]
pub(super) struct Kept {
    pieces: Vec<Bytes>,
    room: Room,
    outline: Option<Outline>,
    pub loss: Option<Loss>,
    /// All that went by.
    pub bytes: u64,
    /// Its sender has broken off.
    pub broken: bool,
}

impl Kept {
    pub fn new(budget: &Budget, most: usize) -> Self {
        Self { pieces: Vec::new(), room: Room::new(budget, most), outline: None, loss: None, bytes: 0, broken: false }
    }

    pub fn push(&mut self, piece: &Bytes) {
        self.bytes += piece.len() as u64;
        if let Some(outline) = &mut self.outline {
            return outline.feed(piece);
        }
        if let Err(loss) = self.room.take(piece.len()) {
            // What was kept so far is looked through for the little that is needed, and goes.
            let mut outline = Outline::default();
            self.pieces.drain(..).for_each(|piece| outline.feed(&piece));
            outline.feed(piece);
            self.room.clear();
            self.outline = Some(outline);
            self.loss = Some(loss);
        } else {
            self.pieces.push(piece.clone());
        }
    }

    /// What a request that was too large says at its top.
    pub fn outline(&self) -> Option<&Outline> {
        self.outline.as_ref()
    }

    /// As one piece, which costs no copy when it came as one; empty when it was too large.
    pub fn whole(&self) -> Bytes {
        match self.pieces.as_slice() {
            [] => Bytes::new(),
            [one] => one.clone(),
            many => many.concat().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_counted_and_lets_its_room_go() {
        let budget = Budget::new(100);
        let mut kept = Kept::new(&budget, 40);
        kept.push(&Bytes::from_static(br#"{"model":"gpt-4o","#));
        assert_eq!(kept.whole(), &br#"{"model":"gpt-4o","#[..]);
        kept.push(&Bytes::from(format!(r#""messages":"{}","stream":true}}"#, "x".repeat(50))));
        assert_eq!(kept.loss, Some(Loss::TooLarge { most: 40 }));
        assert_eq!((kept.bytes, kept.whole().len()), (18 + 78, 0));
        let outline = kept.outline().expect("an outline");
        assert_eq!((outline.model(), outline.stream()), (Some("gpt-4o"), Some(true)));
        assert_eq!(budget.left.load(Ordering::Relaxed), 100);
    }

    #[test]
    fn calls_share_the_room_and_give_it_back() {
        let budget = Budget::new(100);
        let mut first = Kept::new(&budget, 80);
        first.push(&Bytes::from(vec![b' '; 80]));
        let mut second = Kept::new(&budget, 80);
        second.push(&Bytes::from(vec![b' '; 30]));
        assert_eq!((first.loss.clone(), second.loss.clone()), (None, Some(Loss::NoRoom)));
        drop(first);
        let mut third = Kept::new(&budget, 80);
        third.push(&Bytes::from(vec![b' '; 80]));
        assert_eq!(third.loss, None);
    }
}
