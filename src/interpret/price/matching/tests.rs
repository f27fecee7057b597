use super::*;

fn find_in_embedded(
    provider: Option<&str>,
    model: &str,
    server: Option<&str>,
) -> Result<(String, String, String), String> {
    let table = Table::embedded();
    find(&table, Names { provider, model, server })
        .map(|found| (found.provider.id.to_string(), found.model.id.to_string(), found.how))
}

fn row(provider: Option<&str>, model: &str) -> (String, String, String) {
    find_in_embedded(provider, model, None).expect("has a price")
}

fn triple(provider: &str, model: &str, how: &str) -> (String, String, String) {
    (provider.into(), model.into(), how.into())
}

#[test]
fn the_steps_in_order() {
    assert_eq!(row(Some("openai"), "gpt-4o-mini"), triple("openai", "gpt-4o-mini", "exact"));
    assert_eq!(row(Some("OpenAI"), "GPT-4o-Mini-2024-07-18"), triple("openai", "gpt-4o-mini", "exact"));
    assert_eq!(row(Some("openai"), "text-embedding-3-small-20240101").2, "without date suffix");
    assert_eq!(row(Some("openai"), "openai/gpt-4o-mini").2, "without vendor prefix");
    assert_eq!(row(Some("gcp.gemini"), "models/gemini-2.5-flash").0, "google");
    assert_eq!(row(Some("anthropic"), "claude-3-haiku-20240307").1, "claude-3-haiku");
}

#[test]
fn a_regions_own_price_goes_before_the_general_one() {
    let (_, general, _) = row(Some("aws.bedrock"), "global.anthropic.claude-sonnet-4-5-20250929-v1:0");
    let (_, regional, _) = row(Some("aws.bedrock"), "us.anthropic.claude-sonnet-4-5-20250929-v1:0");
    assert_ne!(general, regional);
}

#[test]
fn without_a_provider_the_model_tells_it() {
    let (provider, _, how) = row(None, "claude-sonnet-4-5");
    assert_eq!(provider, "anthropic");
    assert!(how.ends_with("provider from the model's name"), "{how}");
    let (provider, _, how) = row(Some("my-gateway"), "anthropic/claude-sonnet-4-5");
    assert_eq!(provider, "anthropic");
    assert!(how.ends_with("provider from the model's prefix"), "{how}");
}

#[test]
fn resellers_pass_prices_on() {
    let (provider, model, how) = row(Some("azure.ai.openai"), "gpt-4o-mini");
    assert_eq!((provider.as_str(), model.as_str()), ("openai", "gpt-4o-mini"));
    assert!(how.contains("sold by azure at the price of openai"), "{how}");
}

#[test]
fn a_local_model_has_no_price_but_a_reason() {
    let reason = find_in_embedded(Some("ollama"), "deepseek-r1", None).expect_err("runs at home");
    assert_eq!(reason, r#"local model "deepseek-r1" (provider "ollama") has no price"#);
    let reason = find_in_embedded(Some("openai"), "qwen3:8b", Some("192.168.1.5:8000")).expect_err("runs at home");
    assert_eq!(reason, r#"unknown model "qwen3:8b" on the local server 192.168.1.5:8000 (provider "openai")"#);
    let reason = find_in_embedded(None, "no-such-model", None).expect_err("nobody sells it");
    assert_eq!(reason, r#"unknown model "no-such-model" (no provider told)"#);
}

#[test]
fn dates_and_prefixes_come_off() {
    assert_eq!(without_date("gpt-4o-2024-08-06"), Some("gpt-4o"));
    assert_eq!(without_date("claude-opus-4@20250514"), Some("claude-opus-4"));
    assert_eq!(without_date("mistral-large-latest"), Some("mistral-large"));
    assert_eq!(without_date("gpt-4o"), None);
    assert_eq!(without_date("é-2024-08-0"), None);
    assert_eq!(with_dashed_date("gpt-5.2-20251211").as_deref(), Some("gpt-5.2-2025-12-11"));
    assert_eq!(without_prefix("us.anthropic.claude-x"), Some("claude-x"));
    assert_eq!(without_prefix("publishers/google/models/gemini-x"), Some("gemini-x"));
    assert_eq!(without_prefix("gpt-4.1"), None);
}

#[test]
fn home_addresses_are_known() {
    for server in
        ["127.0.0.1", "10.0.0.4:8000", "http://192.168.0.2:11434/v1", "localhost", "gpu.lan", "::1", "[::1]:80"]
    {
        assert!(is_private(server), "{server}");
    }
    for server in ["api.openai.com", "https://api.anthropic.com/v1", "8.8.8.8", "2001:4860::1"] {
        assert!(!is_private(server), "{server}");
    }
}
