//! Which records of a chunk go to a destination, and what of them.

use std::sync::Arc;

use super::item::Selected;
use crate::config::DestinationConfig;
use crate::interpret::Interpreter;
use crate::journal::{Chunk, One, Payload, Where};
use crate::model::otlp::{AnyValue, InstrumentationScope, KeyValue, Resource, Span, any_value};
use crate::model::{Pattern, Signal, SpanKind, TraceId};
use crate::redact::Redactor;

/// The filter and the content policy of one destination.
pub struct Selector {
    signals: Vec<Signal>,
    service: Vec<Pattern>,
    environment: Vec<Pattern>,
    /// Empty: spans of any kind.
    kinds: Vec<SpanKind>,
    attributes: Vec<(String, Vec<Pattern>)>,
    redactor: Option<Redactor>,
    interpreter: Arc<Interpreter>,
}

/// Whether a record goes, by its trace.
pub type Keep<'a> = &'a dyn Fn(Option<TraceId>) -> bool;

impl Selector {
    /// `redactor`: what a destination must not get of what is kept here, if anything.
    pub fn new(config: &DestinationConfig, redactor: Option<Redactor>, interpreter: Arc<Interpreter>) -> Self {
        let patterns = |texts: &[String]| texts.iter().map(|text| Pattern::new(text)).collect::<Vec<_>>();
        let filter = &config.filter;
        Self {
            signals: config.signals.clone(),
            service: patterns(&filter.service),
            environment: patterns(&filter.environment),
            kinds: filter.kind.iter().filter_map(|name| SpanKind::from_name(name)).collect(),
            attributes: filter.attribute.iter().map(|(key, values)| (key.clone(), patterns(values))).collect(),
            redactor,
            interpreter,
        }
    }

    pub fn interpreter(&self) -> Arc<Interpreter> {
        Arc::clone(&self.interpreter)
    }

    /// Whether anything of the signal goes at all.
    pub fn takes(&self, signal: Signal) -> bool {
        self.signals.contains(&signal)
    }

    /// What of the chunk goes; `None` when nothing does. `payload` is what the chunk holds.
    pub fn select(&self, chunk: &Chunk, payload: Payload, keep: Keep<'_>) -> Option<Selected> {
        if !self.takes(chunk.signal) {
            return None;
        }
        let mut ordinals = Vec::with_capacity(chunk.items as usize);
        let (mut payload, mut next) = (payload, 0);
        payload.retain(|place, record| {
            let goes = self.goes(keep, place, record);
            if goes {
                ordinals.push(next);
            }
            next += 1;
            goes
        });
        if ordinals.is_empty() {
            return None;
        }
        if let Some(redactor) = &self.redactor {
            redact(redactor, &mut payload);
        }
        let (cursor, received, project) = (chunk.cursor, chunk.received, chunk.project.clone());
        Some(Selected { cursor, received, project, payload, ordinals, known: None })
    }

    fn goes(&self, keep: Keep<'_>, place: Where<'_>, record: One<'_>) -> bool {
        let (attributes, trace) = match record {
            One::Span(span) => (&span.attributes[..], TraceId::from_slice(&span.trace_id)),
            One::Log(log) => (&log.attributes[..], TraceId::from_slice(&log.trace_id)),
            One::Metric(_) => (&[][..], None),
        };
        keep(trace)
            && self.by_resource(place.resource)
            && self.by_attributes(place.resource, attributes)
            && match record {
                One::Span(span) => self.is_of_kind(place, span),
                One::Log(_) | One::Metric(_) => true,
            }
    }

    fn by_resource(&self, resource: Option<&Resource>) -> bool {
        let attributes = resource.map_or(&[][..], |resource| &resource.attributes);
        fits(&self.service, || text(attributes, &["service.name"]))
            && fits(&self.environment, || text(attributes, &["deployment.environment.name", "deployment.environment"]))
    }

    fn by_attributes(&self, resource: Option<&Resource>, attributes: &[KeyValue]) -> bool {
        let of_resource = resource.map_or(&[][..], |resource| &resource.attributes);
        self.attributes
            .iter()
            .all(|(key, patterns)| fits(patterns, || text(attributes, &[key]).or_else(|| text(of_resource, &[key]))))
    }

    fn is_of_kind(&self, Where { resource, scope }: Where<'_>, span: &Span) -> bool {
        if self.kinds.is_empty() {
            return true;
        }
        let (no_resource, no_scope) = (Resource::default(), InstrumentationScope::default());
        let read = self.interpreter.span(resource.unwrap_or(&no_resource), scope.unwrap_or(&no_scope), span);
        read.is_some_and(|span| self.kinds.contains(&span.kind))
    }
}

fn redact(redactor: &Redactor, payload: &mut Payload) {
    match payload {
        Payload::Traces(data) => redactor.apply(data),
        Payload::Logs(data) => redactor.apply(data),
        Payload::Metrics(data) => redactor.apply(data),
    };
}

/// Without patterns everything fits; with some, only what is there can.
fn fits(patterns: &[Pattern], value: impl FnOnce() -> Option<String>) -> bool {
    patterns.is_empty() || value().is_some_and(|value| patterns.iter().any(|pattern| pattern.fits(&value)))
}

/// The value of the first key there is, as text.
fn text(attributes: &[KeyValue], keys: &[&str]) -> Option<String> {
    let found = keys.iter().find_map(|key| attributes.iter().find(|pair| pair.key == *key))?;
    match found.value.as_ref().and_then(|value: &AnyValue| value.value.as_ref())? {
        any_value::Value::StringValue(text) => Some(text.clone()),
        any_value::Value::BoolValue(value) => Some(value.to_string()),
        any_value::Value::IntValue(value) => Some(value.to_string()),
        any_value::Value::DoubleValue(value) => Some(value.to_string()),
        _ => None,
    }
}
