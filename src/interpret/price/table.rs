//! The price table: providers, their models, and price rows by date and time of day.

use serde::Deserialize;

use super::rule::Rule;
use crate::model::{NanoUsd, TokenUsage, UnixNanos};

const EMBEDDED: &str = include_str!("table.json");

/// All prices known, immutable once loaded.
#[derive(Debug, Deserialize)]
pub struct Table {
    source: Box<str>,
    version: Box<str>,
    pub(super) providers: Box<[Provider]>,
}

/// One who sells model calls.
#[derive(Debug, Deserialize)]
pub(super) struct Provider {
    pub id: Box<str>,
    /// Other names of the provider itself.
    pub provider_match: Option<Rule>,
    /// Models that tell the provider when nothing else does.
    pub model_match: Option<Rule>,
    /// Providers whose models it resells at their prices.
    #[serde(default)]
    pub fallback: Box<[Box<str>]>,
    pub models: Box<[Model]>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Model {
    pub id: Box<str>,
    /// `None`: recognised by its id alone.
    #[serde(rename = "match")]
    pub rule: Option<Rule>,
    prices: Box<[Row]>,
}

/// Prices that hold together from a date on or during some hours of the day (UTC).
#[derive(Debug, Deserialize, Default)]
pub struct Row {
    /// First day, `2025-08-01`.
    pub from: Option<Box<str>>,
    between: Option<[ClockTime; 2]>,
    pub input: Option<Price>,
    pub output: Option<Price>,
    pub cache_read: Option<Price>,
    pub cache_write: Option<Price>,
    pub cache_write_1h: Option<Price>,
    pub audio_input: Option<Price>,
    pub audio_output: Option<Price>,
    pub image_input: Option<Price>,
    pub reasoning: Option<Price>,
    /// Per request, not per million.
    pub request: Option<Price>,
}

/// Nano-dollars per million tokens, perhaps dearer for long prompts.
#[derive(Debug, Deserialize, Clone)]
#[serde(from = "PriceForm")]
pub struct Price {
    base: NanoUsd,
    /// Above so many input tokens every token of the request costs so much, in ascending order.
    tiers: Box<[(u64, NanoUsd)]>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PriceForm {
    Flat(i64),
    Tiered(Vec<TierForm>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TierForm {
    Base(i64),
    Above(u64, i64),
}

impl From<PriceForm> for Price {
    fn from(form: PriceForm) -> Self {
        let parts = match form {
            PriceForm::Flat(base) => return Self { base: NanoUsd(base), tiers: Box::default() },
            PriceForm::Tiered(parts) => parts,
        };
        let mut price = Self { base: NanoUsd(0), tiers: Box::default() };
        let mut tiers = Vec::new();
        for part in parts {
            match part {
                TierForm::Base(base) => price.base = NanoUsd(base),
                TierForm::Above(start, amount) => tiers.push((start, NanoUsd(amount))),
            }
        }
        tiers.sort_by_key(|(start, _)| *start);
        price.tiers = tiers.into();
        price
    }
}

impl Price {
    /// The price that holds for a request with so many input tokens.
    pub fn at(&self, input_total: u64) -> NanoUsd {
        self.tiers.iter().rev().find(|(start, _)| input_total > *start).map_or(self.base, |(_, amount)| *amount)
    }
}

/// Minutes since midnight UTC, in the table as `16:30`.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "&str")]
struct ClockTime(u16);

impl TryFrom<&str> for ClockTime {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, String> {
        text.split_once(':')
            .and_then(|(hours, minutes)| Some(Self(hours.parse::<u16>().ok()? * 60 + minutes.parse::<u16>().ok()?)))
            .filter(|time| time.0 < 24 * 60)
            .ok_or_else(|| format!("{text:?} must be a time of day such as \"16:30\""))
    }
}

impl Table {
    /// The table that comes with the program. A test loads it, so the empty table is never served.
    pub fn embedded() -> Self {
        Self::parse(EMBEDDED).unwrap_or(Self { source: "none".into(), version: "".into(), providers: Box::default() })
    }

    /// # Errors
    /// Says at which line and column the text is no table.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Provider and model of every row.
    pub fn models(&self) -> impl Iterator<Item = (&str, &str)> {
        self.providers.iter().flat_map(|provider| provider.models.iter().map(|model| (&*provider.id, &*model.id)))
    }

    /// Name and version, as they stand in a cost explanation: `genai-prices 0.2.3`.
    pub fn name(&self) -> String {
        format!("{} {}", self.source, self.version)
    }
}

impl Model {
    /// The row that holds at `time`: the last one whose condition is met, else the first (rule of the table's source).
    pub fn row_at(&self, time: UnixNanos) -> Option<&Row> {
        let day = time.day().to_string();
        let day_start = time.day().start();
        let minute = ClockTime((time.since(day_start) / 60_000_000_000) as u16);
        self.prices.iter().rev().find(|row| row.holds(&day, minute)).or_else(|| self.prices.first())
    }
}

impl Row {
    fn holds(&self, day: &str, minute: ClockTime) -> bool {
        let begun = self.from.as_deref().is_none_or(|from| day >= from);
        let in_hours = self.between.is_none_or(|[start, end]| {
            if end < start { minute >= start || minute < end } else { (start..end).contains(&minute) }
        });
        begun && in_hours
    }

    /// Price of a bucket at this size of prompt; what has no price of its own costs as the kind it is part of.
    pub fn price_of(&self, bucket: crate::model::Bucket, usage: &TokenUsage) -> Option<NanoUsd> {
        use crate::model::Bucket;
        let price = match bucket {
            Bucket::Input => self.input.as_ref(),
            Bucket::CacheRead => self.cache_read.as_ref().or(self.input.as_ref()),
            Bucket::CacheWrite5m => self.cache_write.as_ref().or(self.input.as_ref()),
            Bucket::CacheWrite1h => self.cache_write_1h.as_ref().or(self.cache_write.as_ref()).or(self.input.as_ref()),
            Bucket::Output => self.output.as_ref(),
            Bucket::Reasoning => self.reasoning.as_ref().or(self.output.as_ref()),
            Bucket::AudioInput => self.audio_input.as_ref().or(self.input.as_ref()),
            Bucket::AudioOutput => self.audio_output.as_ref().or(self.output.as_ref()),
            Bucket::ImageInput => self.image_input.as_ref().or(self.input.as_ref()),
            Bucket::Request => self.request.as_ref(),
        };
        price.map(|price| price.at(usage.input_total()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_table_loads_and_every_pattern_compiles() {
        let table = Table::parse(EMBEDDED).expect("the embedded table is valid");
        assert!(table.providers.len() > 40);
        let models: usize = table.providers.iter().map(|provider| provider.models.len()).sum();
        assert!(models > 2000, "{models}");
        let rules = table.providers.iter().flat_map(|provider| {
            let of_models = provider.models.iter().filter_map(|model| model.rule.as_ref());
            of_models.chain(&provider.provider_match).chain(&provider.model_match)
        });
        rules.for_each(check_patterns);
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

    #[test]
    fn tiers_reprice_the_whole_request() {
        let price: Price = serde_json::from_str("[5, [200, 9], [100, 7]]").expect("valid");
        assert_eq!([100, 101, 200, 201].map(|input| price.at(input).0), [5, 7, 7, 9]);
    }

    #[test]
    fn rows_hold_by_date_and_by_hour() {
        let model: Model = serde_json::from_str(
            r#"{"id": "m", "prices": [{"input": 1}, {"from": "2026-10-12", "input": 2}, {"between": ["22:00", "02:00"], "input": 3}]}"#,
        )
        .expect("valid");
        let at = |time: &str| {
            model.row_at(time.parse().expect("a time")).and_then(|row| row.input.clone()).map(|p| p.at(0).0)
        };
        assert_eq!(at("2026-10-11T12:00:00Z"), Some(1));
        assert_eq!(at("2026-10-12T12:00:00Z"), Some(2));
        assert_eq!(at("2026-10-12T23:00:00Z"), Some(3));
        assert_eq!(at("2026-10-11T01:59:00Z"), Some(3));
    }
}
