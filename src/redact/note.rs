//! What was changed: counted always, and told one by one to whoever asks (test box, dry run).

use bytes::Bytes;

use crate::config::{DetectorAction, KeyAction};

/// How many values were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    pub masked: u64,
    pub dropped: u64,
    pub hashed: u64,
    pub truncated: u64,
}

impl Report {
    pub fn changes(&self) -> u64 {
        self.masked + self.dropped + self.hashed + self.truncated
    }
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Ids of the span or log record; empty outside of one.
    pub trace_id: Bytes,
    pub span_id: Bytes,
    /// `span.name`, `span.attribute`, `event.attribute`, `resource.attribute`, `log.body`, ...; empty for lone text.
    pub part: &'static str,
    /// The attribute's key; empty where there is none.
    pub key: String,
}

/// What found a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// A rule by key.
    Rule,
    /// The capture mode.
    Capture,
    Detector,
    /// A regular expression of the user's own.
    Pattern,
}

impl By {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Capture => "capture",
            Self::Detector => "detector",
            Self::Pattern => "pattern",
        }
    }
}

/// One change.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    pub place: &'a Place,
    pub by: By,
    /// The rule's key, the name of a detector's finding or of a pattern, or the capture mode.
    pub name: &'a str,
    pub action: KeyAction,
    /// What stood there: a secret.
    pub before: &'a str,
    /// What stands there now; `None` when it was dropped.
    pub after: Option<&'a str>,
}

impl From<DetectorAction> for KeyAction {
    fn from(action: DetectorAction) -> Self {
        match action {
            DetectorAction::Off => Self::Keep,
            DetectorAction::Mask => Self::Mask,
            DetectorAction::Hash => Self::Hash,
        }
    }
}

/// Takes notes during one walk.
#[derive(Default)]
pub(super) struct Ledger<'w> {
    pub report: Report,
    watch: Option<Watch<'w>>,
}

struct Watch<'w> {
    tell: &'w mut dyn FnMut(&Found<'_>),
    place: Place,
}

impl<'w> Ledger<'w> {
    pub(super) fn watched(tell: &'w mut dyn FnMut(&Found<'_>)) -> Self {
        Self { report: Report::default(), watch: Some(Watch { tell, place: Place::default() }) }
    }

    /// Says where the walk is, to be told with what is found there. Costs nothing when nobody asked.
    pub(super) fn at(&mut self, part: &'static str, key: &str) {
        if let Some(watch) = &mut self.watch {
            watch.place.part = part;
            watch.place.key.clear();
            watch.place.key.push_str(key);
        }
    }

    /// The span or log record that the walk has come to.
    pub(super) fn of(&mut self, trace_id: &Bytes, span_id: &Bytes) {
        if let Some(watch) = &mut self.watch {
            watch.place.trace_id = trace_id.clone();
            watch.place.span_id = span_id.clone();
        }
    }

    /// Whether anybody asked for more than counts.
    pub(super) fn is_watched(&self) -> bool {
        self.watch.is_some()
    }

    pub(super) fn note(&mut self, by: By, name: &str, action: KeyAction, before: &str, after: Option<&str>) {
        match action {
            KeyAction::Keep => return,
            KeyAction::Drop => self.report.dropped += 1,
            KeyAction::Mask => self.report.masked += 1,
            KeyAction::Hash => self.report.hashed += 1,
            KeyAction::Truncate => self.report.truncated += 1,
        }
        if let Some(watch) = &mut self.watch {
            (watch.tell)(&Found { place: &watch.place, by, name, action, before, after });
        }
    }
}
