//! What is wrong with destinations.

use std::collections::BTreeSet;

use super::{DestinationConfig, DestinationKind, MediaForm, Start};
use crate::config::redact;
use crate::model::{Day, SpanKind};

const KEY: &str = "destination";

/// A request of a gigabyte is taken by nobody.
const MOST_BATCH_BYTES: usize = 64 << 20;

impl Start {
    /// The first day to be sent; `None` for what arrives from now on.
    ///
    /// # Errors
    /// When it is neither a word known here nor a date.
    pub fn day(&self) -> Result<Option<Day>, String> {
        match self.0.as_deref() {
            None | Some("now") => Ok(None),
            Some("beginning") => Ok(Some(Day::default())),
            Some(date) => date.parse().map(Some).map_err(|_| {
                format!("from = {date:?} is not known: write \"now\", \"beginning\" or a date such as \"2026-11-20\"")
            }),
        }
    }
}

pub(in crate::config) fn faults(destinations: &[DestinationConfig]) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    let mut names = BTreeSet::new();
    for (index, destination) in destinations.iter().enumerate() {
        let name = &destination.name;
        let shown = if name.is_empty() { format!("destination {}", index + 1) } else { format!("{name:?}") };
        let mut add = |fault: String| faults.push((KEY, format!("{shown}: {fault}")));
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
            add("a name of letters, digits, - and _ is needed: what was sent is remembered under it".into());
        } else if !names.insert(name) {
            add("the name is taken by another destination: give each its own".into());
        }
        of_one(destination).into_iter().for_each(add);
    }
    faults
}

fn of_one(destination: &DestinationConfig) -> Vec<String> {
    let mut faults = Vec::new();
    if !["http://", "https://"].iter().any(|scheme| destination.url.starts_with(scheme)) {
        faults.push(format!("url = {:?} is no address: write it as https://host:port", destination.url));
    }
    if destination.token.is_some() && destination.token_file.is_some() {
        faults.push("both token and token_file are given: keep one".into());
    }
    if destination.kind == DestinationKind::SplunkHec && destination.token_source().is_none() {
        faults.push("Splunk asks for a token: give token_file, or token = { credential = \"NAME\" }".into());
    }
    if destination.kind == DestinationKind::SplunkHec {
        faults.extend(destination.splunk.faults(destination.batch_bytes));
        if destination.media == Some(MediaForm::Inline) {
            faults.push("media = \"inline\" is for OTLP and webhooks: in Splunk an event is text of some KiB".into());
        }
    }
    faults.extend(destination.from.day().err());
    faults.extend(redact::of_rules(&destination.redact).map(|fault| format!("redact: {fault}")));
    if destination.signals.is_empty() {
        faults.push("signals is empty, so nothing would be sent: name traces, logs or metrics, or leave it out".into());
    }
    if !(1 << 10..=MOST_BATCH_BYTES).contains(&destination.batch_bytes) {
        faults.push(format!("batch_bytes = {} must be between 1024 and {MOST_BATCH_BYTES}", destination.batch_bytes));
    }
    if !(1..=1_000_000).contains(&destination.batch_records) {
        faults.push(format!("batch_records = {} must be between 1 and 1000000", destination.batch_records));
    }
    if !(1..=64).contains(&destination.concurrency) {
        faults.push(format!("concurrency = {} must be between 1 and 64", destination.concurrency));
    }
    if !(100..=600_000).contains(&destination.timeout_ms) {
        faults.push(format!("timeout_ms = {} must be between 100 and 600000", destination.timeout_ms));
    }
    faults.extend(destination.sampling.iter().flat_map(super::SamplingConfig::faults));
    for name in destination.filter.kind.iter().filter(|name| SpanKind::from_name(name).is_none()) {
        let known: Vec<&str> = SpanKind::ALL.iter().map(|kind| kind.as_str()).collect();
        faults.push(format!("filter.kind: {name:?} is no kind of span; known are {}", known.join(", ")));
    }
    let tls = &destination.tls;
    if tls.certificate.is_some() != tls.key.is_some() {
        faults.push("tls.certificate and tls.key belong together: give both or none".into());
    }
    if tls.insecure_skip_verify && tls.fingerprint.is_some() {
        faults.push("tls.insecure_skip_verify makes tls.fingerprint useless: remove one".into());
    }
    let hex = |text: &str| text.chars().filter(|c| *c != ':').all(|c| c.is_ascii_hexdigit());
    if let Some(fingerprint) = &tls.fingerprint
        && !(hex(fingerprint) && fingerprint.chars().filter(|c| *c != ':').count() == 64)
    {
        faults.push("tls.fingerprint must be the 64 hex digits of a SHA-256: openssl x509 -fingerprint -sha256".into());
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<DestinationConfig> {
        #[derive(serde::Deserialize)]
        struct File {
            destination: Vec<DestinationConfig>,
        }
        let figment =
            figment::Figment::new().merge(<figment::providers::Toml as figment::providers::Format>::string(text));
        figment.extract::<File>().expect("readable").destination
    }

    #[test]
    fn every_fault_is_named_with_its_remedy() {
        let told: Vec<String> = faults(&read(
            r#"
            [[destination]]
            name = "splunk"
            kind = "splunk_hec"
            url = "splunk.lan:8088"
            from = "yesterday"
            batch_bytes = 1
            concurrency = 0
            timeout_ms = 1
            signals = []
            filter = { kind = ["model"] }
            tls = { fingerprint = "12:34", key = "own.key", insecure_skip_verify = true }
            [[destination]]
            name = "splunk"
            kind = "webhook"
            url = "http://hook.lan"
            token = "a"
            token_file = "b"
            batch_records = 0
            "#,
        ))
        .into_iter()
        .map(|(_, fault)| fault)
        .collect();
        for part in [
            "\"splunk\": url = \"splunk.lan:8088\" is no address",
            "Splunk asks for a token",
            "from = \"yesterday\" is not known",
            "batch_bytes = 1 must be",
            "concurrency = 0 must be",
            "timeout_ms = 1 must be",
            "signals is empty",
            "filter.kind: \"model\" is no kind of span; known are llm",
            "tls.certificate and tls.key belong together",
            "makes tls.fingerprint useless",
            "must be the 64 hex digits",
            "the name is taken",
            "both token and token_file",
            "batch_records = 0 must be",
        ] {
            assert!(told.iter().any(|fault| fault.contains(part)), "{part} is not in {told:#?}");
        }
        assert_eq!(told.len(), 14, "{told:#?}");
    }

    #[test]
    fn a_destination_needs_little_to_be_right() {
        let list = read(
            r#"
            [[destination]]
            name = "archive"
            kind = "splunk_hec"
            url = "https://splunk.lan:8088"
            token = { credential = "splunk" }
            from = "2026-11-20"
            [[destination]]
            name = "langfuse"
            kind = "otlp_http"
            url = "https://langfuse.lan/api/public/otel"
            headers = { authorization = { env = "LANGFUSE_AUTH" }, x-plain = "yes" }
            "#,
        );
        assert_eq!(faults(&list), []);
        assert_eq!(list[0].from.day(), Ok(Some("2026-11-20".parse().expect("a day"))));
        assert_eq!(
            list[1],
            DestinationConfig {
                headers: list[1].headers.clone(),
                ..DestinationConfig::new("langfuse", DestinationKind::OtlpHttp, &list[1].url)
            }
        );
    }
}
