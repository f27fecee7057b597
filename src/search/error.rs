//! What can go wrong with search, and which of it means that a file must be made again.

use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use the search folder {path}: {source}")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("cannot {doing} search index {path}: {source}")]
    File { doing: &'static str, path: PathBuf, source: rusqlite::Error },
    #[error("search index {path} has format {found}")]
    Format { path: PathBuf, found: i64 },
    #[error("cannot start the search thread: {0}")]
    Thread(std::io::Error),
    #[error("the words found could not be marked: {0}")]
    Snippets(rusqlite::Error),
    #[error(transparent)]
    Journal(#[from] crate::journal::Error),
    #[error("search is switched off")]
    Off,
    #[error("the search took longer than {} ms and was stopped: add a rarer word or ask for less time, or raise search.query_timeout_ms", after.as_millis())]
    Timeout { after: Duration },
    #[error("the search was stopped")]
    Stopped,
}

impl Error {
    /// Whether the file must be made again.
    pub(super) fn is_corrupt(&self) -> bool {
        match self {
            Self::Format { .. } => true,
            Self::File { source, .. } => {
                matches!(
                    source.sqlite_error_code(),
                    Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
                ) || matches!(source, rusqlite::Error::SqliteFailure(error, Some(why))
                    if error.code == rusqlite::ErrorCode::Unknown && (why.contains("no such") || why.contains("vtable constructor")))
            }
            _ => false,
        }
    }
}
