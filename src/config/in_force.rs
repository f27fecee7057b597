//! The configuration in force: every key, its value, and where that comes from. Secrets are never in it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::Config;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    #[default]
    Default,
    File(PathBuf),
    /// The variable.
    Environment(String),
    /// A flag of the command line.
    Flag,
}

/// What is known of where values come from, by key, `receive.grpc` or `destination.0.url`.
#[derive(Debug, Clone, Default)]
pub struct Origins(BTreeMap<String, Origin>);

/// Two configurations are equal that say the same, wherever they say it.
impl PartialEq for Origins {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Origins {
    pub(super) fn set(&mut self, key: &str, origin: Origin) {
        self.0.insert(key.to_owned(), origin);
    }

    fn of(&self, key: &str) -> Origin {
        self.0.get(key).cloned().unwrap_or_default()
    }
}

/// A key with what holds for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    pub key: String,
    /// Null where nothing is set and there is no default.
    pub value: Value,
    pub origin: Origin,
}

impl Config {
    /// As nested JSON, without secrets.
    pub fn told(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        mask(&mut value);
        value
    }

    /// Every key, in the order of the alphabet.
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        self.collect(&self.told(), "", &mut settings);
        settings
    }

    fn collect(&self, value: &Value, key: &str, settings: &mut Vec<Setting>) {
        let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                fields.iter().for_each(|(name, value)| self.collect(value, &below(name), settings));
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                items.iter().enumerate().for_each(|(at, item)| self.collect(item, &below(&at.to_string()), settings));
            }
            value => {
                // A list of plain values came whole from one place.
                let list = value.as_array().is_some_and(|items| !items.is_empty());
                let origin = self.origins.of(&if list { below("0") } else { key.to_owned() });
                settings.push(Setting { key: key.to_owned(), value: value.clone(), origin });
            }
        }
    }
}

/// Takes passwords out of addresses.
fn mask(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(masked) = without_password(text) {
                *text = masked;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(fields) => fields.values_mut().for_each(mask),
        _ => {}
    }
}

/// `scheme://user:password@host` without the password; `None` when there is none.
fn without_password(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (user, host) = rest[..end].rsplit_once('@')?;
    let (name, _) = user.split_once(':')?;
    Some(format!("{scheme}://{name}:***@{host}{}", &rest[end..]))
}

#[cfg(test)]
mod tests {
    use super::super::{DestinationConfig, DestinationKind, Overrides, Secret, SecretSource, load};
    use super::*;

    fn of<'a>(settings: &'a [Setting], key: &str) -> &'a Setting {
        settings.iter().find(|setting| setting.key == key).unwrap_or_else(|| panic!("{key} is not there"))
    }

    #[test]
    fn every_value_says_where_it_comes_from() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("t.toml");
        let text = "[receive]\ngrpc = \"127.0.0.1:0\"\n[redact]\nallow = [\"a\", \"b\"]\n\
                    [[destination]]\nname = \"hec\"\nkind = \"splunk_hec\"\nurl = \"https://splunk:8088\"\ntoken = \"s3cret\"\n";
        std::fs::write(&path, text).expect("written");
        let config = load(Some(&path), &Overrides { data_dir: Some("/b".into()) }).expect("valid");
        let settings = config.settings();
        let file = Origin::File(path);
        assert_eq!(of(&settings, "receive.grpc").origin, file);
        assert_eq!(of(&settings, "receive.http").origin, Origin::Default);
        assert_eq!(of(&settings, "data_dir").origin, Origin::Flag);
        let allow = of(&settings, "redact.allow");
        assert_eq!((&allow.value, &allow.origin), (&serde_json::json!(["a", "b"]), &file));
        assert_eq!(of(&settings, "destination.0.url").origin, file);
        assert_eq!(of(&settings, "destination.0.batch_records").origin, Origin::Default);
        assert!(!format!("{settings:?}").contains("s3cret"));
        assert!(settings.len() > 60, "{}", settings.len());
    }

    #[test]
    fn nothing_secret_is_told() {
        let mut destination =
            DestinationConfig::new("a", DestinationKind::Webhook, "https://me:s3cret@example.org/x?y=1@z");
        destination.token = Some(SecretSource::Here(Secret::new("s3cret")));
        destination.headers.insert("x-key".into(), SecretSource::Here(Secret::new("s3cret")));
        let config = Config { destination: vec![destination], ..Config::default() };
        let told = config.told();
        assert!(!told.to_string().contains("s3cret"), "{told}");
        assert_eq!(told["destination"][0]["url"], "https://me:***@example.org/x?y=1@z");
        assert_eq!(without_password("http://host/a:b@c"), None);
        assert_eq!(without_password("plain"), None);
    }
}
