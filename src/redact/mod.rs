//! Takes secrets, personal data and content out of telemetry before anything is stored or sent on. Pure: no I/O, no
//! clock.
//!
//! In this order: rules by attribute key (keep, drop, mask, hash, truncate), which hold for attributes everywhere,
//! nested values and keys inside JSON in strings; the capture mode, which may drop content; detectors and patterns,
//! which know secrets and personal data by their looks, in every string there is. Text without a finding stays as it
//! is, byte for byte, and costs no allocation. What was redacted once is not changed again.

mod content;
mod detect;
mod json;
mod keys;
mod markers;
mod note;
mod replace;
mod unknown;
mod walk;

use std::fmt;

use crate::config::{Capture, DetectorAction, DetectorKind, KeyAction, KeyRule, RedactConfig};

use detect::Detectors;
use keys::{KeyRules, Rule};
use markers::Markers;
use note::Ledger;

pub use note::{By, Found, Place, Report};
pub use walk::{Pass, Redactable};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("redact.rule: the keys cannot be compiled: {0}: use fewer or shorter patterns")]
    Rules(#[from] regex::Error),
    #[error("redact.allow: the values cannot be compiled: {0}: use fewer or shorter ones")]
    Allow(regex::Error),
    #[error("redact.pattern {name:?}: {source}: the syntax is that of https://docs.rs/regex")]
    Pattern { name: String, source: Box<regex::Error> },
    #[error("the detectors of API keys cannot be built: {0}")]
    Detectors(#[from] aho_corasick::BuildError),
}

/// The configured rules, ready to apply. Shared by all requests.
pub struct Redactor {
    config: RedactConfig,
    hash_key: [u8; 32],
    /// Whether content is dropped.
    without_content: bool,
    rules: KeyRules,
    detectors: Detectors,
    markers: Markers,
}

/// The hash key is a secret: with it, guesses can be tried against stored hashes.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Redactor {
    /// `hash_key` makes hashes comparable among each other and to nobody else; it should stay the same over restarts.
    ///
    /// # Errors
    /// When rules or patterns cannot be compiled.
    pub fn new(config: &RedactConfig, hash_key: [u8; 32]) -> Result<Self, Error> {
        let off = |kind| kind == DetectorKind::ApiKey && !config.provider_api_keys;
        let action = |kind: DetectorKind| match config.detector.told(kind) {
            Some(action) => action,
            None if off(kind) => DetectorAction::Off,
            None => kind.preset(config.capture),
        };
        let detectors = Detectors::new(config, action)?;
        Self::of(config, hash_key, config.capture, &config.rule, detectors)
    }

    /// What a destination may see of what this one has left: `content` and `rules` on top of it. With
    /// [`Capture::Full`] and no rules nothing changes ([`Redactor::is_idle`]). The presets of `content` hold there even
    /// where a detector is switched off here, the actions configured here hold there, and so do the hashes.
    ///
    /// # Errors
    /// When the rules cannot be compiled.
    pub fn stricter(&self, content: Capture, rules: &[KeyRule]) -> Result<Self, Error> {
        if content == Capture::Full {
            return Self::of(&self.config, self.hash_key, content, rules, Detectors::none());
        }
        let action = |kind: DetectorKind| match self.config.detector.told(kind) {
            None | Some(DetectorAction::Off) => kind.preset(content),
            Some(action) => action,
        };
        let detectors = Detectors::new(&self.config, action)?;
        Self::of(&self.config, self.hash_key, content, rules, detectors)
    }

    fn of(
        config: &RedactConfig,
        hash_key: [u8; 32],
        capture: Capture,
        rules: &[KeyRule],
        detectors: Detectors,
    ) -> Result<Self, Error> {
        let markers = Markers::new(config, rules);
        let without_content = capture == Capture::Metadata;
        Ok(Self { config: config.clone(), hash_key, without_content, rules: KeyRules::new(rules)?, detectors, markers })
    }

    /// The rules of `config` with the pseudonyms of this one.
    ///
    /// # Errors
    /// When rules or patterns cannot be compiled.
    pub fn with(&self, config: &RedactConfig) -> Result<Self, Error> {
        Self::new(config, self.hash_key)
    }

    /// Whether it would leave everything as it is.
    pub fn is_idle(&self) -> bool {
        self.rules.is_empty() && self.detectors.is_empty() && !self.without_content
    }

    /// Redacts a `TracesData`, `LogsData` or `MetricsData` in place.
    pub fn apply(&self, payload: &mut impl Redactable) -> Report {
        self.walk(payload, Ledger::default())
    }

    /// The same, telling every change.
    pub fn explain<'a>(&'a self, payload: &mut impl Redactable, tell: &'a mut dyn FnMut(&Found<'_>)) -> Report {
        self.walk(payload, Ledger::watched(tell))
    }

    /// What stands in place of a lone text, telling every change.
    pub fn explain_text(&self, text: &str, tell: &mut dyn FnMut(&Found<'_>)) -> String {
        self.rewrite(text, 0, &mut Ledger::watched(tell)).unwrap_or_else(|| text.to_owned())
    }

    fn walk<'a>(&'a self, payload: &mut impl Redactable, ledger: Ledger<'a>) -> Report {
        if self.is_idle() {
            return ledger.report;
        }
        let mut pass = Pass::new(self, ledger);
        payload.redact(&mut pass);
        pass.report()
    }

    /// The text to put in place of `text`, `None` when it may stay. `depth` counts JSON in strings in JSON.
    fn rewrite(&self, text: &str, depth: usize, ledger: &mut Ledger<'_>) -> Option<String> {
        let is_json = depth < json::MAX_DEPTH && json::looks_like_json(text);
        if is_json && (!self.rules.is_empty() || self.detectors.reads_plain()) {
            return json::rewrite(self, text, depth, ledger);
        }
        let seen = self.detectors.find(text);
        if is_json && (seen.escaped || !seen.hits.is_empty()) {
            return json::rewrite(self, text, depth, ledger);
        }
        self.replace(text, seen.hits, false, ledger)
    }

    /// What stands in place of a value that `rule` hits, and counts it; `None` for "nothing at all". `hashed` is what
    /// is hashed of it.
    fn replacement(
        &self,
        rule: &Rule,
        value: &str,
        hashed: &[u8],
        depth: usize,
        ledger: &mut Ledger<'_>,
    ) -> Option<String> {
        let with = match rule.action {
            KeyAction::Keep | KeyAction::Drop => None,
            KeyAction::Mask => Some(markers::masked(&rule.key)),
            // What was hashed before has lost its value already.
            KeyAction::Hash if self.markers.is_hash(value) => return Some(value.to_owned()),
            KeyAction::Hash => Some(markers::hashed("hash", &self.hash_key, hashed)),
            KeyAction::Truncate => {
                let seen = self.rewrite(value, depth, ledger);
                let whole = seen.as_deref().unwrap_or(value);
                match markers::cut(whole, rule.length) {
                    Some(cut) => Some(cut),
                    None => return Some(whole.to_owned()),
                }
            }
        };
        if with.as_deref() != Some(value) {
            ledger.note(By::Rule, &rule.key, rule.action, value, with.as_deref());
        }
        with
    }
}

#[cfg(test)]
mod tests;
