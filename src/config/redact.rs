//! `[redact]`: what must never reach a disk.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedactConfig {
    /// Find API keys of model providers in any text and mask them. Default on.
    pub provider_api_keys: bool,
    /// Rules by attribute key; the first that matches decides.
    pub rule: Vec<KeyRule>,
}

impl Default for RedactConfig {
    fn default() -> Self {
        Self { provider_api_keys: true, rule: Vec::new() }
    }
}

/// What to do with the values of some attribute keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRule {
    /// An attribute key, with `*` for any run of characters: `http.request.header.*`, `*.password`. Case does not matter.
    pub key: String,
    pub action: KeyAction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyAction {
    /// Leave the value alone, detectors included.
    Keep,
    /// Remove the attribute.
    Drop,
    /// Replace the value by a marker that names the rule.
    Mask,
    /// Replace the value by a keyed hash: equal values stay recognisable as equal.
    Hash,
}

impl RedactConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        self.rule
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.key.trim().is_empty())
            .map(|(index, _)| {
                ("redact.rule", format!("rule {} has an empty key: name an attribute or a pattern with *", index + 1))
            })
            .collect()
    }
}
