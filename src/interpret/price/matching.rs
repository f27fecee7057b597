//! How a call's provider and model names lead to a row of the table.
//!
//! Who sold it: the provider named by the call, else the one in the model's name (`vendor/model`), else the
//! one to whom the table's rules give the model. Then, for the model, in this order: the name spelled out in
//! the table; the table's patterns, which know that `us.anthropic.` is dearer than `global.anthropic.`; without its date
//! (`-2024-08-06`, `-20240806`, `@20240806`, `-latest`); without what stands in front of it (`models/`, `vendor/`,
//! `us.anthropic.`). A reseller without a row for the model asks the providers whose prices it passes on.

use core::net::IpAddr;

use super::table::{Model, Provider, Table};

/// What a call says about who answered it.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// Canonical provider name.
    pub provider: Option<&'a str>,
    pub model: &'a str,
    /// Host that was asked, where the client tells it.
    pub server: Option<&'a str>,
}

pub(super) struct Found<'t> {
    pub provider: &'t Provider,
    pub model: &'t Model,
    pub how: String,
}

const PATTERN: &str = "pattern of the price table";

/// Providers that run models at home. A price of the open weights' vendor would be wrong for them.
const LOCAL_PROVIDERS: &[&str] =
    &["ollama", "vllm", "lm_studio", "lmstudio", "llamacpp", "llama.cpp", "localai", "sglang", "tgi", "mlx"];

/// The names of the GenAI conventions (and old ones) -> ids of the table, where one does not contain the other.
const PROVIDER_IDS: &[(&str, &str)] = &[
    ("azure.ai.openai", "azure"),
    ("azure.ai.inference", "azure"),
    ("aws.bedrock", "aws"),
    ("gcp.gemini", "google"),
    ("gcp.gen_ai", "google"),
    ("gcp.vertex_ai", "google"),
    ("x_ai", "x-ai"),
    ("mistral_ai", "mistral"),
    ("moonshot_ai", "moonshotai"),
    ("together_ai", "together"),
    ("fireworks_ai", "fireworks"),
    ("nvidia_nim", "nvidia"),
];

/// Finds the row's model, or says why there is none.
pub(super) fn find<'t>(table: &'t Table, names: Names<'_>) -> Result<Found<'t>, String> {
    let model = names.model.trim().to_lowercase();
    let told = names.provider.map(str::to_lowercase);
    let local = told.as_deref().is_some_and(is_local_provider);
    let at_home = names.server.filter(|server| is_private(server));
    if !local {
        let found = match told.as_deref().and_then(|name| provider_named(table, name)) {
            Some(provider) => in_provider(table, provider, &model).or_else(|| by_prefix(table, &model)),
            // A gateway's own name tells no price; its models' names do, if they are spelled out.
            None if told.is_some() || at_home.is_some() => by_prefix(table, &model)
                .or_else(|| by_model(table, &model))
                .filter(|found| !found.how.starts_with(PATTERN)),
            None => by_prefix(table, &model).or_else(|| by_model(table, &model)),
        };
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Err(reason(names, local, at_home))
}

fn reason(names: Names<'_>, local: bool, at_home: Option<&str>) -> String {
    let provider = names.provider.map_or_else(|| "no provider told".to_owned(), |name| format!("provider {name:?}"));
    let model = names.model;
    match at_home {
        _ if local => format!("local model {model:?} ({provider}) has no price"),
        Some(server) => format!("unknown model {model:?} on the local server {server} ({provider})"),
        None => format!("unknown model {model:?} ({provider})"),
    }
}

fn is_local_provider(name: &str) -> bool {
    LOCAL_PROVIDERS.contains(&name)
}

fn provider_named<'t>(table: &'t Table, name: &str) -> Option<&'t Provider> {
    let id = PROVIDER_IDS.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, id)| id);
    let providers = || table.providers.iter();
    providers()
        .find(|provider| &*provider.id == id)
        .or_else(|| providers().find(|provider| provider.provider_match.as_ref().is_some_and(|rule| rule.holds(id))))
}

/// `anthropic/claude-...`: the part before the first slash names a provider of the table.
fn by_prefix<'t>(table: &'t Table, model: &str) -> Option<Found<'t>> {
    let (vendor, rest) = model.split_once('/')?;
    if is_local_provider(vendor) {
        return None;
    }
    let provider = provider_named(table, vendor)?;
    let found = in_provider(table, provider, rest)?;
    Some(Found { how: format!("{}, provider from the model's prefix", found.how), ..found })
}

/// The provider to whom the table's rules give the model.
fn by_model<'t>(table: &'t Table, model: &str) -> Option<Found<'t>> {
    let bare = without_prefix(model).unwrap_or(model);
    let owner = |provider: &&'t Provider| {
        provider.model_match.as_ref().is_some_and(|rule| rule.holds(model) || rule.holds(bare))
    };
    table.providers.iter().filter(owner).find_map(|provider| {
        let found = in_provider(table, provider, model)?;
        Some(Found { how: format!("{}, provider from the model's name", found.how), ..found })
    })
}

fn in_provider<'t>(table: &'t Table, provider: &'t Provider, model: &str) -> Option<Found<'t>> {
    if let Some((row, how)) = among(&provider.models, model) {
        return Some(Found { provider, model: row, how: how.to_owned() });
    }
    provider.fallback.iter().find_map(|id| {
        let other = table.providers.iter().find(|other| other.id == *id)?;
        let (row, how) = among(&other.models, model)?;
        Some(Found { provider: other, model: row, how: format!("{how}, sold by {} at the price of {id}", provider.id) })
    })
}

fn among<'t>(models: &'t [Model], name: &str) -> Option<(&'t Model, &'static str)> {
    let spelled = |name: &str| models.iter().find(|model| model.names(name));
    let by_rule = |name: &str| models.iter().find(|model| model.rule.as_ref().is_some_and(|rule| rule.holds(name)));
    let by_any_rule = |name: &str| by_rule(name).or_else(|| by_rule(&with_dashed_date(name)?));
    if let Some(model) = spelled(name) {
        return Some((model, "exact"));
    }
    if let Some(model) = by_any_rule(name) {
        return Some((model, PATTERN));
    }
    if let Some(model) = without_date(name).and_then(spelled) {
        return Some((model, "without date suffix"));
    }
    let bare = without_prefix(name)?;
    spelled(bare)
        .or_else(|| by_any_rule(bare))
        .or_else(|| spelled(without_date(bare)?))
        .map(|model| (model, "without vendor prefix"))
}

impl Model {
    fn names(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name) || self.rule.as_ref().is_some_and(|rule| rule.names(name))
    }
}

/// `gpt-4o-2024-08-06`, `claude-sonnet-4-20250514`, `claude-x@20250514`, `mistral-large-latest` without the end.
fn without_date(name: &str) -> Option<&str> {
    if let Some(rest) = name.strip_suffix("-latest").or_else(|| name.strip_suffix(":latest")) {
        return Some(rest);
    }
    let digits = |text: &str, shape: &[usize]| {
        let parts: Vec<&str> = text.split('-').collect();
        parts.len() == shape.len()
            && parts.iter().zip(shape).all(|(part, len)| part.len() == *len && part.bytes().all(|b| b.is_ascii_digit()))
    };
    for (len, shape) in [(10, [4, 2, 2].as_slice()), (8, [8].as_slice())] {
        let cut = name.len().checked_sub(len + 1)?;
        let (rest, tail) = name.split_at_checked(cut)?;
        if tail.starts_with(['-', '@']) && digits(&tail[1..], shape) {
            return Some(rest);
        }
    }
    None
}

/// `gpt-5.2-20251211` as `gpt-5.2-2025-12-11`: gateways write the compact form, patterns expect the dashed one.
fn with_dashed_date(name: &str) -> Option<String> {
    let rest = without_date(name)?;
    let tail = name.get(rest.len() + 1..)?;
    (tail.len() == 8).then(|| format!("{rest}-{}-{}-{}", &tail[..4], &tail[4..6], &tail[6..]))
}

/// The name behind paths (`models/`, `publishers/x/models/`, `vendor/`) and Bedrock's region and vendor (`us.anthropic.`).
fn without_prefix(name: &str) -> Option<&str> {
    if let Some((_, rest)) = name.rsplit_once('/') {
        return Some(rest);
    }
    const REGIONS: &[&str] = &["us.", "us-gov.", "eu.", "apac.", "jp.", "au.", "ca.", "global."];
    let rest = REGIONS.iter().find_map(|region| name.strip_prefix(region));
    let inner = rest.unwrap_or(name);
    const VENDORS: &[&str] =
        &["anthropic.", "amazon.", "meta.", "mistral.", "cohere.", "ai21.", "deepseek.", "openai."];
    VENDORS.iter().find_map(|vendor| inner.strip_prefix(vendor)).or(rest)
}

/// Loopback, private and link-local addresses, and names that only a home network resolves.
fn is_private(server: &str) -> bool {
    let host = server.trim().trim_start_matches("http://").trim_start_matches("https://");
    let host = host.split('/').next().unwrap_or(host);
    let host = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or(bracketed),
        // More than one colon is an IPv6 address without brackets, not a port.
        None if host.matches(':').count() == 1 => host.split(':').next().unwrap_or(host),
        None => host,
    };
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => {
            let home = [".local", ".lan", ".home", ".internal", ".home.arpa", ".localdomain"];
            !host.is_empty() && (!host.contains('.') || home.iter().any(|end| host.ends_with(end)))
        }
    }
}

#[cfg(test)]
mod tests;
