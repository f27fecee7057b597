//! Visits every string and every attribute of a payload.

use bytes::Bytes;
use prost::Message as _;

use super::{Redactor, Report, marker};
use crate::config::KeyAction;
use crate::model::otlp::{
    AnyValue, Exemplar, InstrumentationScope, KeyValue, LogRecord, LogsData, Metric, MetricsData, NumberDataPoint,
    Resource, Span, TracesData, Unknown, any_value, metric,
};

/// Masks values that stand under a key made for credentials.
const CREDENTIAL: &str = "credential-attribute";

/// One walk through one payload.
#[derive(Debug)]
pub struct Pass<'a> {
    redactor: &'a Redactor,
    report: Report,
}

/// What can be redacted: the data of one request.
pub trait Redactable {
    /// Hands every string and attribute list to `pass`.
    fn redact(&mut self, pass: &mut Pass<'_>);
}

impl<'a> Pass<'a> {
    pub(super) fn new(redactor: &'a Redactor) -> Self {
        Self { redactor, report: Report::default() }
    }

    pub(super) fn report(&self) -> Report {
        self.report
    }

    fn text(&mut self, text: &mut String) {
        if let Some(rewritten) = self.redactor.rewrite(text, 0, &mut self.report) {
            *text = rewritten;
        }
    }

    fn texts(&mut self, texts: &mut [String]) {
        texts.iter_mut().for_each(|text| self.text(text));
    }

    /// Bytes that happen to be text are read as text.
    fn bytes(&mut self, bytes: &mut Bytes) {
        let text = std::str::from_utf8(bytes).ok();
        if let Some(rewritten) = text.and_then(|text| self.redactor.rewrite(text, 0, &mut self.report)) {
            *bytes = rewritten.into();
        }
    }

    fn value(&mut self, value: &mut AnyValue) {
        match &mut value.value {
            Some(any_value::Value::StringValue(text)) => self.text(text),
            Some(any_value::Value::BytesValue(bytes)) => self.bytes(bytes),
            Some(any_value::Value::ArrayValue(list)) => list.values.iter_mut().for_each(|item| self.value(item)),
            Some(any_value::Value::KvlistValue(list)) => self.attributes(&mut list.values),
            Some(any_value::Value::BoolValue(_) | any_value::Value::IntValue(_) | any_value::Value::DoubleValue(_))
            | None => {}
        }
    }

    fn attributes(&mut self, list: &mut Vec<KeyValue>) {
        list.retain_mut(|pair| self.pair(pair));
    }

    /// Answers whether the attribute stays.
    fn pair(&mut self, pair: &mut KeyValue) -> bool {
        if let Some(rule) = self.redactor.rules.find(&pair.key) {
            if rule.action == KeyAction::Keep {
                return true;
            }
            let value = pair.value.as_ref().map(hashable).unwrap_or_default();
            let Some(text) = self.redactor.replacement(rule, &value, &mut self.report) else { return false };
            pair.value = Some(string(text));
        } else if let Some(value) = &mut pair.value {
            if self.redactor.detector.is_some() && holds_credential(&pair.key) {
                self.credential(value);
            }
            self.value(value);
        }
        self.text(&mut pair.key);
        true
    }

    /// Instrumentations record request headers as a list of strings under the header's name.
    fn credential(&mut self, value: &mut AnyValue) {
        match &mut value.value {
            Some(any_value::Value::StringValue(text)) if !is_marker(text) && text.len() >= 8 => {
                *text = marker(CREDENTIAL);
                self.report.masked += 1;
            }
            Some(any_value::Value::ArrayValue(list)) => list.values.iter_mut().for_each(|item| self.credential(item)),
            _ => {}
        }
    }

    fn unknown(&mut self, unknown: &mut Option<Box<Unknown>>) {
        if let Some(unknown) = unknown {
            super::unknown::redact(self.redactor, unknown, &mut self.report);
        }
    }

    fn resource(&mut self, resource: Option<&mut Resource>) {
        let Some(resource) = resource else { return };
        self.attributes(&mut resource.attributes);
        for entity in &mut resource.entity_refs {
            self.text(&mut entity.schema_url);
            self.text(&mut entity.r#type);
            self.texts(&mut entity.id_keys);
            self.texts(&mut entity.description_keys);
        }
    }

    fn scope(&mut self, scope: Option<&mut InstrumentationScope>) {
        let Some(scope) = scope else { return };
        self.text(&mut scope.name);
        self.text(&mut scope.version);
        self.attributes(&mut scope.attributes);
    }

    fn span(&mut self, span: &mut Span) {
        self.unknown(&mut span.unknown);
        self.text(&mut span.name);
        self.text(&mut span.trace_state);
        self.attributes(&mut span.attributes);
        for event in &mut span.events {
            self.text(&mut event.name);
            self.attributes(&mut event.attributes);
        }
        for link in &mut span.links {
            self.text(&mut link.trace_state);
            self.attributes(&mut link.attributes);
        }
        if let Some(status) = &mut span.status {
            self.text(&mut status.message);
        }
    }

    fn log_record(&mut self, record: &mut LogRecord) {
        self.unknown(&mut record.unknown);
        self.text(&mut record.severity_text);
        self.text(&mut record.event_name);
        self.attributes(&mut record.attributes);
        if let Some(body) = &mut record.body {
            self.value(body);
        }
    }

    fn metric(&mut self, metric: &mut Metric) {
        self.unknown(&mut metric.unknown);
        self.text(&mut metric.name);
        self.text(&mut metric.description);
        self.text(&mut metric.unit);
        self.attributes(&mut metric.metadata);
        match &mut metric.data {
            Some(metric::Data::Gauge(gauge)) => self.numbers(&mut gauge.data_points),
            Some(metric::Data::Sum(sum)) => self.numbers(&mut sum.data_points),
            Some(metric::Data::Histogram(histogram)) => {
                for point in &mut histogram.data_points {
                    self.unknown(&mut point.unknown);
                    self.attributes(&mut point.attributes);
                    self.exemplars(&mut point.exemplars);
                }
            }
            Some(metric::Data::ExponentialHistogram(histogram)) => {
                for point in &mut histogram.data_points {
                    self.unknown(&mut point.unknown);
                    self.attributes(&mut point.attributes);
                    self.exemplars(&mut point.exemplars);
                }
            }
            Some(metric::Data::Summary(summary)) => {
                for point in &mut summary.data_points {
                    self.unknown(&mut point.unknown);
                    self.attributes(&mut point.attributes);
                }
            }
            None => {}
        }
    }

    fn numbers(&mut self, points: &mut [NumberDataPoint]) {
        for point in points {
            self.unknown(&mut point.unknown);
            self.attributes(&mut point.attributes);
            self.exemplars(&mut point.exemplars);
        }
    }

    fn exemplars(&mut self, exemplars: &mut [Exemplar]) {
        exemplars.iter_mut().for_each(|exemplar| self.attributes(&mut exemplar.filtered_attributes));
    }
}

impl Redactable for TracesData {
    fn redact(&mut self, pass: &mut Pass<'_>) {
        for group in &mut self.resource_spans {
            pass.resource(group.resource.as_mut());
            pass.text(&mut group.schema_url);
            pass.unknown(&mut group.unknown);
            for scope in &mut group.scope_spans {
                pass.scope(scope.scope.as_mut());
                pass.text(&mut scope.schema_url);
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
            pass.text(&mut group.schema_url);
            pass.unknown(&mut group.unknown);
            for scope in &mut group.scope_logs {
                pass.scope(scope.scope.as_mut());
                pass.text(&mut scope.schema_url);
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
            pass.text(&mut group.schema_url);
            pass.unknown(&mut group.unknown);
            for scope in &mut group.scope_metrics {
                pass.scope(scope.scope.as_mut());
                pass.text(&mut scope.schema_url);
                pass.unknown(&mut scope.unknown);
                scope.metrics.iter_mut().for_each(|metric| pass.metric(metric));
            }
        }
    }
}

/// Equal text hashes equally wherever it stands; other values by their encoding.
fn hashable(value: &AnyValue) -> Vec<u8> {
    match &value.value {
        Some(any_value::Value::StringValue(text)) => text.as_bytes().to_vec(),
        Some(any_value::Value::BytesValue(bytes)) => bytes.to_vec(),
        _ => value.encode_to_vec(),
    }
}

fn string(text: String) -> AnyValue {
    AnyValue { value: Some(any_value::Value::StringValue(text)) }
}

fn is_marker(text: &str) -> bool {
    text.starts_with("[redacted:") || text.starts_with("[hash:")
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
