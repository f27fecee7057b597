//! `[[destination]]`: where everything is forwarded to.

mod faults;
mod sampling;
mod splunk;
mod template;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::redact::{Capture, KeyRule};
use super::secret::SecretSource;
use crate::model::Signal;

pub(super) use faults::faults;
pub use sampling::SamplingConfig;
pub use splunk::{Acknowledgement, MOST_BODY_BYTES, SplunkConfig, SplunkEvent};
pub use template::Template;

/// One destination. Several of one kind are allowed; each has a name of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationConfig {
    /// Letters, digits, `-` and `_`. What was sent is remembered under it: another name is another destination.
    pub name: String,
    pub kind: DestinationKind,
    /// `http://` or `https://`. OTLP over HTTP: the base address, to which `/v1/traces` and so on are added; Splunk: the
    /// base address of the HTTP Event Collector.
    pub url: String,
    /// Splunk: the HEC token. Others: sent as `Authorization: Bearer`.
    #[serde(default)]
    pub token: Option<SecretSource>,
    /// The same as `token = { file = "..." }`.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// More request headers.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretSource>,
    /// Where a destination that was never seen before begins. Default `now`.
    #[serde(default)]
    pub from: Start,
    /// Default: all three.
    #[serde(default = "all")]
    pub signals: Vec<Signal>,
    #[serde(default)]
    pub filter: FilterConfig,
    /// How much of the content goes there: never more than is kept here. Default: all that is kept.
    #[serde(default)]
    pub content: Capture,
    /// Images and sounds that are kept as files (`media.extract`). Default: OTLP destinations get them where they stood,
    /// others a reference. Who gets less than the full content gets references always.
    #[serde(default)]
    pub media: Option<MediaForm>,
    /// Rules by attribute key on top of those of `[redact]`.
    #[serde(default)]
    pub redact: Vec<KeyRule>,
    /// Which traces go there. Default: all.
    #[serde(default)]
    pub sampling: Option<SamplingConfig>,
    /// Largest request in bytes before compression. Default 1 MiB.
    #[serde(default = "batch_bytes")]
    pub batch_bytes: usize,
    /// Most records in a request. Default 10,000.
    #[serde(default = "batch_records")]
    pub batch_records: usize,
    /// Requests on the way at once. Default 2.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// Milliseconds that a request may take. Default 30,000.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Compress requests. Default on.
    #[serde(default = "yes")]
    pub gzip: bool,
    #[serde(default)]
    pub tls: TlsConfig,
    /// What happens when retention wants to delete what was not sent yet.
    #[serde(default)]
    pub behind: Behind,
    /// With `behind = "hold"`: MiB of journal days that may be held back for it; beyond that they are let go and
    /// counted. Default 1024.
    #[serde(default = "hold_mib")]
    pub hold_mib: u64,
    /// What only Splunk knows.
    #[serde(default)]
    pub splunk: SplunkConfig,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DestinationKind {
    /// Splunk HTTP Event Collector.
    SplunkHec,
    /// OTLP/HTTP with protobuf: collectors, Langfuse, Phoenix, Tempo, Jaeger, another Tracemeter.
    OtlpHttp,
    OtlpGrpc,
    /// JSON batches by POST.
    Webhook,
}

impl DestinationKind {
    /// As the configuration names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SplunkHec => "splunk_hec",
            Self::OtlpHttp => "otlp_http",
            Self::OtlpGrpc => "otlp_grpc",
            Self::Webhook => "webhook",
        }
    }
}

/// How images and sounds that are kept as files go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaForm {
    /// As they came.
    Inline,
    /// `tracemeter-media:...` in their place.
    Reference,
}

/// `now`, `beginning`, or a UTC date of arrival such as `2026-11-20`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Start(pub Option<String>);

/// What goes there; empty lists let everything pass. Of several values one must fit, of several keys all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilterConfig {
    /// `service.name`, with `*` for any run of characters.
    pub service: Vec<String>,
    /// `deployment.environment.name`, likewise.
    pub environment: Vec<String>,
    /// Kinds of spans: `llm`, `tool`, `agent`, ... Logs and metrics pass.
    pub kind: Vec<String>,
    /// Attributes of the record or of its resource, likewise.
    pub attribute: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behind {
    /// It goes, and what was not sent is counted. Default: the disk comes first.
    #[default]
    LetGo,
    /// It stays for as long as no more than `hold_mib` wait.
    Hold,
}

/// Whom to trust, and who we are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// PEM file of the authority that signed the server's certificate, beside those the system trusts.
    pub ca: Option<PathBuf>,
    /// PEM files of our own certificate and its key.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// SHA-256 of the server's certificate in hex, colons allowed: this one is trusted, whoever signed it.
    pub fingerprint: Option<String>,
    /// Trust anybody. The connection is encrypted and whoever answers may be anyone.
    pub insecure_skip_verify: bool,
}

fn all() -> Vec<Signal> {
    Signal::ALL.to_vec()
}

fn batch_bytes() -> usize {
    1 << 20
}

fn batch_records() -> usize {
    10_000
}

fn concurrency() -> usize {
    2
}

fn timeout_ms() -> u64 {
    30_000
}

fn yes() -> bool {
    true
}

fn hold_mib() -> u64 {
    1024
}

impl DestinationConfig {
    /// One with nothing but what must be told.
    pub fn new(name: &str, kind: DestinationKind, url: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            url: url.to_owned(),
            token: None,
            token_file: None,
            headers: BTreeMap::new(),
            from: Start::default(),
            signals: all(),
            filter: FilterConfig::default(),
            content: Capture::default(),
            media: None,
            redact: Vec::new(),
            sampling: None,
            batch_bytes: batch_bytes(),
            batch_records: batch_records(),
            concurrency: concurrency(),
            timeout_ms: timeout_ms(),
            gzip: true,
            tls: TlsConfig::default(),
            behind: Behind::default(),
            hold_mib: hold_mib(),
            splunk: SplunkConfig::default(),
        }
    }

    /// Whether images and sounds go out as they came. What nobody can look into for secrets does not go where content is
    /// looked through.
    pub fn gets_media(&self) -> bool {
        let is_otlp = matches!(self.kind, DestinationKind::OtlpHttp | DestinationKind::OtlpGrpc);
        self.content == Capture::Full && self.media.map_or(is_otlp, |form| form == MediaForm::Inline)
    }

    /// Where the token stands, if there is one.
    pub fn token_source(&self) -> Option<SecretSource> {
        let file = || self.token_file.clone().map(|path| SecretSource::Elsewhere(super::secret::Elsewhere::File(path)));
        self.token.clone().or_else(file)
    }
}
