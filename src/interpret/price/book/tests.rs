use super::*;
use crate::interpret::price::{Sale, cost};
use crate::model::{NanoUsd, ServiceTier, TokenUsage};

const OWN: &str = r#"
[[price]]
provider = "Azure.AI.OpenAI"
model = "gpt-4o"
from = "2026-11-01"
input = 2
output = 8

[[price]]
model = "llama-*"
input = 0
output = 0

[[price]]
provider = "openai"
model = "gpt-4o-mini"
from = "2026-01-01"
currency = "EUR"
usd_per_unit = 1.1
input = 1
above = [{ tokens = 1000, input = 3 }]

[[price]]
provider = "openai"
model = "gpt-4o-mini"
from = "2026-06-01"
input = 2

[[price]]
provider = "openai"
model = "gpt-4o-mini"
tier = "batch"
input = 0.5
"#;

fn book() -> Book {
    Book::new(None, &PricesFile::parse(OWN).expect("valid"), "0a1b2c3d")
}

/// Source and amount of a call with so many input tokens.
fn charged(provider: Option<&str>, model: &str, day: &str, tier: Option<ServiceTier>, input: u64) -> (String, i64) {
    let usage = TokenUsage { input, ..Default::default() };
    let time = format!("{day}T12:00:00Z").parse().expect("a time");
    let sale = Sale { provider, model, server: None, usage: &usage, searches: 0, tier, time };
    let priced = cost(&book(), &sale).expect("has a price");
    (priced.row.source.split(' ').next().expect("a name").to_owned(), priced.amount.0)
}

#[test]
fn own_prices_go_before_the_tables_from_their_day_on() {
    let azure = |day| charged(Some("azure.ai.openai"), "gpt-4o-2024-08-06", day, None, 1_000_000);
    assert_eq!(azure("2026-10-31"), ("genai-prices".into(), 2_500_000_000));
    assert_eq!(azure("2026-11-01"), ("prices.toml".into(), 2_000_000_000));
    assert_eq!(charged(Some("openai"), "gpt-4o", "2026-11-01", None, 1).0, "genai-prices", "another seller");
}

#[test]
fn rows_of_one_model_follow_each_other() {
    let mini = |day, input| charged(Some("openai"), "gpt-4o-mini", day, None, input);
    assert_eq!(mini("2025-12-31", 1000).0, "genai-prices");
    assert_eq!(mini("2026-01-01", 1000), ("prices.toml".into(), 1_100_000));
    assert_eq!(mini("2026-01-01", 1001), ("prices.toml".into(), 3_303_300));
    assert_eq!(mini("2026-06-01", 1001), ("prices.toml".into(), 2_002_000));
    let batch = charged(Some("openai"), "gpt-4o-mini", "2025-01-01", Some(ServiceTier::Batch), 1000);
    assert_eq!(batch, ("prices.toml".into(), 500_000));
}

#[test]
fn a_free_model_costs_nothing_because_it_was_said() {
    for provider in [None, Some("ollama"), Some("my-gateway")] {
        assert_eq!(charged(provider, "Llama-9-Huge", "2026-01-01", None, 1000), ("prices.toml".into(), 0));
    }
    let (listed, how) = book()
        .found(Some("ollama"), "llama-9", None, "2026-01-01T00:00:00Z".parse().expect("a time"))
        .expect("is there");
    assert_eq!((listed.provider.as_str(), listed.matched_by.as_str()), ("*", "begins with llama-"));
    assert_eq!(how, "pattern of the price table");
}

#[test]
fn the_version_names_every_part() {
    let version = book().version();
    let parts: Vec<&str> = version.split(" + ").collect();
    assert_eq!(parts[0], "prices.toml 0a1b2c3d");
    assert!(parts[1].starts_with("genai-prices ") && parts[2].starts_with("litellm "), "{version}");
    assert_eq!(Book::embedded().version().split(" + ").count(), 2);
}

#[test]
fn prices_are_listed_as_they_hold() {
    let time = "2026-07-01T00:00:00Z".parse().expect("a time");
    let prices = book().prices(Some("openai"), "gpt-4o-mini", None, time).expect("is there");
    assert_eq!(
        prices.iter().map(|price| (price.bucket, price.price)).collect::<Vec<_>>(),
        [(Bucket::Input, NanoUsd(2_000_000_000))]
    );
    let book = book();
    let listed: Vec<_> = book.listed(Some("openai"), "4o mini").collect();
    assert_eq!(listed[0].source, "prices.toml 0a1b2c3d");
    assert_eq!(listed[0].rows.len(), 3);
    assert!(listed.iter().any(|model| model.source.starts_with("genai-prices") && model.model == "gpt-4o-mini"));
}
