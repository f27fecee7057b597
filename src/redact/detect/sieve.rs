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
    /// Parts of it that are rare in prose, of three characters or more: of the spellings in use each has one.
    pub fragments: &'static [&'static str],
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
    /// More need wider instructions, which processors of small machines lack.
    pub(super) const MOST_FRAGMENTS: usize = 32;

    pub(super) fn new(prefixes: &[Prefix]) -> Result<Self, BuildError> {
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(prefixes.iter().map(|prefix| prefix.text))?;
        let mut fragments: Vec<&str> = prefixes.iter().flat_map(|prefix| prefix.fragments).copied().collect();
        fragments.sort_unstable();
        fragments.dedup();
        let place = |prefix: &Prefix| {
            let find = |part: &&str| prefix.text.find(&part.to_ascii_lowercase()).or_else(|| prefix.text.find(*part));
            prefix.fragments.iter().filter_map(find).max()
        };
        let before = prefixes.iter().filter_map(place).max().unwrap_or(0);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PREFIXES: &[Prefix] = &[
        Prefix { text: "sk-", fragments: &["sk-"] },
        Prefix { text: "sk-proj-", fragments: &["sk-"] },
        Prefix { text: "secretkey", fragments: &["etk", "etK", "ETK", "ETk", "eTk", "eTK", "Etk", "EtK"] },
        Prefix { text: "bearer", fragments: &["bea", "Bea", "BEA", "bEA", "beA", "bEa", "BeA", "BEa"] },
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
}
