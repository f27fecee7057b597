//! The faults of `[redact]`, and of the rules of a destination.

use super::{DetectorAction, KeyAction, KeyRule, RedactConfig};

impl RedactConfig {
    /// The keys that are at fault, with what is wrong and what to do.
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults: Vec<_> = of_rules(&self.rule).map(|fault| ("redact.rule", fault)).collect();
        if self.allow.iter().any(|value| value.trim_matches(['*', ' ']).is_empty()) {
            faults.push(("redact.allow", "a value that is empty or only * would allow everything: remove it".into()));
        }
        if self.phone_country.is_some_and(|code| code == 0 || code > 999) {
            let text = "must be the calling code of a country, 1 to 999, such as 49".to_owned();
            faults.push(("redact.phone_country", text));
        }
        let names: Vec<&str> = self.pattern.iter().map(|pattern| pattern.name.as_str()).collect();
        for (index, pattern) in self.pattern.iter().enumerate() {
            let place = format!("pattern {}", index + 1);
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
            if pattern.name.is_empty() || pattern.name.len() > 40 || !pattern.name.chars().all(is_name) {
                let text = "needs a name of at most 40 lower-case letters, digits, - and _";
                faults.push(("redact.pattern", format!("{place} {text}")));
            } else if names[..index].contains(&pattern.name.as_str()) {
                faults.push(("redact.pattern", format!("two are called {:?}: rename one", pattern.name)));
            }
            if pattern.regex.is_empty() {
                faults.push(("redact.pattern", format!("{place} has an empty regex: say what to look for")));
            }
            if pattern.action == DetectorAction::Off {
                faults.push(("redact.pattern", format!("{place} is off: write mask or hash, or remove it")));
            }
        }
        faults
    }
}

/// What is wrong with rules by key, here or at a destination.
pub(in crate::config) fn of_rules(rules: &[KeyRule]) -> impl Iterator<Item = String> {
    rules.iter().enumerate().filter_map(|(index, rule)| {
        let number = index + 1;
        if rule.key.trim().is_empty() {
            return Some(format!("rule {number} has an empty key: name an attribute or a pattern with *"));
        }
        match (rule.action, rule.length) {
            (KeyAction::Truncate, None) => {
                Some(format!("rule {number} says truncate: set length to the characters that stay"))
            }
            (KeyAction::Truncate, Some(_)) | (_, None) => None,
            (action, Some(_)) => {
                Some(format!("rule {number} says {}: length belongs to truncate only", action.as_str()))
            }
        }
    })
}
