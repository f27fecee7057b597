//! What the registry says of keys and logins, in memory, with when each was last used.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{Error, Hash};
use crate::model::UnixNanos;
use crate::registry::{Admin, Key, Login, Registry};

#[derive(Debug)]
pub(super) struct State {
    /// Of the file when it was read.
    pub version: i64,
    /// In the order they were made.
    list: Vec<Arc<Known>>,
    /// By what they are found by: the key, the one before it, and revoked ones.
    by_hash: HashMap<Hash, Arc<Known>>,
    pub has_ingest_key: bool,
    pub admin: Option<Admin>,
    pub logins: HashMap<Hash, Present>,
}

/// A key.
#[derive(Debug)]
pub(super) struct Known {
    pub key: Key,
    pub project: Arc<str>,
    pub used: LastTime,
}

/// Somebody who is signed in.
#[derive(Debug)]
pub(super) struct Present {
    pub login: Login,
    pub seen: LastTime,
}

/// A time that only moves on; nanoseconds since 1970, 0 for never.
#[derive(Debug)]
pub(super) struct LastTime(AtomicI64);

impl LastTime {
    fn new(time: Option<UnixNanos>) -> Self {
        Self(AtomicI64::new(time.map_or(0, |time| time.0)))
    }

    pub fn is_now(&self, now: UnixNanos) {
        self.0.fetch_max(now.0, Ordering::Relaxed);
    }

    pub fn get(&self) -> Option<UnixNanos> {
        Some(UnixNanos(self.0.load(Ordering::Relaxed))).filter(|time| time.0 != 0)
    }
}

impl State {
    /// # Errors
    /// When the registry cannot be read.
    pub fn read(registry: &Registry) -> Result<Self, Error> {
        // Before the rest: what changes meanwhile is read again.
        let version = registry.version()?;
        let mut list = Vec::new();
        let mut by_hash = HashMap::new();
        for key in registry.keys()? {
            let (project, used) = (key.project.as_str().into(), LastTime::new(key.used));
            let known = Arc::new(Known { key, project, used });
            by_hash.insert(known.key.hash, Arc::clone(&known));
            by_hash.extend(known.key.old.map(|(hash, _)| (hash, Arc::clone(&known))));
            list.push(known);
        }
        let logins = registry.logins()?.into_iter();
        let logins = logins.map(|login| (login.hash, Present { seen: LastTime::new(Some(login.seen)), login }));
        Ok(Self {
            version,
            has_ingest_key: list.iter().any(|known| known.key.grant.signals().is_some()),
            list,
            by_hash,
            admin: registry.admin()?,
            logins: logins.collect(),
        })
    }

    /// Takes over when things were used, which the registry may not know yet.
    pub fn remember(&self, before: &Self) {
        for known in &before.list {
            let now =
                self.by_hash.get(&known.key.hash).or_else(|| self.list.iter().find(|new| new.key.id == known.key.id));
            if let (Some(now), Some(used)) = (now, known.used.get()) {
                now.used.is_now(used);
            }
        }
        for (hash, present) in &before.logins {
            if let (Some(now), Some(seen)) = (self.logins.get(hash), present.seen.get()) {
                now.seen.is_now(seen);
            }
        }
    }

    pub fn find(&self, hash: &Hash) -> Option<&Arc<Known>> {
        self.by_hash.get(hash)
    }

    pub fn keys(&self) -> Vec<Key> {
        let key = |known: &Arc<Known>| Key { used: known.used.get(), ..known.key.clone() };
        self.list.iter().map(key).collect()
    }

    /// What was used after the registry was told last: keys by id, logins by hash.
    #[expect(clippy::type_complexity, reason = "two lists, each with its time")]
    pub fn used(&self) -> (Vec<(i64, UnixNanos)>, Vec<(Hash, UnixNanos)>) {
        let keys = self.list.iter().filter(|known| known.used.get() != known.key.used);
        let keys = keys.filter_map(|known| Some((known.key.id, known.used.get()?)));
        let logins = self.logins.iter().filter(|(_, present)| present.seen.get() != Some(present.login.seen));
        let logins = logins.filter_map(|(hash, present)| Some((*hash, present.seen.get()?)));
        (keys.collect(), logins.collect())
    }

    /// Whether a login is kept that was made or last seen before these times.
    pub fn has_ended(&self, made: UnixNanos, seen: UnixNanos) -> bool {
        self.logins.values().any(|present| present.login.made < made || present.seen.get() < Some(seen))
    }
}
