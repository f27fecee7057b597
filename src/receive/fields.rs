//! The members of a JSON object as they stand in a request: read one by one, without making values of all that is in
//! them. Contents stay as they were written, letter by letter.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::model::UnixNanos;

/// Members of one object; what has more is no record but a flood.
const MOST_MEMBERS: usize = 1000;

/// What is wrong with a member, and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct Fault {
    pub message: String,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// The members that were not taken yet, in their order. `null` is the same as absent.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// # Errors
    /// When `json` is no object or has too many members.
    pub(super) fn parse(json: &'a str) -> Result<Self, Fault> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let members = reader.deserialize_map(Members);
        let members = members.and_then(|members| reader.end().map(|()| members));
        Ok(Self(members.map_err(|error| Fault::new(format!("not a JSON object that can be read: {error}")))?))
    }

    /// The last member of this name.
    pub(super) fn raw(&mut self, name: &str) -> Option<&'a RawValue> {
        let mut last = None;
        self.0.retain(|(key, value)| {
            let is_it = key == name;
            if is_it {
                last = Some(*value);
            }
            !is_it
        });
        last.filter(|value| value.get() != "null")
    }

    /// Text; numbers and truth values count as such.
    ///
    /// # Errors
    /// When it is a structure.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Fault> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        match serde_json::from_str(raw.get()) {
            Ok(Value::String(text)) => Ok(Some(text)),
            Ok(Value::Number(number)) => Ok(Some(number.to_string())),
            Ok(Value::Bool(flag)) => Ok(Some(flag.to_string())),
            _ => Err(Fault::new(format!("{name} must be text"))),
        }
    }

    /// # Errors
    /// When it is no RFC 3339 time; without an offset it is UTC.
    pub(super) fn time(&mut self, name: &str) -> Result<Option<UnixNanos>, Fault> {
        let Some(text) = self.text(name)?.filter(|text| !text.is_empty()) else { return Ok(None) };
        let time = text.parse::<UnixNanos>().or_else(|_| format!("{text}Z").parse());
        let time = time.ok().filter(|time| time.0 > 0);
        time.map(Some).ok_or_else(|| Fault::new(format!("{name} must be a time such as 2026-11-20T12:00:00.000Z")))
    }

    /// What was not taken.
    pub(super) fn rest(self) -> impl Iterator<Item = (String, &'a RawValue)> {
        self.0.into_iter().filter(|(_, value)| value.get() != "null")
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            if members.len() == MOST_MEMBERS {
                return Err(A::Error::custom(format_args!("it has more than {MOST_MEMBERS} members")));
            }
            members.push(member);
        }
        Ok(members)
    }
}

/// The items of a list, `most` of them.
///
/// # Errors
/// When `json` is no list, or has more.
pub(super) fn items(json: &str, most: usize) -> Result<Vec<&RawValue>, Fault> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let items = reader.deserialize_seq(Items(most)).and_then(|items| reader.end().map(|()| items));
    items.map_err(|error| Fault::new(format!("not a JSON list that can be read: {error}")))
}

struct Items(usize);

impl<'de> Visitor<'de> for Items {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            if items.len() == self.0 {
                return Err(A::Error::custom(format_args!("it has more than {} items", self.0)));
            }
            items.push(item);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_taken_by_name_and_null_is_absent() {
        let mut fields =
            Fields::parse(r#" {"a": "x", "b": null, "n": 7, "s": {"k":  1e400}, "a": "y"} "#).expect("an object");
        assert_eq!(fields.text("a"), Ok(Some("y".into())));
        assert_eq!((fields.text("b"), fields.text("n")), (Ok(None), Ok(Some("7".into()))));
        let rest: Vec<_> = fields.rest().map(|(name, value)| (name, value.get().to_owned())).collect();
        assert_eq!(rest, [("s".to_owned(), r#"{"k":  1e400}"#.to_owned())]);
    }

    #[test]
    fn times_need_no_offset() {
        let mut fields =
            Fields::parse(r#"{"a": "2026-11-20T12:00:00+01:00", "b": "2026-11-20T11:00:00.000", "c": "x"}"#)
                .expect("an object");
        assert_eq!(fields.time("a"), fields.time("b"));
        assert!(fields.time("c").is_err_and(|fault| fault.message.starts_with("c must be a time")));
        assert_eq!(fields.time("d"), Ok(None));
    }

    #[test]
    fn what_is_no_object_or_a_flood_is_refused() {
        assert!(Fields::parse("[1]").is_err() && Fields::parse("{").is_err() && Fields::parse("{} x").is_err());
        let flood: Vec<String> = (0..=MOST_MEMBERS).map(|n| format!("\"{n}\":0")).collect();
        assert!(Fields::parse(&format!("{{{}}}", flood.join(","))).is_err());
        assert_eq!(items("[1, [2], {}]", 3).map(|items| items.len()), Ok(3));
        assert!(items("[1,2]", 1).is_err() && items("{}", 1).is_err());
    }
}
