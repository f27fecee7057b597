//! Names with `*` for any run of characters; the case of ASCII letters does not matter.

/// A pattern, cut at its stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Box<[Box<str>]>);

impl Pattern {
    pub fn new(text: &str) -> Self {
        Self(text.trim().split('*').map(Into::into).collect())
    }

    /// Whether `name` is meant. Allocates nothing: asked for every call and rule.
    pub fn fits(&self, name: &str) -> bool {
        let [first, rest @ ..] = &*self.0 else { return false };
        let mut name = name.as_bytes();
        let Some(begin) = name.split_at_checked(first.len()).filter(|(begin, _)| same(begin, first)) else {
            return false;
        };
        name = begin.1;
        let Some((last, middle)) = rest.split_last() else { return name.is_empty() };
        for part in middle.iter().filter(|part| !part.is_empty()) {
            match name.windows(part.len()).position(|window| same(window, part)) {
                Some(at) => name = &name[at + part.len()..],
                None => return false,
            }
        }
        name.len().checked_sub(last.len()).is_some_and(|at| same(&name[at..], last))
    }
}

fn same(bytes: &[u8], text: &str) -> bool {
    bytes.eq_ignore_ascii_case(text.as_bytes())
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
            ("llama*B", "LLAMA3:8b", true),
            ("a**c", "abc", true),
            ("Überall*", "ÜBERALL 2", true),
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
