//! Small state that belongs to this installation.

mod kept;
pub mod keys;
mod logins;
mod store;
mod views;

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};

pub use kept::Kept;
pub use keys::{Hash, Key, NewKey};
pub use logins::{Admin, Login};
pub use store::{Deletion, Registry};
pub use views::View;

const KEY_FILE: &str = "redact.key";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use {path} (keys, the login, pinned traces, receipts of deletions, saved views): {source}")]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error("{path} has format {found}, which is newer than this version: use the version that wrote it, or newer")]
    Format { path: PathBuf, found: i64 },
    #[error("cannot {doing} {path}: {source}")]
    File { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error(
        "{path} must hold 32 bytes, it holds {found}: restore it from a backup, or remove it to get a new key (hashes made before then no longer match)"
    )]
    KeyLength { path: PathBuf, found: usize },
    /// Why a key cannot be made as it was asked for.
    #[error("{0}")]
    Key(String),
    #[error("the system gives no random numbers: {0}")]
    Random(std::io::Error),
}

/// The registry of a data directory for a command beside the server, which may be running or not. What it creates belongs
/// to whom the directory belongs, so that the server can use it.
///
/// # Errors
/// When there is no data directory, or the registry cannot be used.
pub fn open_beside(data_dir: &Path) -> Result<Registry, Error> {
    let failed = |doing| move |source| Error::File { doing, path: data_dir.to_owned(), source };
    let owner = std::fs::metadata(data_dir).map_err(failed("find the data directory (start the server once)"))?;
    let registry = Registry::open(data_dir, redaction_key(data_dir)?)?;
    for name in [store::FILE, KEY_FILE] {
        let path = data_dir.join(name);
        let own = std::fs::metadata(&path).map_err(failed("look into"))?;
        if own.uid() != owner.uid() {
            let give = chown(&path, Some(owner.uid()), Some(owner.gid()));
            give.map_err(|source| Error::File { doing: "give to the owner of its folder", path, source })?;
        }
    }
    Ok(registry)
}

/// Bytes that nobody can foresee.
///
/// # Errors
/// When the system gives none.
pub fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut drawn = [0; N];
    File::open("/dev/urandom")?.read_exact(&mut drawn)?;
    Ok(drawn)
}

/// The key of the redaction rule `hash`: 32 random bytes in `<data_dir>/redact.key`, made at the first start.
/// Equal values hash alike only within one installation, so hashes cannot be looked up in a table made elsewhere.
///
/// # Errors
/// When the file can neither be read nor made.
pub fn redaction_key(data_dir: &Path) -> Result<[u8; 32], Error> {
    let path = data_dir.join(KEY_FILE);
    let failed = |doing| {
        let path = path.clone();
        move |source| Error::File { doing, path, source }
    };
    match std::fs::read(&path) {
        Ok(bytes) => {
            let found = bytes.len();
            bytes.try_into().map_err(|_| Error::KeyLength { path, found })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = random().map_err(failed("draw a key for"))?;
            // Whole or not at all: a torn key file would be refused at the next start.
            let draft = data_dir.join("redact.key.new");
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&draft)
                .map_err(failed("create"))?;
            file.write_all(&key).and_then(|()| file.sync_all()).map_err(failed("write"))?;
            std::fs::rename(&draft, &path).map_err(failed("create"))?;
            Ok(key)
        }
        Err(source) => Err(Error::File { doing: "read", path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_kept() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let key = redaction_key(dir.path()).expect("made");
        assert_ne!(key, [0; 32]);
        assert_eq!(redaction_key(dir.path()).expect("kept"), key);
    }

    #[test]
    fn a_torn_key_is_named() {
        let dir = tempfile::tempdir().expect("temporary directory");
        std::fs::write(dir.path().join("redact.key"), [1; 5]).expect("write");
        let error = redaction_key(dir.path()).expect_err("torn").to_string();
        assert!(error.contains("must hold 32 bytes, it holds 5"), "{error}");
    }
}
