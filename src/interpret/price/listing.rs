//! The book as it is shown: its models with their rows, and what a call's names would find.

use super::book::Book;
use super::matching::{Names, find};
use super::row::Row;
use super::table::{Model, Provider, Table};
use crate::model::{Bucket, NanoUsd, ServiceTier, UnixNanos};

/// A model of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Table and version.
    pub source: String,
    /// `*` for own prices that hold for any provider.
    pub provider: String,
    pub model: String,
    /// How it is recognised, in words.
    pub matched_by: String,
    pub rows: Vec<ListedRow>,
}

/// Prices that hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRow {
    /// First day, `2026-01-01`.
    pub from: Option<String>,
    /// Hours of the day (UTC), `16:30-00:30`.
    pub between: Option<String>,
    pub tier: Option<ServiceTier>,
    pub comment: Option<String>,
    pub prices: Vec<ListedPrice>,
}

/// What [`Bucket::per`] units cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPrice {
    pub bucket: Bucket,
    pub price: NanoUsd,
    /// Above so many input tokens.
    pub above: Vec<(u64, NanoUsd)>,
}

impl Book {
    /// Every model whose provider and name hold these texts, the user's own first. Pass in lower case.
    pub fn listed<'b>(&'b self, provider: Option<&'b str>, words: &'b str) -> impl Iterator<Item = Listed> + 'b {
        self.all().flat_map(move |table| {
            let of_provider = move |one: &&Provider| provider.is_none_or(|name| one.id.eq_ignore_ascii_case(name));
            table.providers.iter().filter(of_provider).flat_map(move |provider| {
                let named = move |model: &&Model| {
                    words
                        .split_whitespace()
                        .all(|word| model.id.to_lowercase().contains(word) || provider.id.to_lowercase().contains(word))
                };
                provider.models.iter().filter(named).map(|model| listed(table, provider, model))
            })
        })
    }

    /// What a call with these names finds, and how.
    ///
    /// # Errors
    /// The reason why there is no price.
    pub fn found(
        &self,
        provider: Option<&str>,
        model: &str,
        tier: Option<ServiceTier>,
        time: UnixNanos,
    ) -> Result<(Listed, &'static str), String> {
        let found = find(self, Names { provider, model, server: None, tier, time })?;
        Ok((listed(found.table, found.provider, found.model), found.how))
    }

    /// The prices that hold for such a call, one for each kind that has its own.
    ///
    /// # Errors
    /// The reason why there is no price.
    pub fn prices(
        &self,
        provider: Option<&str>,
        model: &str,
        tier: Option<ServiceTier>,
        time: UnixNanos,
    ) -> Result<Vec<ListedPrice>, String> {
        let found = find(self, Names { provider, model, server: None, tier, time })?;
        let Some(prices) = found.prices else { return Ok(Vec::new()) };
        let kinds = super::row::PRICE_NAMES.iter().map(|(_, bucket)| *bucket);
        let own = kinds.filter_map(|bucket| Some((bucket, prices.own_price(bucket)?)));
        Ok(own.map(|(bucket, price)| listed_price(bucket, price)).collect())
    }
}

pub(super) fn listed(table: &Table, provider: &Provider, model: &Model) -> Listed {
    let rule = model.rule.as_ref().map_or_else(|| format!("is {}", model.id.to_lowercase()), ToString::to_string);
    Listed {
        source: table.name().to_string(),
        provider: provider.id.to_string(),
        model: model.id.to_string(),
        matched_by: rule,
        rows: model.prices.iter().chain(&model.tiers).map(listed_row).collect(),
    }
}

fn listed_row(row: &Row) -> ListedRow {
    ListedRow {
        from: row.from.as_ref().map(|from| from.text.to_string()),
        between: row.between.map(|[start, end]| format!("{start}-{end}")),
        tier: row.tier,
        comment: row.comment.as_deref().map(str::to_owned),
        prices: row.prices.iter().map(|(bucket, price)| listed_price(*bucket, price)).collect(),
    }
}

fn listed_price(bucket: Bucket, price: &super::row::Price) -> ListedPrice {
    ListedPrice { bucket, price: price.base, above: price.tiers.to_vec() }
}
