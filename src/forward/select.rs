//! Which records of a chunk go to a destination, and what of them.

use std::sync::Arc;

use super::item::Selected;
use crate::config::DestinationConfig;
use crate::interpret::Interpreter;
use crate::journal::{Chunk, Payload};
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

    /// Whether anything of the signal goes at all.
    pub fn takes(&self, signal: Signal) -> bool {
        self.signals.contains(&signal)
    }

    /// What of the chunk goes; `None` when nothing does. `payload` is what the chunk holds.
    pub fn select(&self, chunk: &Chunk, payload: Payload, keep: Keep<'_>) -> Option<Selected> {
        if !self.takes(chunk.signal) {
            return None;
        }
        let mut walk = Walk { selector: self, keep, next: 0, ordinals: Vec::with_capacity(chunk.items as usize) };
        let mut payload = payload;
        match &mut payload {
            Payload::Traces(data) => {
                data.resource_spans.retain_mut(|group| {
                    let resource = group.resource.as_ref();
                    group.scope_spans.retain_mut(|part| {
                        let scope = part.scope.as_ref();
                        walk.spans(resource, scope, &mut part.spans);
                        !part.spans.is_empty()
                    });
                    !group.scope_spans.is_empty()
                });
            }
            Payload::Logs(data) => {
                data.resource_logs.retain_mut(|group| {
                    let resource = group.resource.as_ref();
                    group.scope_logs.retain_mut(|part| {
                        part.log_records.retain(|log| {
                            walk.goes(resource, &log.attributes, TraceId::from_slice(&log.trace_id), || true)
                        });
                        !part.log_records.is_empty()
                    });
                    !group.scope_logs.is_empty()
                });
            }
            Payload::Metrics(data) => {
                data.resource_metrics.retain_mut(|group| {
                    let resource = group.resource.as_ref();
                    group.scope_metrics.retain_mut(|part| {
                        part.metrics.retain(|_| walk.goes(resource, &[], None, || true));
                        !part.metrics.is_empty()
                    });
                    !group.scope_metrics.is_empty()
                });
            }
        }
        let ordinals = walk.ordinals;
        if ordinals.is_empty() {
            return None;
        }
        if let Some(redactor) = &self.redactor {
            redact(redactor, &mut payload);
        }
        let (cursor, received, project) = (chunk.cursor, chunk.received, chunk.project.clone());
        Some(Selected { cursor, received, project, payload, ordinals, known: None })
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

    fn is_of_kind(&self, resource: Option<&Resource>, scope: Option<&InstrumentationScope>, span: &Span) -> bool {
        if self.kinds.is_empty() {
            return true;
        }
        let (no_resource, no_scope) = (Resource::default(), InstrumentationScope::default());
        let read = self.interpreter.span(resource.unwrap_or(&no_resource), scope.unwrap_or(&no_scope), span);
        read.is_some_and(|span| self.kinds.contains(&span.kind))
    }
}

/// One pass over the records of a chunk.
struct Walk<'a> {
    selector: &'a Selector,
    keep: Keep<'a>,
    next: u32,
    ordinals: Vec<u32>,
}

impl Walk<'_> {
    fn spans(&mut self, resource: Option<&Resource>, scope: Option<&InstrumentationScope>, spans: &mut Vec<Span>) {
        let selector = self.selector;
        spans.retain(|span| {
            let kind = || selector.is_of_kind(resource, scope, span);
            self.goes(resource, &span.attributes, TraceId::from_slice(&span.trace_id), kind)
        });
    }

    /// Counts the record, and notes it if it goes.
    fn goes(
        &mut self,
        resource: Option<&Resource>,
        attributes: &[KeyValue],
        trace: Option<TraceId>,
        more: impl FnOnce() -> bool,
    ) -> bool {
        let ordinal = self.next;
        self.next += 1;
        let selector = self.selector;
        let goes = (self.keep)(trace)
            && selector.by_resource(resource)
            && selector.by_attributes(resource, attributes)
            && more();
        if goes {
            self.ordinals.push(ordinal);
        }
        goes
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
