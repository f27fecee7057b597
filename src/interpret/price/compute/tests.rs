use proptest::prelude::*;

use super::*;

fn noon() -> UnixNanos {
    "2026-11-20T12:00:00Z".parse().expect("a time")
}

/// By hand, with prices per million of $0.15, $0.075 cached and $0.60:
/// 400 x 0.15 + 800 x 0.075 + 345 x 0.60 = 60 + 60 + 207 = 327 micro-dollars.
#[test]
fn gpt_4o_mini_by_hand() {
    let usage = TokenUsage { input: 400, cache_read: 800, output: 217, reasoning: 128, ..Default::default() };
    let priced =
        cost(&Table::embedded(), Some("openai"), "gpt-4o-mini-2024-07-18", None, &usage, noon()).expect("has a price");
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
    let priced =
        cost(&Table::embedded(), Some("anthropic"), "claude-sonnet-4-5", None, &usage, noon()).expect("has a price");
    assert_eq!(priced.amount, NanoUsd(5_287_500));
}

#[test]
fn a_kind_of_token_without_price_is_said() {
    let usage = TokenUsage { input: 1, output: 1, ..Default::default() };
    let reason = cost(&Table::embedded(), Some("openai"), "text-embedding-3-small", None, &usage, noon())
        .expect_err("embeddings have no output price");
    assert_eq!(reason, r#"the price table has no output price for "text-embedding-3-small" of openai"#);
}

#[test]
fn halves_round_up() {
    assert_eq!(share(1, NanoUsd(500_000), 1_000_000), NanoUsd(1));
    assert_eq!(share(1, NanoUsd(499_999), 1_000_000), NanoUsd(0));
}

proptest! {
    #[test]
    fn an_amount_is_the_sum_of_its_lines(input in 0_u64..3_000_000, cached in 0_u64..3_000_000, output in 0_u64..100_000) {
        let usage = TokenUsage { input, cache_read: cached, output, ..Default::default() };
        let table = Table::parse(
            r#"{"source": "s", "version": "1", "providers": [{"id": "p", "models": [{"id": "m", "prices": [
                {"input": 333333333, "output": 7, "cache_read": [1, [200000, 2]], "request": 5}]}]}]}"#,
        ).expect("valid");
        let priced = cost(&table, Some("p"), "m", None, &usage, noon()).expect("has a price");
        prop_assert_eq!(priced.amount.0, priced.buckets.iter().map(|line| line.amount.0).sum::<i64>());
        prop_assert!(priced.buckets.iter().all(|line| line.units > 0 && line.amount.0 >= 0));
    }
}
