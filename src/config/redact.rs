//! `[redact]`: what must never reach a disk, and what a destination may see of what did.

mod faults;

use serde::{Deserialize, Serialize};

pub(super) use faults::of_rules;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedactConfig {
    /// How much of what went through is kept. Default `full`.
    pub capture: Capture,
    /// `false` is the older way to write `detector.api_key = "off"`. Default on.
    pub provider_api_keys: bool,
    /// What becomes of what the detectors find; what is not said here follows from `capture`.
    pub detector: DetectorConfig,
    /// Values that detectors and patterns leave alone, with `*` for any run of characters: `*@example.org`.
    pub allow: Vec<String>,
    /// Calling code of a country, such as 49: its numbers are then found without `+` in front as well.
    pub phone_country: Option<u16>,
    /// Rules by attribute key; the first that matches decides.
    pub rule: Vec<KeyRule>,
    /// Regular expressions of your own, looked for in every text.
    pub pattern: Vec<PatternRule>,
}

impl Default for RedactConfig {
    fn default() -> Self {
        Self {
            capture: Capture::default(),
            provider_api_keys: true,
            detector: DetectorConfig::default(),
            allow: Vec::new(),
            phone_country: None,
            rule: Vec::new(),
            pattern: Vec::new(),
        }
    }
}

/// How much is kept, from the most to the least; what is greater is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capture {
    /// Everything but secrets: keys, tokens, passwords. Default.
    #[default]
    Full,
    /// Personal data goes, too.
    Redacted,
    /// Prompts, answers, arguments and results of tools and texts of logs go: names, models, counts and times stay.
    Metadata,
}

impl Capture {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Redacted => "redacted",
            Self::Metadata => "metadata",
        }
    }
}

/// What becomes of what a detector finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DetectorAction {
    /// It is not looked for.
    Off,
    /// `[redacted:<name>]`.
    Mask,
    /// `[<name>:<16 hex digits>]`, the same for the same value.
    Hash,
}

/// A key for each detector. Secrets are masked unless told otherwise; personal data is found from `capture =
/// "redacted"` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DetectorConfig {
    /// Keys of providers and services, credentials in headers. Default `mask`.
    pub api_key: Option<DetectorAction>,
    /// JSON Web Tokens. Default `mask`.
    pub jwt: Option<DetectorAction>,
    /// PEM blocks: private keys, certificates. Default `mask`.
    pub pem: Option<DetectorAction>,
    /// The password in `scheme://user:password@host`. Default `mask`.
    pub url_password: Option<DetectorAction>,
    /// Long strings of characters that look drawn at random. Default `off`: ids and checksums look the same.
    pub high_entropy: Option<DetectorAction>,
    /// Default `hash` from `capture = "redacted"` on.
    pub email: Option<DetectorAction>,
    /// Default `hash` from `capture = "redacted"` on.
    pub phone: Option<DetectorAction>,
    /// Default `hash` from `capture = "redacted"` on.
    pub iban: Option<DetectorAction>,
    /// Default `mask` from `capture = "redacted"` on.
    pub credit_card: Option<DetectorAction>,
    /// Public addresses, version 4 and 6. Default `hash` from `capture = "redacted"` on.
    pub ip: Option<DetectorAction>,
    /// Addresses of networks at home and of this machine. Default `off`.
    pub private_ip: Option<DetectorAction>,
}

/// The detectors, each of which is a key of `[redact.detector]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DetectorKind {
    ApiKey,
    Jwt,
    Pem,
    UrlPassword,
    HighEntropy,
    Email,
    Phone,
    Iban,
    CreditCard,
    Ip,
    PrivateIp,
}

impl DetectorKind {
    pub const ALL: [Self; 11] = [
        Self::ApiKey,
        Self::Jwt,
        Self::Pem,
        Self::UrlPassword,
        Self::HighEntropy,
        Self::Email,
        Self::Phone,
        Self::Iban,
        Self::CreditCard,
        Self::Ip,
        Self::PrivateIp,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::Jwt => "jwt",
            Self::Pem => "pem",
            Self::UrlPassword => "url_password",
            Self::HighEntropy => "high_entropy",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Iban => "iban",
            Self::CreditCard => "credit_card",
            Self::Ip => "ip",
            Self::PrivateIp => "private_ip",
        }
    }

    /// What holds where the configuration says nothing.
    pub fn preset(self, capture: Capture) -> DetectorAction {
        match self {
            Self::ApiKey | Self::Jwt | Self::Pem | Self::UrlPassword => DetectorAction::Mask,
            Self::HighEntropy | Self::PrivateIp => DetectorAction::Off,
            _ if capture == Capture::Full => DetectorAction::Off,
            Self::CreditCard => DetectorAction::Mask,
            Self::Email | Self::Phone | Self::Iban | Self::Ip => DetectorAction::Hash,
        }
    }
}

impl DetectorConfig {
    pub fn told(&self, kind: DetectorKind) -> Option<DetectorAction> {
        match kind {
            DetectorKind::ApiKey => self.api_key,
            DetectorKind::Jwt => self.jwt,
            DetectorKind::Pem => self.pem,
            DetectorKind::UrlPassword => self.url_password,
            DetectorKind::HighEntropy => self.high_entropy,
            DetectorKind::Email => self.email,
            DetectorKind::Phone => self.phone,
            DetectorKind::Iban => self.iban,
            DetectorKind::CreditCard => self.credit_card,
            DetectorKind::Ip => self.ip,
            DetectorKind::PrivateIp => self.private_ip,
        }
    }
}

/// What to do with the values of some attribute keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRule {
    /// An attribute key, with `*` for any run of characters: `http.request.header.*`, `*.password`. Case does not matter.
    pub key: String,
    pub action: KeyAction,
    /// How many characters `truncate` leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Leave the first `length` characters, once the detectors have seen the whole.
    Truncate,
}

impl KeyAction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::Mask => "mask",
            Self::Hash => "hash",
            Self::Truncate => "truncate",
        }
    }
}

/// `[[redact.pattern]]`: a regular expression in the syntax of the `regex` crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternRule {
    /// Stands in the marker: lower-case letters, digits, `-` and `_`.
    pub name: String,
    /// What it matches is replaced; with a group in parentheses, only what the first group holds.
    pub regex: String,
    /// `mask` (default) or `hash`.
    #[serde(default = "mask")]
    pub action: DetectorAction,
}

fn mask() -> DetectorAction {
    DetectorAction::Mask
}
