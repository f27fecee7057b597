//! `[destination.splunk]`: how telemetry becomes Splunk events.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplunkConfig {
    /// Index of events; none: the token's default index.
    pub index: Option<String>,
}
