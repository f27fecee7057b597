//! Configuration: defaults < file < `TRACEMETER_*` environment < flags. A file per section.
//!
//! Unknown keys and bad values are errors that name the file (or variable), the key and the remedy.
//! Nothing here opens a port or touches the data directory.

mod analytics;
mod attribution;
mod cost;
mod destination;
mod in_force;
mod journal;
mod links;
mod load;
mod local;
mod log;
mod media;
mod network;
mod prices;
mod receive;
mod receive_listener;
mod redact;
mod relay;
mod retention;
mod search;
mod secret;
mod web;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use analytics::AnalyticsConfig;
pub use attribution::AttributionConfig;
pub use cost::{ClientCost, CostConfig, CostPreference};
pub use destination::{
    Acknowledgement, Behind, DestinationConfig, DestinationKind, FilterConfig, MOST_BODY_BYTES, MediaForm,
    SamplingConfig, SplunkConfig, SplunkEvent, Start, Template, TlsConfig,
};
pub use in_force::{Origin, Origins, Setting};
pub use journal::JournalConfig;
pub use links::LinksConfig;
pub use load::{Error, Overrides, load};
pub use local::{
    Amortisation, EnergyRule, HomeAssistantSource, LocalRule, PowerConfig, PrometheusSource, ShellySource, Tariff,
    TariffRow, TasmotaSource, TokenPrice, hours,
};

pub use log::{LogConfig, LogFormat};
pub use media::MediaConfig;
pub use network::Network;
pub use prices::{PriceEntry, PricesError, PricesFile, price_name};
pub use receive::ReceiveConfig;
pub use receive_listener::{ListenerConfig, ResourceAction};
pub use redact::{
    Capture, DetectorAction, DetectorConfig, DetectorKind, KeyAction, KeyRule, PatternRule, RedactConfig,
};
pub use relay::{RelayConfig, UpstreamConfig, UpstreamKind};
pub use retention::RetentionConfig;
pub use search::SearchConfig;
pub use secret::{Elsewhere, Secret, SecretError, SecretSource};
pub use web::{ForwardAuthConfig, WebConfig};

/// The whole configuration, valid once [`load`] returned it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where everything is kept. Created when missing. Default `./tracemeter-data`.
    pub data_dir: PathBuf,
    pub receive: ReceiveConfig,
    pub relay: RelayConfig,
    pub web: WebConfig,
    pub links: LinksConfig,
    pub journal: JournalConfig,
    pub redact: RedactConfig,
    pub media: MediaConfig,
    pub attribution: AttributionConfig,
    pub cost: CostConfig,
    pub local: Vec<LocalRule>,
    pub power: PowerConfig,
    pub analytics: AnalyticsConfig,
    pub retention: RetentionConfig,
    pub search: SearchConfig,
    pub destination: Vec<DestinationConfig>,
    pub log: LogConfig,
    /// Where values come from that are no defaults.
    #[serde(skip)]
    pub origins: Origins,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: "./tracemeter-data".into(),
            receive: ReceiveConfig::default(),
            relay: RelayConfig::default(),
            web: WebConfig::default(),
            links: LinksConfig::default(),
            journal: JournalConfig::default(),
            redact: RedactConfig::default(),
            media: MediaConfig::default(),
            attribution: AttributionConfig::default(),
            cost: CostConfig::default(),
            local: Vec::new(),
            power: PowerConfig::default(),
            analytics: AnalyticsConfig::default(),
            retention: RetentionConfig::default(),
            search: SearchConfig::default(),
            destination: Vec::new(),
            log: LogConfig::default(),
            origins: Origins::default(),
        }
    }
}
