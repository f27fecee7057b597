//! Finds secrets and personal data by their looks.
//!
//! One prefilter reads every byte, with vector instructions: for marks such as `@` or four digits in a row (`marks`),
//! and for long runs of the characters of keys (`runs`). Only around what it finds is anything looked at closely. Text
//! without a finding costs no allocation.

mod bounds;
mod entropy;
mod ip;
mod looks;
mod mail;
mod marks;
mod number;
mod pattern;
mod phone;
mod runs;
mod secret;
mod shape;

use std::borrow::Cow;
use std::ops::Range;

use regex::RegexSet;

use super::Error;
use super::keys::globs;
use crate::config::{DetectorAction, DetectorKind, RedactConfig};

pub(super) use entropy::PROVIDER_IDS;
use pattern::Patterns;
use secret::Secrets;

/// What was seen in a text.
#[derive(Debug, Default)]
pub(super) struct Seen<'r> {
    /// In order, without overlaps.
    pub hits: Vec<Hit<'r>>,
    /// Whether it has ordinary characters written as `\u0040`, so that more could be found without the escapes.
    pub escaped: bool,
}

/// A stretch of a text that may not stay.
#[derive(Debug)]
pub(super) struct Hit<'r> {
    pub range: Range<usize>,
    /// Stands in the marker.
    pub name: &'r str,
    pub action: DetectorAction,
    pub by_pattern: bool,
    /// What is hashed: the same for all spellings of one value.
    pub spelling: Spelling,
}

impl<'r> Hit<'r> {
    fn new(range: Range<usize>, name: &'r str, action: DetectorAction) -> Self {
        Self { range, name, action, by_pattern: false, spelling: Spelling::AsIs }
    }

    fn spelled(self, spelling: Spelling) -> Self {
        Self { spelling, ..self }
    }
}

/// How one value may be written in several ways.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spelling {
    AsIs,
    AnyCase,
    /// In groups.
    Compact,
    Email,
    /// With the configured country, for numbers dialled within it.
    Phone(Option<u16>),
}

impl Spelling {
    /// The same for all spellings of a value.
    pub(super) fn canonical(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::AsIs => Cow::Borrowed(text),
            Self::AnyCase => Cow::Owned(text.to_lowercase()),
            Self::Compact => Cow::Owned(text.chars().filter(char::is_ascii_alphanumeric).collect()),
            Self::Email => Cow::Owned(text.replace("%40", "@").to_lowercase()),
            Self::Phone(country) => Cow::Owned(phone::canonical(text, country)),
        }
    }
}

/// What is looked for and what becomes of it.
#[derive(Debug, Clone)]
struct Settings {
    /// In the order of [`DetectorKind::ALL`].
    actions: [DetectorAction; DetectorKind::ALL.len()],
    phone_country: Option<u16>,
}

impl Settings {
    fn action(&self, kind: DetectorKind) -> DetectorAction {
        self.actions[kind as usize]
    }

    fn has(&self, kind: DetectorKind) -> bool {
        self.action(kind) != DetectorAction::Off
    }
}

/// The names that findings can have.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    looks::LOOKS.iter().map(|looks| looks.name).chain(shape::NAMES)
}

/// All that is switched on.
#[derive(Debug)]
pub(super) struct Detectors {
    settings: Settings,
    secrets: Option<Secrets>,
    patterns: Patterns,
    /// Which marks are worth a closer look.
    marks: u16,
    allow: Option<RegexSet>,
}

impl Detectors {
    /// `actions` decides for each detector.
    pub(super) fn new(config: &RedactConfig, actions: impl Fn(DetectorKind) -> DetectorAction) -> Result<Self, Error> {
        let settings = Settings { actions: DetectorKind::ALL.map(actions), phone_country: config.phone_country };
        let prefixed = [DetectorKind::ApiKey, DetectorKind::Jwt, DetectorKind::Pem];
        let has_secrets = prefixed.into_iter().any(|kind| settings.has(kind));
        let secrets = has_secrets.then(|| Secrets::new(&settings)).transpose()?;
        let allow = (!config.allow.is_empty()).then(|| globs(config.allow.iter().map(String::as_str))).transpose();
        Ok(Self {
            marks: marks::wanted(&settings),
            secrets,
            patterns: Patterns::new(&config.pattern)?,
            allow: allow.map_err(Error::Allow)?,
            settings,
        })
    }

    /// Detectors that find nothing.
    pub(super) fn none() -> Self {
        let settings = Settings { actions: [DetectorAction::Off; DetectorKind::ALL.len()], phone_country: None };
        Self { settings, secrets: None, patterns: Patterns::default(), marks: 0, allow: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.secrets.is_none() && self.marks == 0 && self.patterns.is_empty()
    }

    /// Whether values under keys for credentials are to be masked.
    pub(super) fn hides_credentials(&self) -> bool {
        self.settings.has(DetectorKind::ApiKey)
    }

    /// Whether text must be read without its escapes before anything can be said.
    pub(super) fn reads_plain(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Everything in `text` that may not stay.
    pub(super) fn find(&self, text: &str) -> Seen<'_> {
        let (mut hits, mut escaped) = (Vec::new(), false);
        let bytes = text.as_bytes();
        // The shortest of all: `a@b.de`, `::1`; a field with short credentials has 13 + 1 + 8.
        if bytes.len() >= 3 {
            let secrets = self.secrets.as_ref();
            if self.marks != 0 {
                escaped = marks::find(text, self.marks, &self.settings, secrets, &mut hits);
            }
            // Behind the others: what is known by a name of its own keeps it.
            if let Some(secrets) = secrets.filter(|_| bytes.len() >= 22) {
                secrets.find_alone(bytes, &self.settings, &mut hits);
            }
            self.patterns.find(text, &mut hits);
        }
        if !hits.is_empty() {
            self.tidy(text, &mut hits);
        }
        Seen { hits, escaped }
    }

    fn tidy(&self, text: &str, hits: &mut Vec<Hit<'_>>) {
        if let Some(allow) = &self.allow {
            hits.retain(|hit| !allow.is_match(&text[hit.range.clone()]));
        }
        // What starts first wins, and there what is longest, and there what was found first. What reaches out of it is
        // added to it: nothing that was found may stay.
        hits.sort_by(|a, b| (a.range.start, b.range.end).cmp(&(b.range.start, a.range.end)));
        hits.dedup_by(|next, kept| {
            let overlap = next.range.start < kept.range.end;
            if overlap {
                kept.range.end = kept.range.end.max(next.range.end);
            }
            overlap
        });
    }
}
