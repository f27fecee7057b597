//! Blocks: many neighbouring chunks of a finished day compressed as one, because conversations repeat across chunks.
//!
//! A chunk of a packed day keeps its row and its id, so that every cursor and every address keeps its meaning; in the
//! place of its body stands where in its block the body lies.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::reader::decompress;

/// Uncompressed bytes after which a block is closed. Reading one chunk decompresses its block, at 1.4 GB/s: 6 ms
/// for this much. Twice as much saves 1.4 % of the bytes, half costs 2.5 %, measured on agent traces at level 19.
pub(super) const BLOCK_BYTES: usize = 8 << 20;

/// Only in files that were packed; a block is found by the id of its first chunk.
pub(super) const SCHEMA: &str = "
    CREATE TABLE block (
        first INTEGER PRIMARY KEY,
        bytes INTEGER NOT NULL,
        body BLOB NOT NULL
    );
    CREATE TABLE note (
        what TEXT PRIMARY KEY,
        at_ns INTEGER NOT NULL,
        why TEXT NOT NULL
    ) WITHOUT ROWID;
";

/// Where in its block a body lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub offset: u32,
    pub length: u32,
}

impl Place {
    /// As it stands in the column `body` of `chunk`; never negative, because a block is shorter than 2 GiB.
    pub fn to_number(self) -> i64 {
        i64::from(self.offset) << 32 | i64::from(self.length)
    }

    pub fn from_number(number: i64) -> Self {
        Self { offset: (number >> 32) as u32, length: number as u32 }
    }
}

/// The block that was read last: chunks are mostly read in order, or a trace's together.
#[derive(Debug, Default)]
pub(super) struct Last {
    block: Option<(i64, Bytes)>,
}

impl Last {
    /// The body of chunk `id`, which lies at `place` of its block; `Err` with the reason when it cannot be read.
    ///
    /// # Errors
    /// What SQLite says about the file.
    pub fn body(&mut self, connection: &Connection, id: i64, place: Place) -> rusqlite::Result<Result<Bytes, String>> {
        let mut find = connection.prepare_cached("SELECT max(first) FROM block WHERE first <= ?")?;
        let Some(first) = find.query_row(params![id], |row| row.get::<_, Option<i64>>(0))? else {
            return Ok(Err("its block is missing".into()));
        };
        if self.block.as_ref().is_none_or(|(known, _)| *known != first) {
            let mut read = connection.prepare_cached("SELECT body FROM block WHERE first = ?")?;
            let block = read.query_row(params![first], |row| {
                Ok(decompress(row.get_ref(0)?.as_blob()?).map_err(|error| error.to_string()))
            });
            match block.optional()? {
                Some(Ok(block)) => self.block = Some((first, block.into())),
                Some(Err(why)) => return Ok(Err(why)),
                None => return Ok(Err("its block is missing".into())),
            }
        }
        let Some((_, block)) = &self.block else { return Ok(Err("its block is missing".into())) };
        let start = place.offset as usize;
        // A copy: a slice would keep the whole block in memory for as long as the chunk.
        let body = block.get(start..start.saturating_add(place.length as usize)).map(Bytes::copy_from_slice);
        Ok(body.ok_or_else(|| "it lies outside its block".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_goes_into_a_number_and_back() {
        for place in [
            Place { offset: 0, length: 0 },
            Place { offset: 7, length: u32::MAX },
            Place { offset: (1 << 31) - 1, length: 1 },
        ] {
            assert!(place.to_number() >= 0);
            assert_eq!(Place::from_number(place.to_number()), place);
        }
    }
}
