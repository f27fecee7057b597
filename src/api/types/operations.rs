//! Statements, space, senders and the configuration.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::content::JsonMap;

/// What a query found.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SqlResult {
    pub columns: Vec<SqlColumn>,
    /// Values in the order of the columns. Whole numbers beyond 2^53 and decimal numbers of more than 15 digits are text.
    #[cfg_attr(test, ts(type = "unknown[][]"))]
    pub rows: Vec<Vec<Value>>,
    /// There are more rows than were asked for.
    pub truncated: bool,
    pub duration_ms: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SqlColumn {
    pub name: String,
    /// `text`, `integer`, `number`, `boolean`, `timestamp` (RFC 3339), `date`, `list`, `object` or `binary` (hex).
    pub kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SqlTableList {
    pub items: Vec<SqlTable>,
    pub next_cursor: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SqlTable {
    pub name: String,
    pub about: String,
    pub columns: Vec<SqlTableColumn>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SqlTableColumn {
    pub name: String,
    /// As DuckDB calls it: `VARCHAR`, `BIGINT`, `TIMESTAMP_NS`, ...
    pub kind: String,
    pub about: String,
}

/// Space in the data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Storage {
    pub data_dir: String,
    pub parts: Vec<StoragePart>,
    /// Newest first.
    pub days: Vec<StorageDay>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StoragePart {
    /// `journal`, `analytics`, `search`, `media`, `forward` or `other`.
    pub part: String,
    pub bytes: u64,
}

/// The analytics are one file for all days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StorageDay {
    /// UTC, by arrival.
    pub day: String,
    pub journal_bytes: u64,
    pub search_bytes: u64,
    /// Files last sent on this day.
    pub media_bytes: u64,
    /// Compressed anew after it was over.
    pub packed: bool,
    /// What healthy traces said is left out.
    pub thinned: bool,
}

/// Who has sent since the start.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Arrivals {
    pub now: String,
    /// Newest first.
    pub items: Vec<Arrival>,
    /// Newest first.
    pub refusals: Vec<RefusedRequest>,
    /// Who looked whether we are there, newest first.
    pub probes: Vec<Probe>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Arrival {
    /// Which clients it looks like, by their ids in `/api/v1/clients`; empty for what nobody knows.
    pub clients: Vec<String>,
    /// What to change, where less arrives than there is.
    pub advice: Option<String>,
    pub service: String,
    /// The instrumentation.
    pub scope: String,
    /// Language, name and version of the SDK, as far as told.
    pub sdk: String,
    pub client: String,
    /// `grpc`, `http_protobuf`, `http_json`, `langfuse` or `langsmith`.
    pub protocol: String,
    /// `traces`, `logs` or `metrics`.
    pub signal: String,
    /// How the last request carried a key: `basic`, `bearer`, the name of a header, ...; null when it had none.
    pub key: Option<String>,
    /// The share of its traces that arrives, between 0 and 1, where their ids show that it samples.
    pub sampled_share: Option<f64>,
    pub first_time: String,
    pub last_time: String,
    pub requests: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RefusedRequest {
    /// `unknown_path`, `content_type`, `content_encoding`, `tls`, `malformed`, `wrong_signal`, `too_large`, ...
    pub reason: String,
    /// What the client was told.
    pub message: String,
    /// What to change at the client, where that is known.
    pub remedy: Option<String>,
    pub client: String,
    pub protocol: String,
    pub signal: String,
    pub first_time: String,
    pub last_time: String,
    pub requests: u64,
}

/// Somebody who looked whether we are there, with a request that held no record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Probe {
    pub client: String,
    pub protocol: String,
    pub signal: String,
    pub first_time: String,
    pub last_time: String,
    pub requests: u64,
}

/// How clients are set up to send here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClientList {
    /// Base address of OTLP/HTTP, and of the protocols of Langfuse and LangSmith.
    pub http: String,
    /// Base address of OTLP/gRPC.
    pub grpc: String,
    /// Those of `[[receive.listener]]`; their addresses are base addresses as well.
    pub further: Vec<super::Listener>,
    /// Only programs on the server's own machine reach it.
    pub only_here: bool,
    /// Who sends is asked for a key; `YOUR_KEY` stands in the settings where it belongs, unless one was given.
    pub key_wanted: bool,
    pub items: Vec<Client>,
}

/// A program that can send here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Client {
    pub id: String,
    pub label: String,
    /// `start`, `platforms`, `libraries`, `coding` or `servers`.
    pub group: String,
    pub group_label: String,
    pub steps: Vec<ClientStep>,
    /// What is good to know, a sentence each.
    pub notes: Vec<String>,
    /// What is most often wrong when it was set up and nothing comes.
    pub if_silent: Option<String>,
    /// Whatever arrives may be its data, since it has no signs of its own.
    pub sends_anything: bool,
}

/// Settings for one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ClientStep {
    /// Begins another way to the same end, which is not needed beside the one before.
    pub or: bool,
    /// Where the text goes.
    pub place: String,
    pub text: String,
}

/// The configuration in force.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Configuration {
    pub items: Vec<ConfigurationItem>,
    /// The same, nested as in the file.
    #[schema(value_type = Object)]
    pub values: JsonMap,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ConfigurationItem {
    /// Such as `receive.grpc`, or `destination.0.url` for the first of several.
    pub key: String,
    /// Null where nothing is set.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub value: Value,
    /// `default`, `file`, `environment` or `flag`.
    pub source: String,
    /// The file or the variable.
    pub from: Option<String>,
}
