//! When a model ends: the day that its provider has announced, as the price data tells it.

use super::book::Book;
use super::matching::canonical_id;
use super::names::{Lower, without_prefix};
use crate::model::Day;

/// Provider, model and day, separated by tabs; written by `prices.py`.
const DAYS: &str = include_str!("retiring.tsv");

impl Book {
    /// The day from which `provider` does not mean to answer as `model` any more, if one was announced.
    pub fn retires(&self, provider: &str, model: &str) -> Option<Day> {
        let (provider, model) = (Lower::new(provider), Lower::new(model));
        let id = canonical_id(self.first(), provider.as_str());
        let of = |wanted: &str| {
            let mut lines = DAYS.lines().filter(|line| !line.starts_with('#'));
            lines.find_map(|line| {
                let mut cells = line.split('\t');
                let named = cells.next() == Some(id) && cells.next() == Some(wanted);
                cells.next().filter(|_| named)?.parse().ok()
            })
        };
        of(model.as_str()).or_else(|| without_prefix(model.as_str()).and_then(of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announced_ends_are_found_by_the_names_of_calls() {
        let book = Book::embedded();
        let retires = |provider: &str, model: &str| book.retires(provider, model).map(|day| day.to_string());
        let claude = retires("anthropic", "claude-sonnet-4-5").expect("was announced");
        assert_eq!(retires("Anthropic", "models/Claude-Sonnet-4-5").as_deref(), Some(claude.as_str()));
        assert!(retires("azure.ai.openai", "gpt-4o-2024-08-06").is_some());
        assert_eq!(retires("anthropic", "gpt-4o-2024-08-06"), None);
        assert_eq!(retires("ollama", "llama3.3:70b"), None);
        let lines = DAYS.lines().filter(|line| !line.starts_with('#'));
        assert!(lines.clone().count() > 100 && lines.clone().all(|line| line.split('\t').count() == 3));
        assert!(lines.filter_map(|line| line.split('\t').nth(2)).all(|day| day.parse::<Day>().is_ok()));
    }
}
