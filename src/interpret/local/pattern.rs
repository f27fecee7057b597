//! Names with `*` for any run of characters; case does not matter.

/// A pattern in lower case, cut at its stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Box<[Box<str>]>);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self(text.trim().to_lowercase().split('*').map(Into::into).collect())
    }

    /// Whether `name`, in lower case, is meant.
    pub(super) fn fits(&self, name: &str) -> bool {
        let [first, rest @ ..] = &*self.0 else { return false };
        let Some(mut name) = name.strip_prefix(&**first) else { return false };
        let Some((last, middle)) = rest.split_last() else { return name.is_empty() };
        for part in middle {
            match name.find(&**part) {
                Some(at) => name = &name[at + part.len()..],
                None => return false,
            }
        }
        name.ends_with(&**last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_run() {
        for (pattern, name, expected) in [
            ("llama3", "llama3", true),
            ("llama3", "llama3:8b", false),
            ("Llama*", "llama3:8b", true),
            ("*:8b", "llama3:8b", true),
            ("q*n*b", "qwen3:8b", true),
            ("q*n*b", "qb", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("10.0.0.*", "10.0.1.2", false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(name), expected, "{pattern} {name}");
        }
    }
}
