//! What changes a price or is charged beside tokens: the service tier, searches of the web.
//!
//! | figure | names | source |
//! |---|---|---|
//! | service tier | `openai.response.service_tier`, `gen_ai.openai.response.service_tier`, `service_tier`, `speed`, the same of the request | GenAI conventions 1.2x and 1.37, OpenLLMetry, Claude Code |
//! | web searches | `gen_ai.usage.web_search_requests` and spellings of it | Anthropic's `server_tool_use.web_search_requests` as instrumentations flatten it |
//!
//! The answer's tier is what was billed, so it goes before the request's; `auto` and unknown words tell nothing.

use super::RawSpan;
use crate::model::ServiceTier;

/// The tier that was billed, where told.
pub fn service_tier(raw: &RawSpan<'_>) -> Option<ServiceTier> {
    const ANSWERED: &[&str] = &[
        "openai.response.service_tier",
        "gen_ai.openai.response.service_tier",
        "gen_ai.response.service_tier",
        "anthropic.response.service_tier",
        "gen_ai.anthropic.response.service_tier",
        "gen_ai.usage.service_tier",
        "llm.response.service_tier",
    ];
    const ASKED: &[&str] = &[
        "openai.request.service_tier",
        "gen_ai.openai.request.service_tier",
        "gen_ai.request.service_tier",
        "anthropic.request.service_tier",
        "service_tier",
        "speed",
    ];
    let told =
        |keys: &[&str]| keys.iter().filter_map(|key| raw.attributes.string(key)).find_map(ServiceTier::from_name);
    let in_parameters = |key: &str| {
        // The text is parsed only when it can tell something.
        raw.attributes.string(key).filter(|text| text.contains("service_tier"))?;
        raw.attributes.json(key)?.get("service_tier")?.as_str().and_then(ServiceTier::from_name)
    };
    told(ANSWERED)
        .or_else(|| told(ASKED))
        .or_else(|| in_parameters("llm.invocation_parameters"))
        .or_else(|| in_parameters("langfuse.observation.model.parameters"))
}

/// How many searches of the web the provider made for the call.
pub fn web_searches(raw: &RawSpan<'_>) -> u64 {
    const KEYS: &[&str] = &[
        "gen_ai.usage.web_search_requests",
        "gen_ai.usage.web_searches",
        "gen_ai.usage.server_tool_use.web_search_requests",
        "gen_ai.usage.details.web_search_requests",
        "gen_ai.usage.details.server_tool_use.web_search_requests",
    ];
    // More than any call makes: such a figure is a mistake.
    const MOST: u64 = 10_000;
    raw.attributes.max_uint(KEYS).filter(|count| *count <= MOST).unwrap_or_default()
}
