//! Texts with places to fill in: `{service}`, `{k8s.pod.name}`, `llm_{environment|none}`.

/// A text with names in braces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// What stands under the first of these names that has a value, or else the last text.
    Value {
        names: Vec<String>,
        otherwise: Option<String>,
    },
}

impl Template {
    /// Reads `text`. Names are `service`, `environment`, `host`, `project`, `signal`, or those of attributes; several
    /// may stand in one pair of braces, the last of which is a text when it has no dot and is none of these.
    ///
    /// # Errors
    /// Says which brace has no partner or no name.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let Some(inside) = rest[open..].strip_prefix('{') else {
                return Err("there is a } without {".into());
            };
            let Some(close) = inside.find('}') else {
                return Err("there is a { without }".into());
            };
            if open > 0 {
                parts.push(Part::Text(rest[..open].to_owned()));
            }
            parts.push(value(&inside[..close])?);
            rest = &inside[close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// Whether it is the same for every record.
    pub fn is_fixed(&self) -> bool {
        !self.0.iter().any(|part| matches!(part, Part::Value { .. }))
    }

    /// The text with its places filled by `look_up`; `None` when one of them is known under no name.
    pub fn fill(&self, look_up: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Value { names, otherwise } => {
                    let told = names.iter().find_map(|name| look_up(name).filter(|value| !value.is_empty()));
                    filled.push_str(told.as_ref().or(otherwise.as_ref())?);
                }
            }
        }
        (!filled.is_empty()).then_some(filled)
    }
}

const KNOWN: [&str; 5] = ["service", "environment", "host", "project", "signal"];

fn value(inside: &str) -> Result<Part, String> {
    let mut names: Vec<String> = inside.split('|').map(|name| name.trim().to_owned()).collect();
    if names.iter().any(|name| name.is_empty() || name.contains('{')) {
        return Err(format!("{{{inside}}} has no name in it: write {{service}}, or {{service|none}}"));
    }
    let is_text = |name: &String| !name.contains('.') && !KNOWN.contains(&name.as_str());
    let otherwise = if names.len() > 1 { names.pop_if(|last| is_text(last)) } else { None };
    Ok(Part::Value { names, otherwise })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Option<String> {
        let known = |name: &str| match name {
            "service" => Some("shop".to_owned()),
            "k8s.pod.name" => Some("shop-1".to_owned()),
            "empty" => Some(String::new()),
            _ => None,
        };
        Template::new(text).expect("valid").fill(known)
    }

    #[test]
    fn the_first_name_that_is_known_counts_then_the_text() {
        assert_eq!(filled("otel"), Some("otel".into()));
        assert_eq!(filled("a_{service}-b"), Some("a_shop-b".into()));
        assert_eq!(filled("{host|k8s.pod.name}"), Some("shop-1".into()));
        assert_eq!(filled("llm_{environment|none}"), Some("llm_none".into()));
        assert_eq!(filled("llm_{environment}"), None, "half a name is none");
        assert_eq!(filled("{empty}"), None);
        assert!(Template::new("otel").expect("valid").is_fixed());
    }

    #[test]
    fn braces_have_partners_and_names() {
        for bad in ["{", "}", "a{b", "{}", "{service|}", "{a{b}}"] {
            assert!(Template::new(bad).is_err(), "{bad}");
        }
    }
}
