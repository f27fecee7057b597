//! Who a request says it is from: service, instrumentation and SDK.

use crate::arrivals::{Sender, Told};
use crate::journal::Payload;
use crate::model::TraceId;
use crate::model::otlp::{InstrumentationScope, KeyValue, Resource, any_value};

/// Senders told of one request: a collector in between may pass on many.
const MOST: usize = 20;

/// The senders of `payload`, each once, with some of their traces.
pub(super) fn of(payload: &Payload) -> Vec<Told> {
    let mut found: Vec<Told> = Vec::new();
    let mut add = |resource: Option<&Resource>, scope: Option<&InstrumentationScope>, trace: Option<TraceId>| {
        let sender = sender(resource, scope);
        let at = found.iter().position(|told| told.sender == sender).or_else(|| {
            (found.len() < MOST).then(|| {
                found.push(Told { sender, traces: Vec::new() });
                found.len() - 1
            })
        });
        if let Some(told) = at.and_then(|at| found.get_mut(at)) {
            told.traces.extend(trace);
        }
    };
    match payload {
        Payload::Traces(data) => {
            for group in data.resource_spans.iter().take(MOST) {
                for scope in group.scope_spans.iter().take(MOST) {
                    // A batch of several traces shows two of them, which is enough over time.
                    let ends = [scope.spans.first(), scope.spans.last()];
                    for span in ends.into_iter().flatten() {
                        let trace = TraceId::from_slice(&span.trace_id);
                        add(group.resource.as_ref(), scope.scope.as_ref(), trace);
                    }
                }
            }
        }
        Payload::Logs(data) => {
            for group in data.resource_logs.iter().take(MOST) {
                let scopes = group.scope_logs.iter().take(MOST);
                scopes.for_each(|scope| add(group.resource.as_ref(), scope.scope.as_ref(), None));
            }
        }
        Payload::Metrics(data) => {
            for group in data.resource_metrics.iter().take(MOST) {
                let scopes = group.scope_metrics.iter().take(MOST);
                scopes.for_each(|scope| add(group.resource.as_ref(), scope.scope.as_ref(), None));
            }
        }
    }
    found
}

fn sender(resource: Option<&Resource>, scope: Option<&InstrumentationScope>) -> Sender {
    let attributes = resource.map(|resource| resource.attributes.as_slice()).unwrap_or_default();
    let sdk = ["telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version"];
    let sdk: Vec<&str> = sdk.into_iter().map(|key| text(attributes, key)).filter(|part| !part.is_empty()).collect();
    Sender {
        service: text(attributes, "service.name").to_owned(),
        scope: scope.map(|scope| scope.name.clone()).unwrap_or_default(),
        sdk: sdk.join(" "),
    }
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> &'a str {
    let value = attributes.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.as_ref());
    match value.and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text,
        _ => "",
    }
}
