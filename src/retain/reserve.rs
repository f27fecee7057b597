//! A few MiB that are held for the start on a full disk: SQLite and DuckDB need room even to be read.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Shared memory of some SQLite files at 32 KiB each, and DuckDB's log.
const RESERVE: usize = 4 << 20;
/// What must be free for a start without the reserve.
const NEEDED: usize = 1 << 20;

/// Holds the reserve in `<data_dir>/run/reserve`, or lets go of it when the disk has no room to start with. The next
/// start that finds room makes it again.
///
/// # Errors
/// When the folder cannot be written for another reason than a full disk.
pub fn hold(data_dir: &Path) -> io::Result<()> {
    let (reserve, probe) = (data_dir.join("run/reserve"), data_dir.join("run/probe"));
    let probed = fill(&probe, NEEDED);
    remove(&probe)?;
    match probed {
        Ok(()) if fs::metadata(&reserve).is_ok_and(|found| found.len() == RESERVE as u64) => Ok(()),
        Ok(()) => fill(&reserve, RESERVE).or_else(|error| {
            // Nearly full: better nothing than a part of it.
            remove(&reserve)?;
            if error.kind() == io::ErrorKind::StorageFull { Ok(()) } else { Err(error) }
        }),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            tracing::error!("the disk is full: {} MiB held for this are given up to start", RESERVE >> 20);
            remove(&reserve)
        }
        Err(error) => Err(error),
    }
}

/// Written, not only made long: a hole takes no room.
fn fill(path: &Path, bytes: usize) -> io::Result<()> {
    let mut file = File::create(path)?;
    let block = [1; 64 << 10];
    (0..bytes / block.len()).try_for_each(|_| file.write_all(&block))?;
    file.sync_all()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_made_once_and_whole() {
        let dir = tempfile::tempdir().expect("temporary directory");
        fs::create_dir(dir.path().join("run")).expect("made");
        hold(dir.path()).expect("held");
        let reserve = dir.path().join("run/reserve");
        assert_eq!(fs::metadata(&reserve).expect("is there").len(), RESERVE as u64);
        assert!(!dir.path().join("run/probe").exists());
        fs::write(&reserve, "cut off").expect("written");
        hold(dir.path()).expect("held");
        assert_eq!(fs::metadata(&reserve).expect("is there").len(), RESERVE as u64);
    }
}
