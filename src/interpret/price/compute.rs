//! From tokens and prices to an amount, bucket by bucket, in integers.
//!
//! Nothing is allocated but the result: its lines, and the reason where there is no price.

use std::borrow::Cow;
use std::sync::Arc;

use super::book::Book;
use super::matching::{Found, Names, find, find_own};
use crate::model::{Bucket, BucketCost, NanoUsd, PriceMatch, ServiceTier, TokenUsage, UnixNanos};

/// What was bought.
#[derive(Debug, Clone, Copy)]
pub struct Sale<'a> {
    /// Canonical provider name.
    pub provider: Option<&'a str>,
    pub model: &'a str,
    /// Host that was asked, where the client tells it.
    pub server: Option<&'a str>,
    pub usage: &'a TokenUsage,
    /// Searches of the web that the provider made for the call.
    pub searches: u64,
    pub tier: Option<ServiceTier>,
    /// When the call began.
    pub time: UnixNanos,
}

/// What a call costs by the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    pub amount: NanoUsd,
    pub buckets: Vec<BucketCost>,
    pub row: PriceMatch,
}

/// Prices a sale at the time the call began.
///
/// # Errors
/// The reason why there is no price, as it is shown to the user.
pub fn cost(book: &Book, sale: &Sale<'_>) -> Result<Priced, String> {
    let Sale { provider, model, server, tier, time, .. } = *sale;
    // The standard tier is what every row is about.
    let tier = tier.filter(|tier| *tier != ServiceTier::Standard);
    let found = find(book, Names { provider, model, server, tier, time })?;
    charge(&found, sale, tier)
}

/// The same by the user's own prices alone.
pub fn own_cost(book: &Book, sale: &Sale<'_>) -> Option<Priced> {
    let Sale { provider, model, server, tier, time, .. } = *sale;
    let tier = tier.filter(|tier| *tier != ServiceTier::Standard);
    let found = find_own(book, Names { provider, model, server, tier, time })?;
    charge(&found, sale, tier).ok()
}

fn charge(found: &Found<'_>, sale: &Sale<'_>, tier: Option<ServiceTier>) -> Result<Priced, String> {
    let sold = || format!("{:?} of {}", &*found.model.id, found.provider.id);
    let prices = found.prices.ok_or_else(|| format!("the price table has no prices for {}", sold()))?;
    let input_total = sale.usage.input_total();
    // Without a price there is no flat charge, and nothing to say of what was not used.
    let charged = |(bucket, units): &(Bucket, u64)| {
        (*bucket != Bucket::Request && *units > 0) || prices.price_of(*bucket).is_some()
    };
    let lines = quantities(sale).filter(charged);
    let mut buckets = Vec::with_capacity(lines.clone().count());
    let (mut sum, mut above) = (Sum::default(), None);
    for (bucket, units) in lines {
        let Some(price) = prices.price_of(bucket) else {
            return Err(format!("the price table has no {} price for {}", bucket.as_str(), sold()));
        };
        let (price, step) = price.at(input_total);
        above = above.max(step);
        buckets.push(BucketCost { bucket, units, price, amount: sum.add(units, price, bucket.per()) });
    }
    let row = PriceMatch {
        provider: Arc::clone(&found.provider.id),
        model: Arc::clone(&found.model.id),
        how: Cow::Borrowed(found.how),
        source: found.table.name(),
        effective_from: prices.from().map(|from| Arc::clone(&from.text)),
        tier,
        tier_priced: prices.has_tier(),
        above,
        sold_by: found.sold_by.map(Arc::clone),
    };
    Ok(Priced { amount: sum.rounded(), buckets, row })
}

/// The buckets that hold something, and the request itself. Beside cached tokens stands what plain input costs, also
/// when there was none: what caching has saved is the difference.
fn quantities(sale: &Sale<'_>) -> impl Iterator<Item = (Bucket, u64)> + Clone {
    let usage = sale.usage;
    [
        (Bucket::Input, usage.input),
        (Bucket::CacheRead, usage.cache_read),
        (Bucket::CacheWrite5m, usage.cache_write_5m),
        (Bucket::CacheWrite1h, usage.cache_write_1h),
        (Bucket::Output, usage.output),
        (Bucket::Reasoning, usage.reasoning),
        (Bucket::AudioInput, usage.audio_input),
        (Bucket::AudioOutput, usage.audio_output),
        (Bucket::ImageInput, usage.image_input),
        (Bucket::ImageOutput, usage.image_output),
        (Bucket::Request, 1),
        (Bucket::WebSearch, sale.searches),
    ]
    .into_iter()
    .filter(|(bucket, units)| *units > 0 || (*bucket == Bucket::Input && usage.cache_read + usage.cache_write() > 0))
}

/// An exact sum in millionths of a nano-dollar. 128 bits: a million tokens times a dear price leaves 64.
#[derive(Debug, Default)]
struct Sum(i128);

impl Sum {
    /// By how much the rounded sum grows: lines made so add up to the rounded total, and each is less than a
    /// nano-dollar off its own exact amount.
    fn add(&mut self, units: u64, price: NanoUsd, per: u32) -> NanoUsd {
        let before = self.rounded();
        self.0 += i128::from(units) * i128::from(price.0) * (1_000_000 / i128::from(per));
        NanoUsd(self.rounded().0.saturating_sub(before.0))
    }

    /// Half up.
    fn rounded(&self) -> NanoUsd {
        NanoUsd(i64::try_from((self.0 + 500_000).div_euclid(1_000_000)).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests;
