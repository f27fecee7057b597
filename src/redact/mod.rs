//! Takes secrets and personal data out of telemetry before anything is stored. Pure: no I/O, no clock.
//!
//! Two means: rules by attribute key (keep, drop, mask, hash), which hold for attributes everywhere, nested values
//! and keys inside JSON in strings; and detectors that know API keys by their looks, in every string there is.
//! What is masked reads `[redacted:<rule>]`, what is hashed `[hash:<16 hex digits>]`. Text without a finding stays
//! as it is, byte for byte, and costs no allocation.

mod detect;
mod json;
mod keys;
mod sieve;
mod unknown;
mod walk;

use std::fmt;

use crate::config::{KeyAction, RedactConfig};

use detect::Detector;
use keys::{KeyRules, Rule};

pub use walk::{Pass, Redactable};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("redact.rule: the keys cannot be compiled: {0}: use fewer or shorter patterns")]
    Rules(#[from] regex::Error),
    #[error("the detectors of API keys cannot be built: {0}")]
    Detectors(#[from] aho_corasick::BuildError),
}

/// The configured rules, ready to apply. Shared by all requests.
pub struct Redactor {
    rules: KeyRules,
    /// `None` when switched off.
    detector: Option<Detector>,
    hash_key: [u8; 32],
}

/// The hash key is a secret: with it, guesses can be tried against stored hashes.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

/// How many values were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    pub masked: u64,
    pub dropped: u64,
    pub hashed: u64,
}

impl Redactor {
    /// `hash_key` makes hashes comparable among each other and to nobody else; it should stay the same over restarts.
    ///
    /// # Errors
    /// When the rules are too large to compile.
    pub fn new(config: &RedactConfig, hash_key: [u8; 32]) -> Result<Self, Error> {
        let detector = config.provider_api_keys.then(Detector::new).transpose()?;
        Ok(Self { rules: KeyRules::new(&config.rule)?, detector, hash_key })
    }

    /// Redacts a `TracesData`, `LogsData` or `MetricsData` in place.
    pub fn apply(&self, payload: &mut impl Redactable) -> Report {
        let mut pass = Pass::new(self);
        payload.redact(&mut pass);
        pass.report()
    }

    /// The text to put in place of `text`, `None` when it may stay. `depth` counts JSON in strings in JSON.
    fn rewrite(&self, text: &str, depth: usize, report: &mut Report) -> Option<String> {
        if !self.rules.is_empty() && depth < json::MAX_DEPTH && json::looks_like_json(text) {
            json::rewrite(self, text, depth, report)
        } else {
            self.detect(text, report)
        }
    }

    fn detect(&self, text: &str, report: &mut Report) -> Option<String> {
        self.detector.as_ref()?.mask(text, &mut report.masked)
    }

    /// What stands in place of a value that `rule` hits, and counts it; `None` for "nothing at all".
    fn replacement(&self, rule: &Rule, value: &[u8], report: &mut Report) -> Option<String> {
        match rule.action {
            KeyAction::Keep => None,
            KeyAction::Drop => {
                report.dropped += 1;
                None
            }
            KeyAction::Mask => {
                report.masked += 1;
                Some(marker(&rule.key))
            }
            KeyAction::Hash => {
                report.hashed += 1;
                let hash = blake3::keyed_hash(&self.hash_key, value);
                Some(format!("[hash:{}]", hex::encode(&hash.as_bytes()[..8])))
            }
        }
    }
}

/// What stands in place of a masked value.
fn marker(rule: &str) -> String {
    format!("[redacted:{rule}]")
}

#[cfg(test)]
mod tests;
