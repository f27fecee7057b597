//! What a statement may ask: tables with readable times, ids and amounts, made of the stored ones. They live in the
//! one connection that answers the statement.

/// A table as users see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) columns: &'static [Column],
    source: &'static str,
}

/// Name, what it is made of, and what it says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    made_of: &'static str,
    pub(super) about: &'static str,
}

const fn column(name: &'static str, made_of: &'static str, about: &'static str) -> Column {
    Column { name, made_of, about }
}

/// One that is called as it is stored.
const fn as_is(name: &'static str, about: &'static str) -> Column {
    column(name, name, about)
}

const TRACE_ID: Column = column("trace_id", "lower(lpad(to_hex(trace_id), 32, '0'))", "32 hex digits");
const SPAN_ID: Column = column("span_id", "lower(lpad(to_hex(span_id), 16, '0'))", "16 hex digits");
const START_TIME: Column = column("start_time", "make_timestamp_ns(start_ns)", "UTC, to the nanosecond");
const START_NS: Column = as_is("start_ns", "The same in nanoseconds since 1970: filters on it are fastest");
const DURATION: Column = column("duration_ms", "duration_ns / 1e6", "Milliseconds");
const COST: Column = column("cost_usd", "cost_nano / 1e9", "US dollars; NULL where there is no price, never 0");
const COST_NANO: Column = as_is("cost_nano", "The same exactly, in billionths of a dollar");
const SERVICE: Column = as_is("service", "service.name of the sender");
const SCOPE: Column = as_is("scope", "Name of the instrumentation");
const STATUS: Column = as_is("status", "ok, error or unset");
const SESSION: Column = as_is("session_id", "Session or conversation");
const USER: Column = as_is("user_id", "User, as the client calls them");
const ENVIRONMENT: Column = as_is("environment", "Deployment environment");
const FEATURE: Column = as_is("feature", "What the call was made for");
const TEAM: Column = as_is("team", "Who pays");
const WORKFLOW: Column = as_is("workflow", "n8n, Dify or LangFlow workflow");
const AGENT: Column = as_is("agent", "Name of the agent");
const TAGS: Column = as_is("tags", "A list; list_contains(tags, 'x') asks for one");
const PROJECT: Column = as_is("project", "Of the key that sent it");
const INPUT: Column = as_is("input", "Tokens in, without those read from or written to a cache");
const CACHE_READ: Column = as_is("cache_read", "Tokens read from the provider's cache");
const CACHE_WRITE: Column = column("cache_write", "cache_write_5m + cache_write_1h", "Tokens written to it");
const OUTPUT: Column = as_is("output", "Tokens out, without reasoning");
const REASONING: Column = as_is("reasoning", "Tokens of reasoning");
const AUDIO_INPUT: Column = as_is("audio_input", "Tokens of sound in");
const AUDIO_OUTPUT: Column = as_is("audio_output", "Tokens of sound out");
const IMAGE_INPUT: Column = as_is("image_input", "Tokens of images in");
const IMAGE_OUTPUT: Column = as_is("image_output", "Tokens of images out");
const TOKENS: Column = column(
    "tokens",
    "input + cache_read + cache_write_5m + cache_write_1h + output + reasoning + audio_input + audio_output + image_input \
     + image_output",
    "All of them together",
);
const TIME: Column = column("time", "make_timestamp_ns(time_ns)", "UTC, to the nanosecond");
const TIME_NS: Column = as_is("time_ns", "The same in nanoseconds since 1970: filters on it are fastest");
const ATTRIBUTES: Column =
    column("attributes", "attributes::JSON", "attributes ->> '$.\"http.route\"' gives one as text");
const IN_PREVIEW: Column = as_is("input_preview", "How the input begins");
const OUT_PREVIEW: Column = as_is("output_preview", "How the output begins");

pub(super) const TABLES: [Table; 5] = [
    Table {
        name: "calls",
        about: "One row per model call, with tokens and cost. Add WHERE counted for sums: a wrapper that repeats what \
                its children say is not counted",
        source: "span WHERE operation IS NOT NULL",
        columns: &[
            START_TIME,
            DURATION,
            as_is("model", "The model that was billed"),
            as_is("provider", "Who answered, such as openai"),
            as_is("operation", "chat, text_completion, embeddings, rerank or other"),
            COST,
            TOKENS,
            INPUT,
            CACHE_READ,
            CACHE_WRITE,
            OUTPUT,
            REASONING,
            AUDIO_INPUT,
            AUDIO_OUTPUT,
            IMAGE_INPUT,
            IMAGE_OUTPUT,
            STATUS,
            as_is("error_type", "What kind of failure"),
            column("time_to_first_token_ms", "ttft_ns / 1e6", "Milliseconds until the first token"),
            as_is("streaming", "Whether the answer was streamed"),
            as_is("finish_reasons", "A list: stop, length, tool_calls, ..."),
            SERVICE,
            FEATURE,
            TEAM,
            USER,
            SESSION,
            ENVIRONMENT,
            WORKFLOW,
            as_is("node", "Node of the workflow"),
            AGENT,
            as_is("prompt_name", "Managed prompt"),
            as_is("prompt_version", "Its version"),
            TAGS,
            as_is("request_model", "As asked for"),
            as_is("response_model", "As answered"),
            as_is("counted", "Whether it enters totals"),
            as_is("counted_reason", "Why not"),
            as_is("retry", "It repeats a failed call"),
            COST_NANO,
            as_is("cost_basis", "computed, reported, local or none"),
            as_is("cost_reason", "Why there is no cost"),
            column("reported_usd", "reported_nano / 1e9", "What the client said it cost"),
            column("cache_saved_usd", "saved_nano / 1e9", "What caching saved"),
            as_is("name", "Name of the span"),
            TRACE_ID,
            SPAN_ID,
            START_NS,
            PROJECT,
        ],
    },
    Table {
        name: "traces",
        about: "One row per trace, with the sums of its spans",
        source: "trace",
        columns: &[
            START_TIME,
            DURATION,
            as_is("name", "Name of its root span"),
            as_is("kind", "Kind of its root span: llm, agent, workflow, ..."),
            SERVICE,
            as_is("services", "All of them, a list"),
            column("status", "status", "error when any span failed"),
            as_is("span_count", "Spans"),
            as_is("call_count", "Counted model calls"),
            as_is("error_count", "Spans that failed"),
            as_is("models", "A list"),
            as_is("providers", "A list"),
            COST,
            TOKENS,
            INPUT,
            CACHE_READ,
            CACHE_WRITE,
            OUTPUT,
            REASONING,
            as_is("unpriced_calls", "Calls without a price"),
            USER,
            SESSION,
            FEATURE,
            TEAM,
            ENVIRONMENT,
            WORKFLOW,
            AGENT,
            TAGS,
            IN_PREVIEW,
            OUT_PREVIEW,
            COST_NANO,
            TRACE_ID,
            START_NS,
            PROJECT,
        ],
    },
    Table {
        name: "spans",
        about: "One row per span: calls, tools, agents, workflows, HTTP and the rest",
        source: "span",
        columns: &[
            START_TIME,
            DURATION,
            as_is("name", "Name of the span"),
            as_is("kind", "llm, tool, agent, workflow, retrieval, http, db, ..."),
            SERVICE,
            SCOPE,
            STATUS,
            as_is("status_message", "What the client said about it"),
            as_is("error_type", "What kind of failure"),
            as_is("tool_name", "Of a tool call"),
            as_is("model", "Of a model call"),
            COST,
            USER,
            SESSION,
            FEATURE,
            TEAM,
            ENVIRONMENT,
            WORKFLOW,
            as_is("node", "Node of the workflow"),
            AGENT,
            TAGS,
            IN_PREVIEW,
            OUT_PREVIEW,
            as_is("dialect", "In whose words it was told"),
            TRACE_ID,
            SPAN_ID,
            column("parent_span_id", "lower(lpad(to_hex(parent_id), 16, '0'))", "NULL at the root"),
            START_NS,
            PROJECT,
        ],
    },
    Table {
        name: "logs",
        about: "One row per log record",
        source: "log_event",
        columns: &[
            TIME,
            as_is("severity", "trace, debug, info, warn, error, fatal or unset"),
            as_is("severity_number", "As OTLP numbers it: 9 info, 13 warn, 17 error"),
            SERVICE,
            SCOPE,
            as_is("event_name", "Of an event"),
            as_is("body", "The first 2000 characters"),
            ATTRIBUTES,
            column("trace_id", "lower(lpad(to_hex(trace_id), 32, '0'))", "NULL when it belongs to none"),
            column("span_id", "lower(lpad(to_hex(span_id), 16, '0'))", "NULL when it belongs to none"),
            TIME_NS,
            PROJECT,
        ],
    },
    Table {
        name: "metrics",
        about: "One row per data point, as it was sent: counters are mostly cumulative",
        source: "metric_point",
        columns: &[
            TIME,
            as_is("name", "Name of the metric"),
            as_is("kind", "gauge, sum, histogram, exponential_histogram or summary"),
            column("value", "coalesce(value, int_value::DOUBLE)", "Of a gauge or sum"),
            as_is("count", "Measurements of a histogram or summary"),
            as_is("sum", "Their sum"),
            as_is("min", "The least of them"),
            as_is("max", "The largest of them"),
            as_is("unit", "ms, By, {token}, ..."),
            SERVICE,
            SCOPE,
            ATTRIBUTES,
            as_is("temporality", "delta or cumulative"),
            as_is("monotonic", "Of a sum: it never falls"),
            as_is("bounds", "Upper bounds of a histogram's buckets"),
            as_is("bucket_counts", "Measurements in each"),
            column("series", "lower(lpad(to_hex(series), 16, '0'))", "The same for points of one series"),
            column("start_time", "make_timestamp_ns(start_ns)", "Since when it counts"),
            TIME_NS,
            PROJECT,
        ],
    },
];

impl Table {
    /// Makes it, from the tables of the database `database`, for one connection.
    pub(super) fn statement(&self, database: &str) -> String {
        let columns: Vec<String> =
            self.columns.iter().map(|column| format!("{} AS {}", column.made_of, column.name)).collect();
        format!("CREATE TEMP VIEW {} AS SELECT {} FROM {database}.main.{}", self.name, columns.join(", "), self.source)
    }
}
