//! All prices at once: the user's own above the two tables.

use std::sync::Arc;

use super::matching::canonical_id;
use super::names::Lower;
use super::row::{Price, Row, Since};
use super::rule::Rule;
use super::table::{Model, Provider, Table};
use crate::config::{PriceEntry, PricesFile};
use crate::model::Bucket;

/// What calls are priced by. Immutable; another one takes its place when prices change.
#[derive(Debug)]
pub struct Book {
    own: Table,
    first: Arc<Table>,
    second: Arc<Table>,
    version: Arc<str>,
}

impl Book {
    /// The provider under which own prices stand that name none.
    pub(super) const ANYBODY: &'static str = "*";

    /// The tables that come with the program, and nothing of the user's.
    pub fn embedded() -> Self {
        Self::new(None, &PricesFile::default(), "")
    }

    /// `refreshed` takes the place of the first table; `own` is the user's file, `digest` tells its versions apart.
    pub fn new(refreshed: Option<Arc<Table>>, own: &PricesFile, digest: &str) -> Self {
        let [first, second] = Table::embedded();
        let first = refreshed.unwrap_or(first);
        let name = if own.entries.is_empty() { String::new() } else { format!("prices.toml {digest}") };
        let own = own_table(name.trim_end(), own, &first);
        let parts = [own.name(), first.name(), second.name()];
        let version = parts.iter().filter(|name| !name.is_empty()).map(|name| &**name).collect::<Vec<_>>().join(" + ");
        Self { own, first, second, version: version.into() }
    }

    /// Names and versions of all that is in it: `prices.toml 1f3a90c2 + genai-prices 0.2.3 + litellm 1.109.1`. Two books
    /// with the same version price alike.
    pub fn version(&self) -> Arc<str> {
        Arc::clone(&self.version)
    }

    pub(super) fn own(&self) -> &Table {
        &self.own
    }

    /// The table that is asked first, and can be refreshed.
    pub fn first(&self) -> &Table {
        &self.first
    }

    /// The tables without the user's own prices, in the order in which they are asked.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Table> {
        [&*self.first, &*self.second].into_iter()
    }

    /// Provider and model of every row of the tables.
    pub fn models(&self) -> impl Iterator<Item = (&str, &str)> {
        let providers = self.tables().flat_map(|table| &table.providers);
        providers.flat_map(|provider| provider.models.iter().map(|model| (&*provider.id, &*model.id)))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Table> {
        std::iter::once(&self.own).chain(self.tables())
    }

    /// Whether a table has the provider with this id.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.tables().any(|table| table.provider(id).is_some())
    }
}

/// The user's entries as a table: those of one provider and model are the rows of one model.
fn own_table(name: &str, file: &PricesFile, first: &Table) -> Table {
    let mut grouped: Vec<(&str, Vec<Vec<&PriceEntry>>)> = Vec::new();
    let ids: Vec<String> = file.entries.iter().map(|entry| own_id(entry, first)).collect();
    for (entry, id) in file.entries.iter().zip(&ids) {
        let place = grouped.iter().position(|(known, _)| known == id).unwrap_or_else(|| {
            grouped.push((id, Vec::new()));
            grouped.len() - 1
        });
        let models = &mut grouped[place].1;
        match models.iter_mut().find(|entries| entries[0].model.eq_ignore_ascii_case(&entry.model)) {
            Some(entries) => entries.push(entry),
            None => models.push(vec![entry]),
        }
    }
    let providers =
        grouped.into_iter().map(|(id, models)| Provider::new(id.into(), models.into_iter().map(own_model).collect()));
    Table::new(name, providers.collect())
}

fn own_id(entry: &PriceEntry, first: &Table) -> String {
    let told = entry.provider.as_deref().map(Lower::new);
    told.map_or_else(|| Book::ANYBODY.to_owned(), |name| canonical_id(first, name.as_str()).to_owned())
}

/// `entries` are about one model, and there is at least one.
fn own_model(mut entries: Vec<&PriceEntry>) -> Model {
    let name = &entries[0].model;
    // Of the rows the last that holds counts, of those of a tier the first; of two of one day the later in the file.
    entries.sort_by_key(|entry| entry.from);
    let (tiers, plain): (Vec<&PriceEntry>, Vec<&PriceEntry>) =
        entries.into_iter().partition(|entry| entry.tier.is_some());
    let lower = name.to_ascii_lowercase();
    let rule = match (lower.strip_prefix('*'), lower.strip_suffix('*')) {
        (Some(rest), Some(_)) => Some(Rule::Contains(rest.trim_end_matches('*').into())),
        (Some(rest), None) => Some(Rule::Ends(rest.into())),
        (None, Some(rest)) => Some(Rule::Starts(rest.into())),
        (None, None) => None,
    };
    Model {
        id: name.as_str().into(),
        rule,
        prices: plain.into_iter().map(own_row).collect(),
        tiers: tiers.into_iter().rev().map(own_row).collect(),
        strict: true,
    }
}

fn own_row(entry: &PriceEntry) -> Row {
    let price = |(bucket, amount): &(Bucket, f64)| {
        let tiers = entry.above.iter().filter_map(|(tokens, amounts)| {
            let (_, amount) = amounts.iter().find(|(named, _)| named == bucket)?;
            Some((*tokens, entry.in_usd(*amount)))
        });
        (*bucket, Price { base: entry.in_usd(*amount), tiers: tiers.collect() })
    };
    Row {
        from: entry.from.and_then(|day| Since::new(&day.to_string())),
        between: None,
        tier: entry.tier,
        comment: entry.comment.as_deref().map(Into::into),
        prices: entry.amounts.iter().map(price).collect(),
    }
}

#[cfg(test)]
mod tests;
