//! Addresses about where data is forwarded to.

use super::changes::Change;
use super::{Endpoint, one};

pub(in crate::api) const DESTINATIONS: Endpoint = Endpoint {
    path: "/api/v1/destinations",
    summary: "Where data is forwarded to: state, lag, what was sent, what was refused",
    params: &[],
    answer: "DestinationList",
};

pub(in crate::api) const DESTINATION: Endpoint = Endpoint {
    path: "/api/v1/destinations/{destination}",
    summary: "One destination",
    params: &[],
    answer: "Destination",
};

pub(in crate::api) const DEAD_LETTERS: Endpoint = Endpoint {
    path: "/api/v1/destinations/{destination}/dead-letters",
    summary: "Records that a destination will not take, oldest first, with its answer; the records are in the journal",
    params: &[&[
        one("limit", "How many items at most: 1 to 500, 50 when absent"),
        one("cursor", "next_cursor of the page before"),
    ]],
    answer: "DeadLetterList",
};

/// What can be done with a destination.
pub(in crate::api) const DO: &str = "/api/v1/destinations/{destination}/{action}";

/// `REWIND` names where to.
pub(in crate::api) const STEER_WITH: Endpoint = Endpoint {
    params: &[&[one("to", "With rewind: the first day that is sent again, such as 2026-11-20")]],
    ..DESTINATION
};

pub(in crate::api) const STEER: Change = Change {
    method: "post",
    path: DO,
    summary: "action: pause, resume (which also tries at once), rewind (to=DATE) or test (sends one record that says so)",
    params: STEER_WITH.params,
    answer: "Destination",
};

pub(in crate::api) const DO_WITH_LETTERS: Endpoint =
    Endpoint { params: &[&[one("id", "One dead letter; all of the destination when absent")]], ..DEAD_LETTERS };

pub(in crate::api) const REPLAY: Change = Change {
    method: "post",
    path: DEAD_LETTERS.path,
    summary: "Send dead letters again",
    params: DO_WITH_LETTERS.params,
    answer: "DeadLettersChanged",
};

pub(in crate::api) const DISCARD: Change =
    Change { method: "delete", summary: "Forget dead letters; the records stay in the journal", ..REPLAY };
