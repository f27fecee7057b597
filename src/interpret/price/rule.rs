//! The table's rules for recognising a name: equals, starts, ends, contains, regular expression, and, or.

use std::fmt;
use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

/// A test of a lower-case name. Written in the table as text whose first character says what it does
/// (`=` equals, `^` starts, `$` ends, `~` contains, `/` pattern, `!` pattern that must not be found), or as a
/// list that opens with `or` / `and`.
#[derive(Debug)]
pub enum Rule {
    Equals(Box<str>),
    Starts(Box<str>),
    Ends(Box<str>),
    Contains(Box<str>),
    Pattern(Pattern),
    Not(Pattern),
    Any(Box<[Rule]>),
    All(Box<[Rule]>),
}

/// A regular expression that is compiled when it is first asked: a table has dozens, a house uses a few.
#[derive(Debug)]
pub struct Pattern {
    text: Box<str>,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn new(text: &str) -> Self {
        Self { text: text.into(), compiled: OnceLock::new() }
    }

    /// `None` when the expression is not one that the regex crate understands.
    fn is_found(&self, name: &str) -> Option<bool> {
        self.compiled.get_or_init(|| Regex::new(&self.text).ok()).as_ref().map(|regex| regex.is_match(name))
    }
}

impl Rule {
    /// Whether the lower-case `name` passes.
    pub fn holds(&self, name: &str) -> bool {
        match self {
            Self::Equals(text) => name == &**text,
            Self::Starts(text) => name.starts_with(&**text),
            Self::Ends(text) => name.ends_with(&**text),
            Self::Contains(text) => name.contains(&**text),
            Self::Pattern(pattern) => pattern.is_found(name) == Some(true),
            Self::Not(pattern) => pattern.is_found(name) == Some(false),
            Self::Any(rules) => rules.iter().any(|rule| rule.holds(name)),
            Self::All(rules) => rules.iter().all(|rule| rule.holds(name)),
        }
    }

    /// Hands over every name that is spelled out in the rule.
    pub fn spelled_out(&self, take: &mut impl FnMut(&str)) {
        match self {
            Self::Equals(text) => take(text),
            Self::Any(rules) => rules.iter().for_each(|rule| rule.spelled_out(take)),
            _ => {}
        }
    }

    /// Whether a name can pass that is not spelled out.
    pub fn has_pattern(&self) -> bool {
        match self {
            Self::Equals(_) => false,
            Self::Any(rules) => rules.iter().any(Self::has_pattern),
            _ => true,
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        let (sign, rest) = text.split_at_checked(1)?;
        Some(match sign {
            "=" => Self::Equals(rest.into()),
            "^" => Self::Starts(rest.into()),
            "$" => Self::Ends(rest.into()),
            "~" => Self::Contains(rest.into()),
            "/" => Self::Pattern(Pattern::new(rest)),
            "!" => Self::Not(Pattern::new(rest)),
            _ => return None,
        })
    }
}

/// In words.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut joined = |rules: &[Self], word: &str| {
            rules.iter().enumerate().try_for_each(|(place, rule)| {
                if place > 0 {
                    write!(f, " {word} ")?;
                }
                match rule {
                    Self::Any(_) | Self::All(_) => write!(f, "({rule})"),
                    _ => write!(f, "{rule}"),
                }
            })
        };
        match self {
            Self::Equals(text) => write!(f, "is {text}"),
            Self::Starts(text) => write!(f, "begins with {text}"),
            Self::Ends(text) => write!(f, "ends with {text}"),
            Self::Contains(text) => write!(f, "contains {text}"),
            Self::Pattern(pattern) => write!(f, "fits /{}/", pattern.text),
            Self::Not(pattern) => write!(f, "does not fit /{}/", pattern.text),
            Self::Any(rules) => joined(rules, "or"),
            Self::All(rules) => joined(rules, "and"),
        }
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RuleVisitor)
    }
}

struct RuleVisitor;

impl<'de> Visitor<'de> for RuleVisitor {
    type Value = Rule;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a rule such as \"=gpt-4o\" or [\"or\", \"=gpt-4o\", \"^gpt-4o-\"]")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Rule, E> {
        Rule::from_text(text).ok_or_else(|| E::custom(format!("{text:?} must start with one of = ^ $ ~ / !")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rule, A::Error> {
        let word: String = list.next_element()?.unwrap_or_default();
        let mut rules = Vec::new();
        while let Some(rule) = list.next_element::<Rule>()? {
            rules.push(rule);
        }
        match word.as_str() {
            "or" => Ok(Rule::Any(rules.into())),
            "and" => Ok(Rule::All(rules.into())),
            _ => Err(A::Error::custom(format!("a list of rules must open with \"or\" or \"and\", not {word:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_rule() {
        let rule: Rule = serde_json::from_str(
            r#"["or", "=exact", "^pre-", "$-end", "~mid", "/^r[0-9]+$", ["and", "!^no", "/yes"]]"#,
        )
        .expect("valid");
        for name in ["exact", "pre-fix", "the-end", "a-mid-b", "r12", "a-yes"] {
            assert!(rule.holds(name), "{name}");
        }
        for name in ["exactly", "r1x", "no-yes"] {
            assert!(!rule.holds(name), "{name}");
        }
        let mut names = Vec::new();
        rule.spelled_out(&mut |name| names.push(name.to_owned()));
        assert_eq!(names, ["exact"]);
        assert!(rule.has_pattern());
        let shown = "is exact or begins with pre- or ends with -end or contains ~mid";
        assert!(rule.to_string().starts_with(shown.replace('~', "").as_str()), "{rule}");
    }

    #[test]
    fn an_unknown_sign_is_refused() {
        let error = serde_json::from_str::<Rule>(r#""?x""#).expect_err("no such sign").to_string();
        assert!(error.starts_with(r#""?x" must start with one of"#), "{error}");
    }
}
