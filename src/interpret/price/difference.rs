//! What a new version of a table changes.

use std::collections::BTreeMap;
use std::fmt;

use super::listing::{Listed, listed};
use super::table::Table;
use crate::config::price_name;

/// Models by `provider/model`, in order of the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    /// Name, prices before, prices after.
    pub changed: Vec<(String, String, String)>,
    /// Models that stay as they are.
    pub same: usize,
}

impl Difference {
    pub fn between(old: &Table, new: &Table) -> Self {
        let (mut old, new) = (models(old), models(new));
        let mut difference = Self::default();
        for (name, after) in new {
            match old.remove(&name) {
                None => difference.added.push(name),
                Some(before) if before == after => difference.same += 1,
                Some(before) => difference.changed.push((name, before, after)),
            }
        }
        difference.removed.extend(old.into_keys());
        difference
    }

    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// One line for each model that changes, then the counts.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.removed.iter().try_for_each(|name| writeln!(f, "- {name}"))?;
        self.added.iter().try_for_each(|name| writeln!(f, "+ {name}"))?;
        for (name, before, after) in &self.changed {
            writeln!(f, "~ {name}\n    before  {before}\n    after   {after}")?;
        }
        let (added, removed, changed) = (self.added.len(), self.removed.len(), self.changed.len());
        write!(f, "{added} new, {removed} gone, {changed} changed, {} as before", self.same)
    }
}

fn models(table: &Table) -> BTreeMap<String, String> {
    let all = table.providers.iter().flat_map(|provider| provider.models.iter().map(move |model| (provider, model)));
    all.map(|(provider, model)| (format!("{}/{}", provider.id, model.id), described(&listed(table, provider, model))))
        .collect()
}

fn described(model: &Listed) -> String {
    let rows = model.rows.iter().map(|row| {
        let words = [row.from.clone(), row.between.clone(), row.tier.map(|tier| tier.as_str().to_owned())];
        let prices = row.prices.iter().map(|price| {
            let above = price.above.iter().map(|(tokens, amount)| format!(" >{tokens} {}", amount.as_usd()));
            format!("{} {}{}", price_name(price.bucket), price.price.as_usd(), above.collect::<String>())
        });
        words.into_iter().flatten().chain(prices).collect::<Vec<_>>().join(" ")
    });
    rows.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_gone_and_changed_models_are_told() {
        let table = |models: &str| {
            let text =
                format!(r#"{{"source": "s", "version": "1", "providers": [{{"id": "p", "models": [{models}]}}]}}"#);
            Table::parse(&text).expect("valid")
        };
        let old = table(
            r#"{"id": "a", "prices": [{"input": 1000000000}]}, {"id": "b", "prices": [{"input": 1}]}, {"id": "c", "prices": []}"#,
        );
        let new = table(
            r#"{"id": "a", "prices": [{"from": "2026-01-01", "input": [2000000000, [9, 3000000000]]}]}, {"id": "c", "prices": []}, {"id": "d", "prices": []}"#,
        );
        let difference = Difference::between(&old, &new);
        assert_eq!(
            difference.to_string(),
            "- p/b\n+ p/d\n~ p/a\n    before  input 1\n    after   2026-01-01 input 2 >9 3\n1 new, 1 gone, 1 changed, 1 as before"
        );
        assert!(Difference::between(&old, &old).is_empty());
    }
}
