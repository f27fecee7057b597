//! Who may send, and who may look: keys in every spelling, the one admin and who is signed in, and what a request must
//! show where.
//!
//! Promises: no request waits for the disk. Everything is looked up in memory; the registry is written when something is
//! made or ended, and once a minute with what was used. What `tracemeter keys` changes in the file is noticed within a
//! second. No secret is kept, only hashes.

mod attempts;
mod credential;
mod logins;
mod origin;
mod pass;
mod password;
mod state;

use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use crate::clock::Clock;
use crate::config::WebConfig;
use crate::model::UnixNanos;
use crate::model::time::NANOS_PER_SECOND;
use crate::registry::keys::{Hash, Key, NewKey, hash_of};
use crate::registry::{self, Registry};

use attempts::Attempts;
use state::State;

pub use credential::Spelling;
pub use logins::{By, Caller, May, Visitor};
pub use origin::{client_of, is_own_host};
pub use pass::{Asks, Denied, Pass};

/// What a refused request hears it should bring (`WWW-Authenticate`). Not Basic: browsers would ask by themselves.
pub const CHALLENGE: &str = "Bearer realm=\"tracemeter\"";

/// How often it is looked whether another process has changed the registry.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// After so many looks, what was used is written down.
const LOOKS_UNTIL_NOTED: u32 = 60;

/// How long a link for setting up the admin is good.
pub const LINK_HOURS: i64 = 24;

/// Where commands on this machine find their token, below the data directory.
pub const COMMAND_TOKEN: &str = "run/token";

/// Passwords that are checked at once: each takes 19 MiB.
const HASHED_AT_ONCE: usize = 2;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Registry(#[from] registry::Error),
    #[error("cannot write {path}, by which commands on this machine are known: {source}")]
    Token { path: std::path::PathBuf, source: std::io::Error },
    #[error("name or password is wrong")]
    Wrong,
    #[error("too many attempts have failed")]
    TooMany { wait: Duration },
    #[error("this link has been used already, is replaced by a newer one, or is older than {LINK_HOURS} hours")]
    Link,
    /// What is wrong with a name or password that was chosen.
    #[error("{0}")]
    Choice(&'static str),
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    #[error("who signs in by a proxy or a token has no password here")]
    NoPassword,
    #[error("shutting down")]
    Closing,
}

/// Handle to all of it. Clones share it.
#[derive(Debug, Clone)]
pub struct Access {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    registry: Registry,
    clock: Clock,
    web: WebConfig,
    state: RwLock<State>,
    /// Of the commands on this machine; another one after each start.
    command: String,
    attempts: Mutex<Attempts>,
    hashing: Semaphore,
}

impl Access {
    /// What is in `registry`; the web port is as `web` says.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn open(registry: Registry, clock: Clock, web: &WebConfig) -> Result<Self, Error> {
        let state = State::read(&registry)?;
        let shared = Shared {
            registry,
            clock,
            web: web.clone(),
            state: RwLock::new(state),
            command: registry::keys::secret(registry::keys::TOKEN)?,
            attempts: Mutex::default(),
            hashing: Semaphore::new(HASHED_AT_ONCE),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Tells commands of this machine's users who may read the data directory how to ask the server.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_command_token(&self, data_dir: &Path) -> Result<(), Error> {
        let path = data_dir.join(COMMAND_TOKEN);
        let draft = path.with_extension("new");
        let write = || {
            // One left by a crash may have other rights.
            let _gone = std::fs::remove_file(&draft);
            let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
            file.write_all(self.shared.command.as_bytes())?;
            std::fs::rename(&draft, &path)
        };
        write().map_err(|source| Error::Token { path: path.clone(), source })
    }

    /// Notices changes of other processes, and notes what was used, until `stopped` turns true.
    pub async fn follow(self, mut stopped: watch::Receiver<bool>) {
        let mut looks = 0;
        loop {
            let ends = tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => true,
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
            looks += 1;
            let note = ends || looks % LOOKS_UNTIL_NOTED == 0;
            let access = self.clone();
            let work = tokio::task::spawn_blocking(move || access.look(note));
            // One that panicked has said so.
            if let Ok(Err(error)) = work.await {
                tracing::warn!(%error, "keys and logins are as they were: {error}");
            }
            if ends {
                return;
            }
        }
    }

    fn look(&self, note: bool) -> Result<(), Error> {
        if self.shared.registry.version()? != self.state(|state| state.version) {
            self.reload()?;
        }
        if note {
            self.note_used()?;
        }
        Ok(())
    }

    /// Writes down when keys were used and logins seen, and forgets logins that are over.
    fn note_used(&self) -> Result<(), Error> {
        let (keys, logins) = self.state(State::used);
        if !keys.is_empty() {
            self.shared.registry.keys_used(&keys)?;
        }
        let now = self.shared.clock.now();
        let (made, seen) = (logins::made_since(now), logins::seen_since(now));
        if !logins.is_empty() || self.state(|state| state.has_ended(made, seen)) {
            self.shared.registry.logins_seen(&logins, made, seen)?;
        }
        self.reload()
    }

    /// Takes over what the registry says now.
    fn reload(&self) -> Result<(), Error> {
        let fresh = State::read(&self.shared.registry)?;
        let mut state = self.shared.state.write().unwrap_or_else(PoisonError::into_inner);
        fresh.remember(&state);
        *state = fresh;
        Ok(())
    }

    fn state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.shared.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.shared.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drawn anew at each start, from which other secrets can be derived. Not to be told to anybody but commands.
    pub fn command_secret(&self) -> &str {
        &self.shared.command
    }

    /// Whether a listener at `address` of a section that does (not) allow sending without a key asks for one now.
    pub fn asks_for_key(&self, allow: bool, address: IpAddr) -> bool {
        self.is_wanted(Asks::of(allow, address))
    }

    /// All keys, revoked ones too, with the time of their last use to the request.
    pub fn keys(&self) -> Vec<Key> {
        self.state(State::keys)
    }

    /// Whether an ingest key was ever made: from then on one is asked for on loopback as well.
    pub fn has_ingest_key(&self) -> bool {
        self.state(|state| state.has_ingest_key)
    }

    /// # Errors
    /// When the name is taken or none, or the registry cannot be written.
    pub fn make_key(&self, wanted: &NewKey) -> Result<(Key, String), Error> {
        let made = self.shared.registry.make_key(wanted, self.shared.clock.now())?;
        self.reload().map(|()| made)
    }

    /// Gives a key another text; the one before is good for `keep` longer. `None` when there is no such key.
    ///
    /// # Errors
    /// When the registry cannot be written.
    pub fn rotate_key(&self, id: i64, keep: Duration) -> Result<Option<(Key, String)>, Error> {
        let now = self.shared.clock.now();
        let rotated = self.shared.registry.rotate_key(id, now.after(keep), now)?;
        self.reload().map(|()| rotated)
    }

    /// False when there is no such key, or it was revoked before.
    ///
    /// # Errors
    /// When the registry cannot be written.
    pub fn revoke_key(&self, id: i64) -> Result<bool, Error> {
        let revoked = self.shared.registry.revoke_key(id, self.shared.clock.now())?;
        self.reload().map(|()| revoked)
    }

    /// A link of [`setup_link`] for a server that is reached as `base`, while there is no admin and a login is asked for.
    ///
    /// # Errors
    /// When the registry cannot be written.
    pub fn first_link(&self, base: &str) -> Result<Option<String>, Error> {
        if !self.asks_for_login() || self.has_admin() {
            return Ok(None);
        }
        setup_link(&self.shared.registry, base, self.shared.clock.now()).map(Some)
    }
}

/// A link by which the admin's name and password are set: once, and within [`LINK_HOURS`]. It takes the place of the
/// one before. The token stands behind the `#`, which browsers send to nobody.
///
/// # Errors
/// When the registry cannot be written.
pub fn setup_link(registry: &Registry, base: &str, now: UnixNanos) -> Result<String, Error> {
    let token = registry::keys::secret("")?;
    registry.set_link(hash_of(&token), UnixNanos(now.0 + LINK_HOURS * 3600 * NANOS_PER_SECOND))?;
    Ok(format!("{}/setup#{token}", base.trim_end_matches('/')))
}

#[cfg(test)]
mod tests;
