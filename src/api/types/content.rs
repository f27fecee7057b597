//! What was said: messages, tools, searches.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A JSON object with keys we do not choose, in the order they came.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(type = "Record<string, unknown>"))]
pub struct JsonMap(pub serde_json::Map<String, Value>);

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Message {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    pub name: Option<String>,
    pub parts: Vec<Part>,
    pub finish_reason: Option<String>,
}

/// A piece of a message; `type` tells which.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    Text {
        text: String,
    },
    Reasoning {
        text: String,
    },
    ToolCall {
        id: Option<String>,
        name: String,
        #[cfg_attr(test, ts(type = "unknown"))]
        arguments: Value,
    },
    ToolResult {
        id: Option<String>,
        #[cfg_attr(test, ts(type = "unknown"))]
        result: Value,
    },
    Media {
        /// `image`, `audio`, `video` or `file`.
        modality: String,
        mime_type: Option<String>,
        uri: Option<String>,
        /// How many bytes stood inline.
        inline_bytes: Option<u64>,
        /// The file they are kept in: the last part of `/api/v1/media/{hash}`.
        media: Option<String>,
        /// That file was dropped to make room.
        dropped: bool,
    },
    Other {
        #[cfg_attr(test, ts(type = "unknown"))]
        value: Value,
    },
}

/// A tool that was run.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Tool {
    pub name: Option<String>,
    pub call_id: Option<String>,
    #[cfg_attr(test, ts(type = "unknown"))]
    pub arguments: Option<Value>,
    #[cfg_attr(test, ts(type = "unknown"))]
    pub result: Option<Value>,
}

/// A search in a knowledge base.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Retrieval {
    pub query: Option<String>,
    #[cfg_attr(test, ts(type = "unknown[]"))]
    pub documents: Vec<Value>,
}
