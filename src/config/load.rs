//! Puts the layers together and checks the whole.

use std::fmt;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::Value;

use super::{Config, Origin, Origins};

/// Flags of the command line that stand above file and environment.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Overrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
}

/// Every fault found, one line each.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub struct Error {
    pub faults: Vec<String>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not valid:")?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

/// Reads `file` (if any) and the environment, and checks the result.
///
/// # Errors
/// Names the file or variable, the key and the remedy of every fault.
pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Config, Error> {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(path) = file {
        // figment treats a missing file as empty; one that was asked for must be there.
        std::fs::metadata(path).map_err(|error| Error {
            faults: vec![format!("{}: {error}: give --config the path of a readable TOML file", path.display())],
        })?;
        figment = figment.merge(Toml::file_exact(path));
    }
    let figment = figment
        // These are for the command line: where the file is, a token for asking a server, a key for sending to one.
        .merge(Env::prefixed("TRACEMETER_").ignore(&["config", "token", "key"]).split("__"))
        .merge(Serialized::defaults(overrides));
    let mut config: Config =
        figment.extract().map_err(|error| Error { faults: error.into_iter().map(describe).collect() })?;
    let faults = check(&config, &figment);
    if !faults.is_empty() {
        return Err(Error { faults });
    }
    config.origins = origins(&figment, overrides);
    Ok(config)
}

/// Where each value comes from that is no default.
fn origins(figment: &Figment, overrides: &Overrides) -> Origins {
    let mut origins = Origins::default();
    if let Ok(root) = figment.find_value("") {
        origins_below(figment, &root, "", &mut origins);
    }
    if overrides.data_dir.is_some() {
        origins.set("data_dir", Origin::Flag);
    }
    origins
}

fn origins_below(figment: &Figment, value: &Value, key: &str, origins: &mut Origins) {
    let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match value {
        Value::Dict(_, entries) => {
            entries.iter().for_each(|(name, value)| origins_below(figment, value, &below(name), origins));
        }
        Value::Array(_, items) if !items.is_empty() => {
            items
                .iter()
                .enumerate()
                .for_each(|(at, item)| origins_below(figment, item, &below(&at.to_string()), origins));
        }
        leaf => {
            let metadata = figment.get_metadata(leaf.tag());
            let origin = match metadata.and_then(|metadata| metadata.source.as_ref()) {
                Some(figment::Source::File(path)) => Origin::File(path.clone()),
                _ if metadata.is_some_and(|metadata| metadata.name.contains("environment")) => {
                    Origin::Environment(variable_of(key))
                }
                _ => return,
            };
            origins.set(key, origin);
        }
    }
}

/// The rules that a type cannot express, each with the place its value came from.
fn check(config: &Config, figment: &Figment) -> Vec<String> {
    let sections = [
        config.receive.faults(),
        config.relay.faults(),
        config.web.faults(),
        config.links.faults(),
        config.journal.faults(),
        config.redact.faults(),
        config.analytics.faults(),
        config.retention.faults(),
        config.search.faults(),
        config.media.faults(),
        config.cost.faults(),
        super::local::faults(&config.local, &config.power),
        super::destination::faults(&config.destination),
    ];
    sections
        .into_iter()
        .flatten()
        .map(|(key, fault)| {
            let place = figment.find_metadata(key).map(|metadata| place_of(metadata, key)).unwrap_or_default();
            format!("{place}{key}: {fault}")
        })
        .collect()
}

fn describe(error: figment::Error) -> String {
    let key = error.path.join(".");
    let place = error.metadata.as_ref().map(|metadata| place_of(metadata, &key)).unwrap_or_default();
    let shown = if key.is_empty() { String::new() } else { format!("{key}: ") };
    let remedy = match &error.kind {
        figment::error::Kind::UnknownField(name, known) => {
            let near = known.iter().max_by_key(|candidate| common_prefix(candidate, name));
            match near.filter(|candidate| common_prefix(candidate, name) >= 2) {
                Some(candidate) => format!(": did you mean {candidate}? Known here: {}", known.join(", ")),
                None => format!(": remove it. Known here: {}", known.join(", ")),
            }
        }
        figment::error::Kind::InvalidType(_, expected) | figment::error::Kind::InvalidValue(_, expected) => {
            format!(": write {expected} instead")
        }
        _ => String::new(),
    };
    let what = match &error.kind {
        figment::error::Kind::UnknownField(name, _) => format!("unknown key {name:?}"),
        other => other.to_string(),
    };
    format!("{place}{shown}{what}{remedy}")
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(left, right)| left == right).count()
}

/// `config.toml: ` for a file, `TRACEMETER_RECEIVE__GRPC: ` for a variable, nothing for a default.
fn place_of(metadata: &figment::Metadata, key: &str) -> String {
    match &metadata.source {
        Some(figment::Source::File(path)) => format!("{}: ", path.display()),
        _ if metadata.name.contains("environment") => {
            format!("environment variable {}: ", variable_of(key))
        }
        _ => String::new(),
    }
}

fn variable_of(key: &str) -> String {
    format!("TRACEMETER_{}", key.to_uppercase().replace('.', "__"))
}

#[cfg(test)]
mod tests;
