//! Whether a request may send: which key it carries, and what that key is good for.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, Uri};

use super::credential::{self, Credential, Spelling};
use super::state::Known;
use super::{Access, hash_of};
use crate::model::{Grant, Signal};

/// When a listener asks for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// The configuration says so in so many words.
    Never,
    /// On loopback: as soon as an ingest key was made.
    OnceMade,
    /// On every other address.
    Always,
}

impl Asks {
    /// Of a listener at `address` of a section that does (not) allow to come without a key.
    pub fn of(allow: bool, address: IpAddr) -> Self {
        match (allow, address.is_loopback()) {
            (true, _) => Self::Never,
            (false, true) => Self::OnceMade,
            (false, false) => Self::Always,
        }
    }
}

/// What a request may send.
#[derive(Debug, Clone, Default)]
pub struct Pass {
    /// How it carried a key, if it did.
    pub spelling: Option<Spelling>,
    /// `None`: everything.
    only: Option<Arc<Known>>,
    /// Under which its records stand; `None` where no key says.
    pub project: Option<Arc<str>>,
}

impl Pass {
    /// Of whom a key has let in before.
    pub fn of_project(project: Option<Arc<str>>) -> Self {
        Self { project, ..Self::default() }
    }

    pub fn is_for(&self, signal: Signal) -> bool {
        self.only.as_ref().is_none_or(|known| known.key.grant.signals().is_some_and(|list| list.contains(&signal)))
    }

    /// What it is good for, in words.
    pub fn words(&self) -> String {
        let grant = self.only.as_ref().map(|known| &known.key.grant);
        let signals = grant.and_then(Grant::signals).unwrap_or(&Signal::ALL);
        signals.iter().map(|signal| signal.as_str()).collect::<Vec<_>>().join(" and ")
    }
}

/// Why a request may send nothing; the text tells its sender what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error(
        "a key is asked for here and none came: make one with `tracemeter keys new NAME` on the server, or on the page \
         under Settings, Keys, and send it as Authorization: Bearer KEY, as the password of Basic, or as x-api-key"
    )]
    Missing,
    #[error(
        "this key is not known here: keys begin with tm_ingest_, and `tracemeter keys new NAME` or the page under \
         Settings, Keys makes one"
    )]
    Unknown,
    #[error(
        "this key is revoked: make another one with `tracemeter keys new NAME`, or on the page under Settings, Keys"
    )]
    Revoked,
    #[error("this key has been rotated, and its time is over: send the new one")]
    Rotated,
    #[error("this is a token for the API, which sends nothing: make a key with `tracemeter keys new NAME`")]
    Token,
}

impl Denied {
    /// A word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing_key",
            Self::Unknown => "unknown_key",
            Self::Revoked => "revoked_key",
            Self::Rotated => "rotated_key",
            Self::Token => "api_token",
        }
    }
}

impl Access {
    pub(super) fn is_wanted(&self, asks: Asks) -> bool {
        match asks {
            Asks::Never => false,
            Asks::OnceMade => self.has_ingest_key(),
            Asks::Always => true,
        }
    }

    /// Lets a request in, or says why not. Where no key is asked for, none is refused either; one that is known is noted.
    ///
    /// # Errors
    /// When a key is asked for, and the one that came is not good.
    pub fn admit(&self, asks: Asks, headers: &HeaderMap, uri: &Uri) -> Result<Pass, Denied> {
        let found = credential::find(headers, uri);
        let pass = self.admit_key(asks, found.as_ref().map(Credential::secret))?;
        Ok(Pass { spelling: found.map(|credential| credential.spelling), ..pass })
    }

    /// The same of a key that stands by itself.
    ///
    /// # Errors
    /// When a key is asked for, and this one is not good.
    pub fn admit_key(&self, asks: Asks, secret: Option<&str>) -> Result<Pass, Denied> {
        let is_wanted = self.is_wanted(asks);
        match secret.map_or(Err(Denied::Missing), |secret| self.sender(secret)) {
            Ok(known) => {
                let project = Some(Arc::clone(&known.project));
                Ok(Pass { spelling: None, project, only: is_wanted.then_some(known) })
            }
            Err(denied) if is_wanted => Err(denied),
            Err(_) => Ok(Pass::default()),
        }
    }

    /// The ingest key that `secret` is, which is noted as used.
    fn sender(&self, secret: &str) -> Result<Arc<Known>, Denied> {
        let known = self.good_key(secret)?;
        if known.key.grant.signals().is_none() {
            return Err(Denied::Token);
        }
        known.used.is_now(self.shared.clock.now());
        Ok(known)
    }

    /// The key or token that `secret` is, if it is good for anything now.
    pub(super) fn good_key(&self, secret: &str) -> Result<Arc<Known>, Denied> {
        let hash = hash_of(secret);
        let known = self.state(|state| state.find(&hash).map(Arc::clone)).ok_or(Denied::Unknown)?;
        if known.key.revoked.is_some() {
            return Err(Denied::Revoked);
        }
        let is_over = |until| until <= self.shared.clock.now();
        if known.key.hash != hash && known.key.old.is_none_or(|(_, until)| is_over(until)) {
            return Err(Denied::Rotated);
        }
        Ok(known)
    }
}
