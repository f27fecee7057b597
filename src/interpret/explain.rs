//! Why a call costs what it costs, from the raw attributes on: which were looked at, and how its dialect means them.

use super::attributes::Attributes;
use super::normalise::tokens::{Reported, Share};
use super::normalise::{self, RawSpan, charges, model_name};
use super::{Interpreter, otlp};
use crate::model::ServiceTier;
use crate::model::otlp::{InstrumentationScope, Resource};
use crate::model::value;

/// What a price was made from, before there are buckets.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Attributes that tell of model, provider, tokens, tier or cost, by key.
    pub facts: Vec<Fact>,
    /// The dialect whose names told the token figures; it may be another than the span's.
    pub figures_by: Option<&'static str>,
    /// The client's own figures, as they are named in a dialect's table.
    pub figures: Vec<(&'static str, u64)>,
    /// How the figures became buckets, a sentence each.
    pub rules: Vec<String>,
    pub provider: Option<String>,
    /// The model that was billed.
    pub model: Option<String>,
    pub server: Option<String>,
    pub tier: Option<ServiceTier>,
    pub searches: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub key: String,
    /// As JSON; long ones are cut.
    pub value: String,
    /// `model`, `provider`, `server`, `tokens`, `tier` or `cost`.
    pub tells: &'static str,
    pub on_resource: bool,
}

/// Longer values are content rather than figures.
const MOST_CHARS: usize = 300;

impl Interpreter {
    /// What the price of a span was made from; `None` when no dialect is spoken.
    pub fn explain(&self, resource: &Resource, scope: &InstrumentationScope, span: &otlp::Span) -> Option<Explanation> {
        let about = Attributes::new(&resource.attributes);
        let raw = RawSpan::new(&about, scope, span);
        let dialect = normalise::recognise(&raw)?;
        let (figures_by, reported) = normalise::reported(&raw, dialect).unzip();
        let model = model_name::response(&raw).or_else(|| model_name::request(&raw));
        let facts = |attributes: &[otlp::KeyValue], on_resource| {
            let told = attributes.iter().filter_map(move |pair| fact(pair, on_resource));
            told.collect::<Vec<_>>()
        };
        let mut all = facts(&span.attributes, false);
        all.extend(facts(&resource.attributes, true));
        all.sort_by(|a, b| (order(a.tells), &a.key).cmp(&(order(b.tells), &b.key)));
        Some(Explanation {
            facts: all,
            figures_by,
            figures: reported.as_ref().map(figures).unwrap_or_default(),
            rules: reported.as_ref().map(rules).unwrap_or_default(),
            provider: model_name::provider(&raw, model.as_deref()),
            model,
            server: model_name::server(&raw),
            tier: charges::service_tier(&raw),
            searches: charges::web_searches(&raw),
        })
    }
}

fn order(tells: &str) -> usize {
    ["model", "provider", "server", "tokens", "tier", "cost"].iter().position(|known| *known == tells).unwrap_or(9)
}

fn fact(pair: &otlp::KeyValue, on_resource: bool) -> Option<Fact> {
    let tells = tells(&pair.key)?;
    let value = value::to_json(pair.value.as_ref()?).to_string();
    let cut = value.char_indices().nth(MOST_CHARS).map(|(at, _)| format!("{}...", &value[..at]));
    Some(Fact { key: pair.key.clone(), value: cut.unwrap_or(value), tells, on_resource })
}

/// What an attribute tells a price, by its name: names of all dialects follow these habits.
fn tells(key: &str) -> Option<&'static str> {
    let key = key.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
    if has(&["max_tokens", "max_output_tokens", "first_token", "token_type", "model_parameters", "model.parameters"]) {
        return None;
    }
    if has(&["cost"]) {
        return Some("cost");
    }
    if has(&["token", "usage", "web_search"]) {
        return Some("tokens");
    }
    if has(&["service_tier"]) || key == "speed" {
        return Some("tier");
    }
    if has(&["model"]) {
        return Some("model");
    }
    if has(&["provider"]) || key == "gen_ai.system" || key == "llm.system" {
        return Some("provider");
    }
    (key == "server.address" || key == "server.port" || has(&["api_base"])).then_some("server")
}

fn figures(reported: &Reported) -> Vec<(&'static str, u64)> {
    let told = [
        ("input", reported.input),
        ("output", reported.output),
        ("cache read", reported.cache_read),
        ("cache write", reported.cache_write),
        ("cache write, 1 h", reported.cache_write_1h),
        ("reasoning", reported.reasoning),
        ("audio in", reported.audio_input),
        ("audio out", reported.audio_output),
        ("image in", reported.image_input),
        ("image out", reported.image_output),
    ];
    told.into_iter().filter_map(|(name, figure)| Some((name, figure?))).collect()
}

fn rules(reported: &Reported) -> Vec<String> {
    let mut rules = Vec::new();
    let cached = reported.cache_read.unwrap_or(0) + reported.cache_write.unwrap_or(0);
    if cached > 0 {
        let input = reported.input.unwrap_or(0);
        rules.push(match reported.cache {
            Share::Inside if cached <= input => {
                format!("this client's input includes cached tokens: {input} - {cached} = {} uncached", input - cached)
            }
            Share::Inside => format!(
                "this client's input should include cached tokens, but {cached} cached are more than {input}: they come on top"
            ),
            Share::Beside => "this client's cached tokens come on top of its input".to_owned(),
        });
    }
    if let Some(reasoning) = reported.reasoning.filter(|reasoning| *reasoning > 0) {
        let output = reported.output.unwrap_or(0);
        rules.push(match reported.reasons {
            Share::Inside if reasoning <= output => {
                format!("this client's output includes reasoning: {output} - {reasoning} = {} visible", output - reasoning)
            }
            Share::Inside => format!(
                "this client's output should include reasoning, but {reasoning} are more than {output}: they come on top"
            ),
            Share::Beside => "this client's reasoning tokens come on top of its output".to_owned(),
        });
    }
    let parts = [reported.audio_input, reported.audio_output, reported.image_input, reported.image_output];
    if parts.into_iter().flatten().any(|tokens| tokens > 0) {
        rules.push("audio and image tokens are part of input and output, and are taken off them".to_owned());
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_they_are_about() {
        for (key, expected) in [
            ("gen_ai.usage.input_tokens", Some("tokens")),
            ("llm.token_count.prompt", Some("tokens")),
            ("gen_ai.request.max_tokens", None),
            ("gen_ai.response.model", Some("model")),
            ("gen_ai.provider.name", Some("provider")),
            ("gen_ai.system", Some("provider")),
            ("gen_ai.system_instructions", None),
            ("openai.response.service_tier", Some("tier")),
            ("gen_ai.usage.cost", Some("cost")),
            ("server.address", Some("server")),
            ("gen_ai.input.messages", None),
        ] {
            assert_eq!(tells(key), expected, "{key}");
        }
    }

    #[test]
    fn images_that_were_made_are_told() {
        let told = Reported { input: Some(20), output: Some(1300), image_output: Some(1290), ..Default::default() };
        assert_eq!(figures(&told), [("input", 20), ("output", 1300), ("image out", 1290)]);
        assert_eq!(rules(&told), ["audio and image tokens are part of input and output, and are taken off them"]);
    }

    #[test]
    fn the_rule_says_what_was_subtracted() {
        let told = Reported {
            input: Some(100),
            cache_read: Some(64),
            output: Some(20),
            reasoning: Some(8),
            ..Default::default()
        };
        let said = rules(&told);
        assert!(said[0].ends_with("100 - 64 = 36 uncached"), "{said:?}");
        assert!(said[1].ends_with("20 - 8 = 12 visible"), "{said:?}");
        let odd = Reported { input: Some(10), ..told };
        assert!(rules(&odd)[0].contains("64 cached are more than 10"));
        let beside = Reported { cache: Share::Beside, reasons: Share::Beside, ..told };
        assert!(rules(&beside).iter().all(|rule| rule.contains("on top of")));
        assert_eq!(figures(&told), [("input", 100), ("output", 20), ("cache read", 64), ("reasoning", 8)]);
    }
}
