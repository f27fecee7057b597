//! From tokens and a price row to an amount, bucket by bucket, in integers.

use super::matching::{Names, find};
use super::table::Table;
use crate::model::{Bucket, BucketCost, NanoUsd, PriceMatch, TokenUsage, UnixNanos};

/// What a call costs by the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    pub amount: NanoUsd,
    pub buckets: Vec<BucketCost>,
    pub row: PriceMatch,
}

/// Prices `usage` at the time the call began.
///
/// # Errors
/// The reason why there is no price, as it is shown to the user.
pub fn cost(
    table: &Table,
    provider: Option<&str>,
    model: &str,
    server: Option<&str>,
    usage: &TokenUsage,
    time: UnixNanos,
) -> Result<Priced, String> {
    let found = find(table, Names { provider, model, server })?;
    let sold = || format!("{:?} of {}", &*found.model.id, found.provider.id);
    let row = found.model.row_at(time).ok_or_else(|| format!("the price table has no prices for {}", sold()))?;
    let mut buckets = Vec::new();
    for (bucket, units) in quantities(usage) {
        let price = match row.price_of(bucket, usage) {
            Some(price) => price,
            None if bucket == Bucket::Request || units == 0 => continue,
            None => return Err(format!("the price table has no {} price for {}", bucket.as_str(), sold())),
        };
        let per = if bucket == Bucket::Request { 1 } else { 1_000_000 };
        buckets.push(BucketCost { bucket, units, price, amount: share(units, price, per) });
    }
    let amount = NanoUsd(buckets.iter().fold(0, |sum: i64, line| sum.saturating_add(line.amount.0)));
    let row = PriceMatch {
        provider: found.provider.id.to_string(),
        model: found.model.id.to_string(),
        how: found.how,
        source: table.name(),
        effective_from: row.from.as_deref().map(str::to_owned),
    };
    Ok(Priced { amount, buckets, row })
}

/// The buckets that hold something, and the request itself. Beside cached tokens stands what plain input costs, also
/// when there was none: what caching has saved is the difference.
fn quantities(usage: &TokenUsage) -> impl Iterator<Item = (Bucket, u64)> {
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
        (Bucket::Request, 1),
    ]
    .into_iter()
    .filter(|(bucket, units)| *units > 0 || (*bucket == Bucket::Input && usage.cache_read + usage.cache_write() > 0))
}

/// `units * price / per`, rounded half up. 128 bits: a million tokens times a dear price leaves 64.
fn share(units: u64, price: NanoUsd, per: i128) -> NanoUsd {
    let amount = (i128::from(units) * i128::from(price.0) + per / 2).div_euclid(per);
    NanoUsd(i64::try_from(amount).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
