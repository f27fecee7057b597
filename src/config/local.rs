//! `[[local]]`: what calls cost that a machine at home answers, and `[power]`: how often its watts are read.

mod faults;

use serde::{Deserialize, Serialize};

use super::secret::Secret;

pub(super) use faults::faults;
pub use faults::hours;

/// A rule for models that run at home; the first that fits a call decides.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LocalRule {
    /// Shown with every cost it makes. Each rule has another.
    pub name: String,
    /// Provider names such as `ollama`, with `*` for any run of characters. Of several one must fit; empty: any.
    pub provider: Vec<String>,
    /// Addresses that clients ask, with or without port: `192.168.1.20:11434`, `gpu.lan`, `10.0.0.*`.
    pub host: Vec<String>,
    /// Names of the services that call.
    pub service: Vec<String>,
    pub model: Vec<String>,
    /// Rules with the same machine share its power. Default: the name of the rule.
    pub machine: Option<String>,
    /// Per million tokens, in `cost.currency`. Either this or `energy`.
    pub price: Option<TokenPrice>,
    pub energy: Option<EnergyRule>,
    pub amortisation: Option<Amortisation>,
}

impl LocalRule {
    /// The same rule with its amounts in US dollars, of which one is `rate` units of the currency they are written in.
    pub fn in_usd(&self, rate: f64) -> Self {
        let mut rule = self.clone();
        if let Some(price) = &mut rule.price {
            price.input /= rate;
            price.output /= rate;
            price.cache_read = price.cache_read.map(|price| price / rate);
        }
        match rule.energy.as_mut().map(|energy| &mut energy.tariff) {
            Some(Tariff::Flat(price)) => *price /= rate,
            Some(Tariff::Rows(rows)) => rows.iter_mut().for_each(|row| row.price /= rate),
            None => {}
        }
        if let Some(amortisation) = &mut rule.amortisation {
            amortisation.price /= rate;
        }
        rule
    }
}

/// Per million tokens, in `cost.currency`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPrice {
    pub input: f64,
    pub output: f64,
    /// Of tokens read from the prompt cache. Default: as `input`.
    pub cache_read: Option<f64>,
}

/// Watts x time x tariff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyRule {
    /// What the machine draws while it answers. Beside a source of readings: where there is no reading.
    pub watts: Option<f64>,
    pub prometheus: Option<PrometheusSource>,
    pub home_assistant: Option<HomeAssistantSource>,
    pub shelly: Option<ShellySource>,
    pub tasmota: Option<TasmotaSource>,
    /// What it draws when it answers nobody. Default 0.
    #[serde(default)]
    pub idle_watts: f64,
    /// The part of `idle_watts` that calls pay for while they run, 0 to 1. Default 1: all that is drawn.
    #[serde(default = "whole")]
    pub idle_share: f64,
    /// Per kilowatt-hour in `cost.currency`, or prices by hour and date: the last that holds counts.
    pub tariff: Tariff,
    /// IANA time zone of the tariff's hours and dates. Default UTC.
    #[serde(default = "utc")]
    pub zone: String,
}

fn whole() -> f64 {
    1.0
}

fn utc() -> String {
    "UTC".to_owned()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a price per kWh such as 0.30, or a list of { price, hours = \"22:00-06:00\", from = \"2027-01-01\" }"
)]
pub enum Tariff {
    Flat(f64),
    Rows(Vec<TariffRow>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TariffRow {
    pub price: f64,
    /// `22:00-06:00`, over midnight as well. Default: all day.
    pub hours: Option<String>,
    /// First day, `2027-01-01`. Default: since ever.
    pub from: Option<String>,
}

/// An instant query whose first result is watts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrometheusSource {
    /// Base address, `http://prometheus.lan:9090`.
    pub url: String,
    pub query: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HomeAssistantSource {
    /// Base address, `http://homeassistant.local:8123`.
    pub url: String,
    /// A sensor of power, `sensor.gpu_plug_power`.
    pub entity: String,
    /// A long-lived access token; better in `token_file` or `token_credential`.
    pub token: Option<Secret>,
    /// A file that holds it.
    pub token_file: Option<std::path::PathBuf>,
    /// The name of a systemd credential that holds it.
    pub token_credential: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShellySource {
    /// Base address, `http://192.168.1.30`.
    pub url: String,
    /// Number of the relay or switch. Default 0.
    #[serde(default)]
    pub channel: u8,
    /// 1 (Shelly 1PM, Plug S, ...) or 2 (Plus, Pro and newer). Default 2.
    #[serde(default = "second")]
    pub generation: u8,
}

fn second() -> u8 {
    2
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TasmotaSource {
    /// Base address, `http://192.168.1.31`.
    pub url: String,
}

/// What the machine cost, spread over the time or the tokens it is to last for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amortisation {
    /// In `cost.currency`.
    pub price: f64,
    pub years: Option<f64>,
    /// Hours of answering a day, with `years`.
    pub hours_per_day: Option<f64>,
    /// Tokens in and out over its life, instead of `years` and `hours_per_day`.
    pub tokens: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PowerConfig {
    /// Seconds between two readings of a machine's watts, 1 to 60. Default 10.
    pub interval_s: u64,
    /// Milliseconds that a source may take to answer. Default 5000.
    pub timeout_ms: u64,
}

impl Default for PowerConfig {
    fn default() -> Self {
        Self { interval_s: 10, timeout_ms: 5000 }
    }
}

impl LocalRule {
    /// Whose power is shared.
    pub fn machine(&self) -> &str {
        self.machine.as_deref().unwrap_or(&self.name)
    }
}

impl EnergyRule {
    /// Whether watts are read from somewhere.
    pub fn is_measured(&self) -> bool {
        self.sources() > 0
    }

    fn sources(&self) -> usize {
        [self.prometheus.is_some(), self.home_assistant.is_some(), self.shelly.is_some(), self.tasmota.is_some()]
            .into_iter()
            .filter(|told| *told)
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_in_another_currency_become_dollars() {
        let rule: LocalRule = figment::Figment::new()
            .merge(<figment::providers::Toml as figment::providers::Format>::string(
                r#"
                name = "box"
                price = { input = 0.5, output = 1.0, cache_read = 0.25 }
                energy = { watts = 100, tariff = [{ price = 0.3 }, { price = 0.2, hours = "22:00-06:00" }] }
                amortisation = { price = 900, tokens = 1000000 }
                "#,
            ))
            .extract()
            .expect("valid");
        let dollars = rule.in_usd(0.5);
        assert_eq!(dollars.price, Some(TokenPrice { input: 1.0, output: 2.0, cache_read: Some(0.5) }));
        let Some(Tariff::Rows(rows)) = dollars.energy.map(|energy| energy.tariff) else { panic!("rows") };
        assert_eq!(rows.iter().map(|row| row.price).collect::<Vec<_>>(), [0.6, 0.4]);
        assert_eq!(dollars.amortisation.map(|cost| cost.price), Some(1_800.0));
        assert_eq!(rule.in_usd(1.0), rule);
    }
}
