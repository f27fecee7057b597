//! The addresses and their parameters: the one table from which requests are checked and OpenAPI is written.

mod access;
mod changes;
mod destinations;
mod exploring;
mod operations;
mod parts;
mod prices;

pub(super) use access::{ACCOUNT, KEY, KEYS, LOGIN, LOGINS, PASSWORD, ROTATE, ROTATE_WITH, SETUP};
pub(super) use changes::{CHANGES, Change, PIN, USER};
pub(super) use destinations::{DEAD_LETTERS, DESTINATION, DESTINATIONS, DO, DO_WITH_LETTERS, STEER_WITH};
pub(super) use exploring::{BULK, SESSION, TRACE_EXPORT, TRACE_OTLP, USERS, VIEW, VIEWS};
pub(super) use operations::{
    ARRIVALS, CLIENTS, CONFIG, LOG_SUMMARY, LOGS, METRIC_ATTRIBUTES, SQL, SQL_RUN, SQL_TABLES, STORAGE,
};
pub(super) use parts::{AGENTS, ERRORS, MODELS, TOOLS, WORKFLOW_NODES, WORKFLOWS};
pub(super) use prices::{CURRENCY, EXPLAIN, OVERRIDE, OVERRIDES, PRICES};

/// A query parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// May stand several times, then one of the values must hold.
    pub(super) many: bool,
}

/// An address under `/api/v1` that answers GET with JSON.
#[derive(Debug, Clone, Copy)]
pub(super) struct Endpoint {
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    pub(super) params: &'static [&'static [Param]],
    /// Name of the schema of the answer.
    pub(super) answer: &'static str,
}

impl Endpoint {
    pub(super) fn params(&self) -> impl Iterator<Item = &'static Param> {
        self.params.iter().copied().flatten()
    }
}

const fn one(name: &'static str, about: &'static str) -> Param {
    Param { name, about, many: false }
}

const fn many(name: &'static str, about: &'static str) -> Param {
    Param { name, about, many: true }
}

const TIME: &[Param] = &[
    one("since", "Start of the range: RFC 3339, a date, or how long ago, such as 30m, 24h, 7d, 2w"),
    one("until", "End of the range, exclusive; written like since"),
];

const PAGE: &[Param] = &[
    one("limit", "How many items at most: 1 to 500, 50 when absent"),
    one("cursor", "next_cursor of the page before"),
];

const ORDER: &[Param] = &[one("order", "newest (default), cost or duration; largest first")];

/// An empty value stands for "has none".
const DIMENSIONS: &[Param] = &[
    many("model", "Model that answered"),
    many("provider", "Provider, such as openai"),
    many("service", "Service name"),
    many("feature", "Feature"),
    many("team", "Team"),
    many("user", "User"),
    many("session", "Session or conversation"),
    many("environment", "Deployment environment"),
    many("workflow", "Workflow"),
    many("node", "Node of a workflow"),
    many("agent", "Agent"),
    many("prompt_name", "Prompt"),
    many("prompt_version", "Version of a prompt"),
    many("operation", "chat, text_completion, embeddings, rerank or other"),
    many("project", "Project that the sending key belongs to"),
    many("tag", "Tag; a call may have several"),
];

const MORE_FILTERS: &[Param] = &[
    many("status", "ok, error or unset; a trace has error when any span failed"),
    many("kind", "Kind of the span, of a trace its root span's: llm, agent, workflow, tool, ..."),
    one("min_cost_usd", "Least cost in US dollars"),
    one("min_duration_ms", "Least duration in milliseconds"),
];

const NAME: &[Param] = &[one("q", "Part of the name, in any case")];

const SEARCH_FILTER: &[Param] = &[one(
    "search",
    "Words in the content of any span of the trace, written like q of /api/v1/search; of more than 5000 traces the newest",
)];

const SNIPPETS: &[Param] = &[one("snippets", "true: with search, each trace comes with what was found in it")];

const ZONE: &[Param] = &[one("tz", "IANA time zone in which days turn, such as Europe/Berlin; UTC when absent")];

const BUCKET: &[Param] = &[one("bucket", "minute, hour, day, week or month")];

const GROUP_BY: &[Param] = &[many(
    "group_by",
    "Dimensions, separated by commas: model, provider, service, feature, team, user, session, workflow, node, tag, ...",
)];

const FORMAT: &[Param] = &[one("format", "json (default), csv or parquet: a file with everything that matches")];

const CALL_FILTERS: &[Param] =
    &[one("counted", "true or false: whether the call enters totals"), one("trace_id", "Calls of one trace")];

pub(super) const TRACES: Endpoint = Endpoint {
    path: "/api/v1/traces",
    summary: "Traces, largest first by the order asked for",
    params: &[
        TIME,
        PAGE,
        ORDER,
        DIMENSIONS,
        MORE_FILTERS,
        NAME,
        SEARCH_FILTER,
        SNIPPETS,
        &[one("pinned", "true: only traces that are pinned")],
    ],
    answer: "TraceList",
};

pub(super) const TRACE: Endpoint = Endpoint {
    path: "/api/v1/traces/{trace_id}",
    summary: "One trace with its spans and what was said, read from the journal",
    params: &[],
    answer: "TraceDetail",
};

pub(super) const CALLS: Endpoint = Endpoint {
    path: "/api/v1/calls",
    summary: "Model calls, also those that are not counted because another span tells the same usage",
    params: &[TIME, PAGE, ORDER, DIMENSIONS, MORE_FILTERS, NAME, SEARCH_FILTER, CALL_FILTERS, FORMAT],
    answer: "CallList",
};

pub(super) const COST: Endpoint = Endpoint {
    path: "/api/v1/cost",
    summary: "Counted calls summed up by dimensions and buckets of time; the last 30 days when since is absent",
    params: &[
        TIME,
        ZONE,
        BUCKET,
        GROUP_BY,
        FORMAT,
        &[one("sessions", "true: count sessions, too, and say what one costs; takes longer")],
        DIMENSIONS,
        MORE_FILTERS,
        NAME,
    ],
    answer: "CostList",
};

pub(super) const MOVERS: Endpoint = Endpoint {
    path: "/api/v1/cost/movers",
    summary: "Groups whose cost has changed most against the time of the same length before; the last 7 days when since is absent",
    params: &[
        TIME,
        GROUP_BY,
        &[one("limit", "How many items at most: 1 to 500, 50 when absent")],
        DIMENSIONS,
        MORE_FILTERS,
        NAME,
    ],
    answer: "MoverList",
};

const THRESHOLD: Param = one("threshold", "Share of the larger amount by which two may differ: 0.05 when absent");

pub(super) const RECONCILE: Endpoint = Endpoint {
    path: "/api/v1/reconcile",
    summary: "Clients and models whose reported costs differ from the computed ones, with both derivations of examples; the last 30 days when since is absent",
    params: &[
        TIME,
        &[THRESHOLD, one("limit", "How many items at most: 1 to 500, 50 when absent")],
        DIMENSIONS,
        MORE_FILTERS,
        NAME,
    ],
    answer: "ReconcileList",
};

/// Takes a POST, see `CHANGES`, although it changes nothing: what is compared comes with it.
pub(super) const INVOICE: Endpoint = Endpoint {
    path: "/api/v1/reconcile/invoice",
    summary: "A provider's bill, sent as the body, beside what was seen, by day and model; nothing of it is kept",
    params: &[&[
        THRESHOLD,
        many("provider", "Compare with calls of these providers, as they name them; the bill's own when absent"),
    ]],
    answer: "InvoiceReport",
};

pub(super) const COMPARE: Endpoint = Endpoint {
    path: "/api/v1/compare",
    summary: "What counted calls would have cost at another model: their tokens at its prices of that time; chats unless \
              operation is given, and the last 30 days when since is absent",
    params: &[
        TIME,
        &[
            one("to", "provider/model of the price table, such as openai/gpt-4o-mini"),
            many("group_by", "Dimensions, separated by commas: model, provider, service, feature, team, user, ..."),
        ],
        DIMENSIONS,
        MORE_FILTERS,
        NAME,
    ],
    answer: "Comparison",
};

pub(super) const COMPARE_MODELS: Endpoint = Endpoint {
    path: "/api/v1/compare/models",
    summary: "Models of the price table, for `to` of /api/v1/compare",
    params: &[&[
        one("q", "Words that stand in provider/model"),
        one("limit", "How many items at most: 1 to 500, 50 when absent"),
    ]],
    answer: "OfferList",
};

pub(super) const OVERVIEW: Endpoint = Endpoint {
    path: "/api/v1/overview",
    summary: "Today, this month and a range of time beside the periods before, with the largest groups",
    params: &[TIME, ZONE, DIMENSIONS, MORE_FILTERS],
    answer: "Overview",
};

pub(super) const SERIES: Endpoint = Endpoint {
    path: "/api/v1/series",
    summary: "One metric over time, a line per value of a dimension; the last 24 hours when since is absent",
    params: &[
        TIME,
        ZONE,
        BUCKET,
        &[
            one(
                "metric",
                "cost (default), calls, tokens, errors, latency_p50, latency_p95, ttft_p50, ttft_p95, traces or trace_errors; quantiles are off by 2 % at most",
            ),
            one("by", "Dimension to split by: the seven largest values have a line of their own"),
        ],
        DIMENSIONS,
        MORE_FILTERS,
        NAME,
        SEARCH_FILTER,
    ],
    answer: "Series",
};

pub(super) const SESSIONS: Endpoint = Endpoint {
    path: "/api/v1/sessions",
    summary: "Sessions with the figures of their traces, largest first by the order asked for",
    params: &[
        TIME,
        PAGE,
        ORDER,
        DIMENSIONS,
        MORE_FILTERS,
        &[one("q", "Part of the session's name, of its user, or of what went into one of its traces, in any case")],
    ],
    answer: "SessionList",
};

pub(super) const VALUES: Endpoint = Endpoint {
    path: "/api/v1/values",
    summary: "The values a field really has, most frequent first",
    params: &[
        TIME,
        &[
            one("field", "A dimension: model, provider, service, feature, ..."),
            one("q", "Part of the value, in any case"),
            one("limit", "How many at most: 1 to 500, 50 when absent"),
        ],
    ],
    answer: "ValueList",
};

pub(super) const METRICS: Endpoint = Endpoint {
    path: "/api/v1/metrics",
    summary: "Data points of metrics, newest first",
    params: &[
        TIME,
        PAGE,
        &[
            many("name", "Name of the metric"),
            many("service", "Service name"),
            ATTRIBUTE,
            one("trace_id", "Points with an exemplar of this trace"),
            one("q", "Part of the name, in any case"),
        ],
    ],
    answer: "MetricList",
};

/// All of them must hold.
const ATTRIBUTE: Param = many("attribute", "An attribute of the points, as key=value; several must all hold");

pub(super) const METRIC_NAMES: Endpoint = Endpoint {
    path: "/api/v1/metrics/names",
    summary: "The metrics that have data points, by name",
    params: &[
        TIME,
        &[
            many("service", "Service name"),
            one("q", "Part of the name, in any case"),
            one("limit", "How many at most: 1 to 500, 50 when absent"),
        ],
    ],
    answer: "MetricNameList",
};

pub(super) const METRIC_SERIES: Endpoint = Endpoint {
    path: "/api/v1/metrics/series",
    summary: "A metric over time: growth of counters across restarts, levels of gauges, quantiles of histograms with the \
              bounds between which the true one lies; the last 24 hours when since is absent",
    params: &[
        TIME,
        &[
            one("name", "Name of the metric"),
            many("service", "Service name"),
            ATTRIBUTE,
            one(
                "aggregate",
                "increase or rate (per second) of counters and of the number of measurements; sum, avg, min, max, p50, p90, \
                 p95, p99 of histograms; avg, min, max, last of gauges",
            ),
            many("group_by", "A line per value of this attribute, or of service"),
            one("step", "Length of a step, such as 30s, 5m, 1h"),
        ],
    ],
    answer: "MetricSeries",
};

pub(super) const SEARCH: Endpoint = Endpoint {
    path: "/api/v1/search",
    summary: "Spans and log records in whose content the words stand, newest first; filters are those of their traces",
    params: &[
        &[one(
            "q",
            "Words that all occur; \"a phrase\", begin*, OR, NOT or -word, parentheses, and field:word with the fields \
             name, prompt, completion, tool, error, log",
        )],
        TIME,
        PAGE,
        DIMENSIONS,
        MORE_FILTERS,
    ],
    answer: "SearchList",
};

pub(super) const RECEIPTS: Endpoint = Endpoint {
    path: "/api/v1/receipts",
    summary: "What was deleted on request, newest first",
    params: &[&[one("limit", "How many items at most: 1 to 500, 50 when absent")]],
    answer: "ReceiptList",
};

pub(super) const RECEIPT: Endpoint = Endpoint {
    path: "/api/v1/receipts/{id}",
    summary: "What one deletion has taken from where",
    params: &[],
    answer: "Receipt",
};

/// Takes a POST, see `CHANGES`, although it changes nothing: what is tried comes with it.
pub(super) const REDACTION_TEST: Endpoint = Endpoint {
    path: "/api/v1/redaction/test",
    summary: "What rules make of a text or a request: JSON with text or otlp, and with redact where others than those in \
              force are meant; nothing of it is kept",
    params: &[],
    answer: "RedactionTest",
};

pub(super) const REDACTION_DRY_RUN: Endpoint = Endpoint {
    path: "/api/v1/redaction/dry-run",
    summary: "How the last dry run of rules since the start goes or went",
    params: &[],
    answer: "RedactionDryRun",
};

/// The same address, asked to begin.
pub(super) const REDACTION_TASK: Endpoint =
    Endpoint { params: &[TIME, &[one("limit", "Records to read at most; 100000 when absent")]], ..REDACTION_DRY_RUN };

pub(super) const REINDEX: Endpoint = Endpoint {
    path: "/api/v1/reindex",
    summary: "How the last reading anew since the start goes or went",
    params: &[],
    answer: "Reindex",
};

/// The same address, asked to begin.
pub(super) const REINDEX_TASK: Endpoint = Endpoint {
    params: &[
        TIME,
        &[one(
            "what",
            "everything (default), prices (only what calls cost) or dialects (all but costs that stay valid)",
        )],
    ],
    ..REINDEX
};

pub(super) const HEALTH: Endpoint =
    Endpoint { path: "/api/v1/health", summary: "Lags, sizes, refusals, version", params: &[], answer: "Health" };

pub(super) const LIVE: Endpoint = Endpoint {
    path: "/api/v1/live",
    summary: "Server-sent events: `loaded` whenever new rows can be seen",
    params: &[],
    answer: "Live",
};

/// The answer is the file itself.
pub(super) const MEDIA: Endpoint = Endpoint {
    path: "/api/v1/media/{hash}",
    summary: "An image, sound or document that a message refers to, named by the BLAKE3 hash of its bytes",
    params: &[],
    answer: "",
};

pub(super) const ALL: [Endpoint; 52] = [
    ACCOUNT,
    LOGINS,
    KEYS,
    ARRIVALS,
    CLIENTS,
    CONFIG,
    STORAGE,
    SQL_TABLES,
    LOG_SUMMARY,
    METRIC_ATTRIBUTES,
    DESTINATIONS,
    DESTINATION,
    DEAD_LETTERS,
    PRICES,
    OVERRIDES,
    CURRENCY,
    EXPLAIN,
    TRACES,
    TRACE,
    TRACE_EXPORT,
    TRACE_OTLP,
    CALLS,
    COST,
    MOVERS,
    RECONCILE,
    COMPARE,
    COMPARE_MODELS,
    OVERVIEW,
    SERIES,
    SESSIONS,
    SESSION,
    USERS,
    VIEWS,
    MODELS,
    WORKFLOWS,
    WORKFLOW_NODES,
    AGENTS,
    TOOLS,
    ERRORS,
    VALUES,
    LOGS,
    METRICS,
    METRIC_NAMES,
    METRIC_SERIES,
    SEARCH,
    RECEIPTS,
    RECEIPT,
    REINDEX,
    REDACTION_DRY_RUN,
    HEALTH,
    LIVE,
    MEDIA,
];
