use proptest::prelude::*;

use super::*;

fn noon() -> UnixNanos {
    "2026-11-20T12:00:00Z".parse().expect("a time")
}

fn sale<'a>(provider: &'a str, model: &'a str, usage: &'a TokenUsage) -> Sale<'a> {
    Sale { provider: Some(provider), model, server: None, usage, searches: 0, tier: None, time: noon() }
}

/// By hand, with prices per million of $0.15, $0.075 cached and $0.60:
/// 400 x 0.15 + 800 x 0.075 + 345 x 0.60 = 60 + 60 + 207 = 327 micro-dollars.
#[test]
fn gpt_4o_mini_by_hand() {
    let usage = TokenUsage { input: 400, cache_read: 800, output: 217, reasoning: 128, ..Default::default() };
    let priced = cost(&Book::embedded(), &sale("openai", "gpt-4o-mini-2024-07-18", &usage)).expect("has a price");
    assert_eq!(priced.amount, NanoUsd(327_000));
    let lines: Vec<_> = priced.buckets.iter().map(|line| (line.bucket, line.amount.0)).collect();
    assert_eq!(
        lines,
        [(Bucket::Input, 60_000), (Bucket::CacheRead, 60_000), (Bucket::Output, 130_200), (Bucket::Reasoning, 76_800)]
    );
    assert_eq!(priced.row.how, "exact");
    assert!(priced.row.source.starts_with("genai-prices "), "{}", priced.row.source);
}

/// 300 x 3 + 900 x 0.30 + 210 x 3.75 + 222 x 15 = 5287.5 micro-dollars.
#[test]
fn claude_with_cache_by_hand() {
    let usage = TokenUsage { input: 300, cache_read: 900, cache_write_5m: 210, output: 222, ..Default::default() };
    let priced = cost(&Book::embedded(), &sale("anthropic", "claude-sonnet-4-5", &usage)).expect("has a price");
    assert_eq!(priced.amount, NanoUsd(5_287_500));
}

/// By hand, with prices per million of $0.30, $2.50 for text and $30 for images:
/// 278 x 0.30 + 10 x 2.50 + 1290 x 30 = 83.4 + 25 + 38,700 micro-dollars.
#[test]
fn an_image_that_was_made_by_hand() {
    let usage = TokenUsage { input: 20, image_input: 258, output: 10, image_output: 1290, ..Default::default() };
    let priced = cost(&Book::embedded(), &sale("google", "gemini-2.5-flash-image", &usage)).expect("has a price");
    assert_eq!(priced.amount, NanoUsd(38_808_400));
    let lines: Vec<_> = priced.buckets.iter().map(|line| (line.bucket, line.units, line.price.0)).collect();
    let image = (Bucket::ImageOutput, 1290, 30_000_000_000);
    assert_eq!(lines[1..], [(Bucket::Output, 10, 2_500_000_000), (Bucket::ImageInput, 258, 300_000_000), image]);
    // Where a model has one price for all that it makes, an image costs that, and nothing is charged twice.
    let made = TokenUsage { image_output: 1000, ..Default::default() };
    let written = TokenUsage { output: 1000, ..Default::default() };
    let amount = |usage| cost(&Book::embedded(), &sale("openai", "gpt-image-1", usage)).expect("has a price").amount;
    assert_eq!((amount(&made), amount(&written)), (NanoUsd(40_000_000), NanoUsd(40_000_000)));
}

#[test]
fn a_kind_of_token_without_price_is_said() {
    let usage = TokenUsage { input: 1, output: 1, ..Default::default() };
    let reason = cost(&Book::embedded(), &sale("openai", "text-embedding-3-small", &usage))
        .expect_err("embeddings have no output price");
    assert_eq!(reason, r#"the price table has no output price for "text-embedding-3-small" of openai"#);
}

#[test]
fn halves_round_up_and_nothing_is_lost_between_lines() {
    let mut sum = Sum::default();
    let lines = [(1, 499_999), (1, 1), (3, 500_000)].map(|(units, price)| sum.add(units, NanoUsd(price), 1_000_000).0);
    assert_eq!(lines, [0, 1, 1]);
    assert_eq!(sum.rounded(), NanoUsd(2), "exactly two");
    assert_eq!(Sum::default().add(2, NanoUsd(7), 1), NanoUsd(14));
}

#[test]
fn a_tier_and_searches_are_charged_and_told() {
    let usage = TokenUsage { input: 1_000_000, ..Default::default() };
    let batch = Sale { tier: Some(ServiceTier::Batch), searches: 2, ..sale("anthropic", "claude-opus-5", &usage) };
    let priced = cost(&Book::embedded(), &batch).expect("has a price");
    // Half of 5 dollars, and 2 of 10 dollars per thousand searches, which have no batch price of their own.
    assert_eq!(priced.amount, NanoUsd(2_500_000_000 + 20_000_000));
    assert_eq!((priced.row.tier, priced.row.tier_priced), (Some(ServiceTier::Batch), true));
    let unknown = Sale { tier: Some(ServiceTier::Flex), searches: 0, ..batch };
    let priced = cost(&Book::embedded(), &unknown).expect("has a price");
    assert_eq!((priced.amount, priced.row.tier_priced), (NanoUsd(5_000_000_000), false));
}

proptest! {
    #[test]
    fn an_amount_is_the_sum_of_its_lines(input in 0_u64..3_000_000, cached in 0_u64..3_000_000, output in 0_u64..100_000) {
        let usage = TokenUsage { input, cache_read: cached, output, ..Default::default() };
        let table = super::super::table::Table::parse(
            r#"{"source": "s", "version": "1", "providers": [{"id": "p", "models": [{"id": "m", "prices": [
                {"input": 333333333, "output": 7, "cache_read": [1, [200000, 2]], "request": 5}]}]}]}"#,
        ).expect("valid");
        let book = Book::new(Some(Arc::new(table)), &Default::default(), "");
        let priced = cost(&book, &sale("p", "m", &usage)).expect("has a price");
        prop_assert_eq!(priced.amount.0, priced.buckets.iter().map(|line| line.amount.0).sum::<i64>());
        prop_assert!(priced.buckets.iter().all(|line| line.units > 0 && line.amount.0 >= 0));
    }
}

/// Calls that go through every step of matching, with and without a price.
#[test]
fn nothing_is_allocated_but_the_result() {
    let book = Book::embedded();
    let usage = TokenUsage { input: 900, cache_read: 800, output: 217, reasoning: 128, ..Default::default() };
    for (provider, model) in [
        (Some("openai"), "gpt-4o-mini"),
        (Some("OpenAI"), "GPT-4o-mini-2024-07-18"),
        (Some("openai"), "gpt-5-20250807"),
        (Some("openai"), "openai/gpt-4o-mini"),
        (Some("anthropic"), "claude-opus-5-20260101"),
        (Some("aws.bedrock"), "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        (Some("azure.ai.openai"), "gpt-4o-mini"),
        (Some("deepinfra"), "deepseek-ai/DeepSeek-R1"),
        (Some("openrouter"), "anthropic/claude-sonnet-4.5"),
        (Some("my-gateway"), "anthropic/claude-sonnet-4-5"),
        (None, "claude-sonnet-4-5"),
    ] {
        let sale = Sale { tier: Some(ServiceTier::Batch), provider, ..sale("", model, &usage) };
        // The first time a name is put to the patterns they are compiled, and what it led to is kept.
        assert!(cost(&book, &sale).is_ok(), "{model}");
        let counted = allocation_counter::measure(|| {
            std::hint::black_box(cost(&book, &sale).is_ok());
        });
        assert_eq!(counted.count_total, 1, "{model}: the list of its lines alone");
        assert_eq!(counted.count_current, 0);
    }
    let unknown = sale("nobody", "no-such-model", &usage);
    assert!(cost(&book, &unknown).is_err());
    let counted = allocation_counter::measure(|| {
        std::hint::black_box(cost(&book, &unknown).is_ok());
    });
    // The reason: two texts, each grown while it is written.
    assert!(counted.count_total <= 6, "{}", counted.count_total);
}
