//! Prices of a chosen model, apart from any call: what would this have cost there?

use super::price::{ListedPrice, Sale};
use super::{Interpreter, price};
use crate::model::{Cost, CostBasis, PriceMatch, TokenUsage, UnixNanos};

/// A model as its provider sells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Canonical name, in lower case.
    pub provider: String,
    pub model: String,
}

impl Offer {
    /// From `provider/model`; the model may hold slashes.
    pub fn parse(text: &str) -> Option<Self> {
        let (provider, model) = text.trim().split_once('/')?;
        let named = !provider.is_empty() && !model.is_empty();
        named.then(|| Self { provider: provider.to_lowercase(), model: model.to_owned() })
    }
}

impl Interpreter {
    /// What `usage` costs at `time` as `offer` sells it.
    ///
    /// # Errors
    /// Why the price table has no price for it.
    pub fn price_of(&self, offer: &Offer, usage: &TokenUsage, time: UnixNanos) -> Result<Cost, String> {
        let (provider, model) = (Some(offer.provider.as_str()), offer.model.as_str());
        let sale = Sale { provider, model, server: None, usage, searches: 0, tier: None, time };
        let priced = price::cost(&self.book(), &sale)?;
        Ok(Cost {
            amount: Some(priced.amount),
            basis: CostBasis::Computed(priced.row),
            reported: None,
            buckets: priced.buckets,
        })
    }

    /// The price row that holds at `time` for a call with these names, and its prices.
    ///
    /// # Errors
    /// Why there is none.
    pub fn price_row(
        &self,
        provider: Option<&str>,
        model: &str,
        time: UnixNanos,
    ) -> Result<(PriceMatch, Vec<ListedPrice>), String> {
        let (book, usage) = (self.book(), TokenUsage::default());
        let sale = Sale { provider, model, server: None, usage: &usage, searches: 0, tier: None, time };
        let row = price::cost(&book, &sale)?.row;
        Ok((row, book.prices(provider, model, None, time)?))
    }

    /// Models of the price table in whose `provider/model` all `words` stand, in lower case; `limit` at most.
    pub fn offers(&self, words: &str, limit: usize) -> Vec<Offer> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let mut found = Vec::new();
        for (provider, model) in self.book().models() {
            let name = format!("{provider}/{model}").to_lowercase();
            if words.iter().all(|word| name.contains(word)) {
                found.push(Offer { provider: provider.to_owned(), model: model.to_owned() });
            }
        }
        // The shorter the name, the nearer to what was typed.
        found.sort_by(|one, other| (one.model.len(), &one.provider).cmp(&(other.model.len(), &other.provider)));
        found.truncate(limit);
        found
    }
}
