//! Who a request says it is from: service, instrumentation and SDK.

use crate::arrivals::Sender;
use crate::journal::Payload;
use crate::model::otlp::{InstrumentationScope, KeyValue, Resource, any_value};

/// Senders told of one request: a collector in between may pass on many.
const MOST: usize = 20;

/// The senders of `payload`, each once.
pub(super) fn of(payload: &Payload) -> Vec<Sender> {
    let mut found: Vec<Sender> = Vec::new();
    let mut add = |resource: Option<&Resource>, scope: Option<&InstrumentationScope>| {
        let sender = sender(resource, scope);
        if found.len() < MOST && !found.contains(&sender) {
            found.push(sender);
        }
    };
    match payload {
        Payload::Traces(data) => {
            for group in data.resource_spans.iter().take(MOST) {
                group
                    .scope_spans
                    .iter()
                    .take(MOST)
                    .for_each(|scope| add(group.resource.as_ref(), scope.scope.as_ref()));
            }
        }
        Payload::Logs(data) => {
            for group in data.resource_logs.iter().take(MOST) {
                group.scope_logs.iter().take(MOST).for_each(|scope| add(group.resource.as_ref(), scope.scope.as_ref()));
            }
        }
        Payload::Metrics(data) => {
            for group in data.resource_metrics.iter().take(MOST) {
                group
                    .scope_metrics
                    .iter()
                    .take(MOST)
                    .for_each(|scope| add(group.resource.as_ref(), scope.scope.as_ref()));
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
