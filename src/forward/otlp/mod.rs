//! OTLP backends: other collectors, Langfuse, Phoenix, Tempo, Jaeger, another Tracemeter.
//!
//! They get what the journal has, as it came: the same messages, redacted, unknown fields included.

mod grpc;
mod http;
mod items;
pub(super) mod trial;

use reqwest::Url;

use super::http::{Error, Headers};
use super::post::{Way, shown};
use super::{Answer, Refused};
use crate::config::DestinationConfig;
use crate::model::Signal;
use crate::model::otlp::ExportPartialSuccess;

pub(super) use self::grpc::OtlpGrpc;
pub(super) use self::http::OtlpHttp;

/// `prior_knowledge`: HTTP/2 from the first byte where there is no TLS to agree on it.
pub(super) fn way(config: &DestinationConfig, prior_knowledge: bool) -> Result<Way, Error> {
    Ok(Way {
        client: super::http::client(config, prior_knowledge)?,
        headers: Headers::new(config, "Bearer")?,
        gzip: config.gzip,
    })
}

pub(super) fn base_url(config: &DestinationConfig) -> Result<Url, Error> {
    let bad = |reason: String| Error::Url { url: config.url.clone(), reason };
    let url: Url = config.url.parse().map_err(|error: <Url as std::str::FromStr>::Err| bad(error.to_string()))?;
    if url.has_host() { Ok(url) } else { Err(bad("it names no host".into())) }
}

/// What a probe and a test are about.
pub(super) fn first_signal(config: &DestinationConfig) -> Signal {
    Signal::ALL.into_iter().find(|signal| config.signals.contains(signal)).unwrap_or(Signal::Traces)
}

/// What a request that was taken means. What was left out of it is not to be sent again: it would be left out again, and
/// nobody says which records those are.
fn taken(partial: Option<ExportPartialSuccess>) -> Answer {
    let Some(partial) = partial.filter(|partial| partial.rejected > 0) else { return Answer::Delivered };
    let records = partial.rejected.unsigned_abs();
    let reason = format!("it took a request without {records} of its records and does not say which");
    Answer::DeliveredWithout { records, why: Refused { reason, response: shown(&partial.error_message) } }
}
