//! `tracemeter prices list` and `show`.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::ConfigArgs;
use crate::clock::Clock;
use crate::config::price_name;
use crate::interpret::price::{Listed, ListedPrice, ListedRow};
use crate::model::{Bucket, NanoUsd, ServiceTier, UnixNanos};

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Words that provider or model hold, in any case
    words: Vec<String>,
    /// Only this provider
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Only prices of your own
    #[arg(long)]
    own: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Model, as a client names it
    model: String,
    /// Provider, as a client names it
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn list(args: &ListArgs) -> anyhow::Result<()> {
    let (_, prices) = super::open(&args.config)?;
    let (book, words) = (prices.book(), args.words.join(" ").to_lowercase());
    let now = Clock::system().now();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut found = 0;
    for model in book.listed(args.provider.as_deref(), &words) {
        if args.own && !model.source.starts_with(crate::prices::OWN) {
            continue;
        }
        found += 1;
        let present = present(&model, now).map_or_else(|| "no prices".to_owned(), prices_of);
        let name = format!("{}/{}", model.provider, model.model);
        let written = writeln!(out, "{name:<52} {present}  [{}]", model.source);
        match written {
            // Whoever reads (`head`) has enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            other => other.context("while writing")?,
        }
    }
    if found == 0 {
        bail!("no model fits: list more with fewer words, or set a price with `tracemeter prices set`");
    }
    Ok(())
}

pub(super) fn show(args: &ShowArgs) -> anyhow::Result<()> {
    let (_, prices) = super::open(&args.config)?;
    let now = Clock::system().now();
    let (model, how) = match prices.book().found(args.provider.as_deref(), &args.model, None, now) {
        Ok(found) => found,
        Err(reason) => bail!("{reason}: set a price with `tracemeter prices set {}`", args.model),
    };
    println!("{}/{}", model.provider, model.model);
    println!("  source      {}", model.source);
    println!("  found by    {how}");
    println!("  matches     {}", model.matched_by);
    for row in &model.rows {
        println!("  {}", described(row));
    }
    Ok(())
}

/// The standard row that holds now.
fn present(model: &Listed, now: UnixNanos) -> Option<&ListedRow> {
    let today = now.day().to_string();
    let standard = || model.rows.iter().filter(|row| row.tier.is_none());
    let begun = |row: &&ListedRow| row.between.is_none() && row.from.as_ref().is_none_or(|from| *from <= today);
    standard().rfind(begun).or_else(|| standard().next())
}

fn described(row: &ListedRow) -> String {
    let mut when = vec![row.from.as_ref().map_or_else(|| "always".to_owned(), |from| format!("from {from}"))];
    when.extend(row.between.clone());
    when.extend(row.tier.map(|tier: ServiceTier| format!("{} tier", tier.as_str())));
    let comment = row.comment.as_ref().map(|comment| format!("  # {comment}")).unwrap_or_default();
    format!("{:<24} {}{comment}", when.join(", "), prices_of(row))
}

fn prices_of(row: &ListedRow) -> String {
    row.prices.iter().map(one_price).collect::<Vec<_>>().join("  ")
}

fn one_price(price: &ListedPrice) -> String {
    let above = price.above.iter().map(|(tokens, amount)| format!(" (above {tokens}: {})", dollars(*amount)));
    format!("{} {}{}", price_name(price.bucket), dollars(price.price), above.collect::<String>())
}

/// Without needless zeros.
pub(super) fn dollars(amount: NanoUsd) -> String {
    let text = amount.to_string();
    format!("${}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// What a price is for.
pub(super) fn unit(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Request => "per request",
        Bucket::WebSearch => "per search",
        _ => "per million tokens",
    }
}
