//! The one admin, the link by which the admin is set up, and who is signed in.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::keys::Hash;
use super::{Error, Registry};
use crate::model::UnixNanos;

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS admin (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        name TEXT NOT NULL,
        password TEXT NOT NULL,
        set_ns INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS setup_link (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        hash BLOB NOT NULL,
        until_ns INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS login (
        hash BLOB PRIMARY KEY,
        made_ns INTEGER NOT NULL,
        seen_ns INTEGER NOT NULL,
        browser TEXT NOT NULL,
        address TEXT NOT NULL
    ) WITHOUT ROWID;
";

/// Who may do everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    pub name: String,
    /// Argon2id, in the PHC form.
    pub password: String,
    pub set: UnixNanos,
}

/// Somebody who is signed in with a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Of the cookie.
    pub hash: Hash,
    pub made: UnixNanos,
    pub seen: UnixNanos,
    /// What the browser calls itself.
    pub browser: String,
    /// From where.
    pub address: String,
}

impl Registry {
    /// # Errors
    /// When the file cannot be read.
    pub fn admin(&self) -> Result<Option<Admin>, Error> {
        self.ask(|file| {
            file.query_row("SELECT name, password, set_ns FROM admin", [], |row| {
                Ok(Admin { name: row.get(0)?, password: row.get(1)?, set: UnixNanos(row.get(2)?) })
            })
            .optional()
        })
    }

    /// From now on this link sets up the admin, and no earlier one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_link(&self, hash: Hash, until: UnixNanos) -> Result<(), Error> {
        let statement = "INSERT OR REPLACE INTO setup_link (one, hash, until_ns) VALUES (1, ?, ?)";
        self.ask(|file| file.execute(statement, params![hash, until.0]).map(drop))
    }

    /// Whether this link would set up the admin now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn is_link(&self, hash: Hash, now: UnixNanos) -> Result<bool, Error> {
        let statement = "SELECT 1 FROM setup_link WHERE hash = ? AND until_ns > ?";
        self.ask(|file| file.query_row(statement, params![hash, now.0], |_| Ok(())).optional())
            .map(|found| found.is_some())
    }

    /// Sets the admin by a link, which is used up by that; everybody who was signed in is signed out. False when there is
    /// no such link, or its time is over.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn use_link(&self, hash: Hash, admin: &Admin) -> Result<bool, Error> {
        self.ask(|file| {
            let change = file.unchecked_transaction()?;
            let used = "DELETE FROM setup_link WHERE hash = ? AND until_ns > ?";
            if change.execute(used, params![hash, admin.set.0])? == 0 {
                return Ok(false);
            }
            let set = "INSERT OR REPLACE INTO admin (one, name, password, set_ns) VALUES (1, ?, ?, ?)";
            change.execute(set, params![admin.name, admin.password, admin.set.0])?;
            change.execute("DELETE FROM login", [])?;
            change.commit().map(|()| true)
        })
    }

    /// Gives the admin another password and ends all logins but `keep`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_password(&self, password: &str, keep: Option<Hash>, now: UnixNanos) -> Result<(), Error> {
        self.ask(|file| {
            let change = file.unchecked_transaction()?;
            change.execute("UPDATE admin SET password = ?, set_ns = ?", params![password, now.0])?;
            end_others(&change, keep)?;
            change.commit()
        })
    }

    /// # Errors
    /// When the file cannot be read.
    pub fn logins(&self) -> Result<Vec<Login>, Error> {
        self.ask(|file| {
            let mut statement = file.prepare("SELECT hash, made_ns, seen_ns, browser, address FROM login")?;
            let rows = statement.query_map([], |row| {
                Ok(Login {
                    hash: row.get(0)?,
                    made: UnixNanos(row.get(1)?),
                    seen: UnixNanos(row.get(2)?),
                    browser: row.get(3)?,
                    address: row.get(4)?,
                })
            })?;
            rows.collect()
        })
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn add_login(&self, login: &Login) -> Result<(), Error> {
        let statement = "INSERT INTO login (hash, made_ns, seen_ns, browser, address) VALUES (?, ?, ?, ?, ?)";
        let Login { hash, made, seen, browser, address } = login;
        self.ask(|file| file.execute(statement, params![hash, made.0, seen.0, browser, address]).map(drop))
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn end_login(&self, hash: Hash) -> Result<(), Error> {
        self.ask(|file| file.execute("DELETE FROM login WHERE hash = ?", params![hash]).map(drop))
    }

    /// Ends all logins but `keep`; gives how many.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn end_other_logins(&self, keep: Option<Hash>) -> Result<usize, Error> {
        self.ask(|file| end_others(file, keep))
    }

    /// Notes when logins were last seen, and forgets those that were made or last seen before these times.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn logins_seen(
        &self,
        seen: &[(Hash, UnixNanos)],
        made_since: UnixNanos,
        seen_since: UnixNanos,
    ) -> Result<(), Error> {
        self.ask(|file| {
            let change = file.unchecked_transaction()?;
            for (hash, at) in seen {
                change.execute("UPDATE login SET seen_ns = ? WHERE hash = ?", params![at.0, hash])?;
            }
            change
                .execute("DELETE FROM login WHERE made_ns < ? OR seen_ns < ?", params![made_since.0, seen_since.0])?;
            change.commit()
        })
    }
}

fn end_others(file: &Connection, keep: Option<Hash>) -> rusqlite::Result<usize> {
    file.execute("DELETE FROM login WHERE ?1 IS NULL OR hash <> ?1", params![keep])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(hash: u8) -> Login {
        let at = UnixNanos(i64::from(hash));
        Login { hash: [hash; 32], made: at, seen: at, browser: "Firefox".into(), address: "10.0.0.7".into() }
    }

    #[test]
    fn a_link_sets_up_the_admin_once_and_in_time() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens");
        let admin = |name: &str, at: i64| Admin { name: name.into(), password: "x".into(), set: UnixNanos(at) };
        assert!(!registry.use_link([1; 32], &admin("eve", 1)).expect("read"), "there is no link");
        registry.set_link([1; 32], UnixNanos(10)).expect("written");
        registry.set_link([2; 32], UnixNanos(10)).expect("written");
        assert!(!registry.is_link([1; 32], UnixNanos(5)).expect("read"), "the newest counts");
        assert!(registry.is_link([2; 32], UnixNanos(5)).expect("read"));
        assert!(!registry.use_link([2; 32], &admin("late", 10)).expect("read"), "its time is over");
        assert_eq!(registry.admin().expect("read"), None);
        registry.add_login(&login(9)).expect("written");
        assert!(registry.use_link([2; 32], &admin("anna", 9)).expect("written"));
        assert!(!registry.use_link([2; 32], &admin("eve", 9)).expect("read"), "it is used up");
        assert_eq!(registry.admin().expect("read"), Some(admin("anna", 9)));
        assert!(registry.logins().expect("read").is_empty());
    }

    #[test]
    fn logins_end_one_by_one_all_but_one_and_by_age() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens");
        let left = || registry.logins().expect("read").iter().map(|login| login.hash[0]).collect::<Vec<_>>();
        (1..=6).for_each(|n| registry.add_login(&login(n)).expect("written"));
        registry.end_login([1; 32]).expect("written");
        registry.logins_seen(&[([2; 32], UnixNanos(9))], UnixNanos(0), UnixNanos(4)).expect("written");
        assert_eq!(left(), [2, 4, 5, 6]);
        registry.logins_seen(&[], UnixNanos(3), UnixNanos(0)).expect("written");
        assert_eq!(left(), [4, 5, 6]);
        assert_eq!(registry.end_other_logins(Some([5; 32])).expect("written"), 2);
        registry.set_password("y", None, UnixNanos(9)).expect("written");
        assert!(left().is_empty());
    }
}
