//! A lock file that one process at a time may hold; it falls with the process.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// A lock that is held until it is dropped.
///
/// It is released by name then, not by closing the file: a child process that is being started at that moment has a
/// copy of our open files until it runs its own program, and would hold the lock for as long.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Takes the lock at `path`, creating the file; `None` when somebody else has it.
    ///
    /// # Errors
    /// When the file cannot be created or locked.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = File::create(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "a lock could not be released, it falls with the process: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_free_again_while_a_copy_of_the_file_is_open() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("lock");
        let lock = Lock::take(&path).expect("usable").expect("free");
        assert!(Lock::take(&path).expect("usable").is_none(), "held");
        // What a child has between its birth and its own program.
        let copy = lock.0.try_clone().expect("copied");
        drop(lock);
        assert!(Lock::take(&path).expect("usable").is_some(), "free");
        drop(copy);
    }
}
