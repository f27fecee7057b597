//! Saved views: a name for what a page shows, kept for everybody who opens it.

use rusqlite::params;

use super::{Error, Registry};
use crate::model::UnixNanos;

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS view (
        page TEXT NOT NULL,
        name TEXT NOT NULL,
        query TEXT NOT NULL,
        saved_ns INTEGER NOT NULL,
        PRIMARY KEY (page, name)
    ) WITHOUT ROWID;
";

/// What a page shows, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Name of the page, such as `traces`; names of views are unique on it.
    pub page: String,
    pub name: String,
    /// The query of the page's address, without the question mark.
    pub query: String,
    pub saved: UnixNanos,
}

impl Registry {
    /// The views of `page`, of all pages when `None`, by page and name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn views(&self, page: Option<&str>) -> Result<Vec<View>, Error> {
        self.ask(|file| {
            let statement = "SELECT page, name, query, saved_ns FROM view WHERE ?1 IS NULL OR page = ?1 \
                             ORDER BY page, name COLLATE NOCASE, name";
            let mut statement = file.prepare(statement)?;
            let rows = statement.query_map(params![page], |row| {
                Ok(View { page: row.get(0)?, name: row.get(1)?, query: row.get(2)?, saved: UnixNanos(row.get(3)?) })
            })?;
            rows.collect()
        })
    }

    /// Keeps `view`, in place of the one of the same page and name.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save_view(&self, view: &View) -> Result<(), Error> {
        let statement = "INSERT OR REPLACE INTO view (page, name, query, saved_ns) VALUES (?, ?, ?, ?)";
        self.ask(|file| file.execute(statement, params![view.page, view.name, view.query, view.saved.0]).map(drop))
    }

    /// False when there was none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remove_view(&self, page: &str, name: &str) -> Result<bool, Error> {
        let statement = "DELETE FROM view WHERE page = ? AND name = ?";
        self.ask(|file| file.execute(statement, params![page, name]).map(|rows| rows > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(page: &str, name: &str, query: &str) -> View {
        View { page: page.into(), name: name.into(), query: query.into(), saved: UnixNanos(5) }
    }

    #[test]
    fn views_are_kept_by_page_and_name() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens");
        for view in [
            view("traces", "slow", "min_duration_ms=2000"),
            view("sessions", "slow", "order=duration"),
            view("traces", "Errors", "status=error"),
            view("traces", "slow", "min_duration_ms=9000"),
        ] {
            registry.save_view(&view).expect("written");
        }
        drop(registry);
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens again");
        let traces = registry.views(Some("traces")).expect("read");
        assert_eq!(traces, [view("traces", "Errors", "status=error"), view("traces", "slow", "min_duration_ms=9000")]);
        assert!(registry.remove_view("traces", "slow").expect("written"));
        assert!(!registry.remove_view("traces", "slow").expect("gone"));
        assert_eq!(registry.views(None).expect("read").len(), 2);
    }

    #[test]
    fn a_file_of_the_format_before_gets_room_for_them() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens");
        registry.ask(|file| file.execute_batch("DROP TABLE view; PRAGMA user_version = 1")).expect("as it was");
        drop(registry);
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens again");
        registry.save_view(&view("traces", "all", "")).expect("written");
        assert_eq!(registry.views(None).expect("read").len(), 1);
    }
}
