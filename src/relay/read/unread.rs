//! What has come of a stream and is not read yet: passing on comes first, reading has time.

use std::time::Duration;

/// So much waits at most. Reading it takes some 100 microseconds, in which the stream's next piece waits, once in a
/// hundred and more events; a hundred streams at once hold 3 MiB.
const MOST: usize = 32 * 1024;

/// Pieces one after another, and when each came.
#[derive(Debug, Default)]
pub(super) struct Unread {
    bytes: Vec<u8>,
    /// Where a piece ends, and when it came, counted from the beginning of the call.
    pieces: Vec<(usize, Duration)>,
}

impl Unread {
    /// Keeps a copy of `piece`: the receive buffer that it is a part of may be a hundred times its size.
    pub fn push(&mut self, piece: &[u8], after: Duration) {
        self.bytes.extend_from_slice(piece);
        self.pieces.push((self.bytes.len(), after));
    }

    pub fn is_enough(&self) -> bool {
        self.bytes.len() >= MOST
    }

    /// Hands over what has come, piece by piece.
    pub fn take(&mut self, mut read: impl FnMut(&[u8], Duration)) {
        let mut begin = 0;
        for (end, after) in self.pieces.drain(..) {
            read(&self.bytes[begin..end], after);
            begin = end;
        }
        self.bytes.clear();
    }
}
