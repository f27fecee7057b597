//! `[destination.splunk]`: how telemetry becomes Splunk events, and whether the indexers' confirmation is waited for.

use serde::{Deserialize, Serialize};

use super::template::Template;

/// The largest body before compression: Splunk Cloud 10.5 refuses somewhere between this and 6,000,000 bytes, and does
/// not say so with 413 (measured by github.com/ross/logit).
pub const MOST_BODY_BYTES: usize = 5 << 20;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplunkConfig {
    /// `host` of everything. Default `{host}`.
    pub host: Option<String>,
    /// `source` of everything. Default `{service}`.
    pub source: Option<String>,
    /// Index of spans, logs and scores; none: the token's default index.
    pub index: Option<String>,
    /// Where people open this Tracemeter, such as `https://tracemeter.home`: events then have the address of their trace.
    pub page: Option<String>,
    /// Whether to wait until the indexers confirm what was sent. Default `auto`: when the token has it switched on.
    pub ack: Acknowledgement,
    /// Seconds to wait for it before the same is sent again. Default 300.
    pub ack_patience_s: u64,
    pub traces: SplunkEvent,
    pub logs: SplunkEvent,
    /// `index` should be a metrics index: Splunk drops measurements that come to another one.
    pub metrics: SplunkEvent,
    /// Scores and feedback (`gen_ai.evaluation.result`).
    pub scores: SplunkEvent,
}

/// What stands around the events of one signal; what is not given is that of all, or the default. All may name what is
/// known of a record in braces: `llm_{environment|none}`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplunkEvent {
    pub host: Option<String>,
    pub source: Option<String>,
    /// Default `tracemeter:span`, `tracemeter:log`, `tracemeter:metric`, `tracemeter:score`.
    pub sourcetype: Option<String>,
    pub index: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Acknowledgement {
    /// When an answer carries an `ackId`.
    #[default]
    Auto,
    /// What Splunk has received counts as delivered.
    Off,
}

impl Default for SplunkConfig {
    fn default() -> Self {
        Self {
            host: None,
            source: None,
            index: None,
            page: None,
            ack: Acknowledgement::default(),
            ack_patience_s: 300,
            traces: SplunkEvent::default(),
            logs: SplunkEvent::default(),
            metrics: SplunkEvent::default(),
            scores: SplunkEvent::default(),
        }
    }
}

impl SplunkConfig {
    /// What is wrong, besides what is wrong with any destination.
    pub(super) fn faults(&self, batch_bytes: usize) -> Vec<String> {
        let mut faults = Vec::new();
        if batch_bytes > MOST_BODY_BYTES {
            faults.push(format!("batch_bytes = {batch_bytes}: Splunk Cloud takes at most {MOST_BODY_BYTES}"));
        }
        if !(1..=3600).contains(&self.ack_patience_s) {
            faults.push(format!("splunk.ack_patience_s = {} must be between 1 and 3600", self.ack_patience_s));
        }
        if let Some(page) = self.page.as_ref().filter(|page| !page.starts_with("http")) {
            faults.push(format!("splunk.page = {page:?} is no address: write it as https://host"));
        }
        let events =
            [("traces", &self.traces), ("logs", &self.logs), ("metrics", &self.metrics), ("scores", &self.scores)];
        let mut templates = vec![
            ("splunk.host".to_owned(), &self.host),
            ("splunk.source".to_owned(), &self.source),
            ("splunk.index".to_owned(), &self.index),
        ];
        for (name, event) in events {
            let SplunkEvent { host, source, sourcetype, index } = event;
            let of = [("host", host), ("source", source), ("sourcetype", sourcetype), ("index", index)];
            templates.extend(of.map(|(key, value)| (format!("splunk.{name}.{key}"), value)));
        }
        for (key, text) in templates {
            if let Some(text) = text
                && let Err(why) = Template::new(text)
            {
                faults.push(format!("{key} = {text:?}: {why}"));
            }
        }
        let indexes = [&self.index, &self.traces.index, &self.logs.index, &self.metrics.index, &self.scores.index];
        for index in indexes.into_iter().flatten().filter(|index| !index.contains('{') && !is_index(index)) {
            faults.push(format!("index {index:?} is no name of an index: a-z, 0-9, _ and - only, a-z or 0-9 first"));
        }
        faults
    }
}

/// Splunk: lower-case letters, digits, underscores and hyphens, and not one of the last two in front.
fn is_index(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(plain) && name.chars().all(|c| plain(c) || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_splunk_would_refuse_is_found_before() {
        let mut config = SplunkConfig {
            index: Some("LLM".into()),
            ack_patience_s: 0,
            page: Some("home".into()),
            ..SplunkConfig::default()
        };
        config.traces.source = Some("{service".into());
        config.logs.index = Some("llm_{environment|none}".into());
        let faults = config.faults(6 << 20);
        assert_eq!(faults.len(), 5, "{faults:?}");
        assert!(faults.iter().any(|fault| fault.contains("splunk.traces.source")), "{faults:?}");
        assert_eq!(SplunkConfig::default().faults(1 << 20), Vec::<String>::new());
    }
}
