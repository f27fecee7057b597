//! Puts markers in place of what detectors and patterns found.

use super::detect::Hit;
use super::note::{By, Ledger};
use super::{Redactor, json, markers};
use crate::config::DetectorAction;

/// A marker is a word boundary, so that a second look may find what was hidden behind another finding; more looks than
/// this have never found anything.
const LOOKS: usize = 4;

impl Redactor {
    /// What detectors make of `text`, `None` when they leave it alone. `json`: it is a part of JSON.
    pub(super) fn detect(&self, text: &str, json: bool, ledger: &mut Ledger<'_>) -> Option<String> {
        self.replace(text, self.detectors.find(text).hits, json, ledger)
    }

    /// `text` with markers in place of `hits`, `None` when none of them counts.
    pub(super) fn replace(
        &self,
        text: &str,
        hits: Vec<Hit<'_>>,
        json: bool,
        ledger: &mut Ledger<'_>,
    ) -> Option<String> {
        let mut rewritten = self.replace_once(text, hits, json, ledger)?;
        for _ in 1..LOOKS {
            match self.replace_once(&rewritten, self.detectors.find(&rewritten).hits, json, ledger) {
                Some(again) => rewritten = again,
                None => break,
            }
        }
        Some(rewritten)
    }

    fn replace_once(&self, text: &str, mut hits: Vec<Hit<'_>>, json: bool, ledger: &mut Ledger<'_>) -> Option<String> {
        hits.retain(|hit| !self.markers.holds(text, &hit.range));
        if hits.is_empty() {
            return None;
        }
        let mut into = String::with_capacity(text.len());
        let mut copied = 0;
        for hit in hits {
            let found = &text[hit.range.clone()];
            let marker = match hit.action {
                DetectorAction::Hash => {
                    markers::hashed(hit.name, &self.hash_key, hit.spelling.canonical(found).as_bytes())
                }
                DetectorAction::Mask | DetectorAction::Off => markers::masked(hit.name),
            };
            let by = if hit.by_pattern { By::Pattern } else { By::Detector };
            ledger.note(by, hit.name, hit.action.into(), found, Some(&marker));
            into.push_str(&text[copied..hit.range.start]);
            if json && json::is_bare(text, &hit.range) {
                into.push_str(&json::quote(&marker));
            } else {
                into.push_str(&marker);
            }
            copied = hit.range.end;
        }
        into.push_str(&text[copied..]);
        Some(into)
    }
}
