//! The rules of `[[local]]`, made ready: which call a rule is for, and what it costs by token.

use super::place;
use super::tariff::Tariff;
use crate::config::{self, LocalRule};
use crate::interpret::address;
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Bucket, BucketCost, LocalCost, LocalState, NanoUsd, Pattern, PriceMatch, TokenUsage};

/// A year, for the life of a machine.
const DAYS_A_YEAR: f64 = 365.25;

/// Rules for models that run at home, in the order in which they are asked.
#[derive(Debug, Default)]
pub struct Rules(Box<[Rule]>);

#[derive(Debug)]
pub struct Rule {
    pub(super) name: String,
    pub(super) machine: String,
    provider: Box<[Pattern]>,
    host: Box<[Pattern]>,
    service: Box<[Pattern]>,
    model: Box<[Pattern]>,
    price: Option<TokenPrice>,
    pub(super) energy: Option<Energy>,
    pub(super) amortisation: Option<Amortisation>,
}

/// Of a million tokens.
#[derive(Debug, Clone, Copy)]
struct TokenPrice {
    input: NanoUsd,
    output: NanoUsd,
    cache_read: NanoUsd,
}

#[derive(Debug)]
pub(super) struct Energy {
    /// Where no reading is.
    pub(super) milliwatts: Option<u64>,
    /// Drawn anyway and not charged.
    pub(super) idle_milliwatts: u64,
    pub(super) tariff: Tariff,
}

/// What the machine cost, over its life in nanoseconds or in tokens.
#[derive(Debug, Clone, Copy)]
pub(super) enum Amortisation {
    Time { price: i128, life_ns: i128 },
    Tokens { price: i128, tokens: i128 },
}

/// What a call tells of who answered it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Canonical name, in lower case.
    pub provider: Option<&'a str>,
    pub model: Option<&'a str>,
    pub server: Option<&'a str>,
    pub service: &'a str,
}

/// What the rules say about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// No rule is for it, and nothing tells that it was answered at home.
    Elsewhere,
    /// It was answered at home and no rule is for it: why there is no amount.
    NoRule(String),
    /// By token. Without token counts there is no amount.
    Tokens(PriceMatch, Vec<BucketCost>),
    /// By the time it took, with what is charged by token beside it.
    Time(LocalCost, Vec<BucketCost>),
    /// Charged by token, and there are no counts.
    NoCounts,
}

impl Rules {
    /// From a configuration that was checked.
    pub fn new(rules: &[LocalRule]) -> Self {
        Self(rules.iter().map(Rule::new).collect())
    }

    pub(super) fn named(&self, name: &str) -> Option<&Rule> {
        self.0.iter().find(|rule| rule.name == name)
    }

    /// Whether any rule goes by time.
    pub fn go_by_time(&self) -> bool {
        self.0.iter().any(Rule::goes_by_time)
    }

    /// What is known about the cost of a call from itself.
    pub fn decide(&self, asked: &Asked<'_>, usage: Option<&TokenUsage>) -> Decision {
        self.decide_for(asked, usage, place::is_home(asked.provider, asked.model, asked.server))
    }

    /// The same for a call that the price table does not know: on a private address it was answered there.
    pub fn decide_unsold(&self, asked: &Asked<'_>, usage: Option<&TokenUsage>) -> Decision {
        self.decide_for(asked, usage, asked.server.is_some_and(address::is_private))
    }

    fn decide_for(&self, asked: &Asked<'_>, usage: Option<&TokenUsage>, at_home: bool) -> Decision {
        let Some(rule) = self.find(asked, at_home) else {
            return if at_home { Decision::NoRule(no_rule(asked)) } else { Decision::Elsewhere };
        };
        let by_token = match (&rule.price, rule.by_token(), usage) {
            (None, None, _) => Vec::new(),
            (_, _, None) => return Decision::NoCounts,
            (price, share, Some(usage)) => lines(price.as_ref(), share, usage),
        };
        if rule.goes_by_time() {
            let cost = LocalCost { rule: rule.name.clone(), machine: rule.machine.clone(), state: LocalState::Pending };
            return Decision::Time(cost, by_token);
        }
        let row = PriceMatch {
            provider: "local".into(),
            model: asked.model.unwrap_or("*").into(),
            how: format!("rule {:?}", rule.name).into(),
            source: "[[local]] of the configuration".into(),
            ..PriceMatch::default()
        };
        Decision::Tokens(row, by_token)
    }

    fn find(&self, asked: &Asked<'_>, at_home: bool) -> Option<&Rule> {
        if self.0.is_empty() {
            return None;
        }
        let authority = asked.server.map(address::authority);
        self.0.iter().find(|rule| {
            let says_where = !(rule.provider.is_empty() && rule.host.is_empty() && rule.service.is_empty());
            (says_where || at_home)
                && any(&rule.provider, asked.provider)
                && (any(&rule.host, authority) || any(&rule.host, authority.map(address::host)))
                && any(&rule.service, Some(asked.service))
                && any(&rule.model, asked.model)
        })
    }
}

fn no_rule(asked: &Asked<'_>) -> String {
    let place = asked.server.map(address::authority).or(asked.provider).unwrap_or("home");
    let model = asked.model.map_or_else(|| "a call without a model".to_owned(), |model| format!("model {model:?}"));
    format!("runs locally at {place}; no [[local]] rule for {model}")
}

fn any(patterns: &[Pattern], name: Option<&str>) -> bool {
    patterns.is_empty() || name.is_some_and(|name| patterns.iter().any(|pattern| pattern.fits(name)))
}

impl Rule {
    fn new(rule: &LocalRule) -> Self {
        let patterns = |texts: &[String]| texts.iter().map(|text| Pattern::new(text)).collect();
        let usd = |usd: f64| NanoUsd::from_usd(usd).unwrap_or_default();
        Self {
            name: rule.name.clone(),
            machine: rule.machine().to_owned(),
            provider: patterns(&rule.provider),
            host: patterns(&rule.host),
            service: patterns(&rule.service),
            model: patterns(&rule.model),
            price: rule.price.map(|price| TokenPrice {
                input: usd(price.input),
                output: usd(price.output),
                cache_read: usd(price.cache_read.unwrap_or(price.input)),
            }),
            energy: rule.energy.as_ref().map(Energy::new),
            amortisation: rule.amortisation.as_ref().and_then(Amortisation::new),
        }
    }

    pub(super) fn goes_by_time(&self) -> bool {
        self.energy.is_some() || matches!(self.amortisation, Some(Amortisation::Time { .. }))
    }

    /// Nano-dollars that every million tokens pays back of the machine.
    fn by_token(&self) -> Option<NanoUsd> {
        match self.amortisation {
            Some(Amortisation::Tokens { price, tokens }) => {
                Some(NanoUsd(i64::try_from(price.saturating_mul(1_000_000) / tokens).unwrap_or(i64::MAX)))
            }
            _ => None,
        }
    }
}

impl Energy {
    fn new(energy: &config::EnergyRule) -> Self {
        let milli = |watts: f64| (watts * 1000.0).round().max(0.0) as u64;
        Self {
            milliwatts: energy.watts.map(milli),
            idle_milliwatts: milli(energy.idle_watts * (1.0 - energy.idle_share)),
            tariff: Tariff::new(&energy.tariff, &energy.zone),
        }
    }
}

impl Amortisation {
    fn new(amortisation: &config::Amortisation) -> Option<Self> {
        let price = i128::from(NanoUsd::from_usd(amortisation.price)?.0);
        match (amortisation.years, amortisation.hours_per_day, amortisation.tokens) {
            (Some(years), Some(hours), _) => {
                let seconds = (years * DAYS_A_YEAR * hours * 3600.0).round() as i128;
                Some(Self::Time { price, life_ns: seconds.max(1) * i128::from(NANOS_PER_SECOND) })
            }
            (_, _, Some(tokens)) => Some(Self::Tokens { price, tokens: i128::from(tokens.max(1)) }),
            _ => None,
        }
    }
}

/// What `usage` costs by token: the price of its kind, and the part that pays back the machine.
fn lines(price: Option<&TokenPrice>, share: Option<NanoUsd>, usage: &TokenUsage) -> Vec<BucketCost> {
    let (input, output, cache_read) =
        price.map_or((NanoUsd(0), NanoUsd(0), NanoUsd(0)), |price| (price.input, price.output, price.cache_read));
    let buckets = [
        (Bucket::Input, usage.input, input),
        (Bucket::CacheRead, usage.cache_read, cache_read),
        (Bucket::CacheWrite5m, usage.cache_write_5m, input),
        (Bucket::CacheWrite1h, usage.cache_write_1h, input),
        (Bucket::Output, usage.output, output),
        (Bucket::Reasoning, usage.reasoning, output),
        (Bucket::AudioInput, usage.audio_input, input),
        (Bucket::AudioOutput, usage.audio_output, output),
        (Bucket::ImageInput, usage.image_input, input),
        (Bucket::ImageOutput, usage.image_output, output),
    ];
    let line = |(bucket, units, price): (Bucket, u64, NanoUsd)| {
        let price = NanoUsd(price.0.saturating_add(share.unwrap_or_default().0));
        // Rounded half up, as prices of the table are.
        let amount = (i128::from(units) * i128::from(price.0) + 500_000).div_euclid(1_000_000);
        BucketCost { bucket, units, price, amount: NanoUsd(i64::try_from(amount).unwrap_or(i64::MAX)) }
    };
    buckets.into_iter().filter(|(_, units, _)| *units > 0).map(line).collect()
}
