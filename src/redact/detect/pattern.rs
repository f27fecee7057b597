//! `[[redact.pattern]]`: regular expressions of the user's own.

use regex::Regex;

use super::{Error, Hit};
use crate::config::{DetectorAction, PatternRule};

#[derive(Debug, Default)]
pub(super) struct Patterns(Vec<Pattern>);

#[derive(Debug)]
struct Pattern {
    name: String,
    regex: Regex,
    action: DetectorAction,
}

impl Patterns {
    pub(super) fn new(rules: &[PatternRule]) -> Result<Self, Error> {
        let compiled = rules.iter().map(|rule| {
            let failed = |source| Error::Pattern { name: rule.name.clone(), source: Box::new(source) };
            Ok(Pattern {
                name: rule.name.clone(),
                regex: Regex::new(&rule.regex).map_err(failed)?,
                action: rule.action,
            })
        });
        Ok(Self(compiled.collect::<Result<_, Error>>()?))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn find<'r>(&'r self, text: &str, hits: &mut Vec<Hit<'r>>) {
        for pattern in &self.0 {
            let grouped = pattern.regex.captures_len() > 1;
            // Most text has no match, and finding that out is cheaper than groups.
            let matches = pattern.regex.find_iter(text).filter_map(|found| {
                let range = if grouped {
                    pattern.regex.captures_at(text, found.start())?.get(1)?.range()
                } else {
                    found.range()
                };
                (!range.is_empty()).then_some(range)
            });
            hits.extend(
                matches.map(|range| Hit { by_pattern: true, ..Hit::new(range, &pattern.name, pattern.action) }),
            );
        }
    }
}
