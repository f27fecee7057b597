//! `tracemeter prices set`, `remove` and `import`: changes of `prices.toml`.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;

use super::show::{dollars, unit};
use crate::cli::ConfigArgs;
use crate::clock::Clock;
use crate::config::{PriceEntry, PricesFile, price_name};
use crate::interpret::price::ListedPrice;
use crate::model::{Bucket, Day, ServiceTier, UnixNanos};
use crate::prices::Prices;

/// Which calls a price is for.
#[derive(Debug, Args)]
struct Whose {
    /// Model, as a client names it; `*` at the end or the beginning stands for anything
    model: String,
    /// Provider that sells it; left out: whoever
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// First day (UTC) on which the price holds; left out: always
    #[arg(long, value_name = "DATE")]
    from: Option<Day>,
    /// Only for this service tier: batch, flex, priority or fast
    #[arg(long, value_name = "TIER")]
    tier: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    #[command(flatten)]
    whose: Whose,
    /// Per million input tokens
    #[arg(long)]
    input: Option<f64>,
    /// Per million output tokens
    #[arg(long)]
    output: Option<f64>,
    /// Per million tokens read from a cache
    #[arg(long)]
    cache_read: Option<f64>,
    /// Per million tokens written to a cache for five minutes
    #[arg(long)]
    cache_write: Option<f64>,
    /// Per million tokens written to a cache for an hour
    #[arg(long)]
    cache_write_1h: Option<f64>,
    /// Per million reasoning tokens; left out: as output
    #[arg(long)]
    reasoning: Option<f64>,
    /// Per request
    #[arg(long)]
    request: Option<f64>,
    /// Per search of the web
    #[arg(long)]
    web_search: Option<f64>,
    /// The model costs nothing
    #[arg(long, conflicts_with_all = ["input", "output"])]
    free: bool,
    /// Currency of the prices, such as EUR; left out: USD
    #[arg(long, value_name = "CODE", requires = "usd_per_unit")]
    currency: Option<String>,
    /// How many US dollars one unit of that currency is
    #[arg(long, value_name = "RATE")]
    usd_per_unit: Option<f64>,
    /// Kept beside the price
    #[arg(long)]
    comment: Option<String>,
    /// Do not take over prices that are not named from the present row
    #[arg(long)]
    only: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// File written like prices.toml
    file: PathBuf,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn set(args: &SetArgs) -> anyhow::Result<()> {
    let (_, prices) = super::open(&args.config)?;
    let mut entry = args.whose.entry()?;
    entry.comment.clone_from(&args.comment);
    entry.currency = args.currency.clone().unwrap_or_else(|| "USD".to_owned());
    entry.usd_per_unit = args.usd_per_unit.unwrap_or(1.0);
    entry.amounts = args.amounts();
    if entry.amounts.is_empty() {
        bail!("say what it costs: at least --input and --output (US dollars per million tokens), or --free");
    }
    let taken = if args.only || args.free { Vec::new() } else { complete(&mut entry, &prices) };
    // What the file's reader would refuse must not get into it.
    PricesFile::parse(&entry.to_string()).map_err(|fault| anyhow::anyhow!("{}", fault.message))?;
    prices.set(&entry)?;
    println!("{}", prices.path(crate::prices::OWN).display());
    print!("{entry}");
    for price in taken {
        println!("# taken over: {} {} {}", price_name(price.bucket), dollars(price.price), unit(price.bucket));
    }
    println!("New calls are priced by it; `tracemeter reindex --prices` prices the old ones again.");
    Ok(())
}

/// Adds the prices of the present row that the entry does not name, and answers which. Only into dollars, and only
/// where they hold for every length of prompt: tiers of another price list do not fit new prices.
fn complete(entry: &mut PriceEntry, prices: &Prices) -> Vec<ListedPrice> {
    if entry.currency != "USD" || entry.model.contains('*') {
        return Vec::new();
    }
    let at = entry.from.map_or_else(|| Clock::system().now(), Day::start);
    let present = present(entry, prices, at);
    let new = |price: &ListedPrice| !entry.amounts.iter().any(|(bucket, _)| *bucket == price.bucket);
    let taken: Vec<ListedPrice> = present.into_iter().filter(new).collect();
    for price in &taken {
        entry.amounts.push((price.bucket, price.price.as_usd()));
        for (tokens, amount) in &price.above {
            let step = (price.bucket, amount.as_usd());
            match entry.above.iter_mut().find(|(known, _)| known == tokens) {
                Some((_, amounts)) => amounts.push(step),
                None => entry.above.push((*tokens, vec![step])),
            }
        }
    }
    entry.above.sort_by_key(|(tokens, _)| *tokens);
    taken
}

fn present(entry: &PriceEntry, prices: &Prices, at: UnixNanos) -> Vec<ListedPrice> {
    prices.book().prices(entry.provider.as_deref(), &entry.model, entry.tier, at).unwrap_or_default()
}

impl Whose {
    fn entry(&self) -> anyhow::Result<PriceEntry> {
        let tier = match self.tier.as_deref() {
            Some(word) => Some(ServiceTier::from_name(word).with_context(|| format!("unknown --tier {word:?}"))?),
            None => None,
        };
        Ok(PriceEntry {
            provider: self.provider.clone(),
            model: self.model.clone(),
            from: self.from,
            tier,
            comment: None,
            currency: "USD".to_owned(),
            usd_per_unit: 1.0,
            amounts: Vec::new(),
            above: Vec::new(),
        })
    }
}

impl SetArgs {
    fn amounts(&self) -> Vec<(Bucket, f64)> {
        let free = self.free.then_some(0.0);
        let told = [
            (Bucket::Input, self.input.or(free)),
            (Bucket::Output, self.output.or(free)),
            (Bucket::CacheRead, self.cache_read),
            (Bucket::CacheWrite5m, self.cache_write),
            (Bucket::CacheWrite1h, self.cache_write_1h),
            (Bucket::Reasoning, self.reasoning),
            (Bucket::Request, self.request),
            (Bucket::WebSearch, self.web_search),
        ];
        told.into_iter().filter_map(|(bucket, amount)| Some((bucket, amount?))).collect()
    }
}

pub(super) fn remove(args: &RemoveArgs) -> anyhow::Result<()> {
    let (_, prices) = super::open(&args.config)?;
    prices.remove(&args.whose.entry()?)?;
    println!("removed from {}", prices.path(crate::prices::OWN).display());
    Ok(())
}

pub(super) fn import(args: &ImportArgs) -> anyhow::Result<()> {
    let (_, prices) = super::open(&args.config)?;
    let count = prices.import(&args.file)?;
    println!("{count} prices of {} are in {}", args.file.display(), prices.path(crate::prices::OWN).display());
    Ok(())
}
