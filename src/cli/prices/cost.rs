//! `tracemeter prices cost`: calls on standard input are priced as the server would, one JSON object a line.

use std::io::{BufRead as _, Write as _};

use anyhow::Context as _;
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::ConfigArgs;
use crate::interpret::price::{self, Book, Priced, Sale};
use crate::model::{NanoUsd, ServiceTier, TokenUsage, UnixNanos};

#[derive(Debug, Args)]
pub(super) struct CostArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    provider: Option<String>,
    model: String,
    /// RFC 3339.
    time: String,
    #[serde(default)]
    usage: Usage,
    #[serde(default)]
    web_searches: u64,
    service_tier: Option<String>,
}

/// Disjoint buckets.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Usage {
    input: u64,
    cache_read: u64,
    cache_write: u64,
    cache_write_1h: u64,
    output: u64,
    reasoning: u64,
    audio_input: u64,
    audio_output: u64,
    image_input: u64,
    image_output: u64,
}

pub(super) fn run(args: &CostArgs) -> anyhow::Result<()> {
    let (_, prices) = super::open(&args.config)?;
    let book = prices.book();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (number, line) in (1..).zip(std::io::stdin().lock().lines()) {
        let line = line.context("while reading standard input")?;
        if line.trim().is_empty() {
            continue;
        }
        let case: Case = serde_json::from_str(&line).with_context(|| format!("line {number}"))?;
        let answer = answer(&book, &case).with_context(|| format!("line {number}"))?;
        writeln!(out, "{answer}").context("while writing")?;
    }
    out.flush().context("while writing")
}

fn answer(book: &Book, case: &Case) -> anyhow::Result<Value> {
    let time: UnixNanos = case.time.parse().with_context(|| format!("time {:?} is not RFC 3339", case.time))?;
    let tier = match case.service_tier.as_deref() {
        Some(word) => Some(ServiceTier::from_name(word).with_context(|| format!("unknown service_tier {word:?}"))?),
        None => None,
    };
    let told = &case.usage;
    let usage = TokenUsage {
        input: told.input,
        cache_read: told.cache_read,
        cache_write_5m: told.cache_write,
        cache_write_1h: told.cache_write_1h,
        output: told.output,
        reasoning: told.reasoning,
        audio_input: told.audio_input,
        audio_output: told.audio_output,
        image_input: told.image_input,
        image_output: told.image_output,
    };
    let sale = Sale {
        provider: case.provider.as_deref(),
        model: &case.model,
        server: None,
        usage: &usage,
        searches: case.web_searches,
        tier,
        time,
    };
    Ok(match price::cost(book, &sale) {
        Ok(priced) => shown(&priced),
        Err(reason) => json!({"usd": null, "nano": null, "reason": reason}),
    })
}

fn shown(priced: &Priced) -> Value {
    let row = &priced.row;
    let line = |line: &crate::model::BucketCost| {
        let (bucket, NanoUsd(price), NanoUsd(amount)) = (line.bucket.as_str(), line.price, line.amount);
        json!({"bucket": bucket, "units": line.units, "price_nano": price, "amount_nano": amount})
    };
    json!({
        "usd": priced.amount.as_usd(),
        "nano": priced.amount.0,
        "reason": null,
        "source": &*row.source,
        "provider": &*row.provider,
        "model": &*row.model,
        "how": row.how,
        "sold_by": row.sold_by.as_deref(),
        "effective_from": row.effective_from.as_deref(),
        "tier": row.tier.map(ServiceTier::as_str),
        "tier_priced": row.tier_priced,
        "above_input_tokens": row.above,
        "buckets": priced.buckets.iter().map(line).collect::<Vec<_>>(),
    })
}
