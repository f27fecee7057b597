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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Arrivals {
    pub now: String,
    /// Newest first.
    pub items: Vec<Arrival>,
    /// Newest first.
    pub refusals: Vec<RefusedRequest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Arrival {
    pub service: String,
    /// The instrumentation.
    pub scope: String,
    /// Language, name and version of the SDK, as far as told.
    pub sdk: String,
    pub client: String,
    /// `grpc`, `http_protobuf` or `http_json`.
    pub protocol: String,
    /// `traces`, `logs` or `metrics`.
    pub signal: String,
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
    pub client: String,
    pub protocol: String,
    pub signal: String,
    pub first_time: String,
    pub last_time: String,
    pub requests: u64,
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
