//! Who looks: signed in with a browser, let in by a proxy, or with a token; and how somebody signs in.

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri, header};

use super::{Access, Error, Hash, credential, hash_of, origin, password};
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Grant, UnixNanos};
use crate::registry::keys::secret;
use crate::registry::{Admin, Login};

const COOKIE: &str = "tracemeter_session";

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// A login that is not used ends after this.
const IDLE_DAYS: i64 = 7;

/// And in any case after this.
const LONGEST_DAYS: i64 = 30;

/// Characters kept of what a browser calls itself.
const MOST_BROWSER: usize = 200;

/// By what somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// No login is asked for.
    Open,
    /// A cookie with this hash.
    Login(Hash),
    /// A proxy has asked for the login.
    Proxy,
    Token,
    /// A command of this machine that may read the data directory.
    Command,
}

impl By {
    /// A word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Login(_) => "login",
            Self::Proxy => "proxy",
            Self::Token => "token",
            Self::Command => "command",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    Everything,
    /// Nothing that changes something.
    Read,
}

/// Who looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Empty where no login is asked for.
    pub name: String,
    pub by: By,
    pub may: May,
}

/// From where somebody signs in.
#[derive(Debug, Clone)]
pub struct Caller {
    pub headers: HeaderMap,
    /// The other end of the connection.
    pub peer: IpAddr,
}

/// Logins made before this time are over.
pub(super) fn made_since(now: UnixNanos) -> UnixNanos {
    UnixNanos(now.0 - LONGEST_DAYS * DAY)
}

/// Logins last seen before this time are over.
pub(super) fn seen_since(now: UnixNanos) -> UnixNanos {
    UnixNanos(now.0 - IDLE_DAYS * DAY)
}

impl Access {
    /// Whether who looks must be somebody.
    pub fn asks_for_login(&self) -> bool {
        let web = &self.shared.web;
        let exposed = !web.listen.ip().is_loopback() || web.require_login || web.forward_auth.is_some();
        !web.allow_without_login && (exposed || self.has_admin())
    }

    pub fn has_admin(&self) -> bool {
        self.state(|state| state.admin.is_some())
    }

    /// Who asks with these headers; `None` when a login is asked for, and nobody is signed in.
    pub fn visitor(&self, headers: &HeaderMap, peer: IpAddr) -> Option<Visitor> {
        let open = || Visitor { name: String::new(), by: By::Open, may: May::Everything };
        let known = self.by_token(headers).or_else(|| self.by_proxy(headers, peer)).or_else(|| self.by_cookie(headers));
        known.or_else(|| (!self.asks_for_login()).then(open))
    }

    fn by_token(&self, headers: &HeaderMap) -> Option<Visitor> {
        // Not behind the path: it would stand in histories and in the logs of proxies.
        let found = credential::find(headers, &Uri::default())?;
        let secret = found.secret();
        if hash_of(secret) == hash_of(&self.shared.command) {
            return Some(Visitor { name: "command line".into(), by: By::Command, may: May::Everything });
        }
        let known = self.good_key(secret).ok()?;
        let may = match known.key.grant {
            Grant::Admin => May::Everything,
            Grant::Read => May::Read,
            Grant::Send(_) => return None,
        };
        known.used.is_now(self.shared.clock.now());
        Some(Visitor { name: known.key.name.clone(), by: By::Token, may })
    }

    fn by_proxy(&self, headers: &HeaderMap, peer: IpAddr) -> Option<Visitor> {
        let config = self.shared.web.forward_auth.as_ref()?;
        if !config.networks.iter().any(|network| network.contains(peer)) {
            return None;
        }
        let mut told = headers.get_all(config.header.as_str()).iter();
        // Said twice, one of them may be the browser's.
        let (Some(name), None) = (told.next(), told.next()) else { return None };
        let name = String::from_utf8_lossy(name.as_bytes()).trim().to_owned();
        let is_in = config.users.is_empty() || config.users.contains(&name);
        (is_in && !name.is_empty()).then_some(Visitor { name, by: By::Proxy, may: May::Everything })
    }

    fn by_cookie(&self, headers: &HeaderMap) -> Option<Visitor> {
        let now = self.shared.clock.now();
        cookies(headers).find_map(|cookie| {
            let hash = hash_of(cookie);
            self.state(|state| {
                let (admin, present) = (state.admin.as_ref()?, state.logins.get(&hash)?);
                let is_over = present.login.made < made_since(now) || present.seen.get() < Some(seen_since(now));
                if is_over {
                    return None;
                }
                present.seen.is_now(now);
                Some(Visitor { name: admin.name.clone(), by: By::Login(hash), may: May::Everything })
            })
        })
    }

    /// Does work that hashes passwords, which takes memory: two at once, the others wait.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _permit = self.shared.hashing.acquire().await.map_err(|_| Error::Closing)?;
        let access = self.clone();
        tokio::task::spawn_blocking(move || work(&access)).await.map_err(|_| Error::Closing)?
    }

    /// Signs in; gives the value of `Set-Cookie`. For [`Access::hashing`].
    ///
    /// # Errors
    /// A wrong name or password, or too many attempts.
    pub fn sign_in(&self, from: &Caller, name: &str, password: &str) -> Result<String, Error> {
        let person = origin::person(&self.shared.web, &from.headers, from.peer);
        let begun = self.attempts().begin(person, self.shared.clock.now());
        begun.map_err(|wait| Error::TooMany { wait })?;
        let admin = self.state(|state| state.admin.clone()).ok_or(Error::Wrong)?;
        // The password is looked at whatever the name is, so that the time says nothing about names.
        let fits = password::fits(password, &admin.password);
        if !fits || name.trim() != admin.name {
            tracing::warn!(client = %person, "somebody at {person} failed to sign in");
            return Err(Error::Wrong);
        }
        self.attempts().forgive(person);
        self.begin_login(from, person)
    }

    /// Sets the admin's name and password by a link, and signs in. For [`Access::hashing`].
    ///
    /// # Errors
    /// A link that is none any more, or a name or password that will not do.
    pub fn set_up(&self, from: &Caller, token: &str, name: &str, password: &str) -> Result<String, Error> {
        let (link, now, name) = (hash_of(token), self.shared.clock.now(), name.trim());
        // A guess costs no hashing.
        if !self.shared.registry.is_link(link, now)? {
            return Err(Error::Link);
        }
        password::check(name, password)?;
        let admin = Admin { name: name.to_owned(), password: password::hash(password)?, set: now };
        if !self.shared.registry.use_link(link, &admin)? {
            return Err(Error::Link);
        }
        self.reload()?;
        let person = origin::person(&self.shared.web, &from.headers, from.peer);
        tracing::info!(client = %person, "the admin was set up from {person}");
        self.begin_login(from, person)
    }

    fn begin_login(&self, from: &Caller, person: IpAddr) -> Result<String, Error> {
        let (cookie, now) = (secret("")?, self.shared.clock.now());
        let browser = from.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let browser = browser.unwrap_or_default().chars().take(MOST_BROWSER).collect();
        let login = Login { hash: hash_of(&cookie), made: now, seen: now, browser, address: person.to_string() };
        self.shared.registry.add_login(&login)?;
        self.reload()?;
        let is_https = origin::is_https(&self.shared.web, &from.headers, from.peer);
        Ok(set_cookie(&cookie, LONGEST_DAYS * 86_400, is_https))
    }

    /// Ends the login of this hash; gives the value of `Set-Cookie` that takes the cookie away.
    ///
    /// # Errors
    /// When the registry cannot be written.
    pub fn sign_out(&self, login: Hash) -> Result<String, Error> {
        self.shared.registry.end_login(login)?;
        self.reload()?;
        Ok(set_cookie("", 0, false))
    }

    /// Gives the admin another password, and ends all logins but that of `who`. For [`Access::hashing`].
    ///
    /// # Errors
    /// When `who` is not signed in with the password, the current one is wrong, or the new one will not do.
    pub fn change_password(&self, from: &Caller, who: By, current: &str, new: &str) -> Result<(), Error> {
        let By::Login(login) = who else { return Err(Error::NoPassword) };
        let person = origin::person(&self.shared.web, &from.headers, from.peer);
        let (now, admin) = (self.shared.clock.now(), self.state(|state| state.admin.clone()).ok_or(Error::NoPassword)?);
        self.attempts().begin(person, now).map_err(|wait| Error::TooMany { wait })?;
        if !password::fits(current, &admin.password) {
            return Err(Error::Wrong);
        }
        self.attempts().forgive(person);
        password::check(&admin.name, new)?;
        self.shared.registry.set_password(&password::hash(new)?, Some(login), now)?;
        self.reload()
    }

    /// Who is signed in with a browser, last seen first.
    pub fn logins(&self) -> Vec<Login> {
        let now = self.shared.clock.now();
        let mut logins = self.state(|state| {
            let present = state.logins.values();
            let logins =
                present.map(|one| Login { seen: one.seen.get().unwrap_or(one.login.seen), ..one.login.clone() });
            logins.collect::<Vec<_>>()
        });
        logins.retain(|login| login.made >= made_since(now) && login.seen >= seen_since(now));
        logins.sort_by_key(|login| std::cmp::Reverse((login.seen, login.made)));
        logins
    }

    /// Ends all logins but that of `who`; gives how many.
    ///
    /// # Errors
    /// When the registry cannot be written.
    pub fn end_other_logins(&self, who: By) -> Result<usize, Error> {
        let keep = if let By::Login(hash) = who { Some(hash) } else { None };
        let ended = self.shared.registry.end_other_logins(keep)?;
        self.reload().map(|()| ended)
    }
}

/// Our cookies of a request; on one host several servers may have set one.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, value)| *name == COOKIE && !value.is_empty()).map(|(_, value)| value)
}

/// Strict: the pages themselves need no login, so who follows a link from elsewhere sees them, and what they ask is then
/// asked by a page of ours.
fn set_cookie(value: &str, seconds: i64, is_https: bool) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}
