//! What one port lets in and from whom, and what it changes in the resources of what comes through it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, Uri};

use crate::access::{Access, Asks, Denied, Pass, Spelling};
use crate::config::{ListenerConfig, ReceiveConfig, ResourceAction};
use crate::journal::Payload;
use crate::model::otlp::{AnyValue, KeyValue, Resource, any_value};
use crate::model::{Pattern, Signal};

use super::Refusal;

/// One port, or several with the same manners; and as one request finds it, with the pass that it has.
#[derive(Debug, Clone)]
pub(super) struct Door {
    manners: Arc<Manners>,
    pass: Result<Pass, Denied>,
}

#[derive(Debug)]
struct Manners {
    signals: Vec<Signal>,
    changes: Vec<Change>,
    asks: Asks,
}

#[derive(Debug)]
enum Change {
    Set { key: String, value: String },
    SetIfMissing { key: String, value: String },
    Rename { key: String, to: String },
    Remove(Pattern),
}

impl Door {
    /// Of a port for everything, at `address`.
    pub(super) fn of_all(config: &ReceiveConfig, address: IpAddr) -> Self {
        Self::new(Manners {
            signals: Signal::ALL.to_vec(),
            changes: config.resource.iter().map(Change::of).collect(),
            asks: Asks::of(config.allow_without_key, address),
        })
    }

    /// Of a further port: what holds for all, then what is its own.
    pub(super) fn of(config: &ReceiveConfig, listener: &ListenerConfig) -> Self {
        let actions = config.resource.iter().chain(&listener.resource);
        Self::new(Manners {
            signals: listener.signals.clone(),
            changes: actions.map(Change::of).collect(),
            asks: Asks::of(config.allow_without_key, listener.listen.ip()),
        })
    }

    fn new(manners: Manners) -> Self {
        Self { manners: Arc::new(manners), pass: Ok(Pass::default()) }
    }

    /// As a request with these headers finds it.
    pub(super) fn met_by(&self, access: &Access, headers: &HeaderMap, uri: &Uri) -> Self {
        self.with(access.admit(self.manners.asks, headers, uri))
    }

    /// As somebody with `pass` finds it.
    pub(super) fn with(&self, pass: Result<Pass, Denied>) -> Self {
        Self { manners: Arc::clone(&self.manners), pass }
    }

    /// # Errors
    /// When a key is asked for, and none came that is good.
    pub(super) fn enter(&self) -> Result<&Pass, Refusal> {
        self.pass.as_ref().map_err(|denied| Refusal::Key(*denied))
    }

    /// # Errors
    /// When a key is asked for, and none came that is good for `signal`.
    pub(super) fn enter_with(&self, signal: Signal) -> Result<(), Refusal> {
        let pass = self.enter()?;
        if pass.is_for(signal) { Ok(()) } else { Err(Refusal::OtherKey { signal, takes: pass.words() }) }
    }

    /// # Errors
    /// When this port is for other signals.
    pub(super) fn takes(&self, signal: Signal) -> Result<(), Refusal> {
        if self.manners.signals.contains(&signal) {
            return Ok(());
        }
        let takes: Vec<&str> = self.manners.signals.iter().map(|signal| signal.as_str()).collect();
        Err(Refusal::OtherPort { signal, takes: takes.join(" and ") })
    }

    /// # Errors
    /// When the key or the port is for other signals.
    pub(super) fn let_in(&self, signal: Signal) -> Result<(), Refusal> {
        self.enter_with(signal)?;
        self.takes(signal)
    }

    /// How the request carried a key, if it did.
    pub(super) fn spelling(&self) -> Option<Spelling> {
        self.pass.as_ref().ok()?.spelling
    }

    /// Under which the records of the request stand.
    pub(super) fn project(&self) -> Option<&Arc<str>> {
        self.pass.as_ref().ok()?.project.as_ref()
    }

    /// Changes the resources of `payload`; records and their trace context stay as they are.
    pub(super) fn change(&self, payload: &mut Payload) {
        if self.manners.changes.is_empty() {
            return;
        }
        match payload {
            Payload::Traces(data) => {
                data.resource_spans.iter_mut().for_each(|group| self.resource(&mut group.resource))
            }
            Payload::Logs(data) => data.resource_logs.iter_mut().for_each(|group| self.resource(&mut group.resource)),
            Payload::Metrics(data) => {
                data.resource_metrics.iter_mut().for_each(|group| self.resource(&mut group.resource));
            }
        }
    }

    fn resource(&self, resource: &mut Option<Resource>) {
        let attributes = &mut resource.get_or_insert_default().attributes;
        self.manners.changes.iter().for_each(|change| change.apply(attributes));
    }
}

impl Change {
    fn of(action: &ResourceAction) -> Self {
        match action.clone() {
            ResourceAction::Set { key, value } => Self::Set { key, value },
            ResourceAction::SetIfMissing { key, value } => Self::SetIfMissing { key, value },
            ResourceAction::Rename { key, to } => Self::Rename { key, to },
            ResourceAction::Remove { key } => Self::Remove(Pattern::new(&key)),
        }
    }

    fn apply(&self, attributes: &mut Vec<KeyValue>) {
        match self {
            Self::Set { key, value } => set(attributes, key, text(value)),
            Self::SetIfMissing { key, value } => {
                if !attributes.iter().any(|pair| pair.key == *key && !is_empty(pair.value.as_ref())) {
                    set(attributes, key, text(value));
                }
            }
            Self::Rename { key, to } => {
                let Some(at) = attributes.iter().position(|pair| pair.key == *key) else { return };
                let pair = attributes.remove(at);
                match pair.value {
                    Some(value) => set(attributes, to, value),
                    None => attributes.push(KeyValue { key: to.clone(), value: None }),
                }
            }
            Self::Remove(pattern) => attributes.retain(|pair| !pattern.fits(&pair.key)),
        }
    }
}

/// In the place of the first that has this key, if one has; never twice.
fn set(attributes: &mut Vec<KeyValue>, key: &str, value: AnyValue) {
    let mut value = Some(value);
    attributes.retain_mut(|pair| {
        if pair.key == key {
            pair.value = value.take();
        }
        pair.key != key || pair.value.is_some()
    });
    if value.is_some() {
        attributes.push(KeyValue { key: key.to_owned(), value });
    }
}

fn text(value: &str) -> AnyValue {
    AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) }
}

fn is_empty(value: Option<&AnyValue>) -> bool {
    match value.and_then(|value| value.value.as_ref()) {
        None => true,
        Some(any_value::Value::StringValue(text)) => text.is_empty(),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn changed(actions: &[ResourceAction], before: &[(&str, &str)]) -> Vec<(String, String)> {
        let config = ReceiveConfig { resource: actions.to_vec(), ..ReceiveConfig::default() };
        let pair = |(key, value): &(&str, &str)| KeyValue { key: (*key).into(), value: Some(text(value)) };
        let mut resource = Some(Resource { attributes: before.iter().map(pair).collect(), ..Resource::default() });
        Door::of_all(&config, Ipv4Addr::LOCALHOST.into()).resource(&mut resource);
        let attributes = resource.expect("it stays").attributes;
        let shown = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
            Some(any_value::Value::StringValue(text)) => text,
            other => format!("{other:?}"),
        };
        attributes.into_iter().map(|pair| (pair.key, shown(pair.value))).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    #[test]
    fn actions_are_done_in_order() {
        let (key, value) = (|key: &str| key.to_owned(), |value: &str| value.to_owned());
        let set = ResourceAction::Set { key: key("env"), value: value("lab") };
        let missing = ResourceAction::SetIfMissing { key: key("site"), value: value("home") };
        let rename = ResourceAction::Rename { key: key("a"), to: key("b") };
        let remove = ResourceAction::Remove { key: key("process.*") };
        let all = [set.clone(), missing, rename, remove];
        assert_eq!(
            changed(&all, &[("a", "1"), ("process.pid", "7"), ("env", "dev"), ("b", "2")]),
            pairs(&[("env", "lab"), ("b", "1"), ("site", "home")])
        );
        assert_eq!(changed(&all, &[("site", "away")]), pairs(&[("site", "away"), ("env", "lab")]));
        assert_eq!(changed(&all, &[("site", "")]), pairs(&[("site", "home"), ("env", "lab")]));
        assert_eq!(changed(&[set], &[("env", "a"), ("x", "y"), ("env", "b")]), pairs(&[("env", "lab"), ("x", "y")]));
        assert_eq!(changed(&[], &[("env", "a")]), pairs(&[("env", "a")]));
    }

    #[test]
    fn a_port_says_what_it_takes() {
        let listener = ListenerConfig {
            listen: "127.0.0.1:0".parse().expect("an address"),
            signals: vec![Signal::Logs, Signal::Metrics],
            resource: Vec::new(),
        };
        let door = Door::of(&ReceiveConfig::default(), &listener);
        assert!(door.let_in(Signal::Logs).is_ok());
        let refused = door.let_in(Signal::Traces).expect_err("not for traces").to_string();
        assert!(refused.starts_with("this port takes logs and metrics, not traces"), "{refused}");
    }
}
