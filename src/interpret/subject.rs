//! Whose a record is: a session's or a user's, by any of the names that clients use.

use super::Interpreter;
use crate::model::otlp::KeyValue;

/// Somebody whose records are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Session(String),
    User(String),
}

impl Subject {
    /// As clients write it.
    pub fn name(&self) -> &str {
        match self {
            Self::Session(name) | Self::User(name) => name,
        }
    }

    /// Whether the name is written in protobuf and in JSON inside of it byte for byte as here. A number or a flag may
    /// be sent as such, and JSON may escape what is not plain ASCII.
    pub fn is_literal(&self) -> bool {
        let name = self.name();
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'/' | b'<' | b'>' | b'&' | b'\''));
        plain && !name.is_empty() && name.parse::<f64>().is_err() && name.parse::<bool>().is_err()
    }
}

impl Interpreter {
    /// Whether a record with these attributes, on a resource with those, is of `subject`.
    pub fn is_of(&self, subject: &Subject, resource: &[KeyValue], attributes: &[KeyValue]) -> bool {
        self.attribution.tell(subject, attributes) || self.attribution.tell(subject, resource)
    }

    /// The names of attributes in which `subject` may stand.
    pub fn names_of(&self, subject: &Subject) -> Vec<String> {
        self.attribution.names(subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AttributionConfig, CostConfig};
    use crate::model::otlp::{AnyValue, any_value};

    fn pair(key: &str, value: any_value::Value) -> KeyValue {
        KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
    }

    fn text(key: &str, value: &str) -> KeyValue {
        pair(key, any_value::Value::StringValue(value.into()))
    }

    #[test]
    fn a_user_is_found_under_every_name_and_nobody_else_is() {
        let config = AttributionConfig { user: vec!["shop.customer".into()], ..AttributionConfig::default() };
        let interpreter = Interpreter::new(&config, &CostConfig::default());
        let alice = Subject::User("alice".into());
        for attributes in [
            [text("user.id", "alice")],
            [text("langfuse.user.id", "\"alice\"")],
            [text("shop.customer", "alice")],
            [text("metadata", r#"{"langfuse_user_id":"alice"}"#)],
        ] {
            assert!(interpreter.is_of(&alice, &[], &attributes), "{attributes:?}");
            assert!(interpreter.is_of(&alice, &attributes, &[]), "{attributes:?}");
        }
        let others = [text("user.id", "alicea"), text("session.id", "alice"), text("comment", "alice")];
        assert!(!interpreter.is_of(&alice, &others, &others));
        let seven = Subject::User("7".into());
        assert!(interpreter.is_of(&seven, &[], &[pair("user.id", any_value::Value::IntValue(7))]));
        assert!(alice.is_literal() && !seven.is_literal() && !Subject::User("älice".into()).is_literal());
    }
}
