//! `[attribution]`: further attributes that tell whose work a span is.

use serde::{Deserialize, Serialize};

/// Attribute keys per dimension, asked before the built-in ones; of a list the first that is present wins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttributionConfig {
    pub environment: Vec<String>,
    pub feature: Vec<String>,
    pub team: Vec<String>,
    pub prompt_name: Vec<String>,
    pub prompt_version: Vec<String>,
    pub session: Vec<String>,
    pub user: Vec<String>,
    pub workflow: Vec<String>,
    pub node: Vec<String>,
    pub agent: Vec<String>,
}
