//! Money: integer nano-dollars, and what a call cost with the reasons for it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::{LocalCost, ServiceTier};

/// Billionths of a US dollar. An i64 holds nine billion dollars, and the cheapest published
/// token price (some 0.01 $ per million) is still ten units, so sums are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct NanoUsd(pub i64);

impl NanoUsd {
    pub const PER_USD: i64 = 1_000_000_000;

    /// From a decimal number of dollars, rounded to the nearest nano-dollar; `None` for NaN, infinity and overflow.
    pub fn from_usd(usd: f64) -> Option<Self> {
        let nanos = (usd * Self::PER_USD as f64).round();
        (nanos.is_finite() && nanos.abs() < i64::MAX as f64).then_some(Self(nanos as i64))
    }

    /// Amount of `units` at this price for a million, rounded half up. 128 bits: a million tokens times a dear price
    /// leaves 64.
    pub fn of_million(self, units: u64) -> Self {
        const MILLION: i128 = 1_000_000;
        let amount = (i128::from(units) * i128::from(self.0) + MILLION / 2).div_euclid(MILLION);
        Self(i64::try_from(amount).unwrap_or(i64::MAX))
    }

    pub fn as_usd(self) -> f64 {
        self.0 as f64 / Self::PER_USD as f64
    }
}

impl fmt::Display for NanoUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let per_usd = Self::PER_USD.unsigned_abs();
        write!(f, "{sign}{}.{:09}", nanos / per_usd, nanos % per_usd)
    }
}

/// A kind of billable quantity; one line of a cost explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    Input,
    CacheRead,
    CacheWrite5m,
    CacheWrite1h,
    Output,
    Reasoning,
    AudioInput,
    AudioOutput,
    ImageInput,
    ImageOutput,
    /// A flat charge per request.
    Request,
    /// A search of the web that the provider made for the call.
    WebSearch,
}

impl Bucket {
    /// How many units its price is for: a million tokens, or one of what is counted singly.
    pub fn per(self) -> u32 {
        match self {
            Self::Request | Self::WebSearch => 1,
            _ => 1_000_000,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CacheRead => "cache_read",
            Self::CacheWrite5m => "cache_write_5m",
            Self::CacheWrite1h => "cache_write_1h",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::AudioInput => "audio_input",
            Self::AudioOutput => "audio_output",
            Self::ImageInput => "image_input",
            Self::ImageOutput => "image_output",
            Self::Request => "request",
            Self::WebSearch => "web_search",
        }
    }
}

/// One line of a cost: so many units at such a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketCost {
    pub bucket: Bucket,
    /// Tokens, searches, or 1 for [`Bucket::Request`].
    pub units: u64,
    /// Price of [`Bucket::per`] units.
    pub price: NanoUsd,
    pub amount: NanoUsd,
}

/// The price row that was used and how it was found. The texts are shared with the table: a match allocates nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PriceMatch {
    /// Provider id of the table, e.g. `openai`.
    pub provider: Arc<str>,
    /// Model id of the table, e.g. `gpt-4o-mini`.
    pub model: Arc<str>,
    /// How the call's names led to the row: `exact`, `pattern`, `without vendor prefix`, ...
    pub how: Cow<'static, str>,
    /// Table and version, e.g. `genai-prices 0.0.47`, or `prices.toml 1f3a90c2` with the hash of the file.
    pub source: Arc<str>,
    /// From when on the row holds (`2025-08-01`), if the table says.
    pub effective_from: Option<Arc<str>>,
    /// The service tier the call told, unless it is the standard one.
    pub tier: Option<ServiceTier>,
    /// Whether the row has prices of that tier; else the standard ones were taken.
    pub tier_priced: bool,
    /// The number of input tokens above which the prices taken hold, when the prompt was that long.
    pub above: Option<u64>,
    /// The provider that was asked, when it passes on the prices of `provider`.
    pub sold_by: Option<Arc<str>>,
}

/// Where the amount that counts comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CostBasis {
    /// Our own sum over token buckets.
    Computed(PriceMatch),
    /// The client's figure, because we have no price or the config prefers it.
    Reported,
    /// The time it took on a machine at home, by a rule of `[[local]]`.
    Local(Box<LocalCost>),
    /// There is no amount, and this is why: `unknown model "x" of provider "y"`, `no token counts`, ...
    Unknown(String),
}

impl CostBasis {
    /// What it is called, and why there is no amount when there is none.
    pub fn told(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Computed(_) => ("computed", None),
            Self::Reported => ("reported", None),
            Self::Local(local) => match local.state.reason() {
                Some(reason) => ("unknown", Some(reason)),
                None => ("local", None),
            },
            Self::Unknown(reason) => ("unknown", Some(reason)),
        }
    }
}

/// What a call cost and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// `None` when the basis is [`CostBasis::Unknown`], or [`CostBasis::Local`] without a bill; never a silent 0.
    pub amount: Option<NanoUsd>,
    pub basis: CostBasis,
    /// What the client itself said, whether it counts or not.
    pub reported: Option<NanoUsd>,
    /// Our own derivation, where there is a price by token. It does not add up to the amount when the client's counts.
    pub buckets: Vec<BucketCost>,
}

impl Cost {
    /// Our own figure, whether it counts or not; `None` when we have no price.
    pub fn computed(&self) -> Option<NanoUsd> {
        if matches!(self.basis, CostBasis::Computed(_) | CostBasis::Local(_)) {
            return self.amount;
        }
        let sum = || self.buckets.iter().fold(0, |sum: i64, line| sum.saturating_add(line.amount.0));
        (!self.buckets.is_empty()).then(|| NanoUsd(sum()))
    }

    /// What cached tokens would have cost as plain input of the same call, less what they did: negative when writing to
    /// the cache cost more than reading from it has saved. `None` where nothing was cached or no price is known.
    pub fn saved(&self) -> Option<NanoUsd> {
        let input = self.buckets.iter().find(|line| line.bucket == Bucket::Input)?.price;
        let cached = [Bucket::CacheRead, Bucket::CacheWrite5m, Bucket::CacheWrite1h];
        let lines = self.buckets.iter().filter(|line| cached.contains(&line.bucket));
        lines
            .map(|line| input.of_million(line.units).0.saturating_sub(line.amount.0))
            .reduce(i64::saturating_add)
            .map(NanoUsd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_all_nine_digits() {
        assert_eq!(NanoUsd(1_270_000_001).to_string(), "1.270000001");
        assert_eq!(NanoUsd(-5).to_string(), "-0.000000005");
        assert_eq!(NanoUsd::from_usd(0.0042), Some(NanoUsd(4_200_000)));
        assert_eq!(NanoUsd::from_usd(f64::NAN), None);
    }

    #[test]
    fn caching_saves_what_the_tokens_would_have_cost_as_plain_input() {
        let line = |bucket, units, price: i64| BucketCost {
            bucket,
            units,
            price: NanoUsd(price),
            amount: NanoUsd(price).of_million(units),
        };
        let cost = |buckets| Cost { amount: None, basis: CostBasis::Reported, reported: None, buckets };
        let input = line(Bucket::Input, 10, 3_000_000_000);
        let read = line(Bucket::CacheRead, 1_000, 300_000_000);
        let written = line(Bucket::CacheWrite5m, 1_000, 3_750_000_000);
        assert_eq!(cost(vec![input, read]).saved(), Some(NanoUsd(2_700_000)));
        assert_eq!(cost(vec![input, read, written]).saved(), Some(NanoUsd(1_950_000)));
        assert_eq!(cost(vec![input, written]).saved(), Some(NanoUsd(-750_000)));
        assert_eq!(cost(vec![input]).saved(), None);
        assert_eq!(cost(vec![read]).saved(), None, "the price of plain input is not known");
        assert_eq!(cost(vec![input, read]).computed(), Some(NanoUsd(330_000)));
    }
}
