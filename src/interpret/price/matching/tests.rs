use super::*;

fn find_in_embedded(
    provider: Option<&str>,
    model: &str,
    server: Option<&str>,
) -> Result<(String, String, String), String> {
    let time = "2026-11-20T12:00:00Z".parse().expect("a time");
    find(&Book::embedded(), Names { provider, model, server, tier: None, time })
        .map(|found| (found.provider.id.to_string(), found.model.id.to_string(), found.how.to_owned()))
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
    for embedding in ["text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"] {
        assert_eq!(row(None, embedding).0, "openai", "{embedding}");
    }
}

#[test]
fn a_gateways_models_must_be_spelled_out_but_for_their_date() {
    let (provider, model, how) = row(Some("my-gateway"), "claude-opus-5-20270101");
    assert_eq!((provider.as_str(), model.as_str()), ("anthropic", "claude-opus-5"));
    assert_eq!(how, "without date suffix, provider from the model's name");
    assert!(find_in_embedded(Some("my-gateway"), "claude-opus-4-1-home-made", None).is_err(), "only a pattern fits");
    assert!(find_in_embedded(None, "claude-opus-4-1-home-made", None).is_ok());
}

#[test]
fn resellers_pass_prices_on() {
    let time = "2026-11-20T12:00:00Z".parse().expect("a time");
    let names = Names { provider: Some("azure.ai.openai"), model: "gpt-4o-mini", server: None, tier: None, time };
    let book = Book::embedded();
    let found = find(&book, names).map(|found| (found.provider.id.clone(), found.sold_by.cloned()));
    assert_eq!(found, Ok(("openai".into(), Some("azure".into()))));
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
fn the_second_table_answers_where_the_first_has_no_row() {
    assert_eq!(row(Some("deepinfra"), "deepseek-ai/DeepSeek-R1").0, "deepinfra");
    assert_eq!(row(Some("sambanova"), "Meta-Llama-3.3-70B-Instruct").0, "sambanova");
    assert_eq!(
        row(Some("litellm"), "sambanova/Meta-Llama-3.3-70B-Instruct").2,
        "exact, provider from the model's prefix"
    );
}
