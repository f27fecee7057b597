//! Rules by attribute key: globs, compiled once into one automaton. A key inside a nested value or a JSON text
//! is matched by its own name, without those above it.

use regex::{RegexSet, RegexSetBuilder};

use crate::config::{KeyAction, KeyRule};

#[derive(Debug)]
pub(super) struct Rule {
    /// The pattern as configured; names the rule in markers.
    pub key: String,
    pub action: KeyAction,
    /// How many characters `truncate` leaves.
    pub length: usize,
}

#[derive(Debug)]
pub(super) struct KeyRules {
    patterns: RegexSet,
    /// In the order of the patterns.
    rules: Vec<Rule>,
}

/// Matches whole texts in any case; `*` stands for any run of characters.
pub(super) fn globs<'a>(patterns: impl Iterator<Item = &'a str>) -> Result<RegexSet, regex::Error> {
    let patterns = patterns.map(|pattern| {
        let pieces: Vec<String> = pattern.trim().split('*').map(regex::escape).collect();
        format!("(?s)^{}$", pieces.join(".*"))
    });
    RegexSetBuilder::new(patterns).case_insensitive(true).build()
}

impl KeyRules {
    pub(super) fn new(rules: &[KeyRule]) -> Result<Self, regex::Error> {
        let compiled = |rule: &KeyRule| Rule {
            key: rule.key.trim().to_owned(),
            action: rule.action,
            length: rule.length.unwrap_or(usize::MAX),
        };
        Ok(Self {
            patterns: globs(rules.iter().map(|rule| rule.key.as_str()))?,
            rules: rules.iter().map(compiled).collect(),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The first rule that matches `key`.
    pub(super) fn find(&self, key: &str) -> Option<&Rule> {
        // is_match needs no memory; matches does.
        if self.is_empty() || !self.patterns.is_match(key) {
            return None;
        }
        self.patterns.matches(key).iter().next().and_then(|index| self.rules.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(list: &[(&str, KeyAction)]) -> KeyRules {
        let list: Vec<KeyRule> =
            list.iter().map(|(key, action)| KeyRule { key: (*key).into(), action: *action, length: None }).collect();
        KeyRules::new(&list).expect("valid")
    }

    #[test]
    fn globs_ignore_case_and_the_first_match_decides() {
        let rules = rules(&[
            ("http.request.header.accept", KeyAction::Keep),
            ("http.request.header.*", KeyAction::Drop),
            ("*password*", KeyAction::Mask),
        ]);
        let action = |key: &str| rules.find(key).map(|rule| rule.action);
        assert_eq!(action("HTTP.Request.Header.Accept"), Some(KeyAction::Keep));
        assert_eq!(action("http.request.header.cookie"), Some(KeyAction::Drop));
        assert_eq!(action("db.Password.old"), Some(KeyAction::Mask));
        assert_eq!(action("httpXrequest.header.cookie"), None, "a dot is a dot");
        assert_eq!(action("pass\nword"), None);
    }

    #[test]
    fn other_signs_of_patterns_mean_themselves() {
        let rules = rules(&[("a[0-9]+(b)?", KeyAction::Drop)]);
        assert!(rules.find("a1b").is_none());
        assert!(rules.find("a[0-9]+(b)?").is_some());
    }
}
