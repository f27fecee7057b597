//! What stands around every event: `host`, `source`, `sourcetype`, `index`. Nothing else may: of an object with a key it
//! does not know Splunk says 200 and drops it with all that follow.

use std::sync::Arc;

use super::json;
use crate::config::{SplunkConfig, SplunkEvent, Template};
use crate::model::otlp::{KeyValue, Resource, any_value};

/// How the events of one signal are labelled.
#[derive(Debug, Clone)]
pub struct Frame {
    host: Template,
    source: Template,
    sourcetype: Template,
    index: Option<Template>,
    /// Measurements never share a request with events: their indexes are of another kind.
    family: &'static str,
    signal: &'static str,
}

/// What of a record the labels may be made of.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub resource: Option<&'a Resource>,
    pub service: &'a str,
    pub project: &'a str,
}

/// The beginning of events with the same labels.
#[derive(Debug, Clone)]
pub struct Head {
    /// `{"host":"..",` and so on.
    pub bytes: Vec<u8>,
    pub group: Arc<str>,
}

/// The frames of all signals.
#[derive(Debug, Clone)]
pub struct Frames {
    pub spans: Frame,
    pub logs: Frame,
    pub metrics: Frame,
    pub scores: Frame,
    /// Where the pages of this Tracemeter are, without a slash at the end.
    page: Option<String>,
}

impl Frames {
    /// # Errors
    /// When a template is not one.
    pub fn new(config: &SplunkConfig) -> Result<Self, String> {
        let frame = |event: &SplunkEvent, signal, sourcetype, family: &'static str| {
            let or = |own: &Option<String>, all: &Option<String>, otherwise: &str| {
                Template::new(own.as_deref().or(all.as_deref()).unwrap_or(otherwise))
            };
            // Splunk rejects measurements in an index of events: they have only their own.
            let common = if family == METRICS { &None } else { &config.index };
            let index = event.index.as_deref().or(common.as_deref()).map(Template::new).transpose()?;
            Ok::<_, String>(Frame {
                host: or(&event.host, &config.host, "{host}")?,
                source: or(&event.source, &config.source, "{service}")?,
                sourcetype: or(&event.sourcetype, &None, sourcetype)?,
                index,
                family,
                signal,
            })
        };
        Ok(Self {
            spans: frame(&config.traces, "traces", "tracemeter:span", EVENTS)?,
            logs: frame(&config.logs, "logs", "tracemeter:log", EVENTS)?,
            metrics: frame(&config.metrics, "metrics", "tracemeter:metric", METRICS)?,
            scores: frame(&config.scores, "scores", "tracemeter:score", EVENTS)?,
            page: config.page.as_ref().map(|page| page.trim_end_matches('/').to_owned()),
        })
    }

    /// The page of a trace, at one of its spans if there is an id.
    pub fn trace_url(&self, trace: &[u8], span: &[u8]) -> Option<String> {
        let page = self.page.as_ref().filter(|_| trace.len() == 16)?;
        let mut url = format!("{page}/traces/{}", hex::encode(trace));
        if span.len() == 8 {
            url.push_str("?span=");
            url.push_str(&hex::encode(span));
        }
        Some(url)
    }

    pub fn has_metrics_index(&self) -> bool {
        self.metrics.index.is_some()
    }
}

const EVENTS: &str = "events";
const METRICS: &str = "metrics";

fn group(family: &str, index: Option<String>) -> String {
    format!("{family} of {}", index.as_deref().unwrap_or("the default index"))
}

impl Frame {
    pub fn head(&self, about: About<'_>) -> Head {
        let look_up = |name: &str| self.look_up(about, name);
        let index = self.index.as_ref().and_then(|index| {
            let fixed = index.is_fixed();
            index.fill(look_up).map(|name| if fixed { name } else { index_name(&name) })
        });
        let mut bytes = b"{".to_vec();
        let labels = [
            ("host", self.host.fill(look_up)),
            ("source", self.source.fill(look_up)),
            ("sourcetype", self.sourcetype.fill(look_up)),
            ("index", index.clone()),
        ];
        for (key, label) in labels {
            if let Some(label) = label {
                json::key(&mut bytes, key);
                json::string(&mut bytes, &label);
            }
        }
        Head { bytes, group: group(self.family, index).into() }
    }

    fn look_up(&self, about: About<'_>, name: &str) -> Option<String> {
        let attribute = |name: &str| attribute(about.resource, name);
        match name {
            "service" => Some(about.service.to_owned()),
            "project" => Some(about.project.to_owned()),
            "signal" => Some(self.signal.to_owned()),
            "host" => attribute("host.name").or_else(|| attribute("host")),
            "environment" => attribute("deployment.environment.name").or_else(|| attribute("deployment.environment")),
            other => attribute(other),
        }
    }
}

/// What a client calls itself may have letters that no index has.
fn index_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let name: String = name.to_lowercase().chars().map(|c| if plain(c) { c } else { '_' }).collect();
    name.trim_start_matches(['_', '-']).to_owned()
}

fn attribute(resource: Option<&Resource>, name: &str) -> Option<String> {
    let pairs = &resource?.attributes;
    let pair: &KeyValue = pairs.iter().rev().find(|pair| pair.key == name)?;
    Some(match pair.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => text.clone(),
        any_value::Value::IntValue(number) => number.to_string(),
        any_value::Value::BoolValue(flag) => flag.to_string(),
        any_value::Value::DoubleValue(number) => number.to_string(),
        _ => return None,
    })
}

/// `"time":1700000000.123`, unless nothing tells one: Splunk then takes the time at which it gets the event. 0 is none.
pub fn time(out: &mut Vec<u8>, nanos: i64) {
    let millis = nanos / 1_000_000;
    if millis > 0 {
        json::key(out, "time");
        out.extend_from_slice(format!("{}.{:03}", millis / 1_000, millis % 1_000).as_bytes());
    }
}

/// The first of `times` that is told, else when it came.
pub fn first_time<const N: usize>(times: [u64; N], received: crate::model::UnixNanos) -> i64 {
    let told = times.into_iter().find(|time| *time >= 1_000_000);
    told.map_or(received.0, |time| i64::try_from(time).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::otlp::AnyValue;

    fn resource(pairs: &[(&str, &str)]) -> Resource {
        let value = |text: &str| AnyValue { value: Some(any_value::Value::StringValue(text.into())) };
        let pair = |(key, text): &(&str, &str)| KeyValue { key: (*key).into(), value: Some(value(text)) };
        Resource { attributes: pairs.iter().map(pair).collect(), ..Resource::default() }
    }

    #[test]
    fn labels_are_made_of_what_is_known() {
        let mut config = SplunkConfig { index: Some("llm_{environment|none}".into()), ..SplunkConfig::default() };
        config.scores.index = Some("scores".into());
        let frames = Frames::new(&config).expect("valid");
        let home = resource(&[("host.name", "pve"), ("deployment.environment.name", "At Home")]);
        let about = About { resource: Some(&home), service: "shop", project: "default" };
        let head = frames.spans.head(about);
        let expected = r#"{"host":"pve","source":"shop","sourcetype":"tracemeter:span","index":"llm_at_home""#;
        assert_eq!(String::from_utf8(head.bytes).expect("UTF-8"), expected);
        assert_eq!(&*head.group, "events of llm_at_home");
        let nobody = About { resource: None, ..about };
        assert_eq!(&*frames.logs.head(nobody).group, "events of llm_none");
        let metrics = frames.metrics.head(nobody);
        assert_eq!(
            String::from_utf8(metrics.bytes).expect("UTF-8"),
            r#"{"source":"shop","sourcetype":"tracemeter:metric""#
        );
        assert_eq!(&*metrics.group, "metrics of the default index");
        assert_eq!(&*frames.scores.head(nobody).group, "events of scores");
    }

    #[test]
    fn a_time_of_nought_is_left_out() {
        let written = |nanos| {
            let mut out = b"{".to_vec();
            time(&mut out, nanos);
            String::from_utf8(out).expect("UTF-8")
        };
        assert_eq!(written(1_700_000_000_123_456_789), "{\"time\":1700000000.123");
        assert_eq!(written(0), "{");
        assert_eq!(first_time([0, 2_000_000], crate::model::UnixNanos(9)), 2_000_000);
        assert_eq!(first_time([0], crate::model::UnixNanos(9)), 9);
    }
}
