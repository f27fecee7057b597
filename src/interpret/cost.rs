//! Which amount a call gets: ours, the client's, or none with a reason. Never a silent 0.

use super::local::{self, Decision, Rules};
use super::normalise::outcome::ReportedCost;
use super::price::{self, Book, Priced, Sale};
use crate::config::CostPreference;
use crate::model::{BucketCost, Cost, CostBasis, NanoUsd, ServiceTier, TokenUsage, UnixNanos};

/// What the price depends on.
pub struct Asked<'a> {
    pub provider: Option<&'a str>,
    pub model: Option<&'a str>,
    pub server: Option<&'a str>,
    pub service: &'a str,
    pub usage: Option<&'a TokenUsage>,
    /// Searches of the web that the provider made for the call.
    pub searches: u64,
    pub tier: Option<ServiceTier>,
    pub time: UnixNanos,
    pub failed: bool,
}

pub fn decide(
    book: &Book,
    rules: &Rules,
    preference: CostPreference,
    asked: &Asked<'_>,
    reported: Option<ReportedCost>,
) -> Cost {
    let amount = reported.as_ref().map(|reported| reported.amount);
    // Emitters without a price for the model write 0; only one that is free of charge in so many words is believed.
    let credible =
        reported.filter(|reported| reported.amount.0 != 0 || reported.zero_is_meant).map(|reported| reported.amount);
    let ours = compute(book, rules, asked);
    match (ours, credible) {
        // Our own derivation stays beside it, so that the two can be compared.
        (Ok(ours), Some(credible)) if preference == CostPreference::Reported => {
            Cost { buckets: ours.buckets, ..told(credible) }
        }
        (Ok(ours), _) => Cost { amount: ours.amount, basis: ours.basis, reported: amount, buckets: ours.buckets },
        (Err(_), Some(credible)) => told(credible),
        (Err(reason), None) => {
            Cost { amount: None, basis: CostBasis::Unknown(reason), reported: amount, buckets: Vec::new() }
        }
    }
}

fn told(amount: NanoUsd) -> Cost {
    Cost { amount: Some(amount), basis: CostBasis::Reported, reported: Some(amount), buckets: Vec::new() }
}

/// Our own figure.
struct Ours {
    /// `None` while it waits for the other calls of its time.
    amount: Option<NanoUsd>,
    basis: CostBasis,
    buckets: Vec<BucketCost>,
}

impl From<Priced> for Ours {
    fn from(priced: Priced) -> Self {
        Self { amount: Some(priced.amount), basis: CostBasis::Computed(priced.row), buckets: priced.buckets }
    }
}

/// A rule for models at home decides before the price tables; without one a price of the user's own does.
fn compute(book: &Book, rules: &Rules, asked: &Asked<'_>) -> Result<Ours, String> {
    let Asked { provider, model, server, service, usage, .. } = *asked;
    let names = local::Asked { provider, model, server, service };
    match rules.decide(&names, usage) {
        Decision::Elsewhere => {}
        decision @ Decision::NoRule(_) => {
            let own = sale(asked).ok().and_then(|sale| price::own_cost(book, &sale));
            return own.map_or_else(|| at_home(decision, asked), |priced| Ok(priced.into()));
        }
        decision => return at_home(decision, asked),
    }
    let priced = sale(asked).and_then(|sale| price::cost(book, &sale));
    priced.map(Ours::from).or_else(|reason| match rules.decide_unsold(&names, usage) {
        Decision::Elsewhere => Err(reason),
        // Without a model or counts there is no price anywhere.
        Decision::NoRule(_) if usage.is_none() || model.is_none() => Err(reason),
        decision => at_home(decision, asked),
    })
}

fn at_home(decision: Decision, asked: &Asked<'_>) -> Result<Ours, String> {
    match decision {
        Decision::Tokens(row, buckets) => {
            let amount = buckets.iter().fold(0, |sum: i64, line| sum.saturating_add(line.amount.0));
            Ok(Ours { amount: Some(NanoUsd(amount)), basis: CostBasis::Computed(row), buckets })
        }
        Decision::Time(cost, buckets) => Ok(Ours { amount: None, basis: CostBasis::Local(Box::new(cost)), buckets }),
        Decision::NoRule(reason) => Err(reason),
        Decision::NoCounts | Decision::Elsewhere => Err(no_counts(asked)),
    }
}

fn sale<'a>(asked: &Asked<'a>) -> Result<Sale<'a>, String> {
    let usage = asked.usage.ok_or_else(|| no_counts(asked))?;
    let model = asked.model.ok_or("no model name")?;
    let Asked { provider, server, searches, tier, time, .. } = *asked;
    Ok(Sale { provider, model, server, usage, searches, tier, time })
}

fn no_counts(asked: &Asked<'_>) -> String {
    if asked.failed { "the call failed" } else { "no token counts" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<'a>(model: &'a str, usage: Option<&'a TokenUsage>, failed: bool) -> Asked<'a> {
        Asked {
            provider: Some("openai"),
            model: Some(model),
            server: None,
            service: "agent",
            usage,
            searches: 0,
            tier: None,
            time: UnixNanos(1_795_190_000_000_000_000),
            failed,
        }
    }

    fn reported(nanos: i64, zero_is_meant: bool) -> Option<ReportedCost> {
        Some(ReportedCost { amount: NanoUsd(nanos), zero_is_meant })
    }

    const USAGE: TokenUsage = TokenUsage {
        input: 1_000_000,
        cache_read: 0,
        cache_write_5m: 0,
        cache_write_1h: 0,
        output: 0,
        reasoning: 0,
        audio_input: 0,
        audio_output: 0,
        image_input: 0,
        image_output: 0,
    };

    #[test]
    fn the_preference_decides_between_two() {
        let table = Book::embedded();
        let asked = asked("gpt-4o-mini", Some(&USAGE), false);
        let ours = decide(&table, &Rules::default(), CostPreference::Computed, &asked, reported(7, false));
        assert_eq!((ours.amount, ours.reported), (Some(NanoUsd(150_000_000)), Some(NanoUsd(7))));
        let theirs = decide(&table, &Rules::default(), CostPreference::Reported, &asked, reported(7, false));
        assert_eq!((theirs.amount, &theirs.basis), (Some(NanoUsd(7)), &CostBasis::Reported));
        assert_eq!(theirs.buckets, ours.buckets);
        let zero = decide(&table, &Rules::default(), CostPreference::Reported, &asked, reported(0, false));
        assert_eq!(zero.amount, Some(NanoUsd(150_000_000)));
    }

    #[test]
    fn without_a_price_the_client_is_believed_or_nobody() {
        let table = Book::embedded();
        let asked = asked("home-made", Some(&USAGE), false);
        assert_eq!(
            decide(&table, &Rules::default(), CostPreference::Computed, &asked, reported(9, false)).basis,
            CostBasis::Reported
        );
        assert_eq!(
            decide(&table, &Rules::default(), CostPreference::Computed, &asked, reported(0, true)).amount,
            Some(NanoUsd(0))
        );
        let unknown = decide(&table, &Rules::default(), CostPreference::Computed, &asked, reported(0, false));
        assert_eq!(unknown.amount, None);
        assert_eq!(unknown.basis, CostBasis::Unknown(r#"unknown model "home-made" (provider "openai")"#.into()));
    }

    #[test]
    fn missing_counts_have_a_reason() {
        let table = Book::embedded();
        let basis = |failed| {
            decide(&table, &Rules::default(), CostPreference::Computed, &asked("gpt-4o", None, failed), None).basis
        };
        assert_eq!(basis(true), CostBasis::Unknown("the call failed".into()));
        assert_eq!(basis(false), CostBasis::Unknown("no token counts".into()));
    }
}
