//! Visits every string and every attribute of a payload.

use bytes::Bytes;
use prost::Message as _;

use super::keys::Rule;
use super::note::{By, Ledger};
use super::{Redactor, Report, content, markers};
use crate::config::{Capture, KeyAction};
use crate::model::otlp::{
    AnyValue, Exemplar, InstrumentationScope, KeyValue, LogRecord, LogsData, Metric, MetricsData, NumberDataPoint,
    Resource, Span, TracesData, Unknown, any_value, metric,
};

/// Masks values that stand under a key made for credentials.
pub(super) const CREDENTIAL: &str = "credential-attribute";

/// One walk through one payload.
pub struct Pass<'a> {
    redactor: &'a Redactor,
    ledger: Ledger<'a>,
}

/// What can be redacted: the data of one request.
pub trait Redactable {
    /// Hands every string and attribute list to `pass`.
    fn redact(&mut self, pass: &mut Pass<'_>);
}

impl<'a> Pass<'a> {
    pub(super) fn new(redactor: &'a Redactor, ledger: Ledger<'a>) -> Self {
        Self { redactor, ledger }
    }

    pub(super) fn report(&self) -> Report {
        self.ledger.report
    }

    fn text_at(&mut self, part: &'static str, text: &mut String) {
        self.ledger.at(part, "");
        self.text(text);
    }

    fn text(&mut self, text: &mut String) {
        if let Some(rewritten) = self.redactor.rewrite(text, 0, &mut self.ledger) {
            *text = rewritten;
        }
    }

    fn texts(&mut self, part: &'static str, texts: &mut [String]) {
        texts.iter_mut().for_each(|text| self.text_at(part, text));
    }

    /// Bytes that happen to be text are read as text.
    fn bytes(&mut self, bytes: &mut Bytes) {
        let text = std::str::from_utf8(bytes).ok();
        if let Some(rewritten) = text.and_then(|text| self.redactor.rewrite(text, 0, &mut self.ledger)) {
            *bytes = rewritten.into();
        }
    }

    fn value(&mut self, part: &'static str, value: &mut AnyValue) {
        match &mut value.value {
            Some(any_value::Value::StringValue(text)) => self.text(text),
            Some(any_value::Value::BytesValue(bytes)) => self.bytes(bytes),
            Some(any_value::Value::ArrayValue(list)) => list.values.iter_mut().for_each(|item| self.value(part, item)),
            Some(any_value::Value::KvlistValue(list)) => self.attributes(part, &mut list.values),
            Some(any_value::Value::BoolValue(_) | any_value::Value::IntValue(_) | any_value::Value::DoubleValue(_))
            | None => {}
        }
    }

    fn attributes(&mut self, part: &'static str, list: &mut Vec<KeyValue>) {
        list.retain_mut(|pair| self.pair(part, pair));
    }

    /// Answers whether the attribute stays.
    fn pair(&mut self, part: &'static str, pair: &mut KeyValue) -> bool {
        self.ledger.at(part, &pair.key);
        if let Some(rule) = self.redactor.rules.find(&pair.key) {
            match rule.action {
                KeyAction::Keep => return true,
                KeyAction::Truncate => {
                    pair.value.iter_mut().for_each(|value| self.truncate(rule, value));
                }
                KeyAction::Drop | KeyAction::Mask | KeyAction::Hash => {
                    let (shown, hashed) = pair.value.as_ref().map(hashable).unwrap_or_default();
                    let with = self.redactor.replacement(rule, &shown, &hashed, 0, &mut self.ledger);
                    let Some(text) = with else { return false };
                    pair.value = Some(string(text));
                }
            }
        } else if let Some(value) = &mut pair.value {
            if self.redactor.without_content && !self.without_content(&pair.key, value) {
                return false;
            }
            if self.redactor.detectors.hides_credentials() && holds_credential(&pair.key) {
                self.credential(value);
            }
            self.value(part, value);
        }
        self.text(&mut pair.key);
        true
    }

    /// Takes content out of the value of `key`; answers whether anything is left.
    fn without_content(&mut self, key: &str, value: &mut AnyValue) -> bool {
        let before = if self.ledger.is_watched() { shown(value) } else { String::new() };
        let name = Capture::Metadata.as_str();
        match content::strip(key, value) {
            content::Left::All => true,
            content::Left::Some => {
                let after = if self.ledger.is_watched() { shown(value) } else { String::new() };
                self.ledger.note(By::Capture, name, KeyAction::Truncate, &before, Some(&after));
                true
            }
            content::Left::Nothing => {
                self.ledger.note(By::Capture, name, KeyAction::Drop, &before, None);
                false
            }
        }
    }

    /// Every text in `value` by itself.
    fn truncate(&mut self, rule: &Rule, value: &mut AnyValue) {
        let redactor = self.redactor;
        match &mut value.value {
            Some(any_value::Value::StringValue(text)) => {
                if let Some(cut) = redactor.replacement(rule, text, &[], 0, &mut self.ledger) {
                    *text = cut;
                }
            }
            Some(any_value::Value::BytesValue(bytes)) => match std::str::from_utf8(bytes) {
                Ok(text) => {
                    if let Some(cut) = redactor.replacement(rule, text, &[], 0, &mut self.ledger) {
                        *bytes = cut.into();
                    }
                }
                Err(_) if bytes.len() > rule.length => {
                    bytes.truncate(rule.length);
                    self.ledger.note(By::Rule, &rule.key, KeyAction::Truncate, "", Some(""));
                }
                Err(_) => {}
            },
            Some(any_value::Value::ArrayValue(list)) => {
                list.values.iter_mut().for_each(|item| self.truncate(rule, item));
            }
            Some(any_value::Value::KvlistValue(list)) => {
                for pair in &mut list.values {
                    pair.value.iter_mut().for_each(|value| self.truncate(rule, value));
                }
            }
            Some(any_value::Value::BoolValue(_) | any_value::Value::IntValue(_) | any_value::Value::DoubleValue(_))
            | None => {}
        }
    }

    /// Instrumentations record request headers as a list of strings under the header's name.
    fn credential(&mut self, value: &mut AnyValue) {
        match &mut value.value {
            Some(any_value::Value::StringValue(text)) if text.len() >= 8 && !self.redactor.markers.is_marker(text) => {
                let marker = markers::masked(CREDENTIAL);
                self.ledger.note(By::Detector, CREDENTIAL, KeyAction::Mask, text, Some(&marker));
                *text = marker;
            }
            Some(any_value::Value::ArrayValue(list)) => list.values.iter_mut().for_each(|item| self.credential(item)),
            _ => {}
        }
    }

    /// Fields that this version does not know; they could be content.
    fn unknown(&mut self, unknown: &mut Option<Box<Unknown>>) {
        self.ledger.at("unknown", "");
        if self.redactor.without_content && unknown.take().is_some() {
            self.ledger.note(By::Capture, Capture::Metadata.as_str(), KeyAction::Drop, "", None);
        }
        if let Some(unknown) = unknown {
            super::unknown::redact(self.redactor, unknown, &mut self.ledger);
        }
    }

    fn resource(&mut self, resource: Option<&mut Resource>) {
        let Some(resource) = resource else { return };
        self.attributes("resource.attribute", &mut resource.attributes);
        for entity in &mut resource.entity_refs {
            self.text_at("resource.entity", &mut entity.schema_url);
            self.text_at("resource.entity", &mut entity.r#type);
            self.texts("resource.entity", &mut entity.id_keys);
            self.texts("resource.entity", &mut entity.description_keys);
        }
    }

    fn scope(&mut self, scope: Option<&mut InstrumentationScope>) {
        let Some(scope) = scope else { return };
        self.text_at("scope.name", &mut scope.name);
        self.text_at("scope.version", &mut scope.version);
        self.attributes("scope.attribute", &mut scope.attributes);
    }

    fn span(&mut self, span: &mut Span) {
        self.ledger.of(&span.trace_id, &span.span_id);
        self.unknown(&mut span.unknown);
        self.text_at("span.name", &mut span.name);
        self.text_at("span.trace_state", &mut span.trace_state);
        self.attributes("span.attribute", &mut span.attributes);
        for event in &mut span.events {
            self.text_at("event.name", &mut event.name);
            self.attributes("event.attribute", &mut event.attributes);
        }
        for link in &mut span.links {
            self.text_at("link.trace_state", &mut link.trace_state);
            self.attributes("link.attribute", &mut link.attributes);
        }
        if let Some(status) = &mut span.status {
            self.text_at("span.status", &mut status.message);
        }
    }

    fn log_record(&mut self, record: &mut LogRecord) {
        self.ledger.of(&record.trace_id, &record.span_id);
        self.unknown(&mut record.unknown);
        self.text_at("log.severity", &mut record.severity_text);
        self.text_at("log.event", &mut record.event_name);
        self.attributes("log.attribute", &mut record.attributes);
        self.ledger.at("log.body", "");
        if let Some(body) = &mut record.body
            && (!self.redactor.without_content || self.without_content(content::BODY, body))
        {
            self.value("log.body", body);
        } else {
            record.body = None;
        }
    }

    fn metric(&mut self, metric: &mut Metric) {
        self.unknown(&mut metric.unknown);
        self.text_at("metric.name", &mut metric.name);
        self.text_at("metric.description", &mut metric.description);
        self.text_at("metric.unit", &mut metric.unit);
        self.attributes("metric.metadata", &mut metric.metadata);
        match &mut metric.data {
            Some(metric::Data::Gauge(gauge)) => self.numbers(&mut gauge.data_points),
            Some(metric::Data::Sum(sum)) => self.numbers(&mut sum.data_points),
            Some(metric::Data::Histogram(histogram)) => {
                for point in &mut histogram.data_points {
                    self.unknown(&mut point.unknown);
                    self.attributes("point.attribute", &mut point.attributes);
                    self.exemplars(&mut point.exemplars);
                }
            }
            Some(metric::Data::ExponentialHistogram(histogram)) => {
                for point in &mut histogram.data_points {
                    self.unknown(&mut point.unknown);
                    self.attributes("point.attribute", &mut point.attributes);
                    self.exemplars(&mut point.exemplars);
                }
            }
            Some(metric::Data::Summary(summary)) => {
                for point in &mut summary.data_points {
                    self.unknown(&mut point.unknown);
                    self.attributes("point.attribute", &mut point.attributes);
                }
            }
            None => {}
        }
    }

    fn numbers(&mut self, points: &mut [NumberDataPoint]) {
        for point in points {
            self.unknown(&mut point.unknown);
            self.attributes("point.attribute", &mut point.attributes);
            self.exemplars(&mut point.exemplars);
        }
    }

    fn exemplars(&mut self, exemplars: &mut [Exemplar]) {
        exemplars
            .iter_mut()
            .for_each(|exemplar| self.attributes("exemplar.attribute", &mut exemplar.filtered_attributes));
    }
}

impl Redactable for TracesData {
    fn redact(&mut self, pass: &mut Pass<'_>) {
        for group in &mut self.resource_spans {
            pass.resource(group.resource.as_mut());
            pass.text_at("schema_url", &mut group.schema_url);
            pass.unknown(&mut group.unknown);
            for scope in &mut group.scope_spans {
                pass.scope(scope.scope.as_mut());
                pass.text_at("schema_url", &mut scope.schema_url);
                pass.unknown(&mut scope.unknown);
                scope.spans.iter_mut().for_each(|span| pass.span(span));
            }
        }
    }
}

impl Redactable for LogsData {
    fn redact(&mut self, pass: &mut Pass<'_>) {
        for group in &mut self.resource_logs {
            pass.resource(group.resource.as_mut());
            pass.text_at("schema_url", &mut group.schema_url);
            pass.unknown(&mut group.unknown);
            for scope in &mut group.scope_logs {
                pass.scope(scope.scope.as_mut());
                pass.text_at("schema_url", &mut scope.schema_url);
                pass.unknown(&mut scope.unknown);
                scope.log_records.iter_mut().for_each(|record| pass.log_record(record));
            }
        }
    }
}

impl Redactable for MetricsData {
    fn redact(&mut self, pass: &mut Pass<'_>) {
        for group in &mut self.resource_metrics {
            pass.resource(group.resource.as_mut());
            pass.text_at("schema_url", &mut group.schema_url);
            pass.unknown(&mut group.unknown);
            for scope in &mut group.scope_metrics {
                pass.scope(scope.scope.as_mut());
                pass.text_at("schema_url", &mut scope.schema_url);
                pass.unknown(&mut scope.unknown);
                scope.metrics.iter_mut().for_each(|metric| pass.metric(metric));
            }
        }
    }
}

/// A value as text, and what is hashed of it: equal text hashes equally wherever it stands; other values by their
/// encoding.
fn hashable(value: &AnyValue) -> (String, Vec<u8>) {
    match &value.value {
        Some(any_value::Value::StringValue(text)) => (text.clone(), text.as_bytes().to_vec()),
        Some(any_value::Value::BytesValue(bytes)) => (shown(value), bytes.to_vec()),
        _ => (shown(value), value.encode_to_vec()),
    }
}

/// A value for a person to read.
fn shown(value: &AnyValue) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    match &value.value {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::BytesValue(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        Some(any_value::Value::BoolValue(flag)) => flag.to_string(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        Some(any_value::Value::DoubleValue(number)) => number.to_string(),
        Some(any_value::Value::ArrayValue(items)) => format!("[{}]", list(items.values.iter().map(shown).collect())),
        Some(any_value::Value::KvlistValue(pairs)) => {
            let pair =
                |pair: &KeyValue| format!("{}: {}", pair.key, pair.value.as_ref().map(shown).unwrap_or_default());
            format!("{{{}}}", list(pairs.values.iter().map(pair).collect()))
        }
        None => String::new(),
    }
}

fn string(text: String) -> AnyValue {
    AnyValue { value: Some(any_value::Value::StringValue(text)) }
}

/// Keys under which HTTP instrumentations put credentials: `http.request.header.authorization`,
/// `http.request.header.x-api-key` and their spellings with underscores.
pub(super) fn holds_credential(key: &str) -> bool {
    let ends_with = |end: &str| {
        let start = key.len().checked_sub(end.len());
        start.and_then(|start| key.get(start..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    };
    let header = || key.as_bytes().windows(7).any(|window| window.eq_ignore_ascii_case(b"header."));
    ends_with("authorization") || ((ends_with("api-key") || ends_with("api_key")) && header())
}
