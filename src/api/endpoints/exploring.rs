//! Traces as files and many at once, one session, users, saved views.

use super::{DIMENSIONS, Endpoint, MORE_FILTERS, NAME, PAGE, SEARCH_FILTER, TIME, many, one};

pub(in crate::api) const TRACE_OTLP: Endpoint = Endpoint {
    path: "/api/v1/traces/{trace_id}/otlp",
    summary: "The spans of a trace as they are stored, redacted, in OTLP/JSON: what POST /v1/traces takes",
    params: &[&[one("span_id", "This span alone")]],
    answer: "",
};

/// The answer is one JSON document per line.
pub(in crate::api) const TRACE_EXPORT: Endpoint = Endpoint {
    path: "/api/v1/traces/export",
    summary: "Traces as a file with one line of JSON for each: those named, or all that match, newest first",
    params: &[
        &[
            one("format", "json (default), as /api/v1/traces/{trace_id} answers; or otlp, as POST /v1/traces takes it"),
            many("trace_id", "Traces, separated by commas; the filters are not looked at then"),
        ],
        TIME,
        DIMENSIONS,
        MORE_FILTERS,
        NAME,
        SEARCH_FILTER,
        &[one("pinned", "true: only traces that are pinned")],
    ],
    answer: "",
};

pub(in crate::api) const SESSION: Endpoint = Endpoint {
    path: "/api/v1/sessions/{session}",
    summary: "One session with its traces as turns of a conversation, oldest first; 20 turns when limit is absent, 50 at most",
    params: &[PAGE],
    answer: "SessionDetail",
};

pub(in crate::api) const USERS: Endpoint = Endpoint {
    path: "/api/v1/users",
    summary: "Users with the figures of their traces, largest first by the order asked for",
    params: &[
        TIME,
        PAGE,
        &[one("order", "newest (default), cost, calls or errors; largest first")],
        DIMENSIONS,
        MORE_FILTERS,
        &[one("q", "Part of the user's name, in any case")],
    ],
    answer: "UserList",
};

pub(in crate::api) const VIEWS: Endpoint = Endpoint {
    path: "/api/v1/views",
    summary: "Saved views",
    params: &[&[one("page", "Those of one page: traces, sessions, ...")]],
    answer: "ViewList",
};

/// The same address, for removing one.
pub(in crate::api) const VIEW: Endpoint = Endpoint {
    params: &[&[one("page", "Page of the view: traces, sessions, ..."), one("name", "Name of the view")]],
    ..VIEWS
};

pub(in crate::api) const BULK: &str = "/api/v1/traces/bulk";
