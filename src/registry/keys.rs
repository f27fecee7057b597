//! Keys of those who send, and tokens of scripts. What is kept of a key is a hash and its last characters.
//!
//! A key is 32 random bytes, so that nobody can try hashes out: one BLAKE3 is as good as a slow hash, and the key is
//! found by it.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Error, Registry, random};
use crate::model::{Grant, UnixNanos};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS access_key (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        grants TEXT NOT NULL,
        project TEXT NOT NULL,
        hash BLOB NOT NULL UNIQUE,
        hint TEXT NOT NULL,
        made_ns INTEGER NOT NULL,
        rotated_ns INTEGER,
        -- The one before, which is good until then.
        old_hash BLOB,
        old_until_ns INTEGER,
        used_ns INTEGER,
        revoked_ns INTEGER
    );
    CREATE UNIQUE INDEX IF NOT EXISTS access_key_name ON access_key (name) WHERE revoked_ns IS NULL;
";

const COLUMNS: &str =
    "id, name, grants, project, hash, hint, made_ns, rotated_ns, old_hash, old_until_ns, used_ns, revoked_ns";

/// What ingest keys begin with, so that they are recognised wherever they turn up.
pub const INGEST: &str = "tm_ingest_";

/// The same of tokens for the API.
pub const TOKEN: &str = "tm_api_";

/// The project of what is sent without a key, or with one that names none.
pub const DEFAULT_PROJECT: &str = "default";

/// Characters of a name.
const MOST_NAME: usize = 60;

/// Of a key, a cookie or a link.
pub type Hash = [u8; 32];

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub id: i64,
    /// Unique among those that are not revoked.
    pub name: String,
    pub grant: Grant,
    /// Under which everything stands that is sent with it.
    pub project: String,
    pub hash: Hash,
    /// Its last characters.
    pub hint: String,
    pub made: UnixNanos,
    pub rotated: Option<UnixNanos>,
    /// The one before, and until when it is good.
    pub old: Option<(Hash, UnixNanos)>,
    pub used: Option<UnixNanos>,
    pub revoked: Option<UnixNanos>,
}

/// A key that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    pub name: String,
    pub grant: Grant,
    pub project: String,
}

/// What a key is kept and found by.
pub fn hash_of(secret: &str) -> Hash {
    blake3::derive_key("tracemeter 2026 keys, sessions and links", secret.as_bytes())
}

/// A text that nobody guesses, after `prefix`.
///
/// # Errors
/// When the system gives no randomness.
pub fn secret(prefix: &str) -> Result<String, Error> {
    let drawn: [u8; 32] = random().map_err(Error::Random)?;
    Ok(format!("{prefix}{}", hex::encode(drawn)))
}

/// What the text of such a key begins with.
pub fn prefix(grant: &Grant) -> &'static str {
    if grant.signals().is_some() { INGEST } else { TOKEN }
}

/// Whether it is the text of such a key, known or not: [`secret`] has made it somewhere.
pub(super) fn is_text(text: &str, grant: &Grant) -> bool {
    let digits = text.strip_prefix(prefix(grant)).unwrap_or_default();
    digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl NewKey {
    /// # Errors
    /// When the name or the project is none, or nothing is granted.
    pub(super) fn check(&self) -> Result<(), Error> {
        for (what, text) in [("name", &self.name), ("project", &self.project)] {
            let fits = (1..=MOST_NAME).contains(&text.chars().count()) && text.trim() == text;
            if !fits || text.chars().any(char::is_control) {
                return Err(Error::Key(format!("the {what} of a key has 1 to {MOST_NAME} characters, not {text:?}")));
            }
        }
        if self.grant.signals().is_some_and(<[_]>::is_empty) {
            return Err(Error::Key("a key is for traces, logs or metrics, or several of them".into()));
        }
        Ok(())
    }
}

impl Registry {
    /// Makes a key; the text is told this once.
    ///
    /// # Errors
    /// When the name is taken or none, or the file cannot be written.
    pub fn make_key(&self, wanted: &NewKey, now: UnixNanos) -> Result<(Key, String), Error> {
        wanted.check()?;
        let secret = secret(prefix(&wanted.grant))?;
        Ok((self.take_key(wanted, &secret, now)?, secret))
    }

    /// Makes a key of a text that is there.
    pub(super) fn take_key(&self, wanted: &NewKey, secret: &str, now: UnixNanos) -> Result<Key, Error> {
        wanted.check()?;
        let insert = |file: &Connection| {
            let taken = "SELECT 1 FROM access_key WHERE name = ? AND revoked_ns IS NULL";
            if file.query_row(taken, [&wanted.name], |_| Ok(())).optional()?.is_some() {
                return Ok(None);
            }
            let statement =
                "INSERT INTO access_key (name, grants, project, hash, hint, made_ns) VALUES (?, ?, ?, ?, ?, ?)";
            let (grants, hash, hint) = (wanted.grant.to_text(), hash_of(secret), hint(secret));
            file.execute(statement, params![wanted.name, grants, wanted.project, hash, hint, now.0])?;
            one(file, file.last_insert_rowid())
        };
        let made = self.ask(insert)?;
        let taken =
            || Error::Key(format!("there is a key {:?}: rotate or revoke it, or take another name", wanted.name));
        made.ok_or_else(taken)
    }

    /// Gives the key another text, told this once; the one before is good until `until`. `None` when there is no such
    /// key, or it is revoked.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn rotate_key(&self, id: i64, until: UnixNanos, now: UnixNanos) -> Result<Option<(Key, String)>, Error> {
        self.ask(|file| one(file, id))?.filter(|key| key.revoked.is_none()).map_or(Ok(None), |key| {
            let secret = secret(prefix(&key.grant))?;
            let changed = self.ask(|file| {
                let statement = "UPDATE access_key SET old_hash = hash, old_until_ns = ?, hash = ?, hint = ?, \
                                 rotated_ns = ? WHERE id = ? AND revoked_ns IS NULL";
                file.execute(statement, params![until.0, hash_of(&secret), hint(&secret), now.0, id])?;
                one(file, id)
            });
            Ok(changed?.filter(|key| key.revoked.is_none()).map(|key| (key, secret)))
        })
    }

    /// From now on it is good for nothing. False when there is no such key, or it was revoked before.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn revoke_key(&self, id: i64, now: UnixNanos) -> Result<bool, Error> {
        let statement = "UPDATE access_key SET revoked_ns = ?, old_hash = NULL, old_until_ns = NULL \
                         WHERE id = ? AND revoked_ns IS NULL";
        self.ask(|file| file.execute(statement, params![now.0, id]).map(|rows| rows > 0))
    }

    /// All keys, revoked ones too, in the order they were made.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn keys(&self) -> Result<Vec<Key>, Error> {
        self.ask(|file| {
            let mut statement = file.prepare(&format!("SELECT {COLUMNS} FROM access_key ORDER BY id"))?;
            statement.query_map([], key)?.collect()
        })
    }

    /// Notes when keys were last used.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keys_used(&self, used: &[(i64, UnixNanos)]) -> Result<(), Error> {
        self.ask(|file| {
            let change = file.unchecked_transaction()?;
            for (id, at) in used {
                change.execute("UPDATE access_key SET used_ns = ? WHERE id = ?", params![at.0, id])?;
            }
            change.commit()
        })
    }
}

fn hint(secret: &str) -> &str {
    &secret[secret.len().saturating_sub(4)..]
}

fn one(file: &Connection, id: i64) -> rusqlite::Result<Option<Key>> {
    file.query_row(&format!("SELECT {COLUMNS} FROM access_key WHERE id = ?"), [id], key).optional()
}

fn key(row: &Row<'_>) -> rusqlite::Result<Key> {
    let time = |at: usize| row.get::<_, Option<i64>>(at).map(|time| time.map(UnixNanos));
    let old: Option<Hash> = row.get(8)?;
    Ok(Key {
        id: row.get(0)?,
        name: row.get(1)?,
        grant: Grant::from_text(row.get_ref(2)?.as_str()?),
        project: row.get(3)?,
        hash: row.get(4)?,
        hint: row.get(5)?,
        made: UnixNanos(row.get(6)?),
        rotated: time(7)?,
        old: old.zip(time(9)?),
        used: time(10)?,
        revoked: time(11)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Signal;

    fn wanted(name: &str) -> NewKey {
        let grant = Grant::Send(vec![Signal::Traces]);
        NewKey { name: name.into(), grant, project: DEFAULT_PROJECT.into() }
    }

    #[test]
    fn a_key_is_told_once_and_kept_as_a_hash() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens");
        let (made, secret) = registry.make_key(&wanted("n8n"), UnixNanos(5)).expect("made");
        assert!(secret.starts_with("tm_ingest_") && secret.len() == 74 && secret.ends_with(&made.hint), "{secret}");
        assert_eq!(made.hash, hash_of(&secret));
        let again = registry.make_key(&wanted("n8n"), UnixNanos(6)).expect_err("taken").to_string();
        assert!(again.contains("there is a key \"n8n\""), "{again}");
        let token = NewKey { grant: Grant::Admin, ..wanted("script") };
        assert!(registry.make_key(&token, UnixNanos(6)).expect("made").1.starts_with("tm_api_"));

        let (rotated, other) =
            registry.rotate_key(made.id, UnixNanos(9), UnixNanos(7)).expect("written").expect("known");
        assert_ne!(other, secret);
        assert_eq!((rotated.hash, rotated.old), (hash_of(&other), Some((hash_of(&secret), UnixNanos(9)))));
        registry.keys_used(&[(made.id, UnixNanos(8))]).expect("written");
        assert!(registry.revoke_key(made.id, UnixNanos(9)).expect("written"));
        assert!(!registry.revoke_key(made.id, UnixNanos(10)).expect("gone"));
        assert_eq!(registry.rotate_key(made.id, UnixNanos(9), UnixNanos(9)).expect("read"), None);
        registry.make_key(&wanted("n8n"), UnixNanos(11)).expect("the name is free again");
        drop(registry);
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens again");
        let keys = registry.keys().expect("read");
        assert_eq!(keys.len(), 3);
        assert_eq!((keys[0].used, keys[0].revoked, keys[0].old), (Some(UnixNanos(8)), Some(UnixNanos(9)), None));
        let bytes = std::fs::read(dir.path().join("registry.sqlite")).expect("reads");
        let drawn = secret.trim_start_matches(INGEST).as_bytes();
        assert!(!bytes.windows(drawn.len()).any(|window| window == drawn), "the key itself is nowhere");
    }

    #[test]
    fn a_name_is_one() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens");
        for name in ["", " n8n", "a\nb", &"x".repeat(61)] {
            assert!(matches!(registry.make_key(&wanted(name), UnixNanos(1)), Err(Error::Key(_))), "{name:?}");
        }
        let nothing = NewKey { grant: Grant::Send(Vec::new()), ..wanted("n8n") };
        assert!(matches!(registry.make_key(&nothing, UnixNanos(1)), Err(Error::Key(_))));
    }

    #[test]
    fn what_another_process_changes_is_noticed() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let (one, other) = (Registry::open(dir.path(), [7; 32]), Registry::open(dir.path(), [7; 32]));
        let (one, other) = (one.expect("opens"), other.expect("opens"));
        let before = one.version().expect("read");
        one.make_key(&wanted("mine"), UnixNanos(1)).expect("made");
        assert_eq!(one.version().expect("read"), before, "its own changes are known");
        other.make_key(&wanted("other"), UnixNanos(1)).expect("made");
        assert_ne!(one.version().expect("read"), before);
    }
}
