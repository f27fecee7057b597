//! Keys, and who is signed in.

use serde::Serialize;
use utoipa::ToSchema;

/// Whether a login is asked for, and who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Account {
    pub login_wanted: bool,
    /// There is an admin, who has a password.
    pub set_up: bool,
    pub signed_in: bool,
    /// Of who asks; null where nobody is signed in.
    pub name: Option<String>,
    /// `open` (no login is asked for), `login`, `proxy`, `token` or `command`; null where nobody is signed in.
    pub by: Option<String>,
    /// `everything` or `read`; null where nobody is signed in.
    pub may: Option<String>,
}

/// Who is signed in with a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LoginList {
    /// Last seen first.
    pub items: Vec<LoginItem>,
    pub next_cursor: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LoginItem {
    pub since: String,
    pub last_seen: String,
    /// As it calls itself.
    pub browser: String,
    /// From where it signed in.
    pub address: String,
    /// It is the one that asks.
    pub this_one: bool,
}

/// Ingest keys and API tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KeyList {
    /// In the order they were made.
    pub items: Vec<KeyItem>,
    pub next_cursor: Option<String>,
    /// Whether who sends on the HTTP port is asked for a key now.
    pub asked_for: bool,
    /// `receive.allow_without_key`: none is asked for, however many there are.
    pub allowed_without: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KeyItem {
    pub id: i64,
    /// Unique among those that are not revoked.
    pub name: String,
    /// `ingest` or `api`.
    pub kind: String,
    /// What may be sent with an ingest key.
    pub signals: Vec<String>,
    /// `read` or `admin`, of a token.
    pub scope: Option<String>,
    /// Under which everything stands that is sent with it.
    pub project: String,
    /// Its last characters.
    pub hint: String,
    pub made_at: String,
    pub last_used_at: Option<String>,
    pub rotated_at: Option<String>,
    /// Until when the key before the rotation is good.
    pub old_until: Option<String>,
    pub revoked_at: Option<String>,
}

/// A key that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MadeKey {
    pub key: KeyItem,
    /// The key itself, told this once.
    pub secret: String,
}
