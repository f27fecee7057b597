//! How a call's provider and model names lead to prices.
//!
//! Who sold it: the provider named by the call, else the one in the model's name (`vendor/model`), else the
//! one to whom the first table's rules give the model, else its maker ([`MAKERS`]). Each is asked in the user's own prices first, then in the first
//! table, then in the second. Within a table, in this order: the name spelled out; the table's patterns, which know that
//! `us.anthropic.` is dearer than `global.anthropic.`; without its date (`-2024-08-06`, `-20240806`, `@20240806`,
//! `-latest`); without what stands in front of it (`models/`, `vendor/`, `us.anthropic.`). A reseller without a row for
//! the model asks the providers whose prices it passes on.

use std::sync::Arc;

use super::book::Book;
use super::names::{Lower, with_dashed_date, without_date, without_prefix};
use super::table::{Model, Prices, Provider, Table};
use crate::interpret::address::is_private;
use crate::model::{ServiceTier, UnixNanos};

/// What a call says about who answered it, and when.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// Canonical provider name.
    pub provider: Option<&'a str>,
    pub model: &'a str,
    /// Host that was asked, where the client tells it.
    pub server: Option<&'a str>,
    pub tier: Option<ServiceTier>,
    pub time: UnixNanos,
}

pub(super) struct Found<'t> {
    pub table: &'t Table,
    pub provider: &'t Provider,
    pub model: &'t Model,
    /// `None` when the model has no row at all.
    pub prices: Option<Prices<'t>>,
    pub how: &'static str,
    pub sold_by: Option<&'t Arc<str>>,
}

/// How the model's name led to its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Exact,
    Pattern,
    WithoutDate,
    WithoutPrefix,
}

/// Where the provider's name came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seller {
    Told,
    Prefix,
    Model,
}

/// The words for each step and seller.
const HOW: [[&str; 3]; 4] = {
    macro_rules! words {
        ($step:literal) => {
            [
                $step,
                concat!($step, ", provider from the model's prefix"),
                concat!($step, ", provider from the model's name"),
            ]
        };
    }
    [
        words!("exact"),
        words!("pattern of the price table"),
        words!("without date suffix"),
        words!("without vendor prefix"),
    ]
};

/// Providers that run models at home. A price of the open weights' vendor would be wrong for them.
const LOCAL_PROVIDERS: &[&str] =
    &["ollama", "vllm", "lm_studio", "lmstudio", "llamacpp", "llama.cpp", "localai", "sglang", "tgi", "mlx"];

/// Beginnings of models' names -> the maker, where the first table's rules give them to nobody.
const MAKERS: &[(&str, &str)] = &[("text-embedding-3-", "openai"), ("text-embedding-ada-", "openai")];

/// The names of the GenAI conventions (and old ones) -> ids of the tables, where one does not contain the other.
const PROVIDER_IDS: &[(&str, &str)] = &[
    ("azure.ai.openai", "azure"),
    ("azure.ai.inference", "azure"),
    ("aws.bedrock", "aws"),
    ("gcp.gemini", "google"),
    ("gcp.gen_ai", "google"),
    ("gcp.vertex_ai", "google"),
    ("ibm.watsonx.ai", "watsonx"),
    ("x_ai", "x-ai"),
    ("mistral_ai", "mistral"),
    ("moonshot_ai", "moonshotai"),
    ("together_ai", "together"),
    ("fireworks_ai", "fireworks"),
    ("lambda_ai", "lambda"),
    ("nvidia_nim", "nvidia"),
    ("vercel", "vercel_ai_gateway"),
];

/// Finds the prices, or says why there are none.
pub(super) fn find<'t>(book: &'t Book, names: Names<'_>) -> Result<Found<'t>, String> {
    let model = Lower::new(names.model);
    let model = model.as_str();
    let told = names.provider.map(Lower::new);
    let told = told.as_ref().map(Lower::as_str);
    let search = Search { book, model, names, patterns: true };
    let id = told.map(|name| canonical_id(book.first(), name));
    if let Some(found) = search.own(id) {
        return Ok(found);
    }
    let local = told.is_some_and(is_local_provider);
    let at_home = names.server.filter(|server| is_private(server));
    if !local {
        let found = match id.filter(|id| book.knows(id)) {
            Some(id) => search.sold_by(id, Seller::Told).or_else(|| search.by_prefix()),
            // A gateway's own name tells no price; its models' names do, if they are spelled out.
            None if told.is_some() || at_home.is_some() => {
                let spelled = Search { patterns: false, ..search };
                spelled.by_prefix().or_else(|| spelled.by_model())
            }
            None => search.by_prefix().or_else(|| search.by_model()),
        };
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Err(reason(names, local, at_home))
}

/// Finds a price of the user's own.
pub(super) fn find_own<'t>(book: &'t Book, names: Names<'_>) -> Option<Found<'t>> {
    let (model, told) = (Lower::new(names.model), names.provider.map(Lower::new));
    let id = told.as_ref().map(|name| canonical_id(book.first(), name.as_str()));
    Search { book, model: model.as_str(), names, patterns: true }.own(id)
}

fn reason(names: Names<'_>, local: bool, at_home: Option<&str>) -> String {
    let provider = names.provider.map_or_else(|| "no provider told".to_owned(), |name| format!("provider {name:?}"));
    let model = names.model;
    match at_home {
        _ if local => format!("local model {model:?} ({provider}) has no price"),
        Some(server) => format!("unknown model {model:?} on the local server {server} ({provider})"),
        None => format!("unknown model {model:?} ({provider})"),
    }
}

fn is_local_provider(name: &str) -> bool {
    LOCAL_PROVIDERS.contains(&name)
}

/// The id that a provider's lower-case name has in the tables.
pub(super) fn canonical_id<'n>(first: &'n Table, name: &'n str) -> &'n str {
    let id = PROVIDER_IDS.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, id)| id);
    if first.provider(id).is_some() {
        return id;
    }
    let known = first.providers.iter().find(|one| one.provider_match.as_ref().is_some_and(|rule| rule.holds(id)));
    known.map_or(id, |provider| &provider.id)
}

/// One question put to all tables.
#[derive(Clone, Copy)]
struct Search<'t, 'n> {
    book: &'t Book,
    model: &'n str,
    names: Names<'n>,
    /// Whether a table's patterns may recognise the model; else its name must be spelled out.
    patterns: bool,
}

impl<'t> Search<'t, '_> {
    /// In the user's own prices: those of the provider, then those for whoever sells it.
    fn own(&self, provider: Option<&str>) -> Option<Found<'t>> {
        let own = self.book.own();
        let of = |id| own.provider(id).and_then(|provider| self.among(own, provider, Seller::Told));
        provider.and_then(of).or_else(|| of(Book::ANYBODY))
    }

    /// In every table, at the provider with this id and at those whose prices it passes on.
    fn sold_by(&self, id: &str, seller: Seller) -> Option<Found<'t>> {
        self.book.tables().find_map(|table| {
            let provider = table.provider(id)?;
            self.among(table, provider, seller).or_else(|| {
                provider.fallback.iter().find_map(|other| {
                    let found = self.among(table, table.provider(other)?, seller)?;
                    Some(Found { sold_by: Some(&provider.id), ..found })
                })
            })
        })
    }

    /// `anthropic/claude-...`: what stands before the first slash names a provider.
    fn by_prefix(&self) -> Option<Found<'t>> {
        let (vendor, rest) = self.model.split_once('/')?;
        if is_local_provider(vendor) {
            return None;
        }
        let inner = Search { model: rest, ..*self };
        let id = canonical_id(self.book.first(), vendor);
        inner.own(Some(id)).or_else(|| inner.sold_by(id, Seller::Prefix))
    }

    /// The provider to whom the first table's rules give the model, else its maker.
    fn by_model(&self) -> Option<Found<'t>> {
        let bare = without_prefix(self.model).unwrap_or(self.model);
        let owner = |provider: &&'t Provider| {
            provider.model_match.as_ref().is_some_and(|rule| rule.holds(self.model) || rule.holds(bare))
        };
        let by_rule = self.book.first().providers.iter().filter(owner);
        let made = |(beginning, maker): &(&str, &'static str)| bare.starts_with(beginning).then_some(*maker);
        let makers = by_rule.map(|one| one.id.as_ref()).chain(MAKERS.iter().filter_map(made));
        let found = makers.into_iter().find_map(|id| self.sold_by(id, Seller::Model))?;
        Some(self.own(Some(&found.provider.id)).unwrap_or(found))
    }

    fn among(&self, table: &'t Table, provider: &'t Provider, seller: Seller) -> Option<Found<'t>> {
        let own = std::ptr::eq(table, self.book.own());
        // The user's own patterns mean what they say.
        steps(provider, self.model, self.patterns || own).find_map(|(model, step)| {
            let prices = model.prices_at(self.names.time, self.names.tier);
            // The user's own price may begin later, or be for another tier: then the tables answer.
            let holds = prices.is_some() || !own;
            let how = HOW[step as usize][seller as usize];
            holds.then_some(Found { table, provider, model, prices, how, sold_by: None })
        })
    }
}

/// The models that the steps lead to, in their order.
fn steps<'t>(provider: &'t Provider, name: &str, patterns: bool) -> impl Iterator<Item = (&'t Model, Step)> {
    let by_any_rule = move |name: &str| {
        if !patterns {
            return None;
        }
        provider.by_rule(name).or_else(|| {
            let dashed = with_dashed_date(name)?;
            provider.spelled(dashed.as_str()).or_else(|| provider.by_rule(dashed.as_str()))
        })
    };
    [Step::Exact, Step::Pattern, Step::WithoutDate, Step::WithoutPrefix].into_iter().filter_map(move |step| {
        let model = match step {
            Step::Exact => provider.spelled(name),
            Step::Pattern => by_any_rule(name),
            Step::WithoutDate => without_date(name).and_then(|rest| provider.spelled(rest)),
            Step::WithoutPrefix => without_prefix(name).and_then(|bare| {
                let plain = || provider.spelled(without_date(bare)?);
                provider.spelled(bare).or_else(|| by_any_rule(bare)).or_else(plain)
            }),
        };
        Some((model?, step))
    })
}

#[cfg(test)]
mod tests;
