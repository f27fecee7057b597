//! `prices.toml` in the data directory: prices of the user's own, above every table. Data rather than settings, so it
//! is read again while the server runs.
//!
//! ```toml
//! [[price]]
//! provider = "openai"     # who sells it; left out: whoever
//! model = "gpt-4o"        # any case; `*` at the end or the beginning stands for anything
//! from = "2026-01-01"     # first day (UTC); left out: always
//! tier = "batch"          # only for this service tier; left out: for all
//! comment = "contract of March"
//! currency = "EUR"        # of the amounts below; left out: USD
//! usd_per_unit = 1.08     # needed beside another currency
//! input = 2.5             # per million tokens; 0 is free of charge
//! output = 10
//! request = 0.001         # per request, `web_search` per search
//! above = [{ tokens = 200000, input = 5, output = 15 }]
//! ```

use std::fmt;

use figment::providers::{Format as _, Toml};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::model::{Bucket, Day, NanoUsd, ServiceTier};

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PricesFile {
    pub entries: Vec<PriceEntry>,
}

/// What is charged for a model; it stands alone, nothing is taken from another table.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceEntry {
    pub provider: Option<String>,
    pub model: String,
    pub from: Option<Day>,
    pub tier: Option<ServiceTier>,
    pub comment: Option<String>,
    /// ISO 4217 code, `USD` unless told.
    pub currency: String,
    /// How many US dollars one unit of the currency is; 1 for USD.
    pub usd_per_unit: f64,
    /// As written, in the currency: per million tokens, per request, per search.
    pub amounts: Vec<(Bucket, f64)>,
    /// Above so many input tokens other prices hold.
    pub above: Vec<(u64, Vec<(Bucket, f64)>)>,
}

/// Why the file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {message}", key.as_ref().map(|key| format!(", {key}")).unwrap_or_default())]
pub struct PricesError {
    /// Counted from 1.
    pub line: usize,
    pub key: Option<String>,
    pub message: String,
}

/// Dearer than any token is: such a price is a slip of the unit (per token, per thousand).
const MOST: f64 = 1_000_000.0;

impl PricesFile {
    /// # Errors
    /// The first fault with its line and key.
    pub fn parse(text: &str) -> Result<Self, PricesError> {
        let form: FileForm = Toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
            let key =
                text.lines().nth(line).and_then(|found| found.split_once('=')).map(|(key, _)| key.trim().to_owned());
            PricesError { line: line + 1, key, message: error.message().trim().to_owned() }
        })?;
        Ok(Self { entries: form.price })
    }
}

impl PriceEntry {
    /// A price in US dollars.
    pub fn in_usd(&self, amount: f64) -> NanoUsd {
        NanoUsd::from_usd(amount * self.usd_per_unit).unwrap_or_default()
    }

    /// Whether it is about the same calls from the same day on.
    pub fn replaces(&self, other: &Self) -> bool {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let provider = match (&self.provider, &other.provider) {
            (Some(ours), Some(theirs)) => same(ours, theirs),
            (None, None) => true,
            _ => false,
        };
        provider && same(&self.model, &other.model) && self.from == other.from && self.tier == other.tier
    }
}

/// As it stands in the file.
impl fmt::Display for PriceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[[price]]")?;
        if let Some(provider) = &self.provider {
            writeln!(f, "provider = {}", quoted(provider))?;
        }
        writeln!(f, "model = {}", quoted(&self.model))?;
        if let Some(from) = self.from {
            writeln!(f, "from = \"{from}\"")?;
        }
        if let Some(tier) = self.tier {
            writeln!(f, "tier = \"{}\"", tier.as_str())?;
        }
        if let Some(comment) = &self.comment {
            writeln!(f, "comment = {}", quoted(comment))?;
        }
        if self.currency != "USD" {
            writeln!(f, "currency = \"{}\"\nusd_per_unit = {}", self.currency, self.usd_per_unit)?;
        }
        for (bucket, amount) in &self.amounts {
            writeln!(f, "{} = {amount}", price_name(*bucket))?;
        }
        if !self.above.is_empty() {
            let step = |(tokens, amounts): &(u64, Vec<(Bucket, f64)>)| {
                let amounts = amounts.iter().map(|(bucket, amount)| format!(", {} = {amount}", price_name(*bucket)));
                format!("{{ tokens = {tokens}{} }}", amounts.collect::<String>())
            };
            writeln!(f, "above = [{}]", self.above.iter().map(step).collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }
}

/// The name of a price; a cache write without a lifetime lives five minutes.
pub fn price_name(bucket: Bucket) -> &'static str {
    if bucket == Bucket::CacheWrite5m { "cache_write" } else { bucket.as_str() }
}

/// A basic string of TOML, which escapes like JSON but for what TOML does not allow bare.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    #[serde(default)]
    price: Vec<PriceEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryForm {
    provider: Option<Name>,
    model: Name,
    from: Option<FirstDay>,
    tier: Option<Tier>,
    comment: Option<String>,
    currency: Option<Currency>,
    usd_per_unit: Option<Amount>,
    #[serde(default)]
    above: Vec<AboveForm>,
    input: Option<Amount>,
    output: Option<Amount>,
    cache_read: Option<Amount>,
    cache_write: Option<Amount>,
    cache_write_1h: Option<Amount>,
    reasoning: Option<Amount>,
    audio_input: Option<Amount>,
    audio_output: Option<Amount>,
    image_input: Option<Amount>,
    image_output: Option<Amount>,
    request: Option<Amount>,
    web_search: Option<Amount>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AboveForm {
    tokens: u64,
    input: Option<Amount>,
    output: Option<Amount>,
    cache_read: Option<Amount>,
    cache_write: Option<Amount>,
    cache_write_1h: Option<Amount>,
    reasoning: Option<Amount>,
}

impl<'de> Deserialize<'de> for PriceEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        EntryForm::deserialize(deserializer)?.checked().map_err(serde::de::Error::custom)
    }
}

impl EntryForm {
    fn checked(self) -> Result<PriceEntry, String> {
        let currency = self.currency.map_or_else(|| "USD".to_owned(), |currency| currency.0);
        let usd_per_unit = match self.usd_per_unit {
            Some(Amount(0.0)) => return Err("usd_per_unit must be above 0".into()),
            Some(rate) => rate.0,
            None if currency == "USD" => 1.0,
            None => {
                return Err(format!("currency {currency} needs usd_per_unit: how many US dollars one {currency} is"));
            }
        };
        let amounts = told([
            (Bucket::Input, self.input),
            (Bucket::Output, self.output),
            (Bucket::CacheRead, self.cache_read),
            (Bucket::CacheWrite5m, self.cache_write),
            (Bucket::CacheWrite1h, self.cache_write_1h),
            (Bucket::Reasoning, self.reasoning),
            (Bucket::AudioInput, self.audio_input),
            (Bucket::AudioOutput, self.audio_output),
            (Bucket::ImageInput, self.image_input),
            (Bucket::ImageOutput, self.image_output),
            (Bucket::Request, self.request),
            (Bucket::WebSearch, self.web_search),
        ]);
        if amounts.is_empty() {
            return Err("names no price: give at least input and output, per million tokens".into());
        }
        let mut above: Vec<(u64, Vec<(Bucket, f64)>)> = self.above.into_iter().map(AboveForm::told).collect();
        above.sort_by_key(|(tokens, _)| *tokens);
        for (bucket, _) in above.iter().flat_map(|(_, amounts)| amounts) {
            if !amounts.iter().any(|(named, _)| named == bucket) {
                return Err(format!("above names {0}, which has no price below: add {0}", price_name(*bucket)));
            }
        }
        Ok(PriceEntry {
            provider: self.provider.map(|name| name.0),
            model: self.model.0,
            from: self.from.map(|day| day.0),
            tier: self.tier.map(|tier| tier.0),
            comment: self.comment,
            currency,
            usd_per_unit,
            amounts,
            above,
        })
    }
}

impl AboveForm {
    fn told(self) -> (u64, Vec<(Bucket, f64)>) {
        let amounts = told([
            (Bucket::Input, self.input),
            (Bucket::Output, self.output),
            (Bucket::CacheRead, self.cache_read),
            (Bucket::CacheWrite5m, self.cache_write),
            (Bucket::CacheWrite1h, self.cache_write_1h),
            (Bucket::Reasoning, self.reasoning),
        ]);
        (self.tokens, amounts)
    }
}

fn told<const N: usize>(amounts: [(Bucket, Option<Amount>); N]) -> Vec<(Bucket, f64)> {
    amounts.into_iter().filter_map(|(bucket, amount)| Some((bucket, amount?.0))).collect()
}

/// A number that is no slip: not negative, not dearer than [`MOST`].
#[derive(Deserialize)]
#[serde(try_from = "f64")]
struct Amount(f64);

impl TryFrom<f64> for Amount {
    type Error = String;

    fn try_from(amount: f64) -> Result<Self, String> {
        if (0.0..=MOST).contains(&amount) {
            Ok(Self(amount))
        } else {
            Err(format!("{amount} must be between 0 and {MOST}: prices are per million tokens"))
        }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let inner = name.trim().trim_start_matches('*').trim_end_matches('*');
        if inner.is_empty() || inner.contains('*') {
            return Err(format!("{name:?} must be a name, with `*` at the end or the beginning at most"));
        }
        Ok(Self(name.trim().to_owned()))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Currency(String);

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            Ok(Self(code))
        } else {
            Err(format!("{code:?} must be three capital letters such as EUR"))
        }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Tier(ServiceTier);

impl TryFrom<String> for Tier {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let known = ServiceTier::ALL.map(ServiceTier::as_str);
        let tier = ServiceTier::ALL.into_iter().find(|tier| tier.as_str() == word);
        tier.map(Self).ok_or_else(|| format!("unknown service tier {word:?}: write one of {}", known.join(", ")))
    }
}

struct FirstDay(Day);

impl<'de> Deserialize<'de> for FirstDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DayVisitor)
    }
}

/// Takes a text, and TOML's own dates, which come as a map of one text.
struct DayVisitor;

impl<'de> Visitor<'de> for DayVisitor {
    type Value = FirstDay;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date such as \"2026-01-31\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<FirstDay, E> {
        let day = text.parse().map_err(|_| E::custom(format!("{text:?} must be a date such as \"2026-01-31\"")));
        day.map(FirstDay)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FirstDay, A::Error> {
        let (_, text): (String, String) =
            map.next_entry()?.ok_or_else(|| serde::de::Error::custom("an empty table is no date"))?;
        self.visit_str(&text)
    }
}

#[cfg(test)]
mod tests;
