//! Money: integer nano-dollars, and what a call cost with the reasons for it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::ServiceTier;

/// Billionths of a US dollar. An i64 holds nine billion dollars, and the cheapest published
/// token price (some 0.01 $ per million) is still ten units, so sums are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NanoUsd(pub i64);

impl NanoUsd {
    pub const PER_USD: i64 = 1_000_000_000;

    /// From a decimal number of dollars, rounded to the nearest nano-dollar; `None` for NaN, infinity and overflow.
    pub fn from_usd(usd: f64) -> Option<Self> {
        let nanos = (usd * Self::PER_USD as f64).round();
        (nanos.is_finite() && nanos.abs() < i64::MAX as f64).then_some(Self(nanos as i64))
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// There is no amount, and this is why: `unknown model "x" of provider "y"`, `no token counts`, ...
    Unknown(String),
}

/// What a call cost and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// `None` when the basis is [`CostBasis::Unknown`]; never a silent 0.
    pub amount: Option<NanoUsd>,
    pub basis: CostBasis,
    /// What the client itself said, whether it counts or not.
    pub reported: Option<NanoUsd>,
    /// Our own derivation; empty when we have no price. It does not add up to the amount when the client's counts.
    pub buckets: Vec<BucketCost>,
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
}
