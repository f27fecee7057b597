//! Figures with their names: printed as a table, written as JSON.

use std::fmt;

use serde_json::{Map, Value, json};

/// In the order in which they were measured.
#[derive(Debug, Default)]
pub struct Figures(Vec<Figure>);

#[derive(Debug)]
struct Figure {
    name: String,
    value: f64,
    /// The same figure of the raw limit.
    limit: Option<f64>,
}

impl Figures {
    pub fn set(&mut self, name: &str, value: f64) {
        self.0.push(Figure { name: name.to_owned(), value, limit: None });
    }

    /// A figure that the raw limit has as well.
    pub fn set_of(&mut self, name: &str, value: f64, limit: f64) {
        self.0.push(Figure { name: name.to_owned(), value, limit: Some(limit) });
    }

    /// `{"name": {"value": n, "limit": n, "ratio": n}}`, the last two where there is a limit.
    pub fn json(&self) -> Value {
        let entries = self.0.iter().map(|figure| {
            let value = match figure.limit {
                Some(limit) => json!({"value": figure.value, "limit": limit, "ratio": figure.value / limit}),
                None => json!({"value": figure.value}),
            };
            (figure.name.clone(), value)
        });
        Value::Object(entries.collect::<Map<_, _>>())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:44} {:>12} {:>12} {:>7}", "figure", "value", "raw limit", "ratio")?;
        for Figure { name, value, limit } in &self.0 {
            write!(f, "{name:44} {value:>12.2}")?;
            if let Some(limit) = limit {
                write!(f, " {limit:>12.2} {:>7.2}", value / limit)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
