//! Families of attributes with a running number: `gen_ai.prompt.0.role`, `llm.input_messages.3.message.content`.

use std::collections::BTreeMap;

use crate::interpret::attributes::{Attributes, scalar_text};
use crate::model::otlp::any_value;

/// The attributes of one number, keys without it.
#[derive(Debug, Default)]
pub struct Group<'a> {
    pairs: Vec<(&'a str, &'a any_value::Value)>,
}

impl<'a> Group<'a> {
    pub fn get(&self, key: &str) -> Option<&'a any_value::Value> {
        self.pairs.iter().find(|(found, _)| *found == key).map(|(_, value)| *value)
    }

    pub fn text(&self, key: &str) -> Option<String> {
        scalar_text(self.get(key)?).map(Into::into)
    }

    /// A family inside the group: `tool_calls.` of a message.
    pub fn groups(&self, prefix: &str) -> Vec<Group<'a>> {
        numbered(self.pairs.iter().filter_map(|(key, value)| Some((key.strip_prefix(prefix)?, *value))))
    }
}

/// The groups under `prefix` (which ends in a dot) in numeric order; numbers may have gaps and need not start at 0.
pub fn groups<'a>(attributes: &Attributes<'a>, prefix: &str) -> Vec<Group<'a>> {
    numbered(attributes.under(prefix))
}

/// `gen_ai.prompt.name` is no member of the family `gen_ai.prompt.`: only digits followed by a dot are.
fn numbered<'a>(pairs: impl Iterator<Item = (&'a str, &'a any_value::Value)>) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<u32, Group<'a>> = BTreeMap::new();
    for (key, value) in pairs {
        let Some((number, rest)) = key.split_once('.') else { continue };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        if let Ok(number) = number.parse() {
            groups.entry(number).or_default().pairs.push((rest, value));
        }
    }
    groups.into_values().collect()
}
