//! Prices that hold together: by date, by hour of the day, by service tier, dearer above a length of prompt.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::model::{Bucket, Day, NanoUsd, ServiceTier, UnixNanos};

/// One row of a table.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub from: Option<Since>,
    pub between: Option<[ClockTime; 2]>,
    /// Only where rows of service tiers stand.
    pub tier: Option<ServiceTier>,
    /// What the user noted beside it.
    pub comment: Option<Box<str>>,
    /// Each kind at most once.
    pub prices: Box<[(Bucket, Price)]>,
}

/// The first day on which a row holds, and how the table writes it.
#[derive(Debug, Clone)]
pub struct Since {
    pub day: Day,
    pub text: Arc<str>,
}

impl Since {
    pub fn new(text: &str) -> Option<Self> {
        Some(Self { day: text.parse().ok()?, text: text.into() })
    }
}

/// Nano-dollars per [`Bucket::per`] units, perhaps dearer for long prompts.
#[derive(Debug, Deserialize, Clone, PartialEq, Eq)]
#[serde(from = "PriceForm")]
pub struct Price {
    pub base: NanoUsd,
    /// Above so many input tokens every token of the request costs so much, in ascending order.
    pub tiers: Box<[(u64, NanoUsd)]>,
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
            PriceForm::Flat(base) => return Self::flat(NanoUsd(base)),
            PriceForm::Tiered(parts) => parts,
        };
        let mut price = Self::flat(NanoUsd(0));
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
    pub fn flat(base: NanoUsd) -> Self {
        Self { base, tiers: Box::default() }
    }

    /// The price for a request with so many input tokens, and above how many it holds if it is not the base price.
    pub fn at(&self, input_total: u64) -> (NanoUsd, Option<u64>) {
        let step = self.tiers.iter().rev().find(|(start, _)| input_total > *start);
        step.map_or((self.base, None), |(start, amount)| (*amount, Some(*start)))
    }
}

/// Minutes since midnight UTC, in the table as `16:30`.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub struct ClockTime(u16);

impl TryFrom<String> for ClockTime {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.split_once(':')
            .and_then(|(hours, minutes)| Some(Self(hours.parse::<u16>().ok()? * 60 + minutes.parse::<u16>().ok()?)))
            .filter(|time| time.0 < 24 * 60)
            .ok_or_else(|| format!("{text:?} must be a time of day such as \"16:30\""))
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Row {
    /// Whether the row holds at `time`.
    pub fn holds(&self, time: UnixNanos) -> bool {
        let begun = self.from.as_ref().is_none_or(|from| time.day() >= from.day);
        let in_hours = self.between.is_none_or(|[start, end]| {
            let minute = ClockTime((time.since(time.day().start()) / 60_000_000_000) as u16);
            if end < start { minute >= start || minute < end } else { (start..end).contains(&minute) }
        });
        begun && in_hours
    }

    pub fn price(&self, bucket: Bucket) -> Option<&Price> {
        self.prices.iter().find(|(named, _)| *named == bucket).map(|(_, price)| price)
    }
}

/// The kinds whose price stands in for a bucket, nearest first: what has no price of its own costs as the kind it is
/// part of.
pub fn stand_ins(bucket: Bucket) -> &'static [Bucket] {
    match bucket {
        Bucket::Input => &[Bucket::Input],
        Bucket::CacheRead => &[Bucket::CacheRead, Bucket::Input],
        Bucket::CacheWrite5m => &[Bucket::CacheWrite5m, Bucket::Input],
        Bucket::CacheWrite1h => &[Bucket::CacheWrite1h, Bucket::CacheWrite5m, Bucket::Input],
        Bucket::Output => &[Bucket::Output],
        Bucket::Reasoning => &[Bucket::Reasoning, Bucket::Output],
        Bucket::AudioInput => &[Bucket::AudioInput, Bucket::Input],
        Bucket::AudioOutput => &[Bucket::AudioOutput, Bucket::Output],
        Bucket::ImageInput => &[Bucket::ImageInput, Bucket::Input],
        Bucket::ImageOutput => &[Bucket::ImageOutput, Bucket::Output],
        Bucket::Request => &[Bucket::Request],
        Bucket::WebSearch => &[Bucket::WebSearch],
    }
}

/// The names of prices, in tables and in `prices.toml`; a cache write without a lifetime lives five minutes.
pub const PRICE_NAMES: [(&str, Bucket); 12] = [
    ("input", Bucket::Input),
    ("output", Bucket::Output),
    ("cache_read", Bucket::CacheRead),
    ("cache_write", Bucket::CacheWrite5m),
    ("cache_write_1h", Bucket::CacheWrite1h),
    ("reasoning", Bucket::Reasoning),
    ("audio_input", Bucket::AudioInput),
    ("audio_output", Bucket::AudioOutput),
    ("image_input", Bucket::ImageInput),
    ("image_output", Bucket::ImageOutput),
    ("request", Bucket::Request),
    ("web_search", Bucket::WebSearch),
];

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row such as {\"from\": \"2026-01-01\", \"input\": 2500000000}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut row = Row::default();
        let mut prices = Vec::with_capacity(4);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "from" => {
                    let text: String = map.next_value()?;
                    let since = Since::new(&text);
                    row.from = Some(
                        since.ok_or_else(|| A::Error::custom(format!("{text:?} must be a date such as 2026-01-31")))?,
                    );
                }
                "between" => row.between = Some(map.next_value()?),
                "tier" => {
                    let word: String = map.next_value()?;
                    let tier = ServiceTier::from_name(&word);
                    row.tier = Some(tier.ok_or_else(|| A::Error::custom(format!("unknown service tier {word:?}")))?);
                }
                name => match PRICE_NAMES.iter().find(|(known, _)| *known == name) {
                    Some((_, bucket)) => prices.push((*bucket, map.next_value::<Price>()?)),
                    None => {
                        map.next_value::<IgnoredAny>()?;
                        return Err(A::Error::custom(format!("unknown price {name:?}")));
                    }
                },
            }
        }
        row.prices = prices.into();
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_reprice_the_whole_request() {
        let price: Price = serde_json::from_str("[5, [200, 9], [100, 7]]").expect("valid");
        assert_eq!([100, 101, 200, 201].map(|input| price.at(input).0.0), [5, 7, 7, 9]);
        assert_eq!([100, 101, 201].map(|input| price.at(input).1), [None, Some(100), Some(200)]);
    }

    #[test]
    fn a_row_names_what_it_does_not_know() {
        for (text, told) in [
            (r#"{"inptu": 1}"#, "unknown price \"inptu\""),
            (r#"{"from": "31.1.2026"}"#, "must be a date"),
            (r#"{"tier": "gold"}"#, "unknown service tier \"gold\""),
            (r#"{"between": ["25:00", "26:00"]}"#, "must be a time of day"),
        ] {
            let error = serde_json::from_str::<Row>(text).expect_err("no row").to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
