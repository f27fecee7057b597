//! A price table: providers, their models, and price rows by date, time of day and service tier.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde::Deserialize;
use serde::de::Deserializer;

use super::row::{Price, Row, Since, stand_ins};
use super::rule::Rule;
use crate::model::{Bucket, ServiceTier, UnixNanos};

const FIRST: &str = include_str!("table.json");
const SECOND: &str = include_str!("second.json");

/// Prices of one source, immutable once loaded.
#[derive(Debug)]
pub struct Table {
    /// Name and version, as they stand in a cost explanation: `genai-prices 0.2.3`.
    name: Arc<str>,
    pub(super) providers: Box<[Provider]>,
}

/// One who sells model calls.
#[derive(Debug, Deserialize)]
pub(super) struct Provider {
    #[serde(deserialize_with = "shared")]
    pub id: Arc<str>,
    /// Other names of the provider itself.
    #[serde(default)]
    pub provider_match: Option<Rule>,
    /// Models that tell the provider when nothing else does.
    #[serde(default)]
    pub model_match: Option<Rule>,
    /// Providers whose models it resells at their prices.
    #[serde(default)]
    pub fallback: Box<[Box<str>]>,
    pub models: Box<[Model]>,
    /// Names that are spelled out -> place in `models`, the first that has it.
    #[serde(skip)]
    spelled: HashMap<Box<str>, u32>,
    /// Places of the models that are also recognised by patterns, in order.
    #[serde(skip)]
    by_pattern: Box<[u32]>,
    /// Names that were put to the patterns, and what they led to: hundreds of patterns take longer than the rest of a
    /// price, and a house asks the same few names.
    #[serde(skip)]
    asked: RwLock<HashMap<Box<str>, Option<u32>>>,
}

/// More names than a house uses; what comes beyond is put to the patterns each time.
const MOST_ASKED: usize = 512;

#[derive(Debug, Deserialize)]
pub(super) struct Model {
    #[serde(deserialize_with = "shared")]
    pub id: Arc<str>,
    /// `None`: recognised by its id alone.
    #[serde(rename = "match", default)]
    pub rule: Option<Rule>,
    pub prices: Box<[Row]>,
    /// Rows of service tiers; the first that holds and names a price counts.
    #[serde(default)]
    pub tiers: Box<[Row]>,
    /// Holds only from the date of its first row on; else the first row also stands for the time before it.
    #[serde(skip)]
    pub strict: bool,
}

/// The prices of a model that hold for one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prices<'t> {
    row: &'t Row,
    tiers: &'t [Row],
    tier: Option<ServiceTier>,
    time: UnixNanos,
}

#[derive(Deserialize)]
struct Form {
    source: String,
    version: String,
    providers: Box<[Provider]>,
}

fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    String::deserialize(deserializer).map(Into::into)
}

impl Table {
    /// The tables that come with the program, parsed once: genai-prices, and litellm for what that does not price.
    /// A test loads them, so empty tables are never served.
    pub fn embedded() -> [Arc<Self>; 2] {
        static TABLES: OnceLock<[Arc<Table>; 2]> = OnceLock::new();
        let parse = |text| Arc::new(Self::parse(text).unwrap_or_else(|_| Self::new("none", Box::default())));
        TABLES.get_or_init(|| [FIRST, SECOND].map(parse)).clone()
    }

    /// # Errors
    /// Says at which line and column the text is no table.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let form: Form = serde_json::from_str(text)?;
        Ok(Self::new(&format!("{} {}", form.source, form.version), form.providers))
    }

    pub(super) fn new(name: &str, mut providers: Box<[Provider]>) -> Self {
        providers.iter_mut().for_each(Provider::index);
        Self { name: name.into(), providers }
    }

    pub fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    pub(super) fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| &*provider.id == id)
    }
}

impl Provider {
    pub(super) fn new(id: Arc<str>, models: Vec<Model>) -> Self {
        Self {
            id,
            provider_match: None,
            model_match: None,
            fallback: Box::default(),
            models: models.into(),
            spelled: HashMap::new(),
            by_pattern: Box::default(),
            asked: RwLock::default(),
        }
    }

    fn index(&mut self) {
        let mut by_pattern = Vec::new();
        for (place, model) in (0_u32..).zip(&self.models) {
            let mut add = |name: &str| {
                self.spelled.entry(name.to_ascii_lowercase().into()).or_insert(place);
            };
            add(&model.id);
            if let Some(rule) = &model.rule {
                rule.spelled_out(&mut add);
                if rule.has_pattern() {
                    by_pattern.push(place);
                }
            }
        }
        self.spelled.shrink_to_fit();
        self.by_pattern = by_pattern.into();
    }

    /// The model whose id or rule spells the lower-case name out.
    pub(super) fn spelled(&self, name: &str) -> Option<&Model> {
        self.models.get(*self.spelled.get(name)? as usize)
    }

    /// The first model whose rule the lower-case name passes.
    pub(super) fn by_rule(&self, name: &str) -> Option<&Model> {
        if self.by_pattern.is_empty() {
            return None;
        }
        // What is behind the lock is good whenever it can be had: a lookup or one insertion.
        let known = self.asked.read().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        let place = known.unwrap_or_else(|| {
            let place = self.put_to_rules(name);
            let mut asked = self.asked.write().unwrap_or_else(PoisonError::into_inner);
            if asked.len() < MOST_ASKED {
                asked.insert(name.into(), place);
            }
            place
        });
        self.models.get(place? as usize)
    }

    fn put_to_rules(&self, name: &str) -> Option<u32> {
        let holds = |place: &&u32| {
            let model = self.models.get(**place as usize);
            model.and_then(|model| model.rule.as_ref()).is_some_and(|rule| rule.holds(name))
        };
        self.by_pattern.iter().find(holds).copied()
    }
}

impl Model {
    /// The prices that hold: of the rows the last whose condition is met, else the first (rule of the table's source).
    pub(super) fn prices_at(&self, time: UnixNanos, tier: Option<ServiceTier>) -> Option<Prices<'_>> {
        let holding = self.prices.iter().rev().find(|row| row.holds(time));
        let of_tier = || self.tiers.iter().find(|row| row.tier == tier && tier.is_some() && row.holds(time));
        let row = if self.strict { holding.or_else(of_tier) } else { holding.or_else(|| self.prices.first()) };
        Some(Prices { row: row?, tiers: &self.tiers, tier, time })
    }
}

impl<'t> Prices<'t> {
    pub(super) fn price_of(&self, bucket: Bucket) -> Option<&'t Price> {
        stand_ins(bucket).iter().find_map(|kind| self.own_price(*kind))
    }

    /// The price of the kind itself.
    pub(super) fn own_price(&self, bucket: Bucket) -> Option<&'t Price> {
        self.of_tier().find_map(|row| row.price(bucket)).or_else(|| self.row.price(bucket))
    }

    /// Whether there are prices for the tier that was told.
    pub(super) fn has_tier(&self) -> bool {
        self.of_tier().next().is_some()
    }

    pub(super) fn from(&self) -> Option<&'t Since> {
        self.of_tier().find_map(|row| row.from.as_ref()).or(self.row.from.as_ref())
    }

    fn of_tier(self) -> impl Iterator<Item = &'t Row> {
        let wanted = move |row: &&Row| self.tier.is_some() && row.tier == self.tier && row.holds(self.time);
        self.tiers.iter().filter(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_tables_load_and_every_pattern_compiles() {
        for (text, providers, models) in [(FIRST, 40, 2000), (SECOND, 40, 1000)] {
            let table = Table::parse(text).expect("the embedded table is valid");
            assert!(table.providers.len() > providers);
            let found: usize = table.providers.iter().map(|provider| provider.models.len()).sum();
            assert!(found > models, "{found}");
            let rules = table.providers.iter().flat_map(|provider| {
                let of_models = provider.models.iter().filter_map(|model| model.rule.as_ref());
                of_models.chain(&provider.provider_match).chain(&provider.model_match)
            });
            rules.for_each(check_patterns);
        }
    }

    fn check_patterns(rule: &Rule) {
        match rule {
            Rule::Pattern(_) | Rule::Not(_) => {
                let negated = matches!(rule, Rule::Not(_));
                assert!(rule.holds("zzz") || !negated || !rule.holds(""), "{rule:?} does not compile");
                assert!(!format!("{rule:?}").contains("Some(None)"), "{rule:?} does not compile");
            }
            Rule::Any(rules) | Rule::All(rules) => rules.iter().for_each(check_patterns),
            _ => {}
        }
    }

    fn model(text: &str) -> Model {
        serde_json::from_str(text).expect("valid")
    }

    fn input_at(model: &Model, time: &str, tier: Option<ServiceTier>) -> Option<i64> {
        let prices = model.prices_at(time.parse().expect("a time"), tier)?;
        prices.price_of(Bucket::Input).map(|price| price.at(0).0.0)
    }

    #[test]
    fn rows_hold_by_date_and_by_hour() {
        let mut model = model(
            r#"{"id": "m", "prices": [{"from": "2026-01-01", "input": 1}, {"from": "2026-10-12", "input": 2},
                {"between": ["22:00", "02:00"], "input": 3}]}"#,
        );
        assert_eq!(input_at(&model, "2026-10-11T12:00:00Z", None), Some(1));
        assert_eq!(input_at(&model, "2026-10-12T12:00:00Z", None), Some(2));
        assert_eq!(input_at(&model, "2026-10-12T23:00:00Z", None), Some(3));
        assert_eq!(input_at(&model, "2026-10-11T01:59:00Z", None), Some(3));
        assert_eq!(input_at(&model, "2025-10-11T12:00:00Z", None), Some(1), "before its first day too");
        model.strict = true;
        assert_eq!(input_at(&model, "2025-10-11T12:00:00Z", None), None);
    }

    #[test]
    fn a_service_tier_changes_the_prices_it_names() {
        let model = model(
            r#"{"id": "m", "prices": [{"input": 4, "output": 8}], "tiers": [
                {"tier": "batch", "from": "2026-10-14", "input": 2}, {"tier": "batch", "input": 3, "output": 5}]}"#,
        );
        let at = |day: &str, tier| input_at(&model, day, Some(tier));
        assert_eq!(at("2026-10-13T00:00:00Z", ServiceTier::Batch), Some(3));
        assert_eq!(at("2026-10-14T00:00:00Z", ServiceTier::Batch), Some(2));
        assert_eq!(at("2026-10-14T00:00:00Z", ServiceTier::Flex), Some(4));
        let prices = model.prices_at("2026-10-14T00:00:00Z".parse().expect("a time"), Some(ServiceTier::Batch));
        let prices = prices.expect("a row");
        assert_eq!(prices.price_of(Bucket::Output).map(|price| price.base.0), Some(5), "of the next row of the tier");
        assert!(prices.has_tier());
    }
}
