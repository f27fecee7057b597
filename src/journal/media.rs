//! Which media files the chunks refer to: noted beside every chunk when it is stored.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{Cursor, Error, Journal, day_file};
use crate::model::MediaHash;
use crate::model::media::Reference;
use crate::sqlite;

/// The hashes in the body of a chunk, one after the other, as they are noted.
pub(super) fn noted(body: &[u8]) -> Vec<u8> {
    Reference::hashes_in(body).iter().flat_map(|hash| hash.0).collect()
}

impl Journal {
    /// Every media file that any day refers to. Chunks without a note, as a repair leaves them, are read; chunks that
    /// cannot be read refer to nothing that anybody could see. Blocks on the disk.
    ///
    /// # Errors
    /// When a day cannot be asked: nobody knows then what it refers to.
    pub fn media(&self) -> Result<HashSet<MediaHash>, Error> {
        let dir = &self.shared.dir;
        let mut hashes = HashSet::new();
        for day in day_file::days(dir)? {
            let path = day_file::path_of(dir, day);
            let asked = sqlite::open_read_only(&path).and_then(|file| collect(&file, &mut hashes));
            let without_note = match asked {
                // Deleted since the folder was listed.
                Err(_) if !path.exists() => continue,
                asked => asked.map_err(|source| Error::File { doing: "read", path, source })?,
            };
            let mut reader = self.reader();
            for id in without_note {
                if let Some(chunk) = reader.chunk(Cursor { day, chunk: id })? {
                    hashes.extend(Reference::hashes_in(&chunk.body));
                }
            }
        }
        Ok(hashes)
    }
}

/// Adds what is noted; gives the chunks without a note.
fn collect(file: &Connection, hashes: &mut HashSet<MediaHash>) -> rusqlite::Result<Vec<i64>> {
    let has_notes = file
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'chunk_media'", [], |row| row.get::<_, i64>(0))?;
    if has_notes == 0 {
        // Format 1, which is from before media were taken out.
        return Ok(Vec::new());
    }
    let mut notes = file.prepare("SELECT hashes FROM chunk_media WHERE length(hashes) > 0")?;
    let mut rows = notes.query([])?;
    while let Some(row) = rows.next()? {
        hashes.extend(row.get_ref(0)?.as_blob()?.as_chunks::<32>().0.iter().map(|hash| MediaHash(*hash)));
    }
    let mut unknown = file.prepare("SELECT id FROM chunk WHERE id NOT IN (SELECT chunk_id FROM chunk_media)")?;
    unknown.query_map([], |row| row.get(0))?.collect()
}
