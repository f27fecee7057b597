//! Which amount a call gets: ours, the client's, or none with a reason. Never a silent 0.

use super::normalise::outcome::ReportedCost;
use super::price::{self, Book, Priced, Sale};
use crate::config::CostPreference;
use crate::model::{Cost, CostBasis, ServiceTier, TokenUsage, UnixNanos};

/// What the price depends on.
pub struct Asked<'a> {
    pub provider: Option<&'a str>,
    pub model: Option<&'a str>,
    pub server: Option<&'a str>,
    pub usage: Option<&'a TokenUsage>,
    /// Searches of the web that the provider made for the call.
    pub searches: u64,
    pub tier: Option<ServiceTier>,
    pub time: UnixNanos,
    pub failed: bool,
}

pub fn decide(book: &Book, preference: CostPreference, asked: &Asked<'_>, reported: Option<ReportedCost>) -> Cost {
    let amount = reported.as_ref().map(|reported| reported.amount);
    // Emitters without a price for the model write 0; only one that is free of charge in so many words is believed.
    let credible =
        reported.filter(|reported| reported.amount.0 != 0 || reported.zero_is_meant).map(|reported| reported.amount);
    let computed = compute(book, asked);
    match (computed, credible) {
        // Our own derivation stays beside it, so that the two can be compared.
        (Ok(priced), Some(credible)) if preference == CostPreference::Reported => {
            Cost { buckets: priced.buckets, ..told(credible) }
        }
        (Ok(priced), _) => Cost {
            amount: Some(priced.amount),
            basis: CostBasis::Computed(priced.row),
            reported: amount,
            buckets: priced.buckets,
        },
        (Err(_), Some(credible)) => told(credible),
        (Err(reason), None) => {
            Cost { amount: None, basis: CostBasis::Unknown(reason), reported: amount, buckets: Vec::new() }
        }
    }
}

fn told(amount: crate::model::NanoUsd) -> Cost {
    Cost { amount: Some(amount), basis: CostBasis::Reported, reported: Some(amount), buckets: Vec::new() }
}

fn compute(book: &Book, asked: &Asked<'_>) -> Result<Priced, String> {
    let Some(usage) = asked.usage else {
        return Err(if asked.failed { "the call failed" } else { "no token counts" }.to_owned());
    };
    let model = asked.model.ok_or("no model name")?;
    let Asked { provider, server, searches, tier, time, .. } = *asked;
    price::cost(book, &Sale { provider, model, server, usage, searches, tier, time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NanoUsd;

    fn asked<'a>(model: &'a str, usage: Option<&'a TokenUsage>, failed: bool) -> Asked<'a> {
        Asked {
            provider: Some("openai"),
            model: Some(model),
            server: None,
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
    };

    #[test]
    fn the_preference_decides_between_two() {
        let table = Book::embedded();
        let asked = asked("gpt-4o-mini", Some(&USAGE), false);
        let ours = decide(&table, CostPreference::Computed, &asked, reported(7, false));
        assert_eq!((ours.amount, ours.reported), (Some(NanoUsd(150_000_000)), Some(NanoUsd(7))));
        let theirs = decide(&table, CostPreference::Reported, &asked, reported(7, false));
        assert_eq!((theirs.amount, &theirs.basis), (Some(NanoUsd(7)), &CostBasis::Reported));
        assert_eq!(theirs.buckets, ours.buckets);
        let zero = decide(&table, CostPreference::Reported, &asked, reported(0, false));
        assert_eq!(zero.amount, Some(NanoUsd(150_000_000)));
    }

    #[test]
    fn without_a_price_the_client_is_believed_or_nobody() {
        let table = Book::embedded();
        let asked = asked("home-made", Some(&USAGE), false);
        assert_eq!(decide(&table, CostPreference::Computed, &asked, reported(9, false)).basis, CostBasis::Reported);
        assert_eq!(decide(&table, CostPreference::Computed, &asked, reported(0, true)).amount, Some(NanoUsd(0)));
        let unknown = decide(&table, CostPreference::Computed, &asked, reported(0, false));
        assert_eq!(unknown.amount, None);
        assert_eq!(unknown.basis, CostBasis::Unknown(r#"unknown model "home-made" (provider "openai")"#.into()));
    }

    #[test]
    fn missing_counts_have_a_reason() {
        let table = Book::embedded();
        let basis = |failed| decide(&table, CostPreference::Computed, &asked("gpt-4o", None, failed), None).basis;
        assert_eq!(basis(true), CostBasis::Unknown("the call failed".into()));
        assert_eq!(basis(false), CostBasis::Unknown("no token counts".into()));
    }
}
