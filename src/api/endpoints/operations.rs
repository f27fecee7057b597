//! Addresses about logs, statements, space, who has sent, and the configuration.

use super::changes::Change;
use super::{ATTRIBUTE, Endpoint, PAGE, Param, TIME, many, one};

const LOG_FILTERS: &[Param] = &[
    one("trace_id", "Records of one trace"),
    many("service", "Service name"),
    many("event_name", "Name of the event"),
    one("min_severity", "trace, debug, info, warn, error or fatal"),
    one("q", "Part of the body, in any case"),
    many("attribute", "An attribute of the records, as key=value; several must all hold"),
];

pub(in crate::api) const LOGS: Endpoint = Endpoint {
    path: "/api/v1/logs",
    summary: "Log records, newest first",
    params: &[TIME, PAGE, LOG_FILTERS],
    answer: "LogList",
};

pub(in crate::api) const LOG_SUMMARY: Endpoint = Endpoint {
    path: "/api/v1/logs/summary",
    summary: "How many log records match in each step of time, by severity, and which services, instrumentations and events \
              they have; the last 24 hours when since is absent",
    params: &[TIME, LOG_FILTERS, &[one("step", "Length of a step, such as 30s, 5m, 1h")]],
    answer: "LogSummary",
};

pub(in crate::api) const METRIC_ATTRIBUTES: Endpoint = Endpoint {
    path: "/api/v1/metrics/attributes",
    summary: "The attributes that the series of a metric have, with their values, the most frequent first",
    params: &[TIME, &[one("name", "Name of the metric"), many("service", "Service name"), ATTRIBUTE]],
    answer: "MetricAttributeList",
};

/// Takes a POST, although it changes nothing: the statement comes with it, and no other site may ask.
pub(in crate::api) const SQL: Endpoint = Endpoint {
    path: "/api/v1/sql",
    summary: "Run one query, sent as JSON with sql, over the tables of /api/v1/sql/tables; $since and $until in it stand for \
              the range of time, the last 24 hours when since is absent",
    params: &[
        TIME,
        &[
            one("limit", "How many rows at most: 1 to 100000, 1000 when absent"),
            one("format", "json (default) or csv: a file"),
        ],
    ],
    answer: "SqlResult",
};

pub(in crate::api) const SQL_RUN: Change =
    Change { method: "post", path: SQL.path, summary: SQL.summary, params: SQL.params, answer: SQL.answer };

pub(in crate::api) const SQL_TABLES: Endpoint = Endpoint {
    path: "/api/v1/sql/tables",
    summary: "Tables and columns that a query can ask, with their types and what they say",
    params: &[],
    answer: "SqlTableList",
};

pub(in crate::api) const STORAGE: Endpoint = Endpoint {
    path: "/api/v1/storage",
    summary: "What takes how much space in the data directory, by part and by day",
    params: &[],
    answer: "Storage",
};

pub(in crate::api) const ARRIVALS: Endpoint = Endpoint {
    path: "/api/v1/arrivals",
    summary: "Who has sent since the start, and what was refused and why, newest first",
    params: &[&[one("since", "Only those heard of since: RFC 3339, or how long ago, such as 30m, 24h")]],
    answer: "Arrivals",
};

pub(in crate::api) const CLIENTS: Endpoint = Endpoint {
    path: "/api/v1/clients",
    summary: "How each client is set up to send here: settings to copy, with the addresses of this server in them",
    params: &[&[
        one("host", "Name or address under which clients reach this machine; localhost when absent"),
        one("key", "What stands where a client wants a key"),
    ]],
    answer: "ClientList",
};

pub(in crate::api) const CONFIG: Endpoint = Endpoint {
    path: "/api/v1/config",
    summary: "The configuration in force: every key with its value and where it comes from; secrets are not told",
    params: &[],
    answer: "Configuration",
};
