//! Addresses about keys, and about who is signed in.

use super::changes::{Change, change};
use super::{Endpoint, Param, one};

pub(in crate::api) const ACCOUNT: Endpoint = Endpoint {
    path: "/api/v1/account",
    summary: "Whether a login is asked for, and who asks; needs no login",
    params: &[],
    answer: "Account",
};

pub(in crate::api) const LOGIN: &str = "/api/v1/account/login";
pub(in crate::api) const SETUP: &str = "/api/v1/account/setup";
pub(in crate::api) const PASSWORD: &str = "/api/v1/account/password";

pub(in crate::api) const LOGINS: Endpoint = Endpoint {
    path: "/api/v1/account/logins",
    summary: "Who is signed in with a browser, last seen first",
    params: &[],
    answer: "LoginList",
};

pub(in crate::api) const KEYS: Endpoint = Endpoint {
    path: "/api/v1/keys",
    summary: "Ingest keys and API tokens, revoked ones too; never the keys themselves",
    params: &[],
    answer: "KeyList",
};

pub(in crate::api) const KEY: &str = "/api/v1/keys/{id}";
pub(in crate::api) const ROTATE: &str = "/api/v1/keys/{id}/rotate";

const KEEP: &[Param] = &[one("keep", "How long the key before is good, such as 1h or 7d; not at all when absent")];

pub(in crate::api) const ROTATE_WITH: Endpoint =
    Endpoint { path: ROTATE, summary: "", params: &[KEEP], answer: "MadeKey" };

pub(super) const SIGN_IN: Change = change("post", LOGIN, "Sign in: JSON with name and password", "Account");
pub(super) const SIGN_OUT: Change = change("delete", LOGIN, "Sign out", "Account");
pub(super) const SET_UP: Change = change(
    "post",
    SETUP,
    "Set up the admin by a one-time link: JSON with token, name and password; signs in",
    "Account",
);
pub(super) const SET_PASSWORD: Change =
    change("put", PASSWORD, "Change the password: JSON with current and new; ends all other logins", "Account");
pub(super) const END_LOGINS: Change = change("delete", LOGINS.path, "Sign out all other browsers", "LoginList");
pub(super) const MAKE_KEY: Change = change(
    "post",
    KEYS.path,
    "Make a key: JSON with name, and signals (traces, logs, metrics; all when absent) or scope (read, admin); the answer \
     has it this once",
    "MadeKey",
);
pub(super) const ROTATE_KEY: Change = Change {
    method: "post",
    path: ROTATE,
    summary: "Give a key another text; the answer has it this once",
    params: ROTATE_WITH.params,
    answer: "MadeKey",
};
pub(super) const REVOKE_KEY: Change =
    change("delete", KEY, "Revoke a key: it is good for nothing from now on", "KeyList");
