//! Finds where a key could begin: prefixes of keys and of what leads to them, in any case.
//!
//! An automaton over all prefixes reads every byte by itself. Nearly all text holds none of them, so it is first
//! searched with vector instructions for fragments of the prefixes, several times as fast, and the automaton
//! looks only at the places that are found.

use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, BuildError, Input, Match, MatchKind, Span};

/// A prefix to look for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prefix {
    pub text: &'static str,
    /// A part of it that is rare in prose, of three characters or more.
    pub fragment: &'static str,
    /// Whether it is meant as it stands; its fragment is then looked for in this case only.
    pub exact: bool,
}

#[derive(Debug)]
pub(super) struct Sieve {
    prefixes: AhoCorasick,
    /// `None` on processors without the instructions.
    fragments: Option<Searcher>,
    /// Most bytes of a prefix before its fragment.
    before: usize,
    longest: usize,
}

impl Sieve {
    pub(super) fn new(prefixes: &[Prefix]) -> Result<Self, BuildError> {
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(prefixes.iter().map(|prefix| prefix.text))?;
        let mut fragments: Vec<String> = Vec::new();
        for prefix in prefixes {
            fragments.extend(if prefix.exact { vec![prefix.fragment.to_owned()] } else { cases(prefix.fragment) });
        }
        fragments.sort();
        fragments.dedup();
        let before = prefixes.iter().filter_map(|prefix| prefix.text.find(prefix.fragment)).max().unwrap_or(0);
        let longest = prefixes.iter().map(|prefix| prefix.text.len()).max().unwrap_or(0);
        let fragments = packed::Config::new().builder().extend(fragments).build();
        Ok(Self { prefixes: automaton, fragments, before, longest })
    }

    /// The leftmost, and there the longest, prefix in `text` from `at` on; one that must stand as it is may come in
    /// another case, or be left out then.
    pub(super) fn find(&self, text: &[u8], at: usize) -> Option<Match> {
        let Some(fragments) = &self.fragments else { return self.prefixes.find(Input::new(text).range(at..)) };
        let mut from = at;
        while let Some(hit) = fragments.find_in(text, Span { start: from, end: text.len() }) {
            let start = hit.start().saturating_sub(self.before).max(at);
            let end = (hit.start() + self.longest).min(text.len());
            // One that begins behind the fragment might be cut off here; it has a fragment of its own.
            let found = self.prefixes.find(Input::new(text).range(start..end));
            if let Some(found) = found.filter(|found| found.start() <= hit.start()) {
                return Some(found);
            }
            from = hit.start() + 1;
        }
        None
    }
}

/// `fragment` in every mixture of upper and lower case.
fn cases(fragment: &str) -> Vec<String> {
    fragment.chars().fold(vec![String::new()], |begun, c| {
        let both = if c.is_ascii_alphabetic() { vec![c.to_ascii_lowercase(), c.to_ascii_uppercase()] } else { vec![c] };
        begun.iter().flat_map(|begun| both.iter().map(move |c| format!("{begun}{c}"))).collect()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PREFIXES: &[Prefix] = &[
        Prefix { text: "sk-", fragment: "sk-", exact: true },
        Prefix { text: "sk-proj-", fragment: "sk-", exact: true },
        Prefix { text: "secretkey", fragment: "etk", exact: false },
        Prefix { text: "bearer", fragment: "bea", exact: false },
    ];

    /// Pieces of which prefixes can come about across borders, too.
    const PIECES: &[&str] =
        &["sk-", "proj-", "SeCr", "secr", "etk", "ETKey", "ey", "be", "BEA", "arer", "rer", " ", "x"];

    proptest! {
        #[test]
        fn the_sieve_finds_what_the_automaton_finds(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40),
            at in 0_usize..8,
        ) {
            let sieve = Sieve::new(PREFIXES).expect("builds");
            let text = pieces.concat();
            let at = at.min(text.len());
            let alone = sieve.prefixes.find(Input::new(text.as_bytes()).range(at..));
            prop_assert_eq!(sieve.find(text.as_bytes(), at), alone, "{}", text);
        }
    }

    #[test]
    fn all_cases_of_a_fragment() {
        assert_eq!(cases("a_b"), ["a_b", "a_B", "A_b", "A_B"]);
    }
}
